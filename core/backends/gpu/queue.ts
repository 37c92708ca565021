// Calls in order, where the device has to be waited for. A call runs at once as long as nothing waits; behind one that does,
// every later call, allocation, freeing and reading waits its turn. So a buffer gets memory when the first call that uses
// it runs, and a step needs no more of it than it would without waiting.
//
// What fails leaves its outputs without values: what is computed from them is not computed, and reading it rejects with the
// first error. The next read rejects with it too, whatever it reads.
import { BackendError } from '../../errors.js';
import type { Backend, Buffer, BufferView, DType, Kernel, Lifetime, Values } from '../backend.js';
import { Later } from './buffer.js';
import { then } from './gpujs/results.js';
import type { Device } from './packed/calls.js';
import type { Residents } from './resident/calls.js';

/** So many calls may wait: more do so where a program never waits for a result, and the queue never gets a turn. */
const MOST = 2 ** 18;

type Job = () => void | Promise<void>;

interface Waiting {
  job: Job;
  next: Waiting | null;
}

/** The calls of one device, one after another. */
export class Queue {
  #first: Waiting | null = null;
  #last: Waiting | null = null;
  #waiting = 0;
  /** Whether a job is being done or waited for. */
  #busy = false;
  /** The first error that no read has told of. */
  #unheard: unknown = null;

  constructor(
    readonly device: Device,
    readonly cpu: Backend,
    /** Calls whose results stay on the device; null where none do. */
    readonly residents: Residents | null,
  ) {}

  alloc(dtype: DType, length: number, lifetime: Lifetime, zeroed: boolean): Buffer {
    return new Later(dtype, length, () => this.cpu.alloc(dtype, length, lifetime, zeroed), lifetime === 'scoped');
  }

  adopt(dtype: DType, values: Values): Buffer {
    // Writing in place lends a float64 array for the length of the call only.
    const own = dtype === 'float64' ? values.slice() : values;
    return new Later(dtype, own.length, () => this.cpu.adopt(dtype, own));
  }

  free(buffer: Buffer): void {
    this.#enqueue(() => {
      const later = buffer as Later;
      this.residents?.drop(later);
      if (later.inner) this.cpu.free(later.inner);
      later.inner = null;
      later.make = gone;
    });
  }

  run<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void {
    if (this.#waiting >= MOST) {
      throw new BackendError(
        `gpu: ${MOST} calls wait: nothing was awaited since the first of them; await a read, as loss.item(), in each step`,
      );
    }
    const lose = (error: unknown) => {
      for (const { buffer } of out) (buffer as Later).error ??= error;
    };
    const failed = (error: unknown) => {
      lose(error);
      this.#unheard ??= error;
    };
    this.#enqueue(() => {
      const lost = [...ins, ...out].find(({ buffer }) => (buffer as Later).error);
      if (lost) return lose((lost.buffer as Later).error);
      try {
        return this.#compute(kernel, out, ins, attrs)?.catch(failed);
      } catch (error) {
        failed(error);
      }
    });
  }

  /** A call in its turn: where its values are to stay, or with the CPU's buffers. */
  #compute<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void | Promise<void> {
    const { device, residents } = this;
    const steps = residents?.steps(kernel, out, ins, attrs);
    const failed = (cause: unknown): never => {
      throw device.failure(kernel.name, ins, cause);
    };
    if (steps) {
      device.ranHere(kernel.name);
      return residents!.run(steps, out).catch(failed);
    }
    return then(this.#home([...ins, ...out])?.catch(failed), () => {
      const done = device.run(kernel, out.map(inner), ins.map(inner), attrs);
      // What the device had of them is old now.
      for (const { buffer } of out) residents?.drop(buffer as Later);
      return done;
    });
  }

  /** Brings home what the device alone has of these. */
  #home(views: { buffer: Buffer }[]): void | Promise<void> {
    const { residents } = this;
    const away = residents ? views.filter(({ buffer }) => (buffer as Later).away) : [];
    if (away.length === 0) return;
    return (async () => {
      for (const { buffer } of away) await residents!.bring(buffer as Later);
    })();
  }

  read(buffer: Buffer): Promise<Values> {
    return new Promise((resolve, reject) => {
      this.#enqueue(async () => {
        const error = (buffer as Later).error ?? this.#unheard;
        this.#unheard = null;
        if (error) return reject(error);
        try {
          await this.#home([{ buffer }])?.catch((cause) => {
            throw this.device.failure('read', [], cause);
          });
          resolve(await this.cpu.read((buffer as Later).home()));
        } catch (cause) {
          reject(cause);
        }
      });
    });
  }

  /** Does something in its turn. */
  turn(job: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#enqueue(() => job().then(resolve, reject));
    });
  }

  #enqueue(job: Job): void {
    const waiting = { job, next: null };
    if (this.#last) this.#last.next = waiting;
    else this.#first = waiting;
    this.#last = waiting;
    this.#waiting++;
    if (!this.#busy) this.#work();
  }

  /** Runs jobs until one has to be waited for; none of these rejects. */
  #work(): void {
    this.#busy = true;
    while (this.#first) {
      const { job } = this.#first;
      this.#first = this.#first.next;
      this.#last = this.#first && this.#last;
      this.#waiting--;
      try {
        const wait = job();
        if (wait) return void wait.then(() => this.#work());
      } catch (error) {
        this.#unheard ??= error;
      }
    }
    this.#busy = false;
  }
}

function gone(): never {
  throw new BackendError('gpu: a freed buffer was used; keep it longer');
}

/** The view on the CPU's buffer. */
function inner<V extends { buffer: Buffer }>(view: V): V {
  return { ...view, buffer: (view.buffer as Later).home() };
}

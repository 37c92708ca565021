// The queue of calls of an asynchronous device. A call runs at once if all calls before it have finished. Otherwise it waits, and
// later frees and reads wait with it. A buffer gets its memory only when the first call that uses it runs, so a training step needs
// no more memory than on a synchronous backend.
//
// A failed call leaves its outputs without values. Calls that read them are skipped, and reading their results rejects with the
// first error. The next read of any buffer rejects with it too.
import { BackendError } from '../../errors.js';
import type { Backend, Buffer, BufferView, DType, Kernel, Lifetime, Values } from '../backend.js';
import { GpuBuffer } from './buffer.js';
import { then } from './gpujs/results.js';
import type { PackedCalls } from './packed/calls.js';
import type { ResidentCalls } from './resident/calls.js';

/** The most calls that may wait. A program that never awaits a result exceeds it. */
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
  /** Whether a job is running. */
  #busy = false;
  /** The first error that no read has rejected with. */
  #unheard: unknown = null;

  constructor(
    readonly device: PackedCalls,
    readonly cpu: Backend,
    /** Runs calls whose results stay on the device; null if none do. */
    readonly residents: ResidentCalls | null,
  ) {}

  alloc(dtype: DType, length: number, lifetime: Lifetime, zeroed: boolean): Buffer {
    return new GpuBuffer(dtype, length, () => this.cpu.alloc(dtype, length, lifetime, zeroed), lifetime === 'owned');
  }

  adopt(dtype: DType, values: Values): Buffer {
    // A float64 array may be the argument of assign(), and the program may change it before the queued call reads it. So it is
    // copied.
    const own = dtype === 'float64' ? values.slice() : values;
    return new GpuBuffer(dtype, own.length, () => this.cpu.adopt(dtype, own));
  }

  free(buffer: Buffer): void {
    this.#enqueue(() => {
      const freed = buffer as GpuBuffer;
      this.residents?.drop(freed);
      if (freed.inner) this.cpu.free(freed.inner);
      freed.inner = null;
      freed.make = gone;
    });
  }

  run<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void {
    if (this.#waiting >= MOST) {
      throw new BackendError(
        `gpu: ${MOST} calls wait: nothing was awaited since the first of them; await a read, such as loss.item(), in each step`,
      );
    }
    const lose = (error: unknown) => {
      for (const { buffer } of out) (buffer as GpuBuffer).error ??= error;
    };
    const failed = (error: unknown) => {
      lose(error);
      this.#unheard ??= error;
    };
    this.#enqueue(() => {
      const lost = [...ins, ...out].find(({ buffer }) => (buffer as GpuBuffer).error);
      if (lost) return lose((lost.buffer as GpuBuffer).error);
      try {
        return this.#compute(kernel, out, ins, attrs)?.catch(failed);
      } catch (error) {
        failed(error);
      }
    });
  }

  /** Runs a call: on the device's arrays, or on the CPU's buffers. */
  #compute<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void | Promise<void> {
    const { device, residents } = this;
    const stages = residents?.stages(kernel, out, ins, attrs);
    const failed = (cause: unknown): never => {
      throw device.failure(kernel.name, ins, cause);
    };
    if (stages) {
      device.ranHere(kernel.name);
      return residents!.run(stages, out).catch(failed);
    }
    return then(this.#toCpu([...ins, ...out])?.catch(failed), () => {
      const done = device.run(kernel, out.map(inner), ins.map(inner), attrs);
      // The arrays on the device are out of date now.
      for (const { buffer } of out) residents?.drop(buffer as GpuBuffer);
      return done;
    });
  }

  /** Copies to the CPU the values that only the device has. */
  #toCpu(views: { buffer: Buffer }[]): void | Promise<void> {
    const { residents } = this;
    const away = residents ? views.filter(({ buffer }) => (buffer as GpuBuffer).away) : [];
    if (away.length === 0) return;
    return (async () => {
      for (const { buffer } of away) await residents!.bring(buffer as GpuBuffer);
    })();
  }

  read(buffer: Buffer): Promise<Values> {
    return new Promise((resolve, reject) => {
      this.#enqueue(async () => {
        const error = (buffer as GpuBuffer).error ?? this.#unheard;
        if (error === this.#unheard) this.#unheard = null;
        if (error) return reject(error);
        try {
          await this.#toCpu([{ buffer }])?.catch((cause) => {
            throw this.device.failure('read', [], cause);
          });
          resolve(await this.cpu.read((buffer as GpuBuffer).cpuBuffer()));
        } catch (cause) {
          reject(cause);
        }
      });
    });
  }

  /** Runs a job after all calls before it. */
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

  /** Runs jobs until one is asynchronous. No job rejects. */
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
  return { ...view, buffer: (view.buffer as GpuBuffer).cpuBuffer() };
}

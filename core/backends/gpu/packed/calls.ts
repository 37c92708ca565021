// Calls whose values are with the CPU before and after: which of them gpu.js runs, by copying operands to the device and the
// result back, and which the CPU. Calls whose results stay on the device are in gpu.residents.ts.
import { BackendError } from '../../../errors.js';
import { isContiguous, show, sizeOf } from '../../../shape.js';
import type { Backend, BufferView, Kernel } from '../../backend.js';
import type { Engine } from '../gpujs/engine.js';
import { then } from '../gpujs/results.js';
import { conv2d, conv2dInput, conv2dWeight } from './conv.js';
import { type Job, matmul } from './matmul.js';
import { finite } from './pack.js';

/** The calls that gpu.js runs, by the kernel's name. */
const jobs: Record<string, (out: BufferView, ins: BufferView[], attrs: any) => Job> = {
  matmul,
  conv2d,
  conv2dInput,
  conv2dWeight,
};

/** Indices from here on are not exact in a float32. */
const REACH = 2 ** 24;
/** Thread numbers from here on are not divided exactly: see `divide` in gpu.kernels.ts. */
const THREADS = 2 ** 20;

/** Runs kernels on an engine of gpu.js, or on a backend of the CPU. */
export class Device {
  readonly #ran = new Map<string, string>();

  constructor(
    readonly engine: Engine,
    readonly cpu: Backend,
    /** Multiplications below which a call is the CPU's. */
    readonly smallest: number,
  ) {}

  /** Runs a kernel on buffers of the CPU's backend; returns a promise where it has to be waited for.
   *  Throws, or rejects, with BackendError where the device fails. */
  run<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void | Promise<void> {
    const job = this.#job(kernel.name, out, ins, attrs);
    const operands = job?.operands();
    // A shader need not keep NaN and infinity; and the zeros of padding must not meet them.
    if (!job || !operands?.every(({ values }) => finite(values))) {
      this.#ran.set(kernel.name, this.cpu.via(kernel.name));
      this.cpu.run(kernel, out, ins, attrs);
      return;
    }
    const failed = (cause: unknown): never => {
      throw this.failure(kernel.name, ins, cause);
    };
    const store = (result: Float32Array) => {
      job.store(result);
      this.ranHere(kernel.name);
    };
    try {
      const done = then(this.engine.run(job.program, operands, job.work), store);
      return done instanceof Promise ? done.catch(failed) : done;
    } catch (error) {
      return failed(error);
    }
  }

  /** The call as a program, if it is one for the device. */
  #job(name: string, out: BufferView[], ins: BufferView[], attrs: unknown): Job | null {
    if (!Object.hasOwn(jobs, name)) return null;
    const views = [...out, ...ins];
    if (!views.every((v) => v.buffer.dtype === 'float32' && sizeOf(v.shape) > 0)) return null;
    if (!out.every((v) => isContiguous(v.shape, v.stride))) return null;
    const job = jobs[name](out[0], ins, attrs);
    const [, y = 1, z = 1] = job.program.threads;
    const exact = job.reach < REACH && y < THREADS && z < THREADS;
    return exact && job.work >= this.smallest ? job : null;
  }

  /** Why a call failed on the device, with all there is to say about it. */
  failure(name: string, ins: BufferView[], cause: unknown): BackendError {
    return new BackendError(
      `${name}: gpu.js failed in mode ${this.engine.mode}: ${(cause as Error).message}: ` +
        `${ins.map((v) => show(v.shape)).join(' and ')}; use wasm, or make the backend anew`,
      { cause },
    );
  }

  /** Notes that a call of the kernel ran on the device. */
  ranHere(name: string): void {
    this.#ran.set(name, this.engine.className);
  }

  /** What the last call of the kernel ran; before the first, what is there for it. */
  via(kernel: string): string {
    return this.#ran.get(kernel) ?? (Object.hasOwn(jobs, kernel) ? this.engine.className : this.cpu.via(kernel));
  }
}

// Calls with inputs and results on the CPU. gpu.js runs large products and convolutions: their operands are packed and copied to
// the device, and the result is copied back. The CPU runs all other calls. resident/ has the calls whose results stay on the device.
import { BackendError } from '../../../errors.js';
import { isContiguous, show, sizeOf } from '../../../strides.js';
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

/** The limit on indices: float32 does not hold larger ones exactly. */
const REACH = 2 ** 24;
/** Thread numbers from this one on are not divided exactly: see `divide` in kernels.ts. */
const THREADS = 2 ** 20;

/** Runs kernels on gpu.js or on the CPU's backend. */
export class PackedCalls {
  readonly #ran = new Map<string, string>();

  constructor(
    readonly engine: Engine,
    readonly cpu: Backend,
    /** A call runs on gpu.js if it has at least this many multiplications. */
    readonly smallest: number,
  ) {}

  /** Runs a kernel on buffers of the CPU's backend; returns a promise if the device is asynchronous.
   *  Throws, or rejects with, BackendError if the device fails. */
  run<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void | Promise<void> {
    const job = this.#job(kernel.name, out, ins, attrs);
    const operands = job?.operands();
    // A shader may lose NaN and infinity. Also, padding multiplied by them would be NaN instead of 0.
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

  /** The call as a program, or null if the CPU runs it. */
  #job(name: string, out: BufferView[], ins: BufferView[], attrs: unknown): Job | null {
    if (!Object.hasOwn(jobs, name)) return null;
    const views = [...out, ...ins];
    if (!views.every((v) => v.buffer.dtype === 'float32' && sizeOf(v.shape) > 0)) return null;
    if (!out.every(isContiguous)) return null;
    const job = jobs[name](out[0], ins, attrs);
    const [, y = 1, z = 1] = job.program.threads;
    const exact = job.reach < REACH && y < THREADS && z < THREADS;
    return exact && job.work >= this.smallest ? job : null;
  }

  /** The error of a call that failed on the device. */
  failure(name: string, ins: BufferView[], cause: unknown): BackendError {
    return new BackendError(
      `${name}: gpu.js failed in mode ${this.engine.mode}: ${(cause as Error).message}: ` +
        `${ins.map((v) => show(v.shape)).join(' and ')}; use wasm, or create the backend again`,
      { cause },
    );
  }

  /** Notes that a call of the kernel ran on the device. */
  ranHere(name: string): void {
    this.#ran.set(name, this.engine.className);
  }

  /** What ran the kernel's last call; before the first call, what can run it. */
  via(kernel: string): string {
    return this.#ran.get(kernel) ?? (Object.hasOwn(jobs, kernel) ? this.engine.className : this.cpu.via(kernel));
  }
}

// The wasm backend: kernels in WebAssembly SIMD, on one thread or several. Their source is assembly/, in AssemblyScript.
//
// Owned and persistent buffers are in the kernels' linear memory, and kernels use them in place. Collected buffers are ordinary
// typed arrays: each kernel call copies its inputs into linear memory and its outputs back. A kernel runs its loop if it has no plan
// (plans/), if its plan does not take the dtypes or declines the call, or if an operand is empty.
//
// There are three builds of the kernels. The builds with relaxed SIMD fuse the multiplications and additions of `madd` (lib/memory.ts) and
// round once, which is faster and changes the last bits. One of them has wide tiles for engines that pair vectors, with the same bits:
// wide/node.ts. Several threads need a shared memory. JavaScript copies values to and from it at a quarter of the speed, so the memory
// is shared only while there are workers.
import { BackendError, ValueError } from '../../errors.js';
import { isContiguous, sizeOf } from '../../strides.js';
import {
  allocValues,
  type Backend,
  type Buffer,
  type BufferView,
  bytesOf,
  type DType,
  type Kernel,
  type Lifetime,
  runLoop,
  type Values,
} from '../backend.js';
import { Call } from './call.js';
import { whyNotFused } from './fma.js';
import { type Build, type Instance, instantiate } from './instance.js';
import { Allocator, LinearBuffer } from './memory.js';
import type { Signature } from './plans/plan.js';
import { plans } from './plans/table.js';
import { whyNoWorkers } from './threads/spawn.js';
import { WorkerPool, type WorkerPoolOptions } from './threads/workerPool.js';
import type { WideBuild } from './wide/node.js';

const GIB = 2 ** 30;

/** Options of wasm(). */
export interface WasmOptions {
  /** Whether a multiplication and the addition after it are fused. Default: true if a measurement shows that the engine fuses them.
   *  Node 22 and Deno do; Node 20 has no relaxed SIMD, and Bun rounds twice. */
  fma?: boolean;
  /** Whether the engine fuses neighbouring 128-bit operations into one of 256 bits, for which the kernels have wider tiles: in Node 24
   *  and newer, on processors with AVX2. They give the same bits as `fma`. This sets an experimental flag of V8 for the whole process.
   *  If the wide kernels cannot run or are not faster, the usual ones run, and `backend().buildNote` is the reason. Default: false. */
  wide?: boolean;
  /** The side of the blocks of outputs that Winograd's form of a 3 x 3 convolution computes at once. From 64 channels on, a side of 4 is 1.1 to 1.4
   *  times as fast as 2, with three times the rounding error. With fewer than 32 channels both use 2. Default: 4. */
  winograd?: 2 | 4;
  /** Whether optimizers step in float64, with the bits of the loops. Default: false; rules for which float32 is accurate step in float32,
   *  2.5 times as fast. */
  exactStep?: boolean;
  /** The largest size of the linear memory, in bytes. If the system does not grant it: 2 GiB, or else 1 GiB. Default: 4 GiB. */
  maximum?: number;
  /** A build of the kernels in place of the one that `fma` and `wide` choose, for tests. */
  kernels?: { bytes: Uint8Array<ArrayBuffer>; name: string };
  /** Settings of the workers, for tests. */
  workers?: WorkerPoolOptions;
}

/** Compiles the kernels and returns a backend with a memory of its own.
 *  Throws ValueError if `winograd` is neither 2 nor 4, or if `wide` is true and `fma` false; BackendError if the engine has no WebAssembly
 *  SIMD, if `fma` is true and the engine does not fuse, or if the system grants no memory. */
export async function wasm(options: WasmOptions = {}): Promise<Backend> {
  const { winograd = 4 } = options;
  if (winograd !== 2 && winograd !== 4) throw new ValueError(`wasm: winograd must be 2 or 4: ${winograd}`);
  const whyNot = options.fma === false ? '' : await whyNotFused();
  if (options.fma && whyNot) throw new BackendError(`wasm: fma: this engine ${whyNot}; leave the option out`);
  const fma = options.fma ?? !whyNot;
  if (options.wide && options.fma === false) throw new ValueError('wasm: wide needs fma; drop fma: false');
  const { default: usual } = await (fma ? import('./assembly/kernels.fma.wasm') : import('./assembly/kernels.wasm'));
  const wide: WideBuild = { bytes: null, note: '' };
  if (options.wide && fma) Object.assign(wide, await (await import('#wide')).wideBuild(usual));
  else if (options.wide) wide.note = `wide: this engine ${whyNot}`;
  const chosen = options.kernels ?? {
    bytes: wide.bytes ?? usual,
    name: `wasm simd${fma ? ' fma' : ''}${wide.bytes ? ' wide' : ''}`,
  };
  const name = `${chosen.name}${winograd === 2 ? ' F2' : ''}${options.exactStep ? ' exactStep' : ''}`;
  const build = { bytes: chosen.bytes, name, note: wide.note, limit: options.maximum ?? 4 * GIB };
  return new Wasm(build, await instantiate(build, false), options);
}

class Wasm implements Backend {
  readonly name = 'wasm';
  /** Why there are fewer threads than requested, or why one thread still uses a shared memory; else empty. */
  note = '';
  readonly allocator: Allocator;
  readonly #ran = new Map<string, boolean>();
  #instance: Instance;
  #workers: WorkerPool | null = null;
  /** Resolves when the last change of the number of threads is done. */
  #change = Promise.resolve();

  constructor(
    readonly build: Build,
    instance: Instance,
    readonly options: WasmOptions,
  ) {
    this.#instance = instance;
    this.allocator = new Allocator(instance.memory, instance.kernels.heapBase(), instance.maximum);
  }

  /** Why the wide kernels do not run although they were requested; else empty. */
  get buildNote(): string {
    return this.build.note;
  }

  get threads(): number {
    return this.#workers?.threads ?? 1;
  }

  setThreads(count: number): Promise<void> {
    // A change that failed does not prevent the next.
    this.#change = this.#change.catch(() => {}).then(() => this.#setThreads(count));
    return this.#change;
  }

  async #setThreads(count: number): Promise<void> {
    const isDone = count === this.threads && !this.#workers?.dead && this.#instance.shared === count > 1;
    if (isDone) {
      this.note = '';
      return;
    }
    const before = this.#workers;
    this.#workers = null;
    await before?.end();
    for (const at of before?.areas ?? []) this.allocator.free(at);
    this.note = count > 1 ? whyNoWorkers() : '';
    const noteErrors = (error: unknown) => {
      if (!(error instanceof BackendError)) throw error;
      this.note ||= error.message;
    };
    if (count > 1 && !this.note) await this.#startWorkers(count - 1).catch(noteErrors);
    if (!this.#workers && this.#instance.shared) await this.#moveTo(false).catch(noteErrors);
  }

  async #startWorkers(count: number): Promise<void> {
    await this.#moveTo(true);
    const { module, memory, kernels } = this.#instance;
    const areas: number[] = [];
    try {
      while (areas.length < count) areas.push(this.allocator.alloc(kernels.areaBytes()));
      this.#workers = await WorkerPool.start(module, memory, kernels, areas, this.options.workers);
    } catch (error) {
      for (const at of areas) this.allocator.free(at);
      throw error;
    }
  }

  /** Moves all values to a new memory, shared or not. Addresses stay the same. */
  async #moveTo(shared: boolean): Promise<void> {
    const to = await instantiate(this.build, shared);
    this.allocator.moveTo(to.memory, to.maximum);
    this.#instance = to;
  }

  alloc(dtype: DType, length: number, lifetime: Lifetime, zeroed: boolean): Buffer {
    if (lifetime === 'collected') return this.adopt(dtype, allocValues(dtype, length));
    const address = this.allocator.alloc(length * bytesOf(dtype));
    const buffer = new LinearBuffer(dtype, length, address, this.allocator);
    if (zeroed) buffer.values.fill(0);
    return buffer;
  }

  adopt(dtype: DType, values: Values): Buffer {
    return { dtype, length: values.length, values };
  }

  free(buffer: Buffer): void {
    if (buffer instanceof LinearBuffer) buffer.free();
  }

  run<A>(kernel: Kernel<A>, out: BufferView[], ins: BufferView[], attrs: A): void {
    const fast = this.#runFast(kernel.name, out, ins, attrs);
    this.#ran.set(kernel.name, fast);
    if (!fast) runLoop(kernel, out, ins, attrs);
  }

  /** Runs the kernel's plan and returns true; or returns false, and nothing that the loop reads has changed. */
  #runFast(name: string, out: BufferView[], ins: BufferView[], attrs: unknown): boolean {
    const plan = plans.get(name);
    if (!plan?.signatures.some((s) => fits(s.outs, out) && fits(s.ins, ins))) return false;
    if (!out.every(isContiguous)) return false;
    const { winograd, exactStep } = this.options;
    const call = new Call(name, this.allocator, this.#instance.kernels, out, ins, this.#workers, winograd, exactStep);
    try {
      if (!plan.run(call, attrs)) return false;
      call.copyOut();
      return true;
    } finally {
      call.release();
    }
  }

  async read(buffer: Buffer): Promise<Values> {
    return this.readSync(buffer);
  }

  readSync(buffer: Buffer): Values {
    return buffer.values.slice();
  }

  /** What ran the kernel's last call: the name of the build, or 'loop'. Before the first call: the build if the kernel has a plan. */
  via(kernel: string): string {
    return (this.#ran.get(kernel) ?? plans.has(kernel)) ? this.build.name : 'loop';
  }
}

/** Whether the views have these dtypes and none is empty. Empty views are left to the loop. */
function fits({ dtypes, repeats }: Signature['ins'], views: BufferView[]): boolean {
  if (repeats ? views.length < dtypes.length : views.length !== dtypes.length) return false;
  const last = dtypes.length - 1;
  return views.every((v, i) => v.buffer.dtype === dtypes[Math.min(i, last)] && sizeOf(v.shape) > 0);
}

// Compiles kernels with gpu.js, caches them and calls them. gpu.js can fail silently, with zeros or a slow fallback, so every build and
// every call of a kernel is verified. A build fails if gpu.js made another kernel class than the mode's or fell back. A call fails if
// the context was lost, if the device reported an error, or, if it is asynchronous, if it did not end in time.

import { cores } from '../../host.js';
import {
  classes,
  classOf,
  type Gpu,
  type Handle,
  type Kernel,
  type Library,
  type Mode,
  type Shortcut,
} from './library.js';
import { discard, flat, guarded, keepFlat, keepOnDevice, then, within } from './results.js';

/** A kernel to run. */
export interface Program {
  /** Identifies the source: programs with equal names have equal sources. */
  name: string;
  source(): string;
  /** Number of threads along x, y and z. */
  threads: readonly [x: number, y?: number, z?: number];
}

/** Values on the CPU. */
export interface Operand {
  values: Float32Array;
  /** The sizes of the axes, the fastest-varying axis first. */
  size: readonly number[];
}

/** Values on the device, as a flat array. */
export interface Resident {
  handle: Handle;
  /** Number of values, a multiple of four. */
  length: number;
}

export interface EngineOptions {
  /** The largest number of cached kernels. Default: 64 on webasm, else 512. */
  kernels: number;
  /** Time limit of an asynchronous call in seconds. Multiplications and new kernels extend it. Default: 30. */
  patience: number;
}

/** The largest total size of the CPU operands and results that cached kernels keep, in bytes. One kernel alone may exceed it. */
const BYTES = 2 ** 29;
/** The largest number of workers of webasm. */
const WORKERS = 4;
/** Seconds added to the time limit for each multiplication: a hundred times what one core needs. */
const PER_MULTIPLICATION = 1e-7;
/** Seconds added for each new kernel whose result stays on the device: some drivers compile only when the result is read. */
const PER_PROGRAM = 10;
/** The most seconds that are added in total. */
const MOST_ADDED = 300;
const DISPOSED = 'the backend was disposed';

/** The number of threads of a program. */
function count({ threads: [x, y = 1, z = 1] }: Program): number {
  return x * y * z;
}

/** A cached kernel. */
interface Cached {
  run: Shortcut;
  /** The size of its operands on the CPU and its result. */
  bytes: number;
  built: boolean;
  /** Whether its results stay on the device. */
  stays: boolean;
}

/** A `GPU` object of gpu.js and a cache of its kernels. Destroys the least recently used kernels when the cache is full. */
export class Engine {
  readonly className: string;
  readonly #gpu: Gpu;
  /** Ordered from the least to the most recently used. */
  readonly #kernels = new Map<string, Cached>();
  #bytes = 0;
  /** The workers of webasm, shared by all kernels. By default gpu.js starts workers for each kernel, at 9 MB per worker. */
  #pool: Kernel['_pool'] = null;
  /** Seconds to add to each time limit, for all work since the last read. A call with a resident result resolves before its work is
   *  done, so the next read waits for that work. */
  #added = 0;
  /** Why no further call can run (lost, timed out or disposed); empty while calls can run. */
  #dead = '';

  constructor(
    readonly library: Library,
    readonly mode: Mode,
    readonly asynchronous: boolean,
    readonly options: EngineOptions,
  ) {
    this.className = classes[mode];
    this.#gpu = new library.GPU({ mode });
  }

  /** The number of cached kernels. */
  get size(): number {
    return this.#kernels.size;
  }

  /** Runs a program and returns four values for each thread, ordered with x as the fastest-varying axis.
   *  work: the number of multiplications. Throws, or rejects, with the reason if the call fails. */
  run(program: Program, operands: (Operand | Resident)[], work: number): Float32Array | Promise<Float32Array> {
    return this.#run(program, operands, work, false, (_, result, length) => flat(result, length));
  }

  /** Like run(), but the result stays on the device until it is freed. */
  keep(program: Program, operands: (Operand | Resident)[], work: number): Resident | Promise<Resident> {
    return this.#run(program, operands, work, true, (kernel, result, length) => ({
      handle: keepOnDevice(kernel, result, length),
      length,
    }));
  }

  /** Frees the values. */
  free({ handle }: Resident): void {
    // dispose() destroys a WebGL context with its textures, but not the device of webgpu.
    if (this.#dead !== DISPOSED || this.mode === 'webgpu') handle.delete();
  }

  /** Whether calls can still use the values: false if the device was lost, or if no call can run any more. */
  holds({ handle }: Resident): boolean {
    return !this.#dead && !this.#gpu.context?.isContextLost() && !handle.context?.isLost;
  }

  #run<T>(
    program: Program,
    operands: (Operand | Resident)[],
    work: number,
    stays: boolean,
    take: (kernel: Kernel, result: unknown, length: number) => T,
  ): T | Promise<T> {
    this.#check();
    const length = 4 * count(program);
    const sizes = operands.map((o) => ('handle' in o ? `${o.length} resident` : o.size));
    const key = [program.name, program.threads, stays, ...sizes].join(' ');
    const known = this.#kernels.get(key);
    this.#added += work * PER_MULTIPLICATION + (stays && !known ? PER_PROGRAM : 0);
    const cached = known ?? this.#create(key, program, operands, stays);
    // Move the kernel to the end: it is the most recently used.
    this.#kernels.delete(key);
    this.#kernels.set(key, cached);
    this.#evict();
    const args = operands.map((o) => ('handle' in o ? o.handle : this.library.input(o.values, o.size)));
    const failed = (error: unknown) => {
      // All kernels of webgpu share one device. If it is lost, drop them all: new kernels get a new device.
      const lost = cached.run.kernel.context?.isLost;
      for (const each of lost ? [...this.#kernels.keys()] : [key]) this.#drop(each);
      throw error;
    };
    const call = () => this.#call(cached, args, (result) => take(cached.run.kernel, result, length));
    try {
      const result = then(cached.built || this.#build(cached, args), call);
      return result instanceof Promise ? this.#bounded(result, stays).catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  }

  #create(key: string, program: Program, operands: (Operand | Resident)[], stays: boolean): Cached {
    const length = 4 * count(program);
    const residentType = this.mode === 'webgpu' ? 'WebGPUBuffer' : 'MemoryOptimizedNumberTexture';
    const run = this.#gpu.createKernel(program.source(), {
      output: program.threads,
      argumentTypes: operands.map((o) => ('handle' in o ? residentType : 'Input')),
      // Without precision and tactic, a device may round to half precision.
      precision: 'single',
      tactic: 'precision',
      asyncMode: this.asynchronous,
      poolSize: Math.min(WORKERS, cores()),
      ...(stays && { pipeline: true, immutable: true }),
    });
    if (this.#pool) run.kernel._pool = this.#pool;
    // A kernel keeps a copy of its operands and of its last result.
    const bytes = 4 * operands.reduce((sum, o) => sum + ('handle' in o ? 0 : o.values.length), length);
    const cached = { run, bytes, built: false, stays };
    this.#kernels.set(key, cached);
    this.#bytes += bytes;
    return cached;
  }

  /** Compiles a kernel. Throws, or rejects, if gpu.js replaced it or fell back. */
  #build(cached: Cached, args: unknown[]): void | Promise<void> {
    const { run } = cached;
    return then(run.build(...args), () => {
      const found = classOf(this.library, run.kernel);
      const reason = run.kernel.fallbackReason;
      if (found !== this.className || reason) {
        throw new Error(`gpu.js ran ${found} instead of ${this.className}${reason ? `: ${reason}` : ''}`);
      }
      if (!cached.stays) keepFlat(run.kernel);
      cached.built = true;
    });
  }

  #call<T>({ run }: Cached, args: unknown[], take: (result: unknown) => T): T | Promise<T> {
    const { device } = run.kernel.context ?? {};
    if (device)
      return guarded(
        device,
        async () => run(...args),
        (result) => this.#taken(run, take(result)),
      );
    const gl = this.#gpu.context;
    // Clear the errors of earlier calls: WebGL keeps one of each kind, and there are fewer than 16 kinds.
    for (let i = 0; gl && i < 16 && gl.getError(); i++);
    return then(run(...args), (result) => {
      try {
        this.#check();
        const error = gl?.getError();
        if (error) throw new Error(`WebGL error 0x${error.toString(16)}`);
      } catch (error) {
        discard(result);
        throw error;
      }
      this.#pool ??= run.kernel._pool ?? null;
      return this.#taken(run, take(result));
    });
  }

  /** Returns the result, and deletes the earlier results that the kernel's arguments still hold. Throws if the device was lost. */
  #taken<T>({ kernel }: Shortcut, result: T): T {
    if (kernel.context?.isLost) throw new Error('the device was lost');
    for (const argument of kernel.kernelArguments ?? []) {
      argument.prevArg?.delete();
      argument.prevArg = null;
    }
    return result;
  }

  /** Throws if no call can run any more. */
  #check(): void {
    if (this.#gpu.context?.isContextLost()) this.#dead ||= 'the WebGL context was lost';
    if (this.#dead) throw new Error(this.#dead);
  }

  /** Waits for a result. Rejects if it exceeds the time limit. A resident result arrives before it is computed, so only a read
   *  resets the added time. */
  async #bounded<T>(result: Promise<T>, stays: boolean): Promise<T> {
    const limit = this.options.patience + Math.min(MOST_ADDED, this.#added);
    const found = await within(limit, result, () => {
      this.#dead ||= `a call did not end in ${limit.toFixed(1)} s`;
      return new Error(this.#dead);
    });
    if (!stays) this.#added = 0;
    return found;
  }

  /** Drops the least recently used kernels while the cache is over its limits. Keeps at least one. */
  #evict(): void {
    for (const key of this.#kernels.keys()) {
      if (this.#kernels.size === 1 || (this.#kernels.size <= this.options.kernels && this.#bytes <= BYTES)) return;
      this.#drop(key);
    }
  }

  /** Destroys a kernel but not the workers, which other kernels use. */
  #drop(key: string): void {
    const cached = this.#kernels.get(key);
    if (!cached || this.#dead) return;
    this.#kernels.delete(key);
    this.#bytes -= cached.bytes;
    const { kernel } = cached.run;
    if (kernel._pool) {
      for (const { id } of kernel._moduleCache?.values() ?? []) kernel._pool.release(id);
      kernel._pool = null;
    }
    cached.run.destroy();
  }

  /** Frees the kernels, the context and the workers. */
  async dispose(): Promise<void> {
    if (this.#dead === DISPOSED) return;
    this.#dead = DISPOSED;
    this.#kernels.clear();
    await this.#gpu.destroy();
  }
}

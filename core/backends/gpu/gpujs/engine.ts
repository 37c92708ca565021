// Compiled kernels and their calls. gpu.js can fail silently, with zeros or a slow fallback, so every call is verified: a kernel of
// another class than the mode's, a fallback, a lost context, an error of the device and a call that does not end are errors.

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
import { discard, flat, guarded, keepFlat, keepThere, then, within } from './results.js';

/** A kernel to run. */
export interface Program {
  /** Identifies the source: programs with equal names have equal sources. */
  name: string;
  source(): string;
  /** Number of threads along x, y and z. */
  threads: readonly [x: number, y?: number, z?: number];
}

/** Values and their sizes, the fastest first. */
export interface Operand {
  values: Float32Array;
  size: readonly number[];
}

/** Values that lie on the device, flat. */
export interface Resident {
  handle: Handle;
  /** Number of values, a multiple of four. */
  length: number;
}

export interface EngineOptions {
  /** Most compiled kernels that are kept. Default: 64 on webasm, else 512. */
  kernels: number;
  /** Seconds after which a call fails that has no multiplications; others get more time. Default: 30. */
  patience: number;
}

/** Bytes that the operands and results of all kept kernels may have together. */
const BYTES = 2 ** 29;
/** Threads of webasm at most. */
const WORKERS = 4;
/** Seconds that a call may take longer for each multiplication, a hundred times what one core needs, and for each new program
 *  whose result stays, for some compilers begin when that is read; and how much longer at most. */
const PER_MULTIPLICATION = 1e-7;
const PER_PROGRAM = 10;
const OWED = 300;
const DISPOSED = 'the backend was disposed of';

function count({ threads: [x, y = 1, z = 1] }: Program): number {
  return x * y * z;
}

interface Kept {
  run: Shortcut;
  bytes: number;
  built: boolean;
  /** Whether its results stay on the device. */
  stays: boolean;
}

/** A GPU of gpu.js and its kernels, of which those used least recently are destroyed. */
export class Engine {
  readonly className: string;
  readonly #gpu: Gpu;
  /** In the order of their last use. */
  readonly #kernels = new Map<string, Kept>();
  #bytes = 0;
  /** The workers of webasm. gpu.js would start some for each kernel, at 9 MB apiece; one set serves all. */
  #pool: Kernel['_pool'] = null;
  /** Seconds that what was asked of the device since something was last read from it may take. */
  #owed = 0;
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

  /** How many kernels are kept. */
  get size(): number {
    return this.#kernels.size;
  }

  /** Runs a program that does so many multiplications. Gives four values for each thread, x the fastest.
   *  Throws, or rejects, with the reason if the call fails. */
  run(program: Program, operands: (Operand | Resident)[], work: number): Float32Array | Promise<Float32Array> {
    return this.#run(program, operands, work, false, (_, result, length) => flat(result, length));
  }

  /** Like run(), but the result stays on the device until it is freed. */
  keep(program: Program, operands: (Operand | Resident)[], work: number): Resident | Promise<Resident> {
    return this.#run(program, operands, work, true, (kernel, result, length) => ({
      handle: keepThere(kernel, result, length),
      length,
    }));
  }

  free({ handle }: Resident): void {
    // Where the context is gone, so are its textures; the device of webgpu outlives its kernels.
    if (this.#dead !== DISPOSED || this.mode === 'webgpu') handle.delete();
  }

  /** Whether the device still has the values. */
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
    const sizes = operands.map((o) => ('handle' in o ? `${o.length} there` : o.size));
    const key = [program.name, program.threads, stays, ...sizes].join(' ');
    const known = this.#kernels.get(key);
    this.#owed += work * PER_MULTIPLICATION + (stays && !known ? PER_PROGRAM : 0);
    const kept = known ?? this.#create(key, program, operands, stays);
    // The last is the one used last.
    this.#kernels.delete(key);
    this.#kernels.set(key, kept);
    this.#evict();
    const args = operands.map((o) => ('handle' in o ? o.handle : this.library.input(o.values, o.size)));
    const failed = (error: unknown) => {
      // All kernels of webgpu share one device; a new kernel gets a new device.
      const lost = kept.run.kernel.context?.isLost;
      for (const each of lost ? [...this.#kernels.keys()] : [key]) this.#drop(each);
      throw error;
    };
    const call = () => this.#call(kept, args, (result) => take(kept.run.kernel, result, length));
    try {
      const result = then(kept.built || this.#build(kept, args), call);
      return result instanceof Promise ? this.#bounded(result, stays).catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  }

  #create(key: string, program: Program, operands: (Operand | Resident)[], stays: boolean): Kept {
    const length = 4 * count(program);
    const there = this.mode === 'webgpu' ? 'WebGPUBuffer' : 'MemoryOptimizedNumberTexture';
    const run = this.#gpu.createKernel(program.source(), {
      output: program.threads,
      argumentTypes: operands.map((o) => ('handle' in o ? there : 'Input')),
      // Without these two a device may round to half precision.
      precision: 'single',
      tactic: 'precision',
      asyncMode: this.asynchronous,
      poolSize: Math.min(WORKERS, cores()),
      ...(stays && { pipeline: true, immutable: true }),
    });
    if (this.#pool) run.kernel._pool = this.#pool;
    // A kernel has its own copy of what it was given and of its last result.
    const bytes = 4 * operands.reduce((sum, o) => sum + ('handle' in o ? 0 : o.values.length), length);
    const kept = { run, bytes, built: false, stays };
    this.#kernels.set(key, kept);
    this.#bytes += bytes;
    return kept;
  }

  #build(kept: Kept, args: unknown[]): void | Promise<void> {
    const { run } = kept;
    return then(run.build(...args), () => {
      const found = classOf(this.library, run.kernel);
      const reason = run.kernel.fallbackReason;
      if (found !== this.className || reason) {
        throw new Error(`${found} came in place of ${this.className}${reason ? `: ${reason}` : ''}`);
      }
      if (!kept.stays) keepFlat(run.kernel);
      kept.built = true;
    });
  }

  #call<T>({ run }: Kept, args: unknown[], take: (result: unknown) => T): T | Promise<T> {
    const { device } = run.kernel.context ?? {};
    if (device)
      return guarded(
        device,
        async () => run(...args),
        (result) => this.#taken(run, take(result)),
      );
    const gl = this.#gpu.context;
    // Clear errors of earlier calls. There are fewer than 16 kinds.
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

  /** A result, if there is a device to have computed it. */
  #taken<T>({ kernel }: Shortcut, result: T): T {
    if (kernel.context?.isLost) throw new Error('the device was lost');
    for (const argument of kernel.kernelArguments ?? []) {
      argument.prevArg?.delete();
      argument.prevArg = null;
    }
    return result;
  }

  /** Throws if nothing can run any more. */
  #check(): void {
    if (this.#gpu.context?.isContextLost()) this.#dead ||= 'the WebGL context was lost';
    if (this.#dead) throw new Error(this.#dead);
  }

  /** The result, or that it does not come. A result that stays is there before it is computed. */
  async #bounded<T>(result: Promise<T>, stays: boolean): Promise<T> {
    const limit = this.options.patience + Math.min(OWED, this.#owed);
    const found = await within(limit, result, () => {
      this.#dead ||= `a call did not end in ${limit.toFixed(1)} s`;
      return new Error(this.#dead);
    });
    if (!stays) this.#owed = 0;
    return found;
  }

  /** Drops kernels as long as there are too many, but never the last. */
  #evict(): void {
    for (const key of this.#kernels.keys()) {
      if (this.#kernels.size === 1 || (this.#kernels.size <= this.options.kernels && this.#bytes <= BYTES)) return;
      this.#drop(key);
    }
  }

  /** Destroys a kernel, but not the workers, which others use. */
  #drop(key: string): void {
    const kept = this.#kernels.get(key);
    if (!kept || this.#dead) return;
    this.#kernels.delete(key);
    this.#bytes -= kept.bytes;
    const { kernel } = kept.run;
    if (kernel._pool) {
      for (const { id } of kernel._moduleCache?.values() ?? []) kernel._pool.release(id);
      kernel._pool = null;
    }
    kept.run.destroy();
  }

  /** Frees the kernels, the context and the workers. */
  async dispose(): Promise<void> {
    if (this.#dead === DISPOSED) return;
    this.#dead = DISPOSED;
    this.#kernels.clear();
    await this.#gpu.destroy();
  }
}

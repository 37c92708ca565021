// Compiled kernels and their calls. Nothing is believed that gpu.js does not say by itself: a kernel of another class than
// the mode's, a fallback, a lost context, an error of the device, or a call that does not end, is an error here. Left alone
// these give zeros, or a slow result without a word.
import { classes, classOf, type Gpu, type Kernel, type Library, type Mode, type Shortcut } from './gpu.library.js';
import { flat, guarded, keepFlat, then, within } from './gpu.results.js';
import { cores } from './host.js';

/** A kernel to run. */
export interface Program {
  /** Names the text: equal names, equal texts. */
  name: string;
  source(): string;
  /** How many there are along x, y and z. */
  threads: readonly [x: number, y: number, z: number];
}

/** Values and their sizes, the fastest first. */
export interface Operand {
  values: Float32Array;
  size: readonly number[];
}

export interface EngineOptions {
  /** Compiled kernels that are kept at most; 64 where left out. */
  kernels: number;
  /** Seconds after which a call is given up that multiplies nothing, others later; 30 where left out. */
  patience: number;
}

/** Bytes that the operands and results of all kept kernels may have together. */
const BYTES = 2 ** 29;
/** Threads of webasm at most. */
const WORKERS = 4;
/** Seconds that a call may take longer for each multiplication: a hundred times what one core needs. */
const PER_MULTIPLICATION = 1e-7;
const DISPOSED = 'the backend was disposed of';

interface Kept {
  run: Shortcut;
  bytes: number;
  built: boolean;
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
  /** Why nothing runs any more; empty as long as it does. */
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
   *  Throws, or rejects, with the reason where anything is not as it should be. */
  run(program: Program, operands: Operand[], work: number): Float32Array | Promise<Float32Array> {
    this.#check();
    const length = 4 * program.threads.reduce((a, b) => a * b);
    const bytes = 4 * operands.reduce((sum, { values }) => sum + values.length, length);
    const key = [program.name, program.threads, ...operands.map((o) => o.size)].join(' ');
    const kept = this.#kernels.get(key) ?? this.#create(key, program, operands.length, bytes);
    // The last is the one used last.
    this.#kernels.delete(key);
    this.#kernels.set(key, kept);
    this.#evict();
    const args = operands.map(({ values, size }) => this.library.input(values, size));
    const failed = (error: unknown) => {
      this.#drop(key);
      throw error;
    };
    try {
      const result = then(kept.built || this.#build(kept, args), () => this.#call(kept.run, args, length));
      return result instanceof Promise ? this.#bounded(result, work).catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  }

  #create(key: string, program: Program, inputs: number, bytes: number): Kept {
    const run = this.#gpu.createKernel(program.source(), {
      output: program.threads,
      argumentTypes: Array<string>(inputs).fill('Input'),
      // Without these two a device may round to half precision.
      precision: 'single',
      tactic: 'precision',
      asyncMode: this.asynchronous,
      poolSize: Math.min(WORKERS, cores()),
    });
    if (this.#pool) run.kernel._pool = this.#pool;
    const kept = { run, bytes, built: false };
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
      keepFlat(run.kernel);
      kept.built = true;
    });
  }

  #call(run: Shortcut, args: unknown[], length: number): Float32Array | Promise<Float32Array> {
    const device = run.kernel.context?.device;
    if (device) return guarded(device, async () => flat(await run(...args), length));
    const gl = this.#gpu.context;
    // Errors from before are nobody's concern here; there are fewer kinds than that.
    for (let i = 0; gl && i < 16 && gl.getError(); i++);
    return then(run(...args), (result) => {
      this.#check();
      const error = gl?.getError();
      if (error) throw new Error(`WebGL error 0x${error.toString(16)}`);
      this.#pool ??= run.kernel._pool ?? null;
      return flat(result, length);
    });
  }

  /** Throws if nothing can run any more. */
  #check(): void {
    if (this.#gpu.context?.isContextLost()) this.#dead ||= 'the WebGL context was lost';
    if (this.#dead) throw new Error(this.#dead);
  }

  /** The result, or that it does not come. */
  async #bounded<T>(result: Promise<T>, work: number): Promise<T> {
    const limit = this.options.patience + work * PER_MULTIPLICATION;
    return within(limit, result, () => {
      this.#dead ||= `a call did not end in ${limit.toFixed(1)} s`;
      return new Error(this.#dead);
    });
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

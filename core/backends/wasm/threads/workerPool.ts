// Workers that run parts of a kernel call on the caller's memory: worker_threads in Node, Web Workers in a page.
//
// The caller writes a job into the control block (worker.ts), wakes sleeping workers, and takes parts like a worker. So if a
// worker takes no part, the call takes longer but is still complete. The caller waits only for parts that a worker has taken. That wait is bounded,
// because synchronous code cannot receive the event of a worker's end.
import { BackendError } from '../../../errors.js';
import type { Kernels } from '../assembly/exports.js';
import type { Scratch } from '../call.js';
import { type Spawn, spawnWorker, type Thread } from './spawn.js';
import { LAYOUT } from './worker.js';

/** The largest number of parts of a job. */
export const PARTS = 64;
/** The largest number of arguments of a part. */
const ARGS = 24;
/** The caller sleeps at most this long between two checks for finished parts. */
const CHECK_MS = 100;
/** After this many checks in a row without a finished part, a worker counts as dead: half a minute. Checks are counted instead of
 *  time, so that a suspended process does not lose its workers. */
const CHECKS = 300;
/** Nanoseconds that a part should take at least: waking a worker takes some thousands. */
const PART_COST = 15_000;

/** Settings that tests change. */
export interface WorkerPoolOptions {
  /** How a worker is started. */
  spawn?: Spawn;
  /** Checks without a finished part after which a worker counts as dead. Default: 300. */
  checks?: number;
  /** Nanoseconds that a part should take at least. Default: 15,000. */
  partCost?: number;
}

/** The workers of one backend. The caller is thread 0, the workers are threads 1, 2, .. */
export class WorkerPool {
  /** Number of threads: the workers and the caller. */
  readonly threads: number;
  readonly partCost: number;
  /** Why a worker is dead; empty while all live. */
  dead = '';
  readonly #workers: Thread[];
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #names: string[];
  readonly #checks: number;
  #job = 0;

  private constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    readonly kernels: Kernels,
    /** For each worker, the address of its own areas for tiles and repeated values: see `setAreas` in assembly/lib/memory.ts. */
    readonly areas: readonly number[],
    { spawn = spawnWorker, checks = CHECKS, partCost = PART_COST }: WorkerPoolOptions,
  ) {
    this.threads = areas.length + 1;
    this.partCost = partCost;
    this.#checks = checks;
    this.#names = Object.keys(kernels);
    const control = new SharedArrayBuffer(4 * LAYOUT.words + 8 * (2 + PARTS * ARGS));
    this.#words = new Int32Array(control, 0, LAYOUT.words);
    this.#numbers = new Float64Array(control, 4 * LAYOUT.words);
    const shared = { module, memory, control, layout: LAYOUT, names: this.#names };
    this.#workers = areas.map((at, i) =>
      spawn({ ...shared, thread: i + 1, areas: at }, (why) => {
        this.dead ||= why;
      }),
    );
  }

  /** Starts a worker for each area and resolves when all are ready. Throws BackendError if one does not start. */
  static async start(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    kernels: Kernels,
    areas: readonly number[],
    options: WorkerPoolOptions = {},
  ): Promise<WorkerPool> {
    const pool = new WorkerPool(module, memory, kernels, areas, options);
    try {
      await Promise.all(pool.#workers.map((worker) => worker.ready));
    } catch (cause) {
      await pool.end();
      const { message } = cause as Error;
      throw new BackendError(`setThreads: a worker did not start: ${message}; one thread runs everything`, { cause });
    }
    return pool;
  }

  /** Calls a kernel once for each part with the part's arguments, on all threads, and returns when all parts are done. With
   *  `scratch`, its address for the thread is appended to the arguments. Throws BackendError with a message that begins with
   *  `name` if a part fails or a worker is dead. */
  run(kernel: keyof Kernels, parts: number[][], scratch?: Scratch, name: string = kernel): void {
    if (this.dead) throw this.#deadWorker(name, this.dead);
    const [words, numbers, at] = [this.#words, this.#numbers, LAYOUT];
    words[at.kernel] = this.#names.indexOf(kernel);
    words[at.arity] = parts[0].length;
    numbers[0] = scratch?.at ?? 0;
    numbers[1] = scratch?.bytes ?? 0;
    let to = 2;
    for (const part of parts) for (const value of part) numbers[to++] = value;
    this.#job = (this.#job + 1) % 2 ** 19;
    Atomics.store(words, at.done, 0);
    // The limit first: no part can be taken until `next` holds the same job.
    Atomics.store(words, at.limit, (this.#job << 12) | parts.length);
    Atomics.store(words, at.next, this.#job << 12);
    Atomics.add(words, at.job, 1);
    if (Atomics.load(words, at.sleepers) > 0) Atomics.notify(words, at.job);
    const call = this.kernels[kernel] as (...args: number[]) => unknown;
    const errors: unknown[] = [];
    for (let part = this.#take(); part < parts.length; part = this.#take()) {
      try {
        call(...parts[part], ...(scratch ? [scratch.at] : []));
      } catch (error) {
        errors.push(error);
      }
      Atomics.add(words, at.done, 1);
    }
    // Wait after an error too: the caller will free memory that workers may still write to.
    this.#wait(name, parts.length);
    const failed = Atomics.exchange(words, at.failed, 0);
    if (errors.length) throw new BackendError(`${name}: a part failed: ${errors[0]}`, { cause: errors[0] });
    if (failed) {
      const text = String.fromCharCode(...words.subarray(at.message + 1, at.message + 1 + words[at.message]));
      throw new BackendError(`${name}: a part failed on a worker: ${text}`);
    }
  }

  /** The next part that no thread has taken, or a number beyond the last part. */
  #take(): number {
    for (;;) {
      const taken = Atomics.load(this.#words, LAYOUT.next);
      if (taken >= Atomics.load(this.#words, LAYOUT.limit)) return PARTS;
      if (Atomics.compareExchange(this.#words, LAYOUT.next, taken, taken + 1) === taken) return taken & 4095;
    }
  }

  #wait(name: string, parts: number): void {
    const { done, waiting, spins } = LAYOUT;
    let count = 0;
    for (let i = 0; i < spins && count < parts; i++) count = Atomics.load(this.#words, done);
    if (count === parts) return;
    Atomics.store(this.#words, waiting, 1);
    for (let checks = 0; (count = Atomics.load(this.#words, done)) < parts; checks++) {
      if (waitForChange(this.#words, done, count, CHECK_MS)) checks = -1;
      if (checks < this.#checks) continue;
      this.dead = `it took a part and did not finish it in ${(this.#checks * CHECK_MS) / 1000} s`;
      throw this.#deadWorker(name, this.dead);
    }
    Atomics.store(this.#words, waiting, 0);
  }

  #deadWorker(name: string, why: string): BackendError {
    return new BackendError(`${name}: a worker has died: ${why}; setThreads(n) starts new ones`);
  }

  /** Ends the workers. */
  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()));
  }
}

/** Waits until a word differs from a value, at most `milliseconds`; returns whether it differs. A page's main thread may not
 *  sleep, so it polls. */
function waitForChange(words: Int32Array, index: number, value: number, milliseconds: number): boolean {
  try {
    return Atomics.wait(words, index, value, milliseconds) !== 'timed-out';
  } catch {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) if (Atomics.load(words, index) !== value) return true;
    return false;
  }
}

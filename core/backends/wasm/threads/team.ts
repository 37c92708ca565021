// Threads that run parts of a kernel call on the caller's memory: worker_threads in Node, Web Workers in a page.
//
// The caller writes a job into the control block (wasm.worker.ts), wakes those who sleep, and takes parts like any other
// thread. So a thread that is late, or gone, costs time and no result; only a part that a thread has taken must be waited
// for, and that wait is bounded: a worker's end is an event, which synchronous code does not see.
import { BackendError } from '../../../errors.js';
import type { Scratch } from '../call.js';
import type { Kernels } from '../kernels.js';
import { type Spawn, spawnWorker, type Thread } from './spawn.js';
import { LAYOUT } from './worker.js';

/** Parts of a job, arguments of a part, at most. */
const PARTS = 64;
const ARGS = 24;
/** A sleeping caller looks up this often, and gives up after so many looks in which no part was finished: half a minute,
 *  counted in looks and not by the clock, so that a process that was stopped meanwhile is not taken for a dead thread. */
const LOOK_MS = 100;
const LOOKS = 300;
/** Nanoseconds that a part should take at least: waking a thread takes some thousands. */
const PART_COST = 15_000;

/** What tests set otherwise. */
export interface TeamOptions {
  spawn?: Spawn;
  looks?: number;
  partCost?: number;
}

/** The workers of one backend, and the caller, who is thread 0. */
export class Team {
  readonly size: number;
  readonly partCost: number;
  /** Why a thread is no more; empty while all are there. */
  dead = '';
  readonly #threads: Thread[];
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #names: string[];
  readonly #looks: number;
  #job = 0;

  private constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    readonly kernels: Kernels,
    /** An address for each thread's scratch vectors. */
    readonly areas: readonly number[],
    { spawn = spawnWorker, looks = LOOKS, partCost = PART_COST }: TeamOptions,
  ) {
    this.size = areas.length + 1;
    this.partCost = partCost;
    this.#looks = looks;
    this.#names = Object.keys(kernels);
    const control = new SharedArrayBuffer(4 * LAYOUT.words + 8 * (2 + PARTS * ARGS));
    this.#words = new Int32Array(control, 0, LAYOUT.words);
    this.#numbers = new Float64Array(control, 4 * LAYOUT.words);
    const shared = { module, memory, control, layout: LAYOUT, names: this.#names };
    this.#threads = areas.map((at, i) =>
      spawn({ ...shared, thread: i + 1, areas: at }, (why) => {
        this.dead ||= why;
      }),
    );
  }

  /** Starts a thread for each of the areas and waits until they are ready. Throws BackendError where one does not start. */
  static async start(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    kernels: Kernels,
    areas: readonly number[],
    options: TeamOptions = {},
  ): Promise<Team> {
    const team = new Team(module, memory, kernels, areas, options);
    try {
      await Promise.all(team.#threads.map((t) => t.ready));
    } catch (cause) {
      await team.end();
      const { message } = cause as Error;
      throw new BackendError(`setThreads: a thread did not start: ${message}; it goes on with one`, { cause });
    }
    return team;
  }

  /** Calls a kernel for each part with its arguments, on all threads. Scratch for each thread comes as the last argument.
   *  Returns when all are done. Throws BackendError, which begins with the name, where a part fails or a thread has died. */
  run(kernel: keyof Kernels, parts: number[][], scratch?: Scratch, name: string = kernel): void {
    if (this.dead) throw this.#gone(name, this.dead);
    const [words, numbers, at] = [this.#words, this.#numbers, LAYOUT];
    words[at.kernel] = this.#names.indexOf(kernel);
    words[at.arity] = parts[0].length;
    numbers[0] = scratch?.at ?? 0;
    numbers[1] = scratch?.bytes ?? 0;
    let to = 2;
    for (const part of parts) for (const value of part) numbers[to++] = value;
    this.#job = (this.#job + 1) % 2 ** 19;
    Atomics.store(words, at.done, 0);
    // The limit first: until `next` names the same job, nobody takes a part.
    Atomics.store(words, at.limit, (this.#job << 12) | parts.length);
    Atomics.store(words, at.next, this.#job << 12);
    Atomics.add(words, at.job, 1);
    if (Atomics.load(words, at.sleepers) > 0) Atomics.notify(words, at.job);
    const errors: unknown[] = [];
    for (let part = this.#take(); part < parts.length; part = this.#take()) {
      try {
        this.kernels[kernel](...parts[part], ...(scratch ? [scratch.at] : []));
      } catch (error) {
        errors.push(error);
      }
      Atomics.add(words, at.done, 1);
    }
    // Also after an error: nobody may write any more where the caller frees.
    this.#wait(name, parts.length);
    const failed = Atomics.exchange(words, at.failed, 0);
    if (errors.length) throw errors[0];
    if (failed) {
      const said = String.fromCharCode(...words.subarray(at.message + 1, at.message + 1 + words[at.message]));
      throw new BackendError(`${name}: a kernel thread failed: ${said}`);
    }
  }

  /** A part that nobody has taken, or a number beyond the last. */
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
    for (let looks = 0; (count = Atomics.load(this.#words, done)) < parts; looks++) {
      if (pause(this.#words, done, count, LOOK_MS)) looks = -1;
      if (looks < this.#looks) continue;
      this.dead = `it took a part and did not finish it in ${(this.#looks * LOOK_MS) / 1000} s`;
      throw this.#gone(name, this.dead);
    }
    Atomics.store(this.#words, waiting, 0);
  }

  #gone(name: string, why: string): BackendError {
    return new BackendError(`${name}: a kernel thread has died: ${why}; setThreads(n) starts new ones`);
  }

  /** Ends the threads. */
  async end(): Promise<void> {
    await Promise.all(this.#threads.map((t) => t.end()));
  }
}

/** Waits until a word differs from a value, at most that long; returns whether it does. A page's main thread may not
 *  sleep: there it looks again and again. */
function pause(words: Int32Array, index: number, value: number, milliseconds: number): boolean {
  try {
    return Atomics.wait(words, index, value, milliseconds) !== 'timed-out';
  } catch {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) if (Atomics.load(words, index) !== value) return true;
    return false;
  }
}

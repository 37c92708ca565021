// The program of a worker: it waits for a job, takes parts until none is left, and waits again.
//
// A job calls one kernel once for each part, with the part's arguments. It lies in a control block that all threads share;
// workerPool.ts writes it:
//
//   words[next]  = job << 12 | the next part to take        words[limit] = job << 12 | the number of parts
//   numbers      = [address of the scratch memory, its bytes per thread, arguments of part 0, arguments of part 1, ..]
//
// A thread takes a part by compare-and-exchange on `next`. Because `next` holds the job's number too, a late thread cannot
// take a part of a job that it has not read. Results do not depend on which thread takes which part.

/** Indices of the words in the control block, the number of words, and how long a worker waits awake. */
export const LAYOUT = {
  /** The number of the last job. Sleeping workers wait on it. */
  job: 0,
  next: 1,
  limit: 2,
  /** The number of finished parts. The caller waits on it. */
  done: 3,
  /** The number of sleeping workers. */
  sleepers: 4,
  /** 1 while the caller sleeps. */
  waiting: 5,
  kernel: 6,
  /** The number of arguments of a part. */
  arity: 7,
  /** 1 if a part has failed on a worker. */
  failed: 8,
  /** The length of the error message, followed by its characters. */
  message: 9,
  words: 256,
  /** Times that a worker checks for a job before it sleeps: 0.1 to 0.2 ms on an idle machine. The next job of a training step usually
   *  comes sooner, and then no worker has to be woken. */
  spins: 50_000,
} as const;

/** What a worker receives when it starts. */
export interface Post {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  control: SharedArrayBuffer;
  layout: typeof LAYOUT;
  /** Names of the kernels; `words[kernel]` is an index. */
  names: string[];
  /** The number of this thread, from 1 on; the caller is 0. */
  thread: number;
  /** The address of this instance's own areas for tiles and repeated values: see `setAreas` in assembly/lib/memory.ts. */
  areas: number;
}

/** Runs a worker; calls `ready` once. A worker is started from the text of this function. So it uses nothing from outside, and
 *  names no function inside, because a bundler that keeps names would insert a call of a helper there. */
export function serve(post: Post, ready: () => void): void {
  const { layout: at, thread } = post;
  const { exports } = new WebAssembly.Instance(post.module, { env: { memory: post.memory } });
  const kernels = exports as Record<string, (...args: number[]) => number>;
  const words = new Int32Array(post.control, 0, at.words);
  const numbers = new Float64Array(post.control, 4 * at.words);
  kernels.useAreas(post.areas);
  ready();
  for (let seen = 0; ; ) {
    for (let spins = 0; spins < at.spins && Atomics.load(words, at.job) === seen; spins++);
    if (Atomics.load(words, at.job) === seen) {
      Atomics.add(words, at.sleepers, 1);
      Atomics.wait(words, at.job, seen);
      Atomics.sub(words, at.sleepers, 1);
    }
    seen = Atomics.load(words, at.job);
    for (;;) {
      const taken = Atomics.load(words, at.next);
      const limit = Atomics.load(words, at.limit);
      if (taken >>> 12 !== limit >>> 12 || taken >= limit) break;
      if (Atomics.compareExchange(words, at.next, taken, taken + 1) !== taken) continue;
      try {
        const arity = words[at.arity];
        const first = 2 + (taken & 4095) * arity;
        const args = Array.from(numbers.subarray(first, first + arity));
        if (numbers[1]) args.push(numbers[0] + thread * numbers[1]);
        kernels[post.names[words[at.kernel]]].apply(null, args);
      } catch (error) {
        const text = String(error).slice(0, at.words - at.message - 1);
        for (let i = 0; i < text.length; i++) words[at.message + 1 + i] = text.charCodeAt(i);
        words[at.message] = text.length;
        Atomics.store(words, at.failed, 1);
      }
      Atomics.add(words, at.done, 1);
      if (Atomics.load(words, at.waiting)) Atomics.notify(words, at.done);
    }
  }
}

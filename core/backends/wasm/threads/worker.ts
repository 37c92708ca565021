// What a kernel thread does: it waits for a job, takes parts of it as long as there are any, and waits again.
//
// A job is one kernel, called once for each part with arguments of its own. Its words and numbers lie in a control block
// that all threads share (wasm.team.ts writes it):
//
//   words[next]  = job << 12 | the next part that nobody has taken        words[limit] = job << 12 | how many there are
//   numbers      = [scratch, its bytes for a thread, arguments of part 0, arguments of part 1, ..]
//
// A part is taken by compare-and-exchange on `next`, which holds the job's number too: a thread that comes late cannot
// take a part of a job that it has not read. Which thread takes which part has no influence on any result.

/** Where the words of the control block are, and its sizes. */
export const LAYOUT = {
  /** The number of the last job: threads that sleep wait on it. */
  job: 0,
  next: 1,
  limit: 2,
  /** Parts that are done: the caller waits on it. */
  done: 3,
  sleepers: 4,
  /** 1 while the caller sleeps. */
  waiting: 5,
  kernel: 6,
  /** Arguments of a part. */
  arity: 7,
  /** 1 once a part has failed; then the length of what was said, and its characters. */
  failed: 8,
  message: 9,
  words: 256,
  /** Rounds in which a thread looks for the next job before it sleeps: a tenth of a millisecond or two. To wake one takes
   *  half as long, and between two jobs of a training step there is less. */
  spins: 50_000,
} as const;

/** What a thread is given. */
export interface Post {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  control: SharedArrayBuffer;
  layout: typeof LAYOUT;
  /** The kernels' names, by number. */
  names: string[];
  /** From 1 on; the caller is 0. */
  thread: number;
  /** Memory for this thread's own scratch vectors. */
  areas: number;
}

/** The thread's program; `ready` is called once. Its text is what a worker is made from, so it uses nothing from outside
 *  and names no function inside, for a bundler that keeps names would call a helper there. */
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

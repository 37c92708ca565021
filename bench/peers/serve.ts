// The server in a peer's process: it reads requests, which are lines of JSON, from stdin and answers with lines of JSON on stdout.
// pytorch.py has the same protocol.
//
//   at the start     { about, threads }
//   { work, threads, time }  ->  { samples }, milliseconds of single runs, or { error }
import { createInterface } from 'node:readline';

/** One run. If it returns a promise, the run ends when the promise resolves. */
export type Run = () => unknown;

export interface Served {
  /** The peer's version and device. */
  about: string;
  /** The numbers of threads that it can run with. Default: one thread. */
  threads?: number[];
  /** Prepares the run of a work. Throws if the peer cannot do it. */
  prepare(work: string): Run | Promise<Run>;
  /** Called before each measurement. */
  setThreads?(count: number): unknown;
  /** Called after each measurement. Runs are prepared again before the next one. */
  release?(): void;
}

const reply = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** Answers requests until stdin ends. */
export async function serve({ about, threads = [1], ...peer }: Served): Promise<void> {
  reply({ about, threads });
  const prepared = new Map<string, Run>();
  for await (const line of createInterface({ input: process.stdin })) {
    const { work, threads, time } = JSON.parse(line);
    try {
      await peer.setThreads?.(threads);
      const run = prepared.get(work) ?? (await peer.prepare(work));
      reply({ samples: await samples(run, time) });
      if (!peer.release) prepared.set(work, run);
    } catch (error) {
      reply({ error: (error as Error).message.split('\n')[0] });
    } finally {
      peer.release?.();
    }
  }
  process.exit();
}

/** Warms up for half the time, with at least one run, then takes samples. If the first run takes ten seconds, it is the only sample. */
async function samples(run: Run, time: number): Promise<number[]> {
  const first = await once(run);
  if (first > 10_000) return [first];
  for (let spent = first; spent < time / 2; ) spent += await once(run);
  const taken: number[] = [];
  for (let spent = 0; spent < time; spent += taken.at(-1)!) taken.push(await once(run));
  return taken;
}

async function once(run: Run): Promise<number> {
  const start = performance.now();
  const result = run();
  if (result instanceof Promise) await result;
  return performance.now() - start;
}

/** The entry of a table of works. Throws an error with this reason if there is none. */
export function only<T>(table: Record<string, T>, work: string, why: string): T {
  if (Object.hasOwn(table, work)) return table[work];
  throw new Error(why);
}

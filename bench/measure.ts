// Measures groups of cases on a machine that other programs use too. Cases that are compared take turns, so that a disturbance affects
// all of them. The cases of a group and the ceiling loop run in rounds. The numbers of threads rise and then fall, for example 1, 2, 2, 1,
// so that they change seldom: a change moves all values to another memory, and every case must warm up again. A figure is the median of
// single runs, and its spread the distance between their quartiles, relative to it.
import { backend, setThreads, threads } from 'boundgrad';
import { Bench } from 'tinybench';
import type { Case, Group, Row } from './case.js';
import type { Ceiling } from './ceiling.js';
import { type Trace, trace } from './trace.js';

const ROUNDS = 3;

export interface Options {
  /** Numbers of threads, each of which the backend has. */
  threads: number[];
  /** Milliseconds for each case and number of threads. */
  time: number;
  /** Loads the ceiling loop when it is first needed, for the build that `via` names. */
  ceiling(via: string): Promise<Ceiling>;
}

/** A case with a number of threads. */
interface Track {
  case: Case;
  threads: number;
  trace: Trace;
  /** Milliseconds; shares if the case has `portion`. */
  samples: number[];
  /** Milliseconds that sampling has taken so far. */
  spent: number;
}

/** Measures a group. Returns its rows. */
export async function measure(group: Group, { time, ceiling, threads }: Options): Promise<Row[]> {
  const tracks: Track[] = [];
  let loop: Ceiling | null = null;
  for (const count of [...threads, ...[...threads].reverse()]) {
    await setThreads(count);
    for (const c of group) await trackOf(c, count, tracks);
    const heavy = tracks.find((t) => t.trace.operations);
    if (heavy) loop ??= await ceiling(heavy.trace.via);
    for (let round = 0; round < ROUNDS; round++) {
      loop?.measure(count);
      for (const track of tracks.filter((t) => t.threads === count)) {
        // A few cold runs are enough for a case that takes seconds.
        const warm = round === 0 && track.trace.milliseconds < time;
        if (track.samples.length < ROUNDS || track.spent < 2 * time) await sample(track, time / 2 / ROUNDS, warm);
      }
    }
  }
  return tracks.flatMap((track) => rows(track, loop));
}

/** Adds a case with a number of threads, unless it was added. A case that calls no kernels has one thread. */
async function trackOf(c: Case, threads: number, tracks: Track[]): Promise<void> {
  const own = tracks.filter((t) => t.case === c);
  if (own.some((t) => t.threads === threads || !t.trace.calls)) return;
  const traced = await trace(c.run);
  tracks.push({ case: c, threads, trace: traced, samples: [], spent: 0 });
}

async function sample(track: Track, time: number, warm: boolean): Promise<void> {
  const start = performance.now();
  const warmup = { warmup: warm, warmupTime: time, warmupIterations: 1 };
  const bench = new Bench({ time, iterations: 1, ...warmup, retainSamples: true, throws: true });
  bench.add(track.case.rates[0].name, () => track.case.run(), { async: track.trace.async });
  const [{ result }] = await bench.run();
  if ('latency' in result) track.samples.push(...result.latency.samples!);
  track.spent += performance.now() - start;
}

function rows({ case: c, trace, samples, ...track }: Track, loop: Ceiling | null): Row[] {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (quantile: number) => sorted[Math.round(quantile * (sorted.length - 1))];
  const threads = trace.calls ? track.threads : 1;
  const best = loop?.best.get(threads);
  const share = best && trace.operations && !c.portion ? trace.operations / (at(0.5) / 1000) / best : null;
  return c.rates.map(({ name, unit, value }) => {
    const [low, median, high] = [0.25, 0.5, 0.75].map((q) => value(at(q)));
    const spread = Math.abs(high - low) / median;
    return { name, threads, value: median, unit, spread, via: trace.via, ceilingShare: share };
  });
}

/** Returns which of these numbers of threads the backend can use, and why it cannot use the others. */
export async function available(counts: number[]): Promise<{ counts: number[]; missing: string }> {
  const found: number[] = [];
  let missing = '';
  for (const count of counts) {
    await setThreads(count);
    if (threads() === count) found.push(count);
    else missing = `no ${count} threads: ${backend().note || 'the backend has one'}`;
  }
  return { counts: found, missing };
}

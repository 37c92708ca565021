// Whether runs that were made at different times may be in one table: their test scores are of the same samples and of one kind.
import { count } from '../format.js';
import type { Run } from '../record.js';
import { groupsOf } from './groups.js';
import { dataName } from './results.js';
import { lossOf, scoreOf } from './score.js';

/** The first reason why a run cannot be compared with one before it; null if all can be compared. nameOf: names a run for messages. */
export function whyNotComparable(runs: readonly Run[], nameOf: (run: Run) => string): string | null {
  for (const [i, run] of runs.entries()) {
    for (const before of runs.slice(0, i)) {
      const why = difference(before, run);
      if (why !== null) return `${nameOf(before)} and ${nameOf(run)}: ${why}`;
    }
  }
  for (const { runs: same } of groupsOf(runs)) {
    const twice = same.find((run, i) => same.findIndex((other) => other.run.seed === run.run.seed) < i);
    if (!twice) continue;
    const before = same.find((other) => other.run.seed === twice.run.seed)!;
    return `${nameOf(before)} and ${nameOf(twice)}: both are ${twice.run.title} with the same settings and seed ${twice.run.seed}; name one of them`;
  }
  return null;
}

/** What makes the test numbers of two runs incomparable; null if nothing does. */
function difference({ run: a }: Run, { run: b }: Run): string | null {
  const [data, other] = [a.data, b.data];
  if (dataName(a) !== dataName(b)) return `the data differ: ${dataName(a)} and ${dataName(b)}`;
  if (data.test !== other.test)
    return `the test sets differ: ${count(data.test)} and ${count(other.test)} samples of ${data.name}`;
  const of = (d: typeof data) => JSON.stringify([d.shape, d.classes, d.tokens, d.targets?.map(({ name }) => name)]);
  if (of(data) !== of(other)) return `the data were prepared differently, though both are ${data.name}`;
  // What runs record about the samples of their test sets differs if the samples do.
  const tests = [data, other].flatMap(({ checksums }) => checksums?.test ?? []);
  const isOther = new Set(tests).size > 1;
  if (isOther || data.mostFrequent !== other.mostFrequent || data.variance !== other.variance)
    return `the test sets differ, though both have ${count(data.test)} samples of ${data.name}: --seed chooses what is held out`;
  const [score, second] = [scoreOf(a).name, scoreOf(b).name];
  if (score !== second) return `one is measured by ${score}, the other by ${second}`;
  const [loss, its] = [lossOf(a).about, lossOf(b).about];
  return loss === its ? null : `the losses differ: ${loss}, and ${its}`;
}

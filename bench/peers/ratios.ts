// The results of a work as lines: one line for each peer, one column for each number of threads.
import { figure } from '../table.js';

/** A figure: the median of `runs` runs. spread: between their quartiles, relative to the median. */
export interface Entry {
  work: string;
  peer: string;
  threads: number;
  unit: string;
  value: number;
  spread: number;
  runs: number;
  /** How many times as fast boundgrad is with the same number of threads; null for boundgrad itself, and if it
   *  has no figure. */
  ratio: number | null;
}

/** A work that a peer cannot do. */
export interface Failure {
  work: string;
  peer: string;
  error: string;
}

interface Rate {
  unit: string;
  /** The work of one run. */
  work: number;
}

/** An entry from samples in milliseconds. */
export function entry(which: { work: string; peer: string; threads: number }, samples: number[], rate: Rate): Entry {
  const sorted = [...samples].sort((a, b) => a - b);
  const [low, median, high] = [0.75, 0.5, 0.25].map(
    (q) => (1000 * rate.work) / sorted[Math.round(q * (sorted.length - 1))],
  );
  const spread = (high - low) / median;
  return { ...which, unit: rate.unit, value: median, spread, runs: samples.length, ratio: null };
}

/** Fills in the ratios. own: the peer whose figures are compared with those of the others. */
export function compare(entries: Entry[], own: string): void {
  for (const e of entries) {
    const ours = entries.find((o) => o.peer === own && o.threads === e.threads && o.work === e.work);
    if (ours && ours !== e) e.ratio = ours.value / e.value;
  }
}

const CELL = 28;

/** The lines of one work. */
export function block(entries: Entry[]): string {
  const columns = [...new Set(entries.map((e) => e.threads))].sort();
  const [{ work, unit }] = entries;
  const heads = columns.map((n) => `${n} thread${n > 1 ? 's' : ''}`.padStart(9).padEnd(CELL));
  const lines = [...new Set(entries.map((e) => e.peer))].map((peer) => {
    const cells = columns.map((n) => cell(entries.find((e) => e.peer === peer && e.threads === n)));
    return `  ${peer.padEnd(33)}${cells.join('')}`;
  });
  return [`${`${work}, ${unit}`.padEnd(35)}${heads.join('')}`, ...lines].map((l) => l.trimEnd()).join('\n');
}

function cell(e: Entry | undefined): string {
  if (!e) return ''.padEnd(CELL);
  const spread = e.runs === 1 ? '(once)' : `(${Math.round(100 * e.spread)} %)`;
  const ratio = e.ratio === null ? '' : `${figure(e.ratio)}x`;
  return `${figure(e.value).padStart(9)} ${spread.padEnd(9)}${ratio}`.padEnd(CELL);
}

/** The failures, a line for each peer and reason. */
export function reasons(failures: Failure[]): string[] {
  const groups: { peer: string; error: string; works: Set<string> }[] = [];
  for (const { peer, work, error } of failures) {
    const group = groups.find((g) => g.peer === peer && g.error === error);
    if (group) group.works.add(work);
    else groups.push({ peer, error, works: new Set([work]) });
  }
  return groups.map(({ peer, error, works }) => `${peer} cannot do ${[...works].join(', ')}: ${error}`);
}

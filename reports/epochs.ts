// Runs side by side, by epoch.
import type { EpochRecord, Run } from './record.js';

/** One epoch of several runs. */
export interface EpochRow {
  /** Its number, from 1. */
  epoch: number;
  /** The records of the runs, in their order; undefined if a run has no such epoch. */
  records: (EpochRecord | undefined)[];
}

/** The epochs that any of the runs has, in order. A record belongs to the row of its own number, whatever its place is. */
export function epochRows(runs: readonly Run[]): EpochRow[] {
  const byNumber = runs.map(({ epochs }) => new Map(epochs.map((e) => [e.epoch, e])));
  const numbers = [...new Set(byNumber.flatMap((epochs) => [...epochs.keys()]))].sort((a, b) => a - b);
  return numbers.map((epoch) => ({ epoch, records: byNumber.map((epochs) => epochs.get(epoch)) }));
}

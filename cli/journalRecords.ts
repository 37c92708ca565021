// The records in a journal that was read: whether they are of one run and in order, and what they say of the run.
import { basename } from 'node:path';
import { type Line, readJsonLines } from '../node/jsonLines.js';
import { lineRecord } from '../reports/checks.js';
import type { EndRecord, EpochRecord, LineRecord, Run, RunRecord } from '../reports/record.js';
import { refuse } from './failure.js';

/** The records of a journal. If it has no fault, they are of one run and in order, the first of kind 'run'. */
export interface Records {
  records: readonly LineRecord[];
  /** The first fault of the file, such as `line 3: ..`. Null if it has none. */
  fault: string | null;
}

/** Whether the run of a journal finished or diverged. Does not change the file.
 *  Throws DataError or Failure if it cannot be read or is not the journal of a run. */
export function isEnded(path: string): boolean {
  const { records, fault } = checked(readJsonLines(path), path);
  const end = endOf(records);
  return fault === null && end !== null && end.outcome !== 'interrupted';
}

/** The run of a journal, which is not changed; null if the file is empty. A run that has not ended counts as interrupted.
 *  Throws DataError or Failure if the file cannot be read, is not the journal of a run, or is damaged. */
export function readRunOf(path: string): Run | null {
  const { records, fault } = checked(readJsonLines(path), path);
  if (fault !== null) throw refuse(`'${path}': ${fault}; --resume of its folder repairs it`);
  const run = openingOf(records);
  if (!run) return null;
  const epochs = epochsOf(records);
  const last = epochs.at(-1);
  const seconds = epochs.reduce((sum, e) => sum + e.seconds, 0);
  const note = `interrupted: the journal ends after step ${last?.step ?? 0}`;
  const unfinished: EndRecord = {
    kind: 'end',
    outcome: 'interrupted',
    note,
    where: null,
    step: last?.step ?? 0,
    seconds,
  };
  return { run, epochs, end: endOf(records) ?? unfinished };
}

/** The records of a run among a journal's lines, in their order, and the first fault of the file.
 *  Throws Failure if the file has lines but none of them is a record of a run. */
export function checked(lines: readonly Line[], path: string): Records {
  const records: LineRecord[] = [];
  let fault: string | null = null;
  lines.forEach((line, i) => {
    const report = (why: string | null) => {
      if (why !== null) fault ??= `line ${i + 1}: ${why}`;
    };
    if (line.fault !== null) return report(line.fault);
    try {
      const record = lineRecord(line.record, 'record');
      report(misplaced(record, records));
      const isOther = record.kind === 'run' && record.optimizer !== basename(path, '.jsonl');
      if (isOther) report(`it is of another optimizer: ${record.optimizer}`);
      else records.push(record);
    } catch (error) {
      report((error as Error).message);
    }
  });
  if (lines.length === 0 || records.length > 0) return { records, fault };
  throw refuse(`'${path}': it is not the journal of a run: ${fault}; move it elsewhere`);
}

/** Why a record cannot follow those before it; null if it can. */
function misplaced(record: LineRecord, before: readonly LineRecord[]): string | null {
  const isFirst = before.length === 0;
  if (isFirst !== (record.kind === 'run')) return isFirst ? 'it does not begin a run' : 'it begins another run';
  if (record.kind !== 'epoch') return null;
  const { epoch, step } = lastEpoch(before) ?? { epoch: 0, step: 0 };
  // An epoch that --max-steps cut short has a second record.
  const follows = record.epoch === epoch + 1 || (epoch > 0 && record.epoch === epoch);
  if (!follows || record.step <= step) return `epoch ${record.epoch} cannot follow epoch ${epoch}`;
  return hasLayersOf(record, before[0]) ? null : "its rates are not those of the net's layers";
}

/** Whether the rates of an epoch are of the layers that the first record names. */
export function hasLayersOf({ rates }: EpochRecord, opening: LineRecord): boolean {
  const names = opening.kind === 'run' ? opening.layers.map(({ name }) => name) : [];
  return rates.every(({ layers }) => {
    return names.length === Object.keys(layers).length && names.every((name) => Object.hasOwn(layers, name));
  });
}

/** The record of the last epoch; undefined if there is none. */
export function lastEpoch(records: readonly LineRecord[]): EpochRecord | undefined {
  return records.filter((r) => r.kind === 'epoch').at(-1);
}

/** The first record, with the epochs and maxSteps of the last resume record. */
export function openingOf(records: readonly LineRecord[]): RunRecord | null {
  const [run] = records;
  if (run?.kind !== 'run') return null;
  const { epochs, maxSteps } = records.filter((r) => r.kind === 'resume').at(-1) ?? run;
  return { ...run, epochs, maxSteps };
}

/** The records of the epochs. If an epoch has two records, the second one counts. */
export function epochsOf(records: readonly LineRecord[]): EpochRecord[] {
  const all = records.filter((r) => r.kind === 'epoch');
  return [...new Map(all.map((r) => [r.epoch, r])).values()];
}

/** The record of the end of the run. Null if the run has not ended, or was resumed afterwards. */
export function endOf(records: readonly LineRecord[]): EndRecord | null {
  const last = records.filter((r) => r.kind === 'end' || r.kind === 'resume').at(-1);
  return last?.kind === 'end' ? last : null;
}

// The journal of one run, <out>/<optimizer>.jsonl: its records, each on the disk before training continues.
//
// The checkpoint from which a run resumes is the authority on its epochs: `restore` removes, replaces or adds records until the
// journal has these epochs and no others. Checkpoints do not hold the rates of finished epochs, so those of a lost line stay lost. A journal with a
// changed line may contain another program's data: before it is rewritten, it is copied to a new name in the same folder.
import { DataError } from '../core/index.js';
import type { EpochReport } from '../fit/index.js';
import { JsonLines, type Line } from '../node/jsonLines.js';
import type { EpochRecord, LineRecord, Run, RunRecord } from '../reports/record.js';
import { EXIT, Failure, refuse } from './failure.js';
import { checked, endOf, epochsOf, hasLayersOf, lastEpoch, openingOf } from './journalRecords.js';
import { epochRecord } from './runRecord.js';

/** An open journal, and the run that its records describe. */
export class Journal {
  readonly #lines: JsonLines;
  #records: readonly LineRecord[] = [];
  #fault: string | null = null;
  /** The copy of the file before it was rewritten. Null if there is none. */
  #copy: string | null = null;

  /** Opens a new file, and fails if there is a file of that name. If `resume` is true, reads an existing file instead and removes a partial
   *  last line. Damaged lines are ignored until `restore` rewrites the file.
   *  Throws DataError if the file cannot be written, Failure if no line is a record of a run. Then the file is unchanged. */
  constructor(
    readonly path: string,
    resume: boolean,
  ) {
    try {
      this.#lines = new JsonLines(path, { fresh: !resume, check: (lines) => this.#read(lines) });
    } catch (error) {
      const isOccupied = error instanceof DataError && (error.cause as NodeJS.ErrnoException | null)?.code === 'EEXIST';
      if (!isOccupied) throw error;
      const why = 'a file of that name came after the run began; move it elsewhere, and continue with --resume';
      throw new Failure(`cannot write '${path}': ${why}`, EXIT.failed, { cause: error });
    }
  }

  #read(lines: readonly Line[]): void {
    ({ records: this.#records, fault: this.#fault } = checked(lines, this.path));
  }

  /** The first record; null if the journal has none. */
  get opening(): RunRecord | null {
    return openingOf(this.#records);
  }

  /** Whether the run is complete: no record is missing or damaged, each epoch of the last checkpoint has a record, and the run
   *  diverged, was ended by --early-stopping, or finished after at least `steps` steps. history: the epochs of the checkpoint.
   *  Default: none. */
  isDone(steps: number, history: readonly EpochReport[] = []): boolean {
    const { outcome, note, step } = endOf(this.#records) ?? { outcome: null, note: '', step: 0 };
    const isEarly = outcome === 'finished' && note !== '';
    if (outcome !== 'diverged' && !isEarly && (outcome !== 'finished' || step < steps)) return false;
    const found = new Map(epochsOf(this.#records).map((record) => [record.epoch, record]));
    const differs = history.find((e) => !found.has(e.epoch) || !agree(found.get(e.epoch)!, e));
    if (differs) this.#fault ??= `epoch ${differs.epoch} differs from the checkpoint`;
    return this.#fault === null;
  }

  /** The records of the run. Null until it has ended. */
  run(): Run | null {
    const [run, end] = [this.opening, endOf(this.#records)];
    return run && end && { run, epochs: epochsOf(this.#records), end };
  }

  /** Discards the first record because it belongs to another run. */
  rejectOpening(): void {
    this.#fault ??= 'line 1: it is of a run with other settings';
    this.#records = this.#records.filter(({ kind }) => kind !== 'run');
  }

  /** Appends a record and waits until it is on the disk. A record of kind 'run' becomes the first. Skips an epoch that the
   *  journal already has: a resumed run may repeat it. Throws DataError as `JsonLines.append` does. */
  append(record: LineRecord): void {
    const last = lastEpoch(this.#records);
    if (record.kind === 'epoch' && record.epoch === last?.epoch && record.step === last.step) return;
    const records = record.kind === 'run' ? [record, ...this.#records] : [...this.#records, record];
    if (this.#fault === null) this.#lines.append(record);
    else this.#rewrite(records);
    this.#records = records;
  }

  #rewrite(records: readonly LineRecord[]): void {
    if (this.#fault !== null) this.#copy ??= this.#lines.keep();
    this.#lines.replace(records);
  }

  /** Makes the recorded epochs equal to `history`, the epochs of the checkpoint after `step` steps from which the run resumes. If it
   *  is empty, removes all epochs. Returns a note for the user if records were missing or damaged, else null.
   *  Throws DataError as `JsonLines.append` does. */
  restore(history: readonly EpochReport[], step: number): string | null {
    const { kept, next } = agreeing(this.#records, history, step);
    const found = epochsOf(this.#records).filter((record) => hasLayersOf(record, this.#records[0]));
    const added = history.slice(next).map((e) => found.find((record) => agree(record, e)) ?? epochRecord(e, []));
    const records = [...kept, ...added];
    if (this.#fault === null && records.length === this.#records.length && added.length === 0) return null;
    this.#rewrite(records);
    const note = this.#noteOf(added);
    this.#records = records;
    this.#fault = null;
    return note;
  }

  #noteOf(added: readonly EpochRecord[]): string | null {
    const bare = added.filter(({ rates }) => rates.length === 0).map(({ epoch }) => epoch);
    if (this.#fault === null && bare.length === 0) return null;
    const why = this.#fault ?? `the records of ${shown(bare)} are missing`;
    const lost = bare.length ? `, without the rates of ${shown(bare)}` : '';
    const kept = this.#copy === null ? '' : `; the old file is kept as '${this.#copy}'`;
    return `'${this.path}': ${why}; rewritten from the checkpoint${lost}${kept}`;
  }

  /** Restarts a run that has no checkpoint: keeps only the first record. If the checkpoints were removed, copies the file first, and returns a
   *  note; else null, because a run that is killed in its first epoch has no checkpoint. Throws Failure if a record is damaged: without a
   *  checkpoint it cannot be replaced. */
  startOver(): string | null {
    if (this.#fault !== null) throw refuse(`'${this.path}': ${this.#fault}; remove the file to start over`);
    const epochs = epochsOf(this.#records).length;
    const areRemoved = epochs > 1 || endOf(this.#records)?.outcome === 'finished';
    const copy = areRemoved ? this.#lines.keep() : null;
    this.restore([], 0);
    const what = epochs === 1 ? 'the epoch has' : `${epochs} epochs have`;
    return copy && `'${this.path}': ${what} no checkpoint, so the run starts over; the old file is kept as '${copy}'`;
  }

  close(): void {
    this.#lines.close();
  }
}

/** Returns the leading records that agree with a checkpoint after `step` steps, and the number of its epochs among them. */
function agreeing(records: readonly LineRecord[], history: readonly EpochReport[], step: number) {
  let next = 0;
  const end = records.findIndex((record) => {
    if (record.kind === 'run') return false;
    if (record.step > step) return true;
    if (record.kind !== 'epoch') return false;
    const expected = history[next];
    // An epoch that --max-steps cut short is in no checkpoint.
    const isPartial = record.epoch === next + 1 && record.step < (expected?.step ?? Infinity);
    const isSame = expected !== undefined && agree(record, expected);
    const isKept = hasLayersOf(record, records[0]) && (isSame || isPartial);
    if (isKept && isSame) next++;
    return !isKept;
  });
  return { kept: end < 0 ? records : records.slice(0, end), next };
}

/** Whether a record has the figures of a checkpoint's epoch. Times may differ, because a resumed run repeats epochs. Rates, losses by
 *  step and the sample are not compared, because checkpoints do not contain those of finished epochs. */
function agree(record: EpochRecord, report: EpochReport): boolean {
  const others = { seconds: 0, imagesPerSecond: 0, rates: [], losses: undefined, sample: undefined };
  const figures = (r: EpochRecord) => JSON.stringify({ ...r, ...others });
  return figures(record) === figures(epochRecord(report, []));
}

/** `epoch 3`, `epochs 3 to 5`, `epochs 3, 5`. */
function shown(epochs: readonly number[]): string {
  const [first, last] = [epochs[0], epochs.at(-1)!];
  if (epochs.length === 1) return `epoch ${first}`;
  return last - first === epochs.length - 1 ? `epochs ${first} to ${last}` : `epochs ${epochs.join(', ')}`;
}

// The journal of one run, <out>/<optimizer>.jsonl: its records, each on the disk before training continues.
import { JsonLines, parseJsonLines } from '../node/jsonLines.js';
import type { EndRecord, EpochRecord, LineRecord, Run, RunRecord } from '../reports/record.js';
import { type Failure, refuse } from './failure.js';

/** An open journal, and the run that its records describe. */
export class Journal {
  readonly #lines: JsonLines;
  #run: RunRecord | null = null;
  #epochs: EpochRecord[] = [];
  #end: EndRecord | null = null;

  /** Starts the file anew, or with `resume` reads its records and removes a partial last line.
   *  Throws, with the file unchanged, DataError if it cannot be written, Failure if a line is not a record of a run. */
  constructor(
    readonly path: string,
    resume: boolean,
  ) {
    let records: LineRecord[] = [];
    this.#lines = new JsonLines(path, {
      fresh: !resume,
      check: (text) => {
        records = parseJournal(text, path);
      },
    });
    for (const record of records) this.#take(record);
  }

  /** The first record; null if the journal is empty. */
  get opening(): RunRecord | null {
    return this.#run;
  }

  /** Whether nothing is left to do: the run has diverged, or finished after at least so many steps. */
  isDone(steps: number): boolean {
    const { outcome, step } = this.#end ?? { outcome: null, step: 0 };
    return outcome === 'diverged' || (outcome === 'finished' && step >= steps);
  }

  /** Whether the run has ended other than by an interruption. */
  get isEnded(): boolean {
    return this.#end !== null && this.#end.outcome !== 'interrupted';
  }

  /** The whole run; null until it has ended. */
  run(): Run | null {
    return this.#run && this.#end && { run: this.#run, epochs: this.#epochs, end: this.#end };
  }

  /** Appends a record and waits until it is on the disk. Skips an epoch that the journal has already, which a resumed run
   *  repeats. Throws DataError as `JsonLines.append` does. */
  append(record: LineRecord): void {
    if (this.#take(record)) this.#lines.append(record);
  }

  close(): void {
    this.#lines.close();
  }

  /** Adds a record to the run. Returns whether it is new. */
  #take(record: LineRecord): boolean {
    if (record.kind === 'run') this.#run = record;
    if (record.kind === 'end') this.#end = record;
    if (record.kind === 'resume' && this.#run) {
      this.#run = { ...this.#run, epochs: record.epochs, maxSteps: record.maxSteps };
      this.#end = null;
    }
    if (record.kind !== 'epoch') return true;
    const last = this.#epochs.at(-1);
    if (last && record.step <= last.step) return false;
    // The same epoch with more steps: --max-steps had cut it short before.
    if (last?.epoch === record.epoch) this.#epochs.pop();
    this.#epochs.push(record);
    return true;
  }
}

/** The records of a journal's text. Throws Failure at the first line that is not a record of a run. */
function parseJournal(text: string, path: string): LineRecord[] {
  const records = parseJsonLines<LineRecord>(text, ['run', 'epoch', 'resume', 'end'], (line) => damaged(path, line));
  if (records.length > 0 && records[0].kind !== 'run') throw damaged(path, 1);
  return records;
}

function damaged(path: string, line: number): Failure {
  return refuse(`'${path}': line ${line} is not a record of a run; damaged? remove the file to start over`);
}

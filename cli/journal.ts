// The file of one run, <out>/<optimizer>.jsonl: lines are only ever added to it, and each is on the disk before training
// goes on.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { EndRecord, EpochRecord, LineRecord, Run, RunRecord } from '../reports/record.js';
import { attempt, Failure } from './failure.js';

export class Journal {
  readonly #file: number;
  #run: RunRecord | null = null;
  #epochs: EpochRecord[] = [];
  #end: EndRecord | null = null;

  /** Begins the file anew, or with `resume` takes up what is in it; a last line that was not written whole goes.
   *  Throws Failure where it cannot be written, as `append` does, and where a line is none of a journal. */
  constructor(
    readonly path: string,
    resume: boolean,
  ) {
    this.#file = attempt(path, () => {
      if (!resume) rmSync(path, { force: true });
      return openSync(path, 'a+');
    });
    const bytes = attempt(path, () => readFileSync(this.#file));
    const whole = bytes.lastIndexOf('\n') + 1;
    if (whole < bytes.length) attempt(path, () => ftruncateSync(this.#file, whole));
    const lines = bytes.subarray(0, whole).toString().split('\n').slice(0, -1);
    for (const [i, line] of lines.entries()) this.#take(parse(line, path, i + 1));
    if (lines.length > 0 && !this.#run) throw damaged(path, 1);
  }

  /** Its first line, if that is there. */
  get opening(): RunRecord | null {
    return this.#run;
  }

  /** Whether nothing is left to do: it has diverged, or taken so many steps. */
  isDone(steps: number): boolean {
    const { outcome, step } = this.#end ?? { outcome: null, step: 0 };
    return outcome === 'diverged' || (outcome === 'finished' && step >= steps);
  }

  /** Whether it came to an end of its own. */
  get isEnded(): boolean {
    return this.#end !== null && this.#end.outcome !== 'interrupted';
  }

  /** What it says, all in all; null where it has not come to an end. */
  run(): Run | null {
    return this.#run && this.#end && { run: this.#run, epochs: this.#epochs, end: this.#end };
  }

  /** Adds a record as a line and waits until it is on the disk. An epoch that it has is not added again. A line that cannot
   *  be written whole is taken back. A file that has vanished, or that is another by now, is noticed. */
  append(record: LineRecord): void {
    if (!this.#take(record)) return;
    attempt(this.path, () => {
      const { ino, dev, size } = fstatSync(this.#file, { bigint: true });
      const there = statSync(this.path, { bigint: true });
      if (there.ino !== ino || there.dev !== dev) throw new Error('another file has taken its place');
      try {
        const line = Buffer.from(`${JSON.stringify(record)}\n`);
        for (let done = 0; done < line.length; ) done += writeSync(this.#file, line, done);
        fsyncSync(this.#file);
      } catch (error) {
        ftruncateSync(this.#file, Number(size));
        throw error;
      }
    });
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Puts a record with those before. Returns whether it is new. */
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
    // The part of an epoch that --max-steps had left, and now more of it.
    if (last?.epoch === record.epoch) this.#epochs.pop();
    this.#epochs.push(record);
    return true;
  }
}

function parse(line: string, path: string, number: number): LineRecord {
  try {
    const record = JSON.parse(line);
    if (['run', 'epoch', 'resume', 'end'].includes(record?.kind)) return record;
  } catch {
    // Said below.
  }
  throw damaged(path, number);
}

function damaged(path: string, line: number): Failure {
  return new Failure(`'${path}': line ${line} is none of a run's records; damaged? remove the file to begin anew`, 2);
}

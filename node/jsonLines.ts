// A file of JSON records, one a line. Lines are only appended, and each is on the disk before `append` returns.
//
// A process that is killed while it appends leaves a partial last line, which the next opening removes. A write that fails,
// such as on a full disk, is undone. So every line ends in a newline and is whole.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { writeAll } from './atomicFile.js';
import { attemptWrite } from './systemError.js';

/** An open file of JSON lines. */
export class JsonLines {
  readonly #file: number;
  /** The whole lines that the file held when it was opened. */
  readonly text: string;

  /** Opens a file, made if it is missing, and removes a partial last line. `fresh` discards what the file holds.
   *  Throws DataError if the file cannot be opened, read or written. */
  constructor(
    readonly path: string,
    { fresh = false } = {},
  ) {
    this.#file = attemptWrite(path, () => {
      if (fresh) rmSync(path, { force: true });
      return openSync(path, 'a+');
    });
    const bytes = attemptWrite(path, () => readFileSync(this.#file));
    const whole = bytes.lastIndexOf('\n') + 1;
    if (whole < bytes.length) attemptWrite(path, () => ftruncateSync(this.#file, whole));
    this.text = bytes.subarray(0, whole).toString();
  }

  /** Appends records, a line each, and waits until they are on the disk. If that fails, none of them is added.
   *  Throws DataError, also if the file has vanished or another file has its name. */
  append(...records: object[]): void {
    attemptWrite(this.path, () => {
      const { ino, dev, size } = fstatSync(this.#file, { bigint: true });
      const named = statSync(this.path, { bigint: true });
      if (named.ino !== ino || named.dev !== dev) throw new Error('another file has taken its place');
      try {
        writeAll(this.#file, Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join('')));
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
}

/** The records of a text, one a line; what follows the last newline is ignored. Each record is an object whose `kind` is one
 *  of `kinds`. At the first line that is not, throws what `damaged` makes of its number, from 1. */
export function parseJsonLines<T extends { kind: string }>(
  text: string,
  kinds: readonly T['kind'][],
  damaged: (line: number) => Error,
): T[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line, i) => {
    let record: T | null = null;
    try {
      record = JSON.parse(line);
    } catch {
      // Not JSON: refused below.
    }
    if (record && kinds.includes(record.kind)) return record;
    throw damaged(i + 1);
  });
}

// A file of JSON records, one a line. Lines are only appended, and each is on the disk before `append` returns.
//
// A process that is killed while it appends leaves a partial last line, which the next opening removes. A write that fails,
// such as on a full disk, is undone. So every line ends in a newline and is whole.
//
// The name may belong to another program's file, or be a link to one. So a file is checked before its first byte is changed.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, lstatSync, rmSync } from 'node:fs';
import { DataError } from '../core/index.js';
import { writeAll } from './atomicFile.js';
import { openOwnFile, readOpenFile } from './ownFile.js';
import { attemptRead, attemptWrite } from './systemError.js';

/** Bytes that a file may have: the records of a run of ResNet-20 over 200 epochs have a fiftieth of them. */
const LARGEST = 2 ** 28;
/** The first characters of every record. */
const BEGINNING = '{"kind":"';

/** An open file of JSON lines. */
export class JsonLines {
  readonly #file: number;
  /** The whole lines that the file held when it was opened. */
  readonly text: string;

  /** Opens a file, made if it is missing, and removes a partial last line. `fresh` discards what the file holds. `check` gets
   *  the whole lines, and throws if they are not the records that the caller expects.
   *  Throws DataError, or what `check` throws, with the file unchanged: if it cannot be opened, read or written, is a link, is
   *  over 256 MiB, or if its partial last line does not begin a record. */
  constructor(
    readonly path: string,
    { fresh = false, check }: { fresh?: boolean; check?: (text: string) => void } = {},
  ) {
    this.#file = attemptWrite(path, () => {
      if (fresh) rmSync(path, { force: true });
      return openOwnFile(path, { append: true });
    });
    try {
      const bytes = attemptRead(path, () => readOpenFile(this.#file, LARGEST));
      const whole = bytes.lastIndexOf('\n') + 1;
      this.text = bytes.subarray(0, whole).toString();
      check?.(this.text);
      if (whole === bytes.length) return;
      const begun = bytes.subarray(whole, whole + BEGINNING.length).toString();
      if (!BEGINNING.startsWith(begun))
        throw new DataError(`cannot write '${path}': its last line does not begin a record; another program's file?`);
      attemptWrite(path, () => ftruncateSync(this.#file, whole));
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** Appends records, a line each, and waits until they are on the disk. If that fails, none of them is added.
   *  Throws DataError, also if the file has vanished or another file has its name. */
  append(...records: object[]): void {
    attemptWrite(this.path, () => {
      const { ino, dev, size } = fstatSync(this.#file, { bigint: true });
      const named = lstatSync(this.path, { bigint: true });
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

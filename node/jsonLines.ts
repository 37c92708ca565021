// A file of JSON records, one a line. `append` returns once its lines are on the disk; `replace` writes a new file in place of the old one.
//
//   {"kind":"run",..,"format":2,"sum":"0b7c1d52"}      the first line also has the number of the format
//   {"kind":"epoch",..,"sum":"8a41f3e0"}               sum: CRC-32 of the text before it, continued from the line before
//
// An edited line has a wrong checksum. So has a line that follows a removed, doubled or moved one, because checksums continue.
// Lines that are missing at the end cannot be found here. Format 1 has no checksums and no number; it is read, and the first
// `append` rewrites the whole file.
//
// A process that is killed while it appends leaves a partial last line, which the next opening removes. A write that fails,
// such as on a full disk, is undone. So every line ends in a newline and is whole.
//
// The name may belong to another program's file, or be a link to one. So a file is checked before its first byte is changed.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, lstatSync } from 'node:fs';
import { DataError } from '../core/index.js';
import { crc32, hex } from '../fit/crc32.js';
import { writeAll, writeFileAtomic, writeNewFile } from './atomicFile.js';
import { openOwnFile, readOpenFile, readRegularFile } from './ownFile.js';
import { attemptRead, attemptWrite } from './systemError.js';
import { agrees } from './unfinished.js';

/** The format that is written. */
const FORMAT = 2;
/** The largest size of a file in bytes: the records of a run of ResNet-20 over 200 epochs have a fiftieth of that. */
const LARGEST = 2 ** 28;
/** The first characters of every record, of a journal, of the poster and of a sweep. */
const BEGINNINGS = [
  '{"kind":"run","boundgrad":"',
  '{"kind":"epoch","epoch":',
  '{"kind":"resume","command":"',
  '{"kind":"end","outcome":"',
  '{"kind":"session","boundgrad":"',
  '{"kind":"task","task":{',
  '{"kind":"result","id":"run-',
];
/** The number of bytes of a partial line that are compared with BEGINNINGS. */
const LONGEST = 64;
/** A line: the text that its checksum covers, and the checksum. */
const SEALED = /^(.*),"sum":"([0-9a-f]{8})"\}$/;

/** A line of a file. */
export interface Line {
  /** The record, without checksum and format; undefined if the line is not JSON. Its fields are not checked. */
  record: unknown;
  /** Why the line must have been changed after it was written; null if nothing shows that. */
  fault: string | null;
  /** Whether it ends in a checksum, right or wrong. */
  sealed: boolean;
}

/** An open file of JSON lines. */
export class JsonLines {
  #file: number;
  /** The checksum of the last line. */
  #sum = 0;
  #isEmpty = true;
  /** The records of a file of format 1, which the first `append` rewrites; else none. */
  #old: object[] = [];

  /** Opens a file, made if it is missing, and removes a partial last line. `fresh`: fails if there is a file. `check` gets
   *  the whole lines, and throws if they are not the records that the caller expects.
   *  Throws DataError, or what `check` throws, with the file unchanged: if it cannot be opened, read or written, is a link, is
   *  over 256 MiB, has a later format, or if its partial last line does not begin a record. */
  constructor(
    readonly path: string,
    { fresh = false, check }: { fresh?: boolean; check?: (lines: readonly Line[]) => void } = {},
  ) {
    this.#file = attemptWrite(path, () => openOwnFile(path, { append: true, fresh }));
    try {
      const bytes = attemptRead(path, () => readOpenFile(this.#file, LARGEST));
      const whole = bytes.lastIndexOf('\n') + 1;
      const { lines, sum, isOld } = parse(bytes.subarray(0, whole).toString(), path);
      check?.(lines);
      this.#sum = sum;
      this.#isEmpty = whole === 0;
      if (isOld) this.#old = lines.map(({ record }) => record as object);
      if (whole === bytes.length) return;
      if (!beginsRecord(bytes.subarray(whole, whole + LONGEST).toString()))
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
    if (this.#old.length > 0) return this.replace([...this.#old, ...records]);
    attemptWrite(this.path, () => {
      const { text, sum } = serialize(records, this.#isEmpty, this.#sum);
      const size = this.#checkName();
      try {
        writeAll(this.#file, Buffer.from(text));
        fsyncSync(this.#file);
      } catch (error) {
        ftruncateSync(this.#file, size);
        throw error;
      }
      this.#sum = sum;
      this.#isEmpty &&= records.length === 0;
    });
  }

  /** Copies the file to a new name beside it, and returns the name: `path.1.old`, or the next number that is free or whose file has
   *  the same bytes. Throws as `append` does. */
  keep(): string {
    attemptWrite(this.path, () => this.#checkName());
    const bytes = attemptRead(this.path, () => readRegularFile(this.path, LARGEST, { follow: false }));
    for (let n = 1; ; n++) {
      const copy = `${this.path}.${n}.old`;
      const isFree = !lstatSync(copy, { throwIfNoEntry: false });
      if (isFree) attemptWrite(copy, () => writeNewFile(copy, bytes));
      if (isFree || isSame(copy, bytes)) return copy;
    }
  }

  /** Replaces all records, atomically. Throws as `append` does. */
  replace(records: readonly object[]): void {
    attemptWrite(this.path, () => {
      const { text, sum } = serialize(records, true, 0);
      this.#checkName();
      writeFileAtomic(this.path, Buffer.from(text));
      const replaced = this.#file;
      this.#file = openOwnFile(this.path, { append: true });
      closeSync(replaced);
      this.#sum = sum;
      this.#isEmpty = records.length === 0;
      this.#old = [];
    });
  }

  close(): void {
    closeSync(this.#file);
  }

  /** The size of the file. Throws if it has vanished or another file has its name. */
  #checkName(): number {
    const { ino, dev, size } = fstatSync(this.#file, { bigint: true });
    const named = lstatSync(this.path, { bigint: true });
    if (named.ino !== ino || named.dev !== dev) throw new Error('another file has taken its place');
    return Number(size);
  }
}

/** The lines of a file, which is not changed; a partial last line is left out. Throws DataError if the file cannot be read, is a
 *  link, is over 256 MiB or has a later format. */
export function readJsonLines(path: string): Line[] {
  const bytes = attemptRead(path, () => readRegularFile(path, LARGEST, { follow: false }));
  return parseJsonLines(bytes.toString(), path);
}

/** The lines of a file's text; text after the last newline is left out. `path` names the file in messages.
 *  Throws DataError if it has a later format. */
export function parseJsonLines(text: string, path: string): Line[] {
  return parse(text, path).lines;
}

/** Whether a partial line can be the beginning of a record. */
export function beginsRecord(text: string): boolean {
  return BEGINNINGS.some((beginning) => agrees(text, beginning));
}

function isSame(path: string, bytes: Buffer): boolean {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return attemptRead(path, () => readRegularFile(path, LARGEST, { follow: false }).equals(bytes));
}

/** The text of a file with these records. */
export function formatJsonLines(records: readonly object[]): string {
  return serialize(records, true, 0).text;
}

function serialize(records: readonly object[], isFirst: boolean, before: number): { text: string; sum: number } {
  let sum = before;
  const lines = records.map((record, i) => {
    const covered = JSON.stringify(isFirst && i === 0 ? { ...record, format: FORMAT } : record).slice(0, -1);
    sum = checksum(covered, sum);
    return `${covered},"sum":"${hex(sum)}"}\n`;
  });
  return { text: lines.join(''), sum };
}

/** The lines of a text, the checksum of the last, and whether the text has format 1, in which no line has a checksum. */
function parse(text: string, path: string): { lines: Line[]; sum: number; isOld: boolean } {
  const split = text.split('\n').slice(0, -1);
  const isOld = split.length > 0 && formatOf(split[0], path) === 1 && !split.some((line) => SEALED.test(line));
  let sum = 0;
  const lines = split.map((line, i): Line => {
    const [, covered, digits] = SEALED.exec(line) ?? [];
    const sealed = covered !== undefined;
    const record = recordOf(sealed ? `${covered}}` : line, i === 0);
    if (record === undefined) return { record, sealed, fault: 'it is not JSON' };
    if (isOld) return { record, sealed, fault: null };
    if (!sealed) return { record, sealed, fault: 'it has no checksum' };
    const expected = hex(checksum(covered, sum));
    sum = Number.parseInt(digits, 16);
    const fault = digits === expected ? null : 'it or the line before it was changed after it was written';
    return { record, sealed, fault };
  });
  return { lines, sum, isOld };
}

/** The format that the first line has. Throws DataError if it is a later one. */
function formatOf(line: string, path: string): number {
  const { format = 1, boundgrad } = Object(parseJson(line));
  if (!(Number.isSafeInteger(format) && format > FORMAT)) return format;
  const version = typeof boundgrad === 'string' ? `boundgrad ${boundgrad}` : 'a later version';
  throw new DataError(`'${path}': format ${format}, this version reads up to ${FORMAT}; ${version} reads it`);
}

function recordOf(text: string, isFirst: boolean): unknown {
  const record = parseJson(text);
  if (isFirst && typeof record === 'object' && record !== null) delete (record as { format?: unknown }).format;
  return record;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checksum(text: string, before: number): number {
  return crc32(new TextEncoder().encode(text), before);
}

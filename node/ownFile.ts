// Opens files in a folder that may hold links, pipes, devices or files of other programs under the names that boundgrad uses.
//
//   created     exclusively: fails if the name exists, also as a dangling link
//   appended    only if the name is a regular file with no other name; links are not followed
//   read        only if the file is regular, and at most a limit of bytes
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';

// Windows has neither flag.
const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/** Creates an empty file and opens it for writing. Throws the system's error, EEXIST if the name exists. */
export function createFile(path: string): number {
  return openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
}

/** A name in the folder of `path` that cannot be guessed, for a file that is renamed to `path` or from it: `path.<pid>.<random>.tmp`. */
export function temporaryName(path: string, ending = 'tmp'): string {
  return `${path}.${process.pid}.${randomBytes(8).toString('hex')}.${ending}`;
}

/** Opens a file for reading and writing, made if it is missing. `append`: each write goes to its end. `fresh`: the file must be missing.
 *  Throws an error with the reason if the name is a link, a second name of another file, or not a regular file; the system's error,
 *  EEXIST, if `fresh` and the name exists. */
export function openOwnFile(path: string, { append = false, fresh = false } = {}): number {
  const flags = O_RDWR | O_NOFOLLOW | (append ? O_APPEND : 0);
  const named = fresh ? undefined : lstatSync(path, { throwIfNoEntry: false });
  if (!named) return openSync(path, flags | O_CREAT | O_EXCL, 0o666);
  refuseOthers(named);
  return checked(openSync(path, flags | O_NONBLOCK), (file) => {
    const opened = fstatSync(file);
    refuseOthers(opened);
    if (opened.ino !== named.ino || opened.dev !== named.dev) throw new Error('another file has taken its place');
    return file;
  });
}

/** Reads a regular file of at most `limit` bytes. `follow`: also through a symbolic link. Default: true.
 *  Throws the system's error, or one with the reason. */
export function readRegularFile(path: string, limit: number, { follow = true } = {}): Buffer {
  // Opening a device may have an effect, and opening a pipe waits for its writer: look first.
  refuseIrregular(follow ? statSync(path) : lstatSync(path));
  const file = openSync(path, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
  return checked(file, () => {
    const bytes = readOpenFile(file, limit);
    closeSync(file);
    return bytes;
  });
}

/** Reads an open regular file of at most `limit` bytes from its position. Throws as `readRegularFile` does. */
export function readOpenFile(file: number, limit: number): Buffer {
  const stats = fstatSync(file);
  refuseIrregular(stats);
  if (stats.size > limit) throw new Error(`too large: ${stats.size} bytes, expected at most ${limit}`);
  return readFileSync(file);
}

/** Reads the first bytes of a regular file, at most `length`; links are not followed. Throws as `readRegularFile` does. */
export function readStart(path: string, length: number): Buffer {
  refuseIrregular(lstatSync(path));
  const file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  return checked(file, () => {
    const bytes = Buffer.alloc(length);
    const count = readSync(file, bytes, 0, length, 0);
    closeSync(file);
    return bytes.subarray(0, count);
  });
}

/** Throws an error that names the kind of file, unless it is a regular file. */
export function refuseIrregular(stats: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw new Error('there is a folder of that name');
  throw new Error(stats.isSymbolicLink() ? 'it is a symbolic link' : 'it is a pipe, a socket or a device, not a file');
}

function refuseOthers(stats: Stats): void {
  refuseIrregular(stats);
  if (stats.nlink > 1) throw new Error('it is a second name of another file: a hard link');
}

/** Returns what `body` returns. Closes the file if `body` throws. */
function checked<T>(file: number, body: (file: number) => T): T {
  try {
    return body(file);
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

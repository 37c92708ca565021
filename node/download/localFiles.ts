// The files of a download on this disk. Failures throw a DataError that names the file, except in `writeAt`.
import { createHash } from 'node:crypto';
import { createReadStream, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { DataError } from '../../core/index.js';
import { writeFileAtomic } from '../atomicFile.js';
import { readRegularFile, refuseIrregular } from '../ownFile.js';
import { attemptRead, attemptWrite } from '../systemError.js';

/** Writes a file atomically, unless it exists with these bytes. Throws DataError if it exists with others. */
export async function placeFile(path: string, bytes: Uint8Array): Promise<void> {
  const size = await sizeOf(path);
  if (size !== null) {
    if (size !== bytes.length) throw occupied(path, `${size} bytes, expected ${bytes.length}`);
    if (attemptRead(path, () => readRegularFile(path, bytes.length)).equals(bytes)) return;
    throw occupied(path, 'its bytes differ from those in the archive');
  }
  attemptWrite(path, () => writeFileAtomic(path, bytes));
}

/** Writes all bytes at a position of an open file: one system call may write only a part. */
export function writeAt(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done);
}

/** The error for a name that another file has. */
export function occupied(path: string, why: string): DataError {
  return new DataError(`${path}: there is another file of this name: ${why}; remove it or choose another folder`);
}

/** The length of a file in bytes; null if it does not exist. Throws DataError if it is not a regular file. */
export function sizeOf(path: string): Promise<number | null> {
  return attemptRead(path, async () => {
    try {
      const found = await stat(path);
      refuseIrregular(found);
      return found.size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  });
}

/** The MD5 sum of a file. file: its descriptor, if it is open. sources.ts has the expected sums, which detect damage, not
 *  forgery. */
export function md5Of(path: string, file?: number): Promise<string> {
  return attemptRead(path, async () => {
    const hash = createHash('md5');
    const opened = file === undefined ? {} : { fd: file, autoClose: false, start: 0 };
    for await (const piece of createReadStream(path, opened)) hash.update(piece as Uint8Array);
    return hash.digest('hex');
  });
}

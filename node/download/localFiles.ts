// The files of a download on this disk. What fails throws a DataError that names the file.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, readFile, stat } from 'node:fs/promises';
import { DataError } from '../../core/index.js';
import { writeFileAtomic } from '../atomicFile.js';
import { attemptRead, attemptWrite } from '../systemError.js';

/** Writes a file atomically, unless it exists with these bytes. Throws DataError if it exists with others. */
export async function placeFile(path: string, bytes: Uint8Array): Promise<void> {
  if ((await sizeOf(path)) !== null) {
    if ((await attemptRead(path, () => readFile(path))).equals(bytes)) return;
    throw occupied(path, 'its bytes differ from those in the archive');
  }
  attemptWrite(path, () => writeFileAtomic(path, bytes, `${path}.part`));
}

/** Writes all bytes at a position of an open file: one system call may write only a part. */
export async function writeAt(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** The error for a name that another file has. */
export function occupied(path: string, why: string): DataError {
  return new DataError(`${path}: there is another file of this name: ${why}; remove it or choose another folder`);
}

/** The length of a file in bytes; null if it does not exist. */
export function sizeOf(path: string): Promise<number | null> {
  return attemptRead(path, async () => {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  });
}

/** The MD5 sum of a file. The data sets' authors publish it; it detects damage, not forgery. */
export function md5Of(path: string): Promise<string> {
  return attemptRead(path, async () => {
    const hash = createHash('md5');
    for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
    return hash.digest('hex');
  });
}

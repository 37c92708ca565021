// Reading and writing the files of a download. What fails throws DataError with the file's name.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DataError } from '../../core/index.js';

/** Writes a file, under its name only once it is whole. Leaves the same file as it is. */
export async function place(path: string, bytes: Uint8Array): Promise<void> {
  if ((await sizeOf(path)) !== null) {
    if ((await readFile(path)).equals(bytes)) return;
    throw foreign(path, 'other bytes than in the archive');
  }
  await writing(path, async () => {
    const handle = await open(`${path}.part`, 'w');
    try {
      await writeAll(handle, bytes, 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.part`, path);
  });
}

/** Writes bytes at a place of a file. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** Runs what writes a file or folder, and says what could not be written. */
export async function writing<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw new DataError(`${path}: cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** Makes a folder and those above it. Node 20's own `recursive` never returns where the system says ENOENT, as in /proc. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

/** The refusal of a file that is in the way. */
export function foreign(path: string, why: string): DataError {
  return new DataError(`${path}: is there and is another file: ${why}; remove it or choose another folder`);
}

/** The length of a file; null where there is none. */
export async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): DataError {
  return new DataError(`${path}: cannot be read: ${(cause as Error).message}`, { cause });
}

/** The md5 sum of a file: that which the data sets' authors publish. It is there against damage. */
export async function sumOf(path: string): Promise<string> {
  const hash = createHash('md5');
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  } catch (error) {
    throw unreadable(path, error);
  }
  return hash.digest('hex');
}

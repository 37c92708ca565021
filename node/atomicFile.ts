// Files that exist whole or not at all.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { createFile, temporaryName } from './ownFile.js';

/** Replaces a file atomically: `path` holds the old bytes or all of the new ones, even after a power failure. The bytes are
 *  first written to a new file in the same folder, which is then renamed; a link of that name is replaced, not followed.
 *  Throws the system's error. */
export function writeFileAtomic(path: string, bytes: Uint8Array): void {
  const temporary = temporaryName(path);
  writeNewFile(temporary, bytes);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Writes a new file, and waits until it is on the disk. If that fails, removes it. Throws the system's error, EEXIST if the name
 *  exists. */
export function writeNewFile(path: string, bytes: Uint8Array): void {
  const file = createFile(path);
  try {
    try {
      writeAll(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

/** Writes all bytes to an open file: one system call may write only a part. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

/** Waits until the names in a folder are on the disk. Windows has no such call; its file system keeps a journal of names. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes a folder and its parents, unless they exist. Several processes may make one at the same time. Node 20's own `recursive` never returns if
 *  the system reports ENOENT, as in /proc. hasParent: the parent exists. Throws an error if none is made. */
export function makeFolder(folder: string, hasParent = false): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A link to a missing file exists, but has no stats.
    if (code === 'EEXIST' && statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    if (hasParent) throw new Error('no folder can be made there', { cause: error });
    // The parent may exist: another process has just made it, or the system reports a missing one, as in /proc.
    if (!existsSync(parent)) makeFolder(parent);
    makeFolder(folder, true);
  }
}

// Writing results so that what lies in the folder is whole: a killed run leaves the lines that it finished, and a report
// appears under its name only when it is complete.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, refuse } from './failure.js';

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOENT: 'the file or its folder has vanished',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'there is a file of that name',
  EISDIR: 'there is a folder of that name',
};

function reason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/** Makes the folder and clears it of the files that the run will write. Throws the refusal of one that cannot be used. */
export function prepareFolder(folder: string, names: string[]): void {
  try {
    makeFolder(folder);
    const probe = join(folder, '.writable');
    writeFileSync(probe, '');
    rmSync(probe);
    for (const name of names) rmSync(join(folder, name), { force: true });
  } catch (error) {
    throw refuse(`--out: cannot write to '${folder}': ${reason(error)}`, error);
  }
}

/** Makes a folder and those above it. Node 20's own `recursive` never returns where the system says ENOENT, as in /proc. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    mkdirSync(folder);
  }
}

/** Begins a file of lines. Throws Failure where it cannot be written. */
export function createLines(path: string): void {
  attempt(path, () => closeSync(openSync(path, 'w')));
}

/** Appends one record as a line and waits until it is on the disk. A line that cannot be written whole is taken back.
 *  The file is opened anew, so that one which has vanished is noticed. */
export function appendLine(path: string, record: object): void {
  attempt(path, () => {
    const file = openSync(path, constants.O_WRONLY | constants.O_APPEND);
    try {
      const { size } = fstatSync(file);
      try {
        const line = Buffer.from(`${JSON.stringify(record)}\n`);
        for (let done = 0; done < line.length; ) done += writeSync(file, line, done);
        fsyncSync(file);
      } catch (error) {
        ftruncateSync(file, size);
        throw error;
      }
    } finally {
      closeSync(file);
    }
  });
}

/** Writes a file whole or not at all. */
export function replaceFile(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  attempt(path, () => {
    try {
      writeFileSync(unfinished, text, { flush: true });
      renameSync(unfinished, path);
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw error;
    }
  });
}

function attempt(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new Failure(`cannot write '${path}': ${reason(error)}`, 1, { cause: error });
  }
}

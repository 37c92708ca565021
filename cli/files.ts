// Writing results so that what lies in the folder is whole: a killed run leaves the lines that it finished, and a report
// appears under its name only when it is complete.
import {
  closeSync,
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
  EFBIG: 'the file would be larger than is allowed',
  ENOENT: 'the file or its folder has vanished',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'there is a file of that name',
  EISDIR: 'there is a folder of that name',
  ERR_FS_EISDIR: 'there is a folder of that name',
};

function reason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/** Makes the folder and clears it of the files that the run will write. Throws the refusal of one that cannot be used. */
export function prepareFolder(folder: string, names: string[]): void {
  orRefuse(folder, () => {
    makeFolder(folder);
    const probe = join(folder, '.writable');
    writeFileSync(probe, '');
    rmSync(probe, { force: true });
  });
  for (const path of names.map((name) => join(folder, name))) orRefuse(path, () => rmSync(path, { force: true }));
}

function orRefuse(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw refuse(`--out: cannot write to '${path}': ${reason(error)}`, error);
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

/** A file of lines, one record each, begun anew. */
export class Lines {
  readonly #file: number;

  /** A file of that name goes first, so that no other run writes to the same. Throws Failure where it cannot be written,
   *  as `append` does. */
  constructor(readonly path: string) {
    this.#file = attempt(path, () => {
      rmSync(path, { force: true });
      return openSync(path, 'ax');
    });
  }

  /** Appends one record as a line and waits until it is on the disk. A line that cannot be written whole is taken back.
   *  A file that has vanished, or that another run has replaced by its own, is noticed. */
  append(record: object): void {
    attempt(this.path, () => {
      const { ino, dev, size } = fstatSync(this.#file, { bigint: true });
      const there = statSync(this.path, { bigint: true });
      if (there.ino !== ino || there.dev !== dev) {
        throw new Error('another run has replaced the file; give each run a folder of its own');
      }
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

function attempt<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new Failure(`cannot write '${path}': ${reason(error)}`, 1, { cause: error });
  }
}

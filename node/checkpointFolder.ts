// Checkpoints in a folder: step-391.safetensors, the number of steps taken by its name; the last two are kept.
//
// A file is written under another name, and given its own once it is on the disk: a process killed at any moment, a power
// cut or a full disk leave those before as they were. What is damaged all the same is passed over for the one before.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DataError } from '../core/index.js';
import { type Checkpoint, parseCheckpoint } from '../fit/checkpoint.js';
import type { Checkpoints } from '../fit/fit.js';
import { makeFolder, reason, writeWhole } from './atomicFile.js';
import { lockFolder } from './lock.js';

/** How many are kept: the newest, and one to fall back on. */
const KEPT = 2;

/** A folder of checkpoints, for `fit`. */
export interface CheckpointFolder extends Checkpoints {
  readonly path: string;
  /** Removes the checkpoints, so that the next run begins anew. */
  clear(): void;
  /** Gives the folder back, which the end of the process does too. */
  close(): void;
}

/** Takes a folder for a run's checkpoints, made where there is none. Until it is closed no other run gets it; the lock of a
 *  process that was killed does not count. `save` throws DataError where it cannot write, with the checkpoints before
 *  intact. Throws DataError where another run has the folder, or it cannot be written to. */
export function checkpointFolder(path: string): CheckpointFolder {
  attempt(path, () => makeFolder(path));
  const close = lockFolder(path);
  // What a process that was killed had begun to write.
  for (const name of readdirSync(path)) if (/^step-\d+\.safetensors\.\d+\.tmp$/.test(name)) rmSync(join(path, name));
  return {
    path,
    close,
    clear: () => attempt(path, () => stepsIn(path).forEach((step) => rmSync(fileOf(path, step)))),
    latest: async () => latestIn(path),
    async save(file, step) {
      try {
        writeWhole(fileOf(path, step), file);
      } catch (cause) {
        throw new DataError(`cannot write '${fileOf(path, step)}': ${reason(cause)}${left(path)}`, { cause });
      }
      // Later ones were passed over when this run began: damaged, or of a path that it left.
      const steps = stepsIn(path);
      const kept = steps.filter((s) => s <= step).slice(0, KEPT);
      attempt(path, () => steps.filter((s) => !kept.includes(s)).forEach((s) => rmSync(fileOf(path, s))));
    },
  };
}

/** A checkpoint by its file, or the newest of a folder, which may be in use; with a sentence for each that was passed over.
 *  Throws DataError where there is none, or none can be read. */
export function readCheckpoint(path: string): { checkpoint: Checkpoint; path: string; notes: string[] } {
  const isFolder = attemptRead(path, () => statSync(path)).isDirectory();
  if (!isFolder) return { checkpoint: parseFile(path), path, notes: [] };
  const found = latestIn(path);
  if (!found) throw new DataError(`'${path}': no checkpoint: no step-*.safetensors`);
  return found;
}

function latestIn(folder: string): ReturnType<typeof readCheckpoint> | null {
  const notes: string[] = [];
  for (const path of stepsIn(folder).map((step) => fileOf(folder, step))) {
    try {
      const checkpoint = parseFile(path);
      return { checkpoint, path, notes: notes.map((note) => `${note}; went on from ${basename(path)}`) };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      notes.push(error.message);
    }
  }
  if (notes.length === 0) return null;
  throw new DataError(`no checkpoint can be read: ${notes.join('; ')}; remove them to begin anew`);
}

function parseFile(path: string): Checkpoint {
  const bytes = attemptRead(path, () => readFileSync(path));
  try {
    return parseCheckpoint(bytes);
  } catch (error) {
    throw error instanceof DataError ? new DataError(`'${path}': ${error.message}`, { cause: error }) : error;
  }
}

/** What remains where a new one could not be written. */
function left(folder: string): string {
  if (!existsSync(folder)) return '';
  const [last] = stepsIn(folder);
  return last === undefined ? '; there was none before it' : `; ${basename(fileOf(folder, last))} is there as it was`;
}

/** The steps of the checkpoints in a folder, the newest first. */
function stepsIn(folder: string): number[] {
  const names = attemptRead(folder, () => readdirSync(folder));
  return names
    .flatMap((n) => /^step-(\d{1,15})\.safetensors$/.exec(n)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

function fileOf(folder: string, step: number): string {
  return join(folder, `step-${step}.safetensors`);
}

function attempt<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new DataError(`cannot write '${path}': ${reason(error)}`, { cause: error });
  }
}

function attemptRead<T>(path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DataError(`cannot read '${path}': ${code === 'ENOENT' ? 'no such file' : reason(error)}`, {
      cause: error,
    });
  }
}

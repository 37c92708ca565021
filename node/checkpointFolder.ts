// Checkpoints in a folder: step-391.safetensors is the checkpoint after 391 steps. The last two are kept.
//
// Files are written atomically, so a kill at any moment, a power failure or a full disk leaves earlier checkpoints intact. If
// the newest is damaged nevertheless, the one before it is used.
import { existsSync, lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkInteger, DataError, must } from '../core/index.js';
import { beginsCheckpoint, type Checkpoint, type Checkpoints, parseCheckpoint } from '../fit/checkpoint.js';
import { makeFolder, writeFileAtomic } from './atomicFile.js';
import { lockFolder } from './lock.js';
import { readRegularFile, readStart } from './ownFile.js';
import { type FilePath, pathOf } from './path.js';
import { attemptRead, attemptWrite } from './systemError.js';

/** The number of checkpoints that are kept: the newest, and the one before it, in case the newest is damaged. */
const KEPT = 2;
/** The largest size of a checkpoint in bytes: the longest that Node reads into one buffer on every version. */
const LARGEST = 2 ** 31 - 1;

/** A locked folder of checkpoints: an option of `fit`. */
export interface CheckpointFolder extends Checkpoints {
  /** The folder's path. */
  readonly path: string;
  /** Removes the checkpoints, so that the next run starts over. Throws DataError if a file cannot be removed, or, with nothing
   *  removed, if a file of their name is not a checkpoint. */
  clear(): void;
  /** Unlocks the folder. The end of the process unlocks it too. */
  close(): void;
}

/** Opens or creates a folder for the checkpoints of one run, and locks it. The folder is a path or a file: URL.
 *  `fit(model, { .., checkpoints: checkpointFolder('run') })` resumes from the newest checkpoint in it. The last
 *  two are kept. If `save` fails, it throws DataError and leaves earlier checkpoints intact.
 *  Throws DataError if another run has locked the folder, or if the folder cannot be written. `clear` and `save` throw DataError if
 *  another folder has taken its place. A lock left by a killed process is removed. */
export function checkpointFolder(folder: FilePath): CheckpointFolder {
  const path = pathOf('checkpointFolder', folder);
  attemptWrite(path, () => makeFolder(path));
  const close = lockFolder(path);
  const opened = identityOf(path);
  /** Throws DataError if a link or another folder has taken the place of the folder since it was opened. */
  const checkPlace = () =>
    attemptWrite(path, () => {
      if (identityOf(path) !== opened) throw new Error('another folder has taken its place');
    });
  // Unfinished files of a killed process.
  const isUnfinished = (name: string) => /^step-\d+\.safetensors\.\d+(\.[0-9a-f]+)?\.tmp$/.test(name);
  try {
    attemptWrite(path, () =>
      readdirSync(path)
        .filter(isUnfinished)
        .forEach((name) => rmSync(join(path, name))),
    );
  } catch (error) {
    close();
    throw error;
  }
  return {
    path,
    close,
    clear() {
      checkPlace();
      const foreign = foreignIn(path);
      if (foreign !== undefined)
        throw new DataError(`cannot remove '${foreign}': it is not a checkpoint; move it elsewhere`);
      attemptWrite(path, () => stepsIn(path).forEach((step) => rmSync(fileOf(path, step))));
    },
    latest: async () => latestIn(path),
    async save(file, step) {
      must(
        file instanceof Uint8Array,
        'checkpointFolder: a file',
        'a Uint8Array, as serializeCheckpoint() returns',
        file,
      );
      checkInteger('checkpointFolder: step', step, 0);
      checkPlace();
      const own = fileOf(path, step);
      try {
        if (existsSync(own) && !isOwn(own))
          throw new DataError(`cannot write '${own}': the file there is not a checkpoint`);
        attemptWrite(own, () => writeFileAtomic(own, file));
      } catch (error) {
        throw new DataError(`${(error as Error).message}${remaining(path)}`, { cause: error });
      }
      // Checkpoints of later steps are damaged, or left over from another run.
      const steps = stepsIn(path);
      const kept = steps.filter((s) => s <= step).slice(0, KEPT);
      const files = steps.filter((s) => !kept.includes(s)).map((s) => fileOf(path, s));
      attemptWrite(path, () => files.filter(isOwn).forEach((file) => rmSync(file)));
    },
  };
}

/** The folder to which a path leads now. */
function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev} ${ino}`;
}

/** Reads a checkpoint from its file, or the newest readable one of a folder, which a run may be using. The file or folder is a path
 *  or a file: URL. In the result `path` is the file that was read; `notes` has a sentence for each newer checkpoint that is damaged.
 *  Throws DataError if there is no checkpoint or none can be read. */
export function readCheckpoint(from: FilePath): { checkpoint: Checkpoint; path: string; notes: string[] } {
  const path = pathOf('readCheckpoint', from);
  const isFolder = attemptRead(path, () => statSync(path)).isDirectory();
  if (!isFolder) return { checkpoint: parseFile(path), path, notes: [] };
  const found = latestIn(path);
  if (!found) throw new DataError(`'${path}': no checkpoint: no step-*.safetensors`);
  return found;
}

/** Whether a folder holds a checkpoint, readable or not. Throws DataError if the folder cannot be read. */
export function hasCheckpoint(folder: string): boolean {
  return stepsIn(folder).length > 0;
}

/** The path of a file that is named as a checkpoint and is not one; undefined if the folder has none. Throws DataError if a file
 *  cannot be read. */
export function foreignIn(folder: string): string | undefined {
  return stepsIn(folder)
    .map((step) => fileOf(folder, step))
    .find((file) => !isOwn(file));
}

/** Whether a file is a checkpoint, whole or damaged, or empty as after a power failure, and neither another program's nor a link. */
function isOwn(file: string): boolean {
  return attemptRead(file, () => lstatSync(file).isFile() && beginsCheckpoint(readStart(file, 64)));
}

function latestIn(folder: string): ReturnType<typeof readCheckpoint> | null {
  const notes: string[] = [];
  for (const path of stepsIn(folder).map((step) => fileOf(folder, step))) {
    try {
      const checkpoint = parseFile(path);
      return { checkpoint, path, notes: notes.map((note) => `${note}; used ${basename(path)} instead`) };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      notes.push(error.message);
    }
  }
  if (notes.length === 0) return null;
  throw new DataError(`no checkpoint can be read: ${notes.join('; ')}; remove them to start over`);
}

function parseFile(path: string): Checkpoint {
  const bytes = attemptRead(path, () => readRegularFile(path, LARGEST));
  try {
    return parseCheckpoint(bytes);
  } catch (error) {
    throw error instanceof DataError ? new DataError(`'${path}': ${error.message}`, { cause: error }) : error;
  }
}

/** The end of a message that a checkpoint could not be written: which one remains. */
function remaining(folder: string): string {
  if (!existsSync(folder)) return '';
  const last = stepsIn(folder).find((step) => isOwn(fileOf(folder, step)));
  return last === undefined ? '; there is no earlier checkpoint' : `; ${basename(fileOf(folder, last))} is intact`;
}

/** The steps of the checkpoints in a folder, newest first. */
function stepsIn(folder: string): number[] {
  const names = attemptRead(folder, () => readdirSync(folder));
  return names
    .flatMap((n) => /^step-(0|[1-9]\d{0,14})\.safetensors$/.exec(n)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

function fileOf(folder: string, step: number): string {
  return join(folder, `step-${step}.safetensors`);
}

// Checkpoints in a folder: step-391.safetensors is the checkpoint after 391 steps. The last two are kept.
//
// Files are written atomically, so a kill at any moment, a power failure or a full disk leaves earlier checkpoints intact. If
// the newest is damaged nevertheless, the one before it is used.
//
// A file is replaced or removed only if it is a whole checkpoint by its checksum, or empty. A damaged one is renamed; a file of another
// program that has the name of a checkpoint stays.
import { existsSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { atMost, checkInteger, DataError, must } from '../core/index.js';
import {
  type Checkpoint,
  type Checkpoints,
  isCheckpoint,
  mayBeCheckpoint,
  parseCheckpoint,
} from '../fit/checkpoint.js';
import { makeFolder, writeFileAtomic } from './atomicFile.js';
import { lockFolder } from './lock.js';
import { readRegularFile, readStart, temporaryName } from './ownFile.js';
import { type FilePath, pathOf } from './path.js';
import { attemptRead, attemptWrite } from './systemError.js';
import { removeUnfinished } from './unfinished.js';

/** The number of checkpoints that are kept: the newest, and the one before it, in case the newest is damaged. */
const KEPT = 2;
/** The largest size of a checkpoint in bytes: the longest that Node reads into one buffer on every version. */
const LARGEST = 2 ** 31 - 1;
/** The number of first bytes that tell a damaged checkpoint from another file; every checkpoint has more. */
const START = 128;

/** A locked folder of checkpoints: an option of `fit`. */
export interface CheckpointFolder extends Checkpoints {
  /** The folder's path. */
  readonly path: string;
  /** Removes the checkpoints, so that the next run starts over. Throws DataError if a file cannot be removed; and, before it removes any,
   *  if a file with the name of a checkpoint is not a whole one. */
  clear(): void;
  /** Unlocks the folder. The end of the process unlocks it too. */
  close(): void;
}

/** Opens or creates a folder for the checkpoints of one run, and locks it. The folder is a path or a file: URL.
 *  `fit(model, { .., checkpoints: checkpointFolder('run') })` resumes from the newest checkpoint in it. The last
 *  two are kept. If `save` fails, it throws DataError and leaves earlier checkpoints intact. If a damaged checkpoint has the name of
 *  the new one, `save` renames it to a name that ends in .damaged.
 *  Throws DataError if another run has locked the folder, or if the folder cannot be written. `clear` and `save` throw DataError if
 *  another folder has taken its place, or after `close`; `save` throws ValueError for a file that is not a checkpoint. A lock left by a killed
 *  process is removed. */
export function checkpointFolder(folder: FilePath): CheckpointFolder {
  atMost(1, 'checkpointFolder', arguments);
  const path = pathOf('checkpointFolder', folder);
  attemptWrite(path, () => makeFolder(path));
  const unlock = lockFolder(path);
  let isClosed = false;
  const close = () => {
    isClosed = true;
    unlock();
  };
  const opened = identityOf(path);
  /** Throws DataError if the folder was closed, or if a link or another folder has taken the place of the folder since it was opened. */
  const checkPlace = () =>
    attemptWrite(path, () => {
      if (isClosed) throw new Error('the folder was closed, and another run may have it; open it again');
      if (identityOf(path) !== opened) throw new Error('another folder has taken its place');
    });
  try {
    attemptWrite(path, () =>
      removeUnfinished(path, (name, start) => /^step-\d+\.safetensors$/.test(name) && mayBeCheckpoint(start)),
    );
  } catch (error) {
    close();
    throw error;
  }
  // Files that this process wrote need not be read again.
  const written = new Map<string, string>();
  const kindOf = (file: string) =>
    written.has(file) && written.get(file) === stateOf(file) ? 'whole' : kindOfFile(file);
  return {
    path,
    close,
    clear() {
      checkPlace();
      const foreign = foreignIn(path);
      if (foreign !== undefined)
        throw new DataError(`cannot remove '${foreign}': it is not a whole checkpoint; move it elsewhere`);
      attemptWrite(path, () => stepsIn(path).forEach((step) => rmSync(fileOf(path, step))));
    },
    latest: async () => latestIn(path),
    async save(file, step) {
      must(
        file instanceof Uint8Array && file.length >= START && mayBeCheckpoint(file),
        'checkpointFolder: a file',
        'a Uint8Array, as serializeCheckpoint() returns',
        file,
      );
      checkInteger('checkpointFolder: step', step, 0);
      checkPlace();
      const own = fileOf(path, step);
      try {
        const inTheWay = lstatSync(own, { throwIfNoEntry: false }) ? kindOf(own) : 'whole';
        if (inTheWay === 'foreign') throw new DataError(`cannot write '${own}': the file there is not a checkpoint`);
        attemptWrite(own, () => {
          if (inTheWay === 'damaged') moveAside(own);
          writeFileAtomic(own, file);
          written.set(own, stateOf(own));
        });
      } catch (error) {
        throw new DataError(`${(error as Error).message}${remaining(path)}`, { cause: error });
      }
      // Checkpoints of later steps are damaged, or left over from another run.
      const steps = stepsIn(path);
      const kept = steps.filter((s) => s <= step).slice(0, KEPT);
      const files = steps.filter((s) => !kept.includes(s)).map((s) => fileOf(path, s));
      attemptWrite(path, () =>
        files.forEach((file) => {
          const kind = kindOf(file);
          if (kind === 'whole') rmSync(file);
          if (kind === 'damaged') moveAside(file);
        }),
      );
    },
  };
}

function moveAside(file: string): void {
  renameSync(file, temporaryName(file, 'damaged'));
}

/** A text that changes if a file is written or replaced; empty if the file has vanished. */
function stateOf(file: string): string {
  const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stats ? [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join() : '';
}

/** The folder that a path leads to now. */
function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev} ${ino}`;
}

/** Reads a checkpoint from its file, or the newest readable one of a folder, which a run may be using. The file or folder is a path
 *  or a file: URL. In the result `path` is the file that was read; `notes` has a sentence for each newer checkpoint that is damaged.
 *  Throws DataError if there is no checkpoint or none can be read. */
export function readCheckpoint(from: FilePath): { checkpoint: Checkpoint; path: string; notes: string[] } {
  atMost(1, 'readCheckpoint', arguments);
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

/** The path of a file that is named as a checkpoint and is not a whole one; undefined if the folder has none. Throws DataError if a
 *  file cannot be read. */
export function foreignIn(folder: string): string | undefined {
  return stepsIn(folder)
    .map((step) => fileOf(folder, step))
    .find((file) => kindOfFile(file) !== 'whole');
}

/** The kind of a file. 'whole': a whole checkpoint, or an empty file, as after a power failure. 'damaged': a damaged checkpoint. 'foreign':
 *  another program's file, or one that is not regular. */
function kindOfFile(file: string): 'whole' | 'damaged' | 'foreign' {
  return attemptRead(file, () => {
    const stats = lstatSync(file);
    if (!stats.isFile()) return 'foreign';
    if (stats.size === 0) return 'whole';
    const start = readStart(file, START);
    if (start.length < START || stats.size > LARGEST || !mayBeCheckpoint(start)) return 'foreign';
    return isCheckpoint(readRegularFile(file, LARGEST, { follow: false })) ? 'whole' : 'damaged';
  });
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
  const last = stepsIn(folder).find((step) => kindOfFile(fileOf(folder, step)) === 'whole');
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

// The folder of a run. What a killed run leaves incomplete, a temporary file or the last line of a journal, is removed by the next.
// Reports are written atomically.
import { closeSync, existsSync, lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError } from '../core/index.js';
import type { EpochReport } from '../fit/index.js';
import { makeFolder, writeFileAtomic } from '../node/atomicFile.js';
import { type CheckpointFolder, checkpointFolder, foreignIn, readCheckpoint } from '../node/checkpointFolder.js';
import { lockFolder } from '../node/lock.js';
import { createFile, readRegularFile, temporaryName } from '../node/ownFile.js';
import { attemptWrite } from '../node/systemError.js';
import { removeUnfinished } from '../node/unfinished.js';
import { atEnd } from './atEnd.js';
import { refuse, writeOrRefuse } from './failure.js';
import { isUnfinished, refuseForeign, withChecksum } from './foreignFiles.js';
import { isEnded } from './journalRecords.js';
import { optimizerKeys } from './options/hyperparameters.js';
import { quote } from './shell.js';

/** An unfinished run with at least this many minutes of training is not replaced. */
const LONG = 10;

/** Makes a folder for a run, unless it exists, and locks it until the call of the command ends. Throws Failure if it is in use,
 *  cannot be written, or holds the checkpoints of another run. */
export function openFolder(folder: string): void {
  const [run, key] = [dirname(resolve(folder)), basename(resolve(folder))];
  if (optimizerKeys.includes(key) && existsSync(join(run, `${key}.jsonl`)))
    throw refuse(`--out: '${folder}' holds the checkpoints of another run; give another folder`);
  writeOrRefuse('--out', folder, () => {
    makeFolder(folder);
    const probe = temporaryName(join(folder, '.writable'));
    closeSync(createFile(probe));
    rmSync(probe);
  });
  try {
    atEnd(lockFolder(folder));
    // Temporary files of a killed run.
    writeOrRefuse('--out', folder, () =>
      removeUnfinished(folder, (name, start) => isUnfinished(name, start.toString())),
    );
  } catch (error) {
    if (error instanceof DataError) throw refuse(error.message, error);
    throw error;
  }
}

/** Opens the folder of a fold or of a seed within the folder of a run. Throws Failure for a link, which may lead
 *  to foreign files, for a report that boundgrad did not write, and as `openFolder` does. */
export function openFold(folder: string): void {
  refuseLink(folder);
  openFolder(folder);
  refuseForeign(join(folder, 'report.html'));
}

/** Removes the files of an earlier run, of any optimizer, and no others. Throws Failure, with nothing removed, if that run is
 *  unfinished and has trained for ten minutes or more, if a file has the name of one of its files and is not boundgrad's, or if the
 *  folder holds a sweep. */
export function clearFolder(folder: string): void {
  if (holdsSweep(folder)) throw refuse(`--out: '${folder}' holds a sweep; give another folder`);
  // Each fold of a cross-validation, and each of several seeds, has a folder of its own. All folders are checked before the first file
  // is removed.
  const parts = partsIn(folder);
  const removals = [...parts, folder].map(checkedRemoval);
  for (const remove of removals) remove();
  parts.forEach(removeEmptyFolder);
}

/** Whether a folder is that of a sweep. A `results.jsonl` may be another program's, so run.json is read. */
export function holdsSweep(folder: string): boolean {
  try {
    return JSON.parse(readRegularFile(join(folder, 'run.json'), 2 ** 20).toString()).command === 'sweep';
  } catch {
    return false;
  }
}

/** Checks the files of an earlier run in one folder, and returns the function that removes them. Throws as `clearFolder` does. */
function checkedRemoval(folder: string): () => void {
  for (const key of optimizerKeys) {
    const minutes = Math.floor(unfinishedSeconds(folder, key) / 60);
    if (minutes < LONG) continue;
    const remedy = `continue it with --resume ${quote(folder)}, or remove the folder to start over`;
    throw refuse(`--out: '${folder}' holds ${minutes} minutes of an unfinished run; ${remedy}`);
  }
  const names = ['report.html', 'epochs.csv', 'run.json', ...optimizerKeys.map((key) => `${key}.jsonl`)];
  const paths = names.map((name) => join(folder, name));
  const checkpoints = optimizerKeys.map((key) => join(folder, key)).filter(existsSync);
  paths.forEach((path) => refuseForeign(path));
  for (const path of checkpoints) {
    refuseLinks(path);
    const foreign = foreignIn(path);
    if (foreign !== undefined)
      throw refuse(`--out: '${foreign}' is not a whole checkpoint of boundgrad; move it elsewhere`);
  }
  return () => {
    checkpoints.forEach(removeCheckpoints);
    for (const path of paths) writeOrRefuse('--out', path, () => rmSync(path, { force: true }));
  };
}

/** The folders of the folds of a cross-validation, or of several seeds, without links, which may lead to foreign files. */
function partsIn(folder: string): string[] {
  const names = readdirSync(folder, { withFileTypes: true }).filter(
    (e) => e.isDirectory() && /^(fold-\d+|seed--?\d+)$/.test(e.name),
  );
  return names.map(({ name }) => join(folder, name));
}

/** Removes a folder of checkpoints, if there is one; other files in it stay. Throws as `openCheckpoints` and `clear` do. */
export function removeCheckpoints(path: string): void {
  if (!existsSync(path)) return;
  const checkpoints = openCheckpoints(path);
  try {
    checkpoints.clear();
  } finally {
    checkpoints.close();
  }
  removeEmptyFolder(path);
}

/** Removes a folder if it exists, is not a link, and is empty. */
export function removeEmptyFolder(path: string): void {
  const isFolder = lstatSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder && readdirSync(path).length === 0) writeOrRefuse('--out', path, () => rmdirSync(path));
}

/** Opens a folder of checkpoints within the folder of a run. Throws Failure if it is a link; DataError as `checkpointFolder` does. */
export function openCheckpoints(path: string): CheckpointFolder {
  refuseLinks(path);
  return checkpointFolder(path);
}

/** Throws Failure if a folder of checkpoints, or the folder `checkpoints` that holds it, is a link: it may lead to foreign files. */
function refuseLinks(path: string): void {
  if (basename(dirname(path)) === 'checkpoints') refuseLink(dirname(path));
  refuseLink(path);
}

function refuseLink(folder: string): void {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink())
    throw refuse(`--out: cannot write to '${folder}': it is a symbolic link; remove it to start over`);
}

/** Seconds of training in the last checkpoint of an optimizer's run. 0 if the run has ended or cannot be resumed. */
function unfinishedSeconds(folder: string, key: string): number {
  const [journal, checkpoints] = [join(folder, `${key}.jsonl`), join(folder, key)];
  if (![checkpoints, join(folder, 'run.json')].every(existsSync)) return 0;
  try {
    // A run can resume without its journal, or with a damaged one: it writes a new one.
    return existsSync(journal) && isEnded(journal) ? 0 : readCheckpoint(checkpoints).checkpoint.position.seconds;
  } catch {
    // Unreadable, so it cannot be resumed.
    return 0;
  }
}

/** The epochs of the newest checkpoint in a folder. Empty if no checkpoint can be read. */
export function historyIn(checkpoints: string): readonly EpochReport[] {
  try {
    return readCheckpoint(checkpoints).checkpoint.history;
  } catch (error) {
    if (error instanceof DataError) return [];
    throw error;
  }
}

/** Writes a page. Throws Failure if the file at this path is another program's, which may have come during the run, and DataError if the
 *  page cannot be written. */
export function replacePage(path: string, page: string): void {
  refuseForeign(path);
  replaceFile(path, withChecksum(page));
}

/** Writes a text file atomically. Throws DataError if it cannot be written. */
export function replaceFile(path: string, text: string): void {
  attemptWrite(path, () => writeFileAtomic(path, new TextEncoder().encode(text)));
}

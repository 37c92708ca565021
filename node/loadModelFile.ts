// Trained models from the files of a run.
import { type Dirent, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkOptions, DataError } from '../core/index.js';
import { type LoadOptions, trainedModel } from '../fit/loadModel.js';
import type { TrainedModel } from '../fit/trainedModel.js';
import { readCheckpoint } from './checkpointFolder.js';
import { type FilePath, pathOf } from './path.js';

const isCheckpoint = (name: string) => /^step-\d+\.safetensors$/.test(name);
/** The most folders that a message lists. */
const LISTED = 12;

/** The entries of a folder. Empty if the path is not a folder or cannot be read, which `readCheckpoint` reports. */
function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

const hasCheckpoints = (folder: string) => entries(folder).some(({ name }) => isCheckpoint(name));

/** The folders in a folder, by name; fold-2 comes before fold-10. */
function foldersIn(folder: string): string[] {
  const names = entries(folder).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  return names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).map((name) => join(folder, name));
}

/** The folders of checkpoints of a training by `boundgrad train` or `compare`: adabound beside adabound.jsonl, for each optimizer. */
function trainedIn(folder: string): string[] {
  const journals = new Set(entries(folder).map(({ name }) => name));
  return foldersIn(folder).filter((own) => journals.has(`${basename(own)}.jsonl`) && hasCheckpoints(own));
}

/** Returns the one file or folder of checkpoints at a path: the path itself, or the folder of the only optimizer that was trained in it.
 *  shown: formats a folder for the message. Throws DataError if the folder holds several optimizers, or folders of folds or of runs, even one. */
export function checkpointsOf(path: string, shown: (folder: string) => string): string {
  if (hasCheckpoints(path)) return path;
  const trained = trainedIn(path);
  if (trained.length === 1) return trained[0];
  const isRun = (folder: string) => hasCheckpoints(folder) || trainedIn(folder).length > 0;
  // The folder of all runs may hold trainings with folds, too.
  const found =
    trained.length > 0 ? trained : foldersIn(path).filter((own) => isRun(own) || foldersIn(own).some(isRun));
  if (found.length === 0) return path;
  const noun = found.every((own) => /^fold-\d+$/.test(basename(own))) ? 'fold' : 'run';
  const names = [...found.slice(0, LISTED).map(shown), ...(found.length > LISTED ? ['..'] : [])].join(', ');
  const many = found.length > 1;
  throw new DataError(
    `'${path}' holds ${found.length} ${noun}${many ? 's' : ''}; choose ${many ? 'one' : 'it'}: ${names}`,
  );
}

/** Makes a trained model from a checkpoint's file, or from a folder: of checkpoints, or of a run of `boundgrad train`. The newest readable
 *  checkpoint is used. The file or folder is a path or a file: URL.
 *
 *    const net = await loadModelFile('runs/houses');
 *    const [{ value }] = await net.predict('size,city\n80,Oslo\n');
 *
 *  Throws as `loadModel` does, and DataError if there is no checkpoint, or if the folder holds several runs or other folders with runs. */
export async function loadModelFile(from: FilePath, options: LoadOptions = {}): Promise<TrainedModel> {
  const path = pathOf('loadModelFile', from);
  checkOptions('loadModelFile', options, ['model']);
  const { checkpoint, notes } = readCheckpoint(only(path));
  return trainedModel(checkpoint, options, notes);
}

function only(path: string): string {
  try {
    return checkpointsOf(path, (folder) => `'${folder}'`);
  } catch (error) {
    throw error instanceof DataError ? new DataError(`loadModelFile: ${error.message}`, { cause: error }) : error;
  }
}

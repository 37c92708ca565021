// Trained models from the files of a run.
import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkOptions, DataError } from '../core/index.js';
import { type LoadOptions, trainedModel } from '../fit/loadModel.js';
import type { TrainedModel } from '../fit/trainedModel.js';
import { readCheckpoint } from './checkpointFolder.js';
import { type FilePath, pathOf } from './path.js';

const isCheckpoint = (name: string) => /^step-\d+\.safetensors$/.test(name);

/** The folders of checkpoints in the folder of a run: one for each optimizer. The path itself if it is a file or holds checkpoints. */
export function checkpointsOf(path: string): string[] {
  const entries = (folder: string): Dirent[] => {
    try {
      return readdirSync(folder, { withFileTypes: true });
    } catch {
      // Not a folder, or unreadable: `readCheckpoint` reports it.
      return [];
    }
  };
  const hasCheckpoints = (folder: string) => entries(folder).some(({ name }) => isCheckpoint(name));
  if (hasCheckpoints(path)) return [path];
  const folders = entries(path).filter((entry) => entry.isDirectory());
  const found = folders.map(({ name }) => join(path, name)).filter(hasCheckpoints);
  return found.length > 0 ? found.sort() : [path];
}

/** Makes a trained model from a checkpoint's file, or from a folder: of checkpoints, or of a run of `boundgrad train`. The newest readable
 *  checkpoint is used. The file or folder is a path or a file: URL.
 *
 *    const net = await loadModelFile('runs/houses');
 *    const [{ value }] = await net.predict('size,city\n80,Oslo\n');
 *
 *  Throws as `loadModel` does, and DataError if there is no checkpoint or the folder holds several runs. */
export async function loadModelFile(from: FilePath, options: LoadOptions = {}): Promise<TrainedModel> {
  const path = pathOf('loadModelFile', from);
  checkOptions('loadModelFile', options, ['model']);
  const folders = checkpointsOf(path);
  if (folders.length > 1) {
    const names = folders.map((folder) => `'${folder}'`).join(', ');
    throw new DataError(`loadModelFile: '${path}' holds ${folders.length} runs; choose one: ${names}`);
  }
  const { checkpoint, notes } = readCheckpoint(folders[0]);
  return trainedModel(checkpoint, options, notes);
}

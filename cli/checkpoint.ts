// The checkpoint that a command line names: a file, a folder of checkpoints, or the folder of a run.
import { BoundgradError, DataError, sizeOf } from '../core/index.js';
import { otherFile } from '../fit/description.js';
import type { Checkpoint, TrainedModel } from '../fit/index.js';
import { firstOf, layerDifferences, layersOf } from '../fit/layers.js';
import { trainedModel } from '../fit/loadModel.js';
import type { Module } from '../nn/index.js';
import { originOf } from '../nn/origin.js';
import { readCheckpoint } from '../node/checkpointFolder.js';
import { checkpointsOf } from '../node/loadModelFile.js';
import { refuse } from './failure.js';
import { makeOwn } from './models.js';
import { holdsSweep } from './runFolder.js';
import { quote } from './shell.js';

/** Reads the newest checkpoint of what --checkpoint names. Throws Failure if there is none, or if there are several runs. */
export function readRun(path: string): ReturnType<typeof readCheckpoint> {
  try {
    return readCheckpoint(checkpointsOf(path, (folder) => `--checkpoint ${quote(folder)}`));
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const remedy = holdsSweep(path) ? '; it holds a sweep, which keeps no nets: train with its best configuration' : '';
    throw refuse(`--checkpoint: ${error.message}${remedy}`, error);
  }
}

/** Makes the model of a checkpoint. A file of a model is run only if the caller names it. Throws Failure if the model cannot be made. */
export async function loadTrained(
  { checkpoint, path, notes }: ReturnType<typeof readRun>,
  file?: string,
): Promise<TrainedModel> {
  const { model: made, shapes, classes, targetShape, preparation } = checkpoint.description ?? {};
  if (made && 'name' in made && file !== undefined)
    throw refuse(`--model: the checkpoint holds boundgrad's ${made.name}: leave out --model`);
  if (made && 'file' in made && file === undefined)
    throw refuse(
      `--checkpoint: '${path}' holds a model of your own, from ${made.file}: name that file with --model FILE`,
    );
  if (made === null && file === undefined)
    throw refuse(
      `--checkpoint: '${path}' holds a model that a program made: name a file that makes it with --model FILE, or evaluate in the program`,
    );
  const outputs = classes?.length ?? sizeOf(targetShape ?? []);
  const model =
    file === undefined || !shapes
      ? undefined
      : await makeOwn(file, shapes[0], outputs, 0, preparation?.text && shapes[0]);
  try {
    return await trainedModel(checkpoint, { model }, notes);
  } catch (error) {
    if (error instanceof BoundgradError)
      throw refuse(`--checkpoint: ${error.message.replace('loadModel: ', '')}`, error);
    throw error;
  }
}

/** Notes on how the model that a user's file made differs from the checkpoint's, whose weights it takes. Throws Failure if its layers compute
 *  something else. */
export function changesOf(file: string, { description }: Checkpoint, model: Module): string[] {
  if (!description) return [];
  const { layers } = description;
  const { certain, possible } = layerDifferences(layers ?? {}, layers ? layersOf(model) : {});
  if (certain.length > 0)
    throw refuse(
      `--model ${file}: the model is not the checkpoint's: ${firstOf(certain)}; give the file that it was trained with`,
    );
  const origin = originOf(model);
  return [
    ...(possible.length > 0 ? [`the model differs from the checkpoint's: ${firstOf(possible)}`] : []),
    ...(origin && 'file' in origin ? otherFile(description, { model: origin }) : []),
  ];
}

// Recomputes the running statistics of batch normalization for weights that did not come from a training step, for example averages.
import { noGrad, scope, ValueError } from '../core/index.js';
import { DataLoader } from '../datasets/index.js';
import type { Module } from '../nn/index.js';
import { modesOf } from '../nn/modes.js';
import { BatchNorm } from '../nn/norm.js';
import { checkModel } from './checks.js';
import { pause } from './pause.js';
import { forward } from './task.js';
import { warnIfOther } from './trainingData.js';
import { inTurn } from './turns.js';

/** Replaces the running statistics of every BatchNorm layer by the mean of the batches' statistics in one pass over the data, with the
 *  model's present weights. All other layers run in evaluation mode. Afterwards each module has its previous mode again; after an error, each
 *  layer has its previous statistics too. Call it after a training with `averageWeights`. Does nothing to a model without such layers.
 *  Warns if the data were prepared in another way than those of the training. Throws ValueError unless `data` is a DataLoader. */
export async function updateBatchNorm(model: Module<any>, data: DataLoader<any>): Promise<void> {
  return inTurn('updateBatchNorm', model, () => updateNow(model, data));
}

async function updateNow(model: Module<any>, data: DataLoader<any>): Promise<void> {
  checkModel('updateBatchNorm', model);
  if (!(data instanceof DataLoader))
    throw new ValueError('updateBatchNorm: data must be a DataLoader: new DataLoader(data, { batchSize: 32 })');
  warnIfOther('updateBatchNorm', model, data.dataset);
  const modules = model.namedModules().map(([, m]) => m);
  const layers = modules.filter((m): m is BatchNorm => m instanceof BatchNorm && m.runningMean !== null);
  if (layers.length === 0) return;
  const restoreModes = modesOf(model);
  const momenta = layers.map((layer) => layer.momentum);
  const { epoch } = data;
  const buffers = layers.flatMap((layer) => [layer.runningMean!, layer.runningVar!, layer.numBatchesTracked!]);
  const before = await Promise.all(buffers.map(async (buffer) => (await buffer.data()).slice()));
  model.eval();
  for (const layer of layers) {
    layer.training = true;
    layer.momentum = null;
  }
  try {
    for (const layer of layers) {
      layer.runningMean!.assign(0);
      layer.runningVar!.assign(1);
      layer.numBatchesTracked!.assign(0);
    }
    for await (const [x] of data) {
      scope(() => noGrad(() => void forward(model, x)));
      await pause();
    }
  } catch (error) {
    buffers.forEach((buffer, i) => void buffer.assign(before[i]));
    throw error;
  } finally {
    restoreModes();
    layers.forEach((layer, i) => (layer.momentum = momenta[i]));
    data.epoch = epoch;
  }
}

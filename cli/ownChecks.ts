// What makes a user's own net doubtful, although it takes the data: found with two nets and one batch before the training.
import { BoundgradError, noGrad, type Tensor } from '../core/index.js';
import { type AnyDataset, DataLoader } from '../datasets/index.js';
import { defaultLoss, forward } from '../fit/task.js';
import type { Module } from '../nn/index.js';
import { refuse } from './failure.js';
import { lossOf } from './losses.js';
import { makeModel } from './models.js';
import type { Settings } from './options/settings.js';

/** Samples of the batch. */
const BATCH = 32;

/** Notes on a user's own net. Throws Failure if all its parameters are frozen, or if it cannot compute the loss of a batch. */
export async function notesOnOwn(settings: Settings, data: AnyDataset): Promise<string[]> {
  const [model, other] = [
    await makeModel(settings.model, data, settings.seed),
    await makeModel(settings.model, data, settings.seed),
  ];
  try {
    if (!model.parameters().some((p) => p.requiresGrad))
      throw new BoundgradError('all its parameters are frozen: nothing can be trained');
    const loss = (await lossOf(settings, data)) ?? defaultLoss(data, settings.labelSmoothing);
    const [batch] = await firstBatch(data);
    const isSeeded = await haveSameWeights(model, other);
    model.eval();
    const outputs = noGrad(() => [forward(model, batch[0]), forward(model, batch[0])]);
    // In training mode: a net may use a layer only there, or record no gradients in evaluation. The pass changes running averages.
    model.train();
    loss(forward(model, batch[0]), batch[1]).backward();
    const doubts = [
      isSeeded
        ? null
        : 'its weights differ from call to call; pass random to its layers, so that --seed determines them',
      (await areSame(outputs[0], outputs[1]))
        ? null
        : 'its outputs for the same samples differ in evaluation: let forward use no random numbers and make no layers',
      await untrainable(model),
      data.targetShape && !settings.noStandardize ? await clipped(outputs[0]) : null,
    ];
    return doubts.flatMap((doubt) => (doubt === null ? [] : [`--model ${settings.model}: ${doubt}`]));
  } catch (error) {
    if (!(error instanceof BoundgradError)) throw error;
    throw refuse(`--model ${settings.model}: cannot take these data: ${error.message}`, error);
  } finally {
    for (const net of [model, other]) net.dispose();
  }
}

async function firstBatch(data: AnyDataset) {
  for await (const batch of new DataLoader(data, { batchSize: Math.min(BATCH, data.length), seed: 0 })) return [batch];
  return [];
}

async function areSame(a: Tensor, b: Tensor): Promise<boolean> {
  const [x, y] = [await a.data(), await b.data()];
  return x.length === y.length && x.every((value, i) => Object.is(value, y[i]));
}

/** Whether two nets have the same initial weights. */
async function haveSameWeights(a: Module, b: Module): Promise<boolean> {
  const others = b.stateDict();
  for (const [name, t] of Object.entries(a.stateDict()))
    if (!(name in others) || !(await areSame(t, others[name]))) return false;
  return true;
}

/** The doubt that all gradients of the weights are 0; null if one is not. Parameters without a gradient are named by `fit`, after an epoch. */
async function untrainable(model: Module): Promise<string | null> {
  const grads = model.parameters().flatMap(({ ndim, grad }) => (ndim > 1 && grad ? [grad] : []));
  for (const grad of grads) if ((await grad.data()).some((g) => g !== 0)) return null;
  return grads.length > 0 ? 'all gradients of its weights are 0: are the weights 0?' : null;
}

/** The doubt that the outputs end in a ReLU, though the values to predict have mean 0; null if they probably do not. */
async function clipped(output: Tensor): Promise<string | null> {
  const values = [...(await output.data())];
  const zeros = values.filter((value) => value === 0).length;
  if (values.some((value) => value < 0) || zeros * 4 < values.length || zeros === values.length) return null;
  return 'its outputs are never below 0, but the values to predict are standardized: leave the last ReLU out, or give --no-standardize';
}

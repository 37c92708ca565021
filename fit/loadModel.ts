// Makes a trained model from a checkpoint. No checkpoint can cause code to be loaded: the name of a built-in model chooses a function
// from a fixed list, and the program itself must pass any other model.
import {
  BoundgradError,
  checkOptions,
  DataError,
  describeValue,
  sizeOf,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { remake } from '../models/remake.js';
import type { Module } from '../nn/index.js';
import { originOf } from '../nn/origin.js';
import { checkState } from '../nn/stateDict.js';
import { type Checkpoint, parseCheckpoint } from './checkpoint.js';
import { checkModel } from './checks.js';
import { type Description, otherFile } from './description.js';
import { firstOf, layerDifferences, layersOf } from './layers.js';
import { TrainedModel } from './trainedModel.js';
import { remember } from './trainingData.js';

/** Options of `loadModel`. */
export interface LoadOptions {
  /** A model with the same layers as the trained one. Its values are replaced. Its layers are compared with those in the
   *  checkpoint, unless an earlier version wrote it. A layer that computes something else is refused; a class or a plain field of your own
   *  that differs causes one of the `notes`. Dropout, the momentum of batch normalization and the dtype may differ. Default: the built-in
   *  model that the checkpoint names. */
  model?: Module<any>;
}

/** Makes a trained model from the bytes of a checkpoint's file; in Node, `loadModelFile` reads the file too.
 *
 *    const net = await loadModel(new Uint8Array(await (await fetch('step-100.safetensors')).arrayBuffer()));
 *    const [{ label }] = await net.predict(samples);
 *
 *  The checkpoint of a built-in model, as `mlp` or `resnet20` makes it, describes how it was made. For other models give `{ model }`.
 *  Throws DataError if the bytes are not a checkpoint, are damaged or contradict themselves, or are of another model than the one given;
 *  ValueError if a model must be given. */
export async function loadModel(bytes: Uint8Array | ArrayBuffer, options: LoadOptions = {}): Promise<TrainedModel> {
  checkOptions('loadModel', options, ['model']);
  const file = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes;
  if (!(file instanceof Uint8Array)) {
    const path = typeof bytes === 'string' ? '; loadModelFile(path) of boundgrad/node reads a file' : '';
    const remedy = Object(bytes).arrayBuffer ? '; give its await .arrayBuffer()' : path;
    throw new DataError(`loadModel: takes a Uint8Array or ArrayBuffer: got ${describeValue(bytes)}${remedy}`);
  }
  return trainedModel(parseCheckpoint(file), options);
}

/** Makes a trained model from a checkpoint. notes: warnings from reading it. Throws as `loadModel` does. */
export async function trainedModel(
  checkpoint: Checkpoint,
  options: LoadOptions,
  notes: readonly string[] = [],
): Promise<TrainedModel> {
  const { model: given } = options;
  if (given !== undefined) checkModel('loadModel', given);
  const { description } = checkpoint;
  if (!description) {
    throw new ValueError(
      'loadModel: the checkpoint does not say what it predicts; parseCheckpoint(bytes).model has its weights',
    );
  }
  const model = given ?? builtIn(checkpoint, description);
  try {
    checkState(model.stateDict(), checkpoint.model, true);
  } catch (error) {
    if (!(error instanceof BoundgradError)) throw error;
    throw new DataError(
      `loadModel: ${given ? 'the given model is another' : 'the checkpoint contradicts itself'}: ${error.message}`,
      { cause: error },
    );
  }
  const two = given && (await twoInOne(model, checkpoint.model));
  if (two) throw new DataError(`loadModel: the given model is another: ${two}`);
  const { certain, possible } = layerDifferences(description.layers ?? {}, description.layers ? layersOf(model) : {});
  if (given && certain.length) {
    throw new DataError(
      `loadModel: the given model is another: ${firstOf(certain)}; give the same layers, or copy the weights alone: ` +
        'model.loadStateDict(parseCheckpoint(bytes).model)',
    );
  }
  const others = [...certain, ...possible];
  const layers = others.length ? [`the model differs from the checkpoint's: ${firstOf(others)}`] : [];
  model.loadStateDict(checkpoint.model);
  model.eval();
  const origin = given && originOf(given);
  const own = origin && 'file' in origin ? otherFile(description, { model: origin }) : [];
  remember(model, description);
  return new TrainedModel(model, [...notes, ...layers, ...own], description);
}

/** How a model shares one tensor between two names that have different values in a state dict; undefined if it does not. */
async function twoInOne(model: Module<any>, weights: Checkpoint['model']): Promise<string | undefined> {
  const names = new Map<Tensor, string>();
  for (const [name, t] of Object.entries(model.stateDict())) {
    const first = names.get(t);
    names.set(t, first ?? name);
    if (first === undefined) continue;
    const [a, b] = await Promise.all([weights[first].data(), weights[name].data()]);
    if (a.some((v, i) => !Object.is(v, b[i]))) return `${first} and ${name} are one tensor here, two in the checkpoint`;
  }
  return undefined;
}

/** Makes the built-in model of a checkpoint, with random weights, in the dtype of the checkpoint's tensors. Throws DataError if it would
 *  have more values than these tensors. */
function builtIn(checkpoint: Checkpoint, { model }: Description): Module<any> {
  if (!model || 'file' in model) {
    const made = model ? `made by the file ${model.file}` : 'not made by a function of boundgrad';
    throw new ValueError(`loadModel: the model was ${made}: give { model } with the same layers`);
  }
  const tensors: Tensor[] = Object.values(checkpoint.model);
  const values = tensors.reduce((n, { shape }) => n + sizeOf(shape), 0);
  try {
    const made = remake(model, values);
    return tensors.some(({ dtype }) => dtype === 'float64') ? made.toDType('float64') : made;
  } catch (error) {
    if (!(error instanceof BoundgradError)) throw error;
    throw new DataError(`loadModel: the checkpoint contradicts itself: ${model.name.slice(0, 40)}: ${error.message}`, {
      cause: error,
    });
  }
}

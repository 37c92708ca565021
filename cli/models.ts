// Builds a model for the inputs and outputs of a data set: a built-in one by name, or a user's own (ownModel.ts), and checks that it
// takes the data.
import { basename } from 'node:path';
import { BoundgradError, checkTensor, noGrad, Random, type Shape, scope, show, sizeOf, zeros } from '../core/index.js';
import type { AnyDataset } from '../datasets/index.js';
import { models } from '../models/index.js';
import type { Module } from '../nn/index.js';
import { withOrigin } from '../nn/origin.js';
import { choose, refuse } from './failure.js';
import { importModel, isOwnModel, modelFile } from './ownModel.js';

export const modelKeys = Object.keys(models);

/** The language models. */
export const tokenModelKeys = modelKeys.filter((name) => models[name].tokens);

/** Whether a built-in model reads texts. */
export function isTokenModel(name: string): boolean {
  return tokenModelKeys.includes(name);
}

/** The message for a language model with other data than a text, or for another model with a text. */
export function unreadable(model: string): string {
  return isTokenModel(model)
    ? `--model: ${model} reads texts: give --data text:FILE, or moby-dick`
    : `--model: ${model} does not read texts: ${tokenModelKeys.join(' and ')} do, or your own ./net.mjs`;
}

/** The name of a model in records: without the folders of its path. */
export function modelTitle(model: string): string {
  return isOwnModel(model) ? basename(model) : model;
}

/** Checks the text of --model. Throws Failure unless it is the name of a built-in model or ends in .js or .mjs. */
export function modelName(text: string, option: string): string {
  return isOwnModel(text) || /[\\/.]/.test(text) ? modelFile(text, option) : choose(option, text, modelKeys);
}

/** The number of outputs that a net for the data has: classes, or values to predict. */
export function outputsOf({ classes, targetShape }: AnyDataset): number {
  return targetShape ? sizeOf(targetShape) : classes.length;
}

/** Makes the model that --model names, in training mode; the same seed gives the same weights. Throws Failure if it cannot take the data. */
export function makeModel(name: string, data: AnyDataset, seed: number): Promise<Module> {
  const outputs = outputsOf(data);
  const positions = data.labelShape;
  if (isOwnModel(name)) return makeOwn(name, data.shape, outputs, seed, positions);
  return Promise.resolve().then(() => buildModel(name, data.shape, outputs, seed, positions));
}

/** Builds a built-in model in training mode; the same seed gives the same weights. input: the shape of one sample. positions: for a text, the
 *  shape of the positions whose next token is predicted. Throws Failure if the model cannot take the shape. */
export function buildModel(name: string, input: Shape, outputs: number, seed: number, positions?: Shape): Module {
  return makeOrRefuse(name, () => {
    if (input.length !== 3 && name !== 'mlp' && !isTokenModel(name))
      throw new BoundgradError(`it takes images: a sample has the shape ${show(input)}; give --model mlp`);
    return checked(
      models[name].build({ input, numClasses: outputs, random: new Random(seed) }),
      input,
      outputs,
      positions,
    );
  });
}

/** Makes a user's model: imports the file and calls its default export. Throws Failure if it cannot be imported or makes no model of
 *  these outputs. */
export async function makeOwn(
  path: string,
  input: Shape,
  outputs: number,
  seed: number,
  positions?: Shape,
): Promise<Module> {
  const { model, origin } = await importModel(path, { input, outputs, random: new Random(seed) });
  return makeOrRefuse(path, () => withOrigin(checked(model, input, outputs, positions), origin));
}

/** Returns the model in training mode, after a forward pass of one sample. positions: for a text, the shape of the positions whose next token
 *  is predicted. Throws BoundgradError if the model has no parameters, or if the result is not [1, ...positions, outputs]. */
function checked(model: Module, input: Shape, outputs: number, positions: Shape = []): Module {
  if (model.parameters().length === 0) throw new BoundgradError('it has no parameters: nothing can be trained');
  scope(() => {
    const sample = zeros([1, ...input], { dtype: positions.length ? 'int32' : 'float32' });
    const { shape } = checkTensor(
      'forward: its result',
      noGrad(() => model.eval().forward(sample)),
    );
    const needed = [1, ...positions, outputs];
    if (show(shape) !== show(needed))
      throw new BoundgradError(`it returns ${show(shape)} for one sample: the data need ${show(needed)}`);
  });
  return model.train();
}

function makeOrRefuse<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof BoundgradError)
      throw refuse(`--model ${name}: cannot take these data: ${error.message}`, error);
    throw error;
  }
}

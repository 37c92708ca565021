// Builds a model for the inputs and outputs of a data set: a built-in one by name, or a user's own from --model ./net.mjs.
import { createHash } from 'node:crypto';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BoundgradError, noGrad, Random, type Shape, scope, show, sizeOf, zeros } from '../core/index.js';
import type { AnyDataset } from '../datasets/index.js';
import { models } from '../models/index.js';
import { Module } from '../nn/index.js';
import { withOrigin } from '../nn/origin.js';
import { readRegularFile } from '../node/ownFile.js';
import { attemptRead } from '../node/systemError.js';
import { choose, refuse } from './failure.js';
import { path } from './options/parsers.js';

export const modelKeys = Object.keys(models);

/** The largest file of a model in bytes. */
const LARGEST = 2 ** 24;

/** What the default export of a model's file is called with. */
export interface ModelArguments {
  /** The shape of one sample: [features], or [channels, rows, columns]. */
  input: Shape;
  /** The number of classes, or of values to predict. */
  outputs: number;
  /** For the initial weights: pass it to the layers, so that --seed determines them. */
  random: Random;
}

/** Whether --model names a file. */
export function isOwnModel(model: string): boolean {
  return /\.m?js$/.test(model);
}

/** The name of a model in records: without the folders of its path. */
export function modelTitle(model: string): string {
  return isOwnModel(model) ? basename(model) : model;
}

/** Checks the text of --model. Throws Failure unless it is a name or ends as a file of JavaScript does. */
export function modelName(text: string, option: string): string {
  return isOwnModel(text) || /[\\/.]/.test(text) ? modelFile(text, option) : choose(option, text, modelKeys);
}

/** Checks the text of --model where it must name a file. Throws Failure unless it ends as a file of JavaScript does. */
export function modelFile(text: string, option: string): string {
  if (/^https?:/i.test(text)) throw refuse(`${option}: '${text}': an address; download the file, and give its path`);
  if (/\.[cm]?tsx?$/.test(text))
    throw refuse(`${option}: '${text}': Node runs JavaScript; compile it to .mjs, for example with esbuild`);
  if (isOwnModel(text)) return path(text, option);
  throw refuse(`${option}: '${text}': a model's file ends in .mjs or .js`);
}

/** The number of outputs that a net for the data has: classes, or values to predict. */
export function outputsOf({ classes, targetShape }: AnyDataset): number {
  return targetShape ? sizeOf(targetShape) : classes.length;
}

/** Makes the model that --model names, in training mode; the same seed gives the same weights. Throws Failure if it cannot take the data. */
export function makeModel(name: string, data: AnyDataset, seed: number): Promise<Module> {
  const outputs = outputsOf(data);
  return isOwnModel(name)
    ? makeOwn(name, data.shape, outputs, seed)
    : Promise.resolve().then(() => buildModel(name, data.shape, outputs, seed));
}

/** Builds a built-in model in training mode; the same seed gives the same weights. input: the shape of one sample.
 *  Throws Failure if the model cannot take the shape. */
export function buildModel(name: string, input: Shape, outputs: number, seed: number): Module {
  return orRefuse(name, () =>
    checked(models[name].build({ input, numClasses: outputs, random: new Random(seed) }), input, outputs),
  );
}

/** Makes a user's model: imports the file and calls its default export with `ModelArguments`, and with the library itself, so that the
 *  file need not find it. Throws Failure if it cannot be imported or makes no model of these outputs. */
export async function makeOwn(path: string, input: Shape, outputs: number, seed: number): Promise<Module> {
  const bytes = bytesOf(path);
  const library = await import('../index.js');
  let make: unknown;
  let model: unknown;
  try {
    ({ default: make } = (await import(pathToFileURL(resolve(path)).href)) as { default: unknown });
    if (typeof make === 'function')
      model = await make({ input, outputs, random: new Random(seed) } satisfies ModelArguments, library);
  } catch (error) {
    throw refuse(
      `--model ${path}: it fails${placeOf(error, path)}: ${(error as Error | null)?.message ?? error}`,
      error,
    );
  }
  if (typeof make !== 'function')
    throw refuse(`--model ${path}: its default export is not a function: ({ input, outputs, random }) => a net`);
  if (!(model instanceof Module)) {
    const why =
      'its function returns no Module of this boundgrad; return a net, and import boundgrad from where the command runs';
    throw refuse(`--model ${path}: ${why}`);
  }
  const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return orRefuse(path, () => withOrigin(checked(model, input, outputs), { file: basename(path), hash }));
}

/** ` at net.mjs:3`: the first place in the folder of a model's file on the stack of an error; else an empty text, as for a syntax
 *  error, whose place Node shows only if it is not caught. */
function placeOf(error: unknown, path: string): string {
  const { stack } = Object(error) as { stack?: unknown };
  const folder = `${pathToFileURL(dirname(resolve(path))).href}/`;
  const places = [...`${stack}`.matchAll(/(file:\/\/[^\s()]+?):(\d+)/g)];
  const own = places.find(([, url]) => url.startsWith(folder) && !url.includes('/node_modules/'));
  return own ? ` at ${decodeURIComponent(own[1].slice(folder.length))}:${own[2]}` : '';
}

/** The bytes of a model's file. Throws Failure if it cannot be read. */
function bytesOf(path: string): Buffer {
  try {
    return attemptRead(path, () => readRegularFile(path, LARGEST));
  } catch (error) {
    throw refuse(`--model: ${(error as Error).message}`, error);
  }
}

/** The model in training mode, after it has taken a sample. Throws BoundgradError unless it gives the outputs. */
function checked(model: Module, input: Shape, outputs: number): Module {
  scope(() => {
    const { shape } = noGrad(() => model.eval().forward(zeros([1, ...input])));
    if (show(shape) !== show([1, outputs]))
      throw new BoundgradError(`it returns ${show(shape)} for one sample: the data need ${show([1, outputs])}`);
  });
  return model.train();
}

function orRefuse<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof BoundgradError)
      throw refuse(`--model ${name}: cannot take these data: ${error.message}`, error);
    throw error;
  }
}

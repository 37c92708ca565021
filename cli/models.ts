// Builds a model for the inputs and outputs of a data set: a built-in one by name, or a user's own from --model ./net.mjs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  BoundgradError,
  describeValue,
  noGrad,
  Random,
  type Shape,
  scope,
  show,
  sizeOf,
  zeros,
} from '../core/index.js';
import type { AnyDataset } from '../datasets/index.js';
import { models } from '../models/index.js';
import { Module } from '../nn/index.js';
import { withOrigin } from '../nn/origin.js';
import { readRegularFile } from '../node/ownFile.js';
import { attemptRead } from '../node/systemError.js';
import { choose, Failure, refuse } from './failure.js';
import { path } from './options/parsers.js';

export const modelKeys = Object.keys(models);

/** The models of texts. */
export const tokenModelKeys = modelKeys.filter((name) => models[name].tokens);

/** Whether a built-in model reads texts. */
export function isTokenModel(name: string): boolean {
  return tokenModelKeys.includes(name);
}

/** Why a built-in model cannot read data, of which it or they alone are of texts. */
export function unreadable(model: string): string {
  return isTokenModel(model)
    ? `--model: ${model} reads texts: give --data text:FILE, or moby-dick`
    : `--model: ${model} does not read texts: ${tokenModelKeys.join(' and ')} do, or your own ./net.mjs`;
}

/** The largest file of a model in bytes. */
const LARGEST = 2 ** 24;

/** The argument of the default export of a model's file. */
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

/** Checks the text of --model. Throws Failure unless it is the name of a built-in model or ends in .js or .mjs. */
export function modelName(text: string, option: string): string {
  return isOwnModel(text) || /[\\/.]/.test(text) ? modelFile(text, option) : choose(option, text, modelKeys);
}

/** Checks the text of --model where it must name a file. Throws Failure unless it ends in .js or .mjs. */
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
  const positions = data.labelShape;
  if (isOwnModel(name)) return makeOwn(name, data.shape, outputs, seed, positions);
  return Promise.resolve().then(() => buildModel(name, data.shape, outputs, seed, positions));
}

/** Builds a built-in model in training mode; the same seed gives the same weights. input: the shape of one sample. positions: of tokens,
 *  the shape of the positions at which one is predicted. Throws Failure if the model cannot take the shape. */
export function buildModel(name: string, input: Shape, outputs: number, seed: number, positions?: Shape): Module {
  return orRefuse(name, () =>
    checked(models[name].build({ input, numClasses: outputs, random: new Random(seed) }), input, outputs, positions),
  );
}

/** Makes a user's model: imports the file and calls its default export with `ModelArguments`, and with the library itself, so that the
 *  file need not find it. Throws Failure if it cannot be imported or makes no model of these outputs. */
export async function makeOwn(
  path: string,
  input: Shape,
  outputs: number,
  seed: number,
  positions?: Shape,
): Promise<Module> {
  const bytes = bytesOf(path);
  const library = await import('../index.js');
  let model: unknown;
  try {
    const exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
    const make = makerIn(exported, path);
    model = await make({ input, outputs, random: new Random(seed) } satisfies ModelArguments, library);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw refuse(`--model ${path}: it fails${placeOf(error, path)}: ${reasonIn(error)}`, error);
  }
  if (!(model instanceof Module)) throw refuse(`--model ${path}: ${notModule(model)}`);
  const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return orRefuse(path, () => withOrigin(checked(model, input, outputs, positions), { file: basename(path), hash }));
}

const WANTED = 'export default ({ input, outputs, random }) => net';

/** The default export of a model's file. Throws Failure if it is not a function that can be called. */
function makerIn({ default: make, ...others }: Record<string, unknown>, path: string) {
  const names = Object.keys(others);
  const found = names.length > 0 ? `; it exports ${names.join(', ')}` : '';
  let why = '';
  if (make === undefined) why = `it has no default export${found}`;
  else if (typeof make !== 'function') why = `its default export is not a function: ${describeValue(make)}`;
  else if (/^class\b/.test(Function.prototype.toString.call(make)))
    why = 'its default export is a class: export a function that makes one';
  if (why) throw refuse(`--model ${path}: ${why}; write ${WANTED}`);
  return make as (given: ModelArguments, library: object) => unknown;
}

/** Why what a model's file returned is not a model. */
function notModule(model: unknown): string {
  if (model === undefined) return 'its function returns nothing: return a net';
  const { forward } = Object(model) as { forward?: unknown };
  const why = `its function returns no Module of this boundgrad: ${describeValue(model)}`;
  if (typeof forward !== 'function') return `${why}; return a net`;
  return `${why}; make the net of the library that is the function's second argument`;
}

/** The message of an error, with the remedy for a module that Node reads as a script. */
function reasonIn(error: unknown): string {
  const message = `${(error as Error | null)?.message ?? error}`;
  const isScript = error instanceof SyntaxError && /import statement outside|token 'export'/.test(message);
  return isScript ? `${message}; end the file's name in .mjs` : message;
}

/** Returns ` at net.mjs:3:12`, the first file, line and column on an error's stack that lie in the folder of the model's file. Empty
 *  if there are none. */
function placeOf(error: unknown, path: string): string {
  const { stack } = Object(error) as { stack?: unknown };
  const folder = dirname(resolve(path));
  const frames = `${stack}`.matchAll(/(file:\/\/[^\s()]+?):(\d+)(?::(\d+))?(?:\n(.*)\n( *)\^)?/g);
  for (const [, url, line, column, , indent] of frames) {
    const file = relative(folder, fileURLToPath(url));
    if (!file.startsWith('..') && !isAbsolute(file) && !file.includes('node_modules'))
      return ` at ${file}:${line}:${column ?? (indent ?? '').length + 1}`;
  }
  return error instanceof SyntaxError ? syntaxPlace(path) : '';
}

/** The place of a syntax error, which is not on the stack of an import that fails: Node checks the file without running it. Empty if the
 *  error is in another file. */
function syntaxPlace(path: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', resolve(path)], { encoding: 'utf8', timeout: 10_000 });
  const [, line, indent] = /:(\d+)\n.*\n(\s*)\^/.exec(stderr ?? '') ?? [];
  return line === undefined ? ' in a file that it imports' : ` at ${basename(path)}:${line}:${indent.length + 1}`;
}

/** The bytes of a model's file. Throws Failure if it cannot be read. */
function bytesOf(path: string): Buffer {
  try {
    return attemptRead(path, () => readRegularFile(path, LARGEST));
  } catch (error) {
    throw refuse(`--model: ${(error as Error).message}`, error);
  }
}

/** Returns the model in training mode, after a forward pass of one sample. positions: of tokens, the shape of the positions at which one
 *  is predicted. Throws BoundgradError unless the result is [1, ...positions, outputs]. */
function checked(model: Module, input: Shape, outputs: number, positions: Shape = []): Module {
  if (model.parameters().length === 0) throw new BoundgradError('it has no parameters: nothing can be trained');
  scope(() => {
    const sample = zeros([1, ...input], { dtype: positions.length ? 'int32' : 'float32' });
    const { shape } = noGrad(() => model.eval().forward(sample));
    const needed = [1, ...positions, outputs];
    if (show(shape) !== show(needed))
      throw new BoundgradError(`it returns ${show(shape)} for one sample: the data need ${show(needed)}`);
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

// The interface of data sets: samples with a class or values to predict, read by index in batches.
import {
  checkInteger,
  DataError,
  got,
  isDetached,
  must,
  type Shape,
  type Stream,
  showValue,
  type Tensor,
  ValueError,
} from '../core/index.js';
import type { Table } from './table.js';

/** What a model gets: one tensor, or several for a model with several inputs. */
export type Inputs = Tensor | readonly Tensor[];

/** n samples of a data set with classes. */
export interface Batch<Values = Float32Array> {
  /** [n, ...shape] in row-major order, after `preparation`; one array for each input if the data set has several. */
  inputs: Values;
  /** [n], integers in 0..classes.length - 1. */
  labels: Int32Array;
}

/** n samples of a data set with values to predict. */
export interface ValueBatch<Values = Float32Array> {
  /** [n, ...shape] in row-major order, after `preparation`; one array for each input if the data set has several. */
  inputs: Values;
  /** [n, ...targetShape] in row-major order. */
  targets: Float32Array;
}

/** n windows of a text, with a class at each position. */
export interface TokenBatch {
  /** The tokens [n, ...shape]. */
  inputs: Int32Array;
  /** The token to predict at each position [n, ...labelShape]. */
  labels: Int32Array;
}

/** What a token of a text is: one character (a Unicode code point), or a word. */
export type TokenLevel = 'character' | 'word';

/** n samples of any data set. */
export type AnyBatch =
  | TokenBatch
  | Batch<Float32Array | readonly Float32Array[]>
  | ValueBatch<Float32Array | readonly Float32Array[]>;

/** The mean and standard deviation of features. Plain JSON. */
export interface Moments {
  /** The mean of each feature. */
  mean: readonly number[];
  /** The standard deviation of each feature, positive; 1 for a constant. */
  std: readonly number[];
}

/** How a data set made the inputs and targets of its batches from raw samples. Plain JSON: a checkpoint keeps it, so that a trained
 *  model predicts for raw samples in the same way. Applied in this order: table or pixels, then inputs. */
export interface Preparation {
  /** The table whose cells became inputs. Default: the samples are numbers. */
  table?: Table;
  /** Bytes p of images became (p / 255 - mean[c]) / std[c], c the channel. Default: the samples are not bytes. */
  pixels?: Moments;
  /** Inputs x became (x - mean) / std, with a mean and a std for each index of a sample's first axis. Default: they are unchanged. */
  inputs?: Moments;
  /** Targets y became (y - mean) / std, with a mean and a std for each index of a target's first axis. Default: they are unchanged. */
  targets?: Moments;
  /** How a text became tokens; the vocabulary is the classes. Default: the samples are not a text. */
  text?: {
    /** What a token is. */
    level: TokenLevel;
  };
  /** Whether a function changed the inputs, as in `mapDataset`. A function cannot be saved, so call it on the inputs of a prediction
   *  too. Default: false. */
  custom?: true;
}

/** Samples of one shape, each with a class or with values to predict. A data set returns typed arrays; `DataLoader` creates
 *  tensors from them. B: what `batch` returns. */
export interface Dataset<B extends AnyBatch = Batch> {
  /** The name of the data set in messages and reports. */
  readonly name: string;
  /** The number of samples. */
  readonly length: number;
  /** The shape of one input; [channels, rows, columns] for images. If there are several inputs, the first one's. */
  readonly shape: Shape;
  /** The shape of each input, if there are several. Default: one input, of `shape`. */
  readonly shapes?: readonly Shape[];
  /** The names of the classes, in the order of their labels. Empty if there are values to predict. */
  readonly classes: readonly string[];
  /** The shape of the values to predict of one sample. Default: there are classes to predict. */
  readonly targetShape?: Shape;
  /** The shape of the classes of one sample, such as [context] for a token at each position. Default: [], one class. */
  readonly labelShape?: Shape;
  /** The dtype of the inputs: 'int32' for tokens. Default: 'float32'. */
  readonly dtype?: 'float32' | 'int32';
  /** How raw samples became the inputs and targets of `batch`. Default: they are the same. */
  readonly preparation?: Preparation;
  /** The samples at the given indices, in that order.
   *  stream: the only source of random numbers for augmentation. Without it the samples are not augmented.
   *  A data set that prepares batches asynchronously, as in a worker, returns a Promise.
   *  Throws ValueError if an index is not an integer in 0..length - 1. */
  batch(indices: ArrayLike<number>, stream?: Stream): B | Promise<B>;
}

/** A data set of any inputs and targets. */
export type AnyDataset = Dataset<any>;

/** Throws ValueError unless a value has a data set's `batch`, a length, shapes of positive integers, and classes or a targetShape. */
export function checkDataset(what: string, dataset: AnyDataset): void {
  if (typeof dataset?.batch !== 'function') {
    throw new ValueError(`${what}: takes a data set: ${got(dataset, 'tensorDataset() makes one')}`);
  }
  const { name, length, shape, shapes = [shape], classes, targetShape, labelShape } = dataset;
  const isShape = (d: unknown) => Array.isArray(d) && d.every((v) => Number.isSafeInteger(v) && v > 0);
  checkInteger(`${what}: the length of ${name}`, length, 0);
  for (const each of shapes) must(isShape(each), `${what}: the shape of ${name}`, 'positive integers', each);
  if (labelShape) must(isShape(labelShape), `${what}: the labelShape of ${name}`, 'positive integers', labelShape);
  if (targetShape) must(isShape(targetShape), `${what}: the targetShape of ${name}`, 'positive integers', targetShape);
  else
    must(Array.isArray(classes) && classes.length > 0, `${what}: the classes of ${name}`, 'a list of names', classes);
}

/** Throws ValueError unless the names of classes are a list of distinct texts. */
export function checkClasses(what: string, noun: string, classes: readonly string[]): void {
  const fits = Array.isArray(classes) && classes.length > 0 && classes.every((c) => typeof c === 'string');
  must(fits, `${what}: ${noun}`, 'a list of names', classes);
  const found = new Set<string>();
  for (const c of classes) {
    if (found.has(c)) throw new ValueError(`${what}: two classes have one name: '${c}'`);
    found.add(c);
  }
}

/** The position of the first value that is not an integer in 0..length - 1; -1 if there is none. */
function firstOutside(values: ArrayLike<number>, length: number): number {
  return Array.prototype.findIndex.call(values, (v) => !(Number.isInteger(v) && v >= 0 && v < length));
}

/** Throws ValueError unless each index is an integer in 0..length - 1. */
export function checkIndices(
  dataset: { name: string; length: number },
  indices: ArrayLike<number>,
  what = dataset.name,
): void {
  must(isList(indices), `${what}: indices`, 'a list', indices);
  const odd = firstOutside(indices, dataset.length);
  if (odd >= 0) throw new ValueError(`${what}: no such sample: index ${showValue(indices[odd])} of ${dataset.length}`);
}

/** Throws DataError unless each label is an integer in 0..classes - 1. noun: what has a label. */
export function checkLabels(name: string, labels: ArrayLike<number>, classes: number, noun: string): void {
  const odd = firstOutside(labels, classes);
  if (odd >= 0)
    throw new DataError(
      `${name}: a label names no class: ${showValue(labels[odd])} of ${noun} ${odd}; allowed are 0..${classes - 1}`,
    );
}

/** Throws DataError if an array of a data set was transferred to a worker and has lost its values. */
export function checkAttached(name: string, ...arrays: ArrayLike<number>[]): void {
  if (arrays.some(isDetached)) throw new DataError(`${name}: its arrays were transferred to a worker; send a copy`);
}

/** A copy of plain JSON in which nothing can be changed, down to the innermost list: a class or a size that is added later would not be
 *  checked. */
export function frozenCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, v) => Object.freeze(v));
}

/** Whether a value is an array or a typed array that has not been transferred. The caller checks the elements. */
export function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView) && !isDetached(value));
}

/** The data set from which `standardize` or `mapDataset` made another, sample by sample. */
const sources = new WeakMap<AnyDataset, AnyDataset>();

/** Notes that `made` has the samples of `from`, in the same order. Returns `made`. */
export function madeFrom<D extends AnyDataset>(made: D, from: AnyDataset): D {
  sources.set(made, from);
  return made;
}

/** The original of a data set that `subset`, `standardize` and the like made, and the index of each sample in the original. */
export function samplesOf(data: AnyDataset): { root: AnyDataset; at: readonly number[] } {
  const { whole, indices } = data as AnyDataset & { whole?: AnyDataset; indices?: Int32Array };
  const from = whole && indices ? whole : sources.get(data);
  if (!from) return { root: data, at: Array.from({ length: data.length }, (_, i) => i) };
  const { root, at } = samplesOf(from);
  return { root, at: from === whole ? Array.from(indices!, (i) => at[i]) : at };
}

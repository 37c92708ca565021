// Standardized data sets: each feature has mean 0 and standard deviation 1 over the samples.
//
//   x' = (x - mean) / std     for each entry of the first axis of an input: a column, or a channel of an image
//
// A feature that is constant is only shifted: std = 1. Other data of the same model must be standardized with the statistics of the
// training set, and predicted values must be scaled back with them.
import {
  checkFlag,
  checkOptions,
  DataError,
  must,
  type Shape,
  type Stream,
  sizeOf,
  ValueError,
} from '../core/index.js';
import {
  type AnyBatch,
  type AnyDataset,
  checkDataset,
  type Dataset,
  frozenCopy,
  type Moments,
  madeFrom,
  type Preparation,
} from './dataset.js';

/** The statistics of a data set. Plain JSON, so that they can be saved with a model. */
export interface Statistics {
  /** The statistics of the inputs, an entry for each index of the first axis. */
  inputs: Moments;
  /** The statistics of the values to predict, an entry for each index of the first axis, one if they have no axis. Absent if they are
   *  not standardized, and for classes. */
  targets?: Moments;
}

/** A standardized data set, and the statistics that it used. */
export type Standardized<B extends AnyBatch> = Dataset<B> & { readonly statistics: Statistics };

/** Which statistics `standardize` uses. */
export interface StandardizeOptions {
  /** The statistics of the training set, which are used instead of the data's own. Default: the data's own. */
  statistics?: Statistics;
  /** Whether values to predict are standardized too. Default: true. */
  targets?: boolean;
  /** The positions of the features to leave as they are, such as one-hot columns. If `statistics` are given too, they must leave these
   *  features as they are. Default: none. */
  except?: readonly number[];
}

/** Samples that are read at a time. */
const CHUNK = 1024;

/** Returns the data set with standardized inputs, and with standardized values if it predicts values. Its `statistics` are
 *  for other data of the same model:
 *
 *    const train = standardize(first);
 *    const test = standardize(second, { statistics: train.statistics });
 *
 *  Split the data first: statistics of all samples would tell the training something about the test set.
 *  Throws ValueError if the data set has several inputs or tokens, if it returns promises and no statistics are given, or if the
 *  statistics change a feature of `except`; DataError if it has other features than the statistics. */
export function standardize<B extends AnyBatch>(data: Dataset<B>, options: StandardizeOptions = {}): Standardized<B> {
  checkDataset('standardize', data);
  checkOptions('standardize', options, ['statistics', 'targets', 'except']);
  const { targets = true, except = [] } = options;
  checkFlag('standardize: targets', targets);
  if (data.shapes)
    throw new ValueError(`standardize: takes a data set of one input: ${data.name} has ${data.shapes.length}`);
  if (data.dtype === 'int32') throw new ValueError(`standardize: takes inputs of floats: ${data.name} has tokens`);
  const features = data.shape[0] ?? 1;
  const isFeature = (i: unknown) => Number.isInteger(i) && (i as number) >= 0 && (i as number) < features;
  const odd = Array.isArray(except) ? except.filter((i) => !isFeature(i)) : [except];
  const usage = `a list of positions from 0 to ${features - 1}, such as the oneHot of a table`;
  must(odd.length === 0, 'standardize: except', usage, odd[0]);
  const { name, length, classes, shape, targetShape, labelShape } = data;
  const withTargets = targets && targetShape !== undefined;
  const found: Statistics = options.statistics ?? {
    inputs: without(momentsOf(data, 'inputs', shape), except),
    ...(withTargets && { targets: momentsOf(data, 'targets', targetShape) }),
  };
  checkMoments(name, 'inputs', found.inputs, shape);
  checkExcept(found.inputs, except);
  if (withTargets) checkMoments(name, 'targets', found.targets, targetShape);
  const statistics = frozenCopy(found);
  const scaled = (batch: B): B => {
    const inputs = scale(batch.inputs as Float32Array, shape, statistics.inputs);
    if (!withTargets || !('targets' in batch)) return { ...batch, inputs };
    return { ...batch, inputs, targets: scale(batch.targets, targetShape, statistics.targets!) };
  };
  const preparation: Preparation = {
    ...data.preparation,
    inputs: composed(data.preparation?.inputs, statistics.inputs),
    ...(withTargets && { targets: composed(data.preparation?.targets, statistics.targets!) }),
  };
  const made: Standardized<B> = Object.freeze({
    ...frozenCopy({ name, length, shape, classes, targetShape, labelShape, preparation }),
    statistics,
    batch(indices: ArrayLike<number>, stream?: Stream) {
      const batch = data.batch(indices, stream);
      return batch instanceof Promise ? batch.then(scaled) : scaled(batch);
    },
  });
  return madeFrom(made, data);
}

/** Two passes: the mean, then the mean square of x - mean, both in float64. The mean of a constant feature is set to the constant: the
 *  rounded sum of x / n would give a deviation of 1e-15 in place of 0, and every other value would become immense. */
function momentsOf(data: AnyDataset, part: 'inputs' | 'targets', shape: Shape): Moments {
  const features = shape[0] ?? 1;
  const mean = new Array<number>(features).fill(0);
  const std = new Array<number>(features).fill(0);
  const count = (data.length * sizeOf(shape)) / features;
  /** The value of a constant feature; NaN for others. */
  const same: number[] = [];
  each(data, part, shape, (feature, x) => {
    mean[feature] += x / count;
    same[feature] = x === (same[feature] ?? x) ? x : Number.NaN;
  });
  for (let i = 0; i < features; i++) if (Number.isFinite(same[i])) mean[i] = same[i];
  each(data, part, shape, (feature, x) => (std[feature] += (x - mean[feature]) ** 2 / count));
  return { mean, std: std.map((v) => Math.sqrt(v) || 1) };
}

/** Calls `visit` with each value and its feature. */
function each(
  data: AnyDataset,
  part: 'inputs' | 'targets',
  shape: Shape,
  visit: (feature: number, value: number) => void,
): void {
  const size = sizeOf(shape);
  const plane = size / (shape[0] ?? 1);
  for (let from = 0; from < data.length; from += CHUNK) {
    const n = Math.min(CHUNK, data.length - from);
    const values = (data.batch(Int32Array.from({ length: n }, (_, i) => from + i)) as any)[part] as Float32Array;
    if (!values) throw new ValueError(`standardize: ${data.name} returns promises: standardize what it reads from`);
    for (let i = 0; i < values.length; i++) visit(Math.floor((i % size) / plane), values[i]);
  }
}

/** (x - mean) / std of values [n, ...shape], with moments for each index of the first axis of `shape`. */
export function scale(values: Float32Array, shape: Shape, { mean, std }: Moments): Float32Array {
  const size = sizeOf(shape);
  const plane = size / mean.length;
  return values.map((x, i) => {
    const feature = Math.floor((i % size) / plane);
    return (x - mean[feature]) / std[feature];
  });
}

/** The moments of both steps in one: ((x - m) / s - mean) / std = (x - (m + s mean)) / (s std). */
function composed(first: Moments | undefined, { mean, std }: Moments): Moments {
  if (!first) return { mean, std };
  return {
    mean: mean.map((m, i) => first.mean[i] + first.std[i] * m),
    std: std.map((s, i) => first.std[i] * s),
  };
}

function without({ mean, std }: Moments, except: readonly number[]): Moments {
  return {
    mean: mean.map((v, i) => (except.includes(i) ? 0 : v)),
    std: std.map((v, i) => (except.includes(i) ? 1 : v)),
  };
}

/** Throws ValueError if moments change one of these features. */
function checkExcept({ mean, std }: Moments, except: readonly number[]): void {
  const odd = except.find((i) => mean[i] !== 0 || std[i] !== 1);
  if (odd === undefined) return;
  const found = `mean ${mean[odd]} and std ${std[odd]}`;
  throw new ValueError(
    `standardize: except: the statistics change feature ${odd}: ${found}; give { except } where they are computed, for the training set`,
  );
}

function checkMoments(name: string, part: string, moments: Moments | undefined, shape: Shape): void {
  const features = shape[0] ?? 1;
  const isList = (list: unknown, least: number) =>
    Array.isArray(list) && list.length === features && list.every((v) => Number.isFinite(v) && v >= least);
  if (isList(moments?.mean, -Infinity) && isList(moments?.std, Number.MIN_VALUE)) return;
  if (moments === undefined)
    throw new DataError(`standardize: the statistics do not fit ${name}: they have no ${part}; pass train.statistics`);
  throw new DataError(
    `standardize: the statistics do not fit ${name}: its ${part} have ${features} features; ` +
      'pass the statistics of the training set of the same columns',
  );
}

// Data sets made of another one: some of its samples, its samples split in two, its inputs changed.
import {
  checkInteger,
  checkOptions,
  DataError,
  describeValue,
  must,
  Random,
  type Shape,
  type Stream,
  sizeOf,
  ValueError,
} from '../core/index.js';
import {
  type AnyBatch,
  type AnyDataset,
  type Batch,
  checkDataset,
  checkIndices,
  type Dataset,
  frozenCopy,
  madeFrom,
  type Preparation,
} from './dataset.js';

/** Samples of another data set in a new order, as `subset` makes them. */
export interface Subset<B extends AnyBatch> extends Dataset<B> {
  /** The data set that the samples belong to. */
  readonly whole: Dataset<B>;
  /** The index of each sample in `whole`. */
  readonly indices: Int32Array;
}

/** Returns the samples at the given indices, in that order, as a data set. Samples are read from the whole, not copied.
 *  Throws ValueError if the list is empty, an index is not an integer in 0..length - 1, or the list is a mask. */
export function subset<B extends AnyBatch>(data: Dataset<B>, indices: ArrayLike<number>): Subset<B> {
  checkDataset('subset', data);
  const given: unknown = typeof indices === 'function' ? indices : indices?.[0];
  if (typeof given === 'function' || typeof given === 'boolean')
    throw new ValueError(
      `subset: takes a list of indices, as [0, 2]: got ${describeValue(given)}; for a mask give mask.flatMap((yes, i) => (yes ? [i] : []))`,
    );
  checkIndices(data, indices, 'subset');
  // A 0 or 1 for each sample was meant as a mask. As indices they would repeat two samples.
  if (indices.length === data.length && data.length > 2 && Array.prototype.every.call(indices, (i) => i < 2))
    throw new ValueError(
      `subset: a 0 or 1 for each of ${data.length} samples is a mask; give mask.flatMap((yes, i) => (yes ? [i] : []))`,
    );
  if (indices.length === 0) throw new ValueError(`subset: no indices of ${data.name}: the list is empty`);
  const chosen = Int32Array.from(indices);
  const { name, shape, shapes, classes, targetShape, labelShape, dtype, preparation } = data;
  return Object.freeze({
    ...frozenCopy({ name, length: chosen.length, shape, shapes, classes, targetShape, labelShape, dtype, preparation }),
    whole: data,
    indices: chosen,
    batch(own: ArrayLike<number>, stream?: Stream) {
      checkIndices(this, own);
      return data.batch(
        Int32Array.from(own, (i) => chosen[i]),
        stream,
      );
    },
  });
}

/** Options of `splitDataset` and `splitFolds`. */
export interface SplitOptions {
  /** An integer that determines the order of the samples. Default: 0. */
  seed?: number;
  /** Whether each class has the same share in both parts, to within one sample. Only for classes. Default: false. */
  stratify?: boolean;
}

/** Splits a data set at random in two: the first has `share` of the samples, or of each class if stratified, rounded; the second has the rest.
 *
 *    const [train, test] = splitDataset(data, 0.8, { seed: 7 });
 *
 *  Throws ValueError if share is not between 0 and 1, a part would be empty, or an option is unknown. */
export function splitDataset<B extends AnyBatch>(
  data: Dataset<B>,
  share: number,
  options: SplitOptions = {},
): [Subset<B>, Subset<B>] {
  checkDataset('splitDataset', data);
  checkOptions('splitDataset', options, ['seed', 'stratify']);
  must(typeof share === 'number' && share > 0 && share < 1, 'splitDataset: the share', 'between 0 and 1', share);
  const { order, groups } = drawn('splitDataset', data, options);
  const first = new Set(groups.flatMap((group) => [...group.subarray(0, Math.round(share * group.length))]));
  if (first.size === 0 || first.size === data.length) {
    const each = options.stratify ? `, ${share} of each class` : '';
    const remedy = groups.some(({ length }) => length > 1)
      ? 'take another share'
      : data.length > 1
        ? 'every class has one sample: split without stratify'
        : 'it takes two samples';
    throw new ValueError(
      `splitDataset: a part is empty: ${share} of ${data.length} samples is ${first.size}${each}; ${remedy}`,
    );
  }
  return partsBy(data, order, (i) => first.has(i));
}

/** Splits a data set at random for cross-validation: `count` pairs of a training part and a test part. Each sample is in one test part;
 *  these have the same size, to within one sample.
 *
 *    for (const [train, test] of splitFolds(data, 5)) ..
 *
 *  Throws ValueError if count is not an integer from 2 to the number of samples, or an option is unknown. */
export function splitFolds<B extends AnyBatch>(
  data: Dataset<B>,
  count: number,
  options: SplitOptions = {},
): [Subset<B>, Subset<B>][] {
  checkDataset('splitFolds', data);
  checkOptions('splitFolds', options, ['seed', 'stratify']);
  checkInteger('splitFolds: count', count, 2);
  if (count > data.length)
    throw new ValueError(`splitFolds: more folds than samples: ${count} of ${data.length}; take fewer`);
  const { order, groups } = drawn('splitFolds', data, options);
  // Samples go to the folds in turn, class after class, so that all folds have equal sizes and equal shares of each class.
  const foldOf = new Map(groups.flatMap((group) => [...group]).map((sample, i) => [sample, i % count]));
  return Array.from({ length: count }, (_, fold) => partsBy(data, order, (i) => foldOf.get(i) !== fold));
}

/** Draws a random order of the samples. groups: the samples of each class in that order; all samples in one group unless stratified. */
function drawn(what: string, data: AnyDataset, { seed = 0, stratify = false }: SplitOptions) {
  must(typeof stratify === 'boolean', `${what}: stratify`, 'true or false', stratify);
  const { stride, shape } = data as AnyDataset & { stride?: number };
  if (stride !== undefined && stride < shape[0])
    console.warn(
      `${what}: the windows of ${data.name} overlap: both parts hold the same tokens; split the text, or give stride ${shape[0]}`,
    );
  const order = new Random(checkInteger(`${what}: seed`, seed)).stream('split').permutation(data.length);
  return { order, groups: stratify ? byClass(what, data, order) : [order] };
}

/** The samples for which a function is true, and the others, in the drawn order, so that stratified parts are mixed too. */
function partsBy<B extends AnyBatch>(
  data: Dataset<B>,
  order: Int32Array,
  isFirst: (sample: number) => boolean,
): [Subset<B>, Subset<B>] {
  return [
    subset(data, order.filter(isFirst)),
    subset(
      data,
      order.filter((i) => !isFirst(i)),
    ),
  ];
}

/** The indices of the samples of each class, in the given order. Throws ValueError if the data set has no classes,
 *  or several a sample, or if it returns promises. */
function byClass(what: string, data: AnyDataset, order: Int32Array): Int32Array[] {
  if (data.targetShape) throw new ValueError(`${what}: stratify is for classes: ${data.name} has values to predict`);
  if (data.labelShape) throw new ValueError(`${what}: stratify is for one class a sample: ${data.name} has several`);
  const groups: number[][] = data.classes.map(() => []);
  for (const i of order) groups[labelOf(what, data, i)].push(i);
  return groups.map((group) => Int32Array.from(group));
}

function labelOf(what: string, data: AnyDataset, index: number): number {
  const batch = data.batch([index]) as Partial<Batch>;
  if (batch?.labels) return batch.labels[0];
  throw new ValueError(`${what}: ${data.name} returns promises: its classes cannot be read at once; split its source`);
}

/** Changes the input of one sample. Gets its values [...shape], and a stream if the batch is read with one, as a DataLoader does.
 *  Returns the new values; may change the array that it gets. */
export type InputMap = (input: Float32Array, stream?: Stream) => Float32Array;

/** The data sets that `mapDataset` made by a function of the input alone: such a function is a preparation, not an augmentation. */
export const prepared = new WeakSet<AnyDataset>();

/** Warns if normalized inputs become a hundred times as small. */
function warnOfScale(name: string, before: Float32Array, after: Float32Array): void {
  const [from, to] = [before, after].map((values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
  if (to > 0 && from > 100 * to)
    console.warn(
      `mapDataset: the inputs of ${name} are normalized, up to ${+from.toPrecision(2)}: the change makes them ${+to.toPrecision(2)}; do not divide them`,
    );
}

/** Returns a data set whose inputs are changed by a function each time they are read. options.shape: the shape of the new
 *  inputs. Default: as before. Classes and values stay as they are. The inputs are those that `data` gives: of pictures, they are normalized.
 *  Warns if the change makes the normalized inputs of the first batch a hundred times as small, as a division by 255 does.
 *  Throws ValueError if `change` is not a function or the data set has several inputs or tokens; a batch throws DataError if a result
 *  does not have the size of the shape. */
export function mapDataset<B extends Batch | AnyBatch>(
  data: Dataset<B>,
  change: InputMap,
  options: { shape?: Shape } = {},
): Dataset<B> {
  checkDataset('mapDataset', data);
  checkOptions('mapDataset', options, ['shape']);
  must(typeof change === 'function', 'mapDataset: the change', 'a function of the values of an input', change);
  if (data.shapes)
    throw new ValueError(`mapDataset: takes a data set of one input: ${data.name} has ${data.shapes.length}`);
  if (data.dtype === 'int32') throw new ValueError(`mapDataset: takes inputs of floats: ${data.name} has tokens`);
  const { shape = data.shape } = options;
  const isShape = Array.isArray(shape) && shape.every((d) => Number.isSafeInteger(d) && d > 0);
  must(isShape, 'mapDataset: shape', 'positive integers', shape);
  const [before, after] = [sizeOf(data.shape), sizeOf(shape)];
  let isChecked = !(data.preparation?.pixels || data.preparation?.inputs);
  const changed = (batch: B, stream?: Stream): B => {
    const values = batch.inputs as Float32Array;
    const inputs = new Float32Array((values.length / before) * after);
    for (let i = 0; i * before < values.length; i++) {
      const input = change(values.slice(i * before, (i + 1) * before), stream);
      must(ArrayBuffer.isView(input), `mapDataset: a result for ${data.name}`, 'a Float32Array', input);
      if (input.length !== after) {
        throw new DataError(
          `mapDataset: a result for ${data.name} has ${input.length} values: shape [${shape}] has ${after}; give { shape }`,
        );
      }
      inputs.set(input, i * after);
    }
    if (!isChecked) warnOfScale(data.name, values, inputs);
    isChecked = true;
    return { ...batch, inputs };
  };
  const { name, length, classes, targetShape, labelShape } = data;
  const { targets } = data.preparation ?? {};
  const preparation: Preparation = { targets, custom: true };
  const made: Dataset<B> = Object.freeze({
    ...frozenCopy({ name, length, shape, classes, targetShape, labelShape, preparation }),
    batch(indices: ArrayLike<number>, stream?: Stream) {
      const batch = data.batch(indices, stream);
      return batch instanceof Promise ? batch.then((b) => changed(b, stream)) : changed(batch, stream);
    },
  });
  if (change.length === 1) prepared.add(made);
  return madeFrom(made, data);
}

// The interface of data sets: labelled samples, read by index in batches.
import { DataError, isDetached, must, type Shape, type Stream, showValue, ValueError } from '../core/index.js';

/** n samples of a data set. */
export interface Batch {
  /** [n, ...shape] in row-major order, normalized. */
  inputs: Float32Array;
  /** [n], integers in 0..classes.length - 1. */
  labels: Int32Array;
}

/** Labelled samples of one shape. A data set returns typed arrays; `DataLoader` creates tensors from them. */
export interface Dataset {
  /** What messages and reports call the data set. */
  readonly name: string;
  /** The number of samples. */
  readonly length: number;
  /** The shape of one input; [channels, rows, columns] for images. */
  readonly shape: Shape;
  /** The names of the classes, in the order of their labels. */
  readonly classes: readonly string[];
  /** The samples at the given indices, in that order.
   *  stream: the only source of random numbers for augmentation. Without it the samples are not augmented.
   *  A data set that prepares batches asynchronously, as in a worker, returns a Promise.
   *  Throws ValueError if an index is not an integer in 0..length - 1. */
  batch(indices: ArrayLike<number>, stream?: Stream): Batch | Promise<Batch>;
}

/** Throws ValueError unless each index is an integer in 0..length - 1. */
export function checkIndices(dataset: Dataset, indices: ArrayLike<number>): void {
  must(Number.isSafeInteger((indices as typeof indices | null)?.length), `${dataset.name}: indices`, 'a list', indices);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(Number.isInteger(index) && index >= 0 && index < dataset.length)) {
      throw new ValueError(
        `${dataset.name}: no such sample: ${showValue(index)}; allowed are 0..${dataset.length - 1}`,
      );
    }
  }
}

/** Throws DataError unless each label is an integer in 0..classes - 1. noun: what has a label. */
export function checkLabels(name: string, labels: ArrayLike<number>, classes: number, noun: string): void {
  for (let i = 0; i < labels.length; i++) {
    if (Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] < classes) continue;
    throw new DataError(
      `${name}: a label names no class: ${showValue(labels[i])} of ${noun} ${i}; allowed are 0..${classes - 1}`,
    );
  }
}

/** Throws DataError if an array of a data set has been transferred since: it has lost its values. */
export function checkAttached(name: string, ...arrays: ArrayLike<number>[]): void {
  if (arrays.some(isDetached)) throw new DataError(`${name}: its arrays were transferred to a worker; send a copy`);
}

/** Whether a value is an array or a typed array, of elements that its user checks. */
export function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView) && !isDetached(value));
}

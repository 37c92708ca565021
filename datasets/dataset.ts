// What a data set is: samples asked for by index, a batch at a time.
import { type Shape, type Stream, ValueError } from '../core/index.js';

/** n samples: inputs [n, ...shape] in row-major order, normalized; labels [n], integers in 0..classes-1. */
export interface Batch {
  inputs: Float32Array;
  labels: Int32Array;
}

/** Labelled samples of one shape. It hands out typed arrays; `DataLoader` makes tensors of them. */
export interface Dataset {
  readonly name: string;
  /** The number of samples. */
  readonly length: number;
  /** The shape of one input: [channels, rows, columns] for images. */
  readonly shape: Shape;
  /** The names of the classes, in the order of their labels. */
  readonly classes: readonly string[];
  /** The samples at those indices, in that order. With a stream, a set that augments draws from it and from nothing else;
   *  without one the samples come as stored. A set that prepares its batches elsewhere, say in a worker, returns a Promise.
   *  Throws ValueError on an index outside 0..length-1. */
  batch(indices: ArrayLike<number>, stream?: Stream): Batch | Promise<Batch>;
}

/** Throws ValueError unless each index is an integer in 0..length-1. */
export function checkIndices(dataset: Dataset, indices: ArrayLike<number>): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(Number.isInteger(index) && index >= 0 && index < dataset.length)) {
      throw new ValueError(`${dataset.name}: no such sample: ${index}; allowed are 0..${dataset.length - 1}`);
    }
  }
}

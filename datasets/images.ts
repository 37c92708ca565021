// Images that stay bytes until a batch is asked for.
//
//   x = (p / 255 - mean[c]) / std[c]      p a byte, c its channel
//
// A byte has 256 values, so the equation is a table of 256 entries a channel: computed in float64, rounded once.
import { DataError, type Shape, ShapeError, type Stream, show, sizeOf, ValueError } from '../core/index.js';
import { type Batch, checkIndices, type Dataset } from './dataset.js';

/** Changes a batch's own copy of the bytes in place, before they are normalized. shape [n, channels, rows, columns];
 *  all randomness comes from the stream. */
export type Augment = (pixels: Uint8Array, shape: Shape, stream: Stream) => void;

/** What an ImageDataset is made of. mean and std: per channel, of pixels scaled to 0..1. */
export interface Images {
  name: string;
  /** [length, channels, rows, columns], kept and not copied. */
  pixels: Uint8Array;
  labels: Uint8Array;
  shape: readonly [channels: number, rows: number, columns: number];
  classes: readonly string[];
  mean: readonly number[];
  std: readonly number[];
  augment?: Augment;
}

/** Byte images, normalized per channel when a batch is asked for, augmented where a stream is given.
 *  Throws DataError where images and labels differ in number or a label names no class; ShapeError and ValueError
 *  on a shape, mean or std that does not fit. */
export class ImageDataset implements Dataset {
  readonly name: string;
  readonly length: number;
  readonly shape: Shape;
  readonly classes: readonly string[];
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly #augment: Augment | undefined;
  readonly #table: Float32Array;

  constructor({ name, pixels, labels, shape, classes, mean, std, augment }: Images) {
    const size = sizeOf(shape);
    if (shape.length !== 3 || !(size > 0)) {
      throw new ShapeError(`${name}: an image is [channels, rows, columns]: ${show(shape)}`);
    }
    if (mean.length !== shape[0] || std.length !== shape[0] || ![...mean, ...std].every(Number.isFinite)) {
      throw new ValueError(`${name}: one mean and one std a channel: [${mean}] and [${std}] for ${shape[0]} channels`);
    }
    if (!std.every((s) => s > 0)) throw new ValueError(`${name}: std must be positive: [${std}]`);
    if (pixels.length !== labels.length * size) {
      throw new DataError(`${name}: images and labels differ in number: ${pixels.length / size} and ${labels.length}`);
    }
    const foreign = labels.findIndex((label) => label >= classes.length);
    if (foreign >= 0) {
      throw new DataError(
        `${name}: a label names no class: ${labels[foreign]} of image ${foreign}; allowed are 0..${classes.length - 1}`,
      );
    }
    this.name = name;
    this.length = labels.length;
    this.shape = [...shape];
    this.classes = [...classes];
    this.pixels = pixels;
    this.labels = labels;
    this.#augment = augment;
    this.#table = Float32Array.from({ length: 256 * shape[0] }, (_, i) => {
      const c = i >> 8;
      return ((i & 255) / 255 - mean[c]) / std[c];
    });
  }

  batch(indices: ArrayLike<number>, stream?: Stream): Batch {
    checkIndices(this, indices);
    const n = indices.length;
    const size = sizeOf(this.shape);
    const pixels = new Uint8Array(n * size);
    const labels = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      const from = indices[i] * size;
      pixels.set(this.pixels.subarray(from, from + size), i * size);
      labels[i] = this.labels[indices[i]];
    }
    if (stream) this.#augment?.(pixels, [n, ...this.shape], stream);
    return { inputs: this.#normalize(pixels), labels };
  }

  #normalize(pixels: Uint8Array): Float32Array {
    const [channels, rows, columns] = this.shape;
    const plane = rows * columns;
    const table = this.#table;
    const inputs = new Float32Array(pixels.length);
    for (let from = 0, c = 0; from < pixels.length; from += plane, c = (c + 1) % channels) {
      const base = 256 * c;
      for (let i = from; i < from + plane; i++) inputs[i] = table[base + pixels[i]];
    }
    return inputs;
  }
}

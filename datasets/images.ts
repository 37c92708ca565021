// Data sets of images, stored as bytes and normalized batch by batch.
//
//   x = (p / 255 - mean[c]) / std[c]      p a byte, c its channel
//
// A byte has 256 values, so x is looked up in a table of 256 entries per channel, computed in float64 and rounded once.
import {
  checkOptions,
  DataError,
  isCallable,
  must,
  type Shape,
  ShapeError,
  Stream,
  show,
  showValue,
  sizeOf,
  ValueError,
} from '../core/index.js';
import {
  type Batch,
  checkAttached,
  checkIndices,
  checkLabels,
  type Dataset,
  frozenCopy,
  isList,
  type Moments,
  type Preparation,
} from './dataset.js';

/** Changes the bytes of a batch in place before they are normalized; the bytes are a copy.
 *  shape [n, channels, rows, columns]. All random numbers must come from the stream. */
export type Augment = (pixels: Uint8Array, shape: Shape, stream: Stream) => void;

/** The parts of an ImageDataset. */
export interface Images {
  /** The name of the data set in messages and reports. */
  name: string;
  /** Bytes [n, channels, rows, columns], 0..255; not copied if they are a Uint8Array. Other numbers must be
   *  integers in 0..255. Floats in 0..1 are refused: multiply them by 255 and round. */
  pixels: ArrayLike<number>;
  /** Classes [n], integers in 0..classes - 1; not copied if they are a Uint8Array. */
  labels: ArrayLike<number>;
  /** The shape of one image. */
  shape: readonly [channels: number, rows: number, columns: number];
  /** The names of the classes, in the order of their labels. */
  classes: readonly string[];
  /** The mean of each channel, of pixels scaled to 0..1; at most 1. */
  mean: readonly number[];
  /** The standard deviation of each channel, of pixels scaled to 0..1; positive, at most 1. */
  std: readonly number[];
  /** Changes each batch that is read with a stream, as in a DataLoader. Default: no change. */
  augment?: Augment;
}

/** Images in memory, stored as bytes: a batch is (pixel / 255 - mean) / std of each channel. */
export class ImageDataset implements Dataset {
  /** The name of the data set in messages and reports. */
  declare readonly name: string;
  /** The number of images. */
  declare readonly length: number;
  /** [channels, rows, columns] */
  declare readonly shape: Shape;
  /** The names of the classes, in the order of their labels. */
  declare readonly classes: readonly string[];
  /** The normalization of the bytes. */
  declare readonly preparation: Preparation;
  /** The bytes [length, channels, rows, columns], before normalization. */
  readonly pixels: Uint8Array;
  /** The class of each image [length]: bytes, or int32 if `classes` has more than 256 names and they were not given as bytes. */
  readonly labels: Uint8Array | Int32Array;
  readonly #augment: Augment | undefined;
  /** The normalized value of byte p in channel c, at 256 c + p. */
  readonly #normalized: Float32Array;

  /** Throws DataError if the numbers of images and labels differ, a pixel is not a byte or a label has no class; ShapeError if the
   *  shape is not [channels, rows, columns]; ValueError if mean or std do not fit the channels, or exceed 1. */
  constructor(images: Images) {
    const parts = ['name', 'pixels', 'labels', 'shape', 'classes', 'mean', 'std', 'augment'];
    checkOptions('ImageDataset', images, parts);
    const { name, pixels, labels, shape, classes, mean, std, augment } = images;
    must(typeof name === 'string', 'ImageDataset: name', 'a string', name);
    for (const [part, value] of Object.entries({ pixels, labels, shape, classes, mean, std }))
      must(isList(value), `${name}: ${part}`, 'an array', value);
    must(augment === undefined || isCallable(augment), `${name}: augment`, 'a function', augment);
    const size = sizeOf(shape);
    if (shape.length !== 3 || !(size > 0) || !shape.every(Number.isInteger)) {
      throw new ShapeError(`${name}: the shape of an image must be [channels, rows, columns]: ${show(shape)}`);
    }
    const channels = shape[0];
    // Values above 1 are in units of bytes.
    if (
      mean.length !== channels ||
      std.length !== channels ||
      ![...mean, ...std].every((v) => v > -Infinity && v <= 1)
    ) {
      throw new ValueError(
        `${name}: one mean and one std per channel: [${mean}] and [${std}] for ${channels} channels, pixels in 0..1`,
      );
    }
    must(Math.min(...std) > 0, `${name}: std`, 'positive', std);
    if (pixels.length !== labels.length * size) {
      throw new DataError(`${name}: images and labels differ in number: ${pixels.length / size} and ${labels.length}`);
    }
    checkLabels(name, labels, classes.length, 'image');
    // Copied to lists: mean and std may be typed arrays, which are no plain JSON.
    const preparation = { pixels: { mean: [...mean], std: [...std] } };
    const about = { name, length: labels.length, shape: [...shape], classes: [...classes], preparation };
    Object.assign(this, frozenCopy(about));
    this.pixels = bytesOf(name, pixels);
    this.labels = labels instanceof Uint8Array ? labels : (classes.length > 256 ? Int32Array : Uint8Array).from(labels);
    this.#augment = augment;
    this.#normalized = normalizedBytes(mean, std);
    if (new.target === ImageDataset) Object.freeze(this);
  }

  /** The images at the given indices, in that order, normalized; augmented if there is a stream.  inputs [n, ...shape]
   *  Throws ValueError if an index is not an integer in 0..length - 1. */
  batch(indices: ArrayLike<number>, stream?: Stream): Batch {
    checkAttached(this.name, this.pixels, this.labels);
    checkIndices(this, indices);
    const n = indices.length;
    const size = sizeOf(this.shape);
    const pixels = new Uint8Array(n * size);
    const labels = Int32Array.from(indices, (index, i) => {
      pixels.set(this.pixels.subarray(index * size, (index + 1) * size), i * size);
      return this.labels[index];
    });
    must(stream === undefined || stream instanceof Stream, `${this.name}: stream`, 'a stream of a Random', stream);
    if (stream && this.#augment) applyAugment(this.name, this.#augment, pixels, [n, ...this.shape], stream);
    return { inputs: normalize(pixels, this.shape, this.#normalized), labels };
  }
}

/** Changes bytes in place. Throws ValueError if the function returns other bytes or a promise, because then it has not changed these. */
export function applyAugment(name: string, augment: Augment, pixels: Uint8Array, shape: Shape, stream: Stream): void {
  const made: unknown = augment(pixels, shape, stream);
  must(made === undefined || made === pixels, `${name}: augment`, 'a function that changes the bytes in place', made);
}

/** The mean and standard deviation of each channel, of pixels scaled to 0..1; 1 in place of a deviation of 0. pixels: bytes
 *  [n, ...shape]. rows: the indices of the images to use. Default: all. Counts how often each byte value occurs, so that the sum of
 *  the bytes is exact. */
export function channelMoments(
  pixels: Uint8Array,
  shape: Shape,
  rows: ArrayLike<number> = { length: pixels.length / sizeOf(shape) },
): Moments {
  const [channels, high, wide] = shape;
  const plane = high * wide;
  const counts = Array.from({ length: channels }, () => new Float64Array(256));
  for (let i = 0; i < rows.length; i++) {
    for (let c = 0; c < channels; c++) {
      const from = ((rows[i] ?? i) * channels + c) * plane;
      for (let at = from; at < from + plane; at++) counts[c][pixels[at]]++;
    }
  }
  const n = rows.length * plane;
  const mean = counts.map((count) => count.reduce((sum, times, p) => sum + times * p, 0) / n / 255);
  const std = counts.map((count, c) => {
    const variance = count.reduce((sum, times, p) => sum + times * (p / 255 - mean[c]) ** 2, 0) / n;
    return Math.sqrt(variance) || 1;
  });
  return { mean, std };
}

/** The normalized value of byte p in channel c, at 256 c + p. */
export function normalizedBytes(mean: readonly number[], std: readonly number[]): Float32Array {
  return Float32Array.from({ length: 256 * mean.length }, (_, i) => {
    const c = i >> 8;
    return ((i & 255) / 255 - mean[c]) / std[c];
  });
}

/** Bytes [n, channels, rows, columns], normalized by the values of `normalizedBytes`. */
export function normalize(pixels: ArrayLike<number>, shape: Shape, normalized: Float32Array): Float32Array {
  const [channels, rows, columns] = shape;
  const plane = rows * columns;
  const inputs = new Float32Array(pixels.length);
  for (let from = 0, c = 0; from < pixels.length; from += plane, c = (c + 1) % channels) {
    const base = 256 * c;
    for (let i = from; i < from + plane; i++) inputs[i] = normalized[base + pixels[i]];
  }
  return inputs;
}

/** The pixels as bytes. Throws DataError for a value that is not an integer in 0..255; nothing is truncated. Warns if all are 0 or 1, and
 *  not all 0. */
function bytesOf(name: string, pixels: ArrayLike<number>): Uint8Array {
  const bytes = pixels instanceof Uint8Array ? pixels : Uint8Array.from(pixels);
  const odd = bytes === pixels ? -1 : bytes.findIndex((b, i) => b !== pixels[i]);
  const found = odd < 0 ? 'all are 0 or 1' : `${showValue(pixels[odd])} at ${odd}`;
  const why = `${name}: pixels must be bytes, integers in 0..255: ${found}; for floats p in 0..1 give Math.round(255 * p)`;
  if (odd >= 0) throw new DataError(why);
  if (bytes.every((b) => b < 2) && bytes.includes(1)) console.warn(why);
  return bytes;
}

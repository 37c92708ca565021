// Random changes of images, for the `augment` option of an ImageDataset. They change the bytes of a batch before
// normalization, so a border of 0 is black. All random numbers come from the stream in the arguments, image by image. A
// DataLoader passes a separate stream for each batch of each epoch, so a resumed epoch draws the same numbers.
//
//   crop     y[i, j] = x[i + a - p, j + b - p], or 0 outside;   a, b uniform in 0..2p, equal for all channels
//   flip     y[i, j] = x[i, w - 1 - j] with probability 1/2
//   cutout   y[i, j] = fill if a - s/2 <= i < a + s/2 and b - s/2 <= j < b + s/2;   (a, b) a uniform pixel, s the size
//
// Sources: He et al. 2015, arXiv 1512.03385, 4.2 (crop and flip); DeVries and Taylor 2017, arXiv 1708.04552 (cutout).
import {
  atMost,
  checkFiniteNumber,
  checkInteger,
  checkOptions,
  describeValue,
  isCallable,
  isDetached,
  must,
  type Shape,
  ShapeError,
  type Stream,
  showValue,
  ValueError,
} from '../core/index.js';
import { type Augment, applyAugment } from './images.js';

/** An augmentation that shifts each image by a random number of pixels, at most `padding` in each direction; uncovered
 *  pixels become 0. This equals a crop after padding with zeros. padding is not the size of the crop: a crop is as large as the image. Default: 4.
 *  Throws ValueError if padding is not an integer of at least 0; in a batch, if padding exceeds half of a side of
 *  the images: most of an image would often be out of sight. Source: He et al. 2015, arXiv 1512.03385, section 4.2. */
export function randomCrop(padding = 4): Augment {
  checkCalled('randomCrop', padding);
  atMost(1, 'randomCrop', arguments);
  checkInteger('randomCrop: padding', padding, 0);
  return eachImage((image, [channels, rows, columns], stream) => {
    if (2 * padding > Math.min(rows, columns))
      throw new ValueError(
        `randomCrop: padding ${padding} shifts images of ${rows} x ${columns} out of sight: it is not the size of a crop; give a few pixels`,
      );
    const down = stream.below(2 * padding + 1) - padding;
    const right = stream.below(2 * padding + 1) - padding;
    const before = image.slice();
    const [first, last] = [Math.max(0, -right), Math.min(columns, columns - right)];
    image.fill(0);
    for (let row = 0; row < channels * rows; row++) {
      const from = (row % rows) + down;
      if (from < 0 || from >= rows || first >= last) continue;
      const start = (row + down) * columns + right;
      image.set(before.subarray(start + first, start + last), row * columns + first);
    }
  });
}

/** An augmentation that mirrors each image left to right with a probability. Default: 0.5.
 *  Throws ValueError if the probability is outside [0, 1]. Source: He et al. 2015, arXiv 1512.03385, section 4.2. */
export function randomFlip(probability = 0.5): Augment {
  checkCalled('randomFlip', probability);
  atMost(1, 'randomFlip', arguments);
  checkFiniteNumber('randomFlip: the probability', probability, 0, 1);
  return eachImage((image, [, , columns], stream) => {
    if (stream.uniform() >= probability) return;
    for (let at = 0; at < image.length; at += columns) image.subarray(at, at + columns).reverse();
  });
}

/** An augmentation that covers a square around a random pixel of each image. Near the border only a part lies in the image.
 *  size: the side of the square in pixels. Default: 16, the paper's value for CIFAR-10.
 *  fill: a byte, or one byte per channel. Default: 0; the paper's is the mean colour, [125, 123, 114] for CIFAR-10.
 *  Throws ValueError if size is not a positive integer or fill is not bytes; in a batch, if fill does not fit the channels, or if the
 *  square is larger than both sides of the images.
 *  Source: DeVries and Taylor 2017, arXiv 1708.04552. */
export function cutout(options: { size?: number; fill?: number | readonly number[] } = {}): Augment {
  checkCalled('cutout', options);
  checkOptions('cutout', options, ['size', 'fill']);
  const { size = 16, fill = 0 } = options;
  checkInteger('cutout: size', size, 1);
  const bytes = Array.isArray(fill) ? [...fill] : [fill];
  const fits = bytes.length > 0 && bytes.every((b) => Number.isInteger(b) && b >= 0 && b <= 255);
  must(fits, 'cutout: fill', 'bytes, 0..255', fill);
  return eachImage((image, [channels, rows, columns], stream) => {
    if (bytes.length !== 1 && bytes.length !== channels) {
      throw new ValueError(`cutout: fill must be one byte, or one per channel: [${bytes}] for ${channels} channels`);
    }
    if (size > Math.max(rows, columns))
      throw new ValueError(`cutout: size ${size} covers images of ${rows} x ${columns}; take half of a side`);
    const [top, bottom] = span(stream.below(rows), size, rows);
    const [left, right] = span(stream.below(columns), size, columns);
    for (let c = 0; c < channels; c++) {
      for (let i = top; i < bottom; i++) {
        const row = (c * rows + i) * columns;
        image.fill(bytes[c % bytes.length], row + left, row + right);
      }
    }
  });
}

/** An augmentation that applies others in order, each to the whole batch. */
export function compose(...changes: readonly Augment[]): Augment {
  const other = changes.find((change) => !isCallable(change));
  if (other !== undefined || changes.includes(undefined as never)) {
    throw new ValueError(`compose: takes augmentations, such as randomFlip(): got ${describeValue(other)}`);
  }
  return (pixels, shape, stream) => {
    for (const change of changes) applyAugment('compose', change, pixels, shape, stream);
  };
}

/** The usual augmentation of CIFAR-10, also in the AdaBound paper's code: `randomCrop(4)`, then `randomFlip()`. */
export function cifarAugment(...none: readonly never[]): Augment {
  if (none.length) {
    throw new ValueError(
      `cifarAugment: takes no arguments: got ${describeValue(none[0])}; for another size write compose(randomCrop(2), randomFlip())`,
    );
  }
  return compose(randomCrop(4), randomFlip());
}

/** Throws ValueError if the first argument is the bytes of a batch: a data set was given `randomFlip` in place of `randomFlip()`. */
function checkCalled(what: string, first: unknown): void {
  if (first instanceof Uint8Array) throw new ValueError(`${what}: makes an augmentation: give { augment: ${what}() }`);
}

/** An augmentation that applies `change` to each image of a batch; shape [channels, rows, columns]. */
function eachImage(change: (image: Uint8Array, shape: Shape, stream: Stream) => void): Augment {
  return (pixels, batch, stream) => {
    checkBatch(pixels, batch, stream);
    const [n, ...shape] = batch;
    const size = pixels.length / n;
    for (let i = 0; i < n; i++) change(pixels.subarray(i * size, (i + 1) * size), shape, stream);
  };
}

/** Returns the start and end of a span of `size` around a position, limited to 0..most. */
function span(place: number, size: number, most: number): [from: number, to: number] {
  const from = place - Math.floor(size / 2);
  return [Math.max(0, from), Math.min(most, from + size)];
}

function checkBatch(pixels: Uint8Array, shape: Shape, stream: Stream): void {
  if (!(pixels instanceof Uint8Array) || isDetached(pixels))
    throw new ValueError(`augment: takes bytes: got ${describeValue(pixels)}`);
  if (!Array.isArray(shape) || shape.length !== 4) {
    throw new ShapeError(`augment: the shape must be [n, channels, rows, columns]: ${showValue(shape)}`);
  }
  if (typeof stream?.uniform !== 'function')
    throw new ValueError(`augment: takes a stream: got ${describeValue(stream)}`);
}

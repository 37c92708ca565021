// Random changes of images, for an ImageDataset's `augment`. They work on a batch's own bytes, before normalization, so a
// border of 0 is black. All numbers come from the stream that they are given, image by image; a DataLoader gives each batch
// of each epoch a stream of its own, so that a resumed epoch draws the same.
//
//   crop     y[i, j] = x[i + a - p, j + b - p], or 0 outside;   a, b even in 0..2p, alike in each channel
//   flip     y[i, j] = x[i, w - 1 - j] with probability 1/2
//   cutout   y[i, j] = fill in a square around an even place (a, b) of the image: a - s/2 <= i < a + s/2, and so for j
//
// Sources: He et al. 2015, arXiv 1512.03385, 4.2 (crop and flip); DeVries and Taylor 2017, arXiv 1708.04552 (cutout).
import { type Shape, type Stream, ValueError } from '../core/index.js';
import type { Augment } from './images.js';

/** Shifts each image by up to so many pixels in each direction; what is uncovered becomes 0. */
export function randomCrop(padding = 4): Augment {
  checkSize('randomCrop: padding', padding, 0);
  return eachImage((image, [channels, rows, columns], stream) => {
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

/** Mirrors each image, left to right, with that probability. */
export function randomFlip(probability = 0.5): Augment {
  if (!(probability >= 0 && probability <= 1)) {
    throw new ValueError(`randomFlip: a probability lies in 0..1: ${probability}`);
  }
  return eachImage((image, [, , columns], stream) => {
    if (stream.uniform() >= probability) return;
    for (let at = 0; at < image.length; at += columns) image.subarray(at, at + columns).reverse();
  });
}

/** Blanks a square at a random place of each image; near the border a part of it lies outside. size: of its side, 16 for
 *  CIFAR-10 in the paper. fill: a byte, or one a channel; the paper's is the mean colour, CIFAR-10's [125, 123, 114]. */
export function cutout({ size = 16, fill = 0 }: { size?: number; fill?: number | readonly number[] } = {}): Augment {
  checkSize('cutout: size', size, 1);
  const bytes = typeof fill === 'number' ? [fill] : fill;
  if (!bytes.length || !bytes.every((b) => Number.isInteger(b) && b >= 0 && b <= 255)) {
    throw new ValueError(`cutout: fill is bytes, 0..255: [${bytes}]`);
  }
  return eachImage((image, [channels, rows, columns], stream) => {
    if (bytes.length !== 1 && bytes.length !== channels) {
      throw new ValueError(`cutout: one fill, or one a channel: [${bytes}] for ${channels} channels`);
    }
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

/** One change after another, each over the whole batch. */
export function compose(...changes: readonly Augment[]): Augment {
  return (pixels, shape, stream) => {
    for (const change of changes) change(pixels, shape, stream);
  };
}

/** What the AdaBound paper's code and most others train CIFAR-10 with: a crop after a border of 4, and a flip. */
export function cifarAugment(): Augment {
  return compose(randomCrop(4), randomFlip());
}

function eachImage(change: (image: Uint8Array, shape: Shape, stream: Stream) => void): Augment {
  return (pixels, [n, ...shape], stream) => {
    const size = pixels.length / n;
    for (let i = 0; i < n; i++) change(pixels.subarray(i * size, (i + 1) * size), shape, stream);
  };
}

/** Where a span of that size around a place begins and ends, cut at 0 and most. */
function span(place: number, size: number, most: number): [from: number, to: number] {
  const from = place - Math.floor(size / 2);
  return [Math.max(0, from), Math.min(most, from + size)];
}

function checkSize(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new ValueError(`${what} is a number of pixels, at least ${least}: ${value}`);
}

// Draws the embedded sample from the full Fashion-MNIST.
//
// Each part is visited in a random order. A class takes its first images until it has enough. An image is skipped if an equal
// one was taken before, in either part. Image j of class c gets the index 10 j + c.
import { DataError, Random } from '../core/index.js';
import type { ImageDataset } from '../datasets/images.js';
import { PER_CLASS } from '../datasets/sample.js';

const SEED = 2019;

/** The pixels of the sample, the training part first. Throws DataError if a class has too few images. */
export function drawSample(full: { train: ImageDataset; test: ImageDataset }): Uint8Array {
  const random = new Random(SEED);
  const taken = new Set<string>();
  const parts = (['train', 'test'] as const).map((part) => {
    const order = random.stream(part).permutation(full[part].length);
    return drawPart(full[part], PER_CLASS[part], order, taken);
  });
  const pixels = new Uint8Array(parts[0].length + parts[1].length);
  pixels.set(parts[0]);
  pixels.set(parts[1], parts[0].length);
  return pixels;
}

function drawPart(set: ImageDataset, quota: number, order: Int32Array, taken: Set<string>): Uint8Array {
  const classes = set.classes.length;
  const size = set.pixels.length / set.length;
  const counts = new Array<number>(classes).fill(0);
  const pixels = new Uint8Array(classes * quota * size);
  for (const i of order) {
    const label = set.labels[i];
    if (counts[label] === quota) continue;
    const image = set.pixels.subarray(i * size, (i + 1) * size);
    const key = String.fromCharCode(...image);
    if (taken.has(key)) continue;
    taken.add(key);
    pixels.set(image, (classes * counts[label]++ + label) * size);
  }
  if (counts.some((n) => n < quota)) {
    throw new DataError(
      `${set.name}: too few images for the sample: ${counts} of ${quota} per class; use the full data set`,
    );
  }
  return pixels;
}

/*! Contains images of Fashion-MNIST, Copyright (c) 2017 Zalando SE, https://tech.zalando.com, MIT licence. */
// A subset of Fashion-MNIST that comes with the package, so that a first run needs no download.
//
//   data/fashion.gz = gzip(Paeth residuals of the training images, then of the test images)
//
// Image i of either part has label i mod 10, so labels are not stored and every prefix is nearly balanced.
// Made by `node build.mjs sample`, which draws the images as draw.ts says.
import { DataError } from '../core/index.js';
import { PER_CLASS } from './draw.js';
import type { ImageDataset } from './images.js';
import { FASHION_MNIST, imagesOf, SIDE } from './mnist.js';
import { unfilterPaeth } from './paeth.js';

/** 3,600 training and 900 test images of Fashion-MNIST, 360 and 90 a class, from the training and the test set.
 *  The 1.8 MB of data are imported when this is called and not before. Throws DataError if they are damaged. */
export async function fashionMnistSample(): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const { default: packed } = await import('./data/fashion.gz');
  const pixels = await unpackSample(packed);
  const classes = FASHION_MNIST.classes.length;
  const labels = Uint8Array.from({ length: classes * PER_CLASS.train }, (_, i) => i % classes);
  const border = labels.length * SIDE * SIDE;
  return {
    train: imagesOf(FASHION_MNIST, 'sample, train', pixels.subarray(0, border), labels),
    test: imagesOf(
      FASHION_MNIST,
      'sample, test',
      pixels.subarray(border),
      labels.subarray(0, classes * PER_CLASS.test),
    ),
  };
}

/** The pixels of a packed sample. Throws DataError where gzip's CRC-32 or the length does not fit. */
export async function unpackSample(packed: BlobPart): Promise<Uint8Array> {
  const expected = (PER_CLASS.train + PER_CLASS.test) * FASHION_MNIST.classes.length * SIDE * SIDE;
  let residuals: Uint8Array;
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    residuals = new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new DataError(`fashionMnistSample: the embedded data are damaged: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (residuals.length !== expected) {
    throw new DataError(`fashionMnistSample: the embedded data have ${residuals.length} bytes, expected ${expected}`);
  }
  return unfilterPaeth(residuals, SIDE, SIDE);
}

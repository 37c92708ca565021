// A subset of Fashion-MNIST that is part of the package, so that a first run needs no download.
//
//   data/fashion.gz = gzip(residuals of the training images, then of the test images)
//
// residuals.ts says what a residual is.
// Image i of either part has the label i mod 10, so labels are not stored and every prefix is nearly balanced.
// `node build.mjs sample` draws the images (tools/drawSample.ts) and writes the file.
import type { Bytes } from '../core/index.js';
import { gunzip } from './gunzip.js';
import type { ImageDataset } from './images.js';
import { FASHION_MNIST, mnistImages, SIDE } from './mnist.js';
import { pixelsOf } from './residuals.js';

/** Images of each class in the two parts of the sample. */
export const PER_CLASS = { train: 360, test: 90 } as const;

/** A sample of Fashion-MNIST: 3,600 training images from its training set and 900 test images from its
 *  test set, with 360 and 90 of each class. Inputs [n, 1, 28, 28].
 *  packed: the bytes of data/fashion.gz, for a page that has them elsewhere. Default: they are imported, 1.8 MB.
 *  Throws DataError if they are damaged.
 *  Source: Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747. */
export async function fashionMnistSample(packed?: Bytes): Promise<{
  /** 3,600 images, 360 of each class. */
  train: ImageDataset;
  /** 900 images, 90 of each class. */
  test: ImageDataset;
}> {
  const pixels = await unpackSample(packed ?? (await import('./data/fashion.js')).default);
  const classes = FASHION_MNIST.classes.length;
  const labels = Uint8Array.from({ length: classes * PER_CLASS.train }, (_, i) => i % classes);
  const border = labels.length * SIDE * SIDE;
  return {
    train: mnistImages(FASHION_MNIST, 'sample, train', pixels.subarray(0, border), labels),
    test: mnistImages(
      FASHION_MNIST,
      'sample, test',
      pixels.subarray(border),
      labels.subarray(0, classes * PER_CLASS.test),
    ),
  };
}

/** The pixels of a packed sample. Throws DataError if gzip's CRC-32 or the length does not match. */
export async function unpackSample(packed: Bytes): Promise<Uint8Array> {
  const length = (PER_CLASS.train + PER_CLASS.test) * FASHION_MNIST.classes.length * SIDE * SIDE;
  return pixelsOf(await gunzip('fashionMnistSample', packed, length), SIDE);
}

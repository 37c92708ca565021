// CIFAR-10: 60,000 colour images of ten classes, in the official binary layout. A file is a list of entries of 3,073 bytes:
//
//   1 byte        label, 0..9
//   3,072 bytes   red, green, blue, each 32 rows of 32
//
// Normalization is per channel, of pixels scaled to 0..1. mean is the mean of all training pixels.
// std is the mean, over the images, of the standard deviation within one image. These values are in common use, also in Luolc/AdaBound.
// The standard deviation of all pixels is (0.2470, 0.2435, 0.2616).
//
// Sources: A. Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images; "Binary version" of
// https://www.cs.toronto.edu/~kriz/cifar.html; Luolc/AdaBound, demos/cifar10/main.py.
import { DataError, describeValue } from '../core/index.js';
import { type Augment, ImageDataset } from './images.js';

/** Bytes of an entry: a label and an image. */
export const ENTRY_BYTES = 1 + 3 * 32 * 32;

/** The names of CIFAR-10's classes, in the order of their labels. */
export const CIFAR10_CLASSES: readonly string[] =
  /* @__PURE__ */ 'airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck'.split(',');

/** Reads CIFAR-10's binary files, in order, into one array of pixels and one of labels. An official file has 10,000 images;
 *  any number is accepted. name: the file's name in errors.
 *  Throws DataError if a file's length does not fit the layout or a label is above 9. */
export function parseCifar10(files: readonly { bytes: Uint8Array; name: string }[]): {
  /** [n, 3, 32, 32], copied. */
  pixels: Uint8Array;
  /** [n] */
  labels: Uint8Array;
} {
  if (!Array.isArray(files)) throw new DataError(`parseCifar10: takes a list of files: got ${describeValue(files)}`);
  for (const file of files) {
    if (!(file?.bytes instanceof Uint8Array)) {
      throw new DataError(
        `parseCifar10: a file is { bytes, name }, bytes a Uint8Array: got ${describeValue(file?.bytes ?? file)}`,
      );
    }
  }
  for (const { bytes, name } of files) checkEntries(bytes, name);
  const count = files.reduce((n, { bytes }) => n + bytes.length / ENTRY_BYTES, 0);
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * (ENTRY_BYTES - 1));
  let i = 0;
  for (const { bytes } of files) {
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      labels[i] = bytes[at];
      pixels.set(bytes.subarray(at + 1, at + ENTRY_BYTES), (ENTRY_BYTES - 1) * i++);
    }
  }
  return { pixels, labels };
}

function checkEntries(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0 || bytes.length % ENTRY_BYTES !== 0) {
    throw new DataError(
      `${name}: not one or more whole images: ${bytes.length} bytes, at ${ENTRY_BYTES} bytes each; truncated?`,
    );
  }
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    if (bytes[at] < CIFAR10_CLASSES.length) continue;
    throw new DataError(
      `${name}: a label names no class: ${bytes[at]} of image ${at / ENTRY_BYTES}; allowed are 0..9; another layout?`,
    );
  }
}

/** A data set of CIFAR-10 images [3, 32, 32], normalized as in Luolc/AdaBound. */
export function cifarImages(name: string, pixels: Uint8Array, labels: Uint8Array, augment?: Augment): ImageDataset {
  return new ImageDataset({
    name,
    pixels,
    labels,
    shape: [3, 32, 32],
    classes: CIFAR10_CLASSES,
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.2023, 0.1994, 0.201],
    augment,
  });
}

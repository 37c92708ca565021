// CIFAR-10: 60,000 colour images of ten kinds of things, in the official binary layout. A file is records of 3,073 bytes:
//
//   1 byte        label, 0..9
//   3,072 bytes   red, green, blue, each 32 rows of 32
//
// mean: of the training pixels, scaled to 0..1, a channel. std: the figures in common use, which the reference has too; they
// are the mean of each image's own deviation. That of all pixels is (0.2470, 0.2435, 0.2616).
//
// Sources: A. Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images; https://www.cs.toronto.edu/~kriz/cifar.html,
// "Binary version"; Luolc/AdaBound, demos/cifar10/main.py.
import { DataError } from '../core/index.js';
import { type Augment, ImageDataset } from './images.js';

/** Bytes of a record: a label and an image. */
export const RECORD = 1 + 3 * 32 * 32;

/** The names of the classes, by label. */
export const CIFAR10_CLASSES: readonly string[] = 'airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck'.split(
  ',',
);

/** Labels and pixels [n, 3, 32, 32], copied, of files that follow each other. Throws DataError, by the file's name, where
 *  one is no whole number of records or has a label above 9. Official files have 10,000 records; any number is read. */
export function parseCifar10(files: readonly { bytes: Uint8Array; name: string }[]): {
  pixels: Uint8Array;
  labels: Uint8Array;
} {
  for (const { bytes, name } of files) checkRecords(bytes, name);
  const records = files.reduce((n, { bytes }) => n + bytes.length / RECORD, 0);
  const labels = new Uint8Array(records);
  const pixels = new Uint8Array(records * (RECORD - 1));
  let i = 0;
  for (const { bytes } of files) {
    for (let at = 0; at < bytes.length; at += RECORD) {
      labels[i] = bytes[at];
      pixels.set(bytes.subarray(at + 1, at + RECORD), (RECORD - 1) * i++);
    }
  }
  return { pixels, labels };
}

function checkRecords(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0 || bytes.length % RECORD !== 0) {
    throw new DataError(
      `${name}: not a whole number of records: ${bytes.length} bytes; at least one, of ${RECORD} bytes; truncated?`,
    );
  }
  for (let at = 0; at < bytes.length; at += RECORD) {
    if (bytes[at] < CIFAR10_CLASSES.length) continue;
    throw new DataError(
      `${name}: a label names no class: ${bytes[at]} of record ${at / RECORD}; allowed are 0..9; another layout?`,
    );
  }
}

/** A data set of images [3, 32, 32], normalized as in the reference. */
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

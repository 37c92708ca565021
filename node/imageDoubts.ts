// What makes images doubtful: test images that copy training images, and images of one value.
import { sizeOf } from '../core/index.js';
import type { ImageDataset } from '../datasets/images.js';

/** Doubtful images are reported if there are at least this many and they are at least this share of all: genuine sets have some. */
const [FEWEST, SHARE] = [3, 0.01];
/** The most bytes of an image that its hash reads, spread evenly. */
const HASHED = 128;

/** The bytes of some images: those at the given indices. Default: all. */
type Some = Pick<ImageDataset, 'pixels' | 'shape' | 'length'> & { at?: Int32Array };

/** Why a test set is doubtful: many of its images equal training images in each byte. Null if it is not. Takes less than 0.1 s for CIFAR-10. */
export function copiesDoubt(train: Some, test: Some): string | null {
  if (`${train.shape}` !== `${test.shape}`) return null;
  const known = new Map<number, number>();
  for (const i of indicesOf(train)) known.set(hashOf(train, i), i);
  const all = indicesOf(test);
  const copies = all.filter((i) => {
    const same = known.get(hashOf(test, i));
    return same !== undefined && Buffer.compare(imageOf(train, same), imageOf(test, i)) === 0;
  }).length;
  if (!areMany(copies, all.length)) return null;
  return `${copies} of its ${all.length} test images equal training images: its figures are better than for new data; leave the copies out`;
}

/** Why images are doubtful: many are of one value, the same in each. Null if they are not. */
export function blankDoubt(images: Some): string | null {
  const counts = new Array<number>(256).fill(0);
  const all = indicesOf(images);
  for (const i of all) {
    const image = imageOf(images, i);
    if (image.every((pixel) => pixel === image[0])) counts[image[0]]++;
  }
  const most = Math.max(...counts);
  if (!areMany(most, all.length)) return null;
  const what = `${most} of ${all.length} images have the value ${counts.indexOf(most)} in each pixel`;
  return `${what}: were they decoded wrongly, or scaled to 0..1 and truncated? leave them out, or save bytes in 0..255`;
}

function areMany(count: number, length: number): boolean {
  return count >= FEWEST && count >= SHARE * length;
}

function indicesOf({ length, at = Int32Array.from({ length }, (_, i) => i) }: Some): Int32Array {
  return at;
}

function imageOf({ pixels, shape }: Some, i: number): Uint8Array {
  const size = sizeOf(shape);
  return pixels.subarray(i * size, (i + 1) * size);
}

/** The hash FNV-1a of some bytes of an image. */
function hashOf({ pixels, shape }: Some, i: number): number {
  const size = sizeOf(shape);
  const step = Math.ceil(size / HASHED);
  let hash = 0x811c9dc5;
  for (let at = i * size; at < (i + 1) * size; at += step) hash = Math.imul(hash ^ pixels[at], 0x01000193);
  return hash;
}

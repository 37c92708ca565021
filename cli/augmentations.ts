// The augmentations of training images that the command line knows.
import { type Augment, compose, cutout, randomCrop, randomFlip } from '../datasets/index.js';

/** Augmentations by name. size: the shorter side of an image. */
const augmentations = {
  // 4 pixels of 32, as in the papers.
  crop: (size: number) => randomCrop(Math.max(1, Math.round(size / 8))),
  flip: () => randomFlip(),
  // 16 pixels, as in the paper, would cover a smaller image.
  cutout: (size: number) => cutout({ size: size < 16 ? Math.ceil(size / 2) : 16 }),
};
export type Augmentation = keyof typeof augmentations;
export const augmentKeys = Object.keys(augmentations) as Augmentation[];

/** Augmentations as one, applied in this order; undefined if there are none. size: the shorter side of an image. Default: 32. */
export function augmentOf(keys: readonly Augmentation[], size = 32): Augment | undefined {
  return keys.length ? compose(...keys.map((key) => augmentations[key](size))) : undefined;
}

// The augmentations of training images that the command line knows.
import { type Augment, compose, cutout, randomCrop, randomFlip } from '../datasets/index.js';

/** Augmentations by name. */
const augmentations = { crop: () => randomCrop(4), flip: () => randomFlip(), cutout: () => cutout() };
export type Augmentation = keyof typeof augmentations;
export const augmentKeys = Object.keys(augmentations) as Augmentation[];

/** Augmentations as one, applied in this order; undefined if there are none. */
export function augmentOf(keys: readonly Augmentation[]): Augment | undefined {
  return keys.length ? compose(...keys.map((key) => augmentations[key]())) : undefined;
}

export { cifarAugment, compose, cutout, randomCrop, randomFlip } from './augment.js';
export { CIFAR10_CLASSES, parseCifar10 } from './cifar.js';
export type { Batch, Dataset } from './dataset.js';
export { parseIdx } from './idx.js';
export { type Augment, ImageDataset, type Images } from './images.js';
export { DataLoader, type LoaderOptions, type LoaderState } from './loader.js';
export { fashionMnistSample } from './sample.js';
export { blobs, moons, type Point, PointDataset, type PointOptions, spirals } from './synthetic.js';

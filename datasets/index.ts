export { cifarAugment, compose, cutout, randomCrop, randomFlip } from './augment.js';
export { CIFAR10_CLASSES, parseCifar10 } from './cifar.js';
export { type CsvOptions, csv, type TableDataset } from './csv.js';
export type {
  AnyBatch,
  AnyDataset,
  Batch,
  Dataset,
  Inputs,
  Moments,
  Preparation,
  TokenBatch,
  TokenLevel,
  ValueBatch,
} from './dataset.js';
export { parseIdx } from './idx.js';
export { type Augment, ImageDataset, type Images } from './images.js';
export { DataLoader, type LoaderOptions, type LoaderState } from './loader.js';
export { mobyDickSample } from './mobyDick.js';
export {
  type InputMap,
  mapDataset,
  type SplitOptions,
  type Subset,
  splitDataset,
  splitFolds,
  subset,
} from './parts.js';
export { type ImageBlobsOptions, imageBlobs, type PictureBlob, pictureOf } from './pictures/imageBlobs.js';
export type { Picture, PictureOptions } from './pictures/resize.js';
export { fashionMnistSample } from './sample.js';
export {
  type Standardized,
  type StandardizeOptions,
  type Statistics,
  standardize,
} from './standardize.js';
export { blobs, moons, type Point, PointDataset, type PointOptions, spirals } from './synthetic.js';
export type { Column, Table } from './table.js';
export { type TensorDataset, type TensorDatasetOptions, tensorDataset } from './tensorDataset.js';
export { type TextDataset, type TextOptions, textDataset } from './text.js';

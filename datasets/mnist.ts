// MNIST and Fashion-MNIST, which share a file format: their classes and normalization.
//
// mean and std describe the pixels of the 60,000 training images, scaled to 0..1. Those of Fashion-MNIST are rounded from 0.28604 and
// 0.35302, which a test measures if the full data set is present. Those of MNIST are the commonly used values.
//
// Sources: H. Xiao, K. Rasul, R. Vollgraf, 2017, arXiv:1708.07747; Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, 1998.
import { type Augment, ImageDataset } from './images.js';

/** Rows and columns of an image of either data set. */
export const SIDE = 28;

/** A data set in MNIST's format: its classes and its normalization. */
export interface MnistFormat {
  /** The name in messages and reports. */
  readonly name: string;
  readonly classes: readonly string[];
  /** The mean of the training pixels, scaled to 0..1. */
  readonly mean: number;
  /** The standard deviation of the training pixels, scaled to 0..1. */
  readonly std: number;
}

/** Fashion-MNIST: ten kinds of clothes. MIT licence, Copyright 2017 Zalando SE. */
export const FASHION_MNIST: MnistFormat = {
  name: 'Fashion-MNIST',
  classes: 'T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot'.split(','),
  mean: 0.286,
  std: 0.353,
};

/** MNIST: ten handwritten digits. */
export const MNIST: MnistFormat = {
  name: 'MNIST',
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  mean: 0.1307,
  std: 0.3081,
};

/** A data set of images [1, 28, 28] in MNIST's format. Throws DataError as ImageDataset does. */
export function mnistImages(
  format: MnistFormat,
  part: string,
  pixels: Uint8Array,
  labels: Uint8Array,
  augment?: Augment,
) {
  return new ImageDataset({
    name: `${format.name} ${part}`,
    pixels,
    labels,
    shape: [1, SIDE, SIDE],
    classes: format.classes,
    mean: [format.mean],
    std: [format.std],
    augment,
  });
}

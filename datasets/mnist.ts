// What is known of MNIST and Fashion-MNIST beside their pixels.
//
// mean and std: of the 60,000 training images, pixels scaled to 0..1. Those of Fashion-MNIST were measured here, 0.28604 and
// 0.35302, and a test measures them again where the full set is at hand; those of MNIST are the figures in common use.
//
// Sources: H. Xiao, K. Rasul, R. Vollgraf, 2017, arXiv:1708.07747; Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, 1998.
import { type Augment, ImageDataset } from './images.js';

/** Rows and columns of an image of either set. */
export const SIDE = 28;

/** One of the two sets: its classes, its normalization and where its files come from. */
export interface Kind {
  readonly name: string;
  readonly classes: readonly string[];
  readonly mean: number;
  readonly std: number;
  readonly source: string;
}

/** Fashion-MNIST: ten kinds of clothes. MIT licence, Copyright 2017 Zalando SE. */
export const FASHION_MNIST: Kind = {
  name: 'Fashion-MNIST',
  classes: 'T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot'.split(','),
  mean: 0.286,
  std: 0.353,
  source: 'https://github.com/zalandoresearch/fashion-mnist',
};

/** MNIST: ten handwritten digits. */
export const MNIST: Kind = {
  name: 'MNIST',
  classes: [...'0123456789'],
  mean: 0.1307,
  std: 0.3081,
  source: 'https://ossci-datasets.s3.amazonaws.com/mnist/',
};

/** A data set of images [1, 28, 28] of one kind. Throws DataError as ImageDataset does. */
export function imagesOf(kind: Kind, part: string, pixels: Uint8Array, labels: Uint8Array, augment?: Augment) {
  return new ImageDataset({
    name: `${kind.name} ${part}`,
    pixels,
    labels,
    shape: [1, SIDE, SIDE],
    classes: kind.classes,
    mean: [kind.mean],
    std: [kind.std],
    augment,
  });
}

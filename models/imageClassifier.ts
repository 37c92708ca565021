// Options, checks and layers that image classifiers share.
import {
  adaptiveAvgPool2d,
  checkCount,
  checkTensor,
  flatten,
  must,
  ShapeError,
  sameShape,
  show,
  type Tensor,
} from '../core/index.js';
import { checkCounts, checkLayerOptions } from '../nn/checks.js';
import { Conv2d, type LayerOptions } from '../nn/index.js';

/** Options of every image classifier. */
export interface ImageOptions extends LayerOptions {
  /** The number of classes. Default: 10. */
  numClasses?: number;
  /** The number of channels of the images. Default: 3. */
  inChannels?: number;
}

/** Checks the options of a classifier. Returns those that it passes to its layers: `random` and `dtype`.
 *  own: names of further options. Throws ValueError if an option is unknown or a number is not a positive integer. */
export function layerOptions(what: string, options: ImageOptions, own: readonly string[] = []): LayerOptions {
  checkLayerOptions(what, options, ['numClasses', 'inChannels', ...own]);
  const { numClasses = 1, inChannels = 1, random, dtype } = options;
  checkCount(`${what}: numClasses`, numClasses);
  checkCount(`${what}: inChannels`, inChannels);
  return { random, dtype };
}

/** Throws ShapeError unless x is [n, c, h, w] with the channels c that the first layer takes. side: h and w. Default: any. */
export function checkImages(what: string, x: Tensor, first: Conv2d, side?: number): void {
  const { shape } = checkTensor(what, x);
  // A program may have replaced the first layer by another one, which has its own checks.
  const channels = first.weight?.shape?.[1] ?? shape[1];
  const takes = [shape[0], channels, side ?? shape.at(-2), side ?? shape.at(-1)] as number[];
  if (sameShape(shape, takes)) return;
  const remedy = `give ${side ? 'imageSize or ' : ''}inChannels, or resize`;
  throw new ShapeError(`${what}: takes ${show(takes)}: ${show(shape)}; ${remedy}`);
}

/** Returns the numbers of layers in stages. Throws ValueError unless each is a positive integer of at most 10,000. */
export function checkStages(what: string, counts: readonly number[]): readonly number[] {
  for (const count of checkCounts(what, counts)) must(count <= 10_000, what, 'at most 10,000 in a stage', count);
  return counts;
}

/** A convolution that keeps the image's size at stride 1. It has no bias, since the batch normalization
 *  after it has one. */
export function conv(from: number, to: number, kernel: 1 | 3, options: LayerOptions & { stride?: number }): Conv2d {
  return new Conv2d(from, to, kernel, { ...options, padding: (kernel - 1) / 2, bias: false });
}

/** The mean of each channel.  x [n, c, h, w]  -> [n, c] */
export function channelMeans(x: Tensor): Tensor {
  return flatten(adaptiveAvgPool2d(x, 1), 1);
}

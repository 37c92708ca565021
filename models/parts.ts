// What the image classifiers have in common.
import { adaptiveAvgPool2d, flatten, type Tensor } from '../core/index.js';
import { Conv2d, type LayerOptions } from '../nn/index.js';

/** What every image classifier takes. */
export interface ImageOptions extends LayerOptions {
  /** 10 where left out. */
  numClasses?: number;
  /** 3 where left out. */
  inChannels?: number;
}

/** A convolution that keeps the size at stride 1; without a bias, for batch normalization has one. */
export function conv(from: number, to: number, kernel: 1 | 3, options: LayerOptions & { stride?: number }): Conv2d {
  return new Conv2d(from, to, kernel, { ...options, padding: (kernel - 1) / 2, bias: false });
}

/** The mean of each channel.  x [n, c, h, w]  -> [n, c] */
export function channelMeans(x: Tensor): Tensor {
  return flatten(adaptiveAvgPool2d(x, 1), 1);
}

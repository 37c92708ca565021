// Transposed convolution: the gradient of conv2d with respect to its image, as an operation of its own. Each input pixel adds its
// weighted kernel to the output, so a stride enlarges the image:
//
//   y[n,o,p] = sum_{i,k} x[n,i,q] w[i,o,k] + b[o],   p = stride q + dilation k - padding
//
// Source: Zeiler et al. 2010, Deconvolutional Networks; Dumoulin and Visin 2016, arXiv 1603.07285, section 4.

import { checkCount, checkOptions, pairOf } from '../arguments.js';
import type { Conv2dInputAttributes } from '../backends/attributes.js';
import { ShapeError, ValueError } from '../errors.js';
import { show } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { unifyNumbers } from './cast.js';
import { addBias, type Conv2dOptions, conv2dInput, type Pair } from './conv.js';

/** How a transposed convolution places its kernel. */
export interface ConvTranspose2dOptions extends Omit<Conv2dOptions, 'padding'> {
  /** Rows and columns that are removed on each side of the output. Default: 0. */
  padding?: Pair;
  /** Rows and columns that are added at the end of the output, less than the stride. With a stride, several sizes of the output
   *  belong to one size of the input; this chooses among them. Default: 0. */
  outputPadding?: Pair;
}

/** Returns the transposed convolution of images with a weight, plus a bias for each channel.
 *  x [n, ci, h, w], weight [ci, co/groups, kh, kw], bias [co] or null  -> [n, co, oh, ow],
 *  oh = (h - 1) stride - 2 padding + dilation (kh - 1) + outputPadding + 1, ow likewise.
 *  Throws ShapeError if channels do not fit or nothing is left of the image, ValueError if outputPadding is not less than stride. */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTranspose2dOptions = {},
): Tensor {
  checkOptions('convTranspose2d', options, ['stride', 'padding', 'outputPadding', 'dilation', 'groups']);
  const { stride: s = 1, padding: p = 0, outputPadding = 0, dilation: d = 1, groups = 1 } = options;
  const [image, kernel] = unifyNumbers('convTranspose2d', x, weight);
  const stride = pairOf('convTranspose2d: stride', s, 1);
  const padding = pairOf('convTranspose2d: padding', p, 0);
  const dilation = pairOf('convTranspose2d: dilation', d, 1);
  const extra = pairOf('convTranspose2d: outputPadding', outputPadding, 0);
  if (extra.some((e, a) => e >= stride[a]))
    throw new ValueError(`convTranspose2d: outputPadding must be less than stride: [${extra}] and [${stride}]`);
  if (image.ndim !== 4 || kernel.ndim !== 4) {
    throw new ShapeError(
      `convTranspose2d: takes x [n,c,h,w] and weight [ci,co,kh,kw]: ${show(x.shape)} and ${show(weight.shape)}`,
    );
  }
  const [ci] = kernel.shape;
  checkCount('convTranspose2d: groups', groups);
  if (ci % groups !== 0 || image.shape[1] !== ci) {
    throw new ShapeError(
      `convTranspose2d: channels do not fit: ${show(x.shape)} with weight ${show(weight.shape)} in ${groups} groups; ` +
        'weight is [ci, co / groups, kh, kw]',
    );
  }
  const size = [0, 1].map(
    (a) =>
      (image.shape[2 + a] - 1) * stride[a] - 2 * padding[a] + dilation[a] * (kernel.shape[2 + a] - 1) + extra[a] + 1,
  );
  if (size.some((n) => n < 1)) {
    throw new ShapeError(`convTranspose2d: padding removes the whole image: ${show(x.shape)}, padding [${padding}]`);
  }
  const geometry: Conv2dInputAttributes = { stride, padding, dilation, groups, size };
  return addBias('convTranspose2d', conv2dInput(image, kernel, geometry), bias);
}

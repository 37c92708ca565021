// Transposed convolution of images [n, c, h, w]; the operation is in core/ops/convTranspose.ts.
import {
  type ConvTranspose2dOptions,
  checkFlag,
  convTranspose2d,
  type Pair,
  pairOf,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { checkFloat, checkGroups, checkLayerOptions, fixedOptions } from './checks.js';
import { Module } from './module.js';
import { type LayerOptions, weightAndBias } from './parameter.js';
import { formatArguments } from './print.js';

/** Two-dimensional transposed convolution with learned weights: each input pixel adds its weighted kernel to the output, so that a
 *  stride enlarges the image. It is the gradient of Conv2d with respect to its input, as a layer:
 *
 *    y[n, o, p] = bias[o] + sum_{c, q, a} weight[c, o, a] x[n, c, q],   the sum over all q, a with stride q + dilation a - padding = p
 *
 *  Weight and bias start uniform on [-k, k], k = 1 / sqrt(kh kw outChannels / groups), as in PyTorch.
 *  Source: Zeiler et al. 2010, Deconvolutional Networks; Dumoulin and Visin 2016, arXiv 1603.07285, section 4. */
export class ConvTranspose2d extends Module {
  /** [inChannels, outChannels / groups, kh, kw] */
  readonly weight: Tensor;
  /** [outChannels]; null with `bias: false`. */
  readonly bias: Tensor | null;
  readonly #options: Required<ConvTranspose2dOptions>;

  /** kernel, and the options stride, padding, outputPadding and dilation: one number, or [rows, columns]. stride: Default: 1. padding:
   *  rows and columns that are removed on each side. Default: 0. outputPadding: rows and columns that are added at the end, less than
   *  stride. Default: 0. dilation: Default: 1. groups: Default: 1. bias: whether a bias is added. Default: true.
   *  Throws ValueError if a size is not a positive integer, if groups does not divide both numbers of channels, or if outputPadding is
   *  not less than stride. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Pair,
    options: ConvTranspose2dOptions & LayerOptions & { bias?: boolean } = {},
  ) {
    super();
    const own = ['stride', 'padding', 'outputPadding', 'dilation', 'groups', 'bias'];
    checkLayerOptions('ConvTranspose2d', options, own);
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1, bias = true } = options;
    checkFlag('ConvTranspose2d: bias', bias);
    checkGroups('ConvTranspose2d', inChannels, outChannels, groups);
    const size = pairOf('ConvTranspose2d: kernel', kernel, 1);
    const steps = pairOf('ConvTranspose2d: stride', stride, 1);
    const extra = pairOf('ConvTranspose2d: outputPadding', outputPadding, 0);
    if (extra.some((e, a) => e >= steps[a]))
      throw new ValueError(`ConvTranspose2d: outputPadding must be less than stride: [${extra}] and [${steps}]`);
    this.#options = fixedOptions(this, {
      stride: steps,
      padding: pairOf('ConvTranspose2d: padding', padding, 0),
      outputPadding: extra,
      dilation: pairOf('ConvTranspose2d: dilation', dilation, 1),
      groups,
    });
    [this.weight, this.bias] = weightAndBias([inChannels, outChannels / groups, ...size], bias, options, outChannels);
  }

  /** x [n, inChannels, h, w]  -> [n, outChannels, oh, ow],
   *  oh = (h - 1) stride - 2 padding + dilation (kh - 1) + outputPadding + 1, ow likewise.
   *  Throws ShapeError if the channels differ or padding removes the whole image, DTypeError if x is not float. */
  forward(x: Tensor): Tensor {
    return convTranspose2d(checkFloat('ConvTranspose2d', x), this.weight, this.bias, this.#options);
  }

  override extraRepr(): string {
    const { stride, padding, outputPadding, dilation, groups } = this.#options;
    const [channels, group, ...kernel] = this.weight.shape;
    return formatArguments([channels, group * groups, kernel], {
      stride: [stride, 1],
      padding: [padding, 0],
      outputPadding: [outputPadding, 0],
      dilation: [dilation, 1],
      groups: [groups, 1],
      bias: [this.bias !== null, true],
      dtype: [this.weight.dtype, 'float32'],
    });
  }
}

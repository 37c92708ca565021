// Convolution and pooling of images [n, c, h, w]; the operations and their gradients are in core/ops/conv.ts and pool.ts.
//
//   oh = floor((h + 2 padding - dilation (kh - 1) - 1) / stride) + 1,  ow likewise
import {
  adaptiveAvgPool2d,
  atMost,
  avgPool2d,
  type Conv2dOptions,
  checkFlag,
  checkOptions,
  conv2d,
  conv2dGeometry,
  type MaxPoolOptions,
  maxPool2d,
  type Pair,
  type PoolOptions,
  pairOf,
  type Tensor,
} from '../core/index.js';
import { checkFloat, checkGroups, checkLayerOptions, fixedOptions } from './checks.js';
import { Module } from './module.js';
import { type LayerOptions, weightAndBias } from './parameter.js';
import { formatArguments } from './print.js';

/** Two-dimensional convolution (cross-correlation, as in other frameworks) with learned weights:
 *
 *    y[n, o, i, j] = bias[o] + sum_{c, a, b} weight[o, c, a, b] x[n, c, stride i + dilation a - padding, ..]
 *
 *  The last index of x is stride j + dilation b - padding. x is 0 outside the image. The channels form `groups` groups of
 *  equal size; c runs over the input channels in the group of o.
 *  Weight and bias start uniform on [-k, k], k = 1 / sqrt(kh kw inChannels / groups), as in PyTorch.
 *  Source: LeCun et al. 1989, Backpropagation Applied to Handwritten Zip Code Recognition. */
export class Conv2d extends Module {
  /** [outChannels, inChannels / groups, kh, kw] */
  readonly weight: Tensor;
  /** [outChannels]; null with `bias: false`. */
  readonly bias: Tensor | null;
  readonly #options: Conv2dOptions;

  /** kernel, and the options stride, padding and dilation: one number, or [rows, columns]. stride: Default: 1. padding: 'same' keeps
   *  the size of the image, and needs stride 1. Default: 0. dilation: Default: 1. groups: Default: 1. bias: whether a bias is added. Default: true.
   *  Throws ValueError if a size is not a positive integer, or if groups does not divide both numbers of channels. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Pair,
    options: Conv2dOptions & LayerOptions & { bias?: boolean } = {},
  ) {
    super();
    checkLayerOptions('Conv2d', options, ['stride', 'padding', 'dilation', 'groups', 'bias']);
    const { groups = 1, bias = true } = options;
    checkFlag('Conv2d: bias', bias);
    checkGroups('Conv2d', inChannels, outChannels, groups);
    const size = pairOf('Conv2d: kernel', kernel, 1);
    this.#options = fixedOptions(this, conv2dGeometry('Conv2d', options));
    [this.weight, this.bias] = weightAndBias([outChannels, inChannels / groups, ...size], bias, options);
  }

  /** x [n, inChannels, h, w]  -> [n, outChannels, oh, ow].  Throws ShapeError if the channels differ or the padded image is
   *  smaller than the kernel, DTypeError if x is not float. */
  forward(x: Tensor): Tensor {
    return conv2d(checkFloat('Conv2d', x), this.weight, this.bias, this.#options);
  }

  override extraRepr(): string {
    const { stride, padding, dilation, groups } = this.#options;
    const [out, group, ...kernel] = this.weight.shape;
    return formatArguments([group * groups!, out, kernel], {
      stride: [stride, 1],
      padding: [padding, 0],
      dilation: [dilation, 1],
      groups: [groups, 1],
      bias: [this.bias !== null, true],
      dtype: [this.weight.dtype, 'float32'],
    });
  }
}

const POOL_OPTIONS = ['stride', 'padding', 'ceilMode'];

/** The checked options of pooling. */
function pooling(what: string, kernelSize: Pair, options: Omit<PoolOptions, 'kernelSize'>): PoolOptions {
  const { stride = kernelSize, padding = 0, ceilMode = false } = options;
  return {
    kernelSize: pairOf(`${what}: kernelSize`, kernelSize, 1),
    stride: pairOf(`${what}: stride`, stride, 1),
    padding: pairOf(`${what}: padding`, padding, 0),
    ceilMode: checkFlag(`${what}: ceilMode`, ceilMode),
  };
}

/** Maximum of each window of each channel. Padding counts as minus infinity; NaN counts as the largest value. */
export class MaxPool2d extends Module {
  readonly #options: MaxPoolOptions;

  /** kernelSize: one size, or [rows, columns]. stride: Default: kernelSize. padding: at most half of kernelSize. Default: 0.
   *  dilation: Default: 1. ceilMode: whether a last window that extends beyond the padded plane counts. Default: false. */
  constructor(kernelSize: Pair, options: Omit<MaxPoolOptions, 'kernelSize'> = {}) {
    super();
    checkOptions('MaxPool2d', options, [...POOL_OPTIONS, 'dilation']);
    const dilation = pairOf('MaxPool2d: dilation', options.dilation ?? 1, 1);
    this.#options = fixedOptions(this, { ...pooling('MaxPool2d', kernelSize, options), dilation });
  }

  /** x [n, c, h, w]  -> [n, c, oh, ow].  Throws ShapeError if x does not have four axes. */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.#options);
  }

  override extraRepr(): string {
    const { kernelSize, stride = kernelSize, padding, dilation, ceilMode } = this.#options;
    return formatArguments([kernelSize], {
      stride: [stride, kernelSize],
      padding: [padding, 0],
      dilation: [dilation, 1],
      ceilMode: [ceilMode, false],
    });
  }
}

/** Mean of each window of each channel. Padding counts as zeros, unless `countIncludePad: false` excludes it. */
export class AvgPool2d extends Module {
  readonly #options: PoolOptions & { countIncludePad?: boolean };

  /** kernelSize: one size, or [rows, columns]. stride: Default: kernelSize. padding: at most half of kernelSize. Default: 0.
   *  ceilMode: whether a last window that extends beyond the padded plane counts. Default: false.
   *  countIncludePad: whether padding counts as elements of the mean. Default: true. */
  constructor(kernelSize: Pair, options: Omit<PoolOptions, 'kernelSize'> & { countIncludePad?: boolean } = {}) {
    super();
    checkOptions('AvgPool2d', options, [...POOL_OPTIONS, 'countIncludePad']);
    const { countIncludePad = true } = options;
    checkFlag('AvgPool2d: countIncludePad', countIncludePad);
    this.#options = fixedOptions(this, { ...pooling('AvgPool2d', kernelSize, options), countIncludePad });
  }

  /** x [n, c, h, w]  -> [n, c, oh, ow].  Throws ShapeError if x does not have four axes. */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.#options);
  }

  override extraRepr(): string {
    const { kernelSize, stride = kernelSize, padding = 0, ceilMode, countIncludePad = true } = this.#options;
    return formatArguments([kernelSize], {
      stride: [stride, kernelSize],
      padding: [padding, 0],
      ceilMode: [ceilMode, false],
      countIncludePad: [countIncludePad, true],
    });
  }
}

/** Averages windows that cover each channel in a given number of rows and columns, for any size of the image; they may overlap.
 *  Row i of the result averages the rows from floor(i h / rows) up to ceil((i + 1) h / rows), exclusive;
 *  columns likewise. */
export class AdaptiveAvgPool2d extends Module {
  readonly #output: Pair;

  /** output: rows and columns of the result, one number or [rows, columns]. 1 averages each channel. */
  constructor(output: Pair) {
    super();
    atMost(1, 'AdaptiveAvgPool2d', arguments);
    this.#output = pairOf('AdaptiveAvgPool2d: the output size', output, 1);
    fixedOptions(this, { output: this.#output });
  }

  /** x [n, c, h, w]  -> [n, c, rows, columns] */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.#output);
  }

  override extraRepr(): string {
    return formatArguments([this.#output]);
  }
}

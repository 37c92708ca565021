// Layers on images [n, c, h, w].
import {
  adaptiveAvgPool2d,
  avgPool2d,
  type Conv2dOptions,
  checkTensor,
  conv2d,
  maxPool2d,
  type Pair,
  type PoolOptions,
  pairOf,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { checkCount, type LayerOptions, weightAndBias } from './layer.js';
import { Module } from './module.js';
import { written } from './print.js';

/** Cross-correlation with learned kernels.  x [n, in, h, w], weight [out, in/groups, kh, kw]  -> [n, out, oh, ow] */
export class Conv2d extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly #options: Conv2dOptions;

  /** kernel: one size or [rows, columns]. Throws ValueError where groups does not divide both channel counts. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: Pair,
    options: Conv2dOptions & LayerOptions & { bias?: boolean } = {},
  ) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    checkCount('Conv2d: inChannels', inChannels);
    checkCount('Conv2d: outChannels', outChannels);
    checkCount('Conv2d: groups', groups);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ValueError(
        `Conv2d: groups must divide the channels: ${groups} groups of ${inChannels} in, ${outChannels} out`,
      );
    }
    const size = pairOf('Conv2d: kernel', kernel, 1);
    this.#options = {
      stride: pairOf('Conv2d: stride', stride, 1),
      padding: pairOf('Conv2d: padding', padding, 0),
      dilation: pairOf('Conv2d: dilation', dilation, 1),
      groups,
    };
    [this.weight, this.bias] = weightAndBias([outChannels, inChannels / groups, ...size], bias, options);
  }

  forward(x: Tensor): Tensor {
    return conv2d(checkTensor('Conv2d', x), this.weight, this.bias, this.#options);
  }

  override extraRepr(): string {
    const { stride, padding, dilation, groups } = this.#options;
    const [out, group, ...kernel] = this.weight.shape;
    return written([group * groups!, out, kernel], {
      stride: [stride, 1],
      padding: [padding, 0],
      dilation: [dilation, 1],
      groups: [groups, 1],
      bias: [this.bias !== null, true],
      dtype: [this.weight.dtype, 'float32'],
    });
  }
}

/** The largest of each window; the stride is the kernel's size where left out. */
export class MaxPool2d extends Module {
  readonly #options: PoolOptions;

  constructor(kernel: Pair, options: Omit<PoolOptions, 'kernel'> = {}) {
    super();
    this.#options = { ...options, kernel: pairOf('MaxPool2d: kernel', kernel, 1) };
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.#options);
  }

  override extraRepr(): string {
    const { kernel, stride = kernel, padding = 0 } = this.#options;
    return written([kernel], { stride: [stride, kernel], padding: [padding, 0] });
  }
}

/** The mean of each window; the stride is the kernel's size where left out. */
export class AvgPool2d extends Module {
  readonly #options: PoolOptions & { countIncludePad?: boolean };

  constructor(kernel: Pair, options: Omit<PoolOptions, 'kernel'> & { countIncludePad?: boolean } = {}) {
    super();
    this.#options = { ...options, kernel: pairOf('AvgPool2d: kernel', kernel, 1) };
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.#options);
  }

  override extraRepr(): string {
    const { kernel, stride = kernel, padding = 0, countIncludePad = true } = this.#options;
    return written([kernel], {
      stride: [stride, kernel],
      padding: [padding, 0],
      countIncludePad: [countIncludePad, true],
    });
  }
}

/** Means over windows that divide the plane into the given number of rows and columns. */
export class AdaptiveAvgPool2d extends Module {
  readonly #output: Pair;

  constructor(output: Pair) {
    super();
    this.#output = pairOf('AdaptiveAvgPool2d: the output size', output, 1);
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.#output);
  }

  override extraRepr(): string {
    return written([this.#output]);
  }
}

// Convolution of sequences [n, c, l]; the operation is in core/ops/conv1d.ts.
import { type Conv1dOptions, checkCount, checkFlag, checkInteger, conv1d, type Tensor } from '../core/index.js';
import { checkFloat, checkGroups, checkLayerOptions, fixedOptions } from './checks.js';
import { Module } from './module.js';
import { type LayerOptions, weightAndBias } from './parameter.js';
import { formatArguments } from './print.js';

/** One-dimensional convolution (cross-correlation, as in other frameworks) with learned weights:
 *
 *    y[n, o, i] = bias[o] + sum_{c, a} weight[o, c, a] x[n, c, stride i + dilation a - padding]
 *
 *  x is 0 outside the sequence. The channels form `groups` groups of equal size; c runs over the input channels in the group of o.
 *  Weight and bias start uniform on [-k, k], k = 1 / sqrt(kernel inChannels / groups), as in PyTorch. */
export class Conv1d extends Module {
  /** [outChannels, inChannels / groups, kernel] */
  readonly weight: Tensor;
  /** [outChannels]; null with `bias: false`. */
  readonly bias: Tensor | null;
  readonly #options: Required<Conv1dOptions>;

  /** kernel: its length. stride: Default: 1. padding: zeros on each side. Default: 0. dilation: Default: 1. groups: Default: 1.
   *  bias: whether a bias is added. Default: true.
   *  Throws ValueError if a size is not a positive integer, or if groups does not divide both numbers of channels. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernel: number,
    options: Conv1dOptions & LayerOptions & { bias?: boolean } = {},
  ) {
    super();
    checkLayerOptions('Conv1d', options, ['stride', 'padding', 'dilation', 'groups', 'bias']);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    checkFlag('Conv1d: bias', bias);
    checkGroups('Conv1d', inChannels, outChannels, groups);
    checkCount('Conv1d: kernel', kernel);
    this.#options = fixedOptions(this, {
      stride: checkCount('Conv1d: stride', stride),
      padding: checkInteger('Conv1d: padding', padding, 0),
      dilation: checkCount('Conv1d: dilation', dilation),
      groups,
    });
    [this.weight, this.bias] = weightAndBias([outChannels, inChannels / groups, kernel], bias, options);
  }

  /** x [n, inChannels, l]  -> [n, outChannels, ol], ol = floor((l + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.
   *  Throws ShapeError if the channels differ or the padded sequence is shorter than the kernel, DTypeError if x is not float. */
  forward(x: Tensor): Tensor {
    return conv1d(checkFloat('Conv1d', x), this.weight, this.bias, this.#options);
  }

  override extraRepr(): string {
    const { stride, padding, dilation, groups } = this.#options;
    const [out, group, kernel] = this.weight.shape;
    return formatArguments([group * groups, out, kernel], {
      stride: [stride, 1],
      padding: [padding, 0],
      dilation: [dilation, 1],
      groups: [groups, 1],
      bias: [this.bias !== null, true],
      dtype: [this.weight.dtype, 'float32'],
    });
  }
}

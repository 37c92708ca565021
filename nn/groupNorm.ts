// Group normalization; the operation is in core/ops/groupNorm.ts.
import {
  checkCount,
  checkFiniteNumber,
  checkFlag,
  groupNorm,
  ShapeError,
  show,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { checkFloat, checkLayerOptions, fixedOptions } from './checks.js';
import { constant } from './init.js';
import { Module } from './module.js';
import { type LayerOptions, parameter } from './parameter.js';
import { formatArguments } from './print.js';

/** Group normalization of each sample: over groups of channels and all positions, the same in training and evaluation:
 *
 *    y = w (x - mu) / sqrt(s2 + eps) + b,   mu and s2 the mean and biased variance of a group, w and b of each channel
 *
 *  One group is layer normalization of the sample, a group for each channel is instance normalization.
 *  Source: Wu and He 2018, arXiv 1803.08494. */
export class GroupNorm extends Module {
  /** w [numChannels], initially 1; null with `affine: false`. */
  readonly weight: Tensor | null;
  /** b [numChannels], initially 0; null with `affine: false`. */
  readonly bias: Tensor | null;
  readonly #groups: number;
  readonly #channels: number;
  readonly #eps: number;

  /** numGroups: must divide numChannels. eps: added to the variance. Default: 1e-5. affine: whether the layer has a weight and a
   *  bias. Default: true. Throws ValueError if a number is not a positive integer, numGroups does not divide numChannels, or eps is
   *  negative. */
  constructor(numGroups: number, numChannels: number, options: LayerOptions & { eps?: number; affine?: boolean } = {}) {
    super();
    checkLayerOptions('GroupNorm', options, ['eps', 'affine']);
    const { eps = 1e-5, affine = true, dtype } = options;
    this.#groups = checkCount('GroupNorm: numGroups', numGroups);
    this.#channels = checkCount('GroupNorm: numChannels', numChannels);
    if (numChannels % numGroups !== 0)
      throw new ValueError(`GroupNorm: numGroups must divide numChannels: ${numGroups} and ${numChannels}`);
    checkFiniteNumber('GroupNorm: eps', eps, 0);
    this.#eps = eps;
    checkFlag('GroupNorm: affine', affine);
    fixedOptions(this, { numGroups, numChannels, affine });
    this.weight = affine ? constant(parameter([numChannels], dtype), 1) : null;
    this.bias = affine ? parameter([numChannels], dtype) : null;
  }

  /** The number added to the variance. */
  get eps(): number {
    return this.#eps;
  }

  /** x [n, numChannels, ..]  -> the same shape.  Throws ShapeError if the channels differ, DTypeError if x is not float. */
  forward(x: Tensor): Tensor {
    if (checkFloat('GroupNorm', x).shape[1] !== this.#channels)
      throw new ShapeError(`GroupNorm: takes [n,${this.#channels},..]: ${show(x.shape)}`);
    return groupNorm(x, this.#groups, this.weight, this.bias, { eps: this.#eps });
  }

  override extraRepr(): string {
    return formatArguments([this.#groups, this.#channels], {
      eps: [this.#eps, 1e-5],
      affine: [this.weight !== null, true],
      dtype: [this.weight?.dtype ?? 'float32', 'float32'],
    });
  }
}

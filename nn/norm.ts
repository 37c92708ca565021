// Normalization layers; the operations and their gradients are in core/ops/norm.ts. In training, batch normalization also
// updates its running statistics. With momentum p, and n values of a channel in the batch:
//
//   running_mean += p (mean - running_mean)
//   running_var  += p (n/(n-1) s2 - running_var)        s2 the biased variance that normalizes the batch
//
// With p = null the running statistics average all batches so far: p = 1 / num_batches_tracked. Equations and buffer names are as in PyTorch.
import {
  batchNorm,
  batchNormWith,
  checkCount,
  checkFiniteNumber,
  checkFlag,
  checkOptions,
  checkTensor,
  isRecomputing,
  type Kernel,
  layerNorm,
  must,
  type NormFusion,
  ones,
  runInPlace,
  type Shape,
  ShapeError,
  show,
  type Tensor,
  tensor,
  type View,
  zeros,
} from '../core/index.js';
import { checkCounts, checkFloat, checkLayerOptions, fixedOptions } from './checks.js';
import { constant } from './init.js';
import { noteTraining } from './modes.js';
import { Module } from './module.js';
import { type LayerOptions, parameter } from './parameter.js';
import { formatArguments } from './print.js';

/** Options of `BatchNorm1d` and `BatchNorm2d`. */
export interface BatchNormOptions extends LayerOptions {
  /** Added to the variance; not negative. Default: 1e-5. */
  eps?: number;
  /** The weight of the newest batch in the running statistics, in [0, 1]; null weights all batches equally.
   *  Default: 0.1. */
  momentum?: number | null;
  /** Whether the layer has a weight and a bias. Default: true. */
  affine?: boolean;
  /** Whether the layer keeps running statistics. Without them, evaluation uses the statistics of the batch. Default: true. */
  trackRunningStats?: boolean;
}

const NOTHING: NormFusion = {};

/** The options, such as `BatchNorm2d: momentum`, for which the warning about a momentum as in Keras was printed: once, because a net has
 *  many layers. */
const told = new Set<string>();

/** Batch normalization over axis 1 of inputs with any number of axes. */
export abstract class BatchNorm extends Module {
  /** w [channels], initially 1; null with `affine: false`. */
  readonly weight: Tensor | null;
  /** b [channels], initially 0; null with `affine: false`. */
  readonly bias: Tensor | null;
  /** The buffer `running_mean` [channels], initially 0; null with `trackRunningStats: false`. */
  readonly runningMean: Tensor | null = null;
  /** The buffer `running_var` [channels], unbiased, initially 1; null with `trackRunningStats: false`. */
  readonly runningVar: Tensor | null = null;
  /** The buffer `num_batches_tracked`, an int32 scalar, initially 0; null with `trackRunningStats: false`. */
  readonly numBatchesTracked: Tensor | null = null;
  readonly #channels: number;
  readonly #eps: number;
  #momentum: number | null = null;

  /** channels: the size of axis 1. Throws ValueError if it is not a positive integer, or eps or momentum
   *  is out of range. */
  constructor(channels: number, options: BatchNormOptions = {}) {
    super();
    checkLayerOptions(this.title(), options, ['eps', 'momentum', 'affine', 'trackRunningStats']);
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, dtype } = options;
    checkFlag(`${this.title()}: affine`, affine);
    checkFlag(`${this.title()}: trackRunningStats`, trackRunningStats);
    const shape = [checkCount(`${this.title()}: channels`, channels)];
    checkFiniteNumber(`${this.title()}: eps`, eps, 0);
    this.#channels = channels;
    this.#eps = eps;
    this.momentum = momentum;
    fixedOptions(this, { affine, trackRunningStats });
    if (trackRunningStats) {
      const start = (value: number) => tensor(new Float64Array(channels).fill(value), { dtype: dtype ?? 'float32' });
      this.runningMean = this.registerBuffer('running_mean', start(0));
      this.runningVar = this.registerBuffer('running_var', start(1));
      this.numBatchesTracked = this.registerBuffer('num_batches_tracked', tensor(0, { dtype: 'int32' }));
    }
    // After the buffers: `registerBuffer` lists the tensors of the module, and an optimizer warns only of parameters that were never listed.
    this.weight = affine ? constant(parameter(shape, dtype), 1) : null;
    this.bias = affine ? parameter(shape, dtype) : null;
  }

  /** The weight of the newest batch in the running statistics, in [0, 1]; null weights all batches equally.
   *  Setting it throws ValueError for another value. */
  get momentum(): number | null {
    return this.#momentum;
  }
  set momentum(value: number | null) {
    const what = `${this.title()}: momentum`;
    if (value !== null && checkFiniteNumber(what, value, 0, 1) >= 0.9 && value < 1 && !told.has(what)) {
      told.add(what);
      console.warn(`${what} ${value} is the weight of the newest batch, not of the old statistics; give 1 - momentum`);
    }
    this.#momentum = value;
  }
  /** The number added to the variance. */
  get eps(): number {
    return this.#eps;
  }

  /** The layer's name in messages; a minifier may change the name of the class. */
  protected abstract title(): string;
  /** The numbers of axes that an input may have. */
  protected abstract readonly axes: readonly number[];

  /** Normalizes x.  -> the shape of x. In training it also updates the running statistics.
   *  fused: a `residual` to add to the result, and whether `relu` is applied last. If the batch's statistics are used, the same pass does both.
   *  Throws DTypeError if x is not float, ShapeError if x has another number of axes, or if it has only one value per channel
   *  and the batch's statistics are used. */
  forward(x: Tensor, fused: NormFusion = NOTHING): Tensor {
    const name = this.title();
    if (fused !== NOTHING) checkOptions(name, fused, ['residual', 'relu']);
    if (!this.axes.includes(checkFloat(name, x).ndim)) {
      throw new ShapeError(
        `${name}: takes an input of ${this.axes.join(' or ')} axes, channels second: ${show(x.shape)}`,
      );
    }
    const shape = [x.shape[1]];
    const weight = this.weight ?? ones(shape, { dtype: x.dtype });
    const bias = this.bias ?? zeros(shape, { dtype: x.dtype });
    const options = { ...fused, eps: this.#eps };
    if (!this.training && this.runningMean) {
      return batchNormWith(x, weight, bias, this.runningMean, this.runningVar!, options);
    }
    const n = x.size / x.shape[1];
    if (n === 1) {
      throw new ShapeError(
        `${name}: one value per channel has no variance: ${show(x.shape)}; use a larger batch, dropLast: true, or eval()`,
      );
    }
    if (this.training) noteTraining('batch normalization');
    const [y, mean, variance] = batchNorm(x, weight, bias, options);
    if (this.runningMean && !isRecomputing()) {
      const running = [this.runningMean, this.runningVar!, this.numBatchesTracked!];
      for (const t of running) checkTensor(`${name}: a buffer`, t);
      runInPlace(track, running, [mean, variance], { momentum: this.momentum, n });
    }
    return y;
  }

  override extraRepr(): string {
    const { weight, runningMean } = this;
    return formatArguments([this.#channels], {
      eps: [this.#eps, 1e-5],
      momentum: [this.momentum, 0.1],
      affine: [weight !== null, true],
      trackRunningStats: [runningMean !== null, true],
      dtype: [(weight ?? runningMean)?.dtype ?? 'float32', 'float32'],
    });
  }
}

/** Updates running_mean, running_var and num_batches_tracked by a batch's mean and biased variance, with n values per channel. One call
 *  in place of a dozen operations; a loop suffices for one value per channel. */
const track: Kernel<{ momentum: number | null; n: number }> = {
  name: 'trackStatistics',
  loop([mean, variance, count], [m, s2], { momentum, n }) {
    const p = momentum ?? 1 / (count.data[count.offset] + 1);
    const update = (running: View, now: View, factor: number) => {
      for (let c = 0; c < running.shape[0]; c++) {
        const at = running.offset + c * running.stride[0];
        running.data[at] += p * (factor * now.data[now.offset + c * now.stride[0]] - running.data[at]);
      }
    };
    update(mean, m, 1);
    update(variance, s2, n / (n - 1));
    count.data[count.offset]++;
  },
};

/** Batch normalization of vectors or sequences.  x [n, channels] or [n, channels, length]  -> the same shape
 *
 *    y = w (x - mu) / sqrt(s2 + eps) + b,   mu and s2 the mean and biased variance of each channel
 *
 *  Training takes mu and s2 from the batch and updates the running statistics; evaluation uses the running statistics.
 *  Source: Ioffe and Szegedy 2015, arXiv 1502.03167. */
export class BatchNorm1d extends BatchNorm {
  protected title(): string {
    return 'BatchNorm1d';
  }
  protected get axes(): readonly number[] {
    return [2, 3];
  }
}

/** Batch normalization of images.  x [n, channels, h, w]  -> the same shape
 *
 *    y = w (x - mu) / sqrt(s2 + eps) + b,   mu and s2 the mean and biased variance of each channel
 *
 *  Training takes mu and s2 from the batch and updates the running statistics; evaluation uses the running statistics.
 *  Source: Ioffe and Szegedy 2015, arXiv 1502.03167. */
export class BatchNorm2d extends BatchNorm {
  protected title(): string {
    return 'BatchNorm2d';
  }
  protected get axes(): readonly number[] {
    return [4];
  }
}

/** Layer normalization over the last axes of each sample:
 *
 *    y = w (x - mu) / sqrt(s2 + eps) + b,   mu and s2 the mean and biased variance over these axes
 *
 *  Source: Ba, Kiros and Hinton 2016, arXiv 1607.06450. */
export class LayerNorm extends Module {
  /** w of the normalized shape, initially 1; null with `affine: false`. */
  readonly weight: Tensor | null;
  /** b of the normalized shape, initially 0; null with `affine: false`. */
  readonly bias: Tensor | null;
  readonly #shape: Shape;
  readonly #eps: number;

  /** shape: the sizes of the axes that are normalized, or one size for the last axis.
   *  eps: added to the variance. Default: 1e-5. affine: whether the layer has a weight and a bias. Default: true.
   *  Throws ValueError if a size is not a positive integer or eps is negative. */
  constructor(shape: number | Shape, options: LayerOptions & { eps?: number; affine?: boolean } = {}) {
    super();
    checkLayerOptions('LayerNorm', options, ['eps', 'affine']);
    const { eps = 1e-5, affine = true, dtype } = options;
    this.#shape = [...checkCounts('LayerNorm: a size', typeof shape === 'number' ? [shape] : shape)];
    must(this.#shape.length > 0, 'LayerNorm: the shape', 'of one axis at least', shape);
    checkFiniteNumber('LayerNorm: eps', eps, 0);
    checkFlag('LayerNorm: affine', affine);
    this.#eps = eps;
    fixedOptions(this, { shape: [...this.#shape], affine });
    this.weight = affine ? constant(parameter(this.#shape, dtype), 1) : null;
    this.bias = affine ? parameter(this.#shape, dtype) : null;
  }

  /** The number added to the variance. */
  get eps(): number {
    return this.#eps;
  }

  /** x [.., ...shape]  -> the same shape.  Throws DTypeError if x is not float, ShapeError if the last axes differ. */
  forward(x: Tensor): Tensor {
    return layerNorm(checkFloat('LayerNorm', x), this.#shape, this.weight, this.bias, { eps: this.#eps });
  }

  override extraRepr(): string {
    const { weight } = this;
    const sizes = this.#shape.length === 1 ? this.#shape[0] : `[${this.#shape.join(', ')}]`;
    return formatArguments([sizes], {
      eps: [this.#eps, 1e-5],
      affine: [weight !== null, true],
      dtype: [weight?.dtype ?? 'float32', 'float32'],
    });
  }
}

// Normalization layers; the equations are in core/ops/norm.ts. With momentum p, and n values of a channel in the batch:
//
//   running_mean += p (mean - running_mean)
//   running_var  += p (n/(n-1) s2 - running_var)        s2 the biased variance that normalizes the batch
//
// p = null makes it the average of all batches so far: p = 1 / num_batches_tracked. As in PyTorch, whose names the
// buffers carry.
import {
  add,
  batchNorm,
  batchNormWith,
  checkTensor,
  div,
  layerNorm,
  mul,
  type NormFusion,
  noGrad,
  ones,
  type Shape,
  ShapeError,
  show,
  sub,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../core/index.js';
import { constant } from './init.js';
import { checkCount, type LayerOptions, parameter } from './layer.js';
import { Module } from './module.js';
import { written } from './print.js';
import { overwrite } from './state.js';

export interface BatchNormOptions extends LayerOptions {
  /** Added to the variance. */
  eps?: number;
  /** The share of the newest batch in the running statistics; null averages all batches alike. */
  momentum?: number | null;
  /** Whether there are a weight and a bias. */
  affine?: boolean;
  /** Without running statistics evaluation uses the batch as training does. */
  trackRunningStats?: boolean;
}

/** Statistics of the batch in training, running ones in evaluation. */
abstract class BatchNorm extends Module {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly runningMean: Tensor | null = null;
  readonly runningVar: Tensor | null = null;
  readonly numBatchesTracked: Tensor | null = null;
  readonly #channels: number;
  readonly #eps: number;
  readonly #momentum: number | null;

  constructor(channels: number, options: BatchNormOptions = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, dtype } = options;
    const shape = [checkCount(`${this.title()}: channels`, channels)];
    if (!(eps >= 0)) throw new ValueError(`${this.title()}: eps must not be negative: ${eps}`);
    if (momentum !== null && !(momentum >= 0 && momentum <= 1)) {
      throw new ValueError(`${this.title()}: momentum must lie in [0, 1] or be null: ${momentum}`);
    }
    this.#channels = channels;
    this.#eps = eps;
    this.#momentum = momentum;
    this.weight = affine ? constant(parameter(shape, dtype), 1) : null;
    this.bias = affine ? parameter(shape, dtype) : null;
    if (!trackRunningStats) return;
    const start = (value: number) => tensor(new Float64Array(channels).fill(value), { dtype: dtype ?? 'float32' });
    this.runningMean = this.registerBuffer('running_mean', start(0));
    this.runningVar = this.registerBuffer('running_var', start(1));
    this.numBatchesTracked = this.registerBuffer('num_batches_tracked', tensor(0, { dtype: 'int32' }));
  }

  /** Its name in messages, which a minifier leaves as it is. */
  protected abstract title(): string;
  /** How many axes an input may have. */
  protected abstract readonly axes: readonly number[];

  /** fused: what is added to the result, and whether relu comes last, in the same pass.
   *  Throws ShapeError for an input of other axes, and where the batch is used for one that has one value a channel. */
  forward(x: Tensor, fused: NormFusion = {}): Tensor {
    const name = this.title();
    if (!this.axes.includes(checkTensor(name, x).ndim)) {
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
        `${name}: one value a channel has no variance: ${show(x.shape)}; use a larger batch or eval()`,
      );
    }
    const [y, mean, variance] = batchNorm(x, weight, bias, options);
    if (this.runningMean) noGrad(() => this.#track(mean, mul(variance, n / (n - 1))));
    return y;
  }

  override extraRepr(): string {
    const { weight, runningMean } = this;
    return written([this.#channels], {
      eps: [this.#eps, 1e-5],
      momentum: [this.#momentum, 0.1],
      affine: [weight !== null, true],
      trackRunningStats: [runningMean !== null, true],
      dtype: [(weight ?? runningMean)?.dtype ?? 'float32', 'float32'],
    });
  }

  #track(mean: Tensor, variance: Tensor): void {
    const count = this.numBatchesTracked!;
    overwrite(count, add(count, 1));
    for (const [running, now] of [[this.runningMean!, mean] as const, [this.runningVar!, variance] as const]) {
      const p = this.#momentum ?? div(ones([], { dtype: running.dtype }), count);
      overwrite(running, add(running, mul(sub(now, running), p)));
    }
  }
}

/** Batch normalization.  x [n, c] or [n, c, length] */
export class BatchNorm1d extends BatchNorm {
  protected title(): string {
    return 'BatchNorm1d';
  }
  protected get axes(): readonly number[] {
    return [2, 3];
  }
}

/** Batch normalization.  x [n, c, h, w] */
export class BatchNorm2d extends BatchNorm {
  protected title(): string {
    return 'BatchNorm2d';
  }
  protected get axes(): readonly number[] {
    return [4];
  }
}

/** Normalizes each sample over its last axes, whose sizes are `shape`. */
export class LayerNorm extends Module {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly #shape: Shape;
  readonly #eps: number;

  /** shape: one size for the last axis, or several. affine: whether there are a weight and a bias of that shape. */
  constructor(shape: number | Shape, options: LayerOptions & { eps?: number; affine?: boolean } = {}) {
    super();
    const { eps = 1e-5, affine = true, dtype } = options;
    this.#shape = (typeof shape === 'number' ? [shape] : shape).map((d) => checkCount('LayerNorm: a size', d));
    if (!(eps >= 0)) throw new ValueError(`LayerNorm: eps must not be negative: ${eps}`);
    this.#eps = eps;
    this.weight = affine ? constant(parameter(this.#shape, dtype), 1) : null;
    this.bias = affine ? parameter(this.#shape, dtype) : null;
  }

  forward(x: Tensor): Tensor {
    return layerNorm(checkTensor('LayerNorm', x), this.#shape, this.weight, this.bias, { eps: this.#eps });
  }

  override extraRepr(): string {
    const { weight } = this;
    const sizes = this.#shape.length === 1 ? this.#shape[0] : `[${this.#shape.join(', ')}]`;
    return written([sizes], {
      eps: [this.#eps, 1e-5],
      affine: [weight !== null, true],
      dtype: [weight?.dtype ?? 'float32', 'float32'],
    });
  }
}

// Activations as layers; the functions and their gradients are in map.ts and softmax.ts of core/ops.
import {
  atMost,
  checkChoice,
  checkCount,
  checkFiniteNumber,
  checkInteger,
  checkOptions,
  elu,
  gelu,
  leakyRelu,
  prelu,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  type Tensor,
  tanh,
} from '../core/index.js';
import { checkFloat, checkLayerOptions } from './checks.js';
import { constant } from './init.js';
import { Module } from './module.js';
import { type LayerOptions, parameter } from './parameter.js';
import { formatArguments } from './print.js';

/** Rectified linear unit: y = max(x, 0), element by element. */
export class ReLU extends Module {
  /** max(x, 0).  x of any shape  -> the same shape */
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** Leaky rectified linear unit: y = x if x >= 0, else slope x.
 *  Source: Maas, Hannun and Ng 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models. */
export class LeakyReLU extends Module {
  readonly #slope: number;

  /** slope: the factor on negative inputs. Default: 0.01. */
  constructor(slope = 0.01) {
    super();
    atMost(1, 'LeakyReLU', arguments);
    this.#slope = checkFiniteNumber('LeakyReLU: slope', slope);
  }

  /** The factor on negative inputs. */
  get slope(): number {
    return this.#slope;
  }

  /** x or slope x.  x of any shape  -> the same shape */
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.#slope);
  }

  override extraRepr(): string {
    return formatArguments([this.#slope]);
  }
}

/** Exponential linear unit: y = x if x > 0, else alpha (e^x - 1).
 *  Source: Clevert, Unterthiner and Hochreiter 2015, arXiv 1511.07289. */
export class ELU extends Module {
  readonly #alpha: number;

  /** alpha: minus the value that large negative inputs approach. Default: 1. */
  constructor(alpha = 1) {
    super();
    atMost(1, 'ELU', arguments);
    this.#alpha = checkFiniteNumber('ELU: alpha', alpha);
  }

  /** Minus the value that large negative inputs approach. */
  get alpha(): number {
    return this.#alpha;
  }

  /** x or alpha (e^x - 1).  x of any shape  -> the same shape */
  forward(x: Tensor): Tensor {
    return elu(x, this.#alpha);
  }

  override extraRepr(): string {
    return this.#alpha === 1 ? '' : formatArguments([this.#alpha]);
  }
}

/** Leaky rectified linear unit with learned slopes: y = x if x > 0, else weight x.
 *  Source: He et al. 2015, arXiv 1502.01852. */
export class PReLU extends Module {
  /** The slopes of negative inputs, [numParameters]. */
  readonly weight: Tensor;

  /** numParameters: one slope for all, or one for each channel, axis 1. Default: 1. init: the initial slopes. Default: 0.25.
   *  Throws ValueError if numParameters is not a positive integer. */
  constructor(numParameters = 1, options: LayerOptions & { init?: number } = {}) {
    super();
    checkLayerOptions('PReLU', options, ['init']);
    const { init = 0.25, dtype } = options;
    checkFiniteNumber('PReLU: init', init);
    this.weight = constant(parameter([checkCount('PReLU: numParameters', numParameters)], dtype), init);
  }

  /** x or weight x.  x of any shape; [n, numParameters, ..] with several slopes  -> the same shape.
   *  Throws ShapeError if the channels differ, DTypeError if x is not float. */
  forward(x: Tensor): Tensor {
    return prelu(checkFloat('PReLU', x), this.weight);
  }

  override extraRepr(): string {
    return formatArguments([this.weight.size], { dtype: [this.weight.dtype, 'float32'] });
  }
}

/** Softmax along an axis: y = e^x / sum e^x. `crossEntropy` takes logits, so a net that it trains does not end with this layer. */
export class Softmax extends Module {
  readonly #axis: number;

  /** axis: negative ones count from the end. Default: -1, the last. */
  constructor(axis = -1) {
    super();
    atMost(1, 'Softmax', arguments);
    this.#axis = checkInteger('Softmax: axis', axis);
  }

  /** The axis of the sums; negative ones count from the end. */
  get axis(): number {
    return this.#axis;
  }

  /** e^x / sum e^x.  x of any shape  -> the same shape. Throws ShapeError if x has no such axis. */
  forward(x: Tensor): Tensor {
    return softmax(x, this.#axis);
  }

  override extraRepr(): string {
    return this.#axis === -1 ? '' : formatArguments([this.#axis]);
  }
}

/** Sigmoid linear unit: y = x sigmoid(x), element by element.
 *  Source: Hendrycks and Gimpel 2016, arXiv 1606.08415. */
export class SiLU extends Module {
  /** x sigmoid(x).  x of any shape  -> the same shape */
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** Gaussian error linear unit: y = x Phi(x), Phi the distribution function of the standard normal.
 *  Source: Hendrycks and Gimpel 2016, arXiv 1606.08415. */
export class GELU extends Module {
  readonly #approximate: 'none' | 'tanh';

  /** approximate: 'none' computes Phi by erf, 'tanh' by 1/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
   *  Default: 'none'. */
  constructor(options: { approximate?: 'none' | 'tanh' } = {}) {
    super();
    checkOptions('GELU', options, ['approximate']);
    this.#approximate = checkChoice('GELU', 'approximate', options.approximate ?? 'none', ['none', 'tanh']);
  }

  /** How Phi is computed. */
  get approximate(): 'none' | 'tanh' {
    return this.#approximate;
  }

  /** x Phi(x).  x of any shape  -> the same shape */
  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.#approximate });
  }

  override extraRepr(): string {
    return formatArguments([], { approximate: [this.#approximate, 'none'] });
  }
}

/** Hyperbolic tangent: y = (e^x - e^-x) / (e^x + e^-x), element by element. */
export class Tanh extends Module {
  /** tanh(x).  x of any shape  -> the same shape */
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** Logistic sigmoid: y = 1 / (1 + e^-x), element by element. */
export class Sigmoid extends Module {
  /** 1 / (1 + e^-x).  x of any shape  -> the same shape */
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** Softplus: y = log(1 + e^x), a smooth max(x, 0), element by element. */
export class Softplus extends Module {
  /** log(1 + e^x).  x of any shape  -> the same shape */
  forward(x: Tensor): Tensor {
    return softplus(x);
  }
}

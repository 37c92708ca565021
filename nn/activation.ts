// Activations as layers; the functions and their gradients are in core/ops/map.ts.
import {
  checkChoice,
  checkFiniteNumber,
  checkOptions,
  gelu,
  leakyRelu,
  relu,
  sigmoid,
  silu,
  softplus,
  type Tensor,
  tanh,
} from '../core/index.js';
import { Module } from './module.js';
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
    this.#slope = checkFiniteNumber('LeakyReLU: slope', slope);
  }

  /** x or slope x.  x of any shape  -> the same shape */
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.#slope);
  }

  override extraRepr(): string {
    return formatArguments([this.#slope]);
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

// Activations as layers; the functions are in core/ops/map.ts.
import { gelu, leakyRelu, relu, sigmoid, silu, softplus, type Tensor, tanh } from '../core/index.js';
import { Module } from './module.js';
import { written } from './print.js';

/** max(x, 0) */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** x where x >= 0, else slope x. */
export class LeakyReLU extends Module {
  readonly #slope: number;

  constructor(slope = 0.01) {
    super();
    this.#slope = slope;
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.#slope);
  }

  override extraRepr(): string {
    return written([this.#slope]);
  }
}

/** x times the sigmoid of x. */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** x times the normal distribution function of x, exact or by the tanh approximation. */
export class GELU extends Module {
  readonly #approximate: 'none' | 'tanh';

  constructor(options: { approximate?: 'none' | 'tanh' } = {}) {
    super();
    this.#approximate = options.approximate ?? 'none';
  }

  forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.#approximate });
  }

  override extraRepr(): string {
    return written([], { approximate: [this.#approximate, 'none'] });
  }
}

/** The hyperbolic tangent. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** 1 / (1 + e^-x) */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** log(1 + e^x) */
export class Softplus extends Module {
  forward(x: Tensor): Tensor {
    return softplus(x);
  }
}

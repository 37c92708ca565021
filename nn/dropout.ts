// Dropout: in training each element is kept with probability 1 - p and then divided by it, so that the mean stays.
// Source: Srivastava et al. 2014, JMLR 15, in its inverted form.
import { defaultRandom, mul, type Random, type Tensor, tensor, ValueError } from '../core/index.js';
import { Module } from './module.js';
import { written } from './print.js';

/** Sets elements to 0 with probability p in training, and does nothing in evaluation. */
export class Dropout extends Module {
  readonly #p: number;
  /** Where it draws from; a checkpoint finds it by this name. */
  readonly random?: Random;

  /** p in [0, 1]. Draws come from the stream `dropout` of `random`, or of the default Random at the time of the call. */
  constructor(p = 0.5, options: { random?: Random } = {}) {
    super();
    if (!(p >= 0 && p <= 1)) throw new ValueError(`Dropout: p must lie in [0, 1]: ${p}`);
    this.#p = p;
    this.random = options.random;
  }

  forward(x: Tensor): Tensor {
    if (!this.training || this.#p === 0) return x;
    const stream = (this.random ?? defaultRandom()).stream('dropout');
    const kept = new Float64Array(x.size);
    for (let i = 0; i < kept.length; i++) kept[i] = stream.uniform() < this.#p ? 0 : 1 / (1 - this.#p);
    return mul(x, tensor(kept, { shape: x.shape, dtype: x.dtype }));
  }

  override extraRepr(): string {
    return written([this.#p]);
  }
}

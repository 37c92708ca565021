// Dropout in its inverted form: dividing by 1 - p in training keeps the mean, so evaluation needs no factor.
import {
  checkOptions,
  checkRandom,
  checkTensor,
  defaultRandom,
  mul,
  type Random,
  showValue,
  type Tensor,
  tensor,
  ValueError,
} from '../core/index.js';
import { Module } from './module.js';
import { formatArguments } from './print.js';

/** Dropout: y = x m / (1 - p) in training, y = x in evaluation. For each element m is 0 with probability p, else 1.
 *  Source: Srivastava et al. 2014, JMLR 15, 1929-1958. */
export class Dropout extends Module {
  readonly #p: number;
  /** The Random of the options. A checkpoint saves and restores its streams. */
  readonly random?: Random;

  /** p: the probability of dropping an element. Default: 0.5. Throws ValueError if it is outside [0, 1].
   *  random: its stream `dropout` draws m. Default: the default Random at the time of each forward. */
  constructor(p = 0.5, options: { random?: Random } = {}) {
    super();
    if (!(typeof p === 'number' && p >= 0 && p <= 1)) {
      throw new ValueError(`Dropout: p must lie in [0, 1]: ${showValue(p)}`);
    }
    checkOptions('Dropout', options, ['random']);
    checkRandom('Dropout', options.random);
    this.#p = p;
    this.random = options.random;
  }

  /** x of any shape  -> the same shape; x itself in evaluation. */
  forward(x: Tensor): Tensor {
    checkTensor('Dropout', x);
    if (!this.training || this.#p === 0) return x;
    const stream = (this.random ?? defaultRandom()).stream('dropout');
    const kept = new Float64Array(x.size);
    for (let i = 0; i < kept.length; i++) kept[i] = stream.uniform() < this.#p ? 0 : 1 / (1 - this.#p);
    return mul(x, tensor(kept, { shape: x.shape, dtype: x.dtype }));
  }

  override extraRepr(): string {
    return formatArguments([this.#p]);
  }
}

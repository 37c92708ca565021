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
    this.#p = checkProbability('Dropout: p', p);
    checkOptions('Dropout', options, ['random']);
    checkRandom('Dropout', options.random);
    this.random = options.random;
  }

  /** x of any shape  -> the same shape; x itself in evaluation. */
  forward(x: Tensor): Tensor {
    checkTensor('Dropout', x);
    return this.training ? dropped(x, this.#p, this.random) : x;
  }

  override extraRepr(): string {
    return formatArguments([this.#p]);
  }
}

/** Returns p. Throws ValueError unless it is a number in [0, 1]. */
export function checkProbability(what: string, p: number): number {
  if (typeof p === 'number' && p >= 0 && p <= 1) return p;
  throw new ValueError(`${what} must lie in [0, 1]: ${showValue(p)}`);
}

/** x m / (1 - p). random: its stream `dropout` draws m. Default: the default Random. */
export function dropped(x: Tensor, p: number, random?: Random): Tensor {
  if (p === 0) return x;
  const stream = (random ?? defaultRandom()).stream('dropout');
  const kept = new Float64Array(x.size);
  for (let i = 0; i < kept.length; i++) kept[i] = stream.uniform() < p ? 0 : 1 / (1 - p);
  return mul(x, tensor(kept, { shape: x.shape, dtype: x.dtype }));
}

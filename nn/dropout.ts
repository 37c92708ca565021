// Dropout in its inverted form: dividing by 1 - p in training keeps the mean, so evaluation needs no factor.
import {
  checkOptions,
  checkRandom,
  defaultRandom,
  mul,
  type Random,
  type Shape,
  ShapeError,
  show,
  showValue,
  sizeOf,
  type Tensor,
  tensor,
  ValueError,
} from '../core/index.js';
import { checkFloat } from './checks.js';
import { noteTraining } from './modes.js';
import { Module } from './module.js';
import { formatArguments } from './print.js';

/** Dropout: y = x m / (1 - p) in training, y = x in evaluation. For each element m is 0 with probability p, else 1.
 *  Source: Srivastava et al. 2014, JMLR 15, 1929-1958. */
export class Dropout extends Module {
  #p = 0;
  /** The Random of the options. A checkpoint saves and restores its streams. */
  readonly random?: Random;

  /** The probability of dropping an element. Setting it throws ValueError outside [0, 1], and warns of 1. */
  get p(): number {
    return this.#p;
  }
  set p(value: number) {
    this.#p = checkDropped('Dropout: p', value);
  }

  /** p: the probability of dropping an element. Default: 0.5. Throws ValueError if it is outside [0, 1].
   *  random: its stream `dropout` draws m. Default: the default Random at the time of each forward. */
  constructor(p = 0.5, options: { random?: Random } = {}) {
    super();
    this.p = p;
    checkOptions('Dropout', options, ['random']);
    checkRandom('Dropout', options.random);
    this.random = options.random;
  }

  /** x of any shape  -> the same shape; x itself in evaluation. Throws DTypeError if x is not float. */
  forward(x: Tensor): Tensor {
    checkFloat('Dropout', x);
    return this.training ? dropped(x, this.p, this.random) : x;
  }

  override extraRepr(): string {
    return formatArguments([this.#p]);
  }
}

/** Dropout of whole channels: y = x m / (1 - p) in training, y = x in evaluation, with one m for each channel of each sample.
 *  Neighbouring pixels are alike, so dropping single ones would hide little.
 *  Source: Tompson et al. 2015, arXiv 1411.4280. */
export class Dropout2d extends Module {
  #p = 0;
  /** The Random of the options. A checkpoint saves and restores its streams. */
  readonly random?: Random;

  /** The probability of dropping a channel. Setting it throws ValueError outside [0, 1], and warns of 1. */
  get p(): number {
    return this.#p;
  }
  set p(value: number) {
    this.#p = checkDropped('Dropout2d: p', value);
  }

  /** p: the probability of dropping a channel. Default: 0.5. Throws ValueError if it is outside [0, 1].
   *  random: its stream `dropout` draws m. Default: the default Random at the time of each forward. */
  constructor(p = 0.5, options: { random?: Random } = {}) {
    super();
    this.p = p;
    checkOptions('Dropout2d', options, ['random']);
    checkRandom('Dropout2d', options.random);
    this.random = options.random;
  }

  /** x [n, c, h, w]  -> the same shape; x itself in evaluation. Throws ShapeError if x does not have four axes,
   *  DTypeError if it is not float. */
  forward(x: Tensor): Tensor {
    if (checkFloat('Dropout2d', x).ndim !== 4)
      throw new ShapeError(`Dropout2d: takes images [n,c,h,w]: ${show(x.shape)}; Dropout takes any shape`);
    return this.training ? dropped(x, this.p, this.random, [...x.shape.slice(0, 2), 1, 1]) : x;
  }

  override extraRepr(): string {
    return formatArguments([this.#p]);
  }
}

/** Returns p. Throws ValueError unless it lies in [0, 1], and warns of 1. */
function checkDropped(what: string, p: number): number {
  if (p === 1) console.warn(`${what} is 1: it drops everything, and nothing before it is trained`);
  return checkProbability(what, p);
}

/** Returns p. Throws ValueError unless it is a number in [0, 1]. */
export function checkProbability(what: string, p: number): number {
  if (typeof p === 'number' && p >= 0 && p <= 1) return p;
  throw new ValueError(`${what} must lie in [0, 1]: ${showValue(p)}`);
}

/** x m / (1 - p). random: its stream `dropout` draws m. Default: the default Random. shape: the shape of m, which broadcasts to x.
 *  Default: that of x. */
export function dropped(x: Tensor, p: number, random?: Random, shape: Shape = x.shape): Tensor {
  if (p === 0) return x;
  noteTraining('dropout');
  checkRandom('Dropout', random);
  const stream = (random ?? defaultRandom()).stream('dropout');
  const kept = new Float64Array(sizeOf(shape));
  for (let i = 0; i < kept.length; i++) kept[i] = stream.uniform() < p ? 0 : 1 / (1 - p);
  return mul(x, tensor(kept, { shape, dtype: x.dtype }));
}

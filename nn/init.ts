// Initializers: each writes values into a tensor in place and returns it. With the receptive field r = kh kw of a kernel,
// or r = 1 for a matrix:
//
//   fanIn = shape[1] r,  fanOut = shape[0] r
//   kaiming   deviation = gain / sqrt(fan)                      He et al. 2015, arXiv 1502.01852, eq. 10 and 14
//   xavier    deviation = gain sqrt(2 / (fanIn + fanOut))       Glorot and Bengio 2010, eq. 12 and 16
//   uniform   bound = sqrt(3) deviation, since a uniform number on [-b, b] has deviation b / sqrt(3)
//
// Names, defaults and gains are as in torch.nn.init.
import {
  checkChoice,
  checkFiniteNumber,
  checkOptions,
  checkRandom,
  checkTensor,
  DTypeError,
  describeValue,
  isFloat,
  noGrad,
  type Random,
  type Shape,
  ShapeError,
  show,
  showValue,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { checkCounts } from './checks.js';
import { fill } from './fill.js';
import { Module } from './module.js';

/** Options of every random initializer. */
export interface InitOptions {
  /** The Random whose stream `init` draws the numbers. Default: the default Random. */
  random?: Random;
}

/** A nonlinearity with a recommended gain; see `calculateGain`. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu';

/** Options of `kaimingUniform` and `kaimingNormal`. */
export interface KaimingOptions extends InitOptions {
  /** The slope of leakyRelu below zero; other nonlinearities ignore it. Default: 0. */
  a?: number;
  /** Which variance stays the same from layer to layer: of activations (fanIn) or of gradients (fanOut).
   *  Default: 'fanIn'. */
  mode?: 'fanIn' | 'fanOut';
  /** The nonlinearity after the layer. Default: 'leakyRelu'. */
  nonlinearity?: Nonlinearity;
}

const NONLINEARITIES: readonly Nonlinearity[] = ['linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu'];

/** The recommended factor on the deviation of weights before a nonlinearity: 1 for linear and sigmoid, 5/3 for tanh, sqrt(2) for
 *  relu, sqrt(2 / (1 + slope^2)) for leakyRelu. slope: the slope of leakyRelu below zero. Default: 0.01. Throws ValueError if the
 *  nonlinearity is unknown. */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  checkFiniteNumber('calculateGain: slope', slope);
  switch (checkChoice('calculateGain', 'nonlinearity', nonlinearity, NONLINEARITIES)) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2));
  }
}

/** fanIn: the number of inputs that an output depends on. fanOut: the number of outputs that an input affects. shape [out, in,
 *  ..kernel]. Throws ShapeError if it has fewer than two axes. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  return fansOf('init.fans', shape);
}

function fansOf(what: string, shape: Shape): { fanIn: number; fanOut: number } {
  checkCounts(`${what}: shape`, shape);
  if (shape.length < 2) {
    throw new ShapeError(`${what}: fan in and out need two axes: ${show(shape)}; use uniform, normal or constant`);
  }
  const receptive = shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: shape[1] * receptive, fanOut: shape[0] * receptive };
}

/** Fills t uniformly on [-b, b], b = gain sqrt(3 / fan), and returns it.  t [out, in, ..kernel]
 *  Throws ShapeError if t has fewer than two axes, ValueError if the mode or nonlinearity is unknown.
 *  Source: He et al. 2015, arXiv 1502.01852, eq. 10 and 14. */
export function kaimingUniform(t: Tensor, options: KaimingOptions = {}): Tensor {
  checkArguments('init.kaimingUniform', t, options, ['a', 'mode', 'nonlinearity']);
  const bound = Math.sqrt(3) * kaimingDeviation('init.kaimingUniform', t.shape, options);
  return uniform(t, { low: -bound, high: bound, random: options.random });
}

/** Fills t with normal numbers of mean 0 and deviation gain / sqrt(fan), and returns it.  t [out, in, ..kernel]
 *  Throws ShapeError if t has fewer than two axes, ValueError if the mode or nonlinearity is unknown.
 *  Source: He et al. 2015, arXiv 1502.01852, eq. 10 and 14. */
export function kaimingNormal(t: Tensor, options: KaimingOptions = {}): Tensor {
  checkArguments('init.kaimingNormal', t, options, ['a', 'mode', 'nonlinearity']);
  return normal(t, { std: kaimingDeviation('init.kaimingNormal', t.shape, options), random: options.random });
}

/** Fills t uniformly on [-b, b], b = gain sqrt(6 / (fanIn + fanOut)), and returns it.  t [out, in, ..kernel]
 *  gain: default 1. Throws ShapeError if t has fewer than two axes.
 *  Source: Glorot and Bengio 2010, Understanding the Difficulty of Training Deep Feedforward Neural Networks, eq. 16. */
export function xavierUniform(t: Tensor, options: InitOptions & { gain?: number } = {}): Tensor {
  checkArguments('init.xavierUniform', t, options, ['gain']);
  const bound = Math.sqrt(3) * xavierDeviation('init.xavierUniform', t.shape, options.gain);
  return uniform(t, { low: -bound, high: bound, random: options.random });
}

/** Fills t with normal numbers of mean 0 and deviation gain sqrt(2 / (fanIn + fanOut)), and returns it.
 *  t [out, in, ..kernel]; gain: default 1. Throws ShapeError if t has fewer than two axes.
 *  Source: Glorot and Bengio 2010, Understanding the Difficulty of Training Deep Feedforward Neural Networks, eq. 12. */
export function xavierNormal(t: Tensor, options: InitOptions & { gain?: number } = {}): Tensor {
  checkArguments('init.xavierNormal', t, options, ['gain']);
  return normal(t, { std: xavierDeviation('init.xavierNormal', t.shape, options.gain), random: options.random });
}

/** Fills t uniformly from low to high, and returns it. Rounding to float32 may give high itself. Default: 0 to 1.
 *  Throws ValueError if low exceeds high. */
export function uniform(t: Tensor, options: InitOptions & { low?: number; high?: number } = {}): Tensor {
  checkArguments('init.uniform', t, options, ['low', 'high']);
  const { low = 0, high = 1 } = options;
  checkFiniteNumber('init.uniform: low', low);
  checkFiniteNumber('init.uniform: high', high);
  if (!(low <= high)) throw new ValueError(`init.uniform: low must not exceed high: ${low} and ${high}`);
  return fill(t, options.random, (stream) => low + (high - low) * stream.uniform());
}

/** Fills t with normal numbers, and returns it. mean: default 0. std: their deviation, default 1.
 *  Throws ValueError if std is negative. */
export function normal(t: Tensor, options: InitOptions & { mean?: number; std?: number } = {}): Tensor {
  checkArguments('init.normal', t, options, ['mean', 'std']);
  const { mean = 0, std = 1 } = options;
  checkFiniteNumber('init.normal: mean', mean);
  checkFiniteNumber('init.normal: std', std);
  if (!(std >= 0)) throw new ValueError(`init.normal: the deviation must not be negative: ${std}`);
  return fill(t, options.random, (stream) => mean + std * stream.normal());
}

/** Sets every element of t to the value, and returns t. */
export function constant(t: Tensor, value: number): Tensor {
  checkArguments('init.constant', t, {}, []);
  if (typeof value !== 'number') throw new ValueError(`init.constant: takes a number: got ${showValue(value)}`);
  return noGrad(() => t.assign(value));
}

function checkArguments(what: string, t: Tensor, options: InitOptions, own: readonly string[]): void {
  if (t instanceof Module)
    throw new DTypeError(`${what}: takes a tensor: got ${describeValue(t)}; give a parameter: layer.weight`);
  if (!isFloat(checkTensor(what, t).dtype)) throw new DTypeError(`${what}: fills a tensor of floats: got ${t.dtype}`);
  checkOptions(what, options, [...own, 'random']);
  checkRandom(what, options.random);
}

function kaimingDeviation(
  what: string,
  shape: Shape,
  { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions,
): number {
  const fan = fansOf(what, shape)[checkChoice(what, 'mode', mode, ['fanIn', 'fanOut'])];
  return calculateGain(nonlinearity, a) / Math.sqrt(fan);
}

function xavierDeviation(what: string, shape: Shape, gain = 1): number {
  checkFiniteNumber(`${what}: gain`, gain);
  const { fanIn, fanOut } = fansOf(what, shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

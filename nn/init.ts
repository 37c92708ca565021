// Initial values, written in place. With the receptive field r = kh kw of a kernel (1 for a matrix):
//
//   fanIn = shape[1] r,  fanOut = shape[0] r
//   kaiming   deviation = gain / sqrt(fan)                      He et al. 2015, arXiv 1502.01852, eq. 10 and 14
//   xavier    deviation = gain sqrt(2 / (fanIn + fanOut))       Glorot and Bengio 2010, eq. 12 and 16
//   uniform   bound = sqrt(3) deviation: a uniform number on [-b, b] has deviation b / sqrt(3)
//
// Names, defaults and gains are those of torch.nn.init.
import {
  defaultRandom,
  noGrad,
  type Random,
  type Shape,
  ShapeError,
  show,
  type Tensor,
  ValueError,
} from '../core/index.js';

export interface InitOptions {
  /** Numbers come from its stream `init`; from that of the default Random where left out. */
  random?: Random;
}

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu';

export interface KaimingOptions extends InitOptions {
  /** The slope below zero, where the nonlinearity is leakyRelu. */
  a?: number;
  /** Which of the two sizes keeps its variance: activations forward (fanIn) or gradients backward (fanOut). */
  mode?: 'fanIn' | 'fanOut';
  nonlinearity?: Nonlinearity;
}

/** The recommended factor on the deviation before a nonlinearity. slope: of leakyRelu below zero. */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
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
  throw new ValueError(
    `calculateGain: unknown nonlinearity: ${nonlinearity}; one of linear, sigmoid, tanh, relu, leakyRelu`,
  );
}

/** How many inputs one output sees, and the reverse. shape [out, in, ..kernel]. Throws ShapeError below two axes. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError(`init: fan in and out need two axes: ${show(shape)}; use uniform, normal or constant`);
  }
  const receptive = shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: shape[1] * receptive, fanOut: shape[0] * receptive };
}

/** Uniform on [-b, b], b = gain sqrt(3 / fan). Returns the tensor, as all of these do. */
export function kaimingUniform(t: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingDeviation(t.shape, options);
  return uniform(t, { low: -bound, high: bound, random: options.random });
}

/** Normal with deviation gain / sqrt(fan). */
export function kaimingNormal(t: Tensor, options: KaimingOptions = {}): Tensor {
  return normal(t, { std: kaimingDeviation(t.shape, options), random: options.random });
}

/** Uniform on [-b, b], b = gain sqrt(6 / (fanIn + fanOut)). */
export function xavierUniform(t: Tensor, options: InitOptions & { gain?: number } = {}): Tensor {
  const bound = Math.sqrt(3) * xavierDeviation(t.shape, options.gain);
  return uniform(t, { low: -bound, high: bound, random: options.random });
}

/** Normal with deviation gain sqrt(2 / (fanIn + fanOut)). */
export function xavierNormal(t: Tensor, options: InitOptions & { gain?: number } = {}): Tensor {
  return normal(t, { std: xavierDeviation(t.shape, options.gain), random: options.random });
}

/** Uniform on [low, high), [0, 1) where left out. */
export function uniform(t: Tensor, options: InitOptions & { low?: number; high?: number } = {}): Tensor {
  const { low = 0, high = 1 } = options;
  if (!(low <= high)) throw new ValueError(`init.uniform: low must not exceed high: ${low} and ${high}`);
  const stream = (options.random ?? defaultRandom()).stream('init');
  return fill(t, () => low + (high - low) * stream.uniform());
}

/** Normal, of mean 0 and deviation 1 where left out. */
export function normal(t: Tensor, options: InitOptions & { mean?: number; std?: number } = {}): Tensor {
  const { mean = 0, std = 1 } = options;
  if (!(std >= 0)) throw new ValueError(`init.normal: the deviation must not be negative: ${std}`);
  const stream = (options.random ?? defaultRandom()).stream('init');
  return fill(t, () => mean + std * stream.normal());
}

/** One value everywhere. */
export function constant(t: Tensor, value: number): Tensor {
  return noGrad(() => t.assign(value));
}

function kaimingDeviation(shape: Shape, { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions): number {
  const fan = fans(shape)[mode];
  if (fan === undefined) throw new ValueError(`init: unknown mode: ${mode}; one of fanIn, fanOut`);
  return calculateGain(nonlinearity, a) / Math.sqrt(fan);
}

function xavierDeviation(shape: Shape, gain = 1): number {
  const { fanIn, fanOut } = fans(shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

function fill(t: Tensor, draw: () => number): Tensor {
  const values = new Float64Array(t.size);
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return noGrad(() => t.assign(values));
}

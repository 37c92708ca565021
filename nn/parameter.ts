// Parameters of layers, and how linear and convolutional layers initialize them.
import { DataError, type DType, persist, type Random, type Shape, sizeOf, type Tensor, zeros } from '../core/index.js';
import { fill } from './fill.js';

/** Options of every layer with parameters. */
export interface LayerOptions {
  /** The Random whose stream `init` draws the initial values. Default: the default Random. */
  random?: Random;
  /** The dtype of parameters and buffers. Default: float32. */
  dtype?: DType;
}

/** How many values the parameters made from now on may have together. */
let budget = Infinity;

/** Runs a function that makes a model. Throws DataError, before memory is taken, if its parameters have more than `most` values:
 *  sizes that come from a file may be hostile. */
export function withinBudget<T>(most: number, make: () => T): T {
  budget = most;
  try {
    return make();
  } finally {
    budget = Infinity;
  }
}

/** Persistent zeros that require a gradient. */
export function parameter(shape: Shape, dtype?: DType): Tensor {
  budget -= sizeOf(shape);
  if (budget < 0) throw new DataError('its parameters have more values than the file');
  return persist(zeros(shape, { dtype, requiresGrad: true }));
}

/** Weight and bias as PyTorch initializes linear and convolutional layers: uniform on [-k, k], k = 1 / sqrt(fanIn).
 *  For the weight this is init.kaimingUniform with a = sqrt(5): the gain is sqrt(2 / 6), so the bound, gain times sqrt(3 / fanIn), is k.
 *  outputs: the number of values of the bias. Default: shape[0]. */
export function weightAndBias(
  shape: Shape,
  bias: boolean,
  { random, dtype }: LayerOptions,
  outputs = shape[0],
): [weight: Tensor, bias: Tensor | null] {
  const k = 1 / Math.sqrt(sizeOf(shape.slice(1)));
  const make = (shape: Shape) => fill(parameter(shape, dtype), random, (stream) => -k + 2 * k * stream.uniform());
  return [make(shape), bias ? make([outputs]) : null];
}

// Parameters of layers, and how linear and convolutional layers initialize them.
import { type DType, persist, type Random, type Shape, type Tensor, zeros } from '../core/index.js';
import { kaimingUniform, uniform } from './init.js';

/** Options of every layer with parameters. */
export interface LayerOptions {
  /** Initial values are drawn from its stream `init`. Default: the default Random. */
  random?: Random;
  /** The dtype of parameters and buffers. Default: float32. */
  dtype?: DType;
}

/** Persistent zeros that require a gradient. */
export function parameter(shape: Shape, dtype?: DType): Tensor {
  return persist(zeros(shape, { dtype, requiresGrad: true }));
}

/** Weight and bias as PyTorch initializes linear and convolutional layers: uniform on [-b, b], b = 1 / sqrt(fanIn).
 *  For the weight this is kaimingUniform with a = sqrt(5), since gain sqrt(3 / fanIn) = sqrt(2/6 3 / fanIn). */
export function weightAndBias(
  shape: Shape,
  bias: boolean,
  options: LayerOptions,
): [weight: Tensor, bias: Tensor | null] {
  const { random, dtype } = options;
  const weight = kaimingUniform(parameter(shape, dtype), { a: Math.sqrt(5), random });
  const bound = 1 / Math.sqrt(weight.size / shape[0]);
  return [weight, bias ? uniform(parameter([shape[0]], dtype), { low: -bound, high: bound, random }) : null];
}

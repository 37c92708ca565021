// What layers are made from.
import {
  type DType,
  describeValue,
  persist,
  type Random,
  type Shape,
  type Tensor,
  ValueError,
  zeros,
} from '../core/index.js';
import { kaimingUniform, uniform } from './init.js';

/** What every layer with parameters takes. */
export interface LayerOptions {
  /** Initial values come from its stream `init`; from that of the default Random where left out. */
  random?: Random;
  /** float32 where left out. */
  dtype?: DType;
}

/** Zeros that require a gradient and last. */
export function parameter(shape: Shape, dtype?: DType): Tensor {
  return persist(zeros(shape, { dtype, requiresGrad: true }));
}

/** PyTorch's start for linear and convolutional layers: weight and bias uniform on [-b, b], b = 1 / sqrt(fanIn).
 *  For the weight it is kaimingUniform with a = sqrt(5), since gain sqrt(3 / fanIn) = sqrt(2/6 3 / fanIn). */
export function weightAndBias(
  shape: Shape,
  bias: boolean,
  options: LayerOptions,
): [weight: Tensor, bias: Tensor | null] {
  if (typeof options !== 'object' || options === null) {
    throw new ValueError(`a layer's options are an object, as { bias: false }: got ${describeValue(options)}`);
  }
  const { random, dtype } = options;
  const weight = kaimingUniform(parameter(shape, dtype), { a: Math.sqrt(5), random });
  const bound = 1 / Math.sqrt(weight.size / shape[0]);
  return [weight, bias ? uniform(parameter([shape[0]], dtype), { low: -bound, high: bound, random }) : null];
}

/** Checks a number of features or channels. Throws ValueError for anything but a positive integer. */
export function checkCount(what: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ValueError(
    `${what} must be a positive integer: ${typeof value === 'number' ? value : describeValue(value)}`,
  );
}

/** Runs what reads by an index, for which an index out of range is a ValueError, and says which it was. noun: what is read,
 *  of which there are `count`. A backend that can only be awaited finds it out later and does not know. */
export function byIndex<T>(what: string, noun: string, index: Tensor, count: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const values = index.dataSync();
    const at = values.findIndex((i) => !(i >= 0 && i < count));
    const message = `${what}: no such ${noun}: ${values[at]} at index ${at}; there are ${count}, 0..${count - 1}`;
    throw at < 0 ? error : new ValueError(message, { cause: error });
  }
}

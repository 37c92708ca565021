// Argument checks. Most run once, in a constructor; a forward runs cheap ones only, such as those of a dtype or a shape.
import {
  checkCount,
  checkOptions,
  checkRandom,
  checkTensor,
  type DType,
  DTypeError,
  describeValue,
  isFloat,
  must,
  type Tensor,
  ValueError,
} from '../core/index.js';
import type { LayerOptions } from './parameter.js';

/** Makes the options of a layer readable fields, such as `conv.stride`, that cannot be assigned: nothing would read an assigned value.
 *  Freezes their lists. Returns the options. */
export function fixedOptions<T extends object>(layer: object, options: T): T {
  for (const name in options)
    if (!(name in layer)) Object.defineProperty(layer, name, { value: Object.freeze(options[name]) });
  return options;
}

/** Returns the list. Throws ValueError unless it is an array of positive integers. */
export function checkCounts(what: string, value: readonly number[]): readonly number[] {
  must(Array.isArray(value), what, 'a list of positive integers', value);
  for (const v of value) checkCount(what, v);
  return value;
}

/** Throws ValueError unless the three are positive integers and `groups` divides both numbers of channels. */
export function checkGroups(what: string, inChannels: number, outChannels: number, groups: number): void {
  checkCount(`${what}: inChannels`, inChannels);
  checkCount(`${what}: outChannels`, outChannels);
  checkCount(`${what}: groups`, groups);
  if (inChannels % groups === 0 && outChannels % groups === 0) return;
  throw new ValueError(
    `${what}: groups must divide the channels: ${groups} groups of ${inChannels} in, ${outChannels} out`,
  );
}

/** Throws ValueError unless `options` is an object whose keys are `random`, `dtype` or in the list `own`, and whose `random` is a
 *  Random; DTypeError unless its `dtype` is a float. */
export function checkLayerOptions(what: string, options: LayerOptions, own: readonly string[] = []): void {
  checkOptions(what, options, [...own, 'random', 'dtype']);
  const { random, dtype } = options;
  checkRandom(what, random);
  if (dtype !== undefined) checkFloatDType(what, dtype);
}

/** The layers that the warning about axes was printed for. */
const told = /* @__PURE__ */ new WeakSet<object>();

/** Warns, once for each layer, if axis 0 of x, which a layer without batchFirst reads as steps, holds the samples of a batch. */
export function warnOfAxes(what: string, layer: object, { storage, stride, shape }: Tensor): void {
  if (!/^batch$/i.test(storage.made) || shape[1] < 2 || stride[0] < stride[1] || told.has(layer)) return;
  told.add(layer);
  console.warn(`${what}: axis 0 of x holds the samples of a batch, not steps; give { batchFirst: true }`);
}

/** Throws DTypeError unless the value is float32 or float64. */
export function checkFloatDType(what: string, dtype: unknown): void {
  if (isFloat(dtype as DType)) return;
  const shown = typeof dtype === 'string' ? dtype : describeValue(dtype);
  throw new DTypeError(`${what}: parameters are floats: ${shown}; one of float32, float64`);
}

/** Returns x. Throws DTypeError unless it is a tensor of floats. An integer input would turn every later result into
 *  float64, as the promotion of int32 and float32 is float64. */
export function checkFloat(what: string, x: Tensor): Tensor {
  if (isFloat(checkTensor(what, x).dtype)) return x;
  throw new DTypeError(`${what}: takes floats: got ${x.dtype}; x.cast('float32') converts it`);
}

/** Calls `read`, which looks up `index` in `count` entries. If an index is out of range, the ValueError
 *  names it. noun: what an entry is, `row` or `class`.
 *  On a backend that can only be awaited the error does not name it, and may come only when the result is read. */
export function checkedLookup<T>(what: string, noun: string, index: Tensor, count: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ValueError && index.storage.backend.readSync)) throw error;
    const values = index.dataSync();
    const at = values.findIndex((i) => !(i >= 0 && i < count));
    const message = `${what}: no such ${noun}: ${values[at]} at index ${at}; there are ${count}, 0..${count - 1}`;
    throw at < 0 ? error : new ValueError(message, { cause: error });
  }
}

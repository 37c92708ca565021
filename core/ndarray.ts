// Conversion to and from ndarray (scijs), which has the same convention of shape, stride and offset.
import type { NdArray } from 'ndarray';
import { checkTensor, isDetached } from './arguments.js';
import { dtypeOf, type Values } from './backends/backend.js';
import { DTypeError, ValueError } from './errors.js';
import { TensorWithMethods } from './methods.js';
import { adopt } from './scope.js';
import type { Tensor } from './tensor.js';

/** An ndarray with a copy of the tensor's values. Loads the package ndarray on first use. ndarray creates its classes with
 *  `new Function`; under a strict Content-Security-Policy this throws the engine's EvalError. */
export async function toNdarray(t: Tensor): Promise<NdArray<Values>> {
  checkTensor('toNdarray', t);
  const { default: ndarray } = await import('ndarray');
  return ndarray(await t.data(), t.shape as number[]);
}

/** A tensor that shares an ndarray's values if the backend can use them in place, as reference and wasm do: a write to one shows
 *  in the other. The data must be a Float32Array, Float64Array, Int32Array, or a Uint8Array of zeros and ones, which becomes
 *  bool. Throws DTypeError for other arrays; ValueError for bytes other than 0 and 1, and if elements lie outside the data. */
export function fromNdarray(array: NdArray<any>): Tensor {
  const dtype = dtypeOf(array?.data);
  if (!dtype) {
    const kind = (array?.data as object | null)?.constructor?.name ?? typeof array?.data;
    throw new DTypeError(
      `fromNdarray: unsupported data: ${kind}; use Float32Array, Float64Array, Int32Array or Uint8Array`,
    );
  }
  if (isDetached(array.data)) throw new ValueError('fromNdarray: the array was transferred; transfer a copy');
  checkWindow(array);
  const odd = dtype === 'bool' ? (array.data as Uint8Array).find((v) => v > 1) : undefined;
  if (odd !== undefined)
    throw new ValueError(`fromNdarray: a Uint8Array is bool, 0 or 1: got ${odd}; copy to Int32Array`);
  return new TensorWithMethods(adopt(dtype, array.data), dtype, [...array.shape], [...array.stride], array.offset);
}

/** Throws ValueError unless every element of an ndarray lies inside its data. */
function checkWindow({ data, shape, stride, offset }: NdArray<Values>): void {
  const refuse = (why: string) => new ValueError(`fromNdarray: ${why}`);
  const numbers = Array.isArray(shape) && Array.isArray(stride) ? [...shape, ...stride, offset] : [];
  if (
    !numbers.length ||
    shape.length !== stride.length ||
    !numbers.every(Number.isInteger) ||
    shape.some((d) => d < 0)
  ) {
    throw refuse('shape, stride and offset must be integers, one size and one stride for each axis');
  }
  if (shape.includes(0)) return;
  const reach = shape.map((d, i) => (d - 1) * stride[i]);
  const first = reach.reduce((sum, r) => sum + Math.min(0, r), offset);
  const last = reach.reduce((sum, r) => sum + Math.max(0, r), offset);
  if (first >= 0 && last < data.length) return;
  throw refuse(`elements ${first} to ${last} lie outside the data of ${data.length} values`);
}

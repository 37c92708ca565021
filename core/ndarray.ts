// Exchange with ndarray (scijs), whose convention of shape, stride and offset tensors share.
import type { NdArray } from 'ndarray';
import { dtypeOf, type Values } from './backends/backend.js';
import { DTypeError, ValueError } from './errors.js';
import { TensorWithMethods } from './methods.js';
import { adopt } from './scope.js';
import type { Tensor } from './tensor.js';

/** An ndarray of a copy of the values. ndarray is loaded here, on first use: it makes its classes with `new Function`,
 *  which a strict Content-Security-Policy forbids. Throws what it throws there. */
export async function toNdarray(t: Tensor): Promise<NdArray<Values>> {
  const { default: ndarray } = await import('ndarray');
  return ndarray(await t.data(), [...t.shape]);
}

/** A tensor that looks at an ndarray's own values through its strides, where the backend computes on ordinary arrays, as
 *  both here do: writing to one shows in the other. Its data must be a Float32Array, Float64Array or Int32Array, or a
 *  Uint8Array of zeros and ones, which is bool. Throws DTypeError for others, ValueError for other bytes. */
export function fromNdarray(array: NdArray<any>): Tensor {
  const dtype = dtypeOf(array.data);
  if (!dtype) {
    const kind = (array.data as object | null)?.constructor?.name ?? typeof array.data;
    throw new DTypeError(
      `fromNdarray: data of another kind: ${kind}; use Float32Array, Float64Array, Int32Array or Uint8Array`,
    );
  }
  const odd = dtype === 'bool' ? (array.data as Uint8Array).find((v) => v > 1) : undefined;
  if (odd !== undefined)
    throw new ValueError(`fromNdarray: bytes are taken as bool, 0 or 1: ${odd}; copy to Int32Array`);
  return new TensorWithMethods(adopt(dtype, array.data), dtype, [...array.shape], [...array.stride], array.offset);
}

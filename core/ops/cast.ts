// Copies and conversions of values.

import { atMost, checkTensor } from '../arguments.js';
import type { CastAttributes } from '../backends/attributes.js';
import type { DType } from '../backends/backend.js';
import { checkDType, promote } from '../dtype.js';
import { type Operation, op } from '../op.js';
import type { Tensor } from '../tensor.js';
import { dense } from './loops.js';

/** Returns the same values in row-major order in a new storage. The gradient flows through. As a method: `clone`. */
export const copy: Operation<[x: Tensor], object> = op({
  name: 'copy',
  args: (x) => [[x], {}],
  shape: ([x]) => [x],
  loop: ([y], [x]) => y.data.set(dense(x), y.offset),
  vjp: ([g]) => [() => g],
});

/** Returns the values in another dtype, or x itself if it already has that dtype. To bool: x != 0, so NaN becomes true. To
 *  int32: rounds towards zero modulo 2^32; NaN and infinity become 0, as with JavaScript's x | 0. */
export function cast(x: Tensor, dtype: DType): Tensor {
  atMost(2, 'cast', arguments);
  return checkTensor('cast', x).dtype === checkDType('cast', dtype) ? x : castOp(x, dtype);
}

/** Returns the tensors cast to the smallest dtype that holds all of them. what: the function that messages name. */
export function unify(what: string, ...xs: Tensor[]): Tensor[] {
  const dtype = xs.map((x) => checkTensor(what, x).dtype).reduce(promote);
  return xs.map((x) => cast(x, dtype));
}

/** The same for operands that are added up: bool is cast to int32, which holds their sums. */
export function unifyNumbers(what: string, ...xs: Tensor[]): Tensor[] {
  return unify(what, ...xs).map((x) => (x.dtype === 'bool' ? cast(x, 'int32') : x));
}

export const castOp: Operation<[x: Tensor, dtype: DType], CastAttributes> = op({
  name: 'cast',
  args: (x, dtype) => [[x], { dtype }],
  shape: ([x]) => [x],
  dtype: (_, { dtype }) => [dtype],
  loop([y], [x], { dtype }) {
    const xs = dense(x);
    if (dtype === 'bool') for (let i = 0; i < xs.length; i++) y.data[y.offset + i] = xs[i] !== 0 ? 1 : 0;
    else y.data.set(dtype === 'int32' ? new Int32Array(xs) : xs, y.offset);
  },
  vjp: ([g], [x]) => [() => cast(g, x.dtype)],
});

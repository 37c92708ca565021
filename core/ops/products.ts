// Products and norms over axes, in terms of other operations, so that they have derivatives of any order.

import { checkOptions, must } from '../arguments.js';
import { floatOf } from '../dtype.js';
import { axesOf } from '../operands.js';
import { sizeOf } from '../shape.js';
import type { Axes, Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { filled } from './fill.js';
import { countReduced, kept } from './kinds.js';
import { abs } from './map.js';
import { concat } from './move.js';
import { inScale, max, min, type ReduceOptions, sqrtOrZero, sum } from './reduce.js';
import { slice } from './slice.js';
import { permute, reshape } from './view.js';
import { where } from './where.js';
import { equal, mul, notEqual, pow } from './zip.js';

/** The order of a norm, and whether the axes that it reduces stay. */
export interface VectorNormOptions extends ReduceOptions {
  /** The order of the norm: any number, Infinity for the largest |x|, 0 for the number of elements that are not 0. Default: 2. */
  p?: number;
}

/** Returns the product over axes. Default: all axes. 1 for no elements. bool is multiplied as int32. The gradient of an element is the
 *  product of the others, also if some are 0. Throws ValueError if int32 does not hold a product. */
export function prod(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const list = axesOf('prod', x, axes, options);
  const rest = [...x.shape.keys()].filter((i) => !list.includes(i));
  const n = sizeOf(list.map((i) => x.shape[i]));
  const numbers = x.dtype === 'bool' ? cast(x, 'int32') : x;
  const to = options.keepdim ? kept(x.shape, list) : rest.map((i) => x.shape[i]);
  if (n === 0) return filled(to, 1, numbers.dtype, x);
  // Multiplies one half of the factors by the other until one is left. Nothing is divided, so zeros need no care.
  let y = reshape(permute(numbers, [...list, ...rest]), [n, sizeOf(to)]);
  while (y.shape[0] > 1) {
    const half = Math.floor(y.shape[0] / 2);
    const product = mul(slice(y, [[0, half]]), slice(y, [[half, 2 * half]]));
    y = y.shape[0] % 2 ? concat([product, slice(y, [[2 * half]])], 0) : product;
  }
  return reshape(y, to);
}

/** Returns the p-norm over axes, (sum |x|^p)^(1/p), in a float dtype. Default: all axes, and p = 2. The second argument is the axes, unlike
 *  in PyTorch: norm(x, undefined, { p: 1 }) is the 1-norm of all elements.
 *  p = Infinity is max |x|, -Infinity min |x|, 0 the number of elements that are not 0, which has no gradient. As in PyTorch, the gradient of
 *  elements that are all 0 is 0, and equal extremes share the gradient. Throws ValueError if p is not a number, ShapeError for an infinite p
 *  over no elements. */
export function norm(x: Tensor, axes?: Axes, options: VectorNormOptions = {}): Tensor {
  checkOptions('norm', options, ['p', 'keepdim']);
  const { p = 2, ...reduce } = options;
  const list = axesOf('norm', x, axes, reduce);
  must(typeof p === 'number' && !Number.isNaN(p), 'norm: p', 'a number', p);
  const y = cast(x, floatOf(x.dtype));
  if (Math.abs(p) === Infinity) countReduced('norm', x, list);
  if (p === Infinity) return max(abs(y), list, reduce);
  if (p === -Infinity) return min(abs(y), list, reduce);
  if (p === 0) return sum(cast(notEqual(y, 0), y.dtype), list, reduce);
  if (p === 1) return sum(abs(y), list, reduce);
  if (p === 2) return inScale(y, list, reduce.keepdim, (z) => sqrtOrZero(sum(mul(z, z), list, reduce)));
  // In float64, because the powers of numbers that float32 holds may not fit into it. Derivatives of |x|^p and of s^(1/p) at 0 can be
  // infinite or NaN, and those of s^(1/p) at infinity too: these values are replaced.
  const z = cast(y, 'float64');
  const none = equal(z, 0);
  const ofZero = p < 0 ? Infinity : 0;
  const s = sum(where(none, ofZero, pow(abs(where(none, 1, z)), p)), list, reduce);
  const empty = equal(s, ofZero);
  return cast(where(empty, 0, pow(where(empty, 1, s), 1 / p)), y.dtype);
}

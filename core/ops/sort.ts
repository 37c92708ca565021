// Sorting: argSort finds the order, and gather reads the values in that order, so gradients go back to where the values came from.

import { checkTensor, must } from '../arguments.js';
import type { SortAttributes } from '../backends/attributes.js';
import { type Operation, op } from '../op.js';
import { axisOf, checkFlags } from '../operands.js';
import { splitAtAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { gather } from './gather.js';
import { dense } from './loops.js';
import { type Range, slice } from './slice.js';

/** Options of `sort` and `argSort`. */
export interface SortOptions {
  /** Whether the largest element is first. Default: false. */
  descending?: boolean;
}

/** Returns [values, index]: the elements along an axis in rising order, and the position of each in x as int32. Equal elements keep
 *  their order; NaN counts as the largest. axis: Default: the last. */
export function sort(x: Tensor, axis = -1, options: SortOptions = {}): [values: Tensor, index: Tensor] {
  return ordered('sort', x, axis, options);
}

/** Returns the positions of the elements along an axis in rising order, as int32, without a gradient: the index of `sort`. */
export function argSort(x: Tensor, axis = -1, options: SortOptions = {}): Tensor {
  return positions('argSort', x, axis, options);
}

/** Returns [values, index]: the k largest elements along an axis, the largest first, and the position of each in x as int32. Of
 *  equal elements the first comes first; NaN counts as the largest. axis: Default: the last.
 *  largest: false gives the k smallest, the smallest first. Default: true. Throws ValueError unless k is an integer from 0 to the
 *  size of the axis. */
export function topk(
  x: Tensor,
  k: number,
  axis = -1,
  options: { largest?: boolean } = {},
): [values: Tensor, index: Tensor] {
  checkFlags('topk', options, ['largest']);
  const along = axisOf('topk', x, axis);
  const n = x.shape[along];
  must(Number.isInteger(k) && k >= 0 && k <= n, 'topk: k', `an integer from 0 to ${n}, the size of axis ${axis}`, k);
  const all = argSortOp(x, along, options.largest ?? true);
  const first = x.shape.map((_, i): Range => (i === along ? [0, k] : null));
  const index = slice(all, first);
  return [gather(x, along, index), index];
}

function ordered(what: string, x: Tensor, axis: number, options: SortOptions): [Tensor, Tensor] {
  const index = positions(what, x, axis, options);
  return [gather(x, axis, index), index];
}

function positions(what: string, x: Tensor, axis: number, options: SortOptions): Tensor {
  checkFlags(what, options, ['descending']);
  return argSortOp(x, axisOf(what, x, axis), options.descending ?? false);
}

export const argSortOp: Operation<[x: Tensor, axis: number, descending: boolean], SortAttributes> = op({
  name: 'argSort',
  args: (x, axis, descending) => [[checkTensor('argSort', x)], { axis, descending }],
  shape: ([x]) => [x],
  dtype: () => ['int32'],
  loop([y], [x], { axis, descending }) {
    const xs = dense(x);
    const { outer, n, inner } = splitAtAxis(x.shape, axis);
    const sign = descending ? -1 : 1;
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        const first = o * n * inner + j;
        const order = Array.from({ length: n }, (_, i) => i);
        order.sort((p, q) => sign * compare(xs[first + p * inner], xs[first + q * inner]));
        for (let i = 0; i < n; i++) y.data[y.offset + first + i * inner] = order[i];
      }
    }
  },
});

/** Negative, 0 or positive as a is less than, equal to or greater than b; NaN is the largest. */
function compare(a: number, b: number): number {
  if (a === b) return 0;
  if (a !== a || b !== b) return Number(a !== a) - Number(b !== b);
  return a < b ? -1 : 1;
}

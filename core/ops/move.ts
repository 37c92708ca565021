// Tensors joined, padded, or copied into row-major order.

import { atMost, checkTensor, must } from '../arguments.js';
import type { AxisAttributes } from '../backends/attributes.js';
import { checkInt32 } from '../backends/backend.js';
import { ShapeError } from '../errors.js';
import { type Operation, op } from '../op.js';
import { checkNumber, checkTensors } from '../operands.js';
import { asJson, checkList, isContiguous, normalizeAxis, sameShape, show, splitAtAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { copy, unify } from './cast.js';
import { filled } from './fill.js';
import { dense } from './loops.js';
import { type Range, slice } from './slice.js';
import { reshape } from './view.js';

/** Returns the tensors joined along an axis, in the dtype that holds all of them.
 *  Throws ShapeError if sizes differ at an axis other than this one, ValueError for an empty list. */
export const concat: Operation<[xs: readonly Tensor[], axis: number], AxisAttributes> = op({
  name: 'concat',
  mixed: true,
  args(xs, axis) {
    checkTensors('concat', xs);
    must(axis !== undefined, 'concat: the axis', 'given: concat([a, b], 0)', axis);
    return [unify('concat', ...xs), { axis: normalizeAxis('concat', axis, xs[0].ndim) }];
  },
  shape(xs, { axis }) {
    const [first] = xs;
    if (xs.some((x) => x.length !== first.length || x.some((d, i) => i !== axis && d !== first[i]))) {
      throw new ShapeError(`concat: sizes differ at an axis other than ${axis}: ${xs.map(show).join(', ')}`);
    }
    return [first.map((d, i) => (i === axis ? xs.reduce((sum, x) => sum + x[axis], 0) : d))];
  },
  loop([y], xs, { axis }) {
    const { outer, n, inner } = splitAtAxis(y.shape, axis);
    let start = y.offset;
    for (const x of xs) {
      const values = dense(x);
      const run = x.shape[axis] * inner;
      for (let o = 0; o < outer; o++) y.data.set(values.subarray(o * run, (o + 1) * run), start + o * n * inner);
      start += run;
    }
  },
  vjp([g], xs, _, { axis }) {
    let start = 0;
    return xs.map((x) => {
      const from = start;
      start += x.shape[axis];
      const ranges = x.shape.map((d, i): Range => (i === axis ? [from, from + d] : null));
      return () => slice(g, ranges);
    });
  },
});

/** Returns tensors of one shape joined along a new axis. Default: axis 0.
 *  Throws ShapeError if shapes differ, ValueError for an empty list. */
export function stack(xs: readonly Tensor[], axis = 0): Tensor {
  atMost(2, 'stack', arguments);
  checkTensors('stack', xs);
  const at = normalizeAxis('stack', axis, xs[0].ndim + 1);
  const odd = xs.find((x) => !sameShape(x.shape, xs[0].shape));
  if (odd) throw new ShapeError(`stack: shapes differ: ${show(xs[0].shape)} and ${show(odd.shape)}`);
  const layers = xs.map((x) => reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]));
  return concat(layers, at);
}

/** Returns x with a border of `value` (default: 0): widths[i] = [before, after] elements at axis i.
 *  Throws ShapeError unless each axis has two widths >= 0. */
export function pad(x: Tensor, widths: readonly (readonly [before: number, after: number])[], value = 0): Tensor {
  atMost(3, 'pad', arguments);
  checkNumber('pad: value', value);
  if (
    checkList('pad', widths).length !== checkTensor('pad', x).ndim ||
    !widths.every((w) => Array.isArray(w) && w.length === 2 && w.every((n) => Number.isInteger(n) && n >= 0))
  ) {
    throw new ShapeError(`pad: takes [before, after] >= 0 for each of ${x.ndim} axes: ${asJson(widths)}`);
  }
  if (x.dtype === 'int32') checkInt32('pad: value', [value]);
  return widths.reduce((y, [before, after], axis) => {
    if (before + after === 0) return y;
    const shape = (width: number) => y.shape.map((d, i) => (i === axis ? width : d));
    const border = (width: number) => filled(shape(width), value, x.dtype, x, 'pad');
    return concat([border(before), y, border(after)], axis);
  }, x);
}

/** Returns x itself if it is in row-major order, else a copy that is. */
export function contiguous(x: Tensor): Tensor {
  return isContiguous(checkTensor('contiguous', x)) ? x : copy(x);
}

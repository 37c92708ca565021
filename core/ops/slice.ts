// slice reads a part of a tensor; unslice, its transpose, writes the part back into zeros. `at` and `split` call slice.

import { atMost, checkCount, checkTensor, must, showValue } from '../arguments.js';
import type { ResolvedRange, SliceAttributes, UnsliceAttributes } from '../backends/attributes.js';
import { ShapeError, ValueError } from '../errors.js';
import { type Operation, op } from '../op.js';
import { axisOf } from '../operands.js';
import { asJson, type Shape, show, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { view } from './kinds.js';
import { dense, eachRow } from './loops.js';
import { reshape } from './view.js';

/** Range of one axis as in Python: from start (default: 0) up to stop, exclusive (default: the size), by step (default: 1).
 *  Negative positions count from the end; the step is positive. null takes the whole axis. */
export type Range = readonly [start?: number | null, stop?: number | null, step?: number] | null;

/** Where the elements of the ranges lie. */
function partOf({ stride, offset }: { stride: Shape; offset: number }, { ranges }: SliceAttributes) {
  return {
    stride: ranges.map((r, i) => r.step * stride[i]),
    offset: ranges.reduce((sum, r, i) => sum + r.start * stride[i], offset),
  };
}

/** Returns a view of a part of each axis. Axes beyond the list are taken whole.
 *  Throws ShapeError for more ranges than axes, ValueError for a range that does not consist of integers or a step below 1. */
export const slice: Operation<[x: Tensor, ranges: readonly Range[]], SliceAttributes> = view({
  name: 'slice',
  args: (x, ranges) => [[x], { ranges: resolve(x.shape, ranges) }],
  shape: (_, { ranges }) => [ranges.map((r) => r.length)],
  view: partOf,
  vjp: ([g], [x], _, { ranges }) => [() => unslice(g, x.shape, ranges)],
});

function resolve(shape: Shape, ranges: readonly Range[]): ResolvedRange[] {
  if (!Array.isArray(ranges) || !ranges.every((r) => r == null || Array.isArray(r))) {
    throw new ShapeError(`slice: takes a range or null for each axis: ${asJson(ranges)}; write [[start, stop], ..]`);
  }
  if (ranges.length > shape.length) {
    throw new ShapeError(`slice: more ranges than axes: ${ranges.length} for ${show(shape)}`);
  }
  return shape.map((d, i) => {
    const [start, stop, step = 1] = ranges[i] ?? [];
    must(Number.isInteger(step) && step > 0, 'slice: the step', 'a positive integer', step);
    const at = (v: number) => {
      must(Number.isInteger(v), 'slice: start and stop', 'integers', v);
      return Math.min(d, Math.max(0, v < 0 ? v + d : v));
    };
    const first = at(start ?? 0);
    return { start: first, step, length: Math.max(0, Math.ceil((at(stop ?? d) - first) / step)) };
  });
}

/** Returns the part of x at an index of each leading axis, like x[i, j] in NumPy: a view without these axes. A negative index counts
 *  from the end; null keeps an axis whole. `at(x, 1)` is row 1, `at(x, null, -1)` the last column.
 *  Throws ValueError for an index out of range, and for more indices than axes. */
export function at(x: Tensor, ...index: (number | null)[]): Tensor {
  const { shape } = checkTensor('at', x);
  const ranges = index.map((i, axis): Range => {
    const d = shape[axis];
    if (i === null && axis < shape.length) return null;
    if (!(Number.isInteger(i) && i! >= -d && i! < d))
      throw new ValueError(
        `at: index out of range: ${showValue(i)} at axis ${axis} of ${show(shape)}${Array.isArray(i) ? '; indexSelect?' : ''}`,
      );
    const first = i! < 0 ? i! + d : i!;
    return [first, first + 1];
  });
  return reshape(
    slice(x, ranges),
    shape.filter((_, axis) => index[axis] == null),
  );
}

/** Returns x cut along an axis, as views. sizes: the size of each part, or one size for all, where the last part may be smaller.
 *  axis: Default: 0. Throws ShapeError unless the sizes add up to the axis, ValueError for a size that is not an integer >= 0; one
 *  size for all is at least 1. */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  atMost(3, 'split', arguments);
  const along = axisOf('split', x, axis);
  const d = x.shape[along];
  const list = typeof sizes === 'number' ? evenSizes(d, sizes) : sizes;
  const fits = Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
  must(fits, 'split: sizes', 'an integer of at least 1, or a list of integers of at least 0', sizes);
  const sum = list.reduce((a, b) => a + b, 0);
  if (sum !== d)
    throw new ShapeError(`split: sizes must add up to axis ${axis}: [${list}] is ${sum} for ${show(x.shape)}`);
  let end = 0;
  return list.map((n) => {
    end += n;
    return slice(
      x,
      x.shape.map((_, i): Range => (i === along ? [end - n, end] : null)),
    );
  });
}

function evenSizes(d: number, size: number): number[] {
  checkCount('split: sizes', size);
  const count = Math.max(1, Math.ceil(d / size));
  return Array.from({ length: count }, (_, i) => Math.min(size, d - i * size));
}

/** Returns zeros of the given shape with x written at the ranges: the transpose of slice. */
export const unslice: Operation<[x: Tensor, shape: Shape, ranges: readonly ResolvedRange[]], UnsliceAttributes> = op({
  name: 'unslice',
  args: (x, shape, ranges) => [[x], { shape, ranges }],
  shape: (_, { shape }) => [shape],
  loop([y], [x], { ranges }) {
    const xs = dense(x);
    y.data.fill(0, y.offset, y.offset + sizeOf(y.shape));
    const { stride, offset } = partOf(y, { ranges });
    let k = 0;
    eachRow(x.shape, stride, offset, (first, length, step) => {
      for (let i = 0; i < length; i++) y.data[first + i * step] = xs[k++];
    });
  },
  vjp([g], _x, _y, { ranges }) {
    const same = ranges.map(({ start, length, step }): Range => [start, start + length * step, step]);
    return [() => slice(g, same)];
  },
});

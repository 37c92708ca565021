// Moves: values put together, apart, or in another order.

import { describeValue } from '../arguments.js';
import { ShapeError, ValueError } from '../errors.js';
import { type Operation, op } from '../op.js';
import { isContiguous, normalizeAxis, type Shape, show, sizeOf, splitAtAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { AxisAttributes, ResolvedRange, UnsliceAttributes } from './attributes.js';
import { filled } from './fill.js';
import { dense, eachRow } from './loops.js';
import { copy, unify } from './select.js';
import { type Range, reshape, slice } from './view.js';

/** Zeros of a shape with x put where the slice came from: the transpose of slice. */
export const unslice: Operation<[x: Tensor, shape: Shape, ranges: readonly ResolvedRange[]], UnsliceAttributes> = op({
  name: 'unslice',
  args: (x, shape, ranges) => [[x], { shape, ranges }],
  shape: (_, { shape }) => [shape],
  loop([y], [x], { ranges }) {
    const xs = dense(x);
    y.data.fill(0, y.offset, y.offset + sizeOf(y.shape));
    const start = ranges.reduce((sum, r, i) => sum + r.start * y.stride[i], y.offset);
    const stride = ranges.map((r, i) => r.step * y.stride[i]);
    let k = 0;
    eachRow(x.shape, stride, start, (first, length, step) => {
      for (let i = 0; i < length; i++) y.data[first + i * step] = xs[k++];
    });
  },
  vjp([g], _x, _y, { ranges }) {
    const same = ranges.map(({ start, length, step }): Range => [start, start + length * step, step]);
    return [() => slice(g, same)];
  },
  // biome-ignore format: parts as they are written
  examples: (t) => [[t([2, 2]), [3, 5], [{ start: 1, step: 1, length: 2 }, { start: 0, step: 3, length: 2 }]]],
});

/** Tensors one after another along an axis, in the dtype that holds them all; the other sizes must be equal. */
export const concat: Operation<[xs: readonly Tensor[], axis: number], AxisAttributes> = op({
  name: 'concat',
  args(xs, axis) {
    if (!(xs.length > 0))
      throw new ValueError(`concat: takes a list of tensors, at least one: got ${describeValue(xs)}`);
    return [unify(...xs), { axis: normalizeAxis('concat', axis, xs[0].ndim) }];
  },
  shape(xs, { axis }) {
    const [first] = xs;
    if (xs.some((x) => x.length !== first.length || x.some((d, i) => i !== axis && d !== first[i]))) {
      throw new ShapeError(`concat: sizes differ off axis ${axis}: ${xs.map(show).join(', ')}`);
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
  examples: (t) => [[[t([2, 3, 2]), t([2, 1, 2])], 1]],
});

/** Tensors of one shape along a new axis. */
export function stack(xs: readonly Tensor[], axis = 0): Tensor {
  if (!(xs.length > 0)) throw new ValueError(`stack: takes a list of tensors, at least one: got ${describeValue(xs)}`);
  const at = normalizeAxis('stack', axis, xs[0].ndim + 1);
  const layers = xs.map((x) => reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]));
  return concat(layers, at);
}

/** A border of a value around: widths[i] = [before, after] of axis i. */
export function pad(x: Tensor, widths: readonly (readonly [before: number, after: number])[], value = 0): Tensor {
  if (widths.length !== x.ndim || !widths.flat().every((w) => Number.isInteger(w) && w >= 0)) {
    throw new ShapeError(`pad: takes [before, after] >= 0 for each of ${x.ndim} axes: ${JSON.stringify(widths)}`);
  }
  return widths.reduce((y, [before, after], axis) => {
    if (before + after === 0) return y;
    const shape = (width: number) => y.shape.map((d, i) => (i === axis ? width : d));
    const border = (width: number) => filled(shape(width), value, x.dtype, x);
    return concat([border(before), y, border(after)], axis);
  }, x);
}

/** The tensor in row-major order: itself where it is. */
export function contiguous(x: Tensor): Tensor {
  return isContiguous(x.shape, x.stride) ? x : copy(x);
}

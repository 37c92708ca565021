// Views: tensors that read the storage of another tensor with another shape and strides.

import { atMost, checkTensor } from '../arguments.js';
import type { AxesAttributes, ShapeAttributes } from '../backends/attributes.js';
import { ShapeError } from '../errors.js';
import type { Operation } from '../op.js';
import { axesOf, axisOf } from '../operands.js';
import { checkList, normalizeAxis, reshapeStrides, type Shape, sameShape, show, sizeOf } from '../shape.js';
import type { Axes, Tensor } from '../tensor.js';
import { copy } from './cast.js';
import { view } from './kinds.js';

/** Returns the same elements in another shape; one size may be -1 and follows from the others, unless one of these is 0. A view if the strides allow
 *  it, else a copy. Throws ShapeError if the number of elements differs. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', x);
  const to = checkList('reshape', shape);
  atMost(2, 'reshape', arguments);
  const unknown = to.indexOf(-1);
  if (unknown >= 0) to[unknown] = x.size / sizeOf(to.filter((_, i) => i !== unknown));
  if (to.some((d) => !Number.isInteger(d) || d < 0) || sizeOf(to) !== x.size) {
    throw new ShapeError(`reshape: sizes differ: ${show(x.shape)} of ${x.size} elements to ${show(shape)}`);
  }
  return sameShape(to, x.shape) ? x : reshapeOp(x, to);
}

export const reshapeOp: Operation<[x: Tensor, to: Shape], ShapeAttributes> = view({
  name: 'reshape',
  args: (x, to) => [[reshapeStrides(x.shape, x.stride, to) ? x : copy(x)], { to }],
  shape: (_, { to }) => [to],
  view: (x, { to }) => ({ stride: reshapeStrides(x.shape, x.stride, to)!, offset: x.offset }),
  vjp: ([g], [x]) => [() => reshape(g, x.shape)],
});

/** Returns a view of x without the given axes of size 1. Default: all axes of size 1.
 *  Throws ShapeError for an axis of another size. */
export function squeeze(x: Tensor, axes?: Axes): Tensor {
  atMost(2, 'squeeze', arguments);
  const at = axesOf('squeeze', x, axes).filter((i) => axes !== undefined || x.shape[i] === 1);
  if (at.some((i) => x.shape[i] !== 1))
    throw new ShapeError(`squeeze: not of size 1: axes [${at}] of ${show(x.shape)}`);
  const rest = x.shape.filter((_, i) => !at.includes(i));
  return reshape(x, rest);
}

/** Returns a view of x with a new axis of size 1, which is axis `axis` of the result: -1 makes it the last.
 *  Throws ShapeError unless -ndim-1 <= axis <= ndim. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  atMost(2, 'unsqueeze', arguments);
  const at = normalizeAxis('unsqueeze', axis, checkTensor('unsqueeze', x).ndim + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Returns x with axis `from` and all after it merged into one. Default from: 0. A view if the strides allow it, else a copy. */
export function flatten(x: Tensor, from = 0): Tensor {
  atMost(2, 'flatten', arguments);
  const axis = checkTensor('flatten', x).ndim === 0 ? 0 : axisOf('flatten', x, from);
  return reshape(x, [...x.shape.slice(0, axis), sizeOf(x.shape.slice(axis))]);
}

/** Returns a view with the axes in another order: axis i of the result is axis axes[i] of x.
 *  Throws ShapeError unless each axis is named once. */
export const permute: Operation<[x: Tensor, axes: readonly number[]], AxesAttributes> = view({
  name: 'permute',
  args: (x, axes) => [[x], { axes: checkList('permute', axes).map((a) => axisOf('permute', x, a)) }],
  shape([x], { axes }) {
    if (axes.length !== x.length || new Set(axes).size !== x.length) {
      throw new ShapeError(`permute: every axis must be named once: [${axes}] for ${x.length} axes`);
    }
    return [axes.map((a) => x[a])];
  },
  view: (x, { axes }) => ({ stride: axes.map((a) => x.stride[a]), offset: x.offset }),
  vjp([g], _x, _y, { axes }) {
    const inverse = axes.map((_, i) => axes.indexOf(i));
    return [() => permute(g, inverse)];
  },
});

/** Returns a view with two axes exchanged. Default: the last two. */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  atMost(3, 'transpose', arguments);
  if (Array.isArray(a)) throw new ShapeError(`transpose: takes two axes: [${a}]; permute?`);
  const [p, q] = [a, b].map((axis) => axisOf('transpose', x, axis));
  const axes = x.shape.map((_, i) => i);
  [axes[p], axes[q]] = [q, p];
  return permute(x, axes);
}

/** Returns a view with the elements along the axes in reverse order. Default: all axes. */
export function flip(x: Tensor, axes?: Axes): Tensor {
  atMost(2, 'flip', arguments);
  return flipOp(x, axesOf('flip', x, axes));
}

export const flipOp: Operation<[x: Tensor, axes: number[]], AxesAttributes> = /* @__PURE__ */ view({
  name: 'flip',
  args: (x, axes) => [[x], { axes }],
  shape: ([x]) => [x],
  view: ({ shape, stride, offset }, { axes }) => ({
    stride: stride.map((step, i) => (axes.includes(i) ? -step : step)),
    offset: axes.reduce((first, i) => first + stride[i] * Math.max(0, shape[i] - 1), offset),
  }),
  vjp: ([g], _xs, _ys, { axes }) => [() => flipOp(g, [...axes])],
});

// Views: the same values looked at in another way. A view runs no kernel on any backend, for it shares its input's storage.
import { ShapeError, ValueError } from '../errors.js';
import { type Definition, type Operation, op } from '../op.js';
import {
  asJson,
  broadcastShapes,
  broadcastStrides,
  checkList,
  checkShape,
  normalizeAxes,
  normalizeAxis,
  reshapeStrides,
  type Shape,
  sameShape,
  show,
  sizeOf,
} from '../shape.js';
import type { Axes, Tensor } from '../tensor.js';
import type { AxesAttributes, ResolvedRange, ShapeAttributes, SliceAttributes } from './attributes.js';
import { unslice } from './move.js';
import { sumTo } from './reduce.js';
import { copy } from './select.js';

type Look<Args extends unknown[], A> = Omit<Definition<Args, A>, 'loop' | 'view'> &
  Required<Pick<Definition<Args, A>, 'view'>>;

function view<Args extends unknown[], A>(definition: Look<Args, A>): Operation<Args, A> {
  return op({ ...definition, loop() {} });
}

/** Repeats axes of size 1, and adds leading ones, up to a shape: a view. */
export const broadcastTo: Operation<[x: Tensor, to: Shape], ShapeAttributes> = view({
  name: 'broadcastTo',
  args: (x, to) => [[x], { to: checkShape('broadcastTo', to) }],
  shape([x], { to }) {
    if (!sameShape(broadcastShapes('broadcastTo', x, to), to)) {
      throw new ShapeError(`broadcastTo: the target is smaller: ${show(x)} to ${show(to)}`);
    }
    return [to];
  },
  view: (x, { to }) => ({ stride: broadcastStrides(x.shape, x.stride, to), offset: x.offset }),
  vjp: ([g], [x]) => [() => sumTo(g, x.shape)],
  examples: (t) => [
    [t([3, 1]), [2, 3, 4]],
    [t([]), [2]],
  ],
});

/** The tensor stretched to a shape; itself where it has that shape. */
export function broadcastIfNeeded(x: Tensor, to: Shape): Tensor {
  return sameShape(x.shape, to) ? x : broadcastTo(x, to);
}

/** The same elements in another shape; one size may be -1 and is then worked out. A view where strides allow, else a
 *  copy. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const to = checkList('reshape', shape);
  const unknown = to.indexOf(-1);
  if (unknown >= 0) to[unknown] = x.size / sizeOf(to.filter((_, i) => i !== unknown));
  if (to.some((d) => !Number.isInteger(d) || d < 0) || sizeOf(to) !== x.size) {
    throw new ShapeError(
      `reshape: sizes differ: ${show(x.shape)} has ${x.size} elements, ${show(shape)} does not fit them`,
    );
  }
  return sameShape(to, x.shape) ? x : reshapeOp(x, to);
}

export const reshapeOp: Operation<[x: Tensor, to: Shape], ShapeAttributes> = view({
  name: 'reshape',
  args: (x, to) => [[reshapeStrides(x.shape, x.stride, to) ? x : copy(x)], { to }],
  shape: (_, { to }) => [to],
  view: (x, { to }) => ({ stride: reshapeStrides(x.shape, x.stride, to)!, offset: x.offset }),
  vjp: ([g], [x]) => [() => reshape(g, x.shape)],
  examples: (t) => [[t([2, 6]), [3, 4]]],
});

/** Without some of its axes of size 1, or without any where none are named. Throws ShapeError for an axis of another
 *  size. */
export function squeeze(x: Tensor, axes?: Axes): Tensor {
  const list = axes === undefined ? [...x.shape.keys()].filter((i) => x.shape[i] === 1) : axes;
  const at = normalizeAxes('squeeze', list, x.ndim);
  if (at.some((i) => x.shape[i] !== 1))
    throw new ShapeError(`squeeze: not of size 1: axes [${at}] of ${show(x.shape)}`);
  const rest = x.shape.filter((_, i) => !at.includes(i));
  return reshape(x, rest);
}

/** All axes from `from` on as one. */
export function flatten(x: Tensor, from = 0): Tensor {
  const axis = x.ndim === 0 ? 0 : normalizeAxis('flatten', from, x.ndim);
  return reshape(x, [...x.shape.slice(0, axis), sizeOf(x.shape.slice(axis))]);
}

/** Axes in another order: axis i of the result is axis axes[i] of x. A view. */
export const permute: Operation<[x: Tensor, axes: readonly number[]], AxesAttributes> = view({
  name: 'permute',
  args: (x, axes) => [[x], { axes: checkList('permute', axes).map((a) => normalizeAxis('permute', a, x.ndim)) }],
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
  examples: (t) => [[t([2, 3, 2]), [2, 0, 1]]],
});

/** Two axes exchanged, the last two where none are named. A view. */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  const axes = x.shape.map((_, i) => i);
  const [p, q] = [a, b].map((axis) => normalizeAxis('transpose', axis, x.ndim));
  [axes[p], axes[q]] = [q, p];
  return permute(x, axes);
}

/** Start, stop (left out) and step of one axis, as in Python: negative ones count from the end; the step is positive. */
export type Range = readonly [start?: number | null, stop?: number | null, step?: number] | null;

/** Part of each axis; null or nothing takes it whole. A view. */
export const slice: Operation<[x: Tensor, ranges: readonly Range[]], SliceAttributes> = view({
  name: 'slice',
  args: (x, ranges) => [[x], { ranges: resolve(x.shape, ranges) }],
  shape: (_, { ranges }) => [ranges.map((r) => r.length)],
  view: (x, { ranges }) => ({
    stride: ranges.map((r, i) => r.step * x.stride[i]),
    offset: ranges.reduce((sum, r, i) => sum + r.start * x.stride[i], x.offset),
  }),
  vjp: ([g], [x], _, { ranges }) => [() => unslice(g, x.shape, ranges)],
  examples: (t) => [
    // biome-ignore format: ranges as they are written
    [t([4, 5]), [[1, 4], [0, 5, 2]]],
    [t([3, 2]), [[-2]]],
  ],
});

function resolve(shape: Shape, ranges: readonly Range[]): ResolvedRange[] {
  if (ranges.length > shape.length || !checkList('slice', ranges).every((r) => r == null || Array.isArray(r))) {
    const axes = `${shape.length} ${shape.length === 1 ? 'axis' : 'axes'}`;
    throw new ShapeError(
      `slice: takes a range or null for each of ${axes}: ${asJson(ranges)}; write [[start, stop], ..]`,
    );
  }
  return shape.map((d, i) => {
    const [start, stop, step = 1] = ranges[i] ?? [];
    if (!Number.isInteger(step) || step < 1)
      throw new ValueError(`slice: the step must be a positive integer: ${step}`);
    const at = (v: number) => {
      if (!Number.isInteger(v)) throw new ValueError(`slice: start and stop must be integers: ${v}`);
      return Math.min(d, Math.max(0, v < 0 ? v + d : v));
    };
    const first = at(start ?? 0);
    return { start: first, step, length: Math.max(0, Math.ceil((at(stop ?? d) - first) / step)) };
  });
}

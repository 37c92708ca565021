// Shapes and strides. Strides count elements; 0 repeats an axis: ndarray's convention.
import { ShapeError } from './errors.js';

/** The size of each axis; [] for a scalar. */
export type Shape = readonly number[];

/** The number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    stride[i] = step;
    step *= shape[i];
  }
  return stride;
}

/** Whether the strides walk the shape in row-major order without gaps. */
export function isContiguous(shape: Shape, stride: Shape): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1 && stride[i] !== step) return false;
    step *= shape[i];
  }
  return true;
}

/** Whether two shapes have the same axes. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A shape for messages: `(2,3)`; `()` for a scalar. */
export function show(shape: Shape): string {
  return `(${shape.join(',')})`;
}

/** The shape to which shapes broadcast, as in NumPy. Throws ShapeError if two sizes differ and neither is 1. */
export function broadcastShapes(what: string, ...shapes: Shape[]): number[] {
  const ndim = Math.max(0, ...shapes.map((s) => s.length));
  const out = new Array<number>(ndim).fill(1);
  for (const shape of shapes) {
    for (let i = 1; i <= shape.length; i++) {
      const d = shape[shape.length - i];
      if (d === 1) continue;
      if (out[ndim - i] !== 1 && out[ndim - i] !== d) {
        throw new ShapeError(
          `${what}: shapes do not broadcast: ${shapes.map(show).join(' with ')}; sizes must be equal or 1, from the last axis backwards`,
        );
      }
      out[ndim - i] = d;
    }
  }
  return out;
}

/** The axis in 0..ndim-1 for one in -ndim..ndim-1. Throws ShapeError outside. */
export function normalizeAxis(what: string, axis: number, ndim: number): number {
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) {
    throw new ShapeError(
      `${what}: no such axis: ${asJson(axis)} of ${ndim} axes${ndim ? `; allowed are ${-ndim}..${ndim - 1}` : ''}`,
    );
  }
  return axis < 0 ? axis + ndim : axis;
}

/** Sorted axes in 0..ndim-1. axes: Default: every axis. Throws ShapeError outside and for an axis named twice. */
export function normalizeAxes(what: string, axes: number | readonly number[] | undefined, ndim: number): number[] {
  if (axes === undefined) return Array.from({ length: ndim }, (_, i) => i);
  const list = (Array.isArray(axes) ? axes : [axes]).map((a) => normalizeAxis(what, a, ndim)).sort((a, b) => a - b);
  list.forEach((a, i) => {
    if (i > 0 && list[i - 1] === a)
      throw new ShapeError(`${what}: an axis is named twice: ${asJson(axes)} of ${ndim} axes`);
  });
  return list;
}

/** A copy of a shape. Throws ShapeError unless it is a list of non-negative integers. */
export function checkShape(what: string, shape: Shape): number[] {
  if (Array.isArray(shape) && shape.every((d) => Number.isInteger(d) && d >= 0)) return [...shape];
  throw new ShapeError(`${what}: a shape is a list of non-negative integers: ${asJson(shape)}${listOf(shape)}`);
}

/** A copy of a list of sizes, axes or ranges. Throws ShapeError for anything but a list. */
export function checkList<T>(what: string, list: readonly T[]): T[] {
  if (Array.isArray(list)) return [...list];
  throw new ShapeError(`${what}: takes a list: ${asJson(list)}${listOf(list)}`);
}

function listOf(value: unknown): string {
  return typeof value === 'number' ? `; write [${value}]` : '';
}

/** A value as JSON, for messages; NaN and infinities by name. */
export function asJson(value: unknown): string {
  // A tensor would be written with all its values.
  if (value instanceof Object && 'storage' in value) return 'a tensor';
  try {
    const text = JSON.stringify(value, (_, v) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v));
    return text?.slice(0, 200) ?? String(value);
  } catch {
    // A list that contains itself, is nested thousands of levels deep, or holds a BigInt.
    return '..';
  }
}

/** Strides that read a tensor as the larger shape `to`; repeated axes have stride 0. */
export function broadcastStrides(shape: Shape, stride: Shape, to: Shape): number[] {
  const lead = to.length - shape.length;
  return to.map((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? 0 : stride[i - lead]));
}

/** Strides for a reshape without a copy; null if there are none. */
export function reshapeStrides(shape: Shape, stride: Shape, to: Shape): number[] | null {
  if (isContiguous(shape, stride)) return stridesOf(to);
  const from = shape.map((d, i) => [d, stride[i]]).filter(([d]) => d !== 1);
  const out = new Array<number>(to.length).fill(0);
  let i = 0;
  let j = 0;
  while (i < from.length && j < to.length) {
    // A group: the fewest old axes and the fewest new axes with the same number of elements.
    let oldEnd = i + 1;
    let newEnd = j + 1;
    let oldSize = from[i][0];
    let newSize = to[j];
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= from[oldEnd++][0];
      else newSize *= to[newEnd++];
    }
    for (let k = i; k < oldEnd - 1; k++) if (from[k][1] !== from[k + 1][0] * from[k + 1][1]) return null;
    let step = from[oldEnd - 1][1];
    for (let k = newEnd - 1; k >= j; k--) {
      out[k] = step;
      step *= to[k];
    }
    i = oldEnd;
    j = newEnd;
  }
  return out;
}

/** Splits a shape around an axis into [outer, n, inner]. Element (o, i, j) is at (o * n + i) * inner + j. */
export function splitAtAxis(shape: Shape, axis: number): { outer: number; n: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), n: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
}

// Shapes and axes in arguments: checks, broadcasting, and how messages show them.
import { ShapeError } from './errors.js';
import { type Shape, show } from './strides.js';

export * from './strides.js';

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
          `${what}: shapes do not broadcast: ${shapes.map(show).join(' with ')}; sizes must be equal or 1`,
        );
      }
      out[ndim - i] = d;
    }
  }
  return out;
}

/** The axis in 0..ndim-1 for one in -ndim..ndim-1. Throws ShapeError for any other. */
export function normalizeAxis(what: string, axis: number, ndim: number): number {
  if (!Number.isInteger(axis) || axis < -ndim || axis >= ndim) {
    throw new ShapeError(`${what}: no such axis: ${asJson(axis)} of ${ndim} axes`);
  }
  return axis < 0 ? axis + ndim : axis;
}

/** Sorted axes in 0..ndim-1. axes: Default: every axis. Throws ShapeError for an axis that does not exist or is named twice. */
export function normalizeAxes(what: string, axes: number | readonly number[] | undefined, ndim: number): number[] {
  if (axes === undefined) return [...Array(ndim).keys()];
  const list = [axes]
    .flat()
    .map((a) => normalizeAxis(what, a, ndim))
    .sort((a, b) => a - b);
  if (new Set(list).size < list.length)
    throw new ShapeError(`${what}: an axis is named twice: ${asJson(axes)} of ${ndim} axes`);
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

/** Dtype and shape of a tensor, for messages: `float32 (2,3)`. */
export function kindOf({ dtype, shape }: { dtype: string; shape: Shape }): string {
  return `${dtype} ${show(shape)}`;
}

function listOf(value: unknown): string {
  return typeof value === 'number' ? `; write [${value}]` : '';
}

/** A value as JSON, for messages; NaN, infinities and BigInts as texts. */
export function asJson(value: unknown): string {
  // A tensor would be written with all its values.
  if (value instanceof Object && 'storage' in value) return 'a tensor';
  try {
    const text = JSON.stringify(value, (_, v) =>
      /number|bigint/.test(typeof v) && !Number.isFinite(v) ? String(v) : v,
    );
    return text?.slice(0, 200) ?? String(value);
  } catch {
    // A list that contains itself, or is nested thousands of levels deep.
    return '..';
  }
}

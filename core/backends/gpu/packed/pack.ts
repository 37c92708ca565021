// Packs operands on the CPU: rows in blocks of four, images padded with zeros.
import { isContiguous, type Shape, sizeOf, stridesOf } from '../../../strides.js';
import type { BufferView } from '../../backend.js';

/** The smallest multiple of four that is at least n. */
export function by4(n: number): number {
  return Math.ceil(n / 4) * 4;
}

/** The values of a float32 view in row-major order: a subarray if they are stored in that order, else a copy. */
export function dense({ buffer, shape, stride, offset }: BufferView): Float32Array {
  const values = buffer.values as Float32Array;
  const size = sizeOf(shape);
  if (isContiguous({ shape, stride })) return values.subarray(offset, offset + size);
  const out = new Float32Array(size);
  const length = shape.at(-1)!;
  const step = stride.at(-1)!;
  let k = 0;
  for (const start of starts(shape.slice(0, -1), stride)) {
    for (let i = 0, at = offset + start; i < length; i++, at += step) out[k++] = values[at];
  }
  return out;
}

/** The distance in storage from the first element to each element of a shape, in row-major order. */
export function starts(shape: Shape, stride: Shape): number[] {
  const steps = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, n) =>
    shape.reduce((sum, d, axis) => sum + (Math.floor(n / steps[axis]) % d) * stride[axis], 0),
  );
}

/** Packs rows in blocks of four: [parts, ceil(rows / 4), length, 4], with `rows` rows in each part. If the last block of a part has
 *  fewer than four rows, the missing ones are zero. first: where each row begins in `values`, part by part. step: the distance from one
 *  element of a row to the next. */
export function fours(
  values: Float32Array,
  first: number[],
  parts: number,
  length: number,
  step: number,
): Float32Array {
  const rows = first.length / parts;
  const blocks = Math.ceil(rows / 4);
  const out = new Float32Array(parts * blocks * length * 4);
  first.forEach((start, n) => {
    const part = Math.floor(n / rows);
    const row = n - part * rows;
    let to = (part * blocks + (row >> 2)) * length * 4 + (row & 3);
    for (let i = 0, at = start; i < length; i++, at += step, to += 4) out[to] = values[at];
  });
  return out;
}

/** Pads the rows of a matrix with zeros to `to` columns. Returns `values` itself if they have that many. */
export function widened(values: Float32Array, columns: number, to: number): Float32Array {
  if (columns === to) return values;
  const out = new Float32Array((values.length / columns) * to);
  for (let i = 0, k = 0; k < values.length; i += to, k += columns) out.set(values.subarray(k, k + columns), i);
  return out;
}

/** The place of images within larger ones of [height, width]: pixel (y, x) goes to (start[0] + step[0] y, start[1] + step[1] x). */
export interface Placing {
  height: number;
  width: number;
  start: readonly [number, number];
  step: readonly [number, number];
  /** The number of elements from one pixel to the next. Default: 1. */
  pixel?: number;
}

/** Copies images [height, width] into larger images in `out`, which must hold zeros. The larger image i begins at `to(i)`. Skips pixels
 *  that fall outside it. */
export function place(
  out: Float32Array,
  values: Float32Array,
  [height, width]: readonly number[],
  { pixel = 1, start, step, ...size }: Placing,
  to: (image: number) => number,
): void {
  const first = Math.max(0, Math.ceil(-start[1] / step[1]));
  const end = Math.min(width, Math.floor((size.width - 1 - start[1]) / step[1]) + 1);
  for (let row = 0; row < values.length / width; row++) {
    const y = start[0] + step[0] * (row % height);
    if (y < 0 || y >= size.height) continue;
    let at = to(Math.floor(row / height)) + (y * size.width + start[1] + first * step[1]) * pixel;
    for (let x = first; x < end; x++, at += step[1] * pixel) out[at] = values[row * width + x];
  }
}

/** Whether no value is infinite or NaN. */
export function finite(values: Float32Array): boolean {
  let zero = 0;
  for (let i = 0; i < values.length; i++) zero += values[i] * 0;
  return zero === 0;
}

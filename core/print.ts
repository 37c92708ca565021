// Prints a tensor: values in columns, long axes without their middle as in NumPy, then shape and dtype.
//
//   tensor([[ 1.50, -2.00],
//           [ 0.25,   NaN]], shape (2,2), float32)
import { type Shape, show } from './shape.js';
import type { Tensor } from './tensor.js';

const EDGE = 3;
const MANY = 1000;

/** The values of a tensor with at most four decimals, its shape and its dtype. Of more than 1,000 elements, three at each end of
 *  every axis. */
export function formatTensor(t: Tensor): string {
  const tail = `shape ${show(t.shape)}, ${t.dtype}${t.requiresGrad ? ', requires grad' : ''}`;
  if (t.storage.freed) return `tensor(freed, ${tail})`;
  if (!t.storage.backend.readSync) return `tensor(on ${t.storage.backend.name}; await data(), ${tail})`;
  const values = t.dataSync();
  const at = printed(t.shape, t.size > MANY);
  const format = t.dtype === 'bool' ? (v: number) => String(v === 1) : formatFor(at.map((i) => values[i]));
  const width = Math.max(0, ...at.map((i) => format(values[i]).length));
  const cell = (i: number) => format(values[i]).padStart(width);
  return `tensor(${body(t.shape, 0, t.size > MANY, 8, cell)}, ${tail})`;
}

/** The printed positions of an axis; null stands for the omitted ones. */
function positions(n: number, shorten: boolean): (number | null)[] {
  if (!shorten || n <= 2 * EDGE) return Array.from({ length: n }, (_, i) => i);
  return [0, 1, 2, null, n - 3, n - 2, n - 1];
}

/** The printed elements, by their position in row-major order. */
function printed(shape: Shape, shorten: boolean): number[] {
  return shape.reduce<number[]>(
    (at, d) => at.flatMap((i) => positions(d, shorten).flatMap((p) => (p === null ? [] : [i * d + p]))),
    [0],
  );
}

/** One format for all values: integers, up to four decimals, or an exponent for very small or large values. */
function formatFor(values: readonly number[]): (v: number) => string {
  const finite = values.filter(Number.isFinite);
  const sizes = finite.map(Math.abs).filter((v) => v > 0);
  if (finite.every((v) => Number.isInteger(v) && Math.abs(v) < 1e9)) return String;
  if (sizes.some((v) => v >= 1e6 || v < 1e-4)) return (v) => (Number.isFinite(v) ? v.toExponential(4) : String(v));
  const decimals = Math.max(...finite.map((v) => (String(Number(v.toFixed(4))).split('.')[1] ?? '').length));
  return (v) => (Number.isFinite(v) ? v.toFixed(decimals) : String(v));
}

function body(shape: Shape, at: number, shorten: boolean, indent: number, cell: (i: number) => string): string {
  if (shape.length === 0) return cell(at).trim();
  const [n, ...rest] = shape;
  const parts = positions(n, shorten).map((p) => {
    if (p === null) return '...';
    return rest.length ? body(rest, at * n + p, shorten, indent + 1, cell) : cell(at * n + p);
  });
  return `[${parts.join(rest.length ? `,${'\n'.repeat(rest.length)}${' '.repeat(indent)}` : ', ')}]`;
}

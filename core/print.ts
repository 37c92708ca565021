// Prints a tensor: values in columns, long axes without their middle as in NumPy, then shape and dtype.
//
//   tensor([[ 1.50, -2.00],
//           [ 0.25,   NaN]], shape (2,2), float32)
import { checkReadable, isRecord } from './arguments.js';
import type { DType } from './backends/backend.js';
import { type Shape, show, sizeOf } from './shape.js';
import type { Tensor } from './tensor.js';

/** The values of a tensor with at most four decimals, its shape and its dtype. If there are more than 1,000 elements, only three
 *  at each end of every axis are printed. */
export function formatTensor(t: Tensor): string {
  const tail = `shape ${show(t.shape)}, ${t.dtype}${t.requiresGrad ? ', requires grad' : ''}`;
  if (t.storage.freed) return `tensor(freed, ${tail})`;
  if (!t.storage.backend.readSync) return `tensor(on ${t.storage.backend.name}; await data(), ${tail})`;
  const values = t.dataSync();
  // An empty tensor has rows to print too: (50000000,0) has 50,000,000.
  const shorten = sizeOf(t.shape.map((d) => d || 1)) > 1000;
  // The printed elements, by their position in row-major order.
  const at: number[] = [];
  body(t.shape, 0, shorten, 0, (i) => String(at.push(i)));
  const format = formatFor(
    t.dtype,
    at.map((i) => values[i]),
  );
  const width = at.reduce((most, i) => Math.max(most, format(values[i]).length), 0);
  const cell = (i: number) => format(values[i]).padStart(width);
  return `tensor(${body(t.shape, 0, shorten, 8, cell)}, ${tail})`;
}

/** The printed positions of an axis; null stands for the omitted ones. */
function positions(n: number, shorten: boolean): (number | null)[] {
  return shorten && n > 6 ? [0, 1, 2, null, n - 3, n - 2, n - 1] : [...Array(n).keys()];
}

/** One format for all values: true and false, integers, up to four decimals, or an exponent for very small or large values. */
function formatFor(dtype: DType, values: readonly number[]): (v: number) => string {
  if (dtype === 'bool') return (v) => String(v === 1);
  if (dtype === 'int32') return String;
  const finite = values.filter(Number.isFinite);
  if (finite.every((v) => Number.isInteger(v) && Math.abs(v) < 1e9)) return String;
  if (finite.some((v) => v && (Math.abs(v) >= 1e6 || Math.abs(v) < 1e-4))) return (v) => v.toExponential(4);
  const decimalsOf = (v: number) => (String(Number(v.toFixed(4))).split('.')[1] ?? '').length;
  const decimals = finite.reduce((most, v) => Math.max(most, decimalsOf(v)), 0);
  return (v) => v.toFixed(decimals);
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

/** A tensor as plain data: `JSON.stringify` writes this for a tensor, and `tensor()` reads it. */
export interface TensorData {
  /** The size of each axis. */
  shape: Shape;
  /** The type of the elements. */
  dtype: DType;
  /** The values in row-major order. Values that JSON cannot express are texts: 'NaN', 'Infinity', '-Infinity', '-0'. */
  data: readonly (number | boolean | string)[];
}

/** Returns a tensor as plain data. Throws BackendError on a backend that can only be awaited. */
export function toData(t: Tensor): TensorData {
  t.check('toJSON');
  checkReadable('toJSON', t);
  const plain = (v: number) => {
    if (t.dtype === 'bool') return v === 1;
    if (Object.is(v, -0)) return '-0';
    return Number.isFinite(v) ? v : String(v);
  };
  return { shape: t.shape, dtype: t.dtype, data: Array.from(t.dataSync(), plain) };
}

/** Whether a value is a tensor as plain data. */
export function isData(value: unknown): value is TensorData {
  return isRecord(value) && ['shape', 'dtype', 'data'].every((key) => Object.hasOwn(value, key));
}

/** The numbers of a tensor as plain data. */
export function numbersOf({ data }: TensorData): readonly (number | boolean)[] {
  const texts = ['NaN', 'Infinity', '-Infinity', '-0'];
  return Array.isArray(data)
    ? data.map((v) => (texts.includes(v as string) ? Number(v) : v) as number)
    : (data as number[]);
}

// How a tensor is shown: `tensor([[1, 2], [3, 4]], shape (2,2), float32)`, with the middle left out as NumPy does.
import { show } from './shape.js';
import type { Tensor } from './tensor.js';

const EDGE = 3;
const MANY = 1000;

/** Shape, dtype and values; values of more than 1,000 elements are shortened to three at each end of an axis. */
export function describe(t: Tensor): string {
  const tail = `shape ${show(t.shape)}, ${t.dtype}${t.requiresGrad ? ', requires grad' : ''}`;
  if (t.storage.freed) return `tensor(freed, ${tail})`;
  if (!t.storage.backend.readSync) return `tensor(on ${t.storage.backend.name}; await data(), ${tail})`;
  const values = Array.from(t.dataSync(), t.dtype === 'bool' ? (v) => String(v === 1) : format);
  return `tensor(${body(values, t.shape, t.size > MANY, 7)}, ${tail})`;
}

function format(v: number): string {
  if (Number.isInteger(v) || !Number.isFinite(v)) return String(v);
  const size = Math.abs(v);
  const digits = size >= 1e-4 && size < 1e6 ? String(Number(v.toPrecision(5))) : v.toExponential(4);
  return digits;
}

function body(values: string[], shape: readonly number[], shorten: boolean, indent: number): string {
  if (shape.length === 0) return values[0];
  const [n, ...rest] = shape;
  const size = n ? values.length / n : 0;
  const part = (i: number) => body(values.slice(i * size, (i + 1) * size), rest, shorten, indent + 1);
  const cut = shorten && n > 2 * EDGE;
  const parts = cut
    ? [
        ...Array.from({ length: EDGE }, (_, i) => part(i)),
        '...',
        ...Array.from({ length: EDGE }, (_, i) => part(n - EDGE + i)),
      ]
    : Array.from({ length: n }, (_, i) => part(i));
  return `[${parts.join(rest.length ? `,${'\n'.repeat(rest.length)}${' '.repeat(indent + 1)}` : ', ')}]`;
}

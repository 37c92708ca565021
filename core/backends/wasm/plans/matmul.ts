// How matrix products run.
import { reshapeStrides, type Shape, sizeOf, stridesOf } from '../../../shape.js';
import type { Call } from '../call.js';

/** a [.., m, k], b [.., k, n] of any strides. Where b is one matrix, all rows of a are one product if strides allow. */
export function matmul(call: Call): boolean {
  const [a, b] = call.ins;
  const { shape } = call.outs[0];
  const [m, n] = shape.slice(-2);
  const k = a.shape.at(-1)!;
  const batch = shape.slice(0, -2);
  const size = sizeOf(batch);
  const rows = b.stride.slice(0, -2).every((s, axis) => s === 0 || batch[axis] === 1)
    ? reshapeStrides(a.shape, a.stride, [size * m, k])
    : null;
  const one = product(call, [rows ? size * m : m, k, n], rows ?? a.stride.slice(-2), b.stride.slice(-2));
  const [y, x, w] = [call.out(0), call.at(0), call.at(1)];
  let index = 0;
  eachOffset(rows ? [] : batch, [a.stride, b.stride], ([fromA, fromB]) => {
    one(y + index++ * m * n * 4, x + fromA * 4, w + fromB * 4);
  });
  return true;
}

/** Nanoseconds for a multiplication and an addition, and for packing a value. */
const MULTIPLY = 0.05;
const PACK = 0.5;
/** Rows and columns of a tile, and columns that are packed at once for all threads. */
const ROWS = 5;
const COLUMNS = 8;
const PACKED = 1024;

/** c [m, n] = a [m, k] b [k, n] for addresses of first elements, c dense. Several threads share out the rows, with b packed
 *  once for all; or, where these are few, the columns, where each part packs all of a. */
function product(
  call: Call,
  [m, k, n]: number[],
  [aRow, aCol]: number[],
  [bRow, bCol]: number[],
): (c: number, a: number, b: number) => void {
  const { kernels } = call;
  if (m < 8 * ROWS || !call.shared(m * k * n * MULTIPLY)) {
    const scratch = call.scratch(kernels.matmulWork(m, k, n) >>> 0);
    return (c, a, b) => {
      call.share('matmul', { count: n, grain: COLUMNS, cost: k * m * MULTIPLY, scratch }, (j, many) => {
        return [c + 4 * j, a, b + 4 * j * bCol, m, k, many, n, aRow, aCol, bRow, bCol];
      });
    };
  }
  const packed = call.work(kernels.matmulPackBytes(k, Math.min(n, PACKED)) >>> 0);
  const scratch = call.scratch(kernels.matmulPackedWork(m, k) >>> 0);
  return (c, a, b) => {
    for (let from = 0; from < n; from += PACKED) {
      const [some, right] = [Math.min(n - from, PACKED), b + 4 * from * bCol];
      call.share('matmulPack', { count: some, grain: COLUMNS, cost: k * PACK }, (j, many) => {
        return [packed, right, k, some, j, many, bRow, bCol];
      });
      call.share('matmulPacked', { count: m, grain: ROWS, cost: k * some * MULTIPLY, scratch }, (i, many) => {
        return [c + 4 * (from + i * n), a + 4 * i * aRow, packed, many, k, some, n, aRow, aCol];
      });
    }
  };
}

/** Visits the indices of a shape in order, with the offset that each stride gives. */
function eachOffset(shape: Shape, strides: Shape[], visit: (offsets: number[]) => void): void {
  const steps = stridesOf(shape);
  for (let n = 0; n < sizeOf(shape); n++) {
    visit(strides.map((s) => shape.reduce((sum, d, axis) => sum + (Math.floor(n / steps[axis]) % d) * s[axis], 0)));
  }
}

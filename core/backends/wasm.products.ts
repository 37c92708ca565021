// How matrix products run.
import { reshapeStrides, type Shape, sizeOf, stridesOf } from '../shape.js';
import type { Call } from './wasm.call.js';

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
  const [aRow, aCol] = rows ?? a.stride.slice(-2);
  const [bRow, bCol] = b.stride.slice(-2);
  const height = rows ? size * m : m;
  const scratch = call.scratch(call.kernels.matmulWork(height, k, n) >>> 0);
  const [y, x, w] = [call.out(0), call.at(0), call.at(1)];
  let index = 0;
  eachOffset(rows ? [] : batch, [a.stride, b.stride], ([fromA, fromB]) => {
    const [c, a, b] = [y + index++ * m * n * 4, x + fromA * 4, w + fromB * 4];
    // Cut along the longer side: each part packs all of the other factor.
    if (height >= n) {
      call.share('matmul', { count: height, grain: ROWS, cost: k * n * MULTIPLY, scratch }, (i, many) => [
        ...[c + 4 * i * n, a + 4 * i * aRow, b, many, k, n],
        ...[n, aRow, aCol, bRow, bCol],
      ]);
    } else {
      call.share('matmul', { count: n, grain: COLUMNS, cost: k * height * MULTIPLY, scratch }, (i, many) => [
        ...[c + 4 * i, a, b + 4 * i * bCol, height, k, many],
        ...[n, aRow, aCol, bRow, bCol],
      ]);
    }
  });
  return true;
}

/** Nanoseconds for a multiplication and an addition. */
const MULTIPLY = 0.05;
/** Rows and columns of a tile. */
const ROWS = 5;
const COLUMNS = 8;

/** Visits the indices of a shape in order, with the offset that each stride gives. */
function eachOffset(shape: Shape, strides: Shape[], visit: (offsets: number[]) => void): void {
  const steps = stridesOf(shape);
  for (let n = 0; n < sizeOf(shape); n++) {
    visit(strides.map((s) => shape.reduce((sum, d, axis) => sum + (Math.floor(n / steps[axis]) % d) * s[axis], 0)));
  }
}

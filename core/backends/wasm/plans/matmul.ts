// The plan for matrix products.
import { reshapeStrides, type Shape, sizeOf, stridesOf } from '../../../strides.js';
import type { Call } from '../call.js';
import { type Plan, plan } from './plan.js';

/** a [.., m, k] by b [.., k, n], with any strides. If b is one matrix and the strides of a allow it, all rows of a are multiplied
 *  at once. */
function matmul(call: Call): boolean {
  const [a, b] = call.ins;
  const { shape } = call.outs[0];
  const [m, n] = shape.slice(-2);
  const k = a.shape.at(-1)!;
  const batch = shape.slice(0, -2);
  const size = sizeOf(batch);
  // The strides of all rows of a as one matrix; null if b or the strides of a do not allow it.
  const stacked = b.stride.slice(0, -2).every((s, axis) => s === 0 || batch[axis] === 1)
    ? reshapeStrides(a.shape, a.stride, [size * m, k])
    : null;
  const [y, x, w] = [call.output(0), call.input(0), call.input(1)];
  if (!stacked && size > 1 && !call.isWorthSplitting(m * k * n * MULTIPLY)) {
    each(call, [size, m, k, n], [y, x, w]);
    return true;
  }
  const one = product(call, [stacked ? size * m : m, k, n], stacked ?? a.stride.slice(-2), b.stride.slice(-2));
  let index = 0;
  eachOffset(stacked ? [] : batch, [a.stride, b.stride], ([fromA, fromB]) => {
    one(y + index++ * m * n * 4, x + fromA * 4, w + fromB * 4);
  });
  return true;
}

/** Small products. Each part gets enough of them to be worth a thread. */
function each(call: Call, [count, m, k, n]: number[], [y, x, w]: number[]): void {
  const [a, b] = call.ins;
  const at: number[] = [];
  eachOffset(call.outs[0].shape.slice(0, -2), [a.stride, b.stride], (offsets) => at.push(...offsets));
  const [list, scratch] = [call.writeInts(at), call.scratch(call.kernels.matmulWork(m, k, n) >>> 0)];
  const work = { count, cost: m * k * n * MULTIPLY + (m * k + k * n) * PACK };
  call.splitWithScratch('matmulEach', work, scratch, (i, many) => {
    const [aRow, aCol, bRow, bCol] = [...a.stride.slice(-2), ...b.stride.slice(-2)];
    return [y + 4 * i * m * n, x, w, list + 8 * i, many, m, k, n, aRow, aCol, bRow, bCol];
  });
}

/** Nanoseconds for a multiplication and an addition. */
export const MULTIPLY = 0.05;
/** Nanoseconds to pack a value. */
export const PACK = 0.5;
/** Parts begin at multiples of this number of rows: a tile has 5, or 6 with fused multiply-add. */
const ROWS = 5;
/** Columns of b that are packed at a time for all threads. */
const PACKED = 1024;

/** Returns the function that computes c [m, n] = a [m, k] b [k, n] from addresses; c is contiguous. With several threads, b is
 *  packed once and parts are rows. If rows are few, parts are columns, and each part packs all of a. */
function product(
  call: Call,
  [m, k, n]: number[],
  [aRow, aCol]: number[],
  [bRow, bCol]: number[],
): (c: number, a: number, b: number) => void {
  const { kernels } = call;
  const columns = kernels.tileColumns();
  if (m < 8 * ROWS || !call.isWorthSplitting(m * k * n * MULTIPLY)) {
    const scratch = call.scratch(kernels.matmulWork(m, k, n) >>> 0);
    return (c, a, b) => {
      const work = { count: n, grain: columns, cost: k * m * MULTIPLY };
      call.splitWithScratch('matmul', work, scratch, (j, many) => {
        return [c + 4 * j, a, b + 4 * j * bCol, m, k, many, n, aRow, aCol, bRow, bCol];
      });
    };
  }
  // Not cut to 32 bits: values that a view repeats can take more than 2^32 bytes when they are packed.
  const packed = call.borrow(4 * k * columns * Math.ceil(Math.min(n, PACKED) / columns));
  const scratch = call.scratch(kernels.matmulPackedWork(m, k) >>> 0);
  return (c, a, b) => {
    for (let from = 0; from < n; from += PACKED) {
      const [some, right] = [Math.min(n - from, PACKED), b + 4 * from * bCol];
      call.split('matmulPack', { count: some, grain: columns, cost: k * PACK }, (j, many) => {
        return [packed, right, k, some, j, many, bRow, bCol];
      });
      const work = { count: m, grain: ROWS, cost: k * some * MULTIPLY };
      call.splitWithScratch('matmulPacked', work, scratch, (i, many) => {
        return [c + 4 * (from + i * n), a + 4 * i * aRow, packed, many, k, some, n, aRow, aCol];
      });
    }
  };
}

/** Visits the indices of a shape in row-major order, each with its offset under every stride. */
function eachOffset(shape: Shape, strides: Shape[], visit: (offsets: number[]) => void): void {
  const steps = stridesOf(shape);
  for (let n = 0; n < sizeOf(shape); n++) {
    visit(strides.map((s) => shape.reduce((sum, d, axis) => sum + (Math.floor(n / steps[axis]) % d) * s[axis], 0)));
  }
}

/** The plans of this file by kernel. */
export const matmulPlans: Record<string, Plan> = {
  matmul: plan('ff>f', matmul),
};

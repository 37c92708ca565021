// Choosing and converting elements: copies, casts, conditions, and reading or adding by index.

import { checkBool } from '../arguments.js';
import type { DType } from '../backends/backend.js';
import { checkDType, isFloat, promote, promoteNumber } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { type Operation, op } from '../op.js';
import { broadcastShapes, normalizeAxis, type Shape, sameShape, show, splitAtAxis } from '../shape.js';
import { type Operand, Tensor } from '../tensor.js';
import type { AxisAttributes, CastAttributes, ScatterAttributes } from './attributes.js';
import { scalar } from './fill.js';
import { dense } from './loops.js';
import { broadcastIfNeeded, reshape } from './view.js';

/** The same values in row-major order, in a storage of their own; recorded. The method is `clone`. */
export const copy: Operation<[x: Tensor], object> = op({
  name: 'copy',
  args: (x) => [[x], {}],
  shape: ([x]) => [x],
  loop: ([y], [x]) => y.data.set(dense(x), y.offset),
  vjp: ([g]) => [() => g],
  examples: (t) => [[t([2, 3])]],
});

/** The values in another dtype; the tensor itself where the dtype is its own. To bool: x != 0, so NaN is true. To int32:
 *  towards zero, modulo 2^32, and NaN and infinities to 0, as JavaScript's x | 0. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === checkDType('cast', dtype) ? x : castOp(x, dtype);
}

/** The tensors in one dtype that holds them all. */
export function unify(...xs: Tensor[]): Tensor[] {
  const dtype = xs.map((x) => x.dtype).reduce(promote);
  return xs.map((x) => cast(x, dtype));
}

export const castOp: Operation<[x: Tensor, dtype: DType], CastAttributes> = op({
  name: 'cast',
  args: (x, dtype) => [[x], { dtype }],
  shape: ([x]) => [x],
  dtype: (_, { dtype }) => [dtype],
  loop([y], [x], { dtype }) {
    const xs = dense(x);
    if (dtype === 'bool') for (let i = 0; i < xs.length; i++) y.data[y.offset + i] = xs[i] !== 0 ? 1 : 0;
    else y.data.set(xs, y.offset);
  },
  vjp: ([g], [x]) => [() => cast(g, x.dtype)],
  examples: (t) => [[t([2, 3]), 'float64']],
});

/** a where the condition holds, else b, with broadcasting.
 *  Throws DTypeError unless the condition is bool. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  checkBool('where: the condition', condition);
  const dtype = commonDType(a, b);
  const [x, y] = [a, b].map((v) => (typeof v === 'number' ? scalar(v, dtype, condition) : cast(v, dtype)));
  const shape = broadcastShapes('where', condition.shape, x.shape, y.shape);
  return whereOp(broadcastIfNeeded(condition, shape), broadcastIfNeeded(x, shape), broadcastIfNeeded(y, shape));
}

function commonDType(a: Operand, b: Operand): DType {
  if (typeof a !== 'number') return typeof b === 'number' ? promoteNumber(a.dtype, b) : promote(a.dtype, b.dtype);
  return typeof b === 'number' ? 'float32' : promoteNumber(b.dtype, a);
}

export const whereOp: Operation<[condition: Tensor, a: Tensor, b: Tensor], object> = op({
  name: 'where',
  args: (condition, a, b) => [[condition, a, b], {}],
  shape: ([c]) => [c],
  dtype: ([, a]) => [a],
  loop([y], views) {
    const [c, a, b] = views.map(dense);
    for (let i = 0; i < c.length; i++) y.data[y.offset + i] = c[i] ? a[i] : b[i];
  },
  vjp: ([g], [c]) => [null, () => where(c, g, 0), () => where(c, 0, g)],
  examples: (t) => [[cast(t([2, 3], -0.9, 1), 'int32').equal(0), t([2, 3]), t([2, 3])]],
});

type Adding = Operation<[g: Tensor, axis: number, index: Tensor, size: number], ScatterAttributes>;

/** y[.., i, ..] = x[.., index[.., i, ..], ..] along an axis: one index for each element, as torch.gather.
 *  index: int32, of x's shape but for that axis. Throws ValueError for an index out of range. */
export const gather: Operation<[x: Tensor, axis: number, index: Tensor], AxisAttributes> = op({
  name: 'gather',
  args: (x, axis, index) => [[x, indices('gather', index)], { axis: normalizeAxis('gather', axis, x.ndim) }],
  shape([x, index], { axis }) {
    if (index.length !== x.length || index.some((d, i) => i !== axis && d !== x[i])) {
      throw new ShapeError(`gather: the index must match off axis ${axis}: ${show(index)} for ${show(x)}`);
    }
    return [index];
  },
  loop([y], [x, index], { axis }) {
    const xs = dense(x);
    eachIndex(index, axis, x.shape[axis], (k, from) => {
      y.data[y.offset + k] = xs[from];
    });
  },
  vjp: ([g], [x, index], _, { axis }) => [() => scatterAdd(g, axis, index, x.shape[axis]), null],
  examples: (t) => [[t([2, 3]), 1, index(t, [2, 2], 3)]],
});

/** Zeros with g added at the index along an axis, equal indices summed: the transpose of gather. size: of that axis.
 *  index: int32, of g's shape. Throws ShapeError for another shape, ValueError for an index out of range. */
export const scatterAdd: Adding = op({
  name: 'scatterAdd',
  args: (g, axis, index, size) => [
    [g, indices('scatterAdd', index, g.shape)],
    { axis: normalizeAxis('scatterAdd', axis, g.ndim), size },
  ],
  shape: ([g], { axis, size }) => [g.map((d, i) => (i === axis ? size : d))],
  loop([y], [g, index], { axis, size }) {
    const gs = dense(g);
    y.data.fill(0, y.offset, y.offset + y.shape.reduce((a, b) => a * b, 1));
    eachIndex(index, axis, size, (k, to) => {
      y.data[y.offset + to] += gs[k];
    });
  },
  vjp: ([gg], [, index], _, { axis }) => [() => gather(gg, axis, index), null],
  examples: (t) => [[t([2, 3]), 1, index(t, [2, 3], 4), 4]],
});

/** Calls back with each element of the index and where in a tensor of `size` along the axis it points. */
function eachIndex(
  index: { data: ArrayLike<number> } & Parameters<typeof dense>[0],
  axis: number,
  size: number,
  visit: (k: number, at: number) => void,
): void {
  const at = dense(index);
  const { outer, n, inner } = splitAtAxis(index.shape, axis);
  for (let o = 0, k = 0; o < outer; o++) {
    for (let i = 0; i < n; i++)
      for (let j = 0; j < inner; j++, k++) visit(k, (o * size + inRange(at[k], size)) * inner + j);
  }
}

function inRange(i: number, size: number): number {
  if (i >= 0 && i < size) return i;
  throw new ValueError(`index out of range: ${i} for an axis of size ${size}; allowed are 0..${size - 1}`);
}

/** The slices of x at the indices along an axis, as torch.index_select. index: int32 [k]. */
export const indexSelect: Operation<[x: Tensor, axis: number, index: Tensor], AxisAttributes> = op({
  name: 'indexSelect',
  args: (x, axis, index) => {
    if (index.ndim !== 1) throw new ShapeError(`indexSelect: the index must have one axis: ${show(index.shape)}`);
    return [[x, indices('indexSelect', index)], { axis: normalizeAxis('indexSelect', axis, x.ndim) }];
  },
  shape: ([x, index], { axis }) => [x.map((d, i) => (i === axis ? index[0] : d))],
  loop([y], [x, index], { axis }) {
    const xs = dense(x);
    const at = dense(index);
    const { outer, n, inner } = splitAtAxis(x.shape, axis);
    for (let o = 0, k = y.offset; o < outer; o++) {
      for (let i = 0; i < at.length; i++, k += inner) {
        const from = (o * n + inRange(at[i], n)) * inner;
        y.data.set(xs.subarray(from, from + inner), k);
      }
    }
  },
  vjp: ([g], [x, index], _, { axis }) => [() => indexAdd(g, axis, index, x.shape[axis]), null],
  examples: (t) => [
    [t([4, 2]), 0, index(t, [3], 4)],
    [t([2, 3, 2]), 1, index(t, [4], 3)],
  ],
});

/** Zeros with the slices of g added at the indices along an axis: the transpose of indexSelect. size: of that axis.
 *  index: int32 [k], one for each slice. Throws as scatterAdd does. */
export const indexAdd: Adding = op({
  name: 'indexAdd',
  args(g, axis, index, size) {
    const at = normalizeAxis('indexAdd', axis, g.ndim);
    return [[g, indices('indexAdd', index, [g.shape[at]])], { axis: at, size }];
  },
  shape: ([g], { axis, size }) => [g.map((d, i) => (i === axis ? size : d))],
  loop([y], [g, index], { axis, size }) {
    const gs = dense(g);
    const at = dense(index);
    const { outer, inner } = splitAtAxis(g.shape, axis);
    y.data.fill(0, y.offset, y.offset + outer * size * inner);
    for (let o = 0, k = 0; o < outer; o++) {
      for (let i = 0; i < at.length; i++) {
        const to = y.offset + (o * size + inRange(at[i], size)) * inner;
        for (let j = 0; j < inner; j++) y.data[to + j] += gs[k++];
      }
    }
  },
  vjp: ([gg], [, index], _, { axis }) => [() => indexSelect(gg, axis, index), null],
  examples: (t) => [[t([3, 2]), 0, index(t, [3], 4), 4]],
});

/** Rows of a table: table [n, d], index int32 of any shape s. -> [..s, d] */
export function embedding(table: Tensor, index: Tensor): Tensor {
  if (table.ndim !== 2) throw new ShapeError(`embedding: the table must have two axes: ${show(table.shape)}`);
  const rows = indexSelect(table, 0, reshape(indices('embedding', index), [index.size]));
  return reshape(rows, [...index.shape, table.shape[1]]);
}

/** The index as int32. Throws DTypeError where it is none, and ShapeError where it has not the shape that it has to have. */
function indices(what: string, index: Tensor, shape?: Shape): Tensor {
  if (!(index instanceof Tensor) || isFloat(index.dtype)) {
    throw new DTypeError(
      `${what}: the index must be an int32 tensor: ${(index as Tensor)?.dtype ?? typeof index}; cast it`,
    );
  }
  if (shape && !sameShape(index.shape, shape))
    throw new ShapeError(`${what}: the index must have the shape ${show(shape)}: ${show(index.shape)}`);
  return cast(index, 'int32');
}

/** A random index for examples: the digits of random numbers in [0, n). */
function index(t: (shape: number[], lo: number, hi: number) => Tensor, shape: number[], n: number): Tensor {
  return cast(t(shape, 0, n), 'int32');
}

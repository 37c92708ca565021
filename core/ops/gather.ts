// Reading by index and adding by index: each is the transpose of the other.

import { atMost, checkCount, checkIndex, checkOptions, checkTensor } from '../arguments.js';
import type { AxisAttributes, OneHotAttributes, ScatterAttributes, SelectAttributes } from '../backends/attributes.js';
import type { Kernel, View } from '../backends/backend.js';
import { checkDType, type DType } from '../dtype.js';
import { ShapeError, ValueError } from '../errors.js';
import { apply, type Operation, op } from '../op.js';
import { axisOf } from '../operands.js';
import { checkShape, type Shape, show, sizeOf, splitAtAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { unifyNumbers } from './cast.js';
import { dense } from './loops.js';
import { reshape } from './view.js';

/** Returns y[.., i, ..] = x[.., index[.., i, ..], ..] along an axis, as torch.gather: one index for each element.
 *  index: int32, of x's shape except at the axis  -> index's shape. Throws ShapeError for another shape, ValueError for an
 *  index out of range. */
export const gather: Operation<[x: Tensor, axis: number, index: Tensor], AxisAttributes> = op({
  name: 'gather',
  args: (x, axis, index) => [[x, checkIndex('gather', index)], { axis: axisOf('gather', x, axis) }],
  shape([x, index], { axis }) {
    if (index.length !== x.length || index.some((d, i) => i !== axis && d !== x[i])) {
      throw new ShapeError(
        `gather: the index must have x's sizes except at axis ${axis}: ${show(index)} for ${show(x)}`,
      );
    }
    return [index];
  },
  loop: read('gather'),
  vjp: ([g], [x, index], _, { axis }) => [() => scatterAdd(g, axis, index, x.shape[axis]), null],
});

/** Returns zeros with g added at the indices along an axis: the transpose of gather. Elements of equal indices are summed.
 *  index: int32, of g's shape; the output has g's shape with `size` at the axis. Throws ShapeError for another shape,
 *  ValueError for an index out of range. */
export const scatterAdd: Operation<[g: Tensor, axis: number, index: Tensor, size: number], ScatterAttributes> = op({
  name: 'scatterAdd',
  args: (g, axis, index, size) => [
    [...unifyNumbers('scatterAdd', g), checkIndex('scatterAdd', index, g.shape)],
    { axis: axisOf('scatterAdd', g, axis), size: checkShape('scatterAdd: size', [size])[0] },
  ],
  shape: ([g], { axis, size }) => [g.map((d, i) => (i === axis ? size : d))],
  loop: addAt('scatterAdd'),
  vjp: ([gg], [, index], _, { axis }) => [() => gather(gg, axis, index), null],
});

/** The loop of gather and indexSelect. */
function read(name: string): Kernel<SelectAttributes>['loop'] {
  return ([y], [x, index], { axis, what = name }) => {
    const xs = dense(x);
    eachIndex(what, y.shape, index, axis, x.shape[axis], (k, from, n) => {
      for (let i = 0; i < n; i++) y.data[y.offset + k + i] = xs[from + i];
    });
  };
}

/** The loop of scatterAdd and indexAdd. */
function addAt(name: string): Kernel<ScatterAttributes>['loop'] {
  return ([y], [g, index], { axis, size }) => {
    const gs = dense(g);
    y.data.fill(0, y.offset, y.offset + sizeOf(y.shape));
    eachIndex(name, g.shape, index, axis, size, (k, to, n) => {
      for (let i = 0; i < n; i++) y.data[y.offset + to + i] += gs[k + i];
    });
  };
}

/** Calls `visit` for each run of neighbours in `shape` with one index: k is the position of its first element, at is the position that the
 *  index points to in a tensor of `size` along the axis, n is the length of the run. An index of one axis points to whole rows; else n is 1. */
function eachIndex(
  what: string,
  shape: Shape,
  index: View,
  axis: number,
  size: number,
  visit: (k: number, at: number, n: number) => void,
): void {
  const at = dense(index);
  const { outer, n, inner } = splitAtAxis(shape, axis);
  const isRow = at.length < outer * n * inner;
  const step = isRow ? inner : 1;
  for (let o = 0, k = 0; o < outer; o++) {
    for (let i = 0; i < n; i++)
      for (let j = 0; j < inner; j += step, k += step)
        visit(k, (o * size + inRange(what, at[isRow ? i : k], size)) * inner + j, step);
  }
}

function inRange(what: string, i: number, size: number): number {
  if (i >= 0 && i < size) return i;
  throw new ValueError(`${what}: index out of range: ${i} for an axis of size ${size}`);
}

/** Returns the slices of x at the indices along an axis, as torch.index_select.
 *  index: int32 [k]  -> x's shape with k at the axis. Throws ShapeError unless the index has one axis, ValueError for an
 *  index out of range. */
export const indexSelect: Operation<[x: Tensor, axis: number, index: Tensor], SelectAttributes> = op({
  name: 'indexSelect',
  args: (x, axis, index): [Tensor[], SelectAttributes] => {
    const at = checkIndex('indexSelect', index);
    if (at.ndim !== 1) throw new ShapeError(`indexSelect: the index must have one axis: ${show(at.shape)}`);
    return [[x, at], { axis: axisOf('indexSelect', x, axis) }];
  },
  shape: ([x, index], { axis }) => [x.map((d, i) => (i === axis ? index[0] : d))],
  loop: read('indexSelect'),
  vjp: ([g], [x, index], _, { axis }) => [() => indexAdd(g, axis, index, x.shape[axis]), null],
});

/** Returns zeros with the slices of g added at the indices along an axis: the transpose of indexSelect.
 *  index: int32 [k], one for each slice; the output has g's shape with `size` at the axis. Throws ShapeError for another
 *  shape, ValueError for an index out of range. */
export const indexAdd: Operation<[g: Tensor, axis: number, index: Tensor, size: number], ScatterAttributes> = op({
  name: 'indexAdd',
  args(g, axis, index, size) {
    const at = axisOf('indexAdd', g, axis);
    return [
      [...unifyNumbers('indexAdd', g), checkIndex('indexAdd', index, [g.shape[at]])],
      { axis: at, size: checkShape('indexAdd: size', [size])[0] },
    ];
  },
  shape: ([g], { axis, size }) => [g.map((d, i) => (i === axis ? size : d))],
  loop: addAt('indexAdd'),
  vjp: ([gg], [, index], _, { axis }) => [() => indexSelect(gg, axis, index), null],
});

/** Returns rows of a table.  table [n, d], index int32 of any shape s  -> [..s, d]
 *  Throws ShapeError unless the table has two axes, ValueError for an index out of range. */
export function embedding(table: Tensor, index: Tensor): Tensor {
  atMost(2, 'embedding', arguments);
  if (checkTensor('embedding', table).ndim !== 2)
    throw new ShapeError(`embedding: the table must have two axes: ${show(table.shape)}`);
  const at = reshape(checkIndex('embedding', index), [index.size]);
  const [rows] = apply(indexSelect.op, [table, at], { axis: 0, what: 'embedding' });
  return reshape(rows, [...index.shape, table.shape[1]]);
}

/** Returns 1 at the index and 0 at the other classes, along a new last axis, without a gradient.
 *  index: int32 of any shape s  -> [..s, classes]. dtype: Default: float32. Throws ValueError for an index out of range. */
export const oneHot: Operation<[index: Tensor, classes: number, options?: { dtype?: DType }], OneHotAttributes> =
  /* @__PURE__ */ op({
    name: 'oneHot',
    args(index, classes, given) {
      const options = given === undefined ? {} : given;
      checkOptions('oneHot', options, ['dtype']);
      const dtype = checkDType('oneHot', options.dtype ?? 'float32');
      return [[checkIndex('oneHot', index)], { size: checkCount('oneHot: classes', classes), dtype }];
    },
    shape: ([index], { size }) => [[...index, size]],
    dtype: (_, { dtype }) => [dtype],
    loop([y], [index], { size }) {
      const at = dense(index);
      y.data.fill(0, y.offset, y.offset + at.length * size);
      for (let i = 0; i < at.length; i++) y.data[y.offset + i * size + inRange('oneHot', at[i], size)] = 1;
    },
  });

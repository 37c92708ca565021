// Functions that make operations of two kinds: views and reductions.

import type { ReductionAttributes } from '../backends/attributes.js';
import type { Values, View } from '../backends/backend.js';
import { ShapeError } from '../errors.js';
import { type Definition, type Operation, op } from '../op.js';
import { type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { dense } from './loops.js';

type ViewDefinition<Args extends unknown[], A> = Omit<Definition<Args, A>, 'loop' | 'view'> &
  Required<Pick<Definition<Args, A>, 'view'>>;

/** Makes an operation whose result shares the storage of its input, so no backend runs a kernel. */
/* @__NO_SIDE_EFFECTS__ */
export function view<Args extends unknown[], A>(definition: ViewDefinition<Args, A>): Operation<Args, A> {
  return op({ ...definition, loop() {} });
}

/** Makes an operation that reduces the elements of some axes to one value, computed in float64 and rounded once. Reduced axes
 *  keep size 1. value: returns the result for the elements xs[from] .. xs[to - 1], in row-major order. */
/* @__NO_SIDE_EFFECTS__ */
export function reduction(
  name: string,
  value: (xs: Values, from: number, to: number, attrs: ReductionAttributes) => number,
  vjp: Definition<[Tensor, number[], number?], ReductionAttributes>['vjp'],
): Operation<[x: Tensor, axes: number[], divisor?: number], ReductionAttributes> {
  return op({
    name,
    args: (x, axes, divisor): [Tensor[], ReductionAttributes] => [[x], { axes, divisor: divisor ?? 1 }],
    shape: ([x], { axes }) => [kept(x, axes)],
    loop: ([y], [x], attrs) => reduceAxes(y, x, attrs.axes, (xs, from, to) => value(xs, from, to, attrs)),
    vjp,
  });
}

/** Writes y. Each element of y is the `value` of the elements of x that are reduced to it, in row-major order. */
export function reduceAxes(
  y: View,
  x: View,
  axes: readonly number[],
  value: (xs: Values, from: number, to: number) => number,
): void {
  // The elements that are reduced to one value become neighbours.
  const order = [...x.shape.keys()].filter((i) => !axes.includes(i)).concat(axes);
  const xs = dense({ ...x, shape: order.map((i) => x.shape[i]), stride: order.map((i) => x.stride[i]) });
  const n = sizeOf(axes.map((i) => x.shape[i]));
  for (let k = 0; k < sizeOf(y.shape); k++) y.data[y.offset + k] = value(xs, k * n, (k + 1) * n);
}

/** Returns the shape with size 1 at the axes. */
export function kept(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((d, i) => (axes.includes(i) ? 1 : d));
}

/** Returns the number of elements that are reduced to each result. Throws ShapeError if it is 0. */
export function countReduced(what: string, x: Tensor, axes: number[]): number {
  const n = sizeOf(axes.map((i) => x.shape[i]));
  if (n === 0) throw new ShapeError(`${what}: no elements: shape (${x.shape}) over axes [${axes}]`);
  return n;
}

// Makers of operations that share a loop: views and reductions.

import type { AxesAttributes } from '../backends/attributes.js';
import { ShapeError } from '../errors.js';
import { type Definition, type Operation, op } from '../op.js';
import { type Shape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { dense } from './loops.js';

type ViewDefinition<Args extends unknown[], A> = Omit<Definition<Args, A>, 'loop' | 'view'> &
  Required<Pick<Definition<Args, A>, 'view'>>;

/** Makes an operation whose result shares the storage of its input: it runs no kernel on any backend. */
/* @__NO_SIDE_EFFECTS__ */
export function view<Args extends unknown[], A>(definition: ViewDefinition<Args, A>): Operation<Args, A> {
  return op({ ...definition, loop() {} });
}

/** Makes an operation that folds the elements of the reduced axes, in row-major order, into one float64, from `start` on.
 *  Reduced axes keep size 1. */
/* @__NO_SIDE_EFFECTS__ */
export function reduction(
  name: string,
  start: number,
  fold: (acc: number, x: number) => number,
  vjp: Definition<[Tensor, number[]], AxesAttributes>['vjp'],
): Operation<[x: Tensor, axes: number[]], AxesAttributes> {
  return op({
    name,
    args: (x: Tensor, axes: number[]): [Tensor[], AxesAttributes] => [[x], { axes }],
    shape: ([x], { axes }) => [kept(x, axes)],
    loop([y], [x], { axes }) {
      // Elements that fold into one result become the innermost axes.
      const order = [...x.shape.keys()].filter((i) => !axes.includes(i)).concat(axes);
      const xs = dense({ ...x, shape: order.map((i) => x.shape[i]), stride: order.map((i) => x.stride[i]) });
      const n = sizeOf(axes.map((i) => x.shape[i]));
      for (let k = 0, i = 0; k < sizeOf(y.shape); k++) {
        let acc = start;
        for (const end = i + n; i < end; i++) acc = fold(acc, xs[i]);
        y.data[y.offset + k] = acc;
      }
    },
    vjp,
    examples: (t): [Tensor, number[]][] => [
      [t([2, 3]), [0, 1]],
      [t([2, 3, 2]), [1]],
      [t([2, 3, 2]), [0, 2]],
    ],
  });
}

/** Returns the shape with size 1 at the axes. */
export function kept(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((d, i) => (axes.includes(i) ? 1 : d));
}

/** Returns the number of elements that one result folds. Throws ShapeError if there are none. */
export function countReduced(what: string, x: Tensor, axes: number[]): number {
  const n = sizeOf(axes.map((i) => x.shape[i]));
  if (n === 0) throw new ShapeError(`${what}: no elements: shape (${x.shape}) over axes [${axes}]`);
  return n;
}

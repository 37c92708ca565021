// Many elements to one: sums, means, extremes, variances. Reduced axes are kept as size 1 inside, and dropped at the end.
import { floatOf } from '../dtype.js';
import { ShapeError, ValueError } from '../errors.js';
import { type Definition, type Operation, op } from '../op.js';
import { normalizeAxes, normalizeAxis, type Shape, sameShape, sizeOf } from '../shape.js';
import type { Axes, Tensor } from '../tensor.js';
import type { AxesAttributes } from './attributes.js';
import { dense, eachRow } from './loops.js';
import { neg, square } from './map.js';
import { cast } from './select.js';
import { broadcastTo, permute, reshape, squeeze } from './view.js';
import { div, equal, mul, sub } from './zip.js';

interface Keepdim {
  keepdim?: boolean;
}

/** Shape with the axes as size 1. */
function kept(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((d, i) => (axes.includes(i) ? 1 : d));
}

function drop(y: Tensor, axes: readonly number[], keepdim = false): Tensor {
  return keepdim ? y : squeeze(y, axes);
}

/** An operation that folds the elements of the reduced axes, in row-major order, into a float64. */
function reduction(
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

export const sumOp = reduction(
  'sum',
  0,
  (acc, x) => acc + x,
  ([g], [x]) => [() => broadcastTo(g, x.shape)],
);
export const maxOp = reduction('max', -Infinity, Math.max, ([g], [x], [y]) => [() => shareAmongEqual(g, x, y)]);
export const minOp = reduction('min', Infinity, Math.min, ([g], [x], [y]) => [() => shareAmongEqual(g, x, y)]);

function shareAmongEqual(g: Tensor, x: Tensor, y: Tensor): Tensor {
  const mask = cast(equal(x, y), g.dtype);
  return mul(div(mask, sumTo(mask, g.shape)), g);
}

/** The sum over axes. bool is counted as int32. */
export function sum(x: Tensor, axes?: Axes, options: Keepdim = {}): Tensor {
  const list = normalizeAxes('sum', axes, x.ndim);
  return drop(sumOp(x.dtype === 'bool' ? cast(x, 'int32') : x, list), list, options.keepdim);
}

/** The mean over axes. Throws ShapeError over no elements. */
export function mean(x: Tensor, axes?: Axes, options: Keepdim = {}): Tensor {
  const list = normalizeAxes('mean', axes, x.ndim);
  const n = count('mean', x, list);
  return mul(sum(cast(x, floatOf(x.dtype)), list, options), 1 / n);
}

/** The largest element over axes. NaN wins; equal ones share the gradient. Throws ShapeError over no elements. */
export function max(x: Tensor, axes?: Axes, options: Keepdim = {}): Tensor {
  const list = normalizeAxes('max', axes, x.ndim);
  count('max', x, list);
  return drop(maxOp(x, list), list, options.keepdim);
}

/** The smallest element over axes. NaN wins; equal ones share the gradient. Throws ShapeError over no elements. */
export function min(x: Tensor, axes?: Axes, options: Keepdim = {}): Tensor {
  const list = normalizeAxes('min', axes, x.ndim);
  count('min', x, list);
  return drop(minOp(x, list), list, options.keepdim);
}

/** The mean squared distance from the mean; `unbiased` (the default) divides by n - 1, as PyTorch's var. */
export function variance(x: Tensor, axes?: Axes, options: Keepdim & { unbiased?: boolean } = {}): Tensor {
  const list = normalizeAxes('variance', axes, x.ndim);
  const { unbiased = true, keepdim } = options;
  const n = count('variance', x, list) - (unbiased ? 1 : 0);
  if (n < 1)
    throw new ValueError('variance: one element has no unbiased variance: n - 1 = 0; pass { unbiased: false }');
  const deviation = square(sub(x, mean(x, list, { keepdim: true })));
  return mul(sum(deviation, list, { keepdim }), 1 / n);
}

function count(what: string, x: Tensor, axes: number[]): number {
  const n = sizeOf(axes.map((i) => x.shape[i]));
  if (n === 0) throw new ShapeError(`${what}: no elements: shape (${x.shape}) over axes [${axes}]`);
  return n;
}

/** Adds up what broadcasting had repeated: the sum of g down to a smaller shape. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.ndim - shape.length;
  const axes = g.shape.flatMap((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? [i] : []));
  return reshape(axes.length ? sumOp(g, axes) : g, shape);
}

/** The position of the first largest element along an axis, or in the flattened tensor; NaN wins. int32, no gradient. */
export function argMax(x: Tensor, axis?: number, options: Keepdim = {}): Tensor {
  const at = axis === undefined ? null : normalizeAxis('argMax', axis, x.ndim);
  const rest = [...x.shape.keys()].filter((i) => i !== at);
  const y = argMaxOp(at === null ? reshape(x, [x.size]) : permute(x, [...rest, at]));
  return options.keepdim ? reshape(y, kept(x.shape, at === null ? rest : [at])) : y;
}

/** The position of the first smallest element; as argMax. */
export function argMin(x: Tensor, axis?: number, options: Keepdim = {}): Tensor {
  return argMax(neg(x), axis, options);
}

export const argMaxOp: Operation<[x: Tensor], object> = op({
  name: 'argMax',
  args: (x) => [[x], {}],
  shape([x]) {
    if (x.at(-1) === 0) throw new ShapeError(`argMax: no elements: shape (${x})`);
    return [x.slice(0, -1)];
  },
  dtype: () => ['int32'],
  loop([y], [x]) {
    const xs = dense(x);
    let k = y.offset;
    eachRow([xs.length / x.shape.at(-1)!, x.shape.at(-1)!], [x.shape.at(-1)!, 1], 0, (start, n) => {
      let best = 0;
      for (let i = 1; i < n; i++) {
        const here = xs[start + i];
        const top = xs[start + best];
        if (here > top || (here !== here && top === top)) best = i;
      }
      y.data[k++] = best;
    });
  },
  examples: (t) => [[t([3, 4])]],
});

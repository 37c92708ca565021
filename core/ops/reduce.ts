// Sums, means, extremes and variances over axes. The operations but argMaxOp keep reduced axes with size 1; the public functions drop them
// unless `keepdim` is true.
import { checkTensor } from '../arguments.js';
import type { AxesAttributes } from '../backends/attributes.js';
import type { Values } from '../backends/backend.js';
import { type DType, floatOf } from '../dtype.js';
import { ShapeError, ValueError } from '../errors.js';
import { type Operation, op } from '../op.js';
import { axesOf, axisOf } from '../operands.js';
import { broadcastStrides, sizeOf, stridesOf } from '../shape.js';
import type { Axes, Tensor } from '../tensor.js';
import { broadcastTo, sumOp, sumTo } from './broadcast.js';
import { cast } from './cast.js';
import { filled } from './fill.js';
import { countReduced, kept, reduceAxes, reduction } from './kinds.js';
import { dense, eachRow, total } from './loops.js';
import { abs, neg, sqrt } from './map.js';
import { permute, reshape, squeeze } from './view.js';
import { where } from './where.js';
import { div, equal, greater, less, mul, notEqual, sub } from './zip.js';

/** Options of reductions. */
export interface ReduceOptions {
  /** Whether the reduced axes stay, with size 1. Default: false. */
  keepdim?: boolean;
}

/** Whether `variance` or `std` keeps the reduced axes, and what it divides by. */
export interface VarianceOptions extends ReduceOptions {
  /** Whether to divide by n - 1 instead of n. Default: true, as in PyTorch. */
  unbiased?: boolean;
}

function drop(y: Tensor, axes: readonly number[], keepdim = false): Tensor {
  return keepdim ? y : squeeze(y, axes);
}

// y = max x;  dx = g / k at the k elements equal to y, else 0. The minimum likewise.
export const maxOp = reduction('max', folded(Math.max, -Infinity), ([g], [x], [y]) => [
  () => shareAmongEqual(g, x, y, less),
]);
export const minOp = reduction('min', folded(Math.min, Infinity), ([g], [x], [y]) => [
  () => shareAmongEqual(g, x, y, greater),
]);

function folded(fold: (a: number, b: number) => number, start: number) {
  return (xs: Values, from: number, to: number) => {
    let y = start;
    for (let i = from; i < to; i++) y = fold(y, xs[i]);
    return y;
  };
}

// With m = sum x / n, where n is the number of elements that are reduced to a result:
//   mean      y = m                                 dx = g / n
//   center    y = x - m                             dx = g - sum g / n, which is center(g)
//   variance  y = sum (x - m)^2 / divisor           dx = 2 (x - m) g / divisor
// m stays in float64: a mean rounded to float32 would spoil the difference of values that are far from 0.
const meanOf = (xs: Values, from: number, to: number) => total(xs, from, to) / (to - from);

/** The mean without its error of rounding, so that the differences of equal elements from it are exactly 0. */
const centerOf = (xs: Values, from: number, to: number) => {
  const m = meanOf(xs, from, to);
  let rest = 0;
  for (let i = from; i < to; i++) rest += xs[i] - m;
  return m + rest / (to - from);
};

export const meanOp = reduction('mean', meanOf, ([g], [x], [y]) => [
  () => broadcastTo(mul(g, y.size / x.size), x.shape),
]);

/** Returns x - mean(x) over axes, of x's shape. */
export const centerOp: Operation<[x: Tensor, axes: number[]], AxesAttributes> = op({
  name: 'center',
  args: (x, axes) => [[x], { axes }],
  shape: ([x]) => [x],
  loop([y], [x], { axes }) {
    const to = kept(x.shape, axes);
    const means = { data: new Float64Array(sizeOf(to)), shape: to, stride: stridesOf(to), offset: 0 };
    reduceAxes(means, x, axes, centerOf);
    const repeated = dense({ ...means, shape: x.shape, stride: broadcastStrides(to, means.stride, x.shape) });
    dense(x).forEach((v, i) => (y.data[y.offset + i] = v - repeated[i]));
  },
  vjp: ([g], _xs, _ys, { axes }) => [() => centerOp(g, [...axes])],
});

export const varianceOp = reduction(
  'variance',
  (xs, from, to, { divisor }) => {
    const m = centerOf(xs, from, to);
    let squares = 0;
    for (let i = from; i < to; i++) squares += (xs[i] - m) ** 2;
    return squares / divisor;
  },
  ([g], [x], _ys, { axes, divisor }) => [() => mul(centerOp(x, [...axes]), mul(g, 2 / divisor))],
);

function shareAmongEqual(g: Tensor, x: Tensor, y: Tensor, loses: (x: Tensor, y: Tensor) => Tensor): Tensor {
  const mask = cast(equal(x, y), g.dtype);
  // `where`, because a product would turn an infinite g into NaN for the other elements.
  return where(loses(x, y), 0, mul(div(mask, sumTo(mask, g.shape)), g));
}

/** Returns the sum over axes. Default: all axes. bool is summed as int32. Throws ValueError for a sum beyond int32. */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const list = axesOf('sum', x, axes, options);
  return drop(sumOp(x.dtype === 'bool' ? cast(x, 'int32') : x, list), list, options.keepdim);
}

/** Reduces at least one element. dtype: the dtype in which the operation computes. Default: that of x. */
function reduced(
  what: string,
  op: typeof meanOp,
  x: Tensor,
  axes: Axes | undefined,
  options: ReduceOptions,
  dtype = (own: DType) => own,
): Tensor {
  const list = axesOf(what, x, axes, options);
  countReduced(what, x, list);
  return drop(op(cast(x, dtype(x.dtype)), list), list, options.keepdim);
}

/** Returns the mean over axes, in a float dtype. Default: all axes. Throws ShapeError if there are no elements. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduced('mean', meanOp, x, axes, options, floatOf);
}

/** Returns the largest element over axes. Default: all axes. NaN counts as the largest; equal maxima share the gradient.
 *  Throws ShapeError if there are no elements. */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduced('max', maxOp, x, axes, options);
}

/** Returns the smallest element over axes. Default: all axes. NaN counts as the smallest; equal minima share the gradient.
 *  Throws ShapeError if there are no elements. */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduced('min', minOp, x, axes, options);
}

/** Returns the variance over axes, sum (x - mean)^2 / (n - 1), or / n with `unbiased: false`. Default: all axes.
 *  Throws ShapeError if there are no elements, ValueError for the unbiased variance of one element. */
export function variance(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  return varianceOf('variance', x, axes, options);
}

/** Returns the standard deviation over axes: the square root of `variance`, with its options. Default: all axes. The gradient is
 *  0 where the variance is 0. Throws what `variance` throws. */
export function std(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  const list = axesOf('std', x, axes, options, ['keepdim', 'unbiased']);
  return inScale(x, list, options.keepdim, (z) => sqrtOrZero(varianceOf('std', z, axes, options)));
}

/** Returns f(x / s) s for a function f with f(a x) = a f(x), which reduces axes and computes squares. s is a power of two, so that both are
 *  exact, and has no gradient. */
export function inScale(x: Tensor, axes: number[], keepdim: boolean | undefined, f: (x: Tensor) => Tensor): Tensor {
  const y = cast(x, floatOf(x.dtype));
  const s = squareScale(maxOp(abs(y.detach()), axes));
  return mul(f(div(y, s)), drop(s, axes, keepdim));
}

/** The power of two by which numbers are divided before they are squared, so that squares neither overflow nor vanish: 1 unless the largest
 *  magnitude is below 2^-43 or above 2^43 (float32). A power that fits float64 is infinite in float32. */
export function squareScale(largest: Tensor): Tensor {
  const scale = largest.dtype === 'float32' ? 2 ** 86 : 2 ** 610;
  const edge = Math.sqrt(scale);
  const one = filled([], 1, largest.dtype, largest);
  return where(greater(largest, edge), scale, where(less(mul(largest, edge), one), 1 / scale, one));
}

/** Returns the square root of x >= 0, with the gradient 0 at 0 in place of infinity. */
export function sqrtOrZero(x: Tensor): Tensor {
  const zero = equal(x, 0);
  return where(zero, 0, sqrt(where(zero, 1, x)));
}

function varianceOf(what: string, x: Tensor, axes: Axes | undefined, options: VarianceOptions): Tensor {
  const list = axesOf(what, x, axes, options, ['keepdim', 'unbiased']);
  const { unbiased = true, keepdim } = options;
  const n = countReduced(what, x, list) - (unbiased ? 1 : 0);
  if (n < 1) throw new ValueError(`${what}: one element has no unbiased variance; pass { unbiased: false }`);
  return drop(varianceOp(cast(x, floatOf(x.dtype)), list, n), list, keepdim);
}

/** Returns whether at least one element over axes is not 0, as bool. Default: all axes. NaN is not 0. False for no elements. */
export function any(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const list = axesOf('any', x, axes, options);
  return greater(sum(notEqual(x, 0), list, options), 0);
}

/** Returns whether no element over axes is 0, as bool. Default: all axes. NaN is not 0. True for no elements. */
export function all(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const list = axesOf('all', x, axes, options);
  return equal(sum(equal(x, 0), list, options), 0);
}

/** Returns the position of the first largest element along an axis, as int32, without a gradient. NaN counts as the largest.
 *  Default axis: the flattened tensor. Throws ShapeError if there are no elements. */
export function argMax(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return place('argMax', x, axis, options);
}

/** Returns the position of the first smallest element along an axis, as argMax does for the largest. */
export function argMin(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  // -1 - x reverses the order as -x does, and int32 holds it for every x; -x of -2^31 does not fit.
  const reversed = checkTensor('argMin', x).dtype === 'int32' ? sub(-1, x) : neg(x);
  return place('argMin', reversed, axis, options);
}

function place(what: string, x: Tensor, axis: number | undefined, options: ReduceOptions): Tensor {
  axesOf(what, x, [], options);
  const at = axis === undefined ? null : axisOf(what, x, axis);
  const rest = [...x.shape.keys()].filter((i) => i !== at);
  countReduced(what, x, at === null ? rest : [at]);
  const y = argMaxOp(at === null ? reshape(x, [x.size]) : permute(x, [...rest, at]));
  return options.keepdim ? reshape(y, kept(x.shape, at === null ? rest : [at])) : y;
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
});

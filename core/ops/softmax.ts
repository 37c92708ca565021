// Along one axis, with m = max x:
//   softmax     y = e^(x-m) / sum e^(x-m)           dx = y (g - sum g y)
//   logSoftmax  y = x - m - log sum e^(x-m)         dx = g - e^y sum g
import { atMost } from '../arguments.js';
import type { View } from '../backends/backend.js';
import { floatOf } from '../dtype.js';
import { type Operation, op } from '../op.js';
import { axesOf, axisOf } from '../operands.js';
import type { Axes, Tensor } from '../tensor.js';
import { sumOp } from './broadcast.js';
import { cast } from './cast.js';
import { countReduced } from './kinds.js';
import { dense } from './loops.js';
import { exp, isFinite, log } from './map.js';
import { max, type ReduceOptions, sum } from './reduce.js';
import { squeeze, transpose } from './view.js';
import { where } from './where.js';
import { add, equal, mul, sub } from './zip.js';

/** Returns e^x / sum e^x along an axis. Default: the last. Subtracts the maximum first, so it does not overflow. */
export function softmax(x: Tensor, axis = -1): Tensor {
  atMost(2, 'softmax', arguments);
  return alongLast(softmaxOp, x, axisOf('softmax', x, axis));
}

/** Returns log softmax(x) along an axis. Default: the last. Does not overflow. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  atMost(2, 'logSoftmax', arguments);
  return alongLast(logSoftmaxOp, x, axisOf('logSoftmax', x, axis));
}

/** Returns log sum e^x over axes. Default: all axes. Does not overflow. Minus infinity if all elements are minus infinity.
 *  Throws ShapeError if one of the axes has size 0. */
export function logSumExp(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const list = axesOf('logSumExp', x, axes, options);
  countReduced('logSumExp', x, list);
  const z = cast(x, floatOf(x.dtype));
  const largest = max(z, list, { keepdim: true }).detach();
  const shift = where(isFinite(largest), largest, 0);
  const total = sum(exp(sub(z, shift)), list, { keepdim: true });
  // log 0 has an infinite derivative. So a total of 0 is replaced by 1, and elements that are all minus infinity get the gradient 0.
  const none = equal(total, 0);
  const y = add(log(where(none, 1, total)), where(none, -Infinity, shift));
  return options.keepdim ? y : squeeze(y, list);
}

function alongLast(f: (x: Tensor) => Tensor, x: Tensor, axis: number): Tensor {
  const y = cast(x, floatOf(x.dtype));
  if (axis === x.ndim - 1) return f(y);
  return transpose(f(transpose(y, axis, -1)), axis, -1);
}

const sumLast = (x: Tensor) => sumOp(x, [x.ndim - 1]);

export const softmaxOp: Operation<[x: Tensor], object> = op({
  name: 'softmax',
  args: (x) => [[x], {}],
  shape: ([x]) => [x],
  loop: ([y], [x]) =>
    eachLine(y, x, (out, line, m, total) => line.forEach((v, i) => (out[i] = Math.exp(v - m) / total))),
  vjp: ([g], _x, [y]) => [() => softmaxGrad(g, y)],
});

/** Returns y (g - sum g y) along the last axis, the gradient of softmax from its result y. */
export const softmaxGrad: Operation<[g: Tensor, y: Tensor], object> = op({
  name: 'softmaxGrad',
  args: (g, y) => [[g, y], {}],
  shape: ([g]) => [g],
  loop([gx], views) {
    const [g, y] = views.map(dense);
    const n = gx.shape.at(-1) ?? 1;
    for (let from = 0; from < y.length; from += n) {
      let sum = 0;
      for (let i = from; i < from + n; i++) sum += g[i] * y[i];
      for (let i = from; i < from + n; i++) gx.data[gx.offset + i] = y[i] * (g[i] - sum);
    }
  },
  vjp: ([h], [g, y]) => {
    // softmaxGrad is linear in g, with a symmetric matrix.
    const back = () => sub(mul(h, sub(g, sumLast(mul(g, y)))), mul(g, sumLast(mul(h, y))));
    return [() => softmaxGrad(h, y), back];
  },
});

export const logSoftmaxOp: Operation<[x: Tensor], object> = op({
  name: 'logSoftmax',
  args: (x) => [[x], {}],
  shape: ([x]) => [x],
  loop: ([y], [x]) =>
    eachLine(y, x, (out, line, m, total) => line.forEach((v, i) => (out[i] = v - m - Math.log(total)))),
  vjp: ([g], _x, [y]) => [() => sub(g, mul(exp(y), sumLast(g)))],
});

/** Calls `visit` for each line along the last axis of x. out: receives the results, which are copied to y. line: the values of x.
 *  m: max x. total: sum e^(x-m). */
function eachLine(
  y: View,
  x: View,
  visit: (out: Float64Array, line: number[], m: number, total: number) => void,
): void {
  const xs = dense(x);
  const n = x.shape.at(-1) ?? 1;
  const out = new Float64Array(n);
  for (let start = 0; start < xs.length; start += n) {
    const line = Array.from(xs.subarray(start, start + n));
    let m = -Infinity;
    for (const v of line) m = Math.max(m, v);
    let total = 0;
    for (const v of line) total += Math.exp(v - m);
    visit(out, line, m, total);
    y.data.set(out, y.offset + start);
  }
}

// y_i = f(x_i): functions of one element, each with its derivative.

import { atMost, checkBool, checkChoice, checkFiniteNumber, checkOptions, checkTensor } from '../arguments.js';
import { floatOf, isFloat } from '../dtype.js';
import { ShapeError, ValueError } from '../errors.js';
import { type Operation, op } from '../op.js';
import { checkNumber } from '../operands.js';
import { show } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { dense } from './loops.js';
import { reshape } from './view.js';
import { where } from './where.js';
import { add, div, equal, greater, less, lessEqual, logicalAnd, mul, sub, zip } from './zip.js';

interface Declared {
  f: (x: number) => number;
  /** Returns the gradient of x from the gradient g of y = f(x). */
  vjp: (g: Tensor, x: Tensor, y: Tensor) => Tensor;
  /** Whether an int32 operand gives an int32 result; otherwise it is cast to float64. */
  integers?: boolean;
}

/* @__NO_SIDE_EFFECTS__ */
function map(name: string, { f, vjp, integers = false }: Declared): Operation<[x: Tensor], object> {
  return op({
    name,
    args: (x: Tensor) => [[integers && x.dtype !== 'bool' ? x : cast(x, floatOf(x.dtype))], {}],
    shape: ([x]) => [x],
    loop: ([y], [x]) => {
      const xs = dense(x);
      for (let i = 0; i < xs.length; i++) y.data[y.offset + i] = f(xs[i]);
    },
    vjp: ([g], [x], [y]) => [() => vjp(g, x, y)],
  });
}

/** The gradient of a piecewise constant function: 0, and NaN where x is NaN. */
function flat(g: Tensor, x: Tensor): Tensor {
  return where(equal(x, x), 0, mul(g, x));
}

/** Returns -x for each element. dx = -g. */
export const neg = map('neg', { f: (x) => -x, vjp: (g) => neg(g), integers: true });
/** Returns |x| for each element. dx = g sign x, 0 at x = 0. */
export const abs = map('abs', { f: Math.abs, vjp: (g, x) => mul(g, sign(x)), integers: true });
/** Returns -1, 0 or 1, the sign of each element. dx = 0, even if g is infinite. */
export const sign = map('sign', { f: Math.sign, vjp: flat, integers: true });
/** Returns the largest integer <= x, for each element. dx = 0. Integers stay integers. */
export const floor = map('floor', { f: Math.floor, vjp: flat, integers: true });
/** Returns the smallest integer >= x, for each element. dx = 0. Integers stay integers. */
export const ceil = map('ceil', { f: Math.ceil, vjp: flat, integers: true });
/** Returns the integer nearest to each element; halves go to the even neighbour, as in NumPy and PyTorch: 0.5 to 0, 1.5 to 2.
 *  dx = 0. Integers stay integers. */
export const round = map('round', { f: halfToEven, vjp: flat, integers: true });
/** Returns x^2 for each element. dx = 2 x g. */
export const square = map('square', { f: (x) => x * x, vjp: (g, x) => mul(g, mul(x, 2)), integers: true });
/** Returns the square root of each element; NaN below 0. dx = g / (2 y): infinite at 0, NaN there if g = 0 too. */
export const sqrt = map('sqrt', { f: Math.sqrt, vjp: (g, _x, y) => div(g, mul(y, 2)) });
/** Returns e^x for each element. dx = g y. */
export const exp = map('exp', { f: Math.exp, vjp: (g, _x, y) => mul(g, y) });
/** Returns the natural logarithm of each element; NaN below 0. dx = g / x: infinite at 0, NaN there if g = 0 too. */
export const log = map('log', { f: Math.log, vjp: (g, x) => div(g, x) });
/** Returns e^x - 1 for each element, accurate near 0. dx = g e^x. */
export const expm1 = map('expm1', { f: Math.expm1, vjp: (g, x) => mul(g, exp(x)) });
/** Returns log(1 + x) for each element, accurate near 0; NaN below -1. dx = g / (1 + x). */
export const log1p = map('log1p', { f: Math.log1p, vjp: (g, x) => div(g, add(x, 1)) });
/** Returns the sine of each element, in radians. dx = g cos x. */
export const sin = map('sin', { f: Math.sin, vjp: (g, x) => mul(g, cos(x)) });
/** Returns the cosine of each element, in radians. dx = -g sin x. */
export const cos = map('cos', { f: Math.cos, vjp: (g, x) => neg(mul(g, sin(x))) });
/** Returns tanh x for each element. dx = g (1 - y^2). */
export const tanh = map('tanh', { f: Math.tanh, vjp: (g, _x, y) => mul(g, sub(1, square(y))) });
/** Returns 1 / (1 + e^-x) for each element, without overflow. dx = g y (1 - y). */
export const sigmoid = map('sigmoid', {
  f: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  vjp: (g, _x, y) => mul(g, mul(y, sub(1, y))),
});
/** Returns log(1 + e^x) for each element, computed as max(x, 0) + log(1 + e^-|x|). dx = g sigmoid(x). */
export const softplus = map('softplus', {
  f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  vjp: (g, x) => mul(g, sigmoid(x)),
});
/** Returns the error function, 2/sqrt(pi) times the integral of e^-t^2 from 0 to x. dx = 2/sqrt(pi) e^-x^2 g. */
export const erf = map('erf', { f: erfOf, vjp: (g, x) => mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))) });

/** Returns max(x, 0) for each element; NaN stays NaN. dx = g [x > 0]. */
export const relu = map('relu', {
  f: (x) => (x < 0 ? 0 : x),
  vjp: (g, x) => reluGrad(g, x),
  integers: true,
});

/** An operation of two tensors of one dtype and shape. */
type TensorZip = Operation<[g: Tensor, x: Tensor], object>;

/** Returns g if x > 0, else 0: the gradient of relu. */
export const reluGrad: TensorZip = zip('reluGrad', {
  f: (g, x) => (x > 0 ? g : 0),
  vjp: (gg, _, x) => [() => reluGrad(gg, x), null],
}) as unknown as TensorZip;

/** Returns x if x >= 0, else slope x. Default slope: 0.01. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  atMost(2, 'leakyRelu', arguments);
  return where(less(checkTensor('leakyRelu', x), 0), mul(x, checkFiniteNumber('leakyRelu: slope', slope)), x);
}

/** Returns x if x > 0, else alpha (e^x - 1), computed without cancellation. Default alpha: 1. */
export function elu(x: Tensor, alpha = 1): Tensor {
  atMost(2, 'elu', arguments);
  const positive = greater(checkTensor('elu', x), 0);
  // Above 0 the exponential may be infinite, and its product with the gradient 0 would be NaN.
  return where(positive, x, mul(expm1(where(positive, 0, x)), checkFiniteNumber('elu: alpha', alpha)));
}

/** Returns x if x > 0, else weight x.  weight [1], or [c] for x [n, c, ..]  -> as x.  Throws ShapeError for another weight. */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  atMost(2, 'prelu', arguments);
  checkTensor('prelu', x);
  const { size, ndim } = checkTensor('prelu: weight', weight);
  if (ndim !== 1 || (size !== 1 && size !== x.shape[1])) {
    throw new ShapeError(
      `prelu: takes a weight [1], or [c] for x [n,c,..]: ${show(weight.shape)} for ${show(x.shape)}`,
    );
  }
  const positive = greater(x, 0);
  const slope = size === 1 ? weight : reshape(weight, [size, ...x.shape.slice(2).map(() => 1)]);
  // Where x > 0, the gradient of the weight would be 0 x, which is NaN if x is infinite.
  return where(positive, x, mul(where(positive, 0, x), slope));
}

// With Phi the normal distribution function and its density phi(x) = e^(-x^2/2) / sqrt(2 pi):
//   gelu       y  = x Phi(x)
//   geluGrad   gx = g (Phi(x) + x phi(x)),   whose derivative with respect to x is g phi(x) (2 - x^2)
export const geluOp: Operation<[x: Tensor], object> = map('gelu', {
  f: (x) => x * normal(x),
  vjp: (g, x) => geluGrad(g, x),
});

/** Returns the gradient of gelu, g (Phi(x) + x phi(x)). */
export const geluGrad: TensorZip = zip('geluGrad', {
  f: (g, x) => g * (normal(x) + x * phi(x)),
  vjp: (h, g, x) => [
    () => geluGrad(h, x),
    () => mul(mul(h, g), mul(mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)), sub(2, square(x)))),
  ],
}) as unknown as TensorZip;

/** Returns x sigmoid(x), also called swish. */
export function silu(x: Tensor): Tensor {
  atMost(1, 'silu', arguments);
  return mul(checkTensor('silu', x), sigmoid(x));
}

/** Returns x Phi(x), Phi the normal distribution function, computed by erf (default) or by the tanh approximation.
 *  Throws ValueError for another approximation. Source: Hendrycks and Gimpel 2016, arXiv 1606.08415. */
export function gelu(x: Tensor, options: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  checkOptions('gelu', options, ['approximate']);
  const form = checkChoice('gelu', 'approximate', options.approximate ?? 'none', ['none', 'tanh']);
  if (form === 'none') return geluOp(x);
  // 1/2 (1 + tanh v) is sigmoid(2 v). Beyond 100 it is 0 or 1, and the cube of a large x would be infinite.
  const u = clamp(checkTensor('gelu', x), { min: -100, max: 100 });
  return mul(x, sigmoid(mul(add(u, mul(mul(square(u), u), 0.044715)), Math.sqrt(8 / Math.PI))));
}

/** Returns x limited to [min, max]. Defaults: no limit. dx = g inside and on the limits, 0 outside; NaN stays NaN.
 *  Throws ValueError if min exceeds max. */
export function clamp(x: Tensor, range: { min?: number; max?: number }): Tensor {
  checkOptions('clamp', range, ['min', 'max']);
  const { min = -Infinity, max = Infinity } = range;
  if (!(checkNumber('clamp: min', min) <= checkNumber('clamp: max', max)))
    throw new ValueError(`clamp: min must not exceed max: ${min} and ${max}`);
  const low = min === -Infinity ? checkTensor('clamp', x) : where(less(checkTensor('clamp', x), min), min, x);
  return max === Infinity ? low : where(less(max, low), max, low);
}

/** Returns whether each element is NaN, as bool. */
export function isNaN(x: Tensor): Tensor {
  atMost(1, 'isNaN', arguments);
  return logicalNot(equal(checkTensor('isNaN', x), x));
}
/** Returns whether each element is neither NaN nor infinite, as bool. */
export function isFinite(x: Tensor): Tensor {
  atMost(1, 'isFinite', arguments);
  if (!isFloat(checkTensor('isFinite', x).dtype)) return equal(x, x);
  return logicalAnd(less(-Infinity, x), less(x, Infinity));
}
/** Returns the negation of each bool element. Throws DTypeError unless x is bool. */
export function logicalNot(x: Tensor): Tensor {
  atMost(1, 'logicalNot', arguments);
  return lessEqual(checkBool('logicalNot: the operand', x), 0);
}

function halfToEven(x: number): number {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** The normal distribution function Phi. */
function normal(x: number): number {
  return 0.5 * (1 + erfOf(x * Math.SQRT1_2));
}

/** The density of the normal distribution. */
function phi(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

// |x| < 3: 2x/sqrt(pi) e^-x^2 sum_n (2x^2)^n / (1 3 5 .. (2n+1)), all terms positive   (Abramowitz and Stegun 7.1.6)
// beyond:  1 - e^-x^2/sqrt(pi) / (x + 1/2/(x + 1/(x + 3/2/(x + ..))))                   (7.1.14)
function erfOf(x: number): number {
  const z = Math.abs(x);
  if (z >= 3) {
    let fraction = z;
    for (let k = 60; k > 0; k--) fraction = z + k / 2 / fraction;
    return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction);
  }
  let term = 1;
  let sum = 1;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return ((2 * x) / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

// y_i = f(x_i) for the transcendental functions of lib/approx.ts.
import { erf4, exp4, gelu4, geluSlope4, log4, sigmoid4, softplus4, tanh4 } from '../lib/approx';
import { F, partial, storePartial } from '../lib/memory';

const EXP = 0;
const LOG = 1;
const TANH = 2;
const SIGMOID = 3;
const SOFTPLUS = 4;
const ERF = 5;

// @ts-ignore: decorator
@inline
function four(f: i32, x: v128): v128 {
  if (f == EXP) return exp4(x);
  if (f == LOG) return log4(x);
  if (f == TANH) return tanh4(x);
  if (f == SIGMOID) return sigmoid4(x);
  if (f == SOFTPLUS) return softplus4(x);
  if (f == ERF) return erf4(x);
  return gelu4(x);
}

/** y_i = f(x_i), four values at a time. The last values, if fewer than four, go through the same instructions. */
// @ts-ignore: decorator
@inline
function each(f: i32, y: usize, x: usize, n: usize): void {
  for (; n >= 4; n -= 4) {
    v128.store(y, four(f, v128.load(x)));
    x += 4 * F;
    y += 4 * F;
  }
  if (n > 0) storePartial(y, four(f, partial(x, n, 1)), n);
}

export function exp(y: usize, x: usize, n: usize): void {
  each(EXP, y, x, n);
}
export function log(y: usize, x: usize, n: usize): void {
  each(LOG, y, x, n);
}
export function tanh(y: usize, x: usize, n: usize): void {
  each(TANH, y, x, n);
}
export function sigmoid(y: usize, x: usize, n: usize): void {
  each(SIGMOID, y, x, n);
}
export function softplus(y: usize, x: usize, n: usize): void {
  each(SOFTPLUS, y, x, n);
}
export function erf(y: usize, x: usize, n: usize): void {
  each(ERF, y, x, n);
}
export function gelu(y: usize, x: usize, n: usize): void {
  each(6, y, x, n);
}

/** y_i = g_i (Phi(x_i) + x_i phi(x_i)) */
export function geluGrad(y: usize, g: usize, x: usize, n: usize): void {
  for (; n >= 4; n -= 4) {
    v128.store(y, f32x4.mul(v128.load(g), geluSlope4(v128.load(x))));
    g += 4 * F;
    x += 4 * F;
    y += 4 * F;
  }
  if (n > 0) storePartial(y, f32x4.mul(partial(g, n, 1), geluSlope4(partial(x, n, 1))), n);
}

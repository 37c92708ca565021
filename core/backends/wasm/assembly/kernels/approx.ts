// y_i = f(x_i) for the transcendental functions of lib/approx.ts.
import { erf4, exp4, gelu4, geluSlope4, log4, sigmoid4, softplus4, tanh4 } from '../lib/approx';
import { F, move, tileArea } from '../lib/memory';

const EXP = 0;
const LOG = 1;
const TANH = 2;
const SIGMOID = 3;
const SOFTPLUS = 4;
const ERF = 5;
const GELU = 6;
const GELU_GRAD = 7;

// `f` is a constant at each call, so the compiler makes a loop for each function.
// @ts-ignore: decorator
@inline
function four(f: i32, x: v128, g: v128): v128 {
  if (f == EXP) return exp4(x);
  if (f == LOG) return log4(x);
  if (f == TANH) return tanh4(x);
  if (f == SIGMOID) return sigmoid4(x);
  if (f == SOFTPLUS) return softplus4(x);
  if (f == ERF) return erf4(x);
  if (f == GELU) return gelu4(x);
  return f32x4.mul(g, geluSlope4(x));
}

/** Values in a block: four vectors, which share the loads of constants. In the wide build the engine fuses pairs of them. */
const BLOCK: usize = 16;

/** y_i = f(x_i), or g_i f(x_i) for GELU_GRAD, in whole blocks. The last values, if they are fewer than a block, are computed in a block of
 *  their own, so they go through the same instructions. y may be x. */
// @ts-ignore: decorator
@inline
function each(f: i32, y: usize, x: usize, g: usize, n: usize): void {
  while (n > 0) {
    const last = n < BLOCK ? n : 0;
    if (last) {
      move(tileArea(), x, last);
      x = tileArea();
      if (f == GELU_GRAD) {
        move(tileArea() + BLOCK * F, g, last);
        g = tileArea() + BLOCK * F;
      }
    }
    const a = four(f, v128.load(x), f == GELU_GRAD ? v128.load(g) : f32x4.splat(0));
    const b = four(f, v128.load(x, 16), f == GELU_GRAD ? v128.load(g, 16) : f32x4.splat(0));
    const c = four(f, v128.load(x, 32), f == GELU_GRAD ? v128.load(g, 32) : f32x4.splat(0));
    const d = four(f, v128.load(x, 48), f == GELU_GRAD ? v128.load(g, 48) : f32x4.splat(0));
    const to = last ? tileArea() : y;
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
    if (last) {
      move(y, tileArea(), last);
      return;
    }
    n -= BLOCK;
    x += BLOCK * F;
    y += BLOCK * F;
    if (f == GELU_GRAD) g += BLOCK * F;
  }
}

export function exp(y: usize, x: usize, n: usize): void {
  each(EXP, y, x, 0, n);
}
export function log(y: usize, x: usize, n: usize): void {
  each(LOG, y, x, 0, n);
}
export function tanh(y: usize, x: usize, n: usize): void {
  each(TANH, y, x, 0, n);
}
export function sigmoid(y: usize, x: usize, n: usize): void {
  each(SIGMOID, y, x, 0, n);
}
export function softplus(y: usize, x: usize, n: usize): void {
  each(SOFTPLUS, y, x, 0, n);
}
export function erf(y: usize, x: usize, n: usize): void {
  each(ERF, y, x, 0, n);
}
export function gelu(y: usize, x: usize, n: usize): void {
  each(GELU, y, x, 0, n);
}

/** y_i = g_i (Phi(x_i) + x_i phi(x_i)) */
export function geluGrad(y: usize, g: usize, x: usize, n: usize): void {
  each(GELU_GRAD, y, x, g, n);
}

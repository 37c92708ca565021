// y_i = f(x_i) and z_i = f(a_i, b_i), four elements at a time. Each is rounded once, as in the loops, so the bits are the same.
import { F, splat } from '../lib/memory';

const NEG = 0;
const ABS = 1;
const SQRT = 2;
const SQUARE = 3;
const RELU = 4;
const ADD = 5;
const SUB = 6;
const MUL = 7;
const DIV = 8;
const RELU_GRAD = 9;

// `f` is a constant at each call, so the compiler makes a loop for each function.
// @ts-ignore: decorator
@inline
function four(f: i32, a: v128, b: v128): v128 {
  if (f == NEG) return f32x4.neg(a);
  if (f == ABS) return f32x4.abs(a);
  if (f == SQRT) return f32x4.sqrt(a);
  if (f == SQUARE) return f32x4.mul(a, a);
  if (f == RELU) return f32x4.pmax(a, f32x4.splat(0)); // a < 0 ? 0 : a, so NaN passes
  if (f == ADD) return f32x4.add(a, b);
  if (f == SUB) return f32x4.sub(a, b);
  if (f == MUL) return f32x4.mul(a, b);
  if (f == DIV) return f32x4.div(a, b);
  return v128.and(a, f32x4.gt(b, f32x4.splat(0))); // RELU_GRAD of (g, x)
}

/** Computes 16 values from two rows, as four vectors; in the wide build the engine fuses neighbouring vectors into one of 256 bits. */
// @ts-ignore: decorator
@inline
function block(f: i32, to: usize, a: usize, b: usize): void {
  const p = four(f, v128.load(a), v128.load(b));
  const q = four(f, v128.load(a, 16), v128.load(b, 16));
  const r = four(f, v128.load(a, 32), v128.load(b, 32));
  const s = four(f, v128.load(a, 48), v128.load(b, 48));
  v128.store(to, p);
  v128.store(to, q, 16);
  v128.store(to, r, 32);
  v128.store(to, s, 48);
}

/** Computes n values from two rows. An operand with a step of 1 has n values; with 0 its one value is repeated. */
// @ts-ignore: decorator
@inline
function row(f: i32, to: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  if (!aStep) a = splat(a, 0);
  if (!bStep) b = splat(b, 16);
  let i: usize = 0;
  if (aStep & bStep) {
    for (; i + 16 <= n; i += 16) {
      block(f, to, a, b);
      to += 64;
      a += 64;
      b += 64;
    }
  }
  for (; i + 4 <= n; i += 4) {
    v128.store(to, four(f, v128.load(a), v128.load(b)));
    to += 16;
    a += aStep * 16;
    b += bStep * 16;
  }
  for (; i < n; i++) {
    store<f32>(to, f32x4.extract_lane(four(f, v128.load_splat<f32>(a), v128.load_splat<f32>(b)), 0));
    to += F;
    a += aStep * F;
    b += bStep * F;
  }
}

export function neg(y: usize, x: usize, n: usize): void {
  row(NEG, y, x, x, n, 1, 1);
}
export function abs(y: usize, x: usize, n: usize): void {
  row(ABS, y, x, x, n, 1, 1);
}
export function sqrt(y: usize, x: usize, n: usize): void {
  row(SQRT, y, x, x, n, 1, 1);
}
export function square(y: usize, x: usize, n: usize): void {
  row(SQUARE, y, x, x, n, 1, 1);
}
export function relu(y: usize, x: usize, n: usize): void {
  row(RELU, y, x, x, n, 1, 1);
}
export function reluGrad(y: usize, g: usize, x: usize, n: usize): void {
  row(RELU_GRAD, y, g, x, n, 1, 1);
}

/** z = f(a, b) over three axes; z is dense [outer, middle, inner]. Strides are in elements, the inner ones 0 or 1. */
// @ts-ignore: decorator
@inline
function zip(
  f: i32, z: usize, a: usize, b: usize, outer: usize, middle: usize, inner: usize,
  aOuter: usize, aMiddle: usize, aInner: usize, bOuter: usize, bMiddle: usize, bInner: usize,
): void {
  for (let i: usize = 0; i < outer; i++) {
    for (let j: usize = 0; j < middle; j++) {
      const fromA = a + (i * aOuter + j * aMiddle) * F;
      const fromB = b + (i * bOuter + j * bMiddle) * F;
      row(f, z, fromA, fromB, inner, aInner, bInner);
      z += inner * F;
    }
  }
}

export function add(
  z: usize, a: usize, b: usize, outer: usize, middle: usize, inner: usize,
  ao: usize, am: usize, ai: usize, bo: usize, bm: usize, bi: usize,
): void {
  zip(ADD, z, a, b, outer, middle, inner, ao, am, ai, bo, bm, bi);
}
export function sub(
  z: usize, a: usize, b: usize, outer: usize, middle: usize, inner: usize,
  ao: usize, am: usize, ai: usize, bo: usize, bm: usize, bi: usize,
): void {
  zip(SUB, z, a, b, outer, middle, inner, ao, am, ai, bo, bm, bi);
}
export function mul(
  z: usize, a: usize, b: usize, outer: usize, middle: usize, inner: usize,
  ao: usize, am: usize, ai: usize, bo: usize, bm: usize, bi: usize,
): void {
  zip(MUL, z, a, b, outer, middle, inner, ao, am, ai, bo, bm, bi);
}
export function div(
  z: usize, a: usize, b: usize, outer: usize, middle: usize, inner: usize,
  ao: usize, am: usize, ai: usize, bo: usize, bm: usize, bi: usize,
): void {
  zip(DIV, z, a, b, outer, middle, inner, ao, am, ai, bo, bm, bi);
}

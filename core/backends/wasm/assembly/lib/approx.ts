// Transcendental functions of four values at once, in float32. Infinities, denormals, both zeros and NaN are as in the loops.
// tests/wasm/map.test.ts states and checks the errors.
//
//   exp       e^x = 2^n e^r, n = round(x log2 e), |r| <= log(2)/2
//   log       log x = e log 2 + log(1 + r), x = 2^e (1 + r), 1 + r in [sqrt(1/2), sqrt(2))
//   tanh      an odd polynomial below 0.625, 1 - 2 / (e^2|x| + 1) above
//   softplus  max(x, 0) + log(1 + u), u = e^-|x|; (u - (w - 1)) / w corrects the rounding of w = 1 + u
//   erf       an odd polynomial below 475/512, 1 - e^-p(|x|) with a polynomial p above
//
// The polynomials of exp, log and tanh are from Cephes (Moshier 1989, expf, logf and tanhf), the two of erf from N. Juffa's erff.
// @ts-ignore: decorator
@inline
function lanes(x: f32): v128 {
  return f32x4.splat(x);
}

/** p x + c */
// @ts-ignore: decorator
@inline
function horner(p: v128, x: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(p, x), f32x4.splat(c));
}

/** 2^n for -126 <= n <= 127. */
// @ts-ignore: decorator
@inline
function power(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

export function exp4(x: v128): v128 {
  return exponential(x);
}

// @ts-ignore: decorator
@inline
function exponential(x: v128): v128 {
  // Outside these limits e^x is 0 or infinite. pmax and pmin let NaN pass.
  const z = f32x4.pmin(f32x4.pmax(x, lanes(-104)), lanes(89));
  const n = f32x4.nearest(f32x4.mul(z, lanes(1.44269504)));
  // log 2 in two parts; n times the first is exact.
  const r = f32x4.sub(f32x4.sub(z, f32x4.mul(n, lanes(0.693359375))), f32x4.mul(n, lanes(-2.12194440e-4)));
  let p = horner(lanes(1.9875691500e-4), r, 1.3981999507e-3);
  p = horner(p, r, 8.3334519073e-3);
  p = horner(p, r, 4.1665795894e-2);
  p = horner(p, r, 1.6666665459e-1);
  p = horner(p, r, 5.0000001201e-1);
  const e = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), lanes(1));
  // 2^n in two factors, so that the denormals below 2^-126 and the values near 2^128 can be reached.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(e, power(half)), power(i32x4.sub(whole, half)));
}

export function log4(x: v128): v128 {
  const denormal = f32x4.lt(x, lanes(1.17549435e-38));
  const z = v128.bitselect(f32x4.mul(x, lanes(8388608)), x, denormal);
  const m = v128.or(v128.and(z, i32x4.splat(0x7fffff)), i32x4.splat(0x3f000000));
  const low = f32x4.lt(m, lanes(0.707106781));
  let e = i32x4.sub(i32x4.shr_u(z, 23), i32x4.splat(126));
  e = i32x4.add(i32x4.sub(e, v128.and(denormal, i32x4.splat(23))), low); // a true lane of `low` is -1
  const n = f32x4.convert_i32x4_s(e);
  const r = f32x4.sub(f32x4.add(m, v128.and(m, low)), lanes(1));
  const square = f32x4.mul(r, r);
  let p = horner(lanes(7.0376836292e-2), r, -1.1514610310e-1);
  p = horner(p, r, 1.1676998740e-1);
  p = horner(p, r, -1.2420140846e-1);
  p = horner(p, r, 1.4249322787e-1);
  p = horner(p, r, -1.6668057665e-1);
  p = horner(p, r, 2.0000714765e-1);
  p = horner(p, r, -2.4999993993e-1);
  p = horner(p, r, 3.3333331174e-1);
  p = f32x4.add(f32x4.mul(f32x4.mul(p, r), square), f32x4.mul(n, lanes(-2.12194440e-4)));
  p = f32x4.sub(p, f32x4.mul(square, lanes(0.5)));
  const y = f32x4.add(f32x4.add(r, p), f32x4.mul(n, lanes(0.693359375)));
  // sqrt(x) is infinite for infinity, and NaN for NaN and negative numbers.
  const rest = v128.bitselect(lanes(-Infinity), f32x4.sqrt(x), f32x4.eq(x, lanes(0)));
  return v128.bitselect(y, rest, v128.and(f32x4.gt(x, lanes(0)), f32x4.lt(x, lanes(Infinity))));
}

export function tanh4(x: v128): v128 {
  const square = f32x4.mul(x, x);
  let p = horner(lanes(-5.70498872745e-3), square, 2.06390887954e-2);
  p = horner(p, square, -5.37397155531e-2);
  p = horner(p, square, 1.33314422036e-1);
  p = horner(p, square, -3.33332819422e-1);
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, square), x), x);
  const size = f32x4.abs(x);
  const large = f32x4.sub(lanes(1), f32x4.div(lanes(2), f32x4.add(exponential(f32x4.add(size, size)), lanes(1))));
  return v128.bitselect(small, withSign(large, x), f32x4.lt(size, lanes(0.625)));
}

// @ts-ignore: decorator
@inline
function withSign(size: v128, x: v128): v128 {
  return v128.or(size, v128.and(x, i32x4.splat(0x80000000)));
}

export function sigmoid4(x: v128): v128 {
  const e = exponential(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(lanes(1), e, f32x4.ge(x, lanes(0))), f32x4.add(lanes(1), e));
}

export function softplus4(x: v128): v128 {
  const u = exp4(f32x4.neg(f32x4.abs(x)));
  const w = f32x4.add(lanes(1), u);
  const lost = f32x4.div(f32x4.sub(u, f32x4.sub(w, lanes(1))), w);
  return f32x4.add(f32x4.max(x, lanes(0)), f32x4.add(log4(w), lost));
}

export function erf4(x: v128): v128 {
  const t = f32x4.abs(x);
  const square = f32x4.mul(x, x);
  let p = horner(lanes(-5.96761703e-4), square, 4.99119423e-3);
  p = horner(p, square, -2.67681349e-2);
  p = horner(p, square, 1.12819925e-1);
  p = horner(p, square, -3.76125336e-1);
  p = horner(p, square, 1.28379166e-1);
  const small = f32x4.add(f32x4.mul(p, x), x);
  // Beyond 4, erf is 1 in float32. pmin lets NaN pass and keeps infinity out of the polynomial.
  const s = f32x4.pmin(t, lanes(4));
  let q = horner(lanes(-1.72853470e-5), s, 3.83197126e-4);
  q = horner(q, s, -3.88396438e-3);
  q = horner(q, s, 2.42546219e-2);
  q = horner(q, s, -1.06777877e-1);
  q = horner(q, s, -6.34846687e-1);
  q = horner(q, s, -1.28717512e-1);
  q = f32x4.sub(f32x4.mul(q, s), s);
  const large = f32x4.sub(lanes(1), exp4(q));
  return v128.bitselect(withSign(large, x), small, f32x4.gt(t, lanes(0.927734375)));
}

/** Phi(x) = (1 + erf(x / sqrt(2))) / 2 */
// @ts-ignore: decorator
@inline
function normal4(x: v128): v128 {
  return f32x4.mul(lanes(0.5), f32x4.add(lanes(1), erf4(f32x4.mul(x, lanes(0.70710678)))));
}

export function gelu4(x: v128): v128 {
  return f32x4.mul(x, normal4(x));
}

/** Phi(x) + x e^(-x^2/2) / sqrt(2 pi) */
export function geluSlope4(x: v128): v128 {
  const density = f32x4.mul(lanes(0.39894228), exp4(f32x4.mul(lanes(-0.5), f32x4.mul(x, x))));
  return f32x4.add(normal4(x), f32x4.mul(x, density));
}

// Transcendental functions of four values at once, in float32. Infinities, denormals, both zeros and NaN are as in the loops.
// tests/wasm/map.test.ts states and checks the errors.
//
//   exp       e^x = 2^n e^r, n = round(x log2 e), |r| <= log(2)/2, e^r = 1 + r + r^2 p(r)
//   log       log x = e log 2 + log(1 + r), x = 2^e (1 + r), 1 + r in [sqrt(1/2), sqrt(2))
//   tanh      an odd polynomial below 0.625, 1 - 2 / (e^2|x| + 1) above
//   softplus  max(x, 0) + log(1 + u), u = e^-|x|; (u - (w - 1)) / w corrects the rounding of w = 1 + u
//   erf       an odd polynomial below 475/512, 1 - e^-p(|x|) with a polynomial p above
//   Phi       1 - Phi(a) = e^(-a^2/2) R(a) for a = |x|, with R a ratio of polynomials: no cancellation for negative x
//
// The polynomials of log and tanh are from Cephes (Moshier 1989, logf and tanhf), the two of erf from N. Juffa's erff. Those of exp and
// Phi are fitted: the largest relative error is 3e-9 for e^r and 1.5e-8 for R on [0, 14.5].
//
// The constants of polynomials lie in memory. A constant in the code costs three instructions in each pass of a loop. A load that copies one value to
// all lanes is one instruction, and the engine can pair two such loads (lib/microkernel.ts).
import { F, madd } from './memory';

const ONE = memory.data<f32>([1], 4);
const TWO = memory.data<f32>([2], 4);
const MINUS_HALF = memory.data<f32>([-0.5], 4);
const INFINITE = memory.data<f32>([Infinity], 4);
const MINUS_INFINITE = memory.data<f32>([-Infinity], 4);
const SIGN = memory.data<u32>([0x80000000], 4);
const SIZE = memory.data<u32>([0x7fffffff], 4);

// Outside these limits e^x is 0 or infinite.
const EXP_LOWEST = memory.data<f32>([-104], 4);
const EXP_HIGHEST = memory.data<f32>([89], 4);
const LOG2_E = memory.data<f32>([1.44269504], 4);
// 1.5 2^23 and a bias: the sum with a small z is rounded to a whole number, which is in the low bits of the sum.
const BIAS = memory.data<f32>([12583039], 4); // 1.5 2^23 + 127
const TWICE_BIAS = memory.data<f32>([12583166], 4); // 1.5 2^23 + 2 * 127
// -log 2 in two parts; n times the first is exact.
const LN2_HIGH = memory.data<f32>([-0.693359375], 4);
const LN2_LOW = memory.data<f32>([2.12194440e-4], 4);
const EXP = memory.data<f32>([1.381982583552599e-3, 8.368686772882938e-3, 4.1668277233839035e-2, 0.1666652113199234, 0.4999999403953552], 4);

const LEAST_NORMAL = memory.data<f32>([1.17549435e-38], 4);
const TWO_TO_23 = memory.data<f32>([8388608], 4);
const MANTISSA = memory.data<u32>([0x7fffff], 4);
const HALF_BITS = memory.data<u32>([0x3f000000], 4);
const ROOT_OF_HALF = memory.data<f32>([0.707106781], 4);
const LOG = memory.data<f32>([
  7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
], 4);

const TANH_NEAR = memory.data<f32>([0.625], 4);
const TANH_HIGHEST = memory.data<f32>([20], 4); // 1 - 2 / (e^20 + 1) rounds to 1
const TANH = memory.data<f32>([-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1], 4);

const ERF_NEAR = memory.data<f32>([0.927734375], 4);
const ERF_HIGHEST = memory.data<f32>([4], 4); // erf 4 rounds to 1
const ERF = memory.data<f32>([
  -5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1,
], 4);
const ERF_FAR = memory.data<f32>([
  -1.72853470e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1, -1.28717512e-1,
], 4);

const PHI_LOWEST = memory.data<f32>([14.5], 4); // Phi(-14.5) rounds to 0
const HIGH_BITS = memory.data<u32>([0xfffff000], 4);
const PHI_ABOVE = memory.data<f32>([
  4.085587337613106e-3, 4.044206812977791e-2, 0.18269138038158417, 0.43759769201278687, 0.5,
], 4);
const PHI_BELOW = memory.data<f32>([
  1.0240926407277584e-2, 0.10137980431318283, 0.46802812814712524, 1.2003037929534912, 1.6730802059173584, 1,
], 4);
const DENSITY = memory.data<f32>([0.39894228], 4); // 1 / sqrt(2 pi)

/** The constant at an address, in every lane. */
// @ts-ignore: decorator
@inline
function at(address: usize): v128 {
  return v128.load_splat<f32>(address);
}

/** A polynomial of `degree` 0 to 9. coefficients: from the highest power down. square: x^2. It adds the terms in pairs, so half of the
 *  multiplications do not wait for others. */
// @ts-ignore: decorator
@inline
function polynomial(coefficients: usize, degree: usize, x: v128, square: v128): v128 {
  const c = coefficients + (degree & 1) * F;
  let p = at(c);
  if (degree & 1) p = madd(at(c - F), x, p);
  if (degree > 1) p = madd(p, square, madd(at(c + 1 * F), x, at(c + 2 * F)));
  if (degree > 3) p = madd(p, square, madd(at(c + 3 * F), x, at(c + 4 * F)));
  if (degree > 5) p = madd(p, square, madd(at(c + 5 * F), x, at(c + 6 * F)));
  if (degree > 7) p = madd(p, square, madd(at(c + 7 * F), x, at(c + 8 * F)));
  return p;
}

/** r = z - n log 2, where t = n + bias. */
// @ts-ignore: decorator
@inline
function reduced(z: v128, t: v128, bias: usize): v128 {
  const n = f32x4.sub(t, at(bias));
  return madd(n, at(LN2_LOW), madd(n, at(LN2_HIGH), z));
}

/** e^r. The first form rounds least if it is fused, the second if it is not. */
// @ts-ignore: decorator
@inline
function series(r: v128): v128 {
  const square = f32x4.mul(r, r);
  const p = polynomial(EXP, 4, r, square);
  if (ASC_FEATURE_RELAXED_SIMD) return madd(madd(p, r, at(ONE)), r, at(ONE));
  return f32x4.add(madd(p, square, r), at(ONE));
}

/** e^z for -87 <= z <= 88 */
// @ts-ignore: decorator
@inline
function normalExp(z: v128): v128 {
  const t = madd(z, at(LOG2_E), at(BIAS));
  return f32x4.mul(series(reduced(z, t, BIAS)), i32x4.shl(t, 23));
}

/** e^z for -104 <= z <= 89. 2^n has two factors, so that the denormals below 2^-126 and the values near 2^128 can be reached. */
// @ts-ignore: decorator
@inline
function anyExp(z: v128): v128 {
  const t = madd(z, at(LOG2_E), at(TWICE_BIAS));
  const half = i32x4.shr_s(t, 1);
  const e = f32x4.mul(series(reduced(z, t, TWICE_BIAS)), i32x4.shl(half, 23));
  return f32x4.mul(e, i32x4.shl(i32x4.sub(t, half), 23));
}

// pmax(x, limit) and pmin(x, limit) let a NaN of x pass.

// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  return anyExp(f32x4.pmin(f32x4.pmax(x, at(EXP_LOWEST)), at(EXP_HIGHEST)));
}

/** e^x for x <= 0 */
// @ts-ignore: decorator
@inline
export function decay4(x: v128): v128 {
  return anyExp(f32x4.pmax(x, at(EXP_LOWEST)));
}

// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const denormal = f32x4.lt(x, at(LEAST_NORMAL));
  const z = v128.bitselect(f32x4.mul(x, at(TWO_TO_23)), x, denormal);
  const m = v128.or(v128.and(z, at(MANTISSA)), at(HALF_BITS));
  const low = f32x4.lt(m, at(ROOT_OF_HALF));
  let e = i32x4.sub(i32x4.shr_u(z, 23), i32x4.splat(126));
  e = i32x4.add(i32x4.sub(e, v128.and(denormal, i32x4.splat(23))), low); // a true lane of `low` is -1
  const n = f32x4.convert_i32x4_s(e);
  const r = f32x4.sub(f32x4.add(m, v128.and(m, low)), at(ONE));
  const square = f32x4.mul(r, r);
  let p = f32x4.mul(f32x4.mul(polynomial(LOG, 8, r, square), r), square);
  p = f32x4.sub(p, f32x4.mul(n, at(LN2_LOW)));
  p = madd(square, at(MINUS_HALF), p);
  const y = f32x4.sub(f32x4.add(r, p), f32x4.mul(n, at(LN2_HIGH)));
  // x is infinite, NaN, 0 or negative. All bits set, as for a negative x, are a NaN.
  const zero = f32x4.splat(0);
  const rest = v128.bitselect(at(MINUS_INFINITE), v128.or(x, f32x4.lt(x, zero)), f32x4.eq(x, zero));
  return v128.bitselect(y, rest, v128.and(f32x4.gt(x, zero), f32x4.lt(x, at(INFINITE))));
}

// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const square = f32x4.mul(x, x);
  const p = polynomial(TANH, 4, square, f32x4.mul(square, square));
  const small = madd(f32x4.mul(p, square), x, x);
  const size = v128.and(x, at(SIZE));
  const e = normalExp(f32x4.pmin(f32x4.add(size, size), at(TANH_HIGHEST)));
  const large = f32x4.sub(at(ONE), f32x4.div(at(TWO), f32x4.add(e, at(ONE))));
  // The sum `small` is +0 for x = -0.
  return withSign(v128.bitselect(small, large, f32x4.lt(size, at(TANH_NEAR))), x);
}

// @ts-ignore: decorator
@inline
function withSign(size: v128, x: v128): v128 {
  return v128.or(size, v128.and(x, at(SIGN)));
}

/** Every bit of a lane is the sign bit of x. */
// @ts-ignore: decorator
@inline
function negative(x: v128): v128 {
  return i32x4.shr_s(x, 31);
}

// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const e = decay4(v128.or(x, at(SIGN)));
  return f32x4.div(v128.bitselect(e, at(ONE), negative(x)), f32x4.add(at(ONE), e));
}

// @ts-ignore: decorator
@inline
export function softplus4(x: v128): v128 {
  const u = decay4(v128.or(x, at(SIGN)));
  const w = f32x4.add(at(ONE), u);
  const lost = f32x4.div(f32x4.sub(u, f32x4.sub(w, at(ONE))), w);
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), f32x4.add(log4(w), lost));
}

// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const square = f32x4.mul(x, x);
  const small = madd(polynomial(ERF, 5, square, f32x4.mul(square, square)), x, x);
  const size = v128.and(x, at(SIZE));
  const s = f32x4.pmin(size, at(ERF_HIGHEST));
  const q = polynomial(ERF_FAR, 6, s, f32x4.mul(s, s));
  const large = f32x4.sub(at(ONE), normalExp(f32x4.sub(f32x4.mul(q, s), s)));
  return v128.bitselect(withSign(large, x), small, f32x4.gt(size, at(ERF_NEAR)));
}

/** Phi(x); with `slope`, a constant at each call, Phi(x) + x e^(-x^2/2) / sqrt(2 pi). */
// @ts-ignore: decorator
@inline
function normal4(slope: bool, x: v128): v128 {
  const a = f32x4.pmin(v128.and(x, at(SIZE)), at(PHI_LOWEST));
  // a^2 = h^2 + (a - h) (a + h) with 12 bits in h, so that h^2 is exact.
  const h = v128.and(a, at(HIGH_BITS));
  const z = f32x4.mul(f32x4.mul(h, h), at(MINUS_HALF));
  const t = madd(z, at(LOG2_E), at(TWICE_BIAS));
  const r = madd(f32x4.mul(f32x4.sub(a, h), at(MINUS_HALF)), f32x4.add(a, h), reduced(z, t, TWICE_BIAS));
  // e^(-a^2/2) is the product of two factors, as in anyExp. The second one comes last, because it makes denormals.
  const half = i32x4.shr_s(t, 1);
  const e = f32x4.mul(series(r), i32x4.shl(half, 23));
  const last = i32x4.shl(i32x4.sub(t, half), 23);
  const square = f32x4.mul(a, a);
  const ratio = f32x4.div(polynomial(PHI_ABOVE, 4, a, square), polynomial(PHI_BELOW, 5, a, square));
  const below = f32x4.mul(f32x4.mul(e, ratio), last);
  const phi = v128.bitselect(below, f32x4.sub(at(ONE), below), negative(x));
  return slope ? madd(x, f32x4.mul(f32x4.mul(e, at(DENSITY)), last), phi) : phi;
}

// @ts-ignore: decorator
@inline
export function gelu4(x: v128): v128 {
  return f32x4.mul(x, normal4(false, x));
}

/** The derivative of gelu. */
// @ts-ignore: decorator
@inline
export function geluSlope4(x: v128): v128 {
  return normal4(true, x);
}

// Batch normalization of x [outer, channels, inner], with n = outer inner values per channel.
//
//   d = x - m0                     m0 is the mean of a sixteenth of the samples, in float32: near the mean of all. d is exact if x is near m0
//   mean = m0 + sum d / n,   s2 = sum d^2 / n - (sum d / n)^2
//   y = d scale + shift,           scale = w / sqrt(s2 + eps),   shift = b - (mean - m0) scale
//   gx = w r (g - g0) - w r^3 / n (x - mean) sum g (x - mean),   g0 = sum g / n,   r = 1 / sqrt(s2 + eps)
//
// A residual is added to y. If relu is true, max(y, 0) is the result, and g in the last line stands for g [y > 0].
//
// Sums run in float32 over pieces of 256 values, and in float64 over the pieces. If the sums of a channel are NaN or too large for
// float32, or its variance is too small, the channel is computed in float64 throughout, as in the loops. Channels with inner = 1 are
// always computed in float64, two at a time.
// If m0 is more than a standard deviation from the mean, the sums are computed again with the mean as m0, because the difference in s2 would
// lose digits.
// The corrected two-pass formula: Chan, Golub and LeVeque 1983, The American Statistician 37(3).
import { exact, exactGrad } from '../lib/exact';
import { F, partial, storePartial } from '../lib/memory';
import { high, low } from '../lib/wide';

const PIECE: usize = 256;
/** m0 is the mean of the first 1 / PILOT of the samples. */
const PILOT: usize = 16;

// Results of `sums`.
let sum1: f64 = 0;
let sum2: f64 = 0;

/** The sums over a channel, with d = x - m0. Without g: sum1 = sum d and sum2 = sum d^2. With g: sum1 = sum g and sum2 = sum g d.
 *  With y too, g [y > 0] takes the place of g and is written to gy. */
// @ts-ignore: decorator
@inline
function sums(
  withG: bool, withY: bool, x: usize, g: usize, y: usize, gy: usize, outer: usize, stride: usize, inner: usize, m0: f32,
): void {
  const m = f32x4.splat(m0);
  const zero = f32x4.splat(0);
  let total1 = f64x2.splat(0);
  let total2 = f64x2.splat(0);
  for (let o: usize = 0; o < outer; o++) {
    for (let start: usize = 0; start < inner; start += PIECE) {
      const end = min(inner, start + PIECE);
      let a = f32x4.splat(0);
      let b = f32x4.splat(0);
      let p = f32x4.splat(0);
      let q = f32x4.splat(0);
      let i = start;
      for (; i + 8 <= end; i += 8) {
        const d = f32x4.sub(v128.load(x + i * F), m);
        const e = f32x4.sub(v128.load(x + i * F, 16), m);
        let h = withG ? v128.load(g + i * F) : d;
        let k = withG ? v128.load(g + i * F, 16) : e;
        if (withY) {
          h = v128.and(h, f32x4.gt(v128.load(y + i * F), zero));
          k = v128.and(k, f32x4.gt(v128.load(y + i * F, 16), zero));
          v128.store(gy + i * F, h);
          v128.store(gy + i * F, k, 16);
        }
        a = f32x4.add(a, h);
        b = f32x4.add(b, k);
        p = f32x4.add(p, f32x4.mul(h, d));
        q = f32x4.add(q, f32x4.mul(k, e));
      }
      for (; i < end; i += 4) {
        // The lanes after the last value are filled so that d = 0 and g = 0.
        const left = end - i;
        const d = f32x4.sub(left >= 4 ? v128.load(x + i * F) : partial(x + i * F, left, m0), m);
        let h = withG ? (left >= 4 ? v128.load(g + i * F) : partial(g + i * F, left, 0)) : d;
        if (withY) {
          h = v128.and(h, f32x4.gt(left >= 4 ? v128.load(y + i * F) : partial(y + i * F, left, 0), zero));
          if (left >= 4) v128.store(gy + i * F, h);
          else storePartial(gy + i * F, h, left);
        }
        a = f32x4.add(a, h);
        p = f32x4.add(p, f32x4.mul(h, d));
      }
      total1 = f64x2.add(total1, both(a, b));
      total2 = f64x2.add(total2, both(p, q));
    }
    x += stride;
    g += stride;
    y += stride;
    gy += stride;
  }
  sum1 = f64x2.extract_lane(total1, 0) + f64x2.extract_lane(total1, 1);
  sum2 = f64x2.extract_lane(total2, 0) + f64x2.extract_lane(total2, 1);
}

// @ts-ignore: decorator
@inline
function both(a: v128, b: v128): v128 {
  return f64x2.add(f64x2.add(low(a), high(a)), f64x2.add(low(b), high(b)));
}

function sumsOfSquares(x: usize, outer: usize, stride: usize, inner: usize, m0: f32): void {
  sums(false, false, x, 0, 0, 0, outer, stride, inner, m0);
}
function sumsOfProducts(x: usize, g: usize, outer: usize, stride: usize, inner: usize, m0: f32): void {
  sums(true, false, x, g, 0, 0, outer, stride, inner, m0);
}
function sumsOfPassed(
  x: usize, g: usize, y: usize, gy: usize, outer: usize, stride: usize, inner: usize, m0: f32,
): void {
  sums(true, true, x, g, y, gy, outer, stride, inner, m0);
}

/** Computes channels first to last - 1 of y [outer, channels, inner] and of mu and s2 [channels]. r is 0 if there is no
 *  residual. */
export function batchNorm(
  y: usize, mu: usize, s2: usize, x: usize, w: usize, b: usize, r: usize, relu: bool,
  outer: usize, channels: usize, inner: usize, eps: f64, first: usize, last: usize,
): void {
  // The smallest value that y may have.
  const least: f32 = relu ? 0 : -Infinity;
  const n = <f64>(outer * inner);
  const stride = channels * inner * F;
  for (let c = first; c < last; c++) {
    const from = x + c * inner * F;
    const to = y + c * inner * F;
    const plus = r == 0 ? 0 : r + c * inner * F;
    if (inner == 1 && c + 1 < last) {
      exact(true, to, mu + c * F, s2 + c * F, from, w + c * F, b + c * F, outer, stride, 1, eps);
      finish(to, plus, outer, stride, 2, least);
      c++;
      continue;
    }
    let variance: f64 = 0;
    let m0: f32 = 0;
    if (inner > 1) {
      const some = (outer + PILOT - 1) / PILOT;
      sumsOfSquares(from, some, stride, inner, 0);
      m0 = <f32>(sum1 / <f64>(some * inner));
      sumsOfSquares(from, outer, stride, inner, m0);
      const shift = sum1 / n;
      variance = sum2 / n - shift * shift;
      if (shift * shift > variance) {
        m0 = <f32>(<f64>m0 + shift);
        sumsOfSquares(from, outer, stride, inner, m0);
        variance = sum2 / n - (sum1 / n) * (sum1 / n);
      }
    }
    if (!(variance > 1e-30 && variance < 1e30)) {
      exact(false, to, mu + c * F, s2 + c * F, from, w + c * F, b + c * F, outer, stride, inner, eps);
      finish(to, plus, outer, stride, inner, least);
      continue;
    }
    const scale = <f64>load<f32>(w + c * F) / sqrt<f64>(variance + eps);
    const shift = <f64>load<f32>(b + c * F) - (sum1 / n) * scale;
    store<f32>(mu + c * F, <f32>(<f64>m0 + sum1 / n));
    store<f32>(s2 + c * F, <f32>variance);
    if (plus == 0) applyTo(to, from, outer, stride, inner, m0, <f32>scale, <f32>shift, least);
    else applyPlus(to, from, plus, outer, stride, inner, m0, <f32>scale, <f32>shift, least);
  }
}

/** y = max(y + r, least), value by value. r is 0 if there is no residual. */
function finish(y: usize, r: usize, outer: usize, stride: usize, inner: usize, least: f32): void {
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const v = load<f32>(y + i * F) + (r == 0 ? 0 : load<f32>(r + o * stride + i * F));
      store<f32>(y + i * F, v < least ? least : v);
    }
    y += stride;
  }
}

/** y = max((x - m0) scale + shift + r, least) over a channel. */
// @ts-ignore: decorator
@inline
function apply(
  withR: bool, y: usize, x: usize, r: usize, outer: usize, stride: usize, inner: usize,
  m0: f32, scale: f32, shift: f32, least: f32,
): void {
  const m = f32x4.splat(m0);
  const s = f32x4.splat(scale);
  const t = f32x4.splat(shift);
  const floor = f32x4.splat(least);
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i += 4) {
      const left = inner - i;
      const v = left >= 4 ? v128.load(x + i * F) : partial(x + i * F, left, 0);
      let u = f32x4.add(f32x4.mul(f32x4.sub(v, m), s), t);
      if (withR) u = f32x4.add(u, left >= 4 ? v128.load(r + i * F) : partial(r + i * F, left, 0));
      // If u is NaN, pmax returns u.
      u = f32x4.pmax(u, floor);
      if (left >= 4) v128.store(y + i * F, u);
      else storePartial(y + i * F, u, left);
    }
    x += stride;
    y += stride;
    r += stride;
  }
}

function applyTo(
  y: usize, x: usize, outer: usize, stride: usize, inner: usize, m0: f32, scale: f32, shift: f32, least: f32,
): void {
  apply(false, y, x, 0, outer, stride, inner, m0, scale, shift, least);
}
function applyPlus(
  y: usize, x: usize, r: usize, outer: usize, stride: usize, inner: usize, m0: f32, scale: f32, shift: f32, least: f32,
): void {
  apply(true, y, x, r, outer, stride, inner, m0, scale, shift, least);
}

/** Computes channels first to last - 1 of gx [outer, channels, inner] and of gw and gb [channels]. If gy is not 0, g [y > 0] is
 *  written there and takes the place of g. */
export function batchNormGrad(
  gx: usize, gw: usize, gb: usize, gy: usize, g: usize, x: usize, w: usize, mu: usize, s2: usize, y: usize,
  outer: usize, channels: usize, inner: usize, eps: f64, first: usize, last: usize,
): void {
  const n = <f64>(outer * inner);
  const stride = channels * inner * F;
  for (let c = first; c < last; c++) {
    const at = c * inner * F;
    const k = c * F;
    // The gradient before relu.
    const h = gy == 0 ? g + at : gy + at;
    if (inner == 1 && c + 1 < last) {
      if (gy != 0) pass(h, g + at, y + at, outer, stride, 2);
      exactGrad(true, gx + at, gw + k, gb + k, h, x + at, w + k, mu + k, s2 + k, outer, stride, 1, eps);
      c++;
      continue;
    }
    const m0 = load<f32>(mu + k);
    if (gy == 0) sumsOfProducts(x + at, h, outer, stride, inner, m0);
    else sumsOfPassed(x + at, g + at, y + at, h, outer, stride, inner, m0);
    if (inner == 1 || !(abs(sum1) < 1e30 && abs(sum2) < 1e30)) {
      exactGrad(false, gx + at, gw + k, gb + k, h, x + at, w + k, mu + k, s2 + k, outer, stride, inner, eps);
      continue;
    }
    const r = 1 / sqrt<f64>(<f64>load<f32>(s2 + k) + eps);
    const scale = <f64>load<f32>(w + k) * r;
    store<f32>(gw + k, <f32>(sum2 * r));
    store<f32>(gb + k, <f32>sum1);
    const slope = (-scale * r * r * sum2) / n;
    const g0 = <f32>(sum1 / n);
    const shift = scale * (<f64>g0 - sum1 / n);
    applyGrad(gx + at, h, x + at, outer, stride, inner, g0, m0, <f32>scale, <f32>slope, <f32>shift);
  }
}

/** gy = g [y > 0], value by value. */
function pass(gy: usize, g: usize, y: usize, outer: usize, stride: usize, inner: usize): void {
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const at = o * stride + i * F;
      store<f32>(gy + at, load<f32>(y + at) > 0 ? load<f32>(g + at) : 0);
    }
  }
}

/** gx = (g - g0) scale + ((x - m0) slope + shift) over a channel. */
function applyGrad(
  gx: usize, g: usize, x: usize, outer: usize, stride: usize, inner: usize,
  g0: f32, m0: f32, scale: f32, slope: f32, shift: f32,
): void {
  const k = f32x4.splat(g0);
  const m = f32x4.splat(m0);
  const s = f32x4.splat(scale);
  const p = f32x4.splat(slope);
  const t = f32x4.splat(shift);
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i += 4) {
      const left = inner - i;
      const v = left >= 4 ? v128.load(x + i * F) : partial(x + i * F, left, 0);
      const h = left >= 4 ? v128.load(g + i * F) : partial(g + i * F, left, 0);
      const r = f32x4.add(f32x4.mul(f32x4.sub(h, k), s), f32x4.add(f32x4.mul(f32x4.sub(v, m), p), t));
      if (left >= 4) v128.store(gx + i * F, r);
      else storePartial(gx + i * F, r, left);
    }
    x += stride;
    g += stride;
    gx += stride;
  }
}

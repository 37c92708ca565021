// Batch normalization of x [outer, channels, inner], n = outer inner values to a channel.
//
//   d = x - m0                     m0 near the mean, in float32: d is exact where x is near m0
//   mean = m0 + sum d / n,   s2 = sum d^2 / n - (sum d / n)^2
//   y = d scale + shift,           scale = w / sqrt(s2 + eps),   shift = b - (mean - m0) scale
//   gx = w r (g - g0) - w r^3 / n (x - mean) sum g (x - mean),   g0 = sum g / n,   r = 1 / sqrt(s2 + eps)
//
// Sums run in float32 over pieces of 256 values, and in float64 over the pieces. A channel whose sums leave the range
// in which that is sound, by its size or by a NaN, is computed in float64 throughout, as the loops do; so are channels
// of inner = 1, two at a time.
// The corrected two-pass formula: Chan, Golub and LeVeque 1983, The American Statistician 37(3).
import { exact, exactGrad } from './exact';
import { F, partial, storePartial } from './memory';
import { high, low } from './wide';

const PIECE: usize = 256;

// Results of `sums`.
let sum1: f64 = 0;
let sum2: f64 = 0;

/** Over a channel: sum1 = sum d and sum2 = sum d^2, or where g is given sum1 = sum g and sum2 = sum g d; d = x - m0. */
// @ts-ignore: decorator
@inline
function sums(withG: bool, x: usize, g: usize, outer: usize, stride: usize, inner: usize, m0: f32): void {
  const m = f32x4.splat(m0);
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
        const h = withG ? v128.load(g + i * F) : d;
        const k = withG ? v128.load(g + i * F, 16) : e;
        a = f32x4.add(a, h);
        b = f32x4.add(b, k);
        p = f32x4.add(p, f32x4.mul(h, d));
        q = f32x4.add(q, f32x4.mul(k, e));
      }
      for (; i < end; i += 4) {
        // What fills the last vector up gives d = 0 and g = 0.
        const left = end - i;
        const d = f32x4.sub(left >= 4 ? v128.load(x + i * F) : partial(x + i * F, left, m0), m);
        const h = withG ? (left >= 4 ? v128.load(g + i * F) : partial(g + i * F, left, 0)) : d;
        a = f32x4.add(a, h);
        p = f32x4.add(p, f32x4.mul(h, d));
      }
      total1 = f64x2.add(total1, both(a, b));
      total2 = f64x2.add(total2, both(p, q));
    }
    x += stride;
    g += stride;
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
  sums(false, x, 0, outer, stride, inner, m0);
}
function sumsOfProducts(x: usize, g: usize, outer: usize, stride: usize, inner: usize, m0: f32): void {
  sums(true, x, g, outer, stride, inner, m0);
}

/** y [outer, channels, inner], mu and s2 [channels]: the channels from `first` to before `last`. */
export function batchNorm(
  y: usize, mu: usize, s2: usize, x: usize, w: usize, b: usize, outer: usize, channels: usize, inner: usize, eps: f64,
  first: usize, last: usize,
): void {
  const n = <f64>(outer * inner);
  const stride = channels * inner * F;
  for (let c = first; c < last; c++) {
    const from = x + c * inner * F;
    const to = y + c * inner * F;
    if (inner == 1 && c + 1 < last) {
      exact(true, to, mu + c * F, s2 + c * F, from, w + c * F, b + c * F, outer, stride, 1, eps);
      c++;
      continue;
    }
    let variance: f64 = 0;
    let m0: f32 = 0;
    if (inner > 1) {
      sumsOfSquares(from, outer, stride, inner, 0);
      m0 = <f32>(sum1 / n);
      sumsOfSquares(from, outer, stride, inner, m0);
      variance = sum2 / n - (sum1 / n) * (sum1 / n);
    }
    if (!(variance > 1e-30 && variance < 1e30)) {
      exact(false, to, mu + c * F, s2 + c * F, from, w + c * F, b + c * F, outer, stride, inner, eps);
      continue;
    }
    const scale = <f64>load<f32>(w + c * F) / sqrt<f64>(variance + eps);
    const shift = <f64>load<f32>(b + c * F) - (sum1 / n) * scale;
    store<f32>(mu + c * F, <f32>(<f64>m0 + sum1 / n));
    store<f32>(s2 + c * F, <f32>variance);
    apply(to, from, outer, stride, inner, m0, <f32>scale, <f32>shift);
  }
}

/** y = (x - m0) scale + shift over a channel. */
function apply(
  y: usize, x: usize, outer: usize, stride: usize, inner: usize, m0: f32, scale: f32, shift: f32,
): void {
  const m = f32x4.splat(m0);
  const s = f32x4.splat(scale);
  const t = f32x4.splat(shift);
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i += 4) {
      const left = inner - i;
      const v = left >= 4 ? v128.load(x + i * F) : partial(x + i * F, left, 0);
      const r = f32x4.add(f32x4.mul(f32x4.sub(v, m), s), t);
      if (left >= 4) v128.store(y + i * F, r);
      else storePartial(y + i * F, r, left);
    }
    x += stride;
    y += stride;
  }
}

/** gx [outer, channels, inner], gw and gb [channels]: the channels from `first` to before `last`. */
export function batchNormGrad(
  gx: usize, gw: usize, gb: usize, g: usize, x: usize, w: usize, mu: usize, s2: usize,
  outer: usize, channels: usize, inner: usize, eps: f64, first: usize, last: usize,
): void {
  const n = <f64>(outer * inner);
  const stride = channels * inner * F;
  for (let c = first; c < last; c++) {
    const at = c * inner * F;
    const k = c * F;
    if (inner == 1 && c + 1 < last) {
      exactGrad(true, gx + at, gw + k, gb + k, g + at, x + at, w + k, mu + k, s2 + k, outer, stride, 1, eps);
      c++;
      continue;
    }
    const m0 = load<f32>(mu + k);
    sumsOfProducts(x + at, g + at, outer, stride, inner, m0);
    if (inner == 1 || !(abs(sum1) < 1e30 && abs(sum2) < 1e30)) {
      exactGrad(false, gx + at, gw + k, gb + k, g + at, x + at, w + k, mu + k, s2 + k, outer, stride, inner, eps);
      continue;
    }
    const r = 1 / sqrt<f64>(<f64>load<f32>(s2 + k) + eps);
    const scale = <f64>load<f32>(w + k) * r;
    store<f32>(gw + k, <f32>(sum2 * r));
    store<f32>(gb + k, <f32>sum1);
    const slope = (-scale * r * r * sum2) / n;
    const g0 = <f32>(sum1 / n);
    const shift = scale * (<f64>g0 - sum1 / n);
    applyGrad(gx + at, g + at, x + at, outer, stride, inner, g0, m0, <f32>scale, <f32>slope, <f32>shift);
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

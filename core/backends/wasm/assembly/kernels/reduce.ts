// Sums, means and variances, accumulated in float64 as the loops do, in a fixed order: the same bits on each run.
import { F } from '../lib/memory';
import { get, high, low, put } from '../lib/wide';

/** out[o][k] = sum over r and q of x[o][r][k][q] / divisor, x dense. */
export function sum(out: usize, x: usize, os: usize, rs: usize, ks: usize, qs: usize, divisor: f64): void {
  for (let o: usize = 0; o < os; o++) {
    const from = x + o * rs * ks * qs * F;
    if (qs == 1) {
      sumColumns(out, from, rs, ks, divisor);
    } else {
      for (let k: usize = 0; k < ks; k++) {
        store<f32>(out + k * F, <f32>(total(from + k * qs * F, rs, ks * qs * F, qs) / divisor));
      }
    }
    out += ks * F;
  }
}

/** out[o][k] = sum over r and q of (x[o][r][k][q] - m)^2 / divisor, m their mean in float64. */
export function variance(out: usize, x: usize, os: usize, rs: usize, ks: usize, qs: usize, divisor: f64): void {
  for (let i: usize = 0; i < os * ks; i++) {
    const from = x + ((i / ks) * rs * ks + (i % ks)) * qs * F;
    const m = total(from, rs, ks * qs * F, qs) / <f64>(rs * qs);
    let squares: f64 = 0;
    for (let r: usize = 0; r < rs; r++) squares += squaresOfRow(from + r * ks * qs * F, qs, m);
    store<f32>(out + i * F, <f32>(squares / divisor));
  }
}

/** y[o][r][k][q] = x[o][r][k][q] - m, m the mean over r and q in float64. */
export function center(y: usize, x: usize, os: usize, rs: usize, ks: usize, qs: usize): void {
  for (let i: usize = 0; i < os * ks; i++) {
    const at = ((i / ks) * rs * ks + (i % ks)) * qs * F;
    const m = total(x + at, rs, ks * qs * F, qs) / <f64>(rs * qs);
    for (let r: usize = 0; r < rs; r++) scaleRow(y + at + r * ks * qs * F, x + at + r * ks * qs * F, 0, 0, qs, m, 1);
  }
}

/** y = w (x - m) r + b along each row, m its mean, r = 1 / sqrt(variance + eps); w and b: 0 for none. */
export function layerNorm(y: usize, x: usize, w: usize, b: usize, rows: usize, n: usize, eps: f64): void {
  for (let row: usize = 0; row < rows; row++) {
    const m = sumRow(x, n) / <f64>n;
    scaleRow(y, x, w, b, n, m, 1 / sqrt<f64>(squaresOfRow(x, n, m) / <f64>n + eps));
    x += n * F;
    y += n * F;
  }
}

/** The sum of `rows` rows of n values, `step` bytes apart. */
function total(x: usize, rows: usize, step: usize, n: usize): f64 {
  let sum: f64 = 0;
  for (let r: usize = 0; r < rows; r++) sum += sumRow(x + r * step, n);
  return sum;
}

function squaresOfRow(x: usize, n: usize, m: f64): f64 {
  const k = f64x2.splat(m);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) {
    const a = v128.load(x + i * F);
    const d = f64x2.sub(low(a), k);
    const e = f64x2.sub(high(a), k);
    s0 = f64x2.add(s0, f64x2.mul(d, d));
    s1 = f64x2.add(s1, f64x2.mul(e, e));
  }
  const s = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  for (; i < n; i++) {
    const d = <f64>load<f32>(x + i * F) - m;
    sum += d * d;
  }
  return sum;
}

/** y = (x - m) r, times w and plus b if they are not 0, in float64. */
function scaleRow(y: usize, x: usize, w: usize, b: usize, n: usize, m: f64, r: f64): void {
  for (let i: usize = 0; i < n; i += 2) {
    const pair = i + 1 < n;
    let v = f64x2.mul(f64x2.sub(get(pair, x + i * F), f64x2.splat(m)), f64x2.splat(r));
    if (w) v = f64x2.mul(v, get(pair, w + i * F));
    if (b) v = f64x2.add(v, get(pair, b + i * F));
    put(pair, y + i * F, v);
  }
}

function sumRow(x: usize, n: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let i: usize = 0;
  for (; i + 8 <= n; i += 8) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    s0 = f64x2.add(s0, low(a));
    s1 = f64x2.add(s1, high(a));
    s2 = f64x2.add(s2, low(b));
    s3 = f64x2.add(s3, high(b));
    x += 32;
  }
  const s = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let total = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  for (; i < n; i++) {
    total += <f64>load<f32>(x);
    x += F;
  }
  return total;
}

/** out[k] = sum over rows of x[r][k] / divisor, eight columns at a time. */
function sumColumns(out: usize, x: usize, rows: usize, cols: usize, divisor: f64): void {
  const d = f64x2.splat(divisor);
  let k: usize = 0;
  for (; k + 8 <= cols; k += 8) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let from = x + k * F;
    for (let r: usize = 0; r < rows; r++) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      s0 = f64x2.add(s0, low(a));
      s1 = f64x2.add(s1, high(a));
      s2 = f64x2.add(s2, low(b));
      s3 = f64x2.add(s3, high(b));
      from += cols * F;
    }
    const lo = v128.shuffle<f32>(f32x4.demote_f64x2_zero(f64x2.div(s0, d)), f32x4.demote_f64x2_zero(f64x2.div(s1, d)), 0, 1, 4, 5);
    const hi = v128.shuffle<f32>(f32x4.demote_f64x2_zero(f64x2.div(s2, d)), f32x4.demote_f64x2_zero(f64x2.div(s3, d)), 0, 1, 4, 5);
    v128.store(out + k * F, lo);
    v128.store(out + k * F, hi, 16);
  }
  for (; k < cols; k++) {
    let sum: f64 = 0;
    for (let r: usize = 0; r < rows; r++) sum += <f64>load<f32>(x + (r * cols + k) * F);
    store<f32>(out + k * F, <f32>(sum / divisor));
  }
}

// Sums, means, variances, differences from the mean, and layer normalization. They accumulate in float64 as the loops do, in a fixed order,
// so each run gives the same bits.
import { F } from '../lib/memory';
import { sumRow } from '../lib/sum';
import { get, put } from '../lib/wide';

/** out[o][k] = sum over r and q of x[o][r][k][q] / divisor, x dense, for k from `first` to `last` - 1. */
export function sum(
  out: usize, x: usize, os: usize, rs: usize, ks: usize, qs: usize, divisor: f64, first: usize, last: usize,
): void {
  const step = ks * qs * F;
  for (let o: usize = 0; o < os; o++) {
    let k = first;
    for (; qs == 1 && k + 8 <= last; k += 8) {
      sumsOfEight(x + k * F, rs, step);
      storeEight(out + k * F, divisor);
    }
    for (; k < last; k++) store<f32>(out + k * F, <f32>(total(x + k * qs * F, rs, step, qs) / divisor));
    x += rs * step;
    out += ks * F;
  }
}

/** sums[c] = the sum of chunk c of x in float64, for c from `first` to `last` - 1. x has n values, a chunk `size`, the last one the rest. */
export function chunkSums(sums: usize, x: usize, n: usize, size: usize, first: usize, last: usize): void {
  for (let c = first; c < last; c++) store<f64>(sums + c * 8, sumRow(x + c * size * F, min<usize>(size, n - c * size)));
}

/** out = the sum of the sums of n chunks / divisor. */
export function addChunks(out: usize, sums: usize, n: usize, divisor: f64): void {
  let total: f64 = 0;
  for (let c: usize = 0; c < n; c++) total += load<f64>(sums + c * 8);
  store<f32>(out, <f32>(total / divisor));
}

/** out[o][k] = sum over r and q of (x[o][r][k][q] - m)^2 / divisor; m is their mean in float64. k: as in `sum`. */
export function variance(
  out: usize, x: usize, os: usize, rs: usize, ks: usize, qs: usize, divisor: f64, first: usize, last: usize,
): void {
  const step = ks * qs * F;
  for (let o: usize = 0; o < os; o++) {
    let k = first;
    for (; qs == 1 && k + 8 <= last; k += 8) {
      meansOfEight(x + k * F, rs, step);
      squaresOfEight(x + k * F, rs, step);
      storeEight(out + k * F, divisor);
    }
    for (; k < last; k++) {
      const from = x + k * qs * F;
      const m = total(from, rs, step, qs) / <f64>(rs * qs);
      let squares: f64 = 0;
      for (let r: usize = 0; r < rs; r++) squares += squaresOfRow(from + r * step, qs, m);
      store<f32>(out + k * F, <f32>(squares / divisor));
    }
    x += rs * step;
    out += ks * F;
  }
}

/** y[o][r][k][q] = x[o][r][k][q] - m; m is the mean over r and q in float64. k: as in `sum`. */
export function center(
  y: usize, x: usize, os: usize, rs: usize, ks: usize, qs: usize, first: usize, last: usize,
): void {
  const step = ks * qs * F;
  for (let o: usize = 0; o < os; o++) {
    let k = first;
    for (; qs == 1 && k + 8 <= last; k += 8) {
      meansOfEight(x + k * F, rs, step);
      for (let r: usize = 0; r < rs; r++) subtractEight(y + k * F + r * step, x + k * F + r * step);
    }
    for (; k < last; k++) {
      const at = k * qs * F;
      const m = total(x + at, rs, step, qs) / <f64>(rs * qs);
      for (let r: usize = 0; r < rs; r++) scaleRow(y + at + r * step, x + at + r * step, 0, 0, qs, m, 1);
    }
    x += rs * step;
    y += rs * step;
  }
}

/** y = w (x - m) r + b along each row; m is its mean, r = 1 / sqrt(variance + eps). w or b is 0 if there is none. */
export function layerNorm(y: usize, x: usize, w: usize, b: usize, rows: usize, n: usize, eps: f64): void {
  for (let row: usize = 0; row < rows; row++) {
    const m = sumRow(x, n) / <f64>n;
    scaleRow(y, x, w, b, n, m, 1 / sqrt<f64>(squaresOfRow(x, n, m) / <f64>n + eps));
    x += n * F;
    y += n * F;
  }
}

/** The gradients of layerNorm. With h = (x - m) r and k = w g, gx = r (k - mean(k) - h mean(k h)) along each row, gw = sum g h and
 *  gb = sum g over the rows. w, gw and gb are 0 if there is no weight. `work`: room for 2 n float64 values. */
export function layerNormGrad(
  gx: usize, gw: usize, gb: usize, g: usize, x: usize, w: usize, rows: usize, n: usize, eps: f64, work: usize,
): void {
  if (w) memory.fill(work, 0, 16 * n);
  for (let row: usize = 0; row < rows; row++) {
    const m = sumRow(x, n) / <f64>n;
    const r = 1 / sqrt<f64>(squaresOfRow(x, n, m) / <f64>n + eps);
    if (w) gradOfRow(true, gx, work, g, x, w, n, m, r);
    else gradOfRow(false, gx, 0, g, x, 0, n, m, r);
    gx += n * F;
    g += n * F;
    x += n * F;
  }
  for (let i: usize = 0; w && i < n; i++) {
    store<f32>(gw + i * F, <f32>load<f64>(work + i * 8));
    store<f32>(gb + i * F, <f32>load<f64>(work + (n + i) * 8));
  }
}

/** Computes a row of gx. With `withW`, a constant at each call, also adds g h and g to the two arrays in `work`. */
// @ts-ignore: decorator
@inline
function gradOfRow(
  withW: bool, gx: usize, work: usize, g: usize, x: usize, w: usize, n: usize, mean: f64, scale: f64,
): void {
  const m = f64x2.splat(mean);
  const r = f64x2.splat(scale);
  let sumK = f64x2.splat(0);
  let sumKh = sumK;
  for (let i: usize = 0; i < n; i += 2) {
    const pair = i + 1 < n;
    const h = f64x2.mul(f64x2.sub(get(pair, x + i * F), m), r);
    let k = get(pair, g + i * F);
    if (withW) {
      addDoubles(pair, work + i * 8, f64x2.mul(k, h));
      addDoubles(pair, work + (n + i) * 8, k);
      k = f64x2.mul(k, get(pair, w + i * F));
    }
    sumK = f64x2.add(sumK, k);
    sumKh = f64x2.add(sumKh, f64x2.mul(k, h));
  }
  const k0 = f64x2.splat((f64x2.extract_lane(sumK, 0) + f64x2.extract_lane(sumK, 1)) / <f64>n);
  const h0 = f64x2.splat((f64x2.extract_lane(sumKh, 0) + f64x2.extract_lane(sumKh, 1)) / <f64>n);
  for (let i: usize = 0; i < n; i += 2) {
    const pair = i + 1 < n;
    const h = f64x2.mul(f64x2.sub(get(pair, x + i * F), m), r);
    let k = get(pair, g + i * F);
    if (withW) k = f64x2.mul(k, get(pair, w + i * F));
    put(pair, gx + i * F, f64x2.mul(r, f64x2.sub(k, f64x2.add(k0, f64x2.mul(h, h0)))));
  }
}

/** Adds to two neighbouring float64 values, or to one. */
// @ts-ignore: decorator
@inline
function addDoubles(pair: bool, to: usize, value: v128): void {
  if (pair) v128.store(to, f64x2.add(v128.load(to), value));
  else store<f64>(to, load<f64>(to) + f64x2.extract_lane(value, 0));
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
    const d = f64x2.sub(get(true, x + i * F), k);
    const e = f64x2.sub(get(true, x + i * F + 8), k);
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

// A value t for each of eight neighbouring columns, two to a vector.
let t0 = f64x2.splat(0);
let t1 = f64x2.splat(0);
let t2 = f64x2.splat(0);
let t3 = f64x2.splat(0);

// @ts-ignore: decorator
@inline
function setEight(a: v128, b: v128, c: v128, d: v128): void {
  t0 = a;
  t1 = b;
  t2 = c;
  t3 = d;
}

/** t = sum x over rows that are `step` bytes apart. */
function sumsOfEight(x: usize, rows: usize, step: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let r: usize = 0; r < rows; r++) {
    s0 = f64x2.add(s0, get(true, x));
    s1 = f64x2.add(s1, get(true, x + 8));
    s2 = f64x2.add(s2, get(true, x + 16));
    s3 = f64x2.add(s3, get(true, x + 24));
    x += step;
  }
  setEight(s0, s1, s2, s3);
}

/** t = t / divisor. */
function divideEight(divisor: f64): void {
  const d = f64x2.splat(divisor);
  setEight(f64x2.div(t0, d), f64x2.div(t1, d), f64x2.div(t2, d), f64x2.div(t3, d));
}

/** t = sum x / rows. */
function meansOfEight(x: usize, rows: usize, step: usize): void {
  sumsOfEight(x, rows, step);
  divideEight(<f64>rows);
}

/** t = sum (x - t)^2. */
function squaresOfEight(x: usize, rows: usize, step: usize): void {
  const k0 = t0;
  const k1 = t1;
  const k2 = t2;
  const k3 = t3;
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let r: usize = 0; r < rows; r++) {
    const d0 = f64x2.sub(get(true, x), k0);
    const d1 = f64x2.sub(get(true, x + 8), k1);
    const d2 = f64x2.sub(get(true, x + 16), k2);
    const d3 = f64x2.sub(get(true, x + 24), k3);
    s0 = f64x2.add(s0, f64x2.mul(d0, d0));
    s1 = f64x2.add(s1, f64x2.mul(d1, d1));
    s2 = f64x2.add(s2, f64x2.mul(d2, d2));
    s3 = f64x2.add(s3, f64x2.mul(d3, d3));
    x += step;
  }
  setEight(s0, s1, s2, s3);
}

/** out = t / divisor. */
function storeEight(out: usize, divisor: f64): void {
  divideEight(divisor);
  v128.store(out, narrow(t0, t1));
  v128.store(out, narrow(t2, t3), 16);
}

/** y = x - t. */
function subtractEight(y: usize, x: usize): void {
  v128.store(y, narrow(f64x2.sub(get(true, x), t0), f64x2.sub(get(true, x + 8), t1)));
  v128.store(y, narrow(f64x2.sub(get(true, x + 16), t2), f64x2.sub(get(true, x + 24), t3)), 16);
}

/** Two vectors of float64, rounded to float32. */
// @ts-ignore: decorator
@inline
function narrow(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 4, 5);
}

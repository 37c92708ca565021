// Sums, accumulated in float64 as the loops do, in a fixed order: the same bits on each run.
import { F } from '../lib/memory';
import { high, low } from '../lib/wide';

/** out[o][k] = sum over r and q of x[o][r][k][q], x dense. */
export function sum(out: usize, x: usize, os: usize, rs: usize, ks: usize, qs: usize): void {
  for (let o: usize = 0; o < os; o++) {
    const from = x + o * rs * ks * qs * F;
    if (qs == 1) {
      sumColumns(out, from, rs, ks);
    } else {
      for (let k: usize = 0; k < ks; k++) {
        let total: f64 = 0;
        for (let r: usize = 0; r < rs; r++) total += sumRow(from + (r * ks + k) * qs * F, qs);
        store<f32>(out + k * F, <f32>total);
      }
    }
    out += ks * F;
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

/** out[k] = sum over rows of x[r][k], eight columns at a time. */
function sumColumns(out: usize, x: usize, rows: usize, cols: usize): void {
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
    const lo = v128.shuffle<f32>(f32x4.demote_f64x2_zero(s0), f32x4.demote_f64x2_zero(s1), 0, 1, 4, 5);
    const hi = v128.shuffle<f32>(f32x4.demote_f64x2_zero(s2), f32x4.demote_f64x2_zero(s3), 0, 1, 4, 5);
    v128.store(out + k * F, lo);
    v128.store(out + k * F, hi, 16);
  }
  for (; k < cols; k++) {
    let total: f64 = 0;
    for (let r: usize = 0; r < rows; r++) total += <f64>load<f32>(x + (r * cols + k) * F);
    store<f32>(out + k * F, <f32>total);
  }
}

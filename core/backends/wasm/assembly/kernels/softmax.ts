// Along rows, with m = max x:  softmax  y = e^(x-m) / sum e^(x-m)      logSoftmax  y = x - m - log sum e^(x-m)
//
// x - m is rounded to float32. That changes e^(x-m) by at most 6e-8 |x-m| e^(x-m), which is less than 3e-8. Sums are in float64.
// A NaN in a row makes the sum NaN, and with it every value of the row.
//
// Functions that are not inlined take single values and no vectors: V8 14 fails when it pairs two vectors that both use a parameter.
import { decay4, log4 } from '../lib/approx';
import { F, partial, storePartial } from '../lib/memory';
import { sumRow } from '../lib/sum';
import { high, low } from '../lib/wide';

export function softmax(y: usize, x: usize, rows: usize, n: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    exponentials(y, x, n, largest(x, n));
    divide(y, n, <f32>sumRow(y, n));
    x += n * F;
    y += n * F;
  }
}

export function logSoftmax(y: usize, x: usize, rows: usize, n: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    const most = largest(x, n);
    exponentials(y, x, n, most);
    subtract(y, x, n, most, f32x4.extract_lane(log4(f32x4.splat(<f32>sumRow(y, n))), 0));
    x += n * F;
    y += n * F;
  }
}

/** gx = y (g - sum g y) along each row. */
export function softmaxGrad(gx: usize, g: usize, y: usize, rows: usize, n: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    let sum = f64x2.splat(0);
    for (let i: usize = 0; i < n; i += 4) {
      const p = f32x4.mul(read(g, i, n, 0), read(y, i, n, 0));
      sum = f64x2.add(sum, f64x2.add(low(p), high(p)));
    }
    const total = f32x4.splat(<f32>(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
    let i: usize = 0;
    for (; i + 8 <= n; i += 8) {
      const a = f32x4.mul(v128.load(y + i * F), f32x4.sub(v128.load(g + i * F), total));
      const b = f32x4.mul(v128.load(y + i * F, 16), f32x4.sub(v128.load(g + i * F, 16), total));
      v128.store(gx + i * F, a);
      v128.store(gx + i * F, b, 16);
    }
    for (; i < n; i += 4) write(gx, i, n, f32x4.mul(read(y, i, n, 0), f32x4.sub(read(g, i, n, 0), total)));
    gx += n * F;
    g += n * F;
    y += n * F;
  }
}

/** Four values of a row of n from position i on; `fill` after the last. */
// @ts-ignore: decorator
@inline
function read(x: usize, i: usize, n: usize, fill: f32): v128 {
  return n - i >= 4 ? v128.load(x + i * F) : partial(x + i * F, n - i, fill);
}

/** Stores four values of a row of n from position i on, or those up to the last. */
// @ts-ignore: decorator
@inline
function write(y: usize, i: usize, n: usize, value: v128): void {
  if (n - i >= 4) v128.store(y + i * F, value);
  else storePartial(y + i * F, value, n - i);
}

/** The largest value of a row. A NaN is skipped: the exponential of x - m is NaN in any case. */
function largest(x: usize, n: usize): f32 {
  let most = f32x4.splat(-Infinity);
  let more = most;
  let i: usize = 0;
  for (; i + 8 <= n; i += 8) {
    most = f32x4.pmax(most, v128.load(x + i * F));
    more = f32x4.pmax(more, v128.load(x + i * F, 16));
  }
  most = f32x4.pmax(most, more);
  for (; i < n; i += 4) most = f32x4.pmax(most, read(x, i, n, -Infinity));
  most = f32x4.pmax(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(most, v128.shuffle<f32>(most, most, 1, 0, 3, 2)), 0);
}

/** y = e^(x-m), 16 values at a time, then four: four vectors at a time keep the processor busy. */
function exponentials(y: usize, x: usize, n: usize, m: f32): void {
  const most = f32x4.splat(m);
  let i: usize = 0;
  for (; i + 16 <= n; i += 16) {
    const from = x + i * F;
    const a = decay4(f32x4.sub(v128.load(from), most));
    const b = decay4(f32x4.sub(v128.load(from, 16), most));
    const c = decay4(f32x4.sub(v128.load(from, 32), most));
    const d = decay4(f32x4.sub(v128.load(from, 48), most));
    const to = y + i * F;
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
  }
  for (; i < n; i += 4) write(y, i, n, decay4(f32x4.sub(read(x, i, n, 0), most)));
}

/** y = y / sum */
function divide(y: usize, n: usize, sum: f32): void {
  const total = f32x4.splat(sum);
  let i: usize = 0;
  for (; i + 8 <= n; i += 8) {
    const a = f32x4.div(v128.load(y + i * F), total);
    const b = f32x4.div(v128.load(y + i * F, 16), total);
    v128.store(y + i * F, a);
    v128.store(y + i * F, b, 16);
  }
  for (; i < n; i += 4) write(y, i, n, f32x4.div(read(y, i, n, 0), total));
}

/** y = x - m - log sum */
function subtract(y: usize, x: usize, n: usize, m: f32, logSum: f32): void {
  const most = f32x4.splat(m);
  const shift = f32x4.splat(logSum);
  let i: usize = 0;
  for (; i + 8 <= n; i += 8) {
    const a = f32x4.sub(f32x4.sub(v128.load(x + i * F), most), shift);
    const b = f32x4.sub(f32x4.sub(v128.load(x + i * F, 16), most), shift);
    v128.store(y + i * F, a);
    v128.store(y + i * F, b, 16);
  }
  for (; i < n; i += 4) write(y, i, n, f32x4.sub(f32x4.sub(read(x, i, n, 0), most), shift));
}

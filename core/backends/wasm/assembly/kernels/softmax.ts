// Along rows, with m = max x:  softmax  y = e^(x-m) / sum e^(x-m)      logSoftmax  y = x - m - log sum e^(x-m)
//
// x - m is rounded to float32. That changes e^(x-m) by at most 6e-8 |x-m| e^(x-m), which is less than 3e-8. Sums are in float64.
// A NaN in a row makes all of it NaN.
import { exp4, log4 } from '../lib/approx';
import { F, partial, storePartial } from '../lib/memory';
import { high, low } from '../lib/wide';

export function softmax(y: usize, x: usize, rows: usize, n: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    const total = f32x4.splat(<f32>exponentials(y, x, n, largest(x, n)));
    let i: usize = 0;
    for (; i + 4 <= n; i += 4) v128.store(y + i * F, f32x4.div(v128.load(y + i * F), total));
    if (i < n) storePartial(y + i * F, f32x4.div(partial(y + i * F, n - i, 0), total), n - i);
    x += n * F;
    y += n * F;
  }
}

export function logSoftmax(y: usize, x: usize, rows: usize, n: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    const most = largest(x, n);
    const shift = log4(f32x4.splat(<f32>exponentials(0, x, n, most)));
    let i: usize = 0;
    for (; i + 4 <= n; i += 4) v128.store(y + i * F, f32x4.sub(f32x4.sub(v128.load(x + i * F), most), shift));
    if (i < n) storePartial(y + i * F, f32x4.sub(f32x4.sub(partial(x + i * F, n - i, 0), most), shift), n - i);
    x += n * F;
    y += n * F;
  }
}

/** gx = y (g - sum g y) along each row. */
export function softmaxGrad(gx: usize, g: usize, y: usize, rows: usize, n: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    let sum = f64x2.splat(0);
    for (let i: usize = 0; i < n; i += 4) {
      const left = n - i;
      const h = left >= 4 ? v128.load(g + i * F) : partial(g + i * F, left, 0);
      const p = f32x4.mul(h, left >= 4 ? v128.load(y + i * F) : partial(y + i * F, left, 0));
      sum = f64x2.add(sum, f64x2.add(low(p), high(p)));
    }
    const total = f32x4.splat(<f32>(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
    for (let i: usize = 0; i < n; i += 4) {
      const left = n - i;
      const h = left >= 4 ? v128.load(g + i * F) : partial(g + i * F, left, 0);
      const d = f32x4.mul(left >= 4 ? v128.load(y + i * F) : partial(y + i * F, left, 0), f32x4.sub(h, total));
      if (left >= 4) v128.store(gx + i * F, d);
      else storePartial(gx + i * F, d, left);
    }
    gx += n * F;
    g += n * F;
    y += n * F;
  }
}

/** The largest value of a row in every lane; NaN if the row has a NaN. */
function largest(x: usize, n: usize): v128 {
  let most = f32x4.splat(-Infinity);
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) most = f32x4.max(most, v128.load(x + i * F));
  if (i < n) most = f32x4.max(most, partial(x + i * F, n - i, -Infinity));
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  return f32x4.max(most, v128.shuffle<f32>(most, most, 1, 0, 3, 2));
}

/** Returns the sum of e^(x-m) over a row, and stores the terms at y unless y is 0. */
function exponentials(y: usize, x: usize, n: usize, most: v128): f64 {
  let sum = f64x2.splat(0);
  for (let i: usize = 0; i < n; i += 4) {
    const left = n - i;
    // The lanes after the last value are filled with -infinity, because e^-infinity = 0.
    const v = left >= 4 ? v128.load(x + i * F) : partial(x + i * F, left, -Infinity);
    const e = exp4(f32x4.sub(v, most));
    sum = f64x2.add(sum, f64x2.add(low(e), high(e)));
    if (!y) continue;
    if (left >= 4) v128.store(y + i * F, e);
    else storePartial(y + i * F, e, left);
  }
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

// Batch normalization in float64 throughout, as in the loops. outer: the number of samples. inner: the values of a channel in one
// sample. Each function computes one channel; with `pair`, which requires inner = 1, two neighbouring channels at once. Addresses point
// to the channel's first value. The equations are in kernels/norm.ts.
import { F } from './memory';
import { get, put } from './wide';

/** Writes y, mu and s2. `stride`: bytes from one sample to the next. */
export function exact(
  pair: bool, y: usize, mu: usize, s2: usize, x: usize, w: usize, b: usize,
  outer: usize, stride: usize, inner: usize, eps: f64,
): void {
  const n = f64x2.splat(<f64>(outer * inner));
  let total = f64x2.splat(0);
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) total = f64x2.add(total, get(pair, x + o * stride + i * F));
  }
  const mean = f64x2.div(total, n);
  let squares = f64x2.splat(0);
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const d = f64x2.sub(get(pair, x + o * stride + i * F), mean);
      squares = f64x2.add(squares, f64x2.mul(d, d));
    }
  }
  const variance = f64x2.div(squares, n);
  const scale = f64x2.div(get(pair, w), f64x2.sqrt(f64x2.add(variance, f64x2.splat(eps))));
  const shift = get(pair, b);
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const at = o * stride + i * F;
      put(pair, y + at, f64x2.add(f64x2.mul(f64x2.sub(get(pair, x + at), mean), scale), shift));
    }
  }
  put(pair, mu, mean);
  put(pair, s2, variance);
}

/** Writes gx, gw and gb. `stride`: bytes from one sample to the next. */
export function exactGrad(
  pair: bool, gx: usize, gw: usize, gb: usize, g: usize, x: usize, w: usize, mu: usize, s2: usize,
  outer: usize, stride: usize, inner: usize, eps: f64,
): void {
  const n = f64x2.splat(<f64>(outer * inner));
  const mean = get(pair, mu);
  const r = f64x2.div(f64x2.splat(1), f64x2.sqrt(f64x2.add(get(pair, s2), f64x2.splat(eps))));
  let sumG = f64x2.splat(0);
  let sumGh = sumG;
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const at = o * stride + i * F;
      const gi = get(pair, g + at);
      sumG = f64x2.add(sumG, gi);
      sumGh = f64x2.add(sumGh, f64x2.mul(f64x2.mul(gi, f64x2.sub(get(pair, x + at), mean)), r));
    }
  }
  const scale = f64x2.mul(get(pair, w), r);
  for (let o: usize = 0; o < outer; o++) {
    for (let i: usize = 0; i < inner; i++) {
      const at = o * stride + i * F;
      const h = f64x2.mul(f64x2.sub(get(pair, x + at), mean), r);
      const share = f64x2.div(f64x2.add(sumG, f64x2.mul(h, sumGh)), n);
      put(pair, gx + at, f64x2.mul(scale, f64x2.sub(get(pair, g + at), share)));
    }
  }
  put(pair, gw, sumGh);
  put(pair, gb, sumG);
}

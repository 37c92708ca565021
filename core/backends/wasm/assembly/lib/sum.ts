// Sums of float32 values in float64.
import { F } from './memory';
import { get } from './wide';

/** The sum of n neighbouring values. The order of the additions depends on n only. One instruction loads and converts two values; the
 *  processor runs one of these a cycle, which limits the speed. */
export function sumRow(x: usize, n: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let i: usize = 0;
  for (; i + 8 <= n; i += 8) {
    s0 = f64x2.add(s0, get(true, x));
    s1 = f64x2.add(s1, get(true, x + 8));
    s2 = f64x2.add(s2, get(true, x + 16));
    s3 = f64x2.add(s3, get(true, x + 24));
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

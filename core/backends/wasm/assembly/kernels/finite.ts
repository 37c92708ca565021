// Whether values are finite: x - x is 0 for finite x only.
import { F } from '../lib/memory';

/** Returns 1 if all n values are finite, else 0. */
export function finite(x: usize, n: usize): i32 {
  const end = x + n * F;
  let sum = f32x4.splat(0);
  for (; x + 16 <= end; x += 16) {
    const a = v128.load(x);
    sum = f32x4.add(sum, f32x4.sub(a, a));
  }
  let total = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
  total += f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
  for (; x < end; x += F) total += load<f32>(x) - load<f32>(x);
  return total == 0 ? 1 : 0;
}

/** Returns how many of n values are NaN or infinite. */
export function countNonFinite(x: usize, n: usize): i32 {
  let counts = i32x4.splat(0);
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) {
    const a = v128.load(x + i * F);
    counts = i32x4.sub(counts, f32x4.ne(f32x4.sub(a, a), f32x4.splat(0)));
  }
  let count = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
  count += i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
  for (; i < n; i++) {
    const a = load<f32>(x + i * F);
    if (a - a != 0) count++;
  }
  return count;
}

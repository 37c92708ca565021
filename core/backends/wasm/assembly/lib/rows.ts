// Products of rows by rows, in tiles of at most 4 x 2 sums, each of four partial sums.
import { F, madd } from './memory';

/** c[i][j] += a[i] . b[j], for m rows of a and n rows of b. A row has `pitch` values, a multiple of 4; rows of c are `ldc` values
 *  apart. If n is odd, the last row of b is multiplied twice and stored once. */
export function multiplyRows(to: usize, g: usize, x: usize, m: usize, n: usize, ldc: usize, pitch: usize): void {
  const panels = (m + 3) / 4;
  for (let t: usize = 0; t < n; t += 2) {
    const b = x + t * pitch * F;
    const next = t + 1 < n ? pitch * F : 0;
    for (let i: usize = 0; i < panels; i++) {
      const start = (i * m) / panels;
      const rows = ((i + 1) * m) / panels - start;
      const a = g + start * pitch * F;
      const c = to + (start * ldc + t) * F;
      if (rows == 4) dot(4, c, a, b, next, pitch * F, ldc * F);
      else if (rows == 3) dot(3, c, a, b, next, pitch * F, ldc * F);
      else if (rows == 2) dot(2, c, a, b, next, pitch * F, ldc * F);
      else dot(1, c, a, b, next, pitch * F, ldc * F);
    }
  }
}

/** Adds a tile. `rows` is a constant at each call. `next` is the distance to the second row of b, or 0 if there is none. `length`
 *  is in bytes. */
// @ts-ignore: decorator
@inline
function dot(rows: usize, c: usize, a: usize, b: usize, next: usize, length: usize, ldc: usize): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0);
  let s31 = f32x4.splat(0);
  for (const end = b + length; b < end; b += 16) {
    const b0 = v128.load(b);
    const b1 = v128.load(b + next);
    const a0 = v128.load(a);
    s00 = madd(a0, b0, s00);
    s01 = madd(a0, b1, s01);
    if (rows > 1) {
      const a1 = v128.load(a + length);
      s10 = madd(a1, b0, s10);
      s11 = madd(a1, b1, s11);
    }
    if (rows > 2) {
      const a2 = v128.load(a + 2 * length);
      s20 = madd(a2, b0, s20);
      s21 = madd(a2, b1, s21);
    }
    if (rows > 3) {
      const a3 = v128.load(a + 3 * length);
      s30 = madd(a3, b0, s30);
      s31 = madd(a3, b1, s31);
    }
    a += 16;
  }
  const t0 = sums(s00, s10, s20, s30);
  const t1 = sums(s01, s11, s21, s31);
  addPair(c, f32x4.extract_lane(t0, 0), f32x4.extract_lane(t1, 0), next);
  if (rows > 1) addPair(c + ldc, f32x4.extract_lane(t0, 1), f32x4.extract_lane(t1, 1), next);
  if (rows > 2) addPair(c + 2 * ldc, f32x4.extract_lane(t0, 2), f32x4.extract_lane(t1, 2), next);
  if (rows > 3) addPair(c + 3 * ldc, f32x4.extract_lane(t0, 3), f32x4.extract_lane(t1, 3), next);
}

/** The sums of the lanes of each vector. */
// @ts-ignore: decorator
@inline
function sums(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

// @ts-ignore: decorator
@inline
function addPair(c: usize, x: f32, y: f32, next: usize): void {
  store<f32>(c, load<f32>(c) + x);
  if (next) store<f32>(c, load<f32>(c, 4) + y, 4);
}

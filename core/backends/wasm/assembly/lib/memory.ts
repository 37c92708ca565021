// The linear memory as kernels see it: addresses in bytes, unsigned, up to 4 GiB.
//
// The TypeScript side owns every byte from `heapBase()` on and hands addresses in; nothing here allocates.

/** Bytes of a float32. */
export const F: usize = 4;

// Static data, for the only instance; instances that share a memory are given areas of their own.
// @ts-ignore: decorator
@lazy let tileAt = memory.data(192, 64);
// @ts-ignore: decorator
@lazy let splatAt = memory.data(32, 16);

/** Bytes of the areas that `setAreas` takes, at a multiple of 64. */
export const AREA_BYTES: usize = 256;

/** Gives this instance areas of its own for tiles and repeated values. */
// @ts-ignore: decorator
@inline
export function setAreas(at: usize): void {
  tileAt = at;
  splatAt = at + 192;
}

/** Room for one 6 x 8 tile, for tiles that stand over the edge of a matrix. */
// @ts-ignore: decorator
@inline
export function tileArea(): usize {
  return tileAt;
}

/** Room for two vectors that repeat one value. */
// @ts-ignore: decorator
@inline
export function splatArea(): usize {
  return splatAt;
}

/** The value at an address as a vector in memory. */
export function splat(from: usize, at: usize): usize {
  v128.store(splatArea() + at, v128.load_splat<f32>(from));
  return splatArea() + at;
}

/** a b + c: rounded once where this build may fuse (relaxed SIMD), else twice. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? v128.relaxed_madd<f32>(a, b, c) : f32x4.add(c, f32x4.mul(a, b));
}

/** Sets n float32 values to +0. */
export function clear(to: usize, n: usize): void {
  memory.fill(to, 0, n * F);
}

/** The first n < 4 values from x on, and `fill` in the other lanes. Reads nothing beyond them. */
// @ts-ignore: decorator
@inline
export function partial(x: usize, n: usize, fill: f32): v128 {
  let a = v128.load32_lane(x, f32x4.splat(fill), 0);
  if (n > 1) a = v128.load32_lane(x + F, a, 1);
  if (n > 2) a = v128.load32_lane(x + 2 * F, a, 2);
  return a;
}

/** Writes the first n < 4 lanes. */
// @ts-ignore: decorator
@inline
export function storePartial(y: usize, a: v128, n: usize): void {
  v128.store32_lane(y, a, 0);
  if (n > 1) v128.store32_lane(y + F, a, 1);
  if (n > 2) v128.store32_lane(y + 2 * F, a, 2);
}

/** Copies n float32 values; the two ranges do not overlap. */
export function move(to: usize, from: usize, n: usize): void {
  if (n < 4) {
    for (const end = to + n * F; to < end; to += F, from += F) store<f32>(to, load<f32>(from));
    return;
  }
  // The last vector may cover values that the one before it has written: the same values.
  const last = (n - 4) * F;
  for (let i: usize = 0; i < last; i += 16) v128.store(to + i, v128.load(from + i));
  v128.store(to + last, v128.load(from + last));
}

/** Writes the transpose of a 4 x 4 block. Strides, in bytes, lead from row to row. */
// @ts-ignore: decorator
@inline
export function transpose4(to: usize, toStride: usize, from: usize, fromStride: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + fromStride);
  const c = v128.load(from + 2 * fromStride);
  const d = v128.load(from + 3 * fromStride);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(ab, cd, 0, 2));
  v128.store(to + toStride, v128.shuffle<f64>(ab, cd, 1, 3));
  v128.store(to + 2 * toStride, v128.shuffle<f64>(ef, gh, 0, 2));
  v128.store(to + 3 * toStride, v128.shuffle<f64>(ef, gh, 1, 3));
}

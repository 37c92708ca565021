// The linear memory as kernels see it: addresses in bytes, unsigned, up to 4 GiB.
//
// The TypeScript side owns every byte from `heapBase()` on and passes addresses; nothing here allocates.

/** Bytes of a float32. */
export const F: usize = 4;

// Static data of the first instance. Further instances that share its memory get areas of their own.
// @ts-ignore: decorator
@lazy let tileAt = memory.data(384, 64);
// @ts-ignore: decorator
@lazy let splatAt = memory.data(32, 16);

/** Bytes of the areas that `setAreas` gives to an instance. Their address must be a multiple of 64. */
export const AREA_BYTES: usize = 448;

/** Gives this instance areas of its own for tiles and repeated values. */
// @ts-ignore: decorator
@inline
export function setAreas(at: usize): void {
  tileAt = at;
  splatAt = at + 384;
}

/** Room for one tile of at most 6 x 16. Tiles at the edge of a matrix are computed here, and then only a part is stored. */
// @ts-ignore: decorator
@inline
export function tileArea(): usize {
  return tileAt;
}

/** Room for two vectors, each of which repeats one value. */
// @ts-ignore: decorator
@inline
export function splatArea(): usize {
  return splatAt;
}

/** Repeats the value at `from` in one of the two vectors, and returns the vector's address. at: 0 or 16. */
export function splat(from: usize, at: usize): usize {
  v128.store(splatArea() + at, v128.load_splat<f32>(from));
  return splatArea() + at;
}

/** a b + c: rounded once if this build fuses (relaxed SIMD), else twice. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? v128.relaxed_madd<f32>(a, b, c) : f32x4.add(c, f32x4.mul(a, b));
}

/** Sets n float32 values to +0. */
export function clear(to: usize, n: usize): void {
  memory.fill(to, 0, n * F);
}

/** The first n < 4 values at x, and `fill` in the other lanes. Reads no memory after them. */
// @ts-ignore: decorator
@inline
export function partial(x: usize, n: usize, fill: f32): v128 {
  let a = v128.load32_lane(x, f32x4.splat(fill), 0);
  if (n > 1) a = v128.load32_lane(x + F, a, 1);
  if (n > 2) a = v128.load32_lane(x + 2 * F, a, 2);
  return a;
}

/** Stores the first n < 4 lanes. */
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
  // The last vector may overlap the one before it. Then it writes the same values again.
  const last = (n - 4) * F;
  for (let i: usize = 0; i < last; i += 16) v128.store(to + i, v128.load(from + i));
  v128.store(to + last, v128.load(from + last));
}

/** Writes the transpose of a 4 x 4 block. A stride is the number of bytes from one row to the next. */
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

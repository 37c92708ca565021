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

/** Bytes of the areas that `useAreas` is given, at a multiple of 64. */
export function areaBytes(): usize {
  return 256;
}

/** Gives this instance areas of its own for tiles and repeated values. */
export function useAreas(at: usize): void {
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

/** The first address that static data leave free. */
export function heapBase(): usize {
  return __heap_base;
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

/** 1 where all n values are finite, else 0: x - x is 0 for finite x only. */
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

/** Copies a strided window into row-major order. `axes` points to the sizes, then the strides in elements (u32). */
export function copy(to: usize, from: usize, axes: usize, rank: usize): void {
  copyFrom(to, from, axes, axes + rank * 4, rank);
}

/** Copies the window over the last `rank` axes; returns the address after the last value written. */
function copyFrom(to: usize, from: usize, sizes: usize, strides: usize, rank: usize): usize {
  const n: usize = load<u32>(sizes);
  const stride = <usize>load<u32>(strides) * F;
  if (rank == 1) {
    if (stride == F) move(to, from, n);
    else for (let i: usize = 0; i < n; i++) store<f32>(to + i * F, load<f32>(from + i * stride));
    return to + n * F;
  }
  if (rank == 2 && stride == F && load<u32>(strides, 4) != 1) {
    const cols: usize = load<u32>(sizes, 4);
    copyTransposed(to, from, n, cols, <usize>load<u32>(strides, 4) * F);
    return to + n * cols * F;
  }
  for (let i: usize = 0; i < n; i++) to = copyFrom(to, from + i * stride, sizes + 4, strides + 4, rank - 1);
  return to;
}

/** to[i][j] = from[j][i] for dense rows of `from` that lie `stride` bytes apart. */
function copyTransposed(to: usize, from: usize, rows: usize, cols: usize, stride: usize): void {
  let i: usize = 0;
  for (; i + 4 <= rows; i += 4) {
    let j: usize = 0;
    for (; j + 4 <= cols; j += 4) transpose4(to + (i * cols + j) * F, cols * F, from + i * F + j * stride, stride);
    for (; j < cols; j++) {
      for (let r = i; r < i + 4; r++) store<f32>(to + (r * cols + j) * F, load<f32>(from + r * F + j * stride));
    }
  }
  for (; i < rows; i++) {
    for (let j: usize = 0; j < cols; j++) store<f32>(to + (i * cols + j) * F, load<f32>(from + i * F + j * stride));
  }
}

/** The same for values of one byte. */
export function copyBytes(to: usize, from: usize, axes: usize, rank: usize): void {
  copyBytesFrom(to, from, axes, axes + rank * 4, rank);
}

function copyBytesFrom(to: usize, from: usize, sizes: usize, strides: usize, rank: usize): usize {
  const n: usize = load<u32>(sizes);
  const stride: usize = load<u32>(strides);
  if (rank > 1) {
    for (let i: usize = 0; i < n; i++) to = copyBytesFrom(to, from + i * stride, sizes + 4, strides + 4, rank - 1);
    return to;
  }
  if (stride == 1) memory.copy(to, from, n);
  else for (let i: usize = 0; i < n; i++) store<u8>(to + i, load<u8>(from + i * stride));
  return to + n;
}

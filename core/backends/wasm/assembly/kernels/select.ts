// Conditions, comparisons and conversions. A mask is bytes that are 0 or 1; all other values have four bytes.
import { F, splat } from '../lib/memory';

const EQUAL = 0;
const NOT_EQUAL = 1;
const LESS = 2;

// @ts-ignore: decorator
@inline
function mask(f: i32, a: v128, b: v128): v128 {
  if (f == EQUAL) return f32x4.eq(a, b);
  if (f == NOT_EQUAL) return f32x4.ne(a, b);
  if (f == LESS) return f32x4.lt(a, b);
  return f32x4.le(a, b);
}

/** Compares n values of a and b; z is a mask. An operand with a step of 1 has n values; with 0 its one value is repeated. */
// @ts-ignore: decorator
@inline
function compare(f: i32, z: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  if (!aStep) a = splat(a, 0);
  if (!bStep) b = splat(b, 16);
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) {
    const wide = mask(f, v128.load(a), v128.load(b));
    const half = i16x8.narrow_i32x4_s(wide, wide);
    v128.store32_lane(z + i, v128.and(i8x16.narrow_i16x8_s(half, half), i8x16.splat(1)), 0);
    a += aStep * 16;
    b += bStep * 16;
  }
  for (; i < n; i++) {
    const one = mask(f, v128.load32_splat(a), v128.load32_splat(b));
    store<u8>(z + i, <u8>(i32x4.extract_lane(one, 0) & 1));
    a += aStep * F;
    b += bStep * F;
  }
}

export function equal(z: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  compare(EQUAL, z, a, b, n, aStep, bStep);
}
export function notEqual(z: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  compare(NOT_EQUAL, z, a, b, n, aStep, bStep);
}
export function less(z: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  compare(LESS, z, a, b, n, aStep, bStep);
}
export function lessEqual(z: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  compare(3, z, a, b, n, aStep, bStep);
}

/** y = a if the byte c is not 0, else b. */
export function where(y: usize, c: usize, a: usize, b: usize, n: usize, aStep: usize, bStep: usize): void {
  if (!aStep) a = splat(a, 0);
  if (!bStep) b = splat(b, 16);
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) {
    const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(c + i));
    const off = i32x4.eq(i32x4.extend_low_i16x8_u(bytes), i32x4.splat(0));
    v128.store(y + i * F, v128.bitselect(v128.load(b), v128.load(a), off));
    a += aStep * 16;
    b += bStep * 16;
  }
  for (; i < n; i++) {
    store<u32>(y + i * F, load<u32>(load<u8>(c + i) ? a : b));
    a += aStep * F;
    b += bStep * F;
  }
}

/** float32 to int32: towards zero, modulo 2^32; NaN and infinities to 0. */
export function toInt(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) {
    const a = load<f32>(x + i * F);
    store<i32>(y + i * 4, abs(a) < 9223372036854775808.0 ? <i32>(<i64>a) : 0);
  }
}

/** int32 to float32. */
export function toFloat(y: usize, x: usize, n: usize): void {
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) v128.store(y + i * F, f32x4.convert_i32x4_s(v128.load(x + i * 4)));
  for (; i < n; i++) store<f32>(y + i * F, <f32>load<i32>(x + i * 4));
}

/** Bytes to int32. */
export function widen(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) store<i32>(y + i * 4, <i32>load<u8>(x + i));
}

/** Bytes to float32. */
export function widenToFloat(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) store<f32>(y + i * F, <f32>load<u8>(x + i));
}

/** Whether each of n values of four bytes has a bit that is set and not in `ignored`. */
export function nonZero(y: usize, x: usize, n: usize, ignored: u32): void {
  for (let i: usize = 0; i < n; i++) store<u8>(y + i, <u8>((load<u32>(x + i * 4) & ~ignored) != 0));
}

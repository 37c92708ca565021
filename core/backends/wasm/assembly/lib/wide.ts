// float32 values as float64: two to a vector.
// @ts-ignore: decorator
@inline
export function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline
export function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
}

/** Loads two neighbours as float64, or one and a zero. */
// @ts-ignore: decorator
@inline
export function get(pair: bool, x: usize): v128 {
  return f64x2.promote_low_f32x4(pair ? v128.load64_zero(x) : v128.load32_zero(x));
}

/** Stores two neighbours, or one, rounded to float32. Returns the rounded values as float64. */
// @ts-ignore: decorator
@inline
export function put(pair: bool, x: usize, value: v128): v128 {
  const rounded = f32x4.demote_f64x2_zero(value);
  if (pair) v128.store64_lane(x, rounded, 0);
  else v128.store32_lane(x, rounded, 0);
  return f64x2.promote_low_f32x4(rounded);
}

// The bounded step of optim/step.ts, two elements at a time, in float64. It has the operations of the loop in the same order and
// rounds to float32 in the same places, so the bits are the same. Memory limits its speed, not arithmetic.
import { F } from '../lib/memory';
import { get, put } from '../lib/wide';

/** The scalars, written by plans/step.ts. The letters are those of optim/step.ts. */
@unmanaged
class Scalars {
  wd: f64;
  b1: f64;
  k: f64;
  b2: f64;
  k2: f64;
  a: f64;
  e: f64;
  lo: f64;
  hi: f64;
  s: f64;
  p: f64;
  q: f64;
  keep: f64;
  lower: f64;
  upper: f64;
}

/** Updates x [n] in place. v is 0 if the rule has no second moment, u if it does not keep the largest v. */
export function boundedStep(
  c: Scalars, x: usize, g: usize, m: usize, v: usize, u: usize, n: usize, ahead: bool,
): void {
  let i: usize = 0;
  for (; i + 2 <= n; i += 2) {
    const at = i * F;
    step(true, c, x + at, g + at, m + at, v ? v + at : 0, u ? u + at : 0, ahead);
  }
  const at = i * F;
  if (i < n) step(false, c, x + at, g + at, m + at, v ? v + at : 0, u ? u + at : 0, ahead);
}

/** a x + y */
// @ts-ignore: decorator
@inline
function combine(a: f64, x: v128, y: v128): v128 {
  return f64x2.add(f64x2.mul(f64x2.splat(a), x), y);
}

/** x limited to [lo, hi]; NaN stays NaN. */
// @ts-ignore: decorator
@inline
function clip(x: v128, lo: f64, hi: f64): v128 {
  return f64x2.pmin(f64x2.pmax(x, f64x2.splat(lo)), f64x2.splat(hi));
}

// @ts-ignore: decorator
@inline
function step(pair: bool, c: Scalars, x: usize, g: usize, m: usize, v: usize, u: usize, ahead: bool): void {
  const xi = get(pair, x);
  const gi = combine(c.wd, xi, get(pair, g));
  const mi = put(pair, m, combine(c.b1, get(pair, m), f64x2.mul(f64x2.splat(c.k), gi)));
  let rate = f64x2.splat(c.a);
  if (v) {
    let size = f64x2.mul(f64x2.mul(f64x2.splat(c.k2), gi), gi);
    size = put(pair, v, combine(c.b2, get(pair, v), size));
    if (u) size = put(pair, u, f64x2.max(get(pair, u), size));
    rate = f64x2.div(f64x2.splat(c.a), f64x2.add(f64x2.sqrt(size), f64x2.splat(c.e)));
  }
  rate = clip(rate, c.lo, c.hi);
  const di = ahead ? combine(c.p, mi, f64x2.mul(f64x2.splat(c.q), gi)) : mi;
  const move = f64x2.mul(f64x2.mul(f64x2.splat(c.s), rate), di);
  // If d = 0 the step is 0, even if the rate is infinite.
  const taken = v128.and(move, f64x2.ne(di, f64x2.splat(0)));
  put(pair, x, clip(f64x2.sub(f64x2.mul(f64x2.splat(c.keep), xi), taken), c.lower, c.upper));
}

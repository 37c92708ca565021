// The bounded steps of optim/step.ts for a list of parameters, two elements at a time, in float64. They have the operations of the loop
// in the same order and round to float32 in the same places, so the bits are the same.
import { F } from '../lib/memory';
import { Parameter } from '../lib/parameter';
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
  added: f64;
  b3: f64;
}

/** The formulas of the second moment, by their numbers in plans/step.ts. */
const BELIEF: u32 = 1;
const YOGI: u32 = 2;
const MAX: u32 = 3;

/** Takes the steps of the elements with numbers [from, to) among those of all parameters in a list. */
export function boundedStep(list: usize, parameters: usize, from: usize, to: usize): void {
  const size = offsetof<Parameter>();
  for (const end = list + parameters * size; list < end; list += size) {
    const p = changetype<Parameter>(list);
    const first = max(p.start, from) - p.start;
    const last = min(p.start + p.n, to);
    if (p.start + first < last) steps(p, first, last - p.start);
  }
}

/** Takes the steps of elements [i, end) of a parameter. */
function steps(p: Parameter, i: usize, end: usize): void {
  const c = changetype<Scalars>(p.c);
  const x = p.x;
  const g = p.g;
  const m = p.m;
  const v = p.v;
  const u = p.u;
  const h = p.h;
  const ahead = p.ahead;
  const signed = p.signed;
  const second = p.second;
  const twice = p.twice;
  for (; i < end; i += 2) {
    const at = i * F;
    if (i + 2 <= end) step(true, c, x + at, g + at, m + at, v, u, h, at, ahead, signed, second, twice);
    else step(false, c, x + at, g + at, m + at, v, u, h, at, ahead, signed, second, twice);
  }
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

/** The sign of x: 1, -1, or x itself if it is 0 or NaN. */
// @ts-ignore: decorator
@inline
function sign(x: v128): v128 {
  const zero = f64x2.splat(0);
  const one = v128.or(v128.and(x, f64x2.splat(-0.0)), f64x2.splat(1));
  return v128.bitselect(one, x, v128.or(f64x2.lt(x, zero), f64x2.gt(x, zero)));
}

/** v_t, the second moment. */
// @ts-ignore: decorator
@inline
function moment(c: Scalars, vi: v128, gi: v128, mi: v128, second: u32): v128 {
  const k2 = f64x2.splat(c.k2);
  if (second == BELIEF) {
    const d = f64x2.sub(gi, mi);
    return f64x2.add(combine(c.b2, vi, f64x2.mul(f64x2.mul(k2, d), d)), f64x2.splat(c.added));
  }
  if (second == YOGI) {
    const towards = sign(f64x2.sub(vi, f64x2.mul(gi, gi)));
    return f64x2.sub(vi, f64x2.mul(f64x2.mul(f64x2.mul(k2, towards), gi), gi));
  }
  if (second == MAX)
    return f64x2.max(f64x2.mul(f64x2.splat(c.b2), vi), f64x2.add(f64x2.abs(gi), f64x2.splat(c.added)));
  return combine(c.b2, vi, f64x2.mul(f64x2.mul(k2, gi), gi));
}

/** One or two elements. v, u and h are the addresses of the whole parameter's state, or 0. */
// @ts-ignore: decorator
@inline
function step(
  pair: bool, c: Scalars, x: usize, g: usize, m: usize, v: usize, u: usize, h: usize, at: usize,
  ahead: u32, signed: u32, second: u32, twice: u32,
): void {
  const xi = get(pair, x);
  const gi = combine(c.wd, xi, get(pair, g));
  const mi = put(pair, m, combine(c.b1, get(pair, m), f64x2.mul(f64x2.splat(c.k), gi)));
  let rate = f64x2.splat(c.a);
  if (v) {
    let size = put(pair, v + at, moment(c, get(pair, v + at), gi, mi, second));
    if (u) size = put(pair, u + at, f64x2.max(get(pair, u + at), size));
    let root = f64x2.add(f64x2.sqrt(size), f64x2.splat(c.e));
    if (twice == 1) root = f64x2.sqrt(root);
    else if (twice == 4) root = f64x2.mul(root, root);
    rate = f64x2.div(f64x2.splat(c.a), root);
    if (h) {
      const own = f64x2.mul(f64x2.splat((1 - c.b3) * c.s), rate);
      const ceiling = put(pair, h + at, combine(c.b3, get(pair, h + at), own));
      if (c.s > 0) rate = f64x2.min(rate, f64x2.div(ceiling, f64x2.splat(c.s)));
    }
  }
  rate = f64x2.mul(f64x2.splat(c.s), clip(rate, c.lo, c.hi));
  const di = ahead ? combine(c.p, mi, f64x2.mul(f64x2.splat(c.q), gi)) : mi;
  const move = f64x2.mul(rate, signed ? sign(di) : di);
  // If d = 0 the step is 0, even if the rate is infinite.
  const taken = v128.and(move, f64x2.ne(di, f64x2.splat(0)));
  put(pair, x, clip(f64x2.sub(f64x2.mul(f64x2.splat(c.keep), xi), taken), c.lower, c.upper));
}

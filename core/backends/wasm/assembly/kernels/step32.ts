// The bounded steps of optim/step.ts for a list of parameters in float32, four elements at a time: 2.5 times as fast as in float64, where
// square roots and divisions take most of the time. They are for rules without a second moment, and for those whose second moment is
// the average or the sum of squares.
//
//   m_t = b1 m + (b1Low m + k g)          a decay rate b is the sum of two numbers: in one number, 1 - b would lose digits, and so would
//                                         an average over many steps. v_t and h_t likewise
//   n_t = clip(s r, s lo, s hi)           s clip(r, lo, hi), with products that are rounded once
//   x_t = x - (lost x + n d)              lost = 1 - keep
//
// plans/step.ts computes the scalars in float64 and rounds them. They are read from memory at each use: together they would fill all
// vector registers, and Node 20 then takes up to three times as long.
import { F, madd, partial, storePartial } from '../lib/memory';
import { Parameter } from '../lib/parameter';

/** The scalars, written by plans/step.ts. */
@unmanaged
class Scalars32 {
  wd: f32;
  b1: f32;
  b1Low: f32;
  k: f32;
  b2: f32;
  b2Low: f32;
  k2: f32;
  /** s a */
  a: f32;
  e: f32;
  /** s lo and s hi */
  lo: f32;
  hi: f32;
  b3: f32;
  b3Low: f32;
  /** 1 - b3 */
  k3: f32;
  /** n_t, if the rule has no second moment. */
  rate: f32;
  p: f32;
  q: f32;
  lost: f32;
  lower: f32;
  upper: f32;
}

/** Takes the steps of the elements with numbers [from, to) among those of all parameters in a list. */
export function boundedStep32(list: usize, parameters: usize, from: usize, to: usize): void {
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
  const c = p.c;
  const x = p.x;
  const g = p.g;
  const m = p.m;
  const v = p.v;
  const u = p.u;
  const h = p.h;
  const ahead = p.ahead;
  const twice = p.twice;
  for (; i + 4 <= end; i += 4) step(4, c, x, g, m, v, u, h, i * F, ahead, twice);
  if (i < end) step(end - i, c, x, g, m, v, u, h, i * F, ahead, twice);
}

// @ts-ignore: decorator
@inline
function get(n: usize, x: usize): v128 {
  return n == 4 ? v128.load(x) : partial(x, n, 0);
}

// @ts-ignore: decorator
@inline
function put(n: usize, x: usize, value: v128): v128 {
  if (n == 4) v128.store(x, value);
  else storePartial(x, value, n);
  return value;
}

/** x limited to [lo, hi]; NaN stays NaN. */
// @ts-ignore: decorator
@inline
function clip(x: v128, lo: v128, hi: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, lo), hi);
}

/** high y + (low y + z) */
// @ts-ignore: decorator
@inline
function decay(y: v128, high: v128, low: v128, z: v128): v128 {
  return madd(high, y, madd(low, y, z));
}

/** n <= 4 elements, `at` bytes after the first one. v, u and h are the addresses of the first element, or 0. */
// @ts-ignore: decorator
@inline
function step(
  n: usize, c: usize, x: usize, g: usize, m: usize, v: usize, u: usize, h: usize, at: usize,
  ahead: u32, twice: u32,
): void {
  const xi = get(n, x + at);
  const gi = madd(v128.load_splat<f32>(c, offsetof<Scalars32>('wd')), xi, get(n, g + at));
  const b1 = v128.load_splat<f32>(c, offsetof<Scalars32>('b1'));
  const b1Low = v128.load_splat<f32>(c, offsetof<Scalars32>('b1Low'));
  const kg = f32x4.mul(v128.load_splat<f32>(c, offsetof<Scalars32>('k')), gi);
  const mi = put(n, m + at, decay(get(n, m + at), b1, b1Low, kg));
  let rate = v128.load_splat<f32>(c, offsetof<Scalars32>('rate'));
  if (v) {
    const b2 = v128.load_splat<f32>(c, offsetof<Scalars32>('b2'));
    const b2Low = v128.load_splat<f32>(c, offsetof<Scalars32>('b2Low'));
    const square = f32x4.mul(f32x4.mul(v128.load_splat<f32>(c, offsetof<Scalars32>('k2')), gi), gi);
    let size = put(n, v + at, decay(get(n, v + at), b2, b2Low, square));
    if (u) size = put(n, u + at, f32x4.max(get(n, u + at), size));
    let root = f32x4.add(f32x4.sqrt(size), v128.load_splat<f32>(c, offsetof<Scalars32>('e')));
    if (twice == 1) root = f32x4.sqrt(root);
    rate = f32x4.div(v128.load_splat<f32>(c, offsetof<Scalars32>('a')), root);
    if (h) {
      const b3 = v128.load_splat<f32>(c, offsetof<Scalars32>('b3'));
      const b3Low = v128.load_splat<f32>(c, offsetof<Scalars32>('b3Low'));
      const own = f32x4.mul(v128.load_splat<f32>(c, offsetof<Scalars32>('k3')), rate);
      rate = f32x4.min(rate, put(n, h + at, decay(get(n, h + at), b3, b3Low, own)));
    }
    const lo = v128.load_splat<f32>(c, offsetof<Scalars32>('lo'));
    rate = clip(rate, lo, v128.load_splat<f32>(c, offsetof<Scalars32>('hi')));
  }
  let di = mi;
  if (ahead) {
    const qg = f32x4.mul(v128.load_splat<f32>(c, offsetof<Scalars32>('q')), gi);
    di = madd(v128.load_splat<f32>(c, offsetof<Scalars32>('p')), mi, qg);
  }
  // If d = 0 the step is 0, even if the rate is infinite.
  const move = v128.and(f32x4.mul(rate, di), f32x4.ne(di, f32x4.splat(0)));
  const taken = madd(v128.load_splat<f32>(c, offsetof<Scalars32>('lost')), xi, move);
  const lower = v128.load_splat<f32>(c, offsetof<Scalars32>('lower'));
  put(n, x + at, clip(f32x4.sub(xi, taken), lower, v128.load_splat<f32>(c, offsetof<Scalars32>('upper'))));
}

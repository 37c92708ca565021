// Online convex problems: at each step t = 1, 2, .. a point x_t of F is chosen, then a loss f_t is shown.
//
//   R_T = sum_{t <= T} f_t(x_t) - f_t(x*)         the regret; x* is best for the mean of the losses
//   pseudo-regret: each f_t replaced by its mean, where losses are drawn
//
//   cycle        C x if t mod 3 = 1, else -x                              on [-1, 1]; Adam goes to +1, best is -1
//   theorem1     -x if t mod C = 1, 2x if t mod C = 2, else 0             on [-1, 1]
//   theorem2     C x if t mod C = 1, else -x                              on [-1, 1]
//   theorem3     C x with probability (1+d)/(C+1), else -x                on [-1, 1]; mean slope d
//   rare         1010 x if t mod 101 = 1, or with probability 0.01, else -10 x          on [-1, 1]
//   quadratic    L x^2 / 2                                                on the line
//   experts      <c_t, x>, c_t = (C, h) if t mod 3 = 1, else (-1, h)      on the simplex: expert 2 always costs h
//   disk         the same loss on the unit disk
//
// Sources: Reddi, Kale and Kumar 2018, openreview ryQu7f-RZ, sections 3 and 5 (cycle, rare); Luo et al. 2019, theorems 1 to
// 3, here without the steep walls at x < 0 that their own losses have; Savarese 2019, arXiv 1908.04457 (violation).
// experts and disk are ours: the cycle where the projection depends on the rates. Draws: mulberry32 (Tommy Ettinger, 2017).
import { ValueError } from '../core/index.js';
import { ball, box, type FeasibleSet, simplex } from './feasibleSets.js';

export { ball, box, type FeasibleSet, simplex } from './feasibleSets.js';

/** One loss: writes the gradient of f_t at x into g and returns f_t(x) - f_t(best). Called once for each t = 1, 2, .. */
export type Losses = (t: number, x: Float64Array, g: Float64Array) => number;

/** A stream of convex losses over a feasible set. */
export interface Problem {
  title: string;
  set: FeasibleSet;
  x1: readonly number[];
  /** The best fixed point for the mean of the losses. */
  best: readonly number[];
  /** The largest Euclidean norm of a gradient on the set: the G of the theorems. */
  gradientBound: number;
  /** The losses from the start; those that are drawn, from the seed. */
  losses(): Losses;
  /** E[f_t(x) - f_t(best)], where losses are drawn. */
  expected?(x: Float64Array): number;
  /** Whether Adam in paper form with these constant betas is known to fail here. */
  condition?(beta1: number, beta2: number): boolean;
}

/** Numbers in [0, 1): one 32-bit state, enough for problems that others must be able to draw again. */
export function mulberry32(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Linear losses <c_t, x> with c_t = slopes[t mod their number]. Throws ValueError if their lengths differ. */
export function periodic(title: string, slopes: number[][], set: FeasibleSet, x1: readonly number[]): Problem {
  if (slopes.some((c) => c.length !== x1.length))
    throw new ValueError(`${title}: slopes and x1 must have one length: ${slopes.map((c) => c.length)}, ${x1.length}`);
  const best = set.least(x1.map((_, i) => slopes.reduce((sum, c) => sum + c[i], 0)));
  const losses = (): Losses => (t, x, g) => linear(slopes[t % slopes.length], best, x, g);
  return { title, set, x1, best, gradientBound: Math.max(...slopes.map((c) => Math.hypot(...c))), losses };
}

/** Losses `big` x with probability p, else `small` x, on [-1, 1]. One draw a step. */
function drawn(title: string, big: number, small: number, p: number, seed: number, x1: number): Problem {
  if (!(p >= 0 && p <= 1)) throw new ValueError(`${title}: a probability must lie in [0, 1]: ${p}`);
  const set = box(-1, 1);
  const mean = p * big + (1 - p) * small;
  const best = set.least([mean]);
  const losses = (): Losses => {
    const draw = mulberry32(seed);
    const slope = [0];
    return (_t, x, g) => {
      slope[0] = draw() < p ? big : small;
      return linear(slope, best, x, g);
    };
  };
  const gradientBound = Math.max(Math.abs(big), Math.abs(small));
  return { title, set, x1: [x1], best, gradientBound, losses, expected: (x) => mean * (x[0] - best[0]) };
}

function linear(c: readonly number[], best: readonly number[], x: Float64Array, g: Float64Array): number {
  let excess = 0;
  for (let i = 0; i < c.length; i++) {
    g[i] = c[i];
    excess += c[i] * (x[i] - best[i]);
  }
  return excess;
}

/** `big` once in `period` steps, at t mod period = 1, else `small`. */
const once = (period: number, big: number, small: number) =>
  Array.from({ length: period }, (_, r) => [r === 1 ? big : small]);

/** Reddi's cycle. Adam fails for b1 = 0, b2 = 1/(1+C^2), C > 2; with its default betas it does not. */
export function cycle({ C = 4, x1 = 0 } = {}): Problem {
  const problem = periodic('cycle', once(3, C, -1), box(-1, 1), [x1]);
  // 1e-9: b2 may have been written down with a dozen digits.
  return { ...problem, condition: (b1, b2) => C > 2 && b1 === 0 && Math.abs(b2 * (1 + C * C) - 1) < 1e-9 };
}

/** Theorem 1: whatever the rate, Adam fails for b1 = 0 and 5 b2^(C-2) <= (1-b2)/(4-b2). */
export function theorem1({ C = 8, x1 = 0 } = {}): Problem {
  const slopes = Array.from({ length: C }, (_, r) => [r === 1 ? -1 : r === 2 ? 2 : 0]);
  const problem = periodic('theorem 1', slopes, box(-1, 1), [x1]);
  return { ...problem, condition: (b1, b2) => b1 === 0 && 5 * b2 ** (C - 2) <= (1 - b2) / (4 - b2) };
}

/** Theorem 2: for any constant b1 < sqrt(b2) Adam fails, where C is even and large enough for three inequalities. The
 *  first follows from the second, as b1^(C-2) < b2^((C-2)/2); it is here because it is in the paper. */
export function theorem2({ C = 20, x1 = 0 } = {}): Problem {
  const condition = (b1: number, b2: number) => {
    const ratio = b1 / Math.sqrt(b2);
    const series = (ratio * (1 - ratio ** (C - 1))) / (1 - ratio);
    const push = (3 * (1 - b1)) / (2 * Math.sqrt(1 - b2));
    return (
      ratio < 1 &&
      C % 2 === 0 &&
      (1 - b1) * b1 ** (C - 1) * C <= 1 - b1 ** (C - 1) &&
      b2 ** ((C - 2) / 2) * C * C <= 1 &&
      push * (1 + series) + b1 ** (C / 2 - 1) / (1 - b1) < C / 3
    );
  };
  return { ...periodic('theorem 2', once(C, C, -1), box(-1, 1), [x1]), condition };
}

/** Theorem 3, stochastic. The condition is ours, for b1 = 0: the mean step of x is upwards by Jensen's inequality,
 *  p / sqrt(1-b2) < (1-p) / sqrt(b2 E[v] + 1 - b2) with E[v] = p C^2 + 1 - p. Throws ValueError unless -1 <= delta <= C. */
export function theorem3({ C = 100, delta = 1, seed = 1, x1 = 0 } = {}): Problem {
  const p = (1 + delta) / (C + 1);
  const condition = (b1: number, b2: number) =>
    b1 === 0 && delta > 0 && p / Math.sqrt(1 - b2) < (1 - p) / Math.sqrt(b2 * (p * C * C + 1 - p) + 1 - b2);
  return { ...drawn('theorem 3', C, -1, p, seed, x1), condition };
}

/** Reddi's synthetic problem, online: one large slope in 101. */
export function rare({ big = 1010, small = -10, period = 101, x1 = 0 } = {}): Problem {
  return periodic('rare, online', once(period, big, small), box(-1, 1), [x1]);
}

/** Reddi's synthetic problem, stochastic. */
export function rareDrawn({ big = 1010, small = -10, p = 0.01, seed = 1, x1 = 0 } = {}): Problem {
  return drawn('rare, stochastic', big, small, p, seed, x1);
}

/** Savarese's bounds, which break theorem 4 on cycle({ C, x1: 1 }) with rate a, b1 = 0: lo = a/C always, hi = a/sqrt(1-b2)
 *  up to step K, so that nothing is clipped, then a/C. They meet every condition of the theorem as published. */
export function violation({ C = 3, K = 10_000, alpha = 0.5624, beta2 = 0.1 } = {}) {
  const bounds = (t: number): readonly [lo: number, hi: number] => [
    alpha / C,
    t <= K ? alpha / Math.sqrt(1 - beta2) : alpha / C,
  ];
  return { ...cycle({ C, x1: 1 }), bounds };
}

/** L x^2 / 2 on the line: what scale does to a rule whose rates are bounded. */
export function quadratic({ curvature = 1000, x1 = 1 } = {}): Problem {
  return {
    title: 'quadratic',
    set: box(-Infinity, Infinity),
    x1: [x1],
    best: [0],
    gradientBound: Infinity,
    losses: () => (_t, x, g) => {
      g[0] = curvature * x[0];
      return (curvature * x[0] * x[0]) / 2;
    },
  };
}

const dearOrCheap = (C: number, h: number) => Array.from({ length: 3 }, (_, r) => [r === 1 ? C : -1, h]);

/** Two experts and how to share one unit between them: the first costs C once in three steps and pays 1 otherwise. */
export function experts({ C = 4, h = 0.5 } = {}): Problem {
  return periodic('experts', dearOrCheap(C, h), simplex(), [0.5, 0.5]);
}

/** The losses of `experts` on the unit disk, from its centre. */
export function disk({ C = 4, h = 0.5 } = {}): Problem {
  return periodic('disk', dearOrCheap(C, h), ball(1), [0, 0]);
}

// Online convex problems: at each step t = 1, 2, .. an optimizer chooses a point x_t of the feasible set F, then learns
// the loss f_t.
//
//   R_T = sum_{t <= T} f_t(x_t) - f_t(x*)         the regret; x* is the best fixed point for the mean of the losses
//
// If the losses are random, the pseudo-regret replaces each f_t by its mean.
//
//   cycle        C x if t mod 3 = 1, else -x                              on [-1, 1]; Adam goes to +1, best is -1
//   theorem1     -x if t mod C = 1, 2x if t mod C = 2, else 0             on [-1, 1]
//   theorem2     C x if t mod C = 1, else -x                              on [-1, 1]
//   theorem3     C x with probability (1+d)/(C+1), else -x                on [-1, 1]; mean slope d
//   rare         1010 x if t mod 101 = 1, else -10 x                      on [-1, 1]
//   rareDrawn    1010 x with probability 0.01, else -10 x                 on [-1, 1]
//   quadratic    L x^2 / 2                                                on the line
//   experts      <c_t, x>, c_t = (C, h) if t mod 3 = 1, else (-1, h)      on the simplex: expert 2 always costs h
//   disk         the same loss on the unit disk
//   violation    the losses of cycle, with bounds on the rate for which theorem 4 is false
//
// Sources: Reddi, Kale and Kumar 2018, openreview ryQu7f-RZ, sections 3 and 5 (cycle, rare, rareDrawn); Luo et al. 2019, theorems
// 1 to 3, without the steep walls that their losses have at x < 0; Savarese 2019, arXiv 1908.04457 (violation).
// experts and disk are our own: the losses of the cycle, on sets whose projection depends on the rates.
import { checkFiniteNumber, describeValue, ValueError } from '../core/index.js';
import { checkFunction, checkNumbers, checkObject } from '../optim/arguments.js';
import type { Bounds } from '../optim/index.js';
import { checkPeriod, withDefaults } from './arguments.js';
import { ball, box, type FeasibleSet, simplex } from './feasibleSets.js';

export { ball, box, type FeasibleSet, simplex } from './feasibleSets.js';

/** The loss f_t: writes its gradient at x into g and returns f_t(x) - f_t(x*). Call it once for each t = 1, 2, .., in
 *  order. */
export type Losses = (t: number, x: Float64Array, g: Float64Array) => number;

/** What `regret` needs of a problem. */
export interface OnlineProblem {
  /** The feasible set F. */
  set: Pick<FeasibleSet, 'box' | 'diameter' | 'project'>;
  /** The first point. */
  x1: readonly number[];
  /** The largest Euclidean norm of a gradient on the set: the G of the theorems. */
  gradientBound: number;
  /** Returns the losses from t = 1 on. Random losses start at the seed again. */
  losses(): Losses;
  /** Returns E[f_t(x) - f_t(x*)], if the losses are random. */
  expected?(x: Float64Array): number;
}

/** An online problem of this file. */
export interface Problem extends OnlineProblem {
  /** Its name in print. */
  title: string;
  /** The feasible set F. */
  set: FeasibleSet;
  /** x*: the best fixed point for the mean of the losses. */
  best: readonly number[];
  /** Whether Adam in paper form, with these constant betas, is proved to fail on the problem. */
  condition?(beta1: number, beta2: number): boolean;
}

/** Returns a generator of numbers in [0, 1). It has one 32-bit state, so that any language can draw the same losses.
 *  Source: Tommy Ettinger 2017. */
export function mulberry32(seed: number): () => number {
  let a = checkFiniteNumber('mulberry32: seed', seed) | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Returns a problem with linear losses <c_t, x>, where c_t = slopes[t mod slopes.length].
 *  Throws ValueError for an argument of a wrong type, and if a slope and x1 differ in length. */
export function periodic(title: string, slopes: number[][], set: FeasibleSet, x1: readonly number[]): Problem {
  if (typeof title !== 'string') throw new ValueError(`periodic: title must be a text: got ${describeValue(title)}`);
  if (!Array.isArray(slopes) || slopes.length === 0)
    throw new ValueError(`periodic: slopes must be a list of lists of numbers: got ${describeValue(slopes)}`);
  for (const [i, c] of slopes.entries()) checkNumbers(`periodic: slopes[${i}]`, c);
  checkObject('periodic: set', set, 'box(-1, 1) makes one');
  checkFunction('periodic: set.least', set.least, 'box(-1, 1) has one');
  checkNumbers('periodic: x1', x1);
  if (slopes.some((c) => c.length !== x1.length))
    throw new ValueError(
      `${title}: slopes and x1 must have the same length: ${slopes.map((c) => c.length)}, ${x1.length}`,
    );
  const best = set.least(x1.map((_, i) => slopes.reduce((sum, c) => sum + c[i], 0)));
  const losses = (): Losses => (t, x, g) => linear(slopes[t % slopes.length], best, x, g);
  return { title, set, x1, best, gradientBound: Math.max(...slopes.map((c) => Math.hypot(...c))), losses };
}

/** A problem on [-1, 1] with random losses: `big` x with probability p, else `small` x. Each step draws once. */
function random(title: string, big: number, small: number, p: number, seed: number, x1: number): Problem {
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

/** Writes the gradient c of the loss <c, x> into g and returns <c, x - best>. */
function linear(c: readonly number[], best: readonly number[], x: Float64Array, g: Float64Array): number {
  let excess = 0;
  for (let i = 0; i < c.length; i++) {
    g[i] = c[i];
    excess += c[i] * (x[i] - best[i]);
  }
  return excess;
}

/** The slopes of a period: `big` at t mod period = 1, else `small`. */
const oneBig = (period: number, big: number, small: number) =>
  Array.from({ length: period }, (_, r) => [r === 1 ? big : small]);

/** Reddi's cycle: C x, then -x twice. Adam fails for b1 = 0, b2 = 1/(1+C^2) and C > 2. With its default betas it
 *  converges.
 *  Default C: 4, x1: 0. */
export function cycle(options: { C?: number; x1?: number } = {}): Problem {
  const { C, x1 } = withDefaults('cycle', options, { C: 4, x1: 0 });
  const problem = periodic('cycle', oneBig(3, C, -1), box(-1, 1), [x1]);
  // 1e-9: b2 may be given with a dozen digits.
  return { ...problem, condition: (b1, b2) => C > 2 && b1 === 0 && Math.abs(b2 * (1 + C * C) - 1) < 1e-9 };
}

/** The problem of theorem 1: Adam fails at any learning rate for b1 = 0 and 5 b2^(C-2) <= (1-b2)/(4-b2).
 *  Default C: 8, x1: 0. */
export function theorem1(options: { C?: number; x1?: number } = {}): Problem {
  const { C, x1 } = withDefaults('theorem1', options, { C: 8, x1: 0 });
  checkPeriod('theorem1: C', C);
  const slopes = Array.from({ length: C }, (_, r) => [r === 1 ? -1 : r === 2 ? 2 : 0]);
  const problem = periodic('theorem 1', slopes, box(-1, 1), [x1]);
  return { ...problem, condition: (b1, b2) => b1 === 0 && 5 * b2 ** (C - 2) <= (1 - b2) / (4 - b2) };
}

/** The problem of theorem 2: Adam fails for any constant b1 < sqrt(b2), if C is even and large enough for three
 *  inequalities. The first follows from the second, because b1^(C-2) < b2^((C-2)/2), but it is checked too, as the paper
 *  states it. Default C: 20, x1: 0. */
export function theorem2(options: { C?: number; x1?: number } = {}): Problem {
  const { C, x1 } = withDefaults('theorem2', options, { C: 20, x1: 0 });
  checkPeriod('theorem2: C', C);
  const condition = (b1: number, b2: number) => {
    // The paper writes gamma for this ratio.
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
  return { ...periodic('theorem 2', oneBig(C, C, -1), box(-1, 1), [x1]), condition };
}

/** The problem of theorem 3, with random losses of mean slope delta.
 *  The condition is our own, for b1 = 0: by Jensen's inequality the mean step goes up, away from the best point, if
 *  p / sqrt(1-b2) < (1-p) / sqrt(b2 E[v] + 1 - b2) with E[v] = p C^2 + 1 - p.
 *  Default C: 100, delta: 1, seed: 1, x1: 0. Throws ValueError unless -1 <= delta <= C. */
export function theorem3(options: { C?: number; delta?: number; seed?: number; x1?: number } = {}): Problem {
  const { C, delta, seed, x1 } = withDefaults('theorem3', options, { C: 100, delta: 1, seed: 1, x1: 0 });
  const p = (1 + delta) / (C + 1);
  const condition = (b1: number, b2: number) =>
    b1 === 0 && delta > 0 && p / Math.sqrt(1 - b2) < (1 - p) / Math.sqrt(b2 * (p * C * C + 1 - p) + 1 - b2);
  return { ...random('theorem 3', C, -1, p, seed, x1), condition };
}

/** Reddi's synthetic problem, online: one large slope in each period. Default big: 1010, small: -10,
 *  period: 101, x1: 0. */
export function rare(options: { big?: number; small?: number; period?: number; x1?: number } = {}): Problem {
  const { big, small, period, x1 } = withDefaults('rare', options, { big: 1010, small: -10, period: 101, x1: 0 });
  checkPeriod('rare: period', period);
  return periodic('rare, online', oneBig(period, big, small), box(-1, 1), [x1]);
}

/** Reddi's synthetic problem, stochastic: the large slope has probability p. Default big: 1010, small: -10,
 *  p: 0.01, seed: 1, x1: 0. */
export function rareDrawn(
  options: { big?: number; small?: number; p?: number; seed?: number; x1?: number } = {},
): Problem {
  const defaults = { big: 1010, small: -10, p: 0.01, seed: 1, x1: 0 };
  const { big, small, p, seed, x1 } = withDefaults('rareDrawn', options, defaults);
  return random('rare, stochastic', big, small, p, seed, x1);
}

/** An online problem with bounds on the rate. */
export interface BoundedProblem extends Problem {
  /** The bounds on the rate. */
  bounds: Bounds;
}

/** Savarese's counterexample to theorem 4 as published: cycle({ C, x1: 1 }) with learning rate alpha and b1 = 0. Its
 *  bounds meet every condition of the theorem: lo = alpha/C at every step, hi = alpha/sqrt(1-b2) up to step K and
 *  alpha/C after it. Up to step K no rate is clipped, so AdaBound is Adam.
 *  Default C: 3, K: 10,000, alpha: 0.5624, beta2: 0.1. */
export function violation(options: { C?: number; K?: number; alpha?: number; beta2?: number } = {}): BoundedProblem {
  const { C, K, alpha, beta2 } = withDefaults('violation', options, { C: 3, K: 10_000, alpha: 0.5624, beta2: 0.1 });
  const bounds: Bounds = (t) => [alpha / C, t <= K ? alpha / Math.sqrt(1 - beta2) : alpha / C];
  return { ...cycle({ C, x1: 1 }), bounds };
}

/** The loss L x^2 / 2 on the whole line, with curvature L: it shows how the result of bounded rates depends on the scale of a loss.
 *  Default curvature: 1000, x1: 1. */
export function quadratic(options: { curvature?: number; x1?: number } = {}): Problem {
  const { curvature, x1 } = withDefaults('quadratic', options, { curvature: 1000, x1: 1 });
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

/** The slopes of two experts: the first costs C once in three steps, else -1; the second always costs h. */
const expertCosts = (C: number, h: number) => Array.from({ length: 3 }, (_, r) => [r === 1 ? C : -1, h]);

/** One unit is divided between two experts. The first costs C once in three steps and pays 1 otherwise; the second
 *  always costs h. Default C: 4, h: 0.5. */
export function experts(options: { C?: number; h?: number } = {}): Problem {
  const { C, h } = withDefaults('experts', options, { C: 4, h: 0.5 });
  return periodic('experts', expertCosts(C, h), simplex(), [0.5, 0.5]);
}

/** The losses of `experts` on the unit disk, starting at its centre. Default C: 4, h: 0.5. */
export function disk(options: { C?: number; h?: number } = {}): Problem {
  const { C, h } = withDefaults('disk', options, { C: 4, h: 0.5 });
  return periodic('disk', expertCosts(C, h), ball(1), [0, 0]);
}

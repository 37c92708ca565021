// Upper bounds on the regret R_T of the paper's form, whose rates are n_t = clip(a/sqrt(v_t), lo(t), hi(t)) / sqrt(t).
//
//   theorem 4     R_T <= D^2 sqrt(T) / (2(1-b1)) sum_i 1/n^_{T,i} + D^2 / (2(1-b1)) W + (2 sqrt(T) - 1) R G^2 / (1-b1)
//   corrected     R_T <= D^2 / (2(1-b1)) [2 d M (sqrt(T) - 1) + sum_i 1/n_{1,i} + W] + (2 sqrt(T) - 1) R G^2 / (1-b1)
//   corollary     R_T <= 5 sqrt(T) / (1-b1) (1 + 1/gamma) (d D^2 + G^2)      b1t = b1/t, a* = 1, `converging` bounds
//
//   n^ = n sqrt(t), W = sum_t sum_i b1t / n_{t,i}, R = hi(1), d elements, D = max |x_i - y_i| on F, G = max |gradient|
//   M >= t/lo(t) - (t-1)/hi(t-1) for all t; for AdaBound's bounds M = (1 + 2/gamma) / a* satisfies this
//
// Theorem 4 is false as published. Its proof needs 1/n_t >= 1/n_{t-1} at every step. Bounds guarantee this only if
// lo(t-1)/hi(t) >= sqrt(1 - 1/t). AdaBound's bounds satisfy this only for gamma >= 4: for large t the left side is about
// 1 - 2/(gamma t), the right side 1 - 1/(2t). (This is our own result. Savarese writes that no gamma > 0 satisfies it.)
// If b1 is constant, W grows as T^1.5, but the regret grows at most as T. Then neither bound is useful.
// tests/theory/theorem4.test.ts shows each of these facts.
// Sources: Luo et al. 2019, theorem 4; Savarese 2019, arXiv 1908.04457, theorem 1, proposition 1, corollary 2.
import { checkCount, checkInteger, checkOptions, must } from '../core/index.js';
import type { Bounds } from '../optim/index.js';
import { boundsAt, checkAllNumbers } from './arguments.js';

/** The numbers of a problem and a rule that the bounds use. */
export interface Setting {
  /** The largest |x_i - y_i| of two points of the feasible set. */
  D: number;
  /** The largest Euclidean norm of a gradient on the feasible set. */
  G: number;
  /** b1 at the first step. */
  b1: number;
  /** The number of elements of x. */
  d: number;
}

/** Throws ValueError unless a setting has its four numbers and nothing else. */
function checkSetting(what: string, setting: Setting): void {
  checkAllNumbers(`${what}: the setting`, setting, ['D', 'G', 'b1', 'd']);
  checkOptions(`${what}: the setting`, setting, ['D', 'G', 'b1', 'd']);
  const { D, G, b1, d } = setting;
  must(D >= 0, `${what}: the setting: D`, 'at least 0', D);
  must(G >= 0, `${what}: the setting: G`, 'at least 0', G);
  must(b1 >= 0 && b1 < 1, `${what}: the setting: b1`, 'in [0, 1)', b1);
  checkCount(`${what}: the setting: d`, d);
}

function checkGamma(what: string, gamma: number): void {
  must(gamma > 0 && gamma < Infinity, `${what}: gamma`, 'positive and finite', gamma);
}

/** Returns the bound of theorem 4 as published. inverse: sum_i 1/n^_{T,i}. W: sum_t sum_i b1t / n_{t,i}. */
export function published(setting: Setting, T: number, R: number, inverse: number, W: number): number {
  checkSetting('published', setting);
  checkAllNumbers('published', { T, R, inverse, W }, ['T', 'R', 'inverse', 'W']);
  must(T >= 1, 'published: T', 'at least 1', T);
  const { D, G, b1 } = setting;
  return (D * D * (Math.sqrt(T) * inverse + W)) / (2 * (1 - b1)) + gradientTerm(G, b1, T, R);
}

/** Returns the bound of theorem 4 as corrected by Savarese, theorem 1. M: the largest `gap` of steps 1..T. first:
 *  sum_i 1/n_{1,i}. */
export function corrected(setting: Setting, T: number, R: number, M: number, first: number, W: number): number {
  checkSetting('corrected', setting);
  checkAllNumbers('corrected', { T, R, M, first, W }, ['T', 'R', 'M', 'first', 'W']);
  must(T >= 1, 'corrected: T', 'at least 1', T);
  const { D, G, b1, d } = setting;
  return (D * D * (2 * d * M * (Math.sqrt(T) - 1) + first + W)) / (2 * (1 - b1)) + gradientTerm(G, b1, T, R);
}

/** The term that both bounds share: (2 sqrt(T) - 1) R G^2 / (1-b1). */
function gradientTerm(G: number, b1: number, T: number, R: number): number {
  return ((2 * Math.sqrt(T) - 1) * R * G * G) / (1 - b1);
}

/** Returns Savarese's bound for AdaBound with a* = 1 and b1t = b1/t, corollary 2. */
export function corollary(setting: Setting, T: number, gamma: number): number {
  checkSetting('corollary', setting);
  checkAllNumbers('corollary', { T, gamma }, ['T', 'gamma']);
  must(T >= 1, 'corollary: T', 'at least 1', T);
  checkGamma('corollary', gamma);
  const { D, G, b1, d } = setting;
  return ((5 * Math.sqrt(T)) / (1 - b1)) * (1 + 1 / gamma) * (d * D * D + G * G);
}

/** Returns the number of steps T at which the corollary becomes smaller than sqrt(d) D G T, the trivial bound on the
 *  regret of any points of F. */
export function vacuousUntil(setting: Setting, gamma: number): number {
  checkSetting('vacuousUntil', setting);
  checkAllNumbers('vacuousUntil', { gamma }, ['gamma']);
  checkGamma('vacuousUntil', gamma);
  return (corollary(setting, 1, gamma) / (Math.sqrt(setting.d) * setting.D * setting.G)) ** 2;
}

/** Returns t/lo(t) - (t-1)/hi(t-1). M is its maximum over t. */
export function gap(bounds: Bounds, t: number): number {
  checkCount('gap: t', t);
  return t / boundsAt('gap', bounds, t)[0] - (t === 1 ? 0 : (t - 1) / boundsAt('gap', bounds, t - 1)[1]);
}

/** Returns whether 1/n cannot decrease at step t > 1, for any gradients: lo(t-1)/hi(t) >= sqrt(1 - 1/t). */
export function neverFalls(bounds: Bounds, t: number): boolean {
  checkInteger('neverFalls: t', t, 2);
  return boundsAt('neverFalls', bounds, t - 1)[0] / boundsAt('neverFalls', bounds, t)[1] >= Math.sqrt(1 - 1 / t);
}

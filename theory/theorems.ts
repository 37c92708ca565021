// What is proved about the regret of the paper's form, n_t = clip(a/sqrt(v_t), lo(t), hi(t)) / sqrt(t), as numbers.
//
//   theorem 4     R_T <= D^2 sqrt(T) / (2(1-b1)) sum_i 1/n^_{T,i} + D^2 / (2(1-b1)) W + (2 sqrt(T) - 1) R G^2 / (1-b1)
//   corrected     R_T <= D^2 / (2(1-b1)) [2 d M (sqrt(T) - 1) + sum_i 1/n_{1,i} + W] + (2 sqrt(T) - 1) R G^2 / (1-b1)
//   corollary     R_T <= 5 sqrt(T) / (1-b1) (1 + 1/gamma) (d D^2 + G^2)      for b1t = b1/t, a* = 1, `converging` bounds
//
//   n^ = n sqrt(t), W = sum_t sum_i b1t / n_{t,i}, R = hi(1), d elements, D = max |x_i - y_i| on F, G = max |gradient|
//   M >= t/lo(t) - (t-1)/hi(t-1) for all t; for the bounds of AdaBound that is (1 + 2/gamma) / a* at most
//
// Theorem 4 is false as published: its proof needs 1/n_t >= 1/n_{t-1}, that is lo(t-1)/hi(t) >= sqrt(1 - 1/t), which the
// bounds of AdaBound meet for gamma >= 4 only (ours: the critique says for none; 1 - 2/(gamma t) against 1 - 1/(2t)).
// With a constant b1 W grows as T^1.5, and no bound here is worth anything. tests/theorem4.test.ts shows each of these.
// Sources: Luo et al. 2019, theorem 4; Savarese 2019, arXiv 1908.04457, theorem 1, proposition 1, corollary 2.
import type { Bounds } from '../optim/bounds.js';

/** D, G and b1 of a problem and a rule; d is the number of elements. */
export interface Setting {
  D: number;
  G: number;
  b1: number;
  d: number;
}

/** Theorem 4 as published. inverse: sum_i 1/n^_{T,i}; W as above. */
export function published({ D, G, b1 }: Setting, T: number, R: number, inverse: number, W: number): number {
  return (D * D * (Math.sqrt(T) * inverse + W)) / (2 * (1 - b1)) + noise(G, b1, T, R);
}

/** Theorem 4 as corrected by Savarese. first: sum_i 1/n_{1,i}. */
export function corrected({ D, G, b1, d }: Setting, T: number, R: number, M: number, first: number, W: number): number {
  return (D * D * (2 * d * M * (Math.sqrt(T) - 1) + first + W)) / (2 * (1 - b1)) + noise(G, b1, T, R);
}

/** The part that both share: (2 sqrt(T) - 1) R G^2 / (1-b1). */
function noise(G: number, b1: number, T: number, R: number): number {
  return ((2 * Math.sqrt(T) - 1) * R * G * G) / (1 - b1);
}

/** Savarese's corollary for AdaBound with a* = 1 and b1t = b1/t. */
export function corollary({ D, G, b1, d }: Setting, T: number, gamma: number): number {
  return ((5 * Math.sqrt(T)) / (1 - b1)) * (1 + 1 / gamma) * (d * D * D + G * G);
}

/** The T from which the corollary says more than R_T <= sqrt(d) D G T, which is true of anything that stays in F. */
export function vacuousUntil(setting: Setting, gamma: number): number {
  return (corollary(setting, 1, gamma) / (Math.sqrt(setting.d) * setting.D * setting.G)) ** 2;
}

/** t/lo(t) - (t-1)/hi(t-1): M is at least this for every t. */
export function gap(bounds: Bounds, t: number): number {
  return t / bounds(t)[0] - (t === 1 ? 0 : (t - 1) / bounds(t - 1)[1]);
}

/** Whether 1/n cannot fall at step t > 1, whatever the gradients: lo(t-1)/hi(t) >= sqrt(1 - 1/t). */
export function neverFalls(bounds: Bounds, t: number): boolean {
  return bounds(t - 1)[0] / bounds(t)[1] >= Math.sqrt(1 - 1 / t);
}

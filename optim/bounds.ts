// Bounds on the rate, as functions of the step: t -> [lo(t), hi(t)], t = 1, 2, .. The paper writes eta_l and eta_u.
//
//   free         [0, infinity]                                        Adam: the rate is not limited
//   fixed        [a*, a*]                                             SGD: every rate is a*
//   converging   [a* (1 - 1/(gamma t + 1)),  a* (1 + 1/(gamma t))]    AdaBound: nearly free at first, a* in the end
//
// `converging` is the authors' code, with a* = finalLr. The paper writes 0.1 for a* and 1-b2 for gamma:
// 0.1 - 0.1/((1-b2) t + 1) and 0.1 + 0.1/((1-b2) t). At the defaults, gamma = 0.001 and b2 = 0.999, these are the code's bounds.
// At the default gamma the ceiling starts at hi(1) = 1,001 a*. From t = 100/gamma on both bounds are within 1 % of a*.
// Source: Luo et al. 2019, section 4 and appendix G; Luolc/AdaBound.
import { checkFiniteNumber, must } from '../core/index.js';

/** The bounds on the rate at step t = 1, 2, .. They must satisfy 0 <= lo <= hi; hi may be infinite. */
export type Bounds = (t: number) => readonly [lo: number, hi: number];

/** The bounds 0 and infinity: no rate is clipped. */
export const free: Bounds = () => [0, Infinity];

/** Returns the bounds lo = hi = rate: every element has the same rate. */
export function fixed(rate: number): Bounds {
  return () => [rate, rate];
}

/** Returns AdaBound's bounds: both converge to `finalLr`, faster for a larger gamma.
 *  Throws ValueError unless finalLr is finite and at least 0, and gamma positive and finite. */
export function converging(finalLr: number, gamma: number): Bounds {
  checkFiniteNumber('finalLr', finalLr, 0);
  must(gamma > 0 && gamma < Infinity, 'gamma', 'positive and finite', gamma);
  // lo(t) = a* (1 - 1/(gamma t + 1)),   hi(t) = a* (1 + 1/(gamma t))
  return (t) => [finalLr * (1 - 1 / (gamma * t + 1)), finalLr * (1 + 1 / (gamma * t))];
}

// Bounds on the rate as functions of the step: t -> [lo(t), hi(t)], t = 1, 2, ..
//
//   free         [0, infinity]                                    Adam
//   fixed        [a*, a*]                                         SGD with rate a*
//   converging   a* (1 - 1/(gamma t + 1)),  a* (1 + 1/(gamma t))  AdaBound
//
// `converging` is the authors' code. The paper's text writes 0.1 - 0.1/((1-b2) t + 1) and 0.1 + 0.1/((1-b2) t): the same
// for gamma = 1-b2, as in the defaults, where the ceiling is 1,001 a* at t = 1. For any gamma both are within 1 % of a* from
// t = 100/gamma on.
// Source: Luo et al. 2019, section 4, appendix G; Luolc/AdaBound.
import { ValueError } from '../core/index.js';

/** The rate's bounds at step t. lo must not exceed hi. */
export type Bounds = (t: number) => readonly [lo: number, hi: number];

/** No bounds: the rate is as the gradients make it. */
export const free: Bounds = () => [0, Infinity];

/** One rate for every element. */
export function fixed(rate: number): Bounds {
  return () => [rate, rate];
}

/** Bounds that close on `finalLr`, faster for a larger gamma.
 *  Throws ValueError unless finalLr >= 0 and gamma is positive and finite. */
export function converging(finalLr: number, gamma: number): Bounds {
  if (!(finalLr >= 0 && finalLr < Infinity)) throw new ValueError(`finalLr must be finite and at least 0: ${finalLr}`);
  if (!(gamma > 0 && gamma < Infinity)) {
    throw new ValueError(`gamma must be positive and finite: ${gamma}; the ceiling is finalLr (1 + 1/(gamma t))`);
  }
  return (t) => [finalLr * (1 - 1 / (gamma * t + 1)), finalLr * (1 + 1 / (gamma * t))];
}

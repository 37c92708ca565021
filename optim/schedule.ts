// Factors on the learning rate as functions of the step t = 1, 2, ..: pass one as { schedule }.
import { ValueError } from '../core/index.js';

export type Schedule = (t: number) => number;

/** The same rate always. */
export const constant = (): Schedule => () => 1;
/** Times `factor` after every `every` steps. */
export const stepwise = (every: number, factor = 0.1): Schedule => {
  positive('stepwise: every', every);
  return (t) => factor ** Math.floor((t - 1) / every);
};
/** Times `factor` after each of the milestones, which are step numbers. */
export const multiStep = (milestones: readonly number[], factor = 0.1): Schedule => {
  return (t) => factor ** milestones.filter((m) => t > m).length;
};
/** From 1 at the first step down to `floor` at step `total`, by half a cosine.  (Loshchilov and Hutter 2017, 1608.03983) */
export const cosine = (total: number, floor = 0): Schedule => {
  positive('cosine: total', total);
  return (t) => floor + ((1 - floor) * (1 + Math.cos(Math.PI * Math.min(1, (t - 1) / Math.max(1, total - 1))))) / 2;
};
/** Linearly up to 1 over `steps` steps, then as the other schedule, whose steps count from there. */
export const warmUp = (steps: number, then: Schedule = constant()): Schedule => {
  positive('warmUp: steps', steps);
  return (t) => (t < steps ? t / steps : then(t - steps + 1));
};
/** Up by half a cosine from 1/25 to 1 over the first `rise` of `total` steps, then down to 1/250,000.
 *  (Smith and Topin 2018, arXiv 1708.07120, with fastai's shape) */
export const oneCycle = (total: number, rise = 0.3): Schedule => {
  positive('oneCycle: total', total);
  if (!(rise > 0 && rise < 1)) throw new ValueError(`oneCycle: rise must lie in (0, 1): ${rise}`);
  const between = (from: number, to: number, at: number) => to + ((from - to) * (1 + Math.cos(Math.PI * at))) / 2;
  return (t) => {
    const at = Math.min(1, (t - 1) / Math.max(1, total - 1));
    return at < rise ? between(1 / 25, 1, at / rise) : between(1, 1 / 250_000, (at - rise) / (1 - rise));
  };
};
/** 1/sqrt(t): what the regret bounds assume. */
export const inverseSqrt = (): Schedule => (t) => 1 / Math.sqrt(t);

function positive(what: string, n: number): void {
  if (!(Number.isInteger(n) && n > 0)) throw new ValueError(`${what} must be a positive integer: ${n}`);
}

// Schedules: factors on the learning rate, as functions of the step. An optimizer takes one as { schedule }.
import { checkCount, checkFiniteNumber, showValue, ValueError } from '../core/index.js';
import { checkFunction, checkNumbers } from './arguments.js';

/** A factor on the learning rate at step t = 1, 2, ... It must be finite and at least 0. */
export type Schedule = (t: number) => number;

/** Returns the schedule that is 1 at every step. */
export const constant = (): Schedule => () => 1;

/** Returns a schedule that multiplies the rate by `factor` after every `every` steps. Default factor: 0.1.
 *  Throws ValueError unless `every` is a positive integer and `factor` finite and at least 0. */
export const stepwise = (every: number, factor = 0.1): Schedule => {
  checkCount('stepwise: every', every);
  checkFiniteNumber('stepwise: factor', factor, 0);
  return (t) => factor ** Math.floor((t - 1) / every);
};

/** Returns a schedule that multiplies the rate by `factor` after each step in `milestones`; a milestone of 0 acts from the first step on.
 *  Default factor: 0.1. Throws ValueError for a milestone or a factor that is negative or not finite, and for a milestone between 0 and 1. */
export const multiStep = (milestones: readonly number[], factor = 0.1): Schedule => {
  const steps = checkNumbers('multiStep: milestones', milestones);
  for (const m of steps) {
    checkFiniteNumber('multiStep: a milestone', m, 0);
    if (m > 0 && m < 1) throw new ValueError(`multiStep: a milestone is a step, not a share: ${m}; give ${m} * steps`);
  }
  checkFiniteNumber('multiStep: factor', factor, 0);
  return (t) => factor ** steps.filter((m) => t > m).length;
};

/** Returns a schedule that falls from 1 at the first step to `floor` at step `total`, by half a cosine, and then stays.
 *  floor: a factor, not a rate. Default: 0. Throws ValueError unless `total` is a positive integer and `floor` lies in [0, 1].
 *  Source: Loshchilov and Hutter 2017, arXiv 1608.03983. */
export const cosine = (total: number, floor = 0): Schedule => {
  checkCount('cosine: total', total);
  checkFiniteNumber('cosine: floor', floor, 0, 1);
  return (t) => floor + ((1 - floor) * (1 + Math.cos(Math.PI * Math.min(1, (t - 1) / Math.max(1, total - 1))))) / 2;
};

/** Returns a schedule that rises linearly to 1 over the first `steps` steps. Then `then` begins: its step 1 is step
 *  `steps`.
 *  Default then: 1. Throws ValueError unless `steps` is a positive integer. */
export const warmUp = (steps: number, then: Schedule = constant()): Schedule => {
  checkCount('warmUp: steps', steps);
  checkFunction('warmUp: then', then, 'it is a schedule, like cosine(1000)');
  // `cosine` itself returns a schedule, not a factor.
  if (typeof then(steps) === 'function')
    throw new ValueError('warmUp: then must be a schedule: call it, as in cosine(1000)');
  return (t) => (t < steps ? t / steps : then(t - steps + 1));
};

/** Returns the one-cycle schedule: by half a cosine from 1/25 to 1 over the first `rise` of `total` steps, then by half
 *  a cosine to 1/250,000. Default rise: 0.3. Throws ValueError unless `total` is a positive integer and 0 < rise < 1.
 *  Source: Smith and Topin 2018, arXiv 1708.07120; the cosines are fastai's. */
export const oneCycle = (total: number, rise = 0.3): Schedule => {
  checkCount('oneCycle: total', total);
  if (!(typeof rise === 'number' && rise > 0 && rise < 1))
    throw new ValueError(`oneCycle: rise must lie in (0, 1): ${showValue(rise)}`);
  const between = (from: number, to: number, at: number) => to + ((from - to) * (1 + Math.cos(Math.PI * at))) / 2;
  return (t) => {
    const at = Math.min(1, (t - 1) / Math.max(1, total - 1));
    return at < rise ? between(1 / 25, 1, at / rise) : between(1, 1 / 250_000, (at - rise) / (1 - rise));
  };
};

/** Returns the schedule 1/sqrt(t) of the paper's algorithms, which the regret bounds assume. */
export const inverseSqrt = (): Schedule => (t) => 1 / Math.sqrt(t);

// What the declarations share: hyper-parameters of the Adam kind, and the two forms of a rule.
//
//   code    bias correction, a constant schedule: what the experiments ran
//   paper   no bias correction, no eps, the step divided by sqrt(t): what the theorems are about
//   box     projects either form onto a box, as the paper does; the authors' code has none
import { ValueError } from '../../core/index.js';
import { type Bounds, converging } from '../bounds.js';
import type { Common } from '../declaration.js';
import type { Beta, Rule } from '../rule.js';
import { inverseSqrt, type Schedule } from '../schedule.js';

/** Hyper-parameters of rules that adapt the rate. */
export interface Adaptive extends Common {
  betas: readonly [Beta, Beta];
  eps: number;
  weightDecay: number;
  form?: 'code' | 'paper';
  /** In place of the rule's own bounds. */
  bounds?: Bounds;
  /** The feasible set [lower, upper], the same for every element. */
  box?: readonly [lower: number, upper: number];
}

/** And of those that close on a rate of SGD. */
export interface Bounded extends Adaptive {
  finalLr: number;
  gamma: number;
}

/** Defaults; undefined where the rule's own is used. */
export const adaptiveDefaults: Adaptive = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  form: 'code',
  bounds: undefined,
  box: undefined,
};

/** The rule that Adam, AdaBound and their kin share.
 *  Throws ValueError for eps < 0, for eps = 0 where the rate could be divided by zero, and for a negative weight decay. */
export function adaptive(h: Adaptive, own: Bounds): Rule {
  const { lr: rate, betas, eps, form = 'code', bounds = own, box } = h;
  const schedule = scheduleOf(form);
  if (!Array.isArray(betas) || betas.length !== 2) throw new ValueError(`betas must be two: ${JSON.stringify(betas)}`);
  if (!(eps >= 0 && eps < Infinity)) throw new ValueError(`eps must be finite and at least 0: ${eps}`);
  const [, ceiling] = bounds(1);
  if (eps === 0 && form === 'code' && ceiling === Infinity)
    throw new ValueError('eps = 0 would divide by zero at a zero gradient: give a small one');
  const paper = form === 'paper';
  return {
    rate,
    beta1: betas[0],
    ingest: 'average',
    beta2: betas[1],
    corrected: paper ? 'none' : 'both',
    eps: paper ? 0 : eps,
    bounds,
    schedule,
    weightDecay: decay(h.weightDecay),
    box,
  };
}

/** The same between bounds that close on finalLr. */
export function closing(h: Bounded): Rule {
  return adaptive(h, converging(h.finalLr, h.gamma));
}

/** The schedule of a form: 1/sqrt(t) in the paper's. Throws ValueError for another name. */
export function scheduleOf(form: string = 'code'): Schedule | undefined {
  if (form !== 'code' && form !== 'paper') throw new ValueError(`unknown form: ${form}; one of code, paper`);
  return form === 'paper' ? inverseSqrt() : undefined;
}

/** A weight decay, checked. */
export function decay(value: number): number {
  if (value >= 0 && value < Infinity) return value;
  throw new ValueError(`weightDecay must be finite and at least 0: ${value}`);
}

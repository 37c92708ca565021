// The rule that Adam, AdaBound and their variants share: averaged momentum, and a rate from the average of squared
// gradients. They differ in the bounds on the rate, and in the few fields that adam.ts and adabound.ts replace.
//
//   m_t = b1 m_{t-1} + (1-b1) g_t          v_t = b2 v_{t-1} + (1-b2) g_t^2
//   r_t = a c_t / (sqrt(v_t) + eps)        c_t = sqrt(1 - b2^t) / (1 - b1^t)     form 'code'
//   r_t = a / sqrt(v_t)                    and the step is divided by sqrt(t)    form 'paper'
import { checkFiniteNumber, must, ValueError } from '../../core/index.js';
import type { Bounds } from '../bounds.js';
import type { Common } from '../declaration.js';
import type { Beta, Rule } from '../rule.js';
import { type Form, scheduleOf } from './form.js';

/** Hyper-parameters of Adam and AMSGrad, and of each optimizer built on them. */
export interface AdamOptions extends Common {
  /** Decay rates of m and v, each in [0, 1) or a function of the step. Default: [0.9, 0.999]. */
  betas: readonly [Beta, Beta];
  /** Added to the square root of the second moment. Form 'paper' does not use it in Adam, AMSGrad, AdamW, AdaBound, AMSBound, AdaBoundW,
   *  Padam and RAdam. Default: 1e-8. */
  eps: number;
  /** Weight decay. It is part of the gradient (coupled), except in LAMB, in Prodigy, in optimizers whose name ends in W, and where
   *  `decayBy` says otherwise. Default: 0; 0.01 for AdamW, 5e-4 for AdaBoundW. */
  weightDecay: number;
  /** The authors' code or the paper's algorithm, see rules/form.ts. Default: 'code'. */
  form?: Form;
  /** Bounds that replace the optimizer's own. Default: none. */
  bounds?: Bounds;
  /** The feasible set [lower, upper] of every element; each step is projected onto it. Default: no limits. */
  box?: readonly [lower: number, upper: number];
}

/** The defaults of Adam: the paper's and PyTorch's. */
export const adamDefaults: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  form: 'code',
  bounds: undefined,
  box: undefined,
};

/** Returns the decay rates of m and v. Throws ValueError unless they are two. */
export function pairOf(betas: AdamOptions['betas']): AdamOptions['betas'] {
  must(Array.isArray(betas) && betas.length === 2, 'betas', 'two', betas);
  return betas;
}

/** Returns the adaptive rule. ownBounds: the optimizer's bounds, unless the hyper-parameters replace them.
 *  Throws ValueError for betas that are not two, for eps < 0, and for eps = 0 if a zero gradient would make the rate
 *  infinite. */
export function adaptive(h: AdamOptions, ownBounds: Bounds): Rule {
  const { lr, betas, eps, form, weightDecay, bounds = ownBounds, box } = h;
  const [beta1, beta2] = pairOf(betas);
  checkFiniteNumber('eps', eps, 0);
  const isPaper = form === 'paper';
  if (eps === 0 && !isPaper && bounds(1)[1] === Infinity)
    throw new ValueError('eps = 0 would divide by zero at a zero gradient');
  return {
    rate: lr,
    beta1,
    ingest: 'average',
    beta2,
    corrected: isPaper ? 'none' : 'both',
    eps: isPaper ? 0 : eps,
    bounds,
    schedule: scheduleOf(form),
    weightDecay,
    box,
  };
}

// AdaGrad: the rate of each element falls with the sum of its squared gradients.
//
//   v_t = v_{t-1} + g_t^2
//   x_t = x_{t-1} - lr / (1 + (t-1) lrDecay) g_t / (sqrt(v_t) + eps)
//
// Source: Duchi, Hazan and Singer 2011, as in PyTorch's Adagrad.
import { checkFiniteNumber, ValueError } from '../../core/index.js';
import { type Bounds, free } from '../bounds.js';
import type { Common } from '../declaration.js';
import { optimizer } from '../optimizer.js';
import type { Rule } from '../rule.js';

/** Hyper-parameters that AdaGrad and RMSProp share. AdaDelta and RMSPropGraves take them without the bounds. */
export interface GradientOptions extends Common {
  /** Added to the square root of the second moment, positive. Default: 1e-10 for AdaGrad, 1e-8 for RMSProp. */
  eps: number;
  /** Coupled weight decay: weightDecay x is added to the gradient. Default: 0. */
  weightDecay: number;
  /** Bounds on the rate. Default: none, the rate is not limited. */
  bounds?: Bounds;
}

/** Hyper-parameters of AdaGrad. */
export interface AdaGradOptions extends GradientOptions {
  /** The learning rate at step t is lr / (1 + (t-1) lrDecay). Default: 0. */
  lrDecay: number;
  /** v_0: the sum of squared gradients before the first step. Default: 0. */
  initialAccumulatorValue: number;
}

/** Returns the rule of AdaGrad and RMSProp: an adaptive rate, and steps along the gradient, without momentum or bias
 *  correction. AdaDelta and RMSPropGraves use its scalars. Throws ValueError unless eps is positive and finite. */
export function alongGradient({ lr, eps, weightDecay, bounds = free }: GradientOptions, beta2: Rule['beta2']): Rule {
  if (!(eps > 0 && eps < Infinity))
    throw new ValueError(`eps must be positive and finite: ${eps}; it keeps the rate finite`);
  return { rate: lr, beta1: 0, ingest: 1, beta2, corrected: 'none', eps, bounds, weightDecay };
}

/** AdaGrad, as PyTorch's. Default lr: 0.01. */
export const AdaGrad = /* @__PURE__ */ optimizer<AdaGradOptions>({
  title: 'AdaGrad',
  about: 'rates that only fall, by the sum of squared gradients',
  defaults: { lr: 0.01, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, weightDecay: 0, bounds: undefined },
  rule(h) {
    for (const name of ['lrDecay', 'initialAccumulatorValue'] as const) checkFiniteNumber(name, h[name], 0);
    const schedule = (t: number) => 1 / (1 + (t - 1) * h.lrDecay);
    return { ...alongGradient(h, 'sum'), initial: { v: h.initialAccumulatorValue }, schedule };
  },
});

// AdaGrad and RMSProp.
//
//   AdaGrad   v_t = v_{t-1} + g_t^2                 x_t = x_{t-1} - lr/(1 + (t-1) lrDecay) g_t / (sqrt(v_t) + eps)
//   RMSProp   v_t = alpha v_{t-1} + (1-alpha) g_t^2  x_t = x_{t-1} - lr g_t / (sqrt(v_t) + eps)
//
// RMSProp centered or with momentum does not fit the bounded step: its momentum gathers steps already scaled, not
// gradients, and centering subtracts the squared mean from v. It has a loop of its own:
//
//   c_t = alpha c_{t-1} + (1-alpha) g_t             z_t = v_t - c_t^2, or v_t
//   b_t = momentum b_{t-1} + g_t / (sqrt(z_t) + eps)    x_t = x_{t-1} - lr b_t
//
// Sources: Duchi, Hazan and Singer 2011; Tieleman and Hinton 2012, lecture 6.5; Graves 2013, arXiv 1308.0850, as torch has
// them.
import { type Kernel, ValueError } from '../../core/index.js';
import { type Bounds, free } from '../bounds.js';
import type { Common } from '../declaration.js';
import { optimizer } from '../optimizer.js';
import type { Beta, Rule } from '../rule.js';
import { isRefused, numbers, type Scalars } from '../step.js';
import { decay } from './shared.js';

interface Plain extends Common {
  eps: number;
  weightDecay: number;
  /** In place of no bounds. */
  bounds?: Bounds;
}

/** A rule that steps along the gradient itself. Throws ValueError for eps <= 0. */
function plain({ lr: rate, eps, weightDecay, bounds = free }: Plain, beta2: Rule['beta2']): Rule {
  if (!(eps > 0 && eps < Infinity))
    throw new ValueError(`eps must be positive and finite: ${eps}; it keeps the rate finite`);
  return { rate, beta1: 0, ingest: 1, beta2, corrected: 'none', eps, bounds, weightDecay: decay(weightDecay) };
}

/** AdaGrad, as torch's. */
export const AdaGrad = optimizer<Plain & { lrDecay: number; initialAccumulatorValue: number }>({
  title: 'AdaGrad',
  about: 'rates that only fall, by the sum of squared gradients',
  defaults: { lr: 0.01, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, weightDecay: 0, bounds: undefined },
  rule(h) {
    for (const name of ['lrDecay', 'initialAccumulatorValue'] as const) {
      if (!(h[name] >= 0 && h[name] < Infinity))
        throw new ValueError(`${name} must be finite and at least 0: ${h[name]}`);
    }
    const schedule = (t: number) => 1 / (1 + (t - 1) * h.lrDecay);
    return { ...plain(h, 'sum'), initial: h.initialAccumulatorValue, schedule };
  },
});

interface RMSPropOptions extends Plain {
  alpha: Beta;
}

/** RMSProp, as torch's without momentum. */
export const RMSProp = optimizer<RMSPropOptions>({
  title: 'RMSProp',
  about: 'rates from a moving average of squared gradients',
  defaults: { lr: 0.01, alpha: 0.99, eps: 1e-8, weightDecay: 0, bounds: undefined },
  rule: (h) => plain(h, h.alpha),
});

interface GravesOptions extends Omit<RMSPropOptions, 'bounds'> {
  momentum: number;
  centered: boolean;
}

const gravesStep: Kernel<Scalars & GravesOptions> = {
  name: 'gravesStep',
  loop([xs, ...state], [gs, counts], { wd, b2, k2, a, e, s, momentum, centered }) {
    if (counts && isRefused(counts)) return;
    const [x, v, c, b] = [xs, ...state].map(numbers);
    const g = numbers(gs);
    for (let i = 0; i < x.length; i++) {
      const gi = g[i] + wd * x[i];
      v[i] = b2 * v[i] + k2 * gi * gi;
      c[i] = b2 * c[i] + k2 * gi;
      const z = centered ? variance(v[i], c[i]) : v[i];
      b[i] = momentum * b[i] + gi / (Math.sqrt(z) + e);
      x[i] -= s * a * b[i];
    }
  },
};

/** Rounding can take the difference below 0. */
function variance(square: number, mean: number): number {
  return Math.max(0, square - mean * mean);
}

/** RMSProp with momentum on the scaled step and, if centered, an estimate of the variance in place of v. */
export const RMSPropGraves = optimizer<GravesOptions>({
  title: 'RMSPropGraves',
  about: 'RMSProp with momentum after the scaling, and centered',
  defaults: { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: 0.9, centered: true, weightDecay: 0 },
  rule(h) {
    if (!(h.momentum >= 0 && h.momentum < 1)) throw new ValueError(`momentum must lie in [0, 1): ${h.momentum}`);
    return plain(h, h.alpha);
  },
  own: {
    state: ['v', 'c', 'b'],
    kernel: gravesStep,
    second: ({ centered }, { v, c }) => (centered ? v.map((vi, i) => variance(vi, c[i])) : v),
  },
});

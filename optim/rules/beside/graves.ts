// RMSPropGraves: RMSProp with momentum on the scaled steps and, if centered, an estimate of the variance in place of v.
//
//   v_t = alpha v_{t-1} + (1-alpha) g_t^2
//   c_t = alpha c_{t-1} + (1-alpha) g_t
//   z_t = v_t - c_t^2   or   v_t                              the first form is the centered one
//   b_t = momentum b_{t-1} + g_t / (sqrt(z_t) + eps)
//   x_t = x_{t-1} - lr b_t
//
// Why not the bounded step: its momentum sums steps that are already scaled.
// Source: Graves 2013, arXiv 1308.0850, as in PyTorch's RMSprop.
import { type Kernel, ValueError } from '../../../core/index.js';
import { ownOptimizer } from '../../own.js';
import { named } from '../../rule.js';
import { isRefused, numbers, type Scalars } from '../../step.js';
import { alongGradient } from '../adagrad.js';
import type { RMSPropOptions } from '../rmsprop.js';

/** Hyper-parameters of RMSPropGraves. There are no bounds, because its step is not the bounded one. */
export interface RMSPropGravesOptions extends Omit<RMSPropOptions, 'bounds'> {
  /** Decay rate of the sum of scaled steps, in [0, 1). Default: 0.9. */
  momentum: number;
  /** Whether to divide by an estimate of the standard deviation. Default: true. */
  centered: boolean;
}

const gravesStep: Kernel<Scalars & RMSPropGravesOptions> = {
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

/** v - c^2, at least 0: rounding can make the difference negative. */
function variance(square: number, mean: number): number {
  return Math.max(0, square - mean * mean);
}

/** RMSProp with momentum on the scaled steps and, if centered, with an estimate of the variance in place of v. */
export const RMSPropGraves = /* @__PURE__ */ ownOptimizer<RMSPropGravesOptions>({
  title: 'RMSPropGraves',
  about: 'RMSProp with momentum after the scaling, and centered',
  defaults: { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: 0.9, centered: true, weightDecay: 0 },
  rule(h) {
    if (!(h.momentum >= 0 && h.momentum < 1)) throw new ValueError(`momentum must lie in [0, 1): ${h.momentum}`);
    return alongGradient(h, named('alpha', h.alpha));
  },
  own: {
    why: 'its momentum sums steps that are already scaled',
    state: ['v', 'c', 'b'],
    kernel: gravesStep,
    second: ({ centered }, { v, c }) => (centered ? v.map((vi, i) => variance(vi, c[i])) : v),
  },
});

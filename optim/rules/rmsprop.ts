// RMSProp: AdaGrad with a moving average of squared gradients in place of their sum.
//
//   v_t = alpha v_{t-1} + (1-alpha) g_t^2
//   x_t = x_{t-1} - lr g_t / (sqrt(v_t) + eps)
//
// Graves's variant does not fit the bounded step. Its momentum sums steps that are already scaled, and its centered
// form divides by an estimate of the standard deviation. It therefore has a loop of its own:
//
//   v_t = alpha v_{t-1} + (1-alpha) g_t^2
//   c_t = alpha c_{t-1} + (1-alpha) g_t
//   z_t = v_t - c_t^2   or   v_t                              the first form is the centered one
//   b_t = momentum b_{t-1} + g_t / (sqrt(z_t) + eps)
//   x_t = x_{t-1} - lr b_t
//
// Sources: Tieleman and Hinton 2012, lecture 6.5; Graves 2013, arXiv 1308.0850; both as in PyTorch's RMSprop.
import { type Kernel, ValueError } from '../../core/index.js';
import { optimizer } from '../optimizer.js';
import { ownOptimizer } from '../own.js';
import { type Beta, named } from '../rule.js';
import { isRefused, numbers, type Scalars } from '../step.js';
import { alongGradient, type GradientOptions } from './adagrad.js';

/** Hyper-parameters of RMSProp. */
export interface RMSPropOptions extends GradientOptions {
  /** Decay rate of the average of squared gradients, in [0, 1) or a function of the step. Default: 0.99. */
  alpha: Beta;
}

/** Hyper-parameters of RMSPropGraves. It takes no bounds, for its step is not the bounded one. */
export interface RMSPropGravesOptions extends Omit<RMSPropOptions, 'bounds'> {
  /** Decay rate of the sum of scaled steps, in [0, 1). Default: 0.9. */
  momentum: number;
  /** Whether to divide by an estimate of the standard deviation. Default: true. */
  centered: boolean;
}

/** RMSProp, as PyTorch's without momentum. Default lr: 0.01. */
export const RMSProp = /* @__PURE__ */ optimizer<RMSPropOptions>({
  title: 'RMSProp',
  about: 'rates from a moving average of squared gradients',
  defaults: { lr: 0.01, alpha: 0.99, eps: 1e-8, weightDecay: 0, bounds: undefined },
  rule: (h) => alongGradient(h, named('alpha', h.alpha)),
});

const gravesStep: Kernel<Scalars & RMSPropGravesOptions> = {
  name: 'gravesStep',
  loop([xs, ...state], [gs, counts], { wd, b2, k2, a, e, s, momentum, centered }) {
    if (counts && isRefused(counts)) return;
    const [g, x, v, c, b] = [gs, xs, ...state].map(numbers);
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
const variance = (square: number, mean: number) => Math.max(0, square - mean * mean);

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

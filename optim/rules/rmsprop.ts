// RMSProp: AdaGrad with a moving average of squared gradients in place of their sum.
//
//   v_t = alpha v_{t-1} + (1-alpha) g_t^2
//   x_t = x_{t-1} - lr g_t / (sqrt(v_t) + eps)
//
// Source: Tieleman and Hinton 2012, lecture 6.5, as in PyTorch's RMSprop. beside/graves.ts has its other variants.
import { optimizer } from '../optimizer.js';
import { type Beta, named } from '../rule.js';
import { alongGradient, type GradientOptions } from './adagrad.js';

/** Hyper-parameters of RMSProp. */
export interface RMSPropOptions extends GradientOptions {
  /** Decay rate of the average of squared gradients, in [0, 1) or a function of the step. Default: 0.99. */
  alpha: Beta;
}

/** RMSProp, as PyTorch's without momentum. Default lr: 0.01. */
export const RMSProp = /* @__PURE__ */ optimizer<RMSPropOptions>({
  title: 'RMSProp',
  about: 'rates from a moving average of squared gradients',
  defaults: { lr: 0.01, alpha: 0.99, eps: 1e-8, weightDecay: 0, bounds: undefined },
  rule: (h) => alongGradient(h, named('alpha', h.alpha)),
});

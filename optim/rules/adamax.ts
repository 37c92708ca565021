// AdaMax: Adam with a decaying maximum of past gradients in place of the root of their mean square.
//
//   v_t = max(b2 v_{t-1}, |g_t| + eps)
//   x_t = x_{t-1} - a / (1 - b1^t) m_t / v_t
//
// It is Adam with the p-norm of past gradients for p -> infinity; v_t needs no bias correction. v_t is not a square,
// so the bounded step divides by sqrt(v_t)^2: its `power` is 2.
// Source: Kingma and Ba 2015, arXiv 1412.6980, algorithm 2; eps as in PyTorch's Adamax.
import { free } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import type { Rule } from '../rule.js';
import type { SecondMoment } from '../step.js';
import { type AdamOptions, adaptive } from './adaptive.js';
import { extend, formless } from './decay.js';

/** AdaMax, as PyTorch's. Default lr: 0.002. */
export const AdaMax = /* @__PURE__ */ optimizer<Omit<AdamOptions, 'form'>>({
  title: 'AdaMax',
  about: 'Adam with a decaying maximum as second moment',
  defaults: extend<Omit<AdamOptions, 'form'>>(formless, { lr: 2e-3 }),
  rule(h) {
    const second: SecondMoment = {
      formula: 'max(b2 v, |g| + eps)',
      added: h.eps,
      next: (v, g, _, { b2 }) => Math.max(b2 * v, Math.abs(g) + h.eps),
    };
    const adjust: Rule['adjust'] = ({ a }, { product2 }) => ({ second, power: 2, a: a / Math.sqrt(1 - product2) });
    return { ...adaptive(h, free), eps: 0, adjust };
  },
});

// Adam, AMSGrad and AdamW: the bounded step with open bounds, [0, infinity].
//
//   x_t = x_{t-1} - a m^_t / (sqrt(v^_t) + eps),   m^_t = m_t / (1 - b1^t),   v^_t = v_t / (1 - b2^t)
//       = x_{t-1} - [a sqrt(1-b2^t) / (1-b1^t) / (sqrt(v_t) + eps sqrt(1-b2^t))] m_t
//
// The second line multiplies numerator and denominator by sqrt(1-b2^t). Its bracket is the rate r_t of step.ts.
// Sources: Kingma and Ba 2015, arXiv 1412.6980, algorithm 1; Reddi, Kale and Kumar 2018, openreview ryQu7f-RZ,
// algorithm 2, with PyTorch's bias correction; Loshchilov and Hutter 2019, arXiv 1711.05101 (decoupled weight decay).
import { free } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import type { Rule } from '../rule.js';
import { type AdamOptions, adamDefaults, adaptive } from './adaptive.js';

/** Hyper-parameters of AdamW. */
export interface AdamWOptions extends AdamOptions {
  /** Whether to keep the largest second moment, as AMSGrad does. Default: false. */
  amsgrad: boolean;
}

const adam = (h: AdamOptions): Rule => ({ ...adaptive(h, free), epsCorrected: true });

/** Adam, as PyTorch's: eps is added after bias correction, and weight decay is part of the gradient. */
export const Adam = /* @__PURE__ */ optimizer<AdamOptions>({
  title: 'Adam',
  about: 'one rate for each weight, from the size of its past gradients',
  defaults: adamDefaults,
  rule: adam,
});

/** Adam with long memory, as PyTorch's amsgrad: the rate uses the largest v so far, before bias correction. */
export const AMSGrad = /* @__PURE__ */ optimizer<AdamOptions>({
  title: 'AMSGrad',
  about: 'Adam whose second moment never falls',
  defaults: adamDefaults,
  rule: (h) => ({ ...adam(h), longMemory: true }),
});

/** Adam with decoupled weight decay, as PyTorch's: each step also subtracts lr weightDecay x. Default weightDecay:
 *  0.01. */
export const AdamW = /* @__PURE__ */ optimizer<AdamWOptions>({
  title: 'AdamW',
  about: 'Adam with weight decay outside the gradient',
  defaults: /* @__PURE__ */ Object.assign({}, adamDefaults, { weightDecay: 0.01, amsgrad: false }),
  rule: (h) => ({
    ...adam(h),
    longMemory: h.amsgrad,
    weightDecay: 0,
    decoupled: { decay: h.weightDecay, by: 'scaled' },
  }),
});

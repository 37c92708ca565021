// AdaBelief: Adam whose second moment measures how far the gradient is from its average m, the belief about it.
//
//   v_t = b2 v_{t-1} + (1-b2) (g_t - m_t)^2 + eps
//   x_t = x_{t-1} - a m^_t / (sqrt(v^_t) + eps)
//
// An element whose gradient stays the same takes long steps; one whose gradient keeps changing takes short ones. eps enters
// twice: it is added to the stored v in each step, and to the root. The paper and the authors' code agree on both.
// With `rectify`, the default of the authors' code since version 0.1, it starts as RAdam does, and eps is added before bias
// correction.
// Source: Zhuang et al. 2020, arXiv 2010.07468, algorithm 2; juntang-zhuang/Adabelief-Optimizer.
import { free } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import type { Rule } from '../rule.js';
import type { SecondMoment } from '../step.js';
import { adaptive } from './adaptive.js';
import { type DecayOptions, decayed, extend, formless } from './decay.js';
import { rectified } from './radam.js';

/** Hyper-parameters of AdaBelief. */
export interface AdaBeliefOptions extends Omit<DecayOptions, 'form'> {
  /** Whether to keep the largest second moment, as AMSGrad does. Default: false. */
  amsgrad: boolean;
  /** Whether the first steps are CSGD's, as in RAdam. Default: false. */
  rectify: boolean;
}

/** AdaBelief, as in the paper. Default eps: 1e-16. */
export const AdaBelief = /* @__PURE__ */ optimizer<AdaBeliefOptions>({
  title: 'AdaBelief',
  about: 'Adam whose rates depend on how far gradients are from their average',
  defaults: extend<AdaBeliefOptions>(formless, { eps: 1e-16, decayBy: 'coupled', amsgrad: false, rectify: false }),
  rule(h) {
    const second: SecondMoment = {
      formula: 'b2 v + k2 (g - m)² + eps',
      added: h.eps,
      next: (v, g, m, { b2, k2 }) => b2 * v + k2 * (g - m) * (g - m) + h.eps,
    };
    const adjust: Rule['adjust'] = (c, progress) => ({ second, ...(h.rectify && rectified(false)!(c, progress)) });
    return { ...adaptive(h, free), ...decayed(h), longMemory: h.amsgrad, epsCorrected: !h.rectify, adjust };
  },
});

// AdaMod: Adam with a ceiling for each element: a rate is at most the average of its own past.
//
//   r_t = a c_t / (sqrt(v_t) + eps)          as AdaBound's before the clip; c_t = sqrt(1 - b2^t) / (1 - b1^t)
//   h_t = b3 h_{t-1} + (1-b3) r_t
//   x_t = x_{t-1} - min(r_t, h_t) m_t
//
// h_0 = 0, so rates warm up over 1 / (1-b3) steps. With b3 = 0 it is AdaBound without bounds.
// `bounds` clip that minimum, so lo = hi is SGD. With a schedule, h averages the scaled rates s r, as in the authors' code.
// Form 'paper' has r_t = a / (sqrt(v_t / (1 - b2^t)) + eps) and x_t = x_{t-1} - min(r_t, h_t) m_t / (1 - b1^t).
// Source: Ding, Ren, Luo and Sun 2019, arXiv 1910.12249, algorithm 1; lancopku/AdaMod.
import { must } from '../../core/index.js';
import { free } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import { type Beta, betaAt, type Rule } from '../rule.js';
import { adamDefaults, adaptive } from './adaptive.js';
import { type DecayOptions, decayed, extend } from './decay.js';
import { scheduleOf } from './form.js';

/** Hyper-parameters of AdaMod. */
export interface AdaModOptions extends Omit<DecayOptions, 'betas'> {
  /** Decay rates of m, v and h, each in [0, 1) or a function of the step. Default: [0.9, 0.999, 0.999]. */
  betas: readonly [Beta, Beta, Beta];
}

/** AdaMod, as in the authors' code: eps is added before bias correction. */
export const AdaMod = /* @__PURE__ */ optimizer<AdaModOptions>({
  title: 'AdaMod',
  about: 'Adam with each rate limited by its own average',
  defaults: extend<AdaModOptions>(adamDefaults, { betas: [0.9, 0.999, 0.999], decayBy: 'coupled' }),
  rule(h) {
    must(h.betas?.length === 3, 'betas', 'three', h.betas);
    const [beta1, beta2, beta3] = h.betas;
    const isPaper = scheduleOf(h.form) !== undefined;
    const adjust: Rule['adjust'] = ({ a }, { t, product1: M }) => {
      // The paper's r_t has no factor 1 / (1 - b1^t); the direction has it.
      return { b3: betaAt('beta3', beta3, t), ...(isPaper && { a: a * (1 - M), p: 1 / (1 - M) }) };
    };
    const rule = adaptive({ ...h, betas: [beta1, beta2], form: 'code' }, free);
    return { ...rule, ...decayed(h), ownCeiling: true, epsCorrected: isPaper, adjust };
  },
});

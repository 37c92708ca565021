// NAdam: Adam with Nesterov momentum, whose strength mu(t) rises towards b1.
//
//   mu_t = b1 (1 - 0.96^(t momentumDecay) / 2),   M_t = mu_1 mu_2 .. mu_t
//   x_t = x_{t-1} - a [mu_{t+1} m_t / (1 - M'_t) + (1 - mu_t) g_t / (1 - M_t)] / (sqrt(v^_t) + eps)
//   M'_t = M_t mu_t mu_{t+1}        form 'code': PyTorch 1.13 multiplies by mu_t twice
//          M_t mu_{t+1} = M_{t+1}   form 'paper': Dozat's product
//
// With 1/(1 - M_t) taken out of the bracket, the step has Adam's rate, with M_t in place of b1^t, along d_t = p m_t + q g_t with
// p = mu_{t+1} (1 - M_t) / (1 - M'_t) and q = 1 - mu_t. So the rule's beta1 is mu, and the product of mu is M_t. But m_t
// averages with b1 in both forms, so `adjust` replaces the decay rate of m_t by b1.
// Sources: Dozat 2016, Incorporating Nesterov momentum into Adam; PyTorch's NAdam.
import { checkFiniteNumber } from '../../core/index.js';
import { free } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import { betaAt, type Rule } from '../rule.js';
import { type AdamOptions, adamDefaults, adaptive } from './adaptive.js';
import { scheduleOf } from './form.js';

/** Hyper-parameters of NAdam. */
export interface NAdamOptions extends AdamOptions {
  /** How fast mu rises from b1/2 to b1. Default: 0.004. */
  momentumDecay: number;
}

/** NAdam, as PyTorch 1.13's: eps is added after bias correction, and weight decay is part of the gradient. Default lr: 0.002. */
export const NAdam = /* @__PURE__ */ optimizer<NAdamOptions>({
  title: 'NAdam',
  about: 'Adam with Nesterov momentum that grows',
  defaults: /* @__PURE__ */ Object.assign({}, adamDefaults, { lr: 2e-3, momentumDecay: 4e-3 }),
  rule(h) {
    checkFiniteNumber('momentumDecay', h.momentumDecay, 0);
    const isCode = !scheduleOf(h.form);
    const beta1 = (t: number) => betaAt('beta1', h.betas[0], t) * (1 - 0.96 ** (t * h.momentumDecay) / 2);
    const adjust: Rule['adjust'] = (_, { t, product1: M }) => {
      const [b1, mu, next] = [betaAt('beta1', h.betas[0], t), beta1(t), beta1(t + 1)];
      const p = (next * (1 - M)) / (1 - M * (isCode ? mu : 1) * next);
      return { b1, k: 1 - b1, p, q: 1 - mu };
    };
    return { ...adaptive({ ...h, form: 'code' }, free), epsCorrected: true, beta1, adjust };
  },
});

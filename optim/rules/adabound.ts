// AdaBound: Adam with the rate of each element clipped between bounds that both converge to a*, the rate of SGD.
//
//   r_t = a sqrt(1 - b2^t) / (1 - b1^t) / (sqrt(v_t) + eps)
//   x_t = x_{t-1} - clip(r_t, lo(t), hi(t)) m_t
//   lo(t) = a* (1 - 1/(gamma t + 1)),   hi(t) = a* (1 + 1/(gamma t))
//
// At first lo is near 0 and hi is large, so AdaBound starts as Adam. Then both approach a*, so it ends as SGD with
// averaged momentum and rate a*. This equals heavy-ball momentum with lr (1-b1) a*, which is 0.01 at the defaults.
// a* does not adapt to the size of the gradients: if the loss is multiplied by c, finalLr / c and c eps give the same steps.
// Sources: Luo et al. 2019, algorithms 2 and 3 (form 'paper', with a box); Luolc/AdaBound (form 'code'), which adds
// bias correction and eps, and has neither 1/sqrt(t) nor a projection.
import { ValueError } from '../../core/index.js';
import { converging } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import type { Rule } from '../rule.js';
import { type AdamOptions, adamDefaults, adaptive } from './adaptive.js';

/** Hyper-parameters of AdaBound and AMSBound. */
export interface AdaBoundOptions extends AdamOptions {
  /** a*: the rate to which both bounds converge. Default: 0.1. */
  finalLr: number;
  /** How fast the bounds converge: at step 100/gamma they are within 1 % of finalLr. Default: 0.001. */
  gamma: number;
}

/** Hyper-parameters of AdaBoundW. */
export interface AdaBoundWOptions extends AdaBoundOptions {
  /** Whether to keep the largest second moment, as AMSBound does. Default: false. */
  amsbound: boolean;
  /** 'scaled': each step subtracts lr weightDecay x, as AdamW does. 'unscaled': it subtracts weightDecay x, as the
   *  authors' code does. Default: 'scaled'. */
  decayBy: 'scaled' | 'unscaled';
}

const defaults: AdaBoundOptions = { ...adamDefaults, finalLr: 0.1, gamma: 1e-3 };

// Not spread into `defaults` below: a bundler would then keep AdaBoundW in programs that do not use it.
const ownDefaults = { weightDecay: 5e-4, amsbound: false, decayBy: 'scaled' as const };

const adabound = (h: AdaBoundOptions): Rule => adaptive(h, converging(h.finalLr, h.gamma));

/** AdaBound, as in the authors' code: eps is added before bias correction, and weight decay is part of the gradient. */
export const AdaBound = /* @__PURE__ */ optimizer<AdaBoundOptions>({
  title: 'AdaBound',
  about: 'Adam with rates clipped between bounds that close on finalLr',
  defaults,
  rule: adabound,
});

/** AdaBound with long memory: the rate uses the largest v so far, as in AMSGrad, before bias correction. */
export const AMSBound = /* @__PURE__ */ optimizer<AdaBoundOptions>({
  title: 'AMSBound',
  about: 'AdaBound whose second moment never falls, as in AMSGrad',
  defaults,
  rule: (h) => ({ ...adabound(h), longMemory: true }),
});

/** AdaBound with decoupled weight decay. Default weightDecay: 5e-4. decayBy 'unscaled' is the authors' version, which
 *  they say is untested. */
export const AdaBoundW = /* @__PURE__ */ optimizer<AdaBoundWOptions>({
  title: 'AdaBoundW',
  about: 'AdaBound with weight decay outside the gradient',
  defaults: /* @__PURE__ */ Object.assign({}, defaults, ownDefaults),
  rule(h) {
    if (h.decayBy !== 'scaled' && h.decayBy !== 'unscaled')
      throw new ValueError(`unknown decayBy: ${h.decayBy}; one of scaled, unscaled`);
    const decoupled = { decay: h.weightDecay, by: h.decayBy };
    return { ...adabound(h), longMemory: h.amsbound, weightDecay: 0, decoupled };
  },
});

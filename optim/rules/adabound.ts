// AdaBound: Adam whose rate is clipped, element by element, between bounds that close on a rate of SGD.
//
//   r_t = a sqrt(1 - b2^t) / (1 - b1^t) / (sqrt(v_t) + eps)
//   x_t = x_{t-1} - clip(r_t, lo(t), hi(t)) m_t
//   lo(t) = a* (1 - 1/(gamma t + 1)),   hi(t) = a* (1 + 1/(gamma t))
//
// It starts as Adam (lo near 0, hi far above) and ends as SGD with rate a* and averaged momentum, which is heavy ball with
// (1-b1) a*: the default a* = 0.1 is heavy ball at 0.01. a* is tied to the scale of the loss: for c f use a*/c, c eps.
// Source: Luo et al. 2019, algorithm 2 (form 'paper', with a box); Luolc/AdaBound (form 'code'), which adds bias
// correction and eps and has neither 1/sqrt(t) nor a projection.
import { ValueError } from '../../core/index.js';
import { optimizer } from '../optimizer.js';
import { adaptiveDefaults, type Bounded, closing, decay } from './shared.js';

const defaults: Bounded = { ...adaptiveDefaults, finalLr: 0.1, gamma: 1e-3 };

/** AdaBound, after the authors' code. */
export const AdaBound = optimizer<Bounded>({
  title: 'AdaBound',
  about: 'Adam with rates clipped between bounds that close on finalLr',
  defaults,
  rule: closing,
});

/** AdaBound with long memory: v is replaced by the largest v so far, as in AMSGrad, before bias correction. */
export const AMSBound = optimizer<Bounded>({
  title: 'AMSBound',
  about: 'AdaBound whose second moment never falls, as in AMSGrad',
  defaults,
  rule: (h) => ({ ...closing(h), longMemory: true }),
});

/** Hyper-parameters of AdaBoundW. */
export interface BoundedDecoupled extends Bounded {
  amsbound: boolean;
  /** 'scaled' by the rate, as AdamW; 'unscaled' as the authors wrote it: x loses weightDecay x whatever the rate is. */
  decayBy: 'scaled' | 'unscaled';
}

/** AdaBound with decoupled weight decay. The authors' version, untested by their own word, is decayBy 'unscaled'. */
export const AdaBoundW = optimizer<BoundedDecoupled>({
  title: 'AdaBoundW',
  about: 'AdaBound with weight decay outside the gradient',
  defaults: { ...defaults, weightDecay: 5e-4, amsbound: false, decayBy: 'scaled' },
  rule(h) {
    if (h.decayBy !== 'scaled' && h.decayBy !== 'unscaled')
      throw new ValueError(`unknown decayBy: ${h.decayBy}; one of scaled, unscaled`);
    const decoupled = { decay: decay(h.weightDecay), by: h.decayBy };
    return { ...closing(h), longMemory: h.amsbound, weightDecay: 0, decoupled };
  },
});

// Lion: every element moves by lr, against the sign of an average. The only state is m.
//
//   x_t = x_{t-1} - lr sign(b1 m_{t-1} + (1-b1) g_t)
//   m_t = b2 m_{t-1} + (1-b2) g_t
//
// The bounded step updates m first. m_{t-1} = (m_t - (1-b2) g_t) / b2 gives the direction d_t = p m_t + q g_t with
// p = b1/b2 and q = 1 - b1/b2. So Lion is the bounded step with lo = hi = lr and the sign of that direction.
// Weight decay is decoupled by default. Lion's steps are longer than Adam's, so choose lr smaller and weightDecay larger.
// Source: Chen et al. 2023, arXiv 2302.06675, algorithm 2.
import { ValueError } from '../../core/index.js';
import { optimizer } from '../optimizer.js';
import { betaAt, named } from '../rule.js';
import { pairOf } from './adaptive.js';
import { type DecayOptions, decayed } from './decay.js';
import { averaged } from './sgd.js';

/** Hyper-parameters of Lion. */
export type LionOptions = Omit<DecayOptions, 'eps' | 'form'>;

/** Lion. Default lr: 1e-4; betas: [0.9, 0.99]. */
export const Lion = /* @__PURE__ */ optimizer<LionOptions>({
  title: 'Lion',
  about: 'the sign of an average of gradients, all elements at one rate',
  defaults: { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, decayBy: 'scaled', bounds: undefined, box: undefined },
  rule(h) {
    const [beta1, beta2] = pairOf(h.betas);
    const sgd = { ...averaged({ ...h, momentum: named('beta2', beta2) }), box: h.box };
    const adjust: typeof sgd.adjust = ({ b1: b2 }, { t }) => {
      if (b2 === 0) throw new ValueError('beta2 must be positive: 0; m_{t-1} is found from m_t by dividing by it');
      const p = betaAt('beta1', beta1, t) / b2;
      return { p, q: 1 - p, signed: true };
    };
    return { ...sgd, ...decayed(h), adjust };
  },
});

// Padam: Adam with a partly adaptive rate, between Adam at p = 1/2 and SGD with momentum at p = 0.
//
//   x_t = x_{t-1} - a c_t m_t / (sqrt(v_t) + eps)^(2p)                        form 'code', c_t = sqrt(1 - b2^t) / (1 - b1^t)
//   x_t = x_{t-1} - a m_t / u_t^p,   u_t = max(u_{t-1}, v_t)                   form 'paper', divided by sqrt(t)
//
// p = 1/2 is AdaBound without bounds; p -> 0 is CSGD times sqrt(1 - b2^t). Adam needs small rates where v is small; a
// smaller p permits larger ones, so lr is larger too.
// Source: Chen et al. 2018, arXiv 1806.06763, algorithm 1, which keeps AMSGrad's maximum; uclaml/Padam.
import { ValueError } from '../../core/index.js';
import { free } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import { adamDefaults, adaptive } from './adaptive.js';
import { type DecayOptions, decayed, extend } from './decay.js';

/** Hyper-parameters of Padam. */
export interface PadamOptions extends DecayOptions {
  /** p, in (0, 1/2]: the exponent of the second moment. Default: 1/4. On wasm the compiled step runs if p is 1/4 or 1/2, whose powers
   *  are exact. For another p the loop runs, which is several times slower: `backend().via('boundedStep')` is then 'loop'. */
  partial: number;
}

/** Padam, as in the authors' code but without the maximum. Default lr: 0.1. */
export const Padam = /* @__PURE__ */ optimizer<PadamOptions>({
  title: 'Padam',
  about: 'Adam with a root of the second moment other than the square root',
  defaults: extend<PadamOptions>(adamDefaults, { lr: 0.1, partial: 0.25, decayBy: 'coupled' }),
  rule(h) {
    if (!(h.partial > 0 && h.partial <= 0.5)) throw new ValueError(`partial must lie in (0, 1/2]: ${h.partial}`);
    const adjust = () => ({ power: 2 * h.partial });
    return { ...adaptive(h, free), ...decayed(h), adjust, longMemory: h.form === 'paper' };
  },
});

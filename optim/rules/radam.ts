// RAdam: Adam that starts as SGD, because an average of few squared gradients is too uncertain to divide by.
//
//   rho_t = rho - 2 t b2^t / (1 - b2^t),   rho = 2/(1-b2) - 1      v_t averages about this many squared gradients
//   rho_t <= 5:   lo = hi = a / (1 - b1^t)                         CSGD's step: one rate for all elements
//   rho_t >  5:   r_t = a c_t R_t / (sqrt(v_t) + eps)              AdaBound's rate before the clip, times R_t
//   c_t = sqrt(1 - b2^t) / (1 - b1^t),   R_t^2 = (rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t)
//
// It is AdaBound's mirror image: SGD first, Adam later. `bounds` limit both phases, CSGD's rate too.
// Form 'paper' has no eps and rectifies from rho_t > 4 on; the authors' code and PyTorch (form 'code') from 5 on.
// Source: Liu et al. 2020, arXiv 1908.03265, algorithm 2; PyTorch's RAdam.
import { free } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import type { Rule } from '../rule.js';
import { clip } from '../step.js';
import { type AdamOptions, adamDefaults, adaptive } from './adaptive.js';
import { scheduleOf } from './form.js';

/** Returns RAdam's adjustment of AdaBound's scalars, in the paper's form or the code's. */
export function rectified(isPaper: boolean): Rule['adjust'] {
  return ({ a, b2, lo, hi }, { t, product2 }) => {
    const rho = 2 / (1 - b2) - 1;
    const now = rho - (2 * t * product2) / (1 - product2);
    const rate = clip(a / Math.sqrt(1 - product2), lo, hi);
    if (!(now > (isPaper ? 4 : 5))) return { lo: rate, hi: rate };
    return { a: a * Math.sqrt(((now - 4) * (now - 2) * rho) / ((rho - 4) * (rho - 2) * now)) };
  };
}

/** RAdam, as PyTorch's: eps is added before bias correction, and weight decay is part of the gradient. */
export const RAdam = /* @__PURE__ */ optimizer<AdamOptions>({
  title: 'RAdam',
  about: 'Adam that starts as SGD and rectifies its first rates',
  defaults: adamDefaults,
  rule(h) {
    const isPaper = scheduleOf(h.form) !== undefined;
    const rule = adaptive({ ...h, form: 'code' }, free);
    return { ...rule, eps: isPaper ? 0 : h.eps, adjust: rectified(isPaper) };
  },
});

// LAMB: Adam whose steps are proportional to the norm of their tensor. One factor, the trust ratio, scales the step of a whole tensor.
//
//   form 'code'                                            form 'paper'
//   u_t = m_t / (sqrt(v_t) + eps)                          u_t = m^_t / (sqrt(v^_t) + eps) + wd x_{t-1}
//   y_t = (1 - a wd) x_{t-1}                               y_t = x_{t-1}
//   q_t = min(10, |y_t|) / (|u_t| + eps)                   q_t = |y_t| / |u_t|
//   x_t = y_t - a / (1 - b1^t) q_t u_t                     x_t = y_t - a q_t u_t
//
// |.| is the Euclidean norm of a tensor, and q_t = 1 if one of the two norms is 0. So a step of the paper's form has length
// a |x_{t-1}|, whatever the size of the gradient. The code bias-corrects m only, and decays the weights outside the ratio.
// Why not the bounded step: q_t needs two sums over the tensor before its first element can move.
// Sources: You et al. 2020, arXiv 1904.00962, algorithm 2; Lamb of pytorch_optimizer 3.9 (form 'code'). That code can
// also scale by the joint norm of all gradients, but not by default; `clipGradNorm` limits that norm.
import type { Kernel } from '../../../core/index.js';
import { free } from '../../bounds.js';
import { numbersOf, type OwnScalars, ownOptimizer } from '../../own.js';
import { isRefused, numbers, rateOf } from '../../step.js';
import { type AdamOptions, adaptive } from '../adaptive.js';
import { scheduleOf } from '../form.js';

/** Hyper-parameters of LAMB. */
export type LAMBOptions = Omit<AdamOptions, 'bounds' | 'box'>;

const lambStep: Kernel<OwnScalars<LAMBOptions>> = {
  name: 'lambStep',
  loop(outs, [gs, counts], { b1, k, b2, k2, a, e, s, keep, form, eps, weightDecay }) {
    if (counts && isRefused(counts)) return;
    const [x, m, v, ratio] = outs.map(numbers);
    const g = numbers(gs);
    const isPaper = form === 'paper';
    const u = (i: number) => rateOf(v[i], a, e) * m[i] + (isPaper ? weightDecay * x[i] : 0);
    let [xx, uu] = [0, 0];
    for (let i = 0; i < x.length; i++) {
      m[i] = b1 * m[i] + k * g[i];
      v[i] = b2 * v[i] + k2 * g[i] * g[i];
      x[i] *= keep;
      xx += x[i] * x[i];
      uu += u(i) ** 2;
    }
    const [length, steps] = isPaper
      ? [Math.sqrt(xx), Math.sqrt(uu)]
      : [Math.min(10, Math.sqrt(xx)), Math.sqrt(uu) + eps];
    ratio[0] = xx > 0 && uu > 0 ? length / steps : 1;
    for (let i = 0; i < x.length; i++) x[i] -= s * ratio[0] * u(i);
  },
};

/** LAMB, for large batches. Its weight decay is decoupled. Default eps: 1e-6. */
export const LAMB = /* @__PURE__ */ ownOptimizer<LAMBOptions>({
  title: 'LAMB',
  about: 'Adam whose steps are proportional to the norm of their tensor',
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-6, weightDecay: 0, form: 'code' },
  rule(h) {
    const isPaper = scheduleOf(h.form) !== undefined;
    const decoupled = { decay: isPaper ? 0 : h.weightDecay, by: 'scaled' } as const;
    const rule = { ...adaptive({ ...h, form: 'code' }, free), decoupled, epsCorrected: true };
    // The rate is outside the ratio, in s: the scalar a has only bias corrections.
    return { ...rule, rate: 1, corrected: isPaper ? 'both' : 'first', schedule: () => h.lr };
  },
  own: {
    why: 'one factor scales the step of a whole tensor',
    state: ['m', 'v'],
    numbers: /* @__PURE__ */ numbersOf(() => [1]),
    kernel: lambStep,
    seen: (c, [ratio]) => ({ s: c.s * ratio }),
  },
});

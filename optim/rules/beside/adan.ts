// Adan: Adam with Nesterov momentum, written with differences of gradients, so that no gradient at another point is needed.
//
//   m_t = b1 m_{t-1} + (1-b1) g_t
//   d_t = b2 d_{t-1} + (1-b2) (g_t - g_{t-1})                     d_1 = 0
//   v_t = b3 v_{t-1} + (1-b3) (g_t + b2 (g_t - g_{t-1}))^2
//   r_t = a / (sqrt(v_t / (1 - b3^t)) + eps)
//   x_t = [x_{t-1} - r_t (m_t / (1 - b1^t) + b2 d_t / (1 - b2^t))] / (1 + a wd)
//
// Dividing by 1 + a wd is the proximal form of weight decay; decayBy 'scaled' multiplies x_{t-1} by 1 - a wd, as AdamW.
// Form 'paper' starts with m_1 = g_1 and v_1 = g_1^2 and has no bias correction; the authors' code corrects all three.
// The paper writes 1 - b for our b.
// Why not the bounded step: it keeps the last gradient and a second average.
// Sources: Xie, Zhou, Li, Lin and Yan 2022, arXiv 2208.06677, algorithm 1; sail-sg/Adan (form 'code').
import { type Kernel, ValueError } from '../../../core/index.js';
import { free } from '../../bounds.js';
import { type OwnScalars, ownOptimizer } from '../../own.js';
import { type Beta, checkBeta } from '../../rule.js';
import { isRefused, numbers, rateOf } from '../../step.js';
import { type AdamOptions, adaptive } from '../adaptive.js';
import { scheduleOf } from '../form.js';

/** Hyper-parameters of Adan. */
export interface AdanOptions extends Omit<AdamOptions, 'betas' | 'bounds' | 'box'> {
  /** Decay rates of m, d and v. The second is a number, the others may be functions of the step. Default: [0.98, 0.92, 0.99]. */
  betas: readonly [Beta, number, Beta];
  /** Weight decay: 'proximal' divides by 1 + lr weightDecay, 'scaled' is AdamW's. Default: 'proximal'. */
  decayBy: 'proximal' | 'scaled';
}

const adanStep: Kernel<OwnScalars<AdanOptions>> = {
  name: 'adanStep',
  loop(outs, [gs, counts], { t, betas, b1, k, b2: b3, k2: k3, a, e, s, p, q, keep, decayBy }) {
    if (counts && isRefused(counts)) return;
    const [x, m, d, v, last] = outs.map(numbers);
    const g = numbers(gs);
    const b2 = betas[1];
    const inside = decayBy === 'scaled' ? keep : 1;
    for (let i = 0; i < x.length; i++) {
      const change = t === 1 ? 0 : g[i] - last[i];
      m[i] = b1 * m[i] + k * g[i];
      d[i] = b2 * d[i] + (1 - b2) * change;
      v[i] = b3 * v[i] + k3 * (g[i] + b2 * change) ** 2;
      x[i] = (inside * x[i] - s * rateOf(v[i], a, e) * (p * m[i] + q * d[i])) * (keep / inside);
      last[i] = g[i];
    }
  },
};

/** Adan, as in the authors' code. */
export const Adan = /* @__PURE__ */ ownOptimizer<AdanOptions>({
  title: 'Adan',
  about: 'Adam with Nesterov momentum from differences of gradients',
  defaults: { lr: 1e-3, betas: [0.98, 0.92, 0.99], eps: 1e-8, weightDecay: 0, decayBy: 'proximal', form: 'code' },
  rule(h) {
    const { betas, decayBy, weightDecay, lr } = h;
    if (betas.length !== 3 || typeof betas[1] !== 'number')
      throw new ValueError(`betas must be three, the second a number: ${betas}`);
    const b2 = checkBeta('the second of betas', betas[1]);
    if (decayBy !== 'proximal' && decayBy !== 'scaled')
      throw new ValueError(`unknown decayBy: ${decayBy}; one of proximal, scaled`);
    const isPaper = scheduleOf(h.form) !== undefined;
    const rule = adaptive({ ...h, betas: [betas[0], betas[2]], form: 'code' }, free);
    return {
      ...{ ...rule, epsCorrected: !isPaper, corrected: isPaper ? 'none' : 'both' },
      decoupled: { decay: weightDecay, by: 'scaled' },
      adjust({ a, keep }, { t, product1, product2 }) {
        // keep = 1 - s a wd becomes 1 / (1 + s a wd).
        const kept = { keep: decayBy === 'scaled' ? keep : 1 / (2 - keep) };
        if (isPaper) return { ...kept, p: 1, q: b2, ...(t === 1 && { k: 1, k2: 1 }) };
        return { ...kept, a: a && lr * Math.sqrt(1 - product2), p: 1 / (1 - product1), q: b2 / (1 - b2 ** t) };
      },
    };
  },
  own: {
    why: 'it keeps the last gradient and a second average',
    state: ['m', 'd', 'v', 'g'],
    kernel: adanStep,
  },
});

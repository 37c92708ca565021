// Schedule-Free AdamW: gradients are taken at y, steps move z, and x, the average of z, is for evaluation. No schedule is needed.
//
//   g_t = gradient at y_{t-1},   v_t = b2 v_{t-1} + (1-b2) g_t^2
//   w_t = t^r L_t^p,   L_t = max of the rates a_1 .. a_t,   c_t = w_t / (w_1 + .. + w_t)
//   z_t = z_{t-1} - a_t [g_t / (sqrt(v^_t) + eps) + wd y_{t-1}]
//   x_t = (1 - c_t) x_{t-1} + c_t z_t
//   y_t = (1 - b1) z_t + b1 x_t                                   z_0 = x_0 = y_0
//
// So x_t is the average of z_1 .. z_t with weights w; p is weightLrPower. a_t is lr times the schedule, and times t / warmupSteps in
// the first warmupSteps steps. The parameters hold y. `eval()` writes x into them, and `train()` computes y from z and x again, to the same bits.
// Batch normalization measures its averages at y. So after `eval()`, pass some batches through the model in training mode before you
// evaluate it.
// In form 'paper' the factor sqrt(1 - b2^t) is part of a_t and so of the weights w_t, and the step is
// a_t g_t / (sqrt(v_t) + eps). The authors' later code (form 'code') corrects v itself.
// Why not the bounded step: it has a second iterate, and gradients at a third point.
// Sources: Defazio et al. 2024, arXiv 2405.15682, algorithm 1; facebookresearch/schedule_free, AdamWScheduleFree.
import { checkFiniteNumber, type Kernel, ValueError } from '../../../core/index.js';
import { free } from '../../bounds.js';
import { numbersOf, type OwnScalars, ownOptimizer } from '../../own.js';
import type { Beta } from '../../rule.js';
import { isRefused, numbers, rateOf } from '../../step.js';
import { type AdamOptions, adaptive } from '../adaptive.js';
import { scheduleOf } from '../form.js';

/** Hyper-parameters of ScheduleFreeAdamW. */
export interface ScheduleFreeOptions extends Omit<AdamOptions, 'betas' | 'bounds' | 'box'> {
  /** b1, the share of x in y, which must be a number; and b2, the decay rate of v. Default: [0.9, 0.999]. */
  betas: readonly [number, Beta];
  /** The power of t in the weights of the average. Default: 0. */
  r: number;
  /** The power of the largest rate in the weights of the average. Default: 2. */
  weightLrPower: number;
  /** Steps over which the rate rises linearly to lr. Default: 0. */
  warmupSteps: number;
}

const scheduleFreeStep: Kernel<OwnScalars<ScheduleFreeOptions>> = {
  name: 'scheduleFreeStep',
  loop(outs, [gs, counts], { t, b1, b2, k2, a, e, s, baseLr, weightDecay, r, weightLrPower }) {
    if (counts && isRefused(counts)) return;
    const [y, z, x, v, weights] = outs.map(numbers);
    const g = numbers(gs);
    const rate = s * baseLr;
    weights[1] = Math.max(weights[1], rate);
    const w = t ** r * weights[1] ** weightLrPower;
    weights[0] += w;
    const c = w && w / weights[0];
    for (let i = 0; i < x.length; i++) {
      if (t === 1) z[i] = x[i] = y[i];
      v[i] = b2 * v[i] + k2 * g[i] * g[i];
      z[i] -= s * rateOf(v[i], a, e) * g[i] + rate * weightDecay * y[i];
      x[i] = (1 - c) * x[i] + c * z[i];
      y[i] = (1 - b1) * z[i] + b1 * x[i];
    }
  },
};

const swap: Kernel<ScheduleFreeOptions & { isEval: boolean }> = {
  name: 'scheduleFreeSwap',
  loop(outs, _, { betas: [b1], isEval }) {
    const [y, z, x] = outs.map(numbers);
    for (let i = 0; i < x.length; i++) y[i] = isEval ? x[i] : (1 - b1) * z[i] + b1 * x[i];
  },
};

/** Schedule-Free AdamW, as in the authors' code. Call `eval()` before the model is evaluated or saved, and `train()` before the
 *  next step; `fit` does both. It needs no falling `schedule`: the average takes its place. Default lr: 0.0025. */
export const ScheduleFreeAdamW = /* @__PURE__ */ ownOptimizer<ScheduleFreeOptions>({
  title: 'ScheduleFreeAdamW',
  about: 'AdamW that averages its weights in place of a schedule',
  defaults: {
    lr: 2.5e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    r: 0,
    weightLrPower: 2,
    warmupSteps: 0,
    form: 'code',
  },
  rule(h) {
    if (typeof h.betas[0] !== 'number') throw new ValueError('the first of betas must be a number: got a function');
    for (const name of ['weightDecay', 'r', 'weightLrPower', 'warmupSteps'] as const)
      checkFiniteNumber(name, h[name], 0);
    if (h.warmupSteps > 0 && h.warmupSteps < 1)
      throw new ValueError(`warmupSteps are steps, not a share: ${h.warmupSteps}; give ${h.warmupSteps} * steps`);
    const isPaper = scheduleOf(h.form) !== undefined;
    return {
      ...adaptive({ ...h, form: 'code' }, free),
      epsCorrected: !isPaper,
      corrected: isPaper ? 'none' : 'both',
      schedule: (t) => Math.min(1, t / h.warmupSteps),
      adjust({ a, s }, { product1, product2 }) {
        const second = Math.sqrt(1 - product2);
        return isPaper ? { s: s * second } : { a: a * (1 - product1) };
      },
    };
  },
  own: {
    why: 'it moves a second iterate and averages it',
    state: ['z', 'x', 'v'],
    numbers: /* @__PURE__ */ numbersOf(() => [0, 0]),
    kernel: scheduleFreeStep,
    swap,
  },
});

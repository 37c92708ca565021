// Prodigy: Adam that estimates its learning rate: d_t grows towards the distance from the first weights x_0 to a minimum.
//
//   R_t = b3 R_{t-1} + (d_{t-1} / d0) a_t <g_t, x_0 - x_{t-1}>     a number, over all parameters
//   s_t = b3 s_{t-1} + (d_{t-1} / d0) a_t g_t                      a_t = d_{t-1} lr c_t; c_t = 1, or Adam's correction
//   d_t = max(d_{t-1}, dCoef R_t / |s_t|_1)                        |.|_1 sums absolute values over all parameters
//   m_t = b1 m_{t-1} + (1-b1) d_{t-1} g_t
//   v_t = b2 v_{t-1} + (1-b2) d_{t-1}^2 g_t^2                      b3 = sqrt(b2) by default
//   x_t = (1 - a_t wd) x_{t-1} - a_t m_t / (sqrt(v_t) + d_t eps)
//
// growthRate limits d_t to growthRate d_{t-1}, from the second time that d grows. lr is a factor on the estimate: leave it at 1.
// Form 'paper' multiplies eps by d_{t-1}. The paper's factor 1 - b3 in R and s, and the code's factor 1 / d0, cancel in d_t.
// Why not the bounded step: d_t needs sums over all parameters before the first of them can move, so it takes two passes.
// Groups of parameters share d; d0, dCoef and growthRate must be equal in all of them.
// Sources: Mishchenko and Defazio 2023, arXiv 2306.06101, algorithm 4; konstmish/prodigy (form 'code').
import { checkFiniteNumber, type Kernel, must, showValue, ValueError } from '../../../core/index.js';
import { warnOfFactor } from '../../arguments.js';
import { free } from '../../bounds.js';
import { type OwnScalars, ownOptimizer, sharedNumbers } from '../../own.js';
import { isRefused, numbers, rateOf } from '../../step.js';
import { type AdamOptions, adaptive } from '../adaptive.js';
import { scheduleOf } from '../form.js';

/** Hyper-parameters of Prodigy. */
export interface ProdigyOptions extends Omit<AdamOptions, 'bounds' | 'box'> {
  /** b3: the decay rate of R and s, in [0, 1). Default: sqrt(b2). */
  beta3?: number;
  /** d_0: the first estimate, positive and below the distance. Default: 1e-6. */
  d0: number;
  /** A factor on the estimate. Default: 1. */
  dCoef: number;
  /** The largest factor by which d grows in a step after its first growth, at least 1. Default: no limit. */
  growthRate?: number;
  /** Whether to use Adam's bias correction. Default: false. */
  biasCorrection: boolean;
  /** Whether lr is left out of s, for a warm-up of lr. Default: false. */
  safeguardWarmup: boolean;
}

type Numbers = OwnScalars<ProdigyOptions>;

/** The first pass: moments, R, s and d. The shared numbers: d_t, d_{t-1}, the largest estimate, R_t, |s_t|_1. */
const prodigyEstimate: Kernel<Numbers> = {
  name: 'prodigyEstimate',
  loop(outs, [gs, counts], c) {
    if (counts && isRefused(counts)) return;
    const { t, b1, k, b2, k2, a, s, beta3 = Math.sqrt(b2), d0, dCoef, growthRate = Infinity, safeguardWarmup } = c;
    const [x, m, v, sums, x0, n] = outs.map(numbers);
    const g = numbers(gs);
    // n[0] is d_{t-1} until the last parameter.
    const d = n[0];
    const [by, byS] = [(d / d0) * d * a * s, (d / d0) * d * (safeguardWarmup ? 1 : a * s)];
    if (c.isFirst) [n[1], n[3], n[4]] = [d, beta3 * n[3], 0];
    for (let i = 0; i < x.length; i++) {
      if (t === 1) x0[i] = x[i];
      n[3] += by * g[i] * (x0[i] - x[i]);
      sums[i] = beta3 * sums[i] + byS * g[i];
      n[4] += Math.abs(sums[i]);
      m[i] = b1 * m[i] + k * d * g[i];
      v[i] = b2 * v[i] + k2 * d * d * g[i] * g[i];
    }
    if (!c.isLast || n[4] === 0) return;
    const estimate = (dCoef * n[3]) / n[4];
    n[2] = Math.max(n[2], estimate);
    n[0] = Math.min(n[2], growthRate * (d === d0 ? Math.max(d, estimate) : d));
  },
};

const prodigyStep: Kernel<Numbers> = {
  name: 'prodigyStep',
  loop(outs, [, counts], { a, e, s, weightDecay, form }) {
    if (counts && isRefused(counts)) return;
    const [x, m, v, , , [d, last, , , total]] = outs.map(numbers);
    // |s_t|_1 = 0 if every gradient so far was 0.
    if (total === 0) return;
    const by = last * a * s;
    for (let i = 0; i < x.length; i++)
      x[i] = (1 - by * weightDecay) * x[i] - rateOf(v[i], by, (form === 'paper' ? last : d) * e) * m[i];
  },
};

/** Prodigy, as in the authors' code. Its weight decay is decoupled. Default lr: 1, a factor on the estimated rate. */
export const Prodigy = /* @__PURE__ */ ownOptimizer<ProdigyOptions>({
  title: 'Prodigy',
  about: 'Adam that estimates its learning rate',
  defaults: {
    lr: 1,
    betas: [0.9, 0.999],
    beta3: undefined,
    eps: 1e-8,
    weightDecay: 0,
    d0: 1e-6,
    dCoef: 1,
    growthRate: undefined,
    biasCorrection: false,
    safeguardWarmup: false,
    form: 'code',
  },
  rule(h) {
    const { beta3 = 0, d0, dCoef, growthRate = Infinity } = h;
    if (!(typeof beta3 === 'number' && beta3 >= 0 && beta3 < 1))
      throw new ValueError(`beta3 must lie in [0, 1): ${showValue(beta3)}`);
    if (!(checkFiniteNumber('d0', d0, 0) > 0)) throw new ValueError('d0 must be positive: 0');
    checkFiniteNumber('dCoef', dCoef, 0);
    checkFiniteNumber('weightDecay', h.weightDecay, 0);
    must(typeof growthRate === 'number' && growthRate >= 1, 'growthRate', 'at least 1', growthRate);
    scheduleOf(h.form);
    return { ...adaptive({ ...h, form: 'code' }, free), corrected: h.biasCorrection ? 'both' : 'none' };
  },
  own: {
    why: 'its rate is estimated from all parameters together',
    state: ['m', 'v', 's', 'x0'],
    numbers: /* @__PURE__ */ sharedNumbers((h) => {
      warnOfFactor('Prodigy', h);
      return [h.d0, h.d0, h.d0, 0, 0];
    }),
    before: prodigyEstimate,
    kernel: prodigyStep,
    seen: (c, [d, last], { form }) => ({ a: last * c.a, e: (form === 'paper' ? last : d) * c.e }),
  },
});

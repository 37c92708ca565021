// AdaDelta: RMSProp whose learning rate is the size of its own past steps. So its steps have the units of x, and lr is 1.
//
//   v_t = rho v_{t-1} + (1-rho) g_t^2
//   z_t = g_t sqrt(w_{t-1} + eps) / sqrt(v_t + eps)
//   w_t = rho w_{t-1} + (1-rho) z_t^2
//   x_t = x_{t-1} - lr z_t
//
// `inspect` shows the rates lr sqrt(w_t + eps) / sqrt(v_t + eps), because the state does not keep w_{t-1}.
// Why not the bounded step: each element has its own numerator in the rate.
// Source: Zeiler 2012, arXiv 1212.5701, algorithm 1, as in PyTorch's Adadelta.
import type { Kernel } from '../../../core/index.js';
import { warnOfFactor } from '../../arguments.js';
import { ownOptimizer } from '../../own.js';
import { type Beta, named } from '../../rule.js';
import { isRefused, numbers, type Scalars } from '../../step.js';
import { alongGradient, type GradientOptions } from '../adagrad.js';

/** Hyper-parameters of AdaDelta. */
export interface AdaDeltaOptions extends Omit<GradientOptions, 'bounds'> {
  /** Added to both averages before their roots, positive. Default: 1e-6. */
  eps: number;
  /** Decay rate of both averages, in [0, 1) or a function of the step. Default: 0.9. */
  rho: Beta;
}

const adaDeltaStep: Kernel<Scalars> = {
  name: 'adaDeltaStep',
  loop(outs, [gs, counts], { wd, b2, k2, a, e, s }) {
    if (counts && isRefused(counts)) return;
    const [x, v, w] = outs.map(numbers);
    const g = numbers(gs);
    for (let i = 0; i < x.length; i++) {
      const gi = g[i] + wd * x[i];
      v[i] = b2 * v[i] + k2 * gi * gi;
      const z = gi * Math.sqrt((w[i] + e) / (v[i] + e));
      w[i] = b2 * w[i] + k2 * z * z;
      x[i] -= s * a * z;
    }
  },
};

/** Whether the warning about a small lr was printed. */
let told = false;

/** AdaDelta, as PyTorch's. Default lr: 1, a factor on its steps. */
export const AdaDelta = /* @__PURE__ */ ownOptimizer<AdaDeltaOptions>({
  title: 'AdaDelta',
  about: 'rates from the sizes of past steps and past gradients',
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 },
  rule(h) {
    if (!told) told = warnOfFactor('AdaDelta', h);
    return alongGradient(h, named('rho', h.rho));
  },
  own: {
    why: 'the numerator of its rate differs between elements',
    state: ['v', 'w'],
    kernel: adaDeltaStep,
    rates: ({ a, e }, { v, w }) => v.map((vi, i) => a * Math.sqrt((w[i] + e) / (vi + e))),
  },
});

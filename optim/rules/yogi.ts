// Yogi: Adam whose second moment moves towards g^2 by a step that depends on g^2 alone, not on the distance from g^2.
//
//   v_t = v_{t-1} - (1-b2) sign(v_{t-1} - g_t^2) g_t^2
//   x_t = x_{t-1} - a m^_t / (sqrt(v^_t) + eps)       form 'code'
//         x_{t-1} - a m_t / (sqrt(v_t) + eps)         form 'paper'
//
// Adam's v forgets large gradients exponentially, so its rates can rise fast; Yogi's v falls by at most (1-b2) g^2.
// m and v start at initialAccumulatorValue in the code; in the paper m starts at 0.
// Source: Zaheer, Reddi, Sachan, Kale and Kumar 2018, Adaptive methods for nonconvex optimization, algorithm 2.
import { checkFiniteNumber } from '../../core/index.js';
import { free } from '../bounds.js';
import { optimizer } from '../optimizer.js';
import type { SecondMoment } from '../step.js';
import { adaptive } from './adaptive.js';
import { coupled, type DecayOptions, decayed, extend } from './decay.js';
import { scheduleOf } from './form.js';

/** Hyper-parameters of Yogi. */
export interface YogiOptions extends DecayOptions {
  /** v_0; in form 'code' also m_0. Default: 1e-6. */
  initialAccumulatorValue: number;
}

const yogi: SecondMoment = {
  formula: 'v - k2 sign(v - g²) g²',
  next: (v, g, _, { k2 }) => v - k2 * Math.sign(v - g * g) * g * g,
};

/** Yogi. Default lr: 0.01; eps: 1e-3. */
export const Yogi = /* @__PURE__ */ optimizer<YogiOptions>({
  title: 'Yogi',
  about: 'Adam whose second moment changes by at most a share of g^2',
  defaults: extend<YogiOptions>(coupled, { lr: 0.01, eps: 1e-3, initialAccumulatorValue: 1e-6 }),
  rule(h) {
    const v = checkFiniteNumber('initialAccumulatorValue', h.initialAccumulatorValue, 0);
    const rule = { ...adaptive({ ...h, form: 'code' }, free), ...decayed(h), adjust: () => ({ second: yogi }) };
    if (scheduleOf(h.form)) return { ...rule, initial: { v }, corrected: 'none' };
    return { ...rule, initial: { m: v, v }, epsCorrected: true };
  },
});

// Stochastic gradient descent with momentum: the bounded step with lo = hi, which leaves the rate no freedom.
//
//   heavy ball   m_t = b m_{t-1} + (1 - dampening) g_t,  m_1 = g_1        x_t = x_{t-1} - lr m_t;  b = 0: m_t = g_t
//   averaged     m_t = b m_{t-1} + (1 - b) g_t                            1/(1-b) times smaller in the long run
//   Nesterov     steps along b m_t + g_t
//
// Sources: Polyak 1964; Sutskever, Martens, Dahl and Hinton 2013 (as torch's SGD); CSGD: Savarese 2019, arXiv 1908.04457.
import { ValueError } from '../../core/index.js';
import { type Bounds, fixed } from '../bounds.js';
import type { Common } from '../declaration.js';
import { optimizer } from '../optimizer.js';
import type { Beta, Rule } from '../rule.js';
import { decay, scheduleOf } from './shared.js';

export interface SGDMOptions extends Common {
  momentum: Beta;
  dampening: number;
  nesterov: boolean;
  /** Averaged momentum instead of the heavy ball. */
  averaged: boolean;
  weightDecay: number;
  /** 'paper' divides the step by sqrt(t). */
  form?: 'code' | 'paper';
  /** In place of lo = hi = lr: the step's rate is then clip(lr, lo, hi). */
  bounds?: Bounds;
  box?: readonly [lower: number, upper: number];
}

const momentum = (h: Pick<SGDMOptions, 'lr' | 'momentum' | 'weightDecay' | 'bounds'>): Rule => ({
  rate: h.lr,
  beta1: h.momentum,
  ingest: 'average',
  beta2: null,
  corrected: 'none',
  eps: 0,
  bounds: h.bounds ?? fixed(h.lr),
  weightDecay: decay(h.weightDecay),
});

/** SGD with momentum, as torch's SGD; momentum 0 is plain SGD. */
export const SGDM = optimizer<SGDMOptions>({
  title: 'SGDM',
  about: 'one rate for all weights, with momentum',
  defaults: {
    lr: 0.01,
    momentum: 0.9,
    dampening: 0,
    nesterov: false,
    averaged: false,
    weightDecay: 0,
    form: 'code',
    bounds: undefined,
    box: undefined,
  },
  rule(h) {
    if (!(h.dampening >= 0 && h.dampening <= 1)) throw new ValueError(`dampening must lie in [0, 1]: ${h.dampening}`);
    if (h.nesterov && (h.dampening !== 0 || h.averaged))
      throw new ValueError('nesterov needs the heavy ball: dampening 0, averaged false');
    const ingest = h.averaged ? 'average' : h.momentum === 0 ? 1 : 1 - h.dampening;
    return { ...momentum(h), ingest, nesterov: h.nesterov, schedule: scheduleOf(h.form), box: h.box };
  },
});

/** SGD with averaged momentum, corrected for starting at zero: AdaBound's last phase, from the first step on. */
export const CSGD = optimizer<Pick<SGDMOptions, 'lr' | 'momentum' | 'weightDecay' | 'bounds'> & Common>({
  title: 'CSGD',
  about: 'SGD with averaged, bias-corrected momentum',
  defaults: { lr: 0.1, momentum: 0.9, weightDecay: 0, bounds: undefined },
  rule: (h) => ({ ...momentum(h), corrected: 'first' }),
});

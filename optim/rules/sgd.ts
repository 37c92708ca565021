// Stochastic gradient descent with momentum: the bounded step with lo = hi, so that every element has the same rate.
//
//   heavy ball   m_t = b m_{t-1} + (1 - dampening) g_t,   m_1 = g_1
//   averaged     m_t = b m_{t-1} + (1 - b) g_t
//   both         x_t = x_{t-1} - lr m_t                   plain SGD is b = 0, with m_t = g_t
//   Nesterov     x_t = x_{t-1} - lr (b m_t + g_t)         with the heavy ball
//   CSGD         x_t = x_{t-1} - lr m_t / (1 - b^t)       with averaged
//
// The averaged direction is (1 - b) times the direction of the heavy ball without dampening; CSGD's approaches the averaged one for large t.
// Sources: Polyak 1964 (heavy ball); Sutskever, Martens, Dahl and Hinton 2013 (Nesterov), as in PyTorch's SGD; Savarese
// 2019, arXiv 1908.04457 (CSGD).
import { ValueError } from '../../core/index.js';
import { type Bounds, fixed } from '../bounds.js';
import type { Common } from '../declaration.js';
import { optimizer } from '../optimizer.js';
import { type Beta, named, nesterov, type Rule } from '../rule.js';
import { type Form, scheduleOf } from './form.js';

/** Hyper-parameters of CSGD. */
export interface CSGDOptions extends Common {
  /** b: the decay rate of the direction, in [0, 1) or a function of the step. Default: 0.9. */
  momentum: Beta;
  /** Coupled weight decay: weightDecay x is added to the gradient. Default: 0. */
  weightDecay: number;
  /** Bounds that replace lo = hi = lr: the rate is then clip(lr, lo(t), hi(t)). Default: none. */
  bounds?: Bounds;
}

/** Hyper-parameters of SGDM. */
export interface SGDMOptions extends CSGDOptions {
  /** A number in [0, 1]: every gradient but the first has weight 1 - dampening in m. Without effect if momentum is 0. Default: 0. */
  dampening: number;
  /** Whether to use Nesterov momentum. Default: false. */
  nesterov: boolean;
  /** Whether momentum is an average, in which the gradient has weight 1 - momentum. Default: false, the heavy ball. */
  averaged: boolean;
  /** 'paper' divides the step by sqrt(t), see rules/form.ts. Default: 'code'. */
  form?: Form;
  /** The feasible set [lower, upper] of every element; each step is projected onto it. Default: no limits. */
  box?: readonly [lower: number, upper: number];
}

/** Returns the rule of SGD with averaged momentum, without bias correction. */
export function averaged({ lr, momentum, weightDecay, bounds = fixed(lr) }: CSGDOptions): Rule {
  const beta1 = named('momentum', momentum);
  return { rate: lr, beta1, ingest: 'average', beta2: null, corrected: 'none', eps: 0, bounds, weightDecay };
}

/** SGD with momentum, as PyTorch's SGD. Momentum 0 is plain SGD. Default lr: 0.01. */
export const SGDM = /* @__PURE__ */ optimizer<SGDMOptions>({
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
    if (h.averaged && h.dampening) throw new ValueError('averaged has no dampening: leave one out');
    if (h.nesterov && (h.momentum === 0 || h.dampening !== 0 || h.averaged))
      throw new ValueError('nesterov needs the heavy ball: momentum above 0, dampening 0, averaged false');
    const ingest = h.averaged ? 'average' : h.momentum === 0 ? 1 : 1 - h.dampening;
    const adjust = h.nesterov ? nesterov : undefined;
    return { ...averaged(h), ingest, adjust, schedule: scheduleOf(h.form), box: h.box };
  },
});

/** SGD with averaged, bias-corrected momentum. AdaBound converges to it as its bounds close. Default lr: 0.1. */
export const CSGD = /* @__PURE__ */ optimizer<CSGDOptions>({
  title: 'CSGD',
  about: 'SGD with averaged, bias-corrected momentum',
  defaults: { lr: 0.1, momentum: 0.9, weightDecay: 0, bounds: undefined },
  rule: (h) => ({ ...averaged(h), corrected: 'first' }),
});

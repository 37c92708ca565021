// Two parts for optimizers like Adam: weight decay that is added to the gradient or kept outside of it, and the defaults
// of rules without a form.
import { ValueError } from '../../core/index.js';
import type { Rule } from '../rule.js';
import { type AdamOptions, adamDefaults } from './adaptive.js';

/** The defaults of Adam, for a rule that has no forms. */
export const formless: Omit<AdamOptions, 'form'> = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  bounds: undefined,
  box: undefined,
};

/** Returns `base` with a rule's own defaults. A bundler drops a call whose result is not used, but would keep `{ ...base, ...own }`. */
/* @__NO_SIDE_EFFECTS__ */
export function extend<H extends object>(base: object, own: Partial<H>): H {
  return { ...base, ...own } as H;
}

/** Hyper-parameters of Adam, and how the weights decay. */
export interface DecayOptions extends AdamOptions {
  /** 'coupled': weightDecay x is added to the gradient. 'scaled': each step subtracts lr weightDecay x, as AdamW does.
   *  'unscaled': it subtracts weightDecay x. Default: 'coupled'; 'scaled' for Lion. */
  decayBy: 'coupled' | 'scaled' | 'unscaled';
}

/** Returns a rule's fields of weight decay. Throws ValueError for an unknown decayBy. */
export function decayed(h: Pick<DecayOptions, 'weightDecay' | 'decayBy'>): Pick<Rule, 'weightDecay' | 'decoupled'> {
  const { weightDecay, decayBy: by } = h;
  if (by === 'coupled') return { weightDecay };
  if (by === 'scaled' || by === 'unscaled') return { weightDecay: 0, decoupled: { decay: weightDecay, by } };
  throw new ValueError(`unknown decayBy: ${by}; one of coupled, scaled, unscaled`);
}

/** The defaults of Adam with coupled decay, for a rule that has forms. */
export const coupled: DecayOptions = /* @__PURE__ */ extend<DecayOptions>(adamDefaults, { decayBy: 'coupled' });

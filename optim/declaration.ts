// How an optimizer is declared: its hyper-parameters and the rule that they make.
import type { Kernel, Tensor } from '../core/index.js';
import type { Rule } from './rule.js';
import type { Scalars } from './step.js';

/** Hyper-parameters that every optimizer takes. */
export interface Common {
  /** The learning rate. Assigning `group.lr` later scales the whole step, bounds included, by lr / baseLr. */
  lr: number;
  /** What a NaN or infinite gradient does: 'throw' skips the whole update and throws; 'allow' lets it through. */
  nonFinite?: 'throw' | 'allow';
  /** A factor on the rate as a function of the step t = 1, 2, ..; see schedule.ts. It multiplies one that the rule has. */
  schedule?: (t: number) => number;
}

/** Parameters that share hyper-parameters; each may be assigned between steps. baseLr is the lr it was made with. */
export type Group<H> = H & { params: Tensor[]; names: string[]; baseLr: number };

/** Tensors, or [name, tensor] pairs as `namedParameters()` gives them. */
export type Parameters = Iterable<Tensor | readonly [string, Tensor]>;

/** How an optimizer is declared. H: its hyper-parameters. */
export interface Declaration<H extends Common> {
  /** Its name in print. */
  title: string;
  /** One sentence: what it is and which variant. */
  about: string;
  defaults: H;
  /** The rule for hyper-parameters, in which lr is the group's baseLr. Throws ValueError for those that make none. */
  rule(h: H): Rule;
  /** A step of its own where the bounded one does not fit, over state of these names. */
  own?: {
    state: string[];
    kernel: Kernel<Scalars & H>;
    /** The second moment that its rate is made of, from the state, for `inspect`; v where left out. */
    second?(h: H, state: Record<string, Float64Array>): Float64Array;
  };
}

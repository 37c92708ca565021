// How an optimizer is declared: its hyper-parameters, and the rule that they make.
import type { Kernel, Tensor } from '../core/index.js';
import type { Rule } from './rule.js';
import type { Scalars } from './step.js';

/** Hyper-parameters that every optimizer takes. */
export interface Common {
  /** The learning rate, finite and at least 0. Assigning `group.lr` between steps scales the whole step by lr / baseLr,
   *  bounds included. */
  lr: number;
  /** What happens if a gradient holds a NaN or an infinity. 'throw': the whole update is skipped and an error thrown.
   *  'allow': the parameter is updated with it. Default: 'throw'. */
  nonFinite?: 'throw' | 'allow';
  /** A factor on the learning rate, as a function of the step t = 1, 2, .. of the optimizer; schedule.ts has some. It
   *  multiplies the rule's own schedule. Default: 1. */
  schedule?: (t: number) => number;
}

/** Parameters that share hyper-parameters. The hyper-parameters may be assigned between steps. */
export type Group<H> = H & {
  /** The parameters of the group. */
  params: Tensor[];
  /** Their names, in the same order. */
  names: string[];
  /** The lr that the group was made with. The rule is made from it, and lr / baseLr scales the step. */
  baseLr: number;
};

/** Parameters as a list of tensors, or of [name, tensor] pairs as `namedParameters()` returns them. Default name: the
 *  group and the place in it, as in `0.1`. */
export type Parameters = Iterable<Tensor | readonly [string, Tensor]>;

/** Parameters with hyper-parameters of their own, which override the optimizer's options: `{ params, lr: 0.01 }`. */
export type ParameterGroup<H> = {
  /** The parameters of the group. */
  params: Parameters;
} & Partial<H>;

/** How an optimizer is declared. H: its hyper-parameters. */
export interface Declaration<H extends Common> {
  /** Its name, which messages and saved states contain. */
  title: string;
  /** What it is, and which variant, in one line. */
  about: string;
  /** Every hyper-parameter with its default; undefined if it is optional. Names that are not listed are refused. */
  defaults: H;
  /** Returns the rule of these hyper-parameters, in which lr is the group's baseLr. Throws ValueError if one is outside
   *  its domain. */
  rule(h: H): Rule;
  /** A step that replaces the bounded one, if that does not fit. */
  own?: Own<H>;
  /** Returns the optimizer that takes some of the parameters, by their names; they become a group of their own. Default:
   *  none. */
  rest?(h: H): { declaration: Declaration<any>; options: object; takes(name: string, p: Tensor): boolean };
}

/** What the kernels of a step of its own get: the scalars, the hyper-parameters, and the place in the update. */
export type OwnScalars<H> = Scalars &
  Group<H> & {
    /** The number of the parameter's step, from 1. */
    t: number;
    /** Whether it is the first parameter of the update. */
    isFirst: boolean;
    /** Whether it is the last parameter of the update. */
    isLast: boolean;
  };

/** A step of its own. Kernels get as outs the parameter, the state's tensors and its numbers; as ins the gradient, then
 *  optionally the counts as in `boundedStepKernel`. */
export interface Own<H> {
  /** Why it is not the bounded step, as a clause after a colon. */
  why: string;
  /** The names of the state's tensors, each with the shape of its parameter and 0 at first. */
  state: string[];
  /** Returns the first values of numbers in the state, one float64 tensor for each parameter. Default: none. */
  numbers?(h: H): number[];
  /** Whether all parameters share one tensor of numbers. Default: false. */
  isShared?: boolean;
  /** Runs for every parameter before `kernel` runs for the first: it collects numbers over all of them. Default: none. */
  before?: Kernel<OwnScalars<H>>;
  /** Returns what `kernel` gets in place of the gradient, by operations. Default: the gradient. */
  direction?(g: Tensor, state: Readonly<Record<string, Tensor>>, c: OwnScalars<H>): Tensor;
  /** The step. */
  kernel: Kernel<OwnScalars<H>>;
  /** Writes the weights for evaluation into the parameter, or those for training. Default: they are the same. */
  swap?: Kernel<H & { isEval: boolean }>;
  /** Returns the second moment in the rate, computed from the state, for `inspect`. Default: the state's v. */
  second?(h: H, state: Record<string, Float64Array>): Float64Array;
  /** Returns scalars that replace those of the step in `inspect`. Default: none. */
  seen?(c: Scalars, numbers: Float64Array): Partial<Scalars>;
}

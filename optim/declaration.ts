// How an optimizer is declared: its hyper-parameters, and the rule that they make.
import type { Tensor } from '../core/index.js';
import type { Own } from './own.js';
import type { Rule } from './rule.js';

/** Hyper-parameters that every optimizer takes. */
export interface Common {
  /** The learning rate, finite and at least 0. Assigning `group.lr` between steps scales the step by lr / baseLr, bounds
   *  included; only an unscaled weight decay stays the same. */
  lr: number;
  /** What happens if a gradient holds a NaN or an infinity. 'throw': the whole update is skipped and `step` throws; on a backend
   *  without synchronous reads, the next read of a tensor rejects instead. 'allow': the parameter is updated with it. Default: 'throw'. */
  nonFinite?: 'throw' | 'allow';
  /** A factor on lr as a function of the optimizer's step t = 1, 2, .., for example `cosine(steps)`. The rule's own schedule also
   *  acts: the two are multiplied. Default: 1. */
  schedule?: (t: number) => number;
}

/** Parameters that share hyper-parameters. The hyper-parameters may be assigned between steps; the next step throws
 *  ValueError if a field has an unknown name. */
export type Group<H> = H & {
  /** The parameters of the group. The list is frozen: `addParamGroup` adds parameters. */
  readonly params: readonly Tensor[];
  /** Their names, in the same order. */
  readonly names: readonly string[];
  /** The lr that the group was made with. The rule is made from it, and lr / baseLr scales the step. */
  baseLr: number;
};

/** Parameters as a list of tensors, or of [name, tensor] pairs as `namedParameters()` returns them. Default name: the
 *  numbers of the group and of the parameter in it, as in `0.1`. */
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
  /** Every hyper-parameter with its default; undefined if it has none. An option must have one of these names, or be `nonFinite` or
   *  `schedule`. */
  defaults: H;
  /** Returns the rule of these hyper-parameters; h.lr is the group's baseLr. Throws ValueError if one is outside
   *  its domain. */
  rule(h: H): Rule;
  /** A step that replaces the bounded step. Default: the bounded step. */
  own?: Own<H>;
  /** Divides a group into several, each with a declaration, before its parameters are checked. names: those of the parameters of all
   *  groups that the optimizer has or is given. Default: the group is not divided. */
  split?(group: ParameterGroup<H>, names: readonly string[]): (readonly [Declaration<any>, ParameterGroup<any>])[];
}

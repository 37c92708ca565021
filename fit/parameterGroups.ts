// Groups of parameters by whether weight decay applies to them.
import { checkFlag, checkOptions, describeValue, isCallable, type Tensor, ValueError } from '../core/index.js';
import type { Module } from '../nn/index.js';
import { checkModel } from './checks.js';

/** Options of `parameterGroups`: which parameters are not decayed. */
export interface ParameterGroupsOptions {
  /** 'bias and norm': parameters of at most one axis, such as biases and the weights of normalization layers, and all that are named
   *  `bias`. Or a function of path and parameter that returns whether the parameter is not decayed. Default: 'bias and norm'. */
  noDecay?: 'bias and norm' | ((path: string, parameter: Tensor) => boolean);
}

/** A group of parameters for an optimizer that has weight decay. */
export interface DecayGroup {
  /** Parameters with their paths. */
  params: [path: string, parameter: Tensor][];
  /** 0 in the group that is not decayed; absent in the other, which gets the optimizer's `weightDecay`. */
  weightDecay?: number;
}

/** Returns the model's parameters in two groups, those with the optimizer's weight decay and those without; a group without
 *  parameters is left out.
 *
 *    new AdamW(parameterGroups(model, { noDecay: 'bias and norm' }), { lr: 0.001, weightDecay: 0.05 })
 *
 *  The weight decay of Adam and SGDM is 0 by default: then the groups do not differ. Warns if a function `noDecay` selects no parameter.
 *  Throws ValueError if an option is unknown, if `noDecay` returns anything but true or false, or if the model has no parameters. */
export function parameterGroups(model: Module<any>, options: ParameterGroupsOptions = {}): DecayGroup[] {
  checkModel('parameterGroups', model);
  checkOptions('parameterGroups', options, ['noDecay']);
  const { noDecay = 'bias and norm' } = options;
  if (noDecay !== 'bias and norm' && !isCallable(noDecay)) {
    const usage = "'bias and norm' or a function (path, parameter) => boolean";
    throw new ValueError(`parameterGroups: noDecay must be ${usage}: got ${describeValue(noDecay)}`);
  }
  const isFree =
    typeof noDecay === 'function' ? noDecay : (path: string, { ndim }: Tensor) => ndim <= 1 || /(^|\.)bias$/.test(path);
  const named = [...model.namedParameters()].map(([path, p]): [string, Tensor] => [path, p]);
  if (named.length === 0) throw new ValueError('parameterGroups: the model has no parameters');
  const free = named.map(([path, p]) => checkFlag('parameterGroups: what noDecay returns', isFree(path, p)));
  if (typeof noDecay === 'function' && !free.includes(true))
    console.warn(`parameterGroups: noDecay selects none of the parameters ${named.map(([path]) => path).join(', ')}`);
  const groups: DecayGroup[] = [
    { params: named.filter((_, i) => !free[i]) },
    { params: named.filter((_, i) => free[i]), weightDecay: 0 },
  ];
  return groups.filter(({ params }) => params.length > 0);
}

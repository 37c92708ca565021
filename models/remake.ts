// Makes a model again from its description in a checkpoint: the name and the options of a function of this folder.
import { DataError } from '../core/index.js';
import type { Module } from '../nn/index.js';
import { withinBudget } from '../nn/parameter.js';
import { activations, type BuiltIn } from './builtIn.js';
import { charLstm } from './charLstm.js';
import * as dense from './densenet.js';
import { gpt } from './gpt.js';
import { lenet } from './lenet.js';
import { mlp } from './mlp.js';
import * as residual from './resnet.js';

const makers: Readonly<Record<string, (args: any) => Module>> = {
  mlp({ activation, ...args }) {
    if (activation === undefined) return mlp(args);
    if (typeof activation === 'string' && Object.hasOwn(activations, activation))
      return mlp({ ...args, activation: activations[activation] });
    throw new DataError(`mlp: unknown activation: ${String(activation).slice(0, 40)}`);
  },
  lenet,
  charLstm,
  gpt,
  densenetBC: dense.densenetBC,
  densenetCifar: dense.densenetCifar,
  densenet121: dense.densenet121,
  densenet161: dense.densenet161,
  densenet169: dense.densenet169,
  densenet201: dense.densenet201,
  resnet8: residual.resnet8,
  resnet14: residual.resnet14,
  resnet20: residual.resnet20,
  resnet32: residual.resnet32,
  resnet44: residual.resnet44,
  resnet56: residual.resnet56,
  resnet110: residual.resnet110,
  resnet18: residual.resnet18,
  resnet34: residual.resnet34,
  resnet50: residual.resnet50,
  resnet101: residual.resnet101,
  resnet152: residual.resnet152,
};

/** Makes the model. budget: the most values that its parameters may have. A larger model is refused before its memory is allocated.
 *  Throws DataError for an unknown name or a model over the budget, and the function's own errors for its options. */
export function remake({ name, args }: BuiltIn, budget: number): Module {
  if (!Object.hasOwn(makers, name)) throw new DataError(`unknown model: '${name.slice(0, 40)}'`);
  return withinBudget(budget, () => makers[name](args));
}

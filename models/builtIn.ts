// The description of a built-in model in a checkpoint.
import { GELU, LeakyReLU, type Module, ReLU, Sigmoid, SiLU, Softplus, Tanh } from '../nn/index.js';

/** A function of this folder by name, and its options. Plain JSON. */
export interface BuiltIn {
  /** `mlp`, `resnet20`, .. */
  name: string;
  /** Its options. An activation is given by its name, for example 'Tanh'. */
  args: Readonly<Record<string, unknown>>;
}

/** The activations of `mlp` that a checkpoint can name. Each has its default options. */
export const activations: Readonly<Record<string, () => Module>> = {
  ReLU: () => new ReLU(),
  LeakyReLU: () => new LeakyReLU(),
  SiLU: () => new SiLU(),
  GELU: () => new GELU(),
  Tanh: () => new Tanh(),
  Sigmoid: () => new Sigmoid(),
  Softplus: () => new Softplus(),
};

/** The options, with the activation of `mlp` given by its name. Null if it has no name in `activations`, or if hidden layers have
 *  different activations. */
export function nameArguments({ activation, ...args }: BuiltIn['args']): BuiltIn['args'] | null {
  if (!Array.isArray(activation) || activation.length === 0) return args;
  const [first, ...others] = new Set(activation.map(nameOf));
  return first === undefined || others.length > 0 ? null : { ...args, activation: first };
}

function nameOf(layer: Module): string | undefined {
  return Object.keys(activations).find((name) => {
    const known = activations[name]();
    return known.constructor === layer.constructor && known.extraRepr() === layer.extraRepr();
  });
}

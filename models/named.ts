// Notes which function of this folder made a model.
import type { LayerOptions, Module } from '../nn/index.js';
import { withOrigin } from '../nn/origin.js';

/** The model, with the name and the options of the function that made it. `random` and `dtype` are left out: a checkpoint has the
 *  values, in their dtype. */
export function named<M extends Module>(name: string, options: object, model: M): M {
  const { random: _, dtype: __, ...args } = options as LayerOptions;
  return withOrigin(model, { name, args });
}

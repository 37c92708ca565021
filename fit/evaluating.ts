// Evaluation mode for the time of one function.
import type { Module } from '../nn/index.js';
import { inTraining, modesOf } from '../nn/modes.js';

/** The models for which the warning about layers in training mode was printed. */
const told = new WeakSet<Module<any>>();

/** Runs a forward pass of a model in evaluation mode. Prints a warning, once for each model, if a layer that `eval()` did not reach has computed
 *  as in training: the results are random, or depend on the other samples. A model that puts a layer into training mode itself does so on
 *  purpose. what: the function that the program called. */
export function watched<T>(what: string, model: Module<any>, run: () => T): T {
  const { calls } = inTraining;
  const result = run();
  if (inTraining.calls !== calls && !told.has(model) && !model.namedModules().some(([, m]) => m.training)) {
    told.add(model);
    console.warn(
      `${what}: ${inTraining.last} is active: eval() does not reach it; make the layer in the constructor, in a field that is not #private`,
    );
  }
  return result;
}

/** Runs a function with the model in evaluation mode, then gives each module its own mode back. The function must not wait for a promise, so
 *  that whatever takes turns with it, such as a training of the same model, never sees this mode. what: the function that the program called. */
export function evaluating<T>(what: string, model: Module<any>, run: () => T): T {
  const restoreModes = modesOf(model);
  model.eval();
  try {
    return watched(what, model, run);
  } finally {
    restoreModes();
  }
}

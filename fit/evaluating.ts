// Evaluation mode for the time of one function.
import type { Module } from '../nn/index.js';
import { modesOf } from '../nn/modes.js';

/** Runs a function with the model in evaluation mode, then gives each module its own mode back. The function must not wait for a promise, so
 *  that whatever takes turns with it, such as a training of the same model, never sees this mode. */
export function evaluating<T>(model: Module<any>, run: () => T): T {
  const restoreModes = modesOf(model);
  model.eval();
  try {
    return run();
  } finally {
    restoreModes();
  }
}

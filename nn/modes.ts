// The training and evaluation modes of a model's modules, to give them back.
import type { Module } from './module.js';

/** Returns a function that gives a model and each module below it the mode that it has now. */
export function modesOf(model: Module<any, any>): () => void {
  const modes = model.namedModules().map(([, m]) => [m, m.training] as const);
  return () => {
    // Parents come first, because setting one sets all below it. A module that two parents share may need a second round.
    for (const [m, mode] of [...modes, ...modes]) if (m.training !== mode) m.training = mode;
  };
}

// The training and evaluation modes of a model's modules, to give them back.
import type { Module } from './module.js';

/** Returns a function that gives a model and each module below it the mode that it has now. */
export function modesOf(model: Module<any, any>): () => void {
  const modes = model.namedModules().map(([, m]) => [m, m.training] as const);
  return () => {
    // Setting a module sets all below it, and two parents may share a module: each round leaves one more level right.
    for (let wrong = modes; wrong.length; wrong = modes.filter(([m, mode]) => m.training !== mode))
      for (const [m, mode] of wrong) m.training = mode;
  };
}

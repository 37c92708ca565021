// Restores the training or evaluation mode of each module of a model.
import type { Module } from './module.js';

/** Returns a function that restores the present mode of a model and of each module below it. */
export function modesOf(model: Module<any, any>): () => void {
  const modes = model.namedModules().map(([, m]) => [m, m.training] as const);
  return () => {
    // Setting a module sets all below it, and two parents may share a module: each round leaves one more level right.
    for (let wrong = modes; wrong.length; wrong = modes.filter(([m, mode]) => m.training !== mode))
      for (const [m, mode] of wrong) m.training = mode;
  };
}

// The training or evaluation mode of each module of a model.
import type { Module } from './module.js';

/** How often layers in training mode dropped elements or used the statistics of a batch, and which of the two the last layer did. */
export const inTraining = { calls: 0, last: '' };

/** Notes that a layer in training mode drops elements or uses the statistics of a batch. */
export function noteTraining(what: string): void {
  inTraining.calls++;
  inTraining.last = what;
}

/** Returns a function that restores the present mode of a model and of each module below it. */
export function modesOf(model: Module<any, any>): () => void {
  const modes = model.namedModules().map(([, m]) => [m, m.training] as const);
  return () => {
    // Setting a module sets all below it, and two parents may share a module: each round leaves one more level right.
    for (let wrong = modes; wrong.length; wrong = modes.filter(([m, mode]) => m.training !== mode))
      for (const [m, mode] of wrong) m.training = mode;
  };
}

// Copies of a model's state, and running a model with other weights than its own.
import { noGrad, persist, type Tensor } from '../core/index.js';
import type { Module } from '../nn/index.js';
import type { Callback } from './callback.js';

/** Tensors by their path in a model. */
export type Weights = Record<string, Tensor>;

/** Persistent copies of tensors. */
export function copyWeights(weights: Weights): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([path, t]) => [path, persist(noGrad(() => t.detach().clone()))]),
  );
}

/** Frees copies. */
export function disposeWeights(weights: Weights | null): void {
  for (const t of Object.values(weights ?? {})) t.dispose();
}

/** The weights that evaluations use: a callback's `weights` by path, and the model's for all other paths. */
export function evaluatedWeights(model: Module<any>, callbacks: readonly Callback[]): Weights {
  return { ...model.stateDict(), ...(callbacks.find((c) => c.weights)?.weights?.() ?? {}) };
}

/** The weights that a checkpoint saves as `model`, and that the model has when a training ends. Null if these are the model's own. */
export function resultWeights(model: Module<any>, callbacks: readonly Callback[]): Weights | null {
  const found = callbacks.find((c) => c.result)?.result?.() ?? callbacks.find((c) => c.weights)?.weights?.();
  return found ? { ...model.stateDict(), ...found } : null;
}

/** Runs a function while the model has the weights that evaluations use. Then restores the model's own weights. */
export async function withEvaluatedWeights<T>(
  model: Module<any>,
  callbacks: readonly Callback[],
  run: () => Promise<T>,
): Promise<T> {
  const weights = callbacks.find((c) => c.weights)?.weights?.();
  if (!weights) return run();
  const own = copyWeights(model.stateDict());
  try {
    model.loadStateDict(weights, { strict: false });
    return await run();
  } finally {
    model.loadStateDict(own);
    disposeWeights(own);
  }
}

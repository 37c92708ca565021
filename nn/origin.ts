// How a model was made. A checkpoint records it, so that a built-in model can be made again from its name and arguments.
import type { Module } from './module.js';

/** How a model was made: by a function of models/, or by a user's file, which is named in messages only. */
export type Origin =
  | { readonly name: string; readonly args: Readonly<Record<string, unknown>> }
  | { readonly file: string; readonly hash: string };

/** The origin of a model, and the modules that it had when it was made. */
const origins = /* @__PURE__ */ new WeakMap<Module<any, any>, [origin: Origin, modules: readonly Module<any, any>[]]>();

/** Notes how a model was made, and returns the model. */
export function withOrigin<M extends Module<any, any>>(model: M, origin: Origin): M {
  origins.set(model, [origin, modulesOf(model)]);
  return model;
}

/** How a model was made; null if that is unknown, or if modules have been replaced since. */
export function originOf(model: Module<any, any>): Origin | null {
  const [origin = null, before = []] = origins.get(model) ?? [];
  const now = modulesOf(model);
  return now.length === before.length && now.every((m, i) => m === before[i]) ? origin : null;
}

function modulesOf(model: Module<any, any>): readonly Module<any, any>[] {
  return model.namedModules().map(([, m]) => m);
}

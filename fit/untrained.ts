// Warnings, before a training, of parameters that it would not train, and of a field that was to freeze them and does not.
import type { Tensor } from '../core/index.js';
import type { Module } from '../nn/index.js';
import type { Optimizer } from '../optim/index.js';

/** Warns if the optimizer lacks parameters of the model that are all newer than those that it has: a layer was added after the optimizer
 *  was made. Older parameters may be left out on purpose, for example to train only the last layer. */
export function warnOfNew(model: Module<any>, { paramGroups }: Optimizer<any>): void {
  const held = new Set<Tensor>(paramGroups.flatMap((g) => g.params));
  const own = model.namedParameters();
  const newest = Math.max(...own.filter(([, p]) => held.has(p)).map(([, p]) => p.storage.id));
  const others = own.filter(([, p]) => !held.has(p) && p.requiresGrad);
  if (!others.length || others.some(([, p]) => p.storage.id < newest)) return;
  const names = `${others[0][0]}${others.length > 1 ? `, .. (${others.length})` : ''}`;
  console.warn(`fit: not trained: ${names}: newer than the optimizer; create it after the layers, or freeze them`);
}

/** The models for which the warning about plain tensors was printed. */
const warnedOfPlain = new WeakSet<Module<any>>();

/** Warns, once for each model, about fields that count as parameters but are plain tensors, such as `ones([3])`: nothing trains them. The
 *  parameters of layers are persistent, even if they are frozen. */
export function warnOfPlain(model: Module<any>): void {
  const plain = model.namedParameters().filter(([, p]) => !p.requiresGrad && !p.storage.persistent);
  if (!plain.length || warnedOfPlain.has(model)) return;
  warnedOfPlain.add(model);
  const [[name]] = plain;
  console.warn(`fit: not trained: ${name}: give it { requiresGrad: true }, or register it as a buffer`);
}

/** The models for which the warning about a field that freezes nothing was printed. */
const warnedOfFrozen = new WeakSet<Module<any>>();

/** Warns, once for each model, about a field that freezes a layer in Keras or looks as if it did in PyTorch. */
export function warnOfFrozen(model: Module<any>): void {
  for (const [path, m] of model.namedModules()) {
    const field = ['trainable', 'requires_grad'].find((name) => Reflect.get(m, name) === false);
    if (!field || warnedOfFrozen.has(model) || !m.parameters().some((p) => p.requiresGrad)) continue;
    warnedOfFrozen.add(model);
    console.warn(`fit: ${path || 'model'}.${field} = false freezes nothing; call requiresGrad(false)`);
  }
}

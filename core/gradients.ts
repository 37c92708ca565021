// Who owns the gradients of leaves.
//
// A gradient outlives the scope of its step. The gradient of a persistent parameter is persistent too, so that it stays in
// kernel memory until `freeGrad` frees it. A training loop may also set `grad = null` itself, which frees nothing. So each
// parameter has at most one persistent gradient at a time; further ones are collected.
import { Storage } from './scope.js';
import { show } from './shape.js';
import type { Tensor } from './tensor.js';

/** The storage of the persistent gradient, by its leaf. Not by the leaf's storage: a detached copy shares that. */
const persistentGrads = new WeakMap<Tensor, Storage>();

/** Tensors that a module or an optimizer has listed. */
const listed = new WeakSet<Tensor>();
/** Parameters that were not listed when they got their first gradient. */
let unlisted: WeakRef<Tensor>[] = [];

/** Notes that a module or an optimizer has listed a tensor. Returns the tensor. */
export function markListed(t: Tensor): Tensor {
  listed.add(t);
  return t;
}

/** The first parameters of the optimizers that have warned. Without them, a layer that each forward makes anew would cause a warning at each step. */
const warned = new WeakSet<Tensor>();

/** Warns once for each optimizer about parameters of layers that it does not know: layers in a #private field, or in a field that was
 *  assigned after the optimizer was made. No module and no optimizer has listed such a parameter, although the last backward that reached
 *  it also reached one of `params`. what: the beginning of the warning. */
export function warnUnlisted(what: string, params: readonly Tensor[]): void {
  const shapes: string[] = [];
  unlisted = unlisted.filter((ref) => {
    const t = ref.deref();
    return (
      t?.node &&
      !listed.has(t) &&
      !(params.some((p) => p.node?.root === t.node!.root) && shapes.push(show(markListed(t).shape)))
    );
  });
  if (shapes[0] && !warned.has(params[0]))
    console.warn(`${what}: parameters that no optimizer has are not trained: ${shapes}; is the layer #private or new?`);
  if (shapes[0]) warned.add(params[0]);
}

/** By the storage of a sum of several gradients: the id of the oldest one's storage. */
const oldest = new WeakMap<Storage, number>();

/** Notes that g replaces a gradient: a clipped sum is still a sum. Returns g. */
export function replaceGrad(g: Tensor, before: Tensor): Tensor {
  const id = oldest.get(before.storage);
  if (id) oldest.set(g.storage, id);
  return g;
}

/** Marks the gradients of a step, and warns if a later backward has added to gradients that existed at the last step: without zeroGrad()
 *  those of all steps add up.
 *  what: the beginning of the warning. last: the number of storages at the last step; 0 before the first, -1 after this warning. Returns the
 *  `last` of this step. */
export function warnSummed(what: string, update: readonly { p: Tensor }[], last: number): number {
  for (const { p } of update) p.grad!.storage.stepped = update[0].p;
  if (last < 0) return last;
  if (!update.some(({ p }) => oldest.get(p.grad!.storage)! <= last)) return Storage.count;
  console.warn(`${what}: the gradients contain those of earlier steps; call zeroGrad() after each step`);
  return -1;
}

/** Moves g, the gradient of t, out of every scope. Returns g. */
export function placeGrad(t: Tensor, g: Tensor): Tensor {
  const sum = t.grad?.storage;
  // Values that a program gave or wrote are not the gradient of an earlier step.
  if (sum?.made && !sum.version) oldest.set(g.storage, oldest.get(sum) ?? sum.id);
  const before = persistentGrads.get(t);
  const persistent = t.isLeaf && t.storage.persistent && !g.node && !(before && !before.freed);
  g.storage.release(persistent);
  if (persistent) {
    if (!before && !listed.has(t)) unlisted.push(new WeakRef(t));
    persistentGrads.set(t, g.storage);
  }
  return g;
}

/** Sets `grad` to null and frees its persistent values. `zeroGrad()` and `dispose()` of optimizers and modules call it. */
export function freeGrad(t: Tensor): void {
  persistentGrads.get(t)?.free('it was a gradient, which zeroGrad() or dispose() has freed');
  t.grad = null;
}

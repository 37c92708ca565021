// Where the gradients of leaves lie.
//
// A gradient outlives the scope of its step. That of a parameter that lasts, lasts too and lies where kernels use it, until
// `dropGrad`. Where a loop sets `grad = null` itself, nobody says that it is no longer wanted: so there is one at a time,
// and those made while it is there are the garbage collector's.
import type { Storage } from './scope.js';
import type { Tensor } from './tensor.js';

/** The gradient that lasts, by the storage of its leaf. */
const lasting = new WeakMap<Storage, Storage>();

/** Moves the gradient of t out of every scope. Returns it. */
export function keepGrad(t: Tensor, g: Tensor): Tensor {
  const before = lasting.get(t.storage);
  const beside = t.isLeaf && t.storage.lasting && !g.node && !(before && !before.freed);
  g.storage.release(beside);
  if (beside) lasting.set(t.storage, g.storage);
  return g;
}

/** Sets `grad` to null and frees the values that backward gave it. */
export function dropGrad(t: Tensor): void {
  lasting.get(t.storage)?.free('it was a gradient, which zeroGrad() or dispose() has dropped; clone() what is to last');
  t.grad = null;
}

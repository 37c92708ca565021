// Copying values from tensor to tensor: to load a state dict or an optimizer's state, or to update a buffer.
import { checkAssignable, checkReadable } from './arguments.js';
import { noGrad } from './graph.js';
import { runInPlace } from './op.js';
import { cast, copy } from './ops/cast.js';
import { isContiguous } from './shape.js';
import type { Tensor } from './tensor.js';

/** Copies the values of `from` into `to`, of the same shape, cast to the dtype of `to`. The graph does not record the copy. If both are on one
 *  backend and `to` is contiguous, no value is read: the backend copies. Throws BackendError unless the values can be copied or read at once. */
export function overwrite(to: Tensor, from: Tensor): void {
  noGrad(() => {
    if (isDirect(to, from)) runInPlace(copy.op, [to], [cast(from, to.dtype)], {});
    else to.assign(from.dataSync());
  });
}

/** Throws the error that `overwrite(to, from)` would throw. what: the function that messages name. */
export function checkOverwrite(what: string, to: Tensor, from: Tensor): void {
  from.check(what);
  to.check(what);
  if (isDirect(to, from)) return;
  checkAssignable(what, to);
  checkReadable(what, from);
}

/** Whether the backend copies the values itself. */
function isDirect(to: Tensor, from: Tensor): boolean {
  return to.storage.backend === from.storage.backend && isContiguous(to);
}

// A choice between two tensors, element by element.
import { atMost, checkBool, checkTensor } from '../arguments.js';
import type { DType } from '../backends/backend.js';
import { promote, promoteNumber } from '../dtype.js';
import { type Operation, op } from '../op.js';
import { broadcastShapes } from '../shape.js';
import type { Operand, Tensor } from '../tensor.js';
import { broadcastIfNeeded } from './broadcast.js';
import { cast } from './cast.js';
import { scalar } from './fill.js';
import { dense } from './loops.js';

/** Returns a if the condition is true, else b. All three broadcast; a and b are promoted to one dtype.
 *  The branch that is not chosen gets the gradient 0. If the derivative of that branch is infinite or NaN, the product with 0
 *  is NaN, as in PyTorch: where(x.greater(1), x.sqrt(), x.mul(2)) has the gradient NaN at 0. Guard the operand as well:
 *
 *    const inside = x.greater(1);
 *    where(inside, where(inside, x, 1).sqrt(), x.mul(2))
 *
 *  Throws DTypeError unless the condition is bool. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  atMost(3, 'where', arguments);
  checkBool('where: the condition', condition);
  for (const v of [a, b]) if (typeof v !== 'number') checkTensor('where', v);
  const dtype = commonDType(a, b);
  const [x, y] = [a, b].map((v) => (typeof v === 'number' ? scalar(v, dtype, condition) : cast(v, dtype)));
  const shape = broadcastShapes('where', condition.shape, x.shape, y.shape);
  return whereOp(broadcastIfNeeded(condition, shape), broadcastIfNeeded(x, shape), broadcastIfNeeded(y, shape));
}

function commonDType(a: Operand, b: Operand): DType {
  if (typeof a !== 'number') return typeof b === 'number' ? promoteNumber(a.dtype, b) : promote(a.dtype, b.dtype);
  return typeof b === 'number' ? 'float32' : promoteNumber(b.dtype, a);
}

// y = c ? a : b;  da = c ? g : 0,  db = c ? 0 : g.
export const whereOp: Operation<[condition: Tensor, a: Tensor, b: Tensor], object> = op({
  name: 'where',
  args: (condition, a, b) => [[condition, a, b], {}],
  shape: ([c]) => [c],
  dtype: ([, a]) => [a],
  loop([y], views) {
    const [c, a, b] = views.map(dense);
    for (let i = 0; i < c.length; i++) y.data[y.offset + i] = c[i] ? a[i] : b[i];
  },
  vjp: ([g], [c]) => [null, () => where(c, g, 0), () => where(c, 0, g)],
});

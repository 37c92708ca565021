// Broadcasting repeats values along axes; the sum over these axes is its transpose.

import type { ShapeAttributes } from '../backends/attributes.js';
import { ShapeError } from '../errors.js';
import type { Operation } from '../op.js';
import { broadcastShapes, broadcastStrides, checkShape, type Shape, sameShape, show } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { reduction, view } from './kinds.js';
import { total } from './loops.js';
import { reshape } from './view.js';

/** Returns a view of shape `to` that repeats axes of size 1 and adds leading axes, as NumPy's broadcast_to.
 *  Throws ShapeError if the shapes do not broadcast or `to` is smaller. */
export const broadcastTo: Operation<[x: Tensor, to: Shape], ShapeAttributes> = view({
  name: 'broadcastTo',
  args: (x, to) => [[x], { to: checkShape('broadcastTo', to) }],
  shape([x], { to }) {
    if (!sameShape(broadcastShapes('broadcastTo', x, to), to)) {
      throw new ShapeError(`broadcastTo: the target is smaller: ${show(x)} to ${show(to)}`);
    }
    return [to];
  },
  view: (x, { to }) => ({ stride: broadcastStrides(x.shape, x.stride, to), offset: x.offset }),
  vjp: ([g], [x]) => [() => sumTo(g, x.shape)],
});

/** Returns x broadcast to a shape, or x itself if it already has that shape. */
export function broadcastIfNeeded(x: Tensor, to: Shape): Tensor {
  return sameShape(x.shape, to) ? x : broadcastTo(x, to);
}

/** Returns the sum of g over the axes that broadcasting from `shape` to g's shape repeats: the transpose of broadcastTo. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.ndim - shape.length;
  const axes = g.shape.flatMap((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? [i] : []));
  return reshape(axes.length ? sumOp(g, axes) : g, shape);
}

// y = sum x over the axes;  dx = g, repeated along them.
export const sumOp = reduction('sum', total, ([g], [x]) => [() => broadcastTo(g, x.shape)]);

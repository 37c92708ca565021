// y_i = x_0 + .. + x_i along an axis. dx_i = g_i + .. + g_(n-1): the same sums from the other end.

import { atMost, checkTensor } from '../arguments.js';
import type { CumsumAttributes } from '../backends/attributes.js';
import { type Operation, op } from '../op.js';
import { axisOf } from '../operands.js';
import { splitAtAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { dense } from './loops.js';

/** Returns the sums of the elements up to each position along an axis. bool is summed as int32.
 *  Throws ShapeError if there is no such axis, ValueError if int32 does not hold a sum. */
export function cumsum(x: Tensor, axis: number): Tensor {
  atMost(2, 'cumsum', arguments);
  const along = axisOf('cumsum', x, axis);
  return cumsumOp(x.dtype === 'bool' ? cast(x, 'int32') : x, along, false);
}

export const cumsumOp: Operation<[x: Tensor, axis: number, reverse: boolean], CumsumAttributes> = op({
  name: 'cumsum',
  args: (x, axis, reverse) => [[checkTensor('cumsum', x)], { axis, reverse }],
  shape: ([x]) => [x],
  loop([y], [x], { axis, reverse }) {
    const xs = dense(x);
    const { outer, n, inner } = splitAtAxis(x.shape, axis);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) {
          const i = (o * n + (reverse ? n - 1 - k : k)) * inner + j;
          sum += xs[i];
          y.data[y.offset + i] = sum;
        }
      }
    }
  },
  vjp: ([g], _xs, _ys, { axis, reverse }) => [() => cumsumOp(g, axis, !reverse)],
});

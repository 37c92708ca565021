// Triangles of matrices. The gradient of x is the same triangle of g.

import { checkInteger } from '../arguments.js';
import type { TriangleAttributes } from '../backends/attributes.js';
import { ShapeError } from '../errors.js';
import { type Operation, op } from '../op.js';
import { show } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { dense } from './loops.js';

/* @__NO_SIDE_EFFECTS__ */
function triangle(
  name: string,
  keeps: (i: number, j: number, diagonal: number) => boolean,
): Operation<[x: Tensor, diagonal?: number], TriangleAttributes> {
  const call: Operation<[x: Tensor, diagonal?: number], TriangleAttributes> = op({
    name,
    args: (x, diagonal) => [
      [x],
      { diagonal: diagonal === undefined ? 0 : checkInteger(`${name}: diagonal`, diagonal) },
    ],
    shape([x]) {
      if (x.length < 2) throw new ShapeError(`${name}: takes matrices [.., m, n]: ${show(x)}`);
      return [x];
    },
    loop([y], [x], { diagonal }) {
      const xs = dense(x);
      const [m, n] = x.shape.slice(-2);
      for (let k = 0; k < xs.length; k++) {
        y.data[y.offset + k] = keeps(Math.floor(k / n) % m, k % n, diagonal) ? xs[k] : 0;
      }
    },
    vjp: ([g], _xs, _ys, { diagonal }) => [() => call(g, diagonal)],
  });
  return call;
}

/** Returns matrices with zeros above a diagonal: y_ij = x_ij if j - i <= diagonal, else 0.  x [.., m, n]
 *  diagonal: 0 is the main diagonal, positive ones lie above it. Default: 0. Throws ShapeError for fewer than two axes. */
export const tril = triangle('tril', (i, j, diagonal) => j - i <= diagonal);
/** Returns matrices with zeros below a diagonal: y_ij = x_ij if j - i >= diagonal, else 0.  x [.., m, n]
 *  diagonal: 0 is the main diagonal, positive ones lie above it. Default: 0. Throws ShapeError for fewer than two axes. */
export const triu = triangle('triu', (i, j, diagonal) => j - i >= diagonal);

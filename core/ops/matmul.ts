// C_ij = sum_k A_ik B_kj, over leading batch axes.
//   dA = G B^T,  dB = A^T G = (G^T A)^T;  the second form of dB has B's memory order if B is a transposed view, as in linear.

import { atMost, checkTensor } from '../arguments.js';
import { ShapeError } from '../errors.js';
import { type Operation, op } from '../op.js';
import { broadcastShapes, sameShape, show, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { broadcastIfNeeded } from './broadcast.js';
import { unifyNumbers } from './cast.js';
import { dense } from './loops.js';
import { reshape, transpose } from './view.js';
import { add } from './zip.js';

/** Returns the matrix product, as NumPy's @. Batch axes broadcast; a vector is a row on the left and a column on the right.
 *  a [.., m, k], b [.., k, n]  -> [.., m, n].  Throws ShapeError if inner sizes differ, batch axes do not broadcast or an operand is a
 *  scalar. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  atMost(2, 'matmul', arguments);
  if (checkTensor('matmul', a).ndim === 0 || checkTensor('matmul', b).ndim === 0) {
    throw new ShapeError(`matmul: an operand is a scalar: ${show(a.shape)} by ${show(b.shape)}; use mul`);
  }
  const [x, y] = unifyNumbers(
    'matmul',
    a.ndim === 1 ? reshape(a, [1, a.size]) : a,
    b.ndim === 1 ? reshape(b, [b.size, 1]) : b,
  );
  if (x.shape.at(-1) !== y.shape.at(-2)) {
    throw new ShapeError(`matmul: inner sizes differ: ${show(a.shape)} by ${show(b.shape)}; transpose one operand?`);
  }
  const batch = broadcastShapes('matmul', x.shape.slice(0, -2), y.shape.slice(0, -2));
  const fit = (t: Tensor) => broadcastIfNeeded(t, [...batch, ...t.shape.slice(-2)]);
  const z = matmulOp(fit(x), fit(y));
  return reshape(z, [...batch, ...(a.ndim > 1 ? [a.shape.at(-2)!] : []), ...(b.ndim > 1 ? [b.shape.at(-1)!] : [])]);
}

export const matmulOp: Operation<[a: Tensor, b: Tensor], object> = op({
  name: 'matmul',
  args: (a, b) => [[a, b], {}],
  shape: ([a, b]) => [[...a.slice(0, -1), b.at(-1)!]],
  loop([c], views) {
    const [a, b] = views.map(dense);
    const [m, n] = c.shape.slice(-2);
    const k = views[0].shape.at(-1)!;
    const row = new Float64Array(n);
    for (let batch = 0; batch < sizeOf(c.shape.slice(0, -2)); batch++) {
      for (let i = 0; i < m; i++) {
        row.fill(0);
        for (let l = 0; l < k; l++) {
          const ail = a[(batch * m + i) * k + l];
          const from = (batch * k + l) * n;
          for (let j = 0; j < n; j++) row[j] += ail * b[from + j];
        }
        c.data.set(row, c.offset + (batch * m + i) * n);
      }
    }
  },
  vjp: ([g], [a, b]) => [
    () => matmulOp(g, transpose(b)),
    () => (b.stride.at(-1) === 1 ? matmulOp(transpose(a), g) : transpose(matmulOp(transpose(g), a))),
  ],
});

/** Returns x W^T + b, with the weight stored as in PyTorch.  x [.., in], weight [out, in], bias [out] or null  -> [.., out]
 *  Throws ShapeError if x's last size is not `in`, or the bias is not [out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  atMost(3, 'linear', arguments);
  if (
    checkTensor('linear', weight).ndim !== 2 ||
    checkTensor('linear', x).ndim === 0 ||
    x.shape.at(-1) !== weight.shape[1]
  ) {
    throw new ShapeError(`linear: inner sizes differ: ${show(x.shape)} by weight ${show(weight.shape)}`);
  }
  if (bias && !sameShape(checkTensor('linear: bias', bias).shape, [weight.shape[0]])) {
    throw new ShapeError(
      `linear: bias must have one value for each output: ${show(bias.shape)} for ${weight.shape[0]}`,
    );
  }
  const y = matmul(reshape(x, [sizeOf(x.shape.slice(0, -1)), weight.shape[1]]), transpose(weight));
  return reshape(bias ? add(y, bias) : y, [...x.shape.slice(0, -1), weight.shape[0]]);
}

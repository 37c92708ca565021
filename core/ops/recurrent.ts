// Recurrent layers over a whole sequence, each as one operation. The input's share of the gates, x_t = W_ih input_t, is computed beforehand
// for all steps at once; s is the logistic function, and * multiplies element by element. With u_t = W_hh h_{t-1} + b_hh:
//
//   rnn    h_t = f(x_t + b_ih + u_t)                            f is tanh, or max(0, ..)
//
//   lstm   i, f, o = s(x_t + b_ih + u_t),  g = tanh(x_t + b_ih + u_t)        rows in the order i, f, g, o
//          c_t = f * c_{t-1} + i * g,  h_t = o * tanh c_t
//
//   gru    r, z = s(x_t + b_ih + u_t),  n = tanh(x_t + b_ih + r * u_t)       rows in the order r, z, n
//          h_t = (1 - z) * n + z * h_{t-1}
//
// Backward, from the last step to the first, one kernel computes dx_t, du_t and dh_{t-1} = W_hh^T du_t. dx_t and du_t differ only
// for the n of gru, and gru adds z * dh_t to dh_{t-1}. Then dW_hh = sum_t du_t h_{t-1}^T is one product over all steps.
//
// Shapes: x [steps, batch, gates n]; W_hh [gates n, n]; b_ih, b_hh [gates n]; h, c [batch, n]. Rows of gates are in PyTorch's order.
// Sources: Elman 1990, Cognitive Science 14(2); Hochreiter and Schmidhuber 1997, Neural Computation 9(8), with the forget gate of Gers,
// Schmidhuber and Cummins 2000, Neural Computation 12(10); Cho et al. 2014, arXiv 1406.1078.

import type { RnnAttributes } from '../backends/attributes.js';
import type { Values, View } from '../backends/backend.js';
import { withComposed } from '../composed.js';
import { ShapeError } from '../errors.js';
import { type Operations, ops, type Thunks } from '../op.js';
import { type Shape, sameShape, show, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { sumTo } from './broadcast.js';
import { unify } from './cast.js';
import { dense } from './loops.js';
import { relu, sigmoid, tanh } from './map.js';
import { linear, matmulOp } from './matmul.js';
import { concat, stack } from './move.js';
import { slice } from './slice.js';
import { reshape, transpose } from './view.js';
import { add, mul, sub } from './zip.js';

type Args = [x: Tensor, w: Tensor, bi: Tensor, bh: Tensor, h: Tensor];

/** Returns [h_1 .. h_steps] as [steps, batch, n]. relu: whether f is max(0, ..) in place of tanh. Throws ShapeError if shapes do not
 *  fit. */
export const rnn: Operations<[...Args, relu: boolean], RnnAttributes> = ops(
  withComposed({
    name: 'rnn',
    args: (x, w, bi, bh, h, relu) => [unify('rnn', x, w, bi, bh, h), { relu }],
    shape: (xs) => [statesOf('rnn', 1, xs)],
    loop([y], views, { relu }) {
      const [x, w, bi, bh, h0] = views.map(dense);
      const n = y.shape[2];
      const out = data(y);
      const h = Float64Array.from(h0);
      eachStep(y.shape, (row, at) => {
        const u = product(w, h, at, n, bh);
        for (let j = 0; j < n; j++) {
          const v = x[row * n + j] + bi[j] + u[j];
          out[row * n + j] = h[at + j] = relu ? (v < 0 ? 0 : v) : Math.tanh(v);
        }
      });
    },
    vjp([g], [, w, bi, bh, h0], [y], { relu }) {
      let all: Tensor[] | undefined;
      const part = (i: number) => () => (all ??= rnnGrad(g, w, y, relu))[i];
      return [...shared(part(0), part(0), [bi, bh, h0, y]), part(1)];
    },
    composed([x, w, bi, bh, h], { relu: rectified }) {
      const states = steps(x).map((xt) => {
        const v = add(add(xt, bi), linear(h, w, bh));
        h = rectified ? relu(v) : tanh(v);
        return h;
      });
      return [stack(states)];
    },
  }),
);

/** Returns the gradients of rnn in one call: [dx, dh_0]. It has no vjp: second derivatives use rnn's composed form. */
export const rnnGrad: Operations<[g: Tensor, w: Tensor, y: Tensor, relu: boolean], RnnAttributes> = ops({
  name: 'rnnGrad',
  args: (g, w, y, relu) => [[g, w, y], { relu }],
  shape: ([g]) => [g, g.slice(1)],
  loop([dx, dh], views, { relu }) {
    const [g, w, y] = views.map(dense);
    const n = dx.shape[2];
    const carried = new Float64Array(sizeOf(dh.shape));
    const du = new Float64Array(n);
    eachStep(
      dx.shape,
      (row, at) => {
        for (let j = 0; j < n; j++) {
          const h = y[row * n + j];
          // The derivative of f at its result h.
          const slope = relu ? Number(h > 0) : 1 - h * h;
          du[j] = (g[row * n + j] + carried[at + j]) * slope;
          carried[at + j] = 0;
        }
        data(dx).set(du, row * n);
        addTransposed(carried, at, w, du);
      },
      true,
    );
    data(dh).set(carried);
  },
});

/** Returns [h, c_steps], and for the backward pass all c_t and gates: h [steps, batch, n], c_steps [batch, n]. c: c_0.
 *  Throws ShapeError if shapes do not fit. */
export const lstm: Operations<[...Args, c: Tensor], object> = ops(
  withComposed({
    name: 'lstm',
    kept: 2,
    args: (...xs) => [unify('lstm', ...xs), {}],
    shape(xs) {
      const y = statesOf('lstm', 4, xs);
      return [y, xs[5], y, xs[0]];
    },
    loop([y, last, cells, gates], views) {
      const [x, w, bi, bh, h0, c0] = views.map(dense);
      const n = y.shape[2];
      const [ys, cs, kept] = [y, cells, gates].map(data);
      const [h, c] = [h0, c0].map((v) => Float64Array.from(v));
      eachStep(y.shape, (row, at) => {
        const u = product(w, h, at, n, bh);
        const from = 4 * row * n;
        for (let j = 0; j < n; j++) {
          const v = (k: number) => x[from + k * n + j] + bi[k * n + j] + u[k * n + j];
          const [i, f, g, o] = [logistic(v(0)), logistic(v(1)), Math.tanh(v(2)), logistic(v(3))];
          c[at + j] = f * c[at + j] + i * g;
          h[at + j] = o * Math.tanh(c[at + j]);
          ys[row * n + j] = h[at + j];
          cs[row * n + j] = c[at + j];
          [i, f, g, o].forEach((gate, k) => {
            kept[from + k * n + j] = gate;
          });
        }
      });
      data(last).set(c);
    },
    vjp([g, gc], [, w, bi, bh, h0, c0], [y, , cells, gates]) {
      let all: Tensor[] | undefined;
      const part = (i: number) => () => (all ??= lstmGrad(g, gc, w, c0, cells, gates))[i];
      return [...shared(part(0), part(0), [bi, bh, h0, y]), part(1), part(2)];
    },
    composed([x, w, bi, bh, h, c]) {
      const states = steps(x).map((xt) => {
        const [i, f, g, o] = parts(add(add(xt, bi), linear(h, w, bh)), 4);
        c = add(mul(sigmoid(f), c), mul(sigmoid(i), tanh(g)));
        h = mul(sigmoid(o), tanh(c));
        return h;
      });
      return [stack(states), c];
    },
  }),
);

/** Returns the gradients of lstm in one call: [dx, dh_0, dc_0]. g, gc: the cotangents of h and of c_steps. It has no vjp: second
 *  derivatives use lstm's composed form. */
export const lstmGrad: Operations<
  [g: Tensor, gc: Tensor, w: Tensor, c0: Tensor, cells: Tensor, gates: Tensor],
  object
> = ops({
  name: 'lstmGrad',
  args: (...xs) => [xs, {}],
  shape: ([, gc, , , , gates]) => [gates, gc, gc],
  loop([dx, dh, dc], views) {
    const [g, gc, w, c0, cells, gates] = views.map(dense);
    const [, batch, n] = views[0].shape;
    const [carried, cell] = [new Float64Array(batch * n), Float64Array.from(gc)];
    const du = new Float64Array(4 * n);
    eachStep(
      views[0].shape,
      (row, at) => {
        for (let j = 0; j < n; j++) {
          const [i, f, s, o] = [0, 1, 2, 3].map((k) => gates[(4 * row + k) * n + j]);
          const t = Math.tanh(cells[row * n + j]);
          const before = row < batch ? c0[at + j] : cells[(row - batch) * n + j];
          const d = g[row * n + j] + carried[at + j];
          // The derivative with respect to c_t, through h_t and through c_{t+1}.
          const e = cell[at + j] + d * o * (1 - t * t);
          du[j] = e * s * i * (1 - i);
          du[n + j] = e * before * f * (1 - f);
          du[2 * n + j] = e * i * (1 - s * s);
          du[3 * n + j] = d * t * o * (1 - o);
          cell[at + j] = e * f;
          carried[at + j] = 0;
        }
        data(dx).set(du, 4 * row * n);
        addTransposed(carried, at, w, du);
      },
      true,
    );
    data(dh).set(carried);
    data(dc).set(cell);
  },
});

/** Returns [h], and for the backward pass r, z, n and u_n: h [steps, batch, n]. Throws ShapeError if shapes do not fit. */
export const gru: Operations<Args, object> = ops(
  withComposed({
    name: 'gru',
    kept: 1,
    args: (...xs) => [unify('gru', ...xs), {}],
    shape(xs) {
      const [count, batch, n] = statesOf('gru', 3, xs);
      return [
        [count, batch, n],
        [count, batch, 4 * n],
      ];
    },
    loop([y, gates], views) {
      const [x, w, bi, bh, h0] = views.map(dense);
      const n = y.shape[2];
      const [ys, kept] = [y, gates].map(data);
      const h = Float64Array.from(h0);
      eachStep(y.shape, (row, at) => {
        const u = product(w, h, at, n, bh);
        for (let j = 0; j < n; j++) {
          const v = (k: number) => x[(3 * row + k) * n + j] + bi[k * n + j];
          const [r, z] = [logistic(v(0) + u[j]), logistic(v(1) + u[n + j])];
          const m = Math.tanh(v(2) + r * u[2 * n + j]);
          h[at + j] = (1 - z) * m + z * h[at + j];
          ys[row * n + j] = h[at + j];
          [r, z, m, u[2 * n + j]].forEach((value, k) => {
            kept[(4 * row + k) * n + j] = value;
          });
        }
      });
    },
    vjp([g], [, w, bi, bh, h0], [y, gates]) {
      let all: Tensor[] | undefined;
      const part = (i: number) => () => (all ??= gruGrad(g, w, h0, y, gates))[i];
      return [...shared(part(0), part(1), [bi, bh, h0, y]), part(2)];
    },
    composed([x, w, bi, bh, h]) {
      const states = steps(x).map((xt) => {
        const [[xr, xz, xn], [ur, uz, un]] = [add(xt, bi), linear(h, w, bh)].map((v) => parts(v, 3));
        const z = sigmoid(add(xz, uz));
        const m = tanh(add(xn, mul(sigmoid(add(xr, ur)), un)));
        h = add(mul(sub(1, z), m), mul(z, h));
        return h;
      });
      return [stack(states)];
    },
  }),
);

/** Returns the gradients of gru in one call: [dx, du, dh_0]. It has no vjp: second derivatives use gru's composed form. */
export const gruGrad: Operations<[g: Tensor, w: Tensor, h0: Tensor, y: Tensor, gates: Tensor], object> = ops({
  name: 'gruGrad',
  args: (...xs) => [xs, {}],
  shape([[count, batch, n], , h0]) {
    const x = [count, batch, 3 * n];
    return [x, x, h0];
  },
  loop([dx, du, dh], views) {
    const [g, w, h0, y, gates] = views.map(dense);
    const [, batch, n] = views[0].shape;
    const carried = new Float64Array(batch * n);
    const [dv, du1] = [new Float64Array(3 * n), new Float64Array(3 * n)];
    eachStep(
      views[0].shape,
      (row, at) => {
        for (let j = 0; j < n; j++) {
          const [r, z, m, u] = [0, 1, 2, 3].map((k) => gates[(4 * row + k) * n + j]);
          const before = row < batch ? h0[at + j] : y[(row - batch) * n + j];
          const d = g[row * n + j] + carried[at + j];
          const dn = d * (1 - z) * (1 - m * m);
          dv[j] = du1[j] = dn * u * r * (1 - r);
          dv[n + j] = du1[n + j] = d * (before - m) * z * (1 - z);
          dv[2 * n + j] = dn;
          du1[2 * n + j] = dn * r;
          carried[at + j] = d * z;
        }
        data(dx).set(dv, 3 * row * n);
        data(du).set(du1, 3 * row * n);
        addTransposed(carried, at, w, du1);
      },
      true,
    );
    data(dh).set(carried);
  },
});

/** The shape of all h_t. Throws ShapeError unless the shapes of the inputs are those at the head of this file. */
function statesOf(what: string, gates: number, [x, w, bi, bh, h, c = h]: Shape[]): Shape {
  const [batch, n] = h;
  const wide = gates * n;
  const fits =
    sameShape(x, [x[0], batch, wide]) &&
    sameShape(w, [wide, n]) &&
    [bi, bh].every((b) => sameShape(b, [wide])) &&
    [h, c].every((s) => sameShape(s, [batch, n]));
  if (fits) return [x[0], batch, n];
  throw new ShapeError(
    `${what}: takes x [steps,batch,${gates} n], w [${gates} n,n], biases [${gates} n] and states [batch,n]: ${[x, w, bi, bh, h, c].map(show).join(', ')}`,
  );
}

/** The gradients of x, W_hh, b_ih and b_hh. dx, du: compute the gradients of x_t and u_t for all steps. */
function shared(dx: () => Tensor, du: () => Tensor, [bi, bh, h0, y]: Tensor[]): Thunks {
  const dw = () => {
    // h_0 .. h_{steps-1}, a row for each step and sample.
    const before = concat([reshape(h0, [1, ...h0.shape]), slice(y, [[0, -1]])], 0);
    const rows = (t: Tensor) => reshape(t, [t.shape[0] * t.shape[1], t.shape[2]]);
    return matmulOp(transpose(rows(du())), rows(before));
  };
  return [dx, dw, () => sumTo(dx(), bi.shape), () => sumTo(du(), bh.shape)];
}

/** x_1, x_2, .. as tensors [batch, gates n]. */
function steps(x: Tensor): Tensor[] {
  return Array.from({ length: x.shape[0] }, (_, t) => reshape(slice(x, [[t, t + 1]]), x.shape.slice(1)));
}

/** The `count` gates in v [batch, count n], each [batch, n]. */
function parts(v: Tensor, count: number): Tensor[] {
  const n = v.shape[1] / count;
  return Array.from({ length: count }, (_, k) => slice(v, [null, [k * n, (k + 1) * n]]));
}

/** The values of a contiguous output, from its first value. */
function data(y: View): Values {
  return y.data.subarray(y.offset);
}

/** Calls `visit` for every row of [steps, batch, n], step by step, with the number of the row and the index in [batch, n] at which
 *  its sample begins. backward: from the last step to the first. */
function eachStep([count, batch, n]: Shape, visit: (row: number, at: number) => void, backward = false): void {
  const rows = count * batch;
  for (let i = 0; i < rows; i++) {
    const row = backward ? rows - 1 - i : i;
    visit(row, (row % batch) * n);
  }
}

/** u = W h + b for the n values of h from `at` on. */
function product(w: Values, h: Float64Array, at: number, n: number, b: Values): Float64Array {
  const u = new Float64Array(b.length);
  for (let k = 0; k < u.length; k++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += w[k * n + j] * h[at + j];
    u[k] = sum + b[k];
  }
  return u;
}

/** Adds W^T du to the values from `at` on. */
function addTransposed(to: Float64Array, at: number, w: Values, du: Float64Array): void {
  const n = w.length / du.length;
  for (let k = 0; k < du.length; k++) {
    const d = du[k];
    for (let j = 0; j < n; j++) to[at + j] += d * w[k * n + j];
  }
}

function logistic(v: number): number {
  return 1 / (1 + Math.exp(-v));
}

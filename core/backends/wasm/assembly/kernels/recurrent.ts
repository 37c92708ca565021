// Recurrent layers over a whole sequence, and their gradients: the equations of core/ops/recurrent.ts. Each function runs `count`
// samples from `first` on through all steps, so threads do not wait for each other.
//
// A step forward is one product of the samples' states by the packed matrix W_hh^T, then one pass over the gates; u_t is computed where the
// gates are stored. A step backward is one pass over the gates, then one product of their gradients by the packed matrix W_hh; dh holds what
// later steps have contributed to the gradient of h_t. `work`: room for a packed block of the left factor.
import { multiplyPacked } from '../lib/gemm';
import { clear, F, move, partial, storePartial } from '../lib/memory';
import { sigmoid, tanh } from './approx';

const ONE: f32 = 1;

/** Four values at x, or the first `left` and zeros. */
function read(x: usize, left: usize): v128 {
  return left >= 4 ? v128.load(x) : partial(x, left, 0);
}

/** Stores four lanes, or the first `left`. */
function write(x: usize, value: v128, left: usize): void {
  if (left >= 4) v128.store(x, value);
  else storePartial(x, value, left);
}

/** a + b + c + d, four values each. */
function sum(a: usize, b: usize, c: usize, d: usize, left: usize): v128 {
  return f32x4.add(f32x4.add(read(a, left), read(b, left)), f32x4.add(read(c, left), read(d, left)));
}

/** u = u + x + bi + bh for n values. */
function addInputs(u: usize, x: usize, bi: usize, bh: usize, n: usize): void {
  for (let j: usize = 0; j < n; j += 4) write(u + j * F, sum(u + j * F, x + j * F, bi + j * F, bh + j * F, n - j), n - j);
}

/** y (1 - y): the derivative of the logistic function at its result. */
// @ts-ignore: decorator
@inline
function slope(y: v128): v128 {
  return f32x4.mul(y, f32x4.sub(f32x4.splat(ONE), y));
}

/** 1 - y^2: the derivative of tanh at its result. */
// @ts-ignore: decorator
@inline
function tanhSlope(y: v128): v128 {
  return f32x4.sub(f32x4.splat(ONE), f32x4.mul(y, y));
}

/** Writes y [steps, batch, n]. */
export function rnn(
  y: usize, x: usize, w: usize, bi: usize, bh: usize, h: usize, relu: bool,
  steps: usize, batch: usize, n: usize, first: usize, count: usize, work: usize,
): void {
  const row = n * F;
  h += first * row;
  for (let t: usize = 0; t < steps; t++) {
    const at = (t * batch + first) * row;
    multiplyPacked(y + at, h, w, count, n, n, row, row, F, work, false);
    h = y + at;
    for (let r = h; r < h + count * row; r += row) addInputs(r, x + (r - y), bi, bh, n);
    if (relu) positives(h, count * n);
    else tanh(h, h, count * n);
  }
}

/** x = max(x, 0) for n values. pmax(a, 0) is a < 0 ? 0 : a, so NaN passes. */
function positives(x: usize, n: usize): void {
  for (let j: usize = 0; j < n; j += 4) write(x + j * F, f32x4.pmax(read(x + j * F, n - j), f32x4.splat(0)), n - j);
}

/** Writes dx [steps, batch, n] and dh [batch, n]. */
export function rnnGrad(
  dx: usize, dh: usize, g: usize, w: usize, y: usize, relu: bool,
  steps: usize, batch: usize, n: usize, first: usize, count: usize, work: usize,
): void {
  const row = n * F;
  dh += first * row;
  clear(dh, count * n);
  for (let t = steps; t-- > 0; ) {
    const at = (t * batch + first) * row;
    for (let r: usize = 0; r < count; r++) {
      for (let j: usize = 0; j < n; j += 4) {
        const left = n - j;
        const from = at + r * row + j * F;
        const d = f32x4.add(read(g + from, left), read(dh + r * row + j * F, left));
        const h = read(y + from, left);
        write(dx + from, f32x4.mul(d, relu ? positive(h) : tanhSlope(h)), left);
      }
    }
    multiplyPacked(dh, dx + at, w, count, n, n, row, row, F, work, false);
  }
}

/** 1 for values above 0, else 0. */
// @ts-ignore: decorator
@inline
function positive(h: v128): v128 {
  return v128.and(f32x4.splat(ONE), f32x4.gt(h, f32x4.splat(0)));
}

/** Writes y [steps, batch, n], last [batch, n], cells [steps, batch, n], and the gates i, f, g, o [steps, batch, 4 n]. */
export function lstm(
  y: usize, last: usize, cells: usize, gates: usize, x: usize, w: usize, bi: usize, bh: usize, h: usize, c: usize,
  steps: usize, batch: usize, n: usize, first: usize, count: usize, work: usize,
): void {
  const row = n * F;
  h += first * row;
  c += first * row;
  for (let t: usize = 0; t < steps; t++) {
    const at = (t * batch + first) * row;
    multiplyPacked(gates + 4 * at, h, w, count, n, 4 * n, 4 * row, row, F, work, false);
    for (let r: usize = 0; r < count; r++) {
      const u = gates + 4 * (at + r * row);
      lstmRow(y + at + r * row, cells + at + r * row, u, x + 4 * (at + r * row), bi, bh, c + r * row, n);
    }
    h = y + at;
    c = cells + at;
  }
  move(last + first * row, c, count * n);
}

/** h, c and the gates of one sample at one step; the gates take the place of u. before: c_{t-1}. */
function lstmRow(h: usize, c: usize, u: usize, x: usize, bi: usize, bh: usize, before: usize, n: usize): void {
  const row = n * F;
  addInputs(u, x, bi, bh, 4 * n);
  sigmoid(u, u, 2 * n);
  tanh(u + 2 * row, u + 2 * row, n);
  sigmoid(u + 3 * row, u + 3 * row, n);
  for (let j: usize = 0; j < row; j += 4 * F) {
    const left = n - j / F;
    const kept = f32x4.mul(read(u + row + j, left), read(before + j, left));
    write(c + j, f32x4.add(kept, f32x4.mul(read(u + j, left), read(u + 2 * row + j, left))), left);
  }
  tanh(h, c, n);
  for (let j: usize = 0; j < row; j += 4 * F) {
    const left = n - j / F;
    write(h + j, f32x4.mul(read(u + 3 * row + j, left), read(h + j, left)), left);
  }
}

/** Writes dx [steps, batch, 4 n], dh and dc [batch, n]. g, gc: the cotangents of all h and of the last c. */
export function lstmGrad(
  dx: usize, dh: usize, dc: usize, g: usize, gc: usize, w: usize, c0: usize, cells: usize, gates: usize,
  steps: usize, batch: usize, n: usize, first: usize, count: usize, work: usize,
): void {
  const row = n * F;
  const start = first * row;
  clear(dh + start, count * n);
  move(dc + start, gc + start, count * n);
  for (let t = steps; t-- > 0; ) {
    const at = t * batch * row + start;
    const before = t ? cells + at - batch * row : c0 + start;
    for (let r: usize = 0; r < count * row; r += row) {
      const to = dx + 4 * (at + r);
      lstmRowGrad(to, dh + start + r, dc + start + r, g + at + r, before + r, cells + at + r, gates + 4 * (at + r), n);
    }
    multiplyPacked(dh + start, dx + 4 * at, w, count, 4 * n, n, row, 4 * row, F, work, false);
  }
}

/** The gradients of one sample at one step. dc holds what later steps have contributed to the gradient of c_t, and then the same for
 *  c_{t-1}. */
function lstmRowGrad(
  dx: usize, dh: usize, dc: usize, g: usize, before: usize, cell: usize, gates: usize, n: usize,
): void {
  const row = n * F;
  tanh(dx + 3 * row, cell, n); // t, where the gradient of o goes
  for (let j: usize = 0; j < row; j += 4 * F) {
    const left = n - j / F;
    const i = read(gates, left);
    const f = read(gates + row, left);
    const s = read(gates + 2 * row, left);
    const o = read(gates + 3 * row, left);
    const t = read(dx + 3 * row, left);
    const d = f32x4.add(read(g + j, left), read(dh + j, left));
    const e = f32x4.add(read(dc + j, left), f32x4.mul(f32x4.mul(d, o), tanhSlope(t)));
    write(dx, f32x4.mul(f32x4.mul(e, s), slope(i)), left);
    write(dx + row, f32x4.mul(f32x4.mul(e, read(before + j, left)), slope(f)), left);
    write(dx + 2 * row, f32x4.mul(f32x4.mul(e, i), tanhSlope(s)), left);
    write(dx + 3 * row, f32x4.mul(f32x4.mul(d, t), slope(o)), left);
    write(dc + j, f32x4.mul(e, f), left);
    gates += 4 * F;
    dx += 4 * F;
  }
}

/** Writes y [steps, batch, n], and r, z, n and u_n [steps, batch, 4 n]. */
export function gru(
  y: usize, gates: usize, x: usize, w: usize, bi: usize, bh: usize, h: usize,
  steps: usize, batch: usize, n: usize, first: usize, count: usize, work: usize,
): void {
  const row = n * F;
  h += first * row;
  for (let t: usize = 0; t < steps; t++) {
    const at = (t * batch + first) * row;
    multiplyPacked(gates + 4 * at, h, w, count, n, 3 * n, 4 * row, row, F, work, false);
    for (let r: usize = 0; r < count * row; r += row) {
      gruRow(y + at + r, gates + 4 * (at + r), x + 3 * (at + r), bi, bh, h + r, n);
    }
    h = y + at;
  }
}

/** h and the gates of one sample at one step; the gates take the place of u. before: h_{t-1}. */
function gruRow(h: usize, u: usize, x: usize, bi: usize, bh: usize, before: usize, n: usize): void {
  const row = n * F;
  addInputs(u, x, bi, bh, 2 * n);
  sigmoid(u, u, 2 * n);
  for (let j: usize = 0; j < row; j += 4 * F) {
    const left = n - j / F;
    const at = 2 * row + j;
    const un = f32x4.add(read(u + at, left), read(bh + at, left));
    const xn = f32x4.add(read(x + at, left), read(bi + at, left));
    write(u + at, f32x4.add(xn, f32x4.mul(read(u + j, left), un)), left);
    write(u + at + row, un, left);
  }
  tanh(u + 2 * row, u + 2 * row, n);
  for (let j: usize = 0; j < row; j += 4 * F) {
    const left = n - j / F;
    const z = read(u + row + j, left);
    const rest = f32x4.mul(f32x4.sub(f32x4.splat(ONE), z), read(u + 2 * row + j, left));
    write(h + j, f32x4.add(rest, f32x4.mul(z, read(before + j, left))), left);
  }
}

/** Writes dx and du [steps, batch, 3 n], and dh [batch, n]. */
export function gruGrad(
  dx: usize, du: usize, dh: usize, g: usize, w: usize, h0: usize, y: usize, gates: usize,
  steps: usize, batch: usize, n: usize, first: usize, count: usize, work: usize,
): void {
  const row = n * F;
  const start = first * row;
  clear(dh + start, count * n);
  for (let t = steps; t-- > 0; ) {
    const at = t * batch * row + start;
    const before = t ? y + at - batch * row : h0 + start;
    for (let r: usize = 0; r < count * row; r += row) {
      const to = 3 * (at + r);
      gruRowGrad(dx + to, du + to, dh + start + r, g + at + r, before + r, gates + 4 * (at + r), n);
    }
    multiplyPacked(dh + start, du + 3 * at, w, count, 3 * n, n, row, 3 * row, F, work, true);
  }
}

/** The gradients of one sample at one step. dh becomes z * dh_t, to which the product adds the rest of the gradient of h_{t-1}. */
function gruRowGrad(dx: usize, du: usize, dh: usize, g: usize, before: usize, gates: usize, n: usize): void {
  const row = n * F;
  for (let j: usize = 0; j < row; j += 4 * F) {
    const left = n - j / F;
    const r = read(gates, left);
    const z = read(gates + row, left);
    const m = read(gates + 2 * row, left);
    const d = f32x4.add(read(g + j, left), read(dh + j, left));
    const dn = f32x4.mul(f32x4.mul(d, f32x4.sub(f32x4.splat(ONE), z)), tanhSlope(m));
    const dr = f32x4.mul(f32x4.mul(dn, read(gates + 3 * row, left)), slope(r));
    const dz = f32x4.mul(f32x4.mul(d, f32x4.sub(read(before + j, left), m)), slope(z));
    write(dx, dr, left);
    write(du, dr, left);
    write(dx + row, dz, left);
    write(du + row, dz, left);
    write(dx + 2 * row, dn, left);
    write(du + 2 * row, f32x4.mul(dn, r), left);
    write(dh + j, f32x4.mul(d, z), left);
    gates += 4 * F;
    dx += 4 * F;
    du += 4 * F;
  }
}

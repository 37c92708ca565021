// How functions of one, two or three elements run.
import { sizeOf } from '../../../shape.js';
import { collapse } from '../../backend.js';
import type { Call } from '../call.js';
import type { Comparison, Unary, Zip } from '../kernels.js';
import type { Run } from './table.js';

/** Elements in a grain: whole vectors, and whole cache lines. */
const LINE = 16;
/** Nanoseconds for an element, of what is computed by a polynomial. What is bound by memory takes 0.3, but is counted as
 *  less: values that lie in one core's cache are slower to move to another's than to finish there. */
const COMPUTED = 2;
const MOVED = 0.05;

/** y = f(x) */
export function unary(name: Unary, cost = MOVED): Run {
  return (call) => {
    const [y, x] = [call.out(0), call.dense(0)];
    const work = { count: sizeOf(call.outs[0].shape), grain: LINE, cost };
    call.share(name, work, (i, n) => [y + 4 * i, x + 4 * i, n]);
    return true;
  };
}

export function computed(name: Unary): Run {
  return unary(name, COMPUTED);
}

export function reluGrad(call: Call): boolean {
  const [y, g, x] = [call.out(0), call.dense(0), call.dense(1)];
  const work = { count: sizeOf(call.outs[0].shape), grain: LINE, cost: MOVED };
  call.share('reluGrad', work, (i, n) => [y + 4 * i, g + 4 * i, x + 4 * i, n]);
  return true;
}

/** Operands that stand still or run on together over at most three axes; others are brought into order first. */
export function zip(name: Zip): Run {
  return (call) => {
    const { shape } = call.outs[0];
    const [a, b] = call.ins;
    let axes = collapse(shape, a.stride, b.stride);
    const inPlace = axes.length <= 3 && (axes.at(-1) ?? []).slice(1).every((s) => s === 0 || s === 1);
    if (!inPlace) axes = [[sizeOf(shape), 1, 1]];
    while (axes.length < 3) axes.unshift([1, 0, 0]);
    const [x, y] = inPlace ? [call.at(0), call.at(1)] : [call.dense(0), call.dense(1)];
    const z = call.out(0);
    // Along the outermost axis that is one.
    const cut = axes.findIndex(([size]) => size > 1);
    const [whole, xStep, yStep] = axes[Math.max(0, cut)];
    const each = sizeOf(shape) / whole;
    const work = { count: whole, grain: cut === 2 ? LINE : 1, cost: each * MOVED };
    call.share(name, work, (i, n) => {
      const [p, q, r] = axes.map(([size, ...steps], axis) => [axis === cut ? n : size, ...steps]);
      const from = [z + 4 * i * each, x + 4 * i * xStep, y + 4 * i * yStep];
      return [...from, p[0], q[0], r[0], p[1], q[1], r[1], p[2], q[2], r[2]];
    });
    return true;
  };
}

/** A comparison of operands in the order given: a > b is b < a. */
export function compare(name: Comparison, first: 0 | 1 = 0): Run {
  return (call) => {
    const [a, aStep] = walk(call, first);
    const [b, bStep] = walk(call, 1 - first);
    call.kernels[name](call.out(0), a, b, sizeOf(call.outs[0].shape), aStep, bStep);
    return true;
  };
}

export function where(call: Call): boolean {
  const [a, aStep] = walk(call, 1);
  const [b, bStep] = walk(call, 2);
  call.kernels.where(call.out(0), call.dense(0), a, b, sizeOf(call.outs[0].shape), aStep, bStep);
  return true;
}

/** Where input i begins and how it goes on: one value repeated (0), or values in row-major order (1). */
function walk(call: Call, i: number): [at: number, step: number] {
  const { shape, stride } = call.ins[i];
  const still = shape.every((d, axis) => d === 1 || stride[axis] === 0);
  return still ? [call.at(i), 0] : [call.dense(i), 1];
}

export function cast(call: Call): boolean {
  const { kernels } = call;
  const from = call.ins[0].buffer.dtype;
  const to = call.outs[0].buffer.dtype;
  const [y, x, n] = [call.out(0), call.dense(0), sizeOf(call.outs[0].shape)];
  if (to === 'bool') kernels.nonZero(y, x, n, from === 'float32' ? 0x80000000 : 0);
  else if (from === 'bool') kernels[to === 'int32' ? 'widen' : 'widenToFloat'](y, x, n);
  else kernels[to === 'int32' ? 'toInt' : 'toFloat'](y, x, n);
  return true;
}

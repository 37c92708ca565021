// How functions of one, two or three elements run.
import { sizeOf } from '../shape.js';
import { type Call, collapse } from './wasm.call.js';
import type { Comparison, Unary, Zip } from './wasm.kernels.js';
import type { Run } from './wasm.plans.js';

/** y = f(x) */
export function unary(name: Unary): Run {
  return (call) => {
    call.kernels[name](call.out(0), call.dense(0), sizeOf(call.outs[0].shape));
    return true;
  };
}

export function reluGrad(call: Call): boolean {
  call.kernels.reluGrad(call.out(0), call.dense(0), call.dense(1), sizeOf(call.outs[0].shape));
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
    const [p, q, r] = axes;
    const [x, y] = inPlace ? [call.at(0), call.at(1)] : [call.dense(0), call.dense(1)];
    call.kernels[name](call.out(0), x, y, p[0], q[0], r[0], p[1], q[1], r[1], p[2], q[2], r[2]);
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

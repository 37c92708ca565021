// Plans for functions of one element and of two.
import { sizeOf } from '../../../strides.js';
import { collapse } from '../../backend.js';
import type { KernelOf } from '../call.js';
import { type Plan, plan, type Run } from './plan.js';

/** Parts begin at multiples of this number of elements: whole vectors and whole cache lines. */
const LINE = 16;
/** Nanoseconds for an element that is computed by a polynomial. */
const COMPUTED = 0.8;
/** Nanoseconds for an element that is only loaded and stored. Measured as 0.1 to 0.2; a smaller value avoids splitting short calls, whose
 *  values would have to move to another core's cache. */
const MOVED = 0.05;

/** y = f(x) */
function unary(name: KernelOf<[y: number, x: number, n: number]>, cost = MOVED): Run {
  return (call) => {
    const [y, x] = [call.output(0), call.contiguous(0)];
    const work = { count: sizeOf(call.outs[0].shape), grain: LINE, cost };
    call.split(name, work, (i, n) => [y + 4 * i, x + 4 * i, n]);
    return true;
  };
}

/** gx = g f'(x) */
function gradient(name: 'reluGrad' | 'geluGrad', cost: number): Run {
  return (call) => {
    const [y, g, x] = [call.output(0), call.contiguous(0), call.contiguous(1)];
    const work = { count: sizeOf(call.outs[0].shape), grain: LINE, cost };
    call.split(name, work, (i, n) => [y + 4 * i, g + 4 * i, x + 4 * i, n]);
    return true;
  };
}

/** z = f(x, y). The kernel walks three axes, along the last of which an operand advances by 1 or by 0. Operands that need more
 *  axes or other strides are made contiguous first. */
function zip(name: 'add' | 'sub' | 'mul' | 'div'): Run {
  return (call) => {
    const { shape } = call.outs[0];
    const [a, b] = call.ins;
    let axes = collapse(shape, a.stride, b.stride);
    const inPlace = axes.length <= 3 && (axes.at(-1) ?? []).slice(1).every((s) => s === 0 || s === 1);
    if (!inPlace) axes = [[sizeOf(shape), 1, 1]];
    while (axes.length < 3) axes.unshift([1, 0, 0]);
    const [x, y] = inPlace ? [call.input(0), call.input(1)] : [call.contiguous(0), call.contiguous(1)];
    const z = call.output(0);
    // Split along the outermost axis with more than one element.
    const cut = axes.findIndex(([size]) => size > 1);
    const [whole, xStep, yStep] = axes[Math.max(0, cut)];
    const each = sizeOf(shape) / whole;
    const work = { count: whole, grain: cut === 2 ? LINE : 1, cost: each * MOVED };
    call.split(name, work, (i, n) => {
      const [p, q, r] = axes;
      const size = (axis: number) => (axis === cut ? n : axes[axis][0]);
      const [to, fromX, fromY] = [z + 4 * i * each, x + 4 * i * xStep, y + 4 * i * yStep];
      return [to, fromX, fromY, size(0), size(1), size(2), p[1], q[1], r[1], p[2], q[2], r[2]];
    });
    return true;
  };
}

/** The plans of this file by kernel. */
export const mapPlans: Record<string, Plan> = {
  neg: plan('f>f', unary('neg')),
  abs: plan('f>f', unary('abs')),
  sqrt: plan('f>f', unary('sqrt')),
  square: plan('f>f', unary('square')),
  relu: plan('f>f', unary('relu')),
  exp: plan('f>f', unary('exp', COMPUTED)),
  log: plan('f>f', unary('log', COMPUTED)),
  tanh: plan('f>f', unary('tanh', COMPUTED)),
  sigmoid: plan('f>f', unary('sigmoid', COMPUTED)),
  softplus: plan('f>f', unary('softplus', COMPUTED)),
  erf: plan('f>f', unary('erf', COMPUTED)),
  gelu: plan('f>f', unary('gelu', COMPUTED)),
  reluGrad: plan('ff>f', gradient('reluGrad', MOVED)),
  geluGrad: plan('ff>f', gradient('geluGrad', 2 * COMPUTED)),
  add: plan('ff>f', zip('add')),
  sub: plan('ff>f', zip('sub')),
  mul: plan('ff>f', zip('mul')),
  div: plan('ff>f', zip('div')),
};

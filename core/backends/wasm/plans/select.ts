// Plans for comparisons, selections and conversions.
import { sizeOf } from '../../../strides.js';
import type { Call } from '../call.js';
import { type Plan, plan, type Run } from './plan.js';

/** Compares input `first` with the other one: a > b is computed as b < a. */
function compare(name: 'equal' | 'notEqual' | 'less' | 'lessEqual', first: 0 | 1 = 0): Run {
  return (call) => {
    const [a, aStep] = walk(call, first);
    const [b, bStep] = walk(call, 1 - first);
    call.kernels[name](call.output(0), a, b, sizeOf(call.outs[0].shape), aStep, bStep);
    return true;
  };
}

function where(call: Call): boolean {
  const [a, aStep] = walk(call, 1);
  const [b, bStep] = walk(call, 2);
  call.kernels.where(call.output(0), call.contiguous(0), a, b, sizeOf(call.outs[0].shape), aStep, bStep);
  return true;
}

/** The address of input i and its step: 0 for one repeated value, 1 for values in row-major order. */
function walk(call: Call, i: number): [at: number, step: number] {
  const { shape, stride } = call.ins[i];
  const repeated = shape.every((d, axis) => d === 1 || stride[axis] === 0);
  return repeated ? [call.input(i), 0] : [call.contiguous(i), 1];
}

function cast(call: Call): boolean {
  const { kernels } = call;
  const from = call.ins[0].buffer.dtype;
  const to = call.outs[0].buffer.dtype;
  const [y, x, n] = [call.output(0), call.contiguous(0), sizeOf(call.outs[0].shape)];
  // The sign bit of a float32 is ignored: -0 is false.
  if (to === 'bool') kernels.nonZero(y, x, n, from === 'float32' ? 0x80000000 : 0);
  else if (from === 'bool') kernels[to === 'int32' ? 'widen' : 'widenToFloat'](y, x, n);
  else kernels[to === 'int32' ? 'toInt' : 'toFloat'](y, x, n);
  return true;
}

/** The plans of this file by kernel. */
export const selectPlans: Record<string, Plan> = {
  equal: plan('ff>b', compare('equal')),
  notEqual: plan('ff>b', compare('notEqual')),
  less: plan('ff>b', compare('less')),
  lessEqual: plan('ff>b', compare('lessEqual')),
  greater: plan('ff>b', compare('less', 1)),
  greaterEqual: plan('ff>b', compare('lessEqual', 1)),
  where: plan('bff>f bii>i', where),
  cast: plan('f>i f>b i>f i>b b>f b>i', cast),
};

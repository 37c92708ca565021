// Plans for softmax, its gradient and logSoftmax.
import { sizeOf } from '../../../strides.js';
import type { Call } from '../call.js';
import { type Plan, plan, type Run } from './plan.js';

/** Nanoseconds for an element. */
const COST = 1;
/** Nanoseconds for an element of the gradient. */
const COST_OF_GRADIENT = 0.4;

/** Softmax, or its logarithm, along the last axis. */
function rows(name: 'softmax' | 'logSoftmax'): Run {
  return (call) => {
    const { shape } = call.outs[0];
    const n = shape.at(-1) ?? 1;
    const [y, x] = [call.output(0), call.contiguous(0)];
    const work = { count: sizeOf(shape) / n, cost: n * COST };
    call.split(name, work, (i, rows) => [y + 4 * i * n, x + 4 * i * n, rows, n]);
    return true;
  };
}

function softmaxGrad(call: Call): boolean {
  const { shape } = call.outs[0];
  const n = shape.at(-1) ?? 1;
  const [gx, g, y] = [call.output(0), call.contiguous(0), call.contiguous(1)];
  const work = { count: sizeOf(shape) / n, cost: n * COST_OF_GRADIENT };
  call.split('softmaxGrad', work, (i, rows) => [gx + 4 * i * n, g + 4 * i * n, y + 4 * i * n, rows, n]);
  return true;
}

/** The plans of this file by kernel. */
export const softmaxPlans: Record<string, Plan> = {
  softmax: plan('f>f', rows('softmax')),
  logSoftmax: plan('f>f', rows('logSoftmax')),
  softmaxGrad: plan('ff>f', softmaxGrad),
};

// How reductions, and what is computed along the last axis, run.
import { sizeOf } from '../shape.js';
import type { Call } from './wasm.call.js';
import type { Run } from './wasm.plans.js';

/** Up to four groups of axes, kept and reduced in turn, the last one reduced; more are brought into two. */
export function sum(call: Call, { axes }: { axes: readonly number[] }): boolean {
  const { shape } = call.ins[0];
  const groups: { reduced: boolean; size: number }[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const reduced = axes.includes(axis);
    const last = groups.at(-1);
    if (last?.reduced === reduced) last.size *= size;
    else groups.push({ reduced, size });
  });
  if (!groups.at(-1)?.reduced) groups.push({ reduced: true, size: 1 });
  let sizes = groups.map((g) => g.size);
  let x: number;
  if (sizes.length <= 4) {
    x = call.dense(0);
  } else {
    const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
    sizes = [kept, axes].map((part) => sizeOf(part.map((axis) => shape[axis])));
    x = call.copy(0, call.work(sizeOf(shape) * 4), [...kept, ...axes]);
  }
  while (sizes.length < 4) sizes.unshift(1);
  call.kernels.sum(call.out(0), x, ...sizes);
  return true;
}

/** softmax and logSoftmax along the last axis. */
export function alongLast(name: 'softmax' | 'logSoftmax'): Run {
  return (call) => {
    const { shape } = call.outs[0];
    const n = shape.at(-1) ?? 1;
    call.kernels[name](call.out(0), call.dense(0), sizeOf(shape) / n, n);
    return true;
  };
}

// How reductions, and what is computed along the last axis, run.
import { sizeOf } from '../../../shape.js';
import type { Call } from '../call.js';
import type { Run } from './table.js';

/** Nanoseconds for an element of a sum, and of a softmax. */
const COST = 0.3;
const EXPONENTIAL = 3;

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
  const [o, r, k, q] = sizes;
  const y = call.out(0);
  const work = { count: o, cost: r * k * q * COST };
  call.share('sum', work, (i, n) => [y + 4 * i * k, x + 4 * i * r * k * q, n, r, k, q]);
  return true;
}

/** softmax and logSoftmax along the last axis. */
export function alongLast(name: 'softmax' | 'logSoftmax'): Run {
  return (call) => {
    const { shape } = call.outs[0];
    const n = shape.at(-1) ?? 1;
    const [y, x] = [call.out(0), call.dense(0)];
    const work = { count: sizeOf(shape) / n, cost: n * EXPONENTIAL };
    call.share(name, work, (i, rows) => [y + 4 * i * n, x + 4 * i * n, rows, n]);
    return true;
  };
}

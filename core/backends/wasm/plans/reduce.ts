// The plan for sums over axes.

import { sizeOf } from '../../../shape.js';
import type { AxesAttributes } from '../../attributes.js';
import type { Call } from '../call.js';
import { type Plan, plan } from './plan.js';

/** Nanoseconds for an element. */
const COST = 0.3;

/** The kernel takes four groups of axes, kept and reduced by turns: [kept, reduced, kept, reduced]. Inputs with more groups are
 *  copied so that all kept axes come first. */
function sum(call: Call, { axes }: AxesAttributes): boolean {
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
    x = call.contiguous(0);
  } else {
    const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
    sizes = [kept, axes].map((part) => sizeOf(part.map((axis) => shape[axis])));
    x = call.copyTo(call.borrow(sizeOf(shape) * 4), 0, [...kept, ...axes]);
  }
  while (sizes.length < 4) sizes.unshift(1);
  const [o, r, k, q] = sizes;
  const y = call.output(0);
  const work = { count: o, cost: r * k * q * COST };
  call.split('sum', work, (i, n) => [y + 4 * i * k, x + 4 * i * r * k * q, n, r, k, q]);
  return true;
}

/** The plans of this file by kernel. */
export const reducePlans: Record<string, Plan> = {
  sum: plan('f>f', sum),
};

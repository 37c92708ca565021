// Plans for the bounded step and for the check of gradients before it.
//
// Parameters, gradients and state that modules and optimizers made are in linear memory. Others are ordinary typed arrays:
// their values pass through linear memory in blocks that stay in the cache, which costs little more than one read and write.
import { isContiguous, sizeOf } from '../../../shape.js';
import { type BufferView, bytesOf, windowOn } from '../../backend.js';
import type { Call } from '../call.js';
import { LinearBuffer } from '../memory.js';
import { type Plan, plan } from './plan.js';

/** The number of values in a block, of all operands that are copied together. They take 160 kB. */
const BLOCK = 40960;
/** Parts begin at multiples of this number of elements: whole vectors and whole cache lines. */
const LINE = 16;
/** Nanoseconds for an element. */
const COST = 3;

/** The scalars of optim/step.ts. */
interface Scalars extends Record<(typeof numbers)[number], number> {
  box?: readonly [lower: number, upper: number];
  second?: { formula: string; added?: number };
  power?: number;
  b3?: number;
  signed?: boolean;
}
const numbers = ['wd', 'b1', 'k', 'b2', 'k2', 'a', 'e', 'lo', 'hi', 's', 'p', 'q', 'keep'] as const;

/** The formulas of the second moment that the kernel computes. The index is the kernel's number of the formula: 0 the average of
 *  squares, which has no formula in a rule, then AdaBelief's, Yogi's and AdaMax's. */
const seconds = [undefined, 'b2 v + k2 (g - m)² + eps', 'v - k2 sign(v - g²) g²', 'max(b2 v, |g| + eps)'];

function boundedStep(call: Call, c: Scalars): boolean {
  const { power = 1, b3 } = c;
  const second = seconds.indexOf(c.second?.formula);
  // Other second moments, and powers that need a logarithm, run on the loop.
  if (second < 0 || ![0.5, 1, 2].includes(power)) return false;
  if (!call.ins.every((g) => isContiguous(g.shape, g.stride))) return false;
  const [lower, upper] = c.box ?? [-Infinity, Infinity];
  const scalars = call.writeDoubles([...numbers.map((name) => c[name]), lower, upper, c.second?.added ?? 0, b3 ?? 0]);
  inBlocks(call, [...call.outs, ...call.ins], call.outs.length, (at, count) => {
    const g = at.pop()!;
    const h = b3 === undefined ? 0 : at.pop()!;
    const [x, m, v = 0, u = 0] = at;
    call.split('boundedStep', { count, grain: LINE, cost: COST }, (i, n) => {
      const by = 4 * i;
      const state = [m, v, u, h].map((address) => address && address + by) as [number, number, number, number];
      const isAhead = Number(c.p !== 1 || c.q !== 0 || c.signed);
      return [scalars, x + by, g + by, ...state, n, isAhead, Number(c.signed ?? false), second, 2 * power];
    });
  });
  return true;
}

function countNonFinite(call: Call): boolean {
  if (!call.ins.every((g) => isContiguous(g.shape, g.stride))) return false;
  const counts = call.output(0);
  call.ins.forEach((view, i) => {
    let count = 0;
    inBlocks(call, [view], 0, ([g], n) => {
      count += call.kernels.countNonFinite(g, n);
    });
    call.kernels.fill(counts + 4 * i, count, 1);
  });
  return true;
}

/** Calls `visit` with the addresses of operands of equal length: once if all are in linear memory, else block by block. The first
 *  `written` operands are outputs. */
function inBlocks(call: Call, views: BufferView[], written: number, visit: (at: number[], n: number) => void): void {
  const size = sizeOf(views[0].shape);
  const passing = views.filter((v) => !(v.buffer instanceof LinearBuffer)).length;
  const block = passing ? Math.min(size, Math.floor(BLOCK / passing)) : size;
  const scratch = views.map((v) =>
    v.buffer instanceof LinearBuffer ? 0 : call.borrow(block * bytesOf(v.buffer.dtype)),
  );
  for (let start = 0; start < size; start += block) {
    const n = Math.min(block, size - start);
    const { buffer: memory } = call.allocator.memory;
    const at = views.map(({ buffer, offset }, i) => {
      if (buffer instanceof LinearBuffer) return buffer.address + (offset + start) * bytesOf(buffer.dtype);
      const values = buffer.values.subarray(offset + start, offset + start + n);
      windowOn(memory, buffer.dtype, scratch[i], n).set(values);
      return scratch[i];
    });
    visit(at, n);
    views.slice(0, written).forEach(({ buffer, offset }, i) => {
      if (buffer instanceof LinearBuffer) return;
      buffer.values.set(windowOn(memory, buffer.dtype, scratch[i], n), offset + start);
    });
  }
}

/** The plans of this file by kernel. */
export const stepPlans: Record<string, Plan> = {
  boundedStep: plan('f>ff+', boundedStep),
  countNonFinite: plan('f+>i', countNonFinite),
};

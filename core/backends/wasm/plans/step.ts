// How the bounded step, and the look at gradients before it, run.
//
// Parameters, their gradients and their state lie in linear memory where modules and optimizers have made them; those of a
// program's own are ordinary typed arrays. Values of such pass through linear memory in blocks that stay in the cache: that
// costs little beside reading and writing them once.
import { isContiguous, sizeOf } from '../../../shape.js';
import { type BufferView, bytesOf, windowOn } from '../../backend.js';
import type { Call } from '../call.js';
import { LinearBuffer } from '../memory.js';

/** Values that pass through at once, of all operands together: 160 kB. */
const BLOCK = 40960;
/** Elements in a grain, and nanoseconds for one. */
const LINE = 16;
const COST = 3;

/** The scalars of optim/step.ts. */
interface Scalars extends Record<(typeof numbers)[number], number> {
  nesterov: boolean;
  box?: readonly [lower: number, upper: number];
}
const numbers = ['wd', 'b1', 'k', 'b2', 'k2', 'a', 'e', 'lo', 'hi', 's', 'keep'] as const;

export function boundedStep(call: Call, c: Scalars): boolean {
  if (!call.ins.every((g) => isContiguous(g.shape, g.stride))) return false;
  const [lower, upper] = c.box ?? [-Infinity, Infinity];
  const scalars = call.doubles([...numbers.map((name) => c[name]), lower, upper]);
  inBlocks(call, [...call.outs, ...call.ins], call.outs.length, (at, count) => {
    const [x, m, v = 0, u = 0] = at.slice(0, -1);
    const g = at.at(-1)!;
    call.share('boundedStep', { count, grain: LINE, cost: COST }, (i, n) => [
      ...[scalars, x + 4 * i, g + 4 * i, m + 4 * i, v && v + 4 * i, u && u + 4 * i],
      ...[n, Number(c.nesterov)],
    ]);
  });
  return true;
}

export function countNonFinite(call: Call): boolean {
  if (!call.ins.every((g) => isContiguous(g.shape, g.stride))) return false;
  let count = 0;
  inBlocks(call, call.ins, 0, ([g], n) => {
    count += call.kernels.countNonFinite(g, n);
  });
  call.kernels.fill(call.out(0), count, 1);
  return true;
}

/** Visits operands of one length, whole where they lie in linear memory, else block by block, with their addresses.
 *  The first `written` of them are changed by it. */
function inBlocks(call: Call, views: BufferView[], written: number, visit: (at: number[], n: number) => void): void {
  const size = sizeOf(views[0].shape);
  const passing = views.filter((v) => !(v.buffer instanceof LinearBuffer)).length;
  const block = passing ? Math.min(size, Math.floor(BLOCK / passing)) : size;
  const scratch = views.map((v) => (v.buffer instanceof LinearBuffer ? 0 : call.work(block * bytesOf(v.buffer.dtype))));
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

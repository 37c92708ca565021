// How the bounded step, and the look at gradients before it, run.
//
// Parameters, their state and their gradients outlive scopes, so they are ordinary typed arrays. Their values pass through
// linear memory in blocks that stay in the cache: that costs little beside reading and writing them once.
import { isContiguous, sizeOf } from '../shape.js';
import type { BufferView } from './backend.js';
import type { Call } from './wasm.call.js';
import { bytesOf, LinearBuffer, windowOn } from './wasm.memory.js';

/** Elements of a block: five operands of it are 160 kB. */
const BLOCK = 8192;

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
  inBlocks(call, [...call.outs, ...call.ins], call.outs.length, (at, n) => {
    const [x, m, v = 0, u = 0] = at.slice(0, -1);
    call.kernels.boundedStep(scalars, x, at.at(-1)!, m, v, u, n, Number(c.nesterov));
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

/** Visits blocks of operands of one length with their addresses. The first `written` operands are changed by it. */
function inBlocks(call: Call, views: BufferView[], written: number, visit: (at: number[], n: number) => void): void {
  const size = sizeOf(views[0].shape);
  const inPlace = views.every((v) => v.buffer instanceof LinearBuffer);
  const block = inPlace ? size : Math.min(size, BLOCK);
  const scratch = views.map((v) => (v.buffer instanceof LinearBuffer ? 0 : call.work(block * bytesOf[v.buffer.dtype])));
  for (let start = 0; start < size; start += block) {
    const n = Math.min(block, size - start);
    const { buffer: memory } = call.allocator.memory;
    const at = views.map(({ buffer, offset }, i) => {
      if (buffer instanceof LinearBuffer) return buffer.address + (offset + start) * bytesOf[buffer.dtype];
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

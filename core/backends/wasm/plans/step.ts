// Plans for the bounded steps of all parameters and for the check of gradients before them.
//
// Parameters, gradients and state that modules and optimizers made are in linear memory. Others are ordinary typed arrays:
// their values pass through linear memory in blocks that stay in the cache, which costs little more than one read and write.
import { isContiguous, sizeOf } from '../../../shape.js';
import { type Buffer, type BufferView, bytesOf, type Values, windowOn } from '../../backend.js';
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

/** One parameter. */
interface Parameter {
  c: Scalars;
  /** The addresses of x, m, then v, u and h if the rule has them, and g. */
  at: number[];
  /** The number of elements. */
  n: number;
}

/** The steps of all parameters, as boundedStepKernel in optim/step.ts takes them. */
function boundedStep(call: Call, steps: readonly Scalars[]): boolean {
  if (!steps.every(isKnown)) return false;
  const { ins, outs } = call;
  if (!ins.every((g) => isContiguous(g.shape, g.stride))) return false;
  const first = ins.length - steps.length;
  if (first > 0 && contentsOf(ins[0]).some((n) => n > 0)) return true;
  // Parts of one call run in any order. If parameters share a buffer, each has a call of its own.
  const buffers = new Set<Buffer>();
  for (const { buffer } of [...outs, ...ins]) buffers.add(buffer);
  const isShared = buffers.size < outs.length + ins.length;
  const each = outs.length / steps.length;
  const together: Parameter[] = [];
  steps.forEach((c, i) => {
    const views = outs.slice(i * each, (i + 1) * each);
    views.push(ins[first + i]);
    if (isShared || !views.every(isInPlace)) inBlocks(call, views, each, (at, n) => takeSteps(call, [{ c, at, n }]));
    else together.push({ c, at: views.map(addressOf), n: sizeOf(views[0].shape) });
  });
  if (together.length) takeSteps(call, together);
  return true;
}

/** Whether the kernel knows the rule. Other second moments, and powers that need a logarithm, run on the loop. */
function isKnown({ second, power = 1 }: Scalars): boolean {
  return seconds.includes(second?.formula) && (power === 1 || power === 0.5 || power === 2);
}

/** 32-bit words of a parameter in the kernel's list, and doubles of its scalars. */
const [WORDS, DOUBLES] = [13, 17];

/** Takes the steps of parameters in linear memory in one call, which is split by their elements. */
function takeSteps(call: Call, parameters: readonly Parameter[]): void {
  const scalars = call.borrow(8 * DOUBLES * parameters.length);
  const list = call.borrow(4 * WORDS * parameters.length);
  const { buffer } = call.allocator.memory;
  const doubles = new Float64Array(buffer, scalars, DOUBLES * parameters.length);
  const words = new Uint32Array(buffer, list, WORDS * parameters.length);
  let [double, word, count] = [0, 0, 0];
  for (const { c, at, n } of parameters) {
    const { length } = at;
    const hasCeiling = c.b3 !== undefined;
    const state = length - 2 - Number(hasCeiling);
    words[word++] = scalars + 8 * double;
    words[word++] = at[0];
    words[word++] = at[length - 1];
    words[word++] = at[1];
    words[word++] = state > 1 ? at[2] : 0;
    words[word++] = state > 2 ? at[3] : 0;
    words[word++] = hasCeiling ? at[length - 2] : 0;
    words[word++] = count;
    words[word++] = n;
    words[word++] = Number(c.p !== 1 || c.q !== 0 || c.signed);
    words[word++] = Number(c.signed ?? false);
    words[word++] = seconds.indexOf(c.second?.formula);
    words[word++] = 2 * (c.power ?? 1);
    for (const name of numbers) doubles[double++] = c[name];
    doubles[double++] = c.box?.[0] ?? -Infinity;
    doubles[double++] = c.box?.[1] ?? Infinity;
    doubles[double++] = c.second?.added ?? 0;
    doubles[double++] = c.b3 ?? 0;
    count += Math.ceil(n / LINE) * LINE;
  }
  const work = { count, grain: LINE, cost: COST };
  call.split('boundedStep', work, (from, n) => [list, parameters.length, from, from + n]);
}

function isInPlace({ buffer }: BufferView): boolean {
  return buffer instanceof LinearBuffer;
}

/** The address of a view in linear memory. */
function addressOf({ buffer, offset }: BufferView): number {
  return (buffer as LinearBuffer).address + offset * bytesOf(buffer.dtype);
}

/** The elements of a contiguous view. */
function contentsOf({ buffer, offset, shape }: BufferView): Values {
  return buffer.values.subarray(offset, offset + sizeOf(shape));
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
  const passing = views.filter((v) => !isInPlace(v)).length;
  const block = passing ? Math.min(size, Math.floor(BLOCK / passing)) : size;
  const scratch = views.map((v) => (isInPlace(v) ? 0 : call.borrow(block * bytesOf(v.buffer.dtype))));
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
  boundedStep: plan('f+>ff+ if+>ff+', boundedStep),
  countNonFinite: plan('f+>i', countNonFinite),
};

// Plans for the bounded steps of all parameters and for the check of gradients before them.
//
// Parameters, gradients and state that modules and optimizers made are in linear memory. Others are ordinary typed arrays:
// their values pass through linear memory in blocks that stay in the cache, which costs little more than one read and write.
import { isContiguous, sizeOf } from '../../../strides.js';
import { type Buffer, type BufferView, bytesOf, type Values, windowOn } from '../../backend.js';
import type { Arguments, Call } from '../call.js';
import { LinearBuffer } from '../memory.js';
import { type Plan, plan } from './plan.js';

/** How many values are copied at a time, those of all operands together: 160 kB. */
const BLOCK = 40960;
/** Parts begin at multiples of this number of elements: whole vectors and whole cache lines. */
const LINE = 16;
/** Nanoseconds for an element, in float64 and in float32. */
const [COST, COST32] = [3, 1];

/** The scalars of optim/step.ts. */
interface Scalars extends Record<Letter, number> {
  box?: readonly [lower: number, upper: number];
  second?: { formula: string; added?: number };
  power?: number;
  b3?: number;
  signed?: boolean;
}
type Letter = 'wd' | 'b1' | 'k' | 'b2' | 'k2' | 'a' | 'e' | 'lo' | 'hi' | 's' | 'p' | 'q' | 'keep';

/** The formulas of the second moment that the kernel computes. The index is the kernel's number of the formula. 0 is the average
 *  or sum of squares, for which a rule names no formula; then come AdaBelief's, Yogi's and AdaMax's. */
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
  if (!ins.every(isContiguous)) return false;
  const first = ins.length - steps.length;
  if (first > 0 && contentsOf(ins[0]).some((n) => n > 0)) return true;
  // Parts of one call run in any order. If parameters share a buffer, each has a call of its own.
  const buffers = new Set<Buffer>();
  for (const { buffer } of [...outs, ...ins]) buffers.add(buffer);
  const isShared = buffers.size < outs.length + ins.length;
  const each = outs.length / steps.length;
  const together: Parameter[] = [];
  // All memory is borrowed before the first step: if there is too little, no parameter has changed.
  const room = call.borrow(ROOM * steps.length);
  const scratch = scratchFor(call, [...outs, ...ins]);
  steps.forEach((c, i) => {
    const views = outs.slice(i * each, (i + 1) * each);
    views.push(ins[first + i]);
    const isAlone = isShared || !views.every(isInPlace);
    if (isAlone) inBlocks(call, scratch, views, each, (at, n) => takeSteps(call, room, [{ c, at, n }]));
    else together.push({ c, at: views.map(addressOf), n: sizeOf(views[0].shape) });
  });
  if (together.length) takeSteps(call, room, together);
  return true;
}

/** Whether the kernel knows the rule. Other second moments, and powers that need a logarithm, run on the loop. */
function isKnown({ second, power = 1 }: Scalars): boolean {
  return seconds.includes(second?.formula) && (power === 1 || power === 0.5 || power === 2);
}

/** 32-bit words of a parameter in the kernel's list. */
const WORDS = 13;
/** Bytes of a parameter's scalars: 17 float64s, or 20 float32s. */
const SCALAR_BYTES = 8 * 17;
/** Bytes that `takeSteps` needs for each parameter. */
const ROOM = SCALAR_BYTES + 4 * WORDS;

/** Takes the steps of parameters in linear memory in one call, which is split by their elements. room: the address of memory for
 *  their scalars and their list. */
function takeSteps(call: Call, room: number, parameters: readonly Parameter[]): void {
  const rounded = call.exactStep ? null : parameters.map(({ c }) => float32Of(c));
  const isExact = !rounded?.every((scalars) => scalars !== null);
  const scalars = (isExact ? parameters.map(({ c }) => float64Of(c)) : rounded) as Float32Array[] | Float64Array[];
  const { length, BYTES_PER_ELEMENT } = scalars[0];
  const list = room + SCALAR_BYTES * parameters.length;
  const { buffer } = call.allocator.memory;
  const values = windowOn(buffer, isExact ? 'float64' : 'float32', room, length * parameters.length);
  const words = new Uint32Array(buffer, list, WORDS * parameters.length);
  let count = 0;
  parameters.forEach(({ c, at, n }, i) => {
    values.set(scalars[i], length * i);
    const state = at.slice(0, -1);
    const g = at.at(-1)!;
    const h = c.b3 === undefined ? 0 : state.pop()!;
    const [x, m, v = 0, u = 0] = state;
    const own = room + length * BYTES_PER_ELEMENT * i;
    const isAhead = Number(c.p !== 1 || c.q !== 0 || c.signed);
    const [second, twice] = [seconds.indexOf(c.second?.formula), 2 * (c.power ?? 1)];
    words.set([own, x, g, m, v, u, h, count, n, isAhead, Number(!!c.signed), second, twice], WORDS * i);
    count += Math.ceil(n / LINE) * LINE;
  });
  const work = { count, grain: LINE, cost: isExact ? COST : COST32 };
  const args = (from: number, n: number): Arguments<'boundedStep'> => [list, parameters.length, from, from + n];
  call.split(isExact ? 'boundedStep' : 'boundedStep32', work, args);
}

/** The scalars of a step in float64, as step.ts of the kernels reads them. */
function float64Of(c: Scalars): Float64Array {
  const [lower, upper] = c.box ?? NO_BOX;
  const { wd, b1, k, b2, k2, a, e, lo, hi, s, p, q, keep, second, b3 = 0 } = c;
  return Float64Array.of(wd, b1, k, b2, k2, a, e, lo, hi, s, p, q, keep, lower, upper, second?.added ?? 0, b3);
}

/** The scalars of a step in float32, as step32.ts reads them; null if the step must be in float64. It must if a scalar
 *  other than the box is too large or too small for float32; with AdaBelief's second moment, which squares a difference of close
 *  numbers; with Yogi's, which takes the sign of such a difference; with AdaMax's and with the power 2, which step32.ts does not
 *  compute; and if it takes the sign of d, which may be that of a rounding error. */
function float32Of(c: Scalars): Float32Array | null {
  const { wd, b1, k, b2, k2, a, e, lo, hi, s, p, q, keep, b3 = 0 } = c;
  if (c.second || c.signed || c.power === 2) return null;
  const [lower, upper] = c.box ?? NO_BOX;
  // 0 times an infinite bound would be NaN.
  const scaled = (rate: number) => (s === 0 ? 0 : s * rate);
  const clipped = a < lo ? lo : a > hi ? hi : a;
  const exact = [wd, b1, k, b2, k2, scaled(a), e, scaled(lo), scaled(hi), b3, scaled(clipped), p, q, 1 - keep];
  if (!exact.every(isInFloat32)) return null;
  const [wd1, , k1, , k21, a1, e1, lo1, hi1, , rate, p1, q1, lost] = exact;
  const [b1High, b1Low, b2High, b2Low, b3High, b3Low] = [b1, b2, b3].flatMap(partsOf);
  const averages = [wd1, b1High, b1Low, k1, b2High, b2Low, k21];
  return Float32Array.of(...averages, a1, e1, lo1, hi1, b3High, b3Low, 1 - b3, rate, p1, q1, lost, lower, upper);
}
const NO_BOX = [-Infinity, Infinity] as const;

/** Whether rounding to float32 keeps all digits that float32 has: it neither underflows nor overflows. */
function isInFloat32(x: number): boolean {
  const rounded = Math.abs(Math.fround(x));
  return x === 0 || (rounded >= 2 ** -126 && (rounded < Infinity || Math.abs(x) === Infinity));
}

/** A decay rate as the sum of two float32 numbers. The second is 0 only if the rate is 0, because 0 times an infinite state would be NaN. */
function partsOf(b: number): [high: number, low: number] {
  let high = Math.fround(b);
  if (high > b) high = Math.fround(high - b * 2 ** -23);
  return [high, Math.max(b - high, b * 2 ** -60)];
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

/** The number of elements of each gradient that are NaN or infinite. */
function countNonFinite(call: Call): boolean {
  if (!call.ins.every(isContiguous)) return false;
  const counts = call.output(0);
  const scratch = scratchFor(call, call.ins);
  call.ins.forEach((view, i) => {
    let count = 0;
    inBlocks(call, scratch, [view], 0, ([g], n) => {
      count += call.kernels.countNonFinite(g, n);
    });
    call.kernels.fill(counts + 4 * i, count, 1);
  });
  return true;
}

/** The address of memory for the blocks of `inBlocks`; 0 if it needs none. */
function scratchFor(call: Call, views: readonly BufferView[]): number {
  return views.every(isInPlace) ? 0 : call.borrow(4 * BLOCK);
}

/** Calls `visit` with the addresses of operands of equal length: once if all are in linear memory, else block by block, in `scratch`. The
 *  first `written` operands are outputs. `visit` must not borrow memory: if it grows, the views are detached. */
function inBlocks(
  call: Call,
  scratch: number,
  views: BufferView[],
  written: number,
  visit: (at: number[], n: number) => void,
): void {
  const { buffer: memory } = call.allocator.memory;
  const size = sizeOf(views[0].shape);
  const passing = views.filter((v) => !isInPlace(v));
  const block = passing.length ? LINE * Math.floor(BLOCK / passing.length / LINE) : size;
  for (let start = 0; start < size; start += block) {
    const n = Math.min(block, size - start);
    const there = (v: BufferView) => v.buffer.values.subarray(v.offset + start, v.offset + start + n);
    const here = (v: BufferView) =>
      isInPlace(v) ? addressOf(v) + start * bytesOf(v.buffer.dtype) : scratch + 4 * block * passing.indexOf(v);
    const copied = (v: BufferView) => windowOn(memory, v.buffer.dtype, here(v), n);
    for (const v of passing) copied(v).set(there(v));
    visit(views.map(here), n);
    for (const v of views.slice(0, written)) if (!isInPlace(v)) there(v).set(copied(v));
  }
}

/** The plans of this file by kernel. */
export const stepPlans: Record<string, Plan> = {
  boundedStep: plan('f+>ff+ if+>ff+', boundedStep),
  countNonFinite: plan('f+>i', countNonFinite),
};

// Plans for sums, means, variances and differences from the mean over axes, and for layer normalization.

import { sizeOf } from '../../../strides.js';
import type { AxesAttributes, BatchNormGradAttributes, ReductionAttributes } from '../../attributes.js';
import type { Arguments, Call, WithoutLast } from '../call.js';
import { type Plan, plan } from './plan.js';

/** Nanoseconds for an element that is summed. */
const COST = 0.15;
/** Nanoseconds for an element of a variance. */
const COST_OF_VARIANCE = 0.4;
/** Nanoseconds for an element from which a mean is subtracted, as in layerNorm. */
const COST_OF_CENTER = 1.2;
/** Nanoseconds for an element of layerNorm's gradient. */
const COST_OF_GRADIENT = 2;

/** Four groups of axes, alternately kept and reduced, and the address of the input, which is dense. */
interface Groups {
  sizes: number[];
  x: number;
}

/** The kernels take four groups of axes, [kept, reduced, kept, reduced]. Inputs with more groups are copied so that all kept axes
 *  come first, if `canCopy`; else the result is null. */
function groupsOf(call: Call, axes: readonly number[], canCopy: boolean): Groups | null {
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
  if (sizes.length > 4 && !canCopy) return null;
  let x: number;
  if (sizes.length <= 4) {
    x = call.contiguous(0);
  } else {
    const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
    sizes = [kept, axes].map((part) => sizeOf(part.map((axis) => shape[axis])));
    x = call.copyTo(call.borrow(sizeOf(shape) * 4), 0, [...kept, ...axes]);
  }
  while (sizes.length < 4) sizes.unshift(1);
  return { sizes, x };
}

/** Runs a kernel in parts along the larger kept group of axes, the outer (`o`) or the inner (`k`). If q is 1, parts of the inner group begin at
 *  multiples of 16 values. args(o, os, first, last): the arguments for `os` outer indices from o on, and the inner ones from `first` to
 *  `last` - 1. Each output is computed in one part, so its bits do not depend on the parts. */
function splitGroups<K extends 'sum' | 'variance' | 'center'>(
  call: Call,
  kernel: K,
  [o, r, k, q]: number[],
  cost: number,
  args: (o: number, os: number, first: number, last: number) => Arguments<K>,
): void {
  if (o >= k) {
    call.split(kernel, { count: o, cost: cost * r * k * q }, (i, n) => args(i, n, 0, k));
  } else {
    call.split(kernel, { count: k, grain: q === 1 ? 16 : 1, cost: cost * o * r * q }, (i, n) => args(0, o, i, i + n));
  }
}

/** Values in a chunk of a sum over all values. */
const CHUNK = 32768;

/** The sum of n values / divisor, as the sum of the sums of chunks. The chunks depend on n only, so any number of threads gives the same
 *  bits. */
function sumOfAll(call: Call, y: number, x: number, n: number, divisor: number): void {
  const count = Math.ceil(n / CHUNK);
  const sums = call.borrow(8 * count);
  call.split('chunkSums', { count, cost: CHUNK * COST }, (i, many) => [sums, x, n, CHUNK, i, i + many]);
  call.kernels.addChunks(y, sums, count, divisor);
}

/** A reduction by a kernel that takes a divisor. */
function reduced(kernel: 'sum' | 'variance', divisorOf: (n: number, attrs: ReductionAttributes) => number) {
  return (call: Call, attrs: ReductionAttributes): boolean => {
    const { sizes, x } = groupsOf(call, attrs.axes, true)!;
    const [o, r, k, q] = sizes;
    const y = call.output(0);
    const divisor = divisorOf(r * q, attrs);
    if (kernel === 'sum' && o * r * k === 1 && q > CHUNK) {
      sumOfAll(call, y, x, q, divisor);
    } else {
      splitGroups(call, kernel, sizes, kernel === 'sum' ? COST : COST_OF_VARIANCE, (i, n, first, last) => {
        return [y + 4 * i * k, x + 4 * i * r * k * q, n, r, k, q, divisor, first, last];
      });
    }
    return true;
  };
}

function center(call: Call, { axes }: AxesAttributes): boolean {
  const groups = groupsOf(call, axes, false);
  if (!groups) return false;
  const { sizes, x } = groups;
  const [, r, k, q] = sizes;
  const y = call.output(0);
  splitGroups(call, 'center', sizes, COST_OF_CENTER, (i, n, first, last) => {
    return [y + 4 * i * r * k * q, x + 4 * i * r * k * q, n, r, k, q, first, last];
  });
  return true;
}

function layerNorm(call: Call, { eps }: BatchNormGradAttributes): boolean {
  const [rows, n] = call.outs[0].shape;
  const y = call.output(0);
  const [x, w = 0, b = 0] = call.ins.map((_, i) => call.contiguous(i));
  const work = { count: rows, cost: n * COST_OF_CENTER };
  call.split('layerNorm', work, (i, count) => [y + 4 * i * n, x + 4 * i * n, w, b, count, n, eps]);
  return true;
}

/** The largest number of chunks in the sums over rows, and the least number of values in one, on average. */
const CHUNKS = 8;
const CHUNK_VALUES = 8192;

/** The rows are computed in chunks, each with sums of its own, which are added in order. The chunks depend on the shape only, so any
 *  number of threads gives the same bits. */
function layerNormGrad(call: Call, { eps }: BatchNormGradAttributes): boolean {
  const [rows, n] = call.outs[0].shape;
  const [gx, gw = 0, gb = 0] = call.outs.map((_, i) => call.output(i));
  const [g, x, w = 0] = call.ins.map((_, i) => call.contiguous(i));
  const chunks = Math.max(1, Math.min(rows, CHUNKS, Math.floor((rows * n) / CHUNK_VALUES)));
  const partial = w && chunks > 1 ? call.borrow(2 * 4 * chunks * n) : 0;
  const parts = Array.from({ length: chunks }, (_, c) => {
    const [first, end] = [c, c + 1].map((k) => Math.floor((k * rows) / chunks));
    const at = 4 * first * n;
    const sums = partial ? [partial + 4 * c * n, partial + 4 * (chunks + c) * n] : [gw, gb];
    return [gx + at, sums[0], sums[1], g + at, x + at, w, end - first, n, eps] as WithoutLast<
      Arguments<'layerNormGrad'>
    >;
  });
  call.eachPart('layerNormGrad', parts, rows * n * COST_OF_GRADIENT, call.scratch(16 * n));
  if (partial) {
    call.kernels.sum(gw, partial, 1, chunks, n, 1, 1, 0, n);
    call.kernels.sum(gb, partial + 4 * chunks * n, 1, chunks, n, 1, 1, 0, n);
  }
  return true;
}

/** The plans of this file by kernel. */
export const reducePlans: Record<string, Plan> = {
  sum: plan(
    'f>f',
    reduced('sum', () => 1),
  ),
  mean: plan(
    'f>f',
    reduced('sum', (n) => n),
  ),
  variance: plan(
    'f>f',
    reduced('variance', (_, { divisor }) => divisor),
  ),
  center: plan('f>f', center),
  layerNorm: plan('f>f ff>f fff>f', layerNorm),
  layerNormGrad: plan('ff>f fff>fff', layerNormGrad),
};

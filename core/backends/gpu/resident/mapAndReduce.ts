// Elementwise functions, copies, concatenations, reductions and softmax as loop nests.

import { sizeOf, stridesOf } from '../../../strides.js';
import type {
  AxesAttributes,
  AxisAttributes,
  BatchNormGradAttributes,
  ReductionAttributes,
  UnsliceAttributes,
} from '../../attributes.js';
import { type BufferView, collapse } from '../../backend.js';
import type { Nest } from './loopNest.js';
import { type Input, type Stage, stages, Temporary } from './stages.js';

/** Returns the stages of a call, or null if the device cannot run it. */
export type StagesOf = (outs: BufferView[], ins: BufferView[], attrs: any) => Stage[] | null;

/** A view read along its own axes. */
export function along({ buffer, offset, stride }: BufferView): Input {
  return { of: buffer, offset, steps: stride };
}

/** y_i = f(a_i, b_i, ..). `term` and `finish` are expressions, as in `Nest`. */
function map(term: string, finish = '$s'): StagesOf {
  return ([y], ins) => elementwise(y, ins, term, finish);
}

function elementwise(y: BufferView, ins: BufferView[], term: string, finish = '$s'): Stage[] {
  const shape = collapse(y.shape, ...ins.map((v) => v.stride));
  const reads = ins.map(({ buffer, offset }, i) => ({ of: buffer, offset, steps: shape.map((axis) => axis[i + 1]) }));
  return stages(y.buffer, { axes: shape.map(([size]) => size), reads, term, finish });
}

/** max(x, 0), and NaN if x is NaN. Some compilers turn (x < 0 ? 0 : x) into a maximum that loses NaN; NaN fails both comparisons
 *  of this form. */
export const rectified = (x: string) => `(${x} > 0 ? ${x} : (${x} < 1 ? 0 : ${x}))`;

/** A comparison, stored as 1 or 0. */
const truth = (condition: string) => map(`(${condition} ? 1 : 0)`);

/** The smaller (<) or larger (>) of two values; NaN if one is NaN. The comparisons with 1 and 0 are both false for NaN. */
const better = (sign: '<' | '>') => map(`($0 ${sign} $1 ? $0 : ($0 < 1 ? $1 : ($0 > 0 ? $1 : $0)))`);

/** f($0), and $0 itself if it is NaN: a device's own f may lose NaN. */
const nanOr = (f: string) => map(`($0 < 1 ? ${f} : ($0 > 0 ? ${f} : $0))`);

// A device's tanh is inexact near 0, where it subtracts nearly equal numbers, and NaN far from 0, where it divides infinities.
const tanh =
  '(Math.abs($0) < 0.15 ? $0 * (1 - $0 * $0 * (1 / 3 - $0 * $0 * (2 / 15 - $0 * $0 * 17 / 315))) ' +
  ': ($0 > 12 ? 1 : ($0 < -12 ? -1 : Math.tanh($0))))';

/** Casts between float32 and bool, which the device stores as 0 and 1. */
function cast([y]: BufferView[], [x]: BufferView[]): Stage[] | null {
  if (y.buffer.dtype === 'bool') return elementwise(y, [x], '($0 == 0 ? 0 : 1)');
  return y.buffer.dtype === 'float32' ? elementwise(y, [x], '$0') : null;
}

/** Splits the axes of x into kept and folded ones. Returns their sizes (line), the number of values in a fold (n), how a nest reads
 *  x (read), and how it reads an array with one value for each fold (each). */
function foldsOf(x: BufferView, axes: readonly number[]) {
  const side = (inside: boolean) => {
    const list = [...x.shape.keys()].filter((i) => axes.includes(i) === inside);
    return collapse(
      list.map((i) => x.shape[i]),
      list.map((i) => x.stride[i]),
    );
  };
  const [kept, over] = [side(false), side(true)];
  const read: Input = { of: x.buffer, offset: x.offset, steps: [...kept, ...over].map(([, stride]) => stride) };
  const sizes = (list: number[][]) => list.map(([size]) => size);
  const n = sizeOf(sizes(over));
  const line = { axes: sizes(kept), over: sizes(over) };
  const each = (of: Temporary): Input => ({ of, offset: 0, steps: [...stridesOf(line.axes), ...over.map(() => 0)] });
  return { line, n, read, each };
}

/** Reduces axes to size 1 by a sum, maximum or minimum. finish: the result as an expression of the folded value $s of n
 *  values. */
function reduced(fold: Nest['fold'], finish = (_n: number) => '$s'): StagesOf {
  return ([y], [x], { axes }: AxesAttributes) => {
    const { line, n, read } = foldsOf(x, axes);
    return stages(y.buffer, { ...line, reads: [read], fold, term: '$0', finish: finish(n) });
  };
}

/** The means over axes, rounded to float32, and the stages that compute them. */
function means(
  x: BufferView,
  axes: readonly number[],
): { mean: Temporary; first: Stage[]; folds: ReturnType<typeof foldsOf> } {
  const folds = foldsOf(x, axes);
  const mean = new Temporary(sizeOf(folds.line.axes));
  const first = stages(mean, { ...folds.line, reads: [folds.read], term: '$0', finish: `$s / ${folds.n}` });
  return { mean, first, folds };
}

function variance([y]: BufferView[], [x]: BufferView[], { axes, divisor }: ReductionAttributes): Stage[] {
  const { mean, first, folds } = means(x, axes);
  const reads = [folds.read, folds.each(mean)];
  const squares = { ...folds.line, reads, term: '($0 - $1) * ($0 - $1)', finish: `$s / ${divisor}` };
  return [...first, ...stages(y.buffer, squares)];
}

function center([y]: BufferView[], [x]: BufferView[], { axes }: AxesAttributes): Stage[] {
  const { mean, first } = means(x, axes);
  const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d));
  const steps = stridesOf(kept).map((s, i) => (axes.includes(i) ? 0 : s));
  const reads = [along(x), { of: mean, offset: 0, steps }];
  return [...first, ...stages(y.buffer, { axes: x.shape, reads, term: '$0 - $1' })];
}

/** The stages that compute mean and variance of each row of x [rows, n], and how a nest over both axes reads them. */
function rowStatistics(x: BufferView): { before: Stage[]; mean: Input; s2: Input } {
  const [rows, n] = x.shape;
  const { mean: of, first } = means(x, [1]);
  const [mean, s2] = [of, new Temporary(rows)].map(eachRow);
  const square = { axes: [rows], over: [n], reads: [along(x), mean], term: '($0 - $1) * ($0 - $1)' };
  return { before: [...first, ...stages(s2.of, { ...square, finish: `$s / ${n}` })], mean, s2 };
}

/** Reads a value for each row in a nest over rows and columns. */
function eachRow(of: Temporary): Input {
  return { of, offset: 0, steps: [1, 0] };
}

/** Reads a vector with a value for each column in a nest over rows and columns. */
function eachColumn(v: BufferView): Input {
  return { ...along(v), steps: [0, ...v.stride] };
}

/** Layer normalization of rows. The stages compute the means, the variances, and then y. */
function layerNorm([y]: BufferView[], ins: BufferView[], { eps }: BatchNormGradAttributes): Stage[] {
  const [x, ...affine] = ins;
  const { before, mean, s2 } = rowStatistics(x);
  const reads = [along(x), mean, s2, ...affine.map(eachColumn)];
  const term = `($0 - $1) / Math.sqrt($2 + ${eps})${affine[0] ? ' * $3' : ''}${affine[1] ? ' + $4' : ''}`;
  return [...before, ...stages(y.buffer, { axes: y.shape, reads, term })];
}

/** With h = (x - mean) / sqrt(s2 + eps) and k = w g:  gx = (k - mean(k) - h mean(k h)) / sqrt(s2 + eps) along each row,  gw = sum g h
 *  and gb = sum g  over the rows. */
function layerNormGrad([gx, gw, gb]: BufferView[], ins: BufferView[], { eps }: BatchNormGradAttributes): Stage[] {
  const [g, x, w] = ins;
  const [rows, n] = x.shape;
  const { before, mean, s2 } = rowStatistics(x);
  const [k0, h0] = [new Temporary(rows), new Temporary(rows)];
  const reads = [along(g), along(x), mean, s2, ...(w ? [eachColumn(w)] : [])];
  const k = w ? '$0 * $4' : '$0';
  const h = `($1 - $2) / Math.sqrt($3 + ${eps})`;
  const alongRow = { axes: [rows], over: [n], reads, finish: `$s / ${n}` };
  const [p, q] = w ? ['$5', '$6'] : ['$4', '$5'];
  const term = `(${k} - ${p} - ${h} * ${q}) / Math.sqrt($3 + ${eps})`;
  const swapped = reads.map((read) => ({ ...read, steps: [...read.steps].reverse() }));
  const overRows = { axes: [n], over: [rows] };
  return [
    ...before,
    ...stages(k0, { ...alongRow, term: k }),
    ...stages(h0, { ...alongRow, term: `${k} * (${h})` }),
    ...stages(gx.buffer, { axes: [rows, n], reads: [...reads, eachRow(k0), eachRow(h0)], term }),
    ...(w ? stages(gw.buffer, { ...overRows, reads: swapped.slice(0, 4), term: `$0 * ${h}` }) : []),
    ...(w ? stages(gb.buffer, { ...overRows, reads: swapped.slice(0, 1), term: '$0' }) : []),
  ];
}

/** m = max x and s = sum e^(x-m) along the last axis, then y = term of $0 = x, $1 = m, $2 = s. y is NaN if |m| is at least
 *  3e38, as if m were infinite. */
function alongLast(term: string): StagesOf {
  return ([y], [x]) => {
    const lead = x.shape.slice(0, -1);
    const n = x.shape.at(-1);
    if (n === undefined) return null;
    const [largest, total] = [new Temporary(sizeOf(lead)), new Temporary(sizeOf(lead))];
    const whole = along(x);
    const each = (of: Temporary): Input => ({ of, offset: 0, steps: [...stridesOf(lead), 0] });
    const line = { axes: lead, over: [n] };
    const finite = `(Math.abs($1) < 3e38 ? ${term} : Math.sqrt(-1 - Math.abs($1)))`;
    return [
      ...stages(largest, { ...line, reads: [whole], fold: 'max', term: '$0' }),
      ...stages(total, { ...line, reads: [whole, each(largest)], term: 'Math.exp($0 - $1)' }),
      ...stages(y.buffer, { axes: x.shape, reads: [whole, each(largest), each(total)], term: finite }),
    ];
  };
}

/** y is the sum of the parts, each of which reads as 0 outside its own range. */
function concat([y]: BufferView[], parts: BufferView[], { axis }: AxisAttributes): Stage[] {
  const onAxis = y.shape.map((_, i) => Number(i === axis));
  let start = 0;
  const reads = parts.map((x): Input => {
    const bound = { offset: -start, steps: onAxis, divisor: 1, size: x.shape[axis], stride: x.stride[axis] };
    start += x.shape[axis];
    return { ...along(x), steps: x.stride.map((s, i) => (i === axis ? 0 : s)), bounds: [bound], zero: true };
  });
  return stages(y.buffer, { axes: y.shape, reads, term: reads.map((_, i) => `$${i}`).join(' + ') });
}

/** y[i] = x[(i - start) / step] on each axis; 0 if that is not an index of x. */
function unslice([y]: BufferView[], [x]: BufferView[], { ranges }: UnsliceAttributes): Stage[] {
  const bounds = ranges.map(({ start, step }, axis) => ({
    offset: -start * Math.sign(step),
    steps: y.shape.map((_, i) => (i === axis ? Math.sign(step) : 0)),
    divisor: Math.abs(step),
    size: x.shape[axis],
    stride: x.stride[axis],
  }));
  const read = { of: x.buffer, offset: x.offset, steps: y.shape.map(() => 0), bounds, zero: true };
  return stages(y.buffer, { axes: y.shape, reads: [read], term: '$0' });
}

/** The stages of this file's kernels. Other functions of one or two elements run on the CPU. For sin, cos, pow and those that need
 *  log(1 + x), the reason is that a device may be too inexact. */
export const mapAndReduce: Record<string, StagesOf> = {
  neg: map('-$0'),
  abs: map('Math.abs($0)'),
  square: map('$0 * $0'),
  sqrt: nanOr('Math.sqrt($0)'),
  exp: nanOr('Math.exp($0)'),
  // On every device the root of a negative number is NaN and -1 / 0 is minus infinity; a device's own logarithms of them may be finite.
  log: nanOr('($0 > 0 ? Math.log($0) : ($0 < 0 ? Math.sqrt($0) : -1 / Math.abs($0)))'),
  tanh: nanOr(tanh),
  sigmoid: nanOr('($0 > 0 ? 1 / (1 + Math.exp(-$0)) : Math.exp($0) / (1 + Math.exp($0)))'),
  relu: map(rectified('$0')),
  reluGrad: map('($1 > 0 ? $0 : 0)'),
  add: map('$0 + $1'),
  sub: map('$0 - $1'),
  mul: map('$0 * $1'),
  div: map('$0 / $1'),
  maximum: better('>'),
  minimum: better('<'),
  equal: truth('$0 == $1'),
  notEqual: map('($0 == $1 ? 0 : 1)'),
  less: truth('$0 < $1'),
  lessEqual: truth('$0 <= $1'),
  greater: truth('$0 > $1'),
  greaterEqual: truth('$0 >= $1'),
  where: map('($0 == 0 ? $2 : $1)'),
  cast,
  copy: map('$0'),
  concat,
  unslice,
  sum: reduced('sum'),
  mean: reduced('sum', (n) => `$s / ${n}`),
  variance,
  center,
  layerNorm,
  layerNormGrad,
  max: reduced('max'),
  min: reduced('min'),
  softmax: alongLast('Math.exp($0 - $1) / $2'),
  logSoftmax: alongLast('$0 - $1 - Math.log($2)'),
};

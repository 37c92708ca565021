// Which kernels run fast, for which operands, and how: one table. What it does not hold, or declines, runs its loop.
import { reshapeStrides, type Shape, sizeOf, stridesOf } from '../shape.js';
import type { DType } from './backend.js';
import { type Call, collapse } from './wasm.call.js';

/** What wasm/index.ts exports. All arguments are 32-bit integers; addresses are in bytes, strides in elements. */
export type Kernels = Record<
  | 'heapBase'
  | 'finite'
  | 'copy'
  | 'matmul'
  | 'matmulWork'
  | 'conv2d'
  | 'conv2dWork'
  | 'turn'
  | 'conv2dInput'
  | 'conv2dInputWork'
  | 'conv2dWeight'
  | 'conv2dWeightWork'
  | 'maxPool2d'
  | 'maxUnpool2d'
  | 'sum'
  | Unary
  | 'reluGrad'
  | Zip,
  (...args: number[]) => number
>;
type Unary = 'neg' | 'abs' | 'sqrt' | 'square' | 'relu';
type Zip = 'add' | 'sub' | 'mul' | 'div';

/** Runs the call and returns true, or returns false before it has changed anything. */
type Run = (call: Call, attrs: any) => boolean;

interface Plan {
  ins: DType[];
  outs: DType[];
  run: Run;
}

const f = 'float32';
const i = 'int32';

/** The kernels that have a fast form: dtypes of the inputs, of the outputs, and how they run. */
export const plans: ReadonlyMap<string, Plan> = new Map<string, Plan>([
  ['matmul', { ins: [f, f], outs: [f], run: matmul }],
  ['conv2d', { ins: [f, f], outs: [f], run: conv2d }],
  ['conv2dInput', { ins: [f, f], outs: [f], run: conv2dInput }],
  ['conv2dWeight', { ins: [f, f], outs: [f], run: conv2dWeight }],
  ['maxPool2d', { ins: [f], outs: [f, i], run: maxPool2d }],
  ['maxUnpool2d', { ins: [f, i], outs: [f], run: maxUnpool2d }],
  ['neg', { ins: [f], outs: [f], run: unary('neg') }],
  ['abs', { ins: [f], outs: [f], run: unary('abs') }],
  ['sqrt', { ins: [f], outs: [f], run: unary('sqrt') }],
  ['square', { ins: [f], outs: [f], run: unary('square') }],
  ['relu', { ins: [f], outs: [f], run: unary('relu') }],
  ['reluGrad', { ins: [f, f], outs: [f], run: reluGrad }],
  ['add', { ins: [f, f], outs: [f], run: zip('add') }],
  ['sub', { ins: [f, f], outs: [f], run: zip('sub') }],
  ['mul', { ins: [f, f], outs: [f], run: zip('mul') }],
  ['div', { ins: [f, f], outs: [f], run: zip('div') }],
  ['sum', { ins: [f], outs: [f], run: sum }],
  ['copy', { ins: [f], outs: [f], run: copy }],
]);

/** a [.., m, k], b [.., k, n] of any strides. Where b is one matrix, all rows of a are one product if strides allow. */
function matmul(call: Call): boolean {
  const [a, b] = call.ins;
  const { shape } = call.outs[0];
  const [m, n] = shape.slice(-2);
  const k = a.shape.at(-1)!;
  const batch = shape.slice(0, -2);
  const size = sizeOf(batch);
  const rows = b.stride.slice(0, -2).every((s, axis) => s === 0 || batch[axis] === 1)
    ? reshapeStrides(a.shape, a.stride, [size * m, k])
    : null;
  const [aRow, aCol] = rows ?? a.stride.slice(-2);
  const [bRow, bCol] = b.stride.slice(-2);
  const { kernels } = call;
  const height = rows ? size * m : m;
  const work = call.work(kernels.matmulWork(height, k, n) >>> 0);
  const [y, x, w] = [call.out(0), call.at(0), call.at(1)];
  let index = 0;
  eachOffset(rows ? [] : batch, [a.stride, b.stride], ([fromA, fromB]) => {
    const to = y + index++ * m * n * 4;
    kernels.matmul(to, x + fromA * 4, w + fromB * 4, height, k, n, aRow, aCol, bRow, bCol, work);
  });
  return true;
}

interface Geometry {
  stride: Shape;
  padding: Shape;
  dilation: Shape;
  groups: number;
}

/** The words of wasm/window.ts's Conv. */
function geometry(call: Call, x: Shape, w: Shape, y: Shape, { stride, padding, dilation, groups }: Geometry): number {
  const [co, , kh, kw] = w;
  return call.words([...x, co, kh, kw, ...stride, ...padding, ...dilation, y[2], y[3], groups]);
}

/** Whether input i may meet the zeros of the padding, which the loops leave out: whether there are none, or it
 *  holds no NaN or infinity. Otherwise another form has to run, so that NaN spreads as in the loop. */
function meetsZeros(call: Call, i: number, padding: Shape): boolean {
  if (padding.every((p) => p === 0)) return true;
  return call.kernels.finite(call.dense(i), sizeOf(call.ins[i].shape)) === 1;
}

function conv2d(call: Call, attrs: Geometry): boolean {
  const [x, w] = call.ins;
  if (!meetsZeros(call, 1, attrs.padding)) return false;
  const at = geometry(call, x.shape, w.shape, call.outs[0].shape, attrs);
  const work = call.work(call.kernels.conv2dWork(at) >>> 0);
  call.kernels.conv2d(at, call.out(0), call.dense(0), call.dense(1), work);
  return true;
}

/** Where there are fewer outputs than inputs, the turned convolution has the longer sums and is faster: 29 GFLOP/s
 *  against 18 at 48 to 12 channels. Elsewhere the scattered product is as fast or faster, and takes any stride. */
function conv2dInput(call: Call, attrs: Geometry): boolean {
  const [g, w] = call.ins;
  const { kernels } = call;
  const { stride, padding, dilation, groups } = attrs;
  const [, , kh, kw] = w.shape;
  const x = call.outs[0].shape;
  const at = geometry(call, x, w.shape, g.shape, attrs);
  const inner = [dilation[0] * (kh - 1) - padding[0], dilation[1] * (kw - 1) - padding[1]];
  const narrows = stride.every((s) => s === 1) && w.shape[0] / groups < w.shape[1];
  if (!narrows || !meetsZeros(call, 1, inner)) {
    const work = call.work(kernels.conv2dInputWork(at) >>> 0);
    kernels.conv2dInput(at, call.out(0), call.dense(0), call.dense(1), work);
    return true;
  }
  const turned = call.work(sizeOf(w.shape) * 4);
  kernels.turn(at, turned, call.dense(1));
  const back = geometry(call, g.shape, [x[1], 0, kh, kw], x, { ...attrs, padding: inner });
  kernels.conv2d(back, call.out(0), call.dense(0), turned, call.work(kernels.conv2dWork(back) >>> 0));
  return true;
}

function conv2dWeight(call: Call, attrs: Geometry): boolean {
  const [x, g] = call.ins;
  if (!meetsZeros(call, 1, attrs.padding)) return false;
  const at = geometry(call, x.shape, call.outs[0].shape, g.shape, attrs);
  const work = call.work(call.kernels.conv2dWeightWork(at) >>> 0);
  call.kernels.conv2dWeight(at, call.out(0), call.dense(0), call.dense(1), work);
  return true;
}

function maxPool2d(call: Call, attrs: { kernel: Shape; stride: Shape; padding: Shape }): boolean {
  const { kernel, stride, padding } = attrs;
  const [n, c, h, w] = call.ins[0].shape;
  const [oh, ow] = call.outs[0].shape.slice(2);
  if (padding.some((p, axis) => 2 * p > kernel[axis])) return false;
  const [y, index, x] = [call.out(0), call.out(1), call.dense(0)];
  call.kernels.maxPool2d(y, index, x, n * c, h, w, oh, ow, ...kernel, ...stride, ...padding);
  return true;
}

function maxUnpool2d(call: Call): boolean {
  const [n, c, oh, ow] = call.ins[0].shape;
  const size = sizeOf(call.outs[0].shape.slice(2));
  call.kernels.maxUnpool2d(call.out(0), call.dense(0), call.dense(1), n * c, oh * ow, size);
  return true;
}

function unary(name: Unary): Run {
  return (call) => {
    call.kernels[name](call.out(0), call.dense(0), sizeOf(call.outs[0].shape));
    return true;
  };
}

function reluGrad(call: Call): boolean {
  call.kernels.reluGrad(call.out(0), call.dense(0), call.dense(1), sizeOf(call.outs[0].shape));
  return true;
}

/** Operands that stand still or run on together over at most three axes; others are brought into order first. */
function zip(name: Zip): Run {
  return (call) => {
    const { shape } = call.outs[0];
    const [a, b] = call.ins;
    let axes = collapse(shape, a.stride, b.stride);
    const inPlace = axes.length <= 3 && (axes.at(-1) ?? []).slice(1).every((s) => s === 0 || s === 1);
    if (!inPlace) axes = [[sizeOf(shape), 1, 1]];
    while (axes.length < 3) axes.unshift([1, 0, 0]);
    const [p, q, r] = axes;
    const [x, y] = inPlace ? [call.at(0), call.at(1)] : [call.dense(0), call.dense(1)];
    call.kernels[name](call.out(0), x, y, p[0], q[0], r[0], p[1], q[1], r[1], p[2], q[2], r[2]);
    return true;
  };
}

/** Up to four groups of axes, kept and reduced in turn, the last one reduced. */
function sum(call: Call, { axes }: { axes: readonly number[] }): boolean {
  const groups: { reduced: boolean; size: number }[] = [];
  call.ins[0].shape.forEach((size, axis) => {
    if (size === 1) return;
    const reduced = axes.includes(axis);
    const last = groups.at(-1);
    if (last?.reduced === reduced) last.size *= size;
    else groups.push({ reduced, size });
  });
  if (!groups.at(-1)?.reduced) groups.push({ reduced: true, size: 1 });
  if (groups.length > 4) return false;
  const sizes = groups.map((g) => g.size);
  while (sizes.length < 4) sizes.unshift(1);
  call.kernels.sum(call.out(0), call.dense(0), ...sizes);
  return true;
}

function copy(call: Call): boolean {
  call.copy(0, call.out(0));
  return true;
}

/** Visits the indices of a shape in order, with the offset that each stride gives. */
function eachOffset(shape: Shape, strides: Shape[], visit: (offsets: number[]) => void): void {
  const steps = stridesOf(shape);
  for (let n = 0; n < sizeOf(shape); n++) {
    visit(strides.map((s) => shape.reduce((sum, d, axis) => sum + (Math.floor(n / steps[axis]) % d) * s[axis], 0)));
  }
}

// How matrix products and convolutions run.
import { reshapeStrides, type Shape, sizeOf, stridesOf } from '../shape.js';
import type { Call } from './wasm.call.js';

/** a [.., m, k], b [.., k, n] of any strides. Where b is one matrix, all rows of a are one product if strides allow. */
export function matmul(call: Call): boolean {
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

export function conv2d(call: Call, attrs: Geometry): boolean {
  const [x, w] = call.ins;
  if (!meetsZeros(call, 1, attrs.padding)) return false;
  const at = geometry(call, x.shape, w.shape, call.outs[0].shape, attrs);
  const work = call.work(call.kernels.conv2dWork(at) >>> 0);
  call.kernels.conv2d(at, call.out(0), call.dense(0), call.dense(1), work);
  return true;
}

/** Where there are fewer outputs than inputs, the turned convolution has the longer sums and is faster: 29 GFLOP/s
 *  against 18 at 48 to 12 channels. Elsewhere the scattered product is as fast or faster, and takes any stride. */
export function conv2dInput(call: Call, attrs: Geometry): boolean {
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

export function conv2dWeight(call: Call, attrs: Geometry): boolean {
  const [x, g] = call.ins;
  if (!meetsZeros(call, 1, attrs.padding)) return false;
  const at = geometry(call, x.shape, call.outs[0].shape, g.shape, attrs);
  const work = call.work(call.kernels.conv2dWeightWork(at) >>> 0);
  call.kernels.conv2dWeight(at, call.out(0), call.dense(0), call.dense(1), work);
  return true;
}

/** Visits the indices of a shape in order, with the offset that each stride gives. */
function eachOffset(shape: Shape, strides: Shape[], visit: (offsets: number[]) => void): void {
  const steps = stridesOf(shape);
  for (let n = 0; n < sizeOf(shape); n++) {
    visit(strides.map((s) => shape.reduce((sum, d, axis) => sum + (Math.floor(n / steps[axis]) % d) * s[axis], 0)));
  }
}

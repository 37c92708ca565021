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
  const height = rows ? size * m : m;
  const scratch = call.scratch(call.kernels.matmulWork(height, k, n) >>> 0);
  const [y, x, w] = [call.out(0), call.at(0), call.at(1)];
  let index = 0;
  eachOffset(rows ? [] : batch, [a.stride, b.stride], ([fromA, fromB]) => {
    const [c, a, b] = [y + index++ * m * n * 4, x + fromA * 4, w + fromB * 4];
    // Cut along the longer side: each part packs all of the other factor.
    if (height >= n) {
      call.share('matmul', { count: height, grain: ROWS, cost: k * n * MULTIPLY, scratch }, (i, many) => [
        ...[c + 4 * i * n, a + 4 * i * aRow, b, many, k, n],
        ...[n, aRow, aCol, bRow, bCol],
      ]);
    } else {
      call.share('matmul', { count: n, grain: COLUMNS, cost: k * height * MULTIPLY, scratch }, (i, many) => [
        ...[c + 4 * i, a, b + 4 * i * bCol, height, k, many],
        ...[n, aRow, aCol, bRow, bCol],
      ]);
    }
  });
  return true;
}

/** Nanoseconds for a multiplication and an addition. */
const MULTIPLY = 0.05;
/** Rows and columns of a tile. */
const ROWS = 5;
const COLUMNS = 8;

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

/** Convolves, or spreads gradients, image by image: kernels that take [geometry, to, from, weights]. */
function eachImage(
  call: Call,
  kernel: 'conv2d' | 'conv2dInput',
  [to, from, w]: [to: number, from: number, w: number],
  [x, y, weights]: [x: Shape, y: Shape, weights: Shape],
  attrs: Geometry,
): void {
  const geometryOf = (n: number) => geometry(call, [n, ...x.slice(1)], weights, y, attrs);
  const [written, read] = kernel === 'conv2d' ? [y, x] : [x, y];
  const all = geometryOf(x[0]);
  const cost = sizeOf(y.slice(1)) * sizeOf(weights.slice(1)) * MULTIPLY;
  const scratch = call.scratch(call.kernels[`${kernel}Work`](all) >>> 0);
  call.share(kernel, { count: x[0], cost, scratch }, (i, n) => [
    ...[
      n === x[0] ? all : geometryOf(n),
      to + 4 * i * sizeOf(written.slice(1)),
      from + 4 * i * sizeOf(read.slice(1)),
      w,
    ],
  ]);
}

export function conv2d(call: Call, attrs: Geometry): boolean {
  const [x, w] = call.ins;
  if (!meetsZeros(call, 1, attrs.padding)) return false;
  const at: [number, number, number] = [call.out(0), call.dense(0), call.dense(1)];
  eachImage(call, 'conv2d', at, [x.shape, call.outs[0].shape, w.shape], attrs);
  return true;
}

/** Where there are fewer outputs than inputs, the turned convolution has the longer sums and is faster: 29 GFLOP/s
 *  against 18 at 48 to 12 channels. Elsewhere the scattered product is as fast or faster, and takes any stride. */
export function conv2dInput(call: Call, attrs: Geometry): boolean {
  const [g, w] = call.ins;
  const { stride, padding, dilation, groups } = attrs;
  const [, , kh, kw] = w.shape;
  const x = call.outs[0].shape;
  const at: [number, number, number] = [call.out(0), call.dense(0), call.dense(1)];
  const inner = [dilation[0] * (kh - 1) - padding[0], dilation[1] * (kw - 1) - padding[1]];
  const narrows = stride.every((s) => s === 1) && w.shape[0] / groups < w.shape[1];
  if (!narrows || !meetsZeros(call, 1, inner)) {
    eachImage(call, 'conv2dInput', at, [x, g.shape, w.shape], attrs);
    return true;
  }
  const turned = call.work(sizeOf(w.shape) * 4);
  call.kernels.turn(geometry(call, x, w.shape, g.shape, attrs), turned, at[2]);
  const weights = [x[1], w.shape[0] / groups, kh, kw];
  eachImage(call, 'conv2d', [at[0], at[1], turned], [g.shape, x, weights], { ...attrs, padding: inner });
  return true;
}

/** Cut by input channels, once for each thread: each part goes through all of the other factor. */
export function conv2dWeight(call: Call, attrs: Geometry): boolean {
  const [x, g] = call.ins;
  if (!meetsZeros(call, 1, attrs.padding)) return false;
  const w = call.outs[0].shape;
  const at = geometry(call, x.shape, w, g.shape, attrs);
  const to = [call.out(0), call.dense(0), call.dense(1)];
  const scratch = call.scratch(call.kernels.conv2dWeightWork(at) >>> 0);
  const work = { count: w[1], each: 1, cost: sizeOf(g.shape) * sizeOf(w.slice(2)) * MULTIPLY, scratch };
  call.share('conv2dWeight', work, (c, n) => [at, ...to, c, c + n]);
  return true;
}

/** Visits the indices of a shape in order, with the offset that each stride gives. */
function eachOffset(shape: Shape, strides: Shape[], visit: (offsets: number[]) => void): void {
  const steps = stridesOf(shape);
  for (let n = 0; n < sizeOf(shape); n++) {
    visit(strides.map((s) => shape.reduce((sum, d, axis) => sum + (Math.floor(n / steps[axis]) % d) * s[axis], 0)));
  }
}

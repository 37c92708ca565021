// How convolutions run: by matrix products on windows, and 3 x 3 ones with stride 1 in Winograd's form where it pays.
import { type Shape, sizeOf } from '../../../shape.js';
import type { Call } from '../call.js';

/** Nanoseconds for a multiplication and an addition. */
const MULTIPLY = 0.05;

interface Geometry {
  stride: Shape;
  padding: Shape;
  dilation: Shape;
  groups: number;
}

/** Shapes of a convolution y = x * w: x [n, ci, h, w], w [co, ci/groups, kh, kw], y [n, co, oh, ow]. */
interface Shapes {
  x: Shape;
  w: Shape;
  y: Shape;
}

/** The words of wasm/window.ts's Conv, for the first n images. */
function geometry(call: Call, { x, w, y }: Shapes, attrs: Geometry, n = x[0]): number {
  const { stride, padding, dilation, groups } = attrs;
  const [co, , kh, kw] = w;
  return call.words([n, ...x.slice(1), co, kh, kw, ...stride, ...padding, ...dilation, y[2], y[3], groups]);
}

/** The arguments of a kernel for each part of the images: [geometry, to, from], where they begin. */
function eachImage(
  call: Call,
  shapes: Shapes,
  attrs: Geometry,
  [to, written]: [number, Shape],
  [from, read]: [number, Shape],
) {
  return (i: number, n: number) => [
    geometry(call, shapes, attrs, n),
    to + 4 * i * sizeOf(written.slice(1)),
    from + 4 * i * sizeOf(read.slice(1)),
  ];
}

/** Nanoseconds for an image. */
function costOf({ y, w }: Shapes): number {
  return sizeOf(y.slice(1)) * sizeOf(w.slice(1)) * MULTIPLY;
}

/** Whether input i may meet the zeros of the padding, which the loops leave out: whether there are none, or it
 *  holds no NaN or infinity. Otherwise another form has to run, so that NaN spreads as in the loop. */
function meetsZeros(call: Call, i: number, padding: Shape): boolean {
  if (padding.every((p) => p === 0)) return true;
  return call.kernels.finite(call.dense(i), sizeOf(call.ins[i].shape)) === 1;
}

export function conv2d(call: Call, attrs: Geometry): boolean {
  const shapes = { x: call.ins[0].shape, w: call.ins[1].shape, y: call.outs[0].shape };
  const [to, from, w] = [call.out(0), call.dense(0), call.dense(1)];
  if (winograd(call, shapes, attrs, [to, from, w])) return true;
  if (!meetsZeros(call, 1, attrs.padding)) return false;
  convolve(call, shapes, attrs, [to, from, w]);
  return true;
}

/** y = x * w. */
function convolve(call: Call, shapes: Shapes, attrs: Geometry, [to, from, w]: [number, number, number]): void {
  const scratch = call.scratch(call.kernels.conv2dWork(geometry(call, shapes, attrs)) >>> 0);
  const args = eachImage(call, shapes, attrs, [to, shapes.y], [from, shapes.x]);
  call.share('conv2d', { count: shapes.x[0], cost: costOf(shapes), scratch }, (i, n) => [...args(i, n), w]);
}

/** With stride 1 this is a convolution with the filters turned round. That is Winograd's where it takes it. Else, where
 *  there are fewer outputs than inputs, its sums are longer and it is faster: 29 GFLOP/s against 18 at 48 to 12 channels.
 *  Elsewhere the scattered product is as fast or faster, and takes any stride. */
export function conv2dInput(call: Call, attrs: Geometry): boolean {
  const [g, w] = call.ins.map((v) => v.shape);
  const x = call.outs[0].shape;
  const { stride, padding, dilation, groups } = attrs;
  const [, , kh, kw] = w;
  const [to, from, weights] = [call.out(0), call.dense(0), call.dense(1)];
  const shapes = { x, w, y: g };
  if (stride.every((s) => s === 1)) {
    const inner = [dilation[0] * (kh - 1) - padding[0], dilation[1] * (kw - 1) - padding[1]];
    const back = { ...attrs, padding: inner };
    const turnedShapes = { x: g, w: [x[1], w[0] / groups, kh, kw], y: x };
    const narrows = w[0] / groups < w[1];
    if (narrows || isWinograd(turnedShapes, back)) {
      const turned = call.work(sizeOf(w) * 4);
      call.kernels.turn(geometry(call, shapes, attrs), turned, weights);
      if (winograd(call, turnedShapes, back, [to, from, turned])) return true;
      if (narrows && meetsZeros(call, 1, inner)) {
        convolve(call, turnedShapes, back, [to, from, turned]);
        return true;
      }
    }
  }
  const scratch = call.scratch(call.kernels.conv2dInputWork(geometry(call, shapes, attrs)) >>> 0);
  const args = eachImage(call, shapes, attrs, [to, x], [from, g]);
  call.share('conv2dInput', { count: x[0], cost: costOf(shapes), scratch }, (i, n) => [...args(i, n), weights]);
  return true;
}

/** Cut by input channels, once for each thread: each part goes through all of the other factor. */
export function conv2dWeight(call: Call, attrs: Geometry): boolean {
  const shapes = { x: call.ins[0].shape, w: call.outs[0].shape, y: call.ins[1].shape };
  const { w, y } = shapes;
  const { kernels } = call;
  const at = geometry(call, shapes, attrs);
  const to = [call.out(0), call.dense(0), call.dense(1)];
  const work = { count: w[1], each: 1, cost: sizeOf(y) * sizeOf(w.slice(2)) * MULTIPLY };
  if (isWinograd(shapes, attrs) && w[0] * w[1] >= 512) {
    const odd = call.words([0]);
    const scratch = call.scratch(kernels.winogradWeightWork(at) >>> 0);
    call.share('winogradWeight', { ...work, scratch }, (c, n) => [at, ...to, odd, c, c + n]);
    if (call.word(odd) === 0) return true;
  }
  if (!meetsZeros(call, 1, attrs.padding)) return false;
  const scratch = call.scratch(kernels.conv2dWeightWork(at) >>> 0);
  call.share('conv2dWeight', { ...work, scratch }, (c, n) => [at, ...to, c, c + n]);
  return true;
}

/** Whether Winograd's form takes this convolution, and pays: 1.2 times as fast at 16 channels, 1.5 at 32 and 1.9 at 128, but
 *  slower where rows of tiles are mostly filling, or where there are few outputs for each filter to be transformed. */
function isWinograd({ x, w, y }: Shapes, { stride, padding, dilation, groups }: Geometry): boolean {
  const [co, ci, kh, kw] = w;
  const [, , oh, ow] = y;
  const simple = [...stride, ...dilation, groups].every((v) => v === 1) && kh === 3 && kw === 3;
  const tiles = 4 * Math.ceil(ow / 8);
  return (
    simple &&
    padding.every((p) => p >= 0 && p <= 2) &&
    Math.min(co, ci) >= 12 &&
    ow >= 1.5 * tiles &&
    x[0] * oh * ow >= 512
  );
}

/** y = x * w in Winograd's form; false where it does not take it or a result is not finite. */
function winograd(call: Call, shapes: Shapes, attrs: Geometry, [to, from, w]: [number, number, number]): boolean {
  if (!isWinograd(shapes, attrs)) return false;
  const { kernels } = call;
  const all = geometry(call, shapes, attrs);
  const filters = call.work(kernels.winogradFilterBytes(all) >>> 0);
  kernels.winogradFilter(all, filters, w);
  const odd = call.words([0]);
  const scratch = call.scratch(kernels.winogradWork(all) >>> 0);
  const args = eachImage(call, shapes, attrs, [to, shapes.y], [from, shapes.x]);
  const work = { count: shapes.x[0], cost: costOf(shapes) / 2, scratch };
  call.share('winograd', work, (i, n) => [...args(i, n), filters, odd]);
  return call.word(odd) === 0;
}

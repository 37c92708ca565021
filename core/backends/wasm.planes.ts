// How pooling and normalization run.
import { type Shape, sizeOf } from '../shape.js';
import type { Call } from './wasm.call.js';

export function maxPool2d(call: Call, attrs: { kernel: Shape; stride: Shape; padding: Shape }): boolean {
  const { kernel, stride, padding } = attrs;
  const [n, c, h, w] = call.ins[0].shape;
  const [oh, ow] = call.outs[0].shape.slice(2);
  if (padding.some((p, axis) => 2 * p > kernel[axis])) return false;
  const [y, index, x] = [call.out(0), call.out(1), call.dense(0)];
  call.kernels.maxPool2d(y, index, x, n * c, h, w, oh, ow, ...kernel, ...stride, ...padding);
  return true;
}

export function maxUnpool2d(call: Call): boolean {
  const [n, c, oh, ow] = call.ins[0].shape;
  const size = sizeOf(call.outs[0].shape.slice(2));
  call.kernels.maxUnpool2d(call.out(0), call.dense(0), call.dense(1), n * c, oh * ow, size);
  return true;
}

type Window = readonly [start: number, end: number];
interface Averages {
  rows: readonly Window[];
  columns: readonly Window[];
  area: number | null;
}

/** The windows of a plane whose rows are w long, as wasm/pool.ts reads them: first element, height, width. */
function windows(call: Call, { rows, columns }: Averages, w: number): number {
  return call.words(
    rows.flatMap(([top, bottom]) => columns.flatMap(([left, right]) => [top * w + left, bottom - top, right - left])),
  );
}

export function avgPool2d(call: Call, attrs: Averages): boolean {
  const [n, c, h, w] = call.ins[0].shape;
  const count = attrs.rows.length * attrs.columns.length;
  const at = windows(call, attrs, w);
  call.kernels.avgPool2d(call.out(0), call.dense(0), at, n * c, count, h * w, w, attrs.area ?? 0);
  return true;
}

export function avgUnpool2d(call: Call, attrs: Averages): boolean {
  const [n, c, h, w] = call.outs[0].shape;
  const count = attrs.rows.length * attrs.columns.length;
  const at = windows(call, attrs, w);
  call.kernels.avgUnpool2d(call.out(0), call.dense(0), at, n * c, count, h * w, w, attrs.area ?? 0);
  return true;
}

export function batchNorm(call: Call, { eps }: { eps: number }): boolean {
  const [outer, channels, ...inner] = call.outs[0].shape;
  const outs = [0, 1, 2].map((i) => call.out(i));
  const ins = [0, 1, 2].map((i) => call.dense(i));
  call.kernels.batchNorm(...outs, ...ins, outer, channels, sizeOf(inner), eps);
  return true;
}

export function batchNormGrad(call: Call, { eps }: { eps: number }): boolean {
  const [outer, channels, ...inner] = call.outs[0].shape;
  const outs = [0, 1, 2].map((i) => call.out(i));
  const ins = [0, 1, 2, 3, 4].map((i) => call.dense(i));
  call.kernels.batchNormGrad(...outs, ...ins, outer, channels, sizeOf(inner), eps);
  return true;
}

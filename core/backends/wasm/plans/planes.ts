// How pooling and normalization run.
import { type Shape, sizeOf } from '../../../shape.js';
import type { Call } from '../call.js';

/** Nanoseconds for a value read and one written. */
const COST = 0.4;

export function maxPool2d(call: Call, attrs: { kernel: Shape; stride: Shape; padding: Shape }): boolean {
  const { kernel, stride, padding } = attrs;
  const [n, c, h, w] = call.ins[0].shape;
  const [oh, ow] = call.outs[0].shape.slice(2);
  if (padding.some((p, axis) => 2 * p > kernel[axis])) return false;
  const [y, index, x] = [call.out(0), call.out(1), call.dense(0)];
  const work = { count: n * c, cost: oh * ow * sizeOf(kernel) * COST };
  call.share('maxPool2d', work, (i, planes) => {
    const to = 4 * i * oh * ow;
    return [y + to, index + to, x + 4 * i * h * w, planes, h, w, oh, ow, ...kernel, ...stride, ...padding];
  });
  return true;
}

export function maxUnpool2d(call: Call): boolean {
  const [n, c, oh, ow] = call.ins[0].shape;
  const size = sizeOf(call.outs[0].shape.slice(2));
  const [y, g, index] = [call.out(0), call.dense(0), call.dense(1)];
  call.share('maxUnpool2d', { count: n * c, cost: (size + oh * ow) * COST }, (i, planes) => {
    const from = 4 * i * oh * ow;
    return [y + 4 * i * size, g + from, index + from, planes, oh * ow, size];
  });
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
  const [at, y, x] = [windows(call, attrs, w), call.out(0), call.dense(0)];
  call.share('avgPool2d', { count: n * c, cost: h * w * COST }, (i, planes) => [
    ...[y + 4 * i * count, x + 4 * i * h * w, at],
    ...[planes, count, h * w, w, attrs.area ?? 0],
  ]);
  return true;
}

export function avgUnpool2d(call: Call, attrs: Averages): boolean {
  const [n, c, h, w] = call.outs[0].shape;
  const count = attrs.rows.length * attrs.columns.length;
  const [at, y, g] = [windows(call, attrs, w), call.out(0), call.dense(0)];
  call.share('avgUnpool2d', { count: n * c, cost: h * w * COST }, (i, planes) => [
    ...[y + 4 * i * h * w, g + 4 * i * count, at],
    ...[planes, count, h * w, w, attrs.area ?? 0],
  ]);
  return true;
}

/** Channels of inner size 1 are computed in pairs. */
export function batchNorm(call: Call, { eps, relu }: { eps: number; relu: boolean }): boolean {
  const [outer, channels, ...inner] = call.outs[0].shape;
  const size = sizeOf(inner);
  const outs = [0, 1, 2].map((i) => call.out(i));
  const [x, w, b, r = 0] = call.ins.map((_, i) => call.dense(i));
  const work = { count: channels, grain: 2, cost: 3 * outer * size * COST };
  call.share('batchNorm', work, (c, n) => [
    ...[...outs, x, w, b, r, Number(relu)],
    ...[outer, channels, size, eps, c, c + n],
  ]);
  return true;
}

export function batchNormGrad(call: Call, { eps }: { eps: number }): boolean {
  const [outer, channels, ...inner] = call.outs[0].shape;
  const size = sizeOf(inner);
  const [gx, gw, gb, gy = 0] = call.outs.map((_, i) => call.out(i));
  const [g, x, w, mu, s2, y = 0] = call.ins.map((_, i) => call.dense(i));
  const work = { count: channels, grain: 2, cost: 3 * outer * size * COST };
  call.share('batchNormGrad', work, (c, n) => [
    ...[gx, gw, gb, gy, g, x, w, mu, s2, y],
    ...[outer, channels, size, eps, c, c + n],
  ]);
  return true;
}

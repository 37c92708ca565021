// Plans for pooling. They split by planes, one for each image and channel.

import { sizeOf } from '../../../strides.js';
import type { AvgPool2dAttributes, WindowGeometry } from '../../attributes.js';
import type { Call } from '../call.js';
import { type Plan, plan } from './plan.js';

/** Nanoseconds to read a value and write one. */
const COST = 0.4;

function maxPool2d(call: Call, attrs: WindowGeometry): boolean {
  const [[kh, kw], [sh, sw], [ph, pw]] = [attrs.kernelSize, attrs.stride, attrs.padding];
  const [n, c, h, w] = call.ins[0].shape;
  const [oh, ow] = call.outs[0].shape.slice(2);
  // The kernel computes positions modulo 2^32.
  if (2 * ph > kh || 2 * pw > kw || Math.max(kh, kw) >= 2 ** 30 || attrs.dilation?.some((d) => d > 1)) return false;
  const [y, index, x] = [call.output(0), call.output(1), call.contiguous(0)];
  const work = { count: n * c, cost: oh * ow * kh * kw * COST };
  call.split('maxPool2d', work, (i, planes) => {
    const to = 4 * i * oh * ow;
    return [y + to, index + to, x + 4 * i * h * w, planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw];
  });
  return true;
}

function maxUnpool2d(call: Call): boolean {
  const [n, c, oh, ow] = call.ins[0].shape;
  const size = sizeOf(call.outs[0].shape.slice(2));
  const [y, g, index] = [call.output(0), call.contiguous(0), call.contiguous(1)];
  call.split('maxUnpool2d', { count: n * c, cost: (size + oh * ow) * COST }, (i, planes) => {
    const from = 4 * i * oh * ow;
    return [y + 4 * i * size, g + from, index + from, planes, oh * ow, size];
  });
  return true;
}

/** Writes the windows of a plane with rows of length w as assembly/kernels/pool.ts reads them: [first element, height, width]. */
function writeWindows(call: Call, { rows, columns }: AvgPool2dAttributes, w: number): number {
  return call.writeInts(
    rows.flatMap(([top, bottom]) => columns.flatMap(([left, right]) => [top * w + left, bottom - top, right - left])),
  );
}

function avgPool2d(call: Call, attrs: AvgPool2dAttributes): boolean {
  const [n, c, h, w] = call.ins[0].shape;
  const count = attrs.rows.length * attrs.columns.length;
  const [windows, y, x] = [writeWindows(call, attrs, w), call.output(0), call.contiguous(0)];
  call.split('avgPool2d', { count: n * c, cost: h * w * COST }, (i, planes) => {
    return [y + 4 * i * count, x + 4 * i * h * w, windows, planes, count, h * w, w, attrs.area ?? 0];
  });
  return true;
}

function avgUnpool2d(call: Call, attrs: AvgPool2dAttributes): boolean {
  const [n, c, h, w] = call.outs[0].shape;
  const count = attrs.rows.length * attrs.columns.length;
  const [windows, y, g] = [writeWindows(call, attrs, w), call.output(0), call.contiguous(0)];
  call.split('avgUnpool2d', { count: n * c, cost: h * w * COST }, (i, planes) => {
    return [y + 4 * i * h * w, g + 4 * i * count, windows, planes, count, h * w, w, attrs.area ?? 0];
  });
  return true;
}

/** The plans of this file by kernel. */
export const poolPlans: Record<string, Plan> = {
  maxPool2d: plan('f>fi', maxPool2d),
  maxUnpool2d: plan('fi>f', maxUnpool2d),
  avgPool2d: plan('f>f', avgPool2d),
  avgUnpool2d: plan('f>f', avgUnpool2d),
};

// Plans for convolutions: matrix products on windows; for 3 x 3 filters with stride 1, Winograd's form if it is faster.

import { type Shape, sizeOf } from '../../../strides.js';
import type { Conv2dAttributes } from '../../attributes.js';
import type { Arguments, Call, WithoutLast } from '../call.js';
import { type Plan, plan } from './plan.js';

/** Nanoseconds for a multiplication and an addition. */
const MULTIPLY = 0.05;
/** Nanoseconds for the transform of a 3 x 3 filter. */
const TRANSFORM = 6;
/** Bytes of scratch memory for the transform of filters to 6 x 6 values. */
const TRANSFORM_BYTES = 288;
/** The largest number of chunks of images in the sum of a filter gradient. */
const CHUNKS = 8;
/** The least number of windows in a chunk. */
const CHUNK_WINDOWS = 512;
/** The largest size in bytes of transformed filters, of a block's transforms, and of the chunks' partial sums: a sixteenth of the
 *  largest memory. */
const LARGEST = 2 ** 28;
/** The largest work area of a plain convolution in bytes: half of the largest memory. */
const LARGEST_WORK = 2 ** 31;

/** Shapes of a convolution y = x * w: x [n, ci, h, w], w [co, ci/groups, kh, kw], y [n, co, oh, ow]. */
interface Shapes {
  x: Shape;
  w: Shape;
  y: Shape;
}

/** Writes the fields of class Conv in assembly/lib/window.ts for n images. */
function geometry(call: Call, { x, w, y }: Shapes, attrs: Conv2dAttributes, n = x[0]): number {
  const { stride, padding, dilation, groups } = attrs;
  const [co, , kh, kw] = w;
  return call.writeInts([n, ...x.slice(1), co, kh, kw, ...stride, ...padding, ...dilation, y[2], y[3], groups]);
}

/** The first arguments of a kernel that runs on a part of the images: [geometry, to, from]. */
function eachImage(
  call: Call,
  shapes: Shapes,
  attrs: Conv2dAttributes,
  [to, written]: [number, Shape],
  [from, read]: [number, Shape],
) {
  return (i: number, n: number): [at: number, to: number, from: number] => [
    geometry(call, shapes, attrs, n),
    to + 4 * i * sizeOf(written.slice(1)),
    from + 4 * i * sizeOf(read.slice(1)),
  ];
}

/** Nanoseconds for one image. */
function costOf({ y, w }: Shapes): number {
  return sizeOf(y.slice(1)) * sizeOf(w.slice(1)) * MULTIPLY;
}

/** Whether input i may be multiplied by the zeros of the padding: true if there is no padding or all values are finite. The loops
 *  skip those products, and 0 times NaN or infinity would be NaN. */
function mayMeetPadding(call: Call, i: number, padding: Shape): boolean {
  if (padding.every((p) => p === 0)) return true;
  return call.kernels.finite(call.contiguous(i), sizeOf(call.ins[i].shape)) === 1;
}

/** Whether the compiled functions, which compute modulo 2^32, can run a plain convolution or one of its gradients. The frames of a
 *  small image are large if its padding and stride are. */
export function suits32Bits({ x, w, y }: Shapes, { stride, padding, dilation }: Conv2dAttributes): boolean {
  if (![...stride, ...padding, ...dilation].every((v) => Math.abs(v) < 2 ** 30)) return false;
  const [co, ci] = w;
  const taps = sizeOf(w.slice(1));
  const windows = y[2] * y[3];
  const sides = [0, 1].map((a) => (y[2 + a] - 1) * stride[a] + (w[2 + a] - 1) * dilation[a] + 1);
  // The numbers of values of: the filters, the frames of a block of images, conv2dInput's products, conv2dWeight's sums and packed rows, constant
  // parts.
  const frames = Math.min(x[0], Math.max(1, 1024 / windows)) * ci * sizeOf(sides);
  const products = Math.max(32 * taps, 2 ** 18);
  const rows = (co + 19) * (taps + 15 + Math.min(x[0] * windows, Math.max(256, y[3])));
  return 4 * (sizeOf(w) + frames + products + rows + 2 ** 20) <= LARGEST_WORK;
}

function conv2d(call: Call, attrs: Conv2dAttributes): boolean {
  const shapes = { x: call.ins[0].shape, w: call.ins[1].shape, y: call.outs[0].shape };
  const [to, from, w] = [call.output(0), call.contiguous(0), call.contiguous(1)];
  if (winograd(call, shapes, attrs, [to, from, w])) return true;
  if (!suits32Bits(shapes, attrs)) return false;
  if (!mayMeetPadding(call, 1, attrs.padding)) return false;
  convolve(call, shapes, attrs, [to, from, w]);
  return true;
}

/** y = x * w. */
function convolve(call: Call, shapes: Shapes, attrs: Conv2dAttributes, [to, from, w]: [number, number, number]): void {
  const scratch = call.scratch(call.kernels.conv2dWork(geometry(call, shapes, attrs)) >>> 0);
  const args = eachImage(call, shapes, attrs, [to, shapes.y], [from, shapes.x]);
  const work = { count: shapes.x[0], cost: costOf(shapes) };
  call.splitWithScratch('conv2d', work, scratch, (i, n) => [...args(i, n), w]);
}

/** With stride 1 the gradient is a convolution of g with the filters turned by 180 degrees. It runs in Winograd's form if
 *  possible. It runs as a plain convolution if g has fewer channels than x, because the scattered product of conv2dInput has short
 *  sums then: 18 GFLOP/s against 29 if x has 48 channels and g has 12. Otherwise the scattered product,
 *  which takes any stride, is as fast or faster. */
function conv2dInput(call: Call, attrs: Conv2dAttributes): boolean {
  const [g, w] = call.ins.map((v) => v.shape);
  const x = call.outs[0].shape;
  const { stride, padding, dilation, groups } = attrs;
  const [, , kh, kw] = w;
  const [to, from, weights] = [call.output(0), call.contiguous(0), call.contiguous(1)];
  const shapes = { x, w, y: g };
  if (stride.every((s) => s === 1)) {
    const inner = [dilation[0] * (kh - 1) - padding[0], dilation[1] * (kw - 1) - padding[1]] as const;
    const back = { ...attrs, padding: inner };
    const turnedShapes = { x: g, w: [x[1], w[0] / groups, kh, kw], y: x };
    const narrows = w[0] / groups < w[1];
    if (winograd(call, turnedShapes, back, [to, from, weights], true)) return true;
    if (narrows && suits32Bits(turnedShapes, back) && mayMeetPadding(call, 1, inner)) {
      const turned = call.borrow(sizeOf(w) * 4);
      call.kernels.turn(geometry(call, shapes, attrs), turned, weights);
      convolve(call, turnedShapes, back, [to, from, turned]);
      return true;
    }
  }
  if (!suits32Bits(shapes, attrs)) return false;
  const scratch = call.scratch(call.kernels.conv2dInputWork(geometry(call, shapes, attrs)) >>> 0);
  const args = eachImage(call, shapes, attrs, [to, x], [from, g]);
  const work = { count: x[0], cost: costOf(shapes) };
  call.splitWithScratch('conv2dInput', work, scratch, (i, n) => [...args(i, n), weights]);
  return true;
}

function conv2dWeight(call: Call, attrs: Conv2dAttributes): boolean {
  const shapes = { x: call.ins[0].shape, w: call.outs[0].shape, y: call.ins[1].shape };
  const operands = [call.output(0), call.contiguous(0), call.contiguous(1)] as const;
  if (suitsWinograd(shapes, attrs) && fillsTilesOf2(shapes) && hasSmallTransforms(shapes, 2)) {
    const odd = call.writeInts([0]);
    sumOverChunks(call, 'winogradWeight', shapes, attrs, operands, (at, gw, x, gy, first, last) => {
      return [at, gw, x, gy, odd, first, last];
    });
    if (call.readInt(odd) === 0) return true;
  }
  if (!suits32Bits(shapes, attrs) || !mayMeetPadding(call, 1, attrs.padding)) return false;
  sumOverChunks(call, 'conv2dWeight', shapes, attrs, operands, (...args) => args);
  return true;
}

/** The number of chunks of images whose filter gradients are summed: at most 8, with enough windows each to outweigh the sum, and
 *  with partial sums of at most 256 MiB together. It depends on the shapes only, so any number of threads gives the same bits. */
export function chunksOf({ x: [images], w, y }: Shapes): number {
  const most = Math.min(images, CHUNKS, (images * y[2] * y[3]) / CHUNK_WINDOWS, LARGEST / (4 * sizeOf(w)));
  return Math.max(1, Math.floor(most));
}

/** Computes the filter gradient of each chunk of images, then their sum. Chunks have about equal numbers of images. A single chunk is
 *  split into ranges of input channels, one for each thread, because each range reads all of gy. */
function sumOverChunks<K extends 'winogradWeight' | 'conv2dWeight'>(
  call: Call,
  kernel: K,
  shapes: Shapes,
  attrs: Conv2dAttributes,
  [gw, fromX, fromG]: readonly [number, number, number],
  args: (at: number, gw: number, x: number, gy: number, first: number, last: number) => WithoutLast<Arguments<K>>,
): void {
  const { x, w, y } = shapes;
  const images = x[0];
  const chunks = chunksOf(shapes);
  const at = geometry(call, shapes, attrs, Math.ceil(images / chunks));
  const scratch = call.scratch(call.kernels[`${kernel}Work`](at) >>> 0);
  const cost = sizeOf(y) * sizeOf(w.slice(1)) * MULTIPLY;
  if (chunks === 1) {
    const work = { count: w[1], partsPerThread: 1, cost: cost / w[1] };
    call.splitWithScratch(kernel, work, scratch, (c, n) => args(at, gw, fromX, fromG, c, c + n));
    return;
  }
  const size = sizeOf(w);
  const partial = call.borrow(4 * chunks * size);
  const parts = Array.from({ length: chunks }, (_, i) => {
    const [first, end] = [i, i + 1].map((k) => Math.floor((k * images) / chunks));
    const [ownX, ownG] = [fromX + 4 * first * sizeOf(x.slice(1)), fromG + 4 * first * sizeOf(y.slice(1))];
    return args(geometry(call, shapes, attrs, end - first), partial + 4 * i * size, ownX, ownG, 0, w[1]);
  });
  call.eachPart(kernel, parts, cost, scratch);
  call.kernels.sum(gw, partial, 1, chunks, size, 1, 1, 0, size);
}

/** Whether Winograd's forms can run this convolution and are faster. They are slower with few channels, or if each transformed filter
 *  serves few outputs. */
function suitsWinograd({ x, w, y }: Shapes, { stride, padding, dilation, groups }: Conv2dAttributes): boolean {
  const [co, ci, kh, kw] = w;
  const simple = [...stride, ...dilation, groups].every((v) => v === 1) && kh === 3 && kw === 3;
  return simple && padding.every((p) => p >= 0 && p <= 2) && Math.min(co, ci) >= 12 && x[0] * y[2] * y[3] >= 512;
}

/** Whether tiles of 2 x 2 outputs are mostly outputs and not padding; rows are padded to a multiple of four tiles. */
function fillsTilesOf2({ y }: Shapes): boolean {
  return y[3] >= 1.5 * 4 * Math.ceil(y[3] / 8);
}

/** Whether tiles of 4 x 4 outputs are mostly faster: they are at least half outputs, and there are enough channels for the products to take longer
 *  than the transforms, which are larger than those of 2 x 2. */
function suitsTilesOf4({ w: [co, ci], y }: Shapes): boolean {
  const [height, width] = y.slice(2).map((d) => 4 * Math.ceil(d / 4));
  return 2 * y[2] * y[3] >= height * width && Math.min(co, ci) >= 32;
}

/** Whether the transforms of all filters, and of one row of tiles of side x side outputs, are small enough. A row is the smallest block.
 *  The compiled functions compute sizes modulo 2^32, and every thread has a block of its own. */
export function hasSmallTransforms({ w: [co, ci], y }: Shapes, side: 2 | 4): boolean {
  // A block has up to 15 tiles more than a row, for whole panels.
  const row = (co + ci) * (Math.ceil(y[3] / side) + 15);
  return 4 * (side + 2) ** 2 * Math.max(co * ci, row) <= LARGEST;
}

/** y = x * w in Winograd's form. turned: w is [ci, co, 3, 3], and each filter is turned by 180 degrees. Returns false if the form
 *  does not suit, or if a result is not finite. */
function winograd(
  call: Call,
  shapes: Shapes,
  attrs: Conv2dAttributes,
  [to, from, w]: [number, number, number],
  turned = false,
): boolean {
  if (!suitsWinograd(shapes, attrs)) return false;
  const isLarge = call.winograd === 4 && suitsTilesOf4(shapes);
  if (!isLarge && !fillsTilesOf2(shapes)) return false;
  if (!hasSmallTransforms(shapes, isLarge ? 4 : 2)) return false;
  const { kernels } = call;
  const all = geometry(call, shapes, attrs);
  const count = kernels.winogradPanels(all);
  const odd = call.writeInts([0]);
  const args = eachImage(call, shapes, attrs, [to, shapes.y], [from, shapes.x]);
  const filterWork = { count, cost: (shapes.w[0] * shapes.w[1] * TRANSFORM) / count };
  if (isLarge) {
    const filters = call.borrow(kernels.winograd4FilterBytes(all) >>> 0);
    const room = call.scratch(TRANSFORM_BYTES);
    call.splitWithScratch('winograd4Filter', filterWork, room, (i, n) => [all, filters, w, Number(turned), i, i + n]);
    const scratch = call.scratch(kernels.winograd4Work(all) >>> 0);
    const work = { count: shapes.x[0], cost: costOf(shapes) / 3 };
    call.splitWithScratch('winograd4', work, scratch, (i, n) => [...args(i, n), filters, odd]);
  } else {
    const filters = call.borrow(kernels.winogradFilterBytes(all) >>> 0);
    call.split('winogradFilter', filterWork, (i, n) => [all, filters, w, Number(turned), i, i + n]);
    const scratch = call.scratch(kernels.winogradWork(all) >>> 0);
    const work = { count: shapes.x[0], cost: costOf(shapes) / 2 };
    call.splitWithScratch('winograd', work, scratch, (i, n) => [...args(i, n), filters, odd]);
  }
  return call.readInt(odd) === 0;
}

/** The plans of this file by kernel. */
export const convPlans: Record<string, Plan> = {
  conv2d: plan('ff>f', conv2d),
  conv2dInput: plan('ff>f', conv2dInput),
  conv2dWeight: plan('ff>f', conv2dWeight),
};

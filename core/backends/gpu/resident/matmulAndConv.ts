// Matrix products and convolutions as loop nests over arrays on the device. packed/ has the forms with operands and results on the
// CPU.
import type { Conv2dAttributes, PerAxis } from '../../attributes.js';
import type { BufferView } from '../../backend.js';
import type { StagesOf } from './mapAndReduce.js';
import { type Input, type Stage, stages } from './stages.js';

/** c[.., i, j] = sum_k a[.., i, k] b[.., k, j] */
function matmul([c]: BufferView[], [a, b]: BufferView[]): Stage[] {
  const lead = (v: BufferView) => v.stride.slice(0, -2);
  const reads: Input[] = [
    { of: a.buffer, offset: a.offset, steps: [...lead(a), a.stride.at(-2)!, 0, a.stride.at(-1)!] },
    { of: b.buffer, offset: b.offset, steps: [...lead(b), 0, b.stride.at(-1)!, b.stride.at(-2)!] },
  ];
  return stages(c.buffer, { axes: c.shape, over: [a.shape.at(-1)!], reads, term: '$0 * $1' });
}

/** How far each of the eight axes of a convolution's nest moves a row index and a column index. The row index: axis i by `by[0]`, axis k by
 *  `also[0]`. The column index: axis i + 1 by `by[1]`, axis k + 1 by `also[1]`. */
function both(i: number, by: PerAxis, k: number, also: PerAxis): number[][] {
  return [0, 1].map((a) => Array.from({ length: 8 }, (_, n) => (n === i + a ? by[a] : n === k + a ? also[a] : 0)));
}

/** Reads planes at row and column (offset + sum of at * axis) / divisor, if both are integers on the plane. */
function onPlane(view: BufferView, steps: number[], at: number[][], offset: PerAxis, divisor: PerAxis = [1, 1]): Input {
  const bounds = at.map((along, a) => ({
    offset: offset[a],
    steps: along,
    divisor: divisor[a],
    size: view.shape[2 + a],
    stride: view.stride[2 + a],
  }));
  return { of: view.buffer, offset: view.offset, steps, bounds };
}

/** y[n, g, o, oy, ox] = sum_{i, ky, kx} x[n, g, i, row, column] w[g, o, i, ky, kx],  row = stride oy + dilation ky - padding */
function conv2d(
  [y]: BufferView[],
  [x, w]: BufferView[],
  { stride, padding, dilation, groups }: Conv2dAttributes,
): Stage[] {
  const [outputs, channels, ...kernel] = w.shape;
  const own = outputs / groups;
  const [x0, x1] = x.stride;
  const [w0, w1, w2, w3] = w.stride;
  const at = both(3, stride, 6, dilation);
  const reads = [
    onPlane(x, [x0, x1 * channels, 0, 0, 0, x1, 0, 0], at, [-padding[0], -padding[1]]),
    { of: w.buffer, offset: w.offset, steps: [0, w0 * own, w0, 0, 0, w1, w2, w3] },
  ];
  const axes = [y.shape[0], groups, own, ...y.shape.slice(2)];
  return stages(y.buffer, { axes, over: [channels, ...kernel], reads, term: '$0 * $1' });
}

/** gx[n, g, i, row, column] = sum_{o, ky, kx} gy[n, g, o, oy, ox] w[g, o, i, ky, kx],
 *  oy = (row + padding - dilation ky) / stride, if an integer */
function conv2dInput(
  [gx]: BufferView[],
  [gy, w]: BufferView[],
  { stride, padding, dilation, groups }: Conv2dAttributes,
): Stage[] {
  const [outputs, channels, ...kernel] = w.shape;
  const own = outputs / groups;
  const [g0, g1] = gy.stride;
  const [w0, w1, w2, w3] = w.stride;
  const at = both(3, [1, 1], 6, [-dilation[0], -dilation[1]]);
  const reads = [
    onPlane(gy, [g0, g1 * own, 0, 0, 0, g1, 0, 0], at, padding, stride),
    { of: w.buffer, offset: w.offset, steps: [0, w0 * own, w1, 0, 0, w0, w2, w3] },
  ];
  const axes = [gx.shape[0], groups, channels, ...gx.shape.slice(2)];
  return stages(gx.buffer, { axes, over: [own, ...kernel], reads, term: '$0 * $1' });
}

/** gw[g, o, i, ky, kx] = sum_{n, oy, ox} x[n, g, i, row, column] gy[n, g, o, oy, ox] */
function conv2dWeight(
  [gw]: BufferView[],
  [x, gy]: BufferView[],
  { stride, padding, dilation, groups }: Conv2dAttributes,
): Stage[] {
  const [outputs, channels, ...kernel] = gw.shape;
  const own = outputs / groups;
  const [x0, x1] = x.stride;
  const [g0, g1, g2, g3] = gy.stride;
  const at = both(6, stride, 3, dilation);
  const reads = [
    onPlane(x, [x1 * channels, 0, x1, 0, 0, x0, 0, 0], at, [-padding[0], -padding[1]]),
    { of: gy.buffer, offset: gy.offset, steps: [g1 * own, g1, 0, 0, 0, g0, g2, g3] },
  ];
  const axes = [groups, own, channels, ...kernel];
  const over = [gy.shape[0], ...gy.shape.slice(2)];
  return stages(gw.buffer, { axes, over, reads, term: '$0 * $1' });
}

/** The stages of this file's kernels. */
export const matmulAndConv: Record<string, StagesOf> = { matmul, conv2d, conv2dInput, conv2dWeight };

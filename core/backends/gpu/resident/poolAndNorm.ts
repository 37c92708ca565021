// Pooling and batch normalization as loop nests.

import { sizeOf } from '../../../strides.js';
import type {
  AvgPool2dAttributes,
  BatchNormAttributes,
  BatchNormGradAttributes,
  MaxUnpool2dAttributes,
  PerAxis,
  Window,
  WindowGeometry,
} from '../../attributes.js';
import type { BufferView } from '../../backend.js';
import { along, rectified, type StagesOf } from './mapAndReduce.js';
import { type Input, type Stage, stages } from './stages.js';

/** Reads of a tensor [n, c, ..] and of a vector with a value for each channel. If the result has one value for each channel, use
 *  `folded` for the tensor and `one` for the vector. If it has one for each element, use `along` and `each`. */
function channels(shape: readonly number[]) {
  const rest = shape.slice(2);
  const none = rest.map(() => 0);
  const read = ({ buffer, offset }: BufferView, steps: number[]): Input => ({ of: buffer, offset, steps });
  return {
    axes: [shape[1]],
    over: [shape[0], ...rest],
    n: shape[0] * sizeOf(rest),
    folded: (x: BufferView) => read(x, [x.stride[1], x.stride[0], ...x.stride.slice(2)]),
    one: (v: BufferView) => read(v, [v.stride[0], 0, ...none]),
    each: (v: BufferView) => read(v, [0, v.stride[0], ...none]),
  };
}

/** Computes mu and s2 of each channel, and then y = w (x - mu) / sqrt(s2 + eps) + b. A residual r is added to y, and relu is
 *  applied last. */
function batchNorm([y, mu, s2]: BufferView[], ins: BufferView[], { eps, relu }: BatchNormAttributes): Stage[] {
  const [x, w, b, r] = ins;
  const { axes, over, n, folded, one, each } = channels(x.shape);
  const mean = `$s / ${n}`;
  const term = `($0 - $1) * ($3 / Math.sqrt($2 + ${eps})) + $4${r ? ' + $5' : ''}`;
  const reads = [along(x), each(mu), each(s2), each(w), each(b), ...(r ? [along(r)] : [])];
  return [
    ...stages(mu.buffer, { axes, over, reads: [folded(x)], term: '$0', finish: mean }),
    ...stages(s2.buffer, { axes, over, reads: [folded(x), one(mu)], term: '($0 - $1) * ($0 - $1)', finish: mean }),
    ...stages(y.buffer, { axes: y.shape, reads, term, finish: relu ? rectified('$s') : '$s' }),
  ];
}

/** With h = (x - mu) / sqrt(s2 + eps):  gb = sum g,  gw = sum g h,  gx = w / sqrt(s2 + eps) (g - (gb + h gw) / n). If y is given,
 *  g is replaced by g [y > 0], the gradient before relu. */
function batchNormGrad([gx, gw, gb, gy]: BufferView[], ins: BufferView[], { eps }: BatchNormGradAttributes): Stage[] {
  const [all, x, w, mu, s2, y] = ins;
  const { axes, over, n, folded, one, each } = channels(x.shape);
  const g = y ? gy : all;
  const root = `Math.sqrt($3 + ${eps})`;
  const reads = [along(g), along(x), each(mu), each(s2), each(w), each(gb), each(gw)];
  const term = `$4 / ${root} * ($0 - ($5 + ($1 - $2) / ${root} * $6) / ${n})`;
  return [
    ...(y ? stages(gy.buffer, { axes: y.shape, reads: [along(all), along(y)], term: '($1 > 0 ? $0 : 0)' }) : []),
    ...stages(gb.buffer, { axes, over, reads: [folded(g)], term: '$0' }),
    ...stages(gw.buffer, {
      axes,
      over,
      reads: [folded(g), folded(x), one(mu), one(s2)],
      term: `$0 * ($1 - $2) / ${root}`,
    }),
    ...stages(gx.buffer, { axes: gx.shape, reads, term }),
  ];
}

/** The geometry of the windows of a plane [h, w]: from the attributes, or an even division of the plane; null if the windows do not have
 *  that geometry. */
function geometryOf(
  plane: readonly number[],
  { rows, columns, kernelSize, stride, padding }: AvgPool2dAttributes,
): WindowGeometry | null {
  const all = [rows, columns];
  const even = [0, 1].map((a) => plane[a] / all[a].length) as unknown as PerAxis;
  const found = { kernelSize: kernelSize ?? even, stride: stride ?? even, padding: padding ?? ([0, 0] as const) };
  const fits = all.every((windows, a) =>
    windows.every(([start, end], i) => {
      const from = found.stride[a] * i - found.padding[a];
      return start === Math.max(0, from) && end === Math.min(plane[a], from + found.kernelSize[a]);
    }),
  );
  return fits ? found : null;
}

/** Reads x for each output [n, c, oh, ow] and window element [kh, kw]: row = stride o + k - padding; the column likewise. */
function inWindows({ buffer, offset, shape, stride: s }: BufferView, { stride, padding }: WindowGeometry): Input {
  const bounds = [0, 1].map((a) => ({
    offset: -padding[a],
    steps: [0, 0, ...pairAt(a, stride[a]), ...pairAt(a, 1)],
    divisor: 1,
    size: shape[2 + a],
    stride: s[2 + a],
  }));
  return { of: buffer, offset, steps: [s[0], s[1], 0, 0, 0, 0], bounds };
}

/** Reads a pooled g for each pixel [n, c, h, w] and window element [kh, kw]: o = (row + padding - k) / stride, if an integer. */
function outOfWindows({ buffer, offset, shape, stride: s }: BufferView, { stride, padding }: WindowGeometry): Input {
  const bounds = [0, 1].map((a) => ({
    offset: padding[a],
    steps: [0, 0, ...pairAt(a, 1), ...pairAt(a, -1)],
    divisor: stride[a],
    size: shape[2 + a],
    stride: s[2 + a],
  }));
  return { of: buffer, offset, steps: [s[0], s[1], 0, 0, 0, 0], bounds };
}

function pairAt(axis: number, value: number): PerAxis {
  return axis === 0 ? [value, 0] : [0, value];
}

function isDilated({ dilation }: WindowGeometry): boolean {
  return dilation?.some((step) => step > 1) ?? false;
}

/** The maximum of each window, then its position: row * w + column. */
function maxPool2d([y, index]: BufferView[], [x]: BufferView[], attrs: WindowGeometry): Stage[] | null {
  if (isDilated(attrs)) return null;
  const { kernelSize, stride, padding } = attrs;
  const w = x.shape[3];
  const position = {
    offset: -padding[0] * w - padding[1],
    steps: [0, 0, stride[0] * w, stride[1], w, 1],
  };
  const nest = { axes: y.shape, over: kernelSize, reads: [inWindows(x, attrs)], term: '$0' };
  return [
    ...stages(y.buffer, { ...nest, fold: 'max' }),
    ...stages(index.buffer, { ...nest, fold: 'argMax', position }),
  ];
}

/** Each pixel sums the gradients of the windows whose maximum is at its position. */
function maxUnpool2d([y]: BufferView[], [g, index]: BufferView[], { windows }: MaxUnpool2dAttributes): Stage[] | null {
  if (!windows || isDilated(windows)) return null;
  const position = { offset: 0, steps: [0, 0, y.shape[3], 1, 0, 0] };
  const reads = [outOfWindows(g, windows), outOfWindows(index, windows)];
  const term = '($1 == $p ? $0 : 0)';
  return stages(y.buffer, { axes: y.shape, over: windows.kernelSize, reads, term, position });
}

function avgPool2d([y]: BufferView[], [x]: BufferView[], attrs: AvgPool2dAttributes): Stage[] | null {
  const { area } = attrs;
  const windows = geometryOf(x.shape.slice(2), attrs);
  if (!windows) return null;
  const finish = `$s / ${area ?? '$n'}`;
  return stages(y.buffer, {
    axes: y.shape,
    over: windows.kernelSize,
    reads: [inWindows(x, windows)],
    term: '$0',
    finish,
  });
}

/** Whether a window has fewer than k elements. */
const isSmallerThan =
  (k: number) =>
  ([start, end]: Window) =>
    end - start < k;

function avgUnpool2d([y]: BufferView[], [g]: BufferView[], attrs: AvgPool2dAttributes): Stage[] | null {
  const { area } = attrs;
  const windows = geometryOf(y.shape.slice(2), attrs);
  if (!windows) return null;
  // With area null, windows that extend beyond the plane have smaller areas, which one divisor cannot express.
  const isCut = ([rows, columns]: PerAxis) =>
    attrs.rows.some(isSmallerThan(rows)) || attrs.columns.some(isSmallerThan(columns));
  if (area === null && isCut(windows.kernelSize)) return null;
  const finish = `$s / ${area ?? sizeOf(windows.kernelSize)}`;
  return stages(y.buffer, {
    axes: y.shape,
    over: windows.kernelSize,
    reads: [outOfWindows(g, windows)],
    term: '$0',
    finish,
  });
}

/** The stages of this file's kernels. */
export const poolAndNorm: Record<string, StagesOf> = {
  batchNorm,
  batchNormGrad,
  maxPool2d,
  maxUnpool2d,
  avgPool2d,
  avgUnpool2d,
};

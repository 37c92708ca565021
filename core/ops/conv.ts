// Two-dimensional cross-correlation and its two transposes. n is the image, i and c are the input and output channels, o is an
// output pixel, k an element of the kernel, and p = stride o + dilation k - padding the input pixel under it:
//
//   conv2d        y[n,c,o]  = sum_{i,k} x[n,i,p] w[c,i,k]
//   conv2dInput   gx[n,i,p] = sum_{c,k} g[n,c,o] w[c,i,k]
//   conv2dWeight  gw[c,i,k] = sum_{n,o} x[n,i,p] g[n,c,o]
//
// All three derive from one sum: <g, conv2d(x, w)> is linear in each of x, w and g, so the vjp of each operation consists of
// the other two, at any order of derivative.

import { checkCount, checkOptions, checkTensor, pairOf } from '../arguments.js';
import type {
  Conv2dAttributes,
  Conv2dInputAttributes,
  Conv2dWeightAttributes,
  PerAxis,
} from '../backends/attributes.js';
import type { View } from '../backends/backend.js';
import { ShapeError, ValueError } from '../errors.js';
import { type Operation, op } from '../op.js';
import { type Shape, show, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { unifyNumbers } from './cast.js';
import { dense } from './loops.js';
import { slice } from './slice.js';
import { reshape } from './view.js';
import { add } from './zip.js';

/** One number for both axes, or [rows, columns]. */
export type Pair = number | readonly [rows: number, columns: number];

/** How a convolution moves its window over the image. */
export interface Conv2dOptions {
  /** Distance between neighbouring windows. Default: 1. */
  stride?: Pair;
  /** Zeros added on each side of the image. 'same' keeps the size of the image, and needs stride 1; if the number of zeros is odd,
   *  one more is at the end. Default: 0. */
  padding?: Pair | 'same';
  /** Distance between the pixels that neighbouring kernel elements read. Default: 1. */
  dilation?: Pair;
  /** Number of groups: outputs of a group read only inputs of the same group. Must divide both channel counts. Default: 1. */
  groups?: number;
}

/** Returns the cross-correlation of images with a weight, plus a bias for each channel.
 *  x [n, ci, h, w], weight [co, ci/groups, kh, kw], bias [co] or null  -> [n, co, oh, ow],
 *  oh = floor((h + 2 padding - dilation (kh - 1) - 1) / stride) + 1, ow likewise.
 *  Throws ShapeError if channels do not fit or the kernel is larger than the padded image. */
export function conv2d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: Conv2dOptions = {}): Tensor {
  checkOptions('conv2d', options, ['stride', 'padding', 'dilation', 'groups']);
  const [image, kernel] = unifyNumbers('conv2d', x, weight);
  const { padding, ...geometry } = conv2dGeometry('conv2d', options);
  const y = padding === 'same' ? sameSize(image, kernel, geometry) : conv2dOp(image, kernel, { ...geometry, padding });
  return addBias('conv2d', y, bias);
}

/** Returns y [n, c, ..] plus a bias [c], or y itself if the bias is null. */
export function addBias(what: string, y: Tensor, bias: Tensor | null): Tensor {
  if (!bias) return y;
  const [, channels, ...size] = y.shape;
  if (checkTensor(`${what}: bias`, bias).ndim !== 1 || bias.size !== channels) {
    throw new ShapeError(
      `${what}: bias must have one value for each channel: ${show(bias.shape)} for ${channels} channels`,
    );
  }
  return add(y, reshape(bias, [channels, ...size.map(() => 1)]));
}

/** Returns the options with their defaults, numbers as pairs. Throws ValueError if an option other than `groups` is not an
 *  integer or pair in range, or if the padding is 'same' and a stride is above 1. */
export function conv2dGeometry(
  what: string,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv2dOptions,
): Geometry & { padding: PerAxis | 'same' } {
  const steps = pairOf(`${what}: stride`, stride, 1);
  if (padding === 'same' && steps.some((s) => s > 1))
    throw new ValueError(`${what}: padding 'same' needs stride 1: ${steps}`);
  return {
    stride: steps,
    padding: padding === 'same' ? padding : pairOf(`${what}: padding`, padding, 0),
    dilation: pairOf(`${what}: dilation`, dilation, 1),
    groups,
  };
}

type Geometry = Omit<Conv2dAttributes, 'padding'>;

/** Returns the convolution of stride 1 whose result has the image's size. */
function sameSize(x: Tensor, w: Tensor, geometry: Geometry): Tensor {
  const { dilation } = geometry;
  const [rows, columns] = [0, 1].map((a) => dilation[a] * (w.shape[2 + a] - 1));
  // If the number of zeros is odd, one too many is added at the start, and the first result is dropped.
  const y = conv2dOp(x, w, { ...geometry, padding: [Math.ceil(rows / 2), Math.ceil(columns / 2)] });
  return rows % 2 || columns % 2 ? slice(y, [null, null, [rows % 2], [columns % 2]]) : y;
}

// y[n,c,o] = sum_{i,k} x[n,i,p] w[c,i,k]
export const conv2dOp: Operation<[x: Tensor, w: Tensor, geometry: Conv2dAttributes], Conv2dAttributes> = op({
  name: 'conv2d',
  args: (x, w, geometry) => [[x, w], geometry],
  shape: ([x, w], geometry) => [convolvedShape('conv2d', x, w, geometry)],
  loop: ([y], [x, w], geometry) =>
    accumulate(y, [x, w], (out, xs, ws) => {
      eachRun(x.shape, w.shape, y.shape, geometry, (iy, ix, iw, length, step) => {
        for (let j = 0; j < length; j++) out[iy + j] += xs[ix + j * step] * ws[iw];
      });
    }),
  vjp: ([g], [x, w], _, geometry) => [
    () => conv2dInput(g, w, { ...geometry, size: x.shape.slice(2) }),
    () => conv2dWeight(x, g, { ...geometry, kernelSize: w.shape.slice(2) }),
  ],
});

/** Returns the gradient of conv2d with respect to the image, gx[n,i,p] = sum_{c,k} g[n,c,o] w[c,i,k]. geometry.size: [h, w]. */
export const conv2dInput: Operation<[g: Tensor, w: Tensor, geometry: Conv2dInputAttributes], Conv2dInputAttributes> =
  op({
    name: 'conv2dInput',
    args: (g, w, geometry) => [[g, w], geometry],
    shape: ([g, w], { groups, size }) => [[g[0], w[1] * groups, ...size]],
    loop: ([gx], [g, w], geometry) =>
      accumulate(gx, [g, w], (out, gs, ws) => {
        eachRun(gx.shape, w.shape, g.shape, geometry, (iy, ix, iw, length, step) => {
          for (let j = 0; j < length; j++) out[ix + j * step] += gs[iy + j] * ws[iw];
        });
      }),
    vjp: ([gg], [g, w], _, geometry) => [
      () => conv2dOp(gg, w, geometry),
      () => conv2dWeight(gg, g, { ...geometry, kernelSize: w.shape.slice(2) }),
    ],
  });

/** Returns the gradient of conv2d with respect to the weight, gw[c,i,k] = sum_{n,o} x[n,i,p] g[n,c,o]. geometry.kernelSize: [kh, kw]. */
export const conv2dWeight: Operation<[x: Tensor, g: Tensor, geometry: Conv2dWeightAttributes], Conv2dWeightAttributes> =
  op({
    name: 'conv2dWeight',
    args: (x, g, geometry) => [[x, g], geometry],
    shape: ([x, g], { groups, kernelSize }) => [[g[1], x[1] / groups, ...kernelSize]],
    loop: ([gw], [x, g], geometry) =>
      accumulate(gw, [x, g], (out, xs, gs) => {
        eachRun(x.shape, gw.shape, g.shape, geometry, (iy, ix, iw, length, step) => {
          let sum = 0;
          for (let j = 0; j < length; j++) sum += xs[ix + j * step] * gs[iy + j];
          out[iw] += sum;
        });
      }),
    vjp: ([gg], [x, g], _, geometry) => [
      () => conv2dInput(g, gg, { ...geometry, size: x.shape.slice(2) }),
      () => conv2dOp(x, gg, geometry),
    ],
  });

/** Sums in float64 and rounds once, when it stores the results. */
function accumulate(
  y: View,
  ins: View[],
  sum: (out: Float64Array, a: ArrayLike<number>, b: ArrayLike<number>) => void,
) {
  const out = new Float64Array(sizeOf(y.shape));
  sum(out, dense(ins[0]), dense(ins[1]));
  y.data.set(out, y.offset);
}

/** Visits each triple of row-major positions (iy, ix, iw) in y, x and w that a convolution multiplies, in runs along a row of y:
 *  iy advances by 1, ix by `step`, iw stays. Skips pixels in the padding. */
function eachRun(
  [batch, ci, h, width]: Shape,
  [co, cig, kh, kw]: Shape,
  [, , oh, ow]: Shape,
  { stride, padding, dilation, groups }: Conv2dAttributes,
  visit: (iy: number, ix: number, iw: number, length: number, step: number) => void,
): void {
  const cog = co / groups;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < co; c++) {
      for (let i = 0; i < cig; i++) {
        const plane = (n * ci + Math.floor(c / cog) * cig + i) * h;
        for (let ky = 0; ky < kh; ky++) {
          for (let kx = 0; kx < kw; kx++) {
            const shift = kx * dilation[1] - padding[1];
            const first = Math.max(0, Math.ceil(-shift / stride[1]));
            const end = Math.min(ow, Math.floor((width - 1 - shift) / stride[1]) + 1);
            for (let oy = 0; oy < oh; oy++) {
              const py = oy * stride[0] + ky * dilation[0] - padding[0];
              if (py < 0 || py >= h || end <= first) continue;
              const iy = ((n * co + c) * oh + oy) * ow + first;
              const ix = (plane + py) * width + first * stride[1] + shift;
              visit(iy, ix, ((c * cig + i) * kh + ky) * kw + kx, end - first, stride[1]);
            }
          }
        }
      }
    }
  }
}

/** The shape of a convolution's result. The attributes have a value for each axis after the channels. Throws ShapeError if the shapes
 *  do not fit. */
export function convolvedShape(
  what: string,
  x: Shape,
  w: Shape,
  { stride, padding, dilation, groups }: { stride: Shape; padding: Shape; dilation: Shape; groups: number },
): number[] {
  const ndim = 2 + stride.length;
  if (x.length !== ndim || w.length !== ndim) {
    throw new ShapeError(`${what}: takes x [n,c,..] and weight [co,ci,..] of ${ndim} axes: ${show(x)} and ${show(w)}`);
  }
  checkCount(`${what}: groups`, groups);
  if (w[0] % groups !== 0 || x[1] !== w[1] * groups) {
    throw new ShapeError(
      `${what}: channels do not fit: ${show(x)} with weight ${show(w)} in ${groups} groups; weight is [co, ci / groups, ..]`,
    );
  }
  const size = stride.map((s, a) => Math.floor((x[2 + a] + 2 * padding[a] - dilation[a] * (w[2 + a] - 1) - 1) / s) + 1);
  if (size.some((d) => d < 1)) {
    throw new ShapeError(
      `${what}: the kernel is larger than the padded input: ${show(w)} on ${show(x)}, padding ${padding}`,
    );
  }
  return [x[0], w[0], ...size];
}

// Larger images, axis by axis. With the factor s, pixel i of the result is computed from pixel j of x, and in `bilinear` from j + 1 too; if
// pixel j is the last, it stands for j + 1:
//
//   nearest    y_i = x_j,                          j = floor(i / s)
//   bilinear   y_i = (1 - t) x_j + t x_(j+1),      j + t = max(0, (i + 1/2) / s - 1/2),  0 <= t < 1

import { checkChoice, checkOptions, checkTensor, must, pairOf } from '../arguments.js';
import type { PerAxis } from '../backends/attributes.js';
import { floatOf } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { show } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import type { Pair } from './conv.js';
import { ofValues } from './fill.js';
import { indexSelect } from './gather.js';
import { add, mul } from './zip.js';

/** The largest factor. It bounds the list of positions along an axis. */
const LARGEST = 4096;

/** How images are enlarged. */
export interface UpsampleOptions {
  /** The factor for both sides, or [rows, columns]; integers from 1 to 4096. */
  scaleFactor: Pair;
  /** What a new pixel is: the nearest old one, or a weighted mean of four, without aligned corners. Default: 'nearest'. */
  mode?: 'nearest' | 'bilinear';
}

/** Returns images with `scaleFactor` times as many rows and columns.  x [n, c, h, w]  -> [n, c, h s, w s]
 *  Throws ShapeError if x does not have four axes, ValueError if a factor is not an integer from 1 to 4096. */
export function upsample(x: Tensor, options: UpsampleOptions): Tensor {
  checkOptions('upsample', options, ['scaleFactor', 'mode']);
  const { scaleFactor, mode = 'nearest' } = options;
  checkChoice('upsample', 'mode', mode, ['nearest', 'bilinear']);
  const factors = upsampleFactors('upsample', scaleFactor);
  if (checkTensor('upsample', x).ndim !== 4)
    throw new ShapeError(`upsample: takes images [n,c,h,w]: ${show(x.shape)}; reshape them`);
  const enlarge = mode === 'nearest' ? nearest : linear;
  return enlarge(enlarge(x, 2, factors[0]), 3, factors[1]);
}

/** The factor of each side. Throws ValueError if one is not an integer from 1 to 4096. */
export function upsampleFactors(what: string, scaleFactor: Pair): PerAxis {
  const factors = pairOf(`${what}: scaleFactor`, scaleFactor, 1);
  must(Math.max(...factors) <= LARGEST, `${what}: scaleFactor`, `at most ${LARGEST}`, scaleFactor);
  return factors;
}

function nearest(x: Tensor, axis: number, s: number): Tensor {
  return s === 1
    ? x
    : read(
        x,
        axis,
        positions(x, axis, s, (i) => Math.floor(i / s)),
      );
}

function linear(image: Tensor, axis: number, s: number): Tensor {
  if (s === 1) return image;
  const x = cast(image, floatOf(image.dtype));
  const at = positions(x, axis, s, (i) => Math.max(0, (i + 0.5) / s - 0.5));
  const next = at.map((p) => Math.min(Math.floor(p) + 1, x.shape[axis] - 1));
  const share = (t: (p: number) => number) =>
    ofValues([at.length, ...x.shape.slice(axis + 1).map(() => 1)], at.map(t), x.dtype, x);
  const near = mul(
    read(x, axis, at.map(Math.floor)),
    share((p) => 1 - (p % 1)),
  );
  return add(
    near,
    mul(
      read(x, axis, next),
      share((p) => p % 1),
    ),
  );
}

/** Where each pixel of the enlarged axis lies among the pixels of x. */
function positions(x: Tensor, axis: number, s: number, at: (i: number) => number): number[] {
  return Array.from({ length: x.shape[axis] * s }, (_, i) => at(i));
}

function read(x: Tensor, axis: number, index: number[]): Tensor {
  return indexSelect(x, axis, ofValues([index.length], index, 'int32', x));
}

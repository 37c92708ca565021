// Pooling: the maximum or the mean of each window of a plane. The gradients use the transposes of both.
import { atMost, checkFlag, checkOptions, checkTensor, must, pairOf } from '../arguments.js';
import type {
  AvgPool2dAttributes,
  AvgUnpool2dAttributes,
  MaxPool2dAttributes,
  MaxUnpool2dAttributes,
  Window,
} from '../backends/attributes.js';
import { floatOf } from '../dtype.js';
import { ShapeError, ValueError } from '../errors.js';
import { type Operation, type Operations, op, ops } from '../op.js';
import { type Shape, show, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import type { Pair } from './conv.js';
import { filled, write } from './fill.js';
import { gather } from './gather.js';
import { dense } from './loops.js';
import { flatten, reshape } from './view.js';
import { div } from './zip.js';

/** Options of pooling. */
export interface PoolOptions {
  /** Size of the windows. Required. */
  kernelSize: Pair;
  /** Distance between neighbouring windows. Default: kernelSize. */
  stride?: Pair;
  /** Elements added on each side of the plane, at most half of kernelSize. Default: 0. */
  padding?: Pair;
  /** Whether a last window that extends beyond the padded plane counts, so that oh is rounded up. A window that would begin in the
   *  padding after the plane does not count. Default: false. */
  ceilMode?: boolean;
}
/** Options of maxPool2d. */
export interface MaxPoolOptions extends PoolOptions {
  /** Distance between the neighbouring elements of a window. Default: 1. */
  dilation?: Pair;
}
/** Options of avgPool2d. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether a mean counts the zeros of the padding as elements. Default: true, as in PyTorch. */
  countIncludePad?: boolean;
}
const OPTIONS = ['kernelSize', 'stride', 'padding', 'ceilMode'];

/** Returns the maximum of each window.  x [n, c, h, w]  -> [n, c, oh, ow],
 *  oh = floor((h + 2 padding - dilation (kernelSize - 1) - 1) / stride) + 1.
 *  Padding counts as minus infinity; NaN counts as the largest. The gradient goes to the first maximum.
 *  Throws ShapeError if a window is larger than the padded plane, ValueError for padding above half of kernelSize. */
export function maxPool2d(x: Tensor, options: MaxPoolOptions): Tensor {
  return maxPool2dOp(x, options)[0];
}

/** Returns [y, index]: the maximum of each window, as maxPool2d, and its position in the plane, row * w + column, as int32. */
export function maxPool2dWithIndices(x: Tensor, options: MaxPoolOptions): Tensor[] {
  return maxPool2dOp(x, options, 'maxPool2dWithIndices');
}

// y_o = max of x over window o;  dx = maxUnpool2d(g, index).
export const maxPool2dOp: Operations<[x: Tensor, options: MaxPoolOptions, what?: string], MaxPool2dAttributes> = ops({
  name: 'maxPool2d',
  mixed: true,
  args(x, options, what) {
    const name = what ?? 'maxPool2d';
    return [[checkTensor(name, x)], poolGeometry(name, x.shape, options, [...OPTIONS, 'dilation'])];
  },
  shape: ([x], at) => {
    const y = [x[0], x[1], at.rows.length, at.columns.length];
    return [y, y];
  },
  dtype: ([x]) => [x, 'int32'],
  loop([y, index], [x], { rows, columns, dilation: [down, right] = [1, 1] }) {
    const xs = dense(x);
    const [n, c, h, w] = x.shape;
    let k = 0;
    for (let plane = 0; plane < n * c; plane++) {
      for (const [top, bottom] of rows) {
        for (const [left, end] of columns) {
          let best = -1;
          for (let i = top; i < bottom; i += down) {
            for (let j = left; j < end; j += right) {
              const here = xs[plane * h * w + i * w + j];
              const largest = xs[plane * h * w + best];
              if (best < 0 || here > largest || (here !== here && largest === largest)) best = i * w + j;
            }
          }
          y.data[y.offset + k] = xs[plane * h * w + best];
          index.data[index.offset + k++] = best;
        }
      }
    }
  },
  vjp: ([g], [x], [, index], at) => [() => maxUnpool2d(g, index, x.shape.slice(2), at)],
});

/** Returns planes [h, w] = `size` of zeros, to which g is added at the indices: the transpose of reading the maxima.
 *  windows: the windows of the pooling, for a backend that computes each element as a sum over the windows that contain it. */
export const maxUnpool2d: Operation<
  [g: Tensor, index: Tensor, size: Shape, windows?: MaxUnpool2dAttributes['windows']],
  MaxUnpool2dAttributes
> = op({
  name: 'maxUnpool2d',
  args: (g, index, size, windows) => [[g, index], { size, windows }],
  shape: ([g], { size }) => [[g[0], g[1], ...size]],
  loop([y], [g, index], { size }) {
    const gs = dense(g);
    const at = dense(index);
    const window = sizeOf(g.shape.slice(2));
    y.data.fill(0, y.offset, y.offset + sizeOf(y.shape));
    for (let k = 0; k < gs.length; k++) y.data[y.offset + Math.floor(k / window) * sizeOf(size) + at[k]] += gs[k];
  },
  vjp: ([gg], [, index]) => [() => reshape(gather(flatten(gg, 2), 2, flatten(index, 2)), index.shape), null],
});

/** Returns the mean of each window.  x [n, c, h, w]  -> [n, c, oh, ow], like maxPool2d. Throws as maxPool2d does. */
export function avgPool2d(x: Tensor, options: AvgPoolOptions): Tensor {
  const at = poolGeometry('avgPool2d', checkTensor('avgPool2d', x).shape, options, [...OPTIONS, 'countIncludePad']);
  const whole = checkFlag('avgPool2d: countIncludePad', options.countIncludePad ?? true);
  if (!whole || at.padding.every((p) => p === 0)) return avgPool2dOp(x, { ...at, area: null });
  // With ceilMode the last window ends where the padding ends, so it may have fewer elements than the others.
  const [heights, widths] = [at.rows, at.columns].map((windows, a) => {
    const [k, s, p] = [at.kernelSize[a], at.stride[a], at.padding[a]];
    return windows.map((_, o) => Math.min(k, x.shape[2 + a] + 2 * p - o * s));
  });
  const [height, width] = at.kernelSize;
  if (heights.at(-1) === height && widths.at(-1) === width) return avgPool2dOp(x, { ...at, area: height * width });
  const sums = avgPool2dOp(x, { ...at, area: 1 });
  const areas = filled([heights.length, widths.length], 0, sums.dtype, x);
  write(
    areas,
    heights.flatMap((h) => widths.map((w) => h * w)),
  );
  return div(sums, areas);
}

/** Returns the means of oh rows and ow columns of windows that cover each plane, [oh, ow] = `output`. Some neighbours overlap if a
 *  size is not a multiple of its output.  x [n, c, h, w]  -> [n, c, oh, ow]
 *  Output row i is the mean of rows floor(i h/oh) up to ceil((i+1) h/oh), exclusive; columns likewise, as in PyTorch. */
export function adaptiveAvgPool2d(x: Tensor, output: Pair): Tensor {
  atMost(2, 'adaptiveAvgPool2d', arguments);
  check4d('adaptiveAvgPool2d', checkTensor('adaptiveAvgPool2d', x).shape);
  const size = pairOf('adaptiveAvgPool2d: the output size', output, 1);
  const [rows, columns] = size.map((o, a) => {
    const d = x.shape[2 + a];
    must(o < 2 ** 31, 'adaptiveAvgPool2d: the output size', 'below 2^31', o);
    return Array.from({ length: o }, (_, i): Window => [Math.floor((i * d) / o), Math.ceil(((i + 1) * d) / o)]);
  });
  return avgPool2dOp(x, { rows, columns, area: null });
}

// y_o = (sum of x over window o) / area;  dx = avgUnpool2d(g). area: the attribute, or if it is null the number of elements of the
// window.
export const avgPool2dOp: Operation<[x: Tensor, windows: AvgPool2dAttributes], AvgPool2dAttributes> =
  /* @__PURE__ */ op({
    name: 'avgPool2d',
    args: (x, windows) => [[cast(x, floatOf(x.dtype))], windows],
    shape: ([x], { rows, columns }) => [[x[0], x[1], rows.length, columns.length]],
    loop([y], [x], windows) {
      const xs = dense(x);
      eachWindow(x.shape, windows, (k, area, first, height, width, row) => {
        let sum = 0;
        for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) sum += xs[first + i * row + j];
        y.data[y.offset + k] = sum / area;
      });
    },
    vjp: ([g], [x], _, windows) => [() => avgUnpool2d(g, { ...windows, size: x.shape.slice(2) })],
  });

/** Returns planes [h, w] = `size` of zeros, with g / area added to each element of its window: the transpose of avgPool2dOp. */
export const avgUnpool2d: Operation<[g: Tensor, windows: AvgUnpool2dAttributes], AvgUnpool2dAttributes> =
  /* @__PURE__ */ op({
    name: 'avgUnpool2d',
    args: (g, windows) => [[g], windows],
    shape: ([g], { size }) => [[g[0], g[1], ...size]],
    loop([y], [g], windows) {
      const gs = dense(g);
      y.data.fill(0, y.offset, y.offset + sizeOf(y.shape));
      eachWindow(y.shape, windows, (k, area, first, height, width, row) => {
        for (let i = 0; i < height; i++)
          for (let j = 0; j < width; j++) y.data[y.offset + first + i * row + j] += gs[k] / area;
      });
    },
    vjp: ([gg], _x, _y, windows) => [() => avgPool2dOp(gg, windows)],
  });

/** Calls visit for each window, in the order of the outputs. k: the position of the output; first: the position of the window's first
 *  element; row: the length of a row of the plane. */
function eachWindow(
  [n, c, h, w]: Shape,
  { rows, columns, area }: AvgPool2dAttributes,
  visit: (k: number, area: number, first: number, height: number, width: number, row: number) => void,
): void {
  let k = 0;
  for (let plane = 0; plane < n * c; plane++) {
    for (const [top, bottom] of rows) {
      for (const [left, right] of columns) {
        const [height, width] = [bottom - top, right - left];
        visit(k++, area ?? height * width, (plane * h + top) * w + left, height, width, w);
      }
    }
  }
}

function poolGeometry(what: string, x: Shape, options: MaxPoolOptions, known: readonly string[]): MaxPool2dAttributes {
  checkOptions(what, options, known);
  check4d(what, x);
  const kernelSize = pairOf(`${what}: kernelSize`, options.kernelSize, 1);
  const stride = pairOf(`${what}: stride`, options.stride ?? kernelSize, 1);
  const padding = pairOf(`${what}: padding`, options.padding ?? 0, 0);
  const dilation = pairOf(`${what}: dilation`, options.dilation ?? 1, 1);
  const ceilMode = checkFlag(`${what}: ceilMode`, options.ceilMode ?? false);
  if (padding.some((p, a) => p > kernelSize[a] / 2)) {
    throw new ValueError(`${what}: padding may be at most half of kernelSize: ${padding} for ${kernelSize}`);
  }
  const [rows, columns] = [0, 1].map((a) => {
    const d = x[2 + a];
    const [s, p, step] = [stride[a], padding[a], dilation[a]];
    const reach = step * (kernelSize[a] - 1) + 1;
    const last = (d + 2 * p - reach) / s;
    const more = ceilMode && Math.ceil(last) * s < d + p;
    const count = (more ? Math.ceil(last) : Math.floor(last)) + 1;
    if (count < 1)
      throw new ShapeError(`${what}: the kernel is larger than the padded input: ${kernelSize} on ${show(x)}`);
    return Array.from({ length: count }, (_, o): Window => {
      const start = o * s - p;
      const first = start < 0 ? start + Math.ceil(-start / step) * step : start;
      const end = Math.min(d, start + reach);
      if (first < end) return [first, end];
      throw new ShapeError(`${what}: a window has no element of the plane: dilation ${dilation} on ${show(x)}`);
    });
  });
  return { kernelSize, stride, padding, dilation, rows, columns };
}

function check4d(what: string, x: Shape): void {
  if (x.length !== 4 || x[2] * x[3] === 0)
    throw new ShapeError(`${what}: takes [n,c,h,w] without empty planes: ${show(x)}`);
}

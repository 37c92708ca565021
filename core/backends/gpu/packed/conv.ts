// A convolution and its two gradients as programs.

import { sizeOf } from '../../../strides.js';
import type { Conv2dAttributes, PerAxis } from '../../attributes.js';
import type { BufferView } from '../../backend.js';
import { type Correlation, correlation, type FilterGradient, filterGradient, writtenOut } from './kernels.js';
import { eachRow, type Job, programOf } from './matmul.js';
import { by4, dense, fours, place, widened } from './pack.js';

export function conv2d(
  out: BufferView,
  [x, w]: BufferView[],
  { stride, padding, dilation, groups }: Conv2dAttributes,
): Job {
  const [, channels, kh, kw] = w.shape;
  const geometry = { groups, channels, kernel: [kh, kw], stride, dilation } as const;
  return correlate(out, x, { start: padding, step: [1, 1] }, () => dense(w), geometry);
}

/** The gradient with respect to the image. Places the pixels of the output's gradient a stride apart, and correlates them with
 *  filters rotated by 180 degrees. */
export function conv2dInput(
  out: BufferView,
  [g, w]: BufferView[],
  { stride, padding, dilation, groups }: Conv2dAttributes,
): Job {
  const [outputs, inputs, kh, kw] = w.shape;
  const channels = outputs / groups;
  const taps = kh * kw;
  const filters = () => {
    const [from, to] = [dense(w), new Float32Array(sizeOf(w.shape))];
    for (let o = 0, k = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        const at = ((Math.floor(o / channels) * inputs + i) * channels + (o % channels)) * taps;
        for (let t = taps - 1; t >= 0; t--) to[at + t] = from[k++];
      }
    }
    return to;
  };
  const start = [dilation[0] * (kh - 1) - padding[0], dilation[1] * (kw - 1) - padding[1]] as const;
  const geometry = { groups, channels, kernel: [kh, kw], stride: [1, 1], dilation } as const;
  return correlate(out, g, { start, step: stride }, filters, geometry);
}

/** Places pixel p of x at start + step p of a larger image, and correlates it with filters [outputs, channels, kh, kw]. */
function correlate(
  y: BufferView,
  x: BufferView,
  at: { start: PerAxis; step: PerAxis },
  filters: () => Float32Array,
  geometry: Omit<Correlation, 'blocks'>,
): Job {
  const { groups, channels, kernel, stride, dilation } = geometry;
  const [images, outputs, rows, columns] = y.shape;
  const perGroup = outputs / groups;
  const blocks = Math.ceil(perGroup / 4);
  const length = channels * kernel[0] * kernel[1];
  const height = (rows - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1;
  const width = (by4(columns) - 1) * stride[1] + (kernel[1] - 1) * dilation[1] + 1;
  const planes = images * groups * channels;
  return {
    work: sizeOf(y.shape) * length,
    reach: Math.max(width, height, planes, length, groups * blocks),
    program: programOf(correlation, { ...geometry, blocks }, [by4(columns), rows, images * groups * blocks]),
    operands() {
      const first = Array.from({ length: outputs }, (_, o) => o * length);
      const written = writtenOut(kernel).reduce((n, axis) => n * axis.length, 1);
      const b = new Float32Array(planes * height * width);
      place(b, dense(x), x.shape.slice(2), { height, width, ...at }, (plane) => plane * height * width);
      return [
        { values: fours(filters(), first, groups, length, 1), size: [4 * written, length / written, groups * blocks] },
        { values: b, size: [width, height, planes] },
      ];
    },
    store(result) {
      const values = y.buffer.values;
      eachRow({ parts: images * groups, rows: perGroup, length: rows * by4(columns) }, (from, part, row) => {
        let to = y.offset + (part * perGroup + row) * rows * columns;
        for (let i = 0, k = from; i < rows; i++, k += 4 * by4(columns)) {
          for (let j = 0; j < columns; j++) values[to++] = result[k + 4 * j];
        }
      });
    },
  };
}

/** The number of threads that a call should have at least. If one thread for every four sums makes fewer, several threads share
 *  these sums, and each of them adds up a part of the images. */
const THREADS = 8192;

/** The gradient of the filters: the device sums over parts of the images, and the CPU adds these sums. */
export function conv2dWeight(
  out: BufferView,
  [x, g]: BufferView[],
  { stride, padding, dilation, groups }: Conv2dAttributes,
): Job {
  const [outputs, channels, kh, kw] = out.shape;
  const [images, , rows, columns] = g.shape;
  const perGroup = outputs / groups;
  const blocks = Math.ceil(perGroup / 4);
  const taps = kh * kw;
  const threads = by4(channels) * taps * groups * blocks;
  const share = Math.ceil(images / Math.min(images, Math.ceil(THREADS / threads)));
  const parts = Math.ceil(images / share);
  // `all` may exceed the number of images; the images beyond the last are zeros.
  const all = parts * share;
  const height = (rows - 1) * stride[0] + (kh - 1) * dilation[0] + 1;
  const width = (by4(columns) - 1) * stride[1] + (kw - 1) * dilation[1] + 1;
  const [inner, pixels] = [rows * by4(columns), height * width];
  const spec: FilterGradient = {
    groups,
    blocks,
    kernel: [kh, kw],
    stride,
    dilation,
    images: share,
    output: [rows, by4(columns)],
    width,
  };
  return {
    work: sizeOf(g.shape) * channels * taps,
    reach: Math.max(by4(channels), pixels, inner / 4, all * groups * blocks),
    program: programOf(filterGradient, spec, [by4(channels), taps, parts * groups * blocks]),
    operands() {
      const wide = new Float32Array(all * outputs * inner);
      wide.set(widened(dense(g), columns, by4(columns)));
      const first = Array.from({ length: all * outputs }, (_, i) => i * inner);
      const b = new Float32Array(all * groups * pixels * by4(channels));
      const where = { height, width, start: padding, step: [1, 1], pixel: by4(channels) } as const;
      place(b, dense(x), x.shape.slice(2), where, (plane) => {
        return Math.floor(plane / channels) * pixels * by4(channels) + (plane % channels);
      });
      return [
        { values: fours(wide, first, all * groups, inner, 1), size: [16, inner / 4, all * groups * blocks] },
        { values: b, size: [by4(channels), pixels, all * groups] },
      ];
    },
    store(result) {
      const sums = new Float64Array(sizeOf(out.shape));
      eachRow({ parts: parts * groups, rows: perGroup, length: taps * by4(channels) }, (from, part, row) => {
        const to = ((part % groups) * perGroup + row) * channels * taps;
        for (let t = 0, at = from; t < taps; t++, at += 4 * by4(channels)) {
          for (let i = 0; i < channels; i++) sums[to + i * taps + t] += result[at + 4 * i];
        }
      });
      out.buffer.values.set(sums, out.offset);
    },
  };
}

// Helpers of loops: read values in row-major order from views of any strides.
import { allocValues, dtypeOf, type Values, type View } from '../backends/backend.js';
import { tryAllocate } from '../outOfMemory.js';
import { isContiguous, type Shape, sizeOf } from '../shape.js';

/** Returns the view's values in row-major order: a subarray if they are stored in that order, else a copy. */
export function dense(view: View): Values {
  const size = sizeOf(view.shape);
  if (isContiguous(view)) return view.data.subarray(view.offset, view.offset + size);
  const dtype = dtypeOf(view.data)!;
  const out = tryAllocate('copy', view.shape, dtype, () => allocValues(dtype, size));
  let k = 0;
  eachRow(view.shape, view.stride, view.offset, (start, length, step) => {
    for (let i = 0; i < length; i++) out[k++] = view.data[start + i * step];
  });
  return out;
}

/** Visits the rows along the last axis of a strided view in order: position of the first element, length and step. */
export function eachRow(
  shape: Shape,
  stride: Shape,
  offset: number,
  visit: (start: number, length: number, step: number) => void,
): void {
  if (sizeOf(shape) === 0) return;
  const last = shape.length - 1;
  if (last < 0) return visit(offset, 1, 0);
  const index = new Array<number>(last).fill(0);
  let start = offset;
  for (;;) {
    visit(start, shape[last], stride[last]);
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      start += stride[axis];
      if (++index[axis] < shape[axis]) break;
      start -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** The sum of xs[from] .. xs[to - 1] in float64. */
export function total(xs: Values, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += xs[i];
  return sum;
}

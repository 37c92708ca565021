// Tensors filled with one value, and writes in place.

import type { FillAttributes } from '../backends/attributes.js';
import type { Kernel } from '../backends/backend.js';
import type { DType } from '../dtype.js';
import { runInPlace } from '../op.js';
import { tryAllocate } from '../outOfMemory.js';
import { adopt, allocate } from '../scope.js';
import { isContiguous, type Shape, sizeOf, stridesOf } from '../shape.js';
import { Tensor } from '../tensor.js';
import { dense, eachRow } from './loops.js';

/** Returns a zero-dimensional tensor of a value, on the backend of another tensor. */
export function scalar(value: number, dtype: DType, like: Tensor): Tensor {
  return filled([], value, dtype, like);
}

/** Returns a tensor filled with one value, on the backend of `like`. Default: the current backend. what: the function that an error names.
 *  Throws BackendError if memory is exhausted. */
export function filled(shape: Shape, value: number, dtype: DType, like?: Tensor, what = 'full'): Tensor {
  const options = { zeroed: Object.is(value, 0), backend: like?.storage.backend };
  const storage = tryAllocate(what, shape, dtype, () => allocate(dtype, sizeOf(shape), options));
  const t = new Tensor(storage, dtype, shape, stridesOf(shape), 0);
  if (!Object.is(value, 0)) runInPlace(fillKernel, [t], [], { value: stored(value, dtype) });
  storage.version = 0;
  return t;
}

/** Returns a tensor of these values in row-major order, on the backend of `like`. */
export function ofValues(shape: Shape, values: ArrayLike<number>, dtype: DType, like: Tensor): Tensor {
  const t = filled(shape, 0, dtype, like);
  write(t, values);
  t.storage.version = 0;
  return t;
}

/** Converts a number to what a dtype stores: for bool 0 or 1; the typed arrays of other dtypes convert it themselves. */
function stored(value: number, dtype: DType): number {
  return dtype === 'bool' ? Number(value !== 0) : value;
}

const fillKernel: Kernel<FillAttributes> = {
  name: 'fill',
  loop: ([y], _, { value }) => y.data.fill(value, y.offset, y.offset + sizeOf(y.shape)),
};

/** Writes values into a tensor of any strides: one number for all elements, or one for each in row-major order. */
export function write(t: Tensor, values: number | ArrayLike<number>): void {
  if (typeof values === 'number') return runInPlace(writeKernel, [t], [], { value: stored(values, t.dtype) });
  // The kernel only reads the values, before this function returns, so a Float64Array needs no copy.
  let numbers = values instanceof Float64Array ? values : new Float64Array(values);
  if (t.dtype === 'bool') numbers = numbers.map((v) => stored(v, 'bool'));
  const source = new Tensor(adopt('float64', numbers, t.storage.backend), 'float64', t.shape, stridesOf(t.shape), 0);
  runInPlace(writeKernel, [t], [source], { value: 0 });
}

const writeKernel: Kernel<FillAttributes> = {
  name: 'write',
  loop([y], [x], { value }) {
    const values = x && dense(x);
    if (values && isContiguous(y)) return y.data.set(values, y.offset);
    let k = 0;
    eachRow(y.shape, y.stride, y.offset, (start, length, step) => {
      for (let i = 0; i < length; i++) y.data[start + i * step] = values ? values[k++] : value;
    });
  },
};

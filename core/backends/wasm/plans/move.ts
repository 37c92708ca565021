// How values are copied, put together and apart, and read or added by index.
import { sizeOf, splitAtAxis, stridesOf } from '../../../shape.js';
import { collapse } from '../../backend.js';
import type { Call } from '../call.js';
import { LinearBuffer } from '../memory.js';
import type { Run } from './table.js';

export function copy(call: Call): boolean {
  call.copy(0, call.out(0));
  return true;
}

/** Outside linear memory the loop, which is a typed array's own `fill`, is faster than a fill and a copy. */
export function fill(call: Call, { value }: { value: number }): boolean {
  const { buffer, shape } = call.outs[0];
  if (!(buffer instanceof LinearBuffer)) return false;
  const bits = buffer.dtype === 'float32' ? new Int32Array(Float32Array.of(value).buffer)[0] : value;
  call.kernels.fill(call.out(0), bits, sizeOf(shape));
  return true;
}

/** Each input as rows that lie in turn within the output's. */
export function concat(call: Call, { axis }: { axis: number }): boolean {
  const { shape } = call.outs[0];
  const { outer, n, inner } = splitAtAxis(shape, axis);
  let to = call.out(0);
  call.ins.forEach((x, i) => {
    const run = x.shape[axis] * inner;
    call.kernels.rows(to, call.dense(i), outer, run, n * inner);
    to += run * 4;
  });
  return true;
}

export function unslice(call: Call, { parts }: { parts: readonly { start: number; step: number }[] }): boolean {
  const { shape } = call.outs[0];
  const steps = stridesOf(shape);
  const to = call.out(0);
  const from = call.dense(0);
  const first = parts.reduce((sum, p, axis) => sum + p.start * steps[axis], 0);
  const axes = collapse(
    call.ins[0].shape,
    parts.map((p, axis) => p.step * steps[axis]),
  );
  call.kernels.fill(to, 0, sizeOf(shape));
  call.kernels.place(to + first * 4, from, call.axes(axes), Math.max(1, axes.length));
  return true;
}

/** gather and scatterAdd: one index for each element. An index out of range is left to the loop, which says so. */
export function pointwise(name: 'gather' | 'scatterAdd'): Run {
  return (call, { axis }: { axis: number }) => {
    const size = (name === 'gather' ? call.ins[0] : call.outs[0]).shape[axis];
    const { outer, n, inner } = splitAtAxis(call.ins[1].shape, axis);
    if (!call.kernels.inRange(call.dense(1), outer * n * inner, size)) return false;
    call.kernels[name](call.out(0), call.dense(0), call.dense(1), outer, n, inner, size);
    return true;
  };
}

/** indexSelect and indexAdd: one index for each slice. */
export function slicewise(name: 'indexSelect' | 'indexAdd'): Run {
  return (call, { axis }: { axis: number }) => {
    const whole = (name === 'indexSelect' ? call.ins[0] : call.outs[0]).shape;
    const { outer, n: size, inner } = splitAtAxis(whole, axis);
    const count = sizeOf(call.ins[1].shape);
    if (!call.kernels.inRange(call.dense(1), count, size)) return false;
    call.kernels[name](call.out(0), call.dense(0), call.dense(1), outer, count, inner, size);
    return true;
  };
}

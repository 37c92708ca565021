// Plans for copies, filling, placement, concatenation, and reads and additions by index.

import { sizeOf, splitAtAxis, stridesOf } from '../../../strides.js';
import type { AxisAttributes, FillAttributes, UnsliceAttributes } from '../../attributes.js';
import { collapse } from '../../backend.js';
import { type Call, COPIED } from '../call.js';
import { LinearBuffer } from '../memory.js';
import { type Plan, plan, type Run } from './plan.js';

function copy(call: Call): boolean {
  call.copyTo(call.output(0), 0);
  return true;
}

/** The loop fills buffers outside linear memory: a typed array's own `fill` is faster than a kernel and a copy. */
function fill(call: Call, { value }: FillAttributes): boolean {
  const { buffer, shape } = call.outs[0];
  if (!(buffer instanceof LinearBuffer)) return false;
  const bits = buffer.dtype === 'float32' ? new Int32Array(Float32Array.of(value).buffer)[0] : value;
  call.kernels.fill(call.output(0), bits, sizeOf(shape));
  return true;
}

/** Copies the rows of each input into a range of columns of the output's rows. One row is copied in parts of whole cache lines. */
function concat(call: Call, { axis }: AxisAttributes): boolean {
  const { shape } = call.outs[0];
  const { outer, n, inner } = splitAtAxis(shape, axis);
  let to = call.output(0);
  call.ins.forEach((x, i) => {
    const run = x.shape[axis] * inner;
    const [at, from] = [to, call.contiguous(i)];
    if (outer === 1) {
      call.split('rows', { count: run, grain: 16, cost: COPIED }, (j, many) => [at + 4 * j, from + 4 * j, 1, many, 0]);
    } else {
      const step = n * inner;
      call.split('rows', { count: outer, cost: run * COPIED }, (j, many) => {
        return [at + 4 * j * step, from + 4 * j * run, many, run, step];
      });
    }
    to += run * 4;
  });
  return true;
}

function unslice(call: Call, { ranges }: UnsliceAttributes): boolean {
  const { shape } = call.outs[0];
  const steps = stridesOf(shape);
  const to = call.output(0);
  const from = call.contiguous(0);
  const first = ranges.reduce((sum, r, axis) => sum + r.start * steps[axis], 0);
  const axes = collapse(
    call.ins[0].shape,
    ranges.map((r, axis) => r.step * steps[axis]),
  );
  call.kernels.fill(to, 0, sizeOf(shape));
  call.kernels.place(to + first * 4, from, call.writeAxes(axes), Math.max(1, axes.length));
  return true;
}

/** One index for each element. If an index is out of range the loop runs, which throws. */
function pointwise(name: 'gather' | 'scatterAdd'): Run {
  return (call, { axis }: AxisAttributes) => {
    const size = (name === 'gather' ? call.ins[0] : call.outs[0]).shape[axis];
    const { outer, n, inner } = splitAtAxis(call.ins[1].shape, axis);
    if (!call.kernels.inRange(call.contiguous(1), outer * n * inner, size)) return false;
    call.kernels[name](call.output(0), call.contiguous(0), call.contiguous(1), outer, n, inner, size);
    return true;
  };
}

/** One index for each slice. If an index is out of range the loop runs, which throws. */
function slicewise(name: 'indexSelect' | 'indexAdd'): Run {
  return (call, { axis }: AxisAttributes) => {
    const whole = (name === 'indexSelect' ? call.ins[0] : call.outs[0]).shape;
    const { outer, n: size, inner } = splitAtAxis(whole, axis);
    const count = sizeOf(call.ins[1].shape);
    if (!call.kernels.inRange(call.contiguous(1), count, size)) return false;
    call.kernels[name](call.output(0), call.contiguous(0), call.contiguous(1), outer, count, inner, size);
    return true;
  };
}

/** The plans of this file by kernel. */
export const movePlans: Record<string, Plan> = {
  copy: plan('f>f i>i b>b', copy),
  fill: plan('>f >i', fill),
  concat: plan('f+>f i+>i', concat),
  unslice: plan('f>f i>i', unslice),
  gather: plan('fi>f ii>i', pointwise('gather')),
  scatterAdd: plan('fi>f', pointwise('scatterAdd')),
  indexSelect: plan('fi>f ii>i', slicewise('indexSelect')),
  indexAdd: plan('fi>f', slicewise('indexAdd')),
};

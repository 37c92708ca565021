// The operations as methods of a tensor; core/ops says what each one does.
import type { DType } from './dtype.js';
import * as ops from './ops/index.js';
import type { Shape } from './shape.js';
import type { Axes, Operand, Tensor } from './tensor.js';

/** What Tensor inherits: `a.add(b)` for `add(a, b)`. */
export abstract class Methods {
  add(this: Tensor, b: Operand): Tensor {
    return ops.add(this, b);
  }
  sub(this: Tensor, b: Operand): Tensor {
    return ops.sub(this, b);
  }
  mul(this: Tensor, b: Operand): Tensor {
    return ops.mul(this, b);
  }
  div(this: Tensor, b: Operand): Tensor {
    return ops.div(this, b);
  }
  pow(this: Tensor, b: Operand): Tensor {
    return ops.pow(this, b);
  }
  maximum(this: Tensor, b: Operand): Tensor {
    return ops.maximum(this, b);
  }
  minimum(this: Tensor, b: Operand): Tensor {
    return ops.minimum(this, b);
  }
  equal(this: Tensor, b: Operand): Tensor {
    return ops.equal(this, b);
  }
  notEqual(this: Tensor, b: Operand): Tensor {
    return ops.notEqual(this, b);
  }
  less(this: Tensor, b: Operand): Tensor {
    return ops.less(this, b);
  }
  lessEqual(this: Tensor, b: Operand): Tensor {
    return ops.lessEqual(this, b);
  }
  greater(this: Tensor, b: Operand): Tensor {
    return ops.greater(this, b);
  }
  greaterEqual(this: Tensor, b: Operand): Tensor {
    return ops.greaterEqual(this, b);
  }
  neg(this: Tensor): Tensor {
    return ops.neg(this);
  }
  abs(this: Tensor): Tensor {
    return ops.abs(this);
  }
  sign(this: Tensor): Tensor {
    return ops.sign(this);
  }
  square(this: Tensor): Tensor {
    return ops.square(this);
  }
  sqrt(this: Tensor): Tensor {
    return ops.sqrt(this);
  }
  exp(this: Tensor): Tensor {
    return ops.exp(this);
  }
  log(this: Tensor): Tensor {
    return ops.log(this);
  }
  sin(this: Tensor): Tensor {
    return ops.sin(this);
  }
  cos(this: Tensor): Tensor {
    return ops.cos(this);
  }
  tanh(this: Tensor): Tensor {
    return ops.tanh(this);
  }
  sigmoid(this: Tensor): Tensor {
    return ops.sigmoid(this);
  }
  relu(this: Tensor): Tensor {
    return ops.relu(this);
  }
  leakyRelu(this: Tensor, slope?: number): Tensor {
    return ops.leakyRelu(this, slope);
  }
  silu(this: Tensor): Tensor {
    return ops.silu(this);
  }
  gelu(this: Tensor, options?: { approximate?: 'none' | 'tanh' }): Tensor {
    return ops.gelu(this, options);
  }
  softplus(this: Tensor): Tensor {
    return ops.softplus(this);
  }
  erf(this: Tensor): Tensor {
    return ops.erf(this);
  }
  clamp(this: Tensor, range: { min?: number; max?: number }): Tensor {
    return ops.clamp(this, range);
  }
  matmul(this: Tensor, b: Tensor): Tensor {
    return ops.matmul(this, b);
  }
  sum(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.sum(this, axes, options);
  }
  mean(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.mean(this, axes, options);
  }
  max(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.max(this, axes, options);
  }
  min(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.min(this, axes, options);
  }
  variance(this: Tensor, axes?: Axes, options?: { keepdim?: boolean; unbiased?: boolean }): Tensor {
    return ops.variance(this, axes, options);
  }
  argMax(this: Tensor, axis?: number, options?: { keepdim?: boolean }): Tensor {
    return ops.argMax(this, axis, options);
  }
  softmax(this: Tensor, axis?: number): Tensor {
    return ops.softmax(this, axis);
  }
  logSoftmax(this: Tensor, axis?: number): Tensor {
    return ops.logSoftmax(this, axis);
  }
  logSumExp(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.logSumExp(this, axes, options);
  }
  reshape(this: Tensor, shape: Shape): Tensor {
    return ops.reshape(this, shape);
  }
  flatten(this: Tensor, from?: number): Tensor {
    return ops.flatten(this, from);
  }
  transpose(this: Tensor, a?: number, b?: number): Tensor {
    return ops.transpose(this, a, b);
  }
  permute(this: Tensor, axes: readonly number[]): Tensor {
    return ops.permute(this, axes);
  }
  slice(
    this: Tensor,
    ranges: readonly (readonly [start?: number | null, stop?: number | null, step?: number] | null)[],
  ): Tensor {
    return ops.slice(this, ranges);
  }
  broadcastTo(this: Tensor, shape: Shape): Tensor {
    return ops.broadcastTo(this, shape);
  }
  pad(this: Tensor, widths: readonly (readonly [before: number, after: number])[], value?: number): Tensor {
    return ops.pad(this, widths, value);
  }
  gather(this: Tensor, axis: number, index: Tensor): Tensor {
    return ops.gather(this, axis, index);
  }
  indexSelect(this: Tensor, axis: number, index: Tensor): Tensor {
    return ops.indexSelect(this, axis, index);
  }
  cast(this: Tensor, dtype: DType): Tensor {
    return ops.cast(this, dtype);
  }
  clone(this: Tensor): Tensor {
    return ops.copy(this);
  }
}

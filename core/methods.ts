// The methods of Tensor that need operations: `a.add(b)` for `add(a, b)`, reading, writing, backward and printing.
//
// Operations create tensors, so tensor.ts cannot import them without a cycle. This file imports both and copies the methods
// to Tensor.prototype. A bundler may drop a file if nothing that it exports is used. The copying is therefore the value of
// an export, `TensorWithMethods`, and every function that creates tensors for a program calls that constructor.
import { describeValue } from './arguments.js';
import { checkInt32, type Values } from './backends/backend.js';
import { type BackwardOptions, backward } from './backward.js';
import type { DType } from './dtype.js';
import { BackendError, GradError, ShapeError, ValueError } from './errors.js';
import { isRecording, takePendingChecks } from './graph.js';
import { write } from './ops/fill.js';
import * as ops from './ops/index.js';
import { formatTensor, type TensorData, toData } from './print.js';
import { isContiguous, type Shape, show } from './shape.js';
import { type Axes, type Operand, Tensor } from './tensor.js';
import { VERSION, VERSION_KEY } from './version.js';

/** The members of Tensor that need operations. Each operation is also a function: `a.add(b)` is `add(a, b)`. */
export abstract class TensorMethods {
  /** The sum a + b, element by element, with broadcasting. The dtype is promoted; bool counts as int32.
   *  Throws ShapeError if the shapes do not broadcast, ValueError if int32 does not hold a result. */
  add(this: Tensor, b: Operand): Tensor {
    return ops.add(this, b);
  }
  /** The difference a - b, element by element, with broadcasting. The dtype is promoted; bool counts as int32.
   *  Throws ShapeError if the shapes do not broadcast, ValueError if int32 does not hold a result. */
  sub(this: Tensor, b: Operand): Tensor {
    return ops.sub(this, b);
  }
  /** The product a b, element by element, with broadcasting. The dtype is promoted; bool counts as int32.
   *  `matmul` is the matrix product. Throws ShapeError if the shapes do not broadcast, ValueError if int32 does not hold a result. */
  mul(this: Tensor, b: Operand): Tensor {
    return ops.mul(this, b);
  }
  /** The quotient a / b, element by element, with broadcasting. Always a float: int32 operands give float64.
   *  Throws ShapeError if the shapes do not broadcast. */
  div(this: Tensor, b: Operand): Tensor {
    return ops.div(this, b);
  }
  /** The power a^b, element by element, with broadcasting. Always a float. A number as exponent has no gradient.
   *  Throws ShapeError if the shapes do not broadcast. */
  pow(this: Tensor, b: Operand): Tensor {
    return ops.pow(this, b);
  }
  /** The larger of a and b, element by element, with broadcasting; NaN if either is NaN. Equal values share the gradient.
   *  `max` reduces one tensor. Throws ShapeError if the shapes do not broadcast. */
  maximum(this: Tensor, b: Operand): Tensor {
    return ops.maximum(this, b);
  }
  /** The smaller of a and b, element by element, with broadcasting; NaN if either is NaN. Equal values share the gradient.
   *  `min` reduces one tensor. Throws ShapeError if the shapes do not broadcast. */
  minimum(this: Tensor, b: Operand): Tensor {
    return ops.minimum(this, b);
  }
  /** Whether a = b, element by element, with broadcasting. -> bool. NaN equals nothing. */
  equal(this: Tensor, b: Operand): Tensor {
    return ops.equal(this, b);
  }
  /** Whether a != b, element by element, with broadcasting. -> bool. True if either is NaN. */
  notEqual(this: Tensor, b: Operand): Tensor {
    return ops.notEqual(this, b);
  }
  /** Whether a < b, element by element, with broadcasting. -> bool. False if either is NaN. */
  less(this: Tensor, b: Operand): Tensor {
    return ops.less(this, b);
  }
  /** Whether a <= b, element by element, with broadcasting. -> bool. False if either is NaN. */
  lessEqual(this: Tensor, b: Operand): Tensor {
    return ops.lessEqual(this, b);
  }
  /** Whether a > b, element by element, with broadcasting. -> bool. False if either is NaN. */
  greater(this: Tensor, b: Operand): Tensor {
    return ops.greater(this, b);
  }
  /** Whether a >= b, element by element, with broadcasting. -> bool. False if either is NaN. */
  greaterEqual(this: Tensor, b: Operand): Tensor {
    return ops.greaterEqual(this, b);
  }
  /** The negative -x of each element. Integers stay integers. */
  neg(this: Tensor): Tensor {
    return ops.neg(this);
  }
  /** The absolute value |x| of each element. Integers stay integers. The gradient at 0 is 0. */
  abs(this: Tensor): Tensor {
    return ops.abs(this);
  }
  /** The sign of each element: -1, 0 or 1. Integers stay integers. The gradient is 0. */
  sign(this: Tensor): Tensor {
    return ops.sign(this);
  }
  /** The square x^2 of each element. Integers stay integers. */
  square(this: Tensor): Tensor {
    return ops.square(this);
  }
  /** The square root of each element, as a float; NaN below 0. */
  sqrt(this: Tensor): Tensor {
    return ops.sqrt(this);
  }
  /** The exponential e^x of each element, as a float. */
  exp(this: Tensor): Tensor {
    return ops.exp(this);
  }
  /** The natural logarithm of each element, as a float; -Infinity at 0, NaN below. */
  log(this: Tensor): Tensor {
    return ops.log(this);
  }
  /** The sine of each element in radians, as a float. */
  sin(this: Tensor): Tensor {
    return ops.sin(this);
  }
  /** The cosine of each element in radians, as a float. */
  cos(this: Tensor): Tensor {
    return ops.cos(this);
  }
  /** The hyperbolic tangent of each element, as a float. */
  tanh(this: Tensor): Tensor {
    return ops.tanh(this);
  }
  /** The logistic function 1 / (1 + e^-x) of each element, as a float. */
  sigmoid(this: Tensor): Tensor {
    return ops.sigmoid(this);
  }
  /** max(x, 0) of each element; NaN stays NaN. Integers stay integers. The gradient at 0 is 0. */
  relu(this: Tensor): Tensor {
    return ops.relu(this);
  }
  /** x if x >= 0, else slope x, for each element. slope: Default: 0.01. */
  leakyRelu(this: Tensor, slope?: number): Tensor {
    return ops.leakyRelu(this, slope);
  }
  /** x sigmoid(x) of each element, as a float. Also called swish. */
  silu(this: Tensor): Tensor {
    return ops.silu(this);
  }
  /** x Phi(x) of each element, as a float; Phi is the normal distribution function.
   *  approximate: 'none' computes Phi by erf, 'tanh' by the tanh approximation. Default: 'none'. */
  gelu(this: Tensor, options?: { approximate?: 'none' | 'tanh' }): Tensor {
    return ops.gelu(this, options);
  }
  /** log(1 + e^x) of each element, as a float, without overflow. */
  softplus(this: Tensor): Tensor {
    return ops.softplus(this);
  }
  /** The error function of each element, as a float: 2/sqrt(pi) times the integral of e^-t^2 from 0 to x. */
  erf(this: Tensor): Tensor {
    return ops.erf(this);
  }
  /** Each element limited to [min, max]; NaN stays NaN. Default: no limit on either side. The gradient is 1 inside and on
   *  the limits, 0 outside. Throws ValueError if min > max. */
  clamp(this: Tensor, range: { min?: number; max?: number }): Tensor {
    return ops.clamp(this, range);
  }
  /** The matrix product, as NumPy's @.  [.., m, k] by b [.., k, n]  -> [.., m, n]. Leading axes broadcast. A vector is a row
   *  on the left and a column on the right. Throws ShapeError if the inner sizes differ. */
  matmul(this: Tensor, b: Tensor): Tensor {
    return ops.matmul(this, b);
  }
  /** The sum over axes. bool is counted as int32. axes: Default: all, which gives a scalar.
   *  keepdim: whether reduced axes stay with size 1. Default: false. */
  sum(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.sum(this, axes, options);
  }
  /** The mean over axes, as a float. axes: Default: all, which gives a scalar.
   *  keepdim: whether reduced axes stay with size 1. Default: false. Throws ShapeError over no elements. */
  mean(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.mean(this, axes, options);
  }
  /** The largest element over axes; NaN if there is one. Equal elements share the gradient. axes: Default: all.
   *  keepdim: whether reduced axes stay with size 1. Default: false. Throws ShapeError over no elements. */
  max(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.max(this, axes, options);
  }
  /** The smallest element over axes; NaN if there is one. Equal elements share the gradient. axes: Default: all.
   *  keepdim: whether reduced axes stay with size 1. Default: false. Throws ShapeError over no elements. */
  min(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.min(this, axes, options);
  }
  /** The variance over axes: the mean squared distance from the mean, as a float. axes: Default: all.
   *  keepdim: whether reduced axes stay with size 1. Default: false. unbiased: divides by n - 1 instead of n.
   *  Default: true. Throws ValueError over one element if unbiased, ShapeError over none. */
  variance(this: Tensor, axes?: Axes, options?: { keepdim?: boolean; unbiased?: boolean }): Tensor {
    return ops.variance(this, axes, options);
  }
  /** The position of the first largest element along an axis; a NaN counts as largest. -> int32, without a gradient.
   *  axis: Default: the position in the flattened tensor. keepdim: whether the axis stays with size 1. Default: false. */
  argMax(this: Tensor, axis?: number, options?: { keepdim?: boolean }): Tensor {
    return ops.argMax(this, axis, options);
  }
  /** e^x divided by its sum along an axis, as a float of the same shape. axis: Default: the last. */
  softmax(this: Tensor, axis?: number): Tensor {
    return ops.softmax(this, axis);
  }
  /** The logarithm of softmax along an axis, without overflow, as a float of the same shape. axis: Default: the last. */
  logSoftmax(this: Tensor, axis?: number): Tensor {
    return ops.logSoftmax(this, axis);
  }
  /** log(sum e^x) over axes, without overflow, as a float. axes: Default: all.
   *  keepdim: whether reduced axes stay with size 1. Default: false. */
  logSumExp(this: Tensor, axes?: Axes, options?: { keepdim?: boolean }): Tensor {
    return ops.logSumExp(this, axes, options);
  }
  /** The same elements in row-major order in another shape; one size may be -1 and is computed. A view if the strides allow,
   *  else a copy. Throws ShapeError if the number of elements differs. */
  reshape(this: Tensor, shape: Shape): Tensor {
    return ops.reshape(this, shape);
  }
  /** Joins all axes from `from` on into one: [2, 3, 4] from axis 1 gives [2, 12]. from: Default: 0, which gives a vector. */
  flatten(this: Tensor, from?: number): Tensor {
    return ops.flatten(this, from);
  }
  /** Two axes exchanged, as a view. Default: the last two, so that [.., m, n] gives [.., n, m]. */
  transpose(this: Tensor, a?: number, b?: number): Tensor {
    return ops.transpose(this, a, b);
  }
  /** The axes in another order, as a view: axis i of the result is axis axes[i] of this tensor.
   *  Throws ShapeError unless each axis is named once. */
  permute(this: Tensor, axes: readonly number[]): Tensor {
    return ops.permute(this, axes);
  }
  /** A part of each axis, as a view. ranges[i] is [start, stop, step] of axis i, as in Python: negative positions count from
   *  the end, the step is positive. null and missing ranges take the whole axis. `slice([[1, 3], null, [0, 8, 2]])` */
  slice(
    this: Tensor,
    ranges: readonly (readonly [start?: number | null, stop?: number | null, step?: number] | null)[],
  ): Tensor {
    return ops.slice(this, ranges);
  }
  /** The part at an index of each leading axis, as x[i, j] in NumPy: a view without these axes. Negative indices count from the end;
   *  null keeps an axis whole. `x.at(1)` is row 1, `x.at(null, -1)` the last column. Throws ValueError for an index out of range. */
  at(this: Tensor, ...index: (number | null)[]): Tensor {
    return ops.at(this, ...index);
  }
  /** Repeats axes of size 1, and adds leading axes, to get a shape: a view. Throws ShapeError if it does not broadcast. */
  broadcastTo(this: Tensor, shape: Shape): Tensor {
    return ops.broadcastTo(this, shape);
  }
  /** A border of one value around the tensor. widths[i] = [before, after] of axis i. value: Default: 0.
   *  Throws ShapeError unless there is one pair of non-negative integers for each axis. */
  pad(this: Tensor, widths: readonly (readonly [before: number, after: number])[], value?: number): Tensor {
    return ops.pad(this, widths, value);
  }
  /** Elements by index along an axis, as torch.gather: y[.., i, ..] = x[.., index[.., i, ..], ..]. index: int32, of this
   *  shape except along the axis. -> the shape of index. Throws ValueError for an index out of range. */
  gather(this: Tensor, axis: number, index: Tensor): Tensor {
    return ops.gather(this, axis, index);
  }
  /** Slices by index along an axis, as torch.index_select. index: int32 [k]. -> this shape with size k along the axis.
   *  Throws ValueError for an index out of range. */
  indexSelect(this: Tensor, axis: number, index: Tensor): Tensor {
    return ops.indexSelect(this, axis, index);
  }
  /** The values in another dtype; the tensor itself if it has that dtype. To bool: x != 0. To int32: rounds towards zero,
   *  modulo 2^32; NaN and infinities become 0. Throws DTypeError for an unknown dtype. */
  cast(this: Tensor, dtype: DType): Tensor {
    return ops.cast(this, dtype);
  }
  /** A copy of the values in row-major order, in its own storage. Recorded: gradients flow through. */
  clone(this: Tensor): Tensor {
    return ops.copy(this);
  }

  /** A copy of the values in row-major order, as a typed array of the dtype; bool as bytes 0 and 1. Works on every backend.
   *  Throws ScopeError if the values were freed. */
  async data(this: Tensor): Promise<Values> {
    const { backend, buffer } = whole(this).storage;
    return (await Promise.all([backend.read(buffer), takePendingChecks()]))[0];
  }
  /** The result of `data()` without waiting. Throws BackendError on a backend that can only be awaited, such as gpu. */
  dataSync(this: Tensor): Values {
    const { backend, buffer } = whole(this).storage;
    if (!backend.readSync) throw new BackendError(`dataSync: ${backend.name} cannot be read at once; await data()`);
    return backend.readSync(buffer);
  }
  /** The value of a tensor of one element. Throws ShapeError if there are more or none. */
  async item(this: Tensor): Promise<number> {
    checkSingle(this, 'item');
    return (await this.data())[0];
  }
  /** The result of `item()` without waiting. Throws BackendError on a backend that can only be awaited, such as gpu. */
  itemSync(this: Tensor): number {
    checkSingle(this, 'itemSync');
    return this.dataSync()[0];
  }
  /** Overwrites the values in place. Views of the storage show the new values too. values: one number for all elements, or a list
   *  with one number for each, in row-major order. Returns the tensor. Throws GradError unless it is a leaf, and outside noGrad if it
   *  requires a gradient; ValueError for a wrong number of values and for a view that repeats elements. */
  assign(this: Tensor, values: number | ArrayLike<number>): Tensor {
    this.check('assign');
    if (!this.isLeaf)
      throw new GradError('assign: not a leaf: an operation made this tensor; assign to a detach().clone()');
    if (this.requiresGrad && isRecording()) {
      throw new GradError('assign: a leaf that requires a gradient is being recorded; write inside noGrad');
    }
    const count = typeof values === 'object' ? values?.length : undefined;
    if (typeof values !== 'number' && count !== this.size) {
      const given = count === undefined ? describeValue(values) : `${count} values`;
      throw new ValueError(`assign: ${given} for ${this.size} elements of shape ${show(this.shape)}`);
    }
    if (this.shape.some((d, i) => d > 1 && this.stride[i] === 0)) {
      throw new ValueError(
        `assign: a view that repeats elements: ${show(this.shape)}; assign to its base or a clone()`,
      );
    }
    checkValues(values, this.dtype);
    if (this.size > 0) write(this, values);
    return this;
  }

  /** Computes the gradient of this tensor with respect to every leaf that it was computed from, and adds it to their `grad`.
   *  The tensor must have one element, or `gradient` must give a cotangent. Frees the graph unless `retainGraph` is set.
   *  Throws GradError if nothing requires a gradient or an earlier backward freed the graph. */
  backward(this: Tensor, options?: BackwardOptions): void {
    backward(this, options);
  }

  /** The values in columns, then shape and dtype. If there are more than 1,000 elements, shows three at each end of every axis. */
  toString(this: Tensor): string {
    return formatTensor(this);
  }
  /** The text of `toString()`, if JavaScript converts the tensor to a string. Throws ValueError if JavaScript needs a number, as in
   *  `t * 2`, `t > 0` or `Math.max(t)`: operators do not work on tensors. */
  [Symbol.toPrimitive](this: Tensor, hint: string): string {
    if (hint === 'number')
      throw new ValueError('Tensor: not a number: call t.mul(2) for t * 2, t.greater(0) or item()');
    return this.toString();
  }
  /** The tensor as plain data, { shape, dtype, data }. `JSON.stringify` calls this method, and `tensor()` reads its result.
   *  Throws BackendError on a backend that can only be awaited, such as gpu. */
  toJSON(this: Tensor): TensorData {
    return toData(this);
  }
}

/** Throws ValueError for a value to assign that is not a number, or that int32 does not hold. */
function checkValues(values: number | ArrayLike<number>, dtype: DType): void {
  const list = typeof values === 'number' ? [values] : values;
  if (ArrayBuffer.isView(list) && (dtype !== 'int32' || list instanceof Int32Array)) return;
  for (let i = 0; i < list.length; i++) {
    const v = list[i];
    if (typeof v !== 'number' && typeof v !== 'boolean')
      throw new ValueError(`assign: not a number: ${describeValue(v)} at ${i}`);
  }
  if (dtype === 'int32') checkInt32('assign', list);
}

/** A tensor with these values that fills its storage in row-major order: this one, or a copy. */
function whole(t: Tensor): Tensor {
  t.check('data');
  const fills = t.size === t.storage.buffer.length && isContiguous(t.shape, t.stride);
  return fills ? t : ops.copy(t.detach());
}

function checkSingle(t: Tensor, what: string): void {
  if (t.size !== 1)
    throw new ShapeError(
      `${what}: not one element: ${show(t.shape)}; index it or use ${what.replace('item', 'data')}()`,
    );
}

function withMethods(): typeof Tensor {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(TensorMethods.prototype);
  // Node prints an object by its method of this name.
  const inspect = { [Symbol.for('nodejs.util.inspect.custom')]: methods.toString };
  Object.defineProperties(Tensor.prototype, { ...methods, ...inspect, [VERSION_KEY]: { value: VERSION } });
  return Tensor;
}

/** The class Tensor, with its methods. */
export const TensorWithMethods: typeof Tensor = withMethods();

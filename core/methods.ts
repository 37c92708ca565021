// The methods of Tensor that need operations: `a.add(b)` for `add(a, b)`, reading, writing, backward and printing.
//
// Operations create tensors, so tensor.ts cannot import them without a cycle. This file imports both and copies the methods
// to Tensor.prototype. A bundler may drop a file if nothing that it exports is used. The copying is therefore the value of
// an export, `TensorWithMethods`, and every function that creates tensors for a program calls that constructor.
import { checkAssignable, checkReadable, describeValue, unassignable } from './arguments.js';
import { checkInt32, type Values } from './backends/backend.js';
import { type BackwardOptions, backward } from './backward.js';
import type { DType } from './dtype.js';
import { GradError, ShapeError, ValueError } from './errors.js';
import { isRecording, takePendingChecks } from './graph.js';
import { broadcastTo } from './ops/broadcast.js';
import { cast, copy } from './ops/cast.js';
import { write } from './ops/fill.js';
import { gather, indexSelect } from './ops/gather.js';
import {
  abs,
  clamp,
  cos,
  erf,
  exp,
  gelu,
  leakyRelu,
  log,
  neg,
  relu,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from './ops/map.js';
import { matmul } from './ops/matmul.js';
import { pad } from './ops/move.js';
import { argMax, max, mean, min, sum, variance } from './ops/reduce.js';
import { at, slice } from './ops/slice.js';
import { logSoftmax, logSumExp, softmax } from './ops/softmax.js';
import { flatten, permute, reshape, transpose } from './ops/view.js';
import {
  add,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  notEqual,
  pow,
  sub,
} from './ops/zip.js';
import { formatTensor, type TensorData, toData } from './print.js';
import { isContiguous, type Shape, show } from './shape.js';
import { type Axes, type Operand, Tensor } from './tensor.js';
import { VERSION, VERSION_KEY } from './version.js';

/** The members of Tensor that are operations. Each is also a function: `a.add(b)` is `add(a, b)`. */
export interface TensorOperations {
  /** The sum a + b, element by element, with broadcasting. The dtype is promoted; bool counts as int32.
   *  Throws ShapeError if the shapes do not broadcast, ValueError if int32 does not hold a result. */
  add(b: Operand): Tensor;
  /** The difference a - b, element by element, with broadcasting. The dtype is promoted; bool counts as int32.
   *  Throws ShapeError if the shapes do not broadcast, ValueError if int32 does not hold a result. */
  sub(b: Operand): Tensor;
  /** The product a b, element by element, with broadcasting. The dtype is promoted; bool counts as int32.
   *  `matmul` is the matrix product. Throws ShapeError if the shapes do not broadcast, ValueError if int32 does not hold a result. */
  mul(b: Operand): Tensor;
  /** The quotient a / b, element by element, with broadcasting. Always a float: int32 operands give float64.
   *  Throws ShapeError if the shapes do not broadcast. */
  div(b: Operand): Tensor;
  /** The power a^b, element by element, with broadcasting. Always a float. A number as exponent has no gradient.
   *  Throws ShapeError if the shapes do not broadcast. */
  pow(b: Operand): Tensor;
  /** The larger of a and b, element by element, with broadcasting; NaN if either is NaN. Equal values share the gradient.
   *  `max` reduces one tensor. Throws ShapeError if the shapes do not broadcast. */
  maximum(b: Operand): Tensor;
  /** The smaller of a and b, element by element, with broadcasting; NaN if either is NaN. Equal values share the gradient.
   *  `min` reduces one tensor. Throws ShapeError if the shapes do not broadcast. */
  minimum(b: Operand): Tensor;
  /** Whether a = b, element by element, with broadcasting. -> bool. NaN equals nothing. */
  equal(b: Operand): Tensor;
  /** Whether a != b, element by element, with broadcasting. -> bool. True if either is NaN. */
  notEqual(b: Operand): Tensor;
  /** Whether a < b, element by element, with broadcasting. -> bool. False if either is NaN. */
  less(b: Operand): Tensor;
  /** Whether a <= b, element by element, with broadcasting. -> bool. False if either is NaN. */
  lessEqual(b: Operand): Tensor;
  /** Whether a > b, element by element, with broadcasting. -> bool. False if either is NaN. */
  greater(b: Operand): Tensor;
  /** Whether a >= b, element by element, with broadcasting. -> bool. False if either is NaN. */
  greaterEqual(b: Operand): Tensor;
  /** The negative -x of each element. Integers stay integers. */
  neg(): Tensor;
  /** The absolute value |x| of each element. Integers stay integers. The gradient at 0 is 0. */
  abs(): Tensor;
  /** The sign of each element: -1, 0 or 1. Integers stay integers. The gradient is 0. */
  sign(): Tensor;
  /** The square x^2 of each element. Integers stay integers. */
  square(): Tensor;
  /** The square root of each element, as a float; NaN below 0. */
  sqrt(): Tensor;
  /** The exponential e^x of each element, as a float. */
  exp(): Tensor;
  /** The natural logarithm of each element, as a float; -Infinity at 0, NaN below. */
  log(): Tensor;
  /** The sine of each element in radians, as a float. */
  sin(): Tensor;
  /** The cosine of each element in radians, as a float. */
  cos(): Tensor;
  /** The hyperbolic tangent of each element, as a float. */
  tanh(): Tensor;
  /** The logistic function 1 / (1 + e^-x) of each element, as a float. */
  sigmoid(): Tensor;
  /** max(x, 0) of each element; NaN stays NaN. Integers stay integers. The gradient at 0 is 0. */
  relu(): Tensor;
  /** x if x >= 0, else slope x, for each element. slope: Default: 0.01. */
  leakyRelu(slope?: number): Tensor;
  /** x sigmoid(x) of each element, as a float. Also called swish. */
  silu(): Tensor;
  /** x Phi(x) of each element, as a float; Phi is the normal distribution function.
   *  approximate: 'none' computes Phi by erf, 'tanh' by the tanh approximation. Default: 'none'. */
  gelu(options?: { approximate?: 'none' | 'tanh' }): Tensor;
  /** log(1 + e^x) of each element, as a float, without overflow. */
  softplus(): Tensor;
  /** The error function of each element, as a float: 2/sqrt(pi) times the integral of e^-t^2 from 0 to x. */
  erf(): Tensor;
  /** Each element limited to [min, max]; NaN stays NaN. Default: no limit on either side. The gradient is 1 inside and on
   *  the limits, 0 outside. Throws ValueError if min > max. */
  clamp(range: { min?: number; max?: number }): Tensor;
  /** The matrix product, as NumPy's @.  [.., m, k] by b [.., k, n]  -> [.., m, n]. Leading axes broadcast. A vector is a row
   *  on the left and a column on the right. Throws ShapeError if the inner sizes differ. */
  matmul(b: Tensor): Tensor;
  /** The sum over axes. bool is counted as int32. axes: Default: all, which gives a scalar.
   *  keepdim: whether reduced axes stay with size 1. Default: false. */
  sum(axes?: Axes, options?: { keepdim?: boolean }): Tensor;
  /** The mean over axes, as a float. axes: Default: all, which gives a scalar.
   *  keepdim: whether reduced axes stay with size 1. Default: false. Throws ShapeError over no elements. */
  mean(axes?: Axes, options?: { keepdim?: boolean }): Tensor;
  /** The largest element over axes; NaN if there is one. Equal elements share the gradient. axes: Default: all.
   *  keepdim: whether reduced axes stay with size 1. Default: false. Throws ShapeError over no elements. */
  max(axes?: Axes, options?: { keepdim?: boolean }): Tensor;
  /** The smallest element over axes; NaN if there is one. Equal elements share the gradient. axes: Default: all.
   *  keepdim: whether reduced axes stay with size 1. Default: false. Throws ShapeError over no elements. */
  min(axes?: Axes, options?: { keepdim?: boolean }): Tensor;
  /** The variance over axes: the mean squared distance from the mean, as a float. axes: Default: all.
   *  keepdim: whether reduced axes stay with size 1. Default: false. unbiased: divides by n - 1 instead of n.
   *  Default: true. Throws ValueError over one element if unbiased, ShapeError over none. */
  variance(axes?: Axes, options?: { keepdim?: boolean; unbiased?: boolean }): Tensor;
  /** The position of the first largest element along an axis; a NaN counts as largest. -> int32, without a gradient.
   *  Without an axis, the position in the flattened tensor. keepdim: whether the axis stays with size 1. Default: false. */
  argMax(axis?: number, options?: { keepdim?: boolean }): Tensor;
  /** e^x divided by its sum along an axis, as a float of the same shape. axis: Default: the last. */
  softmax(axis?: number): Tensor;
  /** The logarithm of softmax along an axis, without overflow, as a float of the same shape. axis: Default: the last. */
  logSoftmax(axis?: number): Tensor;
  /** log(sum e^x) over axes, without overflow, as a float. axes: Default: all.
   *  keepdim: whether reduced axes stay with size 1. Default: false. */
  logSumExp(axes?: Axes, options?: { keepdim?: boolean }): Tensor;
  /** The same elements in row-major order in another shape; one size may be -1 and is computed. A view if the strides allow,
   *  else a copy. Throws ShapeError if the number of elements differs. */
  reshape(shape: Shape): Tensor;
  /** Joins all axes from `from` on into one: [2, 3, 4] from axis 1 gives [2, 12]. from: Default: 0, which gives a vector. */
  flatten(from?: number): Tensor;
  /** Two axes exchanged, as a view. Default: the last two, so that [.., m, n] gives [.., n, m]. */
  transpose(a?: number, b?: number): Tensor;
  /** The axes in another order, as a view: axis i of the result is axis axes[i] of this tensor.
   *  Throws ShapeError unless each axis is named once. */
  permute(axes: readonly number[]): Tensor;
  /** A part of each axis, as a view. ranges[i] is [start, stop, step] of axis i, as in Python: negative positions count from
   *  the end, the step is positive. null and missing ranges take the whole axis. `slice([[1, 3], null, [0, 8, 2]])` */
  slice(ranges: readonly (readonly [start?: number | null, stop?: number | null, step?: number] | null)[]): Tensor;
  /** The part at an index of each leading axis, like x[i, j] in NumPy: a view without these axes. Negative indices count from the end;
   *  null keeps an axis whole. `x.at(1)` is row 1, `x.at(null, -1)` the last column. Throws ValueError for an index out of range. */
  at(...index: (number | null)[]): Tensor;
  /** Repeats axes of size 1, and adds leading axes, to get a shape: a view. Throws ShapeError if it does not broadcast. */
  broadcastTo(shape: Shape): Tensor;
  /** A border of one value around the tensor. widths[i] = [before, after] of axis i. value: Default: 0.
   *  Throws ShapeError unless there is one pair of non-negative integers for each axis. */
  pad(widths: readonly (readonly [before: number, after: number])[], value?: number): Tensor;
  /** Elements by index along an axis, as torch.gather: y[.., i, ..] = x[.., index[.., i, ..], ..]. index: int32, of this
   *  shape except along the axis. -> the shape of index. Throws ValueError for an index out of range. */
  gather(axis: number, index: Tensor): Tensor;
  /** Slices by index along an axis, as torch.index_select. index: int32 [k]. -> this shape with size k along the axis.
   *  Throws ValueError for an index out of range. */
  indexSelect(axis: number, index: Tensor): Tensor;
  /** The values in another dtype; the tensor itself if it has that dtype. To bool: x != 0. To int32: rounds towards zero,
   *  modulo 2^32; NaN and infinities become 0. Throws DTypeError for an unknown dtype. */
  cast(dtype: DType): Tensor;
  /** A copy of the values in row-major order, in its own storage. Recorded: gradients flow through. */
  clone(): Tensor;
}

/** The promise of `read()`, which throws ValueError where JavaScript would take it for its value: in arithmetic, as a list, in JSON. */
export function awaited<T>(what: string, read: () => Promise<T>): Promise<T> {
  const refuse = (): never => {
    throw new ValueError(`${what}: a promise: await it`);
  };
  return Object.assign(read(), { [Symbol.toPrimitive]: refuse, [Symbol.iterator]: refuse, toJSON: refuse });
}

/** The members of Tensor that read, write, differentiate and print. */
export abstract class TensorMethods {
  /** A copy of the values in row-major order, as a typed array of the dtype; bool as bytes 0 and 1. Works on every backend.
   *  Throws ScopeError if the values were freed. Without await, `Array.from(t.data())` and JSON throw ValueError. */
  data(this: Tensor): Promise<Values> {
    return awaited('data', async () => {
      const { backend, buffer } = whole(this).storage;
      return (await Promise.all([backend.read(buffer), takePendingChecks()]))[0];
    });
  }
  /** The result of `data()` without waiting. Throws BackendError on a backend that can only be awaited, such as gpu. */
  dataSync(this: Tensor): Values {
    checkReadable('dataSync', this);
    const { backend, buffer } = whole(this).storage;
    return backend.readSync!(buffer);
  }
  /** The value of a tensor of one element. Throws ShapeError if there are more or none. Computing with the promise, as in
   *  `total += loss.item()`, throws ValueError: await it. */
  item(this: Tensor): Promise<number> {
    return awaited('item', async () => {
      checkSingle(this, 'item');
      return (await this.data())[0];
    });
  }
  /** The result of `item()` without waiting. Throws BackendError on a backend that can only be awaited, such as gpu. */
  itemSync(this: Tensor): number {
    checkSingle(this, 'itemSync');
    checkReadable('itemSync', this, 'item');
    return this.dataSync()[0];
  }
  /** Overwrites the values in place. Views of the storage show the new values too. values: one number for all elements, or a list
   *  with one number for each, in row-major order. Returns the tensor. Throws GradError unless it is a leaf, and outside noGrad if it
   *  requires a gradient; ValueError for a wrong number of values and for a view that repeats elements. */
  assign(this: Tensor, values: number | ArrayLike<number>): Tensor {
    checkAssignable('assign', this);
    if (this.requiresGrad && isRecording()) {
      throw new GradError('assign: a leaf that requires a gradient is recorded; write inside noGrad');
    }
    // A tensor has a dtype, and throws if its length is read.
    const isList = typeof values === 'object' && !(values as Partial<Tensor> | null)?.dtype && values?.length >= 0;
    const list = isList ? values : [values as number];
    checkValues(list, this.dtype);
    if (typeof values !== 'number' && list.length !== this.size)
      throw new ValueError(`assign: ${list.length} values for ${this.size} elements of shape ${show(this.shape)}`);
    if (this.size > 0) write(this, typeof values === 'number' ? values : list);
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
   *  `t * 2`, `t > 0` or `Math.max(t)`: operators do not work on tensors. As a condition a tensor is always true, so that
   *  `if (a.equal(b))` compares nothing: write `all(a.equal(b)).itemSync()`. */
  [Symbol.toPrimitive](this: Tensor, hint: string): string {
    if (hint === 'number')
      throw new ValueError('Tensor: not a number: call t.mul(2) for t * 2, t.greater(0) or item()');
    return this.toString();
  }
  /** Throws ValueError: a tensor is not a list. The engine would only report that it is not iterable. */
  [Symbol.iterator](): never {
    throw new ValueError('Tensor: not a list: call t.dataSync() or await t.data()');
  }
  /** The tensor as plain data, { shape, dtype, data }. `JSON.stringify` calls this method, and `tensor()` reads its result.
   *  Throws BackendError on a backend that can only be awaited, such as gpu. */
  toJSON(this: Tensor): TensorData {
    return toData(this);
  }
}

/** Throws ValueError for a value to assign that is not a number, or that int32 does not hold. */
function checkValues(list: ArrayLike<number>, dtype: DType): void {
  if (ArrayBuffer.isView(list) && (dtype !== 'int32' || list instanceof Int32Array)) return;
  for (let i = 0; i < list.length; i++) {
    const v = list[i];
    if (typeof v !== 'number' && typeof v !== 'boolean')
      throw new ValueError(`assign: takes a number or a flat list of numbers: got ${describeValue(v)} at ${i}`);
  }
  if (dtype === 'int32') checkInt32('assign', list);
}

/** A tensor with these values that fills its storage in row-major order: this one, or a copy. */
function whole(t: Tensor): Tensor {
  t.check('data');
  const fills = t.size === t.storage.buffer.length && isContiguous(t);
  return fills ? t : copy(t.detach());
}

function checkSingle(t: Tensor, what: string): void {
  if (t.size !== 1)
    throw new ShapeError(
      `${what}: not one element: ${show(t.shape)}; index it or use ${what.replace('item', 'data')}()`,
    );
}

/** The operations that are methods, by the method's name. */
const operations = {
  ...{ add, sub, mul, div, pow, maximum, minimum },
  ...{ equal, notEqual, less, lessEqual, greater, greaterEqual },
  ...{ neg, abs, sign, square, sqrt, exp, log, sin, cos, tanh, erf },
  ...{ relu, leakyRelu, sigmoid, silu, gelu, softplus, clamp },
  ...{ matmul, sum, mean, max, min, variance, argMax, softmax, logSoftmax, logSumExp },
  ...{ reshape, flatten, transpose, permute, slice, at, broadcastTo, pad, gather, indexSelect, cast, clone: copy },
} satisfies { [K in keyof TensorOperations]: (x: Tensor, ...args: Parameters<TensorOperations[K]>) => Tensor };

function withMethods(): typeof Tensor {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(TensorMethods.prototype);
  // Node prints an object by its method of this name.
  const inspect = { [Symbol.for('nodejs.util.inspect.custom')]: methods.toString };
  // In JavaScript, assigning to a method throws an error, for example PyTorch's t.data = .., and so do PyTorch's
  // t.requires_grad = true and t[0] = 5.
  for (const method of Object.values(methods)) method.writable = false;
  Object.defineProperties(Tensor.prototype, {
    ...methods,
    ...inspect,
    requires_grad: unassignable('requires_grad: use requiresGrad'),
    0: unassignable('t[0]: use assign()'),
    // If t.length were undefined, the body of a loop up to it would never run.
    length: {
      get() {
        throw new ValueError('t.length: use t.size or t.shape[0]');
      },
    },
    [VERSION_KEY]: { value: VERSION },
  });
  for (const [name, f] of Object.entries<(x: Tensor, ...args: any[]) => Tensor>(operations)) {
    const value = function (this: Tensor, ...args: unknown[]) {
      return f(this, ...args);
    };
    Object.defineProperty(Tensor.prototype, name, { value, configurable: true });
  }
  return Tensor;
}

/** The class Tensor, with its methods. */
export const TensorWithMethods: typeof Tensor = withMethods();

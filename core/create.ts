// Creates tensors: from values, of one value, of random numbers.

import {
  checkFiniteNumber,
  checkFlag,
  checkInteger,
  checkOptions,
  checkTensor,
  describeValue,
  isDetached,
  isRecord,
  must,
} from './arguments.js';
import { allocValues, checkInt32, type Values } from './backends/backend.js';
import { checkDType, type DType, isFloat } from './dtype.js';
import { DTypeError, ShapeError, ValueError } from './errors.js';
import { TensorWithMethods } from './methods.js';
import { checkNumber } from './operands.js';
import { filled } from './ops/fill.js';
import { tryAllocate } from './outOfMemory.js';
import { isData, numbersOf, type TensorData } from './print.js';
import { defaultRandom, Stream } from './random.js';
import { adopt, type Storage } from './scope.js';
import { checkShape, type Shape, sameShape, show, sizeOf, stridesOf } from './shape.js';
import { Tensor } from './tensor.js';

/** A number, a boolean, a typed array, or a list of these, nested to any depth. */
export type Nested = number | boolean | Values | ArrayLike<number> | readonly Nested[];

/** Options of `tensor`. `zeros`, `ones`, `full`, `zerosLike` and `onesLike` take them too, except `shape`. */
export interface TensorOptions {
  /** The size of each axis. Default: the shape of the nested list. */
  shape?: Shape;
  /** The type of the elements. Default: for `tensor`, the dtype of the values; for `zerosLike` and `onesLike`, that of x; else 'float32'. */
  dtype?: DType;
  /** Whether operations on the tensor are recorded. Default: false. */
  requiresGrad?: boolean;
}

/** A tensor with a copy of the values. Nested lists define the shape; `shape` arranges a typed array or a flat list.
 *  Also takes the object that `JSON.stringify` writes for a tensor, { shape, dtype, data }.
 *  dtype: Default: int32 for an Int32Array, float64 for a Float64Array, bool for a list of booleans, else float32.
 *  Throws ShapeError for ragged lists and if the shape does not fit the values; ValueError for a value that is not a number,
 *  one that int32 cannot hold, and an unknown option; DTypeError for an unknown dtype. */
export function tensor(values: Nested | TensorData, options: TensorOptions = {}): Tensor {
  checkOptions('tensor', options, ['shape', 'dtype', 'requiresGrad']);
  if (isData(values)) return tensor(numbersOf(values), { shape: values.shape, dtype: values.dtype, ...options });
  const flat: (number | boolean)[] = [];
  const found = isNumbers(values) ? [values.length] : flatten(values, flat);
  const source = isNumbers(values) ? values : (flat as number[]);
  const shape = options.shape ? checkShape('tensor', options.shape) : found;
  if (sizeOf(shape) !== source.length || (options.shape && found.length > 1 && !sameShape(found, shape))) {
    throw new ShapeError(`tensor: the shape does not fit: ${show(shape)} for values of shape ${show(found)}`);
  }
  const dtype = checkDType('tensor', options.dtype ?? inferred(values, flat));
  const data = allocValues(dtype, source.length);
  data.set(dtype === 'bool' ? Array.from(source, (v) => (Number(v) === 0 ? 0 : 1)) : source);
  if (dtype === 'int32') checkInt32('tensor', source);
  return wrap(data, dtype, shape, options.requiresGrad);
}

/** The values of lists in row-major order, not rounded, and the shape and dtype of their tensor. They are put on no backend, because some
 *  backends cannot be read at once. Throws ShapeError for ragged lists, ValueError for a value that is not a number. */
export function listed(values: Nested): { values: ArrayLike<number>; dtype: DType; shape: Shape } {
  const flat: (number | boolean)[] = [];
  const shape = isNumbers(values) ? [values.length] : flatten(values, flat);
  return { values: isNumbers(values) ? values : flat.map(Number), dtype: inferred(values, flat), shape };
}

/** A tensor that owns a typed array. */
function wrap(data: Values, dtype: DType, shape: Shape, requiresGrad = false): Tensor {
  return whole(adopt(dtype, data), dtype, shape, requiresGrad);
}

/** A tensor of all values of a storage. */
function whole(storage: Storage, dtype: DType, shape: Shape, requiresGrad = false): Tensor {
  const t = new TensorWithMethods(storage, dtype, shape, stridesOf(shape), 0);
  if (checkFlag('requiresGrad', requiresGrad)) t.requiresGrad = true;
  return t;
}

function isNumbers(values: unknown): values is Values {
  return (
    ArrayBuffer.isView(values) &&
    !(values instanceof DataView || /^Big/.test(values.constructor.name) || isDetached(values))
  );
}

function flatten(values: Nested, out: (number | boolean)[], path: readonly number[] = []): number[] {
  if (typeof values === 'number' || typeof values === 'boolean') {
    out.push(values);
    return [];
  }
  if (isNumbers(values)) {
    for (const v of values) out.push(v);
    return [values.length];
  }
  // Recursion into a very deep list would overflow the stack.
  if (!Array.isArray(values) || path.length > 99) throw notNumbers(values, path);
  // Array.from also visits holes.
  const shapes = Array.from(values as Nested[], (v, i) => flatten(v, out, [...path, i]));
  const odd = shapes.findIndex((s) => !sameShape(s, shapes[0]));
  if (odd > 0) {
    throw new ShapeError(
      `tensor: ragged values: shape ${show(shapes[0])} at [${[...path, 0]}], ${show(shapes[odd])} at [${[...path, odd]}]`,
    );
  }
  return [values.length, ...(shapes[0] ?? [])];
}

function notNumbers(values: unknown, path: readonly number[]): ValueError {
  let remedy = '';
  if (values instanceof Tensor) remedy = path.length ? '; stack() puts tensors together' : '; clone() copies one';
  if (values instanceof Promise) remedy = '; await it';
  if (isRecord(values)) remedy = '; give shape, dtype, data';
  if (Array.isArray(values)) remedy = '; nested too deep';
  if (/string|bigint/.test(typeof values) || ArrayBuffer.isView(values)) remedy = '; Number() makes one';
  return new ValueError(`tensor: not a number: ${describeValue(values)} at [${path.slice(0, 9)}]${remedy}`);
}

function inferred(values: Nested, flat: readonly (number | boolean)[]): DType {
  if (values instanceof Float64Array) return 'float64';
  if (values instanceof Int32Array) return 'int32';
  return flat.length > 0 && flat.every((v) => typeof v === 'boolean') ? 'bool' : 'float32';
}

/** A tensor filled with one value. dtype: Default: float32.
 *  Throws ShapeError unless the sizes are non-negative integers, BackendError if memory is exhausted. */
export function full(shape: Shape, value: number, options: Omit<TensorOptions, 'shape'> = {}): Tensor {
  return constant('full', shape, value, options);
}

/** A tensor of zeros. dtype: Default: float32. Throws the errors of `full`. */
export function zeros(shape: Shape, options: Omit<TensorOptions, 'shape'> = {}): Tensor {
  return constant('zeros', shape, 0, options);
}

/** A tensor of ones. dtype: Default: float32. Throws the errors of `full`. */
export function ones(shape: Shape, options: Omit<TensorOptions, 'shape'> = {}): Tensor {
  return constant('ones', shape, 1, options);
}

/** A tensor of zeros with the shape and backend of x. dtype: Default: that of x. Throws the errors of `full`. */
export function zerosLike(x: Tensor, options: Omit<TensorOptions, 'shape'> = {}): Tensor {
  return alike('zerosLike', x, 0, options);
}

/** A tensor of ones with the shape and backend of x. dtype: Default: that of x. Throws the errors of `full`. */
export function onesLike(x: Tensor, options: Omit<TensorOptions, 'shape'> = {}): Tensor {
  return alike('onesLike', x, 1, options);
}

function alike(what: string, x: Tensor, value: number, options: Omit<TensorOptions, 'shape'>): Tensor {
  checkTensor(what, x);
  return constant(what, x.shape, value, options, x);
}

function constant(
  what: string,
  shape: Shape,
  value: number,
  options: Omit<TensorOptions, 'shape'>,
  like?: Tensor,
): Tensor {
  checkOptions(what, options, ['dtype', 'requiresGrad']);
  checkNumber(`${what}: value`, value);
  const dtype = checkDType(what, options.dtype ?? like?.dtype ?? 'float32');
  if (dtype === 'int32') checkInt32(what, [value]);
  const to = checkShape(what, shape);
  const { storage } = filled(to, value, dtype, like, what);
  return whole(storage, dtype, to, options.requiresGrad);
}

/** The numbers start, start + step, .. below stop (above, if step is negative), as NumPy's arange. -> a vector.
 *  `arange(stop)` starts at 0. step: Default: 1. dtype: Default: int32 if all three are integers, else float32.
 *  Throws ValueError if the list is endless, or if int32 does not hold its numbers. */
export function arange(start: number, stop?: number, step = 1, options: { dtype?: DType } = {}): Tensor {
  checkOptions('arange', options, ['dtype']);
  for (const v of [start, stop ?? 0, step]) checkNumber('arange: start, stop and step', v);
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const n = Math.ceil((to - from) / step);
  if (!Number.isFinite(n)) throw new ValueError(`arange: endless or undefined: from ${from} to ${to} by ${step}`);
  const dtype = checkDType('arange', options.dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32'));
  const length = Math.max(0, n);
  const values = tryAllocate('arange', [length], 'float64', () => new Float64Array(length));
  for (let i = 0; i < length; i++) values[i] = from + i * step;
  if (dtype === 'int32') checkInt32('arange', values);
  return tensor(values, { dtype });
}

/** `count` numbers at equal distances from start to stop, both included, as NumPy's linspace. -> a vector; [start] if count is 1.
 *  dtype: Default: float32, which has about seven digits: it has 16777216, but not 16777217. Throws ValueError unless
 *  start and stop are finite and count is an integer >= 0, DTypeError unless the
 *  dtype is float32 or float64. */
export function linspace(start: number, stop: number, count: number, options: { dtype?: DType } = {}): Tensor {
  checkOptions('linspace', options, ['dtype']);
  const dtype = checkFloat('linspace', 'its numbers', options.dtype ?? 'float32');
  checkFiniteNumber('linspace: start', start);
  checkFiniteNumber('linspace: stop', stop);
  checkInteger('linspace: count', count, 0);
  const values = tryAllocate('linspace', [count], 'float64', () => new Float64Array(count));
  const step = (stop - start) / Math.max(1, count - 1);
  // The second half counts back from stop, which is then exact.
  for (let i = 0; i < count; i++) values[i] = i < count / 2 ? start + i * step : stop - (count - 1 - i) * step;
  return tensor(values, { dtype });
}

/** The identity matrix [n, n]. dtype: Default: float32. Throws ShapeError unless n is a non-negative integer. */
export function eye(n: number, options: { dtype?: DType } = {}): Tensor {
  checkOptions('eye', options, ['dtype']);
  const [size] = checkShape('eye', [n]);
  const dtype = checkDType('eye', options.dtype ?? 'float32');
  const data = tryAllocate('eye', [size, size], dtype, () => allocValues(dtype, size * size));
  for (let i = 0; i < size; i++) data[i * size + i] = 1;
  return wrap(data, dtype, [size, size]);
}

/** Options of `rand` and `randn`. */
export interface RandomOptions extends Omit<TensorOptions, 'shape'> {
  /** The stream that the numbers are drawn from. Default: the stream 'tensor' of the default Random. */
  stream?: Stream;
}

/** A tensor of uniform random numbers in [0, 1). dtype: Default: float32.
 *  Throws the errors of `full`, and DTypeError unless the dtype is float32 or float64. */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  // The largest float32 below 1. Rounding to float32 would turn the largest draws into 1.
  const most = () => (options.dtype === 'float64' ? 1 : 1 - 2 ** -24);
  return randomTensor('rand', shape, options, (s) => Math.min(s.uniform(), most()));
}

/** A tensor of standard normal random numbers. dtype: Default: float32. Throws the errors of `rand`. */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return randomTensor('randn', shape, options, (s) => s.normal());
}

/** A tensor of random integers from low to high - 1, all equally probable, as int32. stream: the stream that they are drawn from.
 *  Default: the stream 'tensor' of the default Random. Throws ValueError unless low < high and int32 holds low and high - 1,
 *  ShapeError for anything but a shape. */
export function randint(low: number, high: number, shape: Shape, options: { stream?: Stream } = {}): Tensor {
  checkOptions('randint', options, ['stream']);
  const least = checkInteger('randint: low', low, -(2 ** 31));
  const fits = Number.isInteger(high) && high > least && high <= 2 ** 31;
  must(fits, 'randint: high', `an integer above ${least}, at most 2^31`, high);
  return drawn('randint', shape, 'int32', options.stream, (stream) => least + stream.below(high - least));
}

function randomTensor(what: string, shape: Shape, options: RandomOptions, draw: (s: Stream) => number): Tensor {
  checkOptions(what, options, ['dtype', 'requiresGrad', 'stream']);
  const dtype = checkFloat(what, 'random numbers', options.dtype ?? 'float32');
  return drawn(what, shape, dtype, options.stream, draw, options.requiresGrad);
}

function checkFloat(what: string, noun: string, value: DType): DType {
  const dtype = checkDType(what, value);
  if (isFloat(dtype)) return dtype;
  throw new DTypeError(`${what}: ${noun} are floats: ${dtype}; cast the result`);
}

function drawn(
  what: string,
  shape: Shape,
  dtype: DType,
  stream: Stream = defaultRandom().stream('tensor'),
  draw: (s: Stream) => number,
  requiresGrad?: boolean,
): Tensor {
  if (!(stream instanceof Stream))
    throw new ValueError(`${what}: stream must be a Stream, as random.stream(name) returns: ${describeValue(stream)}`);
  const to = checkShape(what, shape);
  const data = tryAllocate(what, to, dtype, () => allocValues(dtype, sizeOf(to)));
  for (let i = 0; i < data.length; i++) data[i] = draw(stream);
  return wrap(data, dtype, to, requiresGrad);
}

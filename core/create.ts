// Tensors from values.

import { checkOptions, describeValue } from './arguments.js';
import { allocValues, type Values } from './backends/backend.js';
import { checkDType, type DType, isFloat } from './dtype.js';
import { DTypeError, ShapeError, ValueError } from './errors.js';
import { TensorWithMethods } from './methods.js';
import { filled } from './ops/fill.js';
import { tryAllocate } from './outOfMemory.js';
import { defaultRandom, type Stream } from './random.js';
import { adopt, type Storage } from './scope.js';
import { checkShape, type Shape, sameShape, show, sizeOf, stridesOf } from './shape.js';
import { Tensor } from './tensor.js';

/** A number, a boolean, a typed array, or a list of such, nested to any depth. */
export type Nested = number | boolean | Values | ArrayLike<number> | readonly Nested[];

export interface TensorOptions {
  shape?: Shape;
  dtype?: DType;
  requiresGrad?: boolean;
}

/** A tensor of values, which are copied. Nested lists give the shape; typed arrays and flat lists take `shape`.
 *  dtype: float32 where left out, but int32 for an Int32Array, float64 for a Float64Array, bool for booleans alone.
 *  Throws ShapeError for ragged lists and where the shape does not hold as many values, ValueError for what is no number,
 *  or no integer where int32 is asked for, and for an option that does not exist. */
export function tensor(values: Nested, options: TensorOptions = {}): Tensor {
  checkOptions('tensor', options, ['shape', 'dtype', 'requiresGrad']);
  const flat: (number | boolean)[] = [];
  const found = isNumbers(values) ? [values.length] : flatten(values, flat);
  const source = isNumbers(values) ? values : (flat as number[]);
  const shape = options.shape ? checkShape('tensor', options.shape) : found;
  if (sizeOf(shape) !== source.length || (options.shape && found.length > 1 && !sameShape(found, shape))) {
    throw new ShapeError(`tensor: the shape does not fit: ${show(shape)} for values of shape ${show(found)}`);
  }
  const dtype = checkDType('tensor', options.dtype ?? inferred(values, flat));
  const data = allocValues(dtype, source.length);
  if (dtype === 'bool') for (let i = 0; i < data.length; i++) data[i] = source[i] ? 1 : 0;
  else data.set(source);
  if (dtype === 'int32') checkIntegers(source, data);
  return wrap(data, dtype, shape, options.requiresGrad);
}

/** Throws ValueError where int32 did not hold a value: a fraction, or beyond 2^31. */
function checkIntegers(source: ArrayLike<number>, stored: Values): void {
  for (let i = 0; i < stored.length; i++) {
    if (stored[i] === Number(source[i])) continue;
    throw new ValueError(
      `tensor: not an int32: ${source[i]} at ${i}; give integers from -2^31 to 2^31 - 1, or cast a float`,
    );
  }
}

/** A tensor that owns a typed array. */
function wrap(data: Values, dtype: DType, shape: Shape, requiresGrad = false): Tensor {
  return whole(adopt(dtype, data), dtype, shape, requiresGrad);
}

/** A tensor of all values of a storage. */
function whole(storage: Storage, dtype: DType, shape: Shape, requiresGrad = false): Tensor {
  const t = new TensorWithMethods(storage, dtype, shape, stridesOf(shape), 0);
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

function isNumbers(values: unknown): values is Values {
  return ArrayBuffer.isView(values) && !(values instanceof DataView || /^Big/.test(values.constructor.name));
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
  if (!Array.isArray(values)) throw notNumbers(values, path);
  // Array.from visits holes too.
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
  if (typeof values === 'string' || typeof values === 'bigint') remedy = '; Number() makes one';
  return new ValueError(`tensor: not a number: ${describeValue(values)} at [${path}]${remedy}`);
}

function inferred(values: Nested, flat: readonly (number | boolean)[]): DType {
  if (values instanceof Float64Array) return 'float64';
  if (values instanceof Int32Array) return 'int32';
  return flat.length > 0 && flat.every((v) => typeof v === 'boolean') ? 'bool' : 'float32';
}

/** A tensor of one value. dtype: float32 where left out.
 *  Throws ShapeError for a size that is no count, BackendError where there is no room. */
export function full(shape: Shape, value: number, options: Omit<TensorOptions, 'shape'> = {}): Tensor {
  return uniform('full', shape, value, options);
}

/** Zeros, otherwise as full. */
export function zeros(shape: Shape, options: Omit<TensorOptions, 'shape'> = {}): Tensor {
  return uniform('zeros', shape, 0, options);
}

/** Ones, otherwise as full. */
export function ones(shape: Shape, options: Omit<TensorOptions, 'shape'> = {}): Tensor {
  return uniform('ones', shape, 1, options);
}

function uniform(what: string, shape: Shape, value: number, options: Omit<TensorOptions, 'shape'>): Tensor {
  checkOptions(what, options, ['dtype', 'requiresGrad']);
  const dtype = checkDType(what, options.dtype ?? 'float32');
  const to = checkShape(what, shape);
  const { storage } = tryAllocate(what, to, dtype, () => filled(to, value, dtype));
  return whole(storage, dtype, to, options.requiresGrad);
}

/** start, start + step, .. below stop, as NumPy's arange; one argument is the stop. int32 where all are integers. */
export function arange(start: number, stop?: number, step = 1, options: { dtype?: DType } = {}): Tensor {
  checkOptions('arange', options, ['dtype']);
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const n = Math.ceil((to - from) / step);
  if (!Number.isFinite(n)) throw new ValueError(`arange: endless or undefined: from ${from} to ${to} by ${step}`);
  const dtype = options.dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32');
  const length = Math.max(0, n);
  const values = tryAllocate('arange', [length], 'float64', () => new Float64Array(length));
  for (let i = 0; i < length; i++) values[i] = from + i * step;
  return tensor(values, { dtype });
}

/** The identity matrix of n rows. */
export function eye(n: number, options: { dtype?: DType } = {}): Tensor {
  checkOptions('eye', options, ['dtype']);
  const [size] = checkShape('eye', [n]);
  const dtype = checkDType('eye', options.dtype ?? 'float32');
  const data = tryAllocate('eye', [size, size], dtype, () => allocValues(dtype, size * size));
  for (let i = 0; i < size; i++) data[i * size + i] = 1;
  return wrap(data, dtype, [size, size]);
}

export interface RandomOptions extends Omit<TensorOptions, 'shape'> {
  /** Where numbers come from: the stream `tensor` of the default Random where left out. */
  stream?: Stream;
}

/** Uniform numbers in [0, 1), float32 where no dtype is given. Throws as full does, and DTypeError for a dtype of no floats. */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  return drawn('rand', shape, options, (s) => s.uniform());
}

/** Standard normal numbers, otherwise as rand. */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return drawn('randn', shape, options, (s) => s.normal());
}

function drawn(what: string, shape: Shape, options: RandomOptions, draw: (s: Stream) => number): Tensor {
  checkOptions(what, options, ['dtype', 'requiresGrad', 'stream']);
  const dtype = checkDType(what, options.dtype ?? 'float32');
  if (!isFloat(dtype)) throw new DTypeError(`${what}: random numbers are floats: ${dtype}; cast the result`);
  const stream = options.stream ?? defaultRandom().stream('tensor');
  const to = checkShape(what, shape);
  const data = tryAllocate(what, to, dtype, () => allocValues(dtype, sizeOf(to)));
  for (let i = 0; i < data.length; i++) data[i] = draw(stream);
  return wrap(data, dtype, to, options.requiresGrad);
}

// A data set of tensors: the rows of x are the inputs, the rows of y their classes or values.
import {
  BackendError,
  checkCount,
  checkOptions,
  checkTensor,
  DataError,
  isFloat,
  listed,
  must,
  type Nested,
  type Shape,
  ShapeError,
  show,
  sizeOf,
  Tensor,
  tensor,
  ValueError,
} from '../core/index.js';
import {
  type AnyBatch,
  type Batch,
  checkClasses,
  checkIndices,
  checkLabels,
  type Dataset,
  frozenCopy,
  type ValueBatch,
} from './dataset.js';

/** Options of `tensorDataset`. */
export interface TensorDatasetOptions {
  /** The number of classes, or their names. If `classes` or `names` is given, y holds classes. Default: classes 0..max y if y is
   *  int32 or bool; otherwise y holds values to predict. */
  classes?: number | readonly string[];
  /** The names of the classes, in the order of their numbers. Default: '0', '1', .. */
  names?: readonly string[];
  /** The name of the data set in messages and reports. Default: 'tensors'. */
  name?: string;
}

/** Samples in memory, as `tensorDataset` makes them. */
export class TensorDataset<B extends AnyBatch = AnyBatch> implements Dataset<B> {
  /** The number of samples. */
  readonly length: number;
  /** The shape of one input; the first one's if there are several. */
  readonly shape: Shape;
  /** The shape of each input, if there are several. */
  readonly shapes?: readonly Shape[];
  /** The shape of the values of one sample; undefined if there are classes. */
  readonly targetShape?: Shape;

  /** Not for programs, which call `tensorDataset`. inputs: an array for each input, [length, ...shape]. targets: int32 classes [length], or
   *  float32 values [length, ...targetShape]. Nothing is copied. */
  constructor(
    /** The name of the data set in messages and reports. */
    readonly name: string,
    private readonly inputs: readonly { values: Float32Array; shape: Shape }[],
    private readonly targets: Int32Array | Float32Array,
    target: { classes: readonly string[] } | { shape: Shape },
    isList: boolean,
  ) {
    const shapes = frozenCopy(inputs.map(({ shape }) => shape));
    this.shape = shapes[0];
    if (isList) this.shapes = shapes;
    this.classes = frozenCopy('classes' in target ? target.classes : []);
    if ('shape' in target) this.targetShape = frozenCopy(target.shape);
    this.length = targets.length / sizeOf(this.targetShape ?? []);
  }

  /** The names of the classes, in the order of their numbers; empty if there are values to predict. */
  readonly classes: readonly string[];

  /** The samples at the given indices, in that order. Throws ValueError if an index is not an integer in 0..length - 1. */
  batch(indices: ArrayLike<number>): B {
    checkIndices(this, indices);
    const all = this.inputs.map(({ values, shape }) => rows(values, sizeOf(shape), indices));
    const inputs = this.shapes ? all : all[0];
    const { targets, targetShape } = this;
    if (!targetShape) return { inputs, labels: rows(targets as Int32Array, 1, indices) } as AnyBatch as B;
    return { inputs, targets: rows(targets as Float32Array, sizeOf(targetShape), indices) } as AnyBatch as B;
  }
}

/** The rows at the given indices, of `size` values each. */
function rows<T extends Float32Array | Int32Array>(values: T, size: number, indices: ArrayLike<number>): T {
  const picked = new (values.constructor as new (length: number) => T)(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    picked.set(values.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
  }
  return picked;
}

/** Why a feature loses its digits in float32: rounding errors are above a thousandth of its range; null if they are not. */
export function digitsLost(values: readonly number[]): string | null {
  let [least, most, worst] = [Infinity, -Infinity, 0];
  for (const x of values) {
    [least, most] = [Math.min(least, x), Math.max(most, x)];
    worst = Math.max(worst, Math.abs(x - Math.fround(x)));
  }
  if (!(worst > (most - least) / 1000) || least === most) return null;
  const odd = values.find((x) => Math.abs(x - Math.fround(x)) === worst)!;
  return `loses its digits in float32: ${odd} becomes ${Math.fround(odd)}; subtract a constant such as ${least}`;
}

/** Makes a data set of tensors, or of nested lists of numbers. x [n, ..]: the inputs, float; a list of tensors for a model with
 *  several inputs. y: int32 or bool [n] of classes; float [n, ..] of values to predict; float [n] of whole numbers with
 *  `classes` or `names`. Values are copied to float32.
 *
 *    tensorDataset(x, [0, 1, 1], { classes: ['cat', 'dog'] })     // classes: crossEntropy
 *    tensorDataset(x, [[0.5], [1.5], [2]])                        // values: mse
 *    tensorDataset([a, b], y)                                     // model.forward(a, b)
 *
 *  Without `classes` and `names`, warns if there are more than ten times as many classes as samples, because y then probably holds values,
 *  or if no sample has class 0. Warns if all rows of x or y are one list, if a feature is the target in each of at least ten rows, or
 *  if float32 does not hold the digits of a feature.
 *  Throws ShapeError if numbers of rows differ, ValueError for an option out of range, DataError if a value is not finite or a
 *  class does not exist, BackendError for a tensor on a backend that can only be awaited, such as gpu. */
export function tensorDataset(
  x: Tensor | Nested,
  y: Tensor | Nested,
  options: TensorDatasetOptions & ({ classes: number | readonly string[] } | { names: readonly string[] }),
): TensorDataset<Batch>;
export function tensorDataset(x: Tensor | Nested, y: Nested, options?: TensorDatasetOptions): TensorDataset<ValueBatch>;
export function tensorDataset(x: Tensor | Nested, y: Tensor, options?: TensorDatasetOptions): TensorDataset;
export function tensorDataset(x: readonly Tensor[], y: Tensor | Nested, options?: TensorDatasetOptions): TensorDataset;
export function tensorDataset(
  x: Tensor | Nested | readonly Tensor[],
  y: Tensor | Nested,
  options: TensorDatasetOptions = {},
): TensorDataset<any> {
  checkOptions('tensorDataset', options, ['classes', 'names', 'name']);
  const { name = 'tensors' } = options;
  must(typeof name === 'string', 'tensorDataset: name', 'a string', name);
  const isList = Array.isArray(x) && x.length > 0 && x.every((t) => t instanceof Tensor);
  const inputs = (isList ? (x as readonly Tensor[]) : [x as Tensor | Nested]).map((t, i) => {
    const what = `x${isList ? `[${i}]` : ''}`;
    const found = read(what, t);
    warnOfOneList(name, what, t);
    const values = finite(name, what, found);
    warnOfDigits(name, t, found);
    return { values, shape: found.shape.slice(1), n: found.shape[0] };
  });
  if (Array.isArray(y) && typeof y[0] === 'string')
    throw new ValueError(
      `tensorDataset: y: the names of classes: '${y[0]}'; give their numbers, y.map((name) => classes.indexOf(name)), and { classes }`,
    );
  const target = read('y', y);
  warnOfOneList(name, 'y', y);
  const n = target.shape[0];
  const odd = inputs.find((input) => input.n !== n);
  if (odd) {
    throw new ShapeError(
      `tensorDataset: x and y differ in their number of rows: ${show([odd.n, ...odd.shape])} and ${show(target.shape)}`,
    );
  }
  if (!isList) warnOfCopy(name, inputs[0], target);
  const classes = classesOf(target, options);
  if (!classes) {
    return frozen(new TensorDataset(name, inputs, finite(name, 'y', target), { shape: target.shape.slice(1) }, isList));
  }
  if (target.shape.length !== 1) {
    throw new ShapeError(`tensorDataset: classes must be [n], one for each row of x: ${show(target.shape)}`);
  }
  const labels = isFloat(target.dtype) ? Float32Array.from(target.values) : Array.from(target.values);
  if (options.classes === undefined && options.names === undefined) {
    const doubt =
      classes.length > 10 * n
        ? `${classes.length} classes: if y holds values, give floats`
        : !labels.includes(0) && 'no sample has class 0: if classes begin at 1, subtract 1';
    if (doubt) console.warn(`${name}: ${doubt}; else give { classes }`);
  }
  checkLabels(name, labels, classes.length, 'sample');
  return frozen(new TensorDataset(name, inputs, Int32Array.from(labels), { classes }, isList));
}

/** The same data set, whose fields cannot be assigned. */
export function frozen<D extends TensorDataset<any>>(set: D): D {
  Object.freeze(set);
  return set;
}

/** What was given for x or y: its values in row-major order, and the dtype and shape of its tensor. */
type Given = ReturnType<typeof listed>;

function read(what: string, value: Tensor | Nested): Given {
  // Any other object is taken as the JSON form of a tensor, { shape, dtype, data }.
  const isList = typeof value !== 'object' || Array.isArray(value) || ArrayBuffer.isView(value);
  const t = isList || value instanceof Tensor ? value : tensor(value);
  const found = t instanceof Tensor ? ofTensor(`tensorDataset: ${what}`, t) : listed(t);
  if (found.shape.length < 1 || found.shape[0] < 1) {
    throw new ShapeError(`tensorDataset: ${what} must have a row for each sample, at least one: ${show(found.shape)}`);
  }
  return found;
}

function ofTensor(what: string, t: Tensor): Given {
  const { backend } = checkTensor(what, t).storage;
  if (!backend.readSync)
    throw new BackendError(`${what}: ${backend.name} cannot be read at once; give lists, or make it before setBackend`);
  return { values: t.dataSync(), dtype: t.dtype, shape: t.shape };
}

/** The values in float32. Throws DataError if one is NaN, infinite or beyond float32. */
function finite(name: string, what: string, given: Given): Float32Array {
  const values = Float32Array.from(given.values);
  const at = values.findIndex((v) => !Number.isFinite(v));
  if (at < 0) return values;
  const row = Math.floor(at / (values.length / given.shape[0]));
  throw new DataError(`${name}: ${what} must be finite: ${values[at]} in sample ${row}; drop or replace it`);
}

/** Warns about the first feature whose digits float32 does not hold. x: as it was given; values: its values, not rounded. */
function warnOfDigits(name: string, x: Tensor | Nested, { values, dtype, shape }: Given): void {
  const isShort = ArrayBuffer.isView(x) && (x as Uint8Array).BYTES_PER_ELEMENT < 4;
  if (isShort || x instanceof Float32Array || (x instanceof Tensor && /^(float32|bool)$/.test(dtype))) return;
  const width = values.length / shape[0];
  for (let c = 0; c < width; c++) {
    const lost = digitsLost(Array.from({ length: shape[0] }, (_, n) => values[n * width + c]));
    if (!lost) continue;
    console.warn(`${name}: feature ${c} ${lost}`);
    return;
  }
}

/** Warns if all rows are one and the same list, as in Array(n).fill([0, 0]): a program that writes to one row writes to all. */
function warnOfOneList(name: string, what: string, rows: unknown): void {
  const first = Array.isArray(rows) && rows.length > 1 && rows[0];
  if (typeof first === 'object' && (rows as unknown[]).every((row) => row === first))
    console.warn(`${name}: all rows of ${what} are one list, so all are equal; make a list for each`);
}

/** Warns if a feature of x is y in each of at least ten rows: the target was not taken out of the inputs. x: [n, d], d > 1; y: one number
 *  for each row. The values of a series may repeat, so windows of a series are not checked. */
function warnOfCopy(name: string, x: { values: Float32Array; shape: Shape }, y: Given): void {
  const [n, width] = [y.shape[0], x.shape[0]];
  if (n < 10 || x.shape.length !== 1 || width < 2 || y.values.length !== n) return;
  const isWindow = x.values.subarray(1, width).every((v, i) => v === x.values[width + i]);
  const goal = Float32Array.from(y.values);
  if (isWindow || goal.every((v) => v === goal[0])) return;
  const copy = Array.from({ length: width }, (_, c) => c).find((c) =>
    goal.every((v, i) => v === x.values[i * width + c]),
  );
  if (copy !== undefined)
    console.warn(`${name}: feature ${copy} is the target in each row: a net would only copy it; leave it out`);
}

/** The names of the classes of y; null if y holds values. */
function classesOf(y: Given, { classes, names }: TensorDatasetOptions): readonly string[] | null {
  const listed = typeof classes === 'object' ? classes : names;
  if (listed !== names && names !== undefined)
    throw new ValueError('tensorDataset: classes and names both name the classes: leave one out');
  if (listed !== undefined) checkClasses('tensorDataset', listed === names ? 'names' : 'classes', listed);
  if (typeof classes === 'number' && listed && checkCount('tensorDataset: classes', classes) !== listed.length)
    throw new ValueError(`tensorDataset: names and classes differ in number: ${listed.length} and ${classes}`);
  if (listed) return [...listed];
  if (classes === undefined && isFloat(y.dtype)) return null;
  const count = classes ?? Array.from(y.values).reduce((most, label) => Math.max(most, label), 0) + 1;
  const length = checkCount('tensorDataset: classes', count);
  must(length <= 1e6, 'tensorDataset: classes', 'at most 1,000,000', length);
  return Array.from({ length }, (_, c) => String(c));
}

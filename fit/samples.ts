// Turns raw samples into the inputs of a trained model, in the same way as its data set did in training.
//
//   rows of a table       cells -> numbers and one-hot columns        by the table's columns and categories
//   images                bytes -> (p / 255 - mean) / std             by the normalization; pictures are resized before
//   tensors, numbers      as they are
//   then, for all         (x - mean) / std                            by the statistics of `standardize`
import {
  DataError,
  describeValue,
  isDetached,
  type Nested,
  type Shape,
  ShapeError,
  show,
  sizeOf,
  Tensor,
  tensor,
  ValueError,
} from '../core/index.js';
import { tableInputs } from '../datasets/csv.js';
import { isList, type Preparation } from '../datasets/dataset.js';
import { normalize, normalizedBytes } from '../datasets/images.js';
import { type Picture, writeResized } from '../datasets/pictures/resize.js';
import type { Cells } from '../datasets/sheet.js';
import { scale } from '../datasets/standardize.js';
import type { Description } from './description.js';

/** The pixels of a canvas, as `getImageData` returns them: rows of red, green, blue, alpha. Laid over white. */
export interface CanvasPixels {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Bytes [height, width, 4]. */
  readonly data: ArrayLike<number>;
}

/** Samples as they were before a data set prepared them:
 *
 *    a text, a list of { column: cell }    rows of a table, CSV with a header or cells by column; a target column is not needed
 *    a picture or canvas, or a list        images of any size, resized as `imageFolder` resizes them
 *    a Uint8Array                          bytes 0..255 of images, [n, channels, rows, columns]; not those of a file or a canvas
 *    a tensor or nested list of numbers    [n, ...shape]: for a net of images, bytes 0..255; for a net of a table, its inputs
 *    a list of tensors                     one for each input of the net */
export type Samples =
  | string
  // Not `Cells[]`: a program may declare its rows as an interface, which TypeScript does not accept for a Record.
  | readonly object[]
  | Picture
  | CanvasPixels
  | Uint8Array
  | Uint8ClampedArray
  | Tensor
  | Nested;

/** The inputs of n samples, as the model gets them: float32 [n, ...shape] for each input. */
export interface Prepared {
  inputs: Float32Array[];
  n: number;
  /** The row of each sample in a CSV text. */
  rows?: readonly number[];
}

/** Prepares samples. prepared: whether they are inputs already, as in the batches of a DataLoader.
 *  Throws ValueError or ShapeError for samples that the model does not take, DataError for a cell or value that is wrong. */
export async function prepare(x: Samples, about: Description, prepared: boolean): Promise<Prepared> {
  const { shapes, preparation } = about;
  const raw = await read(x, about, prepared);
  const statistics = prepared ? undefined : preparation.inputs;
  if (!statistics) return raw;
  if ([x].flat().some((t) => t instanceof Tensor && t.storage.made === 'Batch'))
    throw new ValueError('predict: a batch of standardized inputs; give { prepared: true }');
  return { ...raw, inputs: [scale(raw.inputs[0], shapes[0], statistics)] };
}

/** The samples as they are before the statistics of `standardize` are applied. */
async function read(x: Samples, { shapes, preparation }: Description, prepared: boolean): Promise<Prepared> {
  const { table, pixels, custom } = preparation;
  const [shape] = shapes;
  if (pixels && !prepared && !custom) checkPictures(x);
  checkKind(x);
  const isBytes = x instanceof Uint8Array || x instanceof Uint8ClampedArray;
  if (!isBytes && !isTable(x) && !isPictures(x)) {
    if (table && Array.isArray(x) && x.flat().some((cell) => typeof cell === 'string')) {
      const keys = table.columns.map(({ name }) => `${JSON.stringify(name)}: ..`);
      throw new ValueError(`predict: give rows as objects: { ${keys.join(', ')} }`);
    }
    const found = await numbers(x, shapes);
    if (custom && !prepared) warnOfChange(preparation);
    if (!pixels || prepared) return found;
    return { ...found, inputs: [fromBytes(found.inputs[0], shape, pixels)] };
  }
  if (prepared) throw new ValueError(`predict: prepared samples are tensors: got ${describeValue(x)}`);
  if (custom) throw new ValueError(`${CHANGED}, as a tensor`);
  if (isTable(x)) {
    const noTable = shapes.length > 1 || shape.length !== 1 || (typeof x !== 'string' && !table);
    if (!table && noTable) throw refusal(x, shapes, 'the model was not trained on a table');
    const { values, rows } = tableInputs('predict', x, table ?? null);
    const n = rows.length;
    if (values.length !== n * shape[0])
      throw new ShapeError(`predict: the text has ${values.length / n} columns: the model takes ${shape[0]}`);
    return { inputs: [values], n, ...(typeof x === 'string' && { rows }) };
  }
  if (!pixels) throw refusal(x, shapes, 'the model was not trained on images of bytes');
  const bytes = isBytes ? x : bytesOf(Array.isArray(x) ? x : [x], shape);
  const n = bytes.length / sizeOf(shape);
  if (!Number.isInteger(n) || n === 0 || isDetached(bytes))
    throw new ShapeError(
      `predict: ${bytes.length} bytes are not images of ${show(shape)}, ${sizeOf(shape)} bytes each`,
    );
  if (isBytes) checkCanvas(x, n);
  return { inputs: [fromBytes(bytes, shape, pixels)], n };
}

const CHANGED =
  'predict: a function changed the inputs of the training, as in mapDataset; give inputs that were changed in the same way';
const warned = new WeakSet<Preparation>();

/** Warns, once for each model, that a function changed the inputs of the training: it cannot be applied here. */
function warnOfChange(preparation: Preparation): void {
  if (!warned.has(preparation)) console.warn(CHANGED);
  warned.add(preparation);
}

/** Throws ValueError for values that are often passed by mistake: a path, a promise, a data set, one sample without a list. */
function checkKind(x: unknown): void {
  const refuse = (remedy: string) => new ValueError(`predict: samples: got ${describeValue(x)}; ${remedy}`);
  if (typeof x === 'string' && !/[\r\n]/.test(x))
    throw new ValueError(
      `predict: a text is CSV, a header and rows: got '${x.slice(0, 40)}'; read the file, or give rows`,
    );
  if (typeof (x as { then?: unknown } | null)?.then === 'function') throw refuse('await it');
  if (typeof (x as { batch?: unknown } | null)?.batch === 'function')
    throw refuse('give raw samples, or the inputs of a batch with { prepared: true }');
  if (isPlain(x) && !isPicture(x)) throw refuse('give a list of samples: [sample]');
  if (Array.isArray(x) && x.length === 0) throw new ShapeError('predict: no samples');
}

/** Throws ValueError for values that are often passed instead of pictures: paths, files of a page, their bytes. */
function checkPictures(x: unknown): void {
  const items: unknown[] = Array.isArray(x) ? x : [x];
  const odd = items.find((item) => typeof item === 'string' || item instanceof Blob || isFile(item));
  if (odd !== undefined)
    throw new ValueError(
      `predict: samples: got ${describeValue(odd)}; give await pictureOf(file), or await readPicture(path)`,
    );
}

/** Whether a value is the bytes of a PNG or JPEG file, or an ArrayBuffer, which is what reading a file returns. */
function isFile(value: unknown): boolean {
  const [a, b, c] = value instanceof Uint8Array ? value : [];
  return (
    value instanceof ArrayBuffer || (a === 0x89 && b === 0x50 && c === 0x4e) || (a === 0xff && b === 0xd8 && c === 0xff)
  );
}

/** Throws ValueError for the pixels of a canvas without its size: red, green, blue, and alpha of 255, or ink in alpha alone. */
function checkCanvas(bytes: Uint8Array | Uint8ClampedArray, n: number): void {
  if (n < 4 || bytes.length % 4) return;
  let [isOpaque, isGrey, isWhite] = [true, bytes instanceof Uint8ClampedArray, true];
  for (let at = 0; at < bytes.length; at += 4) {
    const [r, g, b, a] = bytes.subarray(at, at + 4);
    isOpaque &&= a === 255;
    isGrey &&= r === g && g === b;
    isWhite &&= r + g + b === 765;
  }
  if (isGrey || (isOpaque && !isWhite))
    throw new ValueError(
      `predict: ${bytes.length} bytes are the pixels of a canvas, red, green, blue, alpha; give { width, height, data }`,
    );
}

function refusal(x: Samples, shapes: readonly Shape[], why: string): ValueError {
  const wanted = shapes.map((shape) => show(['n', ...shape] as unknown as Shape)).join(' and ');
  return new ValueError(`predict: ${why}: got ${describeValue(x)}; give a tensor ${wanted}`);
}

/** Whether samples are rows of a table. */
function isTable(x: Samples): x is string | readonly Cells[] {
  return typeof x === 'string' || (Array.isArray(x) && x.length > 0 && x.every(isPlain) && !isPictures(x));
}

function isPlain(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Tensor)
  );
}

function isPictures(x: Samples): x is Picture | CanvasPixels | (Picture | CanvasPixels)[] {
  return Array.isArray(x) ? x.length > 0 && x.every(isPicture) : isPicture(x);
}

function isPicture(x: unknown): boolean {
  const { width, height, data, rgb } = Object(x) as Partial<Picture & CanvasPixels>;
  return isPlain(x) && typeof width === 'number' && typeof height === 'number' && (data ?? rgb) !== undefined;
}

/** The values of tensors or nested lists [n, ...shape], one for each of the given shapes. */
async function numbers(x: Samples, shapes: readonly Shape[]): Promise<Prepared> {
  const isList = Array.isArray(x) && x.length > 0 && x.every((t) => t instanceof Tensor);
  const given = isList ? (x as readonly Tensor[]) : [x instanceof Tensor ? x : tensor(x as Nested)];
  if (given.length !== shapes.length)
    throw new ValueError(
      `predict: the model takes ${shapes.length} inputs: got ${given.length}; give a list of tensors`,
    );
  const [n] = given[0].shape;
  const inputs: Float32Array[] = [];
  for (const [i, t] of given.entries()) {
    const [count, ...rest] = t.shape;
    if (show(rest) !== show(shapes[i]) || count !== n || n === 0) {
      const which = shapes.length > 1 ? `input ${i}` : 'x';
      const wanted = [n > 0 && i > 0 ? n : 'n', ...shapes[i]].join(',');
      throw new ShapeError(`predict: ${which} must be (${wanted}), a row for each sample: ${show(t.shape)}`);
    }
    const values = Float32Array.from(await t.data());
    const odd = values.findIndex((v) => !Number.isFinite(v));
    if (odd >= 0) {
      const sample = Math.floor(odd / (values.length / n));
      throw new DataError(`predict: inputs must be finite: ${values[odd]} in sample ${sample}`);
    }
    inputs.push(values);
  }
  return { inputs, n };
}

/** The index of the first value that is not an integer in 0..255; -1 if all are. */
function notAByte(values: ArrayLike<number>): number {
  if (values instanceof Uint8Array || values instanceof Uint8ClampedArray) return -1;
  return Array.prototype.findIndex.call(values, (p) => !(Number.isInteger(p) && p >= 0 && p <= 255));
}

/** Bytes of images, normalized. Throws DataError for a value that is not a byte. */
function fromBytes(
  bytes: ArrayLike<number>,
  shape: Shape,
  { mean, std }: { mean: readonly number[]; std: readonly number[] },
): Float32Array {
  const odd = notAByte(bytes);
  if (odd < 0) return normalize(bytes, shape, normalizedBytes(mean, std));
  throw new DataError(
    `predict: pixels must be bytes, integers in 0..255: ${bytes[odd]} in sample ${Math.floor(odd / sizeOf(shape))}; ` +
      'for inputs that are normalized already pass { prepared: true }',
  );
}

/** The bytes of pictures at the size of the model's images. */
function bytesOf(pictures: readonly (Picture | CanvasPixels)[], shape: Shape): Uint8Array {
  const size = sizeOf(shape);
  const bytes = new Uint8Array(pictures.length * size);
  pictures.forEach((picture, i) => {
    writeResized(checked(picture, i), shape, bytes.subarray(i * size, (i + 1) * size));
  });
  return bytes;
}

/** The picture of a canvas or of a file. Throws DataError unless it has the bytes of its pixels. */
function checked(given: Picture | CanvasPixels, i: number): Picture {
  const { width, height, rgb, data, orientation = 1 } = given as Picture & CanvasPixels;
  const [pixels, channels] = rgb === undefined ? [data, 4] : [rgb, 3];
  const count = isList(pixels) ? pixels.length : Number.NaN;
  if (Number.isInteger(width) && width > 0 && count > 0 && count === channels * width * height && notAByte(pixels) < 0)
    return rgb === undefined
      ? { width, height, rgb: overWhite(data), orientation: 1 }
      : { width, height, rgb, orientation };
  throw new DataError(
    `predict: picture ${i} of ${width} x ${height} pixels must have ${channels} bytes a pixel: got ${count} bytes`,
  );
}

/** Red, green, blue of pixels with alpha, over white. */
function overWhite(rgba: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    const alpha = rgba[from + 3] / 255;
    for (let c = 0; c < 3; c++) rgb[to++] = Math.round(255 + alpha * (rgba[from + c] - 255));
  }
  return rgb;
}

// The description of a model and its data in a checkpoint. It is enough to predict for raw samples and, if the model is a built-in one, to
// make it again.
import { DataError, type Shape, sizeOf } from '../core/index.js';
import type { AnyDataset, Column, Moments, Preparation, Table } from '../datasets/index.js';
import { type BuiltIn, nameArguments } from '../models/builtIn.js';
import type { Module } from '../nn/index.js';
import { originOf } from '../nn/origin.js';
import { type LayerDescription, layers, layersOf } from './layers.js';
import {
  type Check,
  integer,
  isTrue,
  json,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  orNull,
  recordOf,
  text,
} from './validate.js';

/** A user's file that made a model, for messages only: reading a checkpoint never loads code that it names. */
export interface OwnFile {
  /** The file's name without its folder. */
  file: string;
  /** A hash of its content. */
  hash: string;
}

/** The description of a model and its data in a checkpoint. Plain JSON. */
export interface Description {
  /** How the model was made: by a function of boundgrad, or by a user's file; null if that is unknown. */
  model: BuiltIn | OwnFile | null;
  /** The shape of each input of one sample. */
  shapes: Shape[];
  /** The names of the classes; null if there are values to predict. */
  classes: string[] | null;
  /** The shape of the values to predict of one sample; null if there are classes. */
  targetShape: Shape | null;
  /** How raw samples became the inputs and targets of the training. */
  preparation: Preparation;
  /** The model's layers. Absent in files of earlier versions. */
  layers?: Record<string, LayerDescription>;
  /** The checksums of up to 64 samples of the training, by which an evaluation finds out whether it uses samples that the model has seen.
   *  Absent in files of earlier versions, and without a training. */
  samples?: string[];
  /** The names of parameters that do not require a gradient. Absent in files of earlier versions, and without a training. */
  frozen?: string[];
  /** The test set and a checksum of up to 64 of its samples; null if there is none. Absent in files of earlier versions, and without a
   *  training. */
  test?: { name: string; samples: number; checksum: string } | null;
}

/** The most values of one sample, 256 MB: more is a hostile file. */
const LARGEST = 2 ** 26;
/** The most rows or columns to which pictures are resized. */
const LONGEST_SIDE = 4096;

const shape: Check<Shape> = (value, what) => {
  const found = listOf(integer(1))(value, what);
  if (sizeOf(found) <= LARGEST) return found;
  throw new DataError(`${what}: more than ${LARGEST} values in a sample: [${found.slice(0, 8)}]; damaged?`);
};
const positive: Check<number> = (value, what) => {
  if (number(value, what) > 0) return value as number;
  throw new DataError(`${what}: must be positive: ${value}; damaged?`);
};
const texts = listOf(text);
const moments = objectOf<Moments>({ mean: listOf(number), std: listOf(positive) });

const numbers = objectOf<Column & { kind: 'number' }>({ name: text, kind: oneOf('number'), fill: optional(number) });
const categories = objectOf<Column & { kind: 'category' }>({
  name: text,
  kind: oneOf('category'),
  categories: texts,
  fill: optional(text),
});
const column: Check<Column> = (value, what) =>
  (value as Partial<Column> | null)?.kind === 'category' ? categories(value, what) : numbers(value, what);
const table = objectOf<Table>({
  columns: listOf(column),
  target: texts,
  classes: orNull(texts),
  delimiter: text,
  decimal: optional(oneOf(',')),
  missingValues: texts,
});

const model: Check<Description['model']> = (value, what) =>
  Object.hasOwn(Object(value), 'file')
    ? objectOf<OwnFile>({ file: text, hash: text })(value, what)
    : orNull(objectOf<BuiltIn>({ name: text, args: recordOf(json) }))(value, what);

const parts = objectOf<Description>({
  model,
  shapes: listOf(shape),
  classes: orNull(texts),
  targetShape: orNull(shape),
  preparation: objectOf<Preparation>({
    table: optional(table),
    pixels: optional(moments),
    inputs: optional(moments),
    targets: optional(moments),
    text: optional(objectOf<NonNullable<Preparation['text']>>({ level: oneOf('character', 'word') })),
    custom: optional(isTrue),
  }),
  layers: optional(layers),
  samples: optional(texts),
  frozen: optional(texts),
  test: optional(
    orNull(objectOf<NonNullable<Description['test']>>({ name: text, samples: integer(1), checksum: text })),
  ),
});

/** Checks a description: its parts, and that they agree. */
export const description: Check<Description> = (value, what) => {
  const found = parts(value, what);
  const wrong = contradiction(found);
  if (wrong) throw new DataError(`${what}: contradicts itself: ${wrong}; damaged?`);
  return found;
};

/** Returns how the parts of a description contradict each other; undefined if they agree. */
function contradiction({ shapes, classes, targetShape, preparation }: Description): string | undefined {
  const { table, pixels, inputs, targets, text: tokens } = preparation;
  if (shapes.length === 0) return 'no inputs';
  if ((classes === null) === (targetShape === null)) return 'both classes and values, or neither';
  if (classes?.length === 0) return 'no classes';
  if (shapes.length > 1 && (table || pixels || inputs)) return 'several inputs have no common preparation';
  const [first] = shapes;
  if (tokens && (classes === null || shapes.length > 1 || first.length !== 1 || table || pixels || inputs || targets))
    return `a text for ${shapes.length > 1 ? 'several inputs' : `[${first}]`}`;
  const fits = ({ mean, std }: Moments, n: number) => mean.length === n && std.length === n;
  if (inputs && !fits(inputs, first[0] ?? 1)) return `statistics of ${inputs.mean.length} features for [${first}]`;
  if (targets && !fits(targets, targetShape ? (targetShape[0] ?? 1) : 0)) return 'statistics of other values';
  if (pixels && (first.length !== 3 || !fits(pixels, first[0]) || Math.max(first[1], first[2]) > LONGEST_SIDE))
    return `the normalization of ${pixels.mean.length} channels for images [${first}]`;
  if (!table) return undefined;
  const features = table.columns.reduce((n, c) => n + (c.kind === 'number' ? 1 : c.categories.length), 0);
  if (pixels || first.length !== 1 || first[0] !== features) return `a table of ${features} inputs for [${first}]`;
  const names = table.classes?.join('\n');
  if (names !== classes?.join('\n') || (targetShape && sizeOf(targetShape) !== table.target.length))
    return 'the table has another target';
  if (!/^[^"\r\n]$/.test(table.delimiter)) return 'the delimiter of the table is not one character';
  return undefined;
}

/** The description of a model and of the data that it is trained on. Throws DataError if the `preparation` of the data, which may be
 *  a user's own object, does not fit their shapes. */
export function describe(model: Module<any>, data: AnyDataset): Description {
  const { name, shapes = [data.shape], classes, targetShape, preparation = {} } = data;
  const origin = originOf(model);
  const args = origin && 'args' in origin ? nameArguments(origin.args) : null;
  const found = {
    model: origin && 'args' in origin ? args && { name: origin.name, args } : origin,
    shapes,
    classes: targetShape ? null : classes.map(String),
    targetShape: targetShape ?? null,
    preparation,
    layers: layersOf(model),
  };
  return description(JSON.parse(JSON.stringify(found)), `the preparation of ${name}`);
}

/** A list with a note if the files that made two models differ in content. Empty if the files are equal, or if a model was not made by a
 *  file. */
export function otherFile(then: Description | undefined, now: Pick<Description, 'model'> | undefined): string[] {
  const [before, after] = [then?.model, now?.model].map((made) => (made && 'file' in made ? made : null));
  if (!before || !after || before.hash === after.hash) return [];
  const name = before.file === after.file ? before.file : `${before.file}, now ${after.file}`;
  return [`the file that made the model has changed: ${name}`];
}

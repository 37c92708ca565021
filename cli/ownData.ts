// A user's own data, `csv:FILE`, `images:DIR` and `text:FILE`: how they are read, prepared and split. The embedded text is read and split
// in the same way.
import { basename } from 'node:path';
import { DataError } from '../core/index.js';
import { readTable, type TableDataset } from '../datasets/csv.js';
import { channelMoments } from '../datasets/images.js';
import {
  type AnyDataset,
  type CsvOptions,
  ImageDataset,
  mobyDickSample,
  type Preparation,
  type Subset,
  splitDataset,
  splitFolds,
  standardize,
  subset,
  type TokenLevel,
  textDataset,
} from '../datasets/index.js';
import type { Sheet } from '../datasets/sheet.js';
import { copiesDoubt } from '../node/imageDoubts.js';
import { imageFolder, readFolder } from '../node/imageFolder.js';
import { readText } from '../node/tables.js';
import { asOptions } from './asOptions.js';
import { type Augmentation, augmentOf } from './augmentations.js';
import type { DataOptions, Split } from './datasets.js';
import { refuse } from './failure.js';
import { droppedNote, filledNote } from './missingCells.js';
import { quote } from './shell.js';

/** What happens to rows of a table with a missing value. */
export const missingKeys = ['refuse', 'drop', 'fill'] as const;
export type Missing = (typeof missingKeys)[number];

/** How a user's own data are read and split. */
export interface OwnOptions {
  /** The columns to predict. */
  target?: readonly string[];
  /** The columns that are inputs. Default: all but the target. */
  columns?: readonly string[];
  /** Whether numbers of the target are classes. Default: false. */
  classes?: boolean;
  /** Columns of numbers that stand for categories. */
  categories?: readonly string[];
  /** The character between cells. Default: ','. */
  delimiter?: string;
  /** The mark before the decimals of numbers. Default: '.'. */
  decimal?: '.' | ',';
  /** Texts that stand for an empty cell, in addition to the empty text. */
  missingValues?: readonly string[];
  /** What happens to rows with a missing value. Default: 'refuse'. */
  missing?: Missing;
  /** What missing inputs get. Default: the mean, and the most frequent category. */
  fill?: CsvOptions['fill'];
  /** Whether numbers stay as they are. Default: false. */
  noStandardize?: boolean;
  /** Rows and columns of pictures. Default: 32. */
  size?: number;
  /** Channels of pictures. Default: 3. */
  channels?: 1 | 3;
  /** What a token of a text is. Default: 'character'. */
  level?: TokenLevel;
  /** Tokens in a sample of a text. Default: 64. */
  context?: number;
  /** The held-out share. Default: 0.2. */
  val?: number;
  /** The number of parts, and the held-out one, from 1. Default: a share is held out. */
  folds?: number;
  fold?: number;
  /** Determines which samples are held out. */
  seed?: number;
}

/** The kinds of a user's own data: a table, pictures, a text. */
export type OwnKind = 'csv' | 'images' | 'text';

/** The name of the embedded text. */
export const EMBEDDED_TEXT = 'moby-dick';

/** A user's own data: the kind before the colon of `--data`, and the path after it; for the embedded text its name. Null for another data
 *  set of the library. */
export function ownData(data: string): { kind: OwnKind; path: string } | null {
  if (data === EMBEDDED_TEXT) return { kind: 'text', path: data };
  const found = /^(csv|images|text):(.*)$/s.exec(data);
  return found && { kind: found[1] as OwnKind, path: found[2] };
}

/** How samples are prepared for a trained model. */
export interface Prepared {
  preparation: Preparation;
  classes: readonly string[];
  shape: readonly number[];
}

/** Reads a user's own data, prepared as a trained model takes them. Throws Failure if the model takes data of another kind. */
export async function readPrepared(
  name: string,
  { preparation, classes, shape }: Prepared,
  { missing, augment = [] }: { missing?: Missing; augment?: readonly Augmentation[] },
): Promise<{ data: AnyDataset; notes: string[] }> {
  const { kind, path } = ownData(name)!;
  if (kind === 'csv') {
    const { table, inputs, targets } = preparation;
    if (!table) throw refuse(`--data ${name}: the model was not trained on a table`);
    const { data: all, sheet } = readTable(readText(path), { table, name: basename(path), missing });
    const statistics = inputs && { inputs, ...(targets && { targets }) };
    const data = statistics ? standardize(all, { statistics, targets: targets !== undefined }) : all;
    return { data, notes: missingNotes(sheet, all, 'filled as in training') };
  }
  if (kind === 'text') {
    const { text } = preparation;
    if (!text) throw refuse(`--data ${name}: the model was not trained on a text`);
    const of = { level: text.level, context: shape[0], vocabulary: classes, name: basename(path) };
    return { data: textDataset(await textFor(name), of), notes: [] };
  }
  const { pixels } = preparation;
  if (!pixels) throw refuse(`--data ${name}: the model was not trained on pictures`);
  const [channels, rows, columns] = shape;
  const size = [rows, columns] as const;
  const data = await imageFolder(path, {
    size,
    channels: channels as 1 | 3,
    classes,
    ...pixels,
    augment: augmentOf(augment, Math.min(rows, columns)),
  });
  return { data, notes: [] };
}

/** Which missing cells of a table were filled, and how many of its rows were left out. */
function missingNotes(sheet: Sheet, { table, length }: TableDataset, how?: string): string[] {
  // Rows are left out by 'drop' only, and then no cell of the others is missing. By 'refuse' no cell is missing at all.
  const note = length < sheet.rows.length ? droppedNote(sheet, length) : filledNote(sheet, table, how);
  return note === null ? [] : [`${sheet.name}: ${note}`];
}

/** A table in two parts. Means and deviations are computed on the training part. */
export async function loadTable(path: string, options: OwnOptions = {}): Promise<Split> {
  const { target = [], columns, classes, categories, delimiter, decimal, missingValues, missing, fill } = options;
  const {
    data: all,
    sheet,
    doubts,
  } = readTable(readText(path), {
    name: basename(path),
    target: target.length === 1 ? target[0] : target,
    ...(columns && { columns }),
    ...(classes && { classes }),
    ...(categories && { categories }),
    ...(delimiter && { delimiter }),
    ...(decimal && { decimal }),
    ...(missingValues && { missingValues: ['', ...missingValues] }),
    ...(missing && { missing }),
    ...(fill !== undefined && { fill }),
  });
  if (all.classes.length === 1) throw new DataError(`one class: ${all.classes[0]}; training needs two`);
  const [train, test] = partsOf(all, options);
  const others = doubts?.others.join();
  const doubt =
    doubts &&
    `${all.name}: ${asOptions(doubts.why)}${others && `; to leave such columns out, give --columns ${quote(others)}`}`;
  const notes = [...(doubt ? [doubt] : []), ...missingNotes(sheet, all)];
  if (options.noStandardize) return { train, test, notes };
  const scaled = standardize(train, { except: all.oneHot });
  return { train: scaled, test: standardize(test, { statistics: scaled.statistics }), notes };
}

/** Pictures in two parts. Means and deviations are computed on the training part, and only that part is augmented. */
export async function loadImages(path: string, { own = {}, augment = [] }: DataOptions): Promise<Split> {
  const { size = 32, channels = 3 } = own;
  const { data: all, doubt } = await readFolder(path, { size, channels });
  if (all.classes.length < 2) throw new DataError(`one class: ${all.classes[0]}; training needs two folders`);
  const [train, test] = partsOf(all, own);
  const { name, pixels, labels, shape, classes } = all;
  const about = { name, pixels, labels, shape: shape as [number, number, number], classes };
  const moments = channelMoments(pixels, shape, train.indices);
  const why = doubt ?? copiesDoubt({ ...all, at: train.indices }, { ...all, at: test.indices });
  return {
    train: subset(new ImageDataset({ ...about, ...moments, augment: augmentOf(augment, size) }), train.indices),
    test: subset(new ImageDataset({ ...about, ...moments }), test.indices),
    notes: why === null ? [] : [`${name}: ${why}`],
  };
}

/** The text that `--data` names: the embedded text, or the text of a file. */
async function textFor(data: string): Promise<string> {
  return data === EMBEDDED_TEXT ? mobyDickSample() : readText(ownData(data)!.path);
}

/** A text in two parts, the first to train on, with one vocabulary. */
export async function loadText(data: string, own: OwnOptions = {}): Promise<Split> {
  const { level, context = 64 } = own;
  const name = basename(ownData(data)!.path);
  const all = textDataset(await textFor(data), { context, name, ...(level && { level }) });
  const [train, test] = partsOf(all, own);
  return { train, test };
}

/** The training part and the held-out part: the end of a text, else a random part in which classes have the same share. */
export function partsOf(
  all: AnyDataset,
  { val = 0.2, folds, fold = 1, seed = 7 }: OwnOptions,
): [Subset<any>, Subset<any>] {
  const options = { seed, stratify: !all.targetShape };
  if (all.length < 2) throw new DataError('one sample; training and testing need one each');
  if (all.labelShape) {
    const first = Math.min(all.length - 1, Math.max(1, Math.round((1 - val) * all.length)));
    const order = Int32Array.from({ length: all.length }, (_, i) => i);
    return [subset(all, order.subarray(0, first)), subset(all, order.subarray(first))];
  }
  return folds ? splitFolds(all, folds, options)[fold - 1] : splitDataset(all, 1 - val, options);
}

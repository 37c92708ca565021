// The data sets that the command line knows: those of the library by name, and a user's own, `csv:FILE` and `images:DIR`.
import { basename, resolve } from 'node:path';
import { BoundgradError, DataError } from '../core/index.js';
import { channelMoments } from '../datasets/images.js';
import {
  type AnyDataset,
  blobs,
  type CsvOptions,
  compose,
  csv,
  cutout,
  fashionMnistSample,
  ImageDataset,
  moons,
  type Preparation,
  randomCrop,
  randomFlip,
  type Subset,
  spirals,
  splitDataset,
  splitFolds,
  standardize,
  subset,
  type TableDataset,
} from '../datasets/index.js';
import { cifar10, fashionMnist, mnist } from '../node/datasets.js';
import { imageFolder } from '../node/imageFolder.js';
import { csvFile, readText } from '../node/tables.js';
import { Failure, refuse } from './failure.js';

/** A data set in two parts. */
export interface Split {
  train: AnyDataset;
  test: AnyDataset;
}

/** Augmentations of training images, by name. */
const augmentations = { crop: () => randomCrop(4), flip: () => randomFlip(), cutout: () => cutout() };
export type Augmentation = keyof typeof augmentations;
export const augmentKeys = Object.keys(augmentations) as Augmentation[];

/** How a data set is loaded. */
export interface DataOptions {
  /** The folder of a data set that is read from files. */
  dir?: string;
  /** Augmentations of the training images, applied in this order. Default: none. */
  augment?: readonly Augmentation[];
  /** The files of CIFAR-10 to train on, from 1 to 5. Default: all. */
  batches?: readonly number[];
  /** Of a user's own data. */
  own?: OwnOptions;
}

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
  /** The share that is held out. Default: 0.2. */
  val?: number;
  /** The number of parts, and the one that is held out, from 1. Default: a share is held out. */
  folds?: number;
  fold?: number;
  /** Determines which samples are held out. */
  seed?: number;
}

interface Source {
  /** Whether it is read from a folder. */
  files?: true;
  /** The default augmentations. Undefined if the set cannot be augmented. */
  augmented?: Augmentation[];
  load(options: DataOptions): Split | Promise<Split>;
  /** Loads only the test set, if that is faster. */
  test?(dir: string): Promise<AnyDataset>;
}

const POINTS = { samples: 1000, seed: 1 };

export const dataSources: Record<string, Source> = {
  'fashion-mnist-sample': { load: fashionMnistSample },
  'fashion-mnist': fromFiles(fashionMnist),
  mnist: fromFiles(mnist),
  // As in the AdaBound paper's code.
  cifar10: fromFiles(cifar10, ['crop', 'flip']),
  moons: { load: () => split(moons({ ...POINTS, noise: 0.15 }), 2) },
  spirals: { load: () => split(spirals({ ...POINTS, noise: 0.02 }), 2) },
  blobs: { load: () => split(blobs({ ...POINTS, noise: 2 }), 3) },
};

/** Data sets of points in the plane. Convolutional nets cannot take them. */
export const pointKeys: readonly string[] = ['moons', 'spirals', 'blobs'];

export const dataKeys = Object.keys(dataSources);
export const fileKeys = dataKeys.filter((key) => dataSources[key].files);

/** A user's own data: the kind before the colon of `--data`, and the path after it. Null for a data set of the library. */
export function ownData(data: string): { kind: 'csv' | 'images'; path: string } | null {
  const found = /^(csv|images):(.*)$/s.exec(data);
  return found && { kind: found[1] as 'csv' | 'images', path: found[2] };
}

/** Whether samples are a few numbers: points or rows of a table. */
export function isFlat(data: string): boolean {
  return pointKeys.includes(data) || ownData(data)?.kind === 'csv';
}

/** The augmentations that training uses unless others are given. Undefined if the data cannot be augmented. */
export function augmentedBy(data: string): Augmentation[] | undefined {
  const own = ownData(data);
  return own ? (own.kind === 'images' ? [] : undefined) : dataSources[data].augmented;
}

/** What records and reports call a data set: without the folders of its path. */
export function titleOf(data: string): string {
  const own = ownData(data);
  return own ? basename(resolve(own.path)) : data;
}

/** Loads a data set. Throws Failure if files are missing or damaged, or if options do not fit them. */
export function loadData(name: string, options: DataOptions = {}): Promise<Split> {
  const own = ownData(name);
  return orRefuse(name, async () => {
    if (!own) return dataSources[name].load(options);
    return own.kind === 'csv' ? loadTable(own.path, options.own) : loadImages(own.path, options);
  });
}

/** Loads the test set of a data set of the library. Throws like `loadData`. */
export function loadTest(name: string, dir = ''): Promise<AnyDataset> {
  const { test, load } = dataSources[name];
  return orRefuse(name, async () => (test ? test(dir) : (await load({})).test));
}

/** Loads a user's own data, prepared as a trained model takes them. Throws like `loadData`. */
export function loadPrepared(
  name: string,
  { preparation, classes, shape }: { preparation: Preparation; classes: readonly string[]; shape: readonly number[] },
  { missing, augment = [] }: Pick<OwnOptions, 'missing'> & Pick<DataOptions, 'augment'>,
): Promise<AnyDataset> {
  const { kind, path } = ownData(name)!;
  return orRefuse(name, async () => {
    if (kind === 'csv') {
      const { table, inputs, targets } = preparation;
      if (!table) throw refuse(`--data ${name}: the model was not trained on a table`);
      const all = csv(readText(path), { table, name: basename(path), missing });
      return inputs
        ? standardize(all, { statistics: { inputs, ...(targets && { targets }) }, targets: targets !== undefined })
        : all;
    }
    const { pixels } = preparation;
    if (!pixels) throw refuse(`--data ${name}: the model was not trained on pictures`);
    const [channels, rows, columns] = shape;
    const size = [rows, columns] as const;
    const changes = augment.map((key) => augmentations[key]());
    const augmented = changes.length ? { augment: compose(...changes) } : {};
    return imageFolder(path, { size, channels: channels as 1 | 3, classes, ...pixels, ...augmented });
  });
}

async function orRefuse<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof Failure || !(error instanceof BoundgradError)) throw error;
    // The remedies of the library, as this command has them.
    const message = error.message
      .replace(/{ missing: '(drop|fill)' }/g, '--missing $1')
      .replace('take another share', 'give another --val')
      .replace('split without stratify', 'is this the column to predict?');
    throw refuse(`--data ${name}: ${message}`, error);
  }
}

/** A table in two parts. Means and deviations are those of the training part. */
async function loadTable(path: string, options: OwnOptions = {}): Promise<Split> {
  const { target = [], columns, classes, missing, fill } = options;
  const all = await csvFile(path, {
    target: target.length === 1 ? target[0] : target,
    ...(columns && { columns }),
    ...(classes && { classes }),
    ...(missing && { missing }),
    ...(fill !== undefined && { fill }),
  });
  if (all.classes.length === 1) throw new DataError(`one class: ${all.classes[0]}; training needs two`);
  const [train, test] = partsOf(all, options);
  if (options.noStandardize) return { train, test };
  const scaled = standardize(train, { except: (all as TableDataset).oneHot });
  return { train: scaled, test: standardize(test, { statistics: scaled.statistics }) };
}

/** Pictures in two parts. Means and deviations are those of the training part, and only that is augmented. */
async function loadImages(path: string, { own = {}, augment = [] }: DataOptions): Promise<Split> {
  const { size = 32, channels = 3 } = own;
  const all = await imageFolder(path, { size, channels });
  if (all.classes.length < 2) throw new DataError(`one class: ${all.classes[0]}; training needs two folders`);
  const [train, test] = partsOf(all, own);
  const { name, pixels, labels, shape, classes } = all;
  const about = { name, pixels, labels, shape: shape as [number, number, number], classes };
  const moments = channelMoments(pixels, shape, train.indices);
  const changes = augment.map((key) => augmentations[key]());
  return {
    train: subset(
      new ImageDataset({ ...about, ...moments, augment: changes.length ? compose(...changes) : undefined }),
      train.indices,
    ),
    test: subset(new ImageDataset({ ...about, ...moments }), test.indices),
  };
}

/** The training part and the part that is held out; classes have the same share in both. */
export function partsOf(
  all: AnyDataset,
  { val = 0.2, folds, fold = 1, seed = 7 }: OwnOptions,
): [Subset<any>, Subset<any>] {
  const options = { seed, stratify: !all.targetShape };
  if (all.length < 2) throw new DataError('one sample; training and testing need one each');
  return folds ? splitFolds(all, folds, options)[fold - 1] : splitDataset(all, 1 - val, options);
}

/** Makes a source from a function of boundgrad/node that reads a data set from a folder. */
function fromFiles(read: typeof cifar10, augmented: Augmentation[] = []): Source {
  const test = (dir: string) => read({ dir, train: false });
  return {
    files: true,
    augmented,
    test,
    async load({ dir = '', augment = [], batches }) {
      const changes = augment.map((name) => augmentations[name]());
      // In sequence, so that the error always names the first of two bad files.
      const own = batches && { batches };
      const train = await read({ dir, ...own, augment: changes.length ? compose(...changes) : undefined });
      return { train, test: await test(dir) };
    },
  };
}

/** Splits a synthetic data set: every fifth sample of each class is for testing. Sample i has class i mod `classes`. */
function split(all: AnyDataset, classes: number): Split {
  const indices = Array.from({ length: all.length }, (_, i) => i);
  const held = (i: number) => Math.floor(i / classes) % 5 === 4;
  return {
    train: subset(
      all,
      indices.filter((i) => !held(i)),
    ),
    test: subset(all, indices.filter(held)),
  };
}

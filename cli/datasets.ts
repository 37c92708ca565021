// The data sets that the command line knows: the library's by name, and a user's own (ownData.ts).
import { basename, resolve } from 'node:path';
import { BoundgradError, type Shape } from '../core/index.js';
import { type AnyDataset, blobs, fashionMnistSample, moons, spirals, subset } from '../datasets/index.js';
import { cifar10, fashionMnist, mnist } from '../node/datasets.js';
import { asOptions } from './asOptions.js';
import { type Augmentation, augmentOf } from './augmentations.js';
import { Failure, refuse } from './failure.js';
import { EMBEDDED_TEXT, loadImages, loadTable, loadText, type OwnOptions, ownData, readPrepared } from './ownData.js';

/** A data set in two parts. */
export interface Split {
  train: AnyDataset;
  test: AnyDataset;
  /** What the user should know about the data, or may want to change: missing cells, inputs that rarely help to predict
   *  new rows. Default: nothing. */
  notes?: readonly string[];
}

/** How a data set is loaded. */
export interface DataOptions {
  /** The folder of a data set that is read from files. */
  dir?: string;
  /** Augmentations of the training images, applied in this order. Default: none. */
  augment?: readonly Augmentation[];
  /** The files of CIFAR-10 to train on, from 1 to 5. Default: all. */
  batches?: readonly number[];
  /** How a user's own data are read and split. */
  own?: OwnOptions;
}

interface Source {
  /** What is known of its images before its files are read. Undefined if it is not read from a folder. */
  files?: { shape: Shape; classes: number };
  /** Whether samples are points: a few numbers, which convolutional nets cannot take. */
  points?: true;
  /** The default augmentations. Undefined if the set cannot be augmented. */
  augmented?: Augmentation[];
  load(options: DataOptions): Split | Promise<Split>;
  /** Loads only the test set, if that is faster. */
  test?(dir: string): Promise<AnyDataset>;
}

const POINTS = { samples: 1000, seed: 1 };

export const dataSources: Record<string, Source> = {
  'fashion-mnist-sample': { load: () => fashionMnistSample() },
  'fashion-mnist': fromFiles(fashionMnist, { shape: [1, 28, 28], classes: 10 }),
  mnist: fromFiles(mnist, { shape: [1, 28, 28], classes: 10 }),
  // As in the AdaBound paper's code.
  cifar10: fromFiles(cifar10, { shape: [3, 32, 32], classes: 10 }, ['crop', 'flip']),
  moons: points(() => moons({ ...POINTS, noise: 0.15 })),
  spirals: points(() => spirals({ ...POINTS, noise: 0.02 })),
  blobs: points(() => blobs({ ...POINTS, noise: 2 })),
  [EMBEDDED_TEXT]: { load: ({ own }) => loadText(EMBEDDED_TEXT, own) },
};

export const dataKeys = Object.keys(dataSources);
export const fileKeys = dataKeys.filter((key) => dataSources[key].files);
export const pointKeys = dataKeys.filter((key) => dataSources[key].points);
/** The default augmentations, for help: 'crop,flip for cifar10'. */
export const augmentDefaults = dataKeys
  .filter((key) => dataSources[key].augmented?.length)
  .map((key) => `${dataSources[key].augmented} for ${key}`);

/** Whether samples are a few numbers: points or rows of a table. */
export function isFlat(data: string): boolean {
  return pointKeys.includes(data) || ownData(data)?.kind === 'csv';
}

/** Whether samples are windows of a text. */
export function isText(data: string): boolean {
  return ownData(data)?.kind === 'text';
}

/** The augmentations that training uses unless others are given. Undefined if the data cannot be augmented. */
export function augmentedBy(data: string): Augmentation[] | undefined {
  const own = ownData(data);
  return own ? (own.kind === 'images' ? ['crop'] : undefined) : dataSources[data].augmented;
}

/** The batch size of a run. Default: 64, or the largest power of two that gives an epoch ten steps, but at least 8. */
export function batchSizeOf({ batchSize }: { batchSize?: number }, { train }: Split): number {
  return batchSize ?? Math.min(64, Math.max(8, 2 ** Math.floor(Math.log2(train.length / 10))));
}

/** The name of a data set in records and reports, without the folders of its path. */
export function titleOf(data: string): string {
  const own = ownData(data);
  return own ? basename(resolve(own.path)) : data;
}

/** Loads a data set. Throws Failure if files are missing or damaged, or if options do not fit them. */
export function loadData(name: string, options: DataOptions = {}): Promise<Split> {
  const own = ownData(name);
  return loadOrRefuse(name, async () => {
    if (!own) return dataSources[name].load(options);
    if (own.kind === 'text') return loadText(name, options.own);
    return own.kind === 'csv' ? loadTable(own.path, options.own) : loadImages(own.path, options);
  });
}

/** Loads a user's own data, prepared as a trained model takes them. Throws like `loadData`. */
export function loadPrepared(...how: Parameters<typeof readPrepared>): ReturnType<typeof readPrepared> {
  return loadOrRefuse(how[0], () => readPrepared(...how));
}

/** Loads the test set of a data set of the library. Throws like `loadData`. */
export function loadTest(name: string, dir = ''): Promise<AnyDataset> {
  const { test, load } = dataSources[name];
  return loadOrRefuse(name, async () => (test ? test(dir) : (await load({})).test));
}

async function loadOrRefuse<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof Failure || !(error instanceof BoundgradError)) throw error;
    // The message begins with --data, which names the file already.
    const file = ownData(name)?.path ?? '';
    const prefix = [file, basename(file)].find((prefix) => file !== '' && error.message.startsWith(`${prefix}: `));
    const message = error.message.slice(prefix === undefined ? 0 : prefix.length + 2);
    throw refuse(`--data ${name}: ${asOptions(message)}`, error);
  }
}

/** Makes a source from a function of boundgrad/node that reads a data set from a folder. */
function fromFiles(read: typeof cifar10, files: Source['files'], augmented: Augmentation[] = []): Source {
  const test = (dir: string) => read({ dir, train: false });
  return {
    files,
    augmented,
    test,
    async load({ dir = '', augment = [], batches }) {
      // In sequence, so that the error always names the first of two bad files.
      const own = batches && { batches };
      const train = await read({ dir, ...own, augment: augmentOf(augment) });
      return { train, test: await test(dir) };
    },
  };
}

/** Makes a source of generated points with k classes: point i has class i mod k, and every fifth of each class is for testing. */
function points(make: () => AnyDataset): Source {
  return {
    points: true,
    load() {
      const all = make();
      const held = (i: number) => Math.floor(i / all.classes.length) % 5 === 4;
      const indices = Array.from({ length: all.length }, (_, i) => i);
      return {
        train: subset(
          all,
          indices.filter((i) => !held(i)),
        ),
        test: subset(all, indices.filter(held)),
      };
    },
  };
}

// The data sets of the command line.
import { BoundgradError } from '../core/index.js';
import {
  blobs,
  compose,
  cutout,
  type Dataset,
  fashionMnistSample,
  moons,
  randomCrop,
  randomFlip,
  spirals,
} from '../datasets/index.js';
import { cifar10, fashionMnist, mnist } from '../node/datasets.js';
import { refuse } from './failure.js';

/** A data set in two parts. */
export interface Split {
  train: Dataset;
  test: Dataset;
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
}

interface Source {
  /** Whether it is read from a folder. */
  files?: true;
  /** The default augmentations. Undefined if the set cannot be augmented. */
  augmented?: Augmentation[];
  load(options: DataOptions): Split | Promise<Split>;
  /** Loads only the test set, if that is faster. */
  test?(dir: string): Promise<Dataset>;
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

/** Loads a data set. Throws Failure if files are missing or damaged. */
export function loadData(name: string, options: DataOptions = {}): Promise<Split> {
  return orRefuse(name, async () => dataSources[name].load(options));
}

/** Loads the test set of a data set. Throws like `loadData`. */
export function loadTest(name: string, dir = ''): Promise<Dataset> {
  const { test, load } = dataSources[name];
  return orRefuse(name, async () => (test ? test(dir) : (await load({})).test));
}

async function orRefuse<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof BoundgradError) throw refuse(`--data ${name}: ${error.message}`, error);
    throw error;
  }
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
function split(all: Dataset, classes: number): Split {
  const indices = Array.from({ length: all.length }, (_, i) => i);
  const held = (i: number) => Math.floor(i / classes) % 5 === 4;
  return {
    train: part(
      all,
      indices.filter((i) => !held(i)),
    ),
    test: part(all, indices.filter(held)),
  };
}

/** Some samples of a data set. */
function part(all: Dataset, chosen: number[]): Dataset {
  return {
    name: all.name,
    length: chosen.length,
    shape: all.shape,
    classes: all.classes,
    batch: (indices, stream) =>
      all.batch(
        Array.from(indices, (i) => chosen[i]),
        stream,
      ),
  };
}

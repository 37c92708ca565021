// The data sets that the command line knows.
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

export interface Split {
  train: Dataset;
  test: Dataset;
}

/** Random changes of an image, by name. */
const augmentations = { crop: () => randomCrop(4), flip: () => randomFlip(), cutout: () => cutout() };
export type Augmentation = keyof typeof augmentations;
export const augmentKeys = Object.keys(augmentations) as Augmentation[];

export interface DataOptions {
  /** The folder of a set that is read from files. */
  dir?: string;
  augment?: readonly Augmentation[];
  /** Which files of CIFAR-10 to train on. */
  batches?: readonly number[];
}

interface Source {
  /** Whether it is read from a folder. */
  files?: true;
  /** How it is augmented where nothing else is asked for; left out where it cannot be. */
  augmented?: Augmentation[];
  load(options: DataOptions): Split | Promise<Split>;
  /** The test set alone, where that takes less. */
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

/** Data sets of points in the plane, which no convolution takes. */
export const pointKeys: readonly string[] = ['moons', 'spirals', 'blobs'];

export const dataKeys = Object.keys(dataSources);
export const fileKeys = dataKeys.filter((key) => dataSources[key].files);

/** Loads a data set. Files that are missing or damaged are refused in one line. */
export function loadData(name: string, options: DataOptions = {}): Promise<Split> {
  return orRefuse(name, async () => dataSources[name].load(options));
}

/** Loads a test set, likewise. */
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

/** A set in two halves; `read` is a function of boundgrad/node. */
function fromFiles(read: typeof cifar10, augmented: Augmentation[] = []): Source {
  const test = (dir: string) => read({ dir, train: false });
  return {
    files: true,
    augmented,
    test,
    async load({ dir = '', augment = [], batches }) {
      const changes = augment.map((name) => augmentations[name]());
      // One after the other, so that of two bad files it is always the first that is named.
      const train = await read({ dir, batches, augment: changes.length ? compose(...changes) : undefined });
      return { train, test: await test(dir) };
    },
  };
}

/** Every fifth sample of each class for testing, the others for training. Sample i of the synthetic sets has class i mod
 *  k. */
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

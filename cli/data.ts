// The data sets that the command line knows.
import { BoundgradError } from '../core/index.js';
import { blobs, type Dataset, fashionMnistSample, moons, spirals } from '../datasets/index.js';
import { cifar10, fashionMnist, mnist } from '../datasets/node.js';
import { refuse } from './failure.js';

export interface Split {
  train: Dataset;
  test: Dataset;
}

interface Source {
  /** Whether it is read from a folder. */
  files?: true;
  load(dir: string): Split | Promise<Split>;
}

const POINTS = { samples: 1000, seed: 1 };

export const dataSources: Record<string, Source> = {
  'fashion-mnist-sample': { load: fashionMnistSample },
  'fashion-mnist': { files: true, load: (dir) => halves(fashionMnist, dir) },
  mnist: { files: true, load: (dir) => halves(mnist, dir) },
  cifar10: { files: true, load: (dir) => halves(cifar10, dir) },
  moons: { load: () => split(moons({ ...POINTS, noise: 0.15 }), 2) },
  spirals: { load: () => split(spirals({ ...POINTS, noise: 0.02 }), 2) },
  blobs: { load: () => split(blobs({ ...POINTS, noise: 2 }), 3) },
};

export const dataKeys = Object.keys(dataSources);
export const fileKeys = dataKeys.filter((key) => dataSources[key].files);

/** Loads a data set. Files that are missing or damaged are refused in one line. */
export async function loadData(name: string, dir = ''): Promise<Split> {
  try {
    return await dataSources[name].load(dir);
  } catch (error) {
    if (error instanceof BoundgradError) throw refuse(`--data ${name}: ${error.message}`, error);
    throw error;
  }
}

async function halves(read: typeof mnist, dir: string): Promise<Split> {
  const [train, test] = await Promise.all([read({ dir, train: true }), read({ dir, train: false })]);
  return { train, test };
}

/** Every fifth sample of each class for testing, the others for training. Sample i of the synthetic sets has class i mod k. */
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

// The tasks of the poster. `quick` takes minutes, with small nets on the embedded images; `full` is the recipe of the authors' code.
import type { Hyper } from '../record.js';
import type { Training } from './task.js';

/** The optimizers of the poster, by their keys. */
export const SIX = ['sgdm', 'adagrad', 'adam', 'amsgrad', 'adabound', 'amsbound'] as const;
export type Six = (typeof SIX)[number];

/** A training without the values that a panel chooses. */
export type Base = Omit<Training, 'optim' | 'hyper' | 'seed'>;

export interface Recipe {
  name: 'quick' | 'full';
  /** The nets of the accuracy figures. In `quick` the first is run with all seeds, the others with one. */
  nets: { base: Base; seeds: number[] }[];
  hyper: Record<Six, Hyper>;
  /** The training whose rates are recorded step by step. */
  funnel: Base;
  /** The trainings that are compared over learning rates. map: whether to draw the map of first and final rates. */
  grid: { base: Base; seeds: number[]; map: boolean };
  batches: { base: Base; sizes: number[]; seeds: number[] };
  /** Seconds for each panel, by its key. Unused time goes to later panels. Default of a panel: no limit. */
  budget: Record<string, number>;
}

const small: Base = {
  kind: 'training',
  data: 'fashion-mnist-sample',
  augment: [],
  milestones: [],
  model: 'resnet8',
  images: 1800,
  halved: true,
  epochs: 6,
  batchSize: 32,
  evalEvery: 1,
  looks: 'last',
};
const tiny: Base = { ...small, model: 'mlp', images: null, halved: false, epochs: 4, evalEvery: 4, looks: 'none' };

/** Changes of a recipe: the number of seeds, the epochs of a training, the nets of the accuracy figures. Default: the recipe's. */
export interface Scale {
  seeds?: number;
  epochs?: number;
  models?: string[];
}

/** The recipe of --quick: minutes on two cores, on the images that come with the package. */
export function quick({
  seeds = 3,
  epochs = small.epochs,
  models = ['resnet8', 'densenet_bc_10_12'],
}: Scale = {}): Recipe {
  const nets = models.map((model, i) => ({
    base: { ...small, model, epochs },
    seeds: upTo(i === 0 ? seeds : Math.min(seeds, 1)),
  }));
  const few = upTo(Math.min(seeds, 2));
  return {
    name: 'quick',
    nets,
    hyper: { sgdm: { lr: 0.02 }, adagrad: { lr: 0.01 }, adam: {}, amsgrad: {}, adabound: {}, amsbound: {} },
    funnel: { ...small, model: 'lenet', images: null, halved: false, epochs: 10, evalEvery: 10, looks: 'often' },
    grid: { base: tiny, seeds: few, map: true },
    batches: { base: { ...tiny, images: 1800, epochs: 1, evalEvery: 1 }, sizes: [1, 4, 16, 64], seeds: few },
    budget: { fast: 40, extremes: 15, theorems: 10, funnel: 10, accuracy: 75, robustness: 20, losses: 10 },
  };
}

/** The recipe of --full: the experiments of the authors' code on CIFAR-10, days for each run on a processor. */
export function full({ seeds = 3, epochs = 200, models = ['resnet34', 'densenet121'] }: Scale = {}): Recipe {
  const weightDecay = 5e-4;
  const slow = { betas: [0.99, 0.999], weightDecay };
  const base = (model: string): Base => ({
    kind: 'training',
    model,
    data: 'cifar10',
    images: null,
    halved: false,
    augment: ['crop', 'flip'],
    epochs,
    batchSize: 128,
    milestones: epochs > 3 ? [Math.round(0.75 * epochs)] : [],
    evalEvery: 1,
    looks: 'often',
  });
  const [model] = models;
  return {
    name: 'full',
    nets: models.map((name) => ({ base: base(name), seeds: upTo(seeds) })),
    hyper: {
      sgdm: { lr: 0.1, weightDecay },
      adagrad: { lr: 0.01, weightDecay },
      adam: slow,
      amsgrad: slow,
      adabound: { weightDecay },
      amsbound: { weightDecay },
    },
    funnel: base(model),
    grid: { base: { ...base(model), looks: 'none' }, seeds: [1], map: false },
    batches: {
      base: { ...base(model), looks: 'none', epochs: Math.max(1, Math.round(epochs / 10)), milestones: [] },
      sizes: [1, 8, 128],
      seeds: upTo(Math.min(seeds, 2)),
    },
    budget: {},
  };
}

function upTo(seeds: number): number[] {
  return Array.from({ length: seeds }, (_, i) => i + 1);
}

// How much is run. `quick` ends in minutes with small nets on the embedded images; `full` is what the authors' code ran.
import type { Hyper } from '../record.js';
import type { Training } from './task.js';

export const SIX = ['sgdm', 'adagrad', 'adam', 'amsgrad', 'adabound', 'amsbound'] as const;
export type Six = (typeof SIX)[number];

/** A training, less what a panel chooses. */
export type Base = Omit<Training, 'optim' | 'hyper' | 'seed'>;

export interface Recipe {
  name: 'quick' | 'full';
  /** Of the figures of accuracy: the first has all seeds, each other one the first seed in `quick`. */
  nets: { base: Base; seeds: number[] }[];
  hyper: Record<Six, Hyper>;
  /** Where the rates are watched step by step. */
  funnel: Base;
  /** Where many runs are compared: over rates, over sizes of the batch. */
  grid: { base: Base; seeds: number[]; map: boolean };
  batches: { base: Base; sizes: number[]; seeds: number[] };
  /** Seconds of each panel, by its key; what one leaves is for those after it. */
  budget: Record<string, number>;
}

const SAMPLE = { kind: 'training', data: 'fashion-mnist-sample', augment: [] as string[], milestones: [] } as const;
const small: Base = {
  ...SAMPLE,
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

export interface Scale {
  seeds?: number;
  epochs?: number;
  models?: string[];
}

/** Minutes on two cores, on the images that come with the package. */
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

/** What the authors' code ran, on CIFAR-10: days for each run on a processor. */
export function full({ seeds = 3, epochs = 200, models = ['resnet34', 'densenet121'] }: Scale = {}): Recipe {
  const weightDecay = 5e-4;
  const slow = { betas: [0.99, 0.999], weightDecay };
  const base = (model: string): Base => ({
    ...{
      kind: 'training',
      model,
      data: 'cifar10',
      images: null,
      halved: false,
      augment: ['crop', 'flip'],
      epochs,
      batchSize: 128,
    },
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

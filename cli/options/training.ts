// The options of `train` and `compare`.
import { isWithin } from '../../node/within.js';
import { augmentKeys } from '../augmentations.js';
import { augmentDefaults, augmentedBy, isFlat, isText, pointKeys, titleOf } from '../datasets.js';
import { refuse } from '../failure.js';
import { type LossKey, lossKeys } from '../losses.js';
import { isTokenModel, modelKeys, modelName, modelTitle, tokenModelKeys, unreadable } from '../models.js';
import { ownData } from '../ownData.js';
import { isOwnModel } from '../ownModel.js';
import { scheduleKeys } from '../schedules.js';
import { dataDirOption, dataOption, onlyFor, ownDataOptions } from './data.js';
import { optimizerKeys, withHyperparameters } from './hyperparameters.js';
import { integer, listOf, numberWhere, oneOf, path, positive, setOf } from './parsers.js';
import { aboutResume } from './resume.js';
import { grouped, type Schema } from './schema.js';
import * as shared from './shared.js';
import { steps } from './steps.js';

/** `train` takes one optimizer, `compare` several. */
export type Command = 'train' | 'compare';

/** The options for the data and the model. */
export const modelAndData = {
  data: { ...dataOption, default: 'fashion-mnist-sample' },
  dataDir: dataDirOption,
  trainBatches: {
    value: 'NUMBERS',
    about: 'train on some of the five files of cifar10, for example 1,2',
    parse(text: string, option: string) {
      const batches = setOf(integer(1))(text, option);
      if (batches.every((batch) => batch <= 5)) return batches;
      throw refuse(`${option}: must be numbers from 1 to 5, such as 1,2: '${text}'`);
    },
    check({ data, trainBatches }: { data: string; trainBatches?: number[] }) {
      if (!trainBatches || data === 'cifar10') return;
      throw refuse(`--train-batches: ${data} has no batches: '${trainBatches}'; only cifar10 has them`);
    },
  },
  augment: {
    value: 'NAMES',
    about: `random changes of the training images, applied in the given order: some of ${augmentKeys.join(', ')}; or none`,
    default: ({ data }: { data: string }) => augmentedBy(data)?.join() || 'none',
    shownDefault: `${augmentDefaults.join(', ')}, crop for images:DIR, else none`,
    parse(text: string, option: string) {
      const names = setOf(oneOf([...augmentKeys, 'none' as const]))(text, option);
      if (names.includes('none') && names.length > 1) throw refuse(`${option}: none excludes other names: '${text}'`);
      return names.filter((name) => name !== 'none');
    },
    check({ data, augment }: { data: string; augment: string[] }) {
      if (augment.length === 0 || augmentedBy(data)) return;
      throw refuse(`--augment: ${data} is not augmented: '${augment}'; leave it out`);
    },
  },
  model: {
    value: 'MODEL',
    about: `${modelKeys.join(', ')}; ${tokenModelKeys.join(' and ')} are for texts; or your own, ./net.mjs: its default export ({ input, outputs, random }) => net gets the shape of a sample and the number of classes or values`,
    default: ({ data }: { data: string }) => (isText(data) ? 'charLstm' : isFlat(data) ? 'mlp' : 'lenet'),
    shownDefault: `lenet; charLstm for texts; mlp for tables, ${pointKeys.join(', ')}`,
    parse: modelName,
    check({ data, model }: { data: string; model: string }) {
      if (isOwnModel(model) || isText(data) === isTokenModel(model)) return;
      throw refuse(unreadable(model));
    },
    changePath: (text: string, change: (path: string, kind: string) => string) =>
      isOwnModel(text) ? change(text, 'FILE.mjs') : text,
    namesCode: isOwnModel,
  },
} satisfies Schema;

const validation = {
  ...ownDataOptions,
  folds: {
    value: 'N',
    about: 'cross-validation: train N times, each time with another N-th of the data held out, and average',
    parse: integer(2),
    check({ data, val, folds }: { data: string; val?: number; folds?: number }) {
      if (folds === undefined) return;
      if (ownData(data)?.kind === 'text')
        throw refuse('--folds: a text is not split at random: its end is held out; leave it out');
      if (!ownData(data)) throw refuse(`--folds: it is for --data csv:FILE and images:DIR: ${data} has a test set`);
      if (val !== undefined)
        throw refuse('--folds: --val is given too: each fold is held out once; give one of the two');
    },
  },
} satisfies Schema;

/** The options for the training. */
export const training = {
  optim: {
    value: 'NAMES',
    about: optimizerKeys.join(', '),
    default: 'sgdm,adam,amsgrad,adabound,amsbound',
    parse: setOf(oneOf(optimizerKeys)),
  },
  schedule: {
    value: 'NAME',
    about: `a factor on the rate and its bounds, by step: ${scheduleKeys.join(', ')}`,
    default: 'constant',
    parse: oneOf(scheduleKeys),
  },
  milestones: {
    value: 'EPOCHS',
    about: 'multiply the rate by --lr-decay after these epochs, for example 150,200',
    parse(text: string, option: string) {
      const epochs = listOf(integer(1))(text, option);
      if (epochs.every((epoch, i) => i === 0 || epoch > epochs[i - 1])) return epochs;
      throw refuse(`${option}: epochs must rise, for example 150,200: '${text}'`);
    },
    check({
      schedule,
      milestones,
      epochs,
      resume,
    }: {
      schedule: string;
      milestones?: number[];
      epochs: number;
      resume?: string;
    }) {
      if (!milestones) return;
      if (schedule !== 'constant')
        throw refuse(`--milestones: the schedule is ${schedule} already; give one of the two`);
      // A resumed run may end earlier than the first call said.
      const late = resume === undefined ? milestones.find((epoch) => epoch >= epochs) : undefined;
      if (late !== undefined)
        throw refuse(`--milestones: no epoch comes after ${late}: there are ${epochs}; change it, or --epochs`);
    },
  },
  lrDecay: {
    value: 'X',
    about: 'the factor at the milestones, and of --reduce-on-plateau',
    default: '0.1',
    parse: numberWhere((x) => x >= 0, 'be at least 0'),
    check(values: { milestones?: number[]; reduceOnPlateau?: number; lrDecay: number }, isGiven: boolean) {
      const { milestones, reduceOnPlateau, lrDecay } = values;
      if (milestones && lrDecay >= 1)
        throw refuse(`--lr-decay: must be less than 1 for --milestones: '${lrDecay}'; 0.1 divides the rate by 10`);
      if (milestones || reduceOnPlateau || !isGiven) return;
      // `sweep` has no --reduce-on-plateau.
      const uses =
        'reduceOnPlateau' in values
          ? '--milestones and --reduce-on-plateau, and neither is given'
          : '--milestones, which is not given';
      throw refuse(`--lr-decay: it is the factor of ${uses}; AdaGrad has --adagrad.lr-decay`);
    },
  },
  loss: {
    value: 'NAME',
    about: `cross-entropy for classes; mse, l1 or huber for values`,
    shownDefault: 'cross-entropy for classes, mse for values',
    parse: oneOf<LossKey>(lossKeys),
  },
  classWeights: {
    value: 'HOW',
    about: 'balanced: errors count more for rare classes, as n / (k n_c)',
    parse: oneOf(['balanced'] as const),
  },
  labelSmoothing: {
    value: 'X',
    about: 'the share of probability that is spread over all classes in training',
    default: '0',
    parse: numberWhere((x) => x >= 0 && x < 1, 'lie in [0, 1)'),
  },
  epochs: {
    value: 'N',
    about: 'passes over the training data',
    onResume: 'free',
    default: ({ data }: { data: string }) => (isFlat(data) ? '100' : ownData(data)?.kind === 'images' ? '30' : '10'),
    shownDefault: '10; 30 for images:DIR; 100 for tables and points, whose epochs are short',
    parse: integer(1),
  },
  maxSteps: { value: 'N', about: 'end at this step, even within an epoch', onResume: 'free', parse: integer(1) },
  batchSize: {
    value: 'N',
    about: 'the number of samples in a batch',
    shownDefault: '64; 8, 16 or 32 for fewer than 640 samples',
    parse: integer(1),
  },
  evalEvery: {
    value: 'N',
    about: 'evaluate on the test set after every N epochs, and after the last',
    onResume: 'free',
    default: '1',
    parse: integer(1),
  },
  ...onlyFor('text', {
    sample: {
      value: 'N',
      about: 'the number of tokens in the sample that a language model writes after each test; 0: no sample',
      onResume: 'free',
      default: '100',
      parse: integer(0),
    },
  }),
  seed: {
    value: 'N',
    about: 'determines the initial weights and the order of the batches',
    default: '7',
    parse: integer(),
  },
  seeds: {
    value: 'N',
    about:
      'train N times, with --seed and the next seeds, on the same data, each in a folder seed-S; the report shows means, their spread, and which differences are significant',
    parse(text: string, option: string) {
      const seeds = integer(2)(text, option);
      if (seeds <= 100) return seeds;
      throw refuse(`${option}: must be at most 100: '${text}'`);
    },
    check({ seeds, folds, seed }: { seeds?: number; folds?: number; seed: number }) {
      if (seeds !== undefined && seed > Number.MAX_SAFE_INTEGER - (seeds - 1))
        throw refuse(
          `--seeds: the last of ${seeds} seeds from --seed ${seed} would exceed ${Number.MAX_SAFE_INTEGER}; give a smaller --seed`,
        );
      if (seeds !== undefined && folds !== undefined)
        throw refuse('--seeds: --folds is given too: each trains several times; give one of the two');
    },
  },
} satisfies Schema;

const output = {
  resume: { value: 'DIR', about: aboutResume, onResume: 'never', parse: path },
  out: {
    value: 'DIR',
    about: 'the folder of the results; replaces an earlier run there, unless that run is long and not finished',
    onResume: 'refused',
    default: ({ resume, model, data }: { resume?: string; model: string; data: string }) =>
      resume ?? `runs/${modelTitle(model)}-${titleOf(data)}-${timestamp(new Date())}`,
    shownDefault: 'runs/MODEL-DATA-TIME',
    parse: path,
    check({ resume, data, out }: { resume?: string; data: string; out: string }) {
      const own = ownData(data);
      if (resume !== undefined || own?.kind !== 'images' || !isWithin(out, own.path)) return;
      throw refuse(
        `--out: '${out}' lies in the folder of the pictures, in which each folder is a class: '${own.path}'; give a folder outside it`,
      );
    },
  },
  checkpointEvery: {
    value: 'MINUTES',
    about: 'within an epoch, write a checkpoint this often; there is also one after each epoch and on Ctrl-C',
    onResume: 'free',
    default: '10',
    parse: positive,
  },
  private: shared.isPrivate,
  json: { ...shared.json, about: 'print the records as JSON lines and nothing else' },
} satisfies Schema;

/** The options of `compare` without the hyper-parameters. */
export const options = {
  ...grouped('Model and data', modelAndData),
  ...grouped('Your own data', validation),
  ...grouped('Training', training),
  ...grouped('Steps and weights', steps),
  ...grouped('Computing', shared.computing),
  ...grouped('Output', output),
};

const oneOptimizer = {
  ...options.optim,
  default: 'adabound',
  parse(text: string, option: string) {
    const keys = options.optim.parse(text, option);
    if (keys.length === 1) return keys;
    throw refuse(`${option}: train takes one optimizer: '${text}'; boundgrad compare takes several`);
  },
};

/** All options of each command, hyper-parameters included. */
export const trainingOptions = {
  train: withHyperparameters({ ...options, optim: oneOptimizer }),
  compare: withHyperparameters(options),
} satisfies Record<Command, Schema>;

/** 20250131-235959, local time. */
function timestamp(now: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(two).join('');
  return `${date}-${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('')}`;
}

// The options of `sweep`.
import { DRAWS } from '../../sweep/draw.js';
import { augmentDefaults, dataKeys, isText, pointKeys } from '../datasets.js';
import { refuse } from '../failure.js';
import { isTokenModel, modelKeys } from '../models.js';
import { withHyperparameters } from '../options/hyperparameters.js';
import { integer, numberWhere, oneOf, path } from '../options/parsers.js';
import { aboutResume } from '../options/resume.js';
import { grouped, type Schema } from '../options/schema.js';
import { computing, isPrivate, workers } from '../options/shared.js';
import { steps } from '../options/steps.js';
import { modelAndData, training } from '../options/training.js';
import { ownData } from '../ownData.js';
import { isOwnModel } from '../ownModel.js';
import { engine } from '../queue/options.js';
import { workerOption } from '../worker.js';
import { rangeOf } from './range.js';

export const dataNames = dataKeys.filter((name) => !isText(name));
export const modelNames = modelKeys.filter((name) => !isTokenModel(name));

/** A parser of names. isOwn: whether a text names a text data set, or a user's own data or net, which a sweep does not take. */
function ofLibrary(
  names: readonly string[],
  isOwn: (text: string) => boolean,
): (text: string, option: string) => string {
  return (text, option) => {
    if (names.includes(text) || !isOwn(text)) return oneOf(names)(text, option);
    const remedy = `give one of ${names.join(', ')}, or write a program with sweep() of boundgrad/sweep`;
    throw refuse(`${option}: a sweep takes no text, and no data or net of your own: '${text}'; ${remedy}`);
  };
}

const compared = {
  optim: {
    ...training.optim,
    about: `the optimizers to compare: ${training.optim.about}`,
    default: 'sgdm,adam,adabound',
  },
  trials: {
    value: 'N',
    about: 'the number of configurations of each optimizer; each is run with every seed',
    default: '20',
    parse: integer(1, 10_000),
  },
  seeds: {
    value: 'N',
    about: 'seeds 1 to N of initial weights and batches; A-B: seeds A to B',
    default: '3',
    parse: seedsOf,
  },
  seed: { value: 'N', about: 'determines the trials', default: '7', parse: integer() },
  draw: {
    value: 'NAME',
    about:
      'random: independent draws; halton: draws that cover the ranges more evenly; grid: every combination, with as many points of a range as --trials permits',
    default: 'random',
    parse: oneOf(DRAWS),
  },
  halving: {
    value: 'N',
    about:
      'end hopeless trials early: in rounds up to --epochs, the best N-th of the trials goes on to N times as many epochs',
    parse: integer(2),
    check({ halving, epochs, trials, draw }: { halving?: number; epochs: number; trials: number; draw: string }) {
      if (halving === undefined) return;
      if (epochs < 2) throw refuse(`--halving: nothing can end early: --epochs is ${epochs}`);
      if (trials === 1 && draw !== 'grid')
        throw refuse('--halving: nothing can end early: --trials is 1; leave one of the two out');
    },
  },
} satisfies Schema;

const trained = {
  data: {
    ...modelAndData.data,
    value: 'NAME',
    about: dataNames.join(', '),
    changePath: undefined,
    parse: ofLibrary(dataNames, (text) => ownData(text) !== null),
  },
  dataDir: modelAndData.dataDir,
  trainBatches: modelAndData.trainBatches,
  augment: { ...modelAndData.augment, shownDefault: `${augmentDefaults.join(', ')}, else none` },
  model: {
    ...modelAndData.model,
    value: 'NAME',
    about: modelNames.join(', '),
    shownDefault: `lenet; mlp for ${pointKeys.join(', ')}`,
    changePath: undefined,
    namesCode: undefined,
    parse: ofLibrary(modelNames, isOwnModel),
  },
  val: {
    value: 'X',
    about: 'the share of the training samples on which trials are chosen; the test set is only reported',
    default: '0.2',
    parse: numberWhere((x) => x > 0 && x < 1, 'lie between 0 and 1'),
  },
  epochs: { ...training.epochs, onResume: 'fixed', shownDefault: '10; 100 for points, whose epochs are short' },
  batchSize: training.batchSize,
  schedule: training.schedule,
  milestones: training.milestones,
  lrDecay: { ...training.lrDecay, about: 'the factor at the milestones' },
  labelSmoothing: training.labelSmoothing,
  clipNorm: steps.clipNorm,
} satisfies Schema;

const output = {
  file: {
    value: 'FILE',
    about:
      'a description of the sweep as JSON; --schema prints its form; options of the command line replace its entries',
    onResume: 'refused',
    parse: path,
  },
  schema: { about: 'print the JSON schema of --file and nothing else', onResume: 'never' },
  list: {
    about:
      'print a command line for each run, for a cluster or GNU parallel, and run nothing; --collect gathers the results',
    onResume: 'never',
    check({ list, halving }: { list: boolean; halving?: number }) {
      if (list && halving !== undefined)
        throw refuse('--list: with --halving the results decide which runs go on; leave one of the two out');
    },
  },
  collect: {
    about: 'take the results of the folders DIR.. that runs of --list wrote, and run nothing',
    onResume: 'never',
    check({ list, collect }: { list: boolean; collect: boolean }) {
      if (list && collect) throw refuse('--list and --collect: give one of the two');
    },
  },
  resume: { value: 'DIR', about: aboutResume, onResume: 'never', parse: path },
  out: {
    value: 'DIR',
    about: 'the folder of sweep.html, sweep.json and results.jsonl',
    onResume: 'refused',
    default: ({ resume }: { resume?: string }) => resume ?? 'sweeps/sweep',
    shownDefault: 'sweeps/sweep',
    parse: path,
  },
  private: isPrivate,
  ...workerOption,
} satisfies Schema;

/** The options of `sweep` without the hyper-parameters. */
export const options = {
  ...grouped('What is compared', compared),
  ...grouped('What is trained', trained),
  ...grouped('Computing', { workers, backend: computing.backend, noWide: computing.noWide }),
  ...grouped('Computing on other machines', engine),
  ...grouped('Output', output),
};

/** All options of `sweep`, with ranges as hyper-parameters. */
export const sweepOptions = withHyperparameters(options, rangeOf);

/** The options that a description in a file may have in addition to the space. */
export const fileKeys = Object.keys({ ...compared, ...trained }).filter((key) => key !== 'optim' && key !== 'dataDir');

/** 3: seeds 1 to 3; 4-6: seeds 4 to 6. */
function seedsOf(text: string, option: string): number[] {
  const [, first, last] = /^(\d{1,9})-(\d{1,9})$/.exec(text) ?? [];
  if (first === undefined) {
    const count = integer(1, 1000)(text, option);
    return Array.from({ length: count }, (_, i) => i + 1);
  }
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > 1000)
    throw refuse(`${option}: must be a rising range of at most 1000 seeds, for example 1-3: '${text}'`);
  return Array.from({ length: count }, (_, i) => Number(first) + i);
}

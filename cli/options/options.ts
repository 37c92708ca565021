// The options of `train` and `compare` that are no hyper-parameters.

import { augmentKeys, dataKeys, fileKeys } from '../datasets.js';
import { modelKeys } from '../models.js';
import { optimizerKeys } from './hyper.js';
import { scheduleKeys } from './schedules.js';

export const COMMANDS = ['train', 'compare'] as const;
export type Command = (typeof COMMANDS)[number];
export const BACKENDS = ['wasm', 'reference', 'gpu'] as const;

/** An option that is no hyper-parameter, as --help shows it. A flag takes no value. */
export interface Option {
  value?: string;
  fallback?: string | Record<Command, string>;
  about: string;
}

/** Those that may be another when a run goes on: they decide how it runs, and how long, and not what comes out. */
// biome-ignore format: a list
export const FREE: readonly string[] = [
  'data-dir', 'epochs', 'max-steps', 'eval-every', 'checkpoint-every', 'backend', 'threads', 'json',
];

export const OPTIONS: Record<string, Option> = {
  model: { value: 'NAME', fallback: 'lenet', about: `${modelKeys.join(', ')}; mlp for points` },
  data: { value: 'NAME', fallback: 'fashion-mnist-sample', about: dataKeys.join(', ') },
  'data-dir': { value: 'DIR', about: `the folder of a data set that is read from files: ${fileKeys.join(', ')}` },
  'train-batches': { value: 'NUMBERS', about: 'train on some of the five files of cifar10, as 1,2' },
  augment: {
    value: 'NAMES',
    fallback: 'crop,flip for cifar10, else none',
    about: `random changes of the training images, one after another: ${augmentKeys.join(', ')}; or none`,
  },
  optim: {
    value: 'NAMES',
    fallback: { train: 'adabound', compare: 'sgdm,adam,amsgrad,adabound,amsbound' },
    about: optimizerKeys.join(', '),
  },
  schedule: {
    value: 'NAME',
    fallback: 'constant',
    about: `a factor on the rate and its bounds over the run: ${scheduleKeys.join(', ')}`,
  },
  milestones: { value: 'EPOCHS', about: 'multiply the rate by --lr-decay after these epochs, as 150,200' },
  'lr-decay': { value: 'X', fallback: '0.1', about: 'the factor at the milestones' },
  'label-smoothing': { value: 'X', fallback: '0', about: 'share of probability spread over all classes in training' },
  epochs: { value: 'N', fallback: '10', about: 'passes over the training data' },
  'max-steps': { value: 'N', about: 'end at this step, in the middle of an epoch or not' },
  'batch-size': { value: 'N', fallback: '64', about: 'images a step' },
  'eval-every': { value: 'N', fallback: '1', about: 'look at the test set after every so many epochs, and the last' },
  seed: { value: 'N', fallback: '7', about: 'of the initialization and of the order of the batches' },
  out: {
    value: 'DIR',
    fallback: 'runs/MODEL-DATA-TIME',
    about: 'where the results go; an earlier run there is replaced, unless it is long and not finished',
  },
  'checkpoint-every': {
    value: 'MINUTES',
    fallback: '10',
    about: 'write a checkpoint within an epoch that takes longer; there is one after each epoch and on Ctrl-C',
  },
  resume: {
    value: 'DIR',
    about: `go on with the run in this folder from its last checkpoint; its options hold, but for ${FREE.join(', ')}`,
  },
  backend: { value: 'NAME', fallback: 'wasm', about: BACKENDS.join(', ') },
  threads: { value: 'N', fallback: '1', about: 'how many share the work; the results are the same bits' },
  json: { about: 'print the records as JSON lines and nothing else' },
  help: { about: 'print this' },
};

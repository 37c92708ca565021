// What the options of a run may be, one by one. Each function returns the value of a text, or throws its refusal.
import { type Augmentation, augmentKeys, dataSources } from '../datasets.js';
import { choose, refuse } from '../failure.js';
import { optimizerKeys, parseNumber } from './hyper.js';
import type { Command } from './options.js';
import type { Given } from './resume.js';
import { scheduleKeys } from './schedules.js';
import { readInteger } from './words.js';

export function optim(command: Command, text: string): string[] {
  const keys = text.split(',').map((name) => choose('--optim', name.trim(), optimizerKeys));
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice) throw refuse(`--optim: ${twice} is listed twice`);
  if (command === 'train' && keys.length > 1) {
    throw refuse(`--optim: train takes one optimizer: '${text}'; boundgrad compare takes several`);
  }
  return keys;
}

/** Throws the refusal of a folder that is missing, or given for a data set that is read from none. */
export function dataDir(data: string, dir: string | undefined): string | undefined {
  const { files } = dataSources[data];
  if (files && dir === undefined) {
    throw refuse(`--data ${data}: it is read from files: --data-dir DIR must name their folder`);
  }
  if (!files && dir !== undefined) throw refuse(`--data-dir: ${data} is not read from files: '${dir}'; leave it out`);
  return dir;
}

export function trainBatches(data: string, text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  if (data !== 'cifar10') throw refuse(`--train-batches: ${data} has none: '${text}'; only cifar10 has`);
  const batches = text.split(',').map((n) => readInteger('train-batches', n, 1));
  if (batches.every((b, i) => b <= 5 && batches.indexOf(b) === i)) return batches;
  throw refuse(`--train-batches: numbers from 1 to 5, each once, as 1,2: '${text}'`);
}

export function augment(data: string, text: string | undefined): Augmentation[] {
  const { augmented } = dataSources[data];
  if (text === undefined) return augmented ?? [];
  if (text === 'none') return [];
  const names = text.split(',').map((name) => choose('--augment', name, [...augmentKeys, 'none' as const]));
  if (augmented && !names.includes('none')) return names as Augmentation[];
  throw refuse(`--augment: ${augmented ? 'none stands alone' : `${data} is not augmented`}: '${text}'`);
}

/** The schedule by name, or the milestones in its place. text: of those three options, by name. */
export function schedule(text: (name: string) => string, given: Given) {
  const schedule = choose('--schedule', text('schedule'), scheduleKeys);
  const lrDecay = parseNumber('--lr-decay', text('lr-decay'));
  if (given.milestones === undefined) {
    if (given['lr-decay'] === undefined) return { schedule, milestones: [], lrDecay };
    throw refuse('--lr-decay: it is the factor at --milestones, which are not given; AdaGrad has --adagrad.lr-decay');
  }
  if (schedule !== 'constant') throw refuse(`--milestones: the schedule is ${schedule} already; give one of the two`);
  const milestones = given.milestones.split(',').map((n) => readInteger('milestones', n, 1));
  if (!milestones.every((m, i) => i === 0 || m > milestones[i - 1])) {
    throw refuse(`--milestones: epochs must rise, as 150,200: '${given.milestones}'`);
  }
  if (lrDecay >= 0) return { schedule, milestones, lrDecay };
  throw refuse(`--lr-decay: must be at least 0: '${lrDecay}'`);
}

export function share(name: string, text: string): number {
  const share = parseNumber(`--${name}`, text);
  if (share >= 0 && share < 1) return share;
  throw refuse(`--${name}: must lie in [0, 1): '${text}'`);
}

export function positive(name: string, text: string): number {
  const value = parseNumber(`--${name}`, text);
  if (value > 0) return value;
  throw refuse(`--${name}: must be positive: '${text}'`);
}

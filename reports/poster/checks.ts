// Checks the records of a panel, as reports/checks.ts checks the records of a run.

import { DataError } from '../../core/index.js';
import {
  amount,
  type Check,
  flag,
  integer,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  orNull,
  recordOf,
  share,
  text,
} from '../../fit/validate.js';
import { hyperValue } from '../checks.js';
import { BINS, type NetRates } from './rates.js';
import {
  type Done,
  type Epoch,
  type Online,
  type OnlineResult,
  type Point,
  stepsTo,
  type Task,
  type Training,
  type TrainingResult,
} from './task.js';

const counts = listOf(integer(0), (BINS.to - BINS.from) * BINS.perDecade + 2);

/** The rates of a net at one step. */
export const netRates = objectOf<NetRates>({
  step: integer(1),
  lo: amount,
  hi: orNull(amount),
  rate: counts,
  used: counts,
  floor: integer(0),
  free: integer(0),
  ceiling: integer(0),
  extreme: objectOf({ low: integer(0), high: integer(0), lowRelative: integer(0), highRelative: integer(0) }),
  layers: optional(listOf(objectOf({ name: text, size: integer(0), used: listOf(orNull(amount)) }))),
});

const training = objectOf<Training>({
  kind: oneOf('training'),
  model: text,
  data: text,
  images: orNull(integer(1)),
  halved: flag,
  augment: listOf(text),
  optim: text,
  hyper: recordOf(hyperValue),
  seed: integer(Number.MIN_SAFE_INTEGER),
  epochs: integer(1),
  batchSize: integer(1),
  milestones: listOf(integer(1)),
  evalEvery: integer(1),
  looks: oneOf('none', 'last', 'often'),
});

const trained = objectOf<TrainingResult>({
  outcome: oneOf('finished', 'diverged'),
  note: text,
  parameters: integer(0),
  train: integer(1),
  test: integer(1),
  steps: integer(0),
  epochs: listOf(
    objectOf<Epoch>({
      epoch: integer(1),
      loss: number,
      accuracy: share,
      testLoss: orNull(number),
      testAccuracy: orNull(share),
    }),
  ),
  looks: listOf(netRates),
});

const online = objectOf<Online>({
  kind: oneOf('online'),
  problem: text,
  params: recordOf(number),
  optim: text,
  hyper: recordOf(hyperValue),
  T: integer(1),
});

const points = objectOf<OnlineResult>({
  points: listOf(
    objectOf<Point>({
      t: integer(1),
      x: listOf(orNull(number)),
      regret: orNull(number),
      average: orNull(number),
      published: orNull(number),
      corrected: orNull(number),
    }),
  ),
});

/** A task with a result that it can have. */
export const done: Check<Done> = (value, what) => {
  const isOnline = Object(Object(value).task).kind === 'online';
  const [task, result] = (isOnline ? [online, points] : [training, trained]) as [Check<Task>, Check<Done['result']>];
  const found = objectOf<Done>({ kind: oneOf('task'), task, result, seconds: amount })(value, what);
  const why = isOnline ? whyNotOnline(found as Done<Online>) : whyNotTrained(found as Done<Training>);
  if (why === null) return found;
  throw new DataError(`${what}: ${why}; damaged?`);
};

/** Why a result cannot be a training's; null if it can. */
function whyNotTrained({ task, result: { outcome, epochs } }: Done<Training>): string | null {
  const isWhole = epochs.length === task.epochs || (outcome === 'diverged' && epochs.length < task.epochs);
  return isWhole && epochs.every(({ epoch }, i) => epoch === i + 1) ? null : `its epochs are not 1 to ${task.epochs}`;
}

/** Why a result cannot be an online problem's; null if it can. */
function whyNotOnline({ task, result: { points } }: Done<Online>): string | null {
  // Figures draw several results over one axis: each has the same points.
  const steps = stepsTo(Math.min(task.T, 1e9));
  const isWhole =
    points.length === steps.length &&
    points[0].x.length > 0 &&
    points.every(({ t, x }, i) => t === steps[i] && x.length === points[0].x.length);
  return isWhole ? null : `its points are not those of ${task.T} steps`;
}

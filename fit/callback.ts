// What those who watch a training are told, and how they end it.
import { ValueError } from '../core/index.js';
import type { Module } from '../nn/index.js';
import type { Optimizer } from '../optim/index.js';
import { type Check, integer, number, objectOf, orNull } from './validate.js';

/** One step, after it. */
export interface StepReport {
  /** Counted from 1, as `batch` and `step` are. */
  epoch: number;
  batch: number;
  /** In an epoch. */
  batches: number;
  /** Since the training began. */
  step: number;
  /** Of this batch, before its step. */
  loss: number;
  /** Over the epoch's samples so far, each as it was before its step. accuracy: null with a loss of one's own. */
  meanLoss: number;
  accuracy: number | null;
  samplesPerSecond: number;
}

/** One epoch, or the part of it that maxSteps left. */
export interface EpochReport {
  epoch: number;
  /** Steps taken since the training began. */
  step: number;
  /** Of its first batch, before its step. */
  firstLoss: number;
  /** Over its samples, each as it was before its step: running figures. accuracy: null with a loss of one's own. */
  loss: number;
  accuracy: number | null;
  /** After the epoch, on all of `test`, without label smoothing; null where it was not looked at. */
  testLoss: number | null;
  testAccuracy: number | null;
  /** Of the training steps alone. */
  seconds: number;
  samplesPerSecond: number;
}

export const epochReport: Check<EpochReport> = objectOf<EpochReport>({
  epoch: integer(1),
  step: integer(1),
  firstLoss: number,
  loss: number,
  accuracy: orNull(number),
  testLoss: orNull(number),
  testAccuracy: orNull(number),
  seconds: number,
  samplesPerSecond: number,
});

/** Where a resumed training goes on, and what there is to say of it. */
export interface Resumed {
  /** Steps and whole epochs that lie behind it. */
  step: number;
  epochs: number;
  /** A sentence each: another engine, build or backend than the checkpoint's; newer checkpoints that are damaged. */
  notes: readonly string[];
}

/** A training, as its callbacks see it. */
export interface Training {
  readonly model: Module;
  readonly optimizer: Optimizer<any>;
  readonly history: readonly EpochReport[];
  /** Ends it after this step or epoch, with outcome `stopped`. reason: for its note. */
  stop(reason: string): void;
}

/** Watches a training; every method is awaited, and what it returns is not looked at. */
export interface Callback {
  /** Before the first step, where a checkpoint was found. */
  onResume?(resumed: Resumed, training: Training): unknown;
  onStep?(step: StepReport, training: Training): unknown;
  /** `training.history` has the epoch already; its checkpoint is written afterwards. */
  onEpoch?(epoch: EpochReport, training: Training): unknown;
  /** What it must remember, as plain JSON, goes into each checkpoint under its name and comes back by `load`. */
  name?: string;
  save?(): unknown;
  load?(saved: unknown): void;
}

/** monitor: the figure to look at. patience: epochs without a better one; 5. minDelta: by how much better; 0. */
export interface EarlyStoppingOptions {
  monitor?: 'testLoss' | 'testAccuracy' | 'loss' | 'accuracy';
  patience?: number;
  minDelta?: number;
}

const MONITORS = ['testLoss', 'testAccuracy', 'loss', 'accuracy'];

/** Ends a training once a figure has not been better for `patience` epochs; testLoss where left out. Epochs that do not have
 *  it are waited through. It looks at nothing but the history, so that a resumed training ends where the other would.
 *  Throws ValueError for an option out of range. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { monitor = 'testLoss', patience = 5, minDelta = 0 } = options;
  const refuse = (why: string) => new ValueError(`earlyStopping: ${why}`);
  if (!MONITORS.includes(monitor)) throw refuse(`unknown monitor: ${monitor}; one of ${MONITORS.join(', ')}`);
  if (!(Number.isSafeInteger(patience) && patience >= 1)) {
    throw refuse(`patience must be an integer of at least 1: ${patience}`);
  }
  if (!(minDelta >= 0)) throw refuse(`minDelta must be at least 0: ${minDelta}`);
  const sign = monitor.endsWith('ccuracy') ? -1 : 1;
  const look = ({ history, stop }: Training) => {
    let [best, since, epochs] = [Infinity, 0, 0];
    for (const e of history) {
      const figure = e[monitor];
      if (figure === null) continue;
      if (sign * figure < best - minDelta) [best, since] = [sign * figure, e.epoch];
      epochs = e.epoch - since;
    }
    if (epochs >= patience) stop(`no better ${monitor} in ${epochs} epochs`);
  };
  return { onEpoch: (_, training) => look(training), onResume: (_, training) => look(training) };
}

// Callbacks, with which a program observes or stops a training.
import { checkChoice, checkInteger, checkOptions, must } from '../core/index.js';
import type { Module } from '../nn/index.js';
import type { Optimizer } from '../optim/index.js';
import { amount, type Check, integer, number, objectOf, orNull, share } from './validate.js';

/** The report of one training step. */
export interface StepReport {
  /** The epoch, from 1. */
  epoch: number;
  /** The batch in the epoch, from 1. */
  batch: number;
  /** The number of batches in an epoch. */
  batches: number;
  /** The number of steps since the training started, including this one. */
  step: number;
  /** Mean loss of this batch, before its step. */
  loss: number;
  /** Mean loss over the epoch's samples so far, each measured before its own step. */
  meanLoss: number;
  /** Share of right answers, in [0, 1], over the same samples; null with a `loss` other than the default. */
  accuracy: number | null;
  /** Training samples per second in this epoch, without evaluation. */
  samplesPerSecond: number;
}

/** The report of one epoch, or of the part of it that `maxSteps` allows. */
export interface EpochReport {
  /** The epoch, from 1. */
  epoch: number;
  /** The number of steps since the training started. */
  step: number;
  /** Mean loss of the epoch's first batch, before its step. */
  firstLoss: number;
  /** Mean loss over the epoch's samples, each measured before its own step. */
  loss: number;
  /** Share of right answers, in [0, 1], over the same samples; null with a `loss` other than the default. */
  accuracy: number | null;
  /** Mean loss on all of `test` after the epoch, without label smoothing; null if the epoch was not evaluated. */
  testLoss: number | null;
  /** Share of right answers on `test`, in [0, 1]; null if not evaluated, or with a `loss` other than the default. */
  testAccuracy: number | null;
  /** Duration of the training steps in seconds, without evaluation. */
  seconds: number;
  /** Training samples per second. */
  samplesPerSecond: number;
}

/** Validates an epoch from a checkpoint. */
export const epochReport: Check<EpochReport> = objectOf<EpochReport>({
  epoch: integer(1),
  step: integer(1),
  firstLoss: number,
  loss: number,
  accuracy: orNull(share),
  testLoss: orNull(number),
  testAccuracy: orNull(share),
  seconds: amount,
  samplesPerSecond: amount,
});

/** The position from which a training resumes. */
export interface Resumed {
  /** The number of steps before it. */
  step: number;
  /** The number of complete epochs before it. */
  epochs: number;
  /** Warnings, one sentence each: the checkpoint comes from another engine, build or backend, or newer checkpoints are damaged. */
  notes: readonly string[];
}

/** The training that is passed to callbacks. */
export interface Training {
  /** The model, in training mode. */
  readonly model: Module<any>;
  /** The optimizer over the model's parameters. */
  readonly optimizer: Optimizer<any>;
  /** The epochs so far, including earlier sessions. */
  readonly history: readonly EpochReport[];
  /** Ends the training after this step or epoch, with the outcome `stopped`. `reason` becomes part of `History.note`. */
  stop(reason: string): void;
}

/** Functions that `fit` calls and awaits. All are optional, and their results are ignored. */
export interface Callback {
  /** The number of `EpochReport` that the callback watches. `fit` throws if the training never measures it. */
  monitor?: NonNullable<EarlyStoppingOptions['monitor']>;
  /** Called before the first step if the training resumes from a checkpoint. */
  onResume?(resumed: Resumed, training: Training): unknown;
  /** Called after each step. */
  onStep?(step: StepReport, training: Training): unknown;
  /** Called after each epoch, before its checkpoint is written. `training.history` includes the epoch. */
  onEpoch?(epoch: EpochReport, training: Training): unknown;
  /** The name under which a checkpoint keeps this callback's state; required with `save`, and unique. */
  name?: string;
  /** Returns the state to keep in each checkpoint, as plain JSON. */
  save?(): unknown;
  /** Restores the saved state when the training resumes, before model and optimizer are loaded. Validate the state: a checkpoint file
   *  is not trusted. An error thrown here ends `fit`, and model and optimizer stay unchanged. */
  load?(saved: unknown): void;
}

/** The options of `earlyStopping`. */
export interface EarlyStoppingOptions {
  /** The number of `EpochReport` to watch. Default: 'testLoss'. */
  monitor?: 'testLoss' | 'testAccuracy' | 'loss' | 'accuracy';
  /** The training ends after this many epochs without an improvement. Default: 5. */
  patience?: number;
  /** The smallest change that counts as an improvement. Default: 0. */
  minDelta?: number;
}

const MONITORS = ['testLoss', 'testAccuracy', 'loss', 'accuracy'] as const;

/** Returns a callback that ends a training if a number of `EpochReport` has not improved for `patience` epochs. Epochs that did not
 *  measure it count too. It depends only on the history, so a resumed training ends at the same epoch.
 *  Throws ValueError if an option is out of range. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  checkOptions('earlyStopping', options, ['monitor', 'patience', 'minDelta']);
  const { monitor = 'testLoss', patience = 5, minDelta = 0 } = options;
  checkChoice('earlyStopping', 'monitor', monitor, MONITORS);
  checkInteger('earlyStopping: patience', patience, 1);
  must(typeof minDelta === 'number' && minDelta >= 0, 'earlyStopping: minDelta', 'at least 0', minDelta);
  const sign = monitor.endsWith('ccuracy') ? -1 : 1;
  const stopIfStalled = ({ history, stop }: Training) => {
    let [best, bestEpoch, waited] = [Infinity, 0, 0];
    for (const e of history) {
      const figure = e[monitor];
      if (figure === null) continue;
      if (sign * figure < best - minDelta) [best, bestEpoch] = [sign * figure, e.epoch];
      waited = e.epoch - bestEpoch;
    }
    if (waited >= patience) stop(`no better ${monitor} in ${waited} epochs`);
  };
  return {
    monitor,
    onEpoch: (_, training) => stopIfStalled(training),
    onResume: (_, training) => stopIfStalled(training),
  };
}

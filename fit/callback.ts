// Callbacks, with which a program observes or stops a training.
import type { Tensor } from '../core/index.js';
import type { Module } from '../nn/index.js';
import type { Optimizer } from '../optim/index.js';
import type { Monitor } from './callbacks/monitor.js';
import type { History } from './options.js';
import { amount, type Check, integer, number, objectOf, orNull, recordOf, share } from './validate.js';

/** The report of one training step. */
export interface StepReport {
  /** The epoch, from 1. */
  epoch: number;
  /** The batch in the epoch, from 1; with `accumulate`, the last batch of the step. */
  batch: number;
  /** The number of batches in an epoch. */
  batches: number;
  /** The number of steps since the training started, including this one. */
  step: number;
  /** Mean loss of the step's samples, before the step. */
  loss: number;
  /** Mean loss over the epoch's samples so far, each measured before its own step. */
  meanLoss: number;
  /** Share of right answers, in [0, 1], over the same samples; null for values, with `forward`, and with a `loss` that is not of logits. */
  accuracy: number | null;
  /** Training samples per second in this epoch, without evaluation. */
  samplesPerSecond: number;
  /** The lr of this step, times its schedule. If the optimizer has several groups, the first group's. */
  lr: number;
  /** The Euclidean norm of all gradients together, before they are clipped; null if it is not finite. */
  gradNorm: number | null;
}

/** The report of one epoch, or of the part of it that `maxSteps` allows. */
export interface EpochReport {
  /** The epoch, from 1. */
  epoch: number;
  /** The number of steps since the training started. */
  step: number;
  /** Mean loss of the epoch's first step, before that step. */
  firstLoss: number;
  /** Mean loss over the epoch's samples, each measured before its own step; of standardized values, if `standardize` made the data. */
  loss: number;
  /** Share of right answers, in [0, 1], over the same samples; null for values, with `forward`, and with a `loss` that is not of logits. */
  accuracy: number | null;
  /** Mean loss on all of `test` after the epoch, without label smoothing; null if the epoch was not evaluated. */
  testLoss: number | null;
  /** Share of right answers on `test`, in [0, 1]; null if not evaluated, for values, with `forward`, and with a `loss` that is not of logits. */
  testAccuracy: number | null;
  /** Duration of the training steps in seconds, without evaluation. */
  seconds: number;
  /** Training samples per second. */
  samplesPerSecond: number;
  /** The lr of the epoch's last step, times its schedule. If the optimizer has several groups, the first group's. Null if an earlier
   *  version of boundgrad trained the epoch. */
  lr: number | null;
  /** The mean over the epoch's steps of the norm of all gradients together, before they are clipped; null if a norm is not finite, or
   *  if an earlier version of boundgrad trained the epoch. */
  gradNorm: number | null;
  /** The `metrics` on all of `test`, by name, each null if it is not finite; null if the epoch was not evaluated, or without metrics. */
  metrics: Record<string, number | null> | null;
}

/** Reads a missing value as null: earlier versions did not write it. */
const nullIfMissing =
  <T>(one: Check<T>): Check<T | null> =>
  (value, what) =>
    orNull(one)(value ?? null, what);

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
  lr: nullIfMissing(amount),
  gradNorm: nullIfMissing(amount),
  metrics: nullIfMissing(recordOf(orNull(number))),
});

/** The position from which a training resumes. */
export interface Resumed {
  /** The number of steps before it. */
  step: number;
  /** The number of complete epochs before it. */
  epochs: number;
  /** Warnings, one sentence each: the checkpoint comes from another engine, machine, build or backend; newer checkpoints are damaged; weights
   *  or the optimizer's state hold NaN or infinite values; nothing is left to train; or dropout, momentum, frozen parameters, plain fields of
   *  modules, names of classes, the file that made the model, the test set or the callbacks with a state differ. */
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
  /** The number of epochs of the whole training. */
  readonly epochs: number;
  /** The number of steps of the whole training. */
  readonly steps: number;
  /** Whether the targets, and so the losses, are of standardized values. */
  readonly standardized: boolean;
  /** The weights that evaluations use, by path: the model's own, or those of the callback that has `weights`. They are not copies. */
  weights(): Record<string, Tensor>;
  /** Ends the training after this step or epoch, with the outcome `stopped`; in `onEpoch` of the last epoch it changes nothing. An epoch
   *  that a step ends in this way, even its last step, has no report. `reason` becomes part of `History.note`. Default: 'a callback stopped it'. */
  stop(reason?: string): void;
}

/** What `load` gets in addition to the saved state. */
export interface LoadedTensors {
  /** The tensors that `saveTensors` returned. */
  tensors: Record<string, Tensor>;
  /** The model, whose own weights are not loaded yet. */
  model: Module<any>;
}

/** Functions that `fit` calls and awaits. Each is optional. A function that evaluates or trains the model must await that call, or return
 *  its promise. */
export interface Callback {
  /** The number in `EpochReport` that the callback watches. `fit` throws if the training never measures it. */
  monitor?: Monitor;
  /** The first epoch in which the callback acts, from 1. `fit` throws if the training ends before it. Default: 1. */
  firstEpoch?: number;
  /** Called before the first step if the training resumes from a checkpoint. The result is ignored. */
  onResume?(resumed: Resumed, training: Training): unknown;
  /** Called after each step. The result is ignored. */
  onStep?(step: StepReport, training: Training): unknown;
  /** Called after each epoch, before its checkpoint is written; if `maxSteps` ends within an epoch, after it is written.
   *  `training.history` includes the epoch. The result is ignored. */
  onEpoch?(epoch: EpochReport, training: Training): unknown;
  /** Called when the training has ended, unless it throws. The result is ignored. */
  onEnd?(history: History, training: Training): unknown;
  /** Returns tensors that replace those of the model, by path as in `model.stateDict()`, in evaluations, in the `model` of each
   *  checkpoint, and when the training ends. The steps still use and update the model's own weights. Null: nothing is replaced. At most
   *  one callback may have this function. */
  weights?(): Record<string, Tensor> | null;
  /** Returns tensors that replace those of the model, or of `weights`, in the `model` of each checkpoint and when the training ends;
   *  evaluations do not use them. Null: nothing is replaced. At most one callback may have this function. */
  result?(): Record<string, Tensor> | null;
  /** The name under which a checkpoint keeps this callback's state; required with `save`, and unique. No dots. */
  name?: string;
  /** Returns the state to keep in each checkpoint, as plain JSON: no undefined, NaN, Date or Map, which JSON would drop or change. */
  save?(): unknown;
  /** Returns tensors to keep in each checkpoint, by any names. Requires `save`. */
  saveTensors?(): Record<string, Tensor>;
  /** Restores the saved state when the training resumes, before model and optimizer are loaded. Validate the state: a checkpoint file
   *  is not trusted. An error thrown here ends `fit`, and model and optimizer stay unchanged. */
  load?(saved: unknown, more: LoadedTensors): void;
}

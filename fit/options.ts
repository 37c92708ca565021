// The types of the options and the result of `fit`.
import type { Signal } from '../core/index.js';
import type { AnyDataset, DataLoader } from '../datasets/index.js';
import type { Module } from '../nn/index.js';
import type { Optimizer, Schedule } from '../optim/index.js';
import type { Callback, EpochReport } from './callback.js';
import type { Checkpoints, Settings } from './checkpoint.js';
import type { Metric } from './measure.js';
import type { Clip } from './step.js';
import type { Forward, Loss } from './task.js';

/** The data, the optimizer and the length of a training, and what runs during it. */
export interface FitOptions<M extends Module<any> = any> {
  /** The training batches. `fit` sets the loader's `epoch`, starting at 0. */
  train: DataLoader<any>;
  /** The test set, evaluated after epochs, in batches of 100 or of the loader's size. Default: none. */
  test?: AnyDataset | DataLoader<any>;
  /** Epochs between evaluations; the last epoch is always evaluated. Default: 1. */
  evalEvery?: number;
  /** The optimizer, over the model's parameters, or some of them to train only those. */
  optimizer: Optimizer<any>;
  /** Passes over the training set. */
  epochs: number;
  /** Steps after which the training ends, also in the middle of an epoch. Default: no limit. */
  maxSteps?: number;
  /** Mean loss of a batch, a scalar. Default: for classes the cross-entropy of logits, which also counts right answers; for values
   *  the mean square error. */
  loss?: Loss;
  /** The whole forward pass of a batch, in place of `loss`: `(model, [x, y]) => ..` returns the mean loss as a scalar. It is for losses
   *  that need more than one output. The test loss is measured with it too. Default: the loss of the model's output. */
  forward?: Forward<M>;
  /** Functions of output and target that are measured on `test`, by name: the mean over a batch, or a value for each sample [n].
   *  Batches are weighted by their size. `evaluate` has measures that are no means over samples: RMSE, F1. Default: none. */
  metrics?: Readonly<Record<string, Metric>>;
  /** The number of batches of a step. The gradient is the mean over all samples, as for one joined batch. Batch normalization still
   *  uses the statistics of each batch. The last step of an epoch may have fewer. Default: 1. */
  accumulate?: number;
  /** Share of probability spread over all classes, in [0, 1); with the default loss of classes, in training
   *  only. Default: 0. */
  labelSmoothing?: number;
  /** Makes the schedule from the number of all steps, such as `cosine` or `oneCycle`. A schedule that does not depend on that number
   *  can be an option of the optimizer instead. Default: none. */
  schedule?: (steps: number) => Schedule;
  /** Limits the gradients before each step. Default: no limit. */
  clip?: Clip;
  /** Functions called after steps and epochs. Default: none. */
  callbacks?: readonly Callback[];
  /** Stores checkpoints. The training resumes from the newest one. It writes one after each epoch, at the end, and every
   *   `checkpointEvery` minutes. `checkpointFolder` of boundgrad/node is one. Default: none. */
  checkpoints?: Checkpoints;
  /** Minutes between checkpoints within an epoch. Default: 10. */
  checkpointEvery?: number;
  /** Further settings, such as the model's name, that must be equal to resume from a checkpoint. Default: none. */
  settings?: Settings;
  /** Ends the training after the current step when aborted, with the outcome `interrupted`. */
  signal?: Signal;
}

/** The result of a training. */
export interface History {
  /** finished: after all epochs or `maxSteps`; stopped: by a callback; interrupted: by the signal; diverged: at a NaN or
   *  infinity. */
  outcome: 'finished' | 'stopped' | 'interrupted' | 'diverged';
  /** Why the training ended, and after which step; empty if it finished. */
  note: string;
  /** Where it diverged: `the output of layer conv1`, `the gradient of fc.weight`, `fc.weight`, `the loss`; null if it
   *  did not. */
  where: string | null;
  /** The number of steps, including earlier sessions. */
  step: number;
  /** Duration in seconds, including evaluation and earlier sessions. */
  seconds: number;
  /** A report for each epoch, including earlier sessions. */
  epochs: EpochReport[];
  /** Warnings from resuming, one sentence each; see `Resumed.notes`. */
  notes: string[];
}

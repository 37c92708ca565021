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
  /** The test set, evaluated after epochs. It may be the training set itself, to see its figures in evaluation mode. A data set is
   *  evaluated in batches of 100, a loader in batches of its own size. Default: none. */
  test?: AnyDataset | DataLoader<any>;
  /** The model is evaluated after every `evalEvery` epochs, and after the last epoch. Default: 1. */
  evalEvery?: number;
  /** The optimizer. It trains the parameters that it was made with: all of the model's, or some of them. */
  optimizer: Optimizer<any>;
  /** Passes over the training set. */
  epochs: number;
  /** The number of steps after which the training ends, even within an epoch. Default: no limit. */
  maxSteps?: number;
  /** Returns the mean loss of a batch, a scalar, from output and target. Default: the cross-entropy of logits for classes, the mean
   *  square error for values. With the default for classes, and with a loss of logits, right answers are counted too. */
  loss?: Loss;
  /** The whole forward pass of a batch, in place of `loss`: `(model, [x, y]) => ..` returns the mean loss as a scalar. It is for losses
   *  that need more than one output. The test loss is measured with it too. Default: the loss of the model's output. */
  forward?: Forward<M>;
  /** Functions of output and target, by name. Each returns its mean over a batch, or a value for each sample [n]; reports have the mean
   *  over all of `test`. RMSE and F1 are not means over samples: `evaluate` measures them. Default: none. */
  metrics?: Readonly<Record<string, Metric>>;
  /** The number of batches of a step. The gradient is the mean over all samples, as for one joined batch. Batch normalization still
   *  uses the statistics of each batch. The last step of an epoch may have fewer. Default: 1. */
  accumulate?: number;
  /** The share of the target probability that is spread over all classes, in [0, 1). Requires the default loss of classes, and acts
   *  only in training. Default: 0. */
  labelSmoothing?: number;
  /** A function, such as `cosine` or `oneCycle`, that makes the schedule from the number of all steps. A schedule that does not depend on
   *  that number can be an option of the optimizer instead. Default: none. */
  schedule?: (steps: number) => Schedule;
  /** Limits the gradients before each step. Default: no limit. */
  clip?: Clip;
  /** Objects with functions that are called when the training resumes, after steps and epochs, and at the end. Default: none. */
  callbacks?: readonly Callback[];
  /** Stores checkpoints, for example `checkpointFolder` of boundgrad/node. The training resumes from the newest one. It writes one after
   *  each epoch, every `checkpointEvery` minutes, and at the end unless it diverged. A training resumes only with the model, the data and
   *  the settings of the checkpoint, layer by layer and option by option: with others it would compute something else. Differences that a
   *  continued training may have cause a note: in dropout, the momentum of batch normalization, frozen parameters, the test set, the names of
   *  classes, plain fields of a module of your own. What a `forward` or `loss` of your own computes cannot be compared. Default: none. */
  checkpoints?: Checkpoints;
  /** Minutes between checkpoints within an epoch. Default: 10. */
  checkpointEvery?: number;
  /** Whether the newest checkpoint may have all steps, as after a kill at the very end. `fit` then restores it and returns its history,
   *  without the warning that nothing is trained. Default: false. */
  mayBeFinished?: boolean;
  /** Further settings, such as the model's name, that must be equal to resume from a checkpoint. Default: none. */
  settings?: Settings;
  /** When aborted, ends the training after the current step or test batch, with the outcome `interrupted`. */
  signal?: Signal;
}

/** The result of a training. */
export interface History {
  /** finished: after all epochs or `maxSteps`; stopped: by a callback; interrupted: by the signal; diverged: at a NaN or
   *  infinity. */
  outcome: 'finished' | 'stopped' | 'interrupted' | 'diverged';
  /** Why the training ended, and after which step; empty if it finished. */
  note: string;
  /** Where the NaN or infinity is: `the output of layer conv1`, `the gradient of fc.weight`, `fc.weight`, `the loss`; null unless the
   *  training diverged. */
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

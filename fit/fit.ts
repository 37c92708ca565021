// Training that survives. An epoch is a step on each batch, a look at the test set, and a checkpoint; see run.ts.
import { ValueError } from '../core/index.js';
import type { DataLoader, Dataset } from '../datasets/index.js';
import type { Module } from '../nn/index.js';
import type { Optimizer, Schedule } from '../optim/index.js';
import type { Callback, EpochReport } from './callback.js';
import type { Checkpoint, Settings } from './checkpoint.js';
import type { Loss } from './evaluate.js';
import { Run } from './run.js';
import type { Clip } from './step.js';

/** Where checkpoints are kept. `checkpointFolder` of boundgrad/node is one; a page may keep them where it likes. */
export interface Checkpoints {
  /** The newest that can be read, and a sentence for each newer one that cannot; null where there is none. */
  latest(): Promise<{ checkpoint: Checkpoint; notes: string[] } | null>;
  /** Keeps a file under the number of steps taken. It must be there whole or not at all, whatever happens meanwhile. */
  save(file: Uint8Array, step: number): Promise<void>;
}

export interface FitOptions {
  /** Its epochs are counted from 0, whatever `epoch` it has. */
  train: DataLoader;
  /** Looked at after every `evalEvery`-th epoch and after the last, in batches of 100 or of the loader's size. */
  test?: Dataset | DataLoader;
  evalEvery?: number;
  /** Over the model's parameters. */
  optimizer: Optimizer<any>;
  epochs: number;
  /** Ends the training at this step, in the middle of an epoch or not. */
  maxSteps?: number;
  /** Mean over a batch, a scalar; cross-entropy of logits where left out, with which right answers are counted too. */
  loss?: Loss;
  /** Share of probability spread over all classes, in [0, 1), in training with cross-entropy; 0. */
  labelSmoothing?: number;
  /** Makes the schedule from the number of all steps: `cosine`, `oneCycle`. One that needs no such number is the
   *  optimizer's. */
  schedule?: (steps: number) => Schedule;
  /** Limits the gradients before each step: their joint norm, or each element. */
  clip?: Clip;
  callbacks?: readonly Callback[];
  /** Where the training goes on from the newest one, if there is any. One is written after every epoch, where the training
   *  ends, and after each `checkpointEvery` minutes of a longer epoch; 10. */
  checkpoints?: Checkpoints;
  checkpointEvery?: number;
  /** What else must be the same for a checkpoint to be continued, such as the model's name. */
  settings?: Settings;
  /** Ends the training after the step it is at. */
  signal?: AbortSignal;
}

/** How a training went. */
export interface History {
  /** finished: all epochs or maxSteps; stopped: by a callback; interrupted: by the signal; diverged: by a NaN or
   *  infinity. */
  outcome: 'finished' | 'stopped' | 'interrupted' | 'diverged';
  /** Why it ended and after which step; empty where it finished. */
  note: string;
  /** Where it diverged: `the output of conv1`, `the gradient of fc.weight`; else null. */
  where: string | null;
  /** Steps taken. */
  step: number;
  /** Everything, evaluation included, and what came before it was continued. */
  seconds: number;
  epochs: EpochReport[];
  /** What there was to say when it was continued. */
  notes: string[];
}

/** Trains a model, from where its newest checkpoint was taken or else from the start. A training that was killed and
 *  continued has the same bits as one that never stopped. A loss or gradient that is not finite ends it with the outcome
 *  `diverged` and leaves the last checkpoint. Puts modules in training mode, and the schedule into the optimizer.
 *  Throws ValueError for options out of range and for a checkpoint of other settings, DataError for one that is damaged. */
export async function fit(model: Module, options: FitOptions): Promise<History> {
  check(options);
  return new Run(model, options).run();
}

function check(options: FitOptions): void {
  const { labelSmoothing = 0, clip, callbacks = [], checkpointEvery = 10 } = options;
  const refuse = (why: string) => new ValueError(`fit: ${why}`);
  for (const name of ['epochs', 'maxSteps', 'evalEvery'] as const) {
    const value = options[name];
    if ((value === undefined && name !== 'epochs') || (Number.isSafeInteger(value) && value! >= 1)) continue;
    throw refuse(`${name} must be an integer of at least 1: ${value}`);
  }
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    throw refuse(`labelSmoothing must lie in [0, 1): ${labelSmoothing}`);
  if (labelSmoothing && options.loss)
    throw refuse('labelSmoothing is part of cross-entropy: a loss is given; smooth there');
  if (!(checkpointEvery > 0)) throw refuse(`checkpointEvery must be a positive number of minutes: ${checkpointEvery}`);
  for (const limit of clip ? Object.values(clip) : []) {
    if (!(limit > 0)) throw refuse(`clip must be positive: ${limit}`);
  }
  if (options.schedule && options.optimizer.paramGroups.some((g) => g.schedule)) {
    throw refuse('two schedules: the optimizer has one of its own; give one');
  }
  const names = callbacks.filter((c) => c.save).map((c) => c.name);
  if (names.some((name, i) => !name || names.indexOf(name) !== i)) {
    throw refuse(`callbacks that save need names, each its own: [${names.map((n) => n ?? 'none').join(', ')}]`);
  }
}

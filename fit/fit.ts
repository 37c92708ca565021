// Trains a model: an epoch is a step on each batch, an evaluation on the test set, and a checkpoint. run.ts does the work.
import type { Module } from '../nn/index.js';
import { checkFit } from './checks.js';
import type { FitOptions, History } from './options.js';
import { Run } from './run.js';
import { inTurn } from './turns.js';

/** Trains a model, from the newest of its `checkpoints` or else from the start. A training that is killed at any moment and
 *  resumed computes the same bits as one that never stops. A NaN or infinite loss or gradient ends it with the outcome
 *  `diverged`; the last checkpoint stays. Puts the model into training mode if it is in evaluation mode, also if a callback left it so. A
 *  part of the model that the program put into evaluation mode, such as a batch normalization whose statistics must not change, stays in
 *  that mode. Until the training ends, the optimizer has the option `schedule`. A callback such as `averageWeights` or `keepBest` replaces the
 *  weights at the end.
 *  Throws ValueError if an argument is wrong, if a training or evaluation of the model is already running and this call is not in its
 *  callback, if the optimizer would not train the model, or if the checkpoint has other settings; DataError if the checkpoint is damaged or of
 *  another model, even one whose parameters have the same names and shapes. */
export async function fit<M extends Module<any>>(model: M, options: FitOptions<M>): Promise<History> {
  return inTurn('fit', model, async (turn) => {
    checkFit(model, options);
    try {
      return await new Run(model, options, turn).run();
    } finally {
      // The schedule belongs to this training only.
      if (options.schedule) for (const group of options.optimizer.paramGroups) group.schedule = undefined;
    }
  });
}

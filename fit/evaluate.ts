// Measures a model's loss and accuracy on a data set.
import {
  argMax,
  checkFunction,
  checkInteger,
  checkOptions,
  checkTensor,
  noGrad,
  type Signal,
  scope,
  type Tensor,
} from '../core/index.js';
import type { AnyDataset, DataLoader } from '../datasets/index.js';
import { tensorsOf } from '../datasets/tensors.js';
import type { Module } from '../nn/index.js';
import { checkData, checkModel, checkSignal } from './checks.js';
import { Diverged, firstBadOutput } from './nonFinite.js';
import { pause } from './pause.js';
import { defaultLoss, forward } from './task.js';

/** A loss: the mean over a batch, as a scalar, from the model's output (n, ..) and the classes, int32 (n), or the values,
 *  float32 (n, ..). */
export type Loss = (output: Tensor, target: Tensor) => Tensor;

/** Loss, batch size and abort signal of an evaluation. */
export interface EvaluateOptions {
  /** The loss. Default: cross-entropy of logits for classes, with which right answers are counted too; the mean square error
   *  for values. */
  loss?: Loss;
  /** Samples in a batch; affects the result by rounding only. Default: the loader's, or 100 for a data set. */
  batchSize?: number;
  /** Stops the evaluation when aborted. */
  signal?: Signal;
}

/** The result of `evaluate`. */
export interface Evaluation {
  /** Samples in the data set. */
  samples: number;
  /** Mean loss over the samples. */
  loss: number;
  /** Share of right answers, in [0, 1]; null for values, and with a loss other than the default. */
  accuracy: number | null;
  /** `confusion[i][j]`: samples of class i that the model assigns to class j; null for values, and with a loss other than the
   *  default. */
  confusion: number[][] | null;
}

/** Evaluates a model on every sample of a data set, once, without gradients. Modules run in evaluation mode and get their own
 *  mode back. Of a loader only the data set and the batch size are used: nothing is shuffled, augmented or dropped.
 *  Throws ValueError if the set is empty or `batchSize` is not a positive integer, Diverged if the loss is not finite, and
 *  the signal's reason if that is aborted. */
export async function evaluate(
  model: Module<any>,
  data: AnyDataset | DataLoader<any>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkModel('evaluate', model);
  checkData('evaluate', data);
  checkOptions('evaluate', options, ['loss', 'batchSize', 'signal']);
  if (options.loss !== undefined)
    checkFunction('evaluate: loss', options.loss, 'it returns the mean loss of an output and its labels');
  checkSignal('evaluate', options.signal);
  const [set, size] = 'dataset' in data ? [data.dataset, data.batchSize] : [data, 100];
  const { loss = defaultLoss(set), signal } = options;
  const hasClasses = !options.loss && !set.targetShape;
  const { batchSize = size } = options;
  checkInteger('evaluate: batchSize', batchSize, 1);
  const modes = model.namedModules().map(([, m]) => [m, m.training] as const);
  let [sum, right] = [0, 0];
  let confusion: number[][] | null = null;
  model.eval();
  try {
    for (let from = 0; from < set.length; from += batchSize) {
      signal?.throwIfAborted();
      const n = Math.min(batchSize, set.length - from);
      const batch = await set.batch(Int32Array.from({ length: n }, (_, i) => from + i));
      await scope(async () => {
        const [x, y] = tensorsOf(set, batch, n);
        const output = noGrad(() => forward(model, x));
        const value = await noGrad(() => checkTensor('evaluate: the loss', loss(output, y))).item();
        if (!Number.isFinite(value))
          throw new Diverged(`the loss is ${value}`, (await firstBadOutput(model, x)) ?? 'the loss');
        sum += n * value;
        if (!hasClasses) return;
        confusion ??= set.classes.map(() => new Array<number>(output.shape[1]).fill(0));
        const [answers, labels] = [await argMax(output, 1).data(), await y.data()];
        for (let i = 0; i < n; i++) {
          confusion[labels[i]][answers[i]]++;
          if (answers[i] === labels[i]) right++;
        }
      });
      await pause();
    }
  } finally {
    for (const [m, training] of modes) m.training = training;
  }
  // Finite losses can have an infinite sum.
  if (!Number.isFinite(sum)) throw new Diverged(`the mean loss is ${sum / set.length}`, 'the loss');
  const accuracy = hasClasses ? right / set.length : null;
  return { samples: set.length, loss: sum / set.length, accuracy, confusion };
}

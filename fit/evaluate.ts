// Measures a model's loss and accuracy on a data set.
import { argMax, noGrad, scope, type Tensor, tensor, ValueError } from '../core/index.js';
import type { DataLoader, Dataset } from '../datasets/index.js';
import { crossEntropy, type Module } from '../nn/index.js';
import { Diverged, firstBadOutput } from './nonFinite.js';
import { pause } from './pause.js';

/** A loss: the mean over a batch, as a scalar, from the model's output (n, ..) and the labels, int32 (n). */
export type Loss = (output: Tensor, target: Tensor) => Tensor;

/** Loss, batch size and abort signal of an evaluation. */
export interface EvaluateOptions {
  /** The loss. Default: cross-entropy of logits, with which right answers are counted too. */
  loss?: Loss;
  /** Samples in a batch; affects the result by rounding only. Default: the loader's, or 100 for a data set. */
  batchSize?: number;
  /** Stops the evaluation when aborted. */
  signal?: AbortSignal;
}

/** The result of `evaluate`. */
export interface Evaluation {
  /** Samples in the data set. */
  samples: number;
  /** Mean loss over the samples. */
  loss: number;
  /** Share of right answers, in [0, 1]; null with a loss other than the default. */
  accuracy: number | null;
  /** `confusion[i][j]`: samples of class i that the model assigns to class j; null with a loss other than the default. */
  confusion: number[][] | null;
}

/** Evaluates a model on every sample of a data set, once, without gradients. Modules run in evaluation mode and get their own
 *  mode back. Of a loader only the data set and the batch size are used: nothing is shuffled, augmented or dropped.
 *  Throws ValueError if the set is empty or `batchSize` is not a positive integer, Diverged if the loss is not finite, and
 *  the signal's reason if that is aborted. */
export async function evaluate(
  model: Module,
  data: Dataset | DataLoader,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { loss = crossEntropy, signal } = options;
  const [set, size] = 'dataset' in data ? [data.dataset, data.batchSize] : [data, 100];
  const { batchSize = size } = options;
  if (!(Number.isSafeInteger(batchSize) && batchSize >= 1)) {
    throw new ValueError(`evaluate: batchSize must be an integer of at least 1: ${batchSize}`);
  }
  if (set.length < 1) throw new ValueError(`evaluate: the data set is empty: ${set.name}`);
  const modes = model.namedModules().map(([, m]) => [m, m.training] as const);
  let [sum, right] = [0, 0];
  let confusion: number[][] | null = null;
  model.eval();
  try {
    for (let from = 0; from < set.length; from += batchSize) {
      signal?.throwIfAborted();
      const n = Math.min(batchSize, set.length - from);
      const { inputs, labels } = await set.batch(Int32Array.from({ length: n }, (_, i) => from + i));
      await scope(async () => {
        const x = tensor(inputs, { shape: [n, ...set.shape] });
        const y = tensor(labels, { shape: [n], dtype: 'int32' });
        const output = noGrad(() => model.forward(x));
        const value = await noGrad(() => loss(output, y)).item();
        if (!Number.isFinite(value))
          throw new Diverged(`the loss is ${value}`, (await firstBadOutput(model, x)) ?? 'the loss');
        sum += n * value;
        if (options.loss) return;
        confusion ??= set.classes.map(() => new Array<number>(output.shape[1]).fill(0));
        const answers = await argMax(output, 1).data();
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
  const accuracy = options.loss ? null : right / set.length;
  return { samples: set.length, loss: sum / set.length, accuracy, confusion };
}

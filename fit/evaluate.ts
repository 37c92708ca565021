// How well a model does on a set it does not train on.
import { argMax, noGrad, scope, type Tensor, tensor, ValueError } from '../core/index.js';
import type { DataLoader, Dataset } from '../datasets/index.js';
import { crossEntropy, type Module } from '../nn/index.js';
import { badOutput, Diverged } from './nonFinite.js';
import { pause } from './pause.js';

/** Mean over a batch, a scalar, of a model's output against what was asked for. */
export type Loss = (output: Tensor, target: Tensor) => Tensor;

export interface EvaluateOptions {
  /** Cross-entropy of logits where left out. */
  loss?: Loss;
  /** Samples a batch; 100, or the loader's. The figures do not depend on it but for rounding. */
  batchSize?: number;
  signal?: AbortSignal;
}

export interface Evaluation {
  samples: number;
  /** Mean over the samples. */
  loss: number;
  /** Share of right answers, and how often class i (row) was given for j (column): null with a loss of one's own. */
  accuracy: number | null;
  confusion: number[][] | null;
}

/** Looks at every sample once, as it is stored, in evaluation mode; each module's mode is as before afterwards. A loader is
 *  asked for its data set and batch size only, so nothing is shuffled, augmented or left out.
 *  Throws the signal's reason once it is aborted, Diverged where the loss is not finite, and ValueError for an empty set
 *  or a batchSize that is none. */
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
        if (!Number.isFinite(value)) throw new Diverged(`the loss is ${value}`, await badOutput(model, x));
        sum += n * value;
        if (options.loss) return;
        confusion ??= set.classes.map(() => new Array<number>(output.shape[1]).fill(0));
        const given = await argMax(output, 1).data();
        for (let i = 0; i < n; i++) {
          confusion[labels[i]][given[i]]++;
          if (given[i] === labels[i]) right++;
        }
      });
      await pause();
    }
  } finally {
    for (const [m, training] of modes) m.training = training;
  }
  const accuracy = options.loss ? null : right / set.length;
  return { samples: set.length, loss: sum / set.length, accuracy, confusion };
}

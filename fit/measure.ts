// One pass of a model over a data set in evaluation mode. It computes the mean loss and metrics, and passes each output to a function
// that may measure more.
import { DTypeError, describeValue, noGrad, ShapeError, type Signal, scope, show, Tensor } from '../core/index.js';
import type { AnyDataset, DataLoader } from '../datasets/index.js';
import { tensorsOf } from '../datasets/tensors.js';
import type { Module } from '../nn/index.js';
import { modesOf } from '../nn/modes.js';
import { watched } from './evaluating.js';
import { Diverged, firstBadOutput } from './nonFinite.js';
import { warnOfMeasure } from './outputs.js';
import { pause } from './pause.js';
import { lossOf, type Task } from './task.js';
import { checkScope } from './turns.js';

/** A metric of outputs and targets: the mean over the batch, as a scalar or a number, or a value for each sample [n]. */
export type Metric = (output: Tensor, target: Tensor) => Tensor | number;

/** What is measured, and how. */
export interface Measuring extends Task {
  metrics?: Readonly<Record<string, Metric>>;
  /** Samples in a batch. */
  batchSize: number;
  signal?: Signal;
}

/** Means over the samples. */
export interface Measured {
  samples: number;
  loss: number;
  /** By name; null if not finite. */
  metrics: Record<string, number | null>;
}

/** Gets the output and the targets of each batch of n samples. */
export type Observe = (output: Tensor, target: Tensor, n: number) => Promise<void>;

/** Runs every sample once, in order, without gradients. Then each module has its previous mode again. Sums are float64. Throws Diverged
 *  if the loss is not finite, and the signal's reason if that is aborted. */
export async function measure(
  model: Module<any>,
  set: AnyDataset,
  { metrics = {}, batchSize, signal, ...task }: Measuring,
  observe?: Observe,
): Promise<Measured> {
  const restoreModes = modesOf(model);
  const names = Object.keys(metrics);
  const sums = names.map(() => 0);
  let sum = 0;
  model.eval();
  try {
    for (let from = 0; from < set.length; from += batchSize) {
      signal?.throwIfAborted();
      const n = Math.min(batchSize, set.length - from);
      const read = await set.batch(Int32Array.from({ length: n }, (_, i) => from + i));
      checkScope();
      await scope(async () => {
        const batch = tensorsOf(set, read, n);
        const { loss, output } = watched('evaluate', model, () => noGrad(() => lossOf('evaluate', model, batch, task)));
        const value = await loss.item();
        if (!Number.isFinite(value))
          throw new Diverged(`the loss is ${value}`, (await firstBadOutput(model, batch, task)) ?? 'the loss');
        sum += n * value;
        if (!output) return;
        await warnOfMeasure('evaluate: the loss', task.loss, output, batch[1], value);
        for (const [i, name] of names.entries()) {
          // Assigned, not returned: noGrad would refuse a metric's promise with a message about noGrad.
          let found: Tensor | number = 0;
          noGrad(() => {
            found = metrics[name](output, batch[1]);
          });
          const mean = await meanOf(name, found, n);
          await warnOfMeasure(`metrics: ${name}`, metrics[name], output, batch[1], mean);
          sums[i] += n * mean;
        }
        await observe?.(output, batch[1], n);
      });
      await pause();
    }
  } finally {
    restoreModes();
  }
  // Finite losses can have an infinite sum.
  if (!Number.isFinite(sum)) throw new Diverged(`the mean loss is ${sum / set.length}`, 'the loss');
  const means = sums.map((s) => (Number.isFinite(s) ? s / set.length : null));
  return {
    samples: set.length,
    loss: sum / set.length,
    metrics: Object.fromEntries(names.map((m, i) => [m, means[i]])),
  };
}

/** The data set and the batch size of a loader. For a data set itself the batch size is 100. */
export function setOf(data: AnyDataset | DataLoader<any>): [set: AnyDataset, batchSize: number] {
  return 'dataset' in data ? [data.dataset, data.batchSize] : [data, 100];
}

/** The mean of a metric over n samples. */
async function meanOf(name: string, found: Tensor | number, n: number): Promise<number> {
  if (typeof found === 'number') return found;
  if (!(found instanceof Tensor))
    throw new DTypeError(`metrics: ${name} must return a tensor or a number: got ${describeValue(found)}`);
  if (found.size === 1) return found.reshape([]).item();
  if (found.ndim !== 1 || found.size !== n) {
    const why = `got ${show(found.shape)} for ${n} samples; take the mean over the other axes`;
    throw new ShapeError(`metrics: ${name} must return a scalar, or a value for each sample: ${why}`);
  }
  return Array.from(await found.data()).reduce((a, b) => a + b, 0) / n;
}

// The numbers by which runs are shown and compared: perplexity for texts, accuracy for other classes; R2 and errors in the target's unit
// for values.
//
//   perplexity = e^loss         of the test set: so many equally probable tokens have this loss
//   R2 = 1 - mse / variance     of the test set: 1 is perfect, 0 is as good as the mean of its values
//
// Losses of values are of standardized targets: (y - mean) / std. One target's errors are shown in its own unit:
//
//   RMSE = std sqrt(mse)        MAE = std l1
import { figure, fixed, percent } from '../format.js';
import type { EpochRecord, RunRecord } from '../record.js';

/** How the losses of a run are shown. */
export interface ShownLoss {
  name: 'loss' | 'RMSE' | 'MAE';
  /** What the number is, and its unit: `root mean square error, in the unit of price`. */
  about: string;
  /** The number for a recorded loss. */
  of(loss: number): number;
  print(x: number): string;
}

/** How the losses of a run are shown: errors in the target's unit if there is one target, else as they are. */
export function lossOf({ data, loss = 'cross-entropy', classWeights }: RunRecord): ShownLoss {
  const { targets = [] } = data;
  if (targets.length === 1 && (loss === 'mse' || loss === 'l1')) {
    const [{ name, deviation }] = targets;
    const unit = `in the unit of ${name}`;
    return loss === 'mse'
      ? { name: 'RMSE', about: `root mean square error, ${unit}`, of: (x) => deviation * Math.sqrt(x), print: figure }
      : { name: 'MAE', about: `mean absolute error, ${unit}`, of: (x) => deviation * x, print: figure };
  }
  const weights = classWeights ? ', classes weighted by their rarity' : '';
  const scaled = targets.some(({ deviation }) => deviation !== 1)
    ? ' of standardized values, by the mean and deviation of the training part'
    : '';
  const about = `${LOSSES[loss] ?? loss}${weights}${scaled}`;
  return { name: 'loss', about, of: (x) => x, print: (x) => fixed(x, 4) };
}

const LOSSES: Record<string, string> = {
  'cross-entropy': 'cross-entropy in nats',
  mse: 'mean square error',
  l1: 'mean absolute error',
  huber: 'Huber loss',
};

/** How the score of an epoch is named, computed and printed. */
export interface Score {
  name: 'perplexity' | 'accuracy' | 'R2' | ShownLoss['name'];
  /** 1 if higher is better, else -1. */
  sign: 1 | -1;
  /** From an epoch's training, and from the test set; NaN if not measured. */
  train(e: EpochRecord): number;
  test(e: Pick<EpochRecord, 'testLoss' | 'testAccuracy'>): number;
  print(x: number): string;
}

/** The score of a run: perplexity, accuracy, R2 for values with the mean square error, else the test loss. */
export function scoreOf(run: RunRecord): Score {
  const { variance, tokens } = run.data;
  if (tokens) {
    return {
      name: 'perplexity',
      sign: -1,
      print: (x) => fixed(x, 3),
      train: (e) => Math.exp(e.loss),
      test: (e) => (e.testLoss === null ? NaN : Math.exp(e.testLoss)),
    };
  }
  if (run.initial.testAccuracy !== null) {
    return {
      name: 'accuracy',
      sign: 1,
      print: percent,
      train: (e) => e.trainAccuracy ?? NaN,
      test: (e) => e.testAccuracy ?? NaN,
    };
  }
  if (variance && run.loss === 'mse') {
    return {
      name: 'R2',
      sign: 1,
      print: (x) => fixed(x, 3),
      train: () => NaN,
      test: (e) => (e.testLoss === null ? NaN : 1 - e.testLoss / variance),
    };
  }
  const { name, of, print } = lossOf(run);
  return {
    name,
    sign: -1,
    print,
    train: (e) => of(e.loss),
    test: (e) => of(e.testLoss ?? NaN),
  };
}

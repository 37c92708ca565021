// The number by which runs are compared: perplexity for texts, accuracy for other classes, R2 for values with the mean square error, else
// the test loss.
//
//   perplexity = e^loss         of the test set: so many equally probable tokens have this loss
//   R2 = 1 - mse / variance     of the test set: 1 is perfect, 0 is as good as the mean of its values
import { fixed, percent } from '../format.js';
import type { EpochRecord, RunRecord } from '../record.js';

/** How a number of epochs is named, computed and printed. */
export interface Score {
  name: 'perplexity' | 'accuracy' | 'R2' | 'loss';
  /** 1 if higher is better, else -1. */
  sign: 1 | -1;
  /** From the last batch of an epoch's training, and from the test set; NaN if not measured. */
  train(e: EpochRecord): number;
  test(e: Pick<EpochRecord, 'testLoss' | 'testAccuracy'>): number;
  print(x: number): string;
}

/** The score of a run. */
export function scoreOf({ data, initial, loss = 'cross-entropy' }: RunRecord): Score {
  const { variance, tokens } = data;
  if (tokens) {
    return {
      ...{ name: 'perplexity', sign: -1, print: (x) => fixed(x, 3) },
      train: (e) => Math.exp(e.loss),
      test: (e) => (e.testLoss === null ? NaN : Math.exp(e.testLoss)),
    };
  }
  if (initial.testAccuracy !== null) {
    return {
      ...{ name: 'accuracy', sign: 1, print: percent },
      train: (e) => e.trainAccuracy ?? NaN,
      test: (e) => e.testAccuracy ?? NaN,
    };
  }
  if (variance && loss === 'mse') {
    return {
      ...{ name: 'R2', sign: 1, print: (x) => fixed(x, 3) },
      train: () => NaN,
      test: (e) => (e.testLoss === null ? NaN : 1 - e.testLoss / variance),
    };
  }
  return {
    ...{ name: 'loss', sign: -1, print: (x) => fixed(x, 4) },
    train: (e) => e.loss,
    test: (e) => e.testLoss ?? NaN,
  };
}

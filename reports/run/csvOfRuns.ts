// The epochs of runs as a CSV text: a row for each epoch of each run.
import { type Cell, csvOf } from '../charts/csv.js';
import type { Run } from '../record.js';

const HEAD = [
  ...['folder', 'optimizer', 'seed', 'epoch', 'step', 'loss', 'train_accuracy', 'test_loss', 'test_accuracy'],
  ...['lr', 'gradient_norm', 'seconds'],
];

/** The epochs of runs as CSV. Losses are as recorded: if values are predicted, those of the standardized values. */
export function csvOfRuns(runs: readonly Run[]): string {
  const rows = runs.flatMap(({ from = '', run, epochs }) =>
    epochs.map((e): Cell[] => [
      ...[from, run.optimizer, run.seed, e.epoch, e.step, e.loss, e.trainAccuracy, e.testLoss, e.testAccuracy],
      ...[e.lr ?? null, e.gradNorm ?? null, e.seconds],
    ]),
  );
  return csvOf([HEAD, ...rows]);
}

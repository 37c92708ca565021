// The epochs of runs as a CSV text: a row for each epoch of each run.
import { type Cell, csvOf } from '../charts/csv.js';
import type { EpochRecord, Run } from '../record.js';

/** The columns: the name of each, and its cell for an epoch of a run. */
const columns: Readonly<Record<string, (e: EpochRecord, run: Run) => Cell>> = {
  folder: (_, { from = '' }) => from,
  optimizer: (_, { run }) => run.optimizer,
  seed: (_, { run }) => run.seed,
  epoch: (e) => e.epoch,
  step: (e) => e.step,
  loss: (e) => e.loss,
  train_accuracy: (e) => e.trainAccuracy,
  test_loss: (e) => e.testLoss,
  test_accuracy: (e) => e.testAccuracy,
  lr: (e) => e.lr ?? null,
  gradient_norm: (e) => e.gradNorm ?? null,
  seconds: (e) => e.seconds,
};

/** The epochs of runs as CSV. Losses are as recorded: if values are predicted, those of the standardized values. */
export function csvOfRuns(runs: readonly Run[]): string {
  const rows = runs.flatMap((run) => run.epochs.map((e) => Object.values(columns).map((cell) => cell(e, run))));
  return csvOf([Object.keys(columns), ...rows]);
}

/** Whether each row of a text has the form of `csvOfRuns`: other programs write other ends of lines, columns or numbers. */
export function isCsvOfRuns(text: string): boolean {
  const [head, ...rows] = text.split('\r\n');
  const names = Object.keys(columns);
  const isWritten = (cell: string) => cell === '' || String(Number(cell)) === cell;
  return (
    head === names.join() &&
    rows.pop() === '' &&
    rows.every((row) => {
      const [, rest] = /^(?:"(?:[^"]|"")*"|[^",]*),(.*)$/s.exec(row) ?? [];
      const [key, ...numbers] = rest?.split(',') ?? [];
      return numbers.length === names.length - 2 && /^\w+$/.test(key) && numbers.every(isWritten);
    })
  );
}

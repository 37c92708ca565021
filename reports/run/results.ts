// The results of runs: the rows of the final table, which the terminal and the report show.
import { kebab, percent } from '../format.js';
import type { Run, RunRecord } from '../record.js';
import { lossOf, type Score, type ShownLoss, scoreOf } from './score.js';

/** One row of the final table. Numbers are NaN if no epoch was completed. */
export interface Row {
  key: string;
  title: string;
  hyper: string;
  /** The mean loss of the last epoch and the loss on the test set, in the units of `shown`. */
  loss: number;
  testLoss: number;
  shown: ShownLoss;
  /** Accuracy, R2 or loss: see `scoreOf`. */
  score: Score;
  train: number;
  test: number;
  /** The best score on the test set, and the first epoch that reached it. */
  best: number;
  bestEpoch: number;
  seconds: number;
  /** How the run ended before its last step: `diverged: ..`; else ''. */
  note: string;
}

/** The row of one run: the numbers of its last epoch, and its best score. */
export function rowOf({ run, epochs, end }: Run): Row {
  const [score, shown] = [scoreOf(run), lossOf(run)];
  const last = epochs.at(-1);
  const tested = epochs
    .map((e) => ({ epoch: e.epoch, value: score.test(e), loss: e.testLoss }))
    .filter(({ value }) => !Number.isNaN(value));
  const best = tested.reduce((most, e) => (score.sign * e.value > score.sign * most.value ? e : most), tested[0]);
  return {
    key: run.optimizer,
    title: run.title,
    hyper: describeHyper(run),
    loss: shown.of(last?.loss ?? NaN),
    testLoss: shown.of(tested.at(-1)?.loss ?? NaN),
    shown,
    score,
    train: last ? score.train(last) : NaN,
    test: tested.at(-1)?.value ?? NaN,
    best: best?.value ?? NaN,
    bestEpoch: best?.epoch ?? NaN,
    seconds: end.seconds,
    note: endText(end),
  };
}

/** Kernels and how the backend computes them. Nets for points and rows have no convolution. */
export function usedKernels({ via, data }: Run['run']): [kernel: string, how: string][] {
  return Object.entries(via).filter(([kernel]) => kernel !== 'conv2d' || data.shape.length > 1);
}

/** How a run ended before its last step: `diverged: the loss is NaN after step 3 of 9`. Empty if it did not. */
export function endText({ outcome, note }: Run['end']): string {
  if (outcome === 'finished') return note === '' ? '' : `ended early: ${note}`;
  return note.startsWith(outcome) ? note : `${outcome}: ${note}`;
}

/** The final table as lines of text, the head first. */
export function resultLines(runs: readonly Run[]): string[] {
  const rows = runs.map(rowOf);
  const head = ['optimizer', ...scoreHeads(rows[0]), 'seconds', 'hyper-parameters'];
  const cells = rows.map((r) => [r.title, ...scoreCells(r), r.seconds.toFixed(1)]);
  // The last column is not padded: it may be longer than the terminal is wide.
  const last = [head.pop()!, ...rows.map((r) => r.hyper)];
  return alignColumns([head, ...cells]).map((line, i) => `${line}   ${last[i]}`);
}

/** The heads of `scoreCells`. */
export function scoreHeads({ score: { name }, shown }: Row): string[] {
  if (name === 'accuracy') return ['loss', 'train', 'test', 'best test'];
  const losses = [`train ${shown.name}`, `test ${shown.name}`];
  return name === shown.name ? [...losses, `best ${name}`] : [...losses, `test ${name}`, `best ${name}`];
}

/** The loss and the scores of a run as texts. */
export function scoreCells({ score, shown, loss, testLoss, train, test, best, bestEpoch }: Row): string[] {
  const shownBest = Number.isNaN(best) ? '–' : `${score.print(best)} (${bestEpoch})`;
  if (score.name === 'accuracy') return [shown.print(loss), score.print(train), score.print(test), shownBest];
  const losses = [shown.print(loss), shown.print(testLoss)];
  return score.name === shown.name ? [...losses, shownBest] : [...losses, score.print(test), shownBest];
}

/** Explains the columns of the table. */
export function resultLegend(runs: readonly Run[]): string {
  const { score, shown } = rowOf(runs[0]);
  const train = score.name === 'accuracy' ? 'loss and train: means' : `${shown.name}: ${shown.about}; train: mean`;
  return `${train} over the last epoch; test: after the last epoch; best: its first epoch in brackets`;
}

/** What the table does not show, a sentence each: which weights were saved, unless they are the plain ones after the last step; whether the
 *  test samples chose them or the last epoch; and the accuracy of always predicting the most frequent class, if that class is frequent. */
export function resultNotes(runs: readonly Run[]): string[] {
  const { mostFrequent = 0 } = runs[0].run.data;
  const saved = runs.flatMap((run) => {
    const text = savedOf(run);
    return text ? [`saved${runs.length > 1 ? ` of ${run.run.title}` : ''}: ${text}`] : [];
  });
  if (runs.some(isChosen)) saved.push(CHOSEN);
  if (mostFrequent <= IMBALANCED || scoreOf(runs[0].run).name !== 'accuracy') return saved;
  const share = `${percent(mostFrequent)} of the test samples are of one class`;
  return [...saved, `${share}: a net that always predicts it has that accuracy`];
}

const CHOSEN = 'the test samples chose the saved or the last epoch: on new data expect somewhat worse figures';

/** Whether the figures on the test samples decided which epoch is the last, or whose weights are saved. */
function isChosen({ run: { earlyStopping }, end: { outcome, note, saved } }: Run): boolean {
  return saved !== undefined || (earlyStopping !== undefined && outcome === 'finished' && note !== '');
}

/** If the most frequent class has more than this share, the accuracy of always predicting it is printed for comparison. */
const IMBALANCED = 0.6;

/** Which weights a run saved: from which epoch, and whether averaged. Empty for the plain weights after the last step. */
function savedOf({ run, epochs, end }: Run): string {
  const score = scoreOf(run);
  const best = epochs.find(({ epoch }) => epoch === end.saved);
  const figure = best && `${score.name === 'accuracy' ? '' : `${score.name} `}${score.print(score.test(best))}`;
  const why = run.classWeights ? ', which has the lowest weighted test loss' : '';
  const parts = [
    ...(best ? [`epoch ${best.epoch} (${figure})${why}`] : []),
    ...(run.average ? [`the test figures are of the averaged weights (${run.average})`] : []),
  ];
  return parts.join('; ');
}

/** The mean and the standard deviation over the folds of each optimizer's test score, as lines of text, the head first. */
export function foldLines(runs: readonly Run[]): string[] {
  const keys = [...new Set(runs.map(({ run }) => run.optimizer))];
  const { score } = rowOf(runs[0]);
  const rows = keys.map((key) => {
    const all = runs.filter(({ run }) => run.optimizer === key).map(rowOf);
    const values = all.map(({ test }) => test);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1));
    return [all[0].title, String(values.length), score.print(mean), score.print(deviation)];
  });
  const saves = runs.some(({ end }) => end.saved !== undefined);
  const which = `mean and deviation: of the last epoch of each fold${saves ? ', not of the epoch that was saved' : ''}`;
  const table = alignColumns([['optimizer', 'folds', `mean test ${score.name}`, 'deviation'], ...rows]);
  return ['', ...table, which, ...(runs.some(isChosen) ? [CHOSEN] : [])];
}

/** Rows of text as lines with aligned columns: the first to the left, the others to the right. */
export function alignColumns(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => row.map((c, i) => (i ? c.padStart(widths[i]) : c.padEnd(widths[0]))).join('   '));
}

/** The name of the data, and the held-out fold, if there are folds: `houses.csv, fold 2 of 3`. */
export function dataName({ data: { name, fold, folds } }: RunRecord): string {
  return fold ? `${name}, fold ${fold} of ${folds}` : name;
}

/** lr, momentum, final-lr and gamma, if the optimizer has them, and each hyper-parameter that was given: `lr 0.001, final-lr 0.1, gamma 0.001`. */
function describeHyper({ hyper, given }: RunRecord): string {
  const shown = ['lr', 'momentum', 'finalLr', 'gamma', ...given];
  return Object.entries(hyper)
    .filter(([name]) => shown.includes(name))
    .map(([name, value]) => `${kebab(name)} ${value}`)
    .join(', ');
}

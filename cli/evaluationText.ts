// The output of `boundgrad eval`: lines, or one line of JSON.
import type { AnyDataset } from '../datasets/index.js';
import type { Checkpoint, Evaluation } from '../fit/index.js';
import { count, fixed, percent } from '../reports/format.js';
import { alignColumns } from '../reports/run/results.js';
import { classificationText, regressionText } from './measures.js';

/** What is evaluated. */
export interface About {
  checkpoint: string;
  model: string;
  optimizer: string;
  step: number;
  /** The epoch whose weights --keep-best saved. */
  epoch?: number;
  data: string;
  /** The samples: 'test', the test set of a data set of the library; or 'held out', the part of a user's own data that training held
   *  out; or 'all'. */
  part: 'test' | 'held out' | 'all';
}

/** The lines of an evaluation. test: the samples, whose target columns give the errors of values their names. */
export function evaluationText(
  about: About,
  found: Evaluation,
  checkpoint: Checkpoint,
  test: AnyDataset,
  json: boolean,
): string[] {
  const head = headOf(about, found.samples, checkpoint);
  if (found.perplexity !== null) return ofTokens(about, head, found, json);
  if (found.regression) return ofValues(about, head, found, test, json);
  return json ? [asJson(about, found)] : asText(head, found);
}

/** Perplexity and accuracy of the tokens of a text. */
function ofTokens(
  about: About,
  head: string,
  { samples, loss, perplexity, accuracy }: Evaluation,
  json: boolean,
): string[] {
  if (json) return [JSON.stringify({ ...about, samples, loss, perplexity, accuracy })];
  return [
    head,
    `perplexity ${fixed(perplexity!, 3)}, loss ${fixed(loss, 4)}, accuracy ${percent(accuracy!)} of the tokens`,
  ];
}

/** The errors of predicted values, in their own units. */
function ofValues(about: About, head: string, found: Evaluation, test: AnyDataset, json: boolean): string[] {
  const { samples, loss, regression } = found;
  const { table, targets } = test.preparation ?? {};
  if (json) return [JSON.stringify({ ...about, samples, loss, ...regression })];
  const scaled = targets ? ' of standardized values, by the mean and deviation of the training part' : '';
  return [
    head,
    ...regressionText(regression!, table?.target ?? []),
    `loss ${fixed(loss, 4)}: the mean square error${scaled}`,
  ];
}

function headOf(
  { model, step, epoch, optimizer, data, part }: About,
  samples: number,
  { settings, history }: Checkpoint,
): string {
  const average = typeof settings.average === 'string' ? `, averaged by ${settings.average},` : '';
  const when = epoch === undefined ? `step ${count(step)} of ${optimizer}` : `epoch ${epoch} of ${optimizer}`;
  const best = epoch === undefined ? '' : `, the best of ${history.length}`;
  const which = { test: '', 'held out': 'the ', all: 'all ' }[part];
  const end = part === 'held out' ? ' that training held out' : '';
  return `${model}${average} after ${when}${best}, on ${which}${count(samples)} samples of ${data}${end}`;
}

/** Samples, accuracy and measures of each class. */
function perClass({ confusion, classification }: Evaluation) {
  return classification!.perClass.map(({ name, samples, recall, precision, f1, auc }, i) => {
    return { name, samples, right: confusion![i][i], accuracy: recall, precision, f1, auc };
  });
}

function asJson(about: About, found: Evaluation): string {
  const { samples, loss, accuracy, confusion } = found;
  const { perClass: _, ...means } = found.classification!;
  return JSON.stringify({ ...about, samples, loss, accuracy, classes: perClass(found), confusion, ...means });
}

/** The largest width of a table of answers with the names of the classes, in characters. A wider one has numbers instead. */
const WIDEST = 100;

/** Loss, accuracy and measures; for each class its measures, and its answers. */
function asText(head: string, found: Evaluation): string[] {
  const classes = perClass(found);
  const rows = classes.map(({ name, samples, ...of }) => {
    return [name, count(samples), ...[of.accuracy, of.precision, of.f1].map((share) => percent(share ?? NaN))];
  });
  return [
    head,
    `accuracy ${percent(found.accuracy!)}, loss ${fixed(found.loss, 4)}`,
    ...classificationText(found.classification!),
    '',
    ...alignColumns([['class', 'samples', 'recall', 'precision', 'F1'], ...rows]),
    'recall: the share of its samples that are right; precision: the share of its predictions that are right',
    '',
    ...confusionText(found.confusion!, classes),
  ];
}

/** The number of predictions of each class, with a row for each true class. */
function confusionText(confusion: readonly number[][], classes: readonly { name: string }[]): string[] {
  const names = classes.map(({ name }) => name);
  const table = (rows: readonly string[], columns: readonly string[]) =>
    alignColumns([['true \\ predicted', ...columns], ...rows.map((row, i) => [row, ...confusion[i].map(count)])]);
  const named = table(names, names);
  if (named[0].length <= WIDEST) return named;
  return table(
    names.map((name, i) => `${i} ${name}`),
    names.map((_, i) => String(i)),
  );
}

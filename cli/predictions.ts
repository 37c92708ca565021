// Predictions as aligned columns, and as CSV.
import type { Prediction, TrainedModel } from '../fit/index.js';
import { type Cell, csvOf } from '../reports/charts/csv.js';
import { percent } from '../reports/format.js';
import { alignColumns } from '../reports/run/results.js';

const ROWS = 'row: its number in the file, as a spreadsheet counts; the header is row 1';

/** A prediction, and the input that its sample came from. */
export type Found = { source: string } & Prediction;

/** A line for each sample: its input, its row, and its class with the probability, or its values. */
export function asText(found: readonly Found[], { classes, table: columns }: TrainedModel): string[] {
  const hasRows = found.some(({ row }) => row !== undefined);
  const head = classes.length ? ['class', 'probability'] : [columns?.target.join(', ') ?? 'value'];
  const lines = found.map(({ source, row, ...predicted }) => [
    source,
    ...(hasRows ? [String(row ?? '')] : []),
    ...cellsOf(predicted),
  ]);
  const table = alignColumns([['input', ...(hasRows ? ['row'] : []), ...head], ...lines]);
  return hasRows ? [...table, ROWS] : table;
}

function cellsOf({ label, probabilities, value }: Prediction): string[] {
  if (label !== undefined) return [label, percent(probabilities[label])];
  return [
    [value]
      .flat()
      .map((v) => String(Number(v.toPrecision(7))))
      .join(', '),
  ];
}

/** A row for each sample below a header: its input, its row, and its class with the probability of each class, or its values. The column of
 *  a class or value has the name that it had in the training. */
export function asCsv(found: readonly Found[], { classes, table: columns }: TrainedModel): string[] {
  const hasRows = found.some(({ row }) => row !== undefined);
  const size = Math.max(1, ...found.map(({ value }) => [value].flat().length));
  const values = size === 1 ? ['value'] : Array.from({ length: size }, (_, i) => `value ${i}`);
  const head = columns?.target ?? (classes.length ? ['class'] : values);
  const rows = found.map(({ source, row, label, probabilities, value }): Cell[] => [
    source,
    ...(hasRows ? [row ?? null] : []),
    ...(label === undefined ? [value!].flat() : [classCell(label), ...classes.map((name) => probabilities[name])]),
  ]);
  const all = [
    ['input', ...(hasRows ? ['row'] : []), ...head, ...classes.map((name) => `probability of ${name}`)],
    ...rows,
  ];
  return linesOf(all);
}

/** Rows as lines of CSV. */
export const linesOf = (rows: readonly (readonly Cell[])[]): string[] => csvOf(rows).trimEnd().split('\r\n');

/** The cell of a class. A class that is a number, such as -1, is written as a number: `csvOf` puts an apostrophe before a text that begins
 *  with -. */
const classCell = (label: string): Cell => (String(Number(label)) === label ? Number(label) : label);

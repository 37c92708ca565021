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
  const first = ['input', ...(hasRows ? ['row'] : [])];
  const target = columns && apart(columns.target, first).join(', ');
  const head = classes.length ? ['class', 'probability'] : [target ?? 'value'];
  const lines = found.map(({ source, row, ...predicted }) => [
    source,
    ...(hasRows ? [String(row ?? '')] : []),
    ...cellsOf(predicted),
  ]);
  const table = alignColumns([[...first, ...head], ...lines]);
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

/** A row for each sample below a header: its input, its row, and its class with the probability of each class, or its values. For a table, the
 *  column of a class or value has the target's name, with 'predicted' before it if another column has this name. */
export function asCsv(found: readonly Found[], { classes, table: columns }: TrainedModel): string[] {
  const hasRows = found.some(({ row }) => row !== undefined);
  const size = Math.max(1, ...found.map(({ value }) => [value].flat().length));
  const values = size === 1 ? ['value'] : Array.from({ length: size }, (_, i) => `value ${i}`);
  const first = ['input', ...(hasRows ? ['row'] : [])];
  const head = columns ? apart(columns.target, first) : classes.length ? ['class'] : values;
  const rows = found.map(({ source, row, label, probabilities, value }): Cell[] => [
    source,
    ...(hasRows ? [row ?? null] : []),
    ...(label === undefined ? [value!].flat() : [label, ...classes.map((name) => probabilities[name])]),
  ]);
  return linesOf([[...first, ...head, ...classes.map((name) => `probability of ${name}`)], ...rows]);
}

/** Rows as records of CSV, without the line break at the end of each. A cell may contain line breaks. */
export const linesOf = (rows: readonly (readonly Cell[])[]): string[] => rows.map((row) => csvOf([row]).slice(0, -2));

/** The names of targets, with `predicted` before a name that a column before them has too. */
const apart = (names: readonly string[], before: readonly string[]): string[] =>
  names.map((name) => (before.includes(name) ? `predicted ${name}` : name));

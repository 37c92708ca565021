// Rows as a CSV text (RFC 4180), and the rows of figures. A spreadsheet must not compute a text of a record as a formula.
import type { Heat, Lines } from './figure.js';

/** A cell: a number as it is, a text, or null for none. */
export type Cell = number | string | null;

/** Rows as CSV. A text that a spreadsheet would compute, because it begins with = + - or @, gets an apostrophe before it. Numbers with a
 *  sign, such as the classes -1 and +1, and a sign alone are safe and stay as they are. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(written).join()}\r\n`).join('');
}

function written(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const isFormula = /^\s*[=+\-@]/.test(cell) && !/^[+-](\d*\.?\d+(e[+-]?\d+)?)?$/i.test(cell);
  const safe = isFormula ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The values of a figure: a row for each x, a column for each line that has a name and for each edge of its band. */
export function rowsOfLines({ x, series }: Lines): Cell[][] {
  const named = series.filter(({ name }) => name);
  const columns = named.flatMap(({ name, y, low, high }): [string, (number | null)[]][] => [
    [name, y],
    ...(low ? [[`${name} low`, low] as [string, (number | null)[]]] : []),
    ...(high ? [[`${name} high`, high] as [string, (number | null)[]]] : []),
  ]);
  return [
    [x.label, ...columns.map(([name]) => name)],
    ...x.values.map((v, i) => [v, ...columns.map(([, y]) => y[i] ?? null)]),
  ];
}

/** The values of a heat map: a row for each of its rows. */
export function rowsOfHeat({ heads, rows }: Heat): Cell[][] {
  const head = heads.flatMap(({ text, columns }) =>
    Array.from({ length: columns }, (_, i) => (columns > 1 ? `${text} ${i + 1}` : text)),
  );
  return [['', ...head], ...rows.map(({ name, cells }) => [name, ...cells])];
}

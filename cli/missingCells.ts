// The lines of a command about the missing cells of a table, which are filled or whose rows are left out.
import type { Sheet } from '../datasets/sheet.js';
import type { Column, Table } from '../datasets/table.js';

/** How many rows a line names; the others are counted. */
const SHOWN = 3;

/** One line on the missing cells of a table: `2 missing cells are filled: 'size' in row 3 with 90, 'city' in row 4 with 'Rome'`. Null if no
 *  cell is missing. how: 'filled as in training', .. */
export function filledNote(sheet: Sheet, { columns }: Pick<Table, 'columns'>, how = 'filled'): string | null {
  const found = columns.flatMap((column) => {
    const at = sheet.indexOf(column.name);
    const rows = sheet.rows.filter((row) => sheet.cell(row, at) === null).map((row) => row.at);
    return rows.length ? [{ column, rows }] : [];
  });
  const cells = found.reduce((n, { rows }) => n + rows.length, 0);
  if (cells === 0) return null;
  const each = found.map(({ column, rows }) => `'${column.name}' in ${rowsOf(rows)} with ${fillOf(column)}`);
  return `${cells === 1 ? 'one missing cell is' : `${cells} missing cells are`} ${how}: ${each.join(', ')}`;
}

/** One line on the rows that are left out because a cell is missing; null if all are read. rows: the number that are read. */
export function droppedNote({ rows: all }: Sheet, rows: number): string | null {
  const left = all.length - rows;
  if (left === 0) return null;
  return `${left} of ${all.length} rows ${left === 1 ? 'is' : 'are'} left out, because a cell is missing`;
}

function rowsOf(rows: readonly number[]): string {
  if (rows.length === 1) return `row ${rows[0]}`;
  if (rows.length > SHOWN) return `row ${rows[0]} and ${rows.length - 1} others`;
  return `rows ${rows.slice(0, -1).join(', ')} and ${rows.at(-1)}`;
}

function fillOf({ fill }: Column): string {
  return typeof fill === 'number' ? String(Number(fill.toPrecision(6))) : `'${fill}'`;
}

// A table as text: a header and rows of cells. RFC 4180, with LF or CRLF, quoted cells, and a byte order mark.
//
// Rows of a text are numbered as in a spreadsheet: the header is row 1. Samples of a list are numbered from 0.
import { dsvFormat } from 'd3-dsv';
import { checkChoice, DataError, nearestName, showValue } from '../core/index.js';
import type { Table } from './table.js';

/** A row and its number in the text, or a sample and its index in a list. */
export interface Row {
  at: number;
  cells: readonly string[];
}

/** A sample of a table: the cell of each column. A missing cell is null, or one of the table's
 *  `missingValues`. Properties that are no column of the table are not read. */
export type Cells = Readonly<Record<string, string | number | null>>;

/** A number in decimal notation. */
export const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number with a decimal comma. */
export const COMMA = /^[+-]?(\d+,\d*|,\d+)(e[+-]?\d+)?$/i;

/** How the cells of a text are written. */
export type Format = Pick<Table, 'delimiter' | 'missingValues' | 'decimal'>;

/** A header and its rows. Numbers have a decimal point. */
export class Sheet {
  constructor(
    readonly name: string,
    readonly header: readonly string[],
    readonly rows: readonly Row[],
    readonly format: Format,
    /** What `Row.at` counts. */
    readonly noun: 'row' | 'sample' = 'row',
  ) {}

  /** The index of a column. Throws ValueError if no column has that name. */
  indexOf(column: string): number {
    return this.header.indexOf(checkChoice(this.name, 'column', column, this.header));
  }

  /** A row's cell; null if its value is missing. */
  cell({ cells }: Row, column: number): string | null {
    return this.format.missingValues.includes(cells[column]) ? null : cells[column];
  }

  refusal(row: Row, column: string, why: string): DataError {
    return new DataError(`${this.name}: ${this.noun} ${row.at}, column '${column}': ${why}`);
  }
}

/** Reads a text. isFixed: whether the training data determine the delimiter, so that a text with another one must be changed. Throws
 *  DataError if the text is not a table with a header. */
export function parseSheet(name: string, text: string, format: Format, isFixed = false): Sheet {
  const { delimiter } = format;
  const plain = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  checkIsTable(name, plain);
  checkDelimiter(name, plain, delimiter, isFixed);
  checkQuotes(name, plain, delimiter);
  const data = dsvFormat(delimiter).parseRows(plain);
  const lines = data.map((cells, i): Row => ({ at: i + 1, cells: cells.map((cell) => cell.trim()) }));
  const [first, ...rows] = lines.filter(({ cells }) => cells.length > 1 || cells[0] !== '');
  if (!first || rows.length === 0)
    throw new DataError(
      `${name}: no rows: the text must have a header and a row below it` +
        (/^[^\n"]+\.\w+$/.test(plain)
          ? `: got '${plain.slice(0, 80)}'; csvFile(path) of boundgrad/node reads a file`
          : ''),
    );
  const header = first.cells;
  const odd = header.findIndex((column, i) => column === '' || header.indexOf(column) !== i);
  if (odd >= 0) {
    const why = header[odd] === '' ? 'has no name' : `has the name of another: '${header[odd]}'`;
    throw new DataError(`${name}: column ${odd + 1} of the header ${why}; columns are chosen by name`);
  }
  // Whole numbers may be the names of columns.
  if (header.every((column) => NUMBER.test(column)) && !header.every((column) => Number.isInteger(Number(column)))) {
    throw new DataError(`${name}: the first row holds numbers: ${header[0]}, ..; it must be the names of the columns`);
  }
  const repeated = rows.find(({ cells }) => header.every((column, i) => cells[i] === column));
  if (repeated)
    throw new DataError(`${name}: row ${repeated.at} repeats the header; remove it: were files with headers joined?`);
  // In a file without a header the first row holds values, which occur again.
  const texts = header.filter((column) => !NUMBER.test(column));
  const occurs = (column: string) => rows.some(({ cells }) => cells[header.indexOf(column)] === column);
  if (texts.length > 0 && texts.every(occurs))
    throw new DataError(
      `${name}: the first row holds values: '${texts[0]}' is in other rows too; it must be the names of the columns`,
    );
  const ragged = rows.find(({ cells }) => cells.length !== header.length);
  if (ragged) {
    throw new DataError(
      `${name}: row ${ragged.at} has ${ragged.cells.length} cells, the header ${header.length}; ` +
        (header.length === 1 ? `is '${header[0].slice(0, 40)}' the header?` : 'is a delimiter missing?'),
    );
  }
  const found = new Sheet(
    name,
    header,
    format.decimal ? rows.map((row) => pointed(row, format.missingValues)) : rows,
    format,
  );
  if (format.decimal) checkThousands(found, rows);
  return found;
}

/** The row with points in place of decimal commas, except in marks for missing values. */
function pointed({ at, cells }: Row, missing: readonly string[]): Row {
  const isNumber = (cell: string) => COMMA.test(cell) && !missing.includes(cell);
  return { at, cells: cells.map((cell) => (isNumber(cell) ? cell.replace(',', '.') : cell)) };
}

/** Throws DataError for a number with points between thousands: 1.234 would be read as a little more than one. */
function checkThousands(sheet: Sheet, rows: readonly Row[]): void {
  for (const row of rows) {
    const odd = row.cells.findIndex((cell) => /^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$/.test(cell));
    if (odd >= 0)
      throw sheet.refusal(row, sheet.header[odd], `points between thousands: '${row.cells[odd]}'; write 1234,5`);
  }
}

/** Throws DataError if the text begins as a page or as JSON does, or with a line for Excel. */
function checkIsTable(name: string, text: string): void {
  const [, line, page, json] = /^\s*(?:(sep=.)\n|(<(?:!|\?|(?:html|head|body)\b))|([[{]\s*["{[]))/i.exec(text) ?? [];
  if (line) throw new DataError(`${name}: the first row is '${line}', which only Excel reads; remove it`);
  if (page) throw new DataError(`${name}: not a table: it begins with '${page}': is it a page of the web?`);
  if (json) throw new DataError(`${name}: not a table: it begins with '${json[0]}': JSON? write a header and rows`);
}

/** Throws DataError if the header is one column that holds another usual delimiter. */
function checkDelimiter(name: string, text: string, delimiter: string, isFixed: boolean): void {
  const header = /[^\n]*/.exec(text.trimStart())![0].replace(/"[^"]*"/g, '');
  const other = header.includes(delimiter) ? undefined : [';', '\t', ',', '|'].find((mark) => header.includes(mark));
  if (other === undefined) return;
  const [found, wanted] = [other, delimiter].map((mark) => `'${mark === '\t' ? '\\t' : mark}'`);
  const remedy = isFixed ? `save it with ${wanted}, like the training data` : `give { delimiter: ${found} }`;
  throw new DataError(`${name}: the cells are separated by ${found}, not by ${wanted}; ${remedy}`);
}

/** Throws DataError for a quoted cell that is not closed or continues after its quote. The parser would not report it. */
function checkQuotes(name: string, text: string, delimiter: string): void {
  const end = `\\u{${delimiter.codePointAt(0)!.toString(16)}}\\n`;
  const cell = new RegExp(`(?:"[^"]*(?:""[^"]*)*"|(?![^\\S${end}]*")[^${end}]*)(?=[${end}]|$)`, 'uy');
  for (let row = 1; cell.lastIndex <= text.length; cell.lastIndex++) {
    if (!cell.test(text))
      throw new DataError(`${name}: row ${row}: a quote is missing or misplaced; a quoted cell is "..", with "" for "`);
    if (text[cell.lastIndex] === '\n') row++;
  }
}

/** Makes a sheet of samples, counted from 0. Throws DataError for a missing column or a cell of another kind. */
export function sheetOf(
  name: string,
  from: readonly Cells[],
  header: readonly string[],
  { missingValues, decimal }: Omit<Format, 'delimiter'>,
): Sheet {
  // The first of the texts for missing values stands for null.
  const missing = missingValues.length ? missingValues : [''];
  const [nothing] = missing;
  const rows = from.map((cells, at): Row => {
    if (cells instanceof Map)
      throw new DataError(`${name}: sample ${at}: a Map; give its cells as an object, Object.fromEntries(map)`);
    const absent = header.find((column) => !Object.hasOwn(Object(cells), column) || cells[column] === undefined);
    if (absent !== undefined) {
      const near = nearestName(
        absent,
        Object.keys(Object(cells)).filter((key) => !header.includes(key)),
      );
      const remedy = near === undefined ? '' : `rename its '${near}', or `;
      throw new DataError(`${name}: sample ${at} has no '${absent}'; ${remedy}give null if it is missing`);
    }
    const texts = header.map((column) => {
      const cell: unknown = cells[column];
      if (cell === null) return nothing;
      if (typeof cell === 'string' || typeof cell === 'number') return String(cell).trim();
      throw new DataError(
        `${name}: sample ${at}, column '${column}': a cell is a text or a number: ${showValue(cell)}`,
      );
    });
    const row = { at, cells: texts };
    return decimal ? pointed(row, missing) : row;
  });
  return new Sheet(name, header, rows, { delimiter: ',', missingValues: missing }, 'sample');
}

// Data sets from CSV text: numbers as they are, categories as one-hot columns, a column or several to predict.
//
//   age,city,price          inputs  [age, city=Oslo, city=Rome]        values  [price]
//   30,Rome,210             [30, 0, 1]                                 [210]
//   41,Oslo,250             [41, 1, 0]                                 [250]
//
// What a column means is decided once, from the first file, and kept in `table`: other files of the same model are read by it.
// Rows are counted as a spreadsheet does: the header is row 1.
import { dsvFormat } from 'd3-dsv';
import { checkChoice, checkOptions, DataError, must, showValue, ValueError } from '../core/index.js';
import type { AnyBatch, Preparation } from './dataset.js';
import type { Column, Table } from './table.js';
import { TensorDataset } from './tensorDataset.js';

/** Which columns are inputs and which are predicted, and what missing cells mean. */
export interface CsvOptions {
  /** The column to predict, or a list of columns of numbers. Required, unless `table` is given. */
  target?: string | readonly string[];
  /** The columns that are inputs. Default: all but the target. */
  columns?: readonly string[];
  /** Columns of numbers that stand for categories, such as postal codes. Default: columns without numbers. */
  categories?: readonly string[];
  /** The names of the classes of the target, in order; true: every text or number in it is a class. Default: true if the target
   *  holds texts, else false: numbers to predict. */
  classes?: boolean | readonly string[];
  /** What happens to a row with a missing value. 'refuse': DataError with its row and column. 'drop': it is left out. 'fill':
   *  it gets the mean of the column's numbers, or its most frequent category; missing targets are still refused.
   *  Default: 'refuse'. */
  missing?: 'refuse' | 'drop' | 'fill';
  /** The texts that stand for a missing value. Default: [''], an empty cell. */
  missingValues?: readonly string[];
  /** The character between cells, as ';' or '\t'. Default: ','. */
  delimiter?: string;
  /** The table of the training data, which determines how this text is read. Only `name` and `missing` may be given with it. Default:
   *  none. */
  table?: Table;
  /** The name of the data set in messages and reports. Default: 'csv'. */
  name?: string;
}

/** A data set from CSV text. */
export type TableDataset = TensorDataset<AnyBatch> & {
  /** What the columns mean. Pass it as the option `table` to read other files for the same model. */
  readonly table: Table;
  /** The name of each input: `age`, `city=Rome`. */
  readonly features: readonly string[];
  /** The table, for a checkpoint. */
  readonly preparation: Preparation;
  /** The positions of the one-hot inputs: `standardize(data, { except: data.oneHot })` leaves them as they are. */
  readonly oneHot: readonly number[];
};

/** A row and its number in the file. */
interface Row {
  at: number;
  cells: readonly string[];
}

/** Makes a data set from CSV text with a header: RFC 4180, with LF or CRLF, quoted cells, and a byte order mark.
 *
 *    const houses = csv(text, { target: 'price' });                     // numbers: inputs [n, k], values [n, 1]
 *    const iris = csv(text, { target: 'species' });                     // texts: classes
 *    const test = csv(otherText, { table: houses.table });              // the same columns and categories
 *
 *  Throws ValueError for an unknown column or option. Throws DataError, with row and column, for a row of another length, a
 *  missing value, texts among numbers, a category that the table does not have, or a column of names rather than categories. */
export function csv(text: string, options: CsvOptions): TableDataset {
  must(typeof text === 'string', 'csv: the text', 'a string', text);
  const own = ['target', 'columns', 'categories', 'classes', 'missing', 'missingValues', 'delimiter', 'table', 'name'];
  checkOptions('csv', options, own);
  const { name = 'csv', missing = 'refuse', table } = options;
  must(typeof name === 'string', 'csv: name', 'a string', name);
  checkChoice(name, 'missing', missing, ['refuse', 'drop', 'fill']);
  if (table) {
    const odd = Object.keys(options).find((key) => !['table', 'name', 'missing'].includes(key));
    if (odd)
      throw new ValueError(`${name}: ${odd} and table are both given: the table determines it; leave ${odd} out`);
    must(isTable(table), `${name}: table`, 'the table of a data set', table);
  }
  const { delimiter = ',', missingValues = [''] } = table ?? options;
  must(
    typeof delimiter === 'string' && /^[^"\r\n]$/u.test(delimiter),
    `${name}: delimiter`,
    'one character',
    delimiter,
  );
  must(isTexts(missingValues), `${name}: missingValues`, 'a list of texts', missingValues);
  const sheet = parse(name, text, delimiter, missingValues);
  const found = table ?? describe(sheet, options);
  return read(sheet, found, missing);
}

/** Whether a value, which may come from a file, is a table. */
function isTable(value: unknown): value is Table {
  const { columns, target, classes } = Object(value) as Partial<Table>;
  return (
    Array.isArray(columns) &&
    columns.length > 0 &&
    columns.every(isColumn) &&
    isTexts(target) &&
    target.length > 0 &&
    (classes === null || isTexts(classes))
  );
}

function isColumn(value: unknown): value is Column {
  const { name, kind, fill, categories } = Object(value);
  if (typeof name !== 'string') return false;
  if (kind === 'number') return fill === undefined || (typeof fill === 'number' && Number.isFinite(Math.fround(fill)));
  return kind === 'category' && isTexts(categories) && (fill === undefined || categories.includes(fill));
}

/** Parses a text. Throws DataError if it is not a table with a header. */
function parse(name: string, text: string, delimiter: string, missingValues: readonly string[]): Sheet {
  const plain = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  checkQuotes(name, plain, delimiter);
  const data = dsvFormat(delimiter).parseRows(plain);
  const lines = data.map((cells, i): Row => ({ at: i + 1, cells: cells.map((cell) => cell.trim()) }));
  const [first, ...rows] = lines.filter(({ cells }) => cells.length > 1 || cells[0] !== '');
  if (!first || rows.length === 0)
    throw new DataError(`${name}: no rows: the text must have a header and a row below it`);
  const header = first.cells;
  const odd = header.findIndex((column, i) => column === '' || header.indexOf(column) !== i);
  if (odd >= 0) {
    const why = header[odd] === '' ? 'has no name' : `'${header[odd]}' is there twice`;
    throw new DataError(`${name}: column ${odd + 1} of the header ${why}; columns are chosen by name`);
  }
  const ragged = rows.find(({ cells }) => cells.length !== header.length);
  if (ragged) {
    throw new DataError(
      `${name}: row ${ragged.at} has ${ragged.cells.length} cells, the header ${header.length}; ` +
        'is a delimiter missing?',
    );
  }
  return new Sheet(name, header, rows, delimiter, missingValues);
}

/** A header and its rows. */
class Sheet {
  constructor(
    readonly name: string,
    readonly header: readonly string[],
    readonly rows: readonly Row[],
    readonly delimiter: string,
    readonly missingValues: readonly string[],
  ) {}

  /** The number of a column. Throws ValueError if there is none of that name. */
  indexOf(column: string): number {
    return this.header.indexOf(checkChoice(this.name, 'column', column, this.header));
  }

  /** A row's cell; null if its value is missing. */
  cell({ cells }: Row, column: number): string | null {
    return this.missingValues.includes(cells[column]) ? null : cells[column];
  }

  refusal(row: Row, column: string, why: string): DataError {
    return new DataError(`${this.name}: row ${row.at}, column '${column}': ${why}`);
  }
}

/** Throws DataError for a quoted cell that is not closed or goes on after its quote. The parser would not report it. */
function checkQuotes(name: string, text: string, delimiter: string): void {
  const end = `\\u{${delimiter.codePointAt(0)!.toString(16)}}\\n`;
  const cell = new RegExp(`(?:"[^"]*(?:""[^"]*)*"|[^"${end}][^${end}]*|)(?=[${end}]|$)`, 'uy');
  for (let row = 1; cell.lastIndex <= text.length; cell.lastIndex++) {
    if (!cell.test(text))
      throw new DataError(`${name}: row ${row}: a quote is missing or misplaced; a quoted cell is "..", with "" for "`);
    if (text[cell.lastIndex] === '\n') row++;
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Decides what the columns mean. */
function describe(sheet: Sheet, options: CsvOptions): Table {
  const { name } = sheet;
  const { target: wanted, classes, categories = [], missing = 'refuse', columns } = options;
  const target = typeof wanted === 'string' ? [wanted] : wanted;
  must(isTexts(target) && target.length > 0, `${name}: target`, 'the name of a column, or a list of names', wanted);
  for (const [what, list] of Object.entries({ columns, categories }))
    must(list === undefined || isTexts(list), `${name}: ${what}`, 'a list of names of columns', list);
  for (const column of [...target, ...categories]) sheet.indexOf(column);
  for (const [what, list] of Object.entries({ target, columns, categories })) {
    const twice = list?.find((column, i) => list.indexOf(column) !== i);
    if (twice !== undefined)
      throw new ValueError(`${name}: ${what}: '${twice}' is listed twice; name each column once`);
  }
  const inputs = columns ?? sheet.header.filter((column) => !target.includes(column));
  const leak = inputs.find((column) => target.includes(column));
  if (leak) throw new ValueError(`${name}: '${leak}' is an input and the target: the net would only copy it; choose`);
  if (inputs.length === 0) throw new ValueError(`${name}: no columns are inputs: the header has the target only`);
  // Dropped rows do not affect what the columns mean.
  const rows = missing === 'drop' ? complete(sheet, [...inputs, ...target]) : sheet.rows;
  return {
    columns: inputs.map((column) => columnOf(sheet, rows, column, categories.includes(column), missing === 'fill')),
    target,
    classes: targetClasses(sheet, rows, target, classes),
    delimiter: sheet.delimiter,
    missingValues: sheet.missingValues,
  };
}

/** The rows without a missing value in these columns. Throws DataError if there are none. */
function complete(sheet: Sheet, columns: readonly string[]): readonly Row[] {
  const at = columns.map((column) => sheet.indexOf(column));
  const rows = sheet.rows.filter((row) => at.every((i) => sheet.cell(row, i) !== null));
  if (rows.length) return rows;
  throw new DataError(`${sheet.name}: every row has a missing value: ${sheet.rows.length} rows; choose fewer columns`);
}

function columnOf(sheet: Sheet, rows: readonly Row[], name: string, asCategory: boolean, fill: boolean): Column {
  const at = sheet.indexOf(name);
  const present = rows.filter((row) => sheet.cell(row, at) !== null);
  const texts = present.map((row) => row.cells[at]);
  const odd = asCategory ? 0 : texts.findIndex((text) => !NUMBER.test(text));
  if (odd < 0) {
    if (!fill) return { name, kind: 'number' };
    if (!texts.length)
      throw new DataError(`${sheet.name}: column '${name}' is empty: nothing to fill it with; leave it out`);
    return { name, kind: 'number', fill: texts.reduce((sum, text) => sum + Number(text) / texts.length, 0) };
  }
  if (!asCategory && texts.some((text) => NUMBER.test(text))) {
    const remedy = `name it in missingValues if it stands for nothing, or '${name}' in categories`;
    throw sheet.refusal(present[odd], name, `a text among numbers: '${texts[odd].slice(0, 40)}'; ${remedy}`);
  }
  const categories = distinct(texts);
  if (categories.length > 20 && categories.length > texts.length / 2) {
    throw new DataError(
      `${sheet.name}: column '${name}' has ${categories.length} texts in ${texts.length} rows, names rather than categories; ` +
        'leave it out by { columns }',
    );
  }
  if (!fill) return { name, kind: 'category', categories };
  const count = new Map<string, number>();
  for (const text of texts) count.set(text, (count.get(text) ?? 0) + 1);
  const most = categories.reduce((best, text) => (count.get(text)! > count.get(best)! ? text : best));
  return { name, kind: 'category', categories, fill: most };
}

/** The names of the target's classes; null if it holds numbers to predict. */
function targetClasses(
  sheet: Sheet,
  rows: readonly Row[],
  target: readonly string[],
  classes: CsvOptions['classes'],
): readonly string[] | null {
  const at = sheet.indexOf(target[0]);
  const texts = rows.flatMap((row) => sheet.cell(row, at) ?? []);
  const hasTexts = texts.some((text) => !NUMBER.test(text));
  if (classes === false || (classes === undefined && (target.length > 1 || !hasTexts))) return null;
  const what = `${sheet.name}: classes`;
  must(classes === undefined || classes === true || isTexts(classes), what, 'true, false, or a list of names', classes);
  if (target.length > 1) throw new ValueError(`${what} are of one column: the target has ${target.length}`);
  return Array.isArray(classes) ? [...classes] : distinct(texts);
}

/** Each text once: in the order of numbers if all are, else of their characters. */
function distinct(texts: readonly string[]): string[] {
  const found = [...new Set(texts)];
  return found.every((text) => NUMBER.test(text)) ? found.sort((a, b) => Number(a) - Number(b)) : found.sort();
}

/** Reads the rows by a table. */
function read(sheet: Sheet, table: Table, missing: 'refuse' | 'drop' | 'fill'): TableDataset {
  const { columns, target, classes } = table;
  const rows = missing === 'drop' ? complete(sheet, [...columns.map(({ name }) => name), ...target]) : sheet.rows;
  const features = columns.flatMap((column) =>
    column.kind === 'number' ? [column.name] : column.categories.map((category) => `${column.name}=${category}`),
  );
  const oneHot = columns.flatMap((c) => (c.kind === 'number' ? [false] : c.categories.map(() => true)));
  const remedy =
    missing === 'fill' ? "the table has no value to fill in: read its own data with { missing: 'fill' }" : REMEDY;
  const values = inputsOf(sheet, rows, columns, missing === 'fill', remedy);
  const inputs = [{ values, shape: [features.length] }];
  const data = classes
    ? new TensorDataset(sheet.name, inputs, labelsOf(sheet, rows, target[0], classes), { classes }, false)
    : new TensorDataset(sheet.name, inputs, valuesOf(sheet, rows, target), { shape: [target.length] }, false);
  const numbers = oneHot.flatMap((is, i) => (is ? [i] : []));
  return Object.assign(data, { table, preparation: { table }, features, oneHot: numbers });
}

/** The inputs of rows: [rows, inputs of the columns]. fill: whether missing cells get the `fill` of their column. remedy: the end of
 *  the message for a cell that is still missing. Throws DataError with row and column. */
function inputsOf(
  sheet: Sheet,
  rows: readonly Row[],
  columns: readonly Column[],
  fill: boolean,
  remedy: string,
): Float32Array {
  const width = columns.reduce((n, column) => n + (column.kind === 'number' ? 1 : column.categories.length), 0);
  const values = new Float32Array(rows.length * width);
  const at = columns.map(({ name }) => sheet.header.indexOf(name));
  const absent = columns[at.indexOf(-1)];
  if (absent) {
    const has = sheet.header.slice(0, 20).join(', ');
    throw new DataError(`${sheet.name}: the column '${absent.name}' of the table is missing: the header has ${has}`);
  }
  rows.forEach((row, r) => {
    let k = r * width;
    columns.forEach((column, c) => {
      const cell = sheet.cell(row, at[c]) ?? (fill ? column.fill : undefined);
      if (cell === undefined) throw sheet.refusal(row, column.name, `no value; ${remedy}`);
      if (column.kind === 'number') values[k++] = numberIn(sheet, row, column.name, cell);
      else {
        const i = column.categories.indexOf(String(cell));
        if (i < 0) throw unknown(sheet, row, column.name, String(cell), 'category', column.categories);
        values[k + i] = 1;
        k += column.categories.length;
      }
    });
  });
  return values;
}

/** A sample of a table: the cell of each column. Missing: null, or one of the table's `missingValues`. Other columns are not read. */
export type Cells = Readonly<Record<string, string | number | null>>;

/** The inputs of samples without targets: values [n, inputs of the table]. from: CSV text with a header, or a list of cells by column.
 *  table: null if each column of the text is one input. Missing cells get the `fill` of their column.
 *  Also returns the row of each sample: rows of a text count from 1, which is the header; rows of a list count from 0. Throws DataError
 *  with row and column. */
export function tableInputs(
  name: string,
  from: string | readonly Cells[],
  table: Table | null,
): { values: Float32Array; rows: number[] } {
  const { delimiter, missingValues } = table ?? { delimiter: ',', missingValues: [''] };
  const names = table?.columns.map(({ name }) => name) ?? [];
  const sheet =
    typeof from === 'string' ? parse(name, from, delimiter, missingValues) : sheetOf(name, from, names, missingValues);
  const columns = table?.columns ?? sheet.header.map((name): Column => ({ name, kind: 'number' }));
  const remedy = 'no value was missing in the training data, so the table has no value to fill in';
  return { values: inputsOf(sheet, sheet.rows, columns, true, remedy), rows: sheet.rows.map(({ at }) => at) };
}

function sheetOf(name: string, from: readonly Cells[], header: readonly string[], missing: readonly string[]): Sheet {
  // The first of the texts for missing values stands for null.
  const nothing = missing[0] ?? '';
  const rows = from.map((cells, at): Row => {
    const absent = header.find((column) => !Object.hasOwn(Object(cells), column) || cells[column] === undefined);
    if (absent !== undefined) throw new DataError(`${name}: row ${at} has no '${absent}'; give null if it is missing`);
    const texts = header.map((column) => {
      const cell: unknown = cells[column];
      if (cell === null) return nothing;
      if (typeof cell === 'string' || typeof cell === 'number') return String(cell).trim();
      throw new DataError(`${name}: row ${at}, column '${column}': a cell is a text or a number: ${showValue(cell)}`);
    });
    return { at, cells: texts };
  });
  return new Sheet(name, header, rows, ',', missing.length ? missing : ['']);
}

const REMEDY = "give { missing: 'drop' } or { missing: 'fill' }";

function numberIn(sheet: Sheet, row: Row, column: string, cell: string | number): number {
  const value = Number(cell);
  const fits = (typeof cell === 'number' || NUMBER.test(cell)) && Number.isFinite(Math.fround(value));
  if (!fits) throw sheet.refusal(row, column, `not a number of float32: '${String(cell).slice(0, 40)}'`);
  return value;
}

function valuesOf(sheet: Sheet, rows: readonly Row[], target: readonly string[]): Float32Array {
  const at = target.map((column) => sheet.indexOf(column));
  return Float32Array.from(
    rows.flatMap((row) => target.map((column, c) => numberIn(sheet, row, column, required(sheet, row, column, at[c])))),
  );
}

function labelsOf(sheet: Sheet, rows: readonly Row[], target: string, classes: readonly string[]): Int32Array {
  const at = sheet.indexOf(target);
  return Int32Array.from(rows, (row) => {
    const cell = required(sheet, row, target, at);
    const label = classes.indexOf(cell);
    if (label < 0) throw unknown(sheet, row, target, cell, 'class', classes);
    return label;
  });
}

function required(sheet: Sheet, row: Row, column: string, at: number): string {
  const cell = sheet.cell(row, at);
  if (cell !== null) return cell;
  throw sheet.refusal(row, column, "no value to predict; give { missing: 'drop' }, or remove the row");
}

function unknown(
  sheet: Sheet,
  row: Row,
  column: string,
  text: string,
  noun: string,
  known: readonly string[],
): DataError {
  const some = `${known.slice(0, 8).join(', ')}${known.length > 8 ? ', ..' : ''}`;
  return sheet.refusal(row, column, `unknown ${noun}: '${text.slice(0, 40)}'; the table has ${some}`);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

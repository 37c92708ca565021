// Data sets from CSV text: numbers as they are, categories as one-hot columns, a column or several to predict.
//
//   age,city,price          inputs  [age, city=Oslo, city=Rome]        values  [price]
//   30,Rome,210             [30, 0, 1]                                 [210]
//   41,Oslo,250             [41, 1, 0]                                 [250]
//
// What a column means is decided once, from the first file, and kept in `table`: other files of the same model are read by it.
import { checkChoice, checkOptions, DataError, must, ValueError } from '../core/index.js';
import { complete, describeColumns, isTable, isTexts } from './columns.js';
import { type AnyBatch, frozenCopy, type Preparation } from './dataset.js';
import { type Doubts, doubtsOf } from './doubts.js';
import { type Cells, type Format, NUMBER, parseSheet, type Row, type Sheet, sheetOf } from './sheet.js';
import type { Column, Table } from './table.js';
import { frozen, TensorDataset } from './tensorDataset.js';

/** Which columns are inputs and which are predicted, and what missing cells mean. */
export interface CsvOptions {
  /** The column to predict, or a list of columns of numbers. Required, unless `table` is given. */
  target?: string | readonly string[];
  /** The columns that are inputs. Default: all but the target. */
  columns?: readonly string[];
  /** Columns of numbers that stand for categories, such as postal codes. Columns of texts are categories anyway. Default: none. */
  categories?: readonly string[];
  /** The names of the classes of the target, in order; true: every text or number in it is a class. Default: true if the target
   *  holds texts, else false: numbers to predict. */
  classes?: boolean | readonly string[];
  /** What happens to a row with a missing value. 'refuse': DataError with its row and column. 'drop': it is left out. 'fill':
   *  its missing inputs get what `fill` says; missing targets are still refused. Default: 'refuse'; 'fill' if `fill` is given. */
  missing?: 'refuse' | 'drop' | 'fill';
  /** The value in place of missing inputs. A statistic or a number is for all columns of numbers; columns of categories then get their
   *  most frequent category. An object has entries by column, for example `{ age: 'median', rooms: 0, city: 'unknown' }`; columns without an
   *  entry are filled as by 'mean'. A text may be a new category, and is trimmed as cells are. A column without any value needs a constant.
   *  The table keeps the values, so predictions for rows with missing cells use them too. Default: 'mean'. */
  fill?: 'mean' | 'median' | 'most-frequent' | number | Readonly<Record<string, number | string>>;
  /** The texts that stand for a missing value, trimmed as cells are. Default: [''], an empty cell. */
  missingValues?: readonly string[];
  /** The character between cells, for example ';' or '\t'. Default: ','. */
  delimiter?: string;
  /** The mark before the decimals of numbers: ',' reads 1,5 as 1.5. Default: '.'. */
  decimal?: '.' | ',';
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

const OPTIONS: (keyof CsvOptions)[] = [
  'target',
  'columns',
  'categories',
  'classes',
  'missing',
  'fill',
  'missingValues',
  'delimiter',
  'decimal',
  'table',
  'name',
];

/** Makes a data set from CSV text with a header: RFC 4180, with LF or CRLF, quoted cells, and a byte order mark.
 *
 *    const houses = csv(text, { target: 'price' });                     // numbers: inputs [n, k], values [n, 1]
 *    const iris = csv(text, { target: 'species' });                     // texts: classes
 *    const test = csv(otherText, { table: houses.table });              // the same columns and categories
 *
 *  Prints a warning that names inputs which rarely help to predict new rows, unless `columns` or `table` chooses them: whole numbers that
 *  differ in each row, as ids do; one value in all rows; copies of the target. Without `table` it also names columns that probably mean
 *  something else: texts of a number and a unit, a target of few whole numbers that may be classes, numbers whose digits float32 does
 *  not hold; and rows that repeat others.
 *
 *  Throws ValueError for an unknown option, and for an option that names no column. Throws DataError, with the row and the column that are
 *  the reason, for a row of another length, a missing value, texts among numbers, a category that the table does not have, or a column of
 *  names rather than categories. */
export function csv(text: string, options: CsvOptions): TableDataset {
  const { data, doubts } = readTable(text, options);
  if (doubts) {
    const columns = doubts.others.map((name) => `'${name}'`).join(', ');
    console.warn(`${data.name}: ${doubts.why}${columns && `; to leave such columns out, give columns: [${columns}]`}`);
  }
  return data;
}

/** Makes the data set of `csv`. Also returns its cells, and its doubtful columns; null if there are none or `table` is given. */
export function readTable(
  text: string,
  options: CsvOptions,
): { data: TableDataset; sheet: Sheet; doubts: Doubts | null } {
  must(typeof text === 'string', 'csv: the text', 'a string', text);
  checkOptions('csv', options, OPTIONS);
  const { name = 'csv', missing = options.fill === undefined ? 'refuse' : 'fill', table } = options;
  must(typeof name === 'string', 'csv: name', 'a string', name);
  checkChoice(name, 'missing', missing, ['refuse', 'drop', 'fill']);
  if (options.fill !== undefined && missing !== 'fill')
    throw new ValueError(`${name}: fill is given, but missing is '${missing}': leave one out`);
  if (table !== undefined) {
    const odd = Object.keys(options).find((key) => !['table', 'name', 'missing'].includes(key));
    if (odd) throw new ValueError(`${name}: ${odd} and table are both given: the table determines it; leave it out`);
    must(isTable(table), `${name}: table`, 'the table of a data set', table);
  }
  const { delimiter = ',', missingValues = [''], decimal = '.' } = table ?? options;
  must(typeof delimiter === 'string' && /^[^"\r\n]$/.test(delimiter), `${name}: delimiter`, 'one character', delimiter);
  checkChoice(name, 'decimal', decimal, ['.', ',']);
  must(isTexts(missingValues), `${name}: missingValues`, 'a list of texts', missingValues);
  // Cells are trimmed, so the marks are too.
  const nothing = missingValues.map((text) => text.trim());
  const format: Format = { delimiter, missingValues: nothing, ...(decimal === ',' && { decimal }) };
  const sheet = parseSheet(name, text, format, table !== undefined);
  const found = table ?? describeColumns(sheet, { ...options, missing });
  const rows = rowsOf(sheet, found, missing);
  const doubts = table ? null : doubtsOf(sheet, rows, found, options);
  return { data: read(sheet, rows, found, missing), sheet, doubts };
}

/** The rows to read: all, or those without a missing value. */
function rowsOf(sheet: Sheet, { columns, target }: Table, missing: CsvOptions['missing']): readonly Row[] {
  return missing === 'drop' ? complete(sheet, [...columns.map(({ name }) => name), ...target]) : sheet.rows;
}

/** Reads rows by a table. */
function read(sheet: Sheet, rows: readonly Row[], table: Table, missing: CsvOptions['missing']): TableDataset {
  const { columns, target, classes } = table;
  const features = columns.flatMap((column) =>
    column.kind === 'number' ? [column.name] : column.categories.map((category) => `${column.name}=${category}`),
  );
  const oneHot = columns.flatMap((c) => (c.kind === 'number' ? [false] : c.categories.map(() => true)));
  const values = inputsOf(sheet, rows, columns, missing === 'fill', missing === 'fill' ? UNFILLED : REMEDY);
  const inputs = [{ values, shape: [features.length] }];
  const data = classes
    ? new TensorDataset(sheet.name, inputs, labelsOf(sheet, rows, target[0], classes), { classes }, false)
    : new TensorDataset(sheet.name, inputs, valuesOf(sheet, rows, target), { shape: [target.length] }, false);
  const numbers = oneHot.flatMap((is, i) => (is ? [i] : []));
  const own = frozenCopy(table);
  const described = { table: own, preparation: { table: own }, features, oneHot: numbers };
  for (const value of Object.values(described)) Object.freeze(value);
  return frozen(Object.assign(data, described));
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
  const at = columns.map(({ name }) => placeOf(sheet, name, 'an input', 'train'));
  rows.forEach((row, r) => {
    let k = r * width;
    columns.forEach((column, c) => {
      const cell = sheet.cell(row, at[c]) ?? (fill ? column.fill : undefined);
      if (cell === undefined) throw sheet.refusal(row, column.name, `no value; ${remedy}`);
      if (column.kind === 'number') values[k++] = numberIn(sheet, row, column.name, cell);
      else {
        const i = column.categories.indexOf(String(cell));
        if (i < 0)
          throw unknown(sheet, row, column.name, String(cell), 'category', column.categories, fill && column.fill);
        values[k + i] = 1;
        k += column.categories.length;
      }
    });
  });
  return values;
}

/** The inputs of samples without targets: values [n, inputs of the table]. from: CSV text with a header, or a list of cells by column.
 *  table: null if each column of the text is one input. Missing cells get the `fill` of their column.
 *  Also returns the number of each row or sample, as `Sheet` counts them. Throws DataError with row or sample, and column. */
export function tableInputs(
  name: string,
  from: string | readonly Cells[],
  table: Table | null,
): { values: Float32Array; rows: number[] } {
  const format: Format = table ?? { delimiter: ',', missingValues: [''] };
  const names = table?.columns.map(({ name }) => name) ?? [];
  const sheet =
    typeof from === 'string' ? parseSheet(name, from, format, table !== null) : sheetOf(name, from, names, format);
  const columns = table?.columns ?? sheet.header.map((name): Column => ({ name, kind: 'number' }));
  return { values: inputsOf(sheet, sheet.rows, columns, true, UNFILLED), rows: sheet.rows.map(({ at }) => at) };
}

const REMEDY = "give { missing: 'drop' } or { missing: 'fill' }";
const UNFILLED = "the training filled no cells; train with { missing: 'fill' }";

function numberIn(sheet: Sheet, row: Row, column: string, cell: string | number): number {
  const value = Number(cell);
  const isNumber = typeof cell === 'number' ? Number.isFinite(cell) : NUMBER.test(cell);
  if (isNumber && Number.isFinite(Math.fround(value))) return value;
  const shown = `'${String(cell).slice(0, 40)}'`;
  throw sheet.refusal(
    row,
    column,
    isNumber ? `${shown} is beyond float32, 3.4e38` : `not a number: ${shown}; write numbers as 1234.5`,
  );
}

const TARGET = ['the target', 'predict'] as const;

/** The index of a column that the training read. Throws DataError if the header lacks it. */
function placeOf(sheet: Sheet, column: string, role: string, verb: string): number {
  const at = sheet.header.indexOf(column);
  if (at >= 0) return at;
  const has = sheet.header.slice(0, 20).join(', ');
  const remedy = sheet.header.some((cell) => NUMBER.test(cell))
    ? 'put the names above row 1 if it is a sample'
    : `add it, or ${verb} without it`;
  throw new DataError(
    `${sheet.name}: the column '${column}', ${role} in the training, is missing: the header has ${has}; ${remedy}`,
  );
}

function valuesOf(sheet: Sheet, rows: readonly Row[], target: readonly string[]): Float32Array {
  const at = target.map((column) => placeOf(sheet, column, ...TARGET));
  return Float32Array.from(
    rows.flatMap((row) => target.map((column, c) => numberIn(sheet, row, column, required(sheet, row, column, at[c])))),
  );
}

function labelsOf(sheet: Sheet, rows: readonly Row[], target: string, classes: readonly string[]): Int32Array {
  const at = placeOf(sheet, target, ...TARGET);
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
  empty?: unknown,
): DataError {
  const some = known.slice(0, 8).join("', '") + (known.length > 8 ? "', .." : "'");
  return sheet.refusal(
    row,
    column,
    `unknown ${noun}: '${text.slice(0, 40)}'; the table has '${some}; train with it${empty ? ', or empty the cell' : ''}`,
  );
}

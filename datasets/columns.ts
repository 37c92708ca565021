// What the columns of a table mean: numbers, or categories as one-hot inputs; the classes or numbers to predict; what missing cells get.
import { checkChoice, checkOptions, DataError, isRecord, must, ValueError } from '../core/index.js';
import type { CsvOptions } from './csv.js';
import { checkClasses } from './dataset.js';
import { COMMA, NUMBER, type Row, type Sheet } from './sheet.js';
import type { Column, Table } from './table.js';

const WAYS = ['mean', 'median', 'most-frequent'] as const;

/** The most columns that a message lists. */
const LISTED = 12;

/** What missing cells of a column get: a statistic of its other cells, or a constant. */
type Fill = (typeof WAYS)[number] | number | string;

/** The option `fill`. */
type FillOption = NonNullable<CsvOptions['fill']>;

/** Decides what the columns of a sheet mean. Throws ValueError or DataError as `csv` does. */
export function describeColumns(sheet: Sheet, options: CsvOptions): Table {
  const { name } = sheet;
  const { target: wanted, classes, categories = [], columns, missing, fill = 'mean' } = options;
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
  if (leak)
    throw new ValueError(
      `${name}: '${leak}' is an input and the target: the net would only copy it; leave it out of columns or target`,
    );
  const unread = categories.find((column) => !inputs.includes(column) && !target.includes(column));
  if (unread !== undefined)
    throw new ValueError(`${name}: '${unread}' is in categories, but not an input: columns are ${inputs.join(', ')}`);
  if (inputs.length === 0) throw new ValueError(`${name}: no columns are inputs: the header has the target only`);
  const isFilled = missing === 'fill';
  if (isFilled) checkFill(sheet, inputs, fill);
  // Dropped rows do not affect what the columns mean.
  const rows = missing === 'drop' ? complete(sheet, [...inputs, ...target]) : sheet.rows;
  const described = inputs.map((column) => {
    const others = inputs.filter((name) => name !== column);
    return columnOf(sheet, rows, column, categories.includes(column), isFilled ? fill : null, others);
  });
  const named = targetClasses(sheet, rows, target, classes);
  const idle = named ? undefined : categories.find((column) => target.includes(column));
  if (idle !== undefined)
    throw new ValueError(
      `${name}: '${idle}' is in categories, but is to be predicted as a number; give { classes: true }`,
    );
  return { columns: described, target, classes: named, ...sheet.format };
}

/** The rows without a missing value in these columns. A column that the header lacks does not count; it is refused where it is read.
 *  Throws DataError if there are no such rows. */
export function complete(sheet: Sheet, columns: readonly string[]): readonly Row[] {
  const at = columns.map((column) => sheet.header.indexOf(column));
  const rows = sheet.rows.filter((row) => at.every((i) => sheet.cell(row, i) !== null));
  if (rows.length) return rows;
  throw new DataError(`${sheet.name}: every row has a missing value: ${sheet.rows.length} rows; choose fewer columns`);
}

/** What a column means. fill: the option, if missing cells are filled. others: the other inputs, for a message. */
function columnOf(
  sheet: Sheet,
  rows: readonly Row[],
  name: string,
  asCategory: boolean,
  fill: FillOption | null,
  others: readonly string[],
): Column {
  const at = sheet.indexOf(name);
  const present = rows.filter((row) => sheet.cell(row, at) !== null);
  const texts = present.map((row) => row.cells[at]);
  if (fill !== null && !texts.length) {
    // The column is read as if its cells held the constant.
    const constant = constantOf(fill, name, asCategory);
    if (constant === null) {
      const remedy = 'give a constant for it, or leave it out';
      throw new DataError(`${sheet.name}: column '${name}' is empty: nothing to fill it with; ${remedy}`);
    }
    texts.push(constant);
  }
  const odd = asCategory ? 0 : texts.findIndex((text) => !NUMBER.test(text));
  if (odd < 0) {
    if (fill === null) return { name, kind: 'number' };
    return { name, kind: 'number', fill: numberFor(sheet.name, name, texts, fill) };
  }
  if (!asCategory) checkComma(sheet, name, texts, `or name '${name}' in categories`);
  if (!asCategory && texts.some((text) => NUMBER.test(text))) {
    const isNothing = `name it in missingValues if it marks a missing value, or '${name}' in categories`;
    const remedy = /\d/.test(texts[odd]) ? `write numbers as 1234.5, or name '${name}' in categories` : isNothing;
    throw sheet.refusal(present[odd], name, `a text among numbers: '${texts[odd].slice(0, 40)}'; ${remedy}`);
  }
  const categories = distinct(texts);
  const areListed = others.length > 0 && others.length <= LISTED;
  const remedy = areListed ? `: { columns: ['${others.join("', '")}'] }` : ' by { columns }';
  checkFew(sheet, name, categories, texts, 'categories', `leave it out${remedy}`);
  if (fill === null) return { name, kind: 'category', categories };
  const own = ownFill(fill, name) ?? 'most-frequent';
  if (own === 'mean' || own === 'median')
    throw new ValueError(`${sheet.name}: fill: '${name}' holds categories, which have no ${own}; give a text`);
  const constant = own === 'most-frequent' ? mostFrequent(sorted(texts)) : String(own);
  if (sheet.format.missingValues.includes(constant)) {
    const why = `'${constant}' stands for a missing value, so that no cell can hold it`;
    throw new ValueError(`${sheet.name}: fill: '${name}': ${why}; give another text`);
  }
  // A constant that no row contains becomes a category of its own.
  return { name, kind: 'category', categories: distinct([...texts, constant]), fill: constant };
}

/** Throws DataError for a column of mostly numbers with a decimal comma; other texts may stand for missing values. */
function checkComma({ name }: Sheet, column: string, texts: readonly string[], other: string): void {
  const comma = texts.find((text) => COMMA.test(text));
  const numbers = texts.filter((text) => COMMA.test(text) || NUMBER.test(text));
  if (comma === undefined || 2 * numbers.length <= texts.length) return;
  const remedy = `give { decimal: ',' }, ${other}`;
  // Three digits after each comma: these may be thousands.
  const why = numbers.every((text) => !COMMA.test(text) || /^[+-]?[1-9]\d{0,2},\d{3}$/.test(text))
    ? `numbers with a comma: '${comma}'; write thousands without it, for decimals`
    : `numbers with a decimal comma: '${comma}';`;
  throw new DataError(`${name}: column '${column}' has ${why} ${remedy}`);
}

/** Throws DataError for a column in which most texts differ: names, dates and the like. noun: what they should be. */
function checkFew(
  { name }: Sheet,
  column: string,
  different: readonly string[],
  texts: readonly string[],
  noun: string,
  remedy: string,
): void {
  if (different.length <= 20 || different.length <= texts.length / 2) return;
  const areDates = texts.every((text) => /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b/.test(text));
  const why = areDates ? 'dates' : `names rather than ${noun}`;
  const numbers = areDates ? 'make columns of numbers from it, such as year and month, or ' : '';
  const count = `${different.length} different texts in ${texts.length} rows`;
  throw new DataError(`${name}: column '${column}' has ${count}, ${why}; ${numbers}${remedy}`);
}

/** The entry of a column in the option `fill`. A text is trimmed, as cells are. */
function ownFill(fill: FillOption, column: string): Fill | undefined {
  if (typeof fill !== 'object' || !Object.hasOwn(fill, column)) return undefined;
  const own = fill[column];
  return typeof own === 'string' ? own.trim() : own;
}

/** The constant that fills a column, as the text of a cell; null if a statistic fills it. A number that is given for all columns does
 *  not fill categories. */
function constantOf(fill: FillOption, column: string, asCategory: boolean): string | null {
  const how = ownFill(fill, column) ?? (typeof fill === 'number' && !asCategory ? fill : 'mean');
  return (WAYS as readonly unknown[]).includes(how) ? null : String(how);
}

/** The number that missing cells of a column get. A text is read as a cell with a decimal point. */
function numberFor(table: string, column: string, texts: readonly string[], fill: FillOption): number {
  const how = ownFill(fill, column) ?? (typeof fill === 'object' ? 'mean' : fill);
  if (typeof how === 'number') return how;
  if (how === 'mean') return texts.reduce((sum, text) => sum + Number(text) / texts.length, 0);
  if (how === 'median' || how === 'most-frequent') {
    const numbers = texts.map(Number).sort((a, b) => a - b);
    // Numbers are counted, not their spellings: 1 and 1.0 are equal.
    if (how === 'most-frequent') return mostFrequent(numbers);
    return (numbers[(numbers.length - 1) >> 1] + numbers[numbers.length >> 1]) / 2;
  }
  const what = `${table}: fill: '${column}', a column of numbers,`;
  must(NUMBER.test(how) && isFloat32(Number(how)), what, `a finite number, or ${WAYS.join(', ')}`, how);
  return Number(how);
}

/** The most frequent of values that are sorted. If several are equally frequent, the first. */
function mostFrequent<T>(values: readonly T[]): T {
  const count = new Map<T, number>();
  for (const value of values) count.set(value, (count.get(value) ?? 0) + 1);
  return [...count].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/** Whether a value is a number that is finite in float32. */
function isFloat32(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(Math.fround(value));
}

/** Checks the option `fill`. Throws ValueError if it is of another kind or names a column that is not an input. */
function checkFill(sheet: Sheet, inputs: readonly string[], fill: FillOption): void {
  const what = `${sheet.name}: fill`;
  if (typeof fill === 'string') checkChoice(sheet.name, 'fill', fill, WAYS);
  else if (typeof fill === 'number') must(isFloat32(fill), what, 'a finite number', fill);
  else {
    if (isRecord(fill)) for (const column of Object.keys(fill)) checkChoice(what, 'input', column, inputs);
    else checkOptions(what, fill, inputs);
    for (const [column, how] of Object.entries(fill))
      must(typeof how === 'string' || isFloat32(how), `${what}: '${column}'`, 'a finite number or a text', how);
  }
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
  if (target.length > 1) throw new ValueError(`${what} need a target of one column: it has ${target.length}`);
  if (Array.isArray(classes)) {
    const names = classes.map((name) => name.trim());
    checkClasses(sheet.name, 'classes', names);
    return names;
  }
  const found = distinct(texts);
  if (classes === true) return found;
  checkComma(sheet, target[0], texts, 'or give { classes: true }');
  const others = texts.filter((text) => !NUMBER.test(text));
  // Many different cells, mostly numbers: not classes, whose names repeat.
  if (found.length > 20 && found.length * 5 > texts.length && others.length * 5 <= texts.length) {
    const row = rows.find((row) => sheet.cell(row, at) === others[0])!;
    const remedy = 'name it in missingValues if it marks a missing value, or give { classes: true } if each is a class';
    throw sheet.refusal(row, target[0], `a text among numbers: '${others[0].slice(0, 40)}'; ${remedy}`);
  }
  checkFew(sheet, target[0], found, texts, 'classes', 'give { classes: true } if each is a class');
  return found;
}

/** Each text once, sorted. */
function distinct(texts: readonly string[]): string[] {
  return sorted([...new Set(texts)]);
}

/** The texts, sorted as numbers if all are numbers, else as texts. */
function sorted(texts: readonly string[]): string[] {
  const areNumbers = texts.every((text) => NUMBER.test(text));
  return [...texts].sort(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
}

/** Whether a value, which may come from a file, is a table. */
export function isTable(value: unknown): value is Table {
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
  if (kind === 'number') return fill === undefined || isFloat32(fill);
  return kind === 'category' && isTexts(categories) && (fill === undefined || categories.includes(fill));
}

/** Whether a value is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

// Doubtful columns of a table: inputs that rarely help to predict new rows (ids, constants, copies of the target), and texts that mean
// numbers or the same category.
import type { CsvOptions } from './csv.js';
import { areInOneLine, isNamedId, oddNames, oddNumbers } from './oddColumns.js';
import type { Row, Sheet } from './sheet.js';
import type { Table } from './table.js';
import { digitsLost } from './tensorDataset.js';

/** Doubtful columns, and why. */
export interface Doubts {
  /** `'id' has a different whole number in each row, as ids have`, .. */
  why: string;
  /** The inputs without those that rarely help; empty if all may help. */
  others: readonly string[];
}

/** With at least this many rows, three to ten different whole numbers in a target are probably classes. */
const MANY = 50;
/** Fewer rows show no pattern: a column that counts them or matches the classes may be a coincidence. */
const FEW = 10;

/** The most different whole numbers in a target that are probably classes. A column of numbers with more values holds measurements. */
const FEW_VALUES = 10;

/** The doubtful columns; null if there are none. If `options.columns` chooses the inputs, none of them is reported as rarely helpful. */
export function doubtsOf(sheet: Sheet, rows: readonly Row[], table: Table, options: CsvOptions): Doubts | null {
  const { columns, target, classes } = table;
  const names = columns.map(({ name }) => name);
  const textsOf = (column: string) => rows.map((row) => sheet.cell(row, sheet.indexOf(column)));
  const presentOf = (column: string) => textsOf(column).filter((text) => text !== null);
  const asCategories = columns.filter((c) => c.kind === 'category' && !options.categories?.includes(c.name));
  const odd = [...asCategories.map(({ name }) => name), ...(classes ? target : [])];
  const asNumbers = [...columns.flatMap((c) => (c.kind === 'number' ? [c.name] : [])), ...(classes ? [] : target)];
  const numbers = asNumbers.map((name): [string, number[]] => [name, presentOf(name).map(Number)]);
  const misread = [
    ...odd.map((name) => [name, oddTexts(presentOf(name), target.includes(name) ? options.classes : undefined)]),
    ...numbers.map(([name, values]) => [
      name,
      oddNumbers(presentOf(name), table.decimal ?? '.', !target.includes(name)) ?? digitsLost(values),
    ]),
    ...target.map((name) => [name, oddTarget(presentOf(name), !!classes, options)]),
  ].flatMap(([name, why]) => (why ? [`'${name}' ${why}`] : []));
  const isMeasured = numbers.some(([, values]) => new Set(values).size > FEW_VALUES);
  const copies =
    rows.length - new Set(rows.map((row) => JSON.stringify(readOf(sheet, row, [...names, ...target])))).size;
  const isChance = () => copies <= 3 * pairsByChance([...names, ...target].map(textsOf), rows.length);
  if (isMeasured && rows.length >= FEW && copies * 5 >= rows.length && !isChance())
    misread.push(`${copies} of ${rows.length} rows repeat others: on copies of training rows a test looks too good`);
  const found = options.columns ? [] : rarelyHelpful(table, asNumbers, textsOf);
  if (misread.length + found.length === 0) return null;
  const doubted = new Set(found.map(([name]) => name));
  return {
    why: [...misread, ...found.map(([name, why]) => `'${name}' ${why}`)].join('; '),
    others: doubted.size ? names.filter((name) => !doubted.has(name)) : [],
  };
}

/** Inputs that rarely help to predict new rows, and why. asNumbers: the columns of numbers. */
function rarelyHelpful(
  { columns, target, classes }: Table,
  asNumbers: readonly string[],
  textsOf: (column: string) => (string | null)[],
): [name: string, why: string][] {
  const names = columns.map(({ name }) => name);
  const isOfClasses = classes !== null;
  const targets = target.map(textsOf);
  return names.flatMap((name): [string, string][] => {
    const texts = textsOf(name);
    if (texts.length < FEW) return [];
    const copied = target.find((_, c) => (isOfClasses ? isRenamed(texts, targets[c]) : isEqual(texts, targets[c])));
    if (copied !== undefined) return [[name, `goes with the target '${copied}' in each row: a net would only copy it`]];
    const unit = target.find((_, c) => !isOfClasses && names.length > 1 && areInOneLine(texts, targets[c]));
    if (unit !== undefined) return [[name, `is the target '${unit}' in another unit: a net would only copy it`]];
    const present = texts.filter((text) => text !== null);
    if (new Set(present).size === 1 && present.length === texts.length)
      return [[name, 'is the same in each row: it tells nothing']];
    if (names.length > 1 && areIds(present)) return [[name, 'has a different whole number in each row, as ids have']];
    if (names.length > 1 && asNumbers.includes(name) && isNamedId(name, present))
      return [[name, 'has the name of an id: leave it out, or name it in categories']];
    return [];
  });
}

/** How many pairs of n rows would be equal if the columns did not depend on each other: n^2 / 2 prod_c sum_x p_c(x)^2. A few columns of
 *  whole numbers and categories have many equal pairs although no row was entered twice. */
function pairsByChance(columns: readonly (string | null)[][], n: number): number {
  return columns.reduce(
    (pairs, texts) => {
      const counts = new Map<string | null, number>();
      for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
      return [...counts.values()].reduce((sum, count) => sum + (count / n) ** 2, 0) * pairs;
    },
    n ** 2 / 2,
  );
}

/** The cells of a row in these columns. */
function readOf(sheet: Sheet, row: Row, columns: readonly string[]): (string | null)[] {
  return columns.map((column) => sheet.cell(row, sheet.indexOf(column)));
}

/** Why a target is doubtful: it is the same in all rows, its numbers are probably classes, or its classes are probably numbers; null if none
 *  of this holds. */
function oddTarget(texts: readonly string[], isOfClasses: boolean, { classes }: CsvOptions): string | null {
  const values = [...new Set(texts)].sort((a, b) => Number(a) - Number(b));
  if (texts.length >= FEW && values.length === 1) return `is '${values[0]}' in each row: there is nothing to predict`;
  if (texts.length < FEW || !values.every((text) => Number.isInteger(Number(text)))) return null;
  if (isOfClasses)
    return classes === true && values.length * 2 > texts.length
      ? `has ${values.length} classes in ${texts.length} rows: to predict numbers, leave the option classes out`
      : null;
  const mayBeClasses = values.length <= 2 || (values.length <= FEW_VALUES && texts.length >= MANY);
  if (classes !== undefined || !mayBeClasses || values.length < 2) return null;
  return `is predicted as a number: it holds ${values.join(', ')}; the option classes makes them classes`;
}

/** `10%`, `$10`, `1,000.5` or `0x1F`: a number to a reader, a text to a program. `01.02.2024`, `10.0.0.1` and `1.2.3` are not. */
const NUMBER = /^[-+(]?\s?\p{Sc}?\s?(0x[\da-f]+|\d+([.,' ]\d{3})*([.,]\d+)?)\s?(%|\p{Sc}|\))?$/iu;

/** `12 kg`, `3.5m`: a number and its unit. `1A` is a grade. */
const MEASURE = /^[-+]?\d+(?:[.,]\d+)*\s?(\p{L}[\p{L}/²³]*)$(?<!^\d[A-E])/u;

/** `2024-01-31`, `31.01.2024`, `1/31/24`, with or without a time. */
const DATE = /^(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3(\d{4}|\d\d))([ T].*)?$/;

/** Why texts are doubtful categories: all of them mean numbers, perhaps of one unit, or dates; `oddNames` finds a reason; or two look alike.
 *  null if none of this holds. classes: the option, for the target. */
function oddTexts(texts: readonly string[], classes?: CsvOptions['classes']): string | null {
  const number = texts.find((text) => Number.isNaN(Number(text)) || /^0x/i.test(text));
  if (number !== undefined && texts.every((text) => NUMBER.test(text)))
    return `holds numbers that are read as categories: '${number}'; write plain numbers`;
  const units = new Set(texts.map((text) => MEASURE.exec(text)?.[1]));
  const unit = [...units][0];
  if (units.size === 1 && unit && new Set(texts).size > 1)
    return `holds numbers that are read as categories: '${texts[0]}'; write them without '${unit}'`;
  if (new Set(texts).size > 1 && texts.every((text) => DATE.test(text)))
    return `holds dates that are read as categories: '${texts[0]}'; write days as numbers`;
  const odd = oddNames(texts, classes);
  if (odd !== null) return odd;
  const seen = new Map<string, string>();
  for (const text of texts) {
    // Hidden characters count as blanks.
    const look = ` ${text.normalize().toLowerCase()} `.replace(/[\s\p{Cf}]+/gu, ' ');
    const other = seen.get(look) ?? text;
    if (other !== text) return `has categories that look alike: '${other}' and '${text}'`;
    seen.set(look, text);
  }
  return null;
}

/** Whether texts are different whole numbers, not all of them years, and lie too close for a coincidence or rise in small steps.
 *  Of n whole numbers drawn from a range of R, n^2 / 2R pairs are equal on average: 4 for R = n^2 / 8. So n different numbers in a smaller range are
 *  rarely measurements; incomes and populations have a larger one. */
function areIds(texts: readonly string[]): boolean {
  const numbers = texts.map(Number);
  if (numbers.length < FEW || new Set(numbers).size < numbers.length || !numbers.every(Number.isInteger)) return false;
  const [least, most] = numbers.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  if (least >= 1800 && most <= 2100) return false;
  const areRising = numbers.every((x, i) => i === 0 || x > numbers[i - 1]);
  const n = numbers.length;
  return most - least < Math.max(2 * n, n ** 2 / 8, areRising ? 50 * n : 0);
}

/** Whether two columns hold the same numbers or texts. */
function isEqual(some: readonly (string | null)[], others: readonly (string | null)[]): boolean {
  return some.every((text, i) => text === others[i] || (text !== null && Number(text) === Number(others[i])));
}

/** Whether each text of one column goes with one text of the other, and the reverse: the same classes, perhaps by other names. */
function isRenamed(some: readonly (string | null)[], others: readonly (string | null)[]): boolean {
  const [a, b, both] = [some, others, some.map((text, i) => JSON.stringify([text, others[i]]))].map((x) => new Set(x));
  return a.size > 1 && a.size === b.size && both.size === a.size;
}

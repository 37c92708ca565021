// Inputs of a table that rarely help to predict new rows: ids, constants, and copies of the target.
import type { Row, Sheet } from './sheet.js';
import type { Table } from './table.js';

/** Columns to doubt, and why. */
export interface Doubts {
  /** `'id' has a different whole number in each row, as ids have`, .. */
  why: string;
  /** The inputs without them. */
  others: readonly string[];
}

/** From this number of rows on, measured whole numbers usually repeat. */
const MANY = 50;
/** From this number of rows on, numbers that count the rows are no accident, and neither is a column that goes with the classes. */
const FEW = 10;

/** The inputs to doubt; null if there are none. */
export function doubtsOf(sheet: Sheet, rows: readonly Row[], { columns, target, classes }: Table): Doubts | null {
  if (rows.length < FEW) return null;
  const names = columns.map(({ name }) => name);
  const textsOf = (column: string) => rows.map((row) => sheet.cell(row, sheet.indexOf(column)));
  const targets = target.map(textsOf);
  const found = names.flatMap((name) => {
    const texts = textsOf(name);
    const copied = target.find((_, c) => (classes ? isRenamed(texts, targets[c]) : isEqual(texts, targets[c])));
    if (copied !== undefined) return [[name, `goes with the target '${copied}' in each row: a net would only copy it`]];
    const present = texts.filter((text) => text !== null);
    if (new Set(present).size === 1 && present.length === rows.length)
      return [[name, 'is the same in each row: it tells nothing']];
    if (names.length > 1 && areIds(present))
      return [[name, 'has a different whole number in each row, as ids have: a net learns these by heart']];
    return [];
  });
  if (found.length === 0) return null;
  const doubted = new Set(found.map(([name]) => name));
  return {
    why: found.map(([name, why]) => `'${name}' ${why}`).join('; '),
    others: names.filter((name) => !doubted.has(name)),
  };
}

/** Whether texts are different whole numbers, and either many, or in rising order, or without large gaps. */
function areIds(texts: readonly string[]): boolean {
  const numbers = texts.map(Number);
  if (numbers.length < FEW || new Set(numbers).size < numbers.length || !numbers.every(Number.isInteger)) return false;
  const [least, most] = numbers.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  const areRising = numbers.every((x, i) => i === 0 || x > numbers[i - 1]);
  return numbers.length >= MANY || areRising || most - least < 2 * numbers.length;
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

// Doubtful columns of a table: inputs that rarely help to predict new rows (ids, constants, copies of the target), and texts that mean
// numbers or the same category.
import type { Row, Sheet } from './sheet.js';
import type { Table } from './table.js';

/** Doubtful columns, and why. */
export interface Doubts {
  /** `'id' has a different whole number in each row, as ids have`, .. */
  why: string;
  /** The inputs without those that rarely help; empty if all may help. */
  others: readonly string[];
}

/** From this number of rows on, measured whole numbers usually repeat. */
const MANY = 50;
/** From this number of rows on, a column that counts the rows or matches the classes is hardly a coincidence. */
const FEW = 10;

/** The doubtful columns; null if there are none. */
export function doubtsOf(sheet: Sheet, rows: readonly Row[], { columns, target, classes }: Table): Doubts | null {
  const names = columns.map(({ name }) => name);
  const textsOf = (column: string) => rows.map((row) => sheet.cell(row, sheet.indexOf(column)));
  const asCategories = [...columns.flatMap((c) => (c.kind === 'category' ? [c.name] : [])), ...(classes ? target : [])];
  const odd = asCategories.flatMap((name) => {
    const why = oddTexts(textsOf(name).filter((text) => text !== null));
    return why ? [`'${name}' ${why}`] : [];
  });
  const targets = target.map(textsOf);
  const found = names.flatMap((name) => {
    if (rows.length < FEW) return [];
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
  if (odd.length + found.length === 0) return null;
  const doubted = new Set(found.map(([name]) => name));
  return {
    why: [...odd, ...found.map(([name, why]) => `'${name}' ${why}`)].join('; '),
    others: doubted.size ? names.filter((name) => !doubted.has(name)) : [],
  };
}

/** `10%`, `$10`, `1,000.5` or `0x1F`: a number to a reader, a text to a program. `01.02.2024`, `10.0.0.1` and `1.2.3` are not. */
const NUMBER = /^[-+(]?\s?\p{Sc}?\s?(0x[\da-f]+|\d+([.,' ]\d{3})*([.,]\d+)?)\s?(%|\p{Sc}|\))?$/iu;

/** Why texts are doubtful categories: all of them mean numbers, or two differ in case only; null if they are not. */
function oddTexts(texts: readonly string[]): string | null {
  const number = texts.find((text) => Number.isNaN(Number(text)) || /^0x/i.test(text));
  if (number !== undefined && texts.every((text) => NUMBER.test(text)))
    return `holds numbers that are read as categories: '${number}'; write plain numbers`;
  const seen = new Map<string, string>();
  for (const text of texts) {
    const other = seen.get(text.toLowerCase());
    if (other !== undefined && other !== text)
      return `has categories that differ in case only: '${other}' and '${text}'`;
    seen.set(text.toLowerCase(), text);
  }
  return null;
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

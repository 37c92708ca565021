// What makes the cells of a column doubtful: numbers that stand for something else, and texts that stand for nothing.
import type { CsvOptions } from './csv.js';

/** Fewer cells show no pattern. */
const FEW = 10;

/** Marked thousands: 1234 as `1.234`, beside `987`. */
const THOUSANDS = /^[+-]?[1-9]\d{0,2}\.\d{3}$/;
/** A day as a number, such as 20240131. */
const DAY = /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/;
/** Numbers that programs write for a missing value. */
const NINES = /^(-99|[+-]?9{3,})(\.0+)?$/;
/** Texts that programs write for a missing value. `None` and `unknown` are usual categories. */
const NOTHING = /^(n\/?a|#n\/a|<na>|nan|null|nil|missing|\?|-+)$/i;
/** A number is far if its distance from the others is this many times their range. In 100 rows the others, standardized, then differ by at
 *  most about 0.1. */
const FAR = 100;
/** Rows, evenly chosen, that show whether two columns are in a line. */
const ENOUGH = 1000;
/** An extreme number that occurs more than once, and in more than one row of 20, is no error. `areInOneLine` omits one row of 20 at each end. */
const RARE = 20;

/** Why a column of numbers probably means something else; null if it does not. mark: the mark before its decimals in the file.
 *  isInput: whether it is an input. */
export function oddNumbers(texts: readonly string[], mark: string, isInput: boolean): string | null {
  if (texts.length < FEW) return null;
  const code = isInput && texts.every((text) => /^\d{3,}$/.test(text)) && texts.find((text) => text[0] === '0');
  if (code && new Set(texts.map(({ length }) => length)).size === 1)
    return `has leading zeros, as codes have: '${code}'; name it in categories`;
  if (texts.every((text) => DAY.test(text)) && new Set(texts).size > 1)
    return `holds dates that are read as numbers: '${texts[0]}'; write days as numbers that count them`;
  const thousand = texts.find((text) => THOUSANDS.test(text));
  const isWhole = (text: string) => /^[+-]?(0|[1-9]\d{0,2})$/.test(text);
  if (thousand && texts.some(isWhole) && texts.every((text) => THOUSANDS.test(text) || isWhole(text)))
    return `may have marks between thousands: '${thousand.replace('.', mark)}' is read as ${thousand}; write plain numbers`;
  return oddExtreme(texts);
}

/** Why the least or greatest number is doubtful: it stands for a missing value, or is far from all others; null if neither is. */
function oddExtreme(texts: readonly string[]): string | null {
  const values = Float64Array.from(new Set(texts.map(Number))).sort();
  if (values.length < 3) return null;
  for (const [extreme, next, last] of [
    [values[0], values[1], values.at(-1)!],
    [values.at(-1)!, values.at(-2)!, values[0]],
  ]) {
    const [gap, range] = [Math.abs(next - extreme), Math.abs(last - next)];
    if (gap <= range) continue;
    const same = texts.filter((text) => Number(text) === extreme);
    // A price may be 999.
    if (same.length > 1 && NINES.test(same[0]) && gap > (extreme < 0 ? 1 : 3) * range)
      return `has '${same[0]}' in ${same.length} rows: if it marks a missing value, name it in missingValues`;
    if (gap > FAR * range && (same.length === 1 || same.length * RARE <= texts.length))
      return `has '${same[0]}', farther from the others than ${FAR} times their range: is it an error?`;
  }
  return null;
}

/** Why a column of categories or classes is doubtful: a text in it stands for nothing, or most are numbers; null if it is not.
 *  classes: the option, for the target. */
export function oddNames(texts: readonly string[], classes?: CsvOptions['classes']): string | null {
  if (Array.isArray(classes)) return null;
  // + and - are a pair.
  const nothing = texts.includes('+') ? undefined : texts.find((text) => NOTHING.test(text));
  if (nothing !== undefined && texts.some((text) => text !== nothing))
    return `has the category '${nothing}': if it marks a missing value, name it in missingValues`;
  const others = texts.filter((text) => Number.isNaN(Number(text)));
  if (classes === true || texts.length < FEW || others.length === 0 || others.length * 5 > texts.length) return null;
  return `holds numbers and '${others[0]}': all are read as categories`;
}

/** Whether the name of a column says that its whole numbers only name things: `id`, `customer_id`, `orderId`. Two numbers are a yes and a
 *  no, as in `has_id`. */
export function isNamedId(name: string, texts: readonly string[]): boolean {
  const isNamed = /(^|[_\s.-])(id|uuid)$/i.test(name) || /[a-z]I[dD]$/.test(name);
  return isNamed && texts.every((text) => /^\d+$/.test(text)) && new Set(texts).size > 2;
}

/** Whether two columns of numbers hold the same in two units: y = a + b x, to rounding. The least and greatest x are left out, because a row
 *  of sums would make a line of any two columns. */
export function areInOneLine(some: readonly (string | null)[], others: readonly (string | null)[]): boolean {
  const every = Math.ceil(some.length / ENOUGH);
  const all = some.flatMap((text, i): [number, number][] =>
    i % every > 0 || text === null || others[i] === null ? [] : [[Number(text), Number(others[i])]],
  );
  if (all.length < FEW) return false;
  const ends = Math.ceil(all.length / RARE);
  const pairs = all.sort(([a], [b]) => a - b).slice(ends, -ends);
  const [mx, my] = [0, 1].map((k) => pairs.reduce((sum, pair) => sum + pair[k] / pairs.length, 0));
  let [xx, xy, yy] = [0, 0, 0];
  for (const [x, y] of pairs) {
    xx += (x - mx) ** 2;
    xy += (x - mx) * (y - my);
    yy += (y - my) ** 2;
  }
  return xx > 0 && yy > 0 && xy * xy > (1 - 1e-6) * xx * yy;
}

// The range of a hyper-parameter as text: log(a,b), uniform(a,b), integer(a,b), or a list of values.
import { checkRange, type Range, type Value } from '../../sweep/space.js';
import { Failure, refuse } from '../failure.js';
import { oneOf } from '../options/parsers.js';

/** Makes the parser of a hyper-parameter's range from the parser of one value: log(a,b), uniform(a,b), integer(a,b), or values with commas between
 *  them; lists are separated by |. */
export function rangeOf(
  one: (text: string, option: string) => Value,
  isList: boolean,
): (text: string, option: string) => Range {
  return (text, option) => {
    const [, kind, ends] = /^\s*([a-z]+)\(([^()]*)\)\s*$/i.exec(text) ?? [];
    if (kind === undefined) {
      if (/[()]/.test(text))
        throw refuse(`${option}: not a range: '${text}'; write log(a,b), uniform(a,b), integer(a,b) or a,b,c`);
      const parts = text.split(isList ? '|' : ',').map((part) => part.trim());
      if (parts.includes('')) throw refuse(`${option}: a value is missing: '${text}'`);
      try {
        return checkedRange(option, { values: parts.map((part) => one(part, option)) });
      } catch (error) {
        // A text without | is one list: the user may have meant several.
        if (!(error instanceof Failure) || !isList || parts.length > 1) throw error;
        throw refuse(
          `${error.message}; quote several lists with | between them, for example '0.9,0.99|0.9,0.999'`,
          error,
        );
      }
    }
    const name = oneOf(['log', 'uniform', 'integer'] as const)(kind.toLowerCase(), option);
    const numbers = ends.split(',').map((part) => one(part.trim(), option));
    return checkedRange(option, { [name]: numbers } as unknown as Range);
  };
}

/** Returns the range. Throws Failure unless `checkRange` accepts it. */
function checkedRange(option: string, range: Range): Range {
  try {
    checkRange(option, range);
    return range;
  } catch (error) {
    throw refuse((error as Error).message, error);
  }
}

/** The text of a range, as an option takes it. */
export function textOfRange(range: Range): string {
  if ('values' in range)
    return range.values.map((value) => String(value)).join(range.values.some(Array.isArray) ? '|' : ',');
  const [[kind, ends]] = Object.entries(range);
  return `${kind}(${ends.join(',')})`;
}

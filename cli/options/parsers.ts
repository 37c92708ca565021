// Parsers of option values, and functions that make parsers. A parser returns the value of a text, or throws Failure.
import { choose, refuse } from '../failure.js';

type Parser<T> = (text: string, option: string) => T;

/** Any text. */
export const text: Parser<string> = (text) => text;

/** The path of a file or folder. */
export const path: Parser<string> = (text, option) => {
  if (/^~[\\/]/.test(text))
    throw refuse(
      `${option}: '${text}': the shell did not replace ~, as it does at the beginning of a word; write $HOME`,
    );
  if (text.trim() !== '' && !text.includes('\0')) return text;
  throw refuse(`${option}: not a path: '${text}'; give the path of a file or folder`);
};

/** An integer. least, most: the range. Default: any. */
export function integer(least = -Infinity, most = Infinity): Parser<number> {
  const range = most < Infinity ? ` from ${least} to ${most}` : least > -Infinity ? ` of at least ${least}` : '';
  return (text, option) => {
    const n = Number(text);
    if (/^[-+]?\d+$/.test(text) && Number.isSafeInteger(n) && n >= least && n <= most) return n;
    throw refuse(`${option}: must be an integer${range}: '${text}'`);
  };
}

/** A finite number in decimal notation. */
export const number: Parser<number> = (text, option) => {
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && Number.isFinite(Number(text))) return Number(text);
  throw refuse(`${option}: not a number: '${text}'; write it as 0.001 or 1e-3`);
};

/** A number in a range. range: its words in the message, after `must`. */
export function numberWhere(holds: (x: number) => boolean, range: string): Parser<number> {
  return (text, option) => {
    const x = number(text, option);
    if (holds(x)) return x;
    throw refuse(`${option}: must ${range}: '${text}'`);
  };
}

/** A positive number. */
export const positive = numberWhere((x) => x > 0, 'be positive');

/** `true` or `false`. */
export const boolean: Parser<boolean> = (text, option) => {
  if (text === 'true' || text === 'false') return text === 'true';
  throw refuse(`${option}: must be true or false: '${text}'`);
};

/** One of the names. */
export function oneOf<T extends string>(names: readonly T[]): Parser<T> {
  return (text, option) => choose(option, text, names);
}

/** Several values with commas between them. */
export function listOf<T>(parse: Parser<T>): Parser<T[]> {
  return (text, option) => {
    const items = text.split(',').map((item) => item.trim());
    if (items.includes('')) throw refuse(`${option}: a value is missing: '${text}'; separate values by one comma`);
    return items.map((item) => parse(item, option));
  };
}

/** Several values with commas between them, each once. */
export function setOf<T>(parse: Parser<T>): Parser<T[]> {
  return (text, option) => {
    const values = listOf(parse)(text, option);
    const twice = values.find((value, i) => values.indexOf(value) !== i);
    if (twice === undefined) return values;
    throw refuse(`${option}: ${twice} is listed twice: '${text}'`);
  };
}

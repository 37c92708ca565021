// Parsers of option values. Each makes a function that returns the value of a text, or throws Failure.
import { choose, refuse } from '../failure.js';

type Parser<T> = (text: string, option: string) => T;

/** Any text, such as a path. */
export const text: Parser<string> = (text) => text;

/** An integer. least: the smallest allowed. Default: any. */
export function integer(least?: number): Parser<number> {
  return (text, option) => {
    const n = Number(text);
    if (/^[-+]?\d+$/.test(text) && Number.isSafeInteger(n) && (least === undefined || n >= least)) return n;
    throw refuse(`${option}: must be an integer${least === undefined ? '' : ` of at least ${least}`}: '${text}'`);
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
  return (text, option) => text.split(',').map((item) => parse(item.trim(), option));
}

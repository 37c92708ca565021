// Checks the texts of a checkpoint and the records of a run. No value from JSON.parse is used before it has passed a check. A check
// takes the value and its name for messages; it returns the value or throws DataError.
import { DataError, showValue } from '../core/index.js';

/** A value that JSON can express. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Returns the value with its type. Throws DataError, whose message begins with `what`, if it has another type. */
export type Check<T> = (value: unknown, what: string) => T;

/** Levels of lists and objects that JSON may have: far more than a checkpoint has, and few enough for recursion. */
const DEEPEST = 16;

function check<T>(expected: string, holds: (value: unknown) => boolean): Check<T> {
  return (value, what) => {
    if (holds(value)) return value as T;
    const shown =
      typeof value === 'string' ? JSON.stringify(value) : value === undefined ? 'nothing' : showValue(value);
    throw new DataError(`${what}: ${expected}: ${shown.length > 60 ? `${shown.slice(0, 60)}..` : shown}; damaged?`);
  };
}

/** A finite number: JSON.parse turns 1e999 into Infinity. */
export const number = check<number>('must be a number', (v) => Number.isFinite(v));
/** A finite number of at least 0, as a duration. */
export const amount: Check<number> = (value, what) => notNegative(number(value, what), what);
const notNegative = check<number>('must be at least 0', (v) => (v as number) >= 0);
/** A number in [0, 1]. */
export const share: Check<number> = (value, what) => inUnit(number(value, what), what);
const inUnit = check<number>('must lie in [0, 1]', (v) => (v as number) >= 0 && (v as number) <= 1);
/** A string. */
export const text = check<string>('must be a text', (v) => typeof v === 'string');
/** true or false. */
export const flag = check<boolean>('must be true or false', (v) => typeof v === 'boolean');
/** One of these strings. */
export const oneOf = <T extends string>(...allowed: T[]): Check<T> =>
  check(`must be one of ${allowed.join(', ')}`, (v) => (allowed as unknown[]).includes(v));
/** true, for a key that is otherwise absent. */
export const isTrue: Check<true> = check('must be true', (v) => v === true);
/** An integer of at least `least`. */
export const integer = (least: number): Check<number> =>
  check(`must be an integer of at least ${least}`, (v) => Number.isSafeInteger(v) && (v as number) >= least);

/** Throws DataError for a key `__proto__`: assigning it to an object would replace that object's prototype. */
function refusePrototype(v: object, what: string): void {
  if (Object.hasOwn(v, '__proto__'))
    throw new DataError(`${what}: a key that is refused: "__proto__"; a hostile file?`);
}

const isObject = (v: unknown) => typeof v === 'object' && v !== null && !Array.isArray(v);

/** Any JSON without a key `__proto__` and with at most 16 levels. */
export const json: Check<Json> = (value, what) => {
  const walk = (v: unknown, depth: number): void => {
    if (typeof v !== 'object' || v === null) return;
    if (depth === DEEPEST)
      throw new DataError(`${what}: nested too deep: more than ${DEEPEST} levels; a hostile file?`);
    refusePrototype(v, what);
    for (const inner of Object.values(v)) walk(inner, depth + 1);
  };
  walk(value, 0);
  return value as Json;
};

/** null, or a value that passes the check. */
export function orNull<T>(one: Check<T>): Check<T | null> {
  return (value, what) => (value === null ? null : one(value, what));
}

/** A value that passes the check, or undefined: for a key of `objectOf` that may be missing. */
export function optional<T>(one: Check<T>): Check<T | undefined> {
  return (value, what) => (value === undefined ? undefined : one(value, what));
}

/** A list whose items pass the check, of any length or of `length`. */
export function listOf<T>(one: Check<T>, length?: number): Check<T[]> {
  const list = check<unknown[]>(
    length === undefined ? 'must be a list' : `must be a list of ${length}`,
    (v) => Array.isArray(v) && v.length === (length ?? v.length),
  );
  return (value, what) => list(value, what).map((v, i) => one(v, `${what}[${i}]`));
}

/** An object with any keys, whose values pass the check. */
export function recordOf<T>(one: Check<T>): Check<Record<string, T>> {
  const record = check<Record<string, unknown>>('must be an object', isObject);
  return (value, what) => {
    const found = record(value, what);
    refusePrototype(found, what);
    return Object.fromEntries(Object.entries(found).map(([key, v]) => [key, one(v, `${what}.${key}`)]));
  };
}

/** An object with these keys, in this order, each value passing its check; other keys are dropped. */
export function objectOf<T extends object>(checks: { [K in keyof T]-?: Check<T[K]> }): Check<T> {
  const record = check<Record<string, unknown>>('must be an object', isObject);
  return (value, what) => {
    const found = record(value, what);
    const entries = Object.entries<Check<unknown>>(checks).flatMap(([key, one]) => {
      const checked = one(Object.hasOwn(found, key) ? found[key] : undefined, `${what}.${key}`);
      return checked === undefined ? [] : [[key, checked]];
    });
    return Object.fromEntries(entries) as T;
  };
}

// What a text in a checkpoint may hold. A check takes a value and what to call it, and returns the value or throws
// DataError: nothing that JSON.parse gives is used before it has passed one.
import { DataError } from '../core/index.js';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Returns the value as what it was found to be. Throws DataError that begins with `what`. */
export type Check<T> = (value: unknown, what: string) => T;

/** Levels of lists and objects: far more than a checkpoint has, and few enough to be walked. */
const DEEPEST = 16;

function check<T>(expected: string, holds: (value: unknown) => boolean): Check<T> {
  return (value, what) => {
    if (holds(value)) return value as T;
    const shown = JSON.stringify(value) ?? 'nothing';
    throw new DataError(`${what}: ${expected}: ${shown.length > 60 ? `${shown.slice(0, 60)}..` : shown}; damaged?`);
  };
}

/** A finite one: JSON.parse makes infinity of 1e999. */
export const number = check<number>('must be a number', (v) => Number.isFinite(v));
export const text = check<string>('must be a text', (v) => typeof v === 'string');
export const integer = (least: number): Check<number> =>
  check(`must be an integer of at least ${least}`, (v) => Number.isSafeInteger(v) && (v as number) >= least);

/** JSON.parse takes the key as any other; assigning it to an object would exchange that object's prototype. */
function refusePrototype(v: object, what: string): void {
  if (Object.hasOwn(v, '__proto__'))
    throw new DataError(`${what}: a key that is refused: "__proto__"; a hostile file?`);
}

const isObject = (v: unknown) => typeof v === 'object' && v !== null && !Array.isArray(v);

/** Anything but a `__proto__` and a tower of brackets. */
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

export function orNull<T>(one: Check<T>): Check<T | null> {
  return (value, what) => (value === null ? null : one(value, what));
}

export function listOf<T>(one: Check<T>, length?: number): Check<T[]> {
  const list = check<unknown[]>(
    length === undefined ? 'must be a list' : `must be a list of ${length}`,
    (v) => Array.isArray(v) && v.length === (length ?? v.length),
  );
  return (value, what) => list(value, what).map((v, i) => one(v, `${what}[${i}]`));
}

/** An object with any keys. */
export function recordOf<T>(one: Check<T>): Check<Record<string, T>> {
  const record = check<Record<string, unknown>>('must be an object', isObject);
  return (value, what) => {
    const found = record(value, what);
    refusePrototype(found, what);
    return Object.fromEntries(Object.entries(found).map(([key, v]) => [key, one(v, `${what}.${key}`)]));
  };
}

/** An object with these keys; others are left out. */
export function objectOf<T extends object>(checks: { [K in keyof T]: Check<T[K]> }): Check<T> {
  const record = check<Record<string, unknown>>('must be an object', isObject);
  return (value, what) => {
    const found = record(value, what);
    const entries = Object.entries<Check<unknown>>(checks).map(([key, one]) => {
      return [key, one(Object.hasOwn(found, key) ? found[key] : undefined, `${what}.${key}`)];
    });
    return Object.fromEntries(entries) as T;
  };
}

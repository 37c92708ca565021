// Forgeries: a JSON value with one place changed, as by an attacker who renews the checksum.
import type { Stream } from '../../core/index.js';

/** A place in a JSON value: keys and indices from its root. */
export type Path = readonly (string | number)[];

/** A changed value, and what was changed. */
export interface Forgery<T> {
  value: T;
  what: string;
}

/** Keys that every object inherits. */
const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'];
const WRONG: unknown[] = [
  null,
  true,
  '',
  'x',
  'constructor',
  [],
  [[]],
  {},
  { constructor: 1 },
  -1,
  0,
  0.5,
  1e308,
  -1e308,
  2 ** 53,
];

/** Each changes at most one place: it sets another value or number, removes, renames or copies a key, or makes a list longer or shorter by an item. */
const changes: ((root: Holder, path: Path, random: Stream) => string)[] = [
  (root, path, random) => set(root, path, pick(WRONG, random)),
  (root, path, random) => {
    const value = get(root, path);
    if (typeof value !== 'number') return set(root, path, pick(WRONG, random));
    return set(root, path, pick([-value, value + 1, value - 1, value + 0.5, value * 1e9, value * 1e300, null], random));
  },
  (root, path, random) => {
    const value = get(root, path);
    return set(
      root,
      path,
      Array.isArray(value) ? (random.below(2) ? value.slice(1) : value.slice(0, -1)) : pick(INHERITED, random),
    );
  },
  (root, path, random) => {
    const value = get(root, path);
    return set(root, path, Array.isArray(value) && value.length > 0 ? [...value, value[0]] : [value, random.below(3)]);
  },
  (root, path) => {
    const holder = get(root, path.slice(0, -1)) as Record<string, unknown>;
    delete holder[path.at(-1)!];
    return 'removed';
  },
  (root, path, random) => {
    const [holder, key] = [get(root, path.slice(0, -1)) as Record<string, unknown>, pick(INHERITED, random)];
    define(holder, key, get(root, path));
    if (random.below(2)) delete holder[path.at(-1)!];
    return `key ${key}`;
  },
];

interface Holder {
  value: unknown;
}

/** Yields `count` forgeries of a JSON value, each with one place changed in a random way. The places, at any depth, take turns, from a random
 *  one on. */
export function* forge<T>(value: T, random: Stream, count: number): Generator<Forgery<T>> {
  const places = [...placesOf({ value }, [])];
  const start = random.below(places.length);
  for (let i = 0; i < count; i++) {
    const path = places[(start + i) % places.length];
    const root: Holder = { value: structuredClone(value) };
    const what = pick(changes, random)(root, path, random);
    // Through JSON, which has no NaN, infinities or undefined.
    yield { value: toJson(root.value) as T, what: `${path.slice(1).join('.')}: ${what}` };
  }
}

/** Every place in a value. Of lists with many items, the first two and the last. */
function* placesOf(value: unknown, path: Path): Generator<Path> {
  if (path.length > 0) yield path;
  if (Array.isArray(value)) {
    for (const i of new Set([0, 1, value.length - 1]))
      if (i < value.length && i >= 0) yield* placesOf(value[i], [...path, i]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* placesOf(inner, [...path, key]);
  }
}

function get(root: Holder, path: Path): unknown {
  return path.reduce<any>((inner, key) => inner[key], root);
}

function set(root: Holder, path: Path, value: unknown): string {
  define(get(root, path.slice(0, -1)) as object, path.at(-1)!, value);
  return JSON.stringify(value)?.slice(0, 60) ?? 'nothing';
}

/** Defines a key, because assigning to `__proto__` would not make one. */
function define(holder: object, key: string | number, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** A value after JSON; undefined becomes null. */
function toJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? 'null');
}

function pick<T>(list: readonly T[], random: Stream): T {
  return list[random.below(list.length)];
}

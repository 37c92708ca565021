// The space of a sweep: for each method, what each of its hyper-parameters may be.
//
//   { sgdm: { lr: { log: [1e-3, 1] } },
//     adam: { lr: { log: [1e-5, 1e-1] }, betas: { values: [[0.9, 0.999], [0.95, 0.99]] } } }
import { checkOptions, must, showValue, ValueError } from '../core/index.js';

/** The value of a hyper-parameter. */
export type Value = number | boolean | string | readonly number[];

/** What a hyper-parameter may be. */
export type Range =
  /** Between two positive numbers, evenly in the logarithm. */
  | { readonly log: readonly [from: number, to: number] }
  /** Between two numbers, evenly. */
  | { readonly uniform: readonly [from: number, to: number] }
  /** One of the integers from the first to the last, both included. */
  | { readonly integer: readonly [first: number, last: number] }
  /** One of these values. */
  | { readonly values: readonly Value[] };

/** The ranges of each method's hyper-parameters, by name. Methods are compared with each other; a method is for example an optimizer. */
export type Space = Readonly<Record<string, Readonly<Record<string, Range>>>>;

/** One value for each hyper-parameter of a method. */
export type Config = Readonly<Record<string, Value>>;

const KINDS = ['log', 'uniform', 'integer', 'values'] as const;

/** Whether a text can name a method or a hyper-parameter. `__proto__` as a key would change an object's prototype. */
const isName = (name: string) => name !== '' && name !== '__proto__';

/** Throws ValueError at the first entry that is not a range, with its path: `space.adam.lr: ..`. */
export function checkSpace(space: Space): void {
  const isObject = typeof space === 'object' && space !== null && !Array.isArray(space);
  must(isObject, 'sweep: space', 'an object of methods, as { adam: { lr: { log: [1e-5, 0.1] } } }', space);
  must(Object.keys(space).length > 0, 'sweep: space', 'an object with at least one method', space);
  for (const [method, ranges] of Object.entries(space)) {
    const path = `space.${method}`;
    must(isName(method), 'sweep: the name of a method', 'a text other than __proto__', method);
    const fits = typeof ranges === 'object' && ranges !== null && !Array.isArray(ranges);
    must(fits, path, 'an object of ranges, such as { lr: { log: [1e-5, 0.1] } }', ranges);
    if (KINDS.some((kind) => Array.isArray(ranges[kind])))
      throw new ValueError(`${path}: a range in place of a method; give { METHOD: { ${method}: .. } }`);
    for (const [name, range] of Object.entries(ranges)) {
      must(isName(name), `${path}: the name of a hyper-parameter`, 'a text other than __proto__', name);
      checkRange(`${path}.${name}`, range);
    }
  }
}

/** Throws ValueError unless a value is a range. path: its name for the message. */
export function checkRange(path: string, range: Range): void {
  checkOptions(path, range, KINDS);
  const given = KINDS.filter((kind) => Object.hasOwn(range, kind));
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    throw new ValueError(`${path}: takes one of ${KINDS.join(', ')}: ${found} given; as { log: [1e-5, 0.1] }`);
  }
  const [kind] = given;
  const content: unknown = (range as Record<string, unknown>)[kind];
  if (kind === 'values') {
    must(Array.isArray(content) && content.length > 0, `${path}: values`, 'a list of at least one value', content);
    content.forEach((value, i) =>
      must(isValue(value), `${path}: values[${i}]`, 'a number, text or flag, or a list of numbers', value),
    );
    const texts = content.map((value) => JSON.stringify(value));
    const twice = texts.find((text, i) => texts.indexOf(text) !== i);
    if (twice !== undefined) throw new ValueError(`${path}: values: ${twice} is listed twice; list it once`);
    return;
  }
  const isPair = Array.isArray(content) && content.length === 2 && content.every(Number.isFinite);
  must(isPair, `${path}: ${kind}`, 'a list of two finite numbers', content);
  const [from, to] = content as [number, number];
  if (kind === 'integer')
    must(content.every(Number.isSafeInteger), `${path}: integer`, 'a list of two integers', content);
  if (kind === 'log') must(from > 0, `${path}: log`, 'a list of two positive numbers', content);
  if (from >= to)
    throw new ValueError(`${path}: ${kind}: the second number must be the larger one: ${showValue(content)}`);
}

function isValue(value: unknown): value is Value {
  if (Array.isArray(value)) return value.length > 0 && value.every(Number.isFinite);
  return typeof value === 'number' ? Number.isFinite(value) : ['boolean', 'string'].includes(typeof value);
}

/** The number of different configurations of a method; infinite if a range is `log` or `uniform`. */
export function sizeOfSpace(ranges: Space[string]): number {
  return Object.values(ranges).reduce((product, range) => product * countOf(range), 1);
}

function countOf(range: Range): number {
  if ('values' in range) return range.values.length;
  return 'integer' in range ? range.integer[1] - range.integer[0] + 1 : Infinity;
}

// What a caller gave where something else was meant. Types refuse it, but a program in JavaScript has none.
import { DTypeError, ValueError } from './errors.js';
import type { Operation } from './op.js';
import { Tensor } from './tensor.js';

/** What a value is, for messages: `string "2"`, `number 2`, `an empty array`, `a Promise`, `undefined`. */
export function describeValue(value: unknown): string {
  if (value == null) return String(value);
  if (typeof value === 'string') return `string ${JSON.stringify(value.slice(0, 40))}`;
  // The functions that are operations are all made by one, and have their name in `op`.
  if (typeof value === 'function') return `function ${(value as Partial<Operation>).op?.name ?? value.name}`.trim();
  if (typeof value !== 'object') return `${typeof value} ${String(value)}`;
  if (Array.isArray(value)) return value.length ? 'an array' : 'an empty array';
  // A bundler may have renamed the class.
  const kind = value instanceof Tensor ? 'Tensor' : (value.constructor?.name ?? 'Object');
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** The tensor. Throws DTypeError for anything else, and says how to make one of it. */
export function checkTensor(what: string, value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  const remedy = value instanceof Promise ? 'await it' : 'tensor() makes one of numbers';
  throw new DTypeError(`${what}: takes a tensor: got ${describeValue(value)}; ${remedy}`);
}

/** The tensor. Throws DTypeError unless it is one of bool. */
export function checkBool(what: string, value: unknown): Tensor {
  const x = checkTensor(what, value);
  if (x.dtype === 'bool') return x;
  throw new DTypeError(`${what} must be bool: ${x.dtype}; compare it first`);
}

/** Throws ValueError for options that are no object, and for one that does not exist. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new ValueError(`${what}: options are an object of ${known.join(', ')}: got ${describeValue(options)}`);
  }
  const odd = Object.keys(options).find((key) => !known.includes(key));
  if (odd !== undefined) throw new ValueError(`${what}: unknown option: ${odd}; it has ${known.join(', ')}`);
}

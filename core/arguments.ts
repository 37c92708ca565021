// Argument checks. TypeScript finds most wrong arguments; these checks serve programs in JavaScript.
import type { PerAxis } from './backends/attributes.js';

import { BackendError, DTypeError, GradError, ShapeError, ValueError } from './errors.js';
import { nearestName } from './names.js';
import type { Operation } from './op.js';
import type { Random } from './random.js';
import { type Shape, sameShape, show } from './shape.js';
import { Tensor } from './tensor.js';
import { VERSION, VERSION_KEY } from './version.js';

/** Throws ValueError if a call has more than `most` arguments. undefined does not count: a wrapper may pass on an option that was not
 *  given. An index and a list may follow: `xs.map(relu)` and `xs.reduce(add)` pass them. `Array.from(xs, relu)` passes an index without
 *  a list. It looks like `round(x, 2)` and is refused. A function whose last parameter is its options needs no check: `sum(x, 0, true)`
 *  fails because true is not an object of options. */
export function atMost(most: number, what: string, args: ArrayLike<unknown>): void {
  if (args[most] !== undefined && !Array.isArray(args[most + 1]))
    throw new ValueError(`${what}: too many arguments: ${args.length}; at most ${most}`);
}

/** The kind of a value, for messages: `string "2"`, `number 2`, `an empty array`, `a Promise`, `undefined`. */
export function describeValue(value: unknown): string {
  if (value == null) return String(value);
  if (typeof value === 'string') return `string ${JSON.stringify(value.slice(0, 40))}`;
  // An operation is an anonymous function with its name in `op`.
  if (typeof value === 'function')
    return `${Reflect.get(value, Symbol.toStringTag) ?? 'function'} ${(value as Partial<Operation>).op?.name ?? value.name}`.trim();
  if (typeof value !== 'object') return `${typeof value} ${String(value)}`;
  if (Array.isArray(value)) return value.length ? 'an array' : 'an empty array';
  const version = Reflect.get(value, VERSION_KEY);
  // A bundler may rename the class Tensor, and adds _ to the name of a class that uses it.
  const kind = version ? 'Tensor' : `${value.constructor?.name || 'Object'}`.replace('_', '');
  if (version && !(value instanceof Tensor))
    return value.constructor === Tensor
      ? 'a Proxy of a Tensor'
      : `a Tensor of another copy of boundgrad, ${version} beside ${VERSION}`;
  if (isDetached(value)) return `a detached ${kind}`;
  return `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** `got a Tensor; <remedy>`. For a promise the remedy is to await it. */
export function got(value: unknown, remedy: string): string {
  return `got ${describeValue(value)}; ${value instanceof Promise ? 'await it' : remedy}`;
}

/** Throws ValueError unless a value fits: `<what> must be <kind>: <value>`. */
export function must(fits: boolean, what: string, kind: string, value: unknown): asserts fits {
  if (!fits) throw new ValueError(`${what} must be ${kind}: ${showValue(value)}`);
}

/** Returns the value if it is an integer of at least `least`. Throws ValueError otherwise. */
export function checkInteger(what: string, value: number, least = -Infinity): number {
  must(Number.isSafeInteger(value) && value >= least, what, `an integer${atLeast(least)}`, value);
  return value;
}

/** Returns the value if it is a finite number from `least` to `most`. Throws ValueError otherwise. */
export function checkFiniteNumber(what: string, value: unknown, least = -Infinity, most = Infinity): number {
  const fits = typeof value === 'number' && Number.isFinite(value) && value >= least && value <= most;
  must(fits, what, most < Infinity ? `a number from ${least} to ${most}` : `a finite number${atLeast(least)}`, value);
  return value;
}

const atLeast = (least: number) => (least > -Infinity ? ` of at least ${least}` : '');

/** Returns the value if it is a positive integer. Throws ValueError otherwise. */
export function checkCount(what: string, value: unknown): number {
  must(Number.isSafeInteger(value) && (value as number) > 0, what, 'a positive integer', value);
  return value as number;
}

/** Throws ValueError unless an optional value is a Random. */
export function checkRandom(what: string, random: unknown): void {
  // Any object with a `stream` method is accepted, so that a program can supply its own numbers.
  const fits = random === undefined || typeof (random as Random | null)?.stream === 'function';
  must(fits, `${what}: random`, 'a Random: new Random(1)', random);
}

/** Whether a value is a typed array whose buffer was transferred, for example to a worker: it has lost its values. */
export function isDetached(value: unknown): boolean {
  if (!ArrayBuffer.isView(value)) return false;
  try {
    return !new Uint8Array(value.buffer);
  } catch {
    return true;
  }
}

/** Returns the value if it is a tensor whose values exist. Throws DTypeError if it is not a tensor, ScopeError if its values were
 *  freed, GradError if `guarded()` made it and its values were overwritten since. */
export function checkTensor(what: string, value: unknown): Tensor {
  if (value instanceof Tensor) {
    value.check(what);
    return value;
  }
  const isList = Array.isArray(value) && value[0] instanceof Tensor;
  const remedy = isList
    ? 'take one of its tensors'
    : value === undefined
      ? 'is a return missing?'
      : 'tensor(values) makes one';
  throw new DTypeError(`${what}: takes a tensor: ${got(value, remedy)}`);
}

/** Throws BackendError if a tensor lives on a backend that can only be awaited. read: the method to await. */
export function checkReadable(what: string, { storage: { backend } }: Tensor, read = 'data'): void {
  if (!backend.readSync) throw new BackendError(`${what}: ${backend.name} cannot be read at once; await ${read}()`);
}

/** Throws GradError or ValueError unless a program may assign values to a tensor: it is a leaf and repeats no element. */
export function checkAssignable(what: string, t: Tensor): void {
  t.check(what);
  if (!t.isLeaf) throw new GradError(`${what}: not a leaf; assign to a detach().clone()`);
  if (t.size > 0 && t.shape.some((d, i) => d > 1 && !t.stride[i]))
    throw new ValueError(`${what}: a view that repeats elements: ${show(t.shape)}; assign to its base or a clone()`);
}

/** Returns the value if it is a tensor of bool. Throws DTypeError otherwise. */
export function checkBool(what: string, value: unknown): Tensor {
  const x = checkTensor(what, value);
  if (x.dtype === 'bool') return x;
  throw new DTypeError(`${what} must be bool: ${x.dtype}; compare it first`);
}

/** Whether a value is an object of named values. Lists, Maps, promises and tensors are not: an empty one would otherwise look like an
 *  empty object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(Symbol.iterator in value || typeof (value as { then?: unknown }).then === 'function')
  );
}

/** A property that throws ValueError when a program assigns it. */
export function unassignable(why: string, value?: unknown): PropertyDescriptor {
  return {
    get: () => value,
    set() {
      throw new ValueError(why);
    },
  };
}

/** Throws ValueError unless the value is plain JSON: `JSON.stringify` leaves out a function, and writes a NaN as null and a Map as {}. */
export function checkJson(what: string, value: unknown, depth = 0): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return;
  const isPlain = isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!(Array.isArray(value) || isPlain))
    throw new ValueError(
      `${what}: must be plain JSON: got ${describeValue(value)}; give a text or a number that stands for it`,
    );
  if (depth === 12) throw new ValueError(`${what}: nested too deep: more than 12 levels`);
  // `Array.from` has an undefined for each hole.
  const entries = Object.entries(Array.isArray(value) ? Array.from(value) : value);
  for (const [key, inner] of entries) checkJson(`${what}.${key}`, inner, depth + 1);
}

/** Throws ValueError unless `options` is an object with known keys only. */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  // A spread, which copies options, leaves out inherited ones and getters of a class.
  if (!isRecord(options) || known.some((key) => key in options && !Object.hasOwn(options, key)))
    throw new ValueError(`${what}: options are an object of ${known.join(', ')}: got ${describeValue(options)}`);
  for (const key in options) {
    if (known.includes(key)) continue;
    throw new ValueError(
      `${what}: unknown option: ${key}; it has ${known.join(', ') || 'no options'}${hint(key, known)}`,
    );
  }
}

/** A value for messages: numbers, true and false as they are, a list of numbers in brackets, all others by their kind. */
export function showValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && value.length && value.every((v) => typeof v === 'number')) return `[${value}]`;
  return describeValue(value);
}

/** Returns the value if it is one of the choices. Throws ValueError otherwise; the message suggests a choice with a similar name. */
export function checkChoice<T extends string>(what: string, noun: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  const [shown, near] = typeof value === 'string' ? [value, hint(value, choices)] : [describeValue(value), ''];
  throw new ValueError(`${what}: unknown ${noun}: ${shown}; one of ${choices.join(', ')}${near}`);
}

/** `; did you mean shuffle?`, or '' if no known name is near. */
function hint(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near ? `; did you mean ${near}?` : '';
}

/** Returns the value if it is true or false. Throws ValueError otherwise. */
export function checkFlag(what: string, value: boolean): boolean {
  must(typeof value === 'boolean', what, 'true or false', value);
  return value;
}

/** Returns [rows, columns] from one number or two. Throws ValueError unless they are integers of at least `least`. */
export function pairOf(what: string, value: number | readonly number[], least: number): PerAxis {
  const pair = (Array.isArray(value) ? [...value] : [value, value]) as unknown as PerAxis;
  const fits = pair.length === 2 && pair.every((v) => Number.isInteger(v) && v >= least);
  must(fits, what, `an integer of at least ${least}, or a list of two`, value);
  return pair;
}

/** Returns the index. Throws DTypeError if it is not an integer tensor, ShapeError if its shape differs from `shape`. */
export function checkIndex(what: string, index: Tensor, shape?: Shape): Tensor {
  const found = index instanceof Tensor ? index.dtype : describeValue(index);
  if (found !== 'int32') {
    throw new DTypeError(
      `${what}: the index must be an int32 tensor: ${found}; ${found === 'bool' ? 'where(mask, x, 0) selects by a mask' : 'cast it'}`,
    );
  }
  if (!shape || sameShape(index.shape, shape)) return index;
  throw new ShapeError(`${what}: the index must have the shape ${show(shape)}: ${show(index.shape)}`);
}

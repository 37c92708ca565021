// Argument checks of optim and theory. TypeScript finds most wrong arguments; these checks serve programs in JavaScript.
import { checkChoice, checkOptions, describeValue, isRecord, must, Tensor, ValueError } from '../core/index.js';

export { checkFunction, isRecord } from '../core/index.js';

/** Returns the value if it is a number of at least `least`; Infinity is allowed. Throws ValueError otherwise, and for NaN. */
export function checkNumber(what: string, value: unknown, least = -Infinity): number {
  must(
    typeof value === 'number' && value >= least,
    what,
    `a number${least > -Infinity ? ` of at least ${least}` : ''}`,
    value,
  );
  return value as number;
}

/** Throws ValueError unless the value is an object, and not a list. remedy: what the object holds. */
export function checkObject(what: string, value: unknown, remedy: string): void {
  if (isRecord(value)) return;
  throw new ValueError(`${what} must be an object: got ${describeValue(value)}; ${remedy}`);
}

/** Returns the numbers of a list, a Float32Array or a Float64Array. Throws ValueError if it is none of these, or holds anything else. */
export function checkNumbers(what: string, value: unknown): readonly number[] {
  if (!Array.isArray(value) && !(value instanceof Float64Array) && !(value instanceof Float32Array))
    throw new ValueError(`${what} must be a list of numbers: got ${describeValue(value)}`);
  // By position: the iterator of a typed array throws if its buffer was transferred.
  const list = Array.from({ length: value.length }, (_, i) => (value as ArrayLike<unknown>)[i]);
  const odd = list.find((n) => typeof n !== 'number');
  if (odd !== undefined || list.includes(undefined))
    throw new ValueError(`${what} must be a list of numbers: it holds ${describeValue(odd)}`);
  return list as number[];
}

/** Returns the tensors of a list. Throws ValueError if it is not a list, or holds anything else. */
export function checkTensors(what: string, value: unknown): Tensor[] {
  if (!isIterable(value))
    throw new ValueError(`${what}: parameters must be a list: got ${describeValue(value)}; pass model.parameters()`);
  return [...value].map((entry, i) => {
    if (entry instanceof Tensor) return entry;
    const remedy = Array.isArray(entry) ? 'pass parameters() in place of namedParameters()' : 'pass model.parameters()';
    throw new ValueError(`${what}: parameter ${i} is not a tensor: got ${describeValue(entry)}; ${remedy}`);
  });
}

/** Whether a value can be read by `for .. of`, and is neither a text, a typed array nor a tensor. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return (
    typeof (value as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] === 'function' &&
    typeof value !== 'string' &&
    !(value instanceof Tensor || ArrayBuffer.isView(value))
  );
}

/** Throws ValueError for hyper-parameters that an optimizer with these defaults does not take, with the known names. */
export function checkHyperNames(title: string, options: object, defaults: object): void {
  checkOptions(title, options, Object.keys({ ...defaults, nonFinite: 0, schedule: 0 }));
}

/** Throws ValueError for hyper-parameters of the wrong kind: each has the kind of its default, and a number may also be
 *  a function of the step. Domains are left to the rule. */
export function checkHyperKinds(title: string, hyper: object, defaults: object): void {
  const values = hyper as Record<string, unknown>;
  const check = (name: string, fits: boolean, kind: string) => must(fits, `${title}: ${name}`, kind, values[name]);
  for (const [name, byDefault] of Object.entries(defaults)) {
    const value = values[name];
    if (name === 'lr' || (value === undefined && byDefault === undefined)) continue;
    if (name === 'bounds') check(name, isBounds(value), 'a function that returns [lo, hi]');
    else if (name === 'box') check(name, isPair(value), 'a list [lower, upper]');
    else if (Array.isArray(byDefault)) check(name, Array.isArray(value) && value.every(isBeta), 'a list of numbers');
    else if (typeof byDefault === 'number') check(name, isBeta(value), 'a number');
    else if (byDefault !== undefined)
      check(name, typeof value === typeof byDefault, typeof byDefault === 'string' ? 'a text' : 'true or false');
  }
  const { nonFinite, schedule } = values;
  if (nonFinite !== undefined) checkChoice(title, 'nonFinite', nonFinite as string, ['throw', 'allow']);
  check('schedule', schedule === undefined || typeof schedule === 'function', 'a function like cosine(1000)');
}

/** Whether a value is a number or a function. A function should return a number for each step; it is not called here. */
export const isBeta = (value: unknown): boolean => typeof value === 'number' || typeof value === 'function';

const isTwo = (value: unknown) => Array.isArray(value) && value.length === 2;
const isPair = (value: unknown) => isTwo(value) && (value as unknown[]).every((v) => typeof v === 'number');
/** Whether a value is a function that returns two entries at step 1. */
export const isBounds = (value: unknown) => typeof value === 'function' && isTwo(value(1));

/** Warns if a group's lr is probably meant as a rate, although it is a factor on the rate that the optimizer estimates. Returns whether it
 *  did. */
export function warnOfFactor(title: string, group: { lr: number; baseLr?: number }): boolean {
  // A warm-up by hand may have changed `lr`.
  const { baseLr = group.lr } = group;
  const isSmall = baseLr > 0 && baseLr <= 0.01;
  if (isSmall) console.warn(`${title}: lr ${baseLr} is a factor on the rate that it estimates; leave it at 1`);
  return isSmall;
}

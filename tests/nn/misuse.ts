// Calls of exports with wrong arguments, for the tests of nn, models and datasets.
import { BoundgradError } from '../../core/index.js';

/** Some twenty arguments that most functions do not take. */
export const WRONG: readonly unknown[] = [
  undefined,
  null,
  0,
  -1,
  1.5,
  3,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e21,
  '',
  'text',
  true,
  false,
  Symbol('s'),
  10n,
  [],
  [3],
  ['a'],
  [null],
  {},
  { unknownOption: 1 },
  Object.create(null),
  () => undefined,
  new Map([['a', 1]]),
  new Float32Array(3),
  new Date(0),
  Promise.resolve(1),
];

type Callable = (...given: unknown[]) => unknown;

/** Whether a function is a class, which only `new` calls. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** Calls a function or constructor; the promise that it returns is awaited. Returns what it throws, or undefined. */
export async function thrown(value: unknown, given: readonly unknown[]): Promise<unknown> {
  try {
    const result = isClass(value)
      ? Reflect.construct(value as new () => unknown, given)
      : (value as Callable)(...given);
    await result;
  } catch (error) {
    return error;
  }
}

/** Calls with no argument, each wrong one, and each pair of equal ones. Returns a line for each error that is not the
 *  project's own. */
export async function rawErrors(name: string, value: unknown): Promise<string[]> {
  const found: string[] = [];
  for (const given of [[], ...WRONG.map((w) => [w]), ...WRONG.map((w) => [w, w]), ...WRONG.map((w) => [2, 2, w])]) {
    const error = await thrown(value, given);
    if (error === undefined || error instanceof BoundgradError) continue;
    found.push(
      `${name}(${given.map((g) => (typeof g === 'object' ? JSON.stringify(g) : String(g))).join(', ')}): ${error}`,
    );
  }
  return found;
}

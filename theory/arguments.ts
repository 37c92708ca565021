// Argument checks of online problems and theorems.
import { checkCount, checkFiniteNumber, checkOptions, describeValue, ValueError } from '../core/index.js';
import { checkFunction, checkNumbers, checkObject } from '../optim/arguments.js';
import type { Bounds } from '../optim/index.js';
import type { OnlineProblem } from './problems.js';

/** Periods are lists of slopes, which must fit into memory. */
const LONGEST_PERIOD = 1_000_000;

/** Returns the defaults, replaced by the options. Throws ValueError for an unknown option, and unless all are finite
 *  numbers. */
export function withDefaults<D extends Record<string, number>>(what: string, options: Partial<D>, defaults: D): D {
  checkObject(`${what}: options`, options, `it takes ${Object.keys(defaults).join(', ')}`);
  checkOptions(what, options, Object.keys(defaults));
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) checkFiniteNumber(`${what}: ${name}`, value);
  return { ...defaults, ...Object.fromEntries(given) };
}

/** Throws ValueError unless a period is a positive integer that fits into memory. */
export function checkPeriod(what: string, period: number): void {
  if (checkCount(what, period) <= LONGEST_PERIOD) return;
  throw new ValueError(`${what} must be at most ${LONGEST_PERIOD}: ${period}`);
}

/** Throws ValueError unless a value has the parts of an online problem: a set with `project`, a first point, losses and, optionally, the
 *  function `expected`. */
export function checkProblem(what: string, problem: OnlineProblem): void {
  checkObject(`${what}: the problem`, problem, 'online.cycle() makes one');
  checkObject(`${what}: the problem's set`, problem.set, 'online.box(-1, 1) makes one');
  checkFunction(`${what}: the problem's set.project`, problem.set.project, 'it moves a point into the set');
  checkNumbers(`${what}: the problem's x1`, problem.x1);
  checkFunction(`${what}: the problem's losses`, problem.losses, 'it returns the losses from t = 1 on');
  if (problem.expected !== undefined)
    checkFunction(`${what}: the problem's expected`, problem.expected, 'it returns the mean of f_t(x) - f_t(x*)');
}

/** Throws ValueError unless each of the named values is a number. Infinity and NaN are allowed. */
export function checkAllNumbers(what: string, values: object, names: readonly string[]): void {
  checkObject(what, values, `it has ${names.join(', ')}`);
  for (const name of names) {
    const value = (values as Record<string, unknown>)[name];
    if (typeof value !== 'number')
      throw new ValueError(`${what}: ${name} must be a number: got ${describeValue(value)}`);
  }
}

/** Returns [lo(t), hi(t)]. Throws ValueError unless `bounds` is a function that returns two numbers. */
export function boundsAt(what: string, bounds: Bounds, t: number): readonly [lo: number, hi: number] {
  checkFunction(`${what}: bounds`, bounds, 'converging(finalLr, gamma) returns one');
  const found: unknown = bounds(t);
  if (Array.isArray(found) && found.length === 2 && found.every((side) => typeof side === 'number'))
    return found as unknown as [number, number];
  throw new ValueError(`${what}: bounds at step ${t} must be [lo, hi]: got ${describeValue(found)}`);
}

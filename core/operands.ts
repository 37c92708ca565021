// Argument checks of operations: the tensor, its axes and the options of a call.
import { checkFlag, checkOptions, checkTensor, describeValue, must } from './arguments.js';
import { isCallable } from './callable.js';
import { ValueError } from './errors.js';
import { normalizeAxes, normalizeAxis } from './shape.js';
import type { Tensor } from './tensor.js';

/** The axis of x in 0..ndim-1. Throws DTypeError if x is not a tensor, ShapeError if it has no such axis. */
export function axisOf(what: string, x: Tensor, axis: number): number {
  return normalizeAxis(what, axis, checkTensor(what, x).ndim);
}

/** The axes of x that a reduction folds, sorted. Default: every axis. Throws DTypeError if x is not a tensor, ShapeError if
 *  it has no such axis, ValueError for an unknown option or one that is not true or false. */
export function axesOf(
  what: string,
  x: Tensor,
  axes: number | readonly number[] | undefined,
  options: object = {},
  known: readonly string[] = ['keepdim'],
): number[] {
  checkTensor(what, x);
  checkFlags(what, options, known);
  return normalizeAxes(what, axes, x.ndim);
}

/** Throws ValueError unless `options` is an object of the known names, each true, false or undefined. others: the names that may have
 *  another value. */
export function checkFlags(what: string, options: object, known: readonly string[], others?: readonly string[]): void {
  checkOptions(what, options, known);
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !others?.includes(name)) checkFlag(`${what}: ${name}`, value);
}

/** Throws ValueError unless the value is a list of at least one entry, DTypeError unless each is a tensor. */
export function checkTensors(what: string, list: readonly Tensor[]): void {
  if (!(Array.isArray(list) && list.length > 0))
    throw new ValueError(`${what}: takes a list of tensors, at least one: got ${describeValue(list)}`);
  for (const x of list) checkTensor(what, x);
}

/** Returns the value if it is a number. Throws ValueError otherwise. */
export function checkNumber(what: string, value: number): number {
  must(typeof value === 'number', what, 'a number', value);
  return value;
}

/** Throws ValueError unless the value is a function that needs no object. Passed alone, `model.forward` loses its model, unlike in Python.
 *  remedy: what the function does. */
export function checkFree(what: string, value: unknown, remedy: string): void {
  checkFunction(what, value, remedy);
  // The source of a method begins with its name and a parenthesis; that of an arrow function, which has its `this`, does not.
  const name = /^(?!(?:async|function)\b)([\w$]+)\s*\(.*\bthis\.[\w#]/s.exec(String(value))?.[1];
  if (name) throw new ValueError(`${what}: the method ${name} has lost its object; give (x) => model.${name}(x)`);
}

/** Throws ValueError unless the value is a function. remedy: what the function does. */
export function checkFunction(what: string, value: unknown, remedy: string): void {
  if (isCallable(value)) return;
  throw new ValueError(`${what} must be a function: got ${describeValue(value)}; ${remedy}`);
}

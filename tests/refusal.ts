// Errors that a call must end with.
import { BoundgradError } from '../core/index.js';
import { assert } from './spec.js';

type ErrorClass = new (...args: any[]) => Error;

/** The error that a call throws or rejects with. Fails if the call returns, or if the error is not of this class.
 *  Default: any error of the project. */
export async function refusalOf(call: () => unknown, kind: ErrorClass = BoundgradError): Promise<Error> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof kind, String(error));
    return error as Error;
  }
  throw new Error('nothing was refused');
}

/** Asserts that a promise rejects with an error of this class, and that its message matches. Default: any error of the project. */
export async function rejects(promise: Promise<unknown>, message: RegExp, kind?: ErrorClass): Promise<void> {
  assert.match((await refusalOf(() => promise, kind)).message, message);
}

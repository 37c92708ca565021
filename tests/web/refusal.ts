import { assert } from '../spec.js';

/** The text of the error of a class that `act` throws or rejects with. */
export async function refusalOf(type: new (...args: any[]) => Error, act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    assert.instance(error, type);
    return (error as Error).message;
  }
  return assert.unreachable('nothing was refused') as never;
}

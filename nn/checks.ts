// Argument checks.
import { describeValue, type Tensor, ValueError } from '../core/index.js';

/** Returns a number of features or channels. Throws ValueError unless it is a positive integer. */
export function checkCount(what: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new ValueError(
    `${what} must be a positive integer: ${typeof value === 'number' ? value : describeValue(value)}`,
  );
}

/** Calls `read`, which looks up `index` in `count` entries. If an index is out of range, the ValueError
 *  names it. noun: what an entry is, `row` or `class`.
 *  An asynchronous backend reports the index only when its result is read; that error does not name it. */
export function checkedLookup<T>(what: string, noun: string, index: Tensor, count: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const values = index.dataSync();
    const at = values.findIndex((i) => !(i >= 0 && i < count));
    const message = `${what}: no such ${noun}: ${values[at]} at index ${at}; there are ${count}, 0..${count - 1}`;
    throw at < 0 ? error : new ValueError(message, { cause: error });
  }
}

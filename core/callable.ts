/** Whether a value is a function that runs when it is called. A generator function, whose prototype has `next`, does not: its call only
 *  makes a generator. */
export function isCallable(value: unknown): boolean {
  return typeof value === 'function' && !value.prototype?.next;
}

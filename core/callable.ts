/** Whether a value is a function that runs when it is called. A generator function does not: its call only makes a generator. Its
 *  prototype has `next`. */
export function isCallable(value: unknown): boolean {
  return typeof value === 'function' && !value.prototype?.next;
}

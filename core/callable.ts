/** Whether a value is a function that runs when it is called. The call of a generator function only makes an object of its prototype,
 *  which has `next`. */
export function isCallable(value: unknown): boolean {
  return typeof value === 'function' && !value.prototype?.next;
}

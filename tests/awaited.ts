// A backend that can only be awaited, as a device is.
import { reference } from '../core/backends/reference.js';
import { onBackend } from './onBackend.js';

/** Runs a function on the loops without synchronous reads. */
export function onAwaited<T>(body: () => T | Promise<T>): Promise<T> {
  return onBackend({ ...reference, name: 'awaited', readSync: undefined }, body);
}

// A backend that can only be awaited, as a device is.
import { reference } from '../core/backends/reference.js';
import { setBackend } from '../core/index.js';

/** Runs a function on the loops without synchronous reads, then sets the reference backend. */
export async function onAwaited<T>(body: () => T | Promise<T>): Promise<T> {
  await setBackend({ ...reference, name: 'awaited', readSync: undefined });
  try {
    return await body();
  } finally {
    await setBackend('reference');
  }
}

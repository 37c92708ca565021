// Runs a part of a test on another backend.
import { type Backend, backend, setBackend } from '../core/index.js';

/** Runs a function on a backend, then sets the backend that was current before. */
export async function onBackend<T>(which: 'reference' | 'wasm' | Backend, body: () => T | Promise<T>): Promise<T> {
  const before = backend();
  await setBackend(which);
  try {
    return await body();
  } finally {
    await setBackend(before);
  }
}

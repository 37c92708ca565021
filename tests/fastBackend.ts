// The backend of tests that train and are not about backends.
import { existsSync } from 'node:fs';
import { setBackend } from '../core/index.js';

/** wasm; the loops, which are slower, if the folder of the kernels was deleted. */
export const fastBackend = existsSync('core/backends/wasm/backend.ts') ? 'wasm' : 'reference';

/** The function that makes a wasm backend; undefined if the folder of the kernels was deleted. esbuild only warns of a missing module
 *  whose import stands in a try block. */
export async function wasmIfPresent() {
  try {
    return (await import('../core/backends/wasm/backend.js')).wasm;
  } catch (error) {
    if (fastBackend === 'wasm') throw error;
  }
}

/** Runs a function on the fast backend, and then sets that of the loops. */
export async function onFastBackend<T>(body: () => T | Promise<T>): Promise<T> {
  await setBackend(fastBackend);
  try {
    return await body();
  } finally {
    await setBackend('reference');
  }
}

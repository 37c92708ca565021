// The backend of tests that train and are not about backends.
import { existsSync } from 'node:fs';
import { onBackend } from './onBackend.js';

/** 'wasm', or 'reference', which is slower, if the folder of the kernels was deleted. */
export const fastBackend = existsSync('core/backends/wasm/backend.ts') ? 'wasm' : 'reference';

/** The function that makes a wasm backend; undefined if the folder of the kernels was deleted. The import is in a try block, because
 *  esbuild then only warns if the module is missing. */
export async function wasmIfPresent() {
  try {
    return (await import('../core/backends/wasm/backend.js')).wasm;
  } catch (error) {
    if (fastBackend === 'wasm') throw error;
  }
}

/** Runs a function on the fast backend. */
export function onFastBackend<T>(body: () => T | Promise<T>): Promise<T> {
  return onBackend(fastBackend, body);
}

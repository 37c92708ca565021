// Which backend new tensors live on.
import { BackendError } from '../errors.js';
import type { Backend } from './backend.js';
import { reference } from './reference.js';

let current: Backend = reference;

/** The backend that new tensors live on. */
export function currentBackend(): Backend {
  return current;
}

/** The same; the name for programs: `backend().via('matmul')` says what runs. */
export const backend = currentBackend;

/** Chooses the backend of tensors made from now on: 'reference', 'wasm', or one of your own.
 *  Existing tensors stay where they are, and operands of two backends are refused.
 *  Throws BackendError for an unknown name, and where WebAssembly SIMD is missing. */
export async function setBackend(which: 'reference' | 'wasm' | Backend): Promise<Backend> {
  if (which && typeof which === 'object') current = which;
  else if (which === 'reference') current = reference;
  else if (which === 'wasm') current = await loadWasm();
  else throw new BackendError(`setBackend: unknown backend: ${String(which)}; one of reference, wasm`);
  return current;
}

async function loadWasm(): Promise<Backend> {
  let module: typeof import('./wasm.js');
  try {
    module = await import('./wasm.js');
  } catch (cause) {
    throw new BackendError(`setBackend: the wasm kernels did not load: ${(cause as Error).message}; use reference`, {
      cause,
    });
  }
  return module.wasm();
}

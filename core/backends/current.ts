// Which backend new tensors live on, and with how many threads.
import { BackendError, ValueError } from '../errors.js';
import type { Backend } from './backend.js';
import { cores } from './host.js';
import { reference } from './reference.js';

let current: Backend = reference;
/** As setThreads was told. */
let wanted = 1;

/** The backend that new tensors live on. */
export function currentBackend(): Backend {
  return current;
}

/** The same; the name for programs: `backend().via('matmul')` says what runs. */
export const backend = currentBackend;

/** Chooses the backend of tensors made from now on: 'reference', 'wasm', or one of your own.
 *  Existing tensors stay where they are, and operands of two backends are refused. The threads of the one before end.
 *  fma: for wasm, whether products and sums are fused, which is faster and rounds otherwise; where left out if the engine
 *  can. Throws BackendError for an unknown name, and where WebAssembly SIMD is missing. */
export async function setBackend(
  which: 'reference' | 'wasm' | Backend,
  options: { fma?: boolean } = {},
): Promise<Backend> {
  const before = current;
  if (which && typeof which === 'object') current = which;
  else if (which === 'reference') current = reference;
  else if (which === 'wasm') current = await loadWasm(options);
  else throw new BackendError(`setBackend: unknown backend: ${String(which)}; one of reference, wasm`);
  if (before !== current) await before.setThreads?.(1);
  await current.setThreads?.(wanted);
  return current;
}

/** Lets so many threads share the work of this backend and of those set later; where left out as many as the machine has
 *  cores, at most 4. Returns how many there are: 1 on a backend that has none, or where `backend().note` says why not.
 *  Results are the same bits for every number. Throws ValueError for what is no integer from 1 to 64. */
export async function setThreads(count?: number): Promise<number> {
  if (count !== undefined && !(Number.isInteger(count) && count >= 1 && count <= 64)) {
    throw new ValueError(
      `setThreads: must be an integer from 1 to 64: ${typeof count === 'number' ? count : `${typeof count} ${count}`}`,
    );
  }
  wanted = count ?? Math.min(4, cores());
  await current.setThreads?.(wanted);
  return threads();
}

/** How many threads share the work. */
export function threads(): number {
  return current.threads ?? 1;
}

async function loadWasm(options: { fma?: boolean }): Promise<Backend> {
  let module: typeof import('./wasm/backend.js');
  try {
    module = await import('./wasm/backend.js');
  } catch (cause) {
    throw new BackendError(`setBackend: the wasm kernels did not load: ${(cause as Error).message}; use reference`, {
      cause,
    });
  }
  return module.wasm(options);
}

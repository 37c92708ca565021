// The backend of new tensors, and its number of threads.
import { describeValue, must } from '../arguments.js';
import { BackendError } from '../errors.js';
import { checkFlags } from '../operands.js';
import type { Backend } from './backend.js';
import { cores } from './host.js';
import { reference } from './reference.js';

export { runtime, type Signal } from './host.js';

let current: Backend = reference;
/** The number of threads that setThreads requested last. */
let wanted = 1;

/** Returns the backend of new tensors. */
export function currentBackend(): Backend {
  return current;
}

/** Returns the backend of new tensors. `backend().via('matmul')` names what runs matrix products: 'loop', 'wasm simd', .. */
export const backend = currentBackend;

/** Sets the backend of new tensors and returns it: 'reference' (plain loops), 'wasm' (SIMD kernels), or a Backend such as gpu()'s.
 *  Existing tensors keep their backend, and an operation throws if its operands are on two backends. Ends the workers of the
 *  previous backend.
 *  options.fma: for wasm, whether a multiplication and the addition after it are one instruction, which is faster and rounds
 *  differently. Default: true if the engine rounds such an instruction once.
 *  options.winograd: for wasm, 2 computes 3 x 3 convolutions in blocks of 2 x 2 outputs in place of 4 x 4. That is slower from 64 channels on, and has
 *  a third of the rounding error. Default: 4.
 *  options.exactStep: for wasm, whether optimizers step in float64, with the bits of the loops. Default: false: they step in float32 where that
 *  is accurate, within rounding of the loops and 2.5 times as fast.
 *  options.wide: for wasm in Node 24 and newer, true lets the engine compute with 256 bits: matrix products and convolutions are faster,
 *  with the same bits. It sets an experimental flag of V8 for the whole process, so set the backend before other WebAssembly is
 *  compiled. If it does not help here, the usual kernels run and `backend().buildNote` is the reason. Default: false.
 *  Throws BackendError if the name is unknown or the engine has no WebAssembly SIMD. */
export async function setBackend(
  which: 'reference' | 'wasm' | Backend,
  options: { fma?: boolean; winograd?: 2 | 4; exactStep?: boolean; wide?: boolean } = {},
): Promise<Backend> {
  // wasm() checks winograd.
  checkFlags('setBackend', options, ['fma', 'wide', 'exactStep', 'winograd'], ['winograd']);
  const before = current;
  if (isBackend(which)) current = which;
  else if (which === 'reference') current = reference;
  else if (which === 'wasm') current = await loadWasm(options);
  else throw unknownBackend(which);
  if (before !== current) await before.setThreads?.(1);
  await current.setThreads?.(wanted);
  return current;
}

function isBackend(value: unknown): value is Backend {
  const parts = value as Record<string, unknown> | null;
  return ['alloc', 'adopt', 'free', 'run', 'read'].every((key) => typeof parts?.[key] === 'function');
}

function unknownBackend(which: unknown): BackendError {
  let remedy = 'one of reference, wasm, or a Backend';
  if (which === 'gpu') remedy = "setBackend(await gpu()), with import { gpu } from 'boundgrad/gpu'";
  if (which instanceof Promise) remedy = 'await it';
  const what = typeof which === 'string' ? which : describeValue(which);
  return new BackendError(`setBackend: unknown backend: ${what}; ${remedy}`);
}

/** Sets the number of threads of the current backend and of backends set later. Resolves to the number that runs: 1 on a backend
 *  without threads, or if workers cannot start. If fewer run than requested, `backend().note` is the reason. Results have the same
 *  bits for every number. count: an integer from 1 to 64, else throws ValueError. Default: the number of cores, at most 4. */
export async function setThreads(count = Math.min(4, cores())): Promise<number> {
  const fits = Number.isInteger(count) && count >= 1 && count <= 64;
  must(fits, 'setThreads:', 'an integer from 1 to 64', count);
  wanted = count;
  await current.setThreads?.(wanted);
  return threads();
}

/** Returns the number of threads of the current backend. If `setThreads` requested more, `backend().note` is the reason. */
export function threads(): number {
  return current.threads ?? 1;
}

async function loadWasm(options: object): Promise<Backend> {
  let module: typeof import('./wasm/backend.js');
  try {
    module = await import('./wasm/backend.js');
  } catch (cause) {
    throw new BackendError(`setBackend: the wasm backend did not load: ${(cause as Error).message}`, {
      cause,
    });
  }
  return module.wasm(options);
}

// Chooses the backend on which a command computes.
import {
  type Backend,
  BackendError,
  BoundgradError,
  currentBackend,
  setBackend,
  setThreads,
  threads,
} from '../core/index.js';
import { atEnd } from './atEnd.js';
import { refuse } from './failure.js';
import type { BackendName } from './options/shared.js';
import { writeLine } from './terminal.js';

/** Sets the backend and its number of threads until the call of the command ends; on wasm with the wide kernels, if they are faster
 *  here, unless `noWide`. Throws Failure if the backend is not available. */
export async function chooseBackend(name: BackendName, count: number, noWide = false): Promise<void> {
  const before = { backend: currentBackend(), threads: threads() };
  atEnd(async () => {
    await setThreads(before.threads);
    await setBackend(before.backend);
  });
  const orRefuse = async (option: string, choose: () => Promise<unknown>) => {
    try {
      await choose();
    } catch (error) {
      if (error instanceof BoundgradError) throw refuse(`--${option}: ${error.message}`, error);
      throw error;
    }
  };
  await orRefuse(`backend ${name}`, async () =>
    name === 'wasm' ? setBackend(name, { wide: !noWide }) : setBackend(name === 'gpu' ? await onGpu() : name),
  );
  await orRefuse('threads', () => setThreads(count));
  if (threads() < count)
    writeLine(process.stderr, `boundgrad: --threads ${count}: backend ${name} computes with ${threads()} here`);
}

/** The gpu backend. It and gpu.js are loaded only here, because most calls do not need them. */
async function onGpu(): Promise<Backend> {
  let module: typeof import('../core/backends/gpu/backend.js');
  try {
    module = await import('../core/backends/gpu/backend.js');
  } catch (cause) {
    throw new BackendError(`cannot be loaded: ${(cause as Error).message}`, { cause });
  }
  return module.gpu();
}

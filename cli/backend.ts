// Where a command computes.
import { type Backend, BackendError, BoundgradError, setBackend, setThreads } from '../core/index.js';
import { refuse } from './failure.js';
import type { BackendName } from './options/shared.js';

/** Chooses the backend and its threads. Throws the refusal of one that is not there. */
export async function chooseBackend(name: BackendName, threads: number): Promise<void> {
  const orRefuse = async (option: string, choose: () => Promise<unknown>) => {
    try {
      await choose();
    } catch (error) {
      if (error instanceof BoundgradError) throw refuse(`--${option}: ${error.message}`, error);
      throw error;
    }
  };
  await orRefuse(`backend ${name}`, async () => setBackend(name === 'gpu' ? await onGpu() : name));
  await orRefuse('threads', () => setThreads(threads));
}

/** gpu.js and what it needs are loaded where they are asked for only. */
async function onGpu(): Promise<Backend> {
  let module: typeof import('../core/backends/gpu/backend.js');
  try {
    module = await import('../core/backends/gpu/backend.js');
  } catch (cause) {
    throw new BackendError(`it did not load: ${(cause as Error).message}`, { cause });
  }
  return module.gpu();
}

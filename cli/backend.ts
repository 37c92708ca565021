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

/** The choice of the present call of a command, by name and option; null if it has made none. */
let chosen: string | null = null;

/** Sets the backend and its number of threads until the call of the command ends. On wasm the wide kernels run if they are faster here,
 *  unless `noWide`. A worker calls this for each of its runs: if the choice is the same, the backend keeps its memory. Throws Failure if the
 *  backend is not available. */
export async function chooseBackend(name: BackendName, count: number, noWide = false): Promise<void> {
  const choice = `${name} ${noWide}`;
  if (choice !== chosen) {
    restoreAtEnd();
    await setOrRefuse(`backend ${name}`, async () =>
      name === 'wasm' ? setBackend(name, { wide: !noWide }) : setBackend(name === 'gpu' ? await onGpu() : name),
    );
    chosen = choice;
  }
  // Node pipes the output of each thread into these streams, with a listener each. It warns of more than 10: each thread raises this limit.
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(10 + count);
  await setOrRefuse('threads', () => setThreads(count));
  if (threads() < count)
    writeLine(process.stderr, `boundgrad: --threads ${count}: backend ${name} computes with ${threads()} here`);
}

function restoreAtEnd(): void {
  const before = { backend: currentBackend(), threads: threads() };
  atEnd(async () => {
    chosen = null;
    await setThreads(before.threads);
    await setBackend(before.backend);
  });
}

/** Calls `choose`. Throws Failure, which names the option, if the backend or the threads are not available. */
async function setOrRefuse(option: string, choose: () => Promise<unknown>): Promise<void> {
  try {
    await choose();
  } catch (error) {
    if (error instanceof BoundgradError) throw refuse(`--${option}: ${error.message}`, error);
    throw error;
  }
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

// Where a command computes.
import { BoundgradError, setBackend, setThreads } from '../core/index.js';
import { refuse } from './failure.js';
import type { BACKENDS } from './options.js';

/** Chooses the backend and its threads. Throws the refusal of one that is not there. */
export async function chooseBackend(name: (typeof BACKENDS)[number], threads: number): Promise<void> {
  const orRefuse = async (option: string, choose: () => Promise<unknown>) => {
    try {
      await choose();
    } catch (error) {
      if (error instanceof BoundgradError) throw refuse(`--${option}: ${error.message}`, error);
      throw error;
    }
  };
  await orRefuse(`backend ${name}`, () => setBackend(name));
  await orRefuse('threads', () => setThreads(threads));
}

// A worker process of a pool: it receives one question at a time and answers with the result.
import { BoundgradError } from '../core/index.js';
import { EXIT, Failure, refuse } from './failure.js';
import type { Schema } from './options/schema.js';

/** The result of a question and the seconds that it took. The result is null if the computation was stopped, or was only a measurement. */
export interface Answered<R> {
  result: R | null;
  seconds: number;
}

/** A worker's answer. refused: the message of an expected error. failed: the stack trace of an unexpected one. */
export type Answer<R> = Answered<R> | { refused: string; code: Failure['code'] } | { failed: string };

/** The option of a command that has workers. */
export const workerOption = {
  worker: {
    about: 'run tasks for the process that started this one',
    isHidden: true,
    onResume: 'never',
    check({ worker }: { worker: boolean }) {
      if (worker && !process.send) throw refuse('--worker: unknown option; see --help');
    },
  },
} satisfies Schema;

/** Answers questions until the parent disconnects or sends 'stop', or until SIGTERM, and returns the exit code. Ignores SIGINT: a terminal
 *  sends it to the parent too, which stops the workers. */
export function serve<Q, R>(answer: (question: Q, signal: AbortSignal) => Promise<Answered<R>>): Promise<number> {
  const abort = new AbortController();
  let isBusy = false;
  // A stopped process answers no further question. The closed channel tells the parent, and lets this process end.
  const leave = () => {
    if (abort.signal.aborted && !isBusy && process.connected) process.disconnect();
  };
  abort.signal.addEventListener('abort', leave);
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => abort.abort());
  process.on('disconnect', () => abort.abort());
  process.on('message', async (question: Q | 'stop') => {
    if (question === 'stop') return abort.abort();
    isBusy = true;
    const found = await orMessage(() => answer(question, abort.signal));
    isBusy = false;
    if (process.connected) process.send!(found, leave);
  });
  return new Promise((resolve) => abort.signal.addEventListener('abort', () => resolve(EXIT.ok)));
}

async function orMessage<R>(answer: () => Promise<Answered<R>>): Promise<Answer<R>> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof Failure) return { refused: error.message, code: error.code };
    if (error instanceof BoundgradError) return { refused: error.message, code: EXIT.failed };
    return { failed: String((error as Error).stack ?? error) };
  }
}

// A worker process: it receives one task at a time and answers with the result.
import { BoundgradError } from '../../core/index.js';
import type { Result, Task } from '../../reports/poster/task.js';
import { chooseBackend } from '../backend.js';
import { EXIT, Failure } from '../failure.js';
import type { BackendName } from '../options/shared.js';
import { openCheckpoints } from '../runFolder.js';
import { runOnline } from './problems.js';
import { runTraining, secondsPerStep } from './training.js';

/** A message to a worker: the task to run. */
export interface Question {
  task: Task;
  backend: BackendName;
  /** Whether the wide kernels are not used. Default: false. */
  noWide?: boolean;
  dataDir?: string;
  /** The folder for the checkpoints of a training. Default: no checkpoints. */
  checkpoints?: string;
  /** If true, only measures: takes a few steps and answers with the seconds of one. Default: false. */
  measure?: boolean;
}

/** A worker's answer. result: null if the task was stopped or only measured. refused: the message of an expected error. failed: the
 *  stack trace of an unexpected one. */
export type Answer =
  | { result: Result | null; seconds: number }
  | { refused: string; code: Failure['code'] }
  | { failed: string };

/** Runs a task in this process. Returns null if the signal stopped it. Throws Failure or BoundgradError if the task cannot run. */
export async function runTask(question: Question, signal?: AbortSignal): Promise<Result | null> {
  const { task, dataDir } = question;
  if (task.kind === 'online') return runOnline(task);
  const checkpoints = question.checkpoints === undefined ? undefined : openCheckpoints(question.checkpoints);
  try {
    return await runTraining(task, { dataDir, signal, checkpoints });
  } finally {
    checkpoints?.close();
  }
}

/** Answers questions until the parent disconnects or sends 'stop', and returns the exit code. Ignores SIGINT: a terminal sends it
 *  to the parent too, which stops the workers. */
export function serve(): Promise<number> {
  const abort = new AbortController();
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => abort.abort());
  process.on('disconnect', () => abort.abort());
  process.on('message', async (question: Question | 'stop') => {
    if (question === 'stop') return abort.abort();
    const answer = await answerOf(question, abort.signal);
    if (process.connected) process.send!(answer);
  });
  return new Promise((resolve) => abort.signal.addEventListener('abort', () => resolve(EXIT.ok)));
}

async function answerOf(question: Question, signal: AbortSignal): Promise<Answer> {
  const began = performance.now();
  const { task, dataDir } = question;
  try {
    if (task.kind === 'training') await chooseBackend(question.backend, 1, question.noWide);
    if (task.kind === 'training' && question.measure)
      return { result: null, seconds: await secondsPerStep(task, dataDir) };
    const result = await runTask(question, signal);
    return { result, seconds: Math.round(performance.now() - began) / 1000 };
  } catch (error) {
    if (error instanceof Failure) return { refused: error.message, code: error.code };
    if (error instanceof BoundgradError) return { refused: error.message, code: EXIT.failed };
    return { failed: String((error as Error).stack ?? error) };
  }
}

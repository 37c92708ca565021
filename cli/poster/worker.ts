// What a worker process of the poster does with a question.
import type { Result, Task } from '../../reports/poster/task.js';
import { chooseBackend } from '../backend.js';
import type { BackendName } from '../options/shared.js';
import { openCheckpoints } from '../runFolder.js';
import type { Answered } from '../worker.js';
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

/** Answers a question. Throws as `runTask` does. */
export async function answer(question: Question, signal: AbortSignal): Promise<Answered<Result>> {
  const began = performance.now();
  const { task, dataDir } = question;
  if (task.kind === 'training') await chooseBackend(question.backend, 1, question.noWide);
  if (task.kind === 'training' && question.measure)
    return { result: null, seconds: await secondsPerStep(task, dataDir) };
  const result = await runTask(question, signal);
  return { result, seconds: Math.round(performance.now() - began) / 1000 };
}

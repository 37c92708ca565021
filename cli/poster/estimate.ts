// Estimates how long tasks take, by measuring a few steps of each kind of training.

import type { Result, Task, Training } from '../../reports/poster/task.js';
import { loadData } from '../datasets.js';
import type { Pool } from '../pool.js';
import type { Question } from './worker.js';

/** The largest batch of a measured step: a step of 128 images takes minutes in a large net. */
const BATCH = 32;
/** The cost of a test image relative to a training image: it has no backward pass. */
const TEST = 0.4;
/** Approximate seconds of an online problem. */
const ONLINE = 0.3;

/** Measures each kind of training, and returns a function that estimates the seconds of a task in one worker. about: what all
 *  questions to the workers have in common. */
export async function estimate(
  tasks: readonly Task[],
  pool: Pool<Question, Result>,
  about: Omit<Question, 'task'>,
): Promise<(task: Task) => number> {
  const kinds = new Map<string, Training>();
  for (const task of tasks) if (task.kind === 'training') kinds.set(kindOf(task), task);
  const queue = [...kinds.values()].map((task) => ({ ...task, batchSize: measuredBatch(task) }));
  // Seconds per step.
  const seconds = new Map<string, number>();
  const next = (): Question | null => {
    const task = queue.shift();
    return task ? { ...about, task, measure: true } : null;
  };
  await pool.run(next, (question, answer) => seconds.set(kindOf(question.task as Training), answer.seconds));
  const sizes = await sizesOf(kinds.values(), about.dataDir);
  return (task) => {
    if (task.kind !== 'training') return ONLINE;
    const { train, test } = sizes.get(task.data)!;
    const images = task.epochs * Math.min(task.images ?? train, train);
    const tested = Math.ceil(task.epochs / task.evalEvery) * test;
    return ((seconds.get(kindOf(task)) ?? 0) * (images + TEST * tested)) / measuredBatch(task);
  };
}

/** The batch size of a measured step. */
function measuredBatch({ batchSize }: Training): number {
  return Math.min(batchSize, BATCH);
}

/** A key for trainings that take the same time per image. */
function kindOf(task: Training): string {
  return JSON.stringify([task.model, task.data, task.halved, measuredBatch(task)]);
}

/** The number of images in each data set. */
async function sizesOf(tasks: Iterable<Training>, dir: string | undefined) {
  const sizes = new Map<string, { train: number; test: number }>();
  for (const { data } of tasks) {
    if (sizes.has(data)) continue;
    const { train, test } = await loadData(data, { dir });
    sizes.set(data, { train: train.length, test: test.length });
  }
  return sizes;
}

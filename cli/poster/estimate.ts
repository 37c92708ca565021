// How long it will take, from a few steps of each kind of training.

import type { Task, Training } from '../../reports/poster/task.js';
import { loadData } from '../datasets.js';
import type { Pool } from './pool.js';
import type { Question } from './worker.js';

/** Images a step at the most, while measuring: 128 through a large net take minutes. */
const BATCH = 32;
/** What the look at a test image costs, by a training image: there is no way back. */
const TEST = 0.4;
/** Seconds of a task that is no training: a guess that little depends on. */
const ONLINE = 0.3;

/** Measures, and returns how many seconds a task will take on one of the workers. */
export async function estimate(
  tasks: readonly Task[],
  pool: Pool,
  about: Omit<Question, 'task'>,
): Promise<(task: Task) => number> {
  const kinds = new Map<string, Training>();
  for (const task of tasks) if (task.kind === 'training') kinds.set(kindOf(task), task);
  const queue = [...kinds.values()].map((task) => ({ ...task, batchSize: measured(task) }));
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
    return ((seconds.get(kindOf(task)) ?? 0) * (images + TEST * tested)) / measured(task);
  };
}

function measured({ batchSize }: Training): number {
  return Math.min(batchSize, BATCH);
}

/** Trainings that take as long an image. */
function kindOf(task: Training): string {
  return JSON.stringify([task.model, task.data, task.halved, measured(task)]);
}

/** How many images the sets have. */
async function sizesOf(tasks: Iterable<Training>, dir: string | undefined) {
  const sizes = new Map<string, { train: number; test: number }>();
  for (const { data } of tasks) {
    if (sizes.has(data)) continue;
    const { train, test } = await loadData(data, { dir });
    sizes.set(data, { train: train.length, test: test.length });
  }
  return sizes;
}

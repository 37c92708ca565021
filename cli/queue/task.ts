// The messages of a queue. Anyone who reaches the server can write them, so each field is checked before it is used: a task names models, data sets
// and optimizers of the library only, never a file or code, and a result is one that the task can have.
import { DataError } from '../../core/index.js';
import { VERSION } from '../../fit/index.js';
import {
  amount,
  type Check,
  flag,
  integer,
  listOf,
  objectOf,
  oneOf,
  orNull,
  recordOf,
  share,
  text,
} from '../../fit/validate.js';
import { hyperValue } from '../../reports/checks.js';
import { resultRecord } from '../../reports/sweep/checks.js';
import type { ResultRecord, TaskSettings } from '../../reports/sweep/record.js';
import { sha256 } from '../../sweep/sha256.js';
import type { Job } from '../../sweep/sweep.js';
import { canonical, idOf } from '../../sweep/task.js';
import { augmentKeys } from '../augmentations.js';
import { checkHyper, optimizerKeys, settable } from '../options/hyperparameters.js';
import { BACKENDS, type BackendName } from '../options/shared.js';
import { scheduleKeys } from '../schedules.js';
import { dataNames, modelNames } from '../sweep/options.js';

/** The request to a worker. */
export interface QueuedTask {
  job: Omit<Job, 'signal'>;
  settings: TaskSettings;
  backend: BackendName;
  noWide: boolean;
}

/** A worker's answer. */
export type QueuedResult = Pick<ResultRecord, 'outcome' | 'build' | 'seconds'> & {
  by: NonNullable<ResultRecord['by']>;
};

/** The name of a task in the queue: `run-` and a hash of its JSON, so that equal tasks are one. BullMQ permits no colon in it. */
export function jobIdOf(task: QueuedTask): string {
  return `run-${sha256(canonical(task)).slice(0, 32)}`;
}

/** A share that is neither 0 nor 1. */
const inside: Check<number> = (value, what) => {
  const x = share(value, what);
  if (x === 0 || x === 1) throw new DataError(`${what}: must lie between 0 and 1: ${x}`);
  return x;
};

const settings = objectOf<TaskSettings>({
  model: oneOf(...modelNames),
  data: oneOf(...dataNames),
  trainBatches: orNull(listOf(integer(1))),
  augment: listOf(oneOf(...augmentKeys)),
  val: inside,
  epochs: integer(1),
  batchSize: orNull(integer(1)),
  schedule: oneOf(...scheduleKeys),
  milestones: orNull(listOf(integer(1))),
  lrDecay: amount,
  labelSmoothing: share,
  clipNorm: orNull(amount),
});

const message = objectOf<QueuedTask>({
  job: objectOf<QueuedTask['job']>({
    id: text,
    method: oneOf(...optimizerKeys),
    config: recordOf(hyperValue),
    seed: integer(0),
    budget: integer(1),
    whole: integer(1),
  }),
  settings,
  backend: oneOf(...BACKENDS),
  noWide: flag,
});

/** A task from the queue. Throws BoundgradError if a field is not what a sweep writes, or if the id, which names a folder, is not the id of this
 *  task. */
export function taskOf(value: unknown): QueuedTask {
  const task = message(value, 'task');
  const { job } = task;
  const unknown = Object.keys(job.config).find((name) => !Object.hasOwn(settable(job.method), name));
  if (unknown !== undefined) throw new DataError(`task.job.config: ${job.method} has no hyper-parameter ${unknown}`);
  checkHyper(job.method, job.config as never);
  if (job.whole !== task.settings.epochs || job.budget > job.whole)
    throw new DataError(
      `task.job: its budget is ${job.budget} of ${job.whole} epochs, but the sweep has ${task.settings.epochs}`,
    );
  const { data, trainBatches } = task.settings;
  if (trainBatches !== null && (data !== 'cifar10' || trainBatches.some((batch) => batch > 5)))
    throw new DataError(`task.settings.trainBatches: ${data} has no such batches: ${trainBatches}`);
  if (job.id !== idOf(task.settings, job)) throw new DataError(`task.job.id: not the id of this task: ${job.id}`);
  return task;
}

/** The most characters of a result's texts: why the run diverged, and what computed it. */
const LONGEST = 10_000;

/** A result from the queue. Throws DataError if a field is not what a worker of this version writes for this task. */
export function resultOf({ job: { whole: _, ...job }, backend }: QueuedTask, value: unknown): QueuedResult {
  const what = `a result from the queue: ${job.id}`;
  const { outcome, build, seconds, by } = Object(value) as Partial<QueuedResult>;
  const result = resultRecord({ kind: 'result', ...job, outcome, build, seconds, by }, what);
  const { validation, test, note, epochs } = result.outcome;
  if (result.by?.boundgrad !== VERSION)
    throw new DataError(`${what}: not computed by boundgrad ${VERSION}, whose results may differ`);
  if (result.build.backend !== backend)
    throw new DataError(`${what}: computed by ${result.build.backend.slice(0, 60)}, not by ${backend}`);
  // Only a run that diverged has no scores, and may have fewer epochs.
  const fits = validation === null ? test === null && epochs.length <= job.budget : epochs.length === job.budget;
  if (!fits)
    throw new DataError(
      `${what}: has ${epochs.length} of ${job.budget} epochs, which does not fit its scores; damaged?`,
    );
  if (JSON.stringify([note, result.build, result.by]).length > LONGEST)
    throw new DataError(`${what}: its texts are longer than ${LONGEST} characters; damaged?`);
  return result as QueuedResult;
}

// One run of a sweep, in a worker process.
import { DataError } from '../../core/index.js';
import { DataLoader, splitDataset, subset } from '../../datasets/index.js';
import { type Checkpoints, Diverged, evaluate, fit } from '../../fit/index.js';
import { optimizers } from '../../optim/index.js';
import type { Build, RunOutcome, TaskSettings } from '../../reports/sweep/record.js';
import type { Job } from '../../sweep/sweep.js';
import type { Augmentation } from '../augmentations.js';
import { chooseBackend } from '../backend.js';
import { batchSizeOf, loadData, type Split } from '../datasets.js';
import { Failure, refuse } from '../failure.js';
import { buildModel } from '../models.js';
import type { BackendName } from '../options/shared.js';
import { openCheckpoints } from '../runFolder.js';
import { computing } from '../runRecord.js';
import { scheduleOf } from '../schedules.js';
import type { Answered } from '../worker.js';

/** A message to a worker: the run to compute. */
export interface Question {
  job: Omit<Job, 'signal'>;
  settings: TaskSettings;
  dataDir?: string;
  backend: BackendName;
  noWide: boolean;
  /** The folder for the checkpoints of the run. */
  checkpoints: string;
}

/** The outcome of a run, and what computed it. */
export interface Computed {
  outcome: RunOutcome;
  build: Build;
}

/** Milliseconds for which the worker of a killed sweep may still write its last checkpoint. */
const PATIENCE = 60_000;

/** Answers a question. Throws Failure if this machine lacks the backend or the data, and DataError if no machine can compute the run. */
export async function answer(question: Question, signal: AbortSignal): Promise<Answered<Computed>> {
  const began = performance.now();
  await chooseBackend(question.backend, 1, question.noWide);
  await plainOf(question.settings, question.dataDir);
  const checkpoints = await openPatiently(question.checkpoints, signal);
  if (checkpoints === null) return { result: null, seconds: 0 };
  try {
    const outcome = await runTask(question, checkpoints, signal);
    const { backend, via } = computing();
    const seconds = Math.round(performance.now() - began) / 1000;
    return { result: outcome && { outcome, build: { backend, via } }, seconds };
  } catch (error) {
    // The backend and the data are there, so the task itself is wrong. `sweep` checks that the net takes the data and that every part has
    // samples, so only another program makes a task that fails here.
    throw error instanceof Failure ? new DataError(error.message, { cause: error }) : error;
  } finally {
    checkpoints.close();
  }
}

/** Opens the folder of checkpoints. If a worker whose parent was killed still uses it, waits until that worker ends. Null if the signal
 *  comes first. */
async function openPatiently(path: string, signal: AbortSignal) {
  const end = performance.now() + PATIENCE;
  while (!signal.aborted) {
    try {
      return openCheckpoints(path);
    } catch (error) {
      if (!isInUse(error as Error) || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return null;
}

/** Whether another process has the checkpoints of the run. */
export function isInUse({ message }: Error): boolean {
  return /: in use by /.test(message);
}

/** Trains up to the job's budget, from the newest checkpoint if there is one, and tests. Null if the signal stopped it. */
async function runTask(
  { job, settings, dataDir }: Question,
  checkpoints: Checkpoints,
  signal: AbortSignal,
): Promise<RunOutcome | null> {
  const { method, config, seed, budget, whole } = job;
  const { train: samples, validation, test } = await partsOf(settings, dataDir);
  const model = buildModel(settings.model, samples.shape, samples.classes.length, seed);
  const optimizer = new optimizers[method]([...model.namedParameters()], config);
  const batchSize = batchSizeOf({ batchSize: settings.batchSize ?? undefined }, { train: samples, test });
  const train = new DataLoader(samples, { batchSize, shuffle: true, seed });
  const { schedule, lrDecay, labelSmoothing, clipNorm } = settings;
  // The schedule is made for the whole budget, so that a continued run has the bits of one that never paused.
  const made = scheduleOf({ schedule, lrDecay, milestones: settings.milestones ?? undefined }, train.length);
  try {
    const history = await fit(model, {
      train,
      test: validation,
      optimizer,
      epochs: whole,
      maxSteps: budget * train.length,
      labelSmoothing,
      schedule: () => made(whole * train.length),
      ...(clipNorm !== null && { clip: { norm: clipNorm } }),
      checkpoints: upTo(budget, checkpoints),
      // If a process ended between its last checkpoint and its record, nothing is left to train.
      mayBeFinished: true,
      signal,
      settings: { model: settings.model, data: settings.data, augment: settings.augment.join(), val: settings.val },
    });
    if (history.outcome === 'interrupted') return null;
    const epochs = history.epochs.map(({ loss, testLoss, testAccuracy }) => {
      return { loss, validationLoss: testLoss!, validationAccuracy: testAccuracy! };
    });
    if (history.outcome === 'diverged') return { validation: null, test: null, note: history.note, epochs };
    const score = epochs.at(-1)!.validationAccuracy;
    try {
      const { accuracy } = await evaluate(model, test, { optimizer, signal });
      return { validation: score, test: accuracy, note: '', epochs };
    } catch (error) {
      if (signal.aborted) return null;
      if (error instanceof Diverged)
        return { validation: score, test: null, note: `on the test set ${error.message}`, epochs };
      throw error;
    }
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

/** Hides checkpoints after more epochs than the budget. On a worker of a queue, another sweep that has the same run with a larger budget may
 *  have left them. */
function upTo(budget: number, { latest, save }: Checkpoints): Checkpoints {
  return {
    save,
    async latest() {
      const found = await latest();
      const { epoch = 1, batch = 0 } = found?.checkpoint.position ?? {};
      return epoch - 1 + Math.sign(batch) > budget ? null : found;
    },
  };
}

interface Parts extends Split {
  validation: Split['train'];
}

const plain = new Map<string, Promise<Split>>();
const loaded = new Map<string, Promise<Parts>>();

/** The data without augmentations, loaded once. Throws Failure if they are missing here or damaged. */
function plainOf({ data, trainBatches }: TaskSettings, dir: string | undefined): Promise<Split> {
  return once(plain, [data, trainBatches, dir], () => loadData(data, { dir, batches: trainBatches ?? undefined }));
}

/** The samples to train on, to validate on and to test on. The split is the same for every run, and a class has the same share of the first two
 *  parts. Only the samples to train on are augmented. Throws Failure if the share of `val` leaves a part empty. */
export function partsOf(settings: TaskSettings, dir: string | undefined): Promise<Parts> {
  const { data, augment, val, trainBatches } = settings;
  return once(loaded, [data, augment, val, trainBatches, dir], async () => {
    const { train, test } = await plainOf(settings, dir);
    const [kept, validation] = splitOf(train, val);
    if (augment.length === 0) return { train: kept, validation, test };
    const options = { dir, batches: trainBatches ?? undefined, augment: augment as Augmentation[] };
    const augmented = await loadData(data, options);
    return { train: subset(augmented.train, kept.indices), validation, test };
  });
}

function once<T>(known: Map<string, Promise<T>>, of: unknown[], load: () => Promise<T>): Promise<T> {
  const key = JSON.stringify(of);
  const found = known.get(key) ?? load();
  known.set(key, found);
  return found;
}

function splitOf(train: Split['train'], val: number) {
  try {
    return splitDataset(train, 1 - val, { stratify: true });
  } catch (error) {
    throw refuse(
      `--val ${val}: of ${train.length} training samples none is left to train on or to validate on; take another share`,
      error,
    );
  }
}

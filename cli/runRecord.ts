// Makes the records of a run.
import { backend, type Tensor, threads } from '../core/index.js';
import type { AnyDataset } from '../datasets/index.js';
import { type EpochReport, type Resumed, VERSION } from '../fit/index.js';
import { machine, withoutFolders } from '../node/machine.js';
import { optimizers } from '../optim/index.js';
import { type EpochRecord, QUANTILES, type ResumeRecord, type RunRecord, type Snapshot } from '../reports/record.js';
import { dataChecksums } from './dataChecksums.js';
import { batchSizeOf, type Split, titleOf } from './datasets.js';
import { classCounts, lossName } from './losses.js';
import { modelTitle } from './models.js';
import { settable } from './options/hyperparameters.js';
import type { Settings } from './options/settings.js';
import { recordOfSteps, STEPS } from './options/steps.js';
import { describeSchedule } from './schedules.js';

/** The first record of a run: everything that determines it, and where it runs. named: the parameters by name. initial: the
 *  evaluation before the first step. */
export async function describeRun(
  key: string,
  settings: Settings,
  data: Split,
  named: (readonly [string, Tensor])[],
  initial: RunRecord['initial'],
): Promise<RunRecord> {
  const { title, about } = optimizers[key];
  const { seed, epochs, maxSteps = null, evalEvery, labelSmoothing } = settings;
  const given = settings.hyper[key];
  return {
    kind: 'run',
    boundgrad: VERSION,
    command: settings.recorded,
    date: new Date().toISOString(),
    optimizer: key,
    title,
    about,
    hyper: { ...settable(key), ...given },
    given: Object.keys(given),
    seed,
    epochs,
    maxSteps,
    batchSize: batchSizeOf(settings, data),
    evalEvery,
    schedule: describeSchedule(settings),
    labelSmoothing,
    augment: settings.augment,
    loss: lossName(settings, data.train),
    ...(settings.classWeights && { classWeights: settings.classWeights }),
    ...recordOfSteps(settings),
    model: modelTitle(settings.model),
    parameters: named.reduce((n, [, p]) => n + p.size, 0),
    layers: named.map(([name, p]) => ({ name, shape: [...p.shape] })),
    data: {
      name: titleOf(settings.data),
      train: data.train.length,
      test: data.test.length,
      shape: [...data.train.shape],
      classes: data.train.classes.length,
      ...(data.train.labelShape && { tokens: true as const }),
      ...(data.test.targetShape
        ? { variance: await varianceOf(data.test), ...targetsOf(data.test) }
        : { mostFrequent: await mostFrequent(data.test) }),
      ...(settings.fold && { fold: settings.fold, folds: settings.folds }),
      ...(settings.trainBatches && { trainBatches: settings.trainBatches }),
      checksums: await dataChecksums(data),
    },
    initial,
    quantiles: QUANTILES,
    device: machine({ isPrivate: settings.private }),
    ...computing(),
  };
}

/** The share of the most frequent class among the labels. */
async function mostFrequent(set: AnyDataset): Promise<number> {
  const counts = await classCounts(set);
  return Math.max(...counts) / counts.reduce((a, b) => a + b, 0);
}

/** The variance of the values to predict, averaged over their columns. R2 is 1 - (mean square error) / variance. */
async function varianceOf(set: AnyDataset): Promise<number> {
  const { targets } = await set.batch(Int32Array.from({ length: set.length }, (_, i) => i));
  const columns = targets.length / set.length;
  let variance = 0;
  for (let c = 0; c < columns; c++) {
    const values = Array.from({ length: set.length }, (_, i) => targets[i * columns + c]);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    variance += values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length / columns;
  }
  return variance;
}

/** The target columns of a table, with their standard deviations. */
function targetsOf({ preparation = {} }: AnyDataset): Pick<RunRecord['data'], 'targets'> {
  const { table, targets } = preparation;
  return table ? { targets: table.target.map((name, c) => ({ name, deviation: targets?.std[c] ?? 1 })) } : {};
}

/** Whether the first record of a journal belongs to a run with these settings. */
export function isRunOf(record: RunRecord, settings: Settings, data: Split): boolean {
  const { seed, labelSmoothing } = settings;
  const here = {
    seed,
    batchSize: batchSizeOf(settings, data),
    model: modelTitle(settings.model),
    labelSmoothing,
    schedule: describeSchedule(settings),
  };
  const isSame = Object.entries(here).every(([name, value]) => record[name as keyof typeof here] === value);
  const [then, now] = [record, recordOfSteps(settings)].map((of) => JSON.stringify(STEPS.map((name) => of[name])));
  return (
    isSame && then === now && record.data.name === titleOf(settings.data) && record.data.train === data.train.length
  );
}

/** The record of an epoch. rates: those after its last step, and in the first epoch also those after
 *  steps 1, 2, 4 and so on. losses: the mean losses of its parts. sample: what the net wrote after it. */
export function epochRecord(
  report: EpochReport,
  rates: Snapshot[],
  losses: [number, number][] = [],
  sample?: string,
): EpochRecord {
  const { epoch, step, firstLoss, loss, accuracy, testLoss, testAccuracy, seconds, samplesPerSecond } = report;
  const { lr, gradNorm } = report;
  return {
    kind: 'epoch',
    epoch,
    step,
    firstLoss,
    loss,
    trainAccuracy: accuracy,
    testLoss,
    testAccuracy,
    seconds: rounded(seconds),
    imagesPerSecond: Math.round(samplesPerSecond),
    rates,
    ...(lr !== null && { lr }),
    ...(gradNorm !== null && { gradNorm }),
    ...(losses.length > 0 && { losses }),
    ...(sample !== undefined && { sample }),
  };
}

/** The record of a resumed run. note: what was wrong with the journal, or null. */
export function resumeRecord({ step, notes }: Resumed, note: string | null, settings: Settings): ResumeRecord {
  const { recorded: command, epochs, maxSteps = null } = settings;
  const date = new Date().toISOString();
  const all = note === null ? [...notes] : [...notes, note];
  const shown = settings.private ? all.map(withoutFolders) : all;
  return { kind: 'resume', command, date, step, epochs, maxSteps, notes: shown };
}

/** Seconds, rounded to milliseconds. */
export function rounded(seconds: number): number {
  return Math.round(1000 * seconds) / 1000;
}

/** The backend of this process, its threads, and how it runs its main kernels. */
export function computing(): Pick<RunRecord, 'backend' | 'threads' | 'via'> {
  const via = Object.fromEntries(['matmul', 'conv2d'].map((kernel) => [kernel, backend().via(kernel)]));
  return { backend: backend().name, threads: threads(), via };
}

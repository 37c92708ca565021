// Saying what a run is: the first line of its file, and its row of the final table.
import { availableParallelism, cpus, platform, release } from 'node:os';
import { backend, type Tensor, threads } from '../core/index.js';
import { VERSION } from '../fit/index.js';
import { optimizers } from '../optim/index.js';
import { QUANTILES, type Run, type RunRecord } from '../reports/record.js';
import type { Split } from './datasets.js';
import { kebab, settable } from './options/hyper.js';
import { describeSchedule } from './options/schedules.js';
import type { Settings } from './options/settings.js';

/** The first record of a run. */
export function describeRun(
  key: string,
  settings: Settings,
  data: Split,
  named: (readonly [string, Tensor])[],
  initial: RunRecord['initial'],
): RunRecord {
  const { title, about } = optimizers[key];
  const { seed, epochs, maxSteps = null, batchSize, evalEvery, labelSmoothing, model } = settings;
  const given = settings.hyper[key];
  return {
    kind: 'run',
    boundgrad: VERSION,
    command: settings.line,
    date: new Date().toISOString(),
    optimizer: key,
    title,
    about,
    hyper: { ...settable(key), ...given },
    given: Object.keys(given),
    seed,
    epochs,
    maxSteps,
    batchSize,
    evalEvery,
    schedule: describeSchedule(settings),
    labelSmoothing,
    augment: settings.augment,
    model,
    parameters: named.reduce((n, [, p]) => n + p.size, 0),
    layers: named.map(([name, p]) => ({ name, shape: [...p.shape] })),
    data: {
      name: settings.data,
      train: data.train.length,
      test: data.test.length,
      shape: [...data.train.shape],
      classes: data.train.classes.length,
      ...(settings.trainBatches && { trainBatches: settings.trainBatches }),
    },
    initial,
    quantiles: QUANTILES,
    device: device(),
    ...computing(),
  };
}

/** The machine, in words. */
export function device(): RunRecord['device'] {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    platform: `${platform()} ${release()}`,
    node: process.version,
  };
}

/** What computes here and now. */
export function computing(): Pick<RunRecord, 'backend' | 'threads' | 'via'> {
  const via = Object.fromEntries(['matmul', 'conv2d'].map((kernel) => [kernel, backend().via(kernel)]));
  return { backend: backend().name, threads: threads(), via };
}

/** A row of the final table. Figures are NaN where no epoch was finished. */
export interface Row {
  key: string;
  title: string;
  hyper: string;
  loss: number;
  trainAccuracy: number;
  testAccuracy: number;
  best: number;
  bestEpoch: number;
  seconds: number;
  note: string;
}

/** The row of one run: the last epoch's figures, and the best test accuracy with the first epoch that reached it. */
export function rowOf({ run, epochs, end }: Run): Row {
  const last = epochs.at(-1);
  const tested = epochs.filter((e) => e.testAccuracy !== null);
  const best = Math.max(...tested.map((e) => e.testAccuracy!));
  return {
    key: run.optimizer,
    title: run.title,
    hyper: describeHyper(run),
    loss: last?.loss ?? NaN,
    trainAccuracy: last?.trainAccuracy ?? NaN,
    testAccuracy: tested.at(-1)?.testAccuracy ?? NaN,
    best: tested.length ? best : NaN,
    bestEpoch: epochs.find((e) => e.testAccuracy === best)?.epoch ?? NaN,
    seconds: end.seconds,
    note: end.outcome === 'finished' ? '' : `${end.outcome}: ${end.note}`,
  };
}

/** The rates, and whatever was given: `lr 0.001, final-lr 0.1, gamma 0.001`. */
function describeHyper({ hyper, given }: RunRecord): string {
  const telling = ['lr', 'momentum', 'finalLr', 'gamma', ...given];
  return Object.entries(hyper)
    .filter(([name]) => telling.includes(name))
    .map(([name, value]) => `${kebab(name)} ${value}`)
    .join(', ');
}

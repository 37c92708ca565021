// The first line of the file of a run: everything that determines it, and where it ran.
import { backend, type Tensor, threads } from '../core/index.js';
import { VERSION } from '../fit/index.js';
import { machine } from '../node/machine.js';
import { optimizers } from '../optim/index.js';
import { QUANTILES, type RunRecord } from '../reports/record.js';
import type { Split } from './datasets.js';
import { settable } from './options/hyperparameters.js';
import type { Settings } from './options/training.js';
import { describeSchedule } from './schedules.js';

/** The first record of a run. named: the parameters by name. initial: the evaluation before the first step. */
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
    device: machine(),
    ...computing(),
  };
}

/** The backend of this process, its threads, and how it runs its main kernels. */
export function computing(): Pick<RunRecord, 'backend' | 'threads' | 'via'> {
  const via = Object.fromEntries(['matmul', 'conv2d'].map((kernel) => [kernel, backend().via(kernel)]));
  return { backend: backend().name, threads: threads(), via };
}

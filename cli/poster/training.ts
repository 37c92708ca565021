// Runs the tasks of kind `training`.
import { DataLoader, type Dataset } from '../../datasets/index.js';
import { type Callback, type Checkpoints, fit } from '../../fit/index.js';
import { multiStep, optimizers } from '../../optim/index.js';
import type { NetRates } from '../../reports/poster/rates.js';
import type { Training, TrainingResult } from '../../reports/poster/task.js';
import type { Augmentation } from '../augmentations.js';
import { loadData, type Split } from '../datasets.js';
import { buildModel } from '../models.js';
import { netRates } from './rates.js';
import { first, halved } from './smallData.js';

/** How a training runs. These options do not affect its result. */
export interface TrainingOptions {
  /** The folder of a data set that is read from files. */
  dataDir?: string;
  /** Stops the training at its next step. */
  signal?: AbortSignal;
  /** Where the training writes checkpoints and resumes from. Default: no checkpoints. */
  checkpoints?: Checkpoints;
}

/** Runs a training. Returns null if the signal stopped it. */
export async function runTraining(task: Training, options: TrainingOptions = {}): Promise<TrainingResult | null> {
  const { epochs, evalEvery, milestones } = task;
  const { signal, checkpoints } = options;
  const { data, model, optimizer, train } = await prepare(task, options.dataDir);
  const { snapshots, callback } = watch(task, epochs * train.length);
  try {
    const history = await fit(model, {
      train,
      test: data.test,
      optimizer,
      epochs,
      evalEvery,
      signal,
      checkpoints,
      schedule: () => multiStep(milestones.map((epoch) => epoch * train.length)),
      callbacks: [callback],
      settings: { model: task.model, halved: task.halved, augment: task.augment.join() },
    });
    if (history.outcome === 'interrupted') return null;
    return {
      outcome: history.outcome === 'diverged' ? 'diverged' : 'finished',
      note: history.note,
      parameters: model.parameters().reduce((n, p) => n + p.size, 0),
      train: data.train.length,
      test: data.test.length,
      steps: history.step,
      epochs: history.epochs.map(({ epoch, loss, accuracy, testLoss, testAccuracy }) => {
        return { epoch, loss, accuracy: accuracy!, testLoss, testAccuracy };
      }),
      looks: snapshots,
    };
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

/** The number of measured steps. The step before them, which allocates the buffers, is not measured. */
const MEASURED = 3;

/** Measures the seconds of one step: the mean over a few steps. */
export async function secondsPerStep(task: Training, dataDir?: string): Promise<number> {
  const { model, optimizer, train } = await prepare(task, dataDir);
  const times: number[] = [];
  const onStep = () => times.push(performance.now());
  try {
    await fit(model, { train, optimizer, epochs: MEASURED + 1, maxSteps: MEASURED + 1, callbacks: [{ onStep }] });
    return (times.at(-1)! - times[0]) / 1000 / (times.length - 1);
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

/** Creates the data, the net initialized from the seed, and its optimizer. */
async function prepare(task: Training, dataDir?: string) {
  const { seed, batchSize, optim, hyper } = task;
  const data = await dataOf(task, dataDir);
  const model = buildModel(task.model, data.train.shape, data.train.classes.length, seed);
  const optimizer = new optimizers[optim]([...model.namedParameters()], hyper);
  const train = new DataLoader(data.train, { batchSize, shuffle: true, seed });
  return { data, model, optimizer, train };
}

/** Returns a callback that appends the rates to `snapshots`: never, after the last step, or also at round step numbers. */
function watch({ looks: when, hyper, optim }: Training, steps: number): { snapshots: NetRates[]; callback: Callback } {
  const snapshots: NetRates[] = [];
  const lr = (hyper.lr ?? optimizers[optim].defaults.lr) as number;
  const callback: Callback = {
    name: 'looks',
    save: () => snapshots,
    load: (saved) => void snapshots.splice(0, snapshots.length, ...(saved as NetRates[])),
    async onStep({ step }, { optimizer }) {
      const last = step === steps;
      if (when === 'none' || !(last || (when === 'often' && isRound(step)))) return;
      snapshots.push(await netRates(optimizer, lr, last));
    },
  };
  return { snapshots, callback };
}

/** Whether a step is 1, 2, 3 or 5 times a power of ten. */
function isRound(step: number): boolean {
  const power = 10 ** Math.floor(Math.log10(step));
  return [1, 2, 3, 5].includes(step / power);
}

const loaded = new Map<string, Promise<Split>>();

/** Loads the data of a task. Later tasks with the same data get the cached promise. */
function dataOf({ data, images, halved: half, augment }: Training, dir?: string): Promise<Split> {
  const key = JSON.stringify([data, images, half, augment, dir]);
  const found = loaded.get(key) ?? load();
  loaded.set(key, found);
  return found;

  async function load(): Promise<Split> {
    const { train, test } = await loadData(data, { dir, augment: augment as Augmentation[] });
    const small = (set: Dataset) => (half ? halved(set) : set);
    return { train: await small(first(train, images)), test: await small(test) };
  }
}

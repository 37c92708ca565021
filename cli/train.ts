// Trains one optimizer from the seed's initialization on the seed's order of batches, and records it.
import { DataLoader } from '../datasets/index.js';
import {
  type Callback,
  type Checkpoints,
  type EpochReport,
  evaluate,
  fit,
  type Resumed,
  type StepReport,
} from '../fit/index.js';
import type { Module } from '../nn/index.js';
import { type Optimizer, optimizers } from '../optim/index.js';
import type { EndRecord, EpochRecord, LineRecord, ResumeRecord, Snapshot } from '../reports/record.js';
import type { Split } from './datasets.js';
import { describeRun } from './describe.js';
import { buildModel } from './models.js';
import { scheduleOf } from './options/schedules.js';
import type { Settings } from './options/settings.js';
import { snapshot } from './rates.js';

/** Where a run goes: each record as it is made, each step for those who watch, checkpoints. */
export interface Place {
  record(record: LineRecord): void;
  step(at: StepReport & { title: string }): void;
  checkpoints?: Checkpoints;
  /** Whether the first record is there from before. */
  begun: boolean;
  /** Ends the run early. */
  signal: AbortSignal;
}

/** Trains one optimizer, or goes on with it. A loss or gradient that is no number ends it, as the signal does; neither
 *  throws. */
export async function train(key: string, settings: Settings, data: Split, place: Place): Promise<void> {
  const { seed, batchSize, epochs, maxSteps, evalEvery, labelSmoothing, checkpointEvery, augment } = settings;
  const model = buildModel(settings.model, data.train.shape, data.train.classes.length, seed);
  const optimizer: Optimizer = new optimizers[key]([...model.namedParameters()], settings.hyper[key]);
  try {
    if (!place.begun && !(await describe(key, settings, data, model, place))) return;
    const train = new DataLoader(data.train, { batchSize, shuffle: true, seed });
    const history = await fit(model, {
      ...{ train, test: data.test, optimizer, epochs, maxSteps, evalEvery, labelSmoothing, checkpointEvery },
      schedule: scheduleOf(settings, train.length),
      callbacks: [recorder(optimizers[key].title, settings, place)],
      checkpoints: place.checkpoints,
      settings: { model: settings.model, dataset: settings.data, augment: augment.join() },
      signal: place.signal,
    });
    const outcome = history.outcome as EndRecord['outcome'];
    const { note, where, step } = history;
    place.record({ kind: 'end', outcome, note, where, step, seconds: round(history.seconds) });
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

/** Writes the first record, with how the model does before the first step. Returns false where the signal came meanwhile. */
async function describe(key: string, settings: Settings, data: Split, model: Module, place: Place): Promise<boolean> {
  try {
    const { loss, accuracy } = await evaluate(model, data.test, { signal: place.signal });
    const initial = { testLoss: loss, testAccuracy: accuracy! };
    place.record(describeRun(key, settings, data, model.namedParameters(), initial));
    return true;
  } catch (error) {
    if (place.signal.aborted) return false;
    throw error;
  }
}

/** Turns what fit reports into records. The rates of an epoch that is not over go into its checkpoints. */
function recorder(title: string, settings: Settings, place: Place): Callback {
  let rates: Snapshot[] = [];
  return {
    name: 'rates',
    save: () => rates,
    load: (saved) => {
      rates = saved as Snapshot[];
    },
    onResume: (resumed) => place.record(resumeRecord(resumed, settings)),
    async onStep(at, { optimizer }) {
      // Powers of two show the bounds where they move fastest.
      const early = at.epoch === 1 && Number.isInteger(Math.log2(at.batch));
      const last = at.batch === at.batches || at.step === settings.maxSteps;
      if (early || last) rates.push(await snapshot(optimizer));
      place.step({ ...at, title });
    },
    onEpoch(report) {
      place.record(epochRecord(report, rates));
      rates = [];
    },
  };
}

function epochRecord({ accuracy, seconds, samplesPerSecond, ...report }: EpochReport, rates: Snapshot[]): EpochRecord {
  const { epoch, step, firstLoss, loss, testLoss, testAccuracy } = report;
  return {
    kind: 'epoch',
    ...{ epoch, step, firstLoss, loss, trainAccuracy: accuracy!, testLoss, testAccuracy },
    seconds: round(seconds),
    imagesPerSecond: Math.round(samplesPerSecond),
    rates,
  };
}

function resumeRecord({ step, notes }: Resumed, { line, epochs, maxSteps }: Settings): ResumeRecord {
  const date = new Date().toISOString();
  return { kind: 'resume', command: line, date, step, epochs, maxSteps: maxSteps ?? null, notes: [...notes] };
}

function round(seconds: number): number {
  return Math.round(1000 * seconds) / 1000;
}

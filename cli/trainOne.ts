// Trains a net with one optimizer and records the run. The seed determines the initial weights and the order of the batches.
import { type AnyDataset, DataLoader } from '../datasets/index.js';
import {
  type Callback,
  type Checkpoints,
  type EpochReport,
  evaluate,
  fit,
  type KeepBest,
  type StepReport,
} from '../fit/index.js';
import { defaultLoss } from '../fit/task.js';
import { json, listOf, recordOf } from '../fit/validate.js';
import type { Module } from '../nn/index.js';
import { type Optimizer, optimizers } from '../optim/index.js';
import { snapshot as snapshotCheck } from '../reports/checks.js';
import type { EndRecord, LineRecord, Snapshot } from '../reports/record.js';
import { writerOf } from './continuation.js';
import { batchSizeOf, type Split, titleOf } from './datasets.js';
import { lossOf } from './losses.js';
import { makeModel, modelTitle } from './models.js';
import { settingsOfOwn } from './options/ownSettings.js';
import type { Settings } from './options/settings.js';
import { stepOptions } from './options/steps.js';
import { snapshot } from './rates.js';
import { describeRun, epochRecord, resumeRecord, rounded } from './runRecord.js';
import { scheduleOf } from './schedules.js';
import { StepLosses } from './stepLosses.js';
import { testedOf } from './tested.js';

/** Where the results of a run go. */
export interface Place {
  /** Called with each record. */
  record(record: LineRecord): void;
  /** Called before the first step if the training resumes, after `step` steps: makes the recorded epochs equal to those of the
   *  checkpoint. Returns a note for the user if they differed, else null. Default: does nothing. */
  restore?(history: readonly EpochReport[], step: number): string | null;
  /** Called after each step. */
  step(at: StepReport & { title: string }): void;
  /** Where the run writes checkpoints and resumes from. Default: no checkpoints. */
  checkpoints?: Checkpoints;
  /** Whether an earlier process wrote the first record. */
  begun: boolean;
  /** Stops the run at its next step. */
  signal: AbortSignal;
}

/** Trains with one optimizer, or resumes from its newest checkpoint. A NaN or infinite loss or gradient ends the run, and so does the
 *  signal. Neither throws. */
export async function trainOne(key: string, settings: Settings, data: Split, place: Place): Promise<void> {
  const { seed, epochs, maxSteps, evalEvery, checkpointEvery, augment } = settings;
  const model = await makeModel(settings.model, data.train, seed);
  const loss = await lossOf(settings, data.train);
  const labelSmoothing = loss ? 0 : settings.labelSmoothing;
  const optimizer: Optimizer = new optimizers[key]([...model.namedParameters()], settings.hyper[key]);
  try {
    if (!place.begun && !(await describe(key, settings, data, model, place))) return;
    const train = new DataLoader(data.train, { batchSize: batchSizeOf(settings, data), shuffle: true, seed });
    const { callbacks, ...steps } = stepOptions(settings, monitorOf(settings, data.train));
    const writes = data.train.labelShape && settings.sample > 0;
    const write = writes ? writerOf(callbacks, data.train, { length: settings.sample, seed }) : null;
    const recording = recorder(optimizers[key].title, settings, place, write);
    const training = fit(model, {
      train,
      test: data.test,
      optimizer,
      epochs,
      maxSteps,
      evalEvery,
      loss,
      labelSmoothing,
      schedule: scheduleOf(settings, Math.ceil(train.length / settings.accumulate)),
      ...steps,
      callbacks: [...callbacks, recording.callback],
      checkpoints: place.checkpoints,
      checkpointEvery,
      // The process may have ended between its last checkpoint and the record of its end.
      mayBeFinished: true,
      settings: {
        model: modelTitle(settings.model),
        dataset: titleOf(settings.data),
        augment: augment.join(),
        ...settingsOfOwn(settings),
      },
      signal: place.signal,
    });
    // If a record could not be written, that is the error to report. The training then saved a checkpoint if it could.
    const history = await training.finally(() => {
      if (recording.failure) throw recording.failure;
    });
    const { where, step } = history;
    // Only --early-stopping stops a run. Then it is complete, though it took fewer steps.
    const isEarly = history.outcome === 'stopped';
    const outcome = (isEarly ? 'finished' : history.outcome) as EndRecord['outcome'];
    const note = isEarly ? history.note.replace('testLoss', 'test loss') : history.note;
    const { epoch: saved = 0 } = (callbacks.find(({ name }) => name === 'keepBest') ?? {}) as Partial<KeepBest>;
    const end = { kind: 'end', outcome, note, where, step, seconds: rounded(history.seconds) } as const;
    const how = { model, optimizer, test: data.test, loss: loss ?? defaultLoss(data.test) };
    const isFull = outcome === 'finished';
    const tested = isFull ? await testedOf({ ...how, isPrivate: settings.private, signal: place.signal }) : undefined;
    place.record({ ...end, ...(saved > 0 && { saved }), ...(tested && { tested }) });
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

/** The number that decides which epoch is the best: accuracy for classes, the loss for values and texts. With class weights it is the weighted
 *  loss, because accuracy prefers a net that always predicts the most frequent class. */
function monitorOf({ classWeights }: Settings, { targetShape, labelShape }: AnyDataset) {
  return targetShape || labelShape || classWeights ? 'testLoss' : 'testAccuracy';
}

/** Records the settings of the run, and its loss and accuracy before the first step. Returns false if the signal stopped the
 *  evaluation. */
async function describe(key: string, settings: Settings, data: Split, model: Module, place: Place): Promise<boolean> {
  try {
    const loss = await lossOf(settings, data.train);
    const found = await evaluate(model, data.test, { loss, signal: place.signal });
    const initial = { testLoss: found.loss, testAccuracy: found.accuracy };
    place.record(await describeRun(key, settings, data, model.namedParameters(), initial));
    return true;
  } catch (error) {
    if (place.signal.aborted) return false;
    throw error;
  }
}

/** A callback that turns the reports of `fit` into records. A checkpoint within an epoch holds the rates recorded so far. write: generates a
 *  sample; null if none is wanted. `failure` says why the record of an epoch could not be written, else it is null. The
 *  training then stops, with a checkpoint after that epoch. */
function recorder(
  title: string,
  settings: Settings,
  place: Place,
  write: ReturnType<typeof writerOf> | null,
): { callback: Callback; failure: unknown } {
  let rates: Snapshot[] = [];
  const losses = new StepLosses();
  let failure: unknown = null;
  const callback: Callback = {
    name: 'rates',
    save: () => ({ rates, losses: losses.save() }),
    load: (saved) => {
      const what = 'checkpoint: callbacks.rates';
      // Checkpoints of earlier versions hold the rates only.
      const found = recordOf(json)(Array.isArray(saved) ? { rates: saved } : saved, what);
      rates = listOf(snapshotCheck)(found.rates, what);
      if (found.losses !== undefined) losses.load(found.losses, `${what}.losses`);
    },
    onResume(resumed, { history }) {
      const note = place.restore?.(history, resumed.step) ?? null;
      place.record(resumeRecord(resumed, note, settings));
    },
    async onStep(at, { optimizer }) {
      // The bounds move fastest in the first epoch, so it also records steps 1, 2, 4, ..
      const early = at.epoch === 1 && Number.isInteger(Math.log2(at.step));
      const last = at.batch === at.batches || at.step === settings.maxSteps;
      if (early || last) rates.push(await snapshot(optimizer));
      losses.add(at, Math.ceil(at.batches / settings.accumulate));
      place.step({ ...at, title });
    },
    async onEpoch(report, training) {
      const sample = write && report.testLoss !== null ? await write(training) : undefined;
      const record = epochRecord(report, rates, losses.take(report.step), sample);
      rates = [];
      try {
        place.record(record);
      } catch (error) {
        failure = error;
        training.stop('the record of an epoch could not be written');
      }
    },
  };
  return {
    callback,
    get failure() {
      return failure;
    },
  };
}

// Trains one optimizer from the seed's initialization on the seed's order of batches, and records it.
import { performance } from 'node:perf_hooks';
import { noGrad, scope, ValueError } from '../core/index.js';
import { DataLoader, type Dataset } from '../datasets/index.js';
import { accuracy, crossEntropy, type Module } from '../nn/index.js';
import { type Optimizer, optimizers } from '../optim/index.js';
import { buildModel } from './architecture.js';
import type { Split } from './data.js';
import { describeRun } from './describe.js';
import type { Settings } from './options.js';
import { snapshot } from './rates.js';
import type { EndRecord, EpochRecord, LineRecord, Run, Snapshot } from './record.js';
import type { Stop } from './stop.js';

/** Where a run goes: each record as it is made, and each step for those who watch. */
export interface Listener {
  record(record: LineRecord): void;
  step(at: { title: string; epoch: number; step: number; loss: number; imagesPerSecond: number }): void;
}

/** Ends a run before its last epoch. */
class Ended extends Error {
  constructor(
    readonly outcome: 'diverged' | 'interrupted',
    message: string,
  ) {
    super(message);
  }
}

/** Trains one optimizer. A loss or gradient that is no number ends its run, as `stop` does; neither throws. */
export async function train(
  key: string,
  settings: Settings,
  data: Split,
  stop: Stop,
  listener: Listener,
): Promise<Run> {
  const began = performance.now();
  const { seed, batchSize } = settings;
  const model = buildModel(settings.model, data.train.shape, data.train.classes.length, seed);
  const optimizer: Optimizer = new optimizers[key]([...model.namedParameters()], settings.hyper[key]);
  const loader = new DataLoader(data.train, { batchSize, shuffle: true, seed });
  const initial = await evaluate(model, data.test, stop);
  const run = describeRun(key, settings, data, [...model.namedParameters()], initial);
  listener.record(run);
  const epochs: EpochRecord[] = [];
  let [outcome, note]: [EndRecord['outcome'], string] = ['finished', ''];
  try {
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      const trained = await trainEpoch(run.title, epoch, model, optimizer, loader, stop, listener);
      const test = await evaluate(model, data.test, stop);
      if (!Number.isFinite(test.testLoss)) throw new Ended('diverged', `the test loss is ${test.testLoss}`);
      epochs.push({ kind: 'epoch', epoch, ...trained, ...test });
      listener.record(epochs.at(-1)!);
    }
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    outcome = error.outcome;
    note = `${error.message} after step ${optimizer.steps} of ${settings.epochs * loader.length}`;
  }
  const seconds = round((performance.now() - began) / 1000);
  const end: EndRecord = { kind: 'end', outcome, note, step: optimizer.steps, seconds };
  optimizer.dispose();
  model.dispose();
  listener.record(end);
  return { run, epochs, end };
}

async function trainEpoch(
  title: string,
  epoch: number,
  model: Module,
  optimizer: Optimizer,
  loader: DataLoader,
  stop: Stop,
  listener: Listener,
) {
  const named = [...model.namedParameters()];
  const rates: Snapshot[] = [];
  let [loss, right, images, milliseconds, firstLoss, batch] = [0, 0, 0, 0, 0, 0];
  for await (const [x, y] of loader) {
    const n = x.shape[0];
    const began = performance.now();
    await scope(async () => {
      const logits = model.forward(x);
      const batchLoss = crossEntropy(logits, y);
      // Before backward, which frees what it has used.
      const share = accuracy(logits, y);
      optimizer.zeroGrad();
      batchLoss.backward();
      const value = await batchLoss.item();
      if (!Number.isFinite(value)) throw new Ended('diverged', `the loss is ${value}`);
      if (batch === 0) firstLoss = value;
      step(optimizer);
      loss += n * value;
      right += n * (await share.item());
    });
    milliseconds += performance.now() - began;
    images += n;
    batch++;
    // Powers of two show the bounds where they move fastest.
    const early = epoch === 1 && Number.isInteger(Math.log2(batch));
    if (early || batch === loader.length) rates.push(await snapshot(optimizer, named));
    const imagesPerSecond = Math.round((1000 * images) / milliseconds);
    listener.step({ title, epoch, step: optimizer.steps, loss: loss / images, imagesPerSecond });
    await stop.breathe();
    if (stop.requested) throw new Ended('interrupted', 'stopped on request');
  }
  return {
    step: optimizer.steps,
    firstLoss,
    loss: loss / images,
    trainAccuracy: Math.round(right) / images,
    seconds: round(milliseconds / 1000),
    imagesPerSecond: Math.round((1000 * images) / milliseconds),
    rates,
  };
}

/** Steps, or ends the run where the gradient is no number. */
function step(optimizer: Optimizer): void {
  try {
    optimizer.step();
  } catch (error) {
    if (error instanceof ValueError) throw new Ended('diverged', error.message.replace(/^\w+: |;.*/gs, ''));
    throw error;
  }
}

/** Mean loss and share of right answers over a whole set, in evaluation mode. */
async function evaluate(model: Module, set: Dataset, stop: Stop) {
  let [loss, right] = [0, 0];
  model.eval();
  for await (const [x, y] of new DataLoader(set, { batchSize: 100 })) {
    await scope(async () => {
      const [l, a] = noGrad(() => {
        const logits = model.forward(x);
        return [crossEntropy(logits, y, { reduction: 'sum' }), accuracy(logits, y)];
      });
      loss += await l.item();
      right += x.shape[0] * (await a.item());
    });
    await stop.breathe();
  }
  model.train();
  return { testLoss: loss / set.length, testAccuracy: Math.round(right) / set.length };
}

function round(seconds: number): number {
  return Math.round(1000 * seconds) / 1000;
}

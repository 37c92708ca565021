// Writes a run's checkpoints when they are due, and resumes the run from the newest.
import { DataError, must } from '../core/index.js';
import type { AnyDataset } from '../datasets/index.js';
import type { Module } from '../nn/index.js';
import { type Checkpoint, checkParts, type Position, serializeCheckpoint } from './checkpoint.js';
import { type Description, describe, otherFile } from './description.js';
import { setOf } from './measure.js';
import { noteNonFinite } from './nonFinite.js';
import type { FitOptions } from './options.js';
import { checksumOf, checksumsOf, describeMaker, settingsOf } from './settings.js';
import { capture, checkData, checkSettings, restore } from './state.js';
import { lossName } from './task.js';

/** The checkpoints of one run. Does nothing if its options have no `checkpoints`. */
export class Saver {
  /** The settings, the maker and the description of this session. */
  #here: Pick<Checkpoint, 'settings' | 'maker' | 'description'> = { settings: {}, maker: {} };
  /** When the last checkpoint was written or read, and its position. */
  #last = { time: performance.now(), epoch: 0, batch: 0 };

  constructor(
    readonly model: Module<any>,
    readonly options: FitOptions,
  ) {}

  /** Restores model, optimizer, callbacks and random streams from the newest checkpoint. Returns its position and history, and
   *  warnings; null if there is no checkpoint. Throws as `fit` does; model, optimizer and random streams are then unchanged. */
  async resume(): Promise<(Pick<Checkpoint, 'position' | 'history'> & { notes: string[] }) | null> {
    const { train, test, optimizer, callbacks = [], checkpoints, accumulate = 1 } = this.options;
    const { loss, forward, labelSmoothing = 0, clip = null } = this.options;
    if (!checkpoints) return null;
    const more = {
      // A function cannot be compared, so its name stands for the loss.
      loss: (forward ?? loss)?.name ?? lossName(train.dataset),
      labelSmoothing,
      clip,
      // 1 is left out, because checkpoints of earlier versions do not have this setting.
      ...(accumulate > 1 && { accumulate }),
      ...this.options.settings,
    };
    const description: Description = {
      ...describe(this.model, train.dataset),
      samples: await checksumsOf(train.dataset),
      frozen: this.model.namedParameters().flatMap(([name, p]) => (p.requiresGrad ? [] : [name])),
      test: test ? await testOf(setOf(test)[0]) : null,
    };
    this.#here = {
      settings: { ...(await settingsOf(train, optimizer)), ...more },
      maker: await describeMaker(),
      description,
    };
    const found = await checkpoints.latest();
    if (!found) return null;
    must(Array.isArray(found.notes), 'fit: checkpoints: latest()', 'null or { checkpoint, notes }', found);
    checkParts('fit: checkpoints: latest(): checkpoint', found.checkpoint);
    const { position, history } = found.checkpoint;
    checkSettings(found.checkpoint.settings, this.#here.settings);
    const data = checkData(found.checkpoint.description, description);
    checkPosition(position, history, train.length, accumulate);
    const notes = restore(this.model, optimizer, callbacks, this.#here.maker, found.checkpoint);
    this.#last = { time: performance.now(), epoch: position.epoch, batch: position.batch };
    const file = otherFile(found.checkpoint.description, this.#here.description);
    const damaged = await noteNonFinite({ ...this.model.stateDict(), ...optimizer.stateDict().tensors });
    return { position, history, notes: [...found.notes, ...notes, ...data, ...file, ...damaged] };
  }

  /** Whether the last checkpoint, or the start of the run if there is none, is at least `checkpointEvery` minutes ago. */
  get isDue(): boolean {
    const { checkpointEvery = 10 } = this.options;
    return performance.now() - this.#last.time >= 60_000 * checkpointEvery;
  }

  /** Writes a checkpoint, unless the last one has the same position. */
  async save(state: { position: Position; step: number; history: Checkpoint['history'] }): Promise<void> {
    const { optimizer, callbacks = [], checkpoints } = this.options;
    const { position, history, step } = state;
    const { epoch, batch } = position;
    if (!checkpoints || (this.#last.epoch === epoch && this.#last.batch === batch)) return;
    const all = capture(this.model, optimizer, callbacks, { position, history, ...this.#here });
    await checkpoints.save(await serializeCheckpoint(all), step);
    this.#last = { time: performance.now(), epoch, batch };
  }
}

/** The test set, for later sessions to compare. */
async function testOf(set: AnyDataset): Promise<Description['test']> {
  return { name: set.name, samples: set.length, checksum: await checksumOf(set) };
}

/** Throws DataError unless the position lies within an epoch and the history has every epoch before it. */
function checkPosition(
  { epoch, batch, sums }: Position,
  history: Checkpoint['history'],
  batches: number,
  accumulate: number,
): void {
  const steps = Math.ceil(batches / accumulate);
  const refuse = (why: string) => new DataError(`fit: the checkpoint contradicts itself: ${why}; damaged?`);
  if (batch > batches)
    throw new DataError(`fit: the checkpoint's position is outside an epoch: batch ${batch} of ${batches}`);
  if (batch < batches && batch % accumulate !== 0)
    throw refuse(`it is in the middle of a step: batch ${batch}, in steps of ${accumulate}`);
  if (history.length !== epoch - 1) throw refuse(`it is in epoch ${epoch}, with a history of ${history.length} epochs`);
  if (history.some((e, i) => e.epoch !== i + 1 || e.step !== (i + 1) * steps))
    throw refuse(`the epochs of its history are not 1 to ${history.length}, of ${steps} steps each`);
  if (sums.right > sums.samples) throw refuse(`${sums.right} right answers of ${sums.samples}`);
}

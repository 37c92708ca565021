// One run of fit: its position, and the way from one position to the next.
//
//   (epoch, batch)   a step                                 -> (epoch, batch + 1)
//   (epoch, all)     the look at the test set, the report   -> (epoch + 1, 0)
//
// A checkpoint may be taken at any position. Steps are counted from it, so that nothing can disagree with it.
import { crossEntropy, type Module } from '../nn/index.js';
import type { Optimizer } from '../optim/index.js';
import type { Callback, EpochReport, Training } from './callback.js';
import type { Position } from './checkpoint.js';
import { evaluate } from './evaluate.js';
import type { FitOptions, History } from './fit.js';
import { Diverged } from './nonFinite.js';
import { pause } from './pause.js';
import { figures, noSums, plus } from './runningSums.js';
import { Saver } from './saver.js';
import { type Step, takeStep } from './step.js';

/** Ends a training before its last epoch. */
class Ended extends Error {
  constructor(
    readonly outcome: 'stopped' | 'interrupted',
    message: string,
  ) {
    super(message);
  }
}

const interrupted = () => new Ended('interrupted', 'stopped on request');

/** A training, from wherever it is taken up. */
export class Run implements Training {
  readonly history: EpochReport[] = [];
  readonly optimizer: Optimizer<any>;
  readonly #callbacks: readonly Callback[];
  readonly #saver: Saver;
  readonly #step: Step;
  /** Of the whole training, and of an epoch. */
  readonly #steps: number;
  readonly #batches: number;
  #at: Position = { epoch: 1, batch: 0, sums: noSums(), seconds: 0 };
  #notes: string[] = [];
  #stopped: string | null = null;
  /** Seconds in earlier sessions, and when this one began. */
  #before = 0;
  readonly #began = performance.now();

  constructor(
    readonly model: Module,
    readonly options: FitOptions,
  ) {
    const { train, optimizer, epochs, maxSteps = Infinity, loss, labelSmoothing = 0, clip = null } = options;
    this.optimizer = optimizer;
    this.#callbacks = options.callbacks ?? [];
    this.#saver = new Saver(model, options);
    this.#batches = train.length;
    this.#steps = Math.min(epochs * train.length, maxSteps);
    this.#step = { loss: loss ?? ((x, y) => crossEntropy(x, y, { labelSmoothing })), counts: !loss, clip };
  }

  stop = (reason: string): void => {
    this.#stopped ??= reason;
  };

  async run(): Promise<History> {
    let [outcome, note, where]: [History['outcome'], string, string | null] = ['finished', '', null];
    try {
      await this.#begin();
      while (this.#taken < this.#steps || this.#at.batch > 0) {
        await this.#train();
        const isWhole = this.#at.batch === this.#batches;
        // A longer training may take up from here, in the middle of the epoch.
        if (!isWhole) await this.#save();
        await this.#report();
        if (!isWhole) break;
        this.#at = { ...this.#at, epoch: this.#at.epoch + 1, batch: 0, sums: noSums() };
        await this.#save();
      }
    } catch (error) {
      if (error instanceof Ended) {
        ({ outcome } = error);
        await this.#save();
      } else if (error instanceof Diverged) [outcome, where] = ['diverged', error.where];
      else throw error;
      note = `${error.message} after step ${this.#taken} of ${this.#steps}`;
    }
    const [step, seconds] = [this.#taken, this.#seconds];
    return { outcome, note, where, step, seconds, epochs: this.history, notes: this.#notes };
  }

  get #taken(): number {
    return (this.#at.epoch - 1) * this.#batches + this.#at.batch;
  }
  get #seconds(): number {
    return this.#before + (performance.now() - this.#began) / 1000;
  }

  /** Goes to where the newest checkpoint was taken, if there is one. */
  async #begin(): Promise<void> {
    const { schedule } = this.options;
    this.model.train();
    if (schedule) for (const group of this.optimizer.paramGroups) group.schedule = schedule(this.#steps);
    const found = await this.#saver.resume();
    if (!found) return;
    this.#at = found.position;
    this.#before = found.position.seconds;
    this.#notes = found.notes;
    this.history.push(...found.history);
    const resumed = { step: this.#taken, epochs: this.#at.epoch - 1, notes: this.#notes };
    for (const c of this.#callbacks) await c.onResume?.(resumed, this);
  }

  /** Takes the steps that are left of the epoch, or of the training. */
  async #train(): Promise<void> {
    const { train } = this.options;
    const { epoch, batch: done } = this.#at;
    const goal = Math.min(this.#batches, this.#steps - (epoch - 1) * this.#batches);
    this.#checkEnd();
    if (done >= goal) return;
    train.epoch = epoch - 1;
    let k = 0;
    for await (const batch of train) {
      // A batch depends on its number alone: those that are done are drawn and left.
      if (k++ < done) continue;
      await this.#take(batch);
      await pause();
      if (this.#saver.isDue) await this.#save();
      this.#checkEnd();
      if (k === goal) break;
    }
  }

  async #take(batch: Parameters<typeof takeStep>[2]): Promise<void> {
    const began = performance.now();
    const taken = await takeStep(this.model, this.optimizer, batch, this.#step);
    const at = { epoch: this.#at.epoch, batch: this.#at.batch + 1 };
    const sums = plus(this.#at.sums, { ...taken, samples: batch[0].shape[0], milliseconds: performance.now() - began });
    this.#at = { ...this.#at, ...at, sums };
    const means = figures(sums, this.#step.counts);
    const report = { ...at, batches: this.#batches, step: this.#taken, loss: taken.loss, ...means };
    for (const c of this.#callbacks) await c.onStep?.(report, this);
  }

  /** Looks at the test set where it is time to, and closes the epoch. */
  async #report(): Promise<void> {
    const { epoch, sums } = this.#at;
    const { testLoss, testAccuracy } = await this.#test();
    const { meanLoss: loss, accuracy, samplesPerSecond } = figures(sums, this.#step.counts);
    const [step, seconds, firstLoss] = [this.#taken, sums.milliseconds / 1000, sums.firstLoss];
    const trained = { epoch, step, firstLoss, loss, accuracy };
    const report: EpochReport = { ...trained, testLoss, testAccuracy, seconds, samplesPerSecond };
    this.history.push(report);
    for (const c of this.#callbacks) await c.onEpoch?.(report, this);
  }

  async #test(): Promise<Pick<EpochReport, 'testLoss' | 'testAccuracy'>> {
    const { test, evalEvery = 1, loss, signal } = this.options;
    const isDue = this.#at.epoch % evalEvery === 0 || this.#taken >= this.#steps;
    if (!test || !isDue) return { testLoss: null, testAccuracy: null };
    try {
      const found = await evaluate(this.model, test, { loss, signal });
      return { testLoss: found.loss, testAccuracy: found.accuracy };
    } catch (error) {
      if (signal?.aborted) throw interrupted();
      throw error instanceof Diverged ? new Diverged(`on the test set ${error.what}`, error.where) : error;
    }
  }

  #checkEnd(): void {
    if (this.options.signal?.aborted) throw interrupted();
    if (this.#stopped !== null) throw new Ended('stopped', this.#stopped);
  }

  #save(): Promise<void> {
    const position = { ...this.#at, seconds: this.#seconds };
    return this.#saver.save({ position, step: this.#taken, history: this.history });
  }
}

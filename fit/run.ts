// One run of fit: its position, and the transitions from one position to the next.
//
//   (epoch, batch)   a step on `accumulate` batches  -> (epoch, batch + accumulate), at most (epoch, all)
//   (epoch, all)     evaluation and epoch report     -> (epoch + 1, 0)
//   (epoch, batch)   the same, if maxSteps ends here -> (epoch, batch), the last position
//
// A checkpoint can be taken at any position. The number of steps is computed from the position, so the two always agree.
import { argMax, noGrad, sizeOf, type Tensor, ValueError } from '../core/index.js';
import type { Module, Named } from '../nn/index.js';
import type { Optimizer } from '../optim/index.js';
import type { Callback, EpochReport, Training } from './callback.js';
import type { Position } from './checkpoint.js';
import { checkSchedule } from './checks.js';
import { warnOfLayout, warnOfParts, warnOfSchedule, warnOfShared, warnOfTargets } from './doubts.js';
import { measure, setOf } from './measure.js';
import { checkWeights, Diverged } from './nonFinite.js';
import type { FitOptions, History } from './options.js';
import { pause } from './pause.js';
import { addStep, meansOf, zeroSums } from './runningSums.js';
import { Saver } from './saver.js';
import { type StepOptions, takeStep } from './step.js';
import { type AnyInputs, answersCount, defaultLoss } from './task.js';
import { remember, warnIfOther } from './trainingData.js';
import { noteStart, warnIfSeen } from './trainings.js';
import { checkEnded, type Turn } from './turns.js';
import { evaluatedWeights, resultWeights, withEvaluatedWeights } from './weights.js';

/** Thrown to end a training before its last step. */
class EndedEarly extends Error {
  constructor(
    readonly outcome: 'stopped' | 'interrupted',
    message: string,
  ) {
    super(message);
  }
}

/** The lr of the first parameter group at the optimizer's last step, times the group's schedule. */
function lrOf({ paramGroups: [group], steps }: Optimizer<any>): number {
  return group.lr * (group.schedule?.(steps) ?? 1);
}

const interrupted = () => new EndedEarly('interrupted', 'interrupted by the signal');

/** A training, from its start or from a checkpoint. */
export class Run implements Training {
  readonly history: EpochReport[] = [];
  readonly optimizer: Optimizer<any>;
  readonly #callbacks: readonly Callback[];
  readonly #saver: Saver;
  readonly #stepOptions: StepOptions;
  readonly epochs: number;
  readonly steps: number;
  readonly standardized: boolean;
  /** Batches of an epoch. */
  readonly #batches: number;
  /** Batches of a step. */
  readonly #accumulate: number;
  /** Steps of an epoch. */
  readonly #stepsOfEpoch: number;
  #position: Position = { epoch: 1, batch: 0, sums: zeroSums(), seconds: 0 };
  #notes: string[] = [];
  #stopped: string | null = null;
  /** The parameters to train that have not had a gradient; null once an epoch has been trained from its start. */
  #unreached: Named<Tensor>[] | null;
  /** Whether the warning about evaluation mode was printed. */
  #hasWarned = false;
  /** Seconds in earlier sessions. */
  #secondsBefore = 0;
  readonly #started = performance.now();

  constructor(
    readonly model: Module<any>,
    readonly options: FitOptions,
    readonly turn: Turn,
  ) {
    const { train, optimizer, epochs, maxSteps = Infinity, accumulate = 1 } = options;
    const { loss, forward, labelSmoothing = 0, clip = null } = options;
    this.optimizer = optimizer;
    this.#callbacks = options.callbacks ?? [];
    this.#saver = new Saver(model, options);
    this.#batches = train.length;
    this.#accumulate = accumulate;
    this.#stepsOfEpoch = Math.ceil(train.length / accumulate);
    this.epochs = epochs;
    this.steps = Math.min(epochs * this.#stepsOfEpoch, maxSteps);
    const held = new Set<Tensor>(optimizer.paramGroups.flatMap((group) => group.params));
    this.#unreached = model.namedParameters().filter(([, p]) => held.has(p));
    this.standardized = train.dataset.preparation?.targets !== undefined;
    const countsRight = answersCount(options, train.dataset);
    this.#stepOptions = { loss: loss ?? defaultLoss(train.dataset, labelSmoothing), forward, countsRight, clip };
  }

  // An arrow function, as `stop` is: callbacks call it on a Proxy, which has no private fields.
  weights = (): Record<string, Tensor> => evaluatedWeights(this.model, this.#callbacks);

  stop = (reason = 'a callback stopped it'): void => {
    this.#stopped ??= reason;
  };

  async run(): Promise<History> {
    const { train, test } = this.options;
    warnIfOther('fit: train', this.model, train.dataset);
    warnOfLayout(train.dataset);
    await warnOfTargets(train, this.#accumulate * train.batchSize, !this.options.loss && !this.options.forward);
    if (this.#accumulate > this.#batches)
      console.warn(
        `fit: accumulate: a step has ${this.#accumulate} batches, an epoch only ${this.#batches}: each epoch is one step`,
      );
    remember(this.model, train.dataset);
    const noteEnd = noteStart(this.model, train.dataset);
    if (test) {
      warnIfSeen('fit: test', this.model, setOf(test)[0]);
      warnIfOther('fit: test', this.model, setOf(test)[0]);
      warnOfShared(train.dataset, setOf(test)[0]);
    }
    let [outcome, note, where]: [History['outcome'], string, string | null] = ['finished', '', null];
    try {
      await this.#resume();
      while (this.#stepsTaken < this.steps || this.#position.batch > 0) {
        const isFromStart = this.#position.batch === 0;
        await this.#trainEpoch();
        await checkWeights(this.model);
        // The rest of an epoch that another process began may not use every parameter.
        if (isFromStart) this.#warnOfUnreached();
        const isWhole = this.#position.batch === this.#batches;
        // Saved before the report of this partial epoch, so that a later `fit` with a larger `maxSteps` continues here and reports the whole epoch.
        if (!isWhole) await this.#save();
        await this.#reportEpoch();
        if (!isWhole) break;
        this.#position = { ...this.#position, epoch: this.#position.epoch + 1, batch: 0, sums: zeroSums() };
        await this.#save();
      }
    } catch (error) {
      if (error instanceof EndedEarly) {
        ({ outcome } = error);
        await this.#save();
      } else if (error instanceof Diverged) [outcome, where] = ['diverged', error.where];
      else throw error;
      note = `${error.message} after step ${this.#stepsTaken} of ${this.steps}`;
    }
    this.optimizer.eval();
    const result = resultWeights(this.model, this.#callbacks);
    if (result) this.model.loadStateDict(result);
    noteEnd(outcome === 'diverged' && !result ? note : null);
    const [step, seconds] = [this.#stepsTaken, this.#seconds];
    const history = { outcome, note, where, step, seconds, epochs: this.history, notes: this.#notes };
    await this.#call('onEnd', history);
    // A program's own backward() would add to the gradients of the last step.
    this.optimizer.zeroGrad();
    return history;
  }

  /** The training as callbacks get it. They cannot assign its fields; to read a loss or an accuracy of it throws, because the report has them. */
  readonly #shown: Training = new Proxy(this, {
    get(training, name) {
      if (/^((val|test)_?)?(loss|acc(uracy)?)$/i.test(String(name)))
        throw new ValueError(`training: ${String(name)} is in the report, the first argument of the callback`);
      return Reflect.get(training, name);
    },
    set(_, name): never {
      throw new ValueError(`training: ${String(name)} cannot be assigned; call stop()`);
    },
  });

  /** Calls a function of each callback, which may train and evaluate. */
  async #call(name: 'onResume' | 'onStep' | 'onEpoch' | 'onEnd', report: any): Promise<void> {
    const read = name === 'onStep' ? 'report.step' : 'report.epoch';
    const value = () => {
      throw new ValueError(`${name}: the first argument is a report, not a number: read ${read}`);
    };
    // Keras's callbacks get the number of the epoch.
    if (/Step|Epoch/.test(name)) Object.defineProperty(report, Symbol.toPrimitive, { value, configurable: true });
    this.turn.isWaiting = true;
    try {
      for (const c of this.#callbacks) {
        await c[name]?.(report, this.#shown);
        checkEnded(this.turn, name);
      }
    } finally {
      this.turn.isWaiting = false;
    }
    const odd = ['stopTraining', 'stop_training'].find((field) => field in this.model);
    if (odd) throw new ValueError(`fit: model.${odd} ends nothing: call stop() of the second argument of ${name}`);
  }

  get #stepsTaken(): number {
    return (this.#position.epoch - 1) * this.#stepsOfEpoch + this.#stepsInEpoch;
  }
  get #stepsInEpoch(): number {
    return Math.ceil(this.#position.batch / this.#accumulate);
  }
  get #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  /** Prepares model and optimizer, and continues at the newest checkpoint if there is one. */
  async #resume(): Promise<void> {
    const { schedule } = this.options;
    if (!this.model.training) this.model.train();
    warnOfParts(this.model);
    const { paramGroups } = this.optimizer;
    if (schedule)
      for (const group of paramGroups) group.schedule = checkSchedule('what schedule returns', schedule(this.steps));
    const found = await this.#saver.resume();
    if (found) this.#position = found.position;
    // The steps of earlier trainings. The optimizer continues to count, but the schedule of this training begins at 1.
    const before = this.optimizer.steps - this.#stepsTaken;
    if (schedule && before > 0) {
      for (const group of paramGroups) {
        const made = group.schedule!;
        group.schedule = (t: number) => made(t - before);
      }
    }
    warnOfSchedule(paramGroups, before, this.steps, this.options);
    this.optimizer.train();
    if (!found) return;
    this.#secondsBefore = found.position.seconds;
    this.#notes = found.notes;
    if (this.#stepsTaken >= this.steps && !this.options.mayBeFinished) {
      const why = `the checkpoint has ${this.#stepsTaken} steps of ${this.steps}: nothing is left to train; use another folder`;
      console.warn(`fit: ${why}`);
      this.#notes.push(why);
    }
    this.history.push(...found.history);
    const resumed = { step: this.#stepsTaken, epochs: this.#position.epoch - 1, notes: this.#notes };
    await this.#call('onResume', resumed);
  }

  /** Takes the remaining steps of the epoch, or of the training. */
  async #trainEpoch(): Promise<void> {
    const { train } = this.options;
    const { epoch, batch: done } = this.#position;
    const stepsLeft = this.steps - (epoch - 1) * this.#stepsOfEpoch;
    const goal = Math.min(this.#batches, stepsLeft * this.#accumulate);
    this.#checkEnd();
    if (done >= goal) return;
    train.epoch = epoch - 1;
    let k = 0;
    const batches: AnyInputs[] = [];
    for await (const batch of train) {
      // Seed, epoch and number determine a batch, so drawing the epoch again gives the same batches. Finished ones are skipped.
      if (k++ < done) continue;
      batches.push(batch);
      if (batches.length < this.#accumulate && k < goal) continue;
      await this.#takeStep(batches.splice(0));
      await pause();
      if (this.#saver.isDue) await this.#save();
      this.#checkEnd();
      if (k === goal) break;
    }
  }

  async #takeStep(batches: readonly AnyInputs[]): Promise<void> {
    const began = performance.now();
    this.#ensureMode();
    const taken = await takeStep(this.model, this.optimizer, batches, this.#stepOptions);
    this.#unreached &&= this.#unreached.filter(([, p]) => p.requiresGrad && !p.grad);
    const at = { epoch: this.#position.epoch, batch: this.#position.batch + batches.length };
    const figures = { ...taken, milliseconds: performance.now() - began };
    const answers = sizeOf(this.options.train.dataset.labelShape ?? []);
    const sums = addStep(this.#position.sums, figures, answers);
    this.#position = { ...this.#position, ...at, sums };
    const means = meansOf(sums, this.#stepOptions.countsRight);
    // Finite losses can have an infinite sum.
    if (!Number.isFinite(means.meanLoss)) throw new Diverged(`the mean loss is ${means.meanLoss}`, 'the loss');
    const where = { ...at, batches: this.#batches, step: this.#stepsTaken };
    const report = { ...where, loss: taken.loss, ...means, lr: lrOf(this.optimizer), gradNorm: taken.gradNorm };
    await this.#call('onStep', report);
  }

  /** Prints a warning, after the first epoch that is trained from its start, about parameters that no gradient has reached: `forward` does
   *  not use them, or goes on with values that `data()` or `detach()` has cut off. */
  #warnOfUnreached(): void {
    const names = this.#unreached?.map(([name]) => name) ?? [];
    this.#unreached = null;
    if (!names.length) return;
    const which = `${names[0]}${names.length > 1 ? `, .. (${names.length})` : ''}`;
    console.warn(
      `fit: not trained: ${which}: no gradient in epoch ${this.#position.epoch}: unused, or cut off by data() or detach()`,
    );
  }

  /** Puts the model into training mode if a callback has put all of it into evaluation mode. A part may be in evaluation mode. */
  #ensureMode(): void {
    if (this.model.training) return;
    if (!this.#hasWarned) console.warn('fit: a callback left the model in evaluation mode; call train()');
    this.#hasWarned = true;
    this.model.train();
  }

  /** Evaluates the model if it is due, and reports the epoch, both with the optimizer's weights for evaluation. */
  async #reportEpoch(): Promise<void> {
    this.optimizer.eval();
    const { epoch, sums } = this.#position;
    const { testLoss, testAccuracy, metrics } = await this.#evaluate();
    const { meanLoss: loss, accuracy, samplesPerSecond } = meansOf(sums, this.#stepOptions.countsRight);
    const [step, seconds, firstLoss] = [this.#stepsTaken, sums.milliseconds / 1000, sums.firstLoss];
    const gradNorm = sums.gradNorm === null ? null : sums.gradNorm / this.#stepsInEpoch;
    const trained = { epoch, step, firstLoss, loss, accuracy };
    const further = { lr: lrOf(this.optimizer), gradNorm, metrics };
    const report: EpochReport = { ...trained, testLoss, testAccuracy, seconds, samplesPerSecond, ...further };
    this.history.push(report);
    this.turn.hasEpoch = true;
    await this.#call('onEpoch', report);
    this.optimizer.train();
  }

  async #evaluate(): Promise<Pick<EpochReport, 'testLoss' | 'testAccuracy' | 'metrics'>> {
    const { test, evalEvery = 1, loss, forward, metrics, signal } = this.options;
    const isDue = this.#position.epoch % evalEvery === 0 || this.#stepsTaken >= this.steps;
    if (!test || !isDue) return { testLoss: null, testAccuracy: null, metrics: null };
    const [set, batchSize] = setOf(test);
    const task = { loss: loss ?? defaultLoss(set), forward, metrics, batchSize, signal };
    const countsRight = answersCount(this.options, set);
    let right = 0;
    const count = async (output: Tensor, labels: Tensor) => {
      right += await noGrad(() => argMax(output, -1).equal(labels).sum()).item();
    };
    try {
      const run = () => measure(this.model, set, task, countsRight ? count : undefined);
      const found = await withEvaluatedWeights(this.model, this.#callbacks, run);
      const testAccuracy = countsRight ? right / (found.samples * sizeOf(set.labelShape ?? [])) : null;
      return { testLoss: found.loss, testAccuracy, metrics: metrics ? found.metrics : null };
    } catch (error) {
      if (signal?.aborted) throw interrupted();
      throw error instanceof Diverged ? new Diverged(`on the test set ${error.what}`, error.where) : error;
    }
  }

  #checkEnd(): void {
    if (this.options.signal?.aborted) throw interrupted();
    if (this.#stopped !== null) throw new EndedEarly('stopped', this.#stopped);
  }

  async #save(): Promise<void> {
    const position = { ...this.#position, seconds: this.#seconds };
    this.optimizer.eval();
    await this.#saver.save({ position, step: this.#stepsTaken, history: this.history });
    this.optimizer.train();
  }
}

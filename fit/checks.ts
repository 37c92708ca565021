// Checks of the arguments of fit and evaluate, all before anything is changed.
import {
  checkFiniteNumber,
  checkFlag,
  checkFunction,
  checkInteger,
  checkJson,
  checkOptions,
  describeValue,
  got,
  isRecord,
  must,
  type Signal,
  showValue,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { checkClasses, checkDataset } from '../datasets/dataset.js';
import { type AnyDataset, DataLoader } from '../datasets/index.js';
import { Module } from '../nn/index.js';
import type { Optimizer } from '../optim/index.js';
import { checkOptimizer } from '../optim/optimizer.js';
import { stepwise, warmUp } from '../optim/schedule.js';
import type { Callback } from './callback.js';
import { checkCallback } from './callbackChecks.js';
import { patiences } from './callbacks/monitor.js';
import { warnOfRounds } from './doubts.js';
import type { FitOptions } from './options.js';
import { warnOfFrozen, warnOfNew, warnOfPlain } from './untrained.js';

const OPTIONS: (keyof FitOptions)[] = [
  ...(['train', 'test', 'evalEvery', 'optimizer', 'epochs', 'maxSteps', 'loss', 'forward', 'metrics'] as const),
  ...([
    'accumulate',
    'labelSmoothing',
    'schedule',
    'clip',
    'callbacks',
    'checkpoints',
    'checkpointEvery',
    'mayBeFinished',
    'settings',
    'signal',
  ] as const),
];
/** The model that a callback with a state was first used for. */
const models = new WeakMap<Callback, Module<any>>();

/** Throws ValueError if an argument is missing or of another kind, an option is unknown or out of range, two options exclude
 *  each other, or the optimizer would not train the model. */
export function checkFit(model: Module<any>, options: FitOptions): void {
  checkModel('fit', model);
  checkOptions('fit', options, OPTIONS);
  const {
    train,
    test,
    optimizer,
    loss,
    forward,
    labelSmoothing = 0,
    schedule,
    callbacks = [],
    settings = {},
  } = options;
  if (!(train instanceof DataLoader)) {
    const isDataset = typeof (train as Partial<AnyDataset> | undefined)?.batch === 'function';
    const remedy = isDataset ? 'wrap it in a DataLoader: new DataLoader(data, { batchSize: 32 })' : 'give a DataLoader';
    throw new ValueError(`fit: train must be a DataLoader: ${got(train, remedy)}`);
  }
  checkData('fit: train', train);
  checkOptimizer('fit', optimizer);
  checkOwner('fit', model, options);
  checkInteger('fit: epochs', options.epochs, 1);
  for (const name of ['maxSteps', 'evalEvery', 'accumulate'] as const)
    if (options[name] !== undefined) checkInteger(`fit: ${name}`, options[name], 1);
  if (test !== undefined) checkData('fit: test', test);
  checkMeasures('fit', options);
  for (const name of ['evalEvery', 'metrics'] as const)
    if (options[name] && !test) throw new ValueError(`fit: ${name} is given without a test set: pass test`);
  const isShare = typeof labelSmoothing === 'number' && labelSmoothing >= 0 && labelSmoothing < 1;
  if (!isShare) throw new ValueError(`fit: labelSmoothing must lie in [0, 1): ${showValue(labelSmoothing)}`);
  if (labelSmoothing && (loss || forward || train.dataset.targetShape)) {
    const why =
      loss || forward ? 'a loss is given; smooth the labels in it' : 'the data have values to predict; leave it out';
    throw new ValueError(`fit: labelSmoothing applies to the default loss of classes only: ${why}`);
  }
  if (schedule !== undefined) {
    checkSchedule('schedule', schedule);
    // Called with the number of all steps, warmUp would reach lr at the last one, and stepwise would never act.
    if ([warmUp, stepwise].includes(schedule as typeof warmUp))
      throw new ValueError('fit: schedule: give (steps) => warmUp(100, cosine(steps)), or (steps) => stepwise(1000)');
    if (optimizer.paramGroups.some((g) => g.schedule))
      throw new ValueError('fit: two schedules: the optimizer has its own; give one');
  }
  checkClip(options.clip);
  if (!Array.isArray(callbacks)) {
    throw new ValueError(`fit: callbacks must be a list: got ${describeValue(callbacks)}; write [callback]`);
  }
  callbacks.forEach((callback, i) => checkCallback(callback, `fit: callback ${i}`, options));
  const twice = callbacks.findIndex((callback, i) => callbacks.indexOf(callback) !== i);
  if (twice >= 0) throw new ValueError(`fit: callback ${twice}: listed twice; make another`);
  const saving = callbacks.filter((c) => c.save || c.saveTensors);
  const names = saving.map((c) => c.name);
  if (names.some((name, i) => !name || name.includes('.') || names.indexOf(name) !== i)) {
    throw new ValueError(
      `fit: callbacks that save must have distinct names: [${names.map((n) => n ?? 'none').join(', ')}]; no dots`,
    );
  }
  for (const member of ['weights', 'result'] as const) {
    const count = callbacks.filter((c) => c[member]).length;
    if (count > 1) throw new ValueError(`fit: only one callback may have ${member}: ${count} have; give one`);
  }
  const average = callbacks.find((c) => c.weights);
  if (average && optimizer.hasAverage) {
    const names = `${average.name ?? 'a callback'} and ${optimizer.stateDict().meta.optimizer}`;
    throw new ValueError(`fit: two averages: ${names} replace the weights in evaluations; leave one out`);
  }
  const [stopping, reducing] = ['stops', 'acts'].map((does) => callbacks.find((c) => patiences.get(c)?.does === does));
  if (stopping && reducing && stopping.monitor === reducing.monitor) {
    const [stop, act] = [stopping, reducing].map((c) => patiences.get(c)!.patience);
    if (stop <= act)
      console.warn(
        `reduceOnPlateau: it never acts: patience is ${act}, and earlyStopping ends the training after ${stop}`,
      );
  }
  must(isRecord(settings), 'fit: settings', "an object, as { model: 'mine' }", settings);
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'number') checkFiniteNumber(`fit: settings: ${name}`, value);
    checkJson(`fit: settings: ${name}`, value);
  }
  checkCheckpoints(options);
  checkSignal('fit', options.signal);
  warnOfNew(model, optimizer);
  warnOfPlain(model);
  warnOfFrozen(model);
  warnOfRounds(options);
  const foreign = saving.find((c) => (models.get(c) ?? model) !== model);
  if (foreign)
    throw new ValueError(`fit: callbacks: '${foreign.name}' has the state of another model's training; make a new one`);
  for (const callback of saving) models.set(callback, model);
}

/** Throws ValueError unless loss, forward and metrics are functions that do not exclude each other. */
export function checkMeasures(
  what: string,
  { loss, forward, metrics }: Pick<FitOptions, 'loss' | 'forward' | 'metrics'>,
): void {
  if (loss !== undefined) checkFunction(`${what}: loss`, loss, 'it returns the mean loss of an output and its labels');
  if (forward !== undefined) {
    checkFunction(`${what}: forward`, forward, 'give (model, [x, y]) => loss');
    if (forward.length > 2)
      throw new ValueError(`${what}: forward gets 2 arguments, not ${forward.length}: write (model, [x, y]) => loss`);
    if (loss) throw new ValueError(`${what}: loss and forward are both given: forward returns the loss; give one`);
    if (metrics)
      throw new ValueError(`${what}: metrics need the model's output, which forward does not return; leave one out`);
  }
  if (metrics === undefined) return;
  must(isRecord(metrics), `${what}: metrics`, 'functions by name, as { mae: l1 }', metrics);
  for (const [name, metric] of Object.entries(metrics))
    checkFunction(`${what}: metrics: ${name}`, metric, 'give (output, target) => the mean over the batch');
}

/** Throws ValueError unless the value is a model. */
export function checkModel(what: string, model: Module<any>): void {
  if (model instanceof Module) {
    if (model.forward === Module.prototype.forward || typeof model.forward !== 'function')
      throw new ValueError(`${what}: the model has no forward(x)`);
    return;
  }
  const isClass = typeof model === 'function' && (model as { prototype?: unknown }).prototype instanceof Module;
  throw new ValueError(
    `${what}: takes a model: ${got(model, isClass ? 'create it with new' : 'give a Module, as mlp() returns')}`,
  );
}

/** Throws ValueError unless the value is a data set or a loader that has samples. */
export function checkData(what: string, data: AnyDataset | DataLoader<any>): void {
  const set: AnyDataset = data instanceof DataLoader ? data.dataset : data;
  checkDataset(what, set);
  if (!set.targetShape) checkClasses(what, `the classes of ${set.name}`, set.classes);
  if (set.length < 1) throw new ValueError(`${what}: the data set is empty: ${set.name}`);
}

/** Throws ValueError unless the value is undefined or an AbortSignal. */
export function checkSignal(what: string, signal: Signal | undefined): void {
  if (signal === undefined || typeof signal?.aborted === 'boolean') return;
  const remedy = 'signal' in Object(signal) ? '; give controller.signal' : '';
  throw new ValueError(`${what}: signal must be an AbortSignal: got ${describeValue(signal)}${remedy}`);
}

/** Throws ValueError if training would leave the model unchanged: if the optimizer is not the model's, or if all that it can train is
 *  frozen. A tensor that is not the model's counts only if the program gives a `loss` or `forward`, which may read it. */
export function checkOwner(
  what: string,
  model: Module<any>,
  { optimizer, loss, forward }: Pick<FitOptions, 'optimizer' | 'loss' | 'forward'>,
): void {
  const { held, ofModel } = checkHolder(`${what}: the optimizer would not train the model`, model, optimizer);
  if ((loss || forward ? held : ofModel).some((p) => p.requiresGrad)) return;
  const remedy = 'set requiresGrad = true for those to train, or model.requiresGrad(true)';
  const which = `all ${ofModel.length} parameters of the model in the optimizer`;
  throw new ValueError(`${what}: nothing to train: ${which} are frozen; ${remedy}`);
}

/** Throws ValueError if the optimizer holds no parameter of the model, or if it holds another tensor under a parameter's name. An
 *  optimizer of a part of the model is accepted, as in PyTorch: it fine-tunes that part. what: the beginning of the message. Returns the
 *  optimizer's parameters, and those of them that the model has. */
export function checkHolder(
  what: string,
  model: Module<any>,
  { paramGroups }: Optimizer<any>,
): { held: Tensor[]; ofModel: Tensor[] } {
  const own = new Map<string, Tensor>(model.namedParameters());
  const tensors = new Set(own.values());
  const held: Tensor[] = paramGroups.flatMap((g) => g.params);
  const names = paramGroups.flatMap((g) => g.names);
  const stale = names.find((name, i) => own.has(name) && !tensors.has(held[i]));
  const ofModel = held.filter((p) => tensors.has(p));
  if (stale === undefined && ofModel.length) return { held, ofModel };
  const remedy = 'create the optimizer after toDType() and after layers are replaced';
  const why =
    stale === undefined ? 'it holds no parameter of the model' : `its ${stale} is another tensor than the model's`;
  throw new ValueError(`${what}: ${why}; ${remedy}`);
}

function checkClip(clip: FitOptions['clip']): void {
  if (clip === undefined) return;
  const usage = typeof clip === 'number' ? `{ norm: ${clip} } or { value: ${clip} }` : '{ norm } or { value }';
  if (typeof clip !== 'object' || clip === null)
    throw new ValueError(`fit: clip: give ${usage}: got ${describeValue(clip)}`);
  checkOptions('fit: clip', clip, ['norm', 'value']);
  const limits = Object.values(clip);
  if (limits.length !== 1) throw new ValueError(`fit: clip: give one of ${usage}: got ${limits.length}`);
  must(typeof limits[0] === 'number' && limits[0] > 0, 'fit: clip', 'positive', limits[0]);
}

function checkCheckpoints(options: FitOptions): void {
  const { checkpoints, checkpointEvery, mayBeFinished = false } = options;
  checkFlag('fit: mayBeFinished', mayBeFinished);
  if (
    checkpoints !== undefined &&
    !(typeof checkpoints?.latest === 'function' && typeof checkpoints.save === 'function')
  ) {
    const remedy = "checkpointFolder('run') of boundgrad/node makes one";
    throw new ValueError(
      `fit: checkpoints must have latest() and save(): got ${describeValue(checkpoints)}; ${remedy}`,
    );
  }
  if (checkpointEvery !== undefined) {
    checkFiniteNumber('fit: checkpointEvery', checkpointEvery);
    must(checkpointEvery > 0, 'fit: checkpointEvery', 'a positive number of minutes', checkpointEvery);
  }
  // A program that may or may not store its training gives `checkpoints: undefined`.
  if ('checkpoints' in options) return;
  for (const [name, value] of Object.entries({
    checkpointEvery,
    mayBeFinished: mayBeFinished || undefined,
    settings: options.settings,
  }))
    if (value !== undefined) throw new ValueError(`fit: ${name} is given without checkpoints; pass checkpoints`);
}

/** Returns the value. Throws ValueError unless it is a function, as the option `schedule` and what it returns must be. */
export function checkSchedule<T>(what: string, value: T): T {
  checkFunction(`fit: ${what}`, value, 'give a function of the steps: (steps) => cosine(steps)');
  return value;
}

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
  isCallable,
  isRecord,
  must,
  nearestName,
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
import { patiences } from './callbacks/monitor.js';
import type { FitOptions } from './options.js';

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
const HANDLERS = ['onResume', 'onStep', 'onEpoch', 'onEnd'] as const;
const FUNCTIONS = [...HANDLERS, 'weights', 'result', 'save', 'saveTensors', 'load'] as const;
const MEMBERS = [...FUNCTIONS, 'monitor', 'name', 'firstEpoch'];
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

/** Warns if the optimizer lacks parameters of the model that are all newer than those that it has: a layer was added after the optimizer
 *  was made. Older parameters may be left out on purpose, for example to train only the last layer. */
function warnOfNew(model: Module<any>, { paramGroups }: Optimizer<any>): void {
  const held = new Set<Tensor>(paramGroups.flatMap((g) => g.params));
  const own = model.namedParameters();
  const newest = Math.max(...own.filter(([, p]) => held.has(p)).map(([, p]) => p.storage.id));
  const others = own.filter(([, p]) => !held.has(p) && p.requiresGrad);
  if (!others.length || others.some(([, p]) => p.storage.id < newest)) return;
  const names = `${others[0][0]}${others.length > 1 ? `, .. (${others.length})` : ''}`;
  console.warn(`fit: not trained: ${names}: newer than the optimizer; create it after the layers, or freeze them`);
}

/** The models for which the warning about plain tensors was printed. */
const warnedOfPlain = new WeakSet<Module<any>>();

/** Warns, once for each model, about fields that count as parameters but are plain tensors, such as `ones([3])`: nothing trains them. The
 *  parameters of layers are persistent, even if they are frozen. */
function warnOfPlain(model: Module<any>): void {
  const plain = model.namedParameters().filter(([, p]) => !p.requiresGrad && !p.storage.persistent);
  if (!plain.length || warnedOfPlain.has(model)) return;
  warnedOfPlain.add(model);
  const [[name]] = plain;
  console.warn(`fit: not trained: ${name}: give it { requiresGrad: true }, or register it as a buffer`);
}

/** The number of calls of `fit` for one epoch each, in a row, with a loader and an optimizer. */
const rounds = new WeakMap<DataLoader<any>, { optimizer: Optimizer<any>; count: number }>();

/** Warns at the third of several calls of `fit` for one epoch each with the same loader and optimizer, as in a loop: each begins with epoch 0
 *  of the loader, so that all have the same order and augmentation. */
function warnOfRounds({ train, optimizer, epochs }: FitOptions): void {
  if (!train.shuffle || epochs > 1) return;
  const past = rounds.get(train);
  const count = past?.optimizer === optimizer ? past.count + 1 : 1;
  rounds.set(train, { optimizer, count });
  if (count === 3)
    console.warn(
      'fit: each call shuffles as in the first epoch: give { epochs } once, and callbacks for what is between',
    );
}

/** The models for which the warning about a field that freezes nothing was printed. */
const warnedOfFrozen = new WeakSet<Module<any>>();

/** Warns, once for each model, about a field that freezes a layer in Keras or looks as if it did in PyTorch. */
function warnOfFrozen(model: Module<any>): void {
  for (const [path, m] of model.namedModules()) {
    const field = ['trainable', 'requires_grad'].find((name) => Reflect.get(m, name) === false);
    if (!field || warnedOfFrozen.has(model) || !m.parameters().some((p) => p.requiresGrad)) continue;
    warnedOfFrozen.add(model);
    console.warn(`fit: ${path || 'model'}.${field} = false freezes nothing; call requiresGrad(false)`);
  }
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

function checkCallback(callback: Callback, what: string, options: FitOptions): void {
  const { train, test, loss, forward, metrics } = options;
  if (typeof callback !== 'object' || callback === null) {
    const remedy = typeof callback === 'function' ? 'call it if it makes one' : 'give { onEpoch(report) { .. } }';
    throw new ValueError(
      `${what} must be an object with ${HANDLERS.join(', ')}: got ${describeValue(callback)}; ${remedy}`,
    );
  }
  for (const name of functionsOf(callback)) {
    if (MEMBERS.includes(name)) continue;
    const near = nearestName(name, MEMBERS);
    // Other functions may be a program's own.
    if (!near && !/^on[A-Z]/.test(name)) continue;
    throw new ValueError(
      `${what}: never called: ${name}; a callback has ${MEMBERS.join(', ')}${near ? `; did you mean ${near}?` : ''}`,
    );
  }
  for (const name of FUNCTIONS) {
    const value = callback[name];
    if (value !== undefined && !isCallable(value))
      throw new ValueError(`${what}: ${name} must be a function: got ${describeValue(value)}`);
  }
  if (callback.saveTensors && !callback.save) throw new ValueError(`${what}: saveTensors without save; add save`);
  if (!FUNCTIONS.some((name) => name !== 'load' && callback[name]))
    throw new ValueError(`${what}: nothing to call: it has none of ${HANDLERS.join(', ')}`);
  const { monitor, firstEpoch = 1, name = 'it' } = callback;
  const { epochs, maxSteps = Infinity, accumulate = 1, evalEvery = 1 } = options;
  const last = Math.min(epochs, Math.ceil(maxSteps / Math.ceil(train.length / accumulate)));
  if (firstEpoch > last)
    throw new ValueError(`${what}: ${name} begins in epoch ${firstEpoch}, the last one is ${last}`);
  if (monitor?.startsWith('metrics.')) {
    const names = Object.keys(metrics ?? {});
    if (!names.includes(monitor.slice('metrics.'.length)))
      throw new ValueError(`${what} watches ${monitor}: not one of the metrics: [${names}]; pass it in metrics`);
  }
  if (monitor?.startsWith('test') && !test)
    throw new ValueError(`${what} watches ${monitor}: there is no test set; pass test, or watch 'loss'`);
  if (/^(testA|a)ccuracy$/.test(monitor ?? '') && (loss || forward || train?.dataset.targetShape))
    throw new ValueError(
      `${what} watches ${monitor}: it is counted with the default loss of classes only; watch 'testLoss' or 'loss'`,
    );
  const { patience = Infinity } = patiences.get(callback) ?? {};
  // Losses and accuracies of the training are measured in each epoch.
  if (patience < evalEvery && evalEvery < last && /^(test|metrics)/.test(monitor ?? ''))
    console.warn(
      `${what}: patience ${patience} counts epochs, evalEvery is ${evalEvery}: it acts after one test without a better ${monitor}`,
    );
}

/** The names of an object's functions, inherited ones too. */
function functionsOf(value: object): string[] {
  const names: string[] = [];
  for (let at = value; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof member === 'function' && name !== 'constructor') names.push(name);
  }
  return names;
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

// Captures the state of a training in a checkpoint, and restores it.
import { checkJson, DataError, defaultRandom, Random, type Tensor, ValueError } from '../core/index.js';
import type { Module } from '../nn/index.js';
import { checkState } from '../nn/stateDict.js';
import type { Optimizer } from '../optim/index.js';
import type { Callback } from './callback.js';
import type { Checkpoint, Settings } from './checkpoint.js';
import type { Description } from './description.js';
import { firstOf, layerDifferences, layersOf } from './layers.js';
import { differences } from './settings.js';
import { listed } from './trainingData.js';
import type { Json } from './validate.js';
import { resultWeights } from './weights.js';

type State = Pick<Checkpoint, 'position' | 'history' | 'settings' | 'maker' | 'description'>;

/** The checkpoint of the present state of a training. Its tensors are the live ones, not copies. */
export function capture(
  model: Module<any>,
  optimizer: Optimizer<any>,
  callbacks: readonly Callback[],
  state: State,
): Checkpoint {
  const randoms = [...randomsOf(model)].map(([path, random]) => [path, random.state()]);
  const saved = callbacks.flatMap((c) => {
    if (!c.save) return [];
    const state = c.save() ?? null;
    checkJson(`fit: callbacks: ${c.name}: what save returns`, state);
    return [[c.name, JSON.parse(JSON.stringify(state))]];
  });
  const result = resultWeights(model, callbacks);
  return {
    ...state,
    model: result ?? model.stateDict(),
    ...(result && { training: model.stateDict() }),
    callbackTensors: tensorsOf(callbacks),
    optimizer: optimizer.stateDict(),
    random: Object.fromEntries(randoms),
    callbacks: Object.fromEntries(saved),
  };
}

/** The tensors that callbacks keep, by `NAME.KEY`. */
function tensorsOf(callbacks: readonly Callback[]): Record<string, Tensor> {
  const all = callbacks.flatMap((c) =>
    Object.entries(c.saveTensors?.() ?? {}).map(([key, t]): [string, Tensor] => [`${c.name}.${key}`, t]),
  );
  return Object.fromEntries(all);
}

/** The tensors that a callback kept. */
function tensorsFor(name: string, all: Record<string, Tensor> = {}): Record<string, Tensor> {
  const own = Object.entries(all).filter(([key]) => key.startsWith(`${name}.`));
  return Object.fromEntries(own.map(([key, t]) => [key.slice(name.length + 1), t]));
}

/** The end of a message for a training that cannot resume. */
const ELSE = 'or train into another folder';

/** Throws ValueError if a checkpoint has other settings than this training. of: the text before each name in the message, which says
 *  whose settings they are. */
export function checkSettings(from: Settings, here: Settings, of = ''): void {
  const changed = differences(from, here);
  if (changed.length > 0) refuseSettings(changed.map((change) => of + change));
}

function refuseSettings(changed: readonly string[]): never {
  throw new ValueError(`fit: the checkpoint has other settings: ${changed.join('; ')}; give the same, ${ELSE}`);
}

/** Warnings if this training differs from a checkpoint's in what may change. Throws ValueError if its classes have another order. */
export function checkData(from: Description | undefined, here: Description): string[] {
  if (!from) return [];
  const notes: string[] = [];
  const [old, own] = [from.classes, here.classes];
  if (old && own && old.join('\n') !== own.join('\n')) {
    const sorted = (names: string[]) => [...names].sort().join('\n');
    const change = `${listed(old)} then, ${listed(own)} now`;
    if (sorted(old) === sorted(own)) refuseSettings([`classes: ${change}`]);
    notes.push(`the classes have other names: ${change}`);
  }
  if (from.test && here.test && (from.test.samples !== here.test.samples || from.test.checksum !== here.test.checksum))
    notes.push(
      `the test set differs (${from.test.name}, ${from.test.samples} samples then; ${here.test.name}, ${here.test.samples} now): ` +
        'test losses of earlier epochs are of the other set',
    );
  const [thawed, frozen] = [
    [from.frozen, here.frozen],
    [here.frozen, from.frozen],
  ].map(([a, b]) => (a && b ? a.filter((name) => !b.includes(name)) : []));
  const now = frozen.length ? [`${listed(frozen)} are frozen here, not in the checkpoint`] : [];
  const before = thawed.length ? [`${listed(thawed)} are frozen in the checkpoint, not here`] : [];
  if (frozen.length + thawed.length) notes.push(`the frozen parameters differ: ${[...now, ...before].join('; ')}`);
  return notes;
}

/** Throws DataError if a layer of the model computes something else than the checkpoint's. Returns warnings of other differences. */
function checkLayers(model: Module<any>, from: Description | undefined): string[] {
  if (!from?.layers) return [];
  const { certain, trained, possible } = layerDifferences(from.layers, layersOf(model));
  if (certain.length)
    throw new DataError(`fit: the checkpoint is of another model: ${firstOf(certain)}; give the same, ${ELSE}`);
  const others = [...trained, ...possible];
  return others.length
    ? [`the model differs from the checkpoint's, and continues as it is here: ${firstOf(others)}`]
    : [];
}

/** Throws DataError if the weights of a checkpoint are not those of this model. */
function checkWeights(model: Module<any>, weights: Checkpoint['model']): void {
  try {
    checkState(model.stateDict(), weights, true);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const which = error.message.replace(/^loadStateDict: [^:]*: |; [^;]*$/g, '');
    throw new DataError(`fit: the checkpoint is of another model: ${which}; give the same, ${ELSE}`, { cause: error });
  }
}

/** Restores a training from a checkpoint. Returns warnings: if the model differs in what may change, if another engine, build
 *  or backend made the checkpoint, and if this training has other callbacks with a state.
 *  Throws DataError or ValueError if the checkpoint is of another model or optimizer, and passes on the errors of a callback's `load`.
 *  Model, optimizer and random streams are then unchanged. */
export function restore(
  model: Module<any>,
  optimizer: Optimizer<any>,
  callbacks: readonly Callback[],
  maker: Settings,
  from: Checkpoint,
): string[] {
  const randoms = randomsOf(model);
  const [own, others] = [[...randoms.keys()].sort(), Object.keys(from.random).sort()];
  if (own.join() !== others.join()) {
    throw new DataError(
      `fit: the checkpoint has other random streams: [${others}], the model's are [${own}]; give the same model, ${ELSE}`,
    );
  }
  checkGroups(optimizer, from.optimizer.meta.groups);
  const weights = from.training ?? from.model;
  checkWeights(model, weights);
  const layers = checkLayers(model, from.description);
  // A callback or the optimizer may refuse its state. The model and the random streams are loaded last: they cannot fail.
  for (const c of callbacks) {
    if (c.name === undefined || !Object.hasOwn(from.callbacks, c.name)) continue;
    c.load?.(from.callbacks[c.name], { tensors: tensorsFor(c.name, from.callbackTensors), model });
  }
  optimizer.loadStateDict(from.optimizer);
  model.loadStateDict(weights);
  for (const [path, random] of randoms) random.load(from.random[path]);
  // The number of threads does not change the bits.
  const other = differences({ ...from.maker, threads: 0 }, { ...maker, threads: 0 });
  const elsewhere = `the checkpoint was made elsewhere, so later bits may differ: ${other.join('; ')}`;
  return [...layers, ...(other.length ? [elsewhere] : []), ...otherCallbacks(callbacks, from.callbacks)];
}

/** A warning for each callback with a state that only the checkpoint or only this training has. */
function otherCallbacks(callbacks: readonly Callback[], saved: Checkpoint['callbacks']): string[] {
  const own = callbacks.flatMap((c) => (c.save && c.name !== undefined ? [c.name] : []));
  const lost = Object.keys(saved).filter((name) => !own.includes(name));
  const fresh = own.filter((name) => !Object.hasOwn(saved, name));
  return [
    ...lost.map((name) => `the checkpoint's ${name} is not among the callbacks: its state is lost`),
    ...fresh.map((name) => `${name} begins here: the checkpoint has no state of it`),
  ];
}

/** The random number generators that a training uses: the default one, and those that modules hold as `random`. */
export function randomsOf(model: Module<any>): Map<string, Random> {
  const found = new Map<string, Random>([['', defaultRandom()]]);
  for (const [path, m] of model.namedModules()) {
    const { random } = m as { random?: unknown };
    if (random instanceof Random && ![...found.values()].includes(random)) found.set(path || '.', random);
  }
  return found;
}

/** Throws DataError unless each group has the hyper-parameters of the optimizer's own group, of the same types. */
function checkGroups(optimizer: Optimizer<any>, groups: Record<string, Json | unknown>[]): void {
  optimizer.stateDict().meta.groups.forEach((own, i) => {
    const kinds = (group: Record<string, unknown> = {}) =>
      Object.entries(group)
        .map(([name, v]) => `${name} ${Array.isArray(v) ? 'list' : typeof v}`)
        .sort()
        .join(', ');
    if (kinds(own) === kinds(groups[i])) return;
    throw new DataError(
      `fit: the checkpoint's optimizer has other hyper-parameters: group ${i}: ${kinds(groups[i])}, not ${kinds(own)}; give the same, ${ELSE}`,
    );
  });
}

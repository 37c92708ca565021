// Remembers the inputs and classes of a model's training. Data that were prepared in another way give wrong figures without an error.
import { sizeOf } from '../core/index.js';
import { samplesOf } from '../datasets/dataset.js';
import type { AnyDataset, DataLoader, Preparation } from '../datasets/index.js';
import type { Module } from '../nn/index.js';
import { averagerOf } from '../optim/averaged.js';
import type { Description } from './description.js';
import { isStarting } from './turns.js';

/** The classes of data, null if there are values to predict, and how raw samples became inputs. */
type Known = Pick<Description, 'classes' | 'preparation'>;

const trainedOn = new WeakMap<Module<any>, Known>();
/** For each data set, the models for which the warning about it was printed. */
const warned = new WeakMap<AnyDataset, WeakSet<Module<any>>>();

/** The parts of a preparation, with their names in messages and the remedy for data of the same model. */
const PARTS: readonly [part: keyof Preparation, noun: string, remedy: string][] = [
  ['table', 'table of columns', 'read the text with { table: train.table }'],
  ['pixels', 'normalization', 'give the mean and std of train.preparation.pixels'],
  ['inputs', 'standardization of the inputs', 'standardize(data, { statistics: train.statistics })'],
  ['targets', 'standardization of the values', 'standardize(data, { statistics: train.statistics })'],
];

/** The part of a data set that is compared. */
function knownOf({ classes, targetShape, preparation = {} }: AnyDataset): Known {
  return { classes: targetShape ? null : classes.map(String), preparation };
}

/** Remembers the data of a model's training. */
export function remember(model: Module<any>, data: AnyDataset | Known): void {
  trainedOn.set(model, 'batch' in data ? knownOf(data) : data);
}

/** Whether the data of a model's training are known. */
export function isKnown(model: Module<any>): boolean {
  return trainedOn.has(model);
}

/** Prints a warning, once for each model and data set, if `data` have other classes than the training of the model, or if their inputs or values
 *  were made from raw samples in another way. */
export function warnIfOther(what: string, model: Module<any>, data: AnyDataset): void {
  const then = trainedOn.get(model);
  const why = then && difference(then, knownOf(data));
  const models = warned.get(data) ?? new WeakSet();
  if (!why || models.has(model)) return;
  warned.set(data, models.add(model));
  console.warn(`${what}: ${data.name} differs from the training data: ${why}`);
}

/** The trainings of a model so far, on parts of one data set. */
interface Past {
  /** The original data set. */
  root: WeakRef<AnyDataset>;
  /** The indices of the samples of the last trainings in it, the newest first. */
  parts: (readonly number[])[];
  /** The writes to the weights until the beginning or end of the last training. If a program has written since, for example by
   *  `loadStateDict`, it may have started over. */
  writes: number;
  /** Why the last training diverged; null if it did not. */
  lost: string | null;
}

const pasts = new WeakMap<Module<any>, Past>();

function writesOf(model: Module<any>): number {
  return model.parameters().reduce((sum, { storage }) => sum + storage.version, 0);
}

/** The trainings of a model whose weights were not changed since the last one. */
function pastOf(model: Module<any>): Partial<Past> {
  const past = pasts.get(model);
  return past?.writes === writesOf(model) ? past : {};
}

/** Notes that a training of the model begins. Returns a function for its end, which takes why it diverged, or null. */
export function noteStart(model: Module<any>, train: AnyDataset): (lost: string | null) => void {
  const { root, at } = samplesOf(train);
  const { root: before, parts = [] } = pastOf(model);
  const others = before?.deref() === root ? parts.slice(0, 9) : [];
  const end = (lost: string | null) =>
    void pasts.set(model, { root: new WeakRef(root), parts: [at, ...others], writes: writesOf(model), lost });
  end(null);
  return end;
}

/** The models for which a warning about their trainings was printed. */
const told = new WeakSet<Module<any>>();

function warnOnce(model: Module<any>, text: string): void {
  if (!told.has(model)) console.warn(text);
  told.add(model);
}

/** Prints a warning, once for each model, if data are held out of the model's last training but hold samples of an earlier one, as the folds of
 *  a cross-validation do. The whole data of a training are evaluated on purpose. */
export function warnIfSeen(what: string, model: Module<any>, data: AnyDataset): void {
  const { root, at } = samplesOf(data);
  const { root: before, parts = [] } = pastOf(model);
  if (before?.deref() !== root) return;
  const own = new Set(at);
  const isOwn = (i: number) => own.has(i);
  const isSeen = parts.some((part) => part.some(isOwn) && !part.every(isOwn));
  if (isSeen && !parts[0].some(isOwn))
    warnOnce(model, `${what}: an earlier fit had some of these samples; make a model for each fold`);
}

/** Prints a warning if the test set is another part of the training's data and shares samples with the training set. The training set
 *  itself as test set is accepted: its figures in evaluation mode are what the program asks for. Prints a warning too if both are all of one
 *  data set, and the test set is at least twice as large: the share of `splitDataset` was probably meant for it. */
export function warnOfShared(train: AnyDataset, test: AnyDataset): void {
  const [own, other] = [samplesOf(train), samplesOf(test)];
  if (train === test || own.root !== other.root) return;
  const known = new Set(own.at);
  const count = other.at.filter((i) => known.has(i)).length;
  if (count === 0) {
    const isAll = train.length + test.length === own.root.length;
    if (isAll && test.length >= 2 * train.length)
      console.warn(
        `fit: train has ${train.length} samples, test ${test.length}: the share of splitDataset is that of its first part`,
      );
    return;
  }
  const why = `${count} of its ${test.length} samples are training samples: its figures are better than for new data`;
  console.warn(`fit: test: ${why}; take both parts of one splitDataset`);
}

/** Samples that are read to find whether all are sorted by class: blocks of neighbours, because every k-th could be sorted by chance. */
const [BLOCKS, BLOCK, FEWEST] = [8, 8, 16];

/** Prints a warning if a loader does not shuffle and its samples are sorted by class, as a folder for each class gives them, and if the default
 *  loss is of values that are few whole numbers from 0 on, as the numbers of classes are. Those of a table were examined when it was read.
 *  size: the samples of a step. */
export async function warnOfTargets(
  { dataset, shuffle }: DataLoader<any>,
  size: number,
  isDefault: boolean,
): Promise<void> {
  const { name, length, targetShape, labelShape, preparation } = dataset;
  const mayBeClasses = isDefault && targetShape && sizeOf(targetShape) === 1 && !preparation?.table;
  const mayBeSorted = !(shuffle || targetShape || labelShape || size >= length);
  if (length < FEWEST || !(mayBeClasses || mayBeSorted)) return;
  const count = Math.min(length, BLOCKS * BLOCK);
  const startOf = (block: number) => Math.floor((block * (length - BLOCK)) / (BLOCKS - 1));
  const at = Array.from({ length: count }, (_, i) =>
    count === length ? i : startOf(Math.floor(i / BLOCK)) + (i % BLOCK),
  );
  const { labels, targets = labels } = await dataset.batch(at);
  const values = [...new Set<number>(targets)].sort((a, b) => a - b);
  const few = values.length;
  if (mayBeSorted) {
    const runs = 1 + at.filter((_, i) => i > 0 && labels[i] !== labels[i - 1]).length;
    if (runs < 2 || runs !== few) return;
    const why = `${name} is sorted by class, so that a step sees few classes`;
    console.warn(`fit: train: ${why}; give the DataLoader { shuffle: true }`);
  } else if (few > 1 && few <= (count < 50 ? 2 : 10) && values.every((v, i) => v === i)) {
    console.warn(`fit: train: only the values ${values}: are they { classes: ${few} }? else give { loss: mse }`);
  }
}

/** Prints a warning, once for each model, if its weights are not those of a finished training: an optimizer such as ScheduleFreeAdamW averages
 *  its parameters and they hold the weights for training, or its training diverged or has just begun. */
export function warnOfWeights(what: string, model: Module<any>): void {
  const optimizer = averagerOf(model.parameters());
  const lost = pastOf(model).lost;
  if (isStarting(model)) warnOnce(model, `${what}: fit of this model is running: await it first`);
  else if (lost) warnOnce(model, `${what}: the training of this model diverged: ${lost}`);
  else if (optimizer) {
    const [title] = optimizer.toString().split('(');
    warnOnce(
      model,
      `${what}: the model has the weights for training, not the average of ${title}; call optimizer.eval() first`,
    );
  }
}

/** The first difference of data and training data with a remedy; undefined if there is none. */
function difference(then: Known, now: Known): string | undefined {
  if (then.classes && now.classes && then.classes.join('\n') !== now.classes.join('\n'))
    return `its classes are ${listed(now.classes)}, not ${listed(then.classes)}; give the classes of the training, in their order`;
  // A function changed the inputs of one of them: these cannot be compared.
  const isCustom = then.preparation.custom || now.preparation.custom;
  for (const [part, noun, remedy] of PARTS) {
    const [before, after] = [then.preparation[part], now.preparation[part]];
    if ((isCustom && part !== 'targets') || sorted(before) === sorted(after)) continue;
    if (!before)
      return `it has a ${noun}, the training data had none; leave it out, or give the wrapper the preparation of the set that it reads`;
    return `it has ${after ? 'another' : 'no'} ${noun}; ${remedy}`;
  }
  return undefined;
}

/** The first names of a list. */
export function listed(names: readonly string[]): string {
  return `[${names.slice(0, 5).join(', ')}${names.length > 5 ? `, .. (${names.length})` : ''}]`;
}

/** JSON with sorted keys: equal for equal values. */
function sorted(value: unknown): string | undefined {
  const sort = (_: string, v: unknown) =>
    typeof v === 'object' && v !== null && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort()) : v;
  return JSON.stringify(value, sort);
}

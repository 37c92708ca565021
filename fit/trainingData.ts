// Remembers the inputs and classes of a model's training. Data that were prepared in another way give wrong figures without an error.
import type { AnyDataset, Preparation } from '../datasets/index.js';
import { prepared } from '../datasets/parts.js';
import type { Module } from '../nn/index.js';
import type { Description } from './description.js';

/** The classes of data, null if there are values to predict, and how raw samples became inputs. isPrepared: whether `mapDataset` prepared the
 *  inputs by a function. */
type Known = Pick<Description, 'classes' | 'preparation'> & { isPrepared?: boolean };

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
function knownOf(data: AnyDataset): Known {
  const { classes, targetShape, preparation = {} } = data;
  return { classes: targetShape ? null : classes.map(String), preparation, isPrepared: prepared.has(data) };
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

/** The first difference of data and training data with a remedy; undefined if there is none. */
function difference(then: Known, now: Known): string | undefined {
  if (then.classes && now.classes && then.classes.join('\n') !== now.classes.join('\n'))
    return `its classes are ${listed(now.classes)}, not ${listed(then.classes)}; give the classes of the training, in their order`;
  if (then.isPrepared && !now.preparation.custom)
    return 'it has no mapDataset; give it the same function; one that is an augmentation takes (input, stream)';
  if (now.isPrepared && !then.preparation.custom) return 'it has a mapDataset, the training data had none; map both';
  // A function changed the inputs of one of them: these cannot be compared.
  const isCustom = then.preparation.custom || now.preparation.custom;
  for (const [part, noun, remedy] of PARTS) {
    const [before, after] = [then.preparation[part], now.preparation[part]];
    if ((isCustom && part !== 'targets') || sorted(before) === sorted(after)) continue;
    if (!before)
      return `it has a ${noun}, the training data had none; leave it out, or give a training set of your own its preparation`;
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

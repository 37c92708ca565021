// Remembers the trainings of a model: the samples that they had, and how the last one ended.
import { samplesOf } from '../datasets/dataset.js';
import type { AnyDataset } from '../datasets/index.js';
import type { Module } from '../nn/index.js';
import { averagerOf } from '../optim/averaged.js';
import { isStarting } from './turns.js';

/** The trainings of a model so far, on parts of one data set. */
interface Past {
  /** The original data set. */
  root: WeakRef<AnyDataset>;
  /** The samples of the last trainings, as indices in `root`; the newest training first, at most ten. */
  parts: (readonly number[])[];
  /** How often the weights had been written at the beginning or end of the last training. If a program has written them since, for example
   *  by `loadStateDict`, it may have started over. */
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
 *  a cross-validation do; for `evaluate`, also if they mix samples of the last training with others. Data that hold all samples of a training are
 *  evaluated on purpose. */
export function warnIfSeen(what: string, model: Module<any>, data: AnyDataset): void {
  const { root, at } = samplesOf(data);
  const { root: before, parts = [] } = pastOf(model);
  if (before?.deref() !== root) return;
  const own = new Set(at);
  const isOwn = (i: number) => own.has(i);
  const isSeen = parts.some((part) => part.some(isOwn) && !part.every(isOwn));
  const shared = new Set(parts[0].filter(isOwn)).size;
  if (isSeen && !shared)
    warnOnce(model, `${what}: an earlier fit had some of these samples; make a model for each fold`);
  else if (isSeen && shared < own.size && what === 'evaluate')
    warnOnce(
      model,
      `${what}: ${shared} of ${own.size} samples are training samples; take both parts of one splitDataset`,
    );
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

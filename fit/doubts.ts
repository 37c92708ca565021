// Doubts about the data and the schedule of a training, which are printed as warnings before its first step.
import { sizeOf } from '../core/index.js';
import { samplesOf } from '../datasets/dataset.js';
import type { AnyDataset, DataLoader, ImageDataset } from '../datasets/index.js';
import type { Module } from '../nn/index.js';
import type { Group, Optimizer } from '../optim/index.js';
import type { FitOptions } from './options.js';

/** Prints a warning if the test set is another part of the training's data and shares samples with the training set. The training set
 *  itself as test set is accepted: its figures in evaluation mode are what the program asks for. Prints a warning too if both
 *  together are a whole data set, and the test set is at least twice as large: the share given to `splitDataset` was probably the test set's. */
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
  const why = `${count} of ${test.length} samples are training samples`;
  console.warn(`fit: test: ${why}; take both parts of one splitDataset`);
}

/** Samples that are read to find whether all are sorted: blocks of neighbours, because every k-th could be sorted by chance. */
const [BLOCKS, BLOCK, FEWEST] = [8, 8, 16];

/** Prints a warning in two cases: a loader does not shuffle samples that are sorted by value, or by class, as a folder for each class gives
 *  them; or the targets of the default loss look like classes: few whole numbers from 0 on, or one-hot rows. The targets of a table were
 *  examined when it was read. step: the samples of a step. */
export async function warnOfTargets(
  { dataset, shuffle }: DataLoader<any>,
  step: number,
  isDefault: boolean,
): Promise<void> {
  const { name, length, targetShape, labelShape, preparation } = dataset;
  const mayBeClasses = isDefault && targetShape && !preparation?.table;
  const mayBeSorted = !(shuffle || labelShape || step >= length);
  if (length < FEWEST || !(mayBeClasses || mayBeSorted)) return;
  const count = Math.min(length, BLOCKS * BLOCK);
  const startOf = (block: number) => Math.floor((block * (length - BLOCK)) / (BLOCKS - 1));
  const at = Array.from({ length: count }, (_, i) =>
    count === length ? i : startOf(Math.floor(i / BLOCK)) + (i % BLOCK),
  );
  const { labels, targets = labels } = await dataset.batch(at);
  const values = [...new Set<number>(targets)].sort((a, b) => a - b);
  const few = values.length;
  const size = sizeOf(targetShape ?? []);
  if (size > 1) {
    const ones = at.map((_, i) => targets.slice(i * size, (i + 1) * size).filter(Boolean));
    if (few === 2 && values[1] === 1 && ones.every((row) => row.length === 1))
      console.warn(`fit: train: one-hot rows: give the classes as numbers, { classes: ${size} }, or { loss: mse }`);
    return;
  }
  const runs = 1 + at.filter((_, i) => i > 0 && targets[i] !== targets[i - 1]).length;
  const isSorted =
    labels || [1, -1].some((sign) => at.every((_, i) => !i || sign * (targets[i] - targets[i - 1]) >= 0));
  if (mayBeSorted && isSorted && runs > 1 && runs === few) {
    const [noun, few] = labels ? ['class', 'classes'] : ['value', 'of them'];
    const why = `${name} is sorted by ${noun}, so that a step sees few ${few}`;
    console.warn(`fit: train: ${why}; give the DataLoader { shuffle: true }`);
  }
  if (mayBeClasses && few > 1 && few <= (count < 50 ? 2 : 10) && values.every((v, i) => v === i)) {
    console.warn(`fit: train: only the values ${values}: are they { classes: ${few} }? else give { loss: mse }`);
  }
}

/** Prints a warning if the bytes of colour images are three times nearer to the third byte after them than to the next one: pixels r, g, b, r,
 *  g, b, .., as a canvas or a decoder gives them, in place of planes. */
export function warnOfLayout(train: AnyDataset): void {
  const { name, pixels, shape } = samplesOf(train).root as ImageDataset;
  if (shape[0] !== 3 || !(pixels instanceof Uint8Array)) return;
  const [near, far] = [1, 3].map((by) =>
    pixels.subarray(by, 1e5).reduce((sum, p, i) => sum + Math.abs(p - pixels[i]), 0),
  );
  if (3 * far < near) console.warn(`fit: train: ${name}: bytes r, g, b of each pixel; give the planes of each image`);
}

/** Prints a warning if a group of layers with parameters to train is in evaluation mode, though the model is not: perhaps an earlier part of the
 *  program used it alone. A single layer, such as a batch normalization, was put into that mode on purpose. */
export function warnOfParts(model: Module<any>): void {
  const isOdd = (m: Module<any>) => !m.training && m.children().length && m.parameters().some((p) => p.requiresGrad);
  const [path] = model.namedModules().find(([, m]) => isOdd(m)) ?? [];
  if (path) console.warn(`fit: ${path} is in evaluation mode and stays in it; call model.train() unless that is meant`);
}

/** About how many factors of a schedule are compared. They are few, because a user's schedule may count its calls. */
const CALLS = 24;

/** Prints a warning if a schedule was probably made for another number of steps: the lr is 0 before the last step; the factor stays low from a
 *  step of the first half on; the factor has fallen to its last value by step `epochs + 1`, in a training of many more steps; or it is never above
 *  0.1 (not examined with `maxSteps`, which may end a training during its warm-up). before: the optimizer's steps before this training. */
export function warnOfSchedule(
  groups: readonly Group<any>[],
  before: number,
  steps: number,
  { epochs, maxSteps, schedule }: FitOptions,
): void {
  const at = Array.from({ length: CALLS }, (_, i) => Math.ceil(((i + 1) * steps) / CALLS));
  at.push(1, Math.min(epochs + 1, steps));
  at.sort((a, b) => a - b);
  const factors = at.map((t) => Math.max(...groups.map(({ schedule }) => schedule?.(before + t) ?? 1)));
  const [most, last] = [Math.max(...factors), factors[at.length - 1]];
  /** The index from which on all factors fit. */
  const since = (fits: (factor: number) => boolean) => {
    let i = at.length;
    while (fits(factors[i - 1])) i--;
    return i;
  };
  const zero = at[since((f) => groups.every(({ lr }) => lr * f === 0))];
  const [low, flat] = [since((f) => Math.abs(f) * 2000 <= most), since((f) => f === last)];
  // A schedule of `fit` that does not read the number of steps is doubted if it falls by 100, as at two milestones.
  const falls = schedule ? !schedule.length && last <= 0.0101 * most : last < most;
  const i = at[low] <= steps / 2 ? low : falls && at[flat] <= epochs + 1 && 6 * epochs < steps ? flat : at.length;
  if (zero < steps) {
    const which =
      zero > 1 ? `from step ${zero} on: nothing is trained; is the schedule for fewer steps?` : 'in all steps';
    console.warn(`fit: the lr is 0 ${which}`);
  } else if (i < at.length)
    console.warn(
      `fit: the schedule is at most ${+factors[i].toPrecision(1)} from step ${at[i]} of ${steps} on: is it for epochs? it counts steps`,
    );
  else if (most > 0 && most <= 0.1 && maxSteps === undefined) {
    const why = 'it is a factor on the lr, not a rate, or a warm-up is too long';
    console.warn(`fit: the schedule is at most ${+most.toPrecision(2)} in all ${steps} steps: ${why}`);
  }
}

/** The number of calls of `fit` for one epoch each, in a row, with a loader and an optimizer. */
const rounds = new WeakMap<DataLoader<any>, { optimizer: Optimizer<any>; count: number }>();

/** Warns at the third of several calls of `fit` for one epoch each with the same loader and optimizer, as in a loop: each begins with epoch 0
 *  of the loader, so that all have the same order and augmentation. */
export function warnOfRounds({ train, optimizer, epochs }: FitOptions): void {
  if (!train.shuffle || epochs > 1) return;
  const past = rounds.get(train);
  const count = past?.optimizer === optimizer ? past.count + 1 : 1;
  rounds.set(train, { optimizer, count });
  if (count === 3)
    console.warn(
      'fit: each call shuffles as in the first epoch: give { epochs } once, and callbacks for what is between',
    );
}

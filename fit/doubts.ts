// Doubts about the data of a training, which are printed as warnings before its first step.
import { sizeOf } from '../core/index.js';
import { samplesOf } from '../datasets/dataset.js';
import type { AnyDataset, DataLoader } from '../datasets/index.js';

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

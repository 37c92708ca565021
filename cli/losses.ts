// The losses that the command line knows.
import { type Tensor, tensor } from '../core/index.js';
import type { AnyDataset } from '../datasets/index.js';
import type { Loss } from '../fit/index.js';
import { crossEntropy, huber, l1 } from '../nn/index.js';
import { refuse } from './failure.js';

/** Losses of classes and of values; the first is the default. */
const losses = { classes: ['cross-entropy'], values: ['mse', 'l1', 'huber'] } as const;
export const lossKeys = [...losses.classes, ...losses.values];
export type LossKey = (typeof lossKeys)[number];

/** The settings that `lossOf` needs. */
interface Chosen {
  loss?: LossKey;
  classWeights?: 'balanced';
  labelSmoothing: number;
}

/** The name of the loss. Throws Failure if the options do not fit the data. */
export function lossName({ loss, classWeights, labelSmoothing }: Chosen, data: AnyDataset): LossKey {
  const [kind, noun] = data.targetShape ? (['values', 'values'] as const) : (['classes', 'classes'] as const);
  const allowed: readonly LossKey[] = losses[kind];
  if (loss && !allowed.includes(loss))
    throw refuse(`--loss ${loss}: the data have ${noun} to predict: one of ${allowed.join(', ')}`);
  if (data.targetShape && classWeights)
    throw refuse('--class-weights: the data have values to predict, not classes; leave it out, or give --classes');
  if (data.targetShape && labelSmoothing)
    throw refuse('--label-smoothing: the data have values to predict, not classes; leave it out, or give --classes');
  return loss ?? allowed[0];
}

/** The loss for `fit`; undefined for the default of the data. */
export async function lossOf(chosen: Chosen, data: AnyDataset): Promise<Loss | undefined> {
  const name = lossName(chosen, data);
  if (name === 'l1') return l1;
  if (name === 'huber') return huber;
  if (chosen.classWeights === undefined) return undefined;
  const weight = tensor(await balancedWeights(data));
  const { labelSmoothing } = chosen;
  // A checkpoint keeps the name of the function.
  return Object.assign(
    function balancedCrossEntropy(output: Tensor, classes: Tensor) {
      return crossEntropy(output, classes, { weight, labelSmoothing });
    },
    { logits: true },
  );
}

/** The number of samples of each class. */
export async function classCounts(data: AnyDataset): Promise<number[]> {
  const counts = new Array<number>(data.classes.length).fill(0);
  for (let from = 0; from < data.length; from += 1024) {
    const n = Math.min(1024, data.length - from);
    const { labels } = await data.batch(Int32Array.from({ length: n }, (_, i) => from + i));
    for (const label of labels) counts[label]++;
  }
  return counts;
}

/** From this weight on, n / (k n_c), a class is rare. */
const RARE = 5;
/** How many classes a line names. */
const SHOWN = 3;

/** A line that names rare classes of the training data; null if there are none, or if the loss gives them more weight. */
export async function rareNote({ classWeights }: Chosen, data: AnyDataset): Promise<string | null> {
  if (classWeights !== undefined || data.targetShape || data.labelShape) return null;
  const counts = await classCounts(data);
  const rare = data.classes.flatMap((name, c) =>
    counts[c] > 0 && data.length >= RARE * counts.length * counts[c] ? [`'${name}' ${counts[c]}`] : [],
  );
  if (rare.length === 0) return null;
  const list = rare.slice(0, SHOWN).join(', ') + (rare.length > SHOWN ? ', ..' : '');
  return `few training samples of rare classes: ${list} of ${data.length}; --class-weights balanced counts their errors more`;
}

/** A line that names classes without a test sample; null if there are none. */
export async function untestedNote(data: AnyDataset): Promise<string | null> {
  if (data.targetShape || data.labelShape) return null;
  const counts = await classCounts(data);
  const names = data.classes.filter((_, c) => !counts[c]).map((name) => `'${name}'`);
  if (names.length === 0) return null;
  const list = names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ', ..' : '');
  return `no test sample of ${list}: the figures do not tell how well these are recognized; --folds 5 tests on each sample once`;
}

/** n / (k n_c) for each class c: n samples, k classes, n_c samples of the class. */
async function balancedWeights(data: AnyDataset): Promise<number[]> {
  const counts = await classCounts(data);
  const missing = counts.indexOf(0);
  if (missing >= 0) throw refuse(`--class-weights: no training sample is of class ${data.classes[missing]}`);
  return counts.map((count) => data.length / (counts.length * count));
}

// Batches of a data set, one epoch a pass.
//
//   order of epoch e = a permutation from stream `order/e` of the seed, or 0..length-1 without shuffle
//   batch k of it    = order[k batchSize .. (k+1) batchSize), augmented from stream `batch/e/k`
//
// Both depend on the seed, e and k only, never on what was drawn before: a resumed run needs nothing but the epoch,
// and two passes at once cannot disturb each other.
import { checkOptions, defaultRandom, describeValue, Random, type Tensor, tensor, ValueError } from '../core/index.js';
import type { Dataset } from './dataset.js';

/** How a DataLoader draws. seed: an integer; or random, of which only the seed is used; default the default Random's. */
export interface LoaderOptions {
  batchSize: number;
  /** A new order each epoch; default false, the stored order. */
  shuffle?: boolean;
  seed?: number;
  random?: Random;
  /** Leaves out a last batch of fewer than batchSize samples; default false. */
  dropLast?: boolean;
}

/** Enough to continue a loader over the same data set with the same options. */
export interface LoaderState {
  seed: number;
  epoch: number;
}

/** An async iterable of [x, y] tensors: x float32 [n, ...shape], y int32 [n]. Each pass over it is one epoch.
 *  A pass takes its epoch's number at its first batch, so passes at the same time are independent and of different epochs;
 *  one left early leaves nothing open. Throws ValueError on an empty data set, on a batchSize that is no positive integer
 *  and where dropLast would leave no batch. */
export class DataLoader implements AsyncIterable<[x: Tensor, y: Tensor]> {
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  #seed: number;
  #epoch = 0;

  constructor(dataset: Dataset, options: LoaderOptions) {
    if (!dataset?.batch) throw new ValueError(`DataLoader: takes a data set: got ${describeValue(dataset)}`);
    checkOptions('DataLoader', options, ['batchSize', 'shuffle', 'seed', 'random', 'dropLast']);
    const { batchSize, shuffle = false, seed, random, dropLast = false } = options;
    if (!(Number.isSafeInteger(batchSize) && batchSize >= 1)) {
      throw new ValueError(`DataLoader: batchSize must be an integer of at least 1: ${batchSize}`);
    }
    if (dataset.length < 1) throw new ValueError(`DataLoader: the data set is empty: ${dataset.name}`);
    if (dropLast && batchSize > dataset.length) {
      throw new ValueError(
        `DataLoader: dropLast leaves no batch: batchSize ${batchSize} of ${dataset.length} samples; lower batchSize`,
      );
    }
    if (seed !== undefined && random) throw new ValueError('DataLoader: seed and random are both given; give one');
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.#seed = (random ?? (seed === undefined ? defaultRandom() : new Random(seed))).seed;
  }

  /** The number of batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** How many passes have begun; the next one draws the order of this number. Settable, to resume at an epoch. */
  get epoch(): number {
    return this.#epoch;
  }
  set epoch(epoch: number) {
    if (!(Number.isSafeInteger(epoch) && epoch >= 0)) {
      throw new ValueError(`DataLoader: an epoch is an integer of at least 0: ${epoch}`);
    }
    this.#epoch = epoch;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<[x: Tensor, y: Tensor], void, undefined> {
    const { dataset, batchSize, length } = this;
    const random = new Random(this.#seed);
    const epoch = this.#epoch++;
    const order = this.shuffle
      ? random.stream(`order/${epoch}`).permutation(dataset.length)
      : Int32Array.from({ length: dataset.length }, (_, i) => i);
    for (let k = 0; k < length; k++) {
      const indices = order.subarray(k * batchSize, (k + 1) * batchSize);
      const asked = dataset.batch(indices, random.stream(`batch/${epoch}/${k}`));
      // Awaited only where it must be: otherwise the tensors are made before next() returns.
      const { inputs, labels } = 'inputs' in asked ? asked : await asked;
      const n = indices.length;
      yield [tensor(inputs, { shape: [n, ...dataset.shape] }), tensor(labels, { shape: [n], dtype: 'int32' })];
    }
  }

  /** The seed and the epoch, as plain JSON. */
  state(): LoaderState {
    return { seed: this.#seed, epoch: this.#epoch };
  }

  /** Continues from a state. Throws ValueError on a seed or an epoch that is no integer. */
  load({ seed, epoch }: LoaderState): void {
    const checked = new Random(seed).seed;
    this.epoch = epoch;
    this.#seed = checked;
  }
}

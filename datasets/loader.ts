// Batches of a data set as tensors; each pass over a loader is one epoch.
//
//   order of epoch e     a permutation drawn from the stream `order/e` of the seed, or 0..length-1 without shuffle
//   batch k of epoch e   order[k batchSize .. (k+1) batchSize), augmented from the stream `batch/e/k`
//
// Both depend only on the seed, e and k, never on earlier draws. So a resumed run needs only these, and passes that run
// at the same time do not change each other's batches.
import {
  checkFlag,
  checkInteger,
  checkOptions,
  checkRandom,
  defaultRandom,
  Random,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { type AnyDataset, checkDataset, type Inputs } from './dataset.js';
import { tensorsOf } from './tensors.js';

/** Options of a DataLoader. */
export interface LoaderOptions {
  /** The number of samples in a batch, a positive integer. */
  batchSize: number;
  /** Whether each epoch has a new random order. Default: false, the stored order. */
  shuffle?: boolean;
  /** The seed of orders and augmentation, an integer. A loader counts its epochs, and each has another order; a loader that is made anew with
   *  the same seed begins with the same order again. Default: the seed of `random`. */
  seed?: number;
  /** An alternative to `seed`: a Random whose seed is used. Default: the default Random. */
  random?: Random;
  /** Whether to skip a last batch of fewer than batchSize samples. Default: false. */
  dropLast?: boolean;
}

/** The state from which a loader of the same data set and options continues. Plain JSON. */
export interface LoaderState {
  /** The seed of orders and augmentation. */
  seed: number;
  /** The number of the next epoch. */
  epoch: number;
}

/** Batches of a data set as tensors: an async iterable of [x, y]. x: float32 [n, ...shape], or int32 for tokens; a list of tensors if the
 *  data set has several inputs: `DataLoader<[Tensor, Tensor]>`. y: classes int32 [n], or [n, ...labelShape] if a sample has several; or
 *  values float32 [n, ...targetShape].
 *
 *    for await (const [x, y] of loader) ..
 *
 *  Each pass is one epoch. A pass takes its number at its first batch, so simultaneous passes are different epochs. A pass
 *  may end early; nothing needs to be closed. */
export class DataLoader<X extends Inputs = Tensor> implements AsyncIterable<[x: X, y: Tensor]> {
  /** The data set that the batches come from. */
  declare readonly dataset: AnyDataset;
  /** The number of samples in a batch; the last may have fewer. */
  declare readonly batchSize: number;
  /** Whether each epoch has a new random order. */
  declare readonly shuffle: boolean;
  /** Whether a last batch of fewer than batchSize samples is skipped. */
  declare readonly dropLast: boolean;
  #seed: number;
  #epoch = 0;

  /** Throws ValueError if the data set is empty, batchSize is not a positive integer, dropLast leaves no
   *  batch, both seed and random are given, or an option is unknown. */
  constructor(dataset: AnyDataset, options: LoaderOptions) {
    checkDataset('DataLoader', dataset);
    checkOptions('DataLoader', options, ['batchSize', 'shuffle', 'seed', 'random', 'dropLast']);
    const { batchSize, shuffle = false, random, seed = (random ?? defaultRandom()).seed, dropLast = false } = options;
    checkInteger('DataLoader: batchSize', batchSize, 1);
    if (dataset.length < 1) throw new ValueError(`DataLoader: the data set is empty: ${dataset.name}`);
    if (dropLast && batchSize > dataset.length) {
      throw new ValueError(`DataLoader: dropLast leaves no batch: batchSize ${batchSize} of ${dataset.length} samples`);
    }
    checkFlag('DataLoader: shuffle', shuffle);
    checkFlag('DataLoader: dropLast', dropLast);
    checkRandom('DataLoader', random);
    if (random && options.seed !== undefined) throw new ValueError('DataLoader: give seed or random');
    Object.assign(this, { dataset, batchSize, shuffle, dropLast });
    this.#seed = checkInteger('DataLoader: seed', seed);
    // In JavaScript too, assigning an option is an error. A subclass may add fields.
    if (new.target === DataLoader) Object.freeze(this);
  }

  /** The number of batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The number of the next epoch, from 0. Each pass raises it by 1 at its first batch. Set it to resume at an epoch.
   *  Setting it to another value than an integer of at least 0 throws ValueError. */
  get epoch(): number {
    return this.#epoch;
  }
  /** The epoch at which the next pass starts, an integer of at least 0. */
  set epoch(epoch: number) {
    this.#epoch = checkInteger('DataLoader: the epoch', epoch, 0);
  }

  /** The batches of the next epoch. */
  async *[Symbol.asyncIterator](): AsyncGenerator<[x: X, y: Tensor], void, undefined> {
    const { dataset, batchSize, length } = this;
    const random = new Random(this.#seed);
    const epoch = this.#epoch++;
    const order = this.shuffle
      ? random.stream(`order/${epoch}`).permutation(dataset.length)
      : Int32Array.from({ length: dataset.length }, (_, i) => i);
    for (let k = 0; k < length; k++) {
      const indices = order.subarray(k * batchSize, (k + 1) * batchSize);
      const batch = dataset.batch(indices, random.stream(`batch/${epoch}/${k}`));
      // Awaited only if it is a Promise. Else next() makes the tensors before it returns, in the scope that its caller has open.
      yield tensorsOf(dataset, batch instanceof Promise ? await batch : batch, indices.length) as [X, Tensor];
    }
  }

  /** Throws ValueError: batches are awaited. Without this method `Array.from(loader)` would be a list of undefined. */
  [Symbol.iterator](): never {
    throw new ValueError('DataLoader: write for await (const [x, y] of loader)');
  }

  /** The seed and the next epoch. `load` continues from them. */
  state(): LoaderState {
    return { seed: this.#seed, epoch: this.#epoch };
  }

  /** Continues from a state. Throws ValueError if the seed is not an integer, or the epoch is not an integer of at least 0. */
  load(state: LoaderState): void {
    checkOptions('DataLoader: load', state, ['seed', 'epoch']);
    const { seed, epoch } = state;
    checkInteger('DataLoader: seed', seed);
    this.epoch = epoch;
    this.#seed = seed;
  }
}

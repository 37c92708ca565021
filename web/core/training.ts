// A net that learns, one step at a time: the third room's computation without what it records.
import {
  BoundgradError,
  crossEntropy,
  backend as currentBackend,
  DataLoader,
  lenet,
  type Module,
  mlp,
  moons,
  NonFiniteError,
  type Optimizer,
  Random,
  scope,
  setBackend,
  spirals,
  Tanh,
  type Tensor,
  tensor,
} from '../../index.js';
import { datasets, HIDDEN, POINT_OPTIONS, POINTS } from './nets.js';
import { makeOptimizer, StateError } from './optimizerOf.js';
import type { NetState } from './state.js';

/** The images, or null if there are none here. */
export type Images = () => Promise<Samples | null>;
/** For states without images. */
export const noImages: Images = async () => null;
type Samples = ConstructorParameters<typeof DataLoader>[0];
type Backend = ReturnType<typeof currentBackend>;

let made: Promise<Backend> | undefined;

/** Makes plain SIMD on one thread the backend, or the loops if the engine has no WebAssembly. */
export async function useNetBackend(): Promise<Backend> {
  // Plain: with fused multiply-adds the last digits would depend on the engine.
  made ??= setBackend('wasm', { fma: false }).catch((error) => {
    if (error instanceof BoundgradError) return setBackend('reference');
    throw error;
  });
  return setBackend(await made);
}

/** Runs a function with the backend of nets, then sets the one before. */
export async function withNetBackend<T>(act: () => Promise<T>): Promise<T> {
  const before = currentBackend();
  try {
    await useNetBackend();
    return await act();
  } finally {
    await setBackend(before);
  }
}

/** The weights and the optimizer's state after a step. */
export interface Snapshot {
  steps: number;
  model: Record<string, Saved>;
  tensors: Record<string, Saved>;
  meta: ReturnType<Optimizer<any>['stateDict']>['meta'];
}

interface Saved {
  values: Float32Array | Float64Array;
  shape: readonly number[];
}

const saved = (tensors: Readonly<Record<string, Tensor>>): Record<string, Saved> =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [
      name,
      { values: t.dataSync().slice() as Float32Array, shape: t.shape },
    ]),
  );
const restored = (list: Readonly<Record<string, Saved>>) =>
  Object.fromEntries(Object.entries(list).map(([name, { values, shape }]) => [name, tensor(values, { shape })]));

/** A net, its optimizer and its batches. */
export class Training {
  /** The number of steps taken. */
  steps = 0;
  /** The loss of the last batch. */
  loss = Number.NaN;
  /** Why it stopped early. */
  note = '';
  readonly model: Module;
  readonly optimizer: Optimizer<any>;
  readonly #loader: DataLoader;
  #batches: AsyncGenerator<[Tensor, Tensor]>;
  #isPrepared = false;

  /** Call it with the backend of nets. Throws StateError if the images are missing or the rule is outside its domain. */
  static async of(state: NetState, images: Images): Promise<Training> {
    const { data, seed } = state;
    let samples: Samples | null;
    if (data === 'fashion') samples = await images();
    else samples = { moons, spirals }[data]({ samples: POINTS, ...POINT_OPTIONS[data], seed });
    if (samples === null)
      throw new StateError(
        'this page is without the images; choose moons or spirals, or write a page that has them: npx boundgrad lab --out lab.html',
        'data',
      );
    return new Training(state, samples);
  }

  private constructor(
    readonly state: NetState,
    samples: Samples,
  ) {
    const { net, data, batch, seed, rules, steps } = state;
    const random = new Random(seed);
    if (net === 'lenet') this.model = lenet({ random });
    else if (datasets[data].kind === 'images') this.model = mlp({ sizes: [784, ...HIDDEN.images, 10], random });
    else this.model = mlp({ sizes: [2, ...HIDDEN.points, 2], activation: () => new Tanh(), random });
    this.optimizer = makeOptimizer(rules[0], this.model.namedParameters(), steps, 0);
    this.#loader = new DataLoader(samples, { batchSize: batch, shuffle: true, seed });
    this.#batches = this.#loader[Symbol.asyncIterator]();
  }

  get isDone(): boolean {
    return this.note !== '' || this.steps >= this.state.steps;
  }

  /** Computes the gradients of the next step without taking it. */
  async prepare(): Promise<void> {
    if (this.#isPrepared) return;
    const [x, y] = await this.#next();
    this.loss = scope(() => {
      const loss = crossEntropy(this.model.forward(x), y);
      this.optimizer.zeroGrad();
      loss.backward();
      return loss.itemSync();
    });
    this.#isPrepared = true;
  }

  /** Takes a step. Returns false, with `note` set, if there is nothing to step along. */
  async step(): Promise<boolean> {
    await this.prepare();
    this.#isPrepared = false;
    try {
      scope(() => this.optimizer.step());
    } catch (error) {
      if (!(error instanceof BoundgradError)) throw error;
      const what = error instanceof NonFiniteError ? 'a gradient is not finite' : error.message;
      this.note = `stopped before step ${this.steps + 1}: ${what}`;
      return false;
    }
    this.steps++;
    return true;
  }

  async #next(): Promise<[Tensor, Tensor]> {
    for (;;) {
      const { value, done } = await this.#batches.next();
      if (!done) return value;
      this.#batches = this.#loader[Symbol.asyncIterator]();
    }
  }

  save(): Snapshot {
    const { tensors, meta } = this.optimizer.stateDict();
    return { steps: this.steps, model: saved(this.model.stateDict()), tensors: saved(tensors), meta };
  }

  /** Continues from a snapshot of the same state. */
  async restore({ steps, model, tensors, meta }: Snapshot): Promise<void> {
    scope(() => {
      this.model.loadStateDict(restored(model));
      this.optimizer.loadStateDict({ tensors: restored(tensors), meta });
    });
    this.steps = steps;
    this.note = '';
    this.#isPrepared = false;
    this.#loader.epoch = Math.floor(steps / this.#loader.length);
    this.#batches = this.#loader[Symbol.asyncIterator]();
    for (let i = steps % this.#loader.length; i > 0; i--) await this.#batches.next();
  }

  dispose(): void {
    this.model.dispose();
    this.optimizer.dispose();
  }
}

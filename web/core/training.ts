// A net that learns, one step at a time. funnel.ts records what its steps do to the rates.
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
  resnet8,
  scope,
  setBackend,
  spirals,
  Tanh,
  type Tensor,
  tensor,
} from '../../index.js';
import { datasets, HIDDEN, type NetName, POINT_OPTIONS, POINTS } from './nets.js';
import { makeOptimizer, StateError } from './optimizerOf.js';
import type { NetState, RuleChoice } from './state.js';

/** The images to train and to test on, or null if there are none here. */
export type Images = () => Promise<{ train: Samples; test: Samples } | null>;
/** For states without images. */
export const noImages: Images = async () => null;
export type Samples = ConstructorParameters<typeof DataLoader>[0];
type Backend = ReturnType<typeof currentBackend>;

let made: Promise<Backend> | undefined;
/** How many functions of `withNetBackend` run, and the backend to set when the last of them ends. */
let [running, after]: [number, Backend | undefined] = [0, undefined];

async function setNetBackend(): Promise<Backend> {
  // Plain: with fused multiply-adds the last digits would depend on the engine.
  made ??= setBackend('wasm', { fma: false }).catch((error) => {
    if (error instanceof BoundgradError) return setBackend('reference');
    throw error;
  });
  return setBackend(await made);
}

/** Makes plain SIMD on one thread the backend, or the loops if the engine has no WebAssembly. The functions that `withNetBackend` is running
 *  now leave this backend in place when they end. */
export async function useNetBackend(): Promise<Backend> {
  after = await setNetBackend();
  return after;
}

/** Runs a function with the backend of nets, then restores the previous backend. If several such functions run at a time, the last one to
 *  end restores it. */
export async function withNetBackend<T>(act: () => Promise<T>): Promise<T> {
  if (running++ === 0) after = currentBackend();
  try {
    await setNetBackend();
    return await act();
  } finally {
    if (--running === 0) await setBackend(after!);
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

/** Makes the net of a name. Points have an MLP with tanh. */
export function netNamed(net: NetName | 'resnet8', kind: 'points' | 'images', random: Random): Module {
  if (net === 'lenet') return lenet({ random });
  if (net === 'resnet8') return resnet8({ inChannels: 1, random });
  if (kind === 'images') return mlp({ sizes: [784, ...HIDDEN.images, 10], random });
  return mlp({ sizes: [2, ...HIDDEN.points, 2], activation: () => new Tanh(), random });
}

/** Points of the plane, as the nets learn them. */
export const pointsOf = (data: 'moons' | 'spirals', seed: number): Samples =>
  ({ moons, spirals })[data]({ samples: POINTS, ...POINT_OPTIONS[data], seed });

/** Returns the images. Throws StateError if there are none here. */
export async function imagesOf(images: Images): Promise<{ train: Samples; test: Samples }> {
  const found = await images();
  if (found) return found;
  throw new StateError(
    'this page is without the images; choose moons or spirals, or write a page that has them: npx boundgrad lab --out lab.html',
    'data',
  );
}

async function taskOf({ data, net, seed }: NetState, images: Images): Promise<Task> {
  return {
    samples: data === 'fashion' ? (await imagesOf(images)).train : pointsOf(data, seed),
    makeNet: (random) => netNamed(net, datasets[data].kind, random),
  };
}

/** What a net learns. */
export interface Task {
  samples: Samples;
  /** Makes the net, with the weights that the random numbers give it. */
  makeNet(random: Random): Module;
  /** The loss. Default: the cross-entropy of logits. */
  loss?(output: Tensor, y: Tensor): Tensor;
}

/** How a net learns its task. place: the position of the rule on the page. */
export interface Run {
  rule: RuleChoice;
  place: number;
  batch: number;
  steps: number;
  seed: number;
}

/** A net, its optimizer and its batches. */
export class Training {
  /** The number of steps taken. */
  steps = 0;
  /** The loss of the last batch. */
  loss = Number.NaN;
  /** Why it stopped early; empty if it did not. */
  note = '';
  readonly model: Module;
  readonly optimizer: Optimizer<any>;
  readonly #loader: DataLoader;
  #batches: AsyncGenerator<[Tensor, Tensor]>;
  #isPrepared = false;

  /** Requires the backend that `withNetBackend` or `useNetBackend` sets. Throws StateError if the images are missing or a hyper-parameter of
   *  the rule is out of range. */
  static async of(state: NetState, images: Images): Promise<Training> {
    const { rules, batch, steps, seed } = state;
    return new Training(await taskOf(state, images), { rule: rules[0], place: 0, batch, steps, seed });
  }

  /** Throws StateError if a hyper-parameter of the rule is out of range. */
  constructor(
    readonly task: Task,
    readonly run: Run,
  ) {
    const { rule, place, batch, seed, steps } = run;
    this.model = task.makeNet(new Random(seed));
    try {
      this.optimizer = makeOptimizer(rule, this.model.namedParameters(), steps, place);
    } catch (error) {
      this.model.dispose();
      throw error;
    }
    this.#loader = new DataLoader(task.samples, { batchSize: batch, shuffle: true, seed });
    this.#batches = this.#loader[Symbol.asyncIterator]();
  }

  get isDone(): boolean {
    return this.note !== '' || this.steps >= this.run.steps;
  }

  /** Computes the gradients of the next step without taking it. */
  async prepare(): Promise<void> {
    if (this.#isPrepared) return;
    const [x, y] = await this.#next();
    this.loss = scope(() => {
      const output = this.model.forward(x);
      const loss = this.task.loss?.(output, y) ?? crossEntropy(output, y);
      this.optimizer.zeroGrad();
      loss.backward();
      return loss.itemSync();
    });
    this.#isPrepared = true;
  }

  /** Takes a step. Returns false, with the reason in `note`, if it cannot be taken, for example because a gradient is not finite. */
  async step(): Promise<boolean> {
    await this.prepare();
    try {
      scope(() => this.optimizer.step());
    } catch (error) {
      if (!(error instanceof BoundgradError)) throw error;
      const what = error instanceof NonFiniteError ? 'a gradient is not finite' : error.message;
      this.note = `stopped before step ${this.steps + 1}: ${what}`;
      return false;
    }
    this.#isPrepared = false;
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

// A small training with every kind of state: batch statistics, dropout, augmentation, momentum. The last batch of an epoch is short.

import { Random, type Stream, type Tensor } from '../../core/index.js';
import { DataLoader, type Dataset } from '../../datasets/index.js';
import { type Checkpoints, type FitOptions, fit, type History, parseCheckpoint } from '../../fit/index.js';
import { BatchNorm1d, Dropout, Linear, type Module, ReLU, Sequential } from '../../nn/index.js';
import { AdaBound, type Optimizer } from '../../optim/index.js';

/** Points of the plane in three classes. Augmentation moves each point a little, by random numbers from a stream. */
export function points(length = 20, seed = 1): Dataset {
  const stream = new Random(seed).stream('points');
  const values = Float32Array.from({ length: 2 * length }, () => stream.normal());
  return {
    name: 'points',
    length,
    shape: [2],
    classes: ['a', 'b', 'c'],
    batch: (indices: ArrayLike<number>, noise?: Stream) => ({
      inputs: Float32Array.from(
        Array.from(indices).flatMap((i) => [0, 1].map((k) => values[2 * i + k] + (noise ? noise.normal() / 8 : 0))),
      ),
      labels: Int32Array.from(indices, (i) => i % 3),
    }),
  };
}

export function net(seed = 1): Sequential {
  const random = new Random(seed);
  return new Sequential(
    new Linear(2, 6, { random }),
    new BatchNorm1d(6),
    new ReLU(),
    new Dropout(0.3, { random }),
    new Linear(6, 3, { random }),
  );
}

/** A training of the net on 20 points: three batches of 8, 8 and 4 an epoch. */
export function training(options: Partial<FitOptions> = {}): { model: Sequential; options: FitOptions } {
  const model = net();
  return {
    model,
    options: {
      train: new DataLoader(points(), { batchSize: 8, shuffle: true, seed: 5 }),
      test: points(7, 2),
      optimizer: new AdaBound(model.namedParameters(), { lr: 0.01 }),
      epochs: 3,
      ...options,
    },
  };
}

/** Checkpoints in memory: all of them, in the order of saving. */
export class Kept implements Checkpoints {
  readonly files: { step: number; file: Uint8Array }[] = [];
  async latest() {
    const last = this.files.at(-1);
    return last ? { checkpoint: parseCheckpoint(last.file), notes: [] } : null;
  }
  async save(file: Uint8Array, step: number) {
    this.files.push({ step, file });
  }
}

/** Every bit of the states of a model and an optimizer, in hexadecimal. */
export function bits(model: Module, optimizer: Optimizer<any>): Record<string, string> {
  const { tensors, meta } = optimizer.stateDict();
  const all: Record<string, Tensor> = { ...model.stateDict(), ...tensors };
  const hex = (t: Tensor) => Buffer.from(t.dataSync().buffer).toString('hex');
  return { ...Object.fromEntries(Object.entries(all).map(([k, t]) => [k, hex(t)])), meta: JSON.stringify(meta) };
}

/** A history without its durations, speeds and notes. */
export function timeless({ seconds: _, notes: __, epochs, ...rest }: History): object {
  return { ...rest, epochs: epochs.map(({ seconds: _, samplesPerSecond: __, ...e }) => e) };
}

/** Runs the training. */
export async function run(options: Partial<FitOptions> = {}) {
  const { model, options: all } = training(options);
  const history = await fit(model, all);
  return { model, history, optimizer: all.optimizer, bits: bits(model, all.optimizer) };
}

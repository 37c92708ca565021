// The models by name, for command lines.
import { type Shape, sizeOf } from '../core/index.js';
import type { LayerOptions, Module } from '../nn/index.js';
import { lenet } from './lenet.js';
import { mlp } from './mlp.js';

export interface BuildOptions extends LayerOptions {
  /** The shape of one sample; the entry's `input` where left out. */
  input?: Shape;
  /** 10 where left out. */
  numClasses?: number;
}

export interface ModelEntry {
  /** One line. */
  description: string;
  /** The shape of one sample that it is made for. */
  input: Shape;
  build(options?: BuildOptions): Module;
}

/** Every model that has a name. */
export const models: Readonly<Record<string, ModelEntry>> = {
  mlp: {
    description: 'multilayer perceptron with one hidden layer of 128 units',
    input: [1, 28, 28],
    build: ({ input = [1, 28, 28], numClasses = 10, ...options } = {}) =>
      mlp({ sizes: [sizeOf(input), 128, numClasses], ...options }),
  },
  lenet: {
    description: 'LeNet-5 with ReLU and max-pooling, for images of 28 x 28',
    input: [1, 28, 28],
    build: ({ input = [1, 28, 28], ...options } = {}) => lenet({ inChannels: input[0], ...options }),
  },
};

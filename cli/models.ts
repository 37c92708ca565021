// Builds a model by name for the shape and the classes of a data set.
import { BoundgradError, noGrad, Random, type Shape, scope, zeros } from '../core/index.js';
import { models } from '../models/index.js';
import type { Module } from '../nn/index.js';
import { refuse } from './failure.js';

export const modelKeys = Object.keys(models);

/** Builds a model in training mode; the same seed gives the same weights. input: the shape of one sample.
 *  Throws Failure if the model cannot take the shape. */
export function buildModel(name: string, input: Shape, numClasses: number, seed: number): Module {
  try {
    const model = models[name].build({ input, numClasses, random: new Random(seed) });
    scope(() => void noGrad(() => model.eval().forward(zeros([1, ...input]))));
    return model.train();
  } catch (error) {
    if (error instanceof BoundgradError)
      throw refuse(`--model ${name}: cannot take these data: ${error.message}`, error);
    throw error;
  }
}

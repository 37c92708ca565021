// The models by name, made to fit the data.
import { BoundgradError, noGrad, Random, type Shape, scope, zeros } from '../core/index.js';
import { models } from '../models/index.js';
import type { Module } from '../nn/index.js';
import { refuse } from './failure.js';

export const modelKeys = Object.keys(models);

/** The model of that name, initialized from the seed: the same seed gives the same weights.
 *  Throws the refusal of inputs that it cannot take. */
export function buildModel(name: string, input: Shape, numClasses: number, seed: number): Module {
  try {
    const model = models[name].build({ input, numClasses, random: new Random(seed) });
    scope(() => void noGrad(() => model.eval().forward(zeros([1, ...input]))));
    return model.train();
  } catch (error) {
    if (error instanceof BoundgradError)
      throw refuse(`--model ${name}: does not fit these data: ${error.message}`, error);
    throw error;
  }
}

// Texts that a trained net writes: samples during the training, and the continuations of `predict`.
import { DataError } from '../core/index.js';
import type { AnyDataset } from '../datasets/index.js';
import { type Callback, generate, predictor, type Training } from '../fit/index.js';
import { withEvaluatedWeights } from '../fit/weights.js';

/** The prompt if none is given: a line break, so that the net begins a line; without line breaks, its first token. */
export function defaultPrompt(vocabulary: readonly string[]): string {
  return vocabulary.includes('\n') ? '\n' : vocabulary[0];
}

/** What the net of a training writes with the weights of an evaluation. callbacks: those of the training. seed: determines the draws.
 *  Undefined if a logit is not finite: the training will say why. */
export async function sampleOf(
  { model }: Training,
  callbacks: readonly Callback[],
  data: AnyDataset,
  { length, seed }: { length: number; seed: number },
): Promise<string | undefined> {
  const net = predictor(model, data);
  const write = () => generate(net, { prompt: defaultPrompt(net.classes), length, seed });
  try {
    return await withEvaluatedWeights(model, callbacks, write);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

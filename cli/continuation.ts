// Texts that a net generates: samples during the training, and the continuations of `predict`.
import { DataError } from '../core/index.js';
import type { AnyDataset } from '../datasets/index.js';
import { type Callback, generate, predictor, type Training } from '../fit/index.js';
import { withEvaluatedWeights } from '../fit/weights.js';
import { oneLine } from './failure.js';
import { writeLine } from './terminal.js';

/** The prompt if none is given: a line break, so that the net begins a line; the first token of a vocabulary without line breaks. */
export function defaultPrompt(vocabulary: readonly string[]): string {
  return vocabulary.includes('\n') ? '\n' : vocabulary[0];
}

/** Returns a function that generates a text with the net of a training, with its weights for evaluation. callbacks: those of the training.
 *  seed: determines the draws. The function returns undefined if a logit is not finite, because the training will report why. It also
 *  returns undefined if the net cannot generate, for example because it reads only whole windows. Then the reason is printed once, and the
 *  training continues. */
export function writerOf(
  callbacks: readonly Callback[],
  data: AnyDataset,
  { length, seed }: { length: number; seed: number },
): (training: Training) => Promise<string | undefined> {
  let fails = false;
  return async ({ model }) => {
    if (fails) return undefined;
    const net = predictor(model, data);
    const write = () => generate(net, { prompt: defaultPrompt(net.classes), length, seed });
    try {
      return await withEvaluatedWeights(model, callbacks, write);
    } catch (error) {
      if (error instanceof DataError) return undefined;
      fails = true;
      const reason = `${(error as Error | null)?.message ?? error}`.replace(/^generate: /, '');
      writeLine(process.stderr, `boundgrad: the net writes no samples: ${oneLine(reason)}`);
      return undefined;
    }
  };
}

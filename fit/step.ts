// One training step: forward, backward, the optimizer; or the place where its numbers cease to be numbers.
import { scope, type Tensor } from '../core/index.js';
import { accuracy, type Module } from '../nn/index.js';
import { clipGradNorm, clipGradValue, type Optimizer } from '../optim/index.js';
import type { Loss } from './evaluate.js';
import { badGradient, badOutput, Diverged, isBadGradient } from './nonFinite.js';

/** Limits the gradients before each step: their joint norm, or each element. */
export type Clip = { norm: number } | { value: number };

/** How a step is taken. counts: whether outputs are logits of classes, of which right answers can be counted. */
export interface Step {
  loss: Loss;
  counts: boolean;
  clip: Clip | null;
}

/** Takes a step on a batch. Returns what the batch had before it: mean loss, and share of right answers where they count.
 *  Throws Diverged, with no parameter changed, where the loss or a gradient is not finite. */
export async function takeStep(
  model: Module,
  optimizer: Optimizer<any>,
  [x, y]: [Tensor, Tensor],
  { loss, counts, clip }: Step,
): Promise<{ loss: number; accuracy: number | null }> {
  return scope(async () => {
    try {
      const output = model.forward(x);
      const value = loss(output, y);
      // Before backward, which frees what it has used.
      const share = counts ? accuracy(output, y) : null;
      optimizer.zeroGrad();
      value.backward();
      const found = await value.item();
      if (!Number.isFinite(found)) throw new Diverged(`the loss is ${found}`, await badOutput(model, x));
      if (clip) await limit(model, clip);
      optimizer.step();
      return { loss: found, accuracy: share && (await share.item()) };
    } catch (error) {
      if (!isBadGradient(error)) throw error;
      throw new Diverged('a NaN or infinity', await badGradient(model));
    }
  });
}

async function limit(model: Module, clip: Clip): Promise<void> {
  const params = model.parameters().filter((p) => p.grad);
  if ('value' in clip) return clipGradValue(params, clip.value);
  const before = params.map((p) => p.grad);
  const norm = await clipGradNorm(params, clip.norm).item();
  if (Number.isFinite(norm)) return;
  // Its factor has made a NaN of each gradient: look at what they were.
  params.forEach((p, i) => (p.grad = before[i]));
  throw new Diverged(`the norm of the gradients is ${norm}`, await badGradient(model));
}

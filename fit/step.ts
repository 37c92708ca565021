// One training step: forward, backward, optimizer. Throws Diverged if a number is not finite.
import { checkTensor, NonFiniteError, scope, type Tensor } from '../core/index.js';
import type { Inputs } from '../datasets/index.js';
import { accuracy, type Module } from '../nn/index.js';
import { clipGradNorm, clipGradValue, type Optimizer } from '../optim/index.js';
import type { Loss } from './evaluate.js';
import { Diverged, firstBadGradient, firstBadOutput } from './nonFinite.js';
import { forward } from './task.js';

/** Limits the gradients before each step. `norm`: the largest norm of all gradients together, as `clipGradNorm`. `value`: the
 *  largest magnitude of each element, as `clipGradValue`. */
export type Clip = { norm: number } | { value: number };

/** Options of a step. */
export interface StepOptions {
  loss: Loss;
  /** Whether outputs are logits of classes, so that right answers can be counted. */
  countsRight: boolean;
  clip: Clip | null;
}

/** Takes a step on a batch. Returns the batch's mean loss and share of right answers before the step; null if those are not
 *  counted. Throws Diverged, with no parameter changed, if the loss or a gradient is not finite. */
export async function takeStep(
  model: Module<any>,
  optimizer: Optimizer<any>,
  [x, y]: [Inputs, Tensor],
  { loss, countsRight, clip }: StepOptions,
): Promise<{ loss: number; accuracy: number | null }> {
  return scope(async () => {
    try {
      const output = forward(model, x);
      const mean = checkTensor('fit: the loss', loss(output, y));
      // Before backward, which frees the output.
      const share = countsRight ? accuracy(output, y) : null;
      optimizer.zeroGrad();
      mean.backward();
      const value = await mean.item();
      if (!Number.isFinite(value))
        throw new Diverged(`the loss is ${value}`, (await firstBadOutput(model, x)) ?? 'the loss');
      if (clip) await clipGradients(model, clip);
      optimizer.step();
      return { loss: value, accuracy: share && (await share.item()) };
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      throw new Diverged('a NaN or infinity', await firstBadGradient(model));
    }
  });
}

async function clipGradients(model: Module<any>, clip: Clip): Promise<void> {
  const params = model.parameters().filter((p) => p.grad);
  if ('value' in clip) return clipGradValue(params, clip.value);
  const before = params.map((p) => p.grad);
  const norm = await clipGradNorm(params, clip.norm).item();
  if (Number.isFinite(norm)) return;
  // The factor limit / norm has made every gradient NaN: restore them to find the first bad one.
  params.forEach((p, i) => (p.grad = before[i]));
  throw new Diverged(`the norm of the gradients is ${norm}`, await firstBadGradient(model));
}

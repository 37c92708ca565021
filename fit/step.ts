// One training step: forward and backward on one batch or several, then the optimizer. Throws Diverged if a number is not finite.
//
// The gradient of a step on batches of n_1, .., n_k samples, N in all, is the gradient of the joined batch:
//
//   g = sum_i (n_i / N) g_i        g_i the gradient of the mean loss of batch i
import {
  GradError,
  keep,
  NonFiniteError,
  noGrad,
  scope,
  sqrt,
  square,
  sum,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { accuracy, type Module } from '../nn/index.js';
import { gradNorm as scaledNorm } from '../optim/clip.js';
import { clipGradNorm, clipGradValue, type Optimizer } from '../optim/index.js';
import { Diverged, firstBadGradient, firstBadOutput } from './nonFinite.js';
import { warnOfFirst } from './outputs.js';
import { type AnyInputs, lossOf, samplesOf, type Task } from './task.js';
import { checkScope } from './turns.js';

/** Limits the gradients before each step. `norm`: the largest norm of all gradients together, like `clipGradNorm`. `value`: the
 *  largest magnitude of each element, like `clipGradValue`. */
export type Clip = { norm: number } | { value: number };

/** Options of a step. */
export interface StepOptions extends Task {
  /** Whether outputs are logits of classes, so that right answers can be counted. */
  countsRight: boolean;
  clip: Clip | null;
}

/** The figures of a step, all before its parameters change. */
export interface Taken {
  samples: number;
  /** The mean loss of the samples. */
  loss: number;
  /** The share of right answers; null if they are not counted. */
  accuracy: number | null;
  /** The norm of all gradients together, before they are clipped; null if it is not finite. */
  gradNorm: number | null;
}

/** Takes a step on batches. Throws Diverged, with no parameter changed, if the loss or a gradient is not finite. */
export async function takeStep(
  model: Module<any>,
  optimizer: Optimizer<any>,
  batches: readonly AnyInputs[],
  options: StepOptions,
): Promise<Taken> {
  checkScope();
  const samples = batches.reduce((n, [x]) => n + samplesOf(x), 0);
  let [loss, right] = [0, 0];
  optimizer.zeroGrad();
  for (const batch of batches) {
    const share = samplesOf(batch[0]) / samples;
    const found = await scope(() => addGradients(model, batch, share, options));
    loss += share * found.loss;
    right += share * found.accuracy;
  }
  return scope(async () => {
    try {
      checkFields(model, batches);
      const readNorm = await clipGradients(model, options.clip);
      optimizer.step();
      // On a backend without synchronous reads, this read rejects if the step found a bad gradient.
      const gradNorm = await readNorm();
      return { samples, loss, accuracy: options.countsRight ? right : null, gradNorm };
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      throw new Diverged('a NaN or infinity', await firstBadGradient(model));
    }
  });
}

/** Adds the gradients of a batch's mean loss, times its share of the step's samples. */
async function addGradients(
  model: Module<any>,
  batch: AnyInputs,
  share: number,
  { countsRight, ...task }: StepOptions,
): Promise<{ loss: number; accuracy: number }> {
  const { loss, output } = lossOf('fit', model, batch, task);
  if (!loss.requiresGrad) {
    const why = 'no operand requires a gradient, or a later operation has no vjp';
    throw new GradError(`fit: the loss: nothing to differentiate: ${why}`);
  }
  // Before backward, which frees the output.
  if (output) await warnOfFirst(model, task.loss, output, batch[1], loss);
  const right = countsRight ? accuracy(output!, batch[1]) : null;
  // Backward frees all values but its root and kept ones.
  (share === 1 ? loss : keep(loss).mul(share)).backward();
  const value = await loss.item();
  if (!Number.isFinite(value))
    throw new Diverged(`the loss is ${value}`, (await firstBadOutput(model, batch, task)) ?? 'the loss');
  return { loss: value, accuracy: right ? await right.item() : 0 };
}

/** The models that had the warning of a result in a field. */
const told = new WeakSet<Module<any>>();

/** Throws ValueError if a field of the model holds an input of `forward`, or a result of it that was freed: such a tensor counts as a parameter,
 *  and a checkpoint with it fits no new model. Prints a warning, once for each model, if the field holds a result that was not freed. */
function checkFields(model: Module<any>, batches: readonly AnyInputs[]): void {
  const inputs = new Set(batches.flatMap(([x, y]) => [x, y].flat()).map(({ storage }) => storage));
  const odd = model.namedParameters().find(([, p]) => p.storage.freed || inputs.has(p.storage) || !p.isLeaf);
  if (!odd) return;
  const what = inputs.has(odd[1].storage) ? 'an input' : 'a result';
  const why = `fit: ${odd[0]}: ${what} of forward in a field counts as a parameter; use a #private field, or keep it outside`;
  if (what === 'an input' || odd[1].storage.freed) throw new ValueError(why);
  if (!told.has(model)) console.warn(why);
  told.add(model);
}

/** Clips the gradients. Returns a function that reads their norm before the clip; null if it is not finite. With a limit on the norm, throws
 *  Diverged if the norm is not finite. */
async function clipGradients(model: Module<any>, clip: Clip | null): Promise<() => Promise<number | null>> {
  const params = model.parameters().filter((p) => p.isLeaf && p.grad);
  if (clip && 'norm' in clip) {
    const before = params.map((p) => p.grad!);
    const norm = clipGradNorm(params, clip.norm);
    const value = await norm.item();
    if (Number.isFinite(value)) return () => norm.item();
    // The factor limit / norm has made every gradient NaN: restore them to find the first bad one.
    params.forEach((p, i) => (p.grad = before[i]));
    throw new Diverged(`the norm of the gradients is ${value}`, await firstBadGradient(model));
  }
  const read = normOf(params.map((p) => p.grad!));
  if (clip) clipGradValue(params, clip.value);
  return read;
}

/** Returns a function that reads the norm of gradients; null if it is not finite. */
function normOf(grads: readonly Tensor[]): () => Promise<number | null> {
  if (grads.length === 0) return async () => 0;
  const norm = noGrad(() => sqrt(grads.map((g) => sum(square(g))).reduce((a, b) => a.add(b))));
  return async () => {
    let value = await norm.item();
    // Squares may be outside of the range of float32. The scaled norm handles them, but takes a few times as long.
    if (!(value > 1e-12 && value < Infinity)) value = await scaledNorm(grads).item();
    return Number.isFinite(value) ? value : null;
  };
}

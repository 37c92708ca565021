// The task of a data set: to predict classes or values, from one input or several.
import { checkTensor, DTypeError, must, noGrad, ShapeError, show, type Tensor } from '../core/index.js';
import type { AnyDataset, Inputs } from '../datasets/index.js';
import { crossEntropy, type Module, mse } from '../nn/index.js';
import { trusted } from './outputs.js';

/** A loss: the mean over a batch, as a scalar, from the model's output (n, ..) and the classes, int32 (n), or the values,
 *  float32 (n, ..). */
export interface Loss {
  (output: Tensor, target: Tensor): Tensor;
  /** Whether the output has logits of classes, as for a weighted cross-entropy: then right answers are counted, as with the default
   *  loss. Default: false. */
  logits?: boolean;
}

/** A whole forward pass: the mean loss of a batch, as a scalar, from the model and the batch as the DataLoader yields it. */
export type Forward<M extends Module<any> = any> = (model: M, batch: [x: any, y: Tensor]) => Tensor;

/** A batch of any data set. */
export type AnyInputs = [x: Inputs, y: Tensor];

/** How a batch becomes a loss: `loss` of the model's output, or `forward` if it is given. */
export interface Task {
  loss: Loss;
  forward?: Forward;
}

/** The model's output for a batch: `forward(x)`, or `forward(a, b)` for a list of inputs. */
export function forward(model: Module<any>, x: Inputs): Tensor {
  const y = Array.isArray(x) ? model.forward(...x) : model.forward(x);
  if (y === undefined) throw new DTypeError('the output of the model: undefined: a return is missing in its forward');
  if (Array.isArray(y)) throw new DTypeError('the output of the model: a list: return one tensor from its forward');
  return checkTensor('the output of the model', y);
}

/** The logits in a model's output. If the model ends in softmax or sigmoid, its output is probabilities p, whose logarithms are the logits:
 *  softmax(log p) = p / sum p. A loss of logits refuses probabilities, but a program may give a loss of its own. */
export function logitsOf(output: Tensor): Tensor {
  const { made, version } = output.storage;
  return !version && /^s(oftmax|igmoid)$/.test(made) ? noGrad(() => output.log()) : output;
}

/** The mean loss of a batch, and the model's output. The output is null if `task.forward` makes the loss. */
export function lossOf(
  what: string,
  model: Module<any>,
  [x, y]: AnyInputs,
  task: Task,
): { loss: Tensor; output: Tensor | null } {
  const output = task.forward ? null : forward(model, x);
  const loss = output ? task.loss(output, y) : task.forward!(model, [x, y]);
  must(checkTensor(`${what}: the loss`, loss).size === 1, `${what}: the loss`, 'a scalar, as a mean', loss.shape);
  return { loss, output };
}

/** The number of samples in a batch. */
export function samplesOf(x: Inputs): number {
  return (Array.isArray(x) ? x[0] : x).shape[0];
}

/** The loss of a data set if none is given: cross-entropy of logits for classes, the mean square error for values. */
export function defaultLoss(data: AnyDataset, labelSmoothing = 0): Loss {
  if (data.targetShape) return trusted(squareError);
  return trusted((output, classes) => {
    const [outputs, count] = [output.shape.at(-1), data.classes.length];
    // For one output, the error of crossEntropy names the loss to use.
    if (outputs === count || outputs === 1) return crossEntropy(output, classes, { labelSmoothing });
    throw new ShapeError(
      `the model's output must have a logit for each class: ${show(output.shape)} for the ${count} classes of ${data.name}`,
    );
  });
}

/** Whether the model's outputs are logits of classes, so that right answers can be counted. */
export function answersCount({ loss, forward }: Partial<Task>, data: AnyDataset): boolean {
  return (!loss || !!loss.logits) && !forward && !data.targetShape;
}

/** The name of `defaultLoss(data)`. A checkpoint keeps it, because functions cannot be compared. */
export function lossName(data: AnyDataset): string {
  return data.targetShape ? 'mse' : 'crossEntropy';
}

function squareError(output: Tensor, values: Tensor): Tensor {
  const [ours, theirs] = [show(output.shape), show(values.shape)];
  if (ours === theirs) return mse(output, values);
  const areClasses = values.ndim === 1 && output.ndim === 2 && output.shape[1] > 1;
  throw new ShapeError(
    `the model's output does not have the shape of the values: ${ours} for ${theirs}; ` +
      (areClasses ? `for classes: tensorDataset(x, y, { classes: ${output.shape[1]} })` : 'reshape one'),
  );
}

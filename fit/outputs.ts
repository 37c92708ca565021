// Doubts about a model's outputs for a first batch, and about losses and metrics of them, which are printed as warnings.
import { keep, mean, noGrad, sameShape, show, type Tensor } from '../core/index.js';
import { accuracy, crossEntropy, huber, l1, type Module, mse } from '../nn/index.js';
import type { Metric } from './measure.js';
import type { Loss } from './task.js';

/** The losses, metrics and models that need no check, or had one. */
const checked = new WeakSet<object>();

/** Notes that a loss needs no check. Returns the loss. */
export function trusted(loss: Loss): Loss {
  checked.add(loss);
  return loss;
}

/** The means over the batch of the usual losses and measures. NaN for one that takes other outputs. */
function usualMeans(output: Tensor, y: Tensor): Promise<number[]> {
  const kinds: Loss[] = y.dtype === 'int32' ? [crossEntropy, accuracy] : [mse, l1, huber];
  return Promise.all(
    kinds.map(async (kind) => {
      try {
        return await noGrad(() => kind(output, y)).item();
      } catch {
        return NaN;
      }
    }),
  );
}

const isNear = (a: number, b: number) => Number.isFinite(b) && Math.abs(a - b) <= 1e-4 * Math.abs(b);
const short = (v: number) => +v.toPrecision(1);

/** Prints a warning, once for each function, if it returns the sum over the batch of a usual loss or measure; it has to return the mean.
 *  what: the beginning of the warning. found: what it returned for the batch. */
async function warnOfSum(what: string, f: Loss | Metric, output: Tensor, y: Tensor, found: number): Promise<void> {
  if (checked.has(f) || y.size < 2) return;
  checked.add(f);
  if ((await usualMeans(output, y)).some((mean) => mean > 0 && isNear(y.size * mean, found)))
    console.warn(`${what} is a sum over the batch; return the mean`);
}

/** Prints, once for each function, the warnings about a loss or a metric in an evaluation: of a sum, and of shapes that broadcast. */
export async function warnOfMeasure(
  what: string,
  f: Loss | Metric,
  output: Tensor,
  y: Tensor,
  found: number,
): Promise<void> {
  const isKnown = checked.has(f) || y.size < 2;
  await warnOfSum(what, f, output, y, found);
  if (!isKnown) await warnOfBroadcast(what, f, output, y, found);
}

/** Prints the warnings about the first batch of a training: of its loss once for each loss, of the outputs once for each model. */
export async function warnOfFirst(
  model: Module<any>,
  loss: Loss,
  output: Tensor,
  y: Tensor,
  value: Tensor,
): Promise<void> {
  const isKnown = checked.has(loss);
  if ((isKnown && checked.has(model)) || value.size !== 1) return;
  const found = await value.item();
  await warnOfSum('fit: the loss', loss, output, y, found);
  if (!isKnown) await warnOfBroadcast('fit: the loss', loss, output, y, found);
  if (!checked.has(model)) await warnOfOutputs(output, y, found);
  checked.add(model).add(loss);
}

/** Prints a warning if a loss or a metric broadcasts an output such as [n, 1] against targets [n] to [n, n]. The value of
 *  such a loss changes if one of the two gets the other's shape, and does not depend on which of them gets it. A loss that reshapes by
 *  itself keeps its value in one of the two cases, or refuses one. */
async function warnOfBroadcast(
  what: string,
  f: Loss | Metric,
  output: Tensor,
  y: Tensor,
  found: number,
): Promise<void> {
  if (sameShape(output.shape, y.shape) || output.size !== y.size) return;
  try {
    const others = noGrad(() =>
      [f(output.reshape(y.shape), y), f(output, y.reshape(output.shape))].map((v) =>
        typeof v === 'number' ? v : keep(mean(v)),
      ),
    );
    const [a, b] = await Promise.all(others.map((v) => (typeof v === 'number' ? v : v.item())));
    if (isNear(b, a) && !isNear(found, a))
      console.warn(`${what} broadcasts ${show(output.shape)} with targets ${show(y.shape)}; reshape one`);
  } catch {
    // The function takes these shapes only.
  }
}

/** The values that an operation can return. */
const RANGES: Record<string, [least: number, most: number]> = {
  relu: [0, Infinity],
  softplus: [0, Infinity],
  sigmoid: [0, 1],
  softmax: [0, 1],
  tanh: [-1, 1],
};

/** The ratio of outputs and values, and the size of logits, from which their scale is doubted. */
const FAR = 1000;

/** Prints a warning if a usual loss compares outputs with targets that the model can hardly reach: its last operation has another range, its
 *  logits are probabilities or very large, or outputs and values differ in magnitude, as if one were not standardized. found: the loss. */
async function warnOfOutputs(output: Tensor, y: Tensor, found: number): Promise<void> {
  if (!(await usualMeans(output, y)).some((mean) => isNear(mean, found))) return;
  const { made, version } = output.storage;
  const range = version ? undefined : RANGES[made];
  const [outputs, targets] = await Promise.all([output, y].map(async (t) => Array.from(await t.detach().data())));
  const [ours, theirs] = [outputs, targets].map((list) =>
    Math.sqrt(list.reduce((sum, v) => sum + v * v, 0) / list.length),
  );
  const warn = (why: string) => console.warn(`fit: the outputs ${why}`);
  if (y.dtype === 'int32') {
    const count = output.shape.at(-1)!;
    const sums = targets.map((_, i) => outputs.slice(i * count, (i + 1) * count).reduce((a, b) => a + b));
    if (range) warn(`are made by ${made}: logits can be any numbers; leave it out`);
    else if (sums.length > 3 && outputs.every((v) => v >= 0) && sums.every((v) => Math.abs(v - 1) < 1e-4))
      warn('are probabilities; return logits');
    else if (ours > FAR) warn(`are about ${short(ours)}: are the inputs standardized?`);
    return;
  }
  const odd = range && targets.find((v) => v < range[0] || v > range[1]);
  if (odd !== undefined)
    warn(`are made by ${made}, so that they cannot be ${+odd.toPrecision(3)}, a value of the data; leave it out`);
  else if (Math.max(ours, theirs) > FAR * Math.min(ours, theirs) && ours && theirs)
    warn(`are about ${short(ours)}, the values ${short(theirs)}: are the data standardized?`);
}

// Finds the layer or gradient that produced the first NaN or infinity. The test is one sum: x - x is 0 for finite x, else NaN.
import { keep, noGrad, scope, type Tensor, ValueError } from '../core/index.js';
import { type Module, type Named, withForwardHook } from '../nn/index.js';
import { type AnyInputs, lossOf, type Task } from './task.js';

/** The error for a loss or a gradient that is NaN or infinite. */
export class Diverged extends ValueError {
  override name = 'Diverged';
  constructor(
    /** What is not finite: `the loss is NaN`. */
    readonly what: string,
    /** Where it first appeared: `the output of layer conv1`, `the gradient of fc.weight`; null if that was not found. */
    readonly where: string | null,
  ) {
    super(where === null || where === 'the loss' ? what : `${what}, first in ${where}`);
  }
}

/** Returns a phrase such as `the output of layer conv1`, for the first layer to finish with an output that is not finite; `the input` if that
 *  is not finite. Null if all of them are finite. Runs the forward pass again without recording it, which advances batch statistics and
 *  random streams. */
export async function firstBadOutput(model: Module<any>, batch: AnyInputs, task: Task): Promise<string | null> {
  const [x] = batch;
  const inputs: readonly Tensor[] = Array.isArray(x) ? x : [x];
  const outputs = inputs.map((t): [name: string, zero: Tensor] => ['the input', zeroIfFinite(t)]);
  const layers = model.namedModules().filter(([, m]) => m.children().length === 0);
  const watch = ([path]: Named<Module<any>>, forward: () => Tensor) => {
    const y = forward();
    outputs.push([`the output of ${path ? `layer ${path}` : 'the model'}`, zeroIfFinite(y)]);
    return y;
  };
  withForwardHook(layers, watch, () => {
    scope(() =>
      noGrad(() => {
        const { output } = lossOf('fit', model, batch, task);
        if (output) outputs.push(['the output of the model', zeroIfFinite(output)]);
      }),
    );
  });
  return firstNonZero(outputs);
}

/** Returns a phrase such as `the gradient of fc.weight`, for the first non-finite gradient that backward computed: the last one in the
 *  order of the model's parameters. Null if all gradients are finite. */
export async function firstBadGradient(model: Module<any>): Promise<string | null> {
  const named = model.namedParameters().filter(([, p]) => p.grad);
  return firstNonZero(named.reverse().map(([name, p]) => [`the gradient of ${name}`, zeroIfFinite(p.grad!)]));
}

/** Throws Diverged if a parameter or a buffer is not finite, for example after a step that overflowed. */
export async function checkWeights(model: Module<any>): Promise<void> {
  const scalars = Object.entries(model.stateDict()).map(([name, t]): [string, Tensor] => [name, zeroIfFinite(t)]);
  const where = await firstNonZero(scalars);
  if (where !== null) throw new Diverged('a parameter or buffer is NaN or infinite', where);
}

/** A list with a sentence that names the first tensor of a loaded checkpoint with a NaN or infinite value; empty if all are finite. */
export async function noteNonFinite(tensors: Record<string, Tensor>): Promise<string[]> {
  const scalars = Object.entries(tensors).map(([name, t]): [string, Tensor] => [name, zeroIfFinite(t)]);
  const where = await firstNonZero(scalars);
  return where === null ? [] : [`the checkpoint has NaN or infinite values, first in ${where}`];
}

/** A scalar: 0 if all elements are finite, else NaN. */
function zeroIfFinite(t: Tensor): Tensor {
  return noGrad(() => keep(t.sub(t).sum()));
}

async function firstNonZero(scalars: [name: string, scalar: Tensor][]): Promise<string | null> {
  for (const [name, scalar] of scalars) if ((await scalar.item()) !== 0) return name;
  return null;
}

// Compares gradients with finite differences.
//
// For f: R^n -> R^m, a random direction w and a random cotangent v, compare
//   <v, J w>   by (<v, f(x + h w)> - <v, f(x - h w)>) / 2h     and    <J^T v, w>   by backward.
// One comparison covers every element at once (the idea of HIPS autograd's check_vjp).
import { checkFlag, checkOptions, checkTensor } from './arguments.js';
import { grad } from './backward.js';
import { randn } from './create.js';
import { BackendError, DTypeError, GradError, ValueError } from './errors.js';
import { noGrad } from './graph.js';
import { checkFree, checkNumber, checkTensors } from './operands.js';
import { sum } from './ops/reduce.js';
import { add, mul } from './ops/zip.js';
import { Random } from './random.js';
import type { Tensor } from './tensor.js';

/** Step, tolerance and seed of the check, and whether it includes the second derivative. */
export interface GradcheckOptions {
  /** The half step h of the central difference. Truncation error: h^2 f'''/6; rounding error: 1e-16 f/h. Default: 1e-5. */
  step?: number;
  /** The largest accepted |a - b| / (1 + |b|), a by backward and b by differences. Default: 1e-7. */
  tolerance?: number;
  /** The seed of the random direction and cotangent. Default: 1. */
  seed?: number;
  /** Whether to check the second derivative too. Default: false. */
  second?: boolean;
}

/** Compares the gradient of fn with a central difference along a random direction. inputs: the float64 tensors that fn takes.
 *  Returns the relative error. Throws GradError if it exceeds the tolerance, DTypeError unless the inputs are float64,
 *  BackendError on a backend that can only be awaited, such as gpu. */
export function gradcheck(
  fn: (...xs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): number {
  checkFree('gradcheck: fn', fn, 'it computes a tensor from the inputs');
  checkTensors('gradcheck', inputs);
  checkOptions('gradcheck', options, ['step', 'tolerance', 'seed', 'second']);
  const { step = 1e-5, tolerance = 1e-7, seed = 1, second = false } = options;
  checkFlag('gradcheck: second', second);
  for (const [name, value] of [['step', step] as const, ['tolerance', tolerance] as const]) {
    if (!(checkNumber(`gradcheck: ${name}`, value) > 0))
      throw new ValueError(`gradcheck: ${name} must be positive: ${value}`);
  }
  const stream = new Random(seed).stream('gradcheck');
  const like = (t: Tensor) => randn(t.shape, { dtype: 'float64', stream });
  const xs = inputs.map((x) => {
    if (checkTensor('gradcheck', x).dtype !== 'float64')
      throw new DTypeError(`gradcheck: inputs must be float64: ${x.dtype}; finite differences need it`);
    const { name, readSync } = x.storage.backend;
    if (!readSync)
      throw new BackendError(`gradcheck: ${name} cannot be read at once; call setBackend('reference') first`);
    const leaf = x.detach().clone();
    leaf.requiresGrad = true;
    return leaf;
  });
  const y = checkTensor('gradcheck: the result of fn', fn(...xs));
  if (!y.requiresGrad)
    throw new GradError('gradcheck: the result of fn depends on no input, or an operation in it has no vjp');
  const v = like(y);
  const directions = xs.map(like);

  const analytic = grad(y, xs, { gradient: v, retainGraph: second })
    .map((g, i) => inner(g, directions[i]))
    .reduce((a, b) => a + b, 0);
  const moved = (h: number) => noGrad(() => fn(...xs.map((x, i) => add(x, mul(directions[i], h)))));
  const at = (h: number) => inner(moved(h), v);
  const numeric = (at(step) - at(-step)) / (2 * step);
  const error = Math.abs(analytic - numeric) / (1 + Math.abs(numeric));
  if (!(error <= tolerance)) {
    const value = at(0);
    if (!Number.isFinite(value))
      throw new GradError(`gradcheck: fn is not finite for these inputs: ${value}; take others`);
    if (value !== at(0))
      throw new GradError(
        'gradcheck: two calls of fn differ for the same inputs: is it random? call eval() of a model with dropout',
      );
    // At the moved inputs: at the inputs themselves a float64 result may fit float32 by chance, as the square of 0.5 does.
    const values = moved(step).dataSync();
    if (values.some((y) => y % 1 !== 0) && values.every((y) => Math.fround(y) === y))
      throw new GradError('gradcheck: fn computes in float32, too coarse for differences; cast nothing to it');
    throw new GradError(
      `gradcheck: the gradient is wrong: ${analytic} by backward, ${numeric} by differences, relative error ${error.toExponential(2)} > ${tolerance}`,
    );
  }
  if (!second) return error;
  const weights = xs.map(like);
  const gradient = (...points: Tensor[]) => {
    const gs = grad(fn(...points), points, { gradient: v, createGraph: true });
    return gs.map((g, i) => sum(mul(g, weights[i]))).reduce((a, b) => add(a, b));
  };
  return Math.max(error, secondCheck(gradient, xs, directions, step, tolerance));
}

function secondCheck(
  gradient: (...xs: Tensor[]) => Tensor,
  xs: Tensor[],
  directions: Tensor[],
  step: number,
  tolerance: number,
): number {
  const z = gradient(...xs);
  const analytic = z.requiresGrad
    ? grad(z, xs)
        .map((g, i) => inner(g, directions[i]))
        .reduce((a, b) => a + b, 0)
    : 0;
  const at = (h: number) => {
    const points = xs.map((x, i) => {
      const p = noGrad(() => add(x, mul(directions[i], h)));
      p.requiresGrad = true;
      return p;
    });
    return gradient(...points).itemSync();
  };
  const numeric = (at(step) - at(-step)) / (2 * step);
  const error = Math.abs(analytic - numeric) / (1 + Math.abs(numeric));
  if (error <= tolerance) return error;
  throw new GradError(`gradcheck: the second derivative is wrong: ${analytic} by backward, ${numeric} by differences`);
}

function inner(a: Tensor, b: Tensor): number {
  return noGrad(() => sum(mul(a, b)).itemSync());
}

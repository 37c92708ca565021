// Limits on gradients, applied between backward() and step(). clipGradNorm and clipGradValue replace `grad` and read no value back
// from the backend, except to warn of a call after step().
//
// The norm is scaled, so that squares neither overflow nor vanish:
//
//   norm = s sqrt(sum_i (g_i / s)^2)      s = 1, unless the largest |g_i| is below 2^-43 or above 2^43 (float32)
//
// Each s is a power of two, so that the division is exact. Gradients of each dtype have an s of their own, because the largest s of
// float64, 2^610, is infinite in float32.
import {
  abs,
  add,
  atMost,
  cast,
  checkTensor,
  clamp,
  div,
  keep,
  max,
  maximum,
  minimum,
  mul,
  must,
  noGrad,
  replaceGrad,
  type Storage,
  sqrt,
  square,
  squareScale,
  sum,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { checkTensors } from './arguments.js';

/** Scales all gradients by one factor, min(1, maxNorm / (norm + 1e-6)), so that their joint Euclidean norm is at most
 *  maxNorm. Gradients of any finite size are scaled correctly if the norm is finite and maxNorm / norm is a normal number of the
 *  dtype: at least 2^-126 in float32. The norm of float32 and float64 gradients together is a float64.
 *  Call it between `backward()` and `step()`; after the step it has no effect, and the second such call warns.
 *  Returns the norm before scaling, as a scalar tensor. Parameters without a gradient are skipped.
 *  Throws ValueError if no parameter has a gradient, or if maxNorm is not positive.
 *  Source: Pascanu, Mikolov and Bengio 2013, arXiv 1211.5063; 1e-6 is PyTorch's. */
export function clipGradNorm(params: Iterable<Tensor>, maxNorm: number): Tensor {
  atMost(2, 'clipGradNorm', arguments);
  must(typeof maxNorm === 'number' && maxNorm > 0, 'clipGradNorm: maxNorm', 'positive', maxNorm);
  const withGrad = checkTensors('clipGradNorm', params).filter((p) => p.grad);
  if (withGrad.length === 0) throw new ValueError('clipGradNorm: no parameter has a gradient; call backward() first');
  const grads = withGrad.map((p) => checkTensor('clipGradNorm: a gradient', p.grad));
  return noGrad(() => {
    const { s, scaled } = scaledNorm(grads);
    // maxNorm / (norm / s + 1e-6 / s) / s, in this order, because maxNorm / s might vanish.
    const factor = minimum(div(div(maxNorm, add(scaled, div(1e-6, s))), s), 1);
    const norm = mul(scaled, s);
    replaceGrads(
      'clipGradNorm',
      withGrad,
      (g) => cast(mul(g, factor), g.dtype),
      maxNorm,
      () => norm,
    );
    return norm;
  });
}

/** The joint Euclidean norm of one or more gradients, as a scalar tensor. Exact up to rounding for gradients of any finite size. */
export function gradNorm(grads: readonly Tensor[]): Tensor {
  return noGrad(() => {
    const { s, scaled } = scaledNorm(grads);
    return mul(scaled, s);
  });
}

/** norm / s, and s. If the gradients have two dtypes, computes each dtype's norm in float64, then the norm of the two. */
function scaledNorm(grads: readonly Tensor[]): { s: Tensor; scaled: Tensor } {
  const [first, ...others] = new Set(grads.map((g) => g.dtype));
  if (others.length) return scaledNorm([first, ...others].map((d) => normOf(grads.filter((g) => g.dtype === d))));
  const s = scaleOf(grads);
  return { s, scaled: sqrt(grads.map((g) => sum(square(div(g, s)))).reduce((a, b) => add(a, b))) };
}

/** The norm of gradients of one dtype, in float64. */
function normOf(grads: readonly Tensor[]): Tensor {
  const { s, scaled } = scaledNorm(grads);
  return mul(cast(scaled, 'float64'), s);
}

/** s: the power of two by which gradients of one dtype are divided before they are squared. No value is read. */
function scaleOf(grads: readonly Tensor[]): Tensor {
  // The sum of no elements is 0.
  return squareScale(largestOf(grads) ?? sum(grads[0]));
}

/** The largest magnitude of all elements, undefined if there are none. */
function largestOf(grads: readonly Tensor[]): Tensor | undefined {
  const largest = grads.filter((g) => g.size > 0).map((g) => max(abs(g)));
  return largest.length ? largest.reduce((a, b) => maximum(a, b)) : undefined;
}

/** Limits each element of each gradient to [-limit, limit]. Call it between `backward()` and `step()`, as `clipGradNorm`. Parameters
 *  without a gradient are skipped. Throws ValueError if the limit is not positive. */
export function clipGradValue(params: Iterable<Tensor>, limit: number): void {
  atMost(2, 'clipGradValue', arguments);
  must(typeof limit === 'number' && limit > 0, 'clipGradValue: the limit', 'positive', limit);
  const withGrad = checkTensors('clipGradValue', params).filter((p) => p.grad);
  noGrad(() => {
    const largest = () => largestOf(withGrad.map((p) => p.grad!));
    replaceGrads('clipGradValue', withGrad, (g) => clamp(g, { min: -limit, max: limit }), limit, largest);
  });
}

/** The first parameter of a step -> a gradient that was clipped after that step; null after the warning. If a later step, for example of
 *  another optimizer, uses the gradient, the clip was no mistake. */
const late = new WeakMap<Tensor, Storage | null>();

/** Replaces gradients by limited ones. Warns once for each optimizer, at the second call that limits gradients which its step has already
 *  taken, unless the backend has no synchronous reads. measured: returns the value to which the limit applies; called only after a
 *  step. */
function replaceGrads(
  what: string,
  params: readonly Tensor[],
  by: (g: Tensor) => Tensor,
  limit: number,
  measured: () => Tensor | undefined,
): void {
  const stepped = params.map((p) => p.grad!.storage.stepped);
  const [first] = stepped;
  const before = first && late.get(first);
  const isLate = first && before !== null && limit < Infinity && stepped.every(Boolean);
  const found = isLate && measured()?.storage;
  for (const p of params) p.grad = keep(replaceGrad(by(p.grad!), p.grad!));
  if (!found) return;
  // Gradients that were limited before may exceed the limit by rounding.
  const isMistake = before && !before.stepped && Number(found.backend.readSync?.(found.buffer)[0]) > 1.001 * limit;
  late.set(first, isMistake ? null : params[0].grad!.storage);
  if (isMistake)
    console.warn(`${what}: called after step(), it changes no step; call it between backward() and step()`);
}

// Limits on gradients, applied between backward() and step(). Both functions replace `grad` and read no value back from
// the backend.
import {
  add,
  clamp,
  div,
  keep,
  minimum,
  mul,
  noGrad,
  sqrt,
  square,
  sum,
  type Tensor,
  ValueError,
} from '../core/index.js';

/** Scales all gradients by one factor, min(1, maxNorm / (norm + 1e-6)), so that their joint Euclidean norm is at most
 *  maxNorm.
 *  Returns the norm before scaling, as a scalar tensor. Parameters without a gradient are skipped.
 *  Throws ValueError if no parameter has a gradient, or if maxNorm is not positive.
 *  Source: Pascanu, Mikolov and Bengio 2013, arXiv 1211.5063; 1e-6 is PyTorch's. */
export function clipGradNorm(params: Iterable<Tensor>, maxNorm: number): Tensor {
  if (!(maxNorm > 0)) throw new ValueError(`clipGradNorm: maxNorm must be positive: ${maxNorm}`);
  const withGrad = [...params].filter((p) => p.grad);
  if (withGrad.length === 0) throw new ValueError('clipGradNorm: no parameter has a gradient; call backward() first');
  return noGrad(() => {
    const norm = sqrt(withGrad.map((p) => sum(square(p.grad!))).reduce((a, b) => add(a, b)));
    const factor = minimum(div(maxNorm, add(norm, 1e-6)), 1);
    for (const p of withGrad) p.grad = keep(mul(p.grad!, factor));
    return norm;
  });
}

/** Limits each element of each gradient to [-limit, limit]. Throws ValueError if the limit is not positive. */
export function clipGradValue(params: Iterable<Tensor>, limit: number): void {
  if (!(limit > 0)) throw new ValueError(`clipGradValue: the limit must be positive: ${limit}`);
  noGrad(() => {
    for (const p of params) if (p.grad) p.grad = keep(clamp(p.grad, { min: -limit, max: limit }));
  });
}

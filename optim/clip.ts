// Limiting gradients before a step. Both replace `grad`; neither waits for a value.
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

/** Scales all gradients together so that their joint Euclidean norm is at most maxNorm: g min(1, maxNorm / (norm + 1e-6)).
 *  Returns the norm before, a scalar tensor. Throws ValueError where no parameter has a gradient. (Pascanu et al. 2013) */
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

/** Limits every element of every gradient to [-limit, limit]. */
export function clipGradValue(params: Iterable<Tensor>, limit: number): void {
  if (!(limit > 0)) throw new ValueError(`clipGradValue: the limit must be positive: ${limit}`);
  noGrad(() => {
    for (const p of params) if (p.grad) p.grad = keep(clamp(p.grad, { min: -limit, max: limit }));
  });
}

// Which optimizer keeps an average of a parameter. The weights for evaluation then differ from those for training.
import type { Tensor } from '../core/index.js';
import type { Optimizer } from './optimizer.js';

/** The optimizer that averages a parameter, by the parameter. */
export const averaged = new WeakMap<Tensor, WeakRef<Optimizer<any>>>();

/** The optimizer that averages one of these parameters, if it has taken a step and they hold the weights for training. */
export function averagerOf(params: readonly Tensor[]): Optimizer<any> | undefined {
  const found = params.map((p) => averaged.get(p)?.deref());
  return found.find((optimizer) => optimizer?.steps && !optimizer.isEval);
}

// Detects NaN and infinite gradients before a step changes a parameter or a state, so that one bad gradient cannot spoil them.
//
// On a backend with synchronous reads, gradients are checked before the step. On any other backend the step of a
// group takes the counts of bad elements as an input, and leaves the group as it is unless all are 0. The error then comes from the
// next read of a tensor.
import {
  addPendingCheck,
  filled,
  type Kernel,
  keep,
  NonFiniteError,
  noGrad,
  runInPlace,
  scope,
  slice,
  type Tensor,
  type Values,
} from '../core/index.js';
import { numbers } from './step.js';

/** Counts the NaN and infinite elements of each input. outs: the counts. */
const countNonFinite: Kernel<object> = {
  name: 'countNonFinite',
  loop([counts], gradients) {
    gradients.forEach((g, i) => {
      let n = 0;
      // x - x is 0 if x is finite, else NaN.
      for (const x of numbers(g)) if (x - x !== 0) n++;
      counts.data[counts.offset + i] = n;
    });
  },
};

/** The gradient of a parameter, flattened. */
function gradientOf(p: Tensor): Tensor {
  return p.grad!.detach().reshape([p.size]);
}

/** Throws NonFiniteError with the name of the first parameter whose gradient holds a NaN or an infinity. On a backend without
 *  synchronous reads, returns the counts of bad elements for the step, and the next read of any tensor rejects if one is not 0; null on
 *  other backends. params: each has a gradient, and all live on one backend. */
export function checkFinite(title: string, params: readonly Tensor[], names: readonly string[]): Tensor | null {
  if (!params.length) return null;
  const refuse = (found: Values) => {
    const i = found.findIndex((n) => n > 0);
    if (i < 0) return;
    throw new NonFiniteError(
      `${title}: the gradient of ${names[i]} is NaN or infinite: ${found[i]} of ${params[i].size} elements; nothing changed; ` +
        "lower lr, clip, or nonFinite: 'allow'",
    );
  };
  const { backend } = params[0].storage;
  const zeros = () => filled([params.length], 0, 'int32', params[0]);
  if (backend.readSync) {
    const found = scope(() => {
      const counts = zeros();
      runInPlace(countNonFinite, [counts], params.map(gradientOf), {});
      return counts.dataSync();
    });
    refuse(found);
    return null;
  }
  const counts = keep(zeros());
  params.forEach((p, i) => {
    const count = noGrad(() => slice(counts, [[i, i + 1]]));
    runInPlace(countNonFinite, [count], [gradientOf(p)], {});
  });
  addPendingCheck(backend.read(counts.storage.buffer).then(refuse));
  return counts;
}

// Detects NaN and infinite gradients before a step changes anything, so that one bad gradient cannot spoil the
// parameters.
//
// A backend with synchronous reads is checked before the step. On any other backend the counts of bad elements stay
// there: the step takes them as an input and is skipped if one is not 0. The error then comes from the next read of a
// tensor.
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

/** The gradient of a parameter as one axis. */
function gradientOf(p: Tensor): Tensor {
  return p.grad!.detach().reshape([p.size]);
}

/** Throws NonFiniteError with the name of the first parameter whose gradient holds a NaN or an infinity. Skips
 *  backends without synchronous reads. params: each has a gradient. */
export function checkFinite(title: string, params: readonly Tensor[], names: readonly string[]): void {
  for (const backend of new Set(params.map((p) => p.storage.backend))) {
    if (!backend.readSync) continue;
    const checked = params.filter((p) => p.storage.backend === backend);
    const found = scope(() => {
      const counts = filled([checked.length], 0, 'int32', checked[0]);
      runInPlace(countNonFinite, [counts], checked.map(gradientOf), {});
      return counts.dataSync();
    });
    const i = found.findIndex((n) => n > 0);
    if (i >= 0) throw notFinite(title, names[params.indexOf(checked[i])], found[i], checked[i].size);
  }
}

/** Counts the NaN and infinite elements of each gradient on a backend without synchronous reads. Returns the counts for
 *  the step; null if there is none on such a backend. params: each has a gradient. If a count is not 0, the next read of any tensor rejects. */
export function checkFiniteLater(title: string, params: readonly Tensor[], names: readonly string[]): Tensor | null {
  const later = params.map((p, i) => ({ p, name: names[i] })).filter(({ p }) => !p.storage.backend.readSync);
  if (later.length === 0) return null;
  const counts = keep(filled([later.length], 0, 'int32', later[0].p));
  later.forEach(({ p }, i) => {
    const count = noGrad(() => slice(counts, [[i, i + 1]]));
    runInPlace(countNonFinite, [count], [gradientOf(p)], {});
  });
  const { backend, buffer } = counts.storage;
  const check = backend.read(buffer).then((found) => {
    const i = found.findIndex((n) => n > 0);
    if (i >= 0) throw notFinite(title, later[i].name, found[i], later[i].p.size);
  });
  addPendingCheck(check);
  return counts;
}

function notFinite(title: string, name: string, n: number, size: number): NonFiniteError {
  return new NonFiniteError(
    `${title}: the gradient of ${name} is NaN or infinite: ${n} of ${size} elements; nothing was changed; ` +
      "lower lr, clip, or nonFinite: 'allow'",
  );
}

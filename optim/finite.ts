// Refusing a NaN before it spreads: every gradient is looked at before anything is changed.
//
// Where a backend can only be awaited, the counts stay on it: the step reads them as a second input and does nothing if one
// is not 0, and the next read of any tensor rejects.
import {
  filled,
  type Kernel,
  keep,
  noGrad,
  rejectNextRead,
  runInPlace,
  scope,
  slice,
  type Tensor,
  ValueError,
} from '../core/index.js';
import { numbers } from './step.js';

const countNonFinite: Kernel<object> = {
  name: 'countNonFinite',
  loop([count], [g]) {
    let n = 0;
    // x - x is 0 for finite x and NaN otherwise
    for (const x of numbers(g)) if (x - x !== 0) n++;
    count.data[count.offset] = n;
  },
};

/** Throws ValueError naming the first parameter whose gradient holds a NaN or an infinity. */
export function checkFinite(title: string, params: readonly Tensor[], names: readonly string[]): void {
  params.forEach((p, i) => {
    if (!p.grad || !p.storage.backend.readSync) return;
    const n = scope(() => {
      const count = filled([1], 0, 'int32', p.grad!);
      runInPlace(countNonFinite, [count], [p.grad!.detach().reshape([p.size])], {});
      return count.itemSync();
    });
    if (n === 0) return;
    throw notFinite(title, names[i], n, p.size);
  });
}

/** Counts for the parameters whose gradients cannot be looked at at once, and what becomes of it; null where there are
 *  none. */
export function watchFinite(title: string, params: readonly Tensor[], names: readonly string[]): Tensor | null {
  const later = params.map((p, i) => ({ p, name: names[i] })).filter(({ p }) => p.grad && !p.storage.backend.readSync);
  if (later.length === 0) return null;
  const counts = keep(filled([later.length], 0, 'int32', later[0].p));
  later.forEach(({ p }, i) => {
    const count = noGrad(() => slice(counts, [[i, i + 1]]));
    runInPlace(countNonFinite, [count], [p.grad!.detach().reshape([p.size])], {});
  });
  const { backend, buffer } = counts.storage;
  const check = backend.read(buffer).then((found) => {
    const i = found.findIndex((n) => n > 0);
    if (i >= 0) throw notFinite(title, later[i].name, found[i], later[i].p.size);
  });
  rejectNextRead(check);
  return counts;
}

function notFinite(title: string, name: string, n: number, size: number): ValueError {
  return new ValueError(
    `${title}: the gradient of ${name} is NaN or infinite: ${n} of ${size} elements; nothing was changed; ` +
      "lower the rate, clip the gradients, or pass { nonFinite: 'allow' }",
  );
}

// Refusing a NaN before it spreads: every gradient is looked at before anything is changed.
import { BackendError, filled, type Kernel, runInPlace, scope, type Tensor, ValueError } from '../core/index.js';
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
    if (!p.grad) return;
    if (!p.storage.backend.readSync) {
      throw new BackendError(
        `${title}: ${p.storage.backend.name} cannot look at gradients at once; pass { nonFinite: 'allow' }`,
      );
    }
    const n = scope(() => {
      const count = filled([1], 0, 'int32', p.grad!);
      runInPlace(countNonFinite, [count], [p.grad!.detach().reshape([p.size])], {});
      return count.itemSync();
    });
    if (n === 0) return;
    throw new ValueError(
      `${title}: the gradient of ${names[i]} is NaN or infinite: ${n} of ${p.size} elements; nothing was changed; ` +
        "lower the rate, clip the gradients, or pass { nonFinite: 'allow' }",
    );
  });
}

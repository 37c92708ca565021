// The overhead of an operation: sums of two 4 x 4 tensors, called one by one in a scope.
import { add, noGrad, randn, scope } from 'boundgrad';
import { type Suite, timed } from '../case.js';

const CALLS = 1000;

function additions(name: string, requiresGrad: boolean) {
  const [a, b] = [0, 1].map(() => randn([4, 4], { requiresGrad }));
  const calls = () => {
    for (let i = 0; i < CALLS; i++) add(a, b);
  };
  return timed(name, 'ops/s', CALLS, () => scope(() => (requiresGrad ? calls() : noGrad(calls))));
}

export const dispatch: Suite = function* () {
  using _ = scope();
  // The second case records the sums for backward.
  yield [additions('dispatch/add', false), additions('dispatch/add/recorded', true)];
};

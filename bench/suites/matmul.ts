// Square matrix products: 2 n^3 operations.
import { matmul, noGrad, randn, scope } from 'boundgrad';
import { type Suite, timed } from '../case.js';

export const matmuls: Suite = function* () {
  for (const n of [64, 128, 256, 512, 1024]) {
    using _ = scope();
    const [a, b] = [randn([n, n]), randn([n, n])];
    const run = () => scope(() => noGrad(() => void matmul(a, b)));
    yield [timed(`matmul/${n}`, 'GFLOP/s', (2 * n ** 3) / 1e9, run)];
  }
};

// Operations that move more than they compute, on 32 x 16 x 32 x 32 values: bytes that must be read and written.
import { add, batchNorm, exp, maxPool2d, noGrad, ones, randn, relu, scope, sum, zeros } from 'boundgrad';
import { type Suite, timed } from '../case.js';

export const elementwise: Suite = function* () {
  using _ = scope();
  const [x, y] = [0, 1].map(() => randn([32, 16, 32, 32]));
  const bias = randn([16, 1, 1]);
  const [w, b] = [ones([16]), zeros([16])];
  const runs: [name: string, passes: number, run: () => unknown][] = [
    ['add', 3, () => add(x, y)],
    ['add/bias', 2, () => add(x, bias)],
    ['relu', 2, () => relu(x)],
    ['exp', 2, () => exp(x)],
    ['sum', 1, () => sum(x)],
    ['maxPool2d', 1.25, () => maxPool2d(x, { kernelSize: 2 })],
    ['batchNorm', 2, () => batchNorm(x, w, b)],
  ];
  for (const [name, passes, run] of runs) {
    yield [timed(name, 'GB/s', (passes * x.size * 4) / 1e9, () => scope(() => noGrad(() => void run())))];
  }
};

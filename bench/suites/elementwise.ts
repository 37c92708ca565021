// Operations that move more than they compute, on 64 x 16 x 32 x 32 = 2^20 values. The figures count the bytes that must be read and written.
// x, y and the bias are results of operations, as in a net, so they are in the memory in which the backend computes.
import {
  add,
  batchNorm,
  concat,
  exp,
  gelu,
  maxPool2d,
  mean,
  noGrad,
  ones,
  randn,
  relu,
  scope,
  softmax,
  sum,
  zeros,
} from 'boundgrad';
import { type Suite, timed } from '../case.js';

export const elementwise: Suite = function* () {
  using _ = scope();
  const [x, y] = [0, 1].map(() => add(randn([64, 16, 32, 32]), 0));
  const bias = add(randn([16, 1, 1]), 0);
  const [w, b] = [ones([16]), zeros([16])];
  const runs: [name: string, passes: number, run: () => unknown][] = [
    ['add', 3, () => add(x, y)],
    ['add/bias', 2, () => add(x, bias)],
    ['relu', 2, () => relu(x)],
    ['exp', 2, () => exp(x)],
    ['gelu', 2, () => gelu(x)],
    ['softmax', 2, () => softmax(x)],
    ['sum', 1, () => sum(x)],
    ['mean/rows', 1, () => mean(x, -1)],
    ['concat', 4, () => concat([x, y], 1)],
    ['maxPool2d', 1.25, () => maxPool2d(x, { kernelSize: 2 })],
    ['batchNorm', 2, () => batchNorm(x, w, b)],
  ];
  for (const [name, passes, run] of runs) {
    yield [timed(name, 'GB/s', (passes * x.size * 4) / 1e9, () => scope(() => noGrad(() => void run())))];
  }
};

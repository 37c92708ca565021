// Exact functions of one and of two elements on the wasm backend, over views and broadcast operands.
import * as ops from '../../core/ops/index.js';
import { assert, subject } from '../spec.js';
import { FAST, type Operand, same } from './sameAsLoop.js';

const test = subject('WebAssembly: exact elementwise functions');

test('neg, abs, sqrt, square and relu give the bits of their loops, also for NaN, infinities, both zeros and views', () => {
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-40, 3e38, -1];
  const value = (i: number) => (i % 3 ? special[i % 8] : i / 7 - 1);
  for (const kernel of [ops.neg, ops.abs, ops.sqrt, ops.square, ops.relu].map((o) => o.op)) {
    for (const n of [1, 3, 4, 5, 8, 31])
      assert.is(same(kernel, [{ shape: [n] }], [{ shape: [n], value }], {}, 0), FAST);
    const view = { shape: [5, 6], stride: [1, 5], offset: 2, value };
    assert.is(same(kernel, [{ shape: [5, 6], offset: 1 }], [view], {}, 0), FAST);
  }
  const g = { shape: [3, 5] };
  assert.is(same(ops.reluGrad.op, [g], [g, { ...g, value }], {}, 0), FAST);
  assert.is(
    same(
      ops.reluGrad.op,
      [g],
      [
        { ...g, stride: [0, 0] },
        { ...g, stride: [1, 3], value },
      ],
      {},
      0,
    ),
    FAST,
  );
});

test('add, sub, mul and div give the bits of their loops, however the operands are broadcast', () => {
  const shape = [2, 3, 4, 5];
  const ways: Operand[] = [
    { shape },
    { shape, stride: [0, 0, 0, 0], offset: 2 },
    { shape, stride: [0, 1, 0, 0] },
    { shape, stride: [0, 0, 0, 1] },
    { shape, stride: [3, 1, 0, 0] },
    { shape, stride: [0, 0, 1, 0] },
    { shape, stride: [4, 0, 1, 0], offset: 1 },
    { shape, stride: [60, 1, 15, 3] },
    { shape, stride: [-60, 20, 5, 1], offset: 60 },
    { shape, value: (i) => [0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1][i % 5] },
  ];
  for (const kernel of [ops.add, ops.sub, ops.mul, ops.div].map((o) => o.op)) {
    for (const a of ways) for (const b of ways) assert.is(same(kernel, [{ shape }], [a, b], {}, 0), FAST);
    assert.is(same(kernel, [{ shape: [] }], [{ shape: [] }, { shape: [] }], {}, 0), FAST);
  }
});

// Matrix products on the wasm backend.
import { Call } from '../../core/backends/wasm/call.js';
import { LinearBuffer } from '../../core/backends/wasm/memory.js';
import { matmulPlans } from '../../core/backends/wasm/plans/matmul.js';
import { BackendError } from '../../core/errors.js';
import * as ops from '../../core/ops/index.js';
import { matrices } from '../core/kernelCases.js';
import { assert, subject } from '../spec.js';
import { FAST, random, same, sumOf } from './sameAsLoop.js';

const test = subject('WebAssembly: matrix products');

test('matmul equals its loop for every remainder of the register tile, and over several blocks', () => {
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 17];
  for (const m of sizes) {
    for (const n of sizes) {
      const k = 1 + random.below(20);
      assert.is(same(ops.matmulOp.op, [{ shape: [m, n] }], [{ shape: [m, k] }, { shape: [k, n] }], {}, sumOf(k)), FAST);
    }
  }
  for (const [m, k, n] of [
    [101, 257, 1030],
    [97, 515, 9],
    [1, 300, 40],
    [40, 300, 1],
    [200, 1, 3],
  ]) {
    assert.is(same(ops.matmulOp.op, [{ shape: [m, n] }], [{ shape: [m, k] }, { shape: [k, n] }], {}, sumOf(k)), FAST);
  }
});

test('matmul accepts transposes, gaps, offsets, repeated and reversed axes', () => {
  const [m, k, n] = [13, 21, 18];
  for (const a of matrices(m, k)) {
    for (const b of matrices(k, n))
      assert.is(same(ops.matmulOp.op, [{ shape: [m, n], offset: 4 }], [a, b], {}, sumOf(k)), FAST);
  }
});

test('matmul multiplies batches, and either operand may be repeated', () => {
  const out = [{ shape: [2, 3, 4, 5] }];
  const a = { shape: [2, 3, 4, 6] };
  const b = { shape: [2, 3, 6, 5] };
  assert.is(same(ops.matmulOp.op, out, [a, b], {}, sumOf(6)), FAST);
  assert.is(same(ops.matmulOp.op, out, [a, { ...b, stride: [0, 0, 5, 1] }], {}, sumOf(6)), FAST);
  assert.is(
    same(
      ops.matmulOp.op,
      out,
      [
        { ...a, stride: [0, 24, 6, 1] },
        { ...b, stride: [30, 0, 1, 6] },
      ],
      {},
      sumOf(6),
    ),
    FAST,
  );
  assert.is(
    same(
      ops.matmulOp.op,
      out,
      [
        { ...a, stride: [72, 24, 1, 4] },
        { ...b, stride: [0, 0, 5, 1] },
      ],
      {},
      sumOf(6),
    ),
    FAST,
  );
});

test('matmul spreads NaN and infinity to the same rows and columns as its loop', () => {
  const value = (i: number) => (i === 9 ? Number.NaN : i === 40 ? Number.POSITIVE_INFINITY : i % 7);
  assert.is(
    same(ops.matmulOp.op, [{ shape: [11, 13] }], [{ shape: [11, 6], value }, { shape: [6, 13] }], {}, sumOf(6)),
    FAST,
  );
});

test('a broadcast second operand that takes 2^32 bytes after packing is refused: no scratch memory', () => {
  const asked: number[] = [];
  const alloc = (bytes: number) => {
    asked.push(bytes);
    if (bytes >= 2 ** 32) throw new BackendError('full');
    return 64;
  };
  const [m, k, n] = [40, 2 ** 27, 8];
  const views = [
    [m, n],
    [m, k],
    [k, n],
  ].map((shape) => {
    return { buffer: new LinearBuffer('float32', 1, 64, null as any), shape, stride: [0, 0], offset: 0 };
  });
  const call = new Call(
    'matmul',
    { alloc } as any,
    { tileColumns: () => 8 } as any,
    views.slice(0, 1),
    views.slice(1),
    {
      threads: 2,
      partCost: 1,
    } as any,
  );
  assert.throws(() => matmulPlans.matmul.run(call, {}), /matmul: no scratch memory: full/);
  assert.equal(asked, [2 ** 32]);
});

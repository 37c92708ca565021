// Maximum pooling on the wasm backend. norm.test.ts tests average pooling.
import * as ops from '../../core/ops/index.js';
import { assert, subject } from '../spec.js';
import { FAST, same } from './sameAsLoop.js';

const test = subject('WebAssembly: pooling');

test('maxPool2d and maxUnpool2d give the values and positions of their loops, also for ties and NaN', () => {
  const values = [
    undefined,
    (i: number) => i % 3,
    () => Number.NEGATIVE_INFINITY,
    (i: number) => (i % 4 === 1 ? Number.NaN : -i),
  ];
  for (const [shape, kernel, stride, padding] of [
    [[2, 3, 8, 8], 2, 2, 0],
    [[1, 2, 9, 7], 2, 2, 0],
    [[2, 2, 11, 10], 3, 2, 1],
    [[1, 1, 5, 5], 3, 1, 1],
    [[1, 1, 4, 4], 4, 4, 0],
    [[1, 3, 28, 28], 2, 2, 0],
    [[1, 2, 13, 21], 3, 2, 1],
    [[1, 2, 13, 21], 3, 1, 1],
    [[1, 1, 17, 25], 3, 3, 0],
  ] as const) {
    const axis = (d: number) =>
      Array.from({ length: Math.floor((d + 2 * padding - kernel) / stride) + 1 }, (_, o) => o);
    const window = (d: number) =>
      axis(d).map((o) => [Math.max(0, o * stride - padding), Math.min(d, o * stride - padding + kernel)] as const);
    const pair = (v: number) => [v, v] as const;
    const attrs = {
      kernelSize: pair(kernel),
      stride: pair(stride),
      padding: pair(padding),
      rows: window(shape[2]),
      columns: window(shape[3]),
    };
    const y = { shape: [shape[0], shape[1], attrs.rows.length, attrs.columns.length] };
    const index = { ...y, dtype: 'int32' as const };
    for (const value of values) {
      assert.is(same(ops.maxPool2dOp.op, [y, index], [{ shape, value }], attrs, 0), FAST);
    }
    const plane = shape[2] * shape[3];
    const at = { ...index, value: (i: number) => (i * 7) % plane };
    // Gradients with equal indices are added: the loop stores a float32 after each addition, so the bits are the same.
    assert.is(same(ops.maxUnpool2d.op, [{ shape }], [y, at], { size: shape.slice(2) }, 0), FAST);
  }
});

test('maxPool2d with windows, strides and paddings of 2^32 or more, which are 0 modulo 2^32, runs on the loop', () => {
  const [kernelSize, stride, padding] = [2 ** 33, 2 ** 32, 2 ** 32].map((v) => [v, v] as const);
  const attrs = { kernelSize, stride, padding, rows: [[0, 3]], columns: [[0, 3]] };
  const y = { shape: [1, 2, 1, 1] };
  const index = { ...y, dtype: 'int32' as const };
  assert.is(same(ops.maxPool2dOp.op, [y, index], [{ shape: [1, 2, 3, 3] }], attrs, 0), 'loop');
});

test('maxPool2d runs its kernel for windows that extend beyond the plane, and its loop for dilated windows', () => {
  const pair = (v: number) => [v, v] as const;
  const attrs = { kernelSize: pair(2), stride: pair(2), padding: pair(0), dilation: pair(1) };
  const cut = (d: number) =>
    Array.from({ length: Math.ceil(d / 2) }, (_, o) => [2 * o, Math.min(d, 2 * o + 2)] as const);
  const shape = [1, 2, 5, 11];
  const y = { shape: [1, 2, 3, 6] };
  const index = { ...y, dtype: 'int32' as const };
  const ceil = { ...attrs, rows: cut(5), columns: cut(11) };
  assert.is(same(ops.maxPool2dOp.op, [y, index], [{ shape }], ceil, 0), FAST);
  const three = (d: number) =>
    Array.from({ length: Math.floor((d - 3) / 2) + 1 }, (_, o) => [2 * o, 2 * o + 3] as const);
  const dilated = { ...attrs, dilation: pair(2), rows: three(5), columns: three(11) };
  const few = { shape: [1, 2, 2, 5] };
  assert.is(same(ops.maxPool2dOp.op, [few, { ...few, dtype: 'int32' }], [{ shape }], dilated, 0), 'loop');
});

// Sums, means, variances and layer normalization on the wasm backend.
import * as ops from '../../core/ops/index.js';
import type { Shape } from '../../core/shape.js';
import { assert, subject } from '../spec.js';
import { backend, FAST, operand, same } from './sameAsLoop.js';

const test = subject('WebAssembly: sums and means');

test('sum over any axes equals its loop, and overflows only if the loop does', () => {
  const sum = ops.sumOp.op;
  const kept = (shape: Shape, axes: number[]) => ({ shape: shape.map((d, i) => (axes.includes(i) ? 1 : d)) });
  const sets = [[], [0], [1], [3], [0, 1], [1, 2], [2, 3], [1, 3], [0, 2, 3], [0, 1, 2], [0, 1, 2, 3]];
  for (const shape of [
    [3, 5, 7, 9],
    [1, 8, 1, 16],
    [2, 1, 33, 4],
  ]) {
    // Both accumulate in float64 and round once. Their orders of summation differ, which changes the sum by far less than a rounding of float32.
    for (const axes of sets) assert.is(same(sum, [kept(shape, axes)], [{ shape }], { axes }, 1e-7), FAST);
  }
  const large = (i: number) => (i < 16 ? 3e38 : -3e38);
  assert.is(same(sum, [kept([32], [0])], [{ shape: [32], value: large }], { axes: [0] }, 0), FAST);
  const view = { shape: [6, 4], stride: [1, 6], value: (i: number) => (i === 7 ? Number.NaN : i) };
  assert.is(same(sum, [kept([6, 4], [1])], [view], { axes: [1] }, 0), FAST);
  const many = [2, 3, 2, 5, 2];
  for (const stride of [undefined, [1, 2, 6, 12, 60]]) {
    assert.is(same(sum, [kept(many, [0, 2, 4])], [{ shape: many, stride }], { axes: [0, 2, 4] }, 1e-7), FAST);
  }
});

test('sum gives the same bits on each run', () => {
  const x = operand({ shape: [1001] }, 'owned');
  const bits = [1, 2, 3].map(() => {
    const y = operand({ shape: [1] }, 'owned');
    backend.run(ops.sumOp.op, [y], [x], { axes: [0], divisor: 1 });
    const [value] = backend.readSync!(y.buffer);
    backend.free(y.buffer);
    return value;
  });
  assert.is(new Set(bits).size, 1);
  backend.free(x.buffer);
});

test('mean, variance and center over any axes equal their loops', () => {
  const kept = (shape: Shape, axes: number[]) => ({ shape: shape.map((d, i) => (axes.includes(i) ? 1 : d)) });
  const sets = [[0], [1], [3], [0, 1], [1, 2], [2, 3], [1, 3], [0, 2, 3], [0, 1, 2, 3]];
  for (const shape of [
    [3, 5, 7, 9],
    [1, 8, 1, 16],
    [2, 1, 33, 4],
  ]) {
    for (const axes of sets) {
      for (const value of [undefined, (i: number) => 1e7 + (i % 5), (i: number) => 1e-30 * (i % 7)]) {
        const x = { shape, value };
        const at = { axes, divisor: 6 };
        assert.is(same(ops.meanOp.op, [kept(shape, axes)], [x], at, 1e-7), FAST);
        assert.is(same(ops.varianceOp.op, [kept(shape, axes)], [x], at, 1e-7), FAST);
        assert.is(same(ops.centerOp.op, [{ shape }], [x], at, 1e-7), FAST);
      }
    }
  }
  const large = (i: number) => (i < 16 ? 3e38 : -3e38);
  assert.is(
    same(ops.meanOp.op, [kept([32], [0])], [{ shape: [32], value: large }], { axes: [0], divisor: 1 }, 0),
    FAST,
  );
  const view = { shape: [6, 4], stride: [1, 6], value: (i: number) => (i === 7 ? Number.NaN : i) };
  for (const { op } of [ops.meanOp, ops.varianceOp])
    assert.is(same(op, [kept([6, 4], [1])], [view], { axes: [1], divisor: 3 }, 1e-7), FAST);
  assert.is(same(ops.centerOp.op, [{ shape: [6, 4] }], [view], { axes: [1] }, 1e-7), FAST);
});

test('layerNorm equals its loop: odd sizes, without weight or bias, views, far from 0, NaN', () => {
  for (const [rows, n] of [
    [3, 5],
    [1, 1],
    [7, 64],
    [2, 33],
  ]) {
    const each = { shape: [n] };
    for (const value of [undefined, (i: number) => 1e6 + (i % 3), (i: number) => (i === 2 ? Number.NaN : i)]) {
      const x = { shape: [rows, n], value };
      for (const affine of [[], [each], [each, each]])
        assert.is(same(ops.layerNormOp.op, [{ shape: [rows, n] }], [x, ...affine], { eps: 1e-5 }, 1e-6), FAST);
    }
    const view = { shape: [rows, n], stride: [1, rows], offset: 1 };
    assert.is(same(ops.layerNormOp.op, [{ shape: [rows, n] }], [view], { eps: 1e-5 }, 1e-6), FAST);
  }
});

test('layerNormGrad equals its loop: odd sizes, chunks of rows, without weight, views, far from 0, NaN, infinity', () => {
  for (const [rows, n] of [
    [3, 5],
    [1, 1],
    [7, 64],
    [1100, 17], // Two chunks of rows.
  ]) {
    const [whole, each] = [{ shape: [rows, n] }, { shape: [n], offset: 1 }];
    const odd = (v: number) => (i: number) => (i === 2 ? v : (i % 7) - 3);
    for (const value of [undefined, (i: number) => 1e6 + (i % 3), odd(Number.NaN), odd(-Infinity), () => 0]) {
      const strange = { ...whole, value };
      const view = { ...strange, stride: [1, rows], offset: 1 };
      for (const w of [[], [each]]) {
        for (const [g, x] of [[whole, strange] as const, [strange, whole] as const, [whole, view] as const]) {
          const outs = [whole, ...w, ...w];
          assert.is(same(ops.layerNormGrad.op, outs, [g, x, ...w], { eps: 1e-5 }, 1e-6 * Math.sqrt(rows)), FAST);
        }
      }
    }
  }
});

// Copies, concatenation, and reads and additions by index on the wasm backend.
import type { View } from '../../core/backends/backend.js';
import * as ops from '../../core/ops/index.js';
import { assert, subject } from '../spec.js';
import { backend, FAST, type Operand, operand, same } from './sameAsLoop.js';

const test = subject('WebAssembly: moves');
const int = (shape: number[], n: number): Operand => ({ shape, dtype: 'int32', value: (i) => (i * 7 + 3) % n });

test('concat equals its loop along every axis, for views and int32 too', () => {
  const shapes = (axis: number, sizes: number[]) => sizes.map((d) => [2, 3, 5].map((s, i) => (i === axis ? d : s)));
  for (const axis of [0, 1, 2]) {
    const parts = shapes(axis, [1, 4, 9]);
    const whole = { shape: [2, 3, 5].map((d, i) => (i === axis ? 14 : d)), offset: 1 };
    const plain = parts.map((shape) => ({ shape }));
    const views = parts.map((shape) => ({ shape, stride: [1, shape[0], shape[0] * shape[1]] }));
    const ints = parts.map((shape) => int(shape, 1000));
    assert.is(same(ops.concat.op, [whole], plain, { axis }, 0), FAST);
    assert.is(same(ops.concat.op, [whole], views, { axis }, 0), FAST);
    assert.is(same(ops.concat.op, [{ ...whole, dtype: 'int32' }], ints, { axis }, 0), FAST);
    assert.is(same(ops.concat.op, [{ shape: parts[0] }], [{ shape: parts[0] }], { axis }, 0), FAST);
  }
  assert.is(same(ops.concat.op, [{ shape: [3] }], [{ shape: [0] }, { shape: [3] }], { axis: 0 }, 0), 'loop');
});

test('unslice equals its loop, for steps, starts and views', () => {
  const whole = (length: number) => ({ start: 0, step: 1, length });
  for (const [x, y, ranges] of [
    [[5], [12], [{ start: 1, step: 2, length: 5 }]],
    [
      [2, 9],
      [4, 9],
      [{ start: 1, step: 2, length: 2 }, whole(9)],
    ],
    [
      [3, 4],
      [3, 9],
      [whole(3), { start: 5, step: 1, length: 4 }],
    ],
    [
      [2, 3, 2],
      [3, 3, 5],
      [{ start: 1, step: 1, length: 2 }, whole(3), { start: 0, step: 3, length: 2 }],
    ],
    [[], [], []],
  ] as const) {
    const attrs = { shape: y, ranges };
    assert.is(same(ops.unslice.op, [{ shape: y, offset: 3 }], [{ shape: x }], attrs, 0), FAST);
    const stride = x.map((_, i) => x.slice(0, i).reduce<number>((p, d) => p * d, 1));
    assert.is(same(ops.unslice.op, [{ shape: y }], [{ shape: x, stride, offset: 1 }], attrs, 0), FAST);
  }
});

test('gather and scatterAdd equal their loops along every axis; equal indices add up in the same order', () => {
  for (const axis of [0, 1, 2]) {
    const x = [4, 5, 6];
    const picked = x.map((d, i) => (i === axis ? 3 : d));
    const index = int(picked, x[axis]);
    const view: Operand = { shape: x, stride: [1, 4, 20] };
    for (const values of [{ shape: x } as Operand, view, int(x, 99)]) {
      const out = { shape: picked, dtype: values.dtype };
      assert.is(same(ops.gather.op, [out], [values, index], { axis }, 0), FAST);
    }
    const attrs = { axis, size: x[axis] };
    assert.is(same(ops.scatterAdd.op, [{ shape: x, offset: 2 }], [{ shape: picked }, index], attrs, 0), FAST);
    const one = { ...index, value: () => 1 };
    assert.is(same(ops.scatterAdd.op, [{ shape: x }], [{ shape: picked }, one], attrs, 0), FAST);
  }
  const column = { axis: 1 };
  assert.is(same(ops.gather.op, [{ shape: [64, 1] }], [{ shape: [64, 10] }, int([64, 1], 10)], column, 0), FAST);
});

test('indexSelect and indexAdd equal their loops along every axis', () => {
  for (const axis of [0, 1, 2]) {
    const x = [4, 5, 6];
    const picked = x.map((d, i) => (i === axis ? 7 : d));
    const index = int([7], x[axis]);
    const attrs = { axis, size: x[axis] };
    assert.is(same(ops.indexSelect.op, [{ shape: picked }], [{ shape: x }, index], attrs, 0), FAST);
    assert.is(same(ops.indexAdd.op, [{ shape: x }], [{ shape: picked, stride: [0, 0, 1] }, index], attrs, 0), FAST);
  }
});

test('for an index out of range the loop runs, and throws its error', () => {
  const attrs = { axis: 1, size: 3 };
  for (const wrong of [3, -1, 2147483647]) {
    for (const [kernel, count] of [
      [ops.gather.op, [2, 3]],
      [ops.scatterAdd.op, [2, 3]],
      [ops.indexSelect.op, [3]],
      [ops.indexAdd.op, [3]],
    ] as const) {
      const index: Operand = { shape: count, dtype: 'int32', value: (i) => (i === 2 ? wrong : i % 3) };
      const views = [{ shape: [2, 3] }, index].map((o) => operand(o, 'owned'));
      const out = operand({ shape: [2, 3] }, 'owned');
      assert.throws(
        () => backend.run(kernel, [out], views, attrs),
        (e: Error) => e.message.replace(/^\w+: /, '') === `index out of range: ${wrong} for an axis of size 3`,
      );
      assert.is(backend.via(kernel.name), 'loop');
      for (const v of [out, ...views]) backend.free(v.buffer);
    }
  }
});

test('fill writes the elements of its view and no others; for a buffer outside linear memory the loop runs', () => {
  const loop = ([y]: View[], _: View[], { value }: { value: number }) => y.data.fill(value, y.offset, y.offset + 7);
  for (const [dtype, value] of [
    ['float32', -3.25],
    ['float32', Number.NaN],
    ['float32', -0],
    ['float32', 0.1],
    ['int32', -5],
  ] as const) {
    assert.is(same({ name: 'fill', loop }, [{ shape: [7], dtype, offset: 2 }], [], { value }, 0), 'loop');
    const out = operand({ shape: [7], dtype, offset: 2, value: () => 9 }, 'owned');
    backend.run({ name: 'fill', loop }, [out], [], { value });
    assert.is(backend.via('fill'), FAST);
    backend.free(out.buffer);
  }
});

test('copy brings values with any strides into row-major order', () => {
  for (const [shape, stride, offset] of [
    [[7, 9], [1, 7], 0],
    [[8, 4], [1, 8], 3],
    [[3, 7, 9], [63, 1, 7], 0],
    [[2, 3, 4, 5], [1, 2, 6, 24], 0],
    [[2, 3, 4, 5], [0, 5, 0, 1], 1],
    [[4, 6], [-6, -1], 23],
    [[5], [3], 0],
    [[], [], 2],
    [[1, 1], [9, 9], 0],
  ]) {
    assert.is(
      same(ops.copy.op, [{ shape, offset: 2 }] as Operand[], [{ shape, stride, offset }] as Operand[], {}, 0),
      FAST,
    );
    for (const dtype of ['int32', 'bool'] as const) {
      const x = { shape, stride, offset, dtype, value: (i: number) => (dtype === 'bool' ? i % 2 : i * 1e6) } as Operand;
      assert.is(same(ops.copy.op, [{ shape, dtype, offset: 1 }] as Operand[], [x], {}, 0), FAST);
    }
  }
});

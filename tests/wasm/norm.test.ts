// Normalization, softmax and average pooling on the wasm backend.
import * as ops from '../../core/ops/index.js';
import { assert, close, subject } from '../spec.js';
import { backend, FAST, type Operand, operand, random, same } from './sameAsLoop.js';

const test = subject('WebAssembly: normalization');

/** x [n, c, ..] with its weight and bias [c], an output of the shape of x, and outputs [c]. */
function channels(shape: readonly number[], value?: (i: number) => number, more: Partial<Operand> = {}) {
  const each = { shape: [shape[1]] };
  return { x: { shape, value, ...more }, each, outs: [{ shape, offset: 1 }, each, each] };
}

const shapes = [
  [6, 3, 8, 8],
  [5, 2, 7, 7],
  [3, 4, 2, 1],
  [2, 3, 1, 3],
  [4, 2, 5],
  [9, 5],
  [32, 8],
  [7, 1],
  [1, 3, 25, 41],
  [2, 1, 300],
];
const attrs = { eps: 1e-5, relu: false };

// y, gx and their sums are a few float32 products and sums of size about 1, each rounded by at most 6e-8.
const rounded = 1e-6;

test('batchNorm equals its loop: planes, odd sizes, lines, vectors, views', () => {
  for (const shape of shapes) {
    const { x, each, outs } = channels(shape);
    assert.is(same(ops.batchNorm.op, outs, [x, each, each], attrs, rounded), FAST);
    const stride = shape.map((_, i) => shape.slice(0, i).reduce((p, d) => p * d, 1));
    assert.is(same(ops.batchNorm.op, outs, [{ ...x, stride, offset: 2 }, each, each], attrs, rounded), FAST);
  }
});

test('batchNorm: mean and variance of 100,000 values near 1000 are exact to float32', () => {
  for (const shape of [
    [100, 2, 40, 25],
    [100_000, 2],
    [1, 2, 99_999],
  ]) {
    const near = () => 1000 + random.normal();
    const { x, each, outs } = channels(shape, near);
    const [given, w, b] = [x, { ...each, value: () => 1 }, { ...each, value: () => 0 }].map((o) => operand(o, 'owned'));
    const got = outs.map((o) => operand(o, 'owned'));
    backend.run(ops.batchNorm.op, got, [given, w, b], attrs);
    assert.is(backend.via('batchNorm'), FAST);
    const want = outs.map((o) => ({ data: new Float64Array(1 + given.buffer.length), ...operandless(o) }));
    ops.batchNorm.op.loop(
      want,
      [given, w, b].map(({ buffer, ...rest }) => ({ data: buffer.values, ...rest })),
      attrs,
    );
    const size = given.buffer.length;
    // A float32 near 1000 is rounded by 3e-5, and so is the mean. The other results are as exact as without the offset.
    close(got[1].buffer.values.subarray(0, 2), want[1].data.subarray(0, 2), 3.1e-8, 'mean');
    close(got[2].buffer.values.subarray(0, 2), want[2].data.subarray(0, 2), rounded, 'variance');
    close(got[0].buffer.values.subarray(1, size), want[0].data.subarray(1, size), rounded, 'y');
    for (const v of [given, w, b, ...got]) backend.free(v.buffer);
  }
});

test('batchNorm equals its loop if the first sixteenth of the samples, whose mean is subtracted before the sums, is far from the rest', () => {
  for (const outer of [2, 17, 32, 48]) {
    const first = Math.ceil(outer / 16) * 50;
    for (const far of [3, 1000, 1e6]) {
      const { x, each, outs } = channels([outer, 2, 5, 5], (i) => (i < first ? far : 0) + random.normal());
      assert.is(same(ops.batchNorm.op, outs, [x, each, each], attrs, rounded), FAST);
    }
  }
});

function operandless({ shape, offset = 0 }: Operand) {
  const stride = shape.map((_, i) => shape.slice(i + 1).reduce((p, d) => p * d, 1));
  return { shape, stride, offset };
}

/** Values that overflow, vanish or cancel in float32 sums, and values with a NaN or an infinity in one channel. */
const kinds: Record<string, (i: number) => number> = {
  'NaN in one channel': (i) => (i === 5 ? Number.NaN : (i % 7) - 3),
  'infinity in one channel': (i) => (i === 5 ? Infinity : (i % 7) - 3),
  'squares beyond float32': (i) => 1e30 * ((i % 7) - 3),
  'the largest float32': (i) => (i % 2 ? 3e38 : -3e38),
  'squares below float32': (i) => 1e-25 * ((i % 7) - 3),
  'a constant': () => 0.1,
  zeros: () => 0,
  'one value far from the rest': (i) => (i === 0 ? 0 : 1000 + (i % 7)),
};
for (const [kind, value] of Object.entries(kinds)) {
  test(`batchNorm and its gradient equal their loops for ${kind}, also with eps = 0`, () => {
    for (const shape of [
      [3, 3, 5, 5],
      [8, 3],
    ]) {
      const { x, each, outs } = channels(shape, value);
      for (const eps of [1e-5, 0]) {
        assert.is(same(ops.batchNorm.op, outs, [x, each, each], { eps, relu: false }, rounded), FAST);
        const stats = [
          { ...each, value: () => 0.5 },
          { ...each, value: () => 2 },
        ];
        const g = { shape };
        assert.is(same(ops.batchNormGrad.op, outs, [g, x, each, ...stats], { eps }, 3 * rounded), FAST);
        assert.is(same(ops.batchNormGrad.op, outs, [x, g, each, ...stats], { eps }, 3 * rounded), FAST);
      }
    }
  });
}

test('batchNormGrad equals its loop: planes, odd sizes, lines, vectors, views', () => {
  for (const shape of shapes) {
    const { x, each, outs } = channels(shape);
    const variance = { ...each, value: () => 0.3 };
    const stride = shape.map((_, i) => shape.slice(0, i).reduce((p, d) => p * d, 1));
    const views = [
      { shape, stride },
      { shape, stride: shape.map(() => 0) },
    ];
    for (const g of [{ shape }, ...views]) {
      // gw is a sum of n terms, at most 1,025.
      const n = shape.reduce((p, d) => p * d, 1) / shape[1];
      const tolerance = rounded * Math.max(1, Math.sqrt(n) / 8);
      assert.is(same(ops.batchNormGrad.op, outs, [g, x, each, each, variance], attrs, tolerance), FAST);
    }
  }
});

test('batchNorm with a residual, with relu and with both equals its loop, and so do its gradients', () => {
  for (const shape of shapes) {
    const { x, each, outs } = channels(shape);
    const [r, y] = [{ shape }, { shape, offset: 3 }];
    for (const relu of [false, true]) {
      assert.is(same(ops.batchNorm.op, outs, [x, each, each, r], { eps: 1e-5, relu }, 2 * rounded), FAST);
      assert.is(same(ops.batchNorm.op, outs, [x, each, each], { eps: 1e-5, relu }, rounded), FAST);
    }
    const stats = [each, { ...each, value: () => 0.3 }];
    const n = shape.reduce((p, d) => p * d, 1) / shape[1];
    const tolerance = rounded * Math.max(1, Math.sqrt(n) / 8);
    const passed = { shape, offset: 5 };
    assert.is(same(ops.batchNormGrad.op, [...outs, passed], [r, x, each, ...stats, y], attrs, tolerance), FAST);
  }
});

for (const [kind, value] of Object.entries(kinds)) {
  test(`batchNorm with a residual and relu and its gradient equal their loops for ${kind}`, () => {
    for (const shape of [
      [3, 3, 5, 5],
      [8, 3],
    ]) {
      const { x, each, outs } = channels(shape, value);
      const strange = { shape, value };
      const both = { eps: 1e-5, relu: true };
      assert.is(same(ops.batchNorm.op, outs, [x, each, each, { shape }], both, 2 * rounded), FAST);
      assert.is(same(ops.batchNorm.op, outs, [{ shape }, each, each, strange], both, 2 * rounded), FAST);
      const stats = [
        { ...each, value: () => 0.5 },
        { ...each, value: () => 2 },
      ];
      const more = [...outs, { shape }];
      for (const [g, y] of [[x, { shape }] as const, [{ shape }, x] as const]) {
        assert.is(same(ops.batchNormGrad.op, more, [g, { shape }, each, ...stats, y], attrs, 3 * rounded), FAST);
      }
    }
  });
}

test('softmax and logSoftmax equal their loops for rows of many lengths, also from views', () => {
  for (const n of [1, 2, 3, 4, 5, 8, 10, 11, 1000]) {
    for (const scale of [1, 30]) {
      const value = () => scale * random.normal();
      const view = { shape: [5, n], stride: [1, 5], offset: 3, value };
      for (const x of [{ shape: [5, n], value }, view]) {
        // e^(x-m): rounding x - m adds 3e-8, and exp errs by 1 ulp.
        assert.is(same(ops.softmaxOp.op, [{ shape: [5, n], offset: 1 }], [x], {}, 2e-7), FAST);
        // x - m, the logarithm and their difference are each rounded; the sum in the logarithm adds 1e-7.
        assert.is(same(ops.logSoftmaxOp.op, [{ shape: [5, n] }], [x], {}, 4e-7), FAST);
      }
    }
  }
});

test('the gradient of softmax equals its loop for rows of many lengths, from views, and with NaN in a row', () => {
  for (const n of [1, 2, 3, 4, 5, 8, 11, 1000]) {
    const y = { shape: [5, n], value: (i: number) => (i === 3 ? Number.NaN : random.uniform() / n) };
    for (const g of [
      { shape: [5, n], offset: 1 },
      { shape: [5, n], stride: [1, 5] },
      { shape: [5, n], stride: [0, 0] },
    ]) {
      // Products of values up to 1, whose sum is rounded once.
      assert.is(same(ops.softmaxGrad.op, [{ shape: [5, n], offset: 2 }], [g, y], {}, 2e-7), FAST);
    }
  }
});

test('softmax and logSoftmax: NaN and infinity affect only their own row; large values do not overflow', () => {
  for (const row of [
    [1, Number.NaN, 2],
    [1, Infinity, 2],
    [-Infinity, -Infinity, -Infinity],
    [-Infinity, 5, 1],
    [3e38, 3e38, -3e38],
    [1000, 999, -1000],
  ]) {
    const x = { shape: [2, 3], value: (i: number) => (i < 3 ? row[i] : i) };
    assert.is(same(ops.softmaxOp.op, [{ shape: [2, 3] }], [x], {}, 2e-7), FAST);
    assert.is(same(ops.logSoftmaxOp.op, [{ shape: [2, 3] }], [x], {}, 4e-7), FAST);
  }
});

test('avgPool2d and avgUnpool2d give the bits of their loops: overlap, padding, windows of several sizes', () => {
  const axis = (d: number, kernel: number, stride: number, padding: number) =>
    Array.from({ length: Math.floor((d + 2 * padding - kernel) / stride) + 1 }, (_, o) => {
      const start = o * stride - padding;
      return [Math.max(0, start), Math.min(d, start + kernel)] as const;
    });
  const adaptive = (d: number, o: number) =>
    Array.from({ length: o }, (_, i) => [Math.floor((i * d) / o), Math.ceil(((i + 1) * d) / o)] as const);
  const x = [2, 3, 9, 11];
  for (const [rows, columns, area] of [
    [axis(9, 2, 2, 0), axis(11, 2, 2, 0), 4],
    [axis(9, 3, 2, 1), axis(11, 3, 1, 1), 9],
    [axis(9, 3, 2, 1), axis(11, 3, 1, 1), null],
    [adaptive(9, 1), adaptive(11, 1), null],
    [adaptive(9, 4), adaptive(11, 3), null],
  ] as const) {
    const y = [2, 3, rows.length, columns.length];
    const windows = { rows, columns, area, size: [9, 11] };
    for (const value of [undefined, (i: number) => (i % 20 === 3 ? Number.NaN : i)]) {
      for (const more of [{}, { stride: [1, 2, 6, 54], offset: 2 }]) {
        assert.is(
          same(ops.avgPool2dOp.op, [{ shape: y, offset: 1 }], [{ shape: x, value, ...more }], windows, 0),
          FAST,
        );
      }
      assert.is(same(ops.avgUnpool2d.op, [{ shape: x, offset: 1 }], [{ shape: y, value }], windows, 0), FAST);
      const repeated = { shape: y, stride: [3, 1, 0, 0], value };
      assert.is(same(ops.avgUnpool2d.op, [{ shape: x }], [repeated], windows, 0), FAST);
    }
  }
});

// Convolutions with 3 x 3 filters and stride 1 in Winograd's form (core/backends/wasm/assembly/kernels/winograd.ts).
import { viewOf } from '../../core/backends/backend.js';
import { conv2dInput, conv2dOp, conv2dWeight } from '../../core/ops/conv.js';
import { assert, subject } from '../spec.js';
import { backend, FAST, operand, same, sumOf } from './sameAsLoop.js';

const test = subject('WebAssembly: Winograd’s convolutions');

const ones = [1, 1] as const;
const attrs = (p: number) => ({ stride: ones, padding: [p, p] as const, dilation: ones, groups: 1 });

test('forward, input gradient and filter gradient equal their loops as closely as plain float32 sums', () => {
  // Odd and even sides, full and partly filled tiles, several blocks, chunks of unequal numbers of images, every padding.
  for (const [n, ci, co, h, w, p] of [
    [8, 12, 12, 8, 8, 1],
    [3, 16, 13, 14, 13, 1],
    [2, 33, 40, 17, 22, 1],
    [5, 12, 50, 12, 14, 0],
    [5, 12, 13, 16, 16, 1],
    [4, 20, 30, 9, 21, 2],
    [32, 64, 16, 8, 8, 1],
    [1, 70, 130, 24, 24, 1],
  ]) {
    const [oh, ow] = [h, w].map((s) => s + 2 * p - 2);
    const [x, y, f] = [
      [n, ci, h, w],
      [n, co, oh, ow],
      [co, ci, 3, 3],
    ].map((shape) => ({ shape }));
    assert.is(same(conv2dOp.op, [y], [x, f], attrs(p), sumOf(9 * ci)), FAST);
    assert.is(same(conv2dInput.op, [x], [y, f], attrs(p), sumOf(9 * co)), FAST);
    assert.is(same(conv2dWeight.op, [f], [x, y], attrs(p), sumOf(n * oh * ow)), FAST);
  }
});

const shapes = { x: [8, 16, 8, 8], f: [40, 16, 3, 3], y: [8, 40, 8, 8] };

test('with NaN or infinity in an operand the plain form runs, and equals its loop', () => {
  for (const value of [Number.NaN, Infinity, -Infinity, 3e38]) {
    const odd = (i: number) => (i === 517 ? value : (i % 7) - 3);
    const even = (i: number) => (i % 5) - 2;
    for (const [a, b] of [
      [odd, even],
      [even, odd],
    ]) {
      const [x, f, y] = [{ shape: shapes.x }, { shape: shapes.f }, { shape: shapes.y }];
      same(
        conv2dOp.op,
        [y],
        [
          { ...x, value: a },
          { ...f, value: b },
        ],
        attrs(1),
        sumOf(9 * 16),
      );
      same(
        conv2dInput.op,
        [x],
        [
          { ...y, value: a },
          { ...f, value: b },
        ],
        attrs(1),
        sumOf(9 * 40),
      );
      same(
        conv2dWeight.op,
        [f],
        [
          { ...x, value: a },
          { ...y, value: b },
        ],
        attrs(1),
        sumOf(8 * 64),
      );
    }
  }
});

test('an output is rounded like the largest value in its window, also if the weight of that value is 0', () => {
  const large = 2 ** 22;
  // Output (0, 0) reads pixel (0, 1) of each plane under tap (1, 2).
  const x = operand({ shape: shapes.x, value: (i) => (i % 64 === 1 ? large : 1) }, 'owned');
  const f = operand({ shape: shapes.f, value: (i) => (i % 9 === 5 ? 0 : 1 + (i % 9) / 8) }, 'owned');
  const [fast, plain] = [operand({ shape: shapes.y }, 'owned'), operand({ shape: shapes.y }, 'owned')];
  backend.run(conv2dOp.op, [fast], [x, f], attrs(1));
  conv2dOp.op.loop([viewOf(plain)], [viewOf(x), viewOf(f)], attrs(1));
  const error = Math.abs(fast.buffer.values[0] - plain.buffer.values[0]);
  // Sixteen channels, filters that sum to 11.9, and a few roundings by half a unit in the last place, 6e-8.
  assert.ok(error <= 4 * 6e-8 * 16 * 11.9 * large, `${error}`);
  assert.ok(error > 0, 'the plain form has no error here, so Winograd ran');
});

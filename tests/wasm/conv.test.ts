// Convolutions on the wasm backend.
import { suits32Bits } from '../../core/backends/wasm/plans/conv.js';
import * as ops from '../../core/ops/index.js';
import { sizeOf } from '../../core/shape.js';
import { type Convolution, convolutionOf, convolutions } from '../core/kernelCases.js';
import { assert, subject } from '../spec.js';
import { FAST, same, sumOf } from './sameAsLoop.js';

const test = subject('WebAssembly: convolutions');

const cases: Convolution[] = [
  ...convolutions,
  { x: [5, 40, 4, 4], co: 9, kernel: [3, 3], padding: [1, 1] },
  { x: [4, 9, 6, 5], co: 11, kernel: [1, 1] },
  { x: [1, 2, 40, 64], co: 100, kernel: [1, 3], padding: [0, 1] },
  { x: [300, 1, 3, 3], co: 2, kernel: [2, 2] },
  { x: [3, 5, 9, 20], co: 12, kernel: [3, 5], stride: [1, 2], padding: [2, 1] },
  { x: [1, 2, 3, 700], co: 9, kernel: [2, 2], stride: [1, 2] },
  // The filter gradient is the sum of three chunks, of 2, 2 and 3 images.
  { x: [7, 3, 16, 16], co: 5, kernel: [3, 3], padding: [1, 1] },
];

/** The operands of a convolution, the attributes of its kernels, and the tolerance of their longest sum. */
function convolution(c: Convolution) {
  const { x, w, y, attrs } = convolutionOf(c);
  const longest = Math.max(sizeOf(w.slice(1)), (c.co / attrs.groups) * sizeOf(c.kernel), x[0] * sizeOf(y.slice(2)));
  return { attrs, x: { shape: x }, w: { shape: w }, y: { shape: y }, tolerance: sumOf(longest) };
}

test('conv2d and both its gradients equal their loops: stride, padding, dilation, groups, blocks of images', () => {
  for (const c of cases) {
    const { attrs, x, w, y, tolerance } = convolution(c);
    assert.is(same(ops.conv2dOp.op, [y], [x, w], attrs, tolerance), FAST);
    assert.is(same(ops.conv2dInput.op, [x], [y, w], attrs, tolerance), FAST);
    assert.is(same(ops.conv2dWeight.op, [w], [x, y], attrs, tolerance), FAST);
  }
});

test('conv2d of a small image whose padding, stride or padded size exceeds 32 bits runs on the loop, and so do its gradients', () => {
  // The frame of the first case has 32,769 x 32,769 values, a little more than 2^32 bytes. A padding of 2^32 is 0 modulo 2^32.
  const wide = { stride: 16384, padding: 16384 };
  for (const { stride, padding } of [
    wide,
    { stride: 2 ** 33, padding: 2 ** 32 },
    { stride: 1, padding: 2 ** 32 - 1 },
  ]) {
    const [height, dilation] = stride === 1 ? [3, padding + 1] : [1, 1];
    const pairs = { stride: [stride, stride], padding: [padding, padding], dilation: [dilation, dilation] } as const;
    const { attrs, x, w, y } = convolution({ x: [2, 3, 2, 2], co: 4, kernel: [height, height], ...(pairs as any) });
    assert.is(same(ops.conv2dOp.op, [y], [x, w], attrs, 1e-6), 'loop');
    assert.is(same(ops.conv2dInput.op, [x], [y, w], attrs, 1e-6), 'loop');
    assert.is(same(ops.conv2dWeight.op, [w], [x, y], attrs, 1e-6), 'loop');
  }
});

test('the compiled convolutions run only if their work areas fit in half of the memory', () => {
  const plain = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const;
  const suits = (x: number[], w: number[]) =>
    suits32Bits({ x, w, y: [x[0], w[0], x[2] - w[2] + 1, x[3] - w[3] + 1] }, plain);
  assert.ok(suits([128, 64, 224, 224], [64, 64, 3, 3]));
  assert.ok(suits([1, 64, 1024, 1024], [64, 64, 3, 3]));
  assert.not(suits([1, 1, 1, 2 ** 23 + 127], [100, 1, 1, 128])); // conv2dWeight packs 100 channels of 2^25 bytes.
  assert.not(suits([1, 1, 8192, 8192], [1, 1, 8192, 8192])); // conv2dInput may have 32 products for each of 2^26 taps.
});

test('conv2d accepts views: a permuted image, an offset, a repeated image', () => {
  const { attrs, w, y, tolerance } = convolution({ x: [2, 3, 8, 7], co: 4, kernel: [3, 3], padding: [1, 1] });
  const x = [2, 3, 8, 7];
  for (const image of [
    { shape: x, stride: [168, 1, 21, 3] },
    { shape: x, offset: 11 },
    { shape: x, stride: [0, 56, 7, 1] },
  ]) {
    assert.is(same(ops.conv2dOp.op, [{ ...y, offset: 3 }], [image, w], attrs, tolerance), FAST);
    assert.is(same(ops.conv2dWeight.op, [w], [image, y], attrs, tolerance), FAST);
  }
});

test('conv2d spreads NaN as its loop does, which skips the padding', () => {
  const { attrs, x, w, y, tolerance } = convolution({ x: [2, 2, 6, 6], co: 3, kernel: [3, 3], padding: [1, 1] });
  const value = (i: number) => (i === 2 ? Number.NaN : (i % 5) - 2);
  const [nx, nw, ny] = [x, w, y].map((o) => ({ ...o, value }));
  assert.is(same(ops.conv2dOp.op, [y], [nx, w], attrs, tolerance), FAST);
  assert.is(same(ops.conv2dOp.op, [y], [x, nw], attrs, tolerance), 'loop');
  assert.is(same(ops.conv2dInput.op, [x], [ny, w], attrs, tolerance), FAST);
  assert.is(same(ops.conv2dInput.op, [x], [y, nw], attrs, tolerance), FAST);
  assert.is(same(ops.conv2dWeight.op, [w], [nx, y], attrs, tolerance), FAST);
  assert.is(same(ops.conv2dWeight.op, [w], [x, ny], attrs, tolerance), 'loop');
  const narrow = convolution({ x: [2, 5, 6, 6], co: 3, kernel: [3, 3], padding: [1, 1] });
  for (const weight of [narrow.w, { ...narrow.w, value }]) {
    assert.is(same(ops.conv2dInput.op, [narrow.x], [narrow.y, weight], narrow.attrs, tolerance), FAST);
  }
});

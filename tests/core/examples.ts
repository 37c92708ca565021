// The arguments of example calls of every operation, which gradcheck and the tests of every backend use. They are not part of the
// operations' declarations, because then every bundled program would carry them.
import type { Tensor } from '../../core/index.js';
import * as ops from '../../core/ops/index.js';

/** Makes a random float64 tensor with values in [lo, hi). Default: [-1, 1). */
export type Sample = (shape: readonly number[], lo?: number, hi?: number) => Tensor;

type Calls<F> = F extends { op: unknown } & ((...args: infer Args) => unknown) ? (t: Sample) => Args[] : never;
type Examples = {
  [K in keyof typeof ops as (typeof ops)[K] extends { op: unknown } ? K : never]: Calls<(typeof ops)[K]>;
};

/** Arguments of a function of one element: values in an interval, without points where the function has no derivative. */
const one =
  (lo = -2, hi = 2) =>
  (t: Sample): [Tensor][] => [[t([3, 4], lo, hi)], [t([2], lo, hi)]];

/** Arguments of a function of two elements: the first in an interval, the second in [0.5, 2]. By default they are never equal. */
const two =
  (lo = -2, hi = 0.4) =>
  (t: Sample): [Tensor, Tensor | number][] => [
    [t([2, 3, 4], lo, hi), t([2, 3, 4], 0.5, 2)],
    [t([2, 3, 4], lo, hi), t([3, 1], 0.5, 2)],
    [t([3], lo, hi), 0.7],
  ];

/** Arguments of a reduction. */
const axes = (t: Sample): [Tensor, number[], number?][] => [
  [t([2, 3]), [0, 1], 5],
  [t([2, 3, 2]), [1]],
  [t([2, 3, 2]), [0, 2], 3],
];

/** Arguments of a function of the triangles of matrices. */
const triangles = (t: Sample): [Tensor, number?][] => [[t([2, 3, 3])], [t([3, 4]), 1], [t([4, 2]), -1]];

/** A random index in [0, n). */
const index = (t: Sample, shape: number[], n: number): Tensor => ops.cast(t(shape, 0, n), 'int32');

/** Convolutions of images x with kernels w: plain; stride, padding and dilation that leave unused pixels at the border; groups. */
const convolutions = [
  { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1, x: [2, 2, 4, 3], w: [3, 2, 3, 2], y: [2, 3, 2, 2] },
  { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 1, x: [1, 2, 6, 4], w: [2, 2, 3, 3], y: [1, 2, 3, 4] },
  { stride: [1, 2], padding: [1, 1], dilation: [1, 1], groups: 2, x: [1, 4, 3, 5], w: [4, 2, 2, 3], y: [1, 4, 4, 3] },
] as const;

/** Windows of several sizes, as adaptiveAvgPool2d makes them. */
const windows = {
  rows: [
    [0, 2],
    [1, 4],
  ],
  columns: [
    [0, 2],
    [2, 3],
  ],
  area: null,
} as const;

/** The arguments of example calls by operation. t: makes a random tensor. */
export const examples: Examples = {
  ...{ add: two(), sub: two(), mul: two(), div: two(), pow: two(0.3, 2), maximum: two(), minimum: two() },
  ...{ equal: two(), notEqual: two(), less: two(), lessEqual: two(), greater: two(), greaterEqual: two() },
  ...{
    neg: one(),
    square: one(),
    exp: one(),
    sin: one(),
    cos: one(),
    tanh: one(),
    sigmoid: one(),
    softplus: one(),
    erf: one(),
    geluOp: one(),
  },
  ...{ sqrt: one(0.2), log: one(0.2), abs: one(0.1), sign: one(0.1), relu: one(0.1) },
  ...{ floor: one(0.1, 0.9), ceil: one(0.1, 0.9), round: one(0.6, 1.4), expm1: one(), log1p: one(-0.5) },
  reluGrad: (t) => [[t([3, 4]), t([3, 4], 0.1, 2)]],
  geluGrad: (t) => [[t([3, 4]), t([3, 4], -2, 2)]],
  ...{ sumOp: axes, meanOp: axes, maxOp: axes, minOp: axes, varianceOp: axes },
  centerOp: (t) => [
    [t([2, 3]), [0, 1]],
    [t([2, 3, 2]), [1]],
    [t([2, 3, 2]), [0, 2]],
  ],
  argMaxOp: (t) => [[t([3, 4])]],
  argSortOp: (t) => [
    [t([2, 5, 2]), 1, false],
    [t([3, 4]), 1, true],
  ],
  cumsumOp: (t) => [
    [t([2, 3, 2]), 1, false],
    [t([4]), 0, true],
  ],
  softmaxOp: (t) => [[t([3, 4])]],
  softmaxGrad: (t) => [[t([3, 4]), t([3, 4])]],
  logSoftmaxOp: (t) => [[t([3, 4])]],
  copy: (t) => [[t([2, 3])]],
  castOp: (t) => [[t([2, 3]), 'float64']],
  whereOp: (t) => [[ops.cast(t([2, 3], -0.9, 1), 'int32').equal(0), t([2, 3]), t([2, 3])]],
  broadcastTo: (t) => [
    [t([3, 1]), [2, 3, 4]],
    [t([]), [2]],
  ],
  reshapeOp: (t) => [[t([2, 6]), [3, 4]]],
  permute: (t) => [[t([2, 3, 2]), [2, 0, 1]]],
  flipOp: (t) => [[t([2, 3, 2]), [0, 2]]],
  // biome-ignore format: ranges as they are written
  slice: (t) => [
    [t([4, 5]), [[1, 4], [0, 5, 2]]],
    [t([3, 2]), [[-2]]],
  ],
  // biome-ignore format: ranges as they are written
  unslice: (t) => [[t([2, 2]), [3, 5], [{ start: 1, step: 1, length: 2 }, { start: 0, step: 3, length: 2 }]]],
  concat: (t) => [[[t([2, 3, 2]), t([2, 1, 2])], 1]],
  gather: (t) => [[t([2, 3]), 1, index(t, [2, 2], 3)]],
  scatterAdd: (t) => [[t([2, 3]), 1, index(t, [2, 3], 4), 4]],
  indexSelect: (t) => [
    [t([4, 2]), 0, index(t, [3], 4)],
    [t([2, 3, 2]), 1, index(t, [4], 3)],
  ],
  indexAdd: (t) => [[t([3, 2]), 0, index(t, [3], 4), 4]],
  oneHot: (t) => [[index(t, [2, 3], 4), 4]],
  tril: triangles,
  triu: triangles,
  matmulOp: (t) => [
    [t([3, 4]), t([4, 2])],
    [t([2, 3, 4]), t([2, 4, 2])],
  ],
  conv2dOp: (t) => convolutions.map(({ x, w, y: _, ...geometry }) => [t(x), t(w), geometry]),
  conv2dInput: (t) => convolutions.map(({ x, w, y, ...geometry }) => [t(y), t(w), { ...geometry, size: x.slice(2) }]),
  conv2dWeight: (t) =>
    convolutions.map(({ x, w, y, ...geometry }) => [t(x), t(y), { ...geometry, kernelSize: w.slice(2) }]),
  maxPool2dOp: (t) => [
    [t([1, 2, 4, 4]), { kernelSize: 2 }],
    [t([1, 1, 5, 6]), { kernelSize: 3, stride: 2, padding: 1 }],
    [t([1, 1, 6, 7]), { kernelSize: [2, 3], stride: 2, padding: 1, dilation: [2, 1], ceilMode: true }],
  ],
  maxUnpool2d: (t) => [[t([1, 2, 2, 2]), index(t, [1, 2, 2, 2], 9), [3, 3]]],
  avgPool2dOp: (t) => [[t([1, 2, 4, 3]), windows]],
  avgUnpool2d: (t) => [[t([1, 2, 2, 2]), { ...windows, size: [4, 3] }]],
  batchNorm: (t) => [
    [t([3, 2, 2, 2]), t([2]), t([2]), { eps: 1e-3 }],
    [t([5, 3]), t([3]), t([3]), { eps: 1e-5 }],
    [t([3, 2, 2, 2]), t([2]), t([2]), { residual: t([3, 2, 2, 2]), relu: true }],
    [t([3, 2, 5]), t([2]), t([2]), { relu: true }],
    [t([5, 3]), t([3]), t([3]), { residual: t([5, 3]) }],
  ],
  batchNormGrad: (t) => [
    [t([3, 2, 2, 2]), t([3, 2, 2, 2]), t([2]), t([2]), t([2], 0.5, 1), null, { eps: 1e-3 }],
    [t([3, 2, 5]), t([3, 2, 5]), t([2]), t([2]), t([2], 0.5, 1), t([3, 2, 5]), { eps: 1e-3 }],
  ],
  layerNormOp: (t) => [
    [t([3, 4]), [], 1e-3],
    [t([3, 4]), [t([4])], 1e-3],
    [t([2, 5]), [t([5]), t([5])], 1e-5],
  ],
  layerNormGrad: (t) => [
    [t([3, 4]), t([3, 4]), null, 1e-3],
    [t([3, 4]), t([3, 4]), t([4]), 1e-5],
  ],
  rnn: (t) => [
    [t([3, 2, 4]), t([4, 4]), t([4]), t([4]), t([2, 4]), false],
    [t([2, 3, 5]), t([5, 5]), t([5]), t([5]), t([3, 5]), true],
  ],
  rnnGrad: (t) => [
    [t([3, 2, 4]), t([4, 4]), t([3, 2, 4]), false],
    [t([2, 3, 5]), t([5, 5]), t([2, 3, 5]), true],
  ],
  lstm: (t) => [
    [t([3, 2, 12]), t([12, 3]), t([12]), t([12]), t([2, 3]), t([2, 3])],
    [t([2, 3, 20]), t([20, 5]), t([20]), t([20]), t([3, 5]), t([3, 5])],
  ],
  lstmGrad: (t) => [
    [t([3, 2, 3]), t([2, 3]), t([12, 3]), t([2, 3]), t([3, 2, 3]), t([3, 2, 12], 0.1, 0.9)],
    [t([2, 3, 5]), t([3, 5]), t([20, 5]), t([3, 5]), t([2, 3, 5]), t([2, 3, 20], 0.1, 0.9)],
  ],
  gru: (t) => [
    [t([3, 2, 9]), t([9, 3]), t([9]), t([9]), t([2, 3])],
    [t([2, 3, 15]), t([15, 5]), t([15]), t([15]), t([3, 5])],
  ],
  gruGrad: (t) => [
    [t([3, 2, 3]), t([9, 3]), t([2, 3]), t([3, 2, 3]), t([3, 2, 12], 0.1, 0.9)],
    [t([2, 3, 5]), t([15, 5]), t([3, 5]), t([2, 3, 5]), t([2, 3, 20], 0.1, 0.9)],
  ],
};

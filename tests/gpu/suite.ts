// The sentences that hold in every mode of gpu.js. They run in Node and, bundled, in a browser, so they use no test library.
import type { Buffer, BufferView, Kernel } from '../../core/backends/backend.js';
import { viewOf } from '../../core/backends/backend.js';
import type { GpuBackend } from '../../core/backends/gpu/backend.js';
import { type Backend, ones, Random, randn, type Shape, scope, sizeOf, type Tensor, tensor } from '../../core/index.js';
import * as ops from '../../core/ops/index.js';
import { stridesOf } from '../../core/shape.js';
import { DenseNet, lenet, mlp, resnet8 } from '../../models/index.js';
import { crossEntropy, type Module } from '../../nn/index.js';
import { Adam, AMSBound, type OptimizerClass, optimizers, SGDM } from '../../optim/index.js';
import { type Convolution, convolutionOf, convolutions, matrices } from '../core/kernelCases.js';
import { examples, results } from '../core/registry.js';
import tinyDenseNet from '../fixtures/tiny-densenet.json' with { type: 'json' };
import tinyResNet from '../fixtures/tiny-resnet.json' with { type: 'json' };
import { type Oracle, optimizerOf, tiny } from '../models/tiny.js';
import { onBackend } from '../onBackend.js';

/** A sentence, and a function that checks it on a backend with `smallest: 0`: no product or convolution is too small for gpu.js. The function
 *  throws or rejects if the sentence is false. */
export type Sentence = [sentence: string, show: (backend: GpuBackend) => Promise<void>];

/** Each addition of a float32 sum rounds by at most 6e-8 of the partial sum, which is about as large as the results. The largest error
 *  measured, in sums of up to 2,000 terms, is 1.5e-6 of the size of the results. */
const TOLERANCE = 5e-6;

const random = new Random(29).stream('gpu');

interface Operand {
  shape: Shape;
  stride?: Shape;
  offset?: number;
  value?: (i: number) => number;
}

function fail(message: string): never {
  throw new Error(message);
}

/** Throws unless |a - b| <= tolerance (|b| + size) for every pair. size: the root of the mean square of all b, where a b that is not finite
 *  counts as 0; at least `least`. NaN equals NaN. */
function close(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
  least = 1,
): void {
  if (actual.length !== expected.length) fail(`${what}: ${actual.length} values, expected ${expected.length}`);
  const squares = Array.from(expected, (b) => (Number.isFinite(b) ? b * b : 0));
  const size = Math.max(least, Math.sqrt(squares.reduce((sum, b) => sum + b, 0) / squares.length) || 0);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i], expected[i]];
    if (Object.is(a, b) || a === b) continue;
    if (Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= tolerance * (Math.abs(b) + size)) continue;
    fail(`${what}[${i}]: ${a}, expected ${b} within ${tolerance} (${size.toPrecision(2)} + |b|)`);
  }
}

/** The largest position of an element of a view. */
function lastOf({ shape, stride = stridesOf(shape), offset = 0 }: Operand): number {
  return sizeOf(shape) ? shape.reduce((at, d, axis) => at + Math.max(0, (d - 1) * stride[axis]), offset) : offset;
}

/** Compares a kernel with its loop. Sevens lie after the output, and before it if it has an offset; they must not change. */
function same(backend: Backend, kernel: Kernel, out: Operand, ins: Operand[], attrs: object): Promise<void> {
  return sameIn(backend, kernel, [out], ins, attrs, 1);
}

/** Compares a kernel with its loop. Each output has its own buffer, as in a scope, so its values may stay on the device. */
function sameAlone(backend: Backend, kernel: Kernel, outs: Operand[], ins: Operand[], attrs: object): Promise<void> {
  return sameIn(backend, kernel, outs, ins, attrs, 0);
}

async function sameIn(
  backend: Backend,
  kernel: Kernel,
  outs: Operand[],
  ins: Operand[],
  attrs: object,
  margin: number,
): Promise<void> {
  const view = (o: Operand, buffer: Buffer): BufferView => ({
    buffer,
    shape: o.shape,
    stride: o.stride ?? stridesOf(o.shape),
    offset: o.offset ?? 0,
  });
  const n = outs.length;
  const values = [...outs, ...ins].map((o, i) =>
    Float32Array.from({ length: sizeOf(o.shape) ? lastOf(o) + 1 + margin : margin }, (_, k) =>
      i < n ? 7 : (o.value?.(k) ?? 2 * random.uniform() - 1),
    ),
  );
  const plain = [...outs, ...ins].map((o, i) =>
    view(o, { dtype: 'float32', length: values[i].length, values: values[i].slice() }),
  );
  kernel.loop(plain.slice(0, n).map(viewOf), plain.slice(n).map(viewOf), attrs);
  const given = [...outs, ...ins].map((o, i) => {
    const amid = i >= n || margin > 0;
    return view(
      o,
      amid ? backend.adopt('float32', values[i].slice()) : backend.alloc('float32', values[i].length, 'owned', false),
    );
  });
  backend.run(kernel, given.slice(0, n), given.slice(n), attrs);
  const what = `${kernel.name} ${JSON.stringify([ins, attrs])}`;
  for (let i = 0; i < n; i++) {
    close(await backend.read(given[i].buffer), plain[i].buffer.values, TOLERANCE, what);
  }
  for (const v of given) backend.free(v.buffer);
}

/** Whether results may stay on the device. */
export const stays = (backend: GpuBackend) => !backend.readSync && backend.mode !== 'webasm';

/** Throws unless gpu.js (or the CPU) ran the last call of each kernel. */
function ran(backend: Backend, on: 'device' | 'cpu', ...kernels: string[]): void {
  for (const k of kernels) {
    const via = backend.via(k);
    if (via.endsWith('Kernel') !== (on === 'device')) fail(`${k} ran via ${via}, expected the ${on}`);
  }
}

/** Compares the three kernels of a convolution with their loops, for an image with these strides. */
async function convolution(backend: Backend, c: Convolution, image: Omit<Operand, 'shape'> = {}): Promise<void> {
  const { attrs, ...shapes } = convolutionOf(c);
  const [x, w, y] = [{ shape: shapes.x, ...image }, { shape: shapes.w }, { shape: shapes.y, offset: 3 }];
  await same(backend, ops.conv2dOp.op, y, [x, w], attrs);
  await same(backend, ops.conv2dInput.op, { shape: x.shape }, [y, w], attrs);
  await same(backend, ops.conv2dWeight.op, { ...w, offset: 1 }, [x, y], attrs);
}

const product = (backend: Backend, m: number, k: number, n: number) =>
  same(backend, ops.matmulOp.op, { shape: [m, n] }, [{ shape: [m, k] }, { shape: [k, n] }], {});

const cases: Convolution[] = [
  ...convolutions,
  { x: [2, 20, 5, 6], co: 10, kernel: [3, 3], stride: [1, 2], groups: 2 },
  // Filters with a loop over their rows, over rows and columns, and over the columns of their only row.
  { x: [2, 3, 12, 11], co: 5, kernel: [7, 6], stride: [2, 1], padding: [3, 1] },
  { x: [1, 2, 3, 40], co: 2, kernel: [2, 27], padding: [1, 0] },
  { x: [1, 2, 3, 40], co: 2, kernel: [1, 27] },
  // Many images, in parts of different sizes, and more than a thousand channels.
  { x: [301, 1, 3, 3], co: 2, kernel: [2, 2] },
  { x: [1, 1100, 3, 2], co: 3, kernel: [1, 1] },
];

/** All kinds of numbers in turn. */
const kinds = (i: number) => [0.7, -1.3, Number.NaN, 1e-4, Infinity, 0, -Infinity, 100, -100, -0.02, 2.5][i % 11];
/** Numbers with one NaN, in the first row. */
const oneNaN = (i: number) => (i === 3 ? Number.NaN : Math.sin(i * 7));

/** Numbers with one infinity in the first row and one minus infinity in the second. */
const oneInfinite = (i: number) => (i === 3 ? Infinity : i === 13 ? -Infinity : Math.sin(i * 7));

/** Kernels whose results may stay on the device, with operands. */
function staying(): [kernel: Kernel, outs: Operand[], ins: Operand[], attrs?: object][] {
  const [shape, y] = [[3, 7, 5], { shape: [3, 7, 5] }];
  const maps = [ops.neg, ops.abs, ops.square, ops.sqrt, ops.exp, ops.log, ops.tanh, ops.sigmoid, ops.relu];
  const zips = [ops.add, ops.sub, ops.mul, ops.div, ops.maximum, ops.minimum, ops.equal, ops.notEqual, ops.less];
  const rest = [ops.lessEqual, ops.greater, ops.greaterEqual, ops.reluGrad];
  const any = { shape, value: kinds };
  // Broadcast along the first axis, and the others in reverse.
  const turned = { shape, stride: [0, -5, -1], offset: 34, value: (i: number) => kinds(3 * i + 1) };
  const image = [4, 3, 6, 6];
  const x = { shape: image };
  const channel = { shape: [3] };
  const variance = { shape: [3], value: (i: number) => 0.5 + i };
  const pooled = (options: object) => {
    const [, attrs] = ops.maxPool2dOp.op.args(ones(image), options as any);
    return { attrs, small: { shape: [...image.slice(0, 2), attrs.rows.length, attrs.columns.length] } };
  };
  const max = pooled({ kernelSize: 3, stride: 2, padding: 1 });
  const mean = pooled({ kernelSize: 2 });
  return [
    ...maps.map(({ op }): [Kernel, Operand[], Operand[]] => [op, [y], [any]]),
    ...[...zips, ...rest].map(({ op }): [Kernel, Operand[], Operand[]] => [op, [y], [any, turned]]),
    [ops.whereOp.op, [y], [{ shape, value: (i) => i % 2 }, any, turned]],
    ...[ops.sumOp, ops.maxOp, ops.minOp].map(({ op }): [Kernel, Operand[], Operand[], object] => {
      return [op, [{ shape: [9, 1, 1] }], [{ shape: [9, 20, 13], value: oneNaN }], { axes: [1, 2] }];
    }),
    [ops.sumOp.op, [{ shape: [1, 20, 1] }], [{ shape: [9, 20, 13] }], { axes: [0, 2] }],
    [ops.meanOp.op, [{ shape: [1, 20, 1] }], [{ shape: [9, 20, 13] }], { axes: [0, 2] }],
    [ops.meanOp.op, [{ shape: [9, 1, 1] }], [{ shape: [9, 20, 13], value: oneNaN }], { axes: [1, 2] }],
    [ops.varianceOp.op, [{ shape: [1, 20, 1] }], [{ shape: [9, 20, 13] }], { axes: [0, 2], divisor: 116 }],
    [
      ops.varianceOp.op,
      [{ shape: [9, 1, 1] }],
      [{ shape: [9, 20, 13], value: oneNaN }],
      { axes: [1, 2], divisor: 260 },
    ],
    [ops.centerOp.op, [{ shape: [9, 20, 13] }], [{ shape: [9, 20, 13] }], { axes: [1, 2] }],
    [ops.centerOp.op, [{ shape: [9, 20, 13] }], [{ shape: [9, 20, 13], value: oneNaN }], { axes: [0] }],
    ...[[], [{ shape: [11] }], [{ shape: [11] }, { shape: [11] }]].map(
      (affine): [Kernel, Operand[], Operand[], object] => {
        return [
          ops.layerNormOp.op,
          [{ shape: [5, 11] }],
          [{ shape: [5, 11], value: oneNaN }, ...affine],
          { eps: 1e-5 },
        ];
      },
    ),
    ...[[], [{ shape: [11] }]].map((w): [Kernel, Operand[], Operand[], object] => {
      const rows = { shape: [5, 11] };
      return [ops.layerNormGrad.op, [rows, ...w, ...w], [rows, { ...rows, value: oneNaN }, ...w], { eps: 1e-5 }];
    }),
    ...[ops.softmaxOp, ops.logSoftmaxOp].flatMap(({ op }) =>
      [oneNaN, oneInfinite].map((value): [Kernel, Operand[], Operand[]] => {
        return [op, [{ shape: [5, 11] }], [{ shape: [5, 11], value }]];
      }),
    ),
    [ops.concat.op, [{ shape: [3, 9, 5] }], [any, { shape: [3, 2, 5] }], { axis: 1 }],
    [ops.batchNorm.op, [x, channel, channel], [x, channel, channel, x], { eps: 1e-8, relu: true }],
    [ops.batchNormGrad.op, [x, channel, channel], [x, x, channel, channel, variance], { eps: 1e-5 }],
    [ops.batchNormGrad.op, [x, channel, channel, x], [x, x, channel, channel, variance, x], { eps: 1e-5 }],
    [ops.maxPool2dOp.op, [max.small, max.small], [{ shape: image, value: oneNaN }], max.attrs],
    [ops.avgPool2dOp.op, [mean.small], [x], { ...mean.attrs, area: 4 }],
    [ops.avgPool2dOp.op, [max.small], [x], { ...max.attrs, area: null }],
    [ops.avgUnpool2d.op, [x], [mean.small], { ...mean.attrs, size: [6, 6], area: 4 }],
    [ops.matmulOp.op, [{ shape: [5, 7] }], [{ shape: [5, 300], value: oneNaN }, { shape: [300, 7] }]],
    [ops.matmulOp.op, [{ shape: [2, 8, 8] }], [{ shape: [2, 8, 3], stride: [24, 1, 8] }, { shape: [2, 3, 8] }]],
    ...[cases[2], cases[5], cases[6]].flatMap((c): [Kernel, Operand[], Operand[], object][] => {
      const { x, w, y, attrs } = convolutionOf(c);
      const [image, filters, result] = [x, w, y].map((shape) => ({ shape }));
      return [
        [ops.conv2dOp.op, [result], [{ shape: x, value: oneNaN }, filters], attrs],
        [ops.conv2dInput.op, [image], [result, { shape: w, value: oneNaN }], attrs],
        [ops.conv2dWeight.op, [filters], [image, result], attrs],
      ];
    }),
  ];
}

export const kernels: Sentence[] = [
  [
    'matmul equals its loop for every remainder of the blocks, over more than a thousand terms, and split among threads',
    async (backend) => {
      for (const m of [1, 2, 4, 5, 8, 9])
        for (const n of [1, 3, 4, 6, 9]) await product(backend, m, 1 + ((m * n) % 7), n);
      for (const [m, k, n] of [
        [301, 17, 99],
        [6, 1501, 5],
        [1, 300, 40],
        [40, 300, 1],
        [70, 1, 90],
      ])
        await product(backend, m, k, n);
      ran(backend, 'device', 'matmul');
    },
  ],
  [
    'matmul accepts transposes, gaps, offsets, repeated and reversed axes',
    async (backend) => {
      const [m, k, n] = [5, 6, 7];
      for (const a of matrices(m, k)) {
        for (const b of matrices(k, n)) await same(backend, ops.matmulOp.op, { shape: [m, n], offset: 4 }, [a, b], {});
      }
      ran(backend, 'device', 'matmul');
    },
  ],
  [
    'matmul multiplies batches, and either operand may be repeated or permuted',
    async (backend) => {
      const out = { shape: [2, 3, 4, 5] };
      const a = { shape: [2, 3, 4, 6] };
      const b = { shape: [2, 3, 6, 5] };
      for (const [left, right] of [
        [{}, {}],
        [{}, { stride: [0, 0, 5, 1] }],
        [{ stride: [0, 24, 6, 1] }, { stride: [30, 0, 1, 6] }],
        [{ stride: [24, 48, 1, 4] }, { stride: [0, 0, 1, 6], offset: 2 }],
      ]) {
        await same(
          backend,
          ops.matmulOp.op,
          out,
          [
            { ...a, ...left },
            { ...b, ...right },
          ],
          {},
        );
        ran(backend, 'device', 'matmul');
      }
    },
  ],
  [
    'conv2d and both its gradients equal their loops: stride, padding, dilation, groups, any size of filter',
    async (backend) => {
      for (const c of cases) {
        await convolution(backend, c);
        ran(backend, 'device', 'conv2d', 'conv2dInput', 'conv2dWeight');
      }
    },
  ],
  [
    'conv2d accepts views: a permuted image, an offset, a repeated image',
    async (backend) => {
      const c: Convolution = { x: [2, 3, 8, 7], co: 4, kernel: [3, 3], padding: [1, 1] };
      await convolution(backend, c, { stride: [168, 1, 21, 3] });
      await convolution(backend, c, { offset: 11 });
      await convolution(backend, c, { stride: [0, 56, 7, 1] });
      ran(backend, 'device', 'conv2d', 'conv2dInput', 'conv2dWeight');
    },
  ],
  [
    'NaN and infinity spread as in the loops, on the CPU; a product that overflows is infinite',
    async (backend) => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const value = (i: number) => (i === 9 ? bad : (i % 7) - 3);
        await same(backend, ops.matmulOp.op, { shape: [5, 4] }, [{ shape: [5, 3], value }, { shape: [3, 4] }], {});
        ran(backend, 'cpu', 'matmul');
        const geometry = {
          stride: [1, 1],
          padding: [1, 1],
          dilation: [1, 1],
          groups: 1,
          size: [4, 4],
          kernelSize: [3, 3],
        };
        const [x, w, y] = [
          [2, 2, 4, 4],
          [3, 2, 3, 3],
          [2, 3, 4, 4],
        ].map((shape) => ({ shape, value }));
        await same(backend, ops.conv2dOp.op, { shape: y.shape }, [{ shape: x.shape }, w], geometry);
        await same(backend, ops.conv2dInput.op, { shape: x.shape }, [y, { shape: w.shape }], geometry);
        await same(backend, ops.conv2dWeight.op, { shape: w.shape }, [x, { shape: y.shape }], geometry);
        ran(backend, 'cpu', 'conv2d', 'conv2dInput', 'conv2dWeight');
      }
      const large = { shape: [4, 4], value: () => 3e38 };
      await same(backend, ops.matmulOp.op, { shape: [4, 4] }, [large, { shape: [4, 4], value: () => 1 }], {});
      ran(backend, 'device', 'matmul');
    },
  ],
  [
    'empty operands give what the loops give, on the CPU, and so does float64',
    async (backend) => {
      for (const [m, k, n] of [
        [2, 0, 3],
        [0, 2, 3],
        [2, 3, 0],
      ])
        await product(backend, m, k, n);
      ran(backend, 'cpu', 'matmul');
      await product(backend, 2, 2, 2);
      ran(backend, 'device', 'matmul');
      await onBackend(backend, async () => {
        const x = tensor(Float64Array.of(1, 2, 3, 4), { shape: [2, 2] });
        close(await x.matmul(x).data(), [7, 10, 15, 22], 0, 'float64');
      });
      ran(backend, 'cpu', 'matmul');
    },
  ],
  [
    'kernels whose results may stay on the device equal their loops, for NaN and infinity too: maps, sums, norms, pooling, products',
    async (backend) => {
      for (const [kernel, outs, ins, attrs = {}] of staying()) {
        await sameAlone(backend, kernel, outs, ins, attrs);
        if (stays(backend)) ran(backend, 'device', kernel.name);
      }
    },
  ],
  [
    'outside a scope no result stays on the device, because it would not be freed',
    (backend) =>
      onBackend(backend, async () => {
        const made = () => ones([5, 4]).matmul(ones([4, 3]));
        const there = (t: Tensor) => (t.storage.buffer as Buffer & { array?: object | null }).array;
        const outside = made();
        await outside.data();
        if (there(outside)) fail('outside a scope: the result is on the device');
        await scope(async () => {
          const inside = made();
          await inside.data();
          if (stays(backend) !== Boolean(there(inside))) fail(`in a scope: ${there(inside)}`);
        });
      }),
  ],
  [
    'shapes may change from call to call: 40 shapes, in order and in reverse',
    async (backend) => {
      const sizes = Array.from({ length: 40 }, (_, i) => 1 + i);
      for (const n of [...sizes, ...sizes.reverse()]) await product(backend, n, 3, 41 - n);
      ran(backend, 'device', 'matmul');
    },
  ],
  [
    'a shape over the limits of the device is an error that names it, and later calls work',
    async (backend) => {
      // WebGL limits the height of a texture, which holds a column of blocks, and WebGPU limits the number of workgroups. webasm is limited
      // by memory alone. In a scope, where results stay on the device, both shapes are within its limits.
      const tall = { a: [80_000, 1], b: [1, 4] };
      const deep = { a: [65_536, 1, 1], b: [65_536, 1, 1] };
      const shapes = { webgl2: tall, headlessgl: tall, webgpu: deep, webasm: null }[backend.mode];
      if (!shapes) return;
      await onBackend(backend, async () => {
        const y = () => ones(shapes.a).matmul(ones(shapes.b)).data();
        const message = await refusal(y);
        const named = `matmul: gpu.js failed in mode ${backend.mode}: `;
        if (!message.includes(named) || !message.includes(`(${shapes.a}) and (${shapes.b})`)) fail(message);
        if (!/larger than supported|over this device's limit/.test(message)) fail(message);
        if (stays(backend) && !(await scope(y)).every((v) => v === 1)) fail('in a scope it is wrong');
      });
      await product(backend, 5, 5, 5);
      ran(backend, 'device', 'matmul');
    },
  ],
];

/** The message of the error that a function throws or rejects with. */
export async function refusal(body: () => unknown): Promise<string> {
  try {
    await body();
  } catch (error) {
    return String(error);
  }
  return fail('nothing was refused');
}

/** Outputs and gradients of every example of every operation, in float32. */
async function runExamples(backend: Backend): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  const drawn = examples();
  await onBackend(backend, async () => {
    for (const { name, call, args } of drawn) {
      await scope(async () => {
        const values = await Promise.all(results(call, args, (t) => t.data(), 'float32'));
        found.set(
          name,
          values.flatMap((v) => [...v]),
        );
      });
    }
  });
  return found;
}

const nets: Record<string, [shape: number[], batches: number[], build: (random: Random) => Module]> = {
  LeNet: [[1, 28, 28], [5, 5, 3], (random) => lenet({ random })],
  'A ResNet': [[3, 8, 8], [5, 5, 3], (random) => resnet8({ random })],
  'A DenseNet': [[3, 8, 8], [3, 3], (random) => new DenseNet(4, [2, 2], { random })],
};

/** The losses of a few steps, and after them 20 values of the first parameter. */
async function train(backend: Backend, name: string): Promise<number[]> {
  const [shape, batches, build] = nets[name];
  return onBackend(backend, async () => {
    const random = new Random(5);
    const model = build(random);
    const [first, ...rest] = model.namedParameters();
    const optimizers = [new SGDM([first], { lr: 0.01 }), new AMSBound(rest, { lr: 0.01, weightDecay: 1e-3 })];
    const found: number[] = [];
    for (const n of batches) {
      await scope(async () => {
        const x = randn([n, ...shape], { stream: random.stream('x') });
        const loss = crossEntropy(model.forward(x), tensor(Int32Array.from({ length: n }, (_, i) => i)));
        for (const o of optimizers) o.zeroGrad();
        loss.backward();
        for (const o of optimizers) o.step();
        found.push(await loss.item());
      });
    }
    found.push(...(await first[1].data()).slice(0, 20));
    model.dispose();
    return found;
  });
}

/** Sentences that compare with PyTorch. */
const oracles = (['ResNet', 'DenseNet'] as const).map(
  (name): Sentence => [
    `a tiny ${name} has PyTorch’s logits, loss and gradients, and its losses over ten steps of SGD with momentum`,
    (backend) =>
      onBackend(backend, async () => {
        const oracle = (name === 'ResNet' ? tinyResNet : tinyDenseNet) as unknown as Oracle;
        const { model, x, loss } = tiny(name, oracle, 'float32');
        const run = oracle.runs.SGDM;
        const optimizer = optimizerOf(run, model);
        const losses: number[] = [];
        for (let step = 0; step <= 10; step++) {
          await scope(async () => {
            const logits = step === 0 ? await model.forward(x).data() : null;
            const l = loss();
            optimizer.zeroGrad();
            l.backward();
            losses.push(await l.item());
            if (logits) {
              close(logits, oracle.logits.data, TOLERANCE, 'logits', 0);
              for (const [k, p] of model.namedParameters()) {
                close(await p.grad!.data(), oracle.grads[k], TOLERANCE, `gradient of ${k}`, 0);
              }
            }
            optimizer.step();
          });
        }
        close(losses, run.losses, 1e-5, 'losses', 0);
        ran(backend, 'device', 'conv2d', 'conv2dInput', 'conv2dWeight', 'matmul');
        if (stays(backend)) ran(backend, 'device', 'batchNorm', 'batchNormGrad', 'sum', 'logSoftmax');
        model.dispose();
      }),
  ],
);

/** How many of the programs `npm test` also runs with threads: the first two, every operation and the training of a net. */
export const THREADED = 2;

/** Sentences about whole programs. The loops are the reference, and run once for all backends. */
export function programs(loops: Backend): Sentence[] {
  const losses: Record<string, Promise<number[]>> = {};
  let examplesOfLoops: ReturnType<typeof runExamples> | undefined;
  const whole: Sentence = [
    'every operation and its gradient equal those of the loops',
    async (backend) => {
      examplesOfLoops ??= runExamples(loops);
      const expected = await examplesOfLoops;
      for (const [name, values] of await runExamples(backend)) close(values, expected.get(name)!, TOLERANCE, name);
    },
  ];
  const trained = Object.keys(nets).map(
    (name): Sentence => [
      `${name} trains as it does on the loops: the same losses and weights, within 1e-4`,
      async (backend) => {
        // Each step inherits the differences of earlier ones, and divides by square roots of small second moments.
        losses[name] ??= train(loops, name);
        const expected = await losses[name];
        close(await train(backend, name), expected, 1e-4, name);
        ran(backend, 'device', 'conv2d', 'conv2dInput', 'conv2dWeight', 'matmul');
      },
    ],
  );
  const weights: Record<string, Promise<number[]>> = {};
  const stepped: Sentence = [
    'every optimizer moves a small net as on the loops, within 1e-4, and to the same weights for evaluation',
    async (backend) => {
      for (const Class of Object.values(optimizers)) {
        const { title } = Class;
        weights[title] ??= stepsOf(loops, Class);
        const expected = await weights[title];
        close(await stepsOf(backend, Class), expected, 1e-4, title);
      }
      ran(backend, 'device', 'matmul');
    },
  ];
  return [whole, ...trained, stepped, ...oracles];
}

/** The weights of a small net after seven steps (RAdam is rectified from the sixth on) and those for evaluation. */
function stepsOf(backend: Backend, Class: OptimizerClass<any>): Promise<number[]> {
  return onBackend(backend, async () => {
    const random = new Random(7);
    const model = mlp({ sizes: [6, 5, 3], random });
    const optimizer = new Class(model.namedParameters());
    for (let step = 1; step <= 7; step++) {
      await scope(async () => {
        const x = randn([4, 6], { stream: random.stream('x') });
        optimizer.zeroGrad();
        crossEntropy(model.forward(x), tensor(Int32Array.of(0, 1, 2, 0))).backward();
        optimizer.step();
      });
    }
    const found: number[] = [];
    for (const isEval of [false, true]) {
      if (isEval) optimizer.eval();
      for (const [, p] of model.namedParameters()) found.push(...(await p.data()));
    }
    model.dispose();
    return found;
  });
}

/** 300 training steps of a small net. The batch size changes every 10 steps. */
export async function manySteps(backend: Backend, after: (step: number) => void): Promise<void> {
  await onBackend(backend, async () => {
    const random = new Random(1);
    const model = mlp({ sizes: [20, 16, 4], random });
    const optimizer = new Adam(model.namedParameters());
    for (let step = 1; step <= 300; step++) {
      await scope(async () => {
        const n = 1 + (Math.floor(step / 10) % 3);
        const x = randn([n, 20], { stream: random.stream('x') });
        const loss = crossEntropy(model.forward(x), tensor(Int32Array.from({ length: n }, (_, i) => i % 4)));
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        await loss.item();
      });
      after(step);
    }
  });
}

export interface Shown {
  sentence: string;
  outcome: 'passed' | 'failed';
  note?: string;
}

/** Checks sentences one after another, without a test library. */
export async function* shown(sentences: Sentence[], backend: GpuBackend): AsyncGenerator<Shown> {
  for (const [sentence, show] of sentences) {
    // Lets the code that shows the outcomes run.
    await new Promise((resolve) => setTimeout(resolve, 20));
    try {
      await show(backend);
      yield { sentence, outcome: 'passed' };
    } catch (error) {
      yield { sentence, outcome: 'failed', note: (error as Error).stack ?? String(error) };
    }
  }
}

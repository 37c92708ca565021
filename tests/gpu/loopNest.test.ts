// Loop nests without a device. Their text is valid JavaScript, whose results equal those of the kernels' loops up to the last
// digits of float64.
import type { BufferView } from '../../core/backends/backend.js';
import { stagesOf } from '../../core/backends/gpu/resident/calls.js';
import { nestText } from '../../core/backends/gpu/resident/loopNest.js';
import type { Source, Stage } from '../../core/backends/gpu/resident/stages.js';
import { reference } from '../../core/backends/reference.js';
import { type Backend, Random, type Shape, sizeOf, type Tensor, tensor } from '../../core/index.js';
import * as ops from '../../core/ops/index.js';
import { stridesOf } from '../../core/shape.js';
import { examples, results } from '../core/registry.js';
import { onBackend } from '../onBackend.js';
import { assert, close, subject } from '../spec.js';

const test = subject('gpu: loop nests as JavaScript');

/** Names of the kernels that have run as loop nests. */
const ran = new Set<string>();

type Program = (this: { thread: { x: number } }, ...arrays: ArrayLike<number>[]) => number[];

function compute(stages: Stage[]): void {
  const values = new Map<Source, ArrayLike<number>>();
  for (const { nest, of, to } of stages) {
    const program: Program = new Function(`return ${nestText(nest)}`)();
    const arrays = of.map((source) => values.get(source) ?? (source as { values: Float64Array }).values);
    const out = 'values' in to ? to.values : new Float64Array(to.length);
    const threads = Math.ceil(sizeOf(nest.axes) / 4);
    const found = Array.from({ length: threads }, (_, x) => program.call({ thread: { x } }, ...arrays)).flat();
    out.set(found.slice(0, sizeOf(nest.axes)));
    values.set(to, out);
  }
}

/** Runs a kernel's loop nest if it has one, else its loop. */
const javascript: Backend = {
  ...reference,
  name: 'nests',
  run(kernel, outs, ins, attrs) {
    const stages = outs.every((v) => sizeOf(v.shape) > 0) && stagesOf[kernel.name]?.(outs, ins, attrs);
    if (!stages) return reference.run(kernel, outs, ins, attrs);
    ran.add(kernel.name);
    compute(stages);
  },
};

async function same(what: string, call: (...args: any[]) => Tensor | Tensor[], ...args: unknown[]): Promise<void> {
  const found = () => results(call, args, (t) => [...t.dataSync()]).flat();
  close(await onBackend(javascript, found), found(), 1e-12, what);
}

/** A view in row-major order. */
function view(...shape: number[]): BufferView {
  const buffer = { dtype: 'float32' as const, length: sizeOf(shape), values: new Float32Array(sizeOf(shape)) };
  return { buffer, shape, stride: stridesOf(shape), offset: 0 };
}

const random = new Random(7).stream('nests');
const draw = (...shape: number[]) =>
  tensor(
    Float64Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1),
    { shape },
  );

test('every operation with a loop nest, and its gradient, equals its loop', async () => {
  for (const { name, call, args } of examples()) {
    await same(name, call, ...args);
  }
});

test('pooling equals its loop for any kernel, stride and padding, and for evenly divided planes', async () => {
  for (const options of [
    { kernelSize: 2 },
    { kernelSize: 3, stride: 1, padding: 1 },
    { kernelSize: [3, 2], stride: [2, 3], padding: [1, 0] },
    { kernelSize: 4, stride: 3, padding: 2 },
    { kernelSize: [8, 7], stride: 1, padding: [4, 3] },
  ] as const) {
    const what = JSON.stringify(options);
    await same(`max ${what}`, (x) => ops.maxPool2dWithIndices(x, options), draw(2, 3, 8, 7));
    await same(`mean ${what}`, (x) => ops.avgPool2d(x, options), draw(2, 3, 8, 7));
    await same(`own mean ${what}`, (x) => ops.avgPool2d(x, { ...options, countIncludePad: false }), draw(2, 3, 8, 7));
  }
  await same('max of a plane', (x) => ops.maxPool2d(x, { kernelSize: 17 }), draw(2, 3, 17, 17));
  const outside = { kernelSize: [32, 8], stride: [32, 8], padding: [16, 0] } as const;
  await same('windows in the padding', (x) => ops.maxPool2d(x, outside), ops.sub(draw(1, 1, 64, 8), 2));
  const uneven = {
    rows: [
      [0, 3],
      [1, 4],
    ],
    columns: [
      [0, 2],
      [2, 4],
    ],
    area: null,
  };
  await same('windows of several sizes', (x) => ops.avgPool2dOp(x, uneven as any), draw(1, 1, 4, 4));
  for (const size of [1, [4, 2], 3] as const) {
    await same(`adaptive ${size}`, (x) => ops.adaptiveAvgPool2d(x, size), draw(2, 3, 8, 6));
  }
  for (const name of ['maxPool2d', 'maxUnpool2d', 'avgPool2d', 'avgUnpool2d']) assert.ok(ran.has(name), name);
});

test('among equal values in a window the first is the maximum, and so is the first NaN', async () => {
  const plane = tensor(Float64Array.of(1, 3, 3, 0, NaN, 2, 5, 5, NaN), { shape: [1, 1, 3, 3] });
  await same('ties', (x) => ops.maxPool2dWithIndices(x, { kernelSize: 2, stride: 1 }), plane);
  await same('a NaN', (x) => ops.max(x, [0, 1]), draw(3, 5).mul(tensor([1, 1, 1, NaN, 1], { dtype: 'float64' })));
});

test('cast stores bools as 0 and 1, takes NaN as true, and leaves integers to the CPU', async () => {
  const x = tensor(Float64Array.of(0, -2, NaN, 0.5));
  await same('to bool', (t) => ops.cast(t, 'bool'), x);
  await same('from bool', (t) => ops.cast(ops.less(t, 0), 'float64'), x);
  const toInt = { ...view(1), buffer: { ...view(1).buffer, dtype: 'int32' as const } };
  assert.is(stagesOf.cast([toInt], [view(1)], { dtype: 'int32' }), null);
});

test('many terms are folded in parts, of equal size or not', async () => {
  for (const shape of [[64], [65], [130, 3], [3, 8, 8], [5, 7, 11], [3, 4099], [2, 3, 70, 5]] as Shape[]) {
    for (const fold of [ops.sum, ops.max, ops.min]) {
      await same(`${fold.name} of ${shape}`, (x) => fold(x), draw(...shape));
      await same(`${fold.name} of ${shape}, the last`, (x) => fold(x, -1), draw(...shape));
      await same(`${fold.name} of ${shape}, the first`, (x) => fold(x, 0), draw(...shape));
    }
  }
  await same('normalization', (x, w, b) => ops.batchNorm(x, w, b), draw(3, 5, 8, 9), draw(5), draw(5));
  await same('a product', (a, b) => ops.matmul(a, b), draw(5, 333), draw(333, 3));
  assert.is(stagesOf.matmul([view(5, 3)], [view(5, 333), view(333, 3)], {})?.length, 2);
  assert.is(
    stagesOf.matmul([view(500, 300)], [view(500, 333), view(333, 300)], {})?.length,
    1,
    'without parts there are enough threads',
  );
});

test('broadcast, permuted, sliced and transposed operands are read in place', async () => {
  const add = (a: Tensor, b: Tensor) => ops.add(a, b);
  await same('broadcast', add, draw(2, 3, 5), draw(3, 1));
  await same('permuted', (a, b) => add(ops.permute(a, [2, 0, 1]), b), draw(3, 5, 2), draw(2, 3, 5));
  await same(
    'sliced',
    (a) =>
      ops.square(
        ops.slice(a, [
          [1, 6, 2],
          [0, 7, 3],
        ]),
      ),
    draw(6, 7),
  );
  await same('concatenated', (a, b) => ops.concat([ops.transpose(a), b], 1), draw(3, 4), draw(4, 2));
  assert.is(stagesOf.softmax([view()], [view()], {}), null, 'a scalar has no last axis');
  await same('a product of views', (a, b) => ops.matmul(ops.transpose(a), ops.transpose(b)), draw(7, 5), draw(6, 7));
});

test('values that four neighbours share are fetched once: a 3 x 3 filter reads 3 x 6 pixels and 9 weights', () => {
  const attrs = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 };
  const [stage] = stagesOf.conv2d([view(2, 4, 8, 8)], [view(2, 16, 8, 8), view(4, 16, 3, 3)], attrs)!;
  const text = nestText(stage.nest);
  assert.is(text.match(/= a0\[/g)?.length, 18);
  assert.is(text.match(/= a1\[/g)?.length, 9);
  assert.is(text.match(/^s\d \+=/gm)?.length, 36);
});

test('every loop nest has been tested', () => {
  assert.equal(
    Object.keys(stagesOf).filter((name) => !ran.has(name)),
    [],
  );
});

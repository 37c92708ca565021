// Convolutions with 3 x 3 filters and stride 1 in Winograd's forms F(2x2, 3x3) and F(4x4, 3x3)
// (core/backends/wasm/assembly/kernels/winograd.ts and winograd4.ts).
import { type Kernel, viewOf } from '../../core/backends/backend.js';
import { wasm } from '../../core/backends/wasm/backend.js';
import { chunksOf, hasSmallTransforms } from '../../core/backends/wasm/plans/conv.js';
import { WorkerPool } from '../../core/backends/wasm/threads/workerPool.js';
import { setBackend } from '../../core/index.js';
import { conv2dInput, conv2dOp, conv2dWeight } from '../../core/ops/conv.js';
import { Random } from '../../core/random.js';
import { sizeOf } from '../../core/shape.js';
import { describeMaker } from '../../fit/settings.js';
import { assert, subject } from '../spec.js';
import { sameBits } from './runs.js';
import { backend, type Operand, operand, random, sameOn, sumOf } from './sameAsLoop.js';

const test = subject('WebAssembly: Winograd’s convolutions');

const ones = [1, 1] as const;
const attrs = (p: number) => ({ stride: ones, padding: [p, p] as const, dilation: ones, groups: 1 });

/** The backend with tiles of 2 x 2. */
const f2 = await wasm({ winograd: 2 });

/** Compares both forms with the loop. `tolerance`: for plain float32 sums; F(4x4, 3x3) has at most three times their rounding error.
 *  Returns what ran. */
function bothSame(kernel: Kernel, out: Operand, ins: Operand[], padding: number, tolerance: number): string[] {
  const backends = [
    [f2, tolerance],
    [backend, 3 * tolerance],
  ] as const;
  return sameOn([...backends], kernel, [out], ins, attrs(padding));
}

test('F(2x2) and F(4x4): forward, input gradient and filter gradient equal their loops', () => {
  const via = [f2, backend].map((on) => on.via('matmul'));
  // Odd and even sides, full and partly filled tiles, several blocks, chunks with different numbers of images, every padding.
  for (const [n, ci, co, h, w, p] of [
    [8, 12, 12, 8, 8, 1],
    [3, 16, 13, 14, 13, 1],
    [5, 12, 50, 12, 14, 0],
    [5, 12, 12, 32, 32, 1],
    [4, 20, 30, 9, 21, 2],
    // From 32 channels on, with tiles of 4 x 4.
    [8, 32, 32, 8, 8, 1],
    [2, 33, 40, 17, 22, 1],
    [5, 32, 50, 12, 14, 0],
    [4, 36, 33, 9, 21, 2],
    [12, 35, 34, 7, 7, 1],
    [1, 70, 130, 24, 24, 1],
  ]) {
    const [oh, ow] = [h, w].map((s) => s + 2 * p - 2);
    const [x, y, f] = [
      [n, ci, h, w],
      [n, co, oh, ow],
      [co, ci, 3, 3],
    ].map((shape) => ({ shape }));
    assert.equal(bothSame(conv2dOp.op, y, [x, f], p, sumOf(9 * ci)), via);
    assert.equal(bothSame(conv2dInput.op, x, [y, f], p, sumOf(9 * co)), via);
    assert.equal(bothSame(conv2dWeight.op, f, [x, y], p, sumOf(n * oh * ow)), via);
  }
});

const shapes = { x: [8, 33, 8, 8], f: [40, 33, 3, 3], y: [8, 40, 8, 8] };

test('F(2x2) and F(4x4): with NaN, infinity or a sum beyond float32 the result equals the loop’s', () => {
  for (const value of [Number.NaN, Infinity, -Infinity, 3e38]) {
    const odd = (i: number) => (i === 517 ? value : (i % 7) - 3);
    const even = (i: number) => (i % 5) - 2;
    for (const [a, b] of [
      [odd, even],
      [even, odd],
    ]) {
      const [x, f, y] = [shapes.x, shapes.f, shapes.y].map((shape) => [
        { shape, value: a },
        { shape, value: b },
      ]);
      bothSame(conv2dOp.op, { shape: shapes.y }, [x[0], f[1]], 1, sumOf(9 * 33));
      bothSame(conv2dInput.op, { shape: shapes.x }, [y[0], f[1]], 1, sumOf(9 * 40));
      bothSame(conv2dWeight.op, { shape: shapes.f }, [x[0], y[1]], 1, sumOf(8 * 64));
    }
  }
});

test('F(4x4): the error against float64 is below 1.5e-7 sqrt(channels) of the outputs’ size, at 32 to 512 channels', () => {
  const stream = new Random(3).stream('error');
  const on = backend;
  const [side, outputs] = [25, 32];
  const size = side - 2;
  for (const channels of [32, 64, 256, 512]) {
    // Activations after ReLU, and weights that keep the size of activations (He et al. 2015).
    const x = Float32Array.from({ length: channels * side ** 2 }, () => Math.max(0, stream.normal()));
    const f = Float32Array.from(
      { length: outputs * channels * 9 },
      () => stream.normal() * Math.sqrt(2 / 9 / channels),
    );
    const ins = [
      operand({ shape: [1, channels, side, side] }, 'owned', x, on),
      operand({ shape: [outputs, channels, 3, 3] }, 'owned', f, on),
    ];
    const y = operand({ shape: [1, outputs, size, size] }, 'owned', undefined, on);
    on.run(conv2dOp.op, [y], ins, attrs(0));
    let [errors, squares] = [0, 0];
    // Every 83rd output: all positions in a tile, all channels.
    for (let i = 0; i < y.buffer.length; i += 83) {
      const [o, row, column] = [Math.floor(i / size ** 2), Math.floor(i / size) % size, i % size];
      let exact = 0;
      for (let c = 0; c < channels; c++) {
        for (let t = 0; t < 9; t++) {
          const at = (c * side + row + Math.floor(t / 3)) * side + column + (t % 3);
          exact += x[at] * f[(o * channels + c) * 9 + t];
        }
      }
      errors += (y.buffer.values[i] - exact) ** 2;
      squares += exact ** 2;
    }
    const error = Math.sqrt(errors / squares);
    // Measured 1.6e-6 at 512 channels, without fused multiply-add. F(2x2) has at most 0.4e-7 sqrt(channels), so the second assertion shows
    // that F(4x4) ran.
    assert.ok(error < 1.5e-7 * Math.sqrt(channels), `${channels} channels: ${error}`);
    assert.ok(error > 0.5e-7 * Math.sqrt(channels), `${channels} channels: ${error}`);
    for (const v of [...ins, y]) on.free(v.buffer);
  }
});

/** Runs an action. Returns the sorted names of the functions for convolutions that ran on workers. */
function splitBy(action: () => void): string[] {
  const names = new Set<string>();
  const { run } = WorkerPool.prototype;
  WorkerPool.prototype.run = function (kernel, ...rest) {
    if (/conv|winograd/.test(kernel)) names.add(kernel);
    run.call(this, kernel, ...rest);
  };
  try {
    action();
  } finally {
    WorkerPool.prototype.run = run;
  }
  return [...names].sort();
}

// Sides for which both forms run: at side 9, tiles of 2 x 2 would be too empty. 8 images of 8 x 8 are one chunk of the filter gradient, 16
// of 12 x 12 are four.
for (const [n, side, chunks] of [
  [8, 8, 1],
  [16, 12, 4],
]) {
  test(`both forms give the same bits with 1, 2 and 3 threads; chunks: ${chunks}`, async () => {
    const [ci, co] = [33, 35];
    const [x, f, y] = [
      [n, ci, side, side],
      [co, ci, 3, 3],
      [n, co, side, side],
    ].map((shape) => ({ shape, values: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform() - 0.5) }));
    assert.is(chunksOf({ x: x.shape, w: f.shape, y: y.shape }), chunks);
    for (const winograd of [2, 4] as const) {
      const on = await wasm({ winograd, workers: { partCost: 0 } });
      const run = () =>
        [
          [conv2dOp.op, y, [x, f]] as const,
          [conv2dInput.op, x, [y, f]] as const,
          [conv2dWeight.op, f, [x, y]] as const,
        ].flatMap(([kernel, out, ins]) => {
          const given = ins.map((v) => operand(v, 'owned', v.values, on));
          const result = operand(out, 'owned', undefined, on);
          on.run<any>(kernel, [result], given, attrs(1));
          const values = [...result.buffer.values];
          for (const v of [...given, result]) on.free(v.buffer);
          return values;
        });
      const one = run();
      const form = winograd === 2 ? 'winograd' : 'winograd4';
      for (const threads of [2, 3]) {
        await on.setThreads!(threads);
        let several: number[] = [];
        const names = splitBy(() => (several = run()));
        assert.equal(names, [form, `${form}Filter`, 'winogradWeight'].sort());
        sameBits(several, one, `F(${winograd}x${winograd}), ${threads} threads`);
      }
      await on.setThreads!(1);
    }
  });
}

test('transforms and partial sums take at most 256 MiB, so no size reaches 2^32 bytes, where it would wrap around', () => {
  const shapesOf = (co: number, ci: number, side: number, images = 8) => ({
    x: [images, ci, side, side],
    w: [co, ci, 3, 3],
    y: [images, co, side, side],
  });
  // 144 bytes for a filter of 6 x 6 values, 64 for one of 4 x 4.
  assert.equal(
    [512, 1365, 1366, 2048, 2049, 5462, 8192, 2 ** 20].map((channels) =>
      ([2, 4] as const).map((side) => hasSmallTransforms(shapesOf(channels, channels, 24), side)),
    ),
    [[true, true], [true, true], [true, false], [true, false], ...Array(4).fill([false, false])],
  );
  // Few outputs of many inputs, in a wide image.
  assert.not(hasSmallTransforms(shapesOf(12, 300_000, 1000), 4));
  assert.equal(
    [64, 512, 1024, 2048, 4096, 2 ** 20].map((channels) => chunksOf(shapesOf(channels, channels, 24))),
    [8, 8, 7, 1, 1, 1],
  );
});

test('setBackend takes winograd: 2, which via and the maker of a checkpoint show; 4 is the default', async () => {
  const makers: string[] = [];
  for (const [winograd, via] of [
    [undefined, /^wasm simd( fma)?$/],
    [4, /^wasm simd( fma)?$/],
    [2, /^wasm simd( fma)? F2$/],
  ] as const) {
    const on = await setBackend('wasm', winograd ? { winograd } : {});
    assert.match(on.via('conv2d'), via);
    makers.push((await describeMaker()).kernels as string);
  }
  assert.is(makers[0], makers[1]);
  assert.not.equal(makers[0], makers[2]);
  const refusal = await setBackend('wasm', { winograd: 3 as 4 }).catch((error) => error);
  assert.is(refusal.message, 'wasm: winograd must be 2 or 4: 3');
  await setBackend('reference');
});

test('an output is rounded like the largest value in its window, even if the weight of that value is 0', () => {
  const large = 2 ** 22;
  // Output (0, 0) reads pixel (0, 1) of each plane under tap (1, 2).
  const x = operand({ shape: shapes.x, value: (i) => (i % 64 === 1 ? large : 1) }, 'owned');
  const f = operand({ shape: shapes.f, value: (i) => (i % 9 === 5 ? 0 : 1 + (i % 9) / 8) }, 'owned');
  const [fast, plain] = [operand({ shape: shapes.y }, 'owned'), operand({ shape: shapes.y }, 'owned')];
  backend.run(conv2dOp.op, [fast], [x, f], attrs(1));
  conv2dOp.op.loop([viewOf(plain)], [viewOf(x), viewOf(f)], attrs(1));
  const error = Math.abs(fast.buffer.values[0] - plain.buffer.values[0]);
  // 33 channels, filters that sum to 11.9, and a few roundings by half a unit in the last place, 6e-8; F(4x4) has three times the error.
  assert.ok(error <= 3 * 4 * 6e-8 * 33 * 11.9 * large, `${error}`);
  assert.ok(error > 0, 'the plain form has no error here, so Winograd ran');
});

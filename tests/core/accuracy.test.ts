// The accuracy of reductions on inputs that are hard to sum: far from 0, cancelling, huge, tiny, many, and read through views.
//
// Loops and kernels accumulate in float64 and round once to float32. Against the exact result y of the float32 inputs:
//
//   |sum - y|        <= 6e-8 |y| + n 1.2e-16 sum |x|        2^-24, and n roundings of float64
//   |mean - y|       <= 6e-8 |y| + 1.2e-16 sum |x|
//   |variance - y|   <= 1.2e-7 y                              two passes, so the size of x does not matter
import { existsSync } from 'node:fs';
import * as bg from '../../index.js';
import { assert, subject } from '../spec.js';

type Tensor = bg.Tensor;

/** The sum of numbers, with a compensation for the rounding error of each addition (Neumaier 1974). */
function exactSum(values: Iterable<number>): number {
  let [sum, lost] = [0, 0];
  for (const v of values) {
    const next = sum + v;
    lost += Math.abs(sum) >= Math.abs(v) ? sum - next + v : v - next + sum;
    sum = next;
  }
  return sum + lost;
}

const stream = new bg.Random(11).stream('accuracy');
const many = 1_000_000;
const inputs: Record<string, Float32Array> = {
  'seven times 10,000,001': new Float32Array(7).fill(10_000_001),
  'far from 0': Float32Array.from({ length: 999 }, (_, i) => 1e7 + (i % 5)),
  'alternating signs': Float32Array.from({ length: 1000 }, (_, i) => (i % 2 ? 1 : -1) * (1e6 + (i % 13))),
  'of size 1e20': Float32Array.from({ length: 77 }, () => 1e20 * (stream.uniform() - 0.5)),
  'of size 1e-15': Float32Array.from({ length: 77 }, () => 1e-15 * (1 + stream.uniform())),
  'one large, many small': Float32Array.from({ length: 5001 }, (_, i) => (i === 17 ? 3e8 : 0.1)),
  'a million near 1': Float32Array.from({ length: many }, () => 1 + 1e-3 * stream.normal()),
};

/** Asserts that got is y rounded to float32, which is infinite or 0 if y is out of range, or that |got - y| <= bound. */
function near(got: number, y: number, bound: number, what: string): void {
  const want = Math.fround(y);
  const fits = Object.is(got, want) || Math.abs(got - y) <= bound + 1e-45;
  assert.ok(fits, `${what}: ${got}, exactly ${y}, bound ${bound}`);
}

const engines: [name: string, set: () => Promise<unknown>][] = [['reference', () => bg.setBackend('reference')]];
let fuses = false;
if (existsSync('core/backends/wasm')) {
  fuses = /fma/.test((await bg.setBackend('wasm')).via('matmul'));
  await bg.setBackend('reference');
  for (const fma of fuses ? [false, true] : [false])
    for (const threads of [1, 2])
      engines.push([
        `wasm${fma ? ', fused, with wide tiles if the engine pairs vectors' : ''}, ${threads} threads`,
        async () => {
          await bg.setBackend('wasm', { fma, wide: fma });
          await bg.setThreads(threads);
        },
      ]);
}

const test = subject('Accuracy of reductions');
if (!fuses)
  test.skip('the kernels with fused multiply-add', `no relaxed SIMD in ${process.version}, or no wasm folder`);

for (const [engine, set] of engines) {
  test(`${engine}: sum, mean and variance of hard inputs are rounded once, also through views and over axes`, async () => {
    await set();
    for (const [name, values] of Object.entries(inputs)) {
      const n = values.length;
      const sum = exactSum(values);
      const size = exactSum(values.map(Math.abs));
      const mean = sum / n;
      const squares = exactSum(Float64Array.from(values, (v) => (v - mean) ** 2));
      const x = bg.tensor(values);
      // Each column, and each row of the transposed view, holds the values.
      const columns = bg.tensor(
        Float32Array.from({ length: 3 * n }, (_, i) => values[Math.floor(i / 3)]),
        { shape: [n, 3] },
      );
      const views: [string, Tensor, number?][] =
        n === many
          ? [['', x]]
          : [
              ['', x],
              ['columns of ', columns, 0],
              ['rows of a view of ', columns.transpose(), 1],
            ];
      for (const [kind, t, axis] of views) {
        const what = `${engine}: ${kind}${name}`;
        const all = (y: Tensor) => (y.ndim ? [...y.dataSync()] : [y.itemSync()]);
        for (const got of all(t.sum(axis))) near(got, sum, 6e-8 * Math.abs(sum) + n * 1.2e-16 * size, `${what}: sum`);
        for (const got of all(t.mean(axis))) near(got, mean, 6e-8 * Math.abs(mean) + 1.2e-16 * size, `${what}: mean`);
        for (const got of all(t.variance(axis)))
          near(got, squares / (n - 1), (1.2e-7 * squares) / (n - 1), `${what}: variance`);
        for (const got of all(t.variance(axis, { unbiased: false })))
          near(got, squares / n, (1.2e-7 * squares) / n, `${what}: biased variance`);
      }
    }
    await bg.setThreads(1);
  });

  test(`${engine}: layerNorm, its gradient and batchNorm do not depend on how far from 0 the input is`, async () => {
    await set();
    const base = [-2, 1, 3, -1, 0, 4, 2, -3];
    const g = bg.tensor([1, -2, 0.5, 3, -1, 2, 1, -0.5], { shape: [1, 8] });
    const runs = [0, 2 ** 23].map((offset) => {
      const x = bg.tensor(
        base.map((v) => v + offset),
        { shape: [1, 8], requiresGrad: true },
      );
      const y = bg.layerNorm(x, [8]);
      bg.mul(y, g).sum().backward();
      const [h] = bg.batchNorm(x.detach().reshape([8, 1]), bg.ones([1]), bg.zeros([1]));
      return [y, x.grad!, h].map((t) => [...t.dataSync()]);
    });
    runs[0].forEach((near0, part) => {
      near0.forEach((v, i) =>
        assert.ok(Math.abs(v - runs[1][part][i]) <= 2e-6, `${part} ${i}: ${v}, ${runs[1][part][i]}`),
      );
    });
    await bg.setThreads(1);
  });
}

test('the mean of large values does not overflow, and the mean of tiny values does not vanish; the mean of integers is a float64', async () => {
  await bg.setBackend('reference');
  assert.is(bg.tensor([3e38, 3e38, 3e38]).mean().itemSync(), Math.fround(3e38));
  assert.is(bg.tensor([1e-45, 1e-45]).mean().itemSync(), Math.fround(1e-45));
  assert.is(bg.tensor([1, 2, 4], { dtype: 'int32' }).mean().dtype, 'float64');
  assert.is(bg.tensor([1, 2, 6], { dtype: 'int32' }).mean().itemSync(), 3);
  assert.is(bg.tensor([1, 3], { dtype: 'int32' }).variance().itemSync(), 2);
});

test('norm and std of each row are right if its squares overflow or vanish, and have finite gradients', async () => {
  await bg.setBackend('reference');
  const scales = [1e25, 1, 1e-25];
  const x = bg.tensor(
    scales.map((s) => [3 * s, 4 * s]),
    { requiresGrad: true },
  );
  for (const [f, rows, slopes] of [
    [bg.norm, 5, [0.6, 0.8]],
    [bg.std, Math.SQRT1_2, [-Math.SQRT1_2, Math.SQRT1_2]],
  ] as const) {
    const y = f(x, 1);
    const [g] = bg.grad(y.sum(), [x]);
    y.dataSync().forEach((v, i) => near(v, rows * scales[i], 2e-7 * rows * scales[i], `row ${i}`));
    g.dataSync().forEach((v, i) => near(v, slopes[i % 2], 3e-7, `gradient ${i}`));
  }
  assert.is(bg.norm(bg.zeros([0, 2])).itemSync(), 0);
});

test('a sum of integers beyond int32 is refused, and does not wrap around', () => {
  const x = bg.tensor(new Int32Array([2 ** 31 - 1, 1, -5]));
  assert.throws(() => x.slice([[0, 2]]).sum(), /sum: not an int32: 2147483648 at 0; use float64/);
  assert.is(x.sum().itemSync(), 2 ** 31 - 5);
  assert.is(
    x
      .cast('float64')
      .slice([[0, 2]])
      .sum()
      .itemSync(),
    2 ** 31,
  );
});

test('batch normalization by running statistics keeps its digits where the mean is 10,000,001', () => {
  const [mu, s2, weight, bias, eps] = [10_000_001, 3.3, 0.7, 0.1, 1e-5];
  const values = [2, -2, 5];
  const column = (...v: number[]) => bg.tensor(v);
  const x = bg.tensor(values.map((v) => [mu + v]));
  const y = bg.batchNormWith(x, column(weight), column(bias), column(mu), column(s2), { eps }).dataSync();
  // Five roundings of float32.
  values.forEach((v, i) => near(y[i], (weight * v) / Math.sqrt(s2 + eps) + bias, 3e-7 * Math.abs(y[i]), `${v}`));
});

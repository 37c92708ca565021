// The bounded step and the check of gradients before it on the wasm backend.
import type { Backend, BufferView, Lifetime, View } from '../../core/backends/backend.js';
import { reference } from '../../core/backends/reference.js';
import { wasm } from '../../core/backends/wasm/backend.js';
import { backend as currentBackend, scope, setBackend, type Tensor, zeros } from '../../core/index.js';
import { describeMaker } from '../../fit/settings.js';
import { explain } from '../../optim/inspect/explain.js';
import { noProgress, scalarsAt } from '../../optim/rule.js';
import { optimizers } from '../../optim/rules/registry.js';
import { initialOf, stateOf } from '../../optim/state.js';
import { boundedStepKernel, type Scalars } from '../../optim/step.js';
import { assert, subject } from '../spec.js';
import { sameBits } from './runs.js';
import { backend, FAST, operand, random, same, wide } from './sameAsLoop.js';

const test = subject('WebAssembly: the bounded step');

/** The backend whose steps have the bits of the loops. The default backend takes most steps in float32. */
const exact = await wasm({ exactStep: true });
const EXACT = exact.via('boundedStep');

const adam: Scalars = {
  wd: 0,
  b1: 0.9,
  k: 1 - 0.9,
  b2: 0.999,
  k2: 1 - 0.999,
  a: 1e-3,
  e: 1e-8,
  lo: 0,
  hi: Infinity,
  s: 1,
  p: 1,
  q: 0,
  keep: 1,
};

const draw = (n: number, f: (i: number) => number) => Float32Array.from({ length: n }, (_, i) => f(i));
const normal = () => random.normal();
const positive = () => 1e-3 * random.uniform();

/** Asserts that the loop and the kernel change the arrays [x, m, v?, u?, h?] to the same bits, for both lifetimes. */
function step(scalars: Scalars, arrays: Float32Array[], g: Float32Array, via = EXACT, on = exact): void {
  const given = arrays.map((a) => a.slice());
  const view = (data: Float32Array): View => ({ data, shape: [data.length], stride: [1], offset: 0 });
  boundedStepKernel.loop(arrays.map(view), [view(g)], [scalars]);
  for (const lifetime of ['owned', 'collected'] as const) {
    const put = (a: Float32Array) =>
      operand({ shape: [a.length], offset: 1, value: (i) => a[i - 1] ?? 7 }, lifetime, undefined, on);
    const [outs, gradient] = [given.map(put), put(g)];
    on.run(boundedStepKernel, outs, [gradient], [scalars]);
    assert.is(on.via('boundedStep'), via);
    outs.forEach(({ buffer }, k) => {
      assert.is(buffer.values[0], 7, 'nothing before is written');
      arrays[k].forEach((want, i) => {
        const got = buffer.values[i + 1];
        assert.ok(Object.is(got, want), `${lifetime} ${'xmvuh'[k]}[${i}]: ${got}, the loop ${want}`);
      });
    });
    for (const v of [...outs, gradient]) on.free(v.buffer);
  }
}

for (const [key, Optimizer] of Object.entries(optimizers)) {
  test(`${key}: 20 steps give the bits of the loop, with and without weight decay`, () => {
    for (const weightDecay of [0, 0.1]) {
      const rule = Optimizer.rule({ weightDecay });
      const progress = noProgress();
      const arrays = [draw(13, normal), ...stateOf(rule).map((key) => draw(13, () => initialOf(rule, key)))];
      for (let t = 0; t < 20; t++) step(scalarsAt(rule, progress, 1), arrays, draw(13, normal));
    }
  });
}

test('every option gives the bits of the loop: momentum forms, bounds, long memory, Nesterov, decay, a box', () => {
  const options: Partial<Scalars>[] = [
    {},
    { wd: 0.01, keep: 0.999 },
    { b1: 0, k: 1, b2: 0, k2: 1 },
    { k: 1, lo: 0.1, hi: 0.1 },
    { lo: 1e-3, hi: 0.5, s: 0.3 },
    { b2: 1, k2: 1 },
    { p: 0.9, q: 0.1 },
    { box: [-0.5, 0.25] },
    { s: 0 },
    { a: 0 },
  ];
  for (const option of options) {
    for (const n of [1, 2, 3, 8, 31]) {
      for (const count of [2, 3, 4]) {
        const arrays = [draw(n, normal), draw(n, normal), draw(n, positive), draw(n, positive)];
        step({ ...adam, ...option }, arrays.slice(0, count), draw(n, normal));
      }
    }
  }
});

/** Options that the compiled step supports for rules other than Adam, SGD and their bounded forms. h: whether the rule has ceilings. */
const further: { scalars: Partial<Scalars>; h?: boolean }[] = [
  { scalars: scalarsAt(optimizers.adabelief.rule({ eps: 1e-9 }), noProgress()) },
  { scalars: scalarsAt(optimizers.yogi.rule(), noProgress()) },
  { scalars: scalarsAt(optimizers.adamax.rule({ lr: 0.5 }), noProgress()) },
  { scalars: { power: 0.5, e: 0.1 } },
  { scalars: { power: 2, e: 0 } },
  { scalars: { b3: 0.9, s: 0.3 }, h: true },
  { scalars: { b3: 0.9, s: 0, lo: 0.1, hi: 0.2 }, h: true },
  { scalars: { signed: true, p: 0.9, q: 0.1, lo: 0.1, hi: 0.1 } },
  { scalars: { signed: true, b3: 0, box: [-0.5, 0.5] }, h: true },
];

test('every option of AdaBelief, Padam, AdaMod and the other rules gives the bits of the loop, also with zeros, NaN, infinities and the limits of float32', () => {
  const edges = [0, -0, Number.NaN, Infinity, -Infinity, 1e-30, -1e-45, 3e38, -1e20, 1];
  for (const { scalars, h } of further) {
    for (const long of [false, true]) {
      const names = ['m', 'v', ...(long ? ['u'] : []), ...(h ? ['h'] : [])];
      const own = { ...adam, ...scalars };
      for (const n of [1, 2, 7]) step(own, [draw(n, normal), ...names.map(() => draw(n, positive))], draw(n, normal));
      const at = (k: number) => draw(100, (i) => edges[(i * (k + 1) + k) % 10]);
      const state = names.map((name, k) => (name === 'm' ? at(k + 1) : at(k + 1).map(Math.abs)));
      step(
        own,
        [at(0), ...state],
        draw(100, (i) => edges[Math.floor(i / 10)]),
      );
    }
  }
});

/** Sizes of parameters that one call steps. */
const sizes = [1, 2, 3, 5, 16, 17, 31, 64, 100, 1000];

/** Views of the x, m and v of several parameters, and of their gradients, each at an offset in its buffer. values: x, m, v and gradient of each
 *  parameter. */
function several(on: Backend, lifetime: Lifetime, values: Float32Array[]): { outs: BufferView[]; ins: BufferView[] } {
  const views = values.map((own, i) => {
    const value = (k: number) => own[k - (i % 3)] ?? 7;
    return operand({ shape: [own.length], offset: i % 3, value }, lifetime, undefined, on);
  });
  return { outs: views.filter((_, i) => i % 4 < 3), ins: views.filter((_, i) => i % 4 === 3) };
}

test('one call steps parameters of any sizes, each with its own scalars: the bits of the loop with 1, 2 and 3 threads', async () => {
  const steps = sizes.map((n) => ({ ...adam, a: 1 / n, wd: n % 2 }));
  const values = sizes.flatMap((n) => [draw(n, normal), draw(n, normal), draw(n, positive), draw(n, normal)]);
  const expected = several(reference, 'collected', values);
  reference.run(boundedStepKernel, expected.outs, expected.ins, steps);
  for (const threads of [1, 2, 3]) {
    const on = await wasm({ exactStep: true, workers: { partCost: 0 } });
    await on.setThreads!(threads);
    for (const lifetime of ['owned', 'collected'] as const) {
      const { outs, ins } = several(on, lifetime, values);
      on.run(boundedStepKernel, outs, ins, steps);
      assert.is(on.via('boundedStep'), EXACT);
      outs.forEach(({ buffer }, i) => {
        assert.equal([...buffer.values], [...expected.outs[i].buffer.values], `${threads} threads, ${lifetime} ${i}`);
      });
    }
    await on.setThreads!(1);
  }
});

test('parameters that share a buffer are stepped in order: the gradient of one may be another parameter', async () => {
  const on = await wasm({ exactStep: true, workers: { partCost: 0 } });
  await on.setThreads!(2);
  const results: number[][][] = [];
  for (const target of [reference, on]) {
    const values = [0, 1, 2, 3].flatMap((k) => [0, 1, 2, 3].map((j) => draw(999, (i) => Math.sin(i + k + 7 * j))));
    const { outs, ins } = several(target, 'owned', values);
    // Each gradient is the previous parameter.
    for (let k = 1; k < 4; k++) ins[k] = outs[3 * (k - 1)];
    target.run(boundedStepKernel, outs, ins, new Array(4).fill({ ...adam, a: 0.1 }));
    results.push(outs.map(({ buffer }) => [...buffer.values]));
  }
  await on.setThreads!(1);
  const [expected, got] = results;
  assert.equal(got, expected);
});
test('a call whose counts of non-finite gradients are not all 0 changes nothing', () => {
  for (const count of [0, 2]) {
    const counts = operand({ shape: [2], dtype: 'int32', value: (i) => i * count }, 'owned');
    const [x, m, g] = [0, 1, 2].map(() => operand({ shape: [5], value: () => 1 }, 'owned'));
    backend.run(boundedStepKernel, [x, m], [counts, g], [{ ...adam, hi: 1, lo: 1 }]);
    assert.is(backend.via('boundedStep'), FAST);
    assert.is(x.buffer.values[0] === 1, count > 0);
  }
});

test('a step whose second moment or power the kernel does not support runs on the loop', () => {
  const second = { formula: 'v + |g|', next: (v: number, g: number) => v + Math.abs(g) };
  for (const scalars of [{ second }, { power: 0.25 }]) {
    const arrays = [draw(5, normal), draw(5, normal), draw(5, positive)];
    step({ ...adam, ...scalars }, arrays, draw(5, normal), 'loop');
  }
});

test('a direction of 0 gives no step even at an infinite rate; NaN, infinities and the limits of float32 give the bits of the loop', () => {
  const edges = [0, -0, Number.NaN, Infinity, -Infinity, 1e-30, 1e-45, 3e38, 1e20, 1];
  for (const option of [{ e: 0 }, { e: 0, lo: 1, hi: 1 }, { wd: 0.1 }, { p: 0.9, q: 0.1, e: 0 }]) {
    for (const shift of [0, 1, 3, 7]) {
      const [x, m, v, u] = [0, 1, 2, 3].map((k) => draw(100, (i) => edges[(i * (k + 1) + k * shift) % 10]));
      step(
        { ...adam, ...option },
        [x, m, v.map(Math.abs), u.map(Math.abs)],
        draw(100, (i) => edges[Math.floor(i / 10)]),
      );
      const still = [draw(5, () => 2), draw(5, () => 0), draw(5, () => 0)];
      step(
        { ...adam, e: 0 },
        still,
        draw(5, () => 0),
      );
      assert.equal([...still[0]], [2, 2, 2, 2, 2]);
    }
  }
});

test('parameters of any length outside linear memory are copied through it in blocks', () => {
  for (const n of [8191, 8192, 8193, 20_001]) {
    step(adam, [draw(n, normal), draw(n, normal), draw(n, positive)], draw(n, normal));
  }
});

test('a long parameter outside linear memory is stepped to its end: its blocks share one piece of scratch memory', async () => {
  for (const exactStep of [true, false]) {
    const on = await wasm({ exactStep, wide: wide && !exactStep });
    const views = [1, 0, 0, 1].map((value) =>
      operand({ shape: [2_000_000], value: () => value }, 'collected', undefined, on),
    );
    on.run(boundedStepKernel, views.slice(0, 3), [views[3]], [adam]);
    assert.is(on.via('boundedStep'), exactStep ? EXACT : FAST);
    const x = views[0].buffer.values;
    assert.ok(x[0] < 1 && x.every((value) => value === x[0]));
  }
});

test('countNonFinite counts NaN and both infinities, in views of any length', () => {
  const loop = ([counts]: View[], gradients: View[]) => {
    gradients.forEach((g, i) => {
      const values = [...g.data.subarray(g.offset, g.offset + g.shape[0])];
      counts.data[counts.offset + i] = values.filter((x) => !Number.isFinite(x)).length;
    });
  };
  const kernel = { name: 'countNonFinite', loop };
  const wrong = [1, Number.NaN, Infinity, 3e38, -Infinity, -0, 1e-45];
  const views = [1, 2, 3, 4, 5, 7, 100, 9000].flatMap((n) =>
    [normal, (i: number) => wrong[i % 7], () => Number.NaN].map((value) => ({ shape: [n], offset: 3, value })),
  );
  for (const ins of [[views[0]], [views[4]], views, [...views].reverse()]) {
    const counts = { shape: [ins.length], dtype: 'int32' as const, offset: 1 };
    assert.is(same(kernel, [counts], ins, {}, 0), FAST);
  }
});

test('with exactStep an optimizer gives the same bits on this backend as on the reference', async () => {
  const trajectory = async (which: 'reference' | 'wasm') => {
    await setBackend(which, { exactStep: true });
    const start = draw(50, (i) => Math.sin(i));
    const x: Tensor = zeros([50]).assign(start);
    x.requiresGrad = true;
    const optimizer = new optimizers.amsbound([x], { lr: 0.01, weightDecay: 0.1 });
    for (let t = 1; t <= 5; t++) {
      scope(() => {
        optimizer.zeroGrad();
        x.grad = zeros([50])
          .assign(draw(50, (i) => Math.cos(i * t)))
          .keep();
        optimizer.step();
      });
    }
    assert.is(currentBackend().via('boundedStep'), which === 'wasm' ? EXACT : 'loop');
    return [...x.dataSync()];
  };
  const expected = await trajectory('reference');
  const got = await trajectory('wasm');
  await setBackend('reference');
  assert.equal(got, expected);
});

/** Runs one step of one parameter on the default backend. Returns x, m, .. */
function float32(c: Scalars, arrays: Float32Array[], g: Float32Array): Float32Array[] {
  const put = (a: Float32Array) => operand({ shape: [a.length], value: (i) => a[i] }, 'owned');
  const [outs, gradient] = [arrays.map(put), put(g)];
  backend.run(boundedStepKernel, outs, [gradient], [c]);
  const results = outs.map(({ buffer }) => Float32Array.from(buffer.values));
  for (const { buffer } of [...outs, gradient]) backend.free(buffer);
  return results;
}

/** Runs one step of one parameter on the loop, in place. */
function loop(c: Scalars, arrays: Float32Array[], g: Float32Array): void {
  const view = (data: Float32Array): View => ({ data, shape: [data.length], stride: [1], offset: 0 });
  boundedStepKernel.loop(arrays.map(view), [view(g)], [c]);
}

/** A unit in the last place, as a part of the value. For a sum, as a part of the sum of its terms' magnitudes, because terms may cancel. */
const UNIT = 2 ** -23;

for (const [key, Optimizer] of Object.entries(optimizers)) {
  test(`${key}: after a step in float32 x, m and v are within 2 units in the last place of the loop's, or 3 with weight decay`, () => {
    // Coupled weight decay adds three roundings to g, which v squares.
    for (const [weightDecay, most] of [
      [0, 2],
      [0.1, 3],
    ]) {
      const rule = Optimizer.rule({ weightDecay });
      const progress = noProgress();
      const arrays = [draw(999, normal), ...stateOf(rule).map((key) => draw(999, () => initialOf(rule, key)))];
      for (let t = 0; t < 8; t++) {
        const [c, g] = [scalarsAt(rule, progress, 1), draw(999, normal)];
        const before = arrays.map((a) => a.slice());
        const got = float32(c, arrays, g);
        loop(c, arrays, g);
        for (let i = 0; i < 999; i++) {
          const [x, m, v = 0] = before.map((a) => Math.abs(a[i]));
          const gradient = Math.abs(g[i]) + c.wd * x;
          const direction = c.b1 * m + c.k * gradient;
          const moved = Math.abs(arrays[0][i] - c.keep * before[0][i]);
          const share = Math.abs(c.p * arrays[1][i] + c.q * g[i]) || 1;
          // n d is the product of two numbers that were already rounded.
          const terms = [
            x + (1.5 * moved * (c.p * direction + c.q * gradient)) / share,
            direction,
            c.b2 * v + c.k2 * gradient ** 2,
          ];
          terms.forEach((size, k) => {
            if (!arrays[k] || size === 0) return;
            const error = Math.abs(got[k][i] - arrays[k][i]) / (UNIT * size);
            assert.ok(
              error <= most,
              `step ${t + 1}, ${'xmv'[k]}[${i}]: ${got[k][i]} for ${arrays[k][i]}: ${error} units`,
            );
          });
        }
      }
    }
  });
}
test('over 20,000 steps the averages stay near those of the loop, because a decay rate near 1 is not rounded', () => {
  for (const b2 of [0.999, 0.9999, 0.99999]) {
    const c = { ...adam, b2, k2: 1 - b2, keep: 1 - 1e-5, a: 0 };
    const arrays = [draw(8, () => 1), draw(8, () => 0), draw(8, () => 0)];
    const views = arrays.map((a) => operand({ shape: [8], value: (i) => a[i] }, 'owned'));
    const g = operand({ shape: [8], value: (i) => 1 + i / 8 }, 'owned');
    for (let t = 0; t < 20_000; t++) {
      backend.run(boundedStepKernel, views, [g], [c]);
      loop(c, arrays, g.buffer.values as Float32Array);
    }
    // Loop and kernel round 20,000 times.
    arrays.forEach((a, k) => {
      const got = views[k].buffer.values;
      a.forEach((x, i) => assert.ok(Math.abs(got[i] / x - 1) < 3e-4, `${b2}: ${'xmv'[k]} ${got[i]} for ${x}`));
    });
  }
});

test('a rate is clipped as on the loop unless it is within 2 units in the last place of a bound', () => {
  const n = 4096;
  const [lo, a] = [0.3, 0.001];
  // a / sqrt(v) is up to 20 units from the bound. b1 = 0 and g = 2^-20 give d = 2^-20, so x = 0 becomes -rate d without rounding.
  const unit = 2 ** -25;
  const v = draw(n, (i) => (a / (lo * (1 + ((i % 401) - 200) * 0.1 * (unit / lo)))) ** 2);
  const c = { ...adam, b1: 0, k: 1, b2: 1, k2: 0, e: 0, a, lo };
  const [x] = float32(
    c,
    [draw(n, () => 0), draw(n, () => 0), v],
    draw(n, () => 2 ** -20),
  );
  let [clipped, free] = [0, 0];
  x.forEach((value, i) => {
    const r = a / Math.sqrt(v[i]);
    const isClipped = -value * 2 ** 20 === Math.fround(lo);
    if (Math.abs(r - lo) <= 2 * unit) return;
    assert.is(isClipped, r < lo, `${r} and ${lo}`);
    if (isClipped) clipped++;
    else free++;
  });
  assert.ok(clipped > 1000 && free > 1000, `${clipped} clipped, ${free} free`);
});

test('in float32 an infinite gradient moves a parameter of SGD to the edge of its box, as on the loop, and not to NaN', () => {
  for (const box of [[-1, 1], undefined] as const) {
    const c: Scalars = { ...adam, lo: 0.1, hi: 0.1, box };
    const arrays = [draw(6, () => 0.5), draw(6, () => 0)];
    const g = draw(6, (i) => (i % 2 ? Infinity : -Infinity));
    const [x] = float32(c, arrays, g);
    loop(c, arrays, g);
    assert.equal([...x], [...arrays[0]]);
    assert.is(x[0], box ? 1 : Infinity);
  }
});

test('in float32 a result is NaN or infinite if and only if the loop’s is', () => {
  // No subnormal gradient: with an infinite rate it makes a step only if b2, p and q do not round it to 0.
  const edges = [0, -0, Number.NaN, Infinity, -Infinity, 1e-30, -1, 3e38, 1e20, 1];
  for (const option of [{}, { e: 0 }, { e: 0, lo: 1, hi: 1 }, { wd: 0.1 }, { p: 0.9, q: 0.1, e: 0 }, { keep: 0.9 }]) {
    for (const shift of [0, 1, 3, 7]) {
      const arrays = [0, 1, 2, 3].map((k) => draw(100, (i) => edges[(i * (k + 1) + k * shift) % 10]));
      for (const k of [2, 3]) arrays[k] = arrays[k].map(Math.abs);
      const g = draw(100, (i) => edges[Math.floor(i / 10)]);
      const c = { ...adam, ...option };
      const got = float32(c, arrays, g);
      const before = arrays.map((a) => [...a]);
      loop(c, arrays, g);
      arrays.forEach((want, k) =>
        want.forEach((value, i) => {
          const at = `${JSON.stringify(option)} ${'xmvu'[k]}: ${before.map((a) => a[i])}; ${g[i]}`;
          assert.is(Number.isFinite(got[k][i]), Number.isFinite(value), `${got[k][i]} for ${value}: ${at}`);
        }),
      );
    }
  }
});

test('in float32 a direction of 0, or a schedule at 0, changes no bit of a parameter without decay', () => {
  const start = draw(1001, normal);
  for (const c of [
    { ...adam, e: 0 },
    { ...adam, s: 0 },
  ]) {
    const still = float32(
      c,
      [start, draw(1001, () => 0), draw(1001, () => 0)],
      draw(1001, () => 0),
    );
    assert.equal([...still[0]], [...start]);
  }
});

test('rules and scalars for which float32 is not accurate take their steps in float64, with the bits of the loop', () => {
  const options: Partial<Scalars>[] = [
    ...further.slice(0, 3).map(({ scalars }) => scalars),
    { signed: true, p: 0.9, q: 0.1 },
    { power: 2, e: 0 },
    { e: 1e-50 },
    { k: 1e-39 },
    { keep: 1 - 1e-16, a: 1e40 },
  ];
  for (const option of options) {
    const arrays = [draw(31, normal), draw(31, normal), draw(31, positive)];
    step({ ...adam, ...option }, arrays, draw(31, normal), FAST, backend);
  }
});

test('steps in float32 have the same bits with 1, 2 and 3 threads', async () => {
  const steps = sizes.map((n) => ({ ...adam, a: 1 / n, wd: n % 2 }));
  const values = sizes.flatMap((n) => [draw(n, normal), draw(n, normal), draw(n, positive), draw(n, normal)]);
  const results: number[][] = [];
  for (const threads of [1, 2, 3]) {
    const on = await wasm({ workers: { partCost: 0 } });
    await on.setThreads!(threads);
    for (const lifetime of ['owned', 'collected'] as const) {
      const { outs, ins } = several(on, lifetime, values);
      on.run(boundedStepKernel, outs, ins, steps);
      results.push(outs.flatMap(({ buffer }) => [...buffer.values]));
    }
    await on.setThreads!(1);
  }
  for (const other of results) sameBits(other, results[0]);
});

test('explain is within 1e-6 of the step that the kernel takes', async () => {
  await setBackend('wasm');
  const x: Tensor = zeros([50]).assign(draw(50, (i) => Math.sin(i)));
  x.requiresGrad = true;
  const optimizer = new optimizers.amsbound([x], { lr: 0.01, weightDecay: 0.1 });
  for (let t = 1; t <= 3; t++) {
    x.grad = zeros([50]).assign(draw(50, (i) => Math.cos(i * t)));
    const expected = await Promise.all(Array.from(x.dataSync(), (_, i) => explain(optimizer, x, i)));
    optimizer.step();
    x.dataSync().forEach((value, i) =>
      assert.ok(Math.abs(value - expected[i].x) <= 1e-6, `${value}, ${expected[i].x}`),
    );
  }
  await setBackend('reference');
});

test('`via` and a checkpoint’s description of its kernels name exactStep, which changes results; values other than bools are refused', async () => {
  const makers: string[] = [];
  for (const exactStep of [false, true]) {
    await setBackend('wasm', { exactStep });
    makers.push((await describeMaker()).kernels as string);
  }
  await setBackend('reference');
  assert.not.match(makers[0], /exactStep/);
  assert.match(makers[1], /exactStep/);
  const [own, other] = makers.map((text) => text.replace(/.*results /, ''));
  assert.is.not(own, other);
  assert.match(EXACT, / exactStep$/);
  const refusal = await setBackend('wasm', { exactStep: 1 as unknown as boolean }).catch((error) => error);
  assert.is(refusal.message, 'setBackend: exactStep must be true or false: 1');
});

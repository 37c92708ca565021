// Functions of single elements on the wasm backend: transcendental functions, comparisons and conversions.
import * as ops from '../../core/ops/index.js';
import { Random } from '../../core/random.js';
import { assert, subject } from '../spec.js';
import { backend, FAST, type Operand, operand, same } from './sameAsLoop.js';

const test = subject('WebAssembly: elements');
const random = new Random(23).stream('bits');
const special = [0, -0, 1e-45, -1e-40, 1.1754944e-38, 3.4e38, -3.4e38, Infinity, -Infinity, NaN];

/** The distance between neighbouring float32 values at y. */
function ulp(y: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(y))));
  return 2 ** (exponent - 23);
}

/** The error of a float32 result in ulp. 0 if the exact result rounds to it, also to infinity or 0. Infinite for
 *  0 in place of -0, and the reverse. */
function distance(got: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(got, rounded)) return 0;
  if (got === rounded) return Infinity;
  return Number.isFinite(exact) && Number.isFinite(got) ? Math.abs(got - exact) / ulp(exact) : Infinity;
}

// Measured at every 61st of the 2^32 float32 values, with and without fused multiply-add: exp 0.98, log 0.79, tanh 1.35, sigmoid 2.30,
// softplus 1.93; at every 427th: erf 1.07.
const bounds = [
  [ops.exp.op, 1],
  [ops.log.op, 1],
  [ops.tanh.op, 1.5],
  [ops.sigmoid.op, 2.5],
  [ops.softplus.op, 2],
  [ops.erf.op, 1.5],
] as const;

for (const [op, bound] of bounds) {
  const { name } = op;

  test(`${name}: within ${bound} ulp of the exact value, at every magnitude, next to its limits, and at IEEE's edges`, () => {
    const edges = [88.72283, 88.72284, -87.33655, -103.97, -103.98, 0.625, 0.92773, 0.92774, 1, 0.99999994, 1.0000001];
    const fixed = [...special, ...edges, ...edges.map((x) => -x)];
    const x = operand({ shape: [60_001] }, 'owned');
    const y = operand({ shape: [60_001] }, 'owned');
    const bits = new Uint32Array(x.buffer.values.buffer, x.buffer.values.byteOffset, 60_000);
    // A third are random bit patterns, a third are in [-12, 12), where the functions are not flat, and a third are near 1.
    bits.forEach((_, i) => (bits[i] = random.below(2 ** 32)));
    for (let i = 0; i < 20_000; i++) x.buffer.values[i] = 24 * random.uniform() - 12;
    for (let i = 20_000; i < 40_000; i++) x.buffer.values[i] = 1 + 0.01 * (random.uniform() - 0.5);
    x.buffer.values.set(fixed, 0);
    backend.run(op, [y], [x], {});
    const exact = new Float64Array(60_001);
    const whole = { shape: [60_001], stride: [1], offset: 0 };
    op.loop([{ data: exact, ...whole }], [{ data: x.buffer.values, ...whole }], {});
    const errors = Array.from(y.buffer.values, (got, i) => distance(got, exact[i]));
    const largest = errors.reduce((a, b) => Math.max(a, b));
    const at = errors.indexOf(largest);
    const [input, got] = [x.buffer.values[at], y.buffer.values[at]];
    assert.ok(largest <= bound, `largest error: ${name}(${input}) = ${got}, exactly ${exact[at]}: ${largest} ulp`);
    for (const v of [x, y]) backend.free(v.buffer);
  });

  test(`${name}: a value gives the same bits at every position, and views are accepted`, () => {
    const results = [1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 17, 35].map((n) => {
      const x = operand({ shape: [n], offset: 1, value: () => 0.7 }, 'owned');
      const y = operand({ shape: [n], offset: 1, value: () => 7 }, 'owned');
      backend.run(op, [y], [x], {});
      const values = [...y.buffer.values];
      for (const v of [x, y]) backend.free(v.buffer);
      assert.is(values[0], 7, 'nothing before is written');
      return values.slice(1, 1 + n);
    });
    assert.is(new Set(results.flat()).size, 1);
    const view = { shape: [5, 6], stride: [1, 5], offset: 2, value: (i: number) => 0.1 + i / 9 };
    // 2.5 ulp is at most 3e-7 of the value.
    assert.is(same(op, [{ shape: [5, 6], offset: 3 }], [view], {}, 3e-7), FAST);
  });
}

/** Phi(x), the normal distribution function, for x < 0: e^(-a^2/2) / sqrt(2 pi) / (a + 1 / (a + 2 / (a + 3 / ..))), a = -x. The loop
 *  adds 1 and erf, whose digits cancel there. */
function normalBelow(x: number): number {
  let fraction = 0;
  for (let i = 400; i > 0; i--) fraction = i / (fraction - x);
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI) / (fraction - x);
}

// Measured: gelu 6 ulp, its gradient 5 ulp. Below -12.9 Phi is subnormal, and has fewer digits.
test('gelu and its gradient: within 8 ulp of the exact value from -12.5 to -1.5, where 1 + erf would cancel; gelu is 0 below -14.5', () => {
  const x = operand({ shape: [60_000], value: (i) => -1.5 - (11 * i) / 60_000 }, 'owned');
  const one = operand({ shape: [60_000], value: () => 1 }, 'owned');
  const y = operand({ shape: [60_000] }, 'owned');
  for (const [name, exact, run] of [
    ['gelu', (v: number) => v * normalBelow(v), () => backend.run(ops.geluOp.op, [y], [x], {})],
    [
      'geluGrad',
      (v: number) => normalBelow(v) + (v * Math.exp((-v * v) / 2)) / Math.sqrt(2 * Math.PI),
      () => backend.run(ops.geluGrad.op, [y], [one, x], {}),
    ],
  ] as const) {
    run();
    y.buffer.values.forEach((got, i) => {
      const v = x.buffer.values[i];
      const far = distance(got, exact(v));
      assert.ok(far <= 8, `${name}(${v}) = ${got}, exactly ${exact(v)}: ${far} ulp`);
    });
  }
  x.buffer.values.forEach((_, i) => (x.buffer.values[i] = -14.5 * 1.002 ** i));
  backend.run(ops.geluOp.op, [y], [x], {});
  assert.ok(y.buffer.values.every((v, i) => v === 0 || x.buffer.values[i] === -Infinity));
  for (const v of [x, one, y]) backend.free(v.buffer);
});

test('gelu and its gradient equal their loops to float32, also far from 0 and for NaN and infinity', () => {
  const special = [NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 3.4e38, -3.4e38];
  for (const n of [1, 3, 4, 9, 4001]) {
    const x = {
      shape: [n],
      value: (i: number) => (i % 2 ? 12 * Math.sin(i) : (special[i >> 1] ?? i / 1000)),
      offset: 1,
    };
    // The tolerance for a value y is 3e-7 (1 + |y|): 2 ulp are at most 2.4e-7 |y|, and a value with a larger error is small.
    assert.is(same(ops.geluOp.op, [{ shape: [n] }], [x], {}, 3e-7), FAST);
    assert.is(same(ops.geluGrad.op, [{ shape: [n], offset: 2 }], [{ shape: [n] }, x], {}, 3e-7), FAST);
  }
  const view = { shape: [5, 6], stride: [1, 5] };
  assert.is(same(ops.geluGrad.op, [{ shape: [5, 6] }], [view, { ...view, offset: 1 }], {}, 3e-7), FAST);
});

const shape = [3, 7];
const value = (i: number) => (i % 3 ? special[i % 10] : (i % 5) - 2);
const operands: Operand[] = [
  { shape, value },
  { shape, value: (i) => value(i + 1) },
  { shape, stride: [0, 0], offset: 4, value },
  { shape, stride: [1, 3], value },
  { shape, stride: [0, 1], value },
  { shape, stride: [-7, 1], offset: 14, value },
];

test('comparisons equal their loops for NaN, infinities, both zeros, repeated values and views', () => {
  const kernels = [ops.equal, ops.notEqual, ops.less, ops.lessEqual, ops.greater, ops.greaterEqual].map((o) => o.op);
  for (const kernel of kernels) {
    const out = { shape, dtype: 'bool' as const, offset: 1 };
    for (const a of operands) for (const b of operands) assert.is(same(kernel, [out], [a, b], {}, 0), FAST);
    assert.is(same(kernel, [{ shape: [], dtype: 'bool' }], [{ shape: [] }, { shape: [] }], {}, 0), FAST);
    assert.is(same(kernel, [{ shape: [0], dtype: 'bool' }], [{ shape: [0] }, { shape: [0] }], {}, 0), 'loop');
  }
});

test('where selects a for every byte except 0, from repeated values and views, float32 and int32', () => {
  const conditions: Operand[] = [
    { shape, dtype: 'bool', value: (i) => (i % 3 === 1 ? 0 : i) },
    { shape, dtype: 'bool', stride: [1, 3], value: (i) => i % 2 },
    { shape, dtype: 'bool', stride: [0, 1], value: (i) => i % 2 },
    { shape, dtype: 'bool', stride: [0, 0], value: () => 1 },
  ];
  for (const c of conditions) {
    for (const a of operands) {
      for (const b of operands) assert.is(same(ops.whereOp.op, [{ shape, offset: 2 }], [c, a, b], {}, 0), FAST);
      const ints = { ...a, dtype: 'int32' as const, value: (i: number) => 1e8 * i };
      assert.is(same(ops.whereOp.op, [{ shape, dtype: 'int32' }], [c, ints, ints], {}, 0), FAST);
    }
  }
});

test('cast equals its loop between float32, int32 and bool, also for NaN and numbers beyond int32', () => {
  const numbers = [...special, 2147483520, 2147483648, -2147483648, -2147483904, 4294967296, 6e9, 1e15, 2 ** 63, -3e19];
  const float = (i: number) => (i % 2 ? numbers[(i >> 1) % numbers.length] : i / 3 - 7);
  const int = (i: number) => [0, 1, -1, 2147483647, -2147483648, 16777217, 123456789][i % 7];
  const bit = (i: number) => (i % 3 ? 1 : 0);
  const given = { float32: float, int32: int, bool: bit };
  const dtypes = ['float32', 'int32', 'bool'] as const;
  for (const from of dtypes) {
    for (const to of dtypes) {
      if (from === to) continue;
      for (const n of [1, 3, 4, 9, 50]) {
        const x = { shape: [n], dtype: from, value: given[from] };
        assert.is(same(ops.castOp.op, [{ shape: [n], dtype: to, offset: 1 }], [x], { dtype: to }, 0), FAST);
      }
      const view = { shape, dtype: from, stride: [1, 3], value: given[from] };
      assert.is(same(ops.castOp.op, [{ shape, dtype: to }], [view], { dtype: to }, 0), FAST);
    }
  }
  assert.is(same(ops.castOp.op, [{ shape, dtype: 'float64' }], [{ shape }], { dtype: 'float64' }, 0), 'loop');
});

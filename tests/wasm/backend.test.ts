import type { Buffer, BufferView, Lifetime } from '../../core/backends/backend.js';
import { wasm } from '../../core/backends/wasm/backend.js';
import { type Allocator, classOf } from '../../core/backends/wasm/memory.js';
import { neg, ones, scope, setBackend, zeros } from '../../core/index.js';
import * as ops from '../../core/ops/index.js';
import { type Shape, sizeOf } from '../../core/shape.js';
import { assert, subject } from '../spec.js';
import { backend, FAST, type Operand, operand, random, same, sumOf } from './kernels.js';

const test = subject('WebAssembly');

test('matmul: equals its loop for every tail of the register tile, and over several blocks', () => {
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 17];
  for (const m of sizes) {
    for (const n of sizes) {
      const k = 1 + random.below(20);
      assert.is(same(ops.matmulOp.op, [{ shape: [m, n] }], [{ shape: [m, k] }, { shape: [k, n] }], {}, sumOf(k)), FAST);
    }
  }
  for (const [m, k, n] of [
    [101, 257, 1030],
    [97, 515, 9],
    [1, 300, 40],
    [40, 300, 1],
    [200, 1, 3],
  ]) {
    assert.is(same(ops.matmulOp.op, [{ shape: [m, n] }], [{ shape: [m, k] }, { shape: [k, n] }], {}, sumOf(k)), FAST);
  }
});

test('matmul: takes transposes, gaps, offsets, repeated and reversed axes', () => {
  const [m, k, n] = [13, 21, 18];
  const ways = (rows: number, cols: number): Operand[] => [
    { shape: [rows, cols] },
    { shape: [rows, cols], stride: [1, rows] },
    { shape: [rows, cols], stride: [cols + 3, 1], offset: 5 },
    { shape: [rows, cols], stride: [2 * cols, 2], offset: 1 },
    { shape: [rows, cols], stride: [0, 1] },
    { shape: [rows, cols], stride: [1, 0] },
    { shape: [rows, cols], stride: [0, 0], offset: 3 },
    { shape: [rows, cols], stride: [-cols, 1], offset: (rows - 1) * cols },
  ];
  for (const a of ways(m, k)) {
    for (const b of ways(k, n))
      assert.is(same(ops.matmulOp.op, [{ shape: [m, n], offset: 4 }], [a, b], {}, sumOf(k)), FAST);
  }
});

test('matmul: multiplies batches, of which either operand may be repeated', () => {
  const out = [{ shape: [2, 3, 4, 5] }];
  const a = { shape: [2, 3, 4, 6] };
  const b = { shape: [2, 3, 6, 5] };
  assert.is(same(ops.matmulOp.op, out, [a, b], {}, sumOf(6)), FAST);
  assert.is(same(ops.matmulOp.op, out, [a, { ...b, stride: [0, 0, 5, 1] }], {}, sumOf(6)), FAST);
  assert.is(
    same(
      ops.matmulOp.op,
      out,
      [
        { ...a, stride: [0, 24, 6, 1] },
        { ...b, stride: [30, 0, 1, 6] },
      ],
      {},
      sumOf(6),
    ),
    FAST,
  );
  assert.is(
    same(
      ops.matmulOp.op,
      out,
      [
        { ...a, stride: [72, 24, 1, 4] },
        { ...b, stride: [0, 0, 5, 1] },
      ],
      {},
      sumOf(6),
    ),
    FAST,
  );
});

test('matmul: NaN and infinity reach the rows and columns that they reach in the loop', () => {
  const value = (i: number) => (i === 9 ? Number.NaN : i === 40 ? Number.POSITIVE_INFINITY : i % 7);
  assert.is(
    same(ops.matmulOp.op, [{ shape: [11, 13] }], [{ shape: [11, 6], value }, { shape: [6, 13] }], {}, sumOf(6)),
    FAST,
  );
});

interface Case {
  x: [n: number, ci: number, h: number, w: number];
  co: number;
  kernel: [number, number];
  stride?: [number, number];
  padding?: [number, number];
  dilation?: [number, number];
  groups?: number;
}

const cases: Case[] = [
  { x: [2, 1, 28, 28], co: 6, kernel: [5, 5], padding: [2, 2] },
  { x: [3, 6, 14, 14], co: 16, kernel: [5, 5] },
  { x: [2, 16, 33, 31], co: 7, kernel: [3, 3], padding: [1, 1] },
  { x: [2, 3, 9, 11], co: 5, kernel: [3, 2], stride: [2, 1], padding: [1, 0] },
  { x: [2, 3, 12, 9], co: 5, kernel: [3, 3], stride: [2, 2], padding: [1, 1] },
  { x: [1, 2, 13, 17], co: 3, kernel: [3, 3], stride: [3, 3], padding: [2, 1], dilation: [2, 1] },
  { x: [2, 4, 10, 9], co: 6, kernel: [2, 3], padding: [1, 2], dilation: [2, 2], groups: 2 },
  { x: [2, 6, 7, 7], co: 6, kernel: [3, 3], stride: [2, 2], padding: [1, 1], groups: 6 },
  { x: [5, 40, 4, 4], co: 9, kernel: [3, 3], padding: [1, 1] },
  { x: [4, 9, 6, 5], co: 11, kernel: [1, 1] },
  { x: [4, 9, 7, 7], co: 11, kernel: [1, 1], stride: [2, 2] },
  { x: [2, 2, 5, 5], co: 3, kernel: [5, 5] },
  { x: [2, 2, 4, 4], co: 3, kernel: [1, 1], padding: [3, 2] },
  { x: [1, 2, 40, 64], co: 100, kernel: [1, 3], padding: [0, 1] },
  { x: [300, 1, 3, 3], co: 2, kernel: [2, 2] },
];

function convolution({ x, co, kernel, stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1 }: Case) {
  const size = [0, 1].map(
    (a) => Math.floor((x[2 + a] + 2 * padding[a] - dilation[a] * (kernel[a] - 1) - 1) / stride[a]) + 1,
  );
  const attrs = { stride, padding, dilation, groups, size: x.slice(2), kernelSize: kernel };
  const w = [co, x[1] / groups, ...kernel];
  const y = [x[0], co, ...size];
  const longest = Math.max(sizeOf(w.slice(1)), (co / groups) * sizeOf(kernel), x[0] * sizeOf(size));
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

test('conv2d: takes views: a permuted image, an offset, a repeated image', () => {
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

test('conv2d: NaN spreads as in the loop, which leaves the padding out', () => {
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

test('maxPool2d and maxUnpool2d: values and positions are those of the loop, ties and NaN included', () => {
  const values = [
    undefined,
    (i: number) => i % 3,
    () => Number.NEGATIVE_INFINITY,
    (i: number) => (i % 4 === 1 ? Number.NaN : -i),
  ];
  for (const [shape, kernel, stride, padding] of [
    [[2, 3, 8, 8], 2, 2, 0],
    [[1, 2, 9, 7], 2, 2, 0],
    [[2, 2, 11, 10], 3, 2, 1],
    [[1, 1, 5, 5], 3, 1, 1],
    [[1, 1, 4, 4], 4, 4, 0],
    [[1, 3, 28, 28], 2, 2, 0],
    [[1, 2, 13, 21], 3, 2, 1],
    [[1, 2, 13, 21], 3, 1, 1],
    [[1, 1, 17, 25], 3, 3, 0],
  ] as const) {
    const axis = (d: number) =>
      Array.from({ length: Math.floor((d + 2 * padding - kernel) / stride) + 1 }, (_, o) => o);
    const window = (d: number) =>
      axis(d).map((o) => [Math.max(0, o * stride - padding), Math.min(d, o * stride - padding + kernel)] as const);
    const pair = (v: number) => [v, v] as const;
    const attrs = {
      kernelSize: pair(kernel),
      stride: pair(stride),
      padding: pair(padding),
      rows: window(shape[2]),
      columns: window(shape[3]),
    };
    const y = { shape: [shape[0], shape[1], attrs.rows.length, attrs.columns.length] };
    const index = { ...y, dtype: 'int32' as const };
    for (const value of values) {
      assert.is(same(ops.maxPool2dOp.op, [y, index], [{ shape, value }], attrs, 0), FAST);
    }
    const plane = shape[2] * shape[3];
    const at = { ...index, value: (i: number) => (i * 7) % plane };
    // Sums of a few equal indices: float32 additions, where the loop has a float32 store after each: the same bits.
    assert.is(same(ops.maxUnpool2d.op, [{ shape }], [y, at], { size: shape.slice(2) }, 0), FAST);
  }
});

test('maps give the same bits as their loops, for NaN, infinities, both zeros and strided views too', () => {
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-40, 3e38, -1];
  const value = (i: number) => (i % 3 ? special[i % 8] : i / 7 - 1);
  for (const kernel of [ops.neg, ops.abs, ops.sqrt, ops.square, ops.relu].map((o) => o.op)) {
    for (const n of [1, 3, 4, 5, 8, 31])
      assert.is(same(kernel, [{ shape: [n] }], [{ shape: [n], value }], {}, 0), FAST);
    const view = { shape: [5, 6], stride: [1, 5], offset: 2, value };
    assert.is(same(kernel, [{ shape: [5, 6], offset: 1 }], [view], {}, 0), FAST);
  }
  const g = { shape: [3, 5] };
  assert.is(same(ops.reluGrad.op, [g], [g, { ...g, value }], {}, 0), FAST);
  assert.is(
    same(
      ops.reluGrad.op,
      [g],
      [
        { ...g, stride: [0, 0] },
        { ...g, stride: [1, 3], value },
      ],
      {},
      0,
    ),
    FAST,
  );
});

test('add, sub, mul and div give the same bits as their loops, however the operands are broadcast', () => {
  const shape = [2, 3, 4, 5];
  const ways: Operand[] = [
    { shape },
    { shape, stride: [0, 0, 0, 0], offset: 2 },
    { shape, stride: [0, 1, 0, 0] },
    { shape, stride: [0, 0, 0, 1] },
    { shape, stride: [3, 1, 0, 0] },
    { shape, stride: [0, 0, 1, 0] },
    { shape, stride: [4, 0, 1, 0], offset: 1 },
    { shape, stride: [60, 1, 15, 3] },
    { shape, stride: [-60, 20, 5, 1], offset: 60 },
    { shape, value: (i) => [0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1][i % 5] },
  ];
  for (const kernel of [ops.add, ops.sub, ops.mul, ops.div].map((o) => o.op)) {
    for (const a of ways) for (const b of ways) assert.is(same(kernel, [{ shape }], [a, b], {}, 0), FAST);
    assert.is(same(kernel, [{ shape: [] }], [{ shape: [] }, { shape: [] }], {}, 0), FAST);
  }
});

test('sum: over any axes it equals its loop, and it does not overflow where the loop does not', () => {
  const sum = ops.sumOp.op;
  const kept = (shape: Shape, axes: number[]) => ({ shape: shape.map((d, i) => (axes.includes(i) ? 1 : d)) });
  const sets = [[], [0], [1], [3], [0, 1], [1, 2], [2, 3], [1, 3], [0, 2, 3], [0, 1, 2], [0, 1, 2, 3]];
  for (const shape of [
    [3, 5, 7, 9],
    [1, 8, 1, 16],
    [2, 1, 33, 4],
  ]) {
    // Both accumulate in float64 and round once; that their orders differ is far less than a float32 rounding.
    for (const axes of sets) assert.is(same(sum, [kept(shape, axes)], [{ shape }], { axes }, 1e-7), FAST);
  }
  const large = (i: number) => (i < 16 ? 3e38 : -3e38);
  assert.is(same(sum, [kept([32], [0])], [{ shape: [32], value: large }], { axes: [0] }, 0), FAST);
  const view = { shape: [6, 4], stride: [1, 6], value: (i: number) => (i === 7 ? Number.NaN : i) };
  assert.is(same(sum, [kept([6, 4], [1])], [view], { axes: [1] }, 0), FAST);
  const many = [2, 3, 2, 5, 2];
  for (const stride of [undefined, [1, 2, 6, 12, 60]]) {
    assert.is(same(sum, [kept(many, [0, 2, 4])], [{ shape: many, stride }], { axes: [0, 2, 4] }, 1e-7), FAST);
  }
});

test('copy: brings any strides into row-major order', () => {
  for (const [shape, stride, offset] of [
    [[7, 9], [1, 7], 0],
    [[8, 4], [1, 8], 3],
    [[3, 7, 9], [63, 1, 7], 0],
    [[2, 3, 4, 5], [1, 2, 6, 24], 0],
    [[2, 3, 4, 5], [0, 5, 0, 1], 1],
    [[4, 6], [-6, -1], 23],
    [[5], [3], 0],
    [[], [], 2],
    [[1, 1], [9, 9], 0],
  ]) {
    assert.is(
      same(ops.copy.op, [{ shape, offset: 2 }] as Operand[], [{ shape, stride, offset }] as Operand[], {}, 0),
      FAST,
    );
    for (const dtype of ['int32', 'bool'] as const) {
      const x = { shape, stride, offset, dtype, value: (i: number) => (dtype === 'bool' ? i % 2 : i * 1e6) } as Operand;
      assert.is(same(ops.copy.op, [{ shape, dtype, offset: 1 }] as Operand[], [x], {}, 0), FAST);
    }
  }
});

test('what has no fast form runs its loop, and via says so', () => {
  assert.is(
    same(
      ops.add.op,
      [{ shape: [3], dtype: 'float64' }],
      [
        { shape: [3], dtype: 'float64' },
        { shape: [3], dtype: 'float64' },
      ],
      {},
      0,
    ),
    'loop',
  );
  assert.is(same(ops.matmulOp.op, [{ shape: [2, 3] }], [{ shape: [2, 0] }, { shape: [0, 3] }], {}, 0), 'loop');
  assert.is(same(ops.matmulOp.op, [{ shape: [0, 3] }], [{ shape: [0, 2] }, { shape: [2, 3] }], {}, 0), 'loop');
  assert.is(same(ops.sumOp.op, [{ shape: [1, 3] }], [{ shape: [0, 3] }], { axes: [0] }, 0), 'loop');
  assert.is(same(ops.sin.op, [{ shape: [2] }], [{ shape: [2] }], {}, 0), 'loop');
  assert.is(backend.via('never heard of'), 'loop');
});

test('a sum has the same bits on each run', () => {
  const x = operand({ shape: [1001] }, 'owned');
  const bits = [1, 2, 3].map(() => {
    const y = operand({ shape: [1] }, 'owned');
    backend.run(ops.sumOp.op, [y], [x], { axes: [0] });
    const [value] = backend.readSync!(y.buffer);
    backend.free(y.buffer);
    return value;
  });
  assert.is(new Set(bits).size, 1);
  backend.free(x.buffer);
});

test('read gives a copy as of the call', async () => {
  const { buffer } = operand({ shape: [2], value: () => 1 }, 'owned');
  const read = backend.read(buffer);
  buffer.values.fill(2);
  assert.equal([...(await read)], [1, 1]);
  backend.free(buffer);
});

test('a kernel may write over its input', () => {
  for (const lifetime of ['owned', 'collected'] as const) {
    const x = operand({ shape: [2, 9], value: (i) => i - 9 }, lifetime);
    const row = operand({ shape: [2, 9], stride: [0, 1], value: () => 2 }, lifetime);
    backend.run(ops.relu.op, [x], [x], {});
    backend.run(ops.mul.op, [x], [x, row], {});
    assert.equal(
      [...x.buffer.values],
      Array.from({ length: 18 }, (_, i) => Math.max(0, i - 9) * 2),
    );
    for (const v of [x, row]) backend.free(v.buffer);
  }
});

const pages = (n: number) => n * 65536;

test('values survive growth, and a window made before is made anew', async () => {
  const own = await wasm({ maximum: pages(64) });
  const small = own.alloc('float64', 3, 'owned', false);
  small.values.set([1, 2, 3]);
  const before = small.values;
  const large: Buffer = own.alloc('float32', 500_000, 'owned', true);
  assert.is(before.length, 0, 'growing detaches the old window');
  assert.equal([...small.values], [1, 2, 3]);
  assert.ok(large.values.every((v) => v === 0));
});

test('zeroed memory is zero when it is used again', () => {
  const first = backend.alloc('int32', 100, 'owned', false);
  first.values.fill(9);
  backend.free(first);
  const again = backend.alloc('int32', 100, 'owned', true);
  assert.ok(again.values.every((v) => v === 0));
  backend.free(again);
});

test('out of memory names what was wanted and what is in use; freed room can be used again', async () => {
  const own = await wasm({ maximum: pages(32) });
  const half = own.alloc('float32', 250_000, 'owned', false);
  assert.throws(
    () => own.alloc('float32', 450_000, 'owned', false),
    /wasm: out of memory: 1800000 bytes wanted, 1048576 of at most 2097152 in use; use smaller batches/,
  );
  own.free(half);
  assert.is(own.alloc('float32', 450_000, 'owned', false).length, 450_000);
});

test('an operation that finds no room says which it is and what it asked for', async () => {
  await setBackend(await wasm({ maximum: pages(32) }));
  const why = 'wasm: out of memory: 1000000 bytes wanted, \\d+ of at most 2097152 in use; use smaller batches';
  try {
    const collected = ones([500, 500]);
    // Its result has room, a copy of what lies outside has none.
    assert.throws(() => scope(() => neg(collected)), new RegExp(`^neg: no scratch memory: ${why}`));
    const size = '\\(500,500\\) in float32 takes 1,000,000 bytes';
    assert.throws(() => scope(() => neg(zeros([500, 500]))), new RegExp(`^neg: no room for it: ${size}: ${why}`));
  } finally {
    await setBackend('reference');
  }
});

test('scratch is given back after a call, also when there is not enough of it', async () => {
  const own = await wasm({ maximum: pages(64) });
  const n = 600;
  const view = (lifetime: Lifetime): BufferView => ({
    buffer: own.alloc('float32', n * n, lifetime, true),
    shape: [n, n],
    stride: [n, 1],
    offset: 0,
  });
  const { allocator } = own as unknown as { allocator: Allocator };
  const [a, b] = [view('owned'), view('collected')];
  own.run(ops.matmulOp.op, [b], [a, a], {});
  assert.is(allocator.used, classOf(n * n * 4));
  assert.throws(() => own.run(ops.matmulOp.op, [b], [b, view('collected')], {}), /out of memory/);
  assert.is(allocator.used, classOf(n * n * 4));
});

test('a buffer freed twice, or read after it was freed, is an error', () => {
  const buffer = backend.alloc('float32', 4, 'owned', false);
  backend.free(buffer);
  assert.throws(() => backend.free(buffer), /wasm: freed twice/);
  assert.throws(() => buffer.values, /wasm: a freed buffer was read: 4 float32/);
});

test('kernels work above 2 GiB, where an address does not fit a signed integer', async () => {
  const own = await wasm();
  const low = own.alloc('bool', 2.1 * 2 ** 30, 'owned', false);
  const [a, b, c] = [5, 7, 0].map((value) => {
    const buffer = own.alloc('float32', 30 * 30, 'owned', true);
    buffer.values.fill(value);
    return { buffer, shape: [30, 30], stride: [30, 1], offset: 0 };
  });
  own.run(ops.matmulOp.op, [c], [a, b], {});
  assert.ok(c.buffer.values.byteOffset > 2 ** 31 && c.buffer.values.every((v) => v === 5 * 7 * 30));
  own.run(ops.sub.op, [c], [c, { ...a, stride: [0, 0] }], {});
  own.run(ops.copy.op, [a], [{ ...c, stride: [1, 30] }], {});
  assert.ok(a.buffer.values.every((v) => v === 5 * 7 * 30 - 5));
  own.free(low);
});

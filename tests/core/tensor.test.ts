import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { build } from 'esbuild';
import ndarray from 'ndarray';
import * as bg from '../../core/index.js';
import {
  arange,
  BackendError,
  concat,
  eye,
  flatten,
  fromNdarray,
  full,
  noGrad,
  ones,
  rand,
  randn,
  relu,
  reshape,
  seed,
  squeeze,
  stack,
  type Tensor,
  tensor,
  toNdarray,
  zeros,
} from '../../core/index.js';
import { rejects } from '../refusal.js';
import { assert, subject } from '../spec.js';

const test = subject('Tensor');
const list = (t: Tensor) => [...t.dataSync()];

test('nested lists define the shape, and their values are copied', () => {
  const rows = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const t = tensor(rows);
  assert.equal(t.shape, [2, 3]);
  rows[0][0] = 9;
  assert.equal(list(t), [1, 2, 3, 4, 5, 6]);
  const values = Float32Array.of(1, 2);
  const u = tensor(values);
  values[0] = 9;
  assert.equal(list(u), [1, 2]);
  assert.equal(tensor([Float32Array.of(1, 2), [3, 4]]).shape, [2, 2]);
  assert.equal(tensor([[], []]).shape, [2, 0]);
  assert.equal(tensor(7).shape, []);
});

test('the dtype follows from the values: int32, float64 or bool, else float32', () => {
  assert.is(tensor([1, 2]).dtype, 'float32');
  assert.is(tensor(Int32Array.of(1)).dtype, 'int32');
  assert.is(tensor(Float64Array.of(1)).dtype, 'float64');
  assert.is(tensor(Uint8Array.of(200)).dtype, 'float32');
  assert.is(tensor(Uint8Array.of(200)).itemSync(), 200);
  assert.is(tensor([[true], [false]]).dtype, 'bool');
  assert.is(tensor([true, 0.5]).dtype, 'float32', 'a number among booleans makes them numbers');
  assert.equal(list(tensor([true, 0.5])), [1, 0.5]);
});

test('ragged lists are refused with both shapes and positions', () => {
  assert.throws(() => tensor([[1, 2], [3]]), /tensor: ragged values: shape \(2\) at \[0\], \(1\) at \[1\]/);
  assert.throws(
    () =>
      tensor([
        [[1], [2]],
        [[3], 4],
      ]),
    /ragged values: shape \(1\) at \[1,0\], \(\) at \[1,1\]/,
  );
});

test('a value that is not a number is refused, with its kind and position', () => {
  const bad: [unknown, RegExp][] = [
    [[1, '2'], /tensor: not a number: string "2" at \[1\]; Number\(\) makes one/],
    [[[1], [null]], /not a number: null at \[1,0\]/],
    [undefined, /not a number: undefined at \[\]/],
    // biome-ignore lint/suspicious/noSparseArray: the hole is refused
    [[1, , 3], /not a number: undefined at \[1\]/],
    [Promise.resolve(1), /not a number: a Promise at \[\]; await it/],
    [ones([2]), /not a number: a Tensor at \[\]; clone\(\) copies one/],
    [[ones([2]), ones([2])], /not a number: a Tensor at \[0\]; stack\(\) puts tensors together/],
    [BigInt64Array.of(1n), /not a number: a BigInt64Array/],
    [new DataView(new ArrayBuffer(8)), /not a number: a DataView/],
    [{ length: 1, 0: 1 }, /not a number: an Object/],
  ];
  for (const [values, message] of bad) assert.throws(() => tensor(values as number), message);
});

test('a shape must consist of sizes and fit the number of values, and the shape of nested lists', () => {
  assert.equal(tensor([1, 2, 3, 4], { shape: [2, 2] }).shape, [2, 2]);
  assert.throws(
    () => tensor([1, 2, 3], { shape: [2, 2] }),
    /the shape does not fit: \(2,2\) for values of shape \(3\)/,
  );
  assert.throws(
    () =>
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { shape: [4] },
      ),
    /does not fit: \(4\) for values of shape \(2,2\)/,
  );
  for (const shape of [[-1], [1.5], [Number.NaN], 3 as unknown as number[]]) {
    assert.throws(() => zeros(shape), /a shape is a list of non-negative integers/);
  }
});

test('errors of functions that create tensors begin with the name of the function: sizes, dtypes, values, options, out of memory', () => {
  assert.throws(() => zeros([2, -1]), /^zeros: a shape is a list of non-negative integers: \[2,-1\]$/);
  assert.throws(() => ones([2, Number.NaN]), /^ones: a shape .*: \[2,"NaN"\]$/);
  assert.throws(() => randn(2 as never), /^randn: a shape .*: 2; write \[2\]$/);
  assert.throws(() => zeros(undefined as never), /^zeros: a shape .*: undefined$/);
  assert.throws(() => rand([1], { dtype: 'half' as never }), /^rand: unknown dtype: half/);
  assert.throws(() => arange(3, 4, 1, { dtype: 'half' as never }), /^arange: unknown dtype: half/);
  assert.throws(() => arange(2 ** 31 - 1, 2 ** 31 + 1), /^arange: not an int32: 2147483648 at 1; use float64$/);
  assert.throws(
    () => tensor([1], { requireGrad: true } as never),
    /^tensor: unknown option: requireGrad; it has shape, dtype, req/,
  );
  assert.throws(() => tensor(1, 2 as never), /^tensor: options are an object of shape, .*: got number 2$/);
  assert.throws(() => ones([2], { requiresgrad: true } as never), /^ones: unknown option: requiresgrad/);
  // Larger than an address space of 2^47 bytes, because engines and systems differ in which smaller sizes they refuse.
  const square = [1e7, 1e7];
  const large: [string, () => unknown, string][] = [
    ['ones', () => ones(square), '(10000000,10000000) in float32 takes 400,000,000,000,000'],
    ['full', () => full(square, 3, { dtype: 'float64' }), '(10000000,10000000) in float64 takes 800,000,000,000,000'],
    [
      'zeros',
      () => zeros([...square, 10], { dtype: 'bool' }),
      '(10000000,10000000,10) in bool takes 1,000,000,000,000,000',
    ],
    ['eye', () => eye(1e7), '(10000000,10000000) in float32 takes 400,000,000,000,000'],
    ['randn', () => randn(square), '(10000000,10000000) in float32 takes 400,000,000,000,000'],
    ['arange', () => arange(1e14), '(100000000000000) in float64 takes 800,000,000,000,000'],
    ['mul', () => ones([1]).broadcastTo(square).mul(2), '(10000000,10000000) in float32 takes 400,000,000,000,000'],
  ];
  for (const [name, make, size] of large) {
    assert.throws(make, (e: unknown) => {
      assert.instance(e, BackendError);
      assert.is((e as Error).message, `${name}: out of memory: ${size} bytes; work on smaller parts`);
      return true;
    });
  }
});

test('errors of operations begin with the name of the operation: not a tensor, not a list, not an axis', () => {
  const wrong = <T>(value: unknown) => value as T;
  const x = ones([2, 3]);
  assert.throws(() => relu(wrong([1])), /^relu: takes a tensor: got an array; tensor\(values\) makes one$/);
  assert.throws(() => x.matmul(wrong(Promise.resolve(x))), /takes a tensor: got a Promise; await it/);
  assert.throws(() => x.add(wrong('2')), /add: takes tensors, or a tensor and a number: got a Tensor and string "2"/);
  assert.throws(() => x.reshape(wrong(6)), /^reshape: takes a list: 6; write \[6\]$/);
  assert.throws(() => x.permute(wrong('10')), /^permute: takes a list: "10"$/);
  assert.throws(() => x.sum(wrong('0')), /^sum: no such axis: "0" of 2 axes/);
  assert.throws(() => x.clamp(wrong(0)), /^clamp: options are an object of min, max: got number 0$/);
  assert.throws(() => concat(wrong(x), 0), /^concat: takes a list of tensors, at least one: got a Tensor$/);
  assert.throws(() => stack([]), /^stack: takes a list of tensors, at least one: got an empty array$/);
  const given = (value: unknown) => () => ones([2]).assign(wrong(value));
  assert.throws(given('ab'), /^assign: takes a number or a flat list of numbers: got string "ab" at 0$/);
  assert.throws(given(ones([2])), /^assign: takes a number or a flat list of numbers: got a Tensor at 0$/);
});

test('zeros, ones, full, eye and arange hold their values', () => {
  assert.equal(list(zeros([2])), [0, 0]);
  assert.equal(list(ones([2], { dtype: 'int32' })), [1, 1]);
  assert.equal(list(full([2], -0.5)), [-0.5, -0.5]);
  assert.equal(list(eye(2)), [1, 0, 0, 1]);
  assert.equal(list(arange(3)), [0, 1, 2]);
  assert.is(arange(3).dtype, 'int32');
  assert.equal(list(arange(1, 0, -0.25)), [1, 0.75, 0.5, 0.25]);
  assert.equal(list(arange(5, 2)), []);
  assert.throws(() => arange(0, 1, 0), /arange: endless or undefined: from 0 to 1 by 0/);
});

test('random tensors repeat after seed(), and can draw from a given stream', () => {
  seed(4);
  const [a, b] = [list(randn([3])), list(rand([3]))];
  seed(4);
  assert.equal([list(randn([3])), list(rand([3]))], [a, b]);
  assert.ok(b.every((v) => v >= 0 && v < 1) && new Set([...a, ...b]).size === 6);
  assert.throws(() => randn([2], { dtype: 'int32' }), /randn: random numbers are floats: int32; cast the result/);
});

test('views share the storage of their base: a value assigned through one is seen through all', () => {
  const base = arange(12).reshape([3, 4]).cast('float32');
  const view = base.transpose().slice([[1, null, 2]]);
  assert.is(view.storage, base.storage);
  assert.equal(list(view), [1, 5, 9, 3, 7, 11]);
  view.assign([10, 20, 30, 40, 50, 60]);
  assert.equal(list(base), [0, 10, 2, 40, 4, 20, 6, 50, 8, 30, 10, 60]);
  base.assign(7);
  assert.equal(list(view), [7, 7, 7, 7, 7, 7]);
  const copy = base.clone();
  base.assign(0);
  assert.equal(list(copy.slice([[0, 1]])), [7, 7, 7, 7]);
});

test('reshape is a view if the strides allow it, else a copy', () => {
  const x = arange(6).reshape([2, 3]);
  assert.is(x.reshape([3, 2]).storage, x.storage);
  assert.is(x.reshape([-1]).storage, x.storage);
  const t = x.transpose();
  assert.is(t.reshape([3, 2, 1]).storage, x.storage);
  assert.is.not(t.reshape([6]).storage, x.storage);
  assert.equal(list(t.reshape([6])), [0, 3, 1, 4, 2, 5]);
  assert.throws(() => x.reshape([4]), /reshape: sizes differ: \(2,3\) of 6 elements to \(4\)/);
  assert.throws(() => x.reshape([-1, 4]), /reshape: sizes differ/);
  assert.throws(() => x.reshape([-1, -1]), /reshape: sizes differ/);
  assert.equal(reshape(ones([]), [1, 1]).shape, [1, 1]);
  assert.equal(flatten(ones([2, 3, 4]), 1).shape, [2, 12]);
});

test('slices count negative indices from the end, take steps and clip their ends, as in Python', () => {
  const x = arange(10);
  const cases: [[number?, (number | null)?, number?], number[]][] = [
    [
      [2, 5],
      [2, 3, 4],
    ],
    [[-3], [7, 8, 9]],
    [
      [0, -7],
      [0, 1, 2],
    ],
    [
      [1, null, 4],
      [1, 5, 9],
    ],
    [
      [-100, 100, 5],
      [0, 5],
    ],
    [[5, 2], []],
    [[], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ];
  for (const [range, expected] of cases) assert.equal(list(x.slice([range])), expected, `${range}`);
  assert.throws(() => x.slice([[0, 5, 0]]), /slice: the step must be a positive integer: 0/);
  assert.throws(() => x.slice([[0, 5, -1]]), /positive integer: -1/);
  assert.throws(() => x.slice([[0.5]]), /start and stop must be integers: 0.5/);
  assert.throws(() => x.slice([null, null]), /slice: more ranges than axes: 2 for/);
  assert.throws(
    () => x.slice([0, 1] as never),
    /slice: takes a range or null for each axis: \[0,1\]; write \[\[start, stop\], \.\.\]/,
  );
});

test('transpose, permute and squeeze arrange the axes', () => {
  const x = arange(6).reshape([1, 2, 3]);
  assert.equal(x.permute([2, 0, 1]).shape, [3, 1, 2]);
  assert.equal(list(x.transpose()), [0, 3, 1, 4, 2, 5]);
  assert.equal(squeeze(x).shape, [2, 3]);
  assert.equal(squeeze(x.transpose(0, 2), -1).shape, [3, 2]);
  assert.throws(() => squeeze(x, 1), /squeeze: not of size 1: axes \[1\] of \(1,2,3\)/);
  assert.throws(() => x.permute([0, 1, 1]), /permute: every axis must be named once/);
  assert.throws(() => x.sum(3), /sum: no such axis: 3 of 3 axes/);
  assert.throws(() => x.sum([0, -3]), /an axis is named twice/);
});

test('concat has the dtype that holds all parts', () => {
  const y = concat([tensor([1], { dtype: 'int32' }), tensor([0.1], { dtype: 'float64' })], 0);
  assert.is(y.dtype, 'float64');
  assert.equal(list(y), [1, 0.1]);
});

test('data() is a copy in row-major order; of a view it is only the view’s part', async () => {
  const x = arange(6).reshape([2, 3]);
  const data = await x.data();
  data[0] = 99;
  assert.equal(list(x), [0, 1, 2, 3, 4, 5]);
  assert.equal([...(await x.transpose().data())], [0, 3, 1, 4, 2, 5]);
  const row = await x.slice([[1]]).data();
  assert.equal([...row], [3, 4, 5]);
  assert.is(row.buffer.byteLength, 12, 'no more than three int32 were copied');
});

test('item() requires exactly one element', async () => {
  assert.is(await tensor([[3]]).item(), 3);
  assert.is(
    arange(5)
      .slice([[3, 4]])
      .itemSync(),
    3,
  );
  assert.throws(() => ones([2]).itemSync(), /itemSync: not one element: \(2\); index it or use dataSync\(\)/);
  await rejects(zeros([0]).item(), /item: not one element: \(0\)/);
});

test('assign refuses a wrong number of values, recorded results and, outside noGrad, leaves that require a gradient', () => {
  const w = ones([2], { requiresGrad: true });
  assert.throws(() => ones([2]).assign([1, 2, 3]), /assign: 3 values for 2 elements of shape \(2\)/);
  for (const nested of [
    [
      [1, 2],
      [3, 4],
    ],
    [[1], [2], [3], [4]],
    [[1, 2, 3, 4]],
    [new Float32Array(2), new Float32Array(2)],
  ])
    assert.throws(
      () => ones([2, 2]).assign(nested as never),
      /^assign: takes a number or a flat list of numbers: got an? \w+ at 0$/,
    );
  assert.throws(() => ones([2]).assign(true as never), /assign: 1 values for 2 elements of shape \(2\)/);
  assert.throws(() => w.assign(0), /assign: a leaf that requires a gradient is recorded; write inside noGrad/);
  assert.throws(() => w.mul(2).assign(0), /assign: not a leaf/);
  assert.throws(() => w.slice([[0, 1]]).assign(0), /assign: not a leaf/);
  noGrad(() => w.slice([[0, 1]]).assign(5));
  assert.equal(list(w), [5, 1]);
});

test('a tensor prints in columns: a scalar, a matrix of floats, bools, a cube, an empty tensor', () => {
  assert.is(String(tensor(Math.PI)), 'tensor(3.1416, shape (), float32)');
  assert.is(
    String(
      tensor([
        [1.5, -2],
        [0.25, Number.NaN],
      ]),
    ),
    'tensor([[ 1.50, -2.00],\n        [ 0.25,   NaN]], shape (2,2), float32)',
  );
  assert.is(String(tensor([[true], [false]])), 'tensor([[ true],\n        [false]], shape (2,1), bool)');
  assert.is(
    String(arange(8).reshape([2, 2, 2])),
    'tensor([[[0, 1],\n         [2, 3]],\n\n        [[4, 5],\n         [6, 7]]], shape (2,2,2), int32)',
  );
  assert.is(String(zeros([0, 3])), 'tensor([], shape (0,3), float32)');
  assert.is(inspect(ones([1], { requiresGrad: true })), 'tensor([1], shape (1), float32, requires grad)');
});

test('a tensor prints very different magnitudes with exponents, and only the ends of long axes', () => {
  assert.is(String(tensor([1e-8, -1, 2e7])), 'tensor([ 1.0000e-8, -1.0000e+0,  2.0000e+7], shape (3), float32)');
  assert.is(String(arange(1001)), 'tensor([   0,    1,    2, ...,  998,  999, 1000], shape (1001), int32)');
  assert.is(String(arange(1000)).split(',').length, 1002, 'a thousand are shown whole');
  const wide = String(arange(1400).reshape([7, 200])).split('\n');
  assert.is(wide.length, 7);
  assert.is(wide[0], 'tensor([[   0,    1,    2, ...,  197,  198,  199],');
  assert.is(wide[3], '        ...,');
});

test('fromNdarray copies nothing and keeps strides and offset: a write to one shows in the other', () => {
  const a = ndarray(
    Float32Array.from({ length: 12 }, (_, i) => i),
    [3, 4],
  );
  const view = a.lo(1, 1).step(1, 2).transpose(1, 0);
  const t = fromNdarray(view);
  assert.equal(t.shape, [2, 2]);
  assert.equal(list(t), [5, 9, 7, 11]);
  view.set(0, 1, 90);
  assert.equal(list(t), [5, 90, 7, 11]);
  t.assign([1, 2, 3, 4]);
  assert.equal([a.get(1, 1), a.get(2, 1), a.get(1, 3), a.get(2, 3)], [1, 2, 3, 4]);
  const back = fromNdarray(ndarray(Float64Array.of(1, 2, 3), [3]).step(-1));
  assert.equal(list(back.mul(2)), [6, 4, 2]);
  assert.is(back.dtype, 'float64');
});

test('toNdarray is a copy with the same elements', async () => {
  const t = arange(6).reshape([2, 3]).transpose();
  const a = await toNdarray(t);
  assert.equal(a.shape, [3, 2]);
  for (let i = 0; i < 3; i++) for (let j = 0; j < 2; j++) assert.is(a.get(i, j), j * 3 + i);
  a.set(0, 0, 99);
  assert.is(list(t)[0], 0);
  assert.equal(list(fromNdarray(a)), [99, 3, 1, 4, 2, 5]);
});

test('ndarrays of other data are refused', () => {
  assert.throws(() => fromNdarray(ndarray([1, 2] as any, [2])), /fromNdarray: unsupported data: Array/);
  assert.throws(() => fromNdarray(ndarray(new Float32Array(0).buffer as any, [0])), /fromNdarray: unsupported data/);
  assert.throws(() => fromNdarray(ndarray(Uint8Array.of(0, 7), [2])), /a Uint8Array is bool, 0 or 1: got 7/);
  assert.equal(list(fromNdarray(ndarray(Uint8Array.of(0, 1), [2]))), [0, 1]);
});

test('under a policy that forbids code from strings, backward, printing and fromNdarray work; toNdarray throws the engine’s error', async () => {
  const program = `
    import { fromNdarray, Random, randn, scope, setBackend, tensor, toNdarray } from './core/index.js';
    for (const name of ['reference', ...(await import('node:fs')).existsSync('core/backends/wasm/backend.ts') ? ['wasm'] : []]) {
      await setBackend(name);
      const w = randn([4, 3], { requiresGrad: true });
      scope(() => tensor([[1, 2, 3, 4]]).matmul(w).softmax().log().sum().backward());
      console.log(name, w.grad.shape.join(), String(tensor([1])));
    }
    const array = { data: Float32Array.of(1, 2), shape: [2], stride: [1], offset: 0 };
    console.log(fromNdarray(array).sum().itemSync());
    try { await toNdarray(tensor([1])); console.log('made'); } catch (e) { console.log(e.name + ': ' + e.message); }
  `;
  const folder = mkdtempSync(join('.build', 'csp-'));
  try {
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      packages: 'external',
      loader: { '.wasm': 'binary' },
      logLevel: 'silent',
      write: false,
    });
    const file = join(folder, 'program.mjs');
    writeFileSync(file, outputFiles[0].text);
    const out = execFileSync(process.execPath, ['--disallow-code-generation-from-strings', file], { encoding: 'utf8' });
    const lines = out.trim().split('\n');
    assert.is(lines[0], 'reference 4,3 tensor([1], shape (1), float32)');
    assert.is(lines.at(-2), '3');
    assert.match(lines.at(-1)!, /EvalError: Code generation from strings disallowed/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('assign writes nothing into a tensor without elements, also if a later axis is empty', () => {
  for (const shape of [
    [0, 3],
    [3, 0],
    [2, 0, 2],
  ])
    assert.equal(zeros(shape).assign(0).shape, shape);
});

test('sums of products of bool are int32, because a bool cannot hold a 2', () => {
  const two = tensor([[true, true]]);
  const index = tensor([0, 0], { dtype: 'int32' });
  const image = tensor([[[[true, true]]]]);
  const all = [
    two.matmul(two.transpose()),
    bg.scatterAdd(two.reshape([2]), 0, index, 1),
    bg.indexAdd(two.reshape([2]), 0, index, 1),
    bg.conv2d(image, image),
  ];
  for (const sum of all) assert.equal([sum.dtype, sum.dataSync()[0]], ['int32', 2]);
});

test('NaN is true as a bool, whichever function makes it', () => {
  const made = [tensor([NaN], { dtype: 'bool' }), tensor([NaN]).cast('bool'), full([1], NaN, { dtype: 'bool' })];
  for (const t of made) assert.is(t.dataSync()[0], 1);
});

test('tensors of many short axes are printed', () => {
  assert.match(String(zeros(new Array(17).fill(2))), /, shape \(2,.*\), float32\)$/);
  assert.match(String(full([6, 6, 6, 6, 6, 6, 6], 0.5)), /0\.5/);
});

test('logSumExp of integers does not overflow', () => {
  const extremes = tensor([-(2 ** 31), 2 ** 31 - 1], { dtype: 'int32' });
  assert.is(extremes.logSumExp().itemSync(), 2 ** 31 - 1);
});

test('a tensor has no length: a loop up to t.length, and code for lists, would see no elements', () => {
  const t: any = tensor([1, 2, 3]);
  const calls = [
    () => t.length,
    () => new Float32Array(3).set(t),
    () => Array.prototype.slice.call(t),
    () => Array.prototype.map.call(t, Number),
  ];
  for (const call of calls) assert.throws(call, /^t\.length: use t\.size or t\.shape\[0\]$/);
  assert.throws(() => zeros([3]).assign(t), /^assign: takes a number or a flat list of numbers: got a Tensor at 0$/);
  // Code for any object still works.
  assert.match(inspect(t), /^tensor\(\[1, 2, 3\]/);
  assert.ok(inspect(t, { customInspect: false, showHidden: true }));
  assert.equal([structuredClone(t), Object.keys(t), Array.isArray(t), [].concat(t).length], [{}, [], false, 1]);
  assert.is(JSON.stringify(t), '{"shape":[3],"dtype":"float32","data":[1,2,3]}');
  assert.equal([t], [t]);
});

const errors = subject('Errors name the function called');

errors('logSumExp of nothing, square of an overwritten value, slice with too many ranges, stack of numbers', () => {
  assert.throws(() => bg.logSumExp(bg.zeros([0])), /^logSumExp: no elements/);
  assert.throws(() => bg.argMin(bg.zeros([0])), /^argMin: no elements/);
  assert.throws(() => bg.argMin(bg.zeros([2]), 1), /^argMin: no such axis/);
  const images = bg.ones([1, 2, 3]);
  const [two, residual] = [bg.ones([2]), bg.ones([2, 3])];
  assert.throws(
    () => bg.batchNormWith(images, two, two, two, two, { residual }),
    /^batchNormWith: the residual must have/,
  );
  const w = bg.tensor([2], { requiresGrad: true });
  const loss = w.square().sum();
  bg.noGrad(() => w.assign(5));
  assert.throws(() => loss.backward(), /^square: a value that the gradient needs was overwritten/);
  assert.throws(() => bg.slice(bg.ones([3]), [null, null]), /^slice: more ranges than axes: 2 for \(3\)$/);
  assert.throws(
    () => bg.slice(bg.ones([3]), 1 as never),
    /^slice: takes a range .*: 1; write \[\[start, stop\], \.\.\]$/,
  );
  assert.throws(() => bg.stack([3] as never), /^stack: takes a tensor: got number 3/);
  assert.throws(() => bg.concat([bg.ones([1]), 3] as never, 0), /^concat: takes a tensor: got number 3/);
});

errors('values that are not a backend, a Random or an ndarray are refused, with the remedy', async () => {
  const refused = async (which: unknown) => (await bg.setBackend(which as never).catch((e: Error) => e)) as Error;
  assert.match((await refused('gpu')).message, /await gpu\(\).*import \{ gpu \} from 'boundgrad\/gpu'/);
  assert.match((await refused({})).message, /^setBackend: unknown backend: an Object/);
  assert.match((await refused(Promise.resolve())).message, /a Promise; await it/);
  assert.throws(() => bg.useRandom({} as never), /^useRandom: takes a Random/);
  const window = (offset: number, stride: number, data = new Float32Array(3)) =>
    bg.fromNdarray({ data, shape: [3], stride: [stride], offset } as never);
  assert.equal([...window(2, -1, Float32Array.of(1, 2, 3)).dataSync()], [3, 2, 1]);
  for (const [offset, stride] of [
    [1, 1],
    [-1, 1],
    [0, -1],
    [0, 2],
  ]) {
    assert.throws(() => window(offset, stride), /^fromNdarray: elements .* lie outside the data of 3 values/);
  }
  const gone = new Float32Array(3);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  assert.throws(() => window(0, 1, gone), /the array was transferred/);
  assert.throws(() => bg.ones([1e5, 1e5]), /^ones: out of memory: .*40,000,000,000 bytes/);
});

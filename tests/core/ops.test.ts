// Every operation on reference and wasm against its loop in float64, and the laws that hold on both.
import { existsSync } from 'node:fs';
import * as bg from '../../core/index.js';
import { backend, fromNdarray, scope, sizeOf, type Tensor, tensor } from '../../core/index.js';
import { onBackend } from '../onBackend.js';
import { assert, close, subject } from '../spec.js';
import { examples, mapTensors, outputs } from './registry.js';

const f64 = (t: Tensor) => bg.cast(t, 'float64');
const inf = Infinity;
const nan = Number.NaN;

/** Layouts of a float32 tensor. `repeated` replaces every row by the first. */
const layouts: Record<string, (t: Tensor) => Tensor> = {
  contiguous: (t) => t,
  transposed: (t) => {
    const back = t.shape.map((_, i) => t.ndim - 1 - i);
    return t.permute(back).clone().permute(back);
  },
  'every second element, from an offset': (t) => {
    const wide = t.shape.map((d) => 2 * d + 1);
    const at = t.shape.map((d) => [1, 2 * d + 1, 2] as const);
    const base = bg.zeros(wide);
    base.slice(at).assign(t.dataSync());
    return base.slice(at);
  },
  'stored backwards, with negative strides': (t) => {
    const stride = t.shape.map((_, i) => -sizeOf(t.shape.slice(i + 1)));
    const array = { data: t.dataSync().reverse(), shape: t.shape, stride, offset: t.size - 1 };
    return fromNdarray(array as any);
  },
  'repeated along the first axis': (t) => (t.ndim === 0 || t.size === 0 ? t : t.slice([[0, 1]]).broadcastTo(t.shape)),
};

for (const name of ['reference', 'wasm'] as const) {
  const test = subject(`Operations on ${name}`);
  if (name === 'wasm' && !existsSync('core/backends/wasm/backend.ts')) {
    test.skip('every operation equals its loop', 'core/backends/wasm/backend.ts is not there');
    continue;
  }
  const on = (sentence: string, body: () => void | Promise<void>) => test(sentence, () => onBackend(name, body));

  for (const [layout, lay] of Object.entries(layouts)) {
    on(`every example in float32, inputs ${layout}, equals the loop in float64`, () => {
      const all = examples();
      assert.ok(all.length > 80, `${all.length} examples`);
      for (const { name: title, call, args } of all) {
        for (const scoped of [false, true]) {
          const check = () => {
            // Only the float inputs get another layout.
            const inputs = mapTensors(args, (t) => (t.dtype === 'float64' ? lay(bg.cast(t, 'float32')) : t));
            const expected = outputs(
              call,
              mapTensors(inputs, (t) => (t.dtype === 'float32' ? f64(t).clone() : t)),
            );
            outputs(call, inputs).forEach((y, i) => {
              const e = expected[i];
              const dtype = e.dtype === 'float64' && call.op.name !== 'cast' ? 'float32' : e.dtype;
              assert.is(y.dtype, dtype, title);
              assert.equal(y.shape, e.shape, title);
              // The inputs are the same float32 numbers. Rounding of some tens of terms stays below 1e-5 (|b| + 1).
              // Only floats may differ in the last bits: positions and bools are equal.
              close(y.dataSync(), e.dataSync(), y.dtype === 'float32' ? 1e-5 : 0, `${title}, output ${i}`);
            });
          };
          scoped ? scope(check) : check();
        }
      }
    });
  }

  on('a NaN in an input makes every result that depends on it NaN', () => {
    const x = tensor([
      [1, nan, 0.5, 2],
      [1, 2, 0.25, 4],
    ]);
    const alike = ['neg', 'abs', 'sign', 'square', 'sqrt', 'exp', 'log', 'sin', 'cos', 'tanh', 'sigmoid'] as const;
    for (const f of [...alike, 'softplus', 'erf', 'relu', 'silu', 'gelu', 'leakyRelu'] as const) {
      const y = x[f]().dataSync();
      assert.equal([...y].map(Number.isNaN), [...x.dataSync()].map(Number.isNaN), f);
    }
    for (const f of [bg.floor, bg.ceil, bg.round, bg.log1p, bg.expm1])
      assert.equal([...f(x).dataSync()].map(Number.isNaN), [...x.dataSync()].map(Number.isNaN), f.op.name);
    for (const f of [bg.prod, bg.std, bg.norm])
      assert.equal([...f(x, 1).dataSync()].map(Number.isNaN), [true, false], f.name);
    assert.equal([...bg.cumsum(x, 1).dataSync()].map(Number.isNaN), [false, true, true, true, ...Array(4).fill(false)]);
    for (const f of ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'pow'] as const) {
      for (const y of [x[f](bg.full([4], 3)), bg.full([4], 3)[f](x)]) {
        assert.equal([...y.dataSync()].map(Number.isNaN), [...x.dataSync()].map(Number.isNaN), f);
      }
    }
    assert.ok(Number.isNaN(x.clamp({ min: 0, max: 1 }).dataSync()[1]), 'clamp');
    for (const f of ['sum', 'mean', 'max', 'min', 'variance', 'logSumExp'] as const) {
      assert.equal([...x[f](1).dataSync()].map(Number.isNaN), [true, false], f);
      assert.equal([...x[f](0).dataSync()].map(Number.isNaN), [false, true, false, false], `${f} of columns`);
    }
    for (const f of ['softmax', 'logSoftmax'] as const) {
      assert.equal([...x[f](1).dataSync()].map(Number.isNaN), [true, true, true, true, false, false, false, false], f);
    }
    assert.is(x.argMax(1).dataSync()[0], 1, 'NaN counts as the largest');
    const least = bg.tensor([5, -(2 ** 31), 2 ** 31 - 1], { dtype: 'int32' });
    assert.equal([bg.argMin(least).itemSync(), least.argMax().itemSync()], [1, 2], 'the whole range of int32');
    // 0 times NaN is NaN: a zero factor does not permit skipping a product.
    assert.ok(
      [
        ...x
          .matmul(bg.zeros([4, 3]))
          .dataSync()
          .slice(0, 3),
      ].every(Number.isNaN),
      'matmul',
    );
    const image = tensor([
      [
        [
          [nan, 1],
          [1, 1],
        ],
      ],
    ]);
    assert.ok(Number.isNaN(bg.conv2d(image, bg.zeros([1, 1, 2, 2])).itemSync()), 'conv2d');
    for (let at = 0; at < 4; at++) {
      const window = Float32Array.of(1, 3, 2, 3).fill(nan, at, at + 1);
      const [y, index] = bg.maxPool2dWithIndices(tensor(window, { shape: [1, 1, 2, 2] }), { kernelSize: 2 });
      assert.ok(Number.isNaN(y.itemSync()), `maxPool2d, NaN at ${at}`);
      assert.is(index.itemSync(), at);
      assert.is(tensor(window).argMax().itemSync(), at);
    }
    assert.ok(Number.isNaN(bg.avgPool2d(image, { kernelSize: 2 }).itemSync()), 'avgPool2d');
    assert.ok([...bg.batchNorm(image, bg.ones([1]), bg.zeros([1]))[0].dataSync()].every(Number.isNaN), 'batchNorm');
  });

  on('infinities and the edges of domains give IEEE’s values', () => {
    const x = tensor([-inf, inf]);
    const table: [string, Tensor, number[]][] = [
      ['exp', x.exp(), [0, inf]],
      ['log of 0, -1, infinity', tensor([0, -1, inf]).log(), [-inf, nan, inf]],
      ['sqrt of 0, -1, infinity', tensor([0, -1, inf]).sqrt(), [0, nan, inf]],
      ['tanh', x.tanh(), [-1, 1]],
      ['sigmoid', x.sigmoid(), [0, 1]],
      ['softplus', x.softplus(), [0, inf]],
      ['erf', x.erf(), [-1, 1]],
      ['relu', x.relu(), [0, inf]],
      ['sin', x.sin(), [nan, nan]],
      ['sign', x.sign(), [-1, 1]],
      ['floor, ceil, round', bg.concat([bg.floor(x), bg.ceil(x), bg.round(x)], 0), [-inf, inf, -inf, inf, -inf, inf]],
      ['expm1', bg.expm1(x), [-1, inf]],
      ['log1p of -1, -2, infinity', bg.log1p(tensor([-1, -2, inf])), [-inf, nan, inf]],
      ['cumsum', bg.cumsum(x, 0), [-inf, nan]],
      ['norm', bg.norm(x), [inf]],
      ['prod', bg.prod(x), [-inf]],
      ['1/0, -1/0, 0/0', tensor([1, -1, 0]).div(0), [inf, -inf, nan]],
      ['infinity - infinity', x.sub(x), [nan, nan]],
      ['0 infinity', x.mul(0), [nan, nan]],
      ['maximum, minimum', bg.concat([x.maximum(0), x.minimum(0)], 0), [0, inf, -inf, 0]],
      ['sum', x.sum(), [nan]],
      ['max, min', bg.stack([x.max(), x.min()]), [inf, -inf]],
      ['logSumExp of minus infinities', tensor([-inf, -inf]).logSumExp(), [-inf]],
      ['softmax beside minus infinity', tensor([-inf, 0, 0]).softmax(), [0, 0.5, 0.5]],
      ['pow', tensor([0, 2, inf, 1]).pow(tensor([0, inf, 0, inf])), [1, inf, 1, 1]],
    ];
    for (const [what, y, expected] of table) assert.equal([...y.dataSync()], expected, what);
  });

  on('large inputs do not overflow on the way: softmax, logSumExp, softplus, sigmoid', () => {
    const x = tensor([1000, 1000, -1000]);
    assert.equal([...x.softmax().dataSync()], [0.5, 0.5, 0]);
    // 1000 + log 2 in float32, whose ulp is 6e-5 there.
    close(x.logSumExp().dataSync(), [1000 + Math.LN2], 1e-7);
    assert.equal([...x.softplus().dataSync()], [1000, 1000, 0]);
    assert.equal([...x.sigmoid().dataSync()], [1, 1, 0]);
  });

  on('axes of size 0 are legal: a sum or a matrix product over such an axis is 0', () => {
    const none = bg.zeros([0, 3]);
    const table: [string, Tensor, number[], number[]][] = [
      ['add', none.add(1), [0, 3], []],
      ['exp of a transposed one', none.transpose().exp(), [3, 0], []],
      ['sum', none.sum(), [], [0]],
      ['sum of columns', none.sum(0), [3], [0, 0, 0]],
      ['sum of rows', none.sum(1), [0], []],
      ['mean of rows', none.mean(1), [0], []],
      ['matmul over nothing', bg.zeros([2, 0]).matmul(none), [2, 3], [0, 0, 0, 0, 0, 0]],
      ['matmul of no rows', none.matmul(bg.ones([3, 2])), [0, 2], []],
      ['softmax', none.softmax(), [0, 3], []],
      ['argMax', none.argMax(1), [0], []],
      ['concat', bg.concat([none, bg.ones([1, 3])], 0), [1, 3], [1, 1, 1]],
      ['reshape', none.reshape([3, 0, 2]), [3, 0, 2], []],
      ['slice', bg.ones([2, 3]).slice([[2]]), [0, 3], []],
      ['indexSelect', bg.ones([2, 3]).indexSelect(0, bg.zeros([0], { dtype: 'int32' })), [0, 3], []],
      ['conv2d of no images', bg.conv2d(bg.zeros([0, 1, 3, 3]), bg.ones([2, 1, 2, 2])), [0, 2, 2, 2], []],
      ['maxPool2d of no images', bg.maxPool2d(bg.zeros([0, 1, 4, 4]), { kernelSize: 2 }), [0, 1, 2, 2], []],
      ['broadcastTo', bg.ones([1, 3]).broadcastTo([0, 3]), [0, 3], []],
      [
        'pad',
        none.pad(
          [
            [1, 0],
            [0, 0],
          ],
          5,
        ),
        [1, 3],
        [5, 5, 5],
      ],
    ];
    for (const [what, y, shape, values] of table) {
      assert.equal(y.shape, shape, what);
      assert.equal([...y.dataSync()], values, what);
    }
    const x = bg.zeros([0, 3], { requiresGrad: true });
    x.mul(2).sum().backward();
    assert.equal(x.grad!.shape, [0, 3]);
    for (const f of [() => none.max(0), () => none.mean(), () => none.transpose().argMax(1), () => none.variance(0)]) {
      assert.throws(f, /: no elements: shape \(/);
    }
    assert.throws(() => bg.maxPool2d(bg.zeros([1, 1, 0, 4]), { kernelSize: 2, padding: 1 }), /without empty planes/);
  });

  on('pooling refuses `kernel` and names kernelSize', () => {
    const x = bg.zeros([1, 1, 4, 4]);
    const old = { kernel: 2 } as unknown as bg.PoolOptions;
    const refusal = (what: string, last: string) =>
      new RegExp(`^${what}: unknown option: kernel; it has kernelSize, stride, padding, ceilMode, ${last}`);
    assert.throws(() => bg.maxPool2d(x, old), refusal('maxPool2d', 'dilation'));
    assert.throws(() => bg.maxPool2dWithIndices(x, old), refusal('maxPool2dWithIndices', 'dilation'));
    assert.throws(() => bg.avgPool2d(x, old), refusal('avgPool2d', 'countIncludePad'));
  });

  on('backward applies the adjoint of a linear operation: <A x, y> = <x, A^T y>', () => {
    // Both sides sum the same products of float64 numbers in different orders: 1e-12 is ten thousand roundings.
    for (const { name: title, call, args } of examples(5)) {
      if (!['sum', 'unslice', 'permute', 'avgPool2d', 'conv2d', 'indexSelect', 'scatterAdd'].includes(call.op.name))
        continue;
      const x = (args[0] as Tensor).clone();
      x.requiresGrad = true;
      const y = call(x, ...args.slice(1)) as Tensor;
      const w = bg.randn(y.shape, { dtype: 'float64' });
      const [back] = bg.grad(y, [x], { gradient: w });
      close([y.detach().mul(w).sum().itemSync()], [back.mul(x.detach()).sum().itemSync()], 1e-12, title);
    }
  });

  on('a zero keeps its sign, also if it is a plain number in an operation', () => {
    const one = tensor([1]);
    const all = [bg.full([1], -0), one.mul(-0), bg.div(-0, one), one.div(-0), bg.zeros([1]), one.div(0)];
    assert.equal(
      all.map((t) => t.dataSync()[0]),
      [-0, -0, -0, -inf, 0, inf],
    );
  });

  on('an index out of range is refused, and so is an index of another shape', () => {
    const x = bg.ones([2, 3]);
    for (const bad of [3, -1]) {
      const index = tensor([[bad]], { dtype: 'int32' });
      assert.throws(
        () => x.slice([[0, 1]]).gather(1, index),
        new RegExp(`index out of range: ${bad} for an axis of size`),
      );
      assert.throws(() => x.indexSelect(1, index.reshape([1])), /index out of range/);
      assert.throws(
        () => bg.indexAdd(x, 1, index.reshape([1]), 3),
        /indexAdd: the index must have the shape \(3\): \(1\)/,
      );
      assert.throws(
        () => bg.scatterAdd(x, 1, index.reshape([1, 1]), 3),
        /scatterAdd: the index must have the shape \(/,
      );
    }
  });

  on('int32, float64 and bool give the same values on every backend', () => {
    const i = tensor(
      [
        [7, -7],
        [2 ** 31 - 1, 0],
      ],
      { dtype: 'int32' },
    );
    assert.equal([...i.sub(1).dataSync()], [6, -8, 2 ** 31 - 2, -1]);
    assert.equal([...i.sum(1).dataSync()], [0, 2 ** 31 - 1]);
    assert.equal([...i.max(0).dataSync()], [2 ** 31 - 1, 0]);
    assert.equal([...i.relu().dataSync()], [7, 0, 2 ** 31 - 1, 0]);
    assert.equal([...i.greater(0).dataSync()], [1, 0, 1, 0]);
    assert.is(
      tensor([0.1], { dtype: 'float64' })
        .add(tensor([0.2], { dtype: 'float64' }))
        .itemSync(),
      0.1 + 0.2,
    );
    assert.equal([...bg.logicalNot(tensor([true, false])).dataSync()], [0, 1]);
    const [a, b] = [tensor([true, true, false, false]), tensor([true, false, true, false])];
    assert.equal([...bg.logicalAnd(a, b).dataSync()], [1, 0, 0, 0]);
    assert.equal([...bg.logicalOr(a, b).dataSync()], [1, 1, 1, 0]);
    for (const f of [bg.logicalAnd, bg.logicalOr]) {
      assert.throws(() => f(a, tensor([1, -1, 0, 2])), /logical\w+: an operand must be bool: float32; compare it/);
    }
    assert.is(tensor([true, true, false]).sum().itemSync(), 2);
  });

  on('via says what ran last: a build of the kernels, or the loop', () => {
    const x = bg.ones([16, 16]);
    x.matmul(x);
    assert.match(backend().via('matmul'), name === 'reference' ? /^loop$/ : /wasm|loop/);
    assert.is(backend().via('no such kernel'), 'loop');
  });
}

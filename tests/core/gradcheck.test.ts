// Every gradient against central differences, in float64. With h = 1e-5 the truncation error is h^2 f'''/6, near 1e-10, and the
// rounding error 1e-16 |f| / h, near 1e-11. gradcheck's tolerance of 1e-7 covers sums of some hundred terms. It is far below
// 1e-2, the error of a vjp that is wrong by one percent.
import * as bg from '../../core/index.js';
import { gradcheck, mul, op, Random, type Tensor, tensor } from '../../core/index.js';
import { onAwaited } from '../awaited.js';
import { assert, subject } from '../spec.js';
import { examples, mapTensors, operations } from './registry.js';

const test = subject('Gradients against finite differences');

const stream = new Random(9).stream('gradcheck');
function sample(shape: readonly number[], lo = -1, hi = 1): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: n }, () => lo + (hi - lo) * stream.uniform()),
    { shape },
  );
}
const ints = (...v: number[]) => tensor(v, { dtype: 'int32' });

/** Operations without a gradient, each with its reason. A new one must be added here on purpose. */
const without = {
  argMax: 'gives positions',
  argSort: 'gives positions',
  oneHot: 'takes indices',
  batchNormGrad: 'is the fused vjp of batchNorm; second derivatives go through batchNorm’s composed form',
  layerNormGrad: 'is the fused vjp of layerNorm; second derivatives go through layerNorm’s composed form',
  ...Object.fromEntries(
    ['rnn', 'lstm', 'gru'].map((k) => [
      `${k}Grad`,
      `is the fused vjp of ${k}; second derivatives go through ${k}’s composed form`,
    ]),
  ),
  ...Object.fromEntries(
    ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'].map((k) => [k, 'gives bools']),
  ),
};

test('the operations without a gradient are exactly those listed with a reason', () => {
  const found = operations.filter((o) => !o.op.vjp).map((o) => o.op.name);
  assert.equal(found.sort(), Object.keys(without).sort());
});

test('each operation has a unique name, and its examples are not in its declaration, which bundles contain', () => {
  assert.ok(operations.length >= 50, `${operations.length} operations`);
  assert.is(new Set(operations.map((o) => o.op.name)).size, operations.length);
  const called = new Set(examples().map(({ call }) => call));
  for (const o of operations) assert.ok(called.has(o) && !o.op.examples, o.op.name);
});

for (const { name, call, args } of examples()) {
  if (!call.op.vjp) continue;
  test(`${name}: first and second derivative`, () => {
    const inputs: Tensor[] = [];
    mapTensors(args, (t) => {
      if (t.dtype === 'float64') inputs.push(t);
      return t;
    });
    // gradcheck takes a function of one output. Of several outputs it gets the first.
    const fn = (...xs: Tensor[]) => {
      let k = 0;
      const result = call(...mapTensors(args, (t) => (t.dtype === 'float64' ? xs[k++] : t)));
      return Array.isArray(result) ? result[0] : result;
    };
    gradcheck(fn, inputs, { second: true });
  });
}

// Functions composed of operations. No sample lies near a kink.
const away = (shape: number[]) => sample(shape, 0.2, 1);
const composed: Record<string, [fn: (...xs: Tensor[]) => Tensor, inputs: Tensor[]]> = {
  leakyRelu: [(x) => bg.leakyRelu(x, 0.1), [sample([3, 4])]],
  silu: [bg.silu, [sample([3, 4])]],
  'gelu by erf': [(x) => bg.gelu(x), [sample([3, 4], -2, 2)]],
  'gelu by tanh': [(x) => bg.gelu(x, { approximate: 'tanh' }), [sample([3, 4], -2, 2)]],
  elu: [(x) => bg.elu(x, 0.7), [sample([3, 4])]],
  'prelu, a slope for each channel': [bg.prelu, [sample([2, 3, 2]), sample([3])]],
  clamp: [(x) => bg.clamp(x, { min: -0.5, max: 0.5 }), [sample([5, 4])]],
  'pow of a number': [(x) => bg.pow(x, 3), [sample([4])]],
  'number over tensor': [(x) => bg.div(2, x), [away([4])]],
  mean: [(x) => bg.mean(x, [0, 2]), [sample([2, 3, 2])]],
  'variance, unbiased': [(x) => bg.variance(x, 1), [sample([2, 4])]],
  'variance, biased': [(x) => bg.variance(x, [0, 1], { unbiased: false, keepdim: true }), [sample([2, 4])]],
  'max over axes': [(x) => bg.max(x, [0, 2]), [sample([2, 3, 2])]],
  logSumExp: [(x) => bg.logSumExp(x, 1), [sample([2, 4])]],
  'softmax along the first axis': [(x) => bg.softmax(x, 0), [sample([3, 2])]],
  'logSoftmax along the middle axis': [(x) => bg.logSoftmax(x, 1), [sample([2, 3, 2])]],
  'matmul, batches broadcast': [bg.matmul, [sample([2, 1, 3, 4]), sample([3, 4, 2])]],
  'matmul of vectors': [bg.matmul, [sample([4]), sample([4])]],
  linear: [(x, w, b) => bg.linear(x, w, b), [sample([2, 3, 4]), sample([5, 4]), sample([5])]],
  layerNorm: [(x, w, b) => bg.layerNorm(x, [4], w, b), [sample([3, 4]), sample([4]), sample([4])]],
  batchNormWith: [
    (x, w, b, m, v) => bg.batchNormWith(x, w, b, m, v),
    [sample([3, 2, 2]), sample([2]), sample([2]), sample([2]), away([2])],
  ],
  'conv2d with bias, groups and stride': [
    (x, w, b) => bg.conv2d(x, w, b, { stride: 2, padding: 1, groups: 2 }),
    [sample([2, 4, 5, 4]), sample([2, 2, 3, 2]), sample([2])],
  ],
  'lstm, its last cell state': [
    (...xs) => bg.lstm(...(xs as Parameters<typeof bg.lstm>))[1],
    [[3, 2, 12], [12, 3], [12], [12], [2, 3], [2, 3]].map((shape) => sample(shape)),
  ],
  'conv1d with bias, groups and stride': [
    (x, w, b) => bg.conv1d(x, w, b, { stride: 2, padding: 1, groups: 2 }),
    [sample([2, 4, 6]), sample([2, 2, 3]), sample([2])],
  ],
  'convTranspose2d with bias, groups and outputPadding': [
    (x, w, b) => bg.convTranspose2d(x, w, b, { stride: [2, 3], padding: 1, outputPadding: [1, 2], groups: 2 }),
    [sample([1, 2, 3, 2]), sample([2, 2, 3, 2]), sample([4])],
  ],
  groupNorm: [(x, w, b) => bg.groupNorm(x, 2, w, b), [sample([2, 4, 3]), sample([4]), sample([4])]],
  'upsample, nearest': [(x) => bg.upsample(x, { scaleFactor: [2, 3] }), [sample([1, 2, 2, 3])]],
  'upsample, bilinear': [(x) => bg.upsample(x, { scaleFactor: [3, 2], mode: 'bilinear' }), [sample([1, 2, 2, 3])]],
  'scaledDotProductAttention, causal': [
    (q, k, v) => bg.scaledDotProductAttention(q, k, v, { causal: true }),
    [sample([2, 3, 2]), sample([2, 3, 2]), sample([2, 3, 3])],
  ],
  maxPool2d: [(x) => bg.maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }), [sample([1, 2, 5, 5])]],
  'avgPool2d, padding counted': [
    (x) => bg.avgPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }),
    [sample([1, 2, 5, 4])],
  ],
  'avgPool2d, padding not counted': [
    (x) => bg.avgPool2d(x, { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }),
    [sample([1, 2, 5, 4])],
  ],
  adaptiveAvgPool2d: [(x) => bg.adaptiveAvgPool2d(x, [2, 3]), [sample([1, 2, 5, 4])]],
  pad: [
    (x) =>
      bg.pad(
        x,
        [
          [1, 2],
          [0, 1],
        ],
        0.5,
      ),
    [sample([2, 3])],
  ],
  stack: [(a, b) => bg.stack([a, b], 1), [sample([2, 3]), sample([2, 3])]],
  'embedding, a row used twice': [(t) => bg.embedding(t, ints(2, 0, 2)), [sample([3, 2])]],
  'gather, an element used twice': [
    (x) =>
      bg.gather(
        x,
        1,
        tensor(
          [
            [1, 1],
            [0, 2],
          ],
          { dtype: 'int32' },
        ),
      ),
    [sample([2, 3])],
  ],
  'where, broadcast': [(a, b) => bg.where(tensor([[true], [false]]), a, b), [sample([3]), sample([2, 3])]],
  'reshape of a transposed tensor': [(x) => x.transpose().reshape([6]), [sample([2, 3])]],
  'flatten, squeeze and slice': [
    (x) =>
      bg
        .squeeze(x, 1)
        .flatten()
        .slice([[-5, null, 2]]),
    [sample([3, 1, 2])],
  ],
  'one tensor in both places': [(x) => mul(x, x).div(x.add(3)), [sample([3])]],
  'maximum and minimum, where each operand is sometimes the larger': [
    (a, b) => bg.concat([bg.maximum(a, b), bg.minimum(a, b)], 0),
    [sample([12]), sample([12])],
  ],
};

for (const [name, [fn, inputs]] of Object.entries(composed)) {
  test(`${name}: first and second derivative`, () => {
    gradcheck(fn, inputs, { second: true });
  });
}

/** x^3 with a vjp that is multiplied by `first`, and a vjp of that vjp that is multiplied by `second`. */
function cube(first: number, second: number) {
  const square3 = op<[x: Tensor], object>({
    name: 'square3',
    args: (x) => [[x], {}],
    shape: ([x]) => [x],
    loop: ([y], [x]) => x.data.forEach((v, i) => (y.data[i] = 3 * v * v)),
    vjp: ([g], [x]) => [() => mul(g, mul(x, 6 * second))],
  });
  return op<[x: Tensor], object>({
    name: 'cube',
    args: (x) => [[x], {}],
    shape: ([x]) => [x],
    loop: ([y], [x]) => x.data.forEach((v, i) => (y.data[i] = v ** 3)),
    vjp: ([g], [x]) => [() => mul(mul(g, square3(x)), first)],
  });
}

test('gradcheck finds a vjp or a second derivative that is wrong by one percent', () => {
  const x = [sample([4], 0.5, 1)];
  gradcheck(cube(1, 1), x, { second: true });
  assert.throws(
    () => gradcheck(cube(1.01, 1), x),
    /gradcheck: the gradient is wrong: .* by backward, .* by differences/,
  );
  gradcheck(cube(1, 1.01), x);
  assert.throws(() => gradcheck(cube(1, 1.01), x, { second: true }), /the second derivative is wrong/);
});

test('gradcheck finds a gradient of NaN', () => {
  assert.throws(
    () => gradcheck((x) => x.sqrt().mul(0), [tensor([0], { dtype: 'float64' })]),
    /the gradient is wrong: NaN/,
  );
});

test('gradcheck refuses float32 inputs', () => {
  assert.throws(() => gradcheck((x) => x, [tensor([1])]), /gradcheck: inputs must be float64: float32/);
});

const limits = subject('Derivatives at the edge of a domain');
const at = (...values: number[]) => tensor(values, { dtype: 'float64', requiresGrad: true });
/** The n-th derivative of f at x, which has one element. */
function derivative(n: number, f: (x: Tensor) => Tensor, x: Tensor): number[] {
  let y = f(x).sum();
  for (let i = 0; i < n; i++) y = bg.grad(y, [x], { createGraph: true })[0].sum();
  return [y.itemSync()];
}

limits('x^k has finite derivatives of every order at 0, for an integer k of at least 0', () => {
  for (let k = 0; k <= 4; k++) {
    for (let n = 1; n <= 6; n++) {
      const factorial = [1, 1, 2, 6, 24][k];
      assert.equal(
        derivative(n, (x) => x.pow(k), at(0)),
        [n === k ? factorial : 0],
        `derivative ${n} of x^${k}`,
      );
      assert.equal(
        derivative(n, (x) => x.pow(tensor(k, { dtype: 'float64', requiresGrad: true })), at(0)),
        [n === k ? factorial : 0],
      );
    }
  }
});

limits('derivative n of x^k is infinite at 0 if k < n and k is not an integer of at least 0', () => {
  assert.equal(
    derivative(1, (x) => x.pow(0.5), at(0)),
    [Infinity],
  );
  assert.equal(
    derivative(2, (x) => x.pow(1.5), at(0)),
    [Infinity],
  );
  assert.equal(
    derivative(1, (x) => x.pow(-1), at(0)),
    [-Infinity],
  );
});

limits(
  'the derivative of a^b by b is 0 at a = 0 <= b, and minus infinity at a = 0 > b; the mixed one by a and b is 1/a at b = 0',
  () => {
    const b = at(2, 0, -1);
    at(0, 0, 0).pow(b).sum().backward();
    assert.equal([...b.grad!.dataSync()], [0, 0, -Infinity]);
    const [a, zero] = [at(2), at(0)];
    const [da] = bg.grad(a.pow(zero), [a], { createGraph: true });
    assert.is(bg.grad(da, [zero])[0].itemSync(), 0.5);
  },
);

limits('an infinite gradient reaches the chosen element alone: maximum, minimum, max, min, sign', () => {
  const gradients = (f: (x: Tensor, y: Tensor) => Tensor, ...values: number[]) => {
    const xs = values.map((v) => at(v));
    return bg.grad(f(xs[0], xs[1]).sqrt().sum(), xs).map((g) => g.itemSync());
  };
  assert.equal(gradients(bg.maximum, 0, -1), [Infinity, 0]);
  assert.equal(gradients(bg.minimum, 0, 1), [Infinity, 0]);
  assert.equal(
    gradients((x, y) => bg.max(bg.stack([x, y])), 0, -1),
    [Infinity, 0],
  );
  assert.equal(
    gradients((x, y) => bg.min(bg.stack([x, y])), 0, 1),
    [Infinity, 0],
  );
  assert.equal(
    gradients((x, y) => x.sign().add(y.sub(1)), 0, 1),
    [0, Infinity],
  );
});

limits('logSumExp of elements that are all minus infinity has the gradient 0', () => {
  const x = at(-Infinity, -Infinity);
  const y = x.logSumExp();
  y.backward();
  assert.equal([y.itemSync(), ...x.grad!.dataSync()], [-Infinity, 0, 0]);
});

limits(
  'the gradient of where is NaN if the branch not chosen has an infinite derivative; guarding its operand mends this',
  () => {
    const f = (x: Tensor) => bg.where(x.greater(1), x.sqrt(), x.mul(2));
    const guarded = (x: Tensor) => {
      const inside = x.greater(1);
      return bg.where(inside, bg.where(inside, x, 1).sqrt(), x.mul(2));
    };
    assert.equal(derivative(1, f, at(0)), [Number.NaN]);
    assert.equal(derivative(1, guarded, at(0)), [2]);
    assert.equal(derivative(1, guarded, at(4)), [0.25]);
  },
);

test('on a backend without synchronous reads gradcheck is refused; the message names that backend and one to use', () =>
  onAwaited(() => {
    const x = tensor([1, 2], { dtype: 'float64' });
    const why = /^gradcheck: awaited cannot be read at once; call setBackend\('reference'\) first$/;
    assert.throws(() => gradcheck((a) => a.square(), [x]), why);
  }));

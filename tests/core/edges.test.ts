// Derivatives of every operation at its edges: 0, equal elements, infinity. There a vjp that multiplies the gradient of an unused
// branch by 0 gives NaN, often only in the second or third derivative. The expected numbers are limits, or at a kink what the operation
// chooses, as 0 for abs; they are worked out by hand.
//
// Each function is probed along one direction: as a function of one scalar t, with three derivatives at t = 0.
import * as bg from '../../core/index.js';
import { grad, mul, type Tensor, tensor } from '../../core/index.js';
import * as recurrent from '../../core/ops/recurrent.js';
import * as nn from '../../nn/index.js';
import { isNear } from '../near.js';
import { assert, subject } from '../spec.js';
import { examples, mapTensors, operations, outputs } from './registry.js';

const test = subject('Derivatives at edges');

const inf = Number.POSITIVE_INFINITY;
const PI = Math.PI;
const dtype = 'float64';
const constant = (values: number | number[]) => tensor(values, { dtype });
const zeros = (...shape: number[]) => bg.zeros(shape, { dtype });

/** f and its first three derivatives at t = 0. */
function derivatives(f: (t: Tensor) => Tensor): number[] {
  const t = tensor(0, { dtype, requiresGrad: true });
  let y = f(t).sum();
  const found = [y.itemSync()];
  while (found.length < 4) {
    y = y.node ? grad(y, [t], { createGraph: true })[0] : constant(0);
    found.push(y.itemSync());
  }
  return found;
}

/** A line through x with direction d. */
const line = (x: number[], d: number[]) => (t: Tensor) => constant(x).add(mul(t, constant(d)));

/** Asserts that the derivatives are their limits: within 1e-12 (1 + |limit|), for rounding, or equal if the limit is infinite. */
function check(name: string, f: (t: Tensor) => Tensor, expected: readonly number[]): void {
  derivatives(f).forEach((found, order) => {
    const right = expected[order];
    assert.ok(isNear(found, right, 1e-12), `${name}: derivative ${order} is ${found}, the limit is ${right}`);
  });
}

type Limits = [x: number, f: number, first: number, second: number, third: number];

const rnn = (x: Tensor, relu: boolean) => {
  return recurrent.rnn(x.reshape([1, 1, 1]), zeros(1, 1), zeros(1), zeros(1), zeros(1, 1), relu)[0];
};
const lstm = (x: Tensor) => {
  return recurrent.lstm(x.reshape([1, 1, 4]), zeros(4, 1), zeros(4), zeros(4), zeros(1, 1), zeros(1, 1))[0];
};
const gru = (x: Tensor) => recurrent.gru(x.reshape([1, 1, 3]), zeros(3, 1), zeros(3), zeros(3), zeros(1, 1))[0];

/** Functions of one element: the value and three derivatives at a point. */
const ofOne: Record<string, [f: (x: Tensor) => Tensor, ...Limits[]]> = {
  // biome-ignore format: a line for each function
  ...{
    neg: [bg.neg, [0, 0, -1, 0, 0], [inf, -inf, -1, 0, 0]],
    abs: [bg.abs, [0, 0, 0, 0, 0], [inf, inf, 1, 0, 0], [-inf, inf, -1, 0, 0]],
    sign: [bg.sign, [0, 0, 0, 0, 0], [inf, 1, 0, 0, 0], [-inf, -1, 0, 0, 0]],
    floor: [bg.floor, [0, 0, 0, 0, 0], [inf, inf, 0, 0, 0]],
    ceil: [bg.ceil, [0, 0, 0, 0, 0], [-inf, -inf, 0, 0, 0]],
    round: [bg.round, [0.5, 0, 0, 0, 0], [inf, inf, 0, 0, 0]],
    square: [bg.square, [0, 0, 0, 2, 0], [inf, inf, inf, 2, 0]],
    sqrt: [bg.sqrt, [0, 0, inf, -inf, inf], [inf, inf, 0, 0, 0]],
    exp: [bg.exp, [0, 1, 1, 1, 1], [-inf, 0, 0, 0, 0], [inf, inf, inf, inf, inf]],
    expm1: [bg.expm1, [0, 0, 1, 1, 1], [-inf, -1, 0, 0, 0], [inf, inf, inf, inf, inf]],
    log: [bg.log, [0, -inf, inf, -inf, inf], [inf, inf, 0, 0, 0]],
    log1p: [bg.log1p, [0, 0, 1, -1, 2], [-1, -inf, inf, -inf, inf], [inf, inf, 0, 0, 0]],
    sin: [bg.sin, [0, 0, 1, 0, -1]],
    cos: [bg.cos, [0, 1, 0, -1, 0]],
    tanh: [bg.tanh, [0, 0, 1, 0, -2], [inf, 1, 0, 0, 0], [-inf, -1, 0, 0, 0]],
    sigmoid: [bg.sigmoid, [0, 1 / 2, 1 / 4, 0, -1 / 8], [inf, 1, 0, 0, 0], [-inf, 0, 0, 0, 0]],
    softplus: [bg.softplus, [0, Math.LN2, 1 / 2, 1 / 4, 0], [inf, inf, 1, 0, 0], [-inf, 0, 0, 0, 0]],
    erf: [bg.erf, [0, 0, 2 / Math.sqrt(PI), 0, -4 / Math.sqrt(PI)], [1e100, 1, 0, 0, 0], [-1e100, -1, 0, 0, 0]],
    relu: [bg.relu, [0, 0, 0, 0, 0], [inf, inf, 1, 0, 0], [-inf, 0, 0, 0, 0]],
    leakyRelu: [(x) => bg.leakyRelu(x, 0.1), [0, 0, 1, 0, 0], [inf, inf, 1, 0, 0], [-inf, -inf, 0.1, 0, 0]],
    elu: [(x) => bg.elu(x, 2), [0, 0, 2, 2, 2], [inf, inf, 1, 0, 0], [-inf, -2, 0, 0, 0]],
    prelu: [(x) => bg.prelu(x, constant([0.1])), [0, 0, 0.1, 0, 0], [inf, inf, 1, 0, 0], [-inf, -inf, 0.1, 0, 0]],
    silu: [bg.silu, [0, 0, 1 / 2, 1 / 2, 0], [1e100, 1e100, 1, 0, 0], [-1e100, 0, 0, 0, 0]],
    'gelu by erf': [bg.gelu, [0, 0, 1 / 2, Math.sqrt(2 / PI), 0], [50, 50, 1, 0, 0], [-50, 0, 0, 0, 0]],
    'gelu by tanh': [(x) => bg.gelu(x, { approximate: 'tanh' }), [0, 0, 1 / 2, Math.sqrt(2 / PI), 0], [-50, 0, 0, 0, 0]],
    // At a bound, clamp has the derivative from inside.
    clamp: [(x) => bg.clamp(x, { min: 0, max: 1 }), [0, 0, 1, 0, 0], [1, 1, 1, 0, 0], [inf, 1, 0, 0, 0], [-inf, 0, 0, 0, 0]],
    'clamp, then squared': [(x) => bg.clamp(x, { min: 2 }).square(), [0, 4, 0, 0, 0], [inf, inf, inf, 2, 0]],
    'div by x': [(x) => bg.div(1, x), [0, inf, -inf, inf, -inf], [inf, 0, 0, 0, 0]],
    'pow 0': [(x) => bg.pow(x, 0), [0, 1, 0, 0, 0], [inf, 1, 0, 0, 0]],
    'pow 1': [(x) => bg.pow(x, 1), [0, 0, 1, 0, 0], [inf, inf, 1, 0, 0]],
    'pow 2': [(x) => bg.pow(x, 2), [0, 0, 0, 2, 0], [inf, inf, inf, 2, 0], [-inf, inf, -inf, 2, 0]],
    'pow 3': [(x) => bg.pow(x, 3), [0, 0, 0, 0, 6]],
    'pow 3.5': [(x) => bg.pow(x, 3.5), [0, 0, 0, 0, 0]],
    'pow 2.5': [(x) => bg.pow(x, 2.5), [0, 0, 0, 0, inf]],
    'pow -1': [(x) => bg.pow(x, -1), [0, inf, -inf, inf, -inf], [inf, 0, 0, 0, 0]],
    'pow of 0': [(x) => bg.pow(constant(0), x), [1, 0, 0, 0, 0], [2, 0, 0, 0, 0], [inf, 0, 0, 0, 0]],
    'pow of 1': [(x) => bg.pow(constant(1), x), [0, 1, 0, 0, 0], [3, 1, 0, 0, 0]],
    // x beside an equal constant gets half of the gradient, so derivative n is that of x^2 divided by 2^n.
    'maximum, equal': [(x) => bg.maximum(x, constant(1)).square(), [1, 1, 1, 1 / 2, 0]],
    'minimum, equal': [(x) => bg.minimum(x, constant(1)).square(), [1, 1, 1, 1 / 2, 0]],
    'maximum beside infinity': [(x) => bg.maximum(x, constant(inf)).square(), [0, inf, 0, 0, 0]],
    'minimum of an infinite x': [(x) => bg.minimum(x, constant(1)).square(), [inf, 1, 0, 0, 0], [-inf, inf, -inf, 2, 0]],
    'huber, delta 1': [(x) => nn.huber(x, constant(0)), [0, 0, 0, 1, 0], [inf, inf, 1, 0, 0], [-inf, inf, -1, 0, 0]],
    l1: [(x) => nn.l1(x, constant(0)), [0, 0, 0, 0, 0], [inf, inf, 1, 0, 0], [-inf, inf, -1, 0, 0]],
    mse: [(x) => nn.mse(x, constant(1)), [1, 0, 0, 2, 0]],
    bceWithLogits: [(x) => nn.bceWithLogits(x, constant(1)), [0, Math.LN2, -1 / 2, 1 / 4, 0], [800, 0, 0, 0, 0], [-800, 800, -1, 0, 0]],
  } satisfies Record<string, [f: (x: Tensor) => Tensor, ...Limits[]]>,
};

for (const [name, [f, ...limits]] of Object.entries(ofOne)) {
  test(`${name}: the value and three derivatives at edges are their limits`, () => {
    for (const [x, ...expected] of limits) {
      check(`${name} at ${x}`, (t) => f(t.add(x)), expected);
    }
  });
}

/** Functions of several elements along the line x + t d: the value and three derivatives at t = 0. */
const ofSeveral: Record<string, [f: (x: Tensor) => Tensor, x: number[], d: number[], expected: number[]]> = {
  // Equal extremes share the gradient, so the extreme moves by the mean of d, which is 3: (2 + 3 t)^2.
  'max of equal elements': [(x) => bg.max(x).square(), [2, 2, 2], [1, 2, 6], [4, 12, 18, 0]],
  'min of equal elements': [(x) => bg.min(x).square(), [2, 2, 2], [1, 2, 6], [4, 12, 18, 0]],
  'max beside an infinity': [(x) => bg.max(x).square(), [inf, 0], [1, 1], [inf, inf, 2, 0]],
  'max of minus infinities': [(x) => bg.max(x), [-inf, -inf], [1, 3], [-inf, 2, 0, 0]],
  'the first of equal elements in maxPool2d': [
    (x) => bg.maxPool2d(x.reshape([1, 1, 2, 2]), { kernelSize: 2 }).square(),
    [2, 2, 2, 2],
    [1, 5, 5, 5],
    [4, 4, 2, 0],
  ],
  'sum of equal elements': [(x) => bg.sum(x).square(), [0, 0], [1, 2], [0, 0, 18, 0]],
  'mean of equal elements': [(x) => bg.mean(x).square(), [0, 0], [1, 3], [0, 0, 8, 0]],
  // v(t) = t^2 v(d), with v(d) = 2 for [0, 2]
  'variance of equal elements': [(x) => bg.variance(x), [3, 3], [0, 2], [0, 0, 4, 0]],
  'std of equal elements': [(x) => bg.std(x), [3, 3], [0, 2], [0, 0, 0, 0]],
  'norm of zeros': [(x) => bg.norm(x), [0, 0], [3, 4], [0, 0, 0, 0]],
  // t (2 t) (3 + t) = 6 t^2 + 2 t^3
  'prod of two zeros': [(x) => bg.prod(x), [0, 0, 3], [1, 2, 1], [0, 0, 12, 12]],
  'the second element of sort': [(x) => bg.sort(x)[0].at(1).square(), [2, 2, 2], [1, 5, 7], [4, 20, 50, 0]],
  // log(e^t + e^-t) = log 2 + t^2 / 2 - ..
  'logSumExp of equal elements': [(x) => bg.logSumExp(x), [0, 0], [1, -1], [Math.LN2, 0, 1, 0]],
  'logSumExp of minus infinities': [(x) => bg.logSumExp(x), [-inf, -inf], [1, 2], [-inf, 0, 0, 0]],
  'logSumExp beside minus infinity': [(x) => bg.logSumExp(x), [-inf, 1], [7, 2], [1, 2, 0, 0]],
  // 1 / (1 + e^-2t) = 1/2 + t/2 - t^3/6
  'softmax of equal elements': [(x) => bg.softmax(x).slice([[0, 1]]), [0, 0], [1, -1], [1 / 2, 1 / 2, 0, -1]],
  'softmax beside minus infinity': [(x) => bg.softmax(x).slice([[1]]), [-inf, 5], [3, 4], [1, 0, 0, 0]],
  'logSoftmax beside minus infinity': [(x) => bg.logSoftmax(x).slice([[1]]), [-inf, 5], [3, 4], [0, 0, 0, 0]],
  'crossEntropy beside minus infinity': [
    (x) => nn.crossEntropy(x.reshape([1, 2]), [1]),
    [-inf, 5],
    [3, 4],
    [0, 0, 0, 0],
  ],
  // h = t d' / sqrt(eps + s t^2) = (t - s t^3 / (2 eps)) d' / sqrt(eps), with d' = d - mean d, s = mean d'^2 = 1, eps = 1/4
  'layerNorm of equal elements': [
    (x) => bg.layerNorm(x, [2], undefined, undefined, { eps: 1 / 4 }).slice([[1]]),
    [3, 3],
    [1, 3],
    [0, 2, 0, -24],
  ],
  'batchNorm of equal elements': [
    (x) => bg.batchNorm(x.reshape([2, 1]), constant([1]), constant([0]), { eps: 1 / 4 })[0].slice([[1]]),
    [3, 3],
    [1, 3],
    [0, 2, 0, -24],
  ],
  'batchNorm with relu at 0': [
    (x) => bg.batchNorm(x.reshape([2, 1]), constant([1]), constant([0]), { eps: 1 / 4, relu: true })[0],
    [3, 3],
    [1, 3],
    [0, 0, 0, 0],
  ],
  // Recurrent layers: one step of one sample, with weights, biases and an initial state of 0.
  'rnn with tanh: tanh t': [(x) => rnn(x, false), [0], [1], [0, 1, 0, -2]],
  'rnn with tanh at infinity': [(x) => rnn(x, false), [inf], [1], [1, 0, 0, 0]],
  'rnn with max(0, ..) at 0': [(x) => rnn(x, true), [0], [1], [0, 0, 0, 0]],
  // s(t) tanh(s(t) tanh t) = t / 4 + t^2 / 4 - t^3 / 24
  'lstm at 0': [lstm, [0, 0, 0, 0], [1, 1, 1, 1], [0, 1 / 4, 1 / 2, -1 / 4]],
  'lstm at infinity': [lstm, [inf, inf, inf, inf], [1, 1, 1, 1], [Math.tanh(1), 0, 0, 0]],
  // (1 - s(t)) tanh t = t / 2 - t^2 / 4 - t^3 / 6
  'gru at 0': [gru, [0, 0, 0], [1, 1, 1], [0, 1 / 2, -1 / 2, -1]],
  'gru at infinity': [gru, [inf, inf, inf], [1, 1, 1], [0, 0, 0, 0]],
  'where, its unused branch guarded': [
    (x) => {
      const inside = x.greater(1);
      return bg.where(inside, bg.where(inside, x, 1).sqrt(), x.mul(2));
    },
    [0, 4],
    [1, 1],
    // 2 t + sqrt(4 + t)
    [2, 2 + 1 / 4, -1 / 32, 3 / 256],
  ],
};

for (const [name, [f, x, d, expected]] of Object.entries(ofSeveral)) {
  test(`${name}: the value and three derivatives are their limits`, () =>
    check(name, (t) => f(line(x, d)(t)), expected));
}

test('where without a guard has the gradient NaN, as its documentation says: 0 times an infinite derivative', () => {
  const f = (x: Tensor) => bg.where(x.greater(1), x.sqrt(), x.mul(2));
  const [value, first] = derivatives((t) => f(line([0], [1])(t)));
  assert.is(value, 0);
  assert.ok(Number.isNaN(first));
});

/** Operations that are homogeneous polynomials in their float operands: f(t x) = t^degree f(x). */
const degrees: Record<string, number> = {
  ...Object.fromEntries(
    (
      'add sub where sum copy cast reshape permute broadcastTo slice unslice concat gather scatterAdd indexSelect indexAdd ' +
      'avgPool2d avgUnpool2d maxUnpool2d center cumsum flip tril triu'
    )
      .split(' ')
      .map((name) => [name, 1]),
  ),
  ...Object.fromEntries('mul matmul conv2d conv2dInput conv2dWeight'.split(' ').map((name) => [name, 2])),
};

for (const { name, call, args } of examples()) {
  const degree = degrees[call.op.name];
  if (!degree || (typeof args[1] === 'number' && / 3$/.test(name))) continue;
  test(`${name}: at operands of zeros, only derivative ${degree} is not 0`, () => {
    const at = (t: Tensor) =>
      outputs(
        call,
        mapTensors(args, (x) => (x.dtype === dtype ? mul(x, t) : x)),
      )[0].sum();
    const right = [0, 0, 0, 0];
    right[degree] = degree * at(constant(1)).itemSync();
    check(name, at, right);
  });
}

test('the variance and the std of equal elements are exactly 0, with a gradient of 0, also if their sum is rounded', () => {
  for (const type of ['float32', 'float64'] as const) {
    for (const [value, n] of [
      [0.1, 3],
      [0.1, 10],
      [0.7, 6],
      [-1e300, 3],
    ]) {
      const x = tensor(new Array(n).fill(type === 'float32' ? Math.max(value, -1e30) : value), {
        dtype: type,
        requiresGrad: true,
      });
      for (const f of [bg.variance, bg.std]) {
        const y = f(x);
        assert.is(y.itemSync(), 0, `${n} times ${value}, ${type}`);
        assert.ok(
          grad(y, [x])[0]
            .dataSync()
            .every((g) => g === 0),
        );
      }
    }
  }
});

test('every operation with a gradient is tested at edges', () => {
  const tested = [...Object.keys(ofOne), ...Object.keys(ofSeveral), ...Object.keys(degrees)].join(' ');
  // The derivatives of an operation run the operations of its vjp.
  const vjps = ['reluGrad', 'geluGrad', 'softmaxGrad'];
  const names = operations.filter((o) => o.op.vjp && !vjps.includes(o.op.name)).map((o) => o.op.name);
  assert.equal(
    names.filter((name) => !new RegExp(`\\b${name}\\b`).test(tested)),
    [],
  );
});

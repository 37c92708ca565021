import {
  grad,
  gradcheck,
  logSoftmax,
  ones,
  Random,
  randn,
  softmax,
  type Tensor,
  tensor,
  zeros,
} from '../../core/index.js';
import { accuracy, bceWithLogits, crossEntropy, huber, l1, mse, nll } from '../../nn/index.js';
import { assert, close, subject } from '../spec.js';

const stream = new Random(4).stream('losses');
const random = (...shape: number[]) => randn(shape, { dtype: 'float64', stream });
const logits = random(4, 3);
const target = tensor([2, 0, 1, 2], { dtype: 'int32' });
const onehot = tensor(
  [
    [0, 0, 1],
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  { dtype: 'float64' },
);
const weight = tensor([0.5, 2, 3], { dtype: 'float64' });
// Sums of a dozen float64 terms: a few ulps of 2e-16.
const ROUNDING = 1e-14;
const same = (a: Tensor, b: Tensor) => close(a.dataSync(), b.dataSync(), ROUNDING);

const ce = subject('Cross-entropy');

ce('of equal logits is log c, and of one row, worked by hand, log(e + e^2) - 1', () => {
  const even = crossEntropy(tensor([[7, 7, 7, 7]], { dtype: 'float64' }), tensor([3], { dtype: 'int32' }));
  close([even.itemSync()], [Math.log(4)], ROUNDING);
  const pair = crossEntropy(tensor([[1, 2]], { dtype: 'float64' }), tensor([0], { dtype: 'int32' }));
  close([pair.itemSync()], [Math.log(Math.E + Math.E ** 2) - 1], ROUNDING);
});

ce('label smoothing 0 is the plain loss, and 1 is the mean over all classes', () => {
  same(crossEntropy(logits, target, { labelSmoothing: 0 }), crossEntropy(logits, target));
  same(crossEntropy(logits, target, { labelSmoothing: 1 }), logSoftmax(logits, 1).mean().neg());
});

ce('with label smoothing s the loss is 1 - s times the plain loss plus s times the mean over all classes', () => {
  const [plain, spread, mixed] = [0, 1, 0.3].map((labelSmoothing) =>
    crossEntropy(logits, target, { labelSmoothing }).itemSync(),
  );
  close([mixed], [0.7 * plain + 0.3 * spread], ROUNDING);
});

ce('one-hot probabilities give the same loss as classes, also with smoothing and weights', () => {
  for (const options of [{}, { labelSmoothing: 0.2 }, { labelSmoothing: 0.2, weight }]) {
    const reduced = { ...options, reduction: 'none' as const };
    same(crossEntropy(logits, onehot, reduced), crossEntropy(logits, target, reduced));
  }
});

ce('of logits with their own softmax as target is the entropy of this softmax', () => {
  const p = softmax(logits, 1);
  same(crossEntropy(logits, p), p.mul(p.log()).sum(1).neg().mean());
});

ce('equal weights change nothing, and a weighted mean is divided by the sum of the weights of the targets', () => {
  const ones = tensor([1, 1, 1], { dtype: 'float64' });
  same(crossEntropy(logits, target, { weight: ones }), crossEntropy(logits, target));
  const each = crossEntropy(logits, target, { reduction: 'none' }).dataSync();
  const w = [3, 0.5, 2, 3];
  const sum = w.reduce((total, wi, i) => total + wi * each[i], 0);
  close([crossEntropy(logits, target, { weight }).itemSync()], [sum / 8.5], ROUNDING);
  close([crossEntropy(logits, target, { weight, reduction: 'sum' }).itemSync()], [sum], ROUNDING);
});

ce('a constant added to a row changes nothing', () => {
  const shift = tensor([[100], [-3], [0.5], [1e3]], { dtype: 'float64' });
  // Adding 1e3 to the logits rounds them by 1e-13.
  close(crossEntropy(logits.add(shift), target).dataSync(), crossEntropy(logits, target).dataSync(), 1e-12);
});

ce('its gradient is (softmax - onehot) / n, whose rows sum to 0', () => {
  const x = logits.clone();
  x.requiresGrad = true;
  const [g] = grad(crossEntropy(x, target), [x]);
  same(g, softmax(logits, 1).sub(onehot).div(4));
  close(g.sum(1).dataSync(), [0, 0, 0, 0], ROUNDING);
});

ce('logits of 1e4 give finite losses and gradients in float32', () => {
  const x = tensor(
    [
      [1e4, 0],
      [0, 1e4],
    ],
    { requiresGrad: true },
  );
  const loss = crossEntropy(x, tensor([0, 0], { dtype: 'int32' }), { reduction: 'none' });
  assert.equal([...loss.dataSync()], [0, 1e4]);
  loss.sum().backward();
  assert.equal([...x.grad!.dataSync()], [0, 0, -1, 1]);
});

ce('equals nll of logSoftmax', () => {
  for (const reduction of ['mean', 'sum', 'none'] as const) {
    same(
      nll(logSoftmax(logits, 1), target, { reduction, weight }),
      crossEntropy(logits, target, { reduction, weight }),
    );
  }
});

ce(
  'rows of the ignored class have loss and gradient 0 and do not count in the mean, also with smoothing and weights',
  () => {
    const kept = [0, 2];
    const some = (t: Tensor) => t.indexSelect(0, tensor(kept, { dtype: 'int32' }));
    const marked = tensor([2, -100, 1, -100], { dtype: 'int32' });
    for (const more of [{}, { weight }, { labelSmoothing: 0.2 }, { labelSmoothing: 0.2, weight }]) {
      const options = { ...more, ignoreIndex: -100 };
      const x = logits.clone();
      x.requiresGrad = true;
      const rest = some(logits).clone();
      rest.requiresGrad = true;
      for (const reduction of ['mean', 'sum'] as const) {
        const loss = crossEntropy(x, marked, { ...options, reduction });
        const plain = crossEntropy(rest, some(target), { ...more, reduction });
        same(loss, plain);
        const [g] = grad(loss, [x]);
        same(some(g), grad(plain, [rest])[0]);
        assert.equal([...g.at(1).dataSync(), ...g.at(3).dataSync()], [0, 0, 0, 0, 0, 0]);
      }
      const each = crossEntropy(x, marked, { ...options, reduction: 'none' });
      same(some(each), crossEntropy(rest, some(target), { ...more, reduction: 'none' }));
      assert.equal([each.at(1).itemSync(), each.at(3).itemSync()], [0, 0]);
    }
    const logp = logSoftmax(logits, 1);
    same(nll(logp, marked, { weight, ignoreIndex: -100 }), crossEntropy(logits, marked, { weight, ignoreIndex: -100 }));
    assert.is(crossEntropy(logits.cast('float32'), marked, { ignoreIndex: -100 }).dtype, 'float32');
  },
);

ce('of rows that are all ignored the mean is refused, the sum is 0; classes out of range stay refused', () => {
  const all = tensor([1, 1, 1, 1], { dtype: 'int32' });
  assert.throws(() => crossEntropy(logits, all, { ignoreIndex: 1 }), /^crossEntropy: every class is ignored/);
  assert.is(crossEntropy(logits, all, { ignoreIndex: 1, reduction: 'sum' }).itemSync(), 0);
  assert.throws(
    () => nll(logSoftmax(logits, 1), [0, 1, 7, 2], { ignoreIndex: 1 }),
    /^nll: no such class: 7 at index 2/,
  );
  assert.throws(() => crossEntropy(logits, onehot, { ignoreIndex: 1 }), /^crossEntropy: ignoreIndex needs classes/);
  assert.throws(
    () => crossEntropy(logits, target, { ignoreIndex: 0.5 }),
    /^crossEntropy: ignoreIndex must be an integer/,
  );
});

ce('shapes, classes and options that do not match are refused', () => {
  const int = (v: number[]) => tensor(v, { dtype: 'int32' });
  assert.throws(() => crossEntropy(random(3), target), /crossEntropy: logits must be \[n, c\]: \(3\)/);
  assert.throws(() => crossEntropy(logits, int([0, 1])), /\(4,3\) and \(2\)/);
  assert.throws(() => crossEntropy(logits, random(4, 2)), /must match the logits: \(4,2\) for \(4,3\)$/);
  assert.throws(() => crossEntropy(logits, target, { weight: random(2) }), /one weight a class: \(2\) for 3 classes/);
  for (const labelSmoothing of [-0.1, 1.1, Number.NaN]) {
    assert.throws(
      () => crossEntropy(logits, target, { labelSmoothing }),
      /labelSmoothing must be a number from 0 to 1/,
    );
  }
  assert.throws(
    () => crossEntropy(logits, target, { reduction: 'avg' as 'sum' }),
    /unknown reduction: avg; one of mean/,
  );
  assert.throws(() => nll(logits, random(4)), /nll: a class must be an int32 integer: -?\d/);
});

ce('a class out of range is refused with the name of the loss, the class, its index and the valid range', () => {
  const int = (v: number[]) => tensor(v, { dtype: 'int32' });
  assert.throws(
    () => crossEntropy(logits, int([0, 1, 3, 7]), { labelSmoothing: 0.1 }),
    /^crossEntropy: no such class: 3 at index 2; there are 3, 0\.\.2$/,
  );
  assert.throws(
    () => crossEntropy(logits, int([0, -1, 1, 0]), { weight }),
    /^crossEntropy: no such class: -1 at index 1/,
  );
  assert.throws(() => nll(logits, int([3, 0, 0, 0])), /^nll: no such class: 3 at index 0/);
  assert.throws(
    () => crossEntropy(logits, int([0, 1])),
    /^crossEntropy: takes \[n, c\] and classes \[n\]: \(4,3\) and/,
  );
});

ce('classes may be int32, floats that hold whole numbers, or a list; other numbers are refused', () => {
  for (const classes of [tensor([2, 0, 1, 2]), [2, 0, 1, 2]]) {
    same(crossEntropy(logits, classes), crossEntropy(logits, target));
    same(nll(logits, classes), nll(logits, target));
    same(accuracy(logits, classes), accuracy(logits, target));
    for (const bad of [1.5, Number.NaN]) {
      const wrong = Array.isArray(classes) ? [2, 0, bad, 2] : tensor([2, 0, bad, 2]);
      for (const loss of [crossEntropy, nll, accuracy]) {
        assert.throws(() => loss(logits, wrong), new RegExp(`a class must be an int32 integer: ${bad} at index 2`));
      }
    }
  }
});

ce('classes that int32 does not hold are refused: 2^32 would be class 0', () => {
  for (const wrong of [2 ** 32, -(2 ** 32), 2 ** 32 + 1, 2 ** 31]) {
    for (const classes of [[0, wrong, 1, 2], tensor([0, wrong, 1, 2], { dtype: 'float64' })]) {
      for (const loss of [crossEntropy, nll, accuracy])
        assert.throws(() => loss(logits, classes), new RegExp(`a class must be an int32 integer: ${wrong} at index 1`));
    }
  }
});

ce('nested arrays, numbers and promises in place of a tensor are refused with the name of the loss', () => {
  const wrong = <T>(value: unknown) => value as T;
  assert.throws(() => crossEntropy(logits, wrong([[0], [1]])), /crossEntropy: a class must be an int32 integer: /);
  assert.throws(() => crossEntropy(wrong(Promise.resolve(logits)), target), /got a Promise; await it/);
  assert.throws(() => nll(logits, wrong(undefined)), /nll: takes a tensor: got undefined/);
  assert.throws(() => mse(logits, wrong(1)), /mse: takes a tensor: got number 1/);
});

const element = subject('Losses of single elements');
const a = random(3, 4);
const b = random(3, 4);
const probabilities = softmax(random(3, 4), 1);
const losses = { mse, l1, huber, bceWithLogits };

element('the mean is the sum divided by the count, and the sum is the sum of the elements', () => {
  for (const loss of Object.values(losses)) {
    const each = loss(a, probabilities, { reduction: 'none' });
    assert.equal(each.shape, [3, 4]);
    same(loss(a, probabilities, { reduction: 'sum' }), each.sum());
    same(loss(a, probabilities), each.mean());
  }
});

element('3 and -1 against 1 have squared error 4, absolute error 2 and Huber loss 1.5, worked by hand', () => {
  const [x, y] = [tensor([3, -1]), tensor([1, 1])];
  assert.is(mse(x, y).itemSync(), 4);
  assert.is(l1(x, y).itemSync(), 2);
  assert.is(huber(x, y).itemSync(), 1.5);
});

element('mse, l1 and huber are symmetric, and 0 only for equal tensors', () => {
  for (const loss of [mse, l1, huber]) {
    same(loss(a, b), loss(b, a));
    assert.is(loss(a, a).itemSync(), 0);
    assert.ok(loss(a, b).itemSync() > 0);
  }
});

element('huber with a large delta is half of mse; with a small delta, huber / delta is l1', () => {
  same(huber(a, b, { delta: 100 }), mse(a, b).mul(0.5));
  const delta = 1e-9;
  // |d| - delta / 2 differs from |d| by 5e-10.
  close(huber(a, b, { delta }).div(delta).dataSync(), l1(a, b).dataSync(), 1e-9);
});

element('huber and its slope are continuous at delta', () => {
  const at = (d: number) => {
    const x = tensor([d], { dtype: 'float64', requiresGrad: true });
    const loss = huber(x, tensor([0], { dtype: 'float64' }), { delta: 0.7 });
    return [loss.itemSync(), grad(loss, [x])[0].itemSync()];
  };
  close(at(0.7), [0.245, 0.7], ROUNDING);
  close(at(0.7 - 1e-9), at(0.7 + 1e-9), 2e-9);
});

element('bceWithLogits is the cross-entropy of the two classes [x, 0]', () => {
  const x = random(5);
  const y = tensor([0, 1, 1, 0, 1]);
  const pairs = x.reshape([5, 1]).pad([
    [0, 0],
    [0, 1],
  ]);
  same(bceWithLogits(x, y), crossEntropy(pairs, tensor([1, 0, 0, 1, 0], { dtype: 'int32' })));
});

element('bceWithLogits of integers is that of the same floats, with targets and weights that are not whole', () => {
  const [target, posWeight] = [tensor([0.5, 0.25]), tensor([1.5, 2.5])];
  for (const options of [{}, { posWeight }]) {
    const [whole, floats] = (['int32', 'float64'] as const).map((dtype) =>
      bceWithLogits(tensor([1, 2], { dtype }), target, options).itemSync(),
    );
    assert.is(whole, floats);
  }
});

element('bceWithLogits of logits of 1e4 is finite, with its gradient', () => {
  const x = tensor([1e4, -1e4, 1e4], { requiresGrad: true });
  const loss = bceWithLogits(x, tensor([1, 1, 0]), { reduction: 'none' });
  assert.equal([...loss.dataSync()], [0, 1e4, 1e4]);
  loss.sum().backward();
  assert.equal([...x.grad!.dataSync()], [0, -1, 1]);
});

element('every gradient agrees with a central difference', () => {
  for (const loss of Object.values(losses)) gradcheck((x) => loss(x, probabilities), [a]);
  gradcheck((x) => crossEntropy(x, target, { labelSmoothing: 0.1, weight }), [logits], { second: true });
  gradcheck((x, p) => crossEntropy(x, p, { labelSmoothing: 0.1 }), [logits, softmax(random(4, 3), 1)]);
});

element('different shapes are refused, also if they could be broadcast', () => {
  for (const [name, loss] of Object.entries(losses)) {
    assert.throws(() => loss(random(4, 1), random(4)), new RegExp(`${name}: shapes differ: \\(4,1\\) and \\(4\\)`));
  }
  assert.throws(() => huber(a, b, { delta: 0 }), /delta must be positive: 0/);
  assert.throws(() => huber(a, b, { delta: Number.NaN }), /delta must be positive/);
});

const share = subject('Accuracy');

share('is the share of rows whose largest logit is at the target class', () => {
  const x = tensor([
    [1, 2, 0],
    [5, 1, 1],
    [0, 0, 9],
    [3, 2, 1],
  ]);
  assert.is(accuracy(x, tensor([1, 0, 2, 1], { dtype: 'int32' })).itemSync(), 0.75);
});

share('targets of another shape are refused', () => {
  assert.throws(() => accuracy(logits, tensor([2], { dtype: 'int32' })), /accuracy: .*\(4,3\) and \(1\)/);
  assert.throws(() => accuracy(random(4), target), /accuracy: .*\(4\) and \(4\)/);
});

share('a class that does not exist is refused and named, however it is given', () => {
  for (const [classes, message] of [
    [[0, 1, 3, 2], /accuracy: no such class: 3 at index 2; there are 3, 0\.\.2/],
    [[0, -1, 1, 2], /accuracy: no such class: -1 at index 1; there are 3, 0\.\.2/],
  ] as const) {
    for (const given of [classes, tensor(classes), tensor(classes, { dtype: 'int32' })])
      assert.throws(() => accuracy(logits, given), message);
  }
});

subject('Losses and accuracy')(
  'refuse an empty batch with an error that begins with their own name, not with that of the mean that they compute',
  () => {
    const [empty, none] = [zeros([0, 3]), zeros([0], { dtype: 'int32' })];
    const weight = ones([3]);
    const calls: [name: string, call: () => Tensor][] = [
      ['crossEntropy', () => crossEntropy(empty, none)],
      ['crossEntropy', () => crossEntropy(empty, empty)],
      ['crossEntropy', () => crossEntropy(empty, none, { weight })],
      ['nll', () => nll(empty, none)],
      ['mse', () => mse(empty, empty)],
      ['l1', () => l1(empty, empty)],
      ['huber', () => huber(empty, empty)],
      ['bceWithLogits', () => bceWithLogits(empty, empty)],
      ['accuracy', () => accuracy(empty, none)],
    ];
    for (const [name, call] of calls)
      assert.throws(call, new RegExp(`^${name}: no elements: the mean of an empty batch`));
  },
);

// Operations that arrange, sort, count and multiply elements. The expected values are NumPy's and PyTorch's, worked out by hand.
import * as bg from '../../core/index.js';
import { grad, Random, type Tensor, tensor } from '../../core/index.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Arrays');

const inf = Number.POSITIVE_INFINITY;
const nan = Number.NaN;
const list = (t: Tensor) => [...t.dataSync()];
const int = (...values: number[]) => tensor(values, { dtype: 'int32' });
const float = (values: number[], requiresGrad = false) => tensor(values, { dtype: 'float64', requiresGrad });
/** 0, 1, .. in this shape, as int32. */
const count = (...shape: number[]) => bg.arange(shape.reduce((a, b) => a * b, 1)).reshape(shape);
const same = (y: Tensor, values: readonly number[], shape: readonly number[], what = '') => {
  assert.equal(y.shape, shape, what);
  assert.equal(list(y), values, what);
};
const gradient = (f: (x: Tensor) => Tensor, values: number[]) => {
  const x = float(values, true);
  return list(grad(f(x).sum(), [x])[0]);
};

test('at takes one index per axis, negative ones from the end; null keeps an axis; the result is a view', () => {
  const x = count(2, 3);
  same(x.at(1), [3, 4, 5], [3]);
  same(x.at(-1, 0), [3], []);
  same(x.at(null, -1), [2, 5], [2]);
  same(x.at(), [0, 1, 2, 3, 4, 5], [2, 3]);
  x.at(0).assign(7);
  same(x, [7, 7, 7, 3, 4, 5], [2, 3]);
  assert.throws(() => x.at(2), /^at: index out of range: 2 at axis 0 of \(2,3\)/);
  assert.throws(() => x.at(0, -4), /^at: index out of range: -4 at axis 1/);
  assert.throws(() => x.at(0.5), /^at: index out of range: 0.5/);
  assert.throws(() => x.at(0, 0, 0), /^at: index out of range: 0 at axis 2 of \(2,3\)/);
  assert.throws(() => x.at(0, 0, null), /^at: index out of range: null at axis 2 of \(2,3\)/);
});

test('unsqueeze adds an axis of size 1, whose index in the result is the one named, from the end if it is negative', () => {
  const x = count(2, 3);
  for (const [axis, shape] of [
    [0, [1, 2, 3]],
    [1, [2, 1, 3]],
    [2, [2, 3, 1]],
    [-1, [2, 3, 1]],
    [-3, [1, 2, 3]],
  ] as const) {
    same(bg.unsqueeze(x, axis), list(x), shape);
    assert.equal(bg.squeeze(bg.unsqueeze(x, axis), axis).shape, [2, 3]);
  }
  assert.throws(() => bg.unsqueeze(x, 3), /^unsqueeze: no such axis: 3 of 3 axes/);
});

test('split cuts into parts of one size, of which the last may be smaller, or of listed sizes; concat joins the parts again', () => {
  const x = count(2, 5);
  for (const [sizes, found] of [
    [2, [2, 2, 1]],
    [5, [5]],
    [9, [5]],
    [
      [1, 0, 4],
      [1, 0, 4],
    ],
  ] as const) {
    const parts = bg.split(x, sizes, 1);
    assert.equal(
      parts.map((p) => p.shape[1]),
      found,
    );
    same(bg.concat(parts, -1), list(x), [2, 5]);
  }
  same(bg.split(x, 1)[1], [5, 6, 7, 8, 9], [1, 5]);
  assert.is(bg.split(bg.zeros([0, 2]), 3).length, 1);
  assert.throws(() => bg.split(x, [2, 2], 1), /^split: sizes must add up to axis 1: \[2,2\] is 4 for \(2,5\)/);
  assert.throws(() => bg.split(x, 0), /^split: sizes must be a positive integer: 0/);
  assert.throws(() => bg.split(x, [1.5, 0.5]), /^split: sizes must be an integer of at least 1, or a list/);
});

test('flip reverses axes, all of them by default, as a view; twice it is the identity', () => {
  const x = count(2, 3);
  same(bg.flip(x), [5, 4, 3, 2, 1, 0], [2, 3]);
  same(bg.flip(x, 0), [3, 4, 5, 0, 1, 2], [2, 3]);
  same(bg.flip(x, -1), [2, 1, 0, 5, 4, 3], [2, 3]);
  same(bg.flip(bg.flip(x, [0, 1])), list(x), [2, 3]);
  same(bg.flip(bg.zeros([0, 2])), [], [0, 2]);
  assert.is(bg.flip(x).storage, x.storage);
});

test('tile puts copies of the whole tensor one after another; repeat puts the copies of each element, or of each slice of an axis, side by side', () => {
  const x = count(2, 2);
  same(bg.tile(x, 2), [0, 1, 0, 1, 2, 3, 2, 3], [2, 4]);
  same(bg.tile(x, [2, 1]), [0, 1, 2, 3, 0, 1, 2, 3], [4, 2]);
  same(bg.tile(int(1, 2), [2, 1, 2]), [1, 2, 1, 2, 1, 2, 1, 2], [2, 1, 4]);
  same(bg.tile(x, [0, 1]), [], [0, 2]);
  // With a count of 0 the repeated view has arbitrary strides, but no elements.
  same(bg.tile(x, [1, 0, 2, 1]), [], [1, 0, 4, 2]);
  same(bg.repeat(x, 2), [0, 0, 1, 1, 2, 2, 3, 3], [8]);
  same(bg.repeat(x, 2, 0), [0, 1, 0, 1, 2, 3, 2, 3], [4, 2]);
  same(bg.repeat(x, [2, 1], 1), [0, 0, 1, 2, 2, 3], [2, 3]);
  same(bg.repeat(x, 0), [], [0]);
  assert.equal(
    gradient((t) => bg.tile(t, [2, 3]), [1, 2]),
    [6, 6],
  );
  assert.equal(
    gradient((t) => bg.repeat(t, [3, 0]), [1, 2]),
    [3, 0],
  );
  assert.throws(() => bg.tile(x, [1, -1]), /^tile: counts must be integers of at least 0, one an axis: \[1,-1\]/);
  assert.throws(() => bg.tile(x, 2, ...([3] as never[])), /^tile: counts must be one list, as \[2, 3\]: \[2,3\]$/);
  assert.throws(() => bg.repeat(x, [1e15, 1], 0), /^repeat: out of memory: \(1000000000000001\) in float64/);
  assert.throws(() => bg.repeat(x, [1], 0), /^repeat: counts must be an integer of at least 0, or a list of 2: \[1\]/);
});

test('tril keeps a diagonal and what lies below it, triu a diagonal and what lies above; on the other side even NaN becomes 0', () => {
  const x = count(2, 3).add(1);
  same(bg.tril(x), [1, 0, 0, 4, 5, 0], [2, 3]);
  same(bg.tril(x, 1), [1, 2, 0, 4, 5, 6], [2, 3]);
  same(bg.tril(x, -1), [0, 0, 0, 4, 0, 0], [2, 3]);
  same(bg.triu(x), [1, 2, 3, 0, 5, 6], [2, 3]);
  same(bg.tril(x).add(bg.triu(x, 1)), list(x), [2, 3]);
  same(bg.triu(bg.full([2, 2, 2], nan), 1).slice([null, null, [0, 1]]), [0, 0, 0, 0], [2, 2, 1]);
  same(bg.tril(bg.ones([2, 2], { dtype: 'bool' })), [1, 0, 1, 1], [2, 2]);
  assert.throws(() => bg.tril(int(1)), /^tril: takes matrices \[.., m, n\]: \(1\)/);
  assert.throws(() => bg.triu(x, 0.5), /^triu: diagonal must be an integer: 0.5/);
});

test('oneHot has 1 at the index, in the dtype asked for, and refuses an index out of range', () => {
  same(bg.oneHot(int(2, 0), 3), [0, 0, 1, 1, 0, 0], [2, 3]);
  assert.is(bg.oneHot(int(0), 2).dtype, 'float32');
  const masks = bg.oneHot(tensor([[1], [0]], { dtype: 'int32' }), 2, { dtype: 'bool' });
  same(masks, [0, 1, 1, 0], [2, 1, 2]);
  assert.is(masks.dtype, 'bool');
  assert.throws(() => bg.oneHot(int(3), 3), /^oneHot: index out of range: 3 for an axis of size 3/);
  assert.throws(() => bg.oneHot(float([1]), 3), /^oneHot: the index must be an int32 tensor: float64/);
  assert.throws(() => bg.oneHot(int(0), 0), /^oneHot: classes must be a positive integer: 0/);
});

test('cumsum sums up to each position; integers stay integers and do not wrap around', () => {
  const x = count(2, 3);
  same(bg.cumsum(x, 0), [0, 1, 2, 3, 5, 7], [2, 3]);
  same(bg.cumsum(x, -1), [0, 1, 3, 3, 7, 12], [2, 3]);
  assert.is(bg.cumsum(tensor([true, true]), 0).dtype, 'int32');
  same(bg.cumsum(bg.zeros([0, 2]), 0), [], [0, 2]);
  assert.throws(() => bg.cumsum(int(2 ** 31 - 1, 1), 0), /^cumsum: not an int32: 2147483648/);
  assert.throws(() => bg.cumsum(x, 2), /^cumsum: no such axis: 2 of 2 axes/);
});

test('sort counts NaN as the largest, keeps the order of equal elements in both directions, and its gradient goes back to each element', () => {
  const x = float([2, nan, -inf, 2, inf, 0]);
  const [values, index] = bg.sort(x);
  same(values, [-inf, 0, 2, 2, inf, nan], [6]);
  same(index, [2, 5, 0, 3, 4, 1], [6]);
  same(bg.argSort(x, 0, { descending: true }), [1, 4, 0, 3, 5, 2], [6]);
  same(bg.sort(count(2, 2), 0, { descending: true })[0], [2, 3, 0, 1], [2, 2]);
  assert.equal(
    gradient((t) => bg.sort(t)[0].mul(float([1, 2, 3])), [5, 3, 4]),
    [3, 1, 2],
  );
  same(bg.sort(bg.zeros([2, 0]))[1], [], [2, 0]);
  assert.throws(() => bg.sort(x, 1), /^sort: no such axis: 1 of 1 axes/);
});

test('topk is the beginning of the sorted elements, largest first or smallest first', () => {
  const x = bg.randn([3, 7], { stream: new Random(3).stream('x') });
  for (const largest of [true, false]) {
    const [values, index] = bg.topk(x, 4, 1, { largest });
    const [all, places] = bg.sort(x, 1, { descending: largest });
    same(values, list(all.slice([null, [0, 4]])), [3, 4]);
    same(index, list(places.slice([null, [0, 4]])), [3, 4]);
  }
  same(bg.topk(x, 0)[0], [], [3, 0]);
  assert.throws(() => bg.topk(x, 8), /^topk: k must be an integer from 0 to 7, the size of axis -1: 8/);
});

test('any and all count NaN as true; without elements, any is false and all is true', () => {
  const x = tensor([
    [0, nan],
    [0, 0],
  ]);
  same(bg.any(x, 1), [1, 0], [2]);
  same(bg.all(x, 0, { keepdim: true }), [0, 0], [1, 2]);
  same(bg.all(tensor([nan, 1])), [1], []);
  assert.equal([bg.any(x).dtype, bg.all(x).dtype], ['bool', 'bool']);
  const none = bg.zeros([0, 2]);
  same(bg.any(none, 0), [0, 0], [2]);
  same(bg.all(none), [1], []);
});

test('prod of no elements is 1; with one zero its gradient is the product of the others at the zero and 0 elsewhere, with two zeros it is 0', () => {
  same(bg.prod(count(2, 3).add(1)), [720], []);
  same(bg.prod(count(2, 3), 0), [0, 4, 10], [3]);
  same(bg.prod(count(2, 3), [1], { keepdim: true }), [0, 60], [2, 1]);
  same(bg.prod(bg.zeros([0, 2]), 0), [1, 1], [2]);
  assert.is(bg.prod(tensor([true, false])).dtype, 'int32');
  assert.equal(gradient(bg.prod, [2, 3, 4]), [12, 8, 6]);
  assert.equal(gradient(bg.prod, [0, 3, 4]), [12, 0, 0]);
  assert.equal(gradient(bg.prod, [0, 3, 0]), [0, 0, 0]);
});

test('std is the square root of the variance; of equal elements it is 0, with the gradient 0', () => {
  const x = float([1, 2, 4, 8]);
  // One rounding of a square root may differ: an ulp.
  close(list(bg.std(x)), [Math.sqrt(x.variance().itemSync())], 1e-15);
  close(list(bg.std(x, 0, { unbiased: false })), [Math.sqrt(x.variance(0, { unbiased: false }).itemSync())], 1e-15);
  assert.equal(gradient(bg.std, [3, 3, 3]), [0, 0, 0]);
  assert.throws(() => bg.std(float([1])), /^std: one element has no unbiased variance/);
  assert.throws(() => bg.std(bg.zeros([0])), /^std: no elements/);
});

test('norm takes any p; its gradient is 0 where all elements are 0, and for an infinite p equal extremes share it', () => {
  const x = float([3, -4, 0]);
  for (const [p, value] of [
    [2, 5],
    [1, 7],
    [inf, 4],
    [-inf, 0],
    [0, 2],
    [3, 91 ** (1 / 3)],
    [0.5, (3 ** 0.5 + 2) ** 2],
    [-1, 0],
  ]) {
    close(list(bg.norm(x, 0, { p })), [value], 1e-14, `p = ${p}`);
  }
  close(
    gradient((t) => bg.norm(t), [3, -4, 0]),
    [0.6, -0.8, 0],
    1e-15,
  );
  for (const p of [0.5, 1, 1.5, 2, 3, inf, -1, -2])
    assert.equal(
      gradient((t) => bg.norm(t, 0, { p }), [0, 0]),
      [0, 0],
      `p = ${p}`,
    );
  // One zero makes a norm of negative order 0, whatever the others are.
  assert.equal(
    gradient((t) => bg.norm(t, 0, { p: -1 }), [0, 2]),
    [0, 0],
  );
  close(
    gradient((t) => bg.norm(t, 0, { p: -1 }), [1, 2]),
    [4 / 9, 1 / 9],
    1e-15,
  );
  assert.equal(
    gradient((t) => bg.norm(t, 0, { p: inf }), [2, -2, 1]),
    [0.5, -0.5, 0],
  );
  assert.is(bg.norm(bg.zeros([0])).itemSync(), 0);
  assert.throws(() => bg.norm(bg.zeros([0]), 0, { p: inf }), /^norm: no elements/);
  assert.throws(() => bg.norm(x, 0, { p: nan }), /^norm: p must be a number: NaN/);
});

test('floor, ceil and round keep integers and the sign of zero; round takes halves to the even neighbour', () => {
  same(bg.floor(float([-1.5, 1.5, -0.2])), [-2, 1, -1], [3]);
  same(bg.ceil(float([-1.5, 1.5, -0.2])), [-1, 2, -0], [3]);
  same(bg.round(float([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])), [-2, -2, -0, 0, 2, 2], [6]);
  same(bg.round(float([0.49999999999999994, 2 ** 52 + 1, -inf])), [0, 2 ** 52 + 1, -inf], [3]);
  assert.is(bg.round(int(3)).dtype, 'int32');
  for (const [f, v] of [
    [bg.floor, -0],
    [bg.ceil, -0.2],
    [bg.round, -0.5],
  ] as const)
    assert.ok(Object.is(f(float([v])).itemSync(), -0), `${v}`);
});

test('log1p and expm1 are accurate near 0, where log(1 + x) and e^x - 1 round to 0', () => {
  same(bg.log1p(float([1e-20, -1])), [1e-20, -inf], [2]);
  same(bg.expm1(float([1e-20, -inf])), [1e-20, -1], [2]);
});

test('zerosLike and onesLike take shape and dtype from a tensor, linspace includes both ends, randint stays in its range', () => {
  const x = count(2, 3);
  same(bg.zerosLike(x), [0, 0, 0, 0, 0, 0], [2, 3]);
  assert.is(bg.onesLike(x).dtype, 'int32');
  assert.ok(bg.onesLike(x, { dtype: 'float64', requiresGrad: true }).requiresGrad);
  same(bg.linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1], [5]);
  same(bg.linspace(3, 7, 1), [3], [1]);
  same(bg.linspace(3, 7, 0), [], [0]);
  const third = list(bg.linspace(0, 0.1, 4, { dtype: 'float64' }));
  assert.is(third[3], 0.1, 'the last number is stop');
  const drawn = bg.randint(-1, 2, [400], { stream: new Random(1).stream('x') });
  assert.is(drawn.dtype, 'int32');
  assert.equal([...new Set(list(drawn))].sort(), [-1, 0, 1]);
  same(bg.randint(-(2 ** 31), 2 ** 31, [0]), [], [0]);
  assert.throws(() => bg.randint(3, 3, [1]), /^randint: high must be an integer above 3, at most 2\^31: 3/);
  assert.throws(() => bg.linspace(0, 1, 3, { dtype: 'int32' }), /^linspace: its numbers are floats: int32/);
});

test('einsum: products, sums, diagonals, outer products, ellipses, three operands', () => {
  const [a, b] = [count(2, 3), count(3, 2)];
  same(bg.einsum('ij,jk->ik', a, b), list(a.matmul(b)), [2, 2]);
  same(bg.einsum('ij,jk', a, b), list(a.matmul(b)), [2, 2]);
  same(bg.einsum('kj,ik', a, b), list(b.matmul(a)), [3, 3]);
  same(bg.einsum('ij -> ', a), [15], []);
  same(bg.einsum('ba', a), [0, 3, 1, 4, 2, 5], [3, 2]);
  same(bg.einsum('ii', count(3, 3)), [12], []);
  same(bg.einsum('iji->ji', count(2, 3, 2)), [0, 7, 2, 9, 4, 11], [3, 2]);
  same(bg.einsum('i,j->ji', int(1, 2), int(3, 4)), [3, 6, 4, 8], [2, 2]);
  same(bg.einsum('i,i->i', int(1, 2), int(3, 4)), [3, 8], [2]);
  same(bg.einsum(',i->i', tensor(2, { dtype: 'int32' }), int(3, 4)), [6, 8], [2]);
  same(bg.einsum('...ij,...jk->...ik', count(2, 1, 2), count(2, 2, 1)), [1, 13], [2, 1, 1]);
  same(bg.einsum('i...->...', a), [3, 5, 7], [3]);
  same(bg.einsum('...j,j->...', a, int(1, 0, 2)), [4, 13], [2]);
  const chain = bg.einsum('ij,jk,kl->il', a, b, a);
  same(chain, list(a.matmul(b).matmul(a)), [2, 3]);
  same(bg.einsum('ij,jk->ik', bg.zeros([2, 0]), bg.zeros([0, 1])), [0, 0], [2, 1]);
  same(bg.einsum('i,i->', tensor([true, true]), tensor([true, true])), [2], []);
});

test('einsum refuses equations that do not parse or do not fit, and says which part', () => {
  const [a, b] = [count(2, 3), count(3, 2)];
  const refused: [() => unknown, RegExp][] = [
    [() => bg.einsum('ij,jk->ik', a), /^einsum: 'ij,jk->ik' has 2 operands: got 1/],
    [() => bg.einsum('ij,kj->ik', a, b), /^einsum: sizes of 'j' differ in 'ij,kj->ik': 3 and 2 of \(2,3\), \(3,2\)/],
    [() => bg.einsum('ijk->i', a), /^einsum: 'ijk' does not name the axes of \(2,3\)/],
    [() => bg.einsum('i->i', a), /^einsum: 'i' does not name the axes of \(2,3\)/],
    [() => bg.einsum('ij->iq', a), /^einsum: 'q' is in no operand: 'ij->iq'/],
    [() => bg.einsum('ij->ii', a), /^einsum: 'i' occurs twice in the result: 'ij->ii'/],
    [() => bg.einsum('i1->i', a), /^einsum: not an equation: 'i1->i'/],
    [() => bg.einsum('ij->i->j', a), /^einsum: not an equation/],
    [() => bg.einsum(3 as never, a), /^einsum: the equation must be text, such as 'ij,jk->ik': got number 3/],
  ];
  for (const [call, message] of refused) assert.throws(call, message);
});

test('an einsum has the gradients of the products and sums that it abbreviates', () => {
  const x = float([1, 2, 3, 4], true);
  const w = float([1, 3, 5, 7]).reshape([2, 2]);
  const [g] = grad(bg.einsum('ii,ij->j', x.reshape([2, 2]), w).sum(), [x]);
  assert.equal(list(g), [4, 0, 0, 12]);
});

test('a window of ceilMode may end beyond the padding; its mean divides by the number of its elements up to the end of the padding, as in PyTorch', () => {
  const x = count(1, 1, 1, 5).cast('float32');
  const options = { kernelSize: [1, 2], ceilMode: true } as const;
  same(bg.maxPool2d(x, options), [1, 3, 4], [1, 1, 1, 3]);
  same(bg.avgPool2d(x, options), [0.5, 2.5, 4], [1, 1, 1, 3]);
  // Padded: 0 [0 1 2 3 4] 0. Windows of 3 with stride 2: [0 0 1], [1 2 3], [3 4 0].
  const padded = { kernelSize: [1, 3], stride: [1, 2], padding: [0, 1], ceilMode: true } as const;
  close(list(bg.avgPool2d(x, padded)), [1 / 3, 2, 7 / 3], 1e-7);
  // Of four elements the last window is [3 0], which has two: the padding ends there.
  const four = x.slice([null, null, null, [0, 4]]);
  close(list(bg.avgPool2d(four, padded)), [1 / 3, 2, 3 / 2], 1e-7);
  close(list(bg.avgPool2d(four, { ...padded, countIncludePad: false })), [1 / 2, 2, 3], 1e-7);
  // A window that would begin in the padding after the plane does not count.
  assert.is(bg.maxPool2d(x, { kernelSize: [1, 2], stride: [1, 3], padding: [0, 1], ceilMode: true }).shape[3], 2);
});

test('a dilated window of maxPool2d reads every second element and skips the padding', () => {
  const x = count(1, 1, 1, 6).cast('float32');
  same(bg.maxPool2d(x, { kernelSize: [1, 2], stride: 1, dilation: [1, 2] }), [2, 3, 4, 5], [1, 1, 1, 4]);
  const [y, index] = bg.maxPool2dWithIndices(bg.flip(x, 3), {
    ...{ kernelSize: [1, 3], stride: [1, 1], padding: [0, 1], dilation: [1, 2] },
  });
  // Positions -1 1 3, 0 2 4, 1 3 5, 2 4 6 of 5 4 3 2 1 0.
  same(y, [4, 5, 4, 3], [1, 1, 1, 4]);
  same(index, [1, 0, 1, 2], [1, 1, 1, 4]);
  assert.throws(
    () => bg.maxPool2d(bg.zeros([1, 1, 1, 2]), { kernelSize: [1, 2], stride: 1, padding: [0, 1], dilation: [1, 3] }),
    /^maxPool2d: a window has no element of the plane: dilation 1,3 on \(1,1,1,2\)/,
  );
});

test("conv2d’s padding 'same' keeps the size; if the number of zeros is odd, one more is after the image", () => {
  const x = bg.ones([1, 1, 2, 3]);
  same(bg.conv2d(x, bg.ones([1, 1, 1, 2]), null, { padding: 'same' }), [2, 2, 1, 2, 2, 1], [1, 1, 2, 3]);
  same(bg.conv2d(x, bg.ones([1, 1, 1, 3]), null, { padding: 'same' }), [2, 3, 2, 2, 3, 2], [1, 1, 2, 3]);
  const wide = bg.conv2d(x, bg.ones([1, 1, 2, 2]), bg.ones([1]), { padding: 'same', dilation: [1, 2] });
  same(wide, [3, 5, 3, 2, 3, 2], [1, 1, 2, 3]);
  assert.throws(
    () => bg.conv2d(x, bg.ones([1, 1, 1, 2]), null, { padding: 'same', stride: 2 }),
    /^conv2d: padding 'same' needs stride 1: 2,2/,
  );
});

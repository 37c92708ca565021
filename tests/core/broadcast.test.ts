import { add, broadcastTo, concat, grad, ones, tensor, where, zeros } from '../../core/index.js';
import { broadcastShapes, reshapeStrides, stridesOf } from '../../core/shape.js';
import { assert, subject } from '../spec.js';

const test = subject('Broadcasting and strides');

/** All shapes of up to three axes of sizes 1, 2 and 0. */
const shapes: number[][] = [[]];
for (let from = 0, n = 0; n < 3; n++) {
  const to = shapes.length;
  for (; from < to; from++) for (const d of [1, 2, 0]) shapes.push([d, ...shapes[from]]);
}

test('the shape of a broadcast result follows NumPy’s rule for all 1,600 pairs of small shapes', () => {
  assert.is(shapes.length, 40);
  for (const a of shapes) {
    for (const b of shapes) {
      const n = Math.max(a.length, b.length);
      const at = (s: number[], i: number) => s[s.length - n + i] ?? 1;
      const axes = Array.from({ length: n }, (_, i) => [at(a, i), at(b, i)]);
      if (axes.every(([p, q]) => p === q || p === 1 || q === 1)) {
        const expected = axes.map(([p, q]) => (p === 1 ? q : p));
        assert.equal(broadcastShapes('t', a, b), expected);
        assert.equal(add(zeros(a), zeros(b)).shape, expected);
      } else assert.throws(() => add(zeros(a), zeros(b)), /add: shapes do not broadcast: \(/);
    }
  }
});

test('elements are paired by index, and a repeated axis always uses its index 0', () => {
  const a = tensor([[1], [2]]);
  const b = tensor([10, 20, 30]);
  assert.equal([...a.add(b).dataSync()], [11, 21, 31, 12, 22, 32]);
  assert.equal([...b.sub(a).dataSync()], [9, 19, 29, 8, 18, 28]);
  assert.equal([...where(tensor([[true], [false]]), b, a).dataSync()], [10, 20, 30, 2, 2, 2]);
});

test('the gradient of a repeated operand is summed over its repetitions', () => {
  const a = tensor([[1], [2]], { requiresGrad: true });
  const b = tensor([1, 2, 3], { requiresGrad: true });
  const [ga, gb] = grad(a.mul(b).sum(), [a, b]);
  assert.equal([...ga.dataSync()], [6, 6]);
  assert.equal([...gb.dataSync()], [3, 3, 3]);
  assert.equal(ga.shape, [2, 1]);
});

test('a broadcast view takes no memory and shows later writes to its base', () => {
  const x = tensor([1, 2]);
  const y = x.broadcastTo([1000, 2]);
  assert.is(y.storage, x.storage);
  x.assign([3, 4]);
  assert.equal([...y.slice([[999]]).dataSync()], [3, 4]);
});

test('writing through a view that repeats elements is refused', () => {
  assert.throws(() => ones([1, 2]).broadcastTo([3, 2]).assign(0), /assign: a view that repeats elements: \(3,2\)/);
});

test('broadcastTo a shape with fewer axes, or with sizes that do not broadcast, is refused', () => {
  assert.throws(() => broadcastTo(ones([2, 3]), [3]), /broadcastTo: the target is smaller: \(2,3\) to \(3\)/);
  assert.throws(() => broadcastTo(ones([2]), [3]), /do not broadcast: \(2\) with \(3\)/);
});

test('operands that do not broadcast are refused with both shapes', () => {
  assert.throws(
    () => ones([2, 3]).add(ones([2])),
    /add: shapes do not broadcast: \(2,3\) with \(2\); sizes must be equal or 1/,
  );
  assert.throws(
    () => concat([ones([2, 3]), ones([3, 2])], 0),
    /concat: sizes differ at an axis other than 0: \(2,3\), \(3,2\)/,
  );
});

test('a reshape finds strides if and only if they exist, for views of 12 elements', () => {
  // Views of a [2, 2, 3] or [2, 3, 2] base with the axes in any order. Strides are right if they visit the same offsets.
  const walk = (shape: readonly number[], stride: readonly number[]) =>
    shape.reduce<number[]>(
      (at, d, i) => at.flatMap((o) => Array.from({ length: d }, (_, k) => o + k * stride[i])),
      [0],
    );
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const targets = [[12], [2, 6], [6, 2], [3, 4], [4, 3], [2, 2, 3], [3, 2, 2], [2, 3, 2], [1, 12], [2, 1, 6]];
  let views = 0;
  for (const base of [
    [2, 2, 3],
    [2, 3, 2],
  ]) {
    for (const order of orders) {
      const shape = order.map((i) => base[i]);
      const stride = order.map((i) => stridesOf(base)[i]);
      const offsets = walk(shape, stride);
      for (const to of targets) {
        // If strides exist, the stride of each axis is the distance to its element 1.
        const step = to.map((d, i) => (d === 1 ? 0 : offsets[to.slice(i + 1).reduce((p, q) => p * q, 1)]));
        const exists = walk(to, step).every((o, i) => o === offsets[i]);
        const found = reshapeStrides(shape, stride, to);
        assert.is(found !== null, exists, `(${shape}) strides (${stride}) to (${to})`);
        if (!found) continue;
        views++;
        assert.equal(walk(to, found), offsets);
      }
    }
  }
  assert.ok(views > 30, `${views} views`);
});

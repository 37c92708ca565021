import { promoteNumber } from '../../core/dtype.js';
import {
  adaptiveAvgPool2d,
  add,
  avgPool2d,
  conv2d,
  type DType,
  div,
  full,
  indexAdd,
  pad,
  promote,
  scatterAdd,
  type Tensor,
  tensor,
  where,
} from '../../core/index.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Dtypes');
const dtypes: DType[] = ['bool', 'int32', 'float32', 'float64'];

test('two dtypes promote to the smallest one that holds both: all sixteen pairs', () => {
  const table: Record<DType, DType[]> = {
    bool: ['bool', 'int32', 'float32', 'float64'],
    int32: ['int32', 'int32', 'float64', 'float64'],
    float32: ['float32', 'float64', 'float32', 'float64'],
    float64: ['float64', 'float64', 'float64', 'float64'],
  };
  for (const a of dtypes) {
    dtypes.forEach((b, i) => {
      assert.is(promote(a, b), table[a][i], `${a} with ${b}`);
      // Sums of bools count: int32.
      const sum = add(tensor([1], { dtype: a }), tensor([1], { dtype: b }));
      assert.is(sum.dtype, a === 'bool' && b === 'bool' ? 'int32' : table[a][i]);
      assert.is(sum.itemSync(), 2);
    });
  }
});

test('a number takes the dtype of a float tensor; with int32 or bool it is an int32 if it fits, else a float64', () => {
  const table: [DType, number, DType][] = [
    ['float32', 0.1, 'float32'],
    ['float64', 0.1, 'float64'],
    ['int32', 3, 'int32'],
    ['int32', 0.5, 'float64'],
    ['int32', 2 ** 31, 'float64'],
    ['bool', 1, 'int32'],
    ['bool', 0.5, 'float64'],
    ['float32', Number.NaN, 'float32'],
  ];
  for (const [dtype, value, expected] of table) {
    assert.is(promoteNumber(dtype, value), expected);
    assert.is(tensor([1], { dtype }).mul(value).dtype, expected, `${dtype} times ${value}`);
  }
});

test('a float32 operand is not widened by a number: the result is rounded to float32', () => {
  assert.is(
    tensor([1])
      .add(2 ** -30)
      .itemSync(),
    1,
  );
  assert.is(
    tensor([1], { dtype: 'float64' })
      .add(2 ** -30)
      .itemSync(),
    1 + 2 ** -30,
  );
});

test('division, roots and means of integers are floats', () => {
  const i = tensor([1, 2], { dtype: 'int32' });
  assert.equal([...div(i, 2).dataSync()], [0.5, 1]);
  assert.is(i.div(i).dtype, 'float64');
  assert.is(i.mean().itemSync(), 1.5);
  assert.is(i.sqrt().dtype, 'float64');
  assert.is(tensor([true]).exp().dtype, 'float32');
  close(i.sqrt().dataSync(), [1, Math.SQRT2], 1e-16);
});

test('a result that int32 does not hold is refused by every operation except cast, and does not wrap around', () => {
  const ints = (values: number[], shape = [values.length]) => tensor(Int32Array.from(values), { shape });
  const [least, most] = [-(2 ** 31), 2 ** 31 - 1];
  const image = (values: number[]) => ints(values, [1, 1, 1, 2]);
  const index = ints([0, 0]);
  const beyond: [name: string, call: () => Tensor, value: number][] = [
    ['add', () => add(ints([most, 5]), 1), 2 ** 31],
    ['add', () => ints([most]).add(tensor([true])), 2 ** 31],
    ['sub', () => ints([least]).sub(1), least - 1],
    ['mul', () => ints([2 ** 16]).mul(ints([-(2 ** 16)])), -(2 ** 32)],
    ['neg', () => ints([least]).neg(), 2 ** 31],
    ['abs', () => ints([least]).abs(), 2 ** 31],
    ['square', () => ints([65536]).square(), 2 ** 32],
    ['sum', () => ints([most, 1]).sum(), 2 ** 31],
    ['matmul', () => ints([2 ** 30, 2 ** 30]).matmul(ints([1, 1])), 2 ** 31],
    ['conv2d', () => conv2d(image([2 ** 30, 2 ** 30]), image([1, 1])), 2 ** 31],
    ['scatterAdd', () => scatterAdd(ints([most, 1]), 0, index, 1), 2 ** 31],
    ['indexAdd', () => indexAdd(ints([most, 1]), 0, index, 1), 2 ** 31],
    ['pad: value', () => pad(ints([1]), [[1, 0]], 3e9), 3e9],
    ['pad: value', () => pad(ints([1]), [[1, 0]], 2.5), 2.5],
  ];
  for (const [name, call, value] of beyond)
    assert.throws(call, new RegExp(`^${name}: not an int32: ${value} at 0; use float64$`), name);
  const kept: [call: () => Tensor, values: number[]][] = [
    [() => ints([most]).sub(1).add(1), [most]],
    [() => ints([least + 1, 0]).neg(), [most, 0]],
    [() => ints([46340]).square(), [2147395600]],
    [() => ints([3, 5]).maximum(most), [most, most]],
    [() => scatterAdd(ints([most, -1]), 0, index, 1), [most - 1]],
  ];
  const held = ints([3, 4]);
  assert.throws(() => held.assign([5, 2 ** 31]), /assign: not an int32/);
  assert.equal([...held.dataSync()], [3, 4], 'nothing was written');
  const table = ints([0, 1, 2, 3, 4, 5], [2, 3]);
  table.slice([null, [1, 2]]).assign([7, 8]);
  assert.equal([...table.dataSync()], [0, 7, 2, 3, 8, 5], 'a write in place leaves what lies between its elements');
  for (const [call, values] of kept) assert.equal([...call().dataSync()], values);
});

test('means of integers are floats, also over windows: avgPool2d once cut off their fractions', () => {
  const x = tensor(Int32Array.of(1, 2, 3, 4), { shape: [1, 1, 2, 2] });
  assert.equal([...avgPool2d(x, { kernelSize: 2 }).dataSync()], [2.5]);
  assert.is(avgPool2d(x, { kernelSize: 2 }).dtype, 'float64');
  assert.equal([...adaptiveAvgPool2d(x.greater(3), 1).dataSync()], [0.25]);
});

test('a cast to int32 rounds towards zero and wraps around, a cast to bool is x != 0', () => {
  const x = tensor([1.9, -1.9, 0, -0.5, 3e9], { dtype: 'float64' });
  assert.equal([...x.cast('int32').dataSync()], [1, -1, 0, 0, 3e9 - 2 ** 32]);
  assert.equal([...x.cast('bool').dataSync()], [1, 1, 0, 1, 1]);
  const odd = tensor([Number.NaN, Infinity, -Infinity]);
  assert.equal([...odd.cast('int32').dataSync()], [0, 0, 0], 'as x | 0');
  assert.equal([...odd.cast('bool').dataSync()], [1, 1, 1]);
  assert.is(x.cast('float64'), x, 'its own dtype: the tensor itself');
  assert.is(
    tensor([1 / 3], { dtype: 'float64' })
      .cast('float32')
      .itemSync(),
    Math.fround(1 / 3),
  );
});

test('a gradient has the dtype of its leaf', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const y = tensor([3, 4], { dtype: 'float64', requiresGrad: true });
  x.mul(y).sum().backward();
  assert.is(x.grad!.dtype, 'float32');
  assert.is(y.grad!.dtype, 'float64');
  assert.equal([...x.grad!.dataSync()], [3, 4]);
});

test('a bool holds only 0 and 1, whatever is written to it', () => {
  for (const t of [full([2], 5, { dtype: 'bool' }), tensor([5, -0.5], { dtype: 'bool' })]) {
    assert.equal([...t.dataSync()], [1, 1]);
  }
  const t = tensor([false, false, false]);
  assert.equal([...t.assign([256, 0, Number.NaN]).dataSync()], [1, 0, 1]);
  assert.equal([...t.assign(0.5).dataSync()], [1, 1, 1]);
});

test('unknown dtypes and operands that are not tensors are refused', () => {
  assert.throws(() => tensor([1], { dtype: 'float16' as DType }), /tensor: unknown dtype: float16; one of float32/);
  assert.throws(() => tensor([1]).cast('int64' as DType), /cast: unknown dtype: int64/);
  assert.throws(() => add(1, 2), /add: takes tensors, or a tensor and a number: got number 1 and number 2/);
  assert.throws(() => tensor([1]).add('2' as unknown as number), /add: takes tensors, .* got a Tensor and string "2"/);
  assert.throws(() => where(tensor([1]), 1, 0), /where: the condition must be bool: float32/);
  assert.throws(
    () => tensor([1, 2]).indexSelect(0, tensor([0])),
    /indexSelect: the index must be an int32 tensor: float32/,
  );
  assert.throws(() => tensor([1], { dtype: 'int32', requiresGrad: true }), /only float tensors have gradients: int32/);
});

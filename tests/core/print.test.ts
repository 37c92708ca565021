import { inspect } from 'node:util';
import { noGrad, type Tensor, tensor, zeros } from '../../core/index.js';
import { densenet121, lenet, resnet14 } from '../../models/index.js';
import * as nn from '../../nn/index.js';
import { AdaBound } from '../../optim/index.js';
import { onAwaited } from '../awaited.js';
import { assert, subject } from '../spec.js';

const test = subject('Printing');

test('a layer prints as the call that creates it, with the options that are not at their defaults', () => {
  const layers: [nn.Module, string][] = [
    [new nn.Linear(400, 120), 'Linear(400, 120)'],
    [new nn.Linear(3, 2, { bias: false, dtype: 'float64' }), "Linear(3, 2, { bias: false, dtype: 'float64' })"],
    [new nn.Embedding(10, 4), 'Embedding(10, 4)'],
    [
      new nn.Conv2d(4, 8, [3, 5], { stride: 2, padding: [0, 1], groups: 2 }),
      'Conv2d(4, 8, [3, 5], { stride: 2, padding: [0, 1], groups: 2 })',
    ],
    [
      new nn.Conv2d(3, 16, 3, { padding: 1, dilation: 2, bias: false }),
      'Conv2d(3, 16, 3, { padding: 1, dilation: 2, bias: false })',
    ],
    [new nn.MaxPool2d(2), 'MaxPool2d(2)'],
    [new nn.MaxPool2d([3, 2], { stride: [3, 2], padding: 1 }), 'MaxPool2d([3, 2], { padding: 1 })'],
    [new nn.AvgPool2d(3, { stride: 1, countIncludePad: false }), 'AvgPool2d(3, { stride: 1, countIncludePad: false })'],
    [new nn.AdaptiveAvgPool2d([1, 2]), 'AdaptiveAvgPool2d([1, 2])'],
    [new nn.BatchNorm2d(16), 'BatchNorm2d(16)'],
    [
      new nn.BatchNorm1d(3, { eps: 1e-3, momentum: null, affine: false, trackRunningStats: false }),
      'BatchNorm1d(3, { eps: 0.001, momentum: null, affine: false, trackRunningStats: false })',
    ],
    [new nn.LayerNorm(8), 'LayerNorm(8)'],
    [new nn.LayerNorm([2, 2], { affine: false }), 'LayerNorm([2, 2], { affine: false })'],
    [new nn.Dropout(0.1), 'Dropout(0.1)'],
    [new nn.LeakyReLU(0.2), 'LeakyReLU(0.2)'],
    [new nn.GELU(), 'GELU()'],
    [new nn.GELU({ approximate: 'tanh' }), "GELU({ approximate: 'tanh' })"],
    [new nn.Flatten(), 'Flatten()'],
    [new nn.Flatten(2), 'Flatten(2)'],
    [new nn.ReLU(), 'ReLU()'],
    [new nn.Sequential(), 'Sequential()'],
  ];
  for (const [layer, text] of layers) {
    assert.is(String(layer), text);
    assert.is(inspect(layer), text);
  }
});

test('a model prints one child per line; equal neighbours in a list share a line', () => {
  class Net extends nn.Module {
    readonly scale = tensor([1, 2], { requiresGrad: true });
    readonly blocks = [new nn.Linear(2, 2), new nn.Linear(2, 2), new nn.Linear(2, 3)];
    readonly fc1 = new nn.Linear(3, 3);
    readonly fc2 = new nn.Linear(3, 3);
    readonly tail = new nn.Sequential(new nn.ReLU(), new nn.Dropout(), new nn.Dropout(), new nn.Dropout());

    forward(x: Tensor): Tensor {
      return x;
    }
  }
  const text = [
    'Net(',
    '  (scale): float32 (2)',
    '  (blocks.0-1): 2 x Linear(2, 2)',
    '  (blocks.2): Linear(2, 3)',
    '  (fc1): Linear(3, 3)',
    '  (fc2): Linear(3, 3)',
    '  (tail): Sequential(',
    '    (0): ReLU()',
    '    (1-3): 3 x Dropout(0.5)',
    '  )',
    ')',
  ];
  assert.is(String(new Net()), text.join('\n'));
  assert.is(inspect({ net: new Net() }), `{\n  net: ${text.join('\n  ')}\n}`);
});

test('no model prints its weights: ResNet-14 takes 52 lines, DenseNet-121 one line for each layer', () => {
  const lines = String(resnet14()).split('\n');
  assert.is(lines.length, 52);
  assert.equal(lines.slice(0, 5), [
    'ResNet(',
    '  (conv1): Conv2d(3, 16, 3, { padding: 1, bias: false })',
    '  (bn1): BatchNorm2d(16)',
    '  (layer1): Sequential(',
    '    (0-1): 2 x Block(',
  ]);
  const dense = String(densenet121());
  assert.is(dense.match(/Conv2d|Linear/g)!.length, 121);
});

test('an optimizer prints its number of steps and the hyper-parameters of each group', () => {
  const model = lenet();
  const optimizer = new AdaBound(model.fc1.namedParameters(), { lr: 0.002, schedule: (t) => 1 / t });
  optimizer.addParamGroup({ params: model.fc3.parameters(), betas: [0.5, 0.9], schedule: undefined });
  optimizer.paramGroups[1].lr = 0.001;
  for (const p of [...model.fc1.parameters(), ...model.fc3.parameters()]) p.grad = zeros(p.shape);
  noGrad(() => optimizer.step());
  const usual = 'eps 1e-8, weightDecay 0, form code, finalLr 0.1, gamma 0.001';
  const text = [
    'AdaBound(',
    '  steps 1',
    `  (0): parameters 2, elements 48120, lr 0.002, betas [0.9, 0.999], ${usual}, schedule a function`,
    `  (1): parameters 2, elements 850, lr 0.001, betas [0.5, 0.9], ${usual}, schedule a function, baseLr 0.002`,
    ')',
  ].join('\n');
  assert.is(String(optimizer), text);
  assert.is(inspect(optimizer), text);
});

test('an int32 tensor prints as integers, of any size', () => {
  const ints = tensor([1, 2147483647, -5], { dtype: 'int32' });
  assert.is(String(ints), 'tensor([         1, 2147483647,         -5], shape (3), int32)');
});

test('a tensor of many empty rows prints in a few lines', () => {
  for (const shape of [
    [50_000_000, 0],
    [1000, 1000, 1000, 0, 1000],
  ]) {
    assert.ok(String(zeros(shape)).length < 5000, String(shape));
  }
  assert.is(String(zeros([2, 0])), 'tensor([[],\n        []], shape (2,0), float32)');
});

test('JSON.stringify writes shape, dtype and values, and tensor() takes them back, bit for bit', () => {
  assert.is(JSON.stringify(tensor([[1, 2.5]])), '{"shape":[1,2],"dtype":"float32","data":[1,2.5]}');
  for (const t of [
    tensor([[0.1, -0, Number.NaN, Infinity, -Infinity]], { dtype: 'float64' }),
    tensor([1e-45, 3.4e38]),
    tensor([true, false]),
    tensor([-5, 2147483647], { dtype: 'int32' }),
    tensor(3),
    zeros([3, 0, 2]),
  ]) {
    const back = tensor(JSON.parse(JSON.stringify(t)));
    assert.equal([back.shape, back.dtype, [...back.dataSync()]], [[...t.shape], t.dtype, [...t.dataSync()]]);
    assert.ok([...back.dataSync()].every((v, i) => Object.is(v, t.dataSync()[i])));
  }
  assert.ok(tensor(JSON.parse(JSON.stringify(tensor(1))), { requiresGrad: true }).requiresGrad);
  assert.throws(() => tensor({ shape: [1], dtype: 'float32', data: ['one'] }), /tensor: not a number: string "one"/);
  assert.throws(() => tensor({ shape: [2], dtype: 'float32', data: [1] }), /tensor: the shape does not fit/);
});

test('JSON.stringify of a tensor on a backend without synchronous reads fails with one line', async () => {
  await onAwaited(() => {
    assert.throws(() => JSON.stringify({ t: tensor([1]) }), /^toJSON: awaited cannot be read at once; await data\(\)/);
  });
});

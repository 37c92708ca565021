import { flatten, maxPool2d, ones, Random, rand, relu, type Tensor, tensor } from '../core/index.js';
import { lenet, mlp, models } from '../models/index.js';
import * as nn from '../nn/index.js';
import { Adam } from '../optim/index.js';
import { assert, close, subject } from './spec.js';

const random = () => ({ random: new Random(3) });
const count = (m: nn.Module) => m.parameters().reduce((sum, p) => sum + p.size, 0);
const pixels = new Random(8).stream('pixels');
const images = (n: number, c = 1) => rand([n, c, 28, 28], { stream: pixels });

const net = subject('Models');

net('LeNet has 61,706 parameters, 156 + 2,416 + 48,120 + 10,164 + 850, under PyTorch’s usual names', () => {
  const model = lenet();
  assert.is(count(model), 61_706);
  assert.equal(
    model.namedParameters().map(([name, t]) => [name, t.shape]),
    [
      ['conv1.weight', [6, 1, 5, 5]],
      ['conv1.bias', [6]],
      ['conv2.weight', [16, 6, 5, 5]],
      ['conv2.bias', [16]],
      ['fc1.weight', [120, 400]],
      ['fc1.bias', [120]],
      ['fc2.weight', [84, 120]],
      ['fc2.bias', [84]],
      ['fc3.weight', [10, 84]],
      ['fc3.bias', [10]],
    ],
  );
});

net('LeNet is its equation: two stages of convolution, ReLU and pooling, three linear layers', () => {
  const model = lenet({ numClasses: 3, inChannels: 2, ...random() });
  const x = images(2, 2);
  let y: Tensor = x;
  for (const conv of [model.conv1, model.conv2]) y = maxPool2d(relu(conv.forward(y)), { kernel: 2 });
  y = flatten(y, 1);
  y = model.fc3.forward(relu(model.fc2.forward(relu(model.fc1.forward(y)))));
  assert.equal(y.shape, [2, 3]);
  assert.equal(model.forward(x).dataSync(), y.dataSync());
});

net('LeNet refuses images of another size', () => {
  assert.throws(() => lenet().forward(ones([1, 1, 32, 32])), /LeNet: takes images of 28 x 28.*\(1,1,32,32\)/);
  assert.throws(() => lenet().forward(ones([1, 3, 28, 28])), /conv2d: channels do not fit/);
});

net('an mlp is its matrices with the activation between, on the flattened input', () => {
  const model = mlp({ sizes: [6, 4, 5, 2], activation: () => new nn.Tanh(), ...random(), dtype: 'float64' });
  const x = rand([3, 2, 3], { dtype: 'float64', stream: pixels });
  const [w1, b1, w2, b2, w3, b3] = model.parameters();
  const layer = (y: Tensor, w: Tensor, b: Tensor) => y.matmul(w.transpose()).add(b);
  const y = layer(layer(layer(x.reshape([3, 6]), w1, b1).tanh(), w2, b2).tanh(), w3, b3);
  // The same operations, but for the order of their sums.
  close(model.forward(x).dataSync(), y.dataSync(), 1e-14);
  assert.is(count(mlp({ sizes: [784, 128, 10] })), 784 * 128 + 128 + 128 * 10 + 10);
});

net('dropout in an mlp follows each hidden layer, acts in training only, and leaves the initialization', () => {
  const [plain, dropped] = [0, 0.5].map((dropout) => mlp({ sizes: [8, 64, 64, 2], dropout, ...random() }));
  assert.is(dropped.children().filter((m) => m instanceof nn.Dropout).length, 2);
  const bits = (m: nn.Module) => m.parameters().map((p) => [...p.dataSync()]);
  assert.equal(bits(dropped), bits(plain));
  const x = ones([4, 8]);
  assert.not.equal(dropped.forward(x).dataSync(), plain.forward(x).dataSync());
  assert.equal(dropped.eval().forward(x).dataSync(), plain.forward(x).dataSync());
});

net('sizes of an mlp that are none are refused', () => {
  assert.throws(() => mlp({ sizes: [784] }), /mlp: sizes needs an input and an output: \[784\]/);
  assert.throws(() => mlp({ sizes: [784, 0, 10] }), /Linear: outFeatures must be a positive integer: 0/);
});

/** Those that are small enough to run here; tests/resnet.test.ts has the others. */
const small = Object.entries(models).filter(([name]) => name === 'mlp' || name === 'lenet');

net('every model of the table is described, and gives logits of the classes asked for', () => {
  for (const { description } of Object.values(models)) assert.match(description, /^[^\n]{20,80}$/);
  assert.is(small.length, 2);
  for (const [, { input, build }] of small) {
    assert.equal(build().forward(ones([2, ...input])).shape, [2, 10]);
    assert.equal(build({ numClasses: 3, ...random() }).forward(ones([2, ...input])).shape, [2, 3]);
  }
  assert.equal(models.mlp.build({ input: [3, 4] }).forward(ones([2, 3, 4])).shape, [2, 10]);
  assert.is(models.lenet.build({ input: [3, 28, 28] }).parameters()[0].shape[1], 3);
});

net('the same seed gives the same weights', () => {
  for (const [, { build }] of small) {
    const bits = (seed: number) => [
      ...build({ random: new Random(seed) })
        .parameters()[0]
        .dataSync(),
    ];
    assert.equal(bits(1), bits(1));
    assert.not.equal(bits(1), bits(2));
  }
});

net('each model learns six random images by heart in thirty steps of Adam', () => {
  const x = images(6);
  const y = tensor([0, 1, 2, 3, 4, 5], { dtype: 'int32' });
  for (const [name, { build }] of small) {
    const model = build(random());
    const optimizer = new Adam(model.parameters(), { lr: 3e-3 });
    for (let step = 0; step < 30; step++) {
      optimizer.zeroGrad();
      nn.crossEntropy(model.forward(x), y).backward();
      optimizer.step();
    }
    assert.is(nn.accuracy(model.forward(x), y).itemSync(), 1, name);
  }
});

const table = subject('Summary');

// By hand: conv1 6*28*28*25, conv2 16*10*10*6*25, then the products of the linear layers' sizes.
const MACS = [117_600, 240_000, 48_000, 10_080, 840];

table('LeNet: each layer’s output, parameters and multiply-accumulates, 416,520 in all', () => {
  const { rows, parameters, macs } = nn.summarize(lenet(), [1, 28, 28]);
  assert.equal(
    rows.map((r) => [r.path, r.kind, r.output, r.parameters, r.macs]),
    [
      ['conv1', 'Conv2d', [6, 28, 28], 156, MACS[0]],
      ['conv2', 'Conv2d', [16, 10, 10], 2416, MACS[1]],
      ['fc1', 'Linear', [120], 48_120, MACS[2]],
      ['fc2', 'Linear', [84], 10_164, MACS[3]],
      ['fc3', 'Linear', [10], 850, MACS[4]],
    ],
  );
  assert.is(parameters, 61_706);
  assert.is(macs, 416_520);
});

table('the text has a row for each layer and the totals, in columns', () => {
  assert.is(
    nn.summary(lenet(), [1, 28, 28]),
    [
      'layer  kind    output        parameters     MACs',
      'conv1  Conv2d  6 x 28 x 28          156  117,600',
      'conv2  Conv2d  16 x 10 x 10       2,416  240,000',
      'fc1    Linear  120               48,120   48,000',
      'fc2    Linear  84                10,164   10,080',
      'fc3    Linear  10                   850      840',
      'total                            61,706  416,520',
    ].join('\n'),
  );
});

table('groups divide the multiply-accumulates of a convolution', () => {
  const { macs } = nn.summarize(new nn.Conv2d(4, 8, 3, { groups: 2, stride: 2, padding: 1 }), [4, 6, 10]);
  assert.is(macs, 8 * 3 * 5 * 2 * 9);
});

class Odd extends nn.Module {
  readonly used = new nn.Linear(3, 3, { bias: false });
  readonly unused = new nn.Linear(3, 4);
  readonly norm = new nn.BatchNorm1d(3);
  readonly drop = new nn.Dropout(0.5);
  readonly gain = ones([3], { requiresGrad: true });

  forward(x: Tensor): Tensor {
    return this.drop.forward(this.norm.forward(this.used.forward(this.used.forward(x)))).mul(this.gain);
  }
}

table('a layer called twice has two rows and its parameters once; one not called says so; the totals are right', () => {
  const { rows, parameters, macs } = nn.summarize(new Odd(), [3]);
  assert.equal(
    rows.map((r) => [r.path, r.output, r.parameters, r.macs]),
    [
      ['used', [3], 9, 9],
      ['used', [3], 0, 9],
      ['norm', [3], 6, 0],
      ['drop', [3], 0, 0],
      ['', [3], 3, 0],
      ['unused', null, 16, 0],
    ],
  );
  assert.is(parameters, 34);
  assert.is(macs, 18);
  assert.match(nn.summary(new Odd(), [3]), /\(model\) +Odd.*\nunused +Linear +not called +16 +0\n/);
  // A forward that is a field is watched too, and stays.
  class Field extends nn.Module {
    readonly scale = tensor([2], { requiresGrad: true });
    forward = (x: Tensor) => x.mul(this.scale);
  }
  const field = new Field();
  const { forward } = field;
  assert.match(nn.summary(field, [3]), /\(model\) +Field +3 +1 +0\n/);
  assert.is(field.forward, forward);
});

table('leaves the model as it was: modes, buffers, gradients, and its own forward', () => {
  const model = new Odd();
  model.drop.eval();
  nn.summarize(model, [3]);
  assert.ok(model.training && model.norm.training && !model.drop.training);
  assert.is(model.norm.numBatchesTracked!.itemSync(), 0);
  assert.equal(
    model.namedModules().filter(([, m]) => Object.hasOwn(m, 'forward')),
    [],
  );
  assert.throws(() => nn.summarize(model, [4]), /linear: the input's last size/);
  assert.ok(model.training && !model.drop.training && !Object.hasOwn(model.used, 'forward'));
});

table('a model on indices or in float64 is run with an input of its dtype', () => {
  const words = new nn.Sequential(new nn.Embedding(5, 2), new nn.Flatten(), new nn.Linear(8, 3));
  assert.is(nn.summarize(words, [4], { dtype: 'int32' }).macs, 24);
  const wide = new nn.Linear(2, 2, { dtype: 'float64' });
  let seen = '';
  class Watch extends nn.Sequential {
    override forward(x: Tensor): Tensor {
      seen = x.dtype;
      return super.forward(x);
    }
  }
  nn.summarize(new Watch(wide), [2]);
  assert.is(seen, 'float64');
});

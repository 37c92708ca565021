import { flatten, maxPool2d, ones, Random, rand, relu, scope, type Tensor, tensor, zeros } from '../../core/index.js';
import { densenet121, lenet, mlp, models } from '../../models/index.js';
import * as nn from '../../nn/index.js';
import { Adam } from '../../optim/index.js';
import { onFastBackend } from '../fastBackend.js';
import { assert, close, subject } from '../spec.js';

const random = () => ({ random: new Random(3) });
const count = (m: nn.Module) => m.parameters().reduce((sum, p) => sum + p.size, 0);
const pixels = new Random(8).stream('pixels');
const images = (n: number, c = 1) => rand([n, c, 28, 28], { stream: pixels });

const net = subject('Models');

net('LeNet has 156 + 2,416 + 48,120 + 10,164 + 850 = 61,706 parameters, with PyTorch’s usual names', () => {
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

net('LeNet equals its equation: two stages of convolution, ReLU and pooling, then three linear layers', () => {
  const model = lenet({ numClasses: 3, inChannels: 2, ...random() });
  const x = images(2, 2);
  let y: Tensor = x;
  for (const conv of [model.conv1, model.conv2]) y = maxPool2d(relu(conv.forward(y)), { kernelSize: 2 });
  y = flatten(y, 1);
  y = model.fc3.forward(relu(model.fc2.forward(relu(model.fc1.forward(y)))));
  assert.equal(y.shape, [2, 3]);
  assert.equal(model.forward(x).dataSync(), y.dataSync());
});

net('images with another size or number of channels are refused, and the message names the options for them', () => {
  for (const shape of ['1,1,32,32', '1,28,28', '1,3,28,28', '1,3']) {
    const takes = `LeNet: takes \\(1,1,28,28\\): \\(${shape}\\); give imageSize or inChannels, or resize$`;
    assert.throws(() => lenet().forward(ones(shape.split(',').map(Number))), new RegExp(takes), shape);
  }
  assert.throws(
    () => densenet121().forward(ones([1, 1, 8, 8])),
    /^DenseNet: takes \(1,3,8,8\): \(1,1,8,8\); give inChannels/,
  );
});

net('an mlp equals its matrices with the activation between them, on the flattened input', () => {
  const model = mlp({ sizes: [6, 4, 5, 2], activation: () => new nn.Tanh(), ...random(), dtype: 'float64' });
  const x = rand([3, 2, 3], { dtype: 'float64', stream: pixels });
  const [w1, b1, w2, b2, w3, b3] = model.parameters();
  const layer = (y: Tensor, w: Tensor, b: Tensor) => y.matmul(w.transpose()).add(b);
  const y = layer(layer(layer(x.reshape([3, 6]), w1, b1).tanh(), w2, b2).tanh(), w3, b3);
  // The same operations, except for the order of the sums.
  close(model.forward(x).dataSync(), y.dataSync(), 1e-14);
  assert.is(count(mlp({ sizes: [784, 128, 10] })), 784 * 128 + 128 + 128 * 10 + 10);
});

net(
  'dropout in an mlp follows each hidden layer and acts only in training; it does not change the initial weights',
  () => {
    const [plain, dropped] = [0, 0.5].map((dropout) => mlp({ sizes: [8, 64, 64, 2], dropout, ...random() }));
    assert.is(dropped.children().filter((m) => m instanceof nn.Dropout).length, 2);
    const bits = (m: nn.Module) => m.parameters().map((p) => [...p.dataSync()]);
    assert.equal(bits(dropped), bits(plain));
    const x = ones([4, 8]);
    assert.not.equal(dropped.forward(x).dataSync(), plain.forward(x).dataSync());
    assert.equal(dropped.eval().forward(x).dataSync(), plain.forward(x).dataSync());
  },
);

net('invalid sizes of an mlp are refused', () => {
  assert.throws(() => mlp({ sizes: [784] }), /mlp: takes \{ sizes: \[in, .., out\] \}: got \[784\]/);
  assert.throws(() => mlp({ sizes: [784, 0, 10] }), /mlp: sizes must be a positive integer: 0/);
});

/** The models of images that are small enough to run here; resnet.test.ts has the others. */
const small = Object.entries(models).filter(([name]) => name === 'mlp' || name === 'lenet');

net(
  'every model of the registry has a description; mlp and LeNet return logits of the requested number of classes',
  () => {
    for (const { description } of Object.values(models)) assert.match(description, /^[^\n]{20,80}$/);
    assert.is(small.length, 2);
    for (const [, { input, build }] of small) {
      assert.equal(build().forward(ones([2, ...input])).shape, [2, 10]);
      assert.equal(build({ numClasses: 3, ...random() }).forward(ones([2, ...input])).shape, [2, 3]);
    }
    assert.equal(models.mlp.build({ input: [3, 4] }).forward(ones([2, 3, 4])).shape, [2, 10]);
    assert.is(models.lenet.build({ input: [3, 28, 28] }).parameters()[0].shape[1], 3);
  },
);

net('the language models of the registry take tokens, and predict one of numClasses at each position', () => {
  const forTexts = Object.entries(models).filter(([, { tokens }]) => tokens);
  for (const name of ['charLstm', 'gpt']) assert.ok(models[name].tokens, name);
  for (const [, { input, build }] of forTexts) {
    const tokens = (...shape: number[]) => zeros(shape, { dtype: 'int32' });
    assert.equal(build().forward(tokens(2, ...input)).shape, [2, ...input, 65]);
    assert.equal(build({ input: [5], numClasses: 3 }).forward(tokens(2, 5)).shape, [2, 5, 3]);
  }
  assert.throws(() => models.gpt.build({ input: [5] }).forward(zeros([1, 6], { dtype: 'int32' })), /of t up to 5/);
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

net('mlp and LeNet memorize six random images in thirty steps of Adam', () =>
  onFastBackend(() => {
    const x = images(6);
    const y = tensor([0, 1, 2, 3, 4, 5], { dtype: 'int32' });
    for (const [name, { build }] of small) {
      const model = build(random());
      const optimizer = new Adam(model.parameters(), { lr: 3e-3 });
      for (let step = 0; step < 30; step++) {
        scope(() => {
          optimizer.zeroGrad();
          nn.crossEntropy(model.forward(x), y).backward();
          optimizer.step();
        });
      }
      assert.is(nn.accuracy(model.forward(x), y).itemSync(), 1, name);
    }
  }),
);

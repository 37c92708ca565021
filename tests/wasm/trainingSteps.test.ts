// Whole training steps on the wasm backend run compiled kernels; only running statistics and the values that `write` sets take a loop.
import {
  adaptiveAvgPool2d,
  batchNorm,
  conv2d,
  flatten,
  type Kernel,
  linear,
  Random,
  randn,
  scope,
  seed,
  setBackend,
  type Tensor,
  tensor,
} from '../../core/index.js';
import { charLstm, DenseNet, gpt, lenet, mlp, resnet20 } from '../../models/index.js';
import { crossEntropy, LSTM } from '../../nn/index.js';
import { optimizers } from '../../optim/index.js';
import { assert, subject } from '../spec.js';
import { backend, FAST } from './sameAsLoop.js';

const test = subject('WebAssembly: training steps');

/** Names of the kernels that ran their loops. */
const slow = new Set<string>();
const run = backend.run.bind(backend);
backend.run = (...call) => {
  run(...call);
  if (backend.via(call[0].name) !== FAST) slow.add(call[0].name);
};

function block(params: Tensor[]): (x: Tensor) => Tensor {
  const [w1, w2, scale1, shift1, scale2, shift2, w, b] = params;
  return (x) => {
    const [h] = batchNorm(conv2d(x, w1, null, { padding: 1 }), scale1, shift1, { relu: true });
    const [y] = batchNorm(conv2d(h, w2, null, { padding: 1 }), scale2, shift2, { residual: x, relu: true });
    return linear(flatten(adaptiveAvgPool2d(y, 1), 1), w, b);
  };
}

test('an MLP, LeNet and a residual block train without a loop, with SGDM, Adam, AMSGrad, AdaBound and AMSBound', async () => {
  await setBackend(backend);
  seed(3);
  const parameter = (shape: number[]) => randn(shape, { requiresGrad: true });
  const shapes = [[4, 4, 3, 3], [4, 4, 3, 3], [4], [4], [4], [4], [10, 4], [10]];
  const [dense, image] = [mlp({ sizes: [20, 7, 10] }), lenet()];
  const params = shapes.map(parameter);
  const nets = [
    { forward: (x: Tensor) => dense.forward(x), params: [...dense.parameters()], x: [6, 20] },
    { forward: (x: Tensor) => image.forward(x), params: [...image.parameters()], x: [6, 1, 28, 28] },
    { forward: block(params), params, x: [6, 4, 7, 7] },
  ];
  for (const key of ['sgdm', 'adam', 'amsgrad', 'adabound', 'amsbound']) {
    for (const net of nets) {
      const optimizer = new optimizers[key](net.params, { lr: 1e-3 });
      const x = randn(net.x);
      const y = tensor([0, 1, 2, 3, 9, 9], { dtype: 'int32' });
      slow.clear();
      scope(() => {
        crossEntropy(net.forward(x), y).backward();
        optimizer.step();
      });
      assert.equal([...slow], [], `${key} on ${net.x}`);
      optimizer.zeroGrad();
    }
  }
  await setBackend('reference');
});

test('a decoder trains without a loop except the one that writes the mask of its attention and the positions', async () => {
  await setBackend(backend);
  const model = gpt({ vocabulary: 7, context: 6, embedDim: 8, numHeads: 2, numLayers: 1, random: new Random(3) });
  const optimizer = new optimizers.adamw(model.namedParameters());
  const tokens = tensor([0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1], { shape: [2, 6], dtype: 'int32' });
  slow.clear();
  scope(() => {
    crossEntropy(model.forward(tokens).reshape([12, 7]), tokens.reshape([12])).backward();
    optimizer.step();
  });
  assert.equal([...slow].sort(), ['write']);
  await setBackend('reference');
});

test('an LSTM of two layers that drops outputs between them trains without a loop, in one direction and in both', async () => {
  await setBackend(backend);
  const sizes = { vocabulary: 7, embeddingDim: 5, hiddenSize: 6, numLayers: 2, dropout: 0.5 };
  for (const bidirectional of [false, true]) {
    const model = charLstm({ ...sizes, random: new Random(3) });
    const lstm = new LSTM(5, 3, { numLayers: 2, dropout: 0.5, batchFirst: true, bidirectional: true });
    if (bidirectional) Object.assign(model, { lstm });
    const optimizer = new optimizers.adam(model.namedParameters());
    const tokens = tensor([0, 1, 2, 3, 4, 5, 6, 5, 4, 3, 2, 1], { shape: [2, 6], dtype: 'int32' });
    slow.clear();
    scope(() => {
      crossEntropy(model.forward(tokens), tokens).backward();
      optimizer.step();
    });
    assert.equal([...slow], [], `bidirectional: ${bidirectional}`);
  }
  await setBackend('reference');
});

test('ResNet-20 and a DenseNet train even if every loop but that of running statistics throws', async () => {
  await setBackend(backend);
  seed(3);
  const nets = [[resnet20(), 32] as const, [new DenseNet(4, [2, 2]), 16] as const];
  const { run } = backend;
  backend.run = (kernel, out, ins, attrs) => {
    const loop: Kernel['loop'] = (ys, xs, a) => {
      // A loop updates running statistics, which have one value per channel.
      if (kernel.name !== 'trackStatistics') throw new Error(`${kernel.name} ran as a loop`);
      kernel.loop(ys, xs, a);
    };
    run.call(backend, { ...kernel, loop }, out, ins, attrs);
  };
  try {
    for (const [net, size] of nets) {
      const optimizer = new optimizers.adabound(net.namedParameters());
      const losses = [1, 2].map(() =>
        scope(() => {
          const loss = crossEntropy(net.forward(randn([2, 3, size, size])), tensor([3, 7], { dtype: 'int32' }));
          optimizer.zeroGrad();
          loss.backward();
          optimizer.step();
          return loss.itemSync();
        }),
      );
      assert.ok(losses.every(Number.isFinite), `${losses}`);
    }
  } finally {
    backend.run = run;
  }
  await setBackend('reference');
});

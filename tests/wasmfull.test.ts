// Whole training steps on the wasm backend: which of their kernels have no fast form.
import {
  adaptiveAvgPool2d,
  add,
  batchNorm,
  conv2d,
  flatten,
  linear,
  randn,
  relu,
  scope,
  seed,
  setBackend,
  type Tensor,
  tensor,
} from '../core/index.js';
import { lenet, mlp } from '../models/index.js';
import { crossEntropy } from '../nn/index.js';
import { optimizers } from '../optim/index.js';
import { assert, subject } from './spec.js';
import { backend, FAST } from './wasm.js';

const test = subject('WebAssembly: training steps');

/** The kernels that ran as loops. */
const slow = new Set<string>();
const run = backend.run.bind(backend);
backend.run = (...call) => {
  run(...call);
  if (backend.via(call[0].name) !== FAST) slow.add(call[0].name);
};

function block(params: Tensor[]): (x: Tensor) => Tensor {
  const [w1, w2, scale1, shift1, scale2, shift2, w, b] = params;
  return (x) => {
    const h = relu(batchNorm(conv2d(x, w1, null, { padding: 1 }), scale1, shift1)[0]);
    const y = batchNorm(conv2d(h, w2, null, { padding: 1 }), scale2, shift2)[0];
    return linear(flatten(adaptiveAvgPool2d(relu(add(y, x)), 1), 1), w, b);
  };
}

test('an MLP, LeNet and a residual block train without a loop, with every bounded optimizer', async () => {
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

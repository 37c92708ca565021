// Two small networks against PyTorch, from the first logits to ten steps of each optimizer.
import { adaptiveAvgPool2d, avgPool2d, concat, relu, type Tensor, tensor } from '../core/index.js';
import { BatchNorm2d, Conv2d, crossEntropy, Linear, Module, Sequential } from '../nn/index.js';
import { AdaBound, Adam, AMSBound, AMSGrad, type Optimizer, type Parameters, SGDM } from '../optim/index.js';
import { type Block, fixture } from './fixtures.js';
import { assert, subject } from './spec.js';

interface Run {
  optimizer: string;
  hyper: Record<string, number | boolean>;
  losses: number[];
  losses_float32: number[];
  eval_logits_after_10: Block;
  param_norms_after_10: Record<string, number>;
}

interface Oracle {
  x: Block;
  target: number[];
  parameters: Record<string, Block>;
  logits: Block;
  loss: number;
  grads: Record<string, number[]>;
  input_grad_norm: number;
  input_grad_first8: number[];
  buffers_after_forward: Record<string, number[]>;
  runs: Record<string, Run>;
}

const conv = (from: number, to: number, kernel: number, stride = 1) =>
  new Conv2d(from, to, kernel, { stride, padding: (kernel - 1) / 2, bias: false });
const globalPool = (x: Tensor) => adaptiveAvgPool2d(x, 1).flatten(1);

class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly shortcut: Sequential;

  constructor(from: number, to: number, stride: number) {
    super();
    this.conv1 = conv(from, to, 3, stride);
    this.bn1 = new BatchNorm2d(to);
    this.conv2 = conv(to, to, 3);
    this.bn2 = new BatchNorm2d(to);
    this.shortcut =
      stride === 1 && from === to ? new Sequential() : new Sequential(conv(from, to, 1, stride), new BatchNorm2d(to));
  }

  forward(x: Tensor): Tensor {
    const y = relu(this.bn1.forward(this.conv1.forward(x)));
    return relu(this.bn2.forward(this.conv2.forward(y)).add(this.shortcut.forward(x)));
  }
}

class TinyResNet extends Module {
  readonly conv1 = conv(3, 4, 3);
  readonly bn1 = new BatchNorm2d(4);
  readonly layer1 = new Sequential(new BasicBlock(4, 4, 1), new BasicBlock(4, 4, 1));
  readonly layer2 = new Sequential(new BasicBlock(4, 8, 2), new BasicBlock(8, 8, 1));
  readonly linear = new Linear(8, 10);

  forward(x: Tensor): Tensor {
    const y = relu(this.bn1.forward(this.conv1.forward(x)));
    return this.linear.forward(globalPool(this.layer2.forward(this.layer1.forward(y))));
  }
}

class DenseLayer extends Module {
  readonly bn1: BatchNorm2d;
  readonly conv1: Conv2d;
  readonly bn2 = new BatchNorm2d(16);
  readonly conv2 = conv(16, 4, 3);

  constructor(from: number) {
    super();
    this.bn1 = new BatchNorm2d(from);
    this.conv1 = conv(from, 16, 1);
  }

  forward(x: Tensor): Tensor {
    const y = this.conv1.forward(relu(this.bn1.forward(x)));
    return concat([this.conv2.forward(relu(this.bn2.forward(y))), x], 1);
  }
}

class Transition extends Module {
  readonly bn = new BatchNorm2d(16);
  readonly conv = conv(16, 8, 1);

  forward(x: Tensor): Tensor {
    return avgPool2d(this.conv.forward(relu(this.bn.forward(x))), { kernel: 2 });
  }
}

class TinyDenseNet extends Module {
  readonly conv1 = conv(3, 8, 3);
  readonly dense1 = new Sequential(new DenseLayer(8), new DenseLayer(12));
  readonly trans1 = new Transition();
  readonly dense2 = new Sequential(new DenseLayer(8), new DenseLayer(12));
  readonly bn = new BatchNorm2d(16);
  readonly linear = new Linear(16, 10);

  forward(x: Tensor): Tensor {
    const y = this.trans1.forward(this.dense1.forward(this.conv1.forward(x)));
    return this.linear.forward(globalPool(relu(this.bn.forward(this.dense2.forward(y)))));
  }
}

const optimizers: Record<string, (params: Parameters, hyper: object) => Optimizer<any>> = {
  SGD: (params, hyper) => new SGDM(params, { momentum: 0, ...hyper }),
  Adam: (params, hyper) => new Adam(params, hyper),
  AMSGrad: (params, hyper) => new AMSGrad(params, hyper),
  AdaBound: (params, hyper) => new AdaBound(params, hyper),
  AMSBound: (params, hyper) => new AMSBound(params, hyper),
};

const camel = (key: string) => key.replace(/_(.)/g, (_, c: string) => c.toUpperCase());

for (const [name, make] of [
  ['ResNet', () => new TinyResNet()] as const,
  ['DenseNet', () => new TinyDenseNet()] as const,
]) {
  const test = subject(`A tiny ${name} against PyTorch`);
  const oracle = fixture<Oracle>(`tiny-${name.toLowerCase()}.json`);

  const start = (dtype: 'float32' | 'float64') => {
    const model = make().toDType(dtype);
    const state = Object.entries(oracle.parameters).map(([k, b]) => [k, tensor(b.data, { shape: b.shape, dtype })]);
    const { missing } = model.loadStateDict(Object.fromEntries(state), { strict: false });
    assert.equal(
      missing.filter((k) => !/running_(mean|var)$|num_batches_tracked$/.test(k)),
      [],
    );
    const x = tensor(oracle.x.data, { shape: oracle.x.shape, dtype });
    return { model, x, loss: () => crossEntropy(model.forward(x), tensor(oracle.target, { dtype: 'int32' })) };
  };

  test('the parameters have the reference’s names, shapes and order', () => {
    assert.equal(
      make()
        .namedParameters()
        .map(([k, t]) => [k, t.shape]),
      Object.entries(oracle.parameters).map(([k, b]) => [k, b.shape]),
    );
  });

  // The file has nine digits, so it is off by up to 5e-9 of a value; we were never further away than 6e-9.
  test('the first training step gives its logits, loss, gradients and buffers, within 1e-8 of each', () => {
    const { model, x } = start('float64');
    x.requiresGrad = true;
    const logits = model.forward(x);
    const loss = crossEntropy(logits, tensor(oracle.target, { dtype: 'int32' }));
    loss.backward();
    relative(logits.dataSync(), oracle.logits.data, 1e-8, 'logits');
    relative([loss.itemSync()], [oracle.loss], 1e-8, 'loss');
    const found = Object.fromEntries(model.namedParameters().map(([k, t]) => [k, t.grad!.dataSync()]));
    assert.equal(Object.keys(found), Object.keys(oracle.grads));
    for (const [k, g] of Object.entries(oracle.grads)) relative(found[k], g, 1e-8, `gradient of ${k}`);
    const gx = x.grad!.dataSync();
    relative([Math.hypot(...gx)], [oracle.input_grad_norm], 1e-8, 'norm of the gradient to the input');
    relative(gx.slice(0, 8), oracle.input_grad_first8, 1e-8, 'gradient to the input');
    const buffers = Object.fromEntries(model.namedBuffers());
    for (const [k, values] of Object.entries(oracle.buffers_after_forward)) {
      relative(buffers[k].dataSync(), values, 1e-8, k);
    }
    for (const [k, t] of Object.entries(buffers)) if (k.endsWith('tracked')) assert.is(t.itemSync(), 1);
  });

  for (const [title, run] of Object.entries(oracle.runs)) {
    const train = (dtype: 'float32' | 'float64') => {
      const { model, x, loss } = start(dtype);
      const hyper = Object.fromEntries(Object.entries(run.hyper).map(([k, v]) => [camel(k), v]));
      const optimizer = optimizers[run.optimizer](model.namedParameters(), hyper);
      const losses: number[] = [];
      for (let step = 1; step <= 10; step++) {
        optimizer.zeroGrad();
        const l = loss();
        l.backward();
        optimizer.step();
        losses.push(l.itemSync());
      }
      return { model, x, loss, losses };
    };

    test(`${title}: eleven losses, logits in evaluation and norms of the parameters after ten steps`, () => {
      const { model, x, loss, losses } = train('float64');
      relative(model.eval().forward(x).dataSync(), run.eval_logits_after_10.data, 1e-8, 'logits');
      for (const [k, t] of model.namedParameters()) {
        relative([Math.hypot(...t.dataSync())], [run.param_norms_after_10[k]], 1e-8, `norm of ${k}`);
      }
      model.train();
      relative([...losses, loss().itemSync()], run.losses, 1e-8, 'losses');
    });

    // Seven digits in the file, and sums rounded to float32: off by at most 7e-7. It holds for the order of sums of the
    // loops: in step 4 of AMSBound on the DenseNet one input of a ReLU is 1e-7, and may round to the other side of 0.
    test(`${title}: the same losses in float32, within 1e-5 of each`, () => {
      const { loss, losses } = train('float32');
      relative([...losses, loss().itemSync()], run.losses_float32, 1e-5, 'losses');
    });
  }
}

/** |a - b| <= tolerance |b| for every element. */
function relative(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  const ratio = (_: number, i: number) => (actual[i] === expected[i] ? 0 : actual[i] / expected[i] - 1);
  assert.is(actual.length, expected.length, what);
  const worst = Math.max(...Array.from(expected, ratio).map(Math.abs));
  assert.ok(worst <= tolerance, `${what}: relative error ${worst}, allowed ${tolerance}`);
}

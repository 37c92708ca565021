// A training loop without zeroGrad(): the gradients of all steps add up, so training goes wrong without an error. The optimizer warns once.
import { noGrad, type Tensor, tensor } from '../../core/index.js';
import { Linear } from '../../nn/index.js';
import { Adam, clipGradNorm, clipGradValue, type Optimizer, optimizers, SGDM } from '../../optim/index.js';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';

const test = subject('A missing zeroGrad');

const warning = (title: string) =>
  `${title}: the gradients contain those of earlier steps; call zeroGrad() after each step`;
const leaf = () => tensor([1, 2], { requiresGrad: true });

/** What five turns of a loop over one parameter print. */
const warningsOfLoop = (turn: (p: Tensor, optimizer: Optimizer<any>) => void) =>
  warningsOf(() => {
    const p = leaf();
    const optimizer = new SGDM([p], { lr: 0.01 });
    for (let i = 0; i < 5; i++) turn(p, optimizer);
  });

/** Computes the gradient of the sum of squares. */
const backward = (p: Tensor) => p.square().sum().backward();

test('the second step warns, and no later one, for every optimizer', async () => {
  for (const Class of Object.values(optimizers)) {
    const layer = new Linear(2, 2);
    const optimizer = new Class(layer.namedParameters());
    const turn = () => {
      backward(layer.forward(tensor([[1, 2]])));
      optimizer.step();
    };
    const said = [await warningsOf(turn), await warningsOf(turn), await warningsOf(turn)];
    assert.equal(said, [[], [warning(Class.title)], []], Class.title);
  }
});

test('each optimizer warns of its own parameters: a second one that zeroes its gradients does not', async () => {
  const [p, q] = [leaf(), leaf()];
  const [first, second] = [new SGDM([p], { lr: 0.01 }), new Adam([q])];
  const turn = () => {
    second.zeroGrad();
    backward(p.mul(q));
    first.step();
    second.step();
  };
  const said = await warningsOf(() => [turn(), turn(), turn()]);
  assert.equal(said, [warning('SGDM')]);
  // A new optimizer of the same parameter warns anew.
  const another = new Adam([p]);
  const others = () => {
    backward(p);
    another.step();
  };
  assert.equal(await warningsOf(() => [others(), others(), others()]), [warning('Adam')]);
});

test('one parameter whose gradient is not zeroed causes the warning, also in a group that allows infinite gradients', async () => {
  const [p, q] = [leaf(), leaf()];
  const optimizer = new SGDM([{ params: [p] }, { params: [q], nonFinite: 'allow' }], { lr: 0.01 });
  const turn = () => {
    p.grad = null;
    backward(p.mul(q));
    optimizer.step();
  };
  assert.equal(await warningsOf(() => [turn(), turn(), turn()]), [warning('SGDM')]);
});

test('several backward calls before each step cause the warning too, if nothing is zeroed between the steps', async () => {
  const said = await warningsOfLoop((p, optimizer) => {
    for (let k = 0; k < 3; k++) backward(p);
    optimizer.step();
  });
  assert.equal(said, [warning('SGDM')]);
});

test('clipping keeps the sum, so a loop that clips causes the warning too', async () => {
  for (const clip of [clipGradNorm, clipGradValue]) {
    const said = await warningsOfLoop((p, optimizer) => {
      backward(p);
      clip([p], 0.1);
      optimizer.step();
    });
    assert.equal(said, [warning('SGDM')], clip.name);
  }
});

test('a loop that zeroes its gradients in any way prints nothing, however many backward calls a step has', async () => {
  const zeroing: Record<string, (p: Tensor, optimizer: Optimizer<any>) => void> = {
    'zeroGrad()': (_, optimizer) => optimizer.zeroGrad(),
    'grad = null': (p) => (p.grad = null),
    'grad = a new tensor': (p) => (p.grad = tensor([0, 0])),
    'grad = a new result': (p) => (p.grad = p.detach().mul(0.01)),
    'values in place': (p) => noGrad(() => p.grad?.assign(0)),
  };
  for (const [name, zero] of Object.entries(zeroing)) {
    const before = await warningsOfLoop((p, optimizer) => {
      zero(p, optimizer);
      backward(p);
      backward(p);
      clipGradNorm([p], 1);
      optimizer.step();
    });
    const after = await warningsOfLoop((p, optimizer) => {
      backward(p);
      backward(p);
      optimizer.step();
      zero(p, optimizer);
    });
    assert.equal([before, after], [[], []], name);
  }
});

test('a gradient that is added after the step and zeroed before the next one prints nothing, as in a GAN', async () => {
  const [generator, judge] = [leaf(), leaf()];
  const [first, second] = [new SGDM([generator], { lr: 0.01 }), new SGDM([judge], { lr: 0.01 })];
  const said = await warningsOf(() => {
    for (let i = 0; i < 3; i++) {
      for (const optimizer of [first, second]) {
        optimizer.zeroGrad();
        // Reaches the parameters of both.
        backward(generator.mul(judge));
        optimizer.step();
      }
    }
  });
  assert.equal(said, []);
});

test('a constant gradient, and steps without a backward between them, print nothing', async () => {
  const g = tensor([0.1, 0.2]);
  const constant = await warningsOfLoop((p, optimizer) => {
    p.grad = g;
    backward(p);
    optimizer.step();
  });
  const p = leaf();
  const optimizer = new SGDM([p], { lr: 0.01 });
  backward(p);
  clipGradNorm([p], 1);
  assert.equal([constant, await warningsOf(() => [optimizer.step(), optimizer.step()])], [[], []]);
});

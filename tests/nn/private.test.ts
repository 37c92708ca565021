// parameters() does not find modules in #private fields. An optimizer warns if a gradient reaches parameters that no optimizer has and no
// module has named: those of a #private field, of a field that was set later, or of a separate model.
import { noGrad, ones, type Tensor, tensor } from '../../core/index.js';
import { Linear, Module } from '../../nn/index.js';
import { Adam, SGDM } from '../../optim/index.js';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';

const test = subject('Modules that are not found');

/** One step of each optimizer on the sum of a model's squared outputs. */
function train(forward: (x: Tensor) => Tensor, ...optimizers: { zeroGrad(): void; step(): void }[]): void {
  for (const o of optimizers) o.zeroGrad();
  forward(ones([1, 2]))
    .square()
    .sum()
    .backward();
  for (const o of optimizers) o.step();
}

class Hidden extends Module {
  readonly #first = new Linear(2, 3);
  readonly #frozen = new Linear(3, 3).requiresGrad(false);
  readonly last = new Linear(3, 1);
  forward(x: Tensor): Tensor {
    return this.last.forward(this.#frozen.forward(this.#first.forward(x)));
  }
}

test('a trained layer in a #private field: the first step warns once, with the shapes of its parameters', async () => {
  const model = new Hidden();
  const optimizer = new Adam(model.namedParameters());
  const said = await warningsOf(() => {
    for (let i = 0; i < 3; i++) train((x) => model.forward(x), optimizer);
  });
  assert.equal(said.length, 1);
  assert.match(
    said[0],
    /^Adam: parameters that no optimizer has are not trained: (\(3\),\(3,2\)|\(3,2\),\(3\)); is the layer #private or new\?$/,
  );
});

test('a layer that is used later causes a warning at its first use', async () => {
  const [model, later] = [new Linear(2, 2), new Linear(2, 2)];
  const optimizer = new Adam(model.namedParameters());
  assert.equal(await warningsOf(() => train((x) => model.forward(x), optimizer)), []);
  assert.is((await warningsOf(() => train((x) => later.forward(model.forward(x)), optimizer))).length, 1);
  assert.equal(await warningsOf(() => train((x) => later.forward(model.forward(x)), optimizer)), []);
});

test('each of two optimizers that step in turn warns once about layers made in forward', async () => {
  class Fresh extends Module {
    readonly last = new Linear(2, 2);
    forward(x: Tensor): Tensor {
      return this.last.forward(new Linear(2, 2).forward(x));
    }
  }
  const models = [new Fresh(), new Fresh()];
  const optimizers = models.map((model) => new Adam(model.namedParameters()));
  const said = await warningsOf(() => {
    for (let i = 0; i < 3; i++) models.forEach((model, k) => train((x) => model.forward(x), optimizers[k]));
  });
  assert.is(said.length, 2);
});

test('no warning: a layer called without gradients, an input that requires a gradient, parameters passed one by one', async () => {
  const [model, frozen] = [new Linear(2, 2), new Linear(2, 2)];
  const x = tensor([[1, 2]], { requiresGrad: true });
  const said = await warningsOf(() => {
    const optimizer = new SGDM([model.weight, model.bias!], { lr: 0.1 });
    train(() => model.forward(x.add(noGrad(() => frozen.forward(x)))), optimizer);
  });
  assert.equal(said, []);
});

test('no warning: models with an optimizer each, also if the optimizers are made after the first gradients', async () => {
  const [a, b, c] = [new Linear(2, 2), new Linear(2, 2), new Linear(2, 2)];
  const forward = (x: Tensor) => c.forward(b.forward(a.forward(x)));
  const said = await warningsOf(() => {
    forward(ones([1, 2]))
      .sum()
      .backward();
    const optimizers = [a, b, c].map((m) => new Adam(m.namedParameters()));
    for (let i = 0; i < 2; i++) train(forward, ...optimizers);
  });
  assert.equal(said, []);
});

test('no warning: a module whose state was loaded, for example a fixed net that measures a distance', async () => {
  const [model, fixed] = [new Linear(2, 2), new Linear(2, 2)];
  fixed.loadStateDict(new Linear(2, 2).stateDict());
  const optimizer = new Adam(model.namedParameters());
  assert.equal(await warningsOf(() => train((x) => fixed.forward(model.forward(x)), optimizer)), []);
});

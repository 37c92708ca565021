// A ResNet and a DenseNet with few channels against PyTorch, from the first logits to ten steps of each optimizer.
import { tensor } from '../../core/index.js';
import { crossEntropy } from '../../nn/index.js';
import { fixture } from '../fixtures.js';
import { assert, subject } from '../spec.js';
import { nets, type Oracle, optimizerOf, tiny } from './tiny.js';

for (const name of ['ResNet', 'DenseNet'] as const) {
  const test = subject(`A tiny ${name} against PyTorch`);
  const oracle = fixture<Oracle>(`tiny-${name.toLowerCase()}.json`);

  const start = (dtype: 'float32' | 'float64') => {
    const net = tiny(name, oracle, dtype);
    assert.equal(
      net.missing.filter((k) => !/running_(mean|var)$|num_batches_tracked$/.test(k)),
      [],
    );
    return net;
  };

  test('the parameters have the reference’s names, shapes and order', () => {
    assert.equal(
      nets[name]()
        .namedParameters()
        .map(([k, t]) => [k, t.shape]),
      Object.entries(oracle.parameters).map(([k, b]) => [k, b.shape]),
    );
  });

  // The file has nine digits, an error of up to 5e-9 of a value; the largest difference measured was 6e-9.
  test('the first training step gives the same logits, loss, gradients and buffers, each within 1e-8', () => {
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
      const optimizer = optimizerOf(run, model);
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

    test(`${title}: eleven losses, and after ten steps the logits in evaluation and the norms of the parameters`, () => {
      const { model, x, loss, losses } = train('float64');
      relative(model.eval().forward(x).dataSync(), run.eval_logits_after_10.data, 1e-8, 'logits');
      for (const [k, t] of model.namedParameters()) {
        relative([Math.hypot(...t.dataSync())], [run.param_norms_after_10[k]], 1e-8, `norm of ${k}`);
      }
      model.train();
      relative([...losses, loss().itemSync()], run.losses, 1e-8, 'losses');
    });

    // The file has seven digits and sums are rounded to float32: the difference is at most 7e-7.
    // This depends on the order of sums in the loops: in step 4 of AMSBound on the DenseNet one input of a ReLU is 1e-7, and another order
    // may change its sign.
    test(`${title}: the same losses in float32, each within 1e-5`, () => {
      const { loss, losses } = train('float32');
      relative([...losses, loss().itemSync()], run.losses_float32, 1e-5, 'losses');
    });
  }
}

/** Asserts |a - b| <= tolerance |b| for every element. */
function relative(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  const ratio = (_: number, i: number) => (actual[i] === expected[i] ? 0 : actual[i] / expected[i] - 1);
  assert.is(actual.length, expected.length, what);
  const worst = Math.max(...Array.from(expected, ratio).map(Math.abs));
  assert.ok(worst <= tolerance, `${what}: relative error ${worst}, allowed ${tolerance}`);
}

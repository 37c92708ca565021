// Gradients that are clipped after the step: the clip changes no step, and no error shows it. The second such clip warns.
import { scope, type Tensor, tensor } from '../../core/index.js';
import { Adam, clipGradNorm, clipGradValue, type Optimizer, SGDM } from '../../optim/index.js';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';

const test = subject('A late clip');

const leaf = () => tensor([1, 2], { requiresGrad: true });
/** Adds p to the gradient. */
const backward = (p: Tensor) => p.square().sum().mul(0.5).backward();

/** What five turns over the same parameters, each in a scope, print. */
const warningsOfLoop = (turn: (p: Tensor, optimizer: Optimizer<any>, i: number) => void) =>
  warningsOf(() => {
    const p = leaf();
    const optimizer = new SGDM([p], { lr: 0.01 });
    for (let i = 0; i < 5; i++) scope(() => turn(p, optimizer, i));
  });

for (const clip of [clipGradNorm, clipGradValue]) {
  const message = `${clip.name}: called after step(), it changes no step; call it between backward() and step()`;

  test(`${clip.name} after each step warns once, and not at the first step`, async () => {
    for (const turns of [1, 5]) {
      const said = await warningsOfLoop((p, optimizer, i) => {
        if (i >= turns) return;
        optimizer.zeroGrad();
        backward(p);
        optimizer.step();
        clip([p], 0.1);
      });
      assert.equal(said, turns === 1 ? [] : [message], `${turns}`);
    }
  });

  test(`${clip.name} after the step prints nothing if it limits nothing, and so only measures`, async () => {
    for (const limit of [Infinity, 100]) {
      const said = await warningsOfLoop((p, optimizer) => {
        optimizer.zeroGrad();
        backward(p);
        optimizer.step();
        clip([p], limit);
      });
      assert.equal(said, [], `${limit}`);
    }
    // A second clip to the same limit: the clipped gradients may exceed it by a rounding.
    const twice = await warningsOfLoop((p, optimizer) => {
      optimizer.zeroGrad();
      backward(p);
      clip([p], 0.1);
      optimizer.step();
      clip([p], 0.1);
    });
    assert.equal(twice, []);
  });

  test(`${clip.name} before the step prints nothing: after each backward() or after two, with zeroGrad() or p.grad = null`, async () => {
    const summed = await warningsOfLoop((p, optimizer, i) => {
      backward(p);
      clip([p], 0.1);
      if (i % 2 === 0) return;
      optimizer.step();
      optimizer.zeroGrad();
    });
    const kept = await warningsOfLoop((p, optimizer) => {
      p.grad = null;
      backward(p);
      backward(p);
      clip([p], 0.1);
      optimizer.step();
    });
    assert.equal([summed, kept], [[], []]);
  });

  test(`${clip.name} between the steps of two optimizers prints nothing, whether they share parameters or not`, async () => {
    const shared = leaf();
    const [first, second] = [new SGDM([shared], { lr: 0.01 }), new Adam([shared])];
    const [generator, judge] = [leaf(), leaf()];
    const [ofGenerator, ofJudge] = [new SGDM([generator], { lr: 0.01 }), new SGDM([judge], { lr: 0.01 })];
    const said = await warningsOf(() => {
      for (let i = 0; i < 4; i++) {
        shared.grad = null;
        backward(shared);
        first.step();
        clip([shared], 0.1);
        second.step();
        // The gradients of both are there before the first of the two steps.
        for (const p of [generator, judge]) p.grad = null;
        generator.mul(judge).sum().backward();
        ofJudge.step();
        clip([judge, generator], 0.1);
        ofGenerator.step();
      }
    });
    assert.equal(said, []);
  });
}

test('clipGradNorm after the step warns of the gradients of a float32 and a float64 parameter, and limits them all the same', async () => {
  const params = [leaf(), tensor([3, 4], { dtype: 'float64', requiresGrad: true })];
  const optimizer = new SGDM(params, { lr: 0.01 });
  const said = await warningsOf(() => {
    for (let i = 0; i < 2; i++) {
      optimizer.zeroGrad();
      params.forEach(backward);
      optimizer.step();
      clipGradNorm(params, 0.1);
    }
  });
  assert.is(said.length, 1);
  assert.ok(clipGradNorm(params, Infinity).itemSync() < 0.1001);
});

// A run that ends as `finished` has finite weights and a finite loss.
import { DataLoader } from '../../datasets/index.js';
import { fit } from '../../fit/index.js';
import { SGDM } from '../../optim/index.js';
import { assert, subject } from '../spec.js';
import { net, points, run } from './training.js';

const test = subject('Divergence in the last step');

test('if weights overflow in the last step, the run ends as diverged, and its history names the weight', async () => {
  const model = net();
  const train = new DataLoader(points(), { batchSize: 8, seed: 5 });
  // One step: the gradient is finite, but the weights leave the range of float32.
  const optimizer = new SGDM(model.namedParameters(), { lr: 1e38, momentum: 0 });
  const loss = (output: any) => output.mul(1e6).sum();
  const history = await fit(model, { train, optimizer, epochs: 1, maxSteps: 1, loss });
  assert.is(history.outcome, 'diverged');
  assert.match(history.note, /^a parameter or buffer is NaN or infinite, first in .* after step 1 of 1$/);
  assert.match(history.where!, /weight|bias/);
});

test('if the loss is infinite although the output of every layer is finite, the history names the loss', async () => {
  const { history } = await run({ loss: (output) => output.mul(0).sum().add(1).div(0), maxSteps: 1 });
  assert.equal([history.outcome, history.where], ['diverged', 'the loss']);
  assert.match(history.note, /^the loss is Infinity after step/);
});

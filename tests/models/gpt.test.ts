// The small decoder: its parameters, its equation, and that it learns.
import { add, arange, ones, Random, scope, seed, type Tensor, tensor } from '../../core/index.js';
import type { BuiltIn } from '../../models/builtIn.js';
import { gpt } from '../../models/index.js';
import { remake } from '../../models/remake.js';
import { crossEntropy, summarize } from '../../nn/index.js';
import { originOf } from '../../nn/origin.js';
import { Adam } from '../../optim/index.js';
import { assert, close, subject } from '../spec.js';
import { counted, still } from './counted.js';

const test = subject('GPT');
const sizes = { vocabulary: 5, context: 6, embedDim: 8, numHeads: 2, numLayers: 2 };
const tokens = tensor(
  [
    [0, 1, 2, 3, 4, 0],
    [4, 4, 1, 0, 2, 3],
  ],
  { dtype: 'int32' },
);

test('has 112,577 parameters for 65 tokens, like the PyTorch program that it is compared with', async () => {
  await counted(() => {
    const model = gpt({ vocabulary: 65, random: still });
    const count = (path: string) =>
      model.namedParameters().reduce((sum, [name, t]) => sum + (name.startsWith(path) ? t.size : 0), 0);
    assert.equal(['tokens', 'positions', 'blocks.0', 'blocks.1', 'norm', 'head', ''].map(count), [
      65 * 64,
      64 * 64,
      49_984,
      49_984,
      128,
      65 * 64 + 65,
      112_577,
    ]);
  });
});

test('equals its equation: embeddings, blocks, norm and head; summary lists each layer', () => {
  const model = gpt({ ...sizes, random: new Random(1), dtype: 'float64' });
  let h: Tensor = add(model.tokens.forward(tokens), model.positions.forward(arange(6)));
  for (const block of model.blocks.children()) h = block.forward(h);
  const y = model.head.forward(model.norm.forward(h));
  assert.equal(y.shape, [2, 6, 5]);
  assert.equal(model.forward(tokens).dataSync(), y.dataSync());
  const { rows, parameters } = summarize(model, [6], { dtype: 'int32' });
  assert.ok(rows.every((r) => r.output !== null));
  assert.is(
    parameters,
    rows.reduce((sum, r) => sum + r.parameters, 0),
  );
});

test('a position does not depend on later tokens, and a shorter text gives the same logits', () => {
  const model = gpt({ ...sizes, random: new Random(1), dtype: 'float64' });
  const y = model.forward(tokens).slice([null, [0, 3]]);
  close(y.dataSync(), model.forward(tokens.slice([null, [0, 3]])).dataSync(), 1e-14);
});

test('learns to repeat a sequence', () => {
  seed(2);
  const model = gpt({ ...sizes, numLayers: 1, random: new Random(1) });
  const optimizer = new Adam(model.namedParameters(), { lr: 0.02 });
  const next = tensor(
    [
      [1, 2, 3, 4, 0, 1],
      [4, 1, 0, 2, 3, 4],
    ],
    { dtype: 'int32' },
  ).reshape([12]);
  const losses = Array.from({ length: 30 }, () =>
    scope(() => {
      const loss = crossEntropy(model.forward(tokens).reshape([12, 5]), next);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.itemSync();
    }),
  );
  assert.ok(losses[0] > 1 && losses.at(-1)! < 0.1, `${losses[0]} to ${losses.at(-1)}`);
});

test('a checkpoint’s description recreates the model; texts beyond the context and wrong options are refused', () => {
  const model = gpt(sizes);
  const again = remake(originOf(model) as BuiltIn, 10_000);
  assert.is(again.toString(), model.toString());
  assert.throws(() => model.forward(ones([1, 7])), /^GPT: takes tokens \[n,t\] of t up to 6: \(1,7\); give the last 6/);
  assert.throws(() => gpt({} as never), /^GPT: vocabulary must be a positive integer: undefined/);
  assert.throws(() => gpt({ ...sizes, layers: 3 } as never), /^GPT: unknown option: layers; it has vocabulary/);
  assert.throws(() => gpt({ ...sizes, numHeads: 3 }), /^GPT: numHeads must be a divisor of 8: 3/);
});

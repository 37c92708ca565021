// Two copies of boundgrad in one process, for example two versions in node_modules: neither accepts a tensor of the other.
import { build } from 'esbuild';
import * as boundgrad from '../../index.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';

const test = subject('Two copies of boundgrad');

const { outputFiles } = await build({
  entryPoints: ['index.ts'],
  bundle: true,
  minify: true,
  format: 'esm',
  external: ['ndarray', '*/wasm/backend.js'],
  loader: { '.gz': 'empty' },
  logLevel: 'silent',
  write: false,
});
const text = outputFiles[0].text.replaceAll(`"${boundgrad.VERSION}"`, '"9.8.7"');
const other: typeof boundgrad = await import(
  `data:text/javascript;base64,${Buffer.from(`${text}//two`).toString('base64')}`
);

const x = boundgrad.tensor([1, 2], { requiresGrad: true });
const foreign = other.tensor([1, 2], { requiresGrad: true });
const model = new boundgrad.Linear(2, 1);
const calls: Record<string, () => unknown> = {
  'add of both': () => boundgrad.add(x, foreign),
  'a method of this copy': () => x.mul(foreign),
  relu: () => boundgrad.relu(foreign),
  'a layer': () => model.forward(foreign),
  'a loss': () => boundgrad.mse(x, foreign),
  stack: () => boundgrad.stack([x, foreign]),
  where: () => boundgrad.where(x.greater(1), foreign, 0),
  tensor: () => boundgrad.tensor(foreign as never),
  assign: () => x.detach().assign(foreign as never),
  'an optimizer': () => new boundgrad.Adam([foreign]),
  clipGradNorm: () => boundgrad.clipGradNorm([foreign], 1),
  grad: () => boundgrad.grad(x.square().sum(), [foreign]),
  backward: () => boundgrad.backward(foreign.sum()),
  gradcheck: () => boundgrad.gradcheck((t) => t, [foreign]),
  loadStateDict: () => model.loadStateDict(new other.Linear(2, 1).stateDict()),
  serializeSafetensors: () => boundgrad.serializeSafetensors({ foreign }),
};

for (const [name, call] of Object.entries(calls)) {
  test(`${name}: a tensor of another copy is refused in one line that gives both versions`, async () => {
    const { message } = await refusalOf(call);
    assert.match(message, /a Tensor of another copy of boundgrad, 9\.8\.7 beside \d+\.\d+\.\d+/);
    assert.ok(!message.includes('\n'));
  });
}

test('a tensor of this copy is described as a Tensor', () => {
  assert.throws(() => boundgrad.tensor(x as never), /: a Tensor at \[\]/);
});

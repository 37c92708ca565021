// A language model of two LSTM layers against PyTorch: gradients, and eleven losses with each optimizer.
import { type Backend, type DType, scope, setBackend, setThreads, tensor } from '../../core/index.js';
import { charLstm } from '../../models/index.js';
import { crossEntropy } from '../../nn/index.js';
import { Adam, clipGradNorm, type Optimizer, type Parameters, RAdam, SGDM } from '../../optim/index.js';
import { wasmIfPresent } from '../fastBackend.js';
import { type Block, fixture } from '../fixtures.js';
import { assert, close, subject } from '../spec.js';

interface Oracle {
  vocabulary: number;
  embedding: number;
  hidden: number;
  layers: number;
  tokens: number[][];
  parameters: Record<string, Block>;
  losses: Record<string, { clipNorm: number | null; hyper: object; values: number[] }>;
  grads: Record<string, Block>;
}

const oracle = fixture<Oracle>('tiny-lstm.json');
const optimizers: Record<string, (params: Parameters, hyper: object) => Optimizer<any>> = {
  SGDM: (params, hyper) => new SGDM(params, hyper),
  Adam: (params, hyper) => new Adam(params, hyper),
  RAdam: (params, hyper) => new RAdam(params, hyper),
};

/** The model with the oracle's weights, and its loss: each token is predicted from those before it. */
function start(dtype: DType) {
  const { vocabulary, embedding, hidden, layers } = oracle;
  const model = charLstm({ vocabulary, embeddingDim: embedding, hiddenSize: hidden, numLayers: layers, dtype });
  model.loadStateDict(
    Object.fromEntries(
      Object.entries(oracle.parameters).map(([k, b]) => [k, tensor(b.data, { shape: b.shape, dtype })]),
    ),
  );
  const tokens = tensor(oracle.tokens, { dtype: 'int32' });
  const x = tokens.slice([null, [0, -1]]);
  const y = tokens.slice([null, [1]]).reshape([-1]);
  const loss = () => crossEntropy(model.forward(x).reshape([-1, oracle.vocabulary]), y);
  return { model, loss };
}

type Kind = [
  title: string,
  dtype: DType,
  tolerance: number,
  backend: () => Promise<Backend | 'reference'>,
  threads: number,
];
// The numbers in the file have twelve digits. In float32 the losses differ by at most a few ulp after ten steps.
const kinds: Kind[] = [
  ['the loops, float64', 'float64', 1e-9, async () => 'reference', 1],
  ['the loops, float32', 'float32', 1e-5, async () => 'reference', 1],
];
const wasm = await wasmIfPresent();
if (wasm) {
  // Splits every call that can be split.
  const backend = wasm({ wide: process.env.BOUNDGRAD_WIDE === '1', workers: { partCost: 0 } });
  for (const threads of [1, 2]) kinds.push([`wasm, threads: ${threads}`, 'float32', 1e-5, () => backend, threads]);
}

for (const [title, dtype, tolerance, backend, threads] of kinds) {
  const test = subject(`A tiny LSTM language model against PyTorch: ${title}`);
  const on = (sentence: string, body: () => void) =>
    test(sentence, async () => {
      await setBackend(await backend());
      try {
        if (threads > 1) assert.is(await setThreads(threads), threads);
        body();
      } finally {
        if (threads > 1) await setThreads(1);
        await setBackend('reference');
      }
    });

  on(`the gradient of every parameter within ${tolerance}`, () => {
    const { model, loss } = start(dtype);
    assert.equal(
      model.namedParameters().map(([k, t]) => [k, t.shape]),
      Object.entries(oracle.parameters).map(([k, b]) => [k, b.shape]),
    );
    scope(() => loss().backward());
    for (const [k, t] of model.namedParameters()) close(t.grad!.dataSync(), oracle.grads[k].data, tolerance, k);
  });

  for (const [name, { clipNorm, hyper, values }] of Object.entries(oracle.losses)) {
    on(`${name}${clipNorm ? `, clipped at ${clipNorm}` : ''}: eleven losses within ${tolerance}`, () => {
      const { model, loss } = start(dtype);
      const optimizer = optimizers[name](model.namedParameters(), hyper);
      const losses = values.map(() =>
        scope(() => {
          const l = loss();
          optimizer.zeroGrad();
          l.backward();
          if (clipNorm) clipGradNorm(model.parameters(), clipNorm);
          optimizer.step();
          return l.itemSync();
        }),
      );
      close(losses, values, tolerance, 'losses');
    });
  }
}

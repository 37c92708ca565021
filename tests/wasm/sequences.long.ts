// Endurance: language models train for 5,000 steps and await nothing but the batches. After the first 1,000 steps their memory does not grow.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Allocator } from '../../core/backends/wasm/memory.js';
import { Random, scope, setBackend } from '../../core/index.js';
import { DataLoader, textDataset } from '../../datasets/index.js';
import { charLstm, gpt } from '../../models/index.js';
import { crossEntropy, type Module } from '../../nn/index.js';
import { Adam, clipGradNorm } from '../../optim/index.js';
import { assert, subject } from '../spec.js';
import { backend } from './sameAsLoop.js';

const test = subject('WebAssembly: endurance');
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const { allocator } = backend as unknown as { allocator: Allocator };

const STEPS = 5000;
const WARM = 1000;
const context = 16;
const text = Array.from({ length: 4000 }, (_, i) => 'abcdefgh '[(i * i + (i >> 3)) % 9]).join('');
const random = () => new Random(4);
const models: [name: string, (vocabulary: number) => Module][] = [
  [
    'two LSTM layers',
    (vocabulary) => charLstm({ vocabulary, embeddingDim: 8, hiddenSize: 16, numLayers: 2, random: random() }),
  ],
  [
    'a decoder of two blocks',
    (vocabulary) => gpt({ vocabulary, context, embedDim: 16, numHeads: 2, random: random() }),
  ],
];

for (const [name, build] of models)
  test(`${name}: 5,000 steps take no more memory than the first thousand, and the loss falls`, async () => {
    await setBackend(backend);
    const data = textDataset(text, { context });
    const model = build(data.classes.length);
    const optimizer = new Adam(model.namedParameters(), { lr: 0.003 });
    const loader = new DataLoader(data, { batchSize: 8, shuffle: true, seed: 1 });
    const losses: number[] = [];
    const memory = () => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return {
        used: allocator.used,
        linear: allocator.memory.buffer.byteLength,
        heap: heapUsed + arrayBuffers,
      };
    };
    let warm = memory();
    while (losses.length < STEPS)
      for await (const [x, y] of loader) {
        scope(() => {
          const loss = crossEntropy(model.forward(x), y);
          optimizer.zeroGrad();
          loss.backward();
          clipGradNorm(model.parameters(), 1);
          optimizer.step();
          losses.push(loss.itemSync());
        });
        if (losses.length === WARM) warm = memory();
        if (losses.length === STEPS) break;
      }
    const end = memory();
    assert.is(end.used, warm.used, 'bytes in use');
    assert.is(end.linear, warm.linear, 'size of the linear memory');
    assert.ok(end.heap - warm.heap < 2e6, `the heap grew by ${end.heap - warm.heap} bytes`);
    assert.ok(losses.at(-1)! < losses[0] / 2, `${losses[0]} to ${losses.at(-1)}`);
    optimizer.dispose();
    model.dispose();
  });

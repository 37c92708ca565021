// The bits of trained weights. They change if a kernel rounds differently, a loop sums in another order, or a random stream
// changes. A commit that changes them updates the hash here and says which hash and why. Node 20, 24 and 26 give the same bits.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Random, scope, setBackend, setThreads, threads, useRandom } from '../../core/index.js';
import { DataLoader, fashionMnistSample } from '../../datasets/index.js';
import { lenet, resnet8 } from '../../models/index.js';
import { crossEntropy, type Module } from '../../nn/index.js';
import { AdaBound, Adam, type Optimizer, SGDM } from '../../optim/index.js';
import { assert, subject } from '../spec.js';

const test = subject('Trained weights');

/** Trains three nets for a few steps each; returns the SHA-256 of their parameters and buffers, shortened. */
async function trained(steps: number, batchSize = 8): Promise<string> {
  const { train } = await fashionMnistSample();
  const hash = createHash('sha256');
  const one = async (model: Module, optimizer: Optimizer<any>) => {
    let left = steps;
    for await (const [x, y] of new DataLoader(train, { batchSize, shuffle: true, seed: 7 })) {
      scope(() => {
        const loss = crossEntropy(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
      });
      if (--left === 0) break;
    }
    for (const t of Object.values(model.stateDict())) hash.update(new Uint8Array(t.dataSync().buffer));
    optimizer.dispose();
    model.dispose();
  };
  useRandom(new Random(7));
  const first = lenet();
  await one(first, new Adam(first.namedParameters()));
  const second = resnet8({ inChannels: 1 });
  await one(second, new AdaBound(second.namedParameters(), { weightDecay: 5e-4 }));
  const third = resnet8({ inChannels: 1 });
  await one(third, new SGDM(third.namedParameters(), { lr: 0.1 }));
  return hash.digest('hex').slice(0, 16);
}

test('the loops give the recorded bits', async () => {
  await setBackend('reference');
  assert.is(await trained(2, 2), '1b4495de4869ded9');
});

if (existsSync('core/backends/wasm/backend.ts')) {
  const check = async (options: { fma?: boolean; wide?: boolean }, hash: string) => {
    await setBackend('wasm', options);
    for (const count of [1, 2]) {
      await setThreads(count);
      assert.is(threads(), count);
      assert.is(await trained(6), hash, `${count} threads`);
    }
    await setThreads(1);
    await setBackend('reference');
  };
  test('the plain wasm kernels give the recorded bits, on one thread and on two', () =>
    check({ fma: false }, 'b6f8281160878233'));
  const build = (await setBackend('wasm')).via('matmul');
  await setBackend('reference');
  const sentence = 'the kernels with fused multiply-add give the recorded bits, on one thread and on two';
  if (/fma/.test(build)) {
    test(sentence, () => check({ fma: true }, '046531cb108d19b8'));
    test('the wide kernels give the bits of the kernels with fused multiply-add', () =>
      check({ wide: true }, '046531cb108d19b8'));
  } else test.skip(sentence, `no relaxed SIMD in ${process.version}`);
}

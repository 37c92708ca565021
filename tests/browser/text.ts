// A character model that trains with the same steps in Node and in a page, on the plain build of the kernels.
import { backend, Random, scope, setBackend } from '../../core/index.js';
import { DataLoader, mobyDickSample, textDataset } from '../../datasets/index.js';
import { generate } from '../../fit/index.js';
import { charLstm } from '../../models/index.js';
import { crossEntropy } from '../../nn/index.js';
import { Adam, clipGradNorm } from '../../optim/index.js';

/** The results of a training. */
export interface TextTraining {
  via: string;
  losses: number[];
  written: number[];
}

/** Trains an LSTM on the beginning of the embedded text for some steps, then generates text. */
export async function textTraining(steps = 30): Promise<TextTraining> {
  const before = backend();
  await setBackend('wasm', { fma: false });
  try {
    const data = textDataset((await mobyDickSample()).slice(0, 20_000), { context: 32 });
    const model = charLstm({ vocabulary: data.classes.length, hiddenSize: 32, random: new Random(3) });
    const optimizer = new Adam(model.namedParameters(), { lr: 0.01 });
    const losses: number[] = [];
    for await (const [x, y] of new DataLoader(data, { batchSize: 16, shuffle: true, seed: 7 })) {
      await scope(async () => {
        const loss = crossEntropy(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        clipGradNorm(model.parameters(), 0.25);
        optimizer.step();
        losses.push(await loss.item());
      });
      if (losses.length === steps) break;
    }
    const written = [...(await generate(model, { prompt: [0], length: 40, temperature: 0.8, seed: 1 }))];
    return { via: backend().via('matmul'), losses, written };
  } finally {
    await setBackend(before);
  }
}

/** What is wrong with the training of a page; empty if it equals Node's, to the bit, and its loss fell. */
export async function textWrong(found: TextTraining): Promise<string> {
  const expected = await textTraining();
  const [first, last] = [found.losses[0], found.losses.at(-1)!];
  if (!(last < 0.8 * first)) return `the loss went from ${first} to ${last}`;
  return JSON.stringify(found) === JSON.stringify(expected)
    ? ''
    : `${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
}

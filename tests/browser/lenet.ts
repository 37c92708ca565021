// A loss curve to compare between backends: LeNet on the embedded images, with the same batches everywhere.
import { type Backend, scope } from '../../core/index.js';
import { Random } from '../../core/random.js';
import { DataLoader, fashionMnistSample } from '../../datasets/index.js';
import { lenet } from '../../models/index.js';
import { crossEntropy } from '../../nn/index.js';
import { AdaBound } from '../../optim/index.js';
import { onBackend } from '../onBackend.js';

/** The losses of the first steps on a backend. */
export async function curve(backend: Backend, steps = 12): Promise<number[]> {
  return onBackend(backend, async () => {
    const { train } = await fashionMnistSample();
    const model = lenet({ random: new Random(3) });
    const optimizer = new AdaBound(model.namedParameters(), { lr: 0.001, finalLr: 0.1 });
    const losses: number[] = [];
    for await (const [x, y] of new DataLoader(train, { batchSize: 32, shuffle: true, seed: 7 })) {
      await scope(async () => {
        const loss = crossEntropy(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        losses.push(await loss.item());
      });
      if (losses.length === steps) break;
    }
    return losses;
  });
}

// AdaBound on a small net: after each epoch, the bounds, and the shares of the first layer's weights whose rates they clip.
import { AdaBound, blobs, crossEntropy, DataLoader, mlp, scope, seed } from 'boundgrad';

seed(1);
const data = blobs({ samples: 600, centers: 3, seed: 1 });
const model = mlp({ sizes: [2, 16, 3] });
const optimizer = new AdaBound(model.namedParameters(), { gamma: 0.05 });
const [, weight] = [...model.namedParameters()][0];
const loader = new DataLoader(data, { batchSize: 30, shuffle: true, seed: 1 });

console.log(' step        lo        hi   floor    free ceiling');
for (let epoch = 0; epoch < 8; epoch++) {
  for await (const [x, y] of loader) {
    scope(() => {
      optimizer.zeroGrad();
      crossEntropy(model.forward(x), y).backward();
      optimizer.step();
    });
  }
  const { step, lo, hi, floor, free, ceiling } = await optimizer.inspect(weight);
  const share = (n: number) => `${Math.round((100 * n) / weight.size)} %`.padStart(7);
  console.log(
    `${String(step).padStart(5)} ${lo.toFixed(5).padStart(9)} ${hi.toFixed(5).padStart(9)} ${share(floor)} ${share(free)} ${share(ceiling)}`,
  );
}

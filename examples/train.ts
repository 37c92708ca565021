// Trains LeNet on the embedded images and prints the test accuracy after each epoch.
import {
  AdaBound,
  crossEntropy,
  DataLoader,
  fashionMnistSample,
  lenet,
  noGrad,
  scope,
  seed,
  setBackend,
} from 'boundgrad';

await setBackend('wasm');
seed(7);
const { train, test } = await fashionMnistSample();
const model = lenet();
const optimizer = new AdaBound(model.namedParameters(), { lr: 0.001, finalLr: 0.1 });

for (let epoch = 1; epoch <= 2; epoch++) {
  model.train();
  for await (const [x, y] of new DataLoader(train, { batchSize: 64, shuffle: true, seed: epoch })) {
    scope(() => {
      const loss = crossEntropy(model.forward(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    });
  }
  model.eval();
  let right = 0;
  for await (const [x, y] of new DataLoader(test, { batchSize: 300, shuffle: false })) {
    right += scope(() => noGrad(() => model.forward(x).argMax(1).equal(y).sum().itemSync()));
  }
  console.log(`epoch ${epoch}: ${((100 * right) / test.length).toFixed(1)} % of the test images`);
}

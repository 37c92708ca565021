// One program for every backend: eight training steps of LeNet on the embedded images. It awaits each value that it
// reads, because reads from a GPU are asynchronous.
//
//   node build.mjs run examples/backends.ts --backend reference|wasm|gpu [--mode webasm|headlessgl]
//   in a page, ?backend=gpu&mode=webgl2 (or webgpu, webasm)
import { AdaBound, crossEntropy, DataLoader, fashionMnistSample, lenet, scope, seed, setBackend } from 'boundgrad';
import { gpu, type Mode } from 'boundgrad/gpu';

const words = globalThis.location?.search ?? process.argv.join(' ');
const option = (name: string) => new RegExp(`[-?&]${name}[= ](\\w+)`).exec(words)?.[1];
const [which = 'wasm', mode] = [option('backend'), option('mode')];

// The one line that chooses the backend. smallest: 0 runs even small operations on the GPU, for demonstration.
const backend = await setBackend(which === 'gpu' ? await gpu({ mode: mode as Mode, smallest: 0 }) : (which as 'wasm'));

seed(7);
const { train } = await fashionMnistSample();
const model = lenet();
const optimizer = new AdaBound(model.namedParameters(), { lr: 0.001, finalLr: 0.1 });

let step = 0;
for await (const [x, y] of new DataLoader(train, { batchSize: 8, shuffle: true, seed: 7 })) {
  await scope(async () => {
    const loss = crossEntropy(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    console.log(`step ${++step}: loss ${(await loss.item()).toFixed(6)}`);
  });
  if (step === 8) break;
}
console.log(`on ${backend.name}: conv2d by ${backend.via('conv2d')}, relu by ${backend.via('relu')}`);

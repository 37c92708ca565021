// Overheads of a training step: the share of its time that fetching the batch takes, and the share that a Recorder takes.
import {
  AdaBound,
  CIFAR10_CLASSES,
  cifarAugment,
  DataLoader,
  ImageDataset,
  lenet,
  Recorder,
  randn,
  resnet20,
  SGDM,
} from 'boundgrad';
import { sizeOf } from 'boundgrad/core';
import { portion, type Suite, share } from '../case.js';
import { labels, step } from './step.js';

/** Normalized noise of CIFAR-10's shape, cropped and flipped as in the paper's code. It takes as long as real images. */
function images(): ImageDataset {
  const n = 10_000;
  const shape = [3, 32, 32] as const;
  return new ImageDataset({
    name: 'noise',
    pixels: new Uint8Array(n * sizeOf(shape)).map((_, i) => Math.imul(i, 0x9e3779b1) >>> 24),
    labels: new Uint8Array(n).map((_, i) => i % 10),
    shape,
    classes: CIFAR10_CLASSES,
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
    augment: cifarAugment(),
  });
}

/** An endless sequence of batches. */
async function* forever(batchSize: number) {
  const loader = new DataLoader(images(), { batchSize, shuffle: true, dropLast: true, seed: 1 });
  for (;;) yield* loader;
}

const since = (start: number) => performance.now() - start;

export const shares: Suite = function* () {
  const net = resnet20();
  const sgdm = new SGDM(net.namedParameters(), { lr: 1e-3, momentum: 0.9 });
  const batches = forever(32);
  const fetched = portion('resnet20/loader', '% of a step', async () => {
    const start = performance.now();
    const [x, y] = (await batches.next()).value!;
    const fetching = since(start);
    step(net, sgdm, x, y);
    return share(fetching, since(start));
  });
  yield [fetched];

  // Histograms of every parameter's rates after each tenth step.
  const small = lenet();
  const adabound = new AdaBound(small.namedParameters(), { lr: 1e-4 });
  const recorder = new Recorder(adabound, { every: 10 });
  const [x, y] = [randn([64, 1, 28, 28]), labels(64)];
  const recorded = portion('lenet/recorder', '% of 10 steps', async () => {
    const start = performance.now();
    let taking = 0;
    for (let i = 0; i < 10; i++) {
      step(small, adabound, x, y);
      const stepped = performance.now();
      await recorder.take();
      taking += since(stepped);
    }
    recorder.rows.length = 0;
    return share(taking, since(start));
  });
  yield [recorded];
};

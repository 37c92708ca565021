// gpu.js beside the wasm kernels and the loops. Each runs on one thread, except gpu.js, which uses its device: a run copies
// the operands to it and the result back.
import {
  type Backend,
  conv2d,
  crossEntropy,
  matmul,
  noGrad,
  randn,
  resnet20,
  SGDM,
  type Shape,
  scope,
  setBackend,
  setThreads,
} from 'boundgrad';
import { sizeOf } from 'boundgrad/core';
import { type GpuBackend, gpu, type Mode } from 'boundgrad/gpu';
import type { Row } from './case.js';
import { labels } from './suites/step.js';

interface Case {
  name: string;
  unit: string;
  /** The work of a run, in the unit without `/s`. */
  work: number;
  /** The kernel whose `via` is printed. */
  kernel: string;
  /** Makes the operands on the current backend. The function that it returns is timed. */
  make(): () => Promise<unknown>;
}

/** The loops skip products and convolutions of more GFLOP than this, which would take minutes. */
const MOST = 4;

const products = [256, 512, 1024, 2048].map(
  (n): Case => ({
    name: `matmul/${n}`,
    unit: 'GFLOP/s',
    work: (2 * n ** 3) / 1e9,
    kernel: 'matmul',
    make() {
      const [a, b] = [randn([n, n]), randn([n, n])];
      return () => scope(() => noGrad(() => matmul(a, b)).data());
    },
  }),
);

const layers: [name: string, image: Shape, filters: Shape, padding: number][] = [
  ['conv5x5/1@28', [64, 1, 28, 28], [6, 1, 5, 5], 2],
  ['conv5x5/6@14', [64, 6, 14, 14], [16, 6, 5, 5], 0],
  ['conv3x3/16@32', [64, 16, 32, 32], [16, 16, 3, 3], 1],
  ['conv3x3/64@8', [64, 64, 8, 8], [64, 64, 3, 3], 1],
];

const convolutions = layers.map(([name, image, filters, padding]): Case => {
  const side = image[2] + 2 * padding - filters[2] + 1;
  return {
    name,
    unit: 'GFLOP/s',
    work: (2 * image[0] * filters[0] * side ** 2 * sizeOf(filters.slice(1))) / 1e9,
    kernel: 'conv2d',
    make() {
      const [x, w] = [randn(image), randn(filters)];
      return () => scope(() => noGrad(() => conv2d(x, w, null, { padding })).data());
    },
  };
});

const BATCH = 16;

const step: Case = {
  name: 'step/resnet20',
  unit: 'images/s',
  work: BATCH,
  kernel: 'conv2d',
  make() {
    const model = resnet20();
    const optimizer = new SGDM(model.namedParameters(), { lr: 0.01 });
    const [x, y] = [randn([BATCH, 3, 32, 32]), labels(BATCH)];
    return () =>
      scope(async () => {
        const loss = crossEntropy(model.forward(x), y);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss.item();
      });
  },
};

/** Measures a case on a backend: single runs for `time` milliseconds, at least three. */
async function row(backend: Backend, { name, unit, work, kernel, make }: Case, time: number): Promise<Row> {
  await setBackend(backend);
  await setThreads(1);
  const run = make();
  await run();
  const samples: number[] = [];
  for (const start = performance.now(); samples.length < 3 || performance.now() - start < time; ) {
    const from = performance.now();
    await run();
    samples.push(performance.now() - from);
  }
  samples.sort((a, b) => a - b);
  const [high, median, low] = [0.25, 0.5, 0.75].map(
    (q) => (1000 * work) / samples[Math.round(q * (samples.length - 1))],
  );
  const via = backend.via(kernel);
  return { name, threads: 1, value: median, unit, spread: (high - low) / median, via, ceilingShare: null };
}

/** The backend on gpu.js that is compared. It runs calls of any size on the device. */
export function compared(mode?: string): Promise<GpuBackend> {
  return gpu({ mode: mode as Mode | undefined, smallest: 0 });
}

/** Rows for each work: the loops, wasm, gpu.js. */
export async function* comparison(device: GpuBackend, only: string, time: number): AsyncGenerator<Row> {
  const backends = [await setBackend('reference'), await setBackend('wasm'), device];
  for (const c of [...products, ...convolutions, step].filter(({ name }) => name.includes(only))) {
    for (const backend of backends) {
      if (backend.name !== 'reference' || c.work <= MOST || c === step) yield await row(backend, c, time);
    }
  }
}

// node build.mjs run tests/gpuspeed.ts [mode]: gpu.js beside the loops and the wasm kernels, transfers included. No test:
// it asserts nothing. One thread but for gpu.js, which uses what it has.
import { type GpuBackend, gpu, type Mode } from '../core/backends/gpu.js';
import { reference } from '../core/backends/reference.js';
import {
  type Backend,
  conv2d,
  matmul,
  noGrad,
  randn,
  type Shape,
  scope,
  setBackend,
  sizeOf,
  tensor,
} from '../core/index.js';
import { resnet20 } from '../models/index.js';
import { crossEntropy } from '../nn/index.js';
import { SGDM } from '../optim/index.js';

interface Case {
  name: string;
  /** Multiplications and additions of one run; 0 where the time itself is shown. */
  flops: number;
  /** Makes the operands on the current backend; what it returns is timed. */
  make(): () => Promise<unknown>;
}

const products = [256, 512, 1024, 2048].map(
  (n): Case => ({
    name: `matmul ${n}`,
    flops: 2 * n ** 3,
    make() {
      const [a, b] = [randn([n, n]), randn([n, n])];
      return () => scope(() => noGrad(() => matmul(a, b)).data());
    },
  }),
);

const layers: [Shape, Shape, object][] = [
  [[64, 1, 28, 28], [6, 1, 5, 5], { padding: 2 }],
  [[64, 6, 14, 14], [16, 6, 5, 5], {}],
  [[64, 16, 32, 32], [16, 16, 3, 3], { padding: 1 }],
  [[64, 64, 8, 8], [64, 64, 3, 3], { padding: 1 }],
];

const convolutions = layers.map(([image, filters, options]): Case => {
  const y = noGrad(() => conv2d(randn(image), randn(filters), null, options));
  return {
    name: `conv ${image.join('x')}, ${filters.join('x')}`,
    flops: 2 * y.size * sizeOf(filters.slice(1)),
    make() {
      const [x, w] = [randn(image), randn(filters)];
      return () => scope(() => noGrad(() => conv2d(x, w, null, options)).data());
    },
  };
});

const step: Case = {
  name: 'training step of ResNet-20, batch 16',
  flops: 0,
  make() {
    const model = resnet20();
    const optimizer = new SGDM(model.namedParameters(), { lr: 0.01 });
    const x = randn([16, 3, 32, 32]);
    const y = tensor(Int32Array.from({ length: 16 }, (_, i) => i % 10));
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

/** Milliseconds of single runs, sorted. */
async function time(backend: Backend, make: Case['make'], slow: boolean): Promise<number[]> {
  await setBackend(backend);
  const run = make();
  await run();
  const times: number[] = [];
  const start = performance.now();
  while (times.length < 3 || (performance.now() - start < 2000 && times.length < 200)) {
    const from = performance.now();
    await run();
    times.push(performance.now() - from);
    if (slow && performance.now() - start > 5000) break;
  }
  await setBackend(reference);
  return times.sort((a, b) => a - b);
}

const device: GpuBackend = await gpu({ mode: process.argv[2] as Mode | undefined, smallest: 0 });
const backends: Backend[] = [reference, await setBackend('wasm'), device];
console.log(`${device.mode} ${device.renderer}${device.note && ` (${device.note})`}`);
console.log('median, quartiles in brackets; ratio to the loops\n');
for (const { name, flops, make } of [...products, ...convolutions, step]) {
  let loops = 0;
  for (const backend of backends) {
    const slow = backend === reference;
    if (slow && flops > 4e9) continue;
    const times = await time(backend, make, slow);
    const at = (q: number) => times[Math.floor(q * (times.length - 1))];
    if (slow) loops = at(0.5);
    const figure = (ms: number) => (flops ? flops / ms / 1e6 : ms).toFixed(flops ? 2 : 0);
    const ratio = loops ? (loops / at(0.5)).toFixed(1) : '-';
    console.log(
      `${name.padEnd(38)} ${backend.via('matmul').padEnd(18)} ${figure(at(0.5)).padStart(8)} ` +
        `[${figure(at(0.75))} .. ${figure(at(0.25))}] ${flops ? 'GFLOP/s' : 'ms'}`.padEnd(30) +
        ` ${ratio}`,
    );
  }
}
await device.dispose();

// What is timed: a name, one run, and how much work that is.
import {
  AdaBound,
  Adam,
  add,
  batchNorm,
  conv2d,
  crossEntropy,
  grad,
  lenet,
  type Module,
  matmul,
  maxPool2d,
  mlp,
  noGrad,
  ones,
  online,
  optimizers,
  randn,
  regret,
  relu,
  SGDM,
  type Shape,
  scope,
  seed,
  sizeOf,
  type Tensor,
  tensor,
} from 'boundgrad';

export interface Case {
  name: string;
  run(): void;
  /** Work of one run, in `unit`: 1e9 operations make GFLOP/s of `work: flops / 1e9`. */
  work: number;
  unit: string;
  /** Kernels whose `via` is printed. */
  kernels: string[];
}

const quiet = (fn: () => void) => () => scope(() => noGrad(fn));

/** Square matrix products: 2 n^3 operations each. */
function matmuls(): Case[] {
  return [64, 128, 256, 512, 1024].map((n) => {
    const [a, b] = [randn([n, n]), randn([n, n])];
    return {
      name: `matmul ${n}`,
      run: quiet(() => matmul(a, b)),
      work: (2 * n ** 3) / 1e9,
      unit: 'GFLOP/s',
      kernels: ['matmul'],
    };
  });
}

/** Convolutions of LeNet and of ResNet-20 on a batch of 64: forward, and both gradients. */
function convolutions(): Case[] {
  const layers: [string, Shape, Shape, object][] = [
    ['LeNet 1', [64, 1, 28, 28], [6, 1, 5, 5], { padding: 2 }],
    ['LeNet 2', [64, 6, 14, 14], [16, 6, 5, 5], {}],
    ['ResNet-20 16x32x32', [64, 16, 32, 32], [16, 16, 3, 3], { padding: 1 }],
    ['ResNet-20 64x8x8', [64, 64, 8, 8], [64, 64, 3, 3], { padding: 1 }],
  ];
  return layers.flatMap(([name, xShape, wShape, options]) => {
    const x = randn(xShape, { requiresGrad: true });
    const w = randn(wShape, { requiresGrad: true });
    const y = noGrad(() => conv2d(x, w, null, options));
    const flops = (2 * y.size * sizeOf(wShape.slice(1))) / 1e9;
    const g = ones(y.shape);
    const backward = () => scope(() => void grad(conv2d(x, w, null, options), [x, w], { gradient: g }));
    return [
      {
        name: `conv ${name}`,
        run: quiet(() => conv2d(x, w, null, options)),
        work: flops,
        unit: 'GFLOP/s',
        kernels: ['conv2d'],
      },
      {
        name: `conv ${name}, with both gradients`,
        run: backward,
        work: 3 * flops,
        unit: 'GFLOP/s',
        kernels: ['conv2d', 'conv2dInput', 'conv2dWeight'],
      },
    ];
  });
}

/** Operations that move more than they compute, on 64 x 16 x 32 x 32 values; bytes read and written. */
function elementwise(): Case[] {
  const x = randn([64, 16, 32, 32]);
  const [w, b] = [ones([16]), ones([16])];
  const gigabytes = (times: number) => (times * x.size * 4) / 1e9;
  return [
    { name: 'add', run: quiet(() => add(x, x)), work: gigabytes(3), unit: 'GB/s', kernels: ['add'] },
    { name: 'relu', run: quiet(() => relu(x)), work: gigabytes(2), unit: 'GB/s', kernels: ['relu'] },
    {
      name: 'maxPool 2x2',
      run: quiet(() => maxPool2d(x, { kernel: 2 })),
      work: gigabytes(1.5),
      unit: 'GB/s',
      kernels: ['maxPool2d'],
    },
    {
      name: 'batchNorm',
      run: quiet(() => batchNorm(x, w, b)),
      work: gigabytes(2),
      unit: 'GB/s',
      kernels: ['batchNorm'],
    },
  ];
}

/** A whole training step: forward, backward, update; in samples. */
function steps(): Case[] {
  const nets: [string, Module, Shape][] = [
    ['mlp 784-128-10', mlp({ sizes: [784, 128, 10] }), [64, 784]],
    ['lenet', lenet(), [64, 1, 28, 28]],
  ];
  return nets.map(([name, model, shape]) => {
    const x = randn(shape);
    const y = tensor(
      Array.from({ length: shape[0] }, (_, i) => i % 10),
      { dtype: 'int32' },
    );
    const optimizer = new SGDM(model.namedParameters(), { lr: 1e-4 });
    const run = () =>
      scope(() => {
        optimizer.zeroGrad();
        crossEntropy(model.forward(x), y).backward();
        optimizer.step();
      });
    return {
      name: `training step, ${name}, batch 64`,
      run,
      work: shape[0],
      unit: 'samples/s',
      kernels: ['matmul', 'conv2d'],
    };
  });
}

/** One step of each optimizer over a million parameters. */
function updates(): Case[] {
  return ['sgdm', 'adam', 'amsgrad', 'adabound', 'amsbound'].map((key) => {
    const p: Tensor = randn([1e6], { requiresGrad: true });
    const optimizer = new optimizers[key]([p], { lr: 1e-6 });
    p.grad = randn([1e6]);
    return {
      name: `${optimizers[key].title} step`,
      run: () => optimizer.step(),
      work: 1,
      unit: 'million parameters/s',
      kernels: ['boundedStep'],
    };
  });
}

/** Regret of one scalar in float64, 100,000 steps a run, books and bounds included; no backend is asked. */
function regrets(): Case[] {
  const hyper = { lr: 0.1, betas: [0, 1 / 17] };
  const cases = [
    ['Adam, cycle', Adam, online.cycle()],
    ['AdaBound, cycle', AdaBound, online.cycle()],
    ['AdaBound, drawn losses', AdaBound, online.theorem3()],
  ] as const;
  return cases.map(([name, Class, problem]) => ({
    name: `regret, ${name}`,
    run: () => void regret(problem, Class, 1e5, { hyper }),
    work: 0.1,
    unit: 'million steps/s',
    kernels: [],
  }));
}

/** Every suite by name. Made when called, on the backend of that time. */
export const suites: Record<string, () => Case[]> = {
  matmul: matmuls,
  conv: convolutions,
  elementwise,
  step: steps,
  optim: updates,
  regret: regrets,
};

/** The same numbers every time. */
export function prepare(): void {
  seed(1);
}

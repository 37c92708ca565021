// Whole trainings whose bits must depend neither on old values in memory nor on the number of threads.
import * as assert from 'uvu/assert';
import { type Backend, Random, randn, scope, setBackend, setThreads, type Tensor, tensor } from '../../core/index.js';
import { DenseNet, lenet, resnet8 } from '../../models/index.js';
import { crossEntropy, type Module } from '../../nn/index.js';
import { AMSBound, clipGradNorm, SGDM } from '../../optim/index.js';
import { examples, results } from '../core/registry.js';

/** Nets by name, with the shape of an image. */
export const nets: Record<string, [shape: number[], build: (random: Random) => Module]> = {
  LeNet: [[1, 28, 28], (random) => lenet({ random })],
  'ResNet-8': [[3, 8, 8], (random) => resnet8({ random })],
  'ResNet-8 with shortcut A': [[3, 9, 9], (random) => resnet8({ random, shortcut: 'A' })],
  DenseNet: [[3, 8, 8], (random) => new DenseNet(4, [2, 2], { random })],
};

/** Outputs and gradients of every example of every operation, in float32. */
export async function runExamples(backend: Backend, threads = 1): Promise<Map<string, number[]>> {
  const drawn = examples();
  await use(backend, threads);
  try {
    const read = (t: Tensor) => [...t.dataSync()];
    return new Map(
      drawn.map(({ name, call, args }) => [name, scope(() => results(call, args, read, 'float32').flat())]),
    );
  } finally {
    await use('reference', 1);
  }
}

/** The gradient norms and losses of two steps, then the outputs for a test batch, and all parameters and buffers. The second batch is
 *  smaller. */
export async function run(backend: Backend, name: string, threads = 1): Promise<number[]> {
  await use(backend, threads);
  try {
    const [shape, build] = nets[name];
    const random = new Random(5);
    const model = build(random);
    const [first, ...rest] = model.namedParameters();
    const optimizers = [new SGDM([first], { lr: 0.01 }), new AMSBound(rest, { lr: 0.01, weightDecay: 1e-3 })];
    const out: number[] = [];
    for (const n of [5, 3]) {
      scope(() => {
        const x = randn([n, ...shape], { stream: random.stream('x') });
        const y = tensor(Int32Array.from({ length: n }, (_, i) => i));
        const loss = crossEntropy(model.forward(x), y, { labelSmoothing: 0.1 });
        for (const o of optimizers) o.zeroGrad();
        loss.backward({ retainGraph: n === 3 });
        out.push(clipGradNorm(model.parameters(), 1).itemSync());
        for (const o of optimizers) o.step();
        out.push(loss.itemSync());
      });
    }
    model.eval();
    scope(() => out.push(...model.forward(randn([2, ...shape], { stream: random.stream('x') })).dataSync()));
    for (const t of Object.values(model.stateDict())) out.push(...t.dataSync());
    return out;
  } finally {
    await use('reference', 1);
  }
}

async function use(backend: Backend | 'reference', threads: number): Promise<void> {
  await setBackend(backend);
  assert.is(await setThreads(threads), threads, backend === 'reference' ? '' : backend.note);
}

/** Asserts that two runs gave the same bits, and no NaN. */
export function sameBits(actual: number[], expected: number[], what = ''): void {
  assert.is(actual.length, expected.length, what);
  assert.ok(expected.length > 0 && !expected.some(Number.isNaN), `${what}: NaN in the run to compare with`);
  assert.is(
    actual.findIndex((v, i) => !Object.is(v, expected[i])),
    -1,
    what,
  );
}

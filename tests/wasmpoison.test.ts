// Nothing reads values that were never written, or not any more. Backends may hand out memory of any content and reuse it at
// once; here both are made plain: every block is full of NaN when it is given out, and again when it is given back. One such
// value in a loss or a weight makes it NaN, so a run over poisoned memory has the bits of a run over clean memory or fails.
import { reference } from '../core/backends/reference.js';
import { wasm } from '../core/backends/wasm.js';
import { type Allocator, classOf } from '../core/backends/wasm.memory.js';
import { type Backend, grad, isFloat, Random, randn, scope, setBackend, type Tensor, tensor } from '../core/index.js';
import { DenseNet, lenet, resnet8 } from '../models/index.js';
import { crossEntropy, type Module } from '../nn/index.js';
import { AMSBound, clipGradNorm, SGDM } from '../optim/index.js';
import { counting } from './counting.js';
import { examples, mapTensors, outputs } from './registry.js';
import { assert, subject } from './spec.js';

const test = subject('Poisoned memory');

/** Writes the byte that makes a NaN of a float and -1 of an integer. */
const POISON = 0xff;

/** The loops, with what scopes own full of NaN at both ends of its life. Filled bytes of freed buffers: see counting.ts. */
function poisonedReference(): Backend & { errors: string[] } {
  const counted = counting();
  return {
    ...counted,
    alloc(dtype, length, lifetime, zeroed) {
      const buffer = counted.alloc(dtype, length, lifetime, zeroed);
      if (!zeroed) new Uint8Array(buffer.values.buffer).fill(POISON);
      return buffer;
    },
  };
}

/** The wasm backend, with every block of linear memory, scratch included, full of NaN at both ends of its life. */
async function poisonedWasm(): Promise<Backend> {
  const backend = await wasm();
  const { allocator } = backend as unknown as { allocator: Allocator };
  const sizes = new Map<number, number>();
  const fill = (at: number, size: number) => new Uint8Array(allocator.memory.buffer, at, size).fill(POISON);
  const [alloc, free] = [allocator.alloc.bind(allocator), allocator.free.bind(allocator)];
  allocator.alloc = (bytes) => {
    const at = alloc(bytes);
    sizes.set(at, classOf(bytes));
    fill(at, classOf(bytes));
    return at;
  };
  allocator.free = (at) => {
    free(at);
    fill(at, sizes.get(at)!);
  };
  // Without zeroing of its own a fresh typed array is 0; those that nobody asked to be zeroed get the poison too.
  const make = backend.alloc.bind(backend);
  backend.alloc = (dtype, length, lifetime, zeroed) => {
    const buffer = make(dtype, length, lifetime, zeroed);
    if (lifetime === 'collected' && !zeroed) new Uint8Array(buffer.values.buffer).fill(POISON);
    return buffer;
  };
  return backend;
}

const nets: Record<string, [shape: number[], build: (random: Random) => Module]> = {
  LeNet: [[1, 28, 28], (random) => lenet({ random })],
  'ResNet-8': [[3, 8, 8], (random) => resnet8({ random })],
  'ResNet-8 with shortcut A': [[3, 9, 9], (random) => resnet8({ random, shortcut: 'A' })],
  DenseNet: [[3, 8, 8], (random) => new DenseNet(4, [2, 2], { random })],
};

/** Outputs and gradients of every example of every operation, in float32. */
async function runExamples(backend: Backend): Promise<Map<string, number[]>> {
  const drawn = examples();
  await setBackend(backend);
  try {
    return new Map(
      drawn.map(({ name, call, args }) => [
        name,
        scope(() => {
          const xs: Tensor[] = [];
          const given = mapTensors(args, (t) => {
            if (!isFloat(t.dtype)) return tensor(t.dataSync(), { shape: t.shape, dtype: t.dtype });
            xs.push(tensor(t.dataSync(), { shape: t.shape, dtype: 'float32', requiresGrad: true }));
            return xs.at(-1)!;
          });
          const ys = outputs(call, given);
          const values = ys.flatMap((y) => [...y.dataSync()]);
          const roots = ys.filter((y) => y.node);
          if (!roots.length) return values;
          const gradient = roots.map((y) => y.detach().mul(0).add(0.5));
          return [...values, ...grad(roots, xs, { gradient }).flatMap((g) => [...g.dataSync()])];
        }),
      ]),
    );
  } finally {
    await setBackend('reference');
  }
}

/** Losses, and all parameters and buffers at the end, of a few steps. The last batch is smaller. */
async function run(backend: Backend, name: string): Promise<number[]> {
  await setBackend(backend);
  try {
    const [shape, build] = nets[name];
    const random = new Random(5);
    const model = build(random);
    const [first, ...rest] = model.namedParameters();
    const optimizers = [new SGDM([first], { lr: 0.01 }), new AMSBound(rest, { lr: 0.01, weightDecay: 1e-3 })];
    const out: number[] = [];
    for (const n of [5, 5, 3]) {
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
    await setBackend('reference');
  }
}

function sameBits(actual: number[], expected: number[]): void {
  assert.is(actual.length, expected.length);
  assert.ok(expected.every(Number.isFinite), 'the clean run is finite');
  assert.is(
    actual.findIndex((v, i) => !Object.is(v, expected[i])),
    -1,
  );
}

for (const name of Object.keys(nets)) {
  test(`${name}: training on the loops gives the same bits over poisoned memory`, async () => {
    const poisoned = poisonedReference();
    sameBits(await run(poisoned, name), await run(reference, name));
    assert.equal(poisoned.errors, []);
  });

  test(`${name}: training on wasm gives the same bits over poisoned memory, and over memory used before`, async () => {
    const backend = await wasm();
    const clean = await run(backend, name);
    sameBits(await run(await poisonedWasm(), name), clean);
    sameBits(await run(backend, name), clean);
  });
}

test('every operation and its gradient on wasm gives the same bits over poisoned memory', async () => {
  const clean = await runExamples(await wasm());
  for (const [name, values] of await runExamples(await poisonedWasm())) {
    const expected = clean.get(name)!;
    assert.is(values.length, expected.length, name);
    assert.is(
      values.findIndex((v, i) => !Object.is(v, expected[i])),
      -1,
      name,
    );
  }
});

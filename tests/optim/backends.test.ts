// Every optimizer of the registry in scopes, and on a backend that runs its kernels later.
import { reference } from '../../core/backends/reference.js';
import { type Backend, Random, randn, scope, setBackend, type Tensor, tensor } from '../../core/index.js';
import { type Optimizer, type OptimizerClass, optimizers } from '../../optim/index.js';
import { counting } from '../core/counting.js';
import { onBackend } from '../onBackend.js';
import { assert, subject } from '../spec.js';

const test = subject('Optimizers in scopes and on backends that run kernels later');

const SHAPES = [[4, 3], [3]];
const STEPS = 6;

/** A matrix and a vector, their optimizer, a step with random gradients, and `load`, which replaces the optimizer by a new one that loads its
 *  state. */
function made(Class: OptimizerClass<any>): {
  params: Tensor[];
  optimizer: Optimizer<any>;
  step(): void;
  load(): void;
} {
  const draw = new Random(6);
  const params = SHAPES.map((shape) => randn(shape, { stream: draw.stream('p'), requiresGrad: true }));
  const optimizer = new Class(params);
  let current = optimizer;
  return {
    params,
    optimizer,
    step() {
      for (const p of params) p.grad = randn(p.shape, { stream: draw.stream('g') });
      current.step();
    },
    load() {
      current = new Class(params);
      current.loadStateDict(optimizer.stateDict());
      optimizer.dispose();
    },
  };
}

/** The parameters after some steps, those for evaluation, those for training again, and those after a step of an optimizer that loaded
 *  the state. */
async function results(backend: Backend, Class: OptimizerClass<any>): Promise<number[][]> {
  await setBackend(backend);
  try {
    return await scope(async () => {
      const { params, optimizer, step, load } = made(Class);
      for (let t = 1; t <= STEPS; t++) scope(step);
      const read = async () => (await Promise.all(params.map((p) => p.data()))).flatMap((values) => [...values]);
      const found = [await read()];
      optimizer.eval();
      found.push(await read());
      optimizer.train();
      found.push(await read());
      load();
      scope(step);
      found.push(await read());
      return found;
    });
  } finally {
    await setBackend('reference');
  }
}

/** The loops, which run only when a result is read. There is no synchronous read. */
function later(): Backend & { waiting: (() => void)[]; ran: number } {
  return {
    ...reference,
    name: 'later',
    readSync: undefined,
    waiting: [],
    ran: 0,
    run(kernel, out, ins, attrs) {
      this.waiting.push(() => reference.run(kernel, out, ins, attrs));
    },
    free(buffer) {
      // A buffer that is freed too early spoils the results of later calls.
      this.waiting.push(() => buffer.values.fill(Number.NaN));
    },
    async read(buffer) {
      await null;
      this.ran += this.waiting.length;
      for (const call of this.waiting.splice(0)) call();
      return buffer.values.slice();
    },
  };
}

for (const Class of Object.values(optimizers)) {
  test(`${Class.title}: steps in scopes leave only its state, whose size does not grow, and use no freed buffer`, async () => {
    const backend = counting();
    await onBackend(backend, () => {
      const { optimizer, step } = made(Class);
      scope(step);
      const after = backend.live;
      for (let t = 2; t <= STEPS; t++) scope(step);
      optimizer.eval();
      optimizer.train();
      // Parameters of one optimizer can share a tensor of state.
      const state = new Set(Object.values(optimizer.stateDict().tensors));
      const size = [...state].reduce((sum, t) => sum + t.size, 0);
      assert.ok(size > 0);
      assert.equal([after, backend.live], [size, size], 'elements alive after one step, and after six');
      assert.equal(backend.errors, []);
    });
  });

  test(`${Class.title}: where kernels run later, its steps, its weights for evaluation and a step from its loaded state have the same bits`, async () => {
    const backend = later();
    const [ours, expected] = [await results(backend, Class), await results(reference, Class)];
    assert.equal(ours, expected);
    assert.ok(backend.ran >= STEPS * SHAPES.length, `${backend.ran} calls ran later`);
    assert.ok(expected[0].every(Number.isFinite));
  });
}

test('a NaN in a gradient where kernels run later changes nothing, and the next read rejects, for every optimizer', async () => {
  for (const Class of Object.values(optimizers)) {
    await setBackend(later());
    const p = tensor([[1, 2]], { requiresGrad: true });
    const optimizer = new Class([p]);
    p.grad = tensor([[1, Number.NaN]]);
    optimizer.step();
    const error = await p.data().then(
      () => null,
      (e: Error) => e,
    );
    assert.match(String(error), /NonFiniteError: .*0\.0/, Class.title);
    assert.equal([...(await p.data())], [1, 2], Class.title);
    await setBackend('reference');
  }
});

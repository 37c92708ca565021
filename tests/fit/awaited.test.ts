// Training on a backend whose values can only be awaited, like a device's: the results have the same bits as on the loops.
import { type Nested, type Tensor, tensor } from '../../core/index.js';
import { DataLoader, tensorDataset } from '../../datasets/index.js';
import { averageWeights, fit, keepBest, loadModel, lrFinder } from '../../fit/index.js';
import { Linear, Module, mse, Sequential } from '../../nn/index.js';
import { ScheduleFreeAdamW } from '../../optim/index.js';
import { onAwaited } from '../awaited.js';
import { assert, subject } from '../spec.js';
import { Kept, timeless, training } from './training.js';

const test = subject('Training on a backend that can only be awaited');

/** The values of tensors by name, awaited. */
async function read(tensors: Record<string, Tensor>): Promise<Record<string, number[]>> {
  const entries = Object.entries(tensors).map(async ([name, t]) => [name, [...(await t.data())]] as [string, number[]]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Runs a function on the loops and on the backend that can only be awaited. Both must have the same result. */
async function same<T>(body: () => Promise<T>): Promise<T> {
  const [expected, found] = [await body(), await onAwaited(body)];
  assert.equal(found, expected);
  return found;
}

/** A training that is interrupted after 4 of 9 steps and resumed. */
async function resumed() {
  const checkpoints = new Kept();
  const callbacks = () => [averageWeights({ decay: 0.5 }), keepBest({ monitor: 'loss' })];
  const abort = new AbortController();
  const stop = { onStep: ({ step }: { step: number }) => step === 4 && abort.abort() };
  const first = training({ checkpoints, callbacks: [...callbacks(), stop], signal: abort.signal });
  await fit(first.model, first.options);
  const { model, options } = training({ checkpoints, callbacks: callbacks() });
  const history = await fit(model, options);
  return [timeless(history), await read(model.stateDict()), await read(options.optimizer.stateDict().tensors)];
}

test('a training resumes from its checkpoint, with averaged and with the best weights', async () => {
  await same(resumed);
});

test('lrFinder with an optimizer that has taken steps leaves it and the model as they were', async () => {
  for (const isAverage of [false, true]) {
    await same(async () => {
      const { model, options } = training();
      const { train } = options;
      const optimizer = isAverage ? new ScheduleFreeAdamW(model.namedParameters(), { lr: 0.01 }) : options.optimizer;
      await fit(model, { ...options, optimizer, epochs: 1 });
      const state = async () => [
        await read(model.stateDict()),
        await read(optimizer.stateDict().tensors),
        JSON.stringify(optimizer.stateDict().meta),
      ];
      const before = await state();
      const { points: found } = await lrFinder(model, { train, optimizer, steps: 5 });
      assert.equal(await state(), before);
      return found;
    });
  }
});

test('if lrFinder cannot restore the weights, it still restores lr, schedule, mode, epoch and the state of the optimizer', async () => {
  const { model, options } = training();
  const { train, optimizer } = options;
  await fit(model, { ...options, epochs: 1 });
  model.eval();
  const schedule = () => 1;
  optimizer.paramGroups[0].schedule = schedule;
  const before = await read(optimizer.stateDict().tensors);
  const { epoch } = train;
  Object.defineProperty(model, 'loadStateDict', {
    value() {
      throw new Error('no weights');
    },
  });
  const error = await lrFinder(model, { train, optimizer, steps: 5 }).catch((e) => e);
  assert.is(error.message, 'no weights');
  const [{ lr, schedule: now }] = optimizer.paramGroups;
  assert.equal([lr, now, train.epoch, model.training], [0.01, schedule, epoch, false]);
  assert.equal(await read(optimizer.stateDict().tensors), before);
});

test('a data set of lists has the same samples as on the loops, and so has one of tensors that were made on the loops', async () => {
  const lists = [
    [
      [
        [1, 2],
        [3, 4],
        [5, 0.1],
      ],
      [0, 2, 1],
      { names: ['a', 'b', 'c'] },
    ],
    [
      [
        [1, 2],
        [3, 4],
        [5, 0.1],
      ],
      [[0.5], [1.5], [2]],
    ],
    [[new Float64Array([1, 2]), new Float64Array([3, 0.1])], new Int32Array([0, 1])],
    [
      [1, 2, 3],
      [false, true, true],
    ],
  ] as [x: Nested, y: Nested, { names: string[] }?][];
  for (const [x, y, options = {}] of lists)
    await same(async () => {
      const data = tensorDataset(x, y, options);
      const { shape, targetShape, classes } = data;
      return [data.batch([1, 0]), shape, targetShape, classes];
    });
  const [x, y] = [tensor([[1], [2]]), tensor([0.5, 2])];
  assert.equal((await onAwaited(() => tensorDataset(x, y))).batch([1]), tensorDataset(x, y).batch([1]));
});

test('a data set of tensors that cannot be read at once is refused by name', () =>
  onAwaited(() => {
    const t = tensor([[1], [2]]);
    const remedy = 'awaited cannot be read at once; give lists, or make it before setBackend';
    assert.throws(() => tensorDataset(t, [0, 1]), new RegExp(`^tensorDataset: x: ${remedy}$`));
    assert.throws(() => tensorDataset([t, t], [0, 1]), new RegExp(`^tensorDataset: x\\[0\\]: ${remedy}$`));
    assert.throws(() => tensorDataset([[1], [2]], t), new RegExp(`^tensorDataset: y: ${remedy}$`));
    assert.throws(
      () => tensorDataset(t, [0, 1]),
      (e: Error) => e.name === 'BackendError',
    );
  }));

/** Two layers. isTied: they share one weight. */
class Two extends Module {
  readonly first = new Linear(2, 2);
  readonly second = new Linear(2, 2);
  constructor(isTied: boolean) {
    super();
    if (isTied) Object.assign(this.second, { weight: this.first.weight });
  }
  forward(x: Tensor): Tensor {
    return this.second.forward(this.first.forward(x));
  }
}

test('loadModel refuses a model whose layers share a weight, if the checkpoint has different values for it', async () => {
  for (const wasTied of [false, true]) {
    const said = await same(async () => {
      const checkpoints = new Kept();
      const model = new Two(wasTied);
      const data = tensorDataset(
        [
          [1, 2],
          [3, 4],
        ],
        [
          [1, 2],
          [2, 1],
        ],
      );
      const options = { train: new DataLoader(data, { batchSize: 2 }), epochs: 1, checkpoints, loss: mse };
      await fit(model, { ...options, optimizer: new ScheduleFreeAdamW(model.namedParameters()) });
      return loadModel(checkpoints.files.at(-1)!.file, { model: new Two(true) }).then(
        () => 'loaded',
        (e) => e.message,
      );
    });
    assert.match(said, wasTied ? 'loaded' : /first\.weight and second\.weight are one tensor here, two in the checkp/);
  }
});

test('an optimizer refuses a state of another backend that cannot be read at once, and names the tensor', async () => {
  const { tensors, meta } = await onAwaited(async () => {
    const { model, options } = training();
    await fit(model, { ...options, epochs: 1 });
    return options.optimizer.stateDict();
  });
  const { options } = training();
  const message = /^AdaBound: 0\.weight\.m: awaited cannot be read at once; await data\(\)$/;
  assert.throws(() => options.optimizer.loadStateDict({ tensors, meta }), message);
  assert.is(options.optimizer.steps, 0);
  const copies = Object.entries(tensors).map(async ([name, t]) => [name, tensor(await t.data(), { shape: t.shape })]);
  options.optimizer.loadStateDict({ tensors: Object.fromEntries(await Promise.all(copies)), meta });
  assert.is(options.optimizer.steps, 3);
});

test('loadStateDict refuses a value for a strided buffer if the value cannot be read at once, and changes nothing', () =>
  onAwaited(async () => {
    const model = new Sequential(new Linear(2, 2), new Linear(2, 2));
    (model[1] as any).registerBuffer(
      'turned',
      tensor([
        [1, 2],
        [3, 4],
      ]).transpose(),
    );
    const before = await read(model.stateDict());
    const copies = Object.entries(model.stateDict()).map(([name, t]) => [name, t.detach().mul(2)] as const);
    assert.throws(
      () => model.loadStateDict(Object.fromEntries(copies)),
      /^loadStateDict: 1\.turned: awaited cannot be read at once; await data\(\)$/,
    );
    assert.equal(await read(model.stateDict()), before);
  }));

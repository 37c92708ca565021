// The callbacks of the library, reports, accumulated batches, and helpers for trainings.
import { Random, scope, type Tensor, tensor } from '../../core/index.js';
import { DataLoader, standardize, tensorDataset } from '../../datasets/index.js';
import {
  averageWeights,
  type Callback,
  type EpochReport,
  earlyStopping,
  evaluate,
  type FitOptions,
  fit,
  keepBest,
  lrFinder,
  parameterGroups,
  progress,
  reduceOnPlateau,
  updateBatchNorm,
} from '../../fit/index.js';
import { crossEntropy, Linear, mse, ReLU, Sequential } from '../../nn/index.js';
import { AdaBound, AdamW, cosine, ScheduleFreeAdamW, SGDM } from '../../optim/index.js';
import { refusalOf } from '../refusal.js';
import { assert, close, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';
import { bits, Kept, net, points, run, timeless, training } from './training.js';

const resumed = subject('Resumed callbacks');
/** The last steps of interrupted trainings: in the middle of an epoch, at its end, and in the middle of the next. With two batches a
 *  step they are at the end of an epoch, and in the middle of the next two. */
const CUTS = [2, 3, 5];

/** Every callback, and options that act in each epoch. The results depend on all earlier steps. */
const each: Record<string, () => Partial<FitOptions>> = {
  'reduceOnPlateau, with a reduction in each epoch': () => ({
    callbacks: [reduceOnPlateau({ monitor: 'loss', patience: 1, minDelta: 10, factor: 0.5 })],
  }),
  'keepBest, whose best epoch is not the last': () => ({ callbacks: [keepBest({ monitor: 'loss', mode: 'max' })] }),
  'keepBest without restore': () => ({ callbacks: [keepBest({ restore: false })] }),
  'averageWeights over steps': () => ({ callbacks: [averageWeights({ decay: 0.9 })] }),
  'averageWeights over epochs, from the second': () => ({ callbacks: [averageWeights({ kind: 'swa', start: 2 })] }),
  'keepBest of averaged weights': () => ({
    callbacks: [keepBest({ monitor: 'loss', mode: 'max' }), averageWeights({ decay: 0.5 })],
  }),
  'earlyStopping on a metric': () => ({
    metrics: { steady: () => 1 },
    callbacks: [earlyStopping({ monitor: 'metrics.steady', patience: 2 })],
  }),
  'progress, and reports of the gradient’s norm': () => ({
    callbacks: [progress({ write: () => {} })],
    clip: { norm: 1 },
  }),
  'two accumulated batches a step': () => ({ accumulate: 2 }),
};
for (const [what, make] of Object.entries(each)) {
  resumed(
    `${what}: a training that was interrupted and resumed has the same bits, history and last checkpoint`,
    async () => {
      const kept = new Kept();
      const whole = await run({ ...make(), checkpoints: kept });
      const state = async (from: Kept) => {
        const { checkpoint } = (await from.latest())!;
        const hex = (t: Tensor) => Buffer.from(t.dataSync().buffer).toString('hex');
        const tensors = { ...checkpoint.model, ...checkpoint.training, ...checkpoint.callbackTensors };
        return [checkpoint.callbacks, Object.entries(tensors).map(([key, t]) => [key, hex(t)])];
      };
      for (const step of CUTS) {
        const checkpoints = new Kept();
        const abort = new AbortController();
        const first = make();
        const cut: Callback = { onStep: (at) => at.step === step && abort.abort() };
        const callbacks = [...(first.callbacks ?? []), cut];
        const { history } = await run({ ...first, checkpoints, signal: abort.signal, callbacks });
        assert.equal([history.outcome, history.step], ['interrupted', step]);
        const model = net(99);
        const optimizer = new AdaBound(model.namedParameters(), { lr: 0.01 });
        const { train, test } = training().options;
        const after = await fit(model, { train, test, optimizer, epochs: 3, ...make(), checkpoints });
        assert.equal(bits(model, optimizer), whole.bits, `after step ${step}`);
        assert.equal(timeless(after), timeless(whole.history), `after step ${step}`);
        assert.equal(await state(checkpoints), await state(kept), `after step ${step}`);
      }
    },
  );
}

resumed('a damaged state of a callback is refused, with nothing changed', async () => {
  for (const [make, damage, message] of [
    [
      () => averageWeights(),
      { averageWeights: { count: 1.5 } },
      /callbacks\.averageWeights\.count: must be an integer/,
    ],
    [() => keepBest(), { keepBest: { best: '1', epoch: 1 } }, /callbacks\.keepBest\.best: must be a number/],
    [
      () => reduceOnPlateau(),
      { reduceOnPlateau: { best: 1 } },
      /callbacks\.reduceOnPlateau\.since: must be an integer/,
    ],
  ] as const) {
    const kept = new Kept();
    await run({ checkpoints: kept, callbacks: [make()], epochs: 1 });
    const { checkpoint } = (await kept.latest())!;
    const damaged = {
      latest: async () => ({ checkpoint: { ...checkpoint, callbacks: damage }, notes: [] }),
      save: async () => {},
    };
    const { model, options } = training({ checkpoints: damaged as never, callbacks: [make()] });
    const before = bits(model, options.optimizer);
    const error = await fit(model, options).catch((e) => e);
    assert.match(error.message, message);
    const other = { ...checkpoint, callbackTensors: {} };
    if ('callbackTensors' in checkpoint && Object.keys(checkpoint.callbackTensors!).length) {
      const lacking = { latest: async () => ({ checkpoint: other, notes: [] }), save: async () => {} };
      const lost = await fit(model, { ...options, checkpoints: lacking as never }).catch((e) => e);
      assert.match(lost.message, /no name matches|missing/);
    }
    assert.equal(bits(model, options.optimizer), before);
  }
});

const average = subject('averageWeights');

/** The training, and the values of every tensor of its model after each step. */
async function recorded(callback: Callback, options: Partial<FitOptions> = {}) {
  const steps: Record<string, number[]>[] = [];
  const values = (state: Record<string, Tensor>) =>
    Object.fromEntries(Object.entries(state).map(([path, t]) => [path, Array.from(t.dataSync())]));
  const observer: Callback = { onStep: (_, { model }) => void steps.push(values(model.stateDict())) };
  const { model, history } = await run({ callbacks: [callback, observer], ...options });
  return { steps, final: values(model.stateDict()), history, model };
}

average(
  'ema is a += (1 - d_t)(w - a), d_t = min(decay, (1 + t) / (10 + t)), from the weights after the first step',
  async () => {
    const { steps, final } = await recorded(averageWeights({ decay: 0.3 }));
    for (const [path, values] of Object.entries(final)) {
      const expected = steps.slice(1).reduce((a, step, i) => {
        const d = Math.min(0.3, (2 + i) / (11 + i));
        return path.endsWith('tracked') ? step[path] : a.map((v, k) => v + (1 - d) * (step[path][k] - v));
      }, steps[0][path]);
      // Eight updates in float32.
      close(values, expected, 1e-6, path);
    }
  },
);

average('a training that ends before anything was averaged warns of it, unless it was interrupted', async () => {
  const swa = () => ({ callbacks: [averageWeights({ kind: 'swa', start: 2 })], epochs: 3 });
  // Within the second epoch.
  assert.equal(await warningsOf(() => run({ ...swa(), maxSteps: 4 })), [
    'averageWeights: no whole epoch from epoch 2 on: the model has its own weights',
  ]);
  const signal = AbortSignal.abort('enough');
  assert.equal(await warningsOf(() => run({ ...swa(), signal }).catch(() => {})), []);
  assert.equal(await warningsOf(() => run(swa())), []);
});

average('swa is the mean of the weights at the ends of epochs, buffers included', async () => {
  const { steps, final } = await recorded(averageWeights({ kind: 'swa', start: 2 }));
  const ends = [steps[5], steps[8]];
  for (const [path, values] of Object.entries(final)) {
    const mean = values.map((_, k) => (ends[0][path][k] + ends[1][path][k]) / 2);
    close(values, path.endsWith('tracked') ? ends[1][path] : mean, 1e-6, path);
  }
});

average('averaging changes no step of the training, and evaluations use the average', async () => {
  const plain = await run();
  const averaged = await run({ callbacks: [averageWeights({ decay: 0.5 })] });
  assert.equal(
    averaged.history.epochs.map((e) => e.loss),
    plain.history.epochs.map((e) => e.loss),
  );
  const { loss } = await evaluate(averaged.model, points(7, 2));
  assert.is(averaged.history.epochs[2].testLoss, loss);
  assert.is.not(plain.history.epochs[2].testLoss, loss);
});

average('a checkpoint has the average as its model, and its history has the test loss of the average', async () => {
  const kept = new Kept();
  await run({ checkpoints: kept, callbacks: [averageWeights({ decay: 0.5 })], epochs: 2 });
  const { checkpoint } = (await kept.latest())!;
  const model = net(3);
  model.loadStateDict(checkpoint.model);
  assert.is((await evaluate(model, points(7, 2))).loss, checkpoint.history[1].testLoss);
  model.loadStateDict(checkpoint.training!);
  assert.is.not((await evaluate(model, points(7, 2))).loss, checkpoint.history[1].testLoss);
});

average('if updateBatchNorm fails, it leaves the statistics as they were', async () => {
  const { model, options } = training();
  await fit(model, options);
  const statistics = () => ['mean', 'var'].map((name) => [...model.stateDict()[`1.running_${name}`].dataSync()]);
  const before = statistics();
  // The second batch has one sample, which has no variance.
  await refusalOf(() => updateBatchNorm(model, new DataLoader(points(9), { batchSize: 8 })));
  assert.equal(statistics(), before);
  assert.ok(model.stateDict()['1.num_batches_tracked'].itemSync() > 0);
});

average(
  'updateBatchNorm sets the statistics to the mean of those of the batches, without dropout, and changes nothing else',
  async () => {
    const { model, options } = training();
    await fit(model, options);
    const batches: ArrayLike<number>[] = [];
    for await (const [x] of new DataLoader(points(16), { batchSize: 8, seed: 2 })) {
      batches.push((model.children()[0] as Linear).forward(x).dataSync());
    }
    const modes = model.namedModules().map(([, m]) => m.training);
    const before = model.stateDict();
    const weight = before['0.weight'].dataSync().slice();
    const fresh = new DataLoader(points(16), { batchSize: 8, seed: 2 });
    await updateBatchNorm(model, fresh);
    const means = batches.map((b) =>
      [0, 1, 2, 3, 4, 5].map((c) => Array.from(b).reduce((s, v, i) => (i % 6 === c ? s + v / 8 : s), 0)),
    );
    close(
      model.stateDict()['1.running_mean'].dataSync(),
      means[0].map((m, c) => (m + means[1][c]) / 2),
      1e-5,
    );
    assert.equal(model.stateDict()['0.weight'].dataSync(), weight);
    assert.equal(
      model.namedModules().map(([, m]) => m.training),
      modes,
    );
    assert.is(model.stateDict()['1.num_batches_tracked'].itemSync(), 2);
    assert.is(fresh.epoch, 0);
  },
);

average(
  'averageWeights is refused with Schedule-Free, which averages too; keepBest keeps the average of Schedule-Free',
  async () => {
    const scheduleFree = () => {
      const { model, options } = training({ epochs: 2 });
      return { model, options: { ...options, optimizer: new ScheduleFreeAdamW(model.namedParameters(), { lr: 0.1 }) } };
    };
    const { model, options } = scheduleFree();
    const refused = await fit(model, { ...options, callbacks: [averageWeights()] }).catch((e: Error) => e.message);
    assert.is(
      refused,
      'fit: two averages: averageWeights and ScheduleFreeAdamW replace the weights in evaluations; leave one out',
    );
    assert.not.ok(options.optimizer.isEval, 'nothing has changed');
    const [first, second] = [scheduleFree(), scheduleFree()];
    await fit(first.model, { ...first.options, epochs: 1 });
    const callbacks = [keepBest({ monitor: 'metrics.order' })];
    let epoch = 0;
    await fit(second.model, { ...second.options, callbacks, metrics: { order: () => epoch++ } });
    assert.is(callbacks[0].epoch, 1);
    const weights = (of: Sequential) => Object.values(of.stateDict()).map((t) => [...t.dataSync()]);
    assert.equal(weights(second.model), weights(first.model));
  },
);

const best = subject('keepBest');

best('the model ends with parameters and buffers of the best epoch, and a divergence does not lose them', async () => {
  const two = await run({ epochs: 2 });
  const callback = keepBest({ monitor: 'metrics.order' });
  let epoch = 0;
  const metrics = { order: () => [3, 1, 2][epoch] };
  const counting: Callback = { onEpoch: () => void epoch++ };
  const options = { metrics, callbacks: [callback, counting], test: points(3, 2) };
  const { model } = await run(options);
  assert.equal([callback.epoch, callback.best], [2, 1]);
  const hex = (state: Record<string, Tensor>) =>
    Object.entries(state).map(([path, t]) => [path, Buffer.from(t.dataSync().buffer).toString('hex')]);
  assert.equal(hex(model.stateDict()), hex(two.model.stateDict()));
  epoch = 0;
  const poison: Callback = {
    onStep: ({ step }, { model }) => void (step === 8 && model.stateDict()['4.bias'].detach().assign([NaN, 0, 0])),
  };
  const broken = await run({ ...options, callbacks: [keepBest({ monitor: 'metrics.order' }), counting, poison] });
  assert.is(broken.history.outcome, 'diverged');
  assert.equal(hex(broken.model.stateDict()), hex(two.model.stateDict()));
});

best('without restore the model keeps its last weights, and weightsOfBest has the best', async () => {
  const [callback, plain] = [keepBest({ monitor: 'loss', mode: 'max', restore: false }), await run()];
  const { bits: found } = await run({ callbacks: [callback] });
  assert.equal(found, plain.bits);
  const model = net(5);
  model.loadStateDict(callback.weightsOfBest()!);
  const first = await run({ epochs: callback.epoch });
  assert.equal(model.stateDict()['0.weight'].dataSync(), first.model.stateDict()['0.weight'].dataSync());
});

const plateau = subject('reduceOnPlateau');

plateau(
  'the lr falls by the factor after `patience` epochs without an improvement, not in the cooldown, and not below minLr',
  () => {
    const rates = (figures: (number | null)[], options: Parameters<typeof reduceOnPlateau>[0]) => {
      const callback = reduceOnPlateau({ factor: 0.5, ...options });
      const group = { lr: 1 };
      return figures.map((testLoss, i) => {
        callback.onEpoch!({ epoch: i + 1, testLoss } as EpochReport, { optimizer: { paramGroups: [group] } } as never);
        return group.lr;
      });
    };
    assert.equal(rates([3, 3, 3, 3, 3], { patience: 2 }), [1, 1, 0.5, 0.5, 0.25]);
    assert.equal(rates([3, 2, 1, 0], { patience: 1 }), [1, 1, 1, 1]);
    assert.equal(rates([3, 2.9, 2.8, 2.7], { patience: 1, minDelta: 0.5 }), [1, 0.5, 0.25, 0.125]);
    assert.equal(rates([3, 3, 3, 3, 3], { patience: 1, cooldown: 1 }), [1, 0.5, 0.5, 0.25, 0.25]);
    assert.equal(rates([3, 3, 3, 3], { patience: 1, minLr: 0.4 }), [1, 0.5, 0.4, 0.4]);
    assert.equal(rates([3, null, 3], { patience: 2 }), [1, 1, 0.5]);
    assert.equal(rates([3, 4, 5], { patience: 1, mode: 'max' }), [1, 1, 1]);
  },
);

plateau('the reports have the reduced lr, and an unknown metric is refused before the training', async () => {
  const callbacks = [reduceOnPlateau({ monitor: 'loss', minDelta: 10, patience: 1, factor: 0.5 })];
  const { history } = await run({ callbacks });
  assert.equal(
    history.epochs.map((e) => e.lr),
    [0.01, 0.01, 0.005],
  );
  const refused = await run({ callbacks: [reduceOnPlateau({ monitor: 'metrics.mae' })] }).catch((e) => e);
  assert.match(refused.message, /watches metrics\.mae: not one of the metrics: \[\]; pass it in metrics/);
  assert.throws(() => keepBest({ monitor: 'metric.mae' as never }), /unknown monitor: metric\.mae; one of testLoss, /);
});

const reports = subject('Reports of fit');

reports(
  'each step and epoch reports the lr times its schedule, and the norm of the gradients before the clip',
  async () => {
    const { model, options } = training();
    const norms: number[] = [];
    for await (const [x, y] of options.train) {
      crossEntropy(model.forward(x), y).backward();
      norms.push(Math.hypot(...model.parameters().flatMap((p) => Array.from(p.grad!.dataSync()))));
      break;
    }
    const seen: (number | null)[][] = [];
    const observer: Callback = { onStep: ({ lr, gradNorm }) => void seen.push([lr, gradNorm]) };
    for (const clip of [undefined, { norm: 0.01 }, { value: 0.001 }]) {
      seen.length = 0;
      const { history } = await run({ clip, schedule: cosine, callbacks: [observer] });
      close([seen[0][1]!], norms, 1e-6);
      close(
        seen.map(([lr]) => lr!),
        seen.map((_, i) => 0.01 * cosine(9)(i + 1)),
        1e-15,
      );
      close(
        history.epochs.map((e) => e.gradNorm!),
        [0, 3, 6].map((i) => (seen[i][1]! + seen[i + 1][1]! + seen[i + 2][1]!) / 3),
        1e-15,
      );
      assert.equal(
        history.epochs.map((e) => e.lr),
        [2, 5, 8].map((i) => seen[i][0]),
      );
    }
  },
);

reports(
  'the norm of the gradients is right where their squares leave the range of float32, and null where the norm itself does',
  async () => {
    const data = tensorDataset(tensor([[1, 1]]), tensor([[0]]));
    for (const [slope, expected] of [
      [1e25, Math.SQRT2 * 1e25],
      [1e-25, Math.SQRT2 * 1e-25],
      [0, 0],
      [3e38, null],
    ] as const) {
      const model = new Linear(2, 1, { bias: false });
      model.weight.detach().assign(0.1);
      const seen: (number | null)[] = [];
      await fit(model, {
        train: new DataLoader(data, { batchSize: 1 }),
        optimizer: new SGDM(model.namedParameters(), { lr: 1e-30 }),
        epochs: 1,
        loss: (output) => output.mul(slope).mean(),
        callbacks: [{ onStep: ({ gradNorm }) => void seen.push(gradNorm) }],
      });
      if (expected === null) assert.equal(seen, [null]);
      else close([seen[0]!], [expected], 1e-6 * expected);
    }
  },
);

const joined = subject('accumulate');

/** A net without batch statistics and dropout. */
const plain = () => {
  const random = new Random(4);
  return new Sequential(new Linear(2, 5, { random }), new ReLU(), new Linear(5, 3, { random }));
};

joined('the gradient of a step on several batches, also of unequal size, is that of the joined batch', async () => {
  const still = { ...points(), batch: (indices: ArrayLike<number>) => points().batch(indices) };
  const whole = plain();
  for await (const [x, y] of new DataLoader(still, { batchSize: 20 })) crossEntropy(whole.forward(x), y).backward();
  const expected = whole.parameters().flatMap((p) => Array.from(p.grad!.dataSync()));
  const accumulated = async (batchSize: number, accumulate: number) => {
    const model = plain();
    let grads: number[] = [];
    const callback: Callback = {
      onStep: (_, { model }) => void (grads = model.parameters().flatMap((p) => Array.from(p.grad!.dataSync()))),
    };
    const train = new DataLoader(still, { batchSize });
    const optimizer = new SGDM(model.namedParameters(), { lr: 0 });
    await fit(model, { train, optimizer, epochs: 1, accumulate, callbacks: [callback] });
    return grads;
  };
  for (const [batchSize, accumulate] of [
    [20, 1],
    [8, 3],
    [7, 3],
    [1, 20],
    [19, 9],
  ] as const) {
    // Sums in a different order, in float32.
    close(await accumulated(batchSize, accumulate), expected, 1e-6, `${accumulate} of ${batchSize}`);
  }
});

joined(
  'reports and schedules count steps, not batches; the last step of an epoch takes the batches that are left',
  async () => {
    const seen: [number, number, number][] = [];
    const asked: number[] = [];
    const { history } = await run({
      accumulate: 2,
      schedule: (steps) => {
        asked.push(steps);
        return cosine(steps);
      },
      callbacks: [{ onStep: ({ step, batch, batches }) => void seen.push([step, batch, batches]) }],
    });
    assert.equal(seen, [
      [1, 2, 3],
      [2, 3, 3],
      [3, 2, 3],
      [4, 3, 3],
      [5, 2, 3],
      [6, 3, 3],
    ]);
    assert.equal([asked, history.step], [[6], 6]);
    assert.equal(
      history.epochs.map((e) => e.step),
      [2, 4, 6],
    );
    assert.is((await run({ accumulate: 2, maxSteps: 3 })).history.step, 3);
  },
);

joined('a resume with another `accumulate` is refused', async () => {
  const checkpoints = new Kept();
  await run({ checkpoints, accumulate: 2, epochs: 1 });
  const error = await run({ checkpoints, accumulate: 3 }).catch((e) => e);
  assert.match(error.message, /accumulate: 2 then, 3 now/);
  assert.match(
    (await run({ accumulate: 0 }).catch((e) => e)).message,
    /accumulate must be an integer of at least 1: 0/,
  );
});

const finder = subject('lrFinder');

finder('leaves model, optimizer, random streams and loader as they were', async () => {
  const whole = await run();
  const { model, options } = training();
  const { train, optimizer } = options;
  const found = await lrFinder(model, { train, optimizer, steps: 12, from: 1e-4, to: 1 });
  assert.ok(found.points.length > 3);
  const history = await fit(model, options);
  assert.equal([bits(model, optimizer), timeless(history)], [whole.bits, timeless(whole.history)]);
  // With a state of the optimizer, a schedule and several groups too.
  const groups = new AdaBound(
    [
      { params: [model.parameters()[0]], lr: 0.01 },
      { params: model.parameters().slice(1), lr: 0.1 },
    ],
    {
      schedule: cosine(100),
    },
  );
  scope(() => {
    crossEntropy(
      model.forward(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
      [0, 1],
    ).backward();
    groups.step();
  });
  const before = bits(model, groups);
  await lrFinder(model, { train, optimizer: groups, steps: 5 });
  assert.equal(bits(model, groups), before);
  assert.equal(
    groups.paramGroups.map((g) => [g.lr, g.schedule !== undefined]),
    [
      [0.01, true],
      [0.1, true],
    ],
  );
});

finder(
  'an optimizer that held the weights for evaluation holds them again afterwards, with the same bits',
  async () => {
    const { model, options } = training();
    const optimizer = new ScheduleFreeAdamW(model.namedParameters(), { lr: 0.01 });
    await fit(model, { ...options, optimizer, epochs: 1 });
    assert.ok(optimizer.isEval);
    const before = bits(model, optimizer);
    await lrFinder(model, { train: options.train, optimizer, steps: 5 });
    assert.ok(optimizer.isEval);
    assert.equal(bits(model, optimizer), before);
  },
);

finder(
  'the lr grows by a constant factor, the test ends where the loss explodes, and the lr found lies where the loss falls',
  async () => {
    const data = tensorDataset(tensor([[1], [2], [-1]]), tensor([[2], [4], [-2]]));
    const model = new Linear(1, 1, { bias: false });
    model.weight.detach().assign(-3);
    const optimizer = new SGDM(model.namedParameters(), { lr: 1, momentum: 0 });
    const train = new DataLoader(data, { batchSize: 3 });
    const { lr, points: seen } = await lrFinder(model, { train, optimizer, from: 1e-4, to: 1e4, steps: 81, loss: mse });
    const factor = 1e8 ** (1 / 80);
    close(
      seen.map((p) => p.lr),
      seen.map((_, i) => 1e-4 * factor ** i),
      1e-12,
    );
    assert.ok(seen.length < 81, `${seen.length} steps`);
    // Plain descent on the mean of (w x - 2 x)^2 diverges above 2 / (2 mean x^2) = 0.5.
    assert.ok(lr! > 1e-3 && lr! < 0.5, `${lr}`);
    // A test with a negative loss also ends when the loss rises, and not at the first step.
    const forward = (m: Linear, [x, y]: [Tensor, Tensor]) => mse(m.forward(x), y).sub(100);
    const negative = await lrFinder(model, { train, optimizer, from: 1e-4, to: 1e4, steps: 81, forward });
    assert.ok(negative.points.length > 40 && negative.points.length < 81, `${negative.points.length} steps`);
    assert.ok(negative.lr! > 1e-3 && negative.lr! < 0.5, `${negative.lr}`);
  },
);

const groups = subject('parameterGroups');

groups('weights are decayed; biases and the parameters of normalization are not', () => {
  const [decayed, free] = parameterGroups(net());
  assert.equal(
    [decayed, free].map((g) => [g.params.map(([path]) => path), g.weightDecay]),
    [
      [['0.weight', '4.weight'], undefined],
      [['0.bias', '1.weight', '1.bias', '4.bias'], 0],
    ],
  );
  const model = net();
  const optimizer = new AdamW(parameterGroups(model, { noDecay: 'bias and norm' }), { weightDecay: 0.1, lr: 0.5 });
  assert.equal(
    optimizer.paramGroups.map((g) => [g.weightDecay, g.lr]),
    [
      [0.1, 0.5],
      [0, 0.5],
    ],
  );
});

groups('a function can choose other parameters, and a group without parameters is left out', () => {
  assert.equal(
    parameterGroups(net(), { noDecay: (path) => path.startsWith('4') }).map((g) => g.params.length),
    [4, 2],
  );
  assert.equal(
    parameterGroups(net(), { noDecay: () => false }).map((g) => [g.params.length, g.weightDecay]),
    [[6, undefined]],
  );
  assert.throws(
    () => parameterGroups(net(), { noDecay: 'bias' as never }),
    /noDecay must be 'bias and norm' or a function/,
  );
});

const shown = subject('progress');

shown(
  'writes a line for each epoch, with metrics and the lr, and one for the end if it comes before the last epoch',
  async () => {
    const lines: string[] = [];
    const callbacks: Callback[] = [
      progress({ write: (line) => lines.push(line) }),
      { onEpoch: ({ epoch }, { stop }) => epoch === 2 && stop('enough') },
    ];
    const { history } = await run({ callbacks, metrics: { half: () => 0.5 } });
    assert.is(lines.length, 3);
    const e = history.epochs[1];
    const [loss, testLoss] = [e.loss, e.testLoss!].map((v) => Number(v.toPrecision(4)));
    const [share, testShare] = [e.accuracy!, e.testAccuracy!].map((v) => (100 * v).toFixed(1));
    assert.is(
      lines[1].replace(/[\d.]+ s$/, ''),
      `epoch 2/3: loss ${loss}, accuracy ${share} %, test loss ${testLoss}, test accuracy ${testShare} %, half 0.5, lr 0.01, `,
    );
    assert.is(lines[2], 'stopped: enough after step 6 of 9');
  },
);

shown('a line says that a loss is of standardized values, since it is not in the unit of the target', async () => {
  const values = tensorDataset(tensor([[1], [2], [3], [4]]), tensor([[10], [20], [30], [50]]));
  for (const [data, words] of [
    [standardize(values), /^epoch 1\/1: loss [\d.]+ \(of standardized values\), test loss /],
    [values, /^epoch 1\/1: loss [\d.]+, test loss /],
  ] as const) {
    const lines: string[] = [];
    const model = new Linear(1, 1);
    await fit(model, {
      ...{ train: new DataLoader(data, { batchSize: 2 }), test: data, epochs: 1 },
      optimizer: new SGDM(model.namedParameters(), { lr: 1e-4 }),
      callbacks: [progress({ write: (line) => lines.push(line) })],
    });
    assert.match(lines[0], words);
  }
});

shown('in a terminal it draws a bar that fits the width and is erased before each line', async () => {
  const { stderr } = process;
  const texts: string[] = [];
  const fake = { isTTY: true, columns: 40, write: (text: string) => texts.push(text) };
  Object.defineProperty(process, 'stderr', { value: fake, configurable: true });
  try {
    await run({ callbacks: [progress()], epochs: 1 });
  } finally {
    Object.defineProperty(process, 'stderr', { value: stderr, configurable: true });
  }
  assert.ok(texts[0].startsWith(`\r\x1b[K${'━'.repeat(8)}${'─'.repeat(16)}  epoch 1/1  `), texts[0]);
  assert.ok(texts[0].length <= 4 + 39, texts[0]);
  assert.is(texts.at(-2), '\r\x1b[K');
  assert.match(texts.at(-1)!, /^epoch 1\/1: .* s\n$/);
});

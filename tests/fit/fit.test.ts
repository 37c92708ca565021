import {
  concat,
  DataError,
  defaultRandom,
  parseSafetensors,
  Random,
  scope,
  seed,
  type Tensor,
  tensor,
  ValueError,
} from '../../core/index.js';
import { DataLoader, type Dataset, textDataset } from '../../datasets/index.js';
import {
  type Callback,
  type EpochReport,
  earlyStopping,
  evaluate,
  type FitOptions,
  fit,
  parseCheckpoint,
  serializeCheckpoint,
} from '../../fit/index.js';
import { charLstm } from '../../models/index.js';
import { accuracy, crossEntropy, Dropout, Linear, mse, ReLU, Sequential } from '../../nn/index.js';
import { AdaBound, clipGradNorm, cosine, multiStep, ScheduleFreeAdamW, SGDM } from '../../optim/index.js';
import { onAwaited } from '../awaited.js';
import { refusalOf } from '../refusal.js';
import { assert, close, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';
import { bits, Kept, net, points, run, timeless, training } from './training.js';

const test = subject('fit');

test('right answers on a text are counted at each position of a sample, in training as in the test', async () => {
  const data = textDataset('abcabcabdabcabcabdabcabcabcabd', { context: 5 });
  const model = charLstm({ vocabulary: data.classes.length, hiddenSize: 8, random: new Random(8) });
  const { epochs } = await fit(model, {
    train: new DataLoader(data, { batchSize: 1 }),
    test: data,
    optimizer: new SGDM(model.namedParameters(), { lr: 1e-12 }),
    epochs: 1,
  });
  assert.ok(epochs[0].accuracy! > 0 && epochs[0].accuracy! < 1, String(epochs[0].accuracy));
  close([epochs[0].accuracy!], [epochs[0].testAccuracy!], 1e-12);
});

test('fit computes the same bits as a handwritten loop, and reports means over samples, short batches weighted by their size', async () => {
  const { model, options } = training();
  const { train, optimizer } = options;
  const losses: { n: number; loss: number; right: number }[][] = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    losses.push([]);
    for await (const [x, y] of train) {
      scope(() => {
        const output = model.forward(x);
        const loss = crossEntropy(output, y);
        const n = x.shape[0];
        losses[epoch].push({ n, loss: loss.itemSync(), right: Math.round(n * accuracy(output, y).itemSync()) });
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
      });
    }
  }
  const fitted = await run();
  assert.equal(fitted.bits, bits(model, optimizer));
  assert.equal(
    losses[0].map((b) => b.n),
    [8, 8, 4],
  );
  fitted.history.epochs.forEach((e, i) => {
    const sum = (of: (b: { n: number; loss: number; right: number }) => number) =>
      losses[i].reduce((s, b) => s + of(b), 0);
    assert.is(e.firstLoss, losses[i][0].loss);
    assert.is(e.loss, sum((b) => b.n * b.loss) / 20);
    assert.is(e.accuracy, sum((b) => b.right) / 20);
    assert.equal([e.epoch, e.step], [i + 1, 3 * i + 3]);
  });
  assert.equal([fitted.history.outcome, fitted.history.note, fitted.history.step], ['finished', '', 9]);
});

test('the gradients of the last step are there for onEnd, and do not add to those of a later loop', async () => {
  let atEnd = 0;
  const { model, options } = training({
    callbacks: [{ onEnd: (_, { model }) => void (atEnd = model.parameters().filter((p) => p.grad).length) }],
  });
  await fit(model, options);
  assert.equal(atEnd, model.parameters().length);
  assert.ok(model.parameters().every((p) => p.grad === null));
});

test('the test set is evaluated after each epoch in evaluation mode, and training continues in training mode', async () => {
  const modes: boolean[] = [];
  const seen: EpochReport[] = [];
  const { model, options } = training({
    callbacks: [{ onStep: (_, { model }) => modes.push(model.training), onEpoch: (e) => seen.push(e) }],
  });
  const history = await fit(model, options);
  assert.equal(modes, new Array(9).fill(true));
  assert.equal(seen, history.epochs);
  const last = await evaluate(model, options.test!);
  assert.equal([last.loss, last.accuracy], [seen[2].testLoss, seen[2].testAccuracy]);
});

test('evalEvery skips evaluations, never the last; without a test set the figures of the test are null', async () => {
  const looked = async (options: Partial<FitOptions>) =>
    (await run(options)).history.epochs.map((e) => e.testLoss !== null);
  assert.equal(await looked({ epochs: 5, evalEvery: 2 }), [false, true, false, true, true]);
  assert.equal(await looked({ test: undefined }), [false, false, false]);
});

test('callbacks are called for every step and epoch, in order, and awaited', async () => {
  const heard: string[] = [];
  const slow: Callback = {
    async onStep({ epoch, batch, batches, step }) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      heard.push(`${epoch}: ${batch}/${batches}, ${step}`);
    },
    onEpoch: ({ epoch }, { history }) => void heard.push(`epoch ${epoch} of ${history.length}`),
  };
  await run({ epochs: 2, callbacks: [slow] });
  const epoch = (e: number) => [...[1, 2, 3].map((b) => `${e}: ${b}/3, ${3 * e - 3 + b}`), `epoch ${e} of ${e}`];
  assert.equal(heard, [...epoch(1), ...epoch(2)]);
});

test('a callback can end the training after a step or an epoch, with a reason', async () => {
  const atStep = await run({ callbacks: [{ onStep: ({ step }, { stop }) => step === 4 && stop('enough') }] });
  const { outcome, note, step, epochs } = atStep.history;
  assert.equal([outcome, note, step, epochs.length], ['stopped', 'enough after step 4 of 9', 4, 1]);
  const atEpoch = await run({ callbacks: [{ onEpoch: ({ epoch }, { stop }) => epoch === 2 && stop('enough') }] });
  assert.equal([atEpoch.history.outcome, atEpoch.history.step, atEpoch.history.epochs.length], ['stopped', 6, 2]);
  const inTheLast = await run({ callbacks: [{ onEpoch: ({ epoch }, { stop }) => epoch === 3 && stop('enough') }] });
  assert.is(inTheLast.history.outcome, 'finished');
});

test('early stopping ends after `patience` epochs without an improvement of `minDelta`; after a first measurement, epochs without a measurement count too', async () => {
  /** The epoch after which early stopping ends a training with these figures; null if it does not. */
  const stopsAt = (figures: (number | null)[], options: Parameters<typeof earlyStopping>[0]) => {
    const { monitor = 'testLoss' } = options!;
    const callback = earlyStopping(options);
    const history: EpochReport[] = [];
    for (const [i, figure] of figures.entries()) {
      let stopped = false;
      history.push({ epoch: i + 1, [monitor]: figure } as unknown as EpochReport);
      callback.onEpoch!(history[i], { history, stop: () => (stopped = true) } as never);
      if (stopped) return i + 1;
    }
    return null;
  };
  assert.is(stopsAt([3, 2, 2, 2, 1], { patience: 2 }), 4);
  assert.is(stopsAt([3, 2, 2, 1, 1], { patience: 2 }), null);
  assert.is(stopsAt([3, 2.9, 2.8, 2.7], { patience: 3, minDelta: 0.5 }), 4);
  assert.is(stopsAt([0.5, 0.6, 0.6, 0.4], { monitor: 'testAccuracy', patience: 2 }), 4);
  assert.is(stopsAt([3, null, null, null, 3], { patience: 4 }), 5);
  assert.is(stopsAt([null, null], { patience: 1 }), null);
  assert.throws(() => earlyStopping({ monitor: 'lost' as never }), /unknown monitor: lost; one of testLoss, /);
  assert.throws(() => earlyStopping({ patience: 0 }), /patience must be an integer of at least 1: 0/);
  assert.throws(() => earlyStopping({ minDelta: -1 }), /minDelta must be at least 0: -1/);
});

test('a signal ends the training after the current step, or during an evaluation', async () => {
  const abort = new AbortController();
  const { history } = await run({
    signal: abort.signal,
    callbacks: [{ onStep: ({ step }) => step === 5 && abort.abort() }],
  });
  assert.equal([history.outcome, history.note], ['interrupted', 'interrupted by the signal after step 5 of 9']);
  const late = new AbortController();
  const test: Dataset = {
    ...points(7, 2),
    batch: (indices) => {
      late.abort();
      return points(7, 2).batch(indices);
    },
  };
  const inTest = await run({ signal: late.signal, test: new DataLoader(test, { batchSize: 3 }) });
  assert.equal([inTest.history.outcome, inTest.history.step, inTest.history.epochs], ['interrupted', 3, []]);
  const before = await run({ signal: AbortSignal.abort() });
  assert.equal([before.history.outcome, before.history.step], ['interrupted', 0]);
});

test('maxSteps ends the training in the middle of an epoch; the finished part is reported and evaluated', async () => {
  const { history } = await run({ maxSteps: 5, evalEvery: 3 });
  assert.equal(
    history.epochs.map((e) => [e.epoch, e.step, e.testLoss !== null]),
    [
      [1, 3, false],
      [2, 5, true],
    ],
  );
  assert.is(history.outcome, 'finished');
  assert.is((await run({ maxSteps: 6 })).history.epochs.length, 2);
});

test('the schedule is created with the number of all steps', async () => {
  const asked: number[] = [];
  const schedule = (steps: number) => {
    asked.push(steps);
    return cosine(steps);
  };
  await run({ schedule });
  await run({ schedule, maxSteps: 4 });
  assert.equal(asked, [9, 4]);
  const { model, options } = training();
  const own = await fit(model, {
    ...options,
    optimizer: new AdaBound(model.namedParameters(), { lr: 0.01, schedule: cosine(9) }),
  });
  assert.equal(timeless(own), timeless((await run({ schedule })).history));
});

test('label smoothing affects the training loss and not the test loss', async () => {
  const [plain, smooth] = [
    await run({ epochs: 1, maxSteps: 1 }),
    await run({ epochs: 1, maxSteps: 1, labelSmoothing: 0.5 }),
  ];
  assert.is.not(plain.history.epochs[0].firstLoss, smooth.history.epochs[0].firstLoss);
  const { loss } = await evaluate(smooth.model, points(7, 2));
  assert.is(smooth.history.epochs[0].testLoss, loss);
});

test('gradients are clipped before the step, by their common norm or elementwise', async () => {
  const { model, options } = training({ maxSteps: 1 });
  for await (const [x, y] of options.train) {
    crossEntropy(model.forward(x), y).backward();
    clipGradNorm(model.parameters(), 0.01);
    options.optimizer.step();
    break;
  }
  assert.equal((await run({ maxSteps: 1, clip: { norm: 0.01 } })).bits, bits(model, options.optimizer));
  assert.is.not(
    (await run({ maxSteps: 1, clip: { value: 0.01 } })).bits['0.weight.m'],
    (await run({ maxSteps: 1 })).bits['0.weight.m'],
  );
});

test('a tensor that forward reads is trained together with a frozen model', async () => {
  const { model, options } = training();
  model.requiresGrad(false);
  const scale = tensor([1], { requiresGrad: true });
  const { outcome } = await fit(model, {
    ...options,
    optimizer: new SGDM([...model.namedParameters(), ['scale', scale]], { lr: 0.1 }),
    forward: (m, [x, y]) => crossEntropy(m.forward(x as Tensor).mul(scale), y),
  });
  assert.is(outcome, 'finished');
  assert.is.not(scale.itemSync(), 1);
});

test('with a custom loss accuracies are null', async () => {
  const model = net();
  const loss = (output: Tensor, y: Tensor) => mse(output, y.reshape([y.size, 1]).add(output.detach().mul(0)));
  const { epochs } = await fit(model, {
    ...training().options,
    loss,
    optimizer: new SGDM(model.namedParameters(), { lr: 0.01 }),
  });
  assert.equal(
    epochs.map((e) => [e.accuracy, e.testAccuracy]),
    new Array(3).fill([null, null]),
  );
  assert.ok(epochs[2].testLoss! < epochs[0].testLoss!);
});

const refusals: [options: Partial<FitOptions>, message: RegExp][] = [
  [{ epochs: 0 }, /fit: epochs must be an integer of at least 1: 0/],
  [{ epochs: undefined }, /fit: epochs must be an integer of at least 1: undefined/],
  [{ maxSteps: 1.5 }, /fit: maxSteps must be an integer of at least 1: 1.5/],
  [{ evalEvery: 0 }, /fit: evalEvery must be an integer/],
  [{ labelSmoothing: 1 }, /fit: labelSmoothing must lie in \[0, 1\): 1/],
  [
    { labelSmoothing: 0.1, loss: mse },
    /fit: labelSmoothing applies to the default loss of classes only: a loss is given/,
  ],
  [{ clip: { norm: 0 } }, /fit: clip must be positive: 0/],
  [{ checkpointEvery: 0 }, /fit: checkpointEvery must be a positive number of minutes: 0/],
  [{ callbacks: [{ save: () => 1 }] }, /fit: callbacks that save must have distinct names: \[none\]/],
  [{ settings: { f: () => 1 } as never }, /fit: settings: f: must be plain JSON: got function/],
  [{ settings: { a: [{ b: new Map([[1, 2]]) }] } as never }, /fit: settings: a\.0\.b: must be plain JSON: got a Map/],
  [{ settings: { rate: Number.NaN } }, /fit: settings: rate must be a finite number: NaN/],
  [{ callbacks: ['a', 'a'].map((name) => ({ name, save: () => 1 })) }, /must have distinct names: \[a, a\]/],
];
for (const [options, message] of refusals) {
  test(`a refusal changes nothing: ${message.source.replace(/\\/g, '')}`, async () => {
    const { model, options: all } = training(options);
    const before = bits(model, all.optimizer);
    assert.match(await failure(fit(model, all)), message);
    assert.equal(bits(model, all.optimizer), before);
  });
}

test('a schedule in addition to the optimizer’s own is refused', async () => {
  const { model, options } = training({ schedule: cosine });
  const optimizer = new AdaBound(model.namedParameters(), { schedule: multiStep([2]) });
  assert.match(await failure(fit(model, { ...options, optimizer })), /fit: two schedules: the optimizer has its own/);
});

/** The message of the ValueError that a promise rejects with. */
const failure = async (promise: Promise<unknown>) => (await refusalOf(() => promise, ValueError)).message;

const look = subject('evaluate');

look('any batch size gives the figures of the whole set in one batch', async () => {
  const model = net().eval();
  const all = points(7, 2);
  const { inputs, labels } = await all.batch([0, 1, 2, 3, 4, 5, 6]);
  const logits = model.forward(tensor(inputs, { shape: [7, 2] }));
  const expected = crossEntropy(logits, tensor(labels)).itemSync();
  for (const batchSize of [1, 2, 3, 7, 100]) {
    const found = await evaluate(model, all, { batchSize });
    // Batch means are float32; their sum is float64.
    close([found.loss], [expected], 1e-6);
    assert.is(
      found.accuracy,
      accuracy(logits, tensor(labels)).itemSync() === 0 ? 0 : found.confusion!.reduce((s, row, i) => s + row[i], 0) / 7,
    );
    assert.is(found.samples, 7);
  }
});

look(
  'the confusion matrix counts each sample once, in the row of its class and the column of the model’s answer',
  async () => {
    const model = net().eval();
    const all = points(7, 2);
    const { confusion } = await evaluate(model, all, { batchSize: 3 });
    const expected = [0, 1, 2].map(() => [0, 0, 0]);
    const { inputs, labels } = await all.batch([0, 1, 2, 3, 4, 5, 6]);
    const given = model
      .forward(tensor(inputs, { shape: [7, 2] }))
      .argMax(1)
      .dataSync();
    labels.forEach((label, i) => expected[label][given[i]]++);
    assert.equal(confusion, expected);
  },
);

look('modules are evaluated in evaluation mode and get their own mode back', async () => {
  const model = net();
  model.children()[1].eval();
  const before = await evaluate(model, points(7, 2));
  assert.equal(
    model.namedModules().map(([, m]) => m.training),
    [true, true, false, true, true, true],
  );
  assert.equal(await evaluate(model.eval(), points(7, 2)), before);
});

look('of a loader only the data set and batch size are used: nothing is shuffled, augmented or dropped', async () => {
  const asked: [number[], boolean][] = [];
  const set: Dataset = {
    ...points(7, 2),
    batch: (indices, stream) => {
      asked.push([Array.from(indices), stream !== undefined]);
      return points(7, 2).batch(indices);
    },
  };
  await evaluate(net(), new DataLoader(set, { batchSize: 4, shuffle: true, dropLast: true, seed: 1 }));
  assert.equal(asked, [
    [[0, 1, 2, 3], false],
    [[4, 5, 6], false],
  ]);
});

look(
  'an empty set and a batch size of 0 are refused; a NaN loss is refused with the layer that produced it',
  async () => {
    assert.match(await failure(evaluate(net(), points(0))), /evaluate: the data set is empty: points/);
    assert.match(
      await failure(evaluate(net(), points(3), { batchSize: 0 })),
      /batchSize must be an integer of at least 1: 0/,
    );
    const model = net();
    model.stateDict()['1.running_var'].assign([1, 1, NaN, 1, 1, 1]);
    assert.match(await failure(evaluate(model, points(3))), /^the loss is NaN, first in the output of layer 1$/);
  },
);

const diverging = subject('fit, divergence');

/** Writes a value into the first element of a parameter or buffer after a step. */
const poison = (step: number, name: string, value: number): Callback => ({
  onStep: (at, { model }) => {
    if (at.step !== step) return;
    const t = model.stateDict()[name];
    const values = t.dataSync();
    values[0] = value;
    t.detach().assign(values);
  },
});

diverging(
  'a NaN loss ends the training, and the note names the step and the first layer whose output is not finite',
  async () => {
    for (const layer of ['0', '1', '4']) {
      const { history } = await run({ callbacks: [poison(4, `${layer}.bias`, NaN)] });
      assert.equal([history.outcome, history.where, history.step], ['diverged', `the output of layer ${layer}`, 4]);
      assert.is(history.note, `the loss is NaN, first in the output of layer ${layer} after step 4 of 9`);
    }
  },
);

/** sqrt(|x|) is finite at 0 and its derivative is not. Layers before this one receive gradients that are not finite too. */
class Root extends ReLU {
  override forward(x: Tensor) {
    return x.abs().sqrt();
  }
}

function steep(): Sequential {
  const random = new Random(1);
  const zero = new Linear(4, 4, { random, bias: false });
  zero.weight.detach().assign(0);
  return new Sequential(new Linear(2, 4, { random }), zero, new Root(), new Linear(4, 3, { random }));
}

diverging(
  'a bad gradient ends the training before the step; of several, the one that backward reached first is named',
  async () => {
    const model = steep();
    const optimizer = new SGDM(model.namedParameters());
    const before = bits(model, optimizer);
    const history = await fit(model, { ...training().options, optimizer });
    assert.equal([history.outcome, history.where, history.step], ['diverged', 'the gradient of 1.weight', 0]);
    assert.is(history.note, 'a NaN or infinity, first in the gradient of 1.weight after step 0 of 9');
    assert.equal(bits(model, optimizer), before);
    const clipped = await fit(model, { ...training().options, optimizer, clip: { norm: 1 } });
    assert.match(clipped.note, /^the norm of the gradients is (NaN|Infinity), first in the gradient of 1\.weight/);
    assert.equal(bits(model, optimizer), before);
  },
);

diverging('an infinite input is named as the source', async () => {
  const bad: Dataset = {
    ...points(),
    batch: (indices) => ({
      inputs: new Float32Array(2 * indices.length).fill(Infinity),
      labels: new Int32Array(indices.length),
    }),
  };
  const { history } = await run({ train: new DataLoader(bad, { batchSize: 8, seed: 1 }) });
  assert.match(history.note, /^the loss is NaN, first in the input after step 0/);
});

diverging('a NaN in a buffer ends the training too', async () => {
  const { history } = await run({ callbacks: [poison(6, '1.running_var', NaN)] });
  assert.match(history.note, /^a parameter or buffer is NaN or infinite, first in 1\.running_var after step 6 of 9$/);
  assert.is(history.epochs.length, 1);
});

diverging('a NaN on the test set ends the training too', async () => {
  const inputs = (n: number) => new Float32Array(2 * n).fill(Infinity);
  const bad = {
    ...points(7, 2),
    batch: (at: ArrayLike<number>) => ({ inputs: inputs(at.length), labels: new Int32Array(at.length) }),
  };
  const { history } = await run({ test: bad });
  assert.match(history.note, /^on the test set the loss is NaN, first in the input after step 3 of 9$/);
});

diverging('after a divergence the last checkpoint is an earlier one, with finite weights', async () => {
  const checkpoints = new Kept();
  const { history } = await run({ checkpoints, callbacks: [poison(5, '4.bias', NaN)] });
  assert.is(history.outcome, 'diverged');
  assert.equal(
    checkpoints.files.map((f) => f.step),
    [3],
  );
  const { checkpoint } = (await checkpoints.latest())!;
  assert.ok(Object.values(checkpoint.model).every((t) => Array.from(t.dataSync()).every(Number.isFinite)));
});

diverging('other errors are thrown', async () => {
  const { model, options } = training({ schedule: () => () => -1 });
  assert.match(
    await failure(fit(model, options)),
    /^schedule: at step 1 it must be a finite number of at least 0: -1$/,
  );
});

diverging('on a backend without synchronous reads a bad gradient is found too, with nothing changed', async () => {
  await onAwaited(async () => {
    const model = steep();
    const optimizer = new SGDM(model.namedParameters());
    const before = await Promise.all(model.parameters().map((p) => p.data()));
    const history = await fit(model, { ...training().options, optimizer });
    assert.equal([history.outcome, history.where, history.step], ['diverged', 'the gradient of 1.weight', 0]);
    assert.equal(await Promise.all(model.parameters().map((p) => p.data())), before);
  });
});

const continued = subject('fit, resumed');

/** Options that interrupt a training after a step. */
const cut = (step: number, abort = new AbortController()): Partial<FitOptions> => ({
  signal: abort.signal,
  callbacks: [{ onStep: (at) => at.step === step && abort.abort() }],
});

continued(
  'resumed after any step, with any initial weights, a training has the same bits and history as one that never stopped',
  async () => {
    const whole = await run({ test: points(7, 2), clip: { norm: 1 }, schedule: cosine });
    for (let step = 0; step <= 9; step++) {
      const checkpoints = new Kept();
      const options = { checkpoints, clip: { norm: 1 }, schedule: cosine };
      await run({ ...options, ...(step ? cut(step) : { signal: AbortSignal.abort() }) });
      assert.is(checkpoints.files.at(-1)!.step, step);
      const model = net(99);
      const { train, test } = training().options;
      const optimizer = new AdaBound(model.namedParameters(), { lr: 0.01 });
      const history = await fit(model, { ...options, train, test, optimizer, epochs: 3 });
      assert.equal(bits(model, optimizer), whole.bits, `after step ${step}`);
      assert.equal(timeless(history), timeless(whole.history), `after step ${step}`);
    }
  },
);

continued(
  'Schedule-Free: resumed after any step, a training has the same bits; each file holds the averaged weights, and so does the model at the end',
  async () => {
    const train = async (options: Partial<FitOptions>) => {
      const { model, options: all } = training(options);
      const optimizer = new ScheduleFreeAdamW(model.namedParameters(), { lr: 0.05, warmupSteps: 2 });
      const history = await fit(model, { ...all, optimizer });
      return { history, bits: bits(model, optimizer), average: averageOf(optimizer.stateDict().tensors), model };
    };
    const averageOf = (tensors: Record<string, Tensor>) =>
      Object.entries(tensors).flatMap(([name, t]) =>
        name.endsWith('.x') ? [[name.slice(0, -2), [...t.dataSync()]]] : [],
      );
    const whole = await train({});
    const names = whole.model.namedParameters().map(([name]) => name);
    assert.equal(
      names.map((name) => [name, [...whole.model.stateDict()[name].dataSync()]]),
      whole.average,
    );
    for (const step of [1, 4, 6, 8]) {
      const checkpoints = new Kept();
      await train({ checkpoints, ...cut(step) });
      const { file } = checkpoints.files.at(-1)!;
      const { tensors } = parseSafetensors(file);
      const stored = averageOf(tensors).map(([name, values]) => [String(name).replace('optimizer.', 'model.'), values]);
      assert.equal(
        stored,
        names.map((name) => [`model.${name}`, [...tensors[`model.${name}`].dataSync()]]),
        `after step ${step}`,
      );
      const resumed = await train({ checkpoints });
      assert.equal(
        [resumed.bits, timeless(resumed.history)],
        [whole.bits, timeless(whole.history)],
        `after step ${step}`,
      );
    }
  },
);

continued(
  'interrupted after every step, or three times in one evaluation, a training still has the same bits',
  async () => {
    const whole = await run();
    const checkpoints = new Kept();
    for (let step = 1; step <= 8; step++)
      assert.is((await run({ checkpoints, ...cut(step) })).history.outcome, 'interrupted');
    const last = await run({ checkpoints });
    assert.equal([last.bits, timeless(last.history)], [whole.bits, timeless(whole.history)]);

    const looks = new Kept();
    for (let time = 1; time <= 3; time++) {
      const abort = new AbortController();
      const test: Dataset = {
        ...points(7, 2),
        batch: (indices) => {
          // The first call, for all seven samples, is that of the checksum.
          if (indices.length === 3) abort.abort();
          return points(7, 2).batch(indices);
        },
      };
      const { history } = await run({
        checkpoints: looks,
        test: new DataLoader(test, { batchSize: 3 }),
        signal: abort.signal,
      });
      assert.equal(
        [history.outcome, history.step, history.epochs.length],
        ['interrupted', 3, 0],
        'the evaluation is repeated',
      );
    }
    const looked = await run({ checkpoints: looks });
    assert.equal([looked.bits, timeless(looked.history)], [whole.bits, timeless(whole.history)]);
  },
);

continued('dropout continues the stream of the default Random', async () => {
  const drawn = async (checkpoints: Kept, step?: number) => {
    seed(11);
    const model = new Sequential(new Linear(2, 8), new Dropout(0.5), new Linear(8, 3));
    const optimizer = new SGDM(model.namedParameters());
    await fit(model, { ...training().options, optimizer, checkpoints, ...(step ? cut(step) : {}) });
    return bits(model, optimizer);
  };
  const whole = await drawn(new Kept());
  const checkpoints = new Kept();
  await drawn(checkpoints, 4);
  defaultRandom().stream('dropout').uniform();
  assert.equal(await drawn(checkpoints), whole);
});

continued('a finished training returns its history, and continues with more epochs or steps', async () => {
  const checkpoints = new Kept();
  const first = await run({ checkpoints, epochs: 2 });
  const written = checkpoints.files.length;
  const again = await run({ checkpoints, epochs: 2 });
  assert.equal([again.bits, timeless(again.history)], [first.bits, timeless(first.history)]);
  await run({ checkpoints, epochs: 3, signal: AbortSignal.abort() });
  assert.is(checkpoints.files.length, written, 'nothing is written twice');
  const { position } = (await checkpoints.latest())!.checkpoint;
  assert.ok(again.history.seconds > position.seconds && position.seconds > 0, 'it counts the seconds of all sessions');
  const more = await run({ checkpoints, epochs: 3 });
  const whole = await run();
  assert.equal([more.bits, timeless(more.history)], [whole.bits, timeless(whole.history)]);

  const part = new Kept();
  const cutShort = await run({ checkpoints: part, maxSteps: 4 });
  assert.equal(timeless((await run({ checkpoints: part, maxSteps: 4 })).history), timeless(cutShort.history));
  const longer = await run({ checkpoints: part });
  assert.equal([longer.bits, timeless(longer.history)], [whole.bits, timeless(whole.history)]);
});

continued('a finished training warns that nothing is trained, unless `mayBeFinished` expects it', async () => {
  const checkpoints = new Kept();
  const first = await run({ checkpoints, epochs: 2 });
  const why = 'the checkpoint has 6 steps of 6: nothing is left to train; use another folder';
  let again!: typeof first;
  const warned = await warningsOf(async () => {
    again = await run({ checkpoints, epochs: 2 });
  });
  assert.equal([again.history.notes, warned], [[why], [`fit: ${why}`]]);
  const expected = await warningsOf(async () => {
    again = await run({ checkpoints, epochs: 2, mayBeFinished: true });
  });
  assert.equal([again.bits, timeless(again.history)], [first.bits, timeless(first.history)]);
  assert.equal([again.history.notes, expected], [[], []]);
});

continued(
  'a training that resumes within an epoch, or at its end, does not call its parameters untrained',
  async () => {
    const all = new Kept();
    await run({ checkpoints: all, checkpointEvery: 1e-9, epochs: 2 });
    for (let kept = 1; kept < all.files.length; kept++) {
      const checkpoints = new Kept();
      checkpoints.files.push(...all.files.slice(0, kept));
      assert.equal(
        await warningsOf(() => run({ checkpoints, epochs: 2, mayBeFinished: true })),
        [],
        `after ${kept} checkpoints`,
      );
    }
  },
);

continued('a checkpoint is written after each epoch, at the end, and every `checkpointEvery` minutes', async () => {
  const steps = async (options: Partial<FitOptions>) => {
    const checkpoints = new Kept();
    await run({ checkpoints, ...options });
    return checkpoints.files.map((f) => f.step);
  };
  assert.equal(await steps({}), [3, 6, 9]);
  assert.equal(await steps(cut(5)), [3, 5]);
  assert.equal(await steps({ maxSteps: 5 }), [3, 5]);
  // Less time than a step takes. There is also a checkpoint before each evaluation.
  assert.equal(await steps({ checkpointEvery: 1e-9, epochs: 2 }), [1, 2, 3, 3, 4, 5, 6, 6]);
});

continued('callbacks are called on resume, and receive the state that they saved', async () => {
  const counter = () => {
    const seen: number[] = [];
    const told: [number, number][] = [];
    const callback: Callback = {
      name: 'counter',
      onStep: ({ step }) => seen.push(step),
      onResume: ({ step, epochs }) => told.push([step, epochs]),
      save: () => ({ seen }),
      load: (saved) => seen.push(...(saved as { seen: number[] }).seen),
    };
    return { seen, told, callback };
  };
  const checkpoints = new Kept();
  const [first, second] = [counter(), counter()];
  const { signal, callbacks } = cut(4);
  await run({ checkpoints, signal, callbacks: [first.callback, ...callbacks!] });
  await run({ checkpoints, callbacks: [second.callback] });
  assert.equal([first.told, second.told], [[], [[4, 1]]]);
  assert.equal(second.seen, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

continued(
  'early stopping ends a resumed training at the same epoch, and again when it resumes after that',
  async () => {
    const stopping = () => ({ callbacks: [earlyStopping({ monitor: 'loss', patience: 2, minDelta: 10 })], epochs: 9 });
    const whole = await run(stopping());
    assert.equal([whole.history.outcome, whole.history.step], ['stopped', 9]);
    assert.match(whole.history.note, /^no better loss in 2 epochs after step 9 of 27$/);
    const checkpoints = new Kept();
    await run({ ...stopping(), checkpoints, maxSteps: 7 });
    for (let k = 0; k < 2; k++) {
      const { history, bits } = await run({ ...stopping(), checkpoints });
      assert.equal([bits, timeless(history)], [whole.bits, timeless(whole.history)]);
    }
  },
);

/** The same points without augmentation. */
const still: Dataset = { ...points(), batch: (indices) => points().batch(indices) };
const others: [what: string, options: (model: Sequential) => Partial<FitOptions>, message: RegExp][] = [
  [
    'seed',
    () => ({ train: new DataLoader(points(), { batchSize: 8, shuffle: true, seed: 6 }) }),
    /seed: 5 then, 6 now/,
  ],
  [
    'batch size',
    () => ({ train: new DataLoader(points(), { batchSize: 4, shuffle: true, seed: 5 }) }),
    /batchSize: 8 then, 4 now/,
  ],
  [
    'data',
    () => ({ train: new DataLoader(points(20, 3), { batchSize: 8, shuffle: true, seed: 5 }) }),
    /: the training samples: other values, order, preparation or augmentation; give/,
  ],
  [
    'augmentation',
    () => ({ train: new DataLoader(still, { batchSize: 8, shuffle: true, seed: 5 }) }),
    /: the training samples: other values, order, preparation or augmentation; give/,
  ],
  ['optimizer', (m) => ({ optimizer: new SGDM(m.namedParameters()) }), /optimizer: AdaBound then, SGDM now/],
  ['lr', (m) => ({ optimizer: new AdaBound(m.namedParameters(), { lr: 0.02 }) }), /: lr: 0.01 then, 0.02 now; give/],
  ['schedule', () => ({ schedule: cosine }), /: schedule: none then, one now; give/],
  ['label smoothing', () => ({ labelSmoothing: 0.1 }), /labelSmoothing: 0 then, 0.1 now/],
  ['clip', () => ({ clip: { value: 1 } }), /clip: none then, {"value":1} now/],
  [
    'loss',
    () => ({
      loss: function other(x, y) {
        return crossEntropy(x, y);
      },
    }),
    /loss: crossEntropy then, other now/,
  ],
  ['setting of the caller', () => ({ settings: { model: 'net' } }), /model: none then, net now/],
  ['setting named like a method', () => ({ settings: { valueOf: 'net' } }), /valueOf: none then, net now/],
];
const checkpoints = new Kept();
for (const [what, change, message] of others) {
  continued(`a resume with another ${what} is refused by name, with nothing changed`, async () => {
    if (checkpoints.files.length === 0) await run({ checkpoints, ...cut(4) });
    const { model, options } = training({ checkpoints });
    const all = { ...options, ...change(model) };
    const before = bits(model, all.optimizer);
    const said = await failure(fit(model, all));
    assert.match(said, /^fit: the checkpoint has other settings: .*; give the same, or train into another folder/);
    assert.match(said, message);
    assert.equal(bits(model, all.optimizer), before);
  });
}

continued('a resume on another engine continues with a note that names both', async () => {
  const elsewhere = new Kept();
  await run({ checkpoints: elsewhere, ...cut(4) });
  const { checkpoint } = (await elsewhere.latest())!;
  const maker = { ...checkpoint.maker, engine: 'Node 99', threads: 8 };
  elsewhere.save(await serializeCheckpoint({ ...checkpoint, maker }), 4);
  const told: string[] = [];
  const { history } = await run({
    checkpoints: elsewhere,
    callbacks: [{ onResume: ({ notes }) => told.push(...notes) }],
  });
  assert.equal(history.notes, told);
  assert.match(
    told.join(),
    new RegExp(
      `^the checkpoint was made elsewhere, so later bits may differ: engine: Node 99 then, Node ${process.versions.node}, V8 \\S+ now$`,
    ),
  );
  assert.is(history.outcome, 'finished');
});

continued('a checkpoint of another model is refused with nothing changed', async () => {
  const other = new Kept();
  await run({ checkpoints: other, ...cut(4) });
  const model = new Sequential(new Linear(2, 3));
  const optimizer = new AdaBound(model.namedParameters(), { lr: 0.01 });
  const before = bits(model, optimizer);
  const error = await fit(model, { ...training().options, optimizer, checkpoints: other }).catch((e) => e);
  assert.match(error.message, /other random streams: \[,3\], the model's are \[\]/);
  assert.equal(bits(model, optimizer), before);
  const { checkpoint } = (await other.latest())!;
  const [[name, weight]] = Object.entries(checkpoint.model);
  const larger = { ...checkpoint, model: { ...checkpoint.model, [name]: concat([weight, weight], 0) } };
  const wrong = { latest: async () => ({ checkpoint: larger, notes: [] }), save: async () => {} };
  const again = training();
  const unchanged = bits(again.model, again.options.optimizer);
  const size = await fit(again.model, { ...again.options, checkpoints: wrong }).catch((e) => e);
  assert.instance(size, DataError);
  assert.match(
    size.message,
    /^fit: the checkpoint is of another model: misshapen \S+ \([\d,]+\) for the model's \([\d,]+\); give the same, or train into another folder$/,
  );
  assert.equal(bits(again.model, again.options.optimizer), unchanged);
});

continued('a checkpoint whose hyper-parameters do not fit the optimizer is refused', async () => {
  const other = new Kept();
  await run({ checkpoints: other, ...cut(4) });
  const { checkpoint } = (await other.latest())!;
  for (const change of [{ params: [] }, { lr: 'fast' }, { betas: 0.9 }, { extra: 1 }]) {
    const [group] = checkpoint.optimizer.meta.groups;
    const meta = { ...checkpoint.optimizer.meta, groups: [{ ...group, ...change }] };
    const file = await serializeCheckpoint({ ...checkpoint, optimizer: { ...checkpoint.optimizer, meta } });
    const { model, options } = training();
    const before = bits(model, options.optimizer);
    const harmful = { latest: async () => ({ checkpoint: parseCheckpoint(file), notes: [] }), save: async () => {} };
    const error = await fit(model, { ...options, checkpoints: harmful }).catch((e) => e);
    assert.instance(error, DataError);
    assert.match(error.message, /^fit: the checkpoint's optimizer has other hyper-parameters: group 0: /);
    assert.equal(bits(model, options.optimizer), before);
  }
});

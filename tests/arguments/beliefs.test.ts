// Misuses by what people believe: that a word means what it means in another library, that a name says what a function does, or that a call
// has ended. They were written down from the documentation alone. Each is refused in one line, is warned of, or does what the documentation
// says. The calls are not typed, as in JavaScript.
import * as root from '../../index.js';
import { judge, sweep } from '../../sweep/index.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, list, memory, net, points, values } from './small.js';

const test = subject('Misuses by belief');
const b: any = root;
const { BatchNorm1d, crossEntropy, csv, customOp, DataLoader, Dropout, evaluate, fit, keepBest, Linear, loadModel } = b;
const { mapDataset, mlp, mse, noGrad, nll, ones, predictor, randn } = b;
const {
  ScheduleFreeAdamW,
  Sequential,
  SGDM,
  scope,
  serializeSafetensors,
  setBackend,
  setThreads,
  splitDataset,
  splitFolds,
  standardize,
} = b;
const { tensor, tensorDataset, zeros } = b;

const load = (data: any, more: object = {}) => new DataLoader(data, { batchSize: 8, shuffle: true, seed: 7, ...more });
const train = (model: any, data: any, more: object = {}): Promise<any> =>
  fit(model, { train: load(data), optimizer: adam(model), epochs: 1, ...more });
const rowsOf = (n: number) => list(n, (i) => `${40 + ((i * 37) % 100)}.5,${['Bonn', 'Oslo', 'Rome'][i % 3]}`);
const houses = (n = 30) =>
  `size,city,price\n${rowsOf(n)
    .map((row, i) => `${row},${1000 * (i % 11) + 70 * i}`)
    .join('\n')}`;
/** A number for each point, with the shape [n]. */
const numbers = (n = 24) => {
  const x = points(n, 1);
  return tensorDataset(
    x,
    x.map(([p, q]) => 3 * p - q),
  );
};
const dropout = () => new Sequential(new Linear(2, 6), new Dropout(0.5), new Linear(6, 2));
const isSame = (model: any) => {
  const x = ones([4, 2]);
  return [0, 1].map(() => `${noGrad(() => model.forward(x))}`).every((text, _, all) => text === all[0]);
};
/** A training that diverges in its second epoch. */
const diverged = async (model: any) => {
  let calls = 0;
  const loss = (output: any, y: any) => mse(output, y).mul(calls++ < 3 ? 1 : Number.NaN);
  await train(model, values(), { loss, epochs: 5 });
  return values();
};
const tensors: Misuse[] = [
  [
    'indexSelect with a mask in place of indices',
    () => ones([2, 2]).indexSelect(0, ones([2]).greater(0)),
    { refused: /^indexSelect: the index must be an int32 tensor: bool; where\(mask, x, 0\) selects by a mask$/ },
  ],
  [
    'transpose with all axes in one list',
    () => randn([2, 3, 4]).transpose([0, 2, 1]),
    { refused: /^transpose: takes two axes: \[0,2,1\]; permute\?$/ },
  ],
  [
    'tensor of 64-bit integers',
    () => tensor(new BigInt64Array([0n, 1n])),
    { refused: /^tensor: not a number: a BigInt64Array at \[\]; Number\(\) makes one$/ },
  ],
  [
    'at with a list of rows',
    () => ones([3, 2]).at([0, 2]),
    { refused: /^at: index out of range: \[0,2\] at axis 0 of \(3,2\); indexSelect\?$/ },
  ],
  [
    'setThreads(0), meant as one thread for each core',
    () => setThreads(0),
    { refused: /^setThreads: must be an integer from 1 to 64: 0$/ },
  ],
  [
    'a gradient descent by hand that continues with the result of an operation',
    () => {
      const w = tensor([5], { requiresGrad: true });
      const next = w.sub(w.mul(w).mul(0.1));
      next.mul(next).sum().backward();
      return next.grad;
    },
    { warned: /^grad: not a leaf: an operation made this tensor; call retainGrad\(\) first$/ },
  ],
  [
    'a loss without a graph whose requiresGrad is set',
    () => {
      const model = net();
      const optimizer = adam(model);
      const loss = crossEntropy(
        noGrad(() => model.forward(zeros([2, 2]))),
        [0, 1],
      );
      loss.requiresGrad = true;
      loss.backward();
      optimizer.step();
    },
    { refused: /^Adam: nothing to step: no parameter has a gradient: call backward\(\) first/ },
  ],
  [
    'a custom operation that reads a trained tensor beside its inputs',
    () => {
      const factor = tensor([2], { requiresGrad: true });
      customOp(
        'scale',
        (x: any) => x.mul(factor),
        (g: any) => [g.mul(factor)],
      )(tensor([1], { requiresGrad: true }));
    },
    { refused: /^scale: forward reads a tensor that requires a gradient and would get none; make it an input/ },
  ],
  [
    'a custom operation whose gradient is not summed over the axis that it broadcasts',
    () => {
      const [x, bias] = [ones([4, 3], { requiresGrad: true }), ones([3], { requiresGrad: true })];
      customOp(
        'addBias',
        (p: any, q: any) => p.add(q),
        (g: any) => [g, g],
      )(x, bias)
        .sum()
        .backward();
    },
    { refused: /^addBias: its vjp returned float32 \(4,3\) for an input of float32 \(3\)$/ },
  ],
  [
    'the result of a scope, read after the scope',
    () => scope(() => net().forward(ones([2, 2]))).dataSync(),
    { refused: /freed: its scope has closed; keep\(t\) inside the scope moves it out$/ },
  ],
  [
    'a sum of losses that is carried from scope to scope',
    () => {
      let total = zeros([]);
      for (let i = 0; i < 2; i++) scope(() => void (total = total.add(ones([]))));
    },
    { refused: /^add: the tensor \(\) was freed: its scope has closed; keep\(t\)/ },
  ],
];

/** A net that keeps its hidden values in a field. */
class Keeping extends b.Module {
  first = new Linear(2, 4);
  last = new Linear(4, 2);
  hidden: unknown = null;
  constructor(readonly keep: (hidden: any) => unknown) {
    super();
  }
  forward(x: any) {
    const hidden = b.relu((this as any).first.forward(x));
    this.hidden = this.keep(hidden);
    return (this as any).last.forward(hidden);
  }
}
/** A mask as PyTorch's layer takes it: true above the diagonal, where it does not attend. */
const later = (n = 3) => b.triu(ones([n, n]), 1).greater(0);
const momentumOf = (momentum: number | null) => new BatchNorm1d(2, { momentum }).momentum;

const layers: Misuse[] = [
  [
    'attention with a mask of PyTorch’s layer, which marks where not to attend',
    () => {
      const layer = new b.MultiheadAttention(4, 2);
      const x = randn([3, 1, 4]);
      for (let i = 0; i < 2; i++) layer.forward(x, x, x, { mask: later() });
    },
    {
      warned:
        /^MultiheadAttention: mask: a query has no true and gives NaN: true marks where to attend; logicalNot\(mask\) if it marks where not$/,
    },
  ],
  [
    'attention with a mask that marks padding, for sequences without padding',
    () => {
      const q = randn([2, 3, 4]);
      b.scaledDotProductAttention(q, q, q, { mask: ones([2, 1, 3]).greater(1) });
    },
    { warned: /^scaledDotProductAttention: mask: a query has no true and gives NaN/ },
  ],
  [
    'attention with a mask that is true where to attend',
    () => {
      const q = randn([3, 4]);
      const y = b.scaledDotProductAttention(q, q, q, { mask: b.logicalNot(later()) });
      return y.dataSync().every(Number.isFinite);
    },
    { fine: true },
  ],
  [
    'batch normalization with a momentum of Keras, in two layers',
    () => [0.99, 0.9].map(momentumOf),
    {
      warned:
        /^BatchNorm1d: momentum 0\.99 is the weight of the newest batch, not of the old statistics; give 1 - momentum$/,
    },
  ],
  [
    'a momentum of Keras assigned to batch normalization',
    () => void (new b.BatchNorm2d(2).momentum = 0.95),
    { warned: /^BatchNorm2d: momentum 0\.95 is the weight of the newest batch/ },
  ],
  [
    'batch normalization with the momenta for the last batch, for many and for all batches',
    () => [1, 0.5, 0.01, 0, null].map(momentumOf),
    { fine: [1, 0.5, 0.01, 0, null] },
  ],
  ...(
    [
      ['as it is', (t: any) => t],
      ['without its graph', (t: any) => t.detach()],
      ['in a list', (t: any) => [t]],
    ] as const
  ).map(
    ([how, keep]): Misuse => [
      `a result in a field of a module, ${how}`,
      () => train(new Keeping(keep), classes()),
      {
        refused:
          /^fit: hidden(\.0)?: a result of forward in a field counts as a parameter; use a #private field, or keep it outside$/,
      },
    ],
  ),
  [
    'a result in a field of a module, moved out of its scope by keep',
    async () => {
      const model: any = new Keeping(b.keep);
      const optimizer = new b.Adam([...model.namedParameters()]);
      await fit(model, { train: load(classes()), optimizer, epochs: 2 });
    },
    { warned: /^fit: hidden: a result of forward in a field counts as a parameter/ },
  ],
  [
    'the shape of a result in a field of a module',
    async () => (await train(new Keeping((t) => t.shape), classes())).outcome,
    { fine: 'finished' },
  ],
  [
    'a net put into evaluation mode, with its layers, by its flag training',
    () => {
      const model = dropout();
      model.training = false;
      const seen = [isSame(model), model.children().every((m: any) => !m.training)];
      model.training = true;
      return [...seen, isSame(model)];
    },
    { fine: [true, true, false] },
  ],
];

const losses: Misuse[] = [
  [
    'nll of logits',
    () => nll(tensor([[2, 1]]), [0]),
    { warned: /^nll: it should get log-probabilities, which are at most 0: 2; logSoftmax\(logits\) makes them$/ },
  ],
  [
    'a custom loss that broadcasts [n, 1] against [n]',
    () => train(net(1), numbers(), { loss: (out: any, y: any) => out.sub(y).square().mean() }),
    {
      warned: /^fit: the loss broadcasts \(8,1\) with targets \(8\); reshape one$/,
    },
  ],
  ...(
    [
      ['reshapes its output', (out: any, y: any) => mse(out.reshape([-1]), y)],
      ['reshapes its targets', (out: any, y: any) => mse(out, y.reshape([-1, 1]))],
      ['takes the column', (out: any, y: any) => mse(out.at(null, 0), y)],
    ] as const
  ).map(
    ([how, loss]): Misuse => [
      `a custom loss that ${how}`,
      async () => (await train(net(1), numbers(), { loss })).outcome,
      { fine: 'finished' },
    ],
  ),
  [
    'accuracy as the loss of fit',
    () => train(net(), classes(), { loss: b.accuracy }),
    { refused: /^fit: the loss: nothing to differentiate: no operand requires a gradient/ },
  ],
  [
    'classes as a list of lists, for a net of one output',
    () =>
      train(
        net(1),
        tensorDataset(
          points(24, 1),
          list(24, (i) => [i % 2]),
        ),
      ),
    {
      warned: /^fit: train: only the values 0,1: are they { classes: 2 }\? else give { loss: mse }$/,
    },
  ],
  [
    'targets of 0 and 1 with mse as the given loss',
    async () =>
      (
        await train(
          net(1),
          tensorDataset(
            points(24, 1),
            list(24, (i) => [i % 2]),
          ),
          { loss: mse },
        )
      ).outcome,
    { fine: 'finished' },
  ],
];

const optimizers: Misuse[] = [
  [
    'Adam’s lr for Prodigy',
    async () => {
      const model = net();
      await train(model, classes(), { optimizer: new b.Prodigy(model.namedParameters(), { lr: 0.001 }) });
    },
    { warned: /^Prodigy: lr 0\.001 is a factor on the rate that it estimates; leave it at 1$/ },
  ],
  [
    'Prodigy with its default lr, with half of that, and with a warm-up by hand',
    async () => {
      const make = (options?: object) => {
        const model = net();
        return [model, new b.Prodigy(model.namedParameters(), options)];
      };
      const warm = make();
      warm[1].paramGroups[0].lr = 0.01;
      for (const [model, optimizer] of [make(), make({ lr: 0.5 }), warm]) await train(model, classes(), { optimizer });
    },
    { fine: undefined },
  ],
  [
    'all tensors of a state as parameters',
    () => new b.Adam(Object.values(new Sequential(new Linear(2, 2), new BatchNorm1d(2)).stateDict())),
    { refused: /^Adam: parameter 0\.6: only float tensors can be trained: int32; cast it first$/ },
  ],
  [
    'Nesterov’s step with a momentum of 0',
    () => new SGDM(net().namedParameters(), { momentum: 0, nesterov: true }),
    { refused: /^SGDM: nesterov needs the heavy ball/ },
  ],
  [
    'a model of ScheduleFreeAdamW that is evaluated in the middle of a loop',
    async () => {
      const model = net();
      const optimizer = new ScheduleFreeAdamW(model.namedParameters(), { lr: 0.01 });
      crossEntropy(model.forward(ones([2, 2])), [0, 1]).backward();
      optimizer.step();
      await evaluate(model, classes());
    },
    { warned: /^evaluate: the model has the weights for training, not the average of ScheduleFreeAdamW/ },
  ],
];

/** Trains and evaluates on three folds, with one model or with a new one for each. Returns the number of test samples of each fold. */
const folds = async (make: (fold: number) => any, reset: (model: any) => void = () => {}) => {
  const seen: number[] = [];
  for (const [fold, [part, test]] of splitFolds(classes(), 3).entries()) {
    const model = make(fold);
    reset(model);
    await train(model, part);
    seen.push((await evaluate(model, test)).samples);
  }
  return seen;
};
const one = net();
const start = Object.fromEntries(Object.entries<any>(one.stateDict()).map(([name, t]) => [name, t.detach().clone()]));

const trainings: Misuse[] = [
  [
    'cross-validation that trains one model on every fold',
    () => {
      const model = net();
      return folds(() => model);
    },
    {
      warned: /^evaluate: an earlier fit had some of these samples; make a model for each fold$/,
    },
  ],
  [
    'cross-validation that trains one model on every fold, with the folds as test sets of fit',
    async () => {
      const model = net();
      for (const [part, test] of splitFolds(classes(), 3)) await train(model, part, { test });
    },
    { warned: /^fit: test: an earlier fit had some of these samples/ },
  ],
  ['cross-validation with a model for each fold', () => folds(() => net()), { fine: [8, 8, 8] }],
  [
    'cross-validation with one model that gets its first weights again for each fold',
    () =>
      folds(
        () => one,
        (model) => model.loadStateDict(start),
      ),
    { fine: [8, 8, 8] },
  ],
  [
    'both parts of a split, trained on one after the other and evaluated',
    async () => {
      const [model, [some, others]] = [net(), splitDataset(classes(), 0.5)];
      await train(model, some);
      await train(model, others);
      return (await evaluate(model, some)).samples;
    },
    { fine: 12 },
  ],
  [
    'a training on all samples, then one on a part, which is evaluated',
    async () => {
      const [model, all] = [net(), classes()];
      const [part] = splitDataset(all, 0.5);
      for (const set of [all, part]) await train(model, set);
      return (await evaluate(model, part)).samples;
    },
    { fine: 12 },
  ],
  [
    'splitDataset with the share of the test set',
    async () => {
      const [part, test] = splitDataset(classes(), 0.25);
      await train(net(), standardize(part), { test: standardize(test, { statistics: standardize(part).statistics }) });
    },
    {
      warned: /^fit: train has 6 samples, test 18: the share of splitDataset is that of its first part$/,
    },
  ],
  [
    'a split with less than half of the samples for training, and a subset of three of them',
    async () => {
      const [part, test] = splitDataset(classes(), 0.4);
      await train(net(), part, { test });
      await train(net(), b.subset(classes(), [0, 1, 2]), { test: b.subset(classes(), [3, 4, 5, 6, 7, 8, 9]) });
    },
    { fine: undefined },
  ],
  ...['earlyStopping', 'reduceOnPlateau'].map(
    (name): Misuse => [
      `${name} with a patience shorter than the epochs between two tests`,
      async () => {
        const [part, test] = splitDataset(classes(), 0.75);
        await train(net(), part, { test, epochs: 6, evalEvery: 4, callbacks: [b[name]({ patience: 2 })] });
      },
      {
        warned: /^fit: callback 0: patience 2 counts epochs, evalEvery is 4: it acts after one test without a better/,
      },
    ],
  ),
  [
    'earlyStopping with a patience of the epochs between two tests, with a shorter one for the training loss, and in a training with one test',
    async () => {
      const [part, test] = splitDataset(classes(), 0.75);
      for (const [evalEvery, options] of [
        [3, { patience: 3 }],
        [3, { patience: 1, monitor: 'loss' }],
        [6, { patience: 2 }],
      ] as const)
        await train(net(), part, { test, epochs: 6, evalEvery, callbacks: [b.earlyStopping(options)] });
    },
    { fine: undefined },
  ],
  [
    'one keepBest for the trainings of two models',
    async () => {
      const callbacks = [keepBest()];
      const [part, test] = splitDataset(classes(), 0.75);
      for (const model of [net(), net()]) await train(model, part, { test, callbacks });
    },
    { refused: /^fit: callbacks: 'keepBest' has the state of another model's training; make a new one$/ },
  ],
  ...['stop', 'stopTraining', 'stop_training'].map(
    (name): Misuse => [
      `a callback that assigns training.${name} to end the training`,
      () => train(net(), classes(), { callbacks: [{ onEpoch: (_: any, training: any) => (training[name] = true) }] }),
      { refused: new RegExp(`^training: ${name} cannot be assigned; call stop\\(\\)$`) },
    ],
  ),
  [
    'a callback that assigns training.epochs',
    () => train(net(), classes(), { callbacks: [{ onStep: (_: any, training: any) => (training.epochs = 9) }] }),
    { refused: /^training: epochs cannot be assigned; call stop\(\)$/ },
  ],
  [
    'predictions beside a training that is not awaited',
    async () => {
      const [model, data] = [net(1), values()];
      const running = train(model, data);
      await predictor(model, data).predict([[1, 2]]);
      await running;
    },
    { warned: /^predict: fit of this model is running: await it first$/ },
  ],
  [
    'predictions in callbacks, and beside a training that has finished an epoch',
    async () => {
      const [model, data] = [net(1), values()];
      const trained = predictor(model, data);
      let isNext = () => {};
      const next = new Promise<void>((resolve) => (isNext = resolve));
      const onStep = ({ epoch }: any) => (epoch > 1 ? isNext() : trained.predict([[1, 2]]));
      const running = train(model, data, { epochs: 3, callbacks: [{ onStep }] });
      await next;
      const [{ value }] = await trained.predict([[1, 2]]);
      return [typeof value, (await running).outcome];
    },
    { fine: ['number', 'finished'] },
  ],
  [
    'a training that resumes with fewer epochs than its checkpoint has',
    async () => {
      const checkpoints = memory();
      for (const epochs of [2, 1]) await train(net(), classes(), { checkpoints, epochs });
    },
    { warned: /^fit: the checkpoint has 6 steps of 3: nothing is left to train; use another folder$/ },
  ],
  [
    'the live state dict as a snapshot of the weights',
    async () => {
      const model = net();
      const best = model.stateDict();
      await train(model, classes());
      model.loadStateDict(best);
    },
    { refused: /^loadStateDict: the tensors are its own, changed by training; keep clones$/ },
  ],
  [
    'predictions of a model whose training diverged',
    async () => {
      const model = net(1);
      await predictor(model, await diverged(model)).predict([[1, 2]]);
      await evaluate(model, values());
    },
    {
      warned: /^predict: the training of this model diverged: the .* after step \d of 15$/,
    },
  ],
  [
    'predictions of a model whose training diverged, with other weights since',
    async () => {
      const model = net(1);
      const data = await diverged(model);
      model.loadStateDict(net(1).stateDict());
      return (await predictor(model, data).predict([[1, 2]])).length;
    },
    { fine: 1 },
  ],
];

const data: Misuse[] = [
  [
    'two inputs for a net of one',
    () =>
      train(
        net(),
        tensorDataset(
          [zeros([8, 2]), zeros([8, 1])],
          list(8, (i) => i % 2),
          { classes: 2 },
        ),
      ),
    { refused: /^Sequential: too many arguments: 2; at most 1$/ },
  ],
  [
    'fit of a TrainedModel',
    () => fit(predictor(net(1), values()), { train: load(values()), optimizer: adam(net(1)), epochs: 1 }),
    { refused: /^fit: takes a model: got a TrainedModel; give a Module, as mlp\(\) returns$/ },
  ],
  [
    'csv of a path',
    () => csv('houses.csv', { target: 'price' }),
    { refused: /got 'houses\.csv'; csvFile\(path\) of boundgrad\/node reads a file$/ },
  ],
  [
    'loadModel of a web page',
    () => loadModel(new TextEncoder().encode('<!doctype html><title>Not found</title>')),
    { refused: /it does not begin with a checksum; it is a text: '<!doctype html>/ },
  ],
  [
    'loadModel of weights alone',
    async () => loadModel(await serializeSafetensors(net().stateDict())),
    { refused: /are these weights alone\? model\.loadStateDict\(parseSafetensors\(bytes\)\.tensors\) loads them$/ },
  ],
  [
    'a state dict that went through JSON',
    () => net().loadStateDict(JSON.parse(JSON.stringify(net().stateDict()))),
    { refused: /^loadStateDict: takes tensors by name, as stateDict\(\) returns them: its \S+ is an Object$/ },
  ],
  [
    'csv with the target among the columns',
    () => csv(houses(), { target: 'price', columns: ['size', 'price'] }),
    {
      refused:
        /^csv: 'price' is an input and the target: the net would only copy it; leave it out of columns or target$/,
    },
  ],
  [
    'a training on logarithms of zeros: the history names the input',
    async () => {
      const set = mapDataset(csv(houses(), { target: 'price' }), (v: any) => v.map(Math.log));
      return (await train(mlp({ sizes: [4, 1] }), set)).where;
    },
    { fine: 'the input' },
  ],
  [
    'setBackend of a function that makes a backend',
    () => setBackend(async function gpu() {}),
    { refused: /^setBackend: unknown backend: AsyncFunction gpu; one of/ },
  ],
];

const space: any = { adam: { lr: { log: [1e-4, 1e-1] } } };
const sweepOf = (score: (lr: number, seed: number) => number) =>
  sweep({
    space,
    trials: 4,
    seeds: 3,
    run: ({ config, seed }: any) => ({ validation: score(config.lr, seed), test: score(config.lr, seed) }),
  });
const sweeps: Misuse[] = [
  [
    'runs of a sweep that ignore their seed, and are judged',
    async () => judge((await sweepOf((lr) => 0.5 + lr)).trials),
    {
      warned:
        /^sweep: each trial has the same scores with all 3 seeds: give the seed of a job to its model and its DataLoader, or take seeds: 1$/,
    },
  ],
  [
    'runs of a sweep that ignore their seed, read from a file',
    async () => {
      const { trials } = await sweepOf((lr, seed) => 0.5 + lr + seed / 100);
      for (const { results } of trials) for (const { outcome } of results) Object.assign(outcome, results[0].outcome);
      judge(trials);
    },
    { warned: /^judge: each trial has the same scores with all 3 seeds/ },
  ],
  [
    'runs of a sweep whose scores depend on the seed in one trial only',
    async () => (await sweepOf((lr, seed) => (lr > 0.01 ? 0.5 + seed / 100 : 0.5 + lr))).isComplete,
    { fine: true },
  ],
  [
    'runs of a sweep that all solve the task',
    async () => (await sweepOf((lr) => (lr > 0.01 ? 1 : 0))).isComplete,
    { fine: true },
  ],
];

testMisuses(test, [...tensors, ...layers, ...losses, ...optimizers, ...trainings, ...data, ...sweeps]);

test('the functions of the training that a callback gets work, and its fields cannot be assigned', async () => {
  const seen: unknown[] = [];
  const onEpoch = (_: any, training: any) => {
    seen.push(Object.keys(training.weights()).length, training.epochs, training.history.length);
    training.stop('enough');
  };
  const { note, outcome } = await train(net(), classes(), { epochs: 3, callbacks: [{ onEpoch }] });
  assert.equal([...seen, outcome, note], [4, 3, 1, 'stopped', 'enough after step 3 of 9']);
  const { message } = await refusalOf(() =>
    train(net(), classes(), { callbacks: [{ onStep: (_: any, t: any) => (t.steps = 1) }] }),
  );
  assert.match(message, /^training: steps cannot be assigned/);
});

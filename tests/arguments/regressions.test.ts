// Misuses that once passed without a word, with an error of the engine, or with a line about something else. Each is refused with one
// clear line, is warned of, or has the result that was meant. The calls are not typed, as in JavaScript.
import * as root from '../../index.js';
import { sweep } from '../../sweep/index.js';
import { refusalOf } from '../refusal.js';
import { assert, close, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';

const test = subject('Misuses that once passed');
const b: any = root;
const { tensor, ones, zeros, randn, Linear, Module, Sequential, Softmax, Sigmoid, Adam, fit, evaluate, predictor } = b;

const inputs = Array.from({ length: 8 }, (_, i) => [i, 100 - i]);
const classes = () =>
  b.tensorDataset(
    inputs,
    Int32Array.from(inputs, (_, i) => i % 2),
    { classes: ['a', 'b'] },
  );
const values = () =>
  b.tensorDataset(
    inputs,
    inputs.map(([i]) => [2 * i]),
  );
const loader = (data: any) => new b.DataLoader(data, { batchSize: 4 });
const optimizerOf = (model: any) => new Adam(model.namedParameters(), { lr: 0.01 });
const train = (model: any, more: object = {}) =>
  fit(model, { train: loader(values()), optimizer: optimizerOf(model), epochs: 2, ...more });

/** The message of what a function throws or rejects with, which must be an error of the project. */
const refused = async (run: () => unknown): Promise<string> => (await refusalOf(run)).message;

for (const [name, graph] of Object.entries({ 'with a graph': true, 'without a graph': false })) {
  const x = () => randn([2, 3], { requiresGrad: graph });
  test(`a loss of logits refuses the result of softmax or sigmoid, ${name}, and a view of the result`, async () => {
    const made: [loss: (t: any) => unknown, maker: string, of: any][] = [
      [(t) => b.crossEntropy(t, [0, 1]), 'softmax', (t: any) => t.softmax()],
      [(t) => b.crossEntropy(t, [0, 1]), 'softmax', (t: any) => t.softmax().detach()],
      [(t) => b.crossEntropy(t, [0, 1]), 'softmax', (t: any) => t.transpose().softmax(0).transpose()],
      [(t) => b.crossEntropy(t, [0, 1]), 'sigmoid', (t: any) => t.sigmoid()],
      [(t) => b.bceWithLogits(t, zeros([2, 3])), 'sigmoid', (t: any) => t.sigmoid()],
      [(t) => b.bceWithLogits(t, zeros([2, 3])), 'softmax', (t: any) => t.softmax()],
      [(t) => b.bceWithLogits(t, zeros([2, 3])), 'logSoftmax', (t: any) => t.logSoftmax()],
    ];
    for (const [loss, maker, of] of made)
      assert.match(await refused(() => loss(of(x()))), new RegExp(`takes logits: leave ${maker} out$`));
    for (const maker of ['softmax', 'sigmoid'])
      assert.match(await refused(() => b.nll(x()[maker](), [0, 1])), /^nll: takes log-probabilities/);
  });
}

test('crossEntropy accepts the result of logSoftmax, and an overwritten result or a copy of the result of softmax', () => {
  const x = tensor([[1, 2]]);
  const loss = b.crossEntropy(x, [0]).itemSync();
  close([b.crossEntropy(x.logSoftmax(), [0]).itemSync()], [loss], 1e-6);
  assert.is(b.crossEntropy(x.softmax().assign([1, 2]), [0]).itemSync(), loss);
  assert.ok(b.crossEntropy(x.softmax().clone(), [0]).itemSync() > 0);
});

test('evaluate refuses a net that ends in softmax, as fit does', async () => {
  const model = new Sequential(new Linear(2, 2), new Softmax());
  const message = 'crossEntropy: takes logits: leave softmax out';
  assert.is(await refused(() => evaluate(model, classes())), message);
  assert.is(await refused(() => train(model, { train: loader(classes()) })), message);
});

test('a net that ends in softmax or sigmoid predicts its outputs, divided by their sum; with softmax the calibration error is that of the logits', async () => {
  const logits = new Linear(2, 2);
  const net = (...end: any[]) => new Sequential(logits, ...end);
  const probabilities = async (model: any) =>
    Object.values((await predictor(model, classes()).predict(tensor([[0.3, 0.1]])))[0].probabilities) as number[];
  close(await probabilities(net(new Softmax())), await probabilities(net()), 1e-6);
  const [p, q] = logits
    .forward(tensor([[0.3, 0.1]]))
    .sigmoid()
    .dataSync();
  close(await probabilities(net(new Sigmoid())), [p / (p + q), q / (p + q)], 1e-6);
  const plain = await evaluate(net(), classes());
  const loss = Object.assign((p: any, y: any) => b.nll(p.log(), y), { logits: true });
  const { classification } = await evaluate(net(new Softmax()), classes(), { loss });
  close([classification.calibrationError], [plain.classification.calibrationError], 1e-6);
});

test('generate draws by the probabilities of a model that ends in softmax', async () => {
  class Language extends Module {
    table = new b.Embedding(5, 5);
    constructor(readonly ends: boolean) {
      super();
    }
    forward(x: any) {
      const y = this.table.forward(x);
      return this.ends ? y.softmax() : y;
    }
  }
  const [plain, ending] = [new Language(false), new Language(true)];
  ending.loadStateDict(plain.stateDict());
  const tokens = (model: any) => b.generate(model, { prompt: [1], length: 20, temperature: 0.3, seed: 3 });
  assert.equal(await tokens(ending), await tokens(plain));
});

test('each model causes a warning about data that are prepared in another way than its training data', async () => {
  const raw = values();
  const other = /differs from the training data: it has no standardization of the inputs/;
  for (let i = 0; i < 2; i++) {
    const model = new Sequential(new Linear(2, 2), new b.BatchNorm1d(2), new Linear(2, 1));
    const prepared = b.standardize(raw);
    await train(model, { train: loader(prepared) });
    const said = await warningsOf(() => predictor(model, raw));
    assert.match(said.join(), /^predictor: tensors differs/);
    assert.match(said.join(), other);
    assert.equal(await warningsOf(() => evaluate(model, prepared)), []);
    assert.match((await warningsOf(() => b.updateBatchNorm(model, loader(values())))).join(), other);
  }
});

test('an optimizer of another model is refused by evaluate and lrFinder', async () => {
  const [model, other] = [new Linear(2, 1), new Linear(2, 1)];
  assert.match(
    await refused(() => evaluate(model, values(), { optimizer: optimizerOf(other) })),
    /^evaluate: the optimizer is of another model: its weight is another tensor than the model's/,
  );
  assert.match(
    await refused(() => b.lrFinder(model, { train: loader(values()), optimizer: optimizerOf(other) })),
    /^lrFinder: the optimizer would not train the model: its weight/,
  );
  assert.ok((await evaluate(model, values(), { optimizer: new Adam([model.bias]) })).loss > 0, 'of a part');
});

test('ImageDataset refuses a mean or a deviation that is in units of bytes, or not finite', async () => {
  const images = (more: object) => () =>
    new b.ImageDataset({
      ...{ name: 'i', pixels: new Uint8Array(4), labels: [0], shape: [1, 2, 2], classes: ['a'], mean: [0], std: [1] },
      ...more,
    });
  for (const more of [{ mean: [127] }, { std: [50] }, { mean: [Number.NaN] }, { std: [Infinity] }])
    assert.match(await refused(images(more)), /^i: one mean and one std per channel: .* pixels in 0\.\.1$/);
  assert.equal(images({ mean: [1], std: [1] })().batch([0]).inputs, new Float32Array(4).fill(-1));
});

test('fit and sweep refuse settings that JSON would drop or change, and name their path', async () => {
  const odd: [value: unknown, kind: string][] = [
    [() => 1, 'function'],
    [undefined, 'undefined'],
    [Symbol('s'), 'symbol'],
    [Number.NaN, 'number NaN'],
    [Infinity, 'number Infinity'],
    [1n, 'bigint 1'],
    [new Map(), 'a Map'],
    [new Date(0), 'a Date'],
    [ones([1]), 'a Tensor'],
  ];
  for (const [value, kind] of odd) {
    const begins = (what: string) => `${what}: must be plain JSON: got ${kind}`;
    const isPart = (message: string, what: string) =>
      message.startsWith(`fit: settings: ${what}`) && message.includes(kind.replace('number ', ''));
    const own = await refused(() => train(new Linear(2, 1), { settings: { f: value } }));
    assert.ok(isPart(own, 'f'), own);
    const inner = await refused(() => train(new Linear(2, 1), { settings: { net: { sizes: [1, value] } } }));
    assert.ok(isPart(inner, 'net.sizes.1'), inner);
    const run = () => ({ validation: 1, test: 1 });
    const swept = await refused(() => sweep({ space: { a: {} }, run, settings: { f: value } as never }));
    assert.ok(swept.startsWith(begins('sweep: settings.f')), swept);
  }
  const deep: unknown[] = [];
  deep.push(deep);
  assert.match(await refused(() => train(new Linear(2, 1), { settings: { deep } })), /nested too deep/);
  assert.match(await refused(() => train(new Linear(2, 1), { settings: { holes: new Array(1) } })), /got undefined/);
  await train(new Linear(2, 1), { checkpoints: undefined, settings: { a: null, b: [1, 'x', true, { c: -1.5 }] } });
});

test('a callback that leaves the model in evaluation mode: fit says so once and trains in training mode', async () => {
  const model = new Sequential(new Linear(2, 2), new b.Dropout(0.5), new Linear(2, 1));
  const modes: boolean[] = [];
  const forward = (m: any, [x, y]: any) => {
    modes.push(m[1].training);
    return b.mse(m.forward(x), y);
  };
  const callbacks = [{ onStep: (_: unknown, training: any) => training.model.eval() }];
  const said = await warningsOf(() => train(model, { forward, callbacks }));
  assert.equal(modes, [true, true, true, true]);
  assert.is(said.length, 1);
  assert.match(said[0], /^fit: a callback left the model in evaluation mode/);
});

test('a layer that a callback puts into evaluation mode stays in it', async () => {
  const model = new Sequential(new Linear(2, 2), new b.BatchNorm1d(2), new Linear(2, 1));
  const callbacks = [{ onStep: (_: unknown, training: any) => training.model[1].eval() }];
  assert.equal(await warningsOf(() => train(model, { callbacks })), []);
  assert.is(model[1].numBatchesTracked.itemSync(), 1);
});

test('averageWeights is refused if it begins after the last epoch; maxSteps may make an earlier epoch the last', async () => {
  const run = (start: number, more: object) => () =>
    train(new Linear(2, 1), { callbacks: [b.averageWeights({ start })], ...more });
  const message = (start: number, last: number) =>
    `fit: callback 0: averageWeights begins in epoch ${start}, the last one is ${last}`;
  assert.is(await refused(run(3, {})), message(3, 2));
  assert.is(await refused(run(2, { maxSteps: 2 })), message(2, 1));
  assert.is(await refused(run(2, { accumulate: 2, maxSteps: 1 })), message(2, 1));
  for (const more of [{}, { maxSteps: 3 }]) await run(2, more)();
});

test('an optimizer that was disposed of does not step with a new state', async () => {
  const model = new Linear(2, 1);
  const optimizer = optimizerOf(model);
  const backward = () =>
    model
      .forward(ones([1, 2]))
      .sum()
      .backward();
  backward();
  optimizer.step();
  const before = model.weight.dataSync();
  optimizer.dispose();
  assert.match(
    await refused(() => optimizer.step()),
    /^Adam: state: the tensor \(1,2\) was freed: dispose\(\) was called/,
  );
  assert.equal(model.weight.dataSync(), before);
  assert.is(optimizer.steps, 1);
});

test('a module without forward, and assignments as in PyTorch, are refused with errors of the project', async () => {
  class Empty extends Module {}
  const empty: any = new Empty();
  for (const call of [() => empty.forward(ones([1])), () => new Sequential(empty).forward(ones([1]))])
    assert.is(await refused(call), 'Empty: has no forward(x)');
  assert.is(await refused(() => evaluate(empty, values())), 'evaluate: the model has no forward(x)');
  const layer = new Linear(1, 1);
  assert.is(await refused(() => (layer.weight.requires_grad = false)), 'requires_grad: use requiresGrad');
  assert.is(await refused(() => (layer.weight[0] = 1)), 't[0]: use assign()');
  for (const name of ['train', 'eval', 'requiresGrad'])
    assert.is(await refused(() => (layer[name] = false)), `${name}: a method: call it`);
  class Own extends Linear {
    eval() {
      return super.eval();
    }
  }
  assert.is(new (Own as any)(1, 1).eval().training, false);
});

test('trainings and evaluations of one model that overlap are refused before they change anything', async () => {
  const model = new Sequential(new Linear(2, 1));
  const first = train(model, { schedule: () => () => 0.5 });
  assert.is(await refused(() => evaluate(model, values())), 'evaluate: fit of this model is running: await it first');
  assert.is(await refused(() => train(model)), 'fit: another fit of this model is running: await it first');
  const finder = { train: loader(values()), optimizer: optimizerOf(model) };
  assert.match(await refused(() => b.lrFinder(model, finder)), /^lrFinder: fit of this model is running/);
  assert.match(await refused(() => b.updateBatchNorm(model, loader(values()))), /^updateBatchNorm: fit of this model/);
  assert.is((await first).outcome, 'finished');
  const both = [evaluate(model, values()), evaluate(model, values())];
  assert.match(await refused(() => both[1]), /^evaluate: another evaluate of this model is running/);
  await both[0];
});

test('trainings of two models that overlap are refused, also as runs in the pool of a sweep', async () => {
  const runs: Promise<any>[] = [];
  const started = (model: unknown) => {
    runs.push(train(model));
    return runs.at(-1)!;
  };
  const both = () => Promise.all([new Linear(2, 1), new Linear(2, 1)].map(started));
  const message = /^fit: another fit is running: await it first; in the pool of a sweep each run needs a process/;
  assert.match(await refused(both), message);
  const run = async () => {
    const { epochs } = await started(new Linear(2, 1));
    return { validation: epochs[0].loss, test: 0 };
  };
  assert.match(
    await refused(() => sweep({ space: { a: { lr: { log: [0.1, 1] } } }, run, pool: 4, trials: 2 })),
    message,
  );
  await Promise.allSettled(runs);
});

test('a callback may evaluate and train, also the model that is trained', async () => {
  const model = new Linear(2, 1);
  const losses: number[] = [];
  const onEpoch = async () => {
    losses.push((await evaluate(model, values())).loss);
    await train(new Linear(2, 1));
    await train(model, { epochs: 1 });
  };
  assert.is((await train(model, { callbacks: [{ onEpoch }] })).outcome, 'finished');
  assert.is(losses.length, 2);
});

test('fit and evaluate inside an asynchronous scope: the error names the scope, not another training', async () => {
  for (const [what, call] of [
    ['fit', () => train(new Linear(2, 1))],
    ['evaluate', () => evaluate(new Linear(2, 1), values())],
  ] as const)
    assert.match(
      await refused(() => b.scope(async () => await call())),
      new RegExp(`^${what}: an asynchronous scope is open: call it outside of scope\\(\\)`),
    );
});

test('generate reads at most the context of a gpt, and refuses a larger option context', async () => {
  const model = b.gpt({ vocabulary: 5, context: 4, embedDim: 4, numHeads: 1, numLayers: 1 });
  assert.is(model.context, 4);
  const prompt = [1, 2, 3];
  assert.is((await b.generate(model, { prompt, length: 6 })).length, 6);
  assert.equal(
    await b.generate(model, { prompt, length: 6 }),
    await b.generate(model, { prompt, length: 6, context: 4 }),
  );
  assert.is(
    await refused(() => b.generate(model, { prompt, length: 6, context: 9 })),
    "generate: context must be at most the model's 4: 9",
  );
});

test('subset refuses a mask or a function in place of indices; the message shows how to make indices of a mask', async () => {
  for (const mask of [() => true, [true, false]])
    assert.match(
      await refused(() => b.subset(values(), mask)),
      /^subset: takes a list of indices, as \[0, 2\]: got .*mask\.flatMap/,
    );
});

test('a layer that replaces another after the optimizer was made: the step warns that it may be new', async () => {
  class Net extends Module {
    first = new Linear(2, 2);
    last = new Linear(2, 1);
    forward(x: any) {
      return this.last.forward(this.first.forward(x));
    }
  }
  const model: any = new Net();
  const optimizer = optimizerOf(model);
  model.last = new Linear(2, 1);
  const said = await warningsOf(() => {
    for (let i = 0; i < 2; i++) {
      optimizer.zeroGrad();
      model
        .forward(ones([1, 2]))
        .sum()
        .backward();
      optimizer.step();
    }
  });
  assert.is(said.length, 1);
  assert.match(said[0], /^Adam: parameters that no optimizer has are not trained: .*; is the layer #private or new\?$/);
});

test('an optimizer does not warn about parameters that got their gradients in another backward call', async () => {
  const probe = new Linear(3, 1);
  const probed = () =>
    probe
      .forward(ones([1, 3]))
      .sum()
      .backward();
  probed();
  const model = new Linear(2, 1);
  const optimizer = optimizerOf(model);
  const said = await warningsOf(() => {
    for (let i = 0; i < 2; i++) {
      const loss = model.forward(ones([1, 2])).sum();
      probed();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    }
  });
  assert.equal(said, []);
  // If one backward call gives gradients to the probe's parameters and to the optimizer's, the optimizer warns.
  const later = await warningsOf(() => {
    optimizer.zeroGrad();
    model
      .forward(ones([1, 2]))
      .sum()
      .add(probe.forward(ones([1, 3])).sum())
      .backward();
    optimizer.step();
  });
  assert.is(later.length, 1);
});

test('shape and stride return copies: changing a copy leaves the tensor and its views as they are', () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const views = [x.transpose(), x.detach(), x.add(0)];
  for (const t of [x, ...views]) {
    const before = String(t);
    for (const list of ['shape', 'stride']) {
      t[list].reverse();
      t[list].push(1);
      t[list][0] = 5;
    }
    assert.is(String(t), before);
  }
  // The usual purpose of such a change: a list for another tensor.
  const wider = x.shape;
  wider.push(1);
  assert.equal(x.reshape(wider).shape, [2, 3, 1]);
});

test('a custom operation that changes the shapes it gets does not change its inputs', () => {
  const loop = ([y]: any[], [x]: any[]) => y.data.set(x.data);
  const swapped = b.op({ name: 'swapped', args: (x: any) => [[x], {}], shape: ([s]: any[]) => [s.reverse()], loop });
  const x = tensor([[1, 2, 3]]);
  assert.equal(swapped(x).shape, [3, 1]);
  assert.equal(x.shape, [1, 3]);
});

test('a checkpoint has the sizes that mlp was called with, even if the caller changes the list', async () => {
  const sizes = [2, 3, 1];
  const model = b.mlp({ sizes });
  sizes[1] = 9;
  let file: any;
  const save = async (bytes: Uint8Array) => {
    file = bytes;
  };
  await train(model, { checkpoints: { save, latest: async () => null } });
  const trained = await b.loadModel(file);
  assert.is(String(trained.model), String(model));
});

test('a layer without options refuses arguments, which it would ignore', async () => {
  const kinds = ['ReLU', 'Tanh', 'SiLU', 'Sigmoid', 'Identity'];
  for (const kind of kinds)
    assert.is(await refused(() => new b[kind]({ inplace: true })), `${kind}: too many arguments: 1; at most 0`);
  for (const kind of kinds) assert.is(String(new b[kind]()), `${kind}()`);
});

test('a dropout of everything causes a warning, when it is made and when p is assigned', async () => {
  const said = await warningsOf(() => {
    new b.Dropout(1);
    new b.Dropout2d(0.99).p = 1;
  });
  assert.is(said.length, 2);
  assert.match(said[0], /^Dropout: p is 1: it drops everything, and nothing before it is trained$/);
  assert.match(said[1], /^Dropout2d: p is 1/);
});

test('parameterGroups for an optimizer without a weightDecay: one warning; none if a weightDecay is given, even 0', async () => {
  const groups = () => b.parameterGroups(new Linear(2, 1));
  const said = await warningsOf(() => {
    new Adam(groups(), { lr: 0.01 });
  });
  assert.equal(said, ['Adam: weightDecay 0 has no effect: pass a weightDecay']);
  const fine = await warningsOf(() => {
    new Adam(groups(), { weightDecay: 0.01 });
    new Adam(groups(), { weightDecay: 0 });
    new b.AdamW(groups(), { lr: 0.01 });
    new Adam([{ params: new Linear(2, 1).parameters(), lr: 0.1 }, { params: new Linear(2, 1).parameters() }]);
  });
  assert.equal(fine, []);
});

test('the error of concat without an axis shows how to write the call', async () => {
  const x = ones([2]);
  assert.is(await refused(() => b.concat([x, x])), 'concat: the axis must be given: concat([a, b], 0): undefined');
});

test('the error of an operation on all that an LSTM returns says to take one of its tensors', async () => {
  const returned = new b.LSTM(2, 3).forward(ones([4, 1, 2]));
  assert.is(await refused(() => b.relu(returned)), 'relu: takes a tensor: got an array; take one of its tensors');
  assert.match(await refused(() => b.relu([1, 2])), /got an array; tensor\(values\) makes one$/);
});

test('the error of a step after toDType says that a new optimizer is needed', async () => {
  const model = new Linear(2, 1);
  const optimizer = optimizerOf(model);
  model.toDType('float64');
  model
    .forward(ones([1, 2], { dtype: 'float64' }))
    .sum()
    .backward();
  assert.match(await refused(() => optimizer.step()), /call backward\(\) first; toDType\(\) needs a new optimizer$/);
});

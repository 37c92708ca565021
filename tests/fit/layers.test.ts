// A model may differ from that of the checkpoint in something that its parameters do not show, and the options of a training in something
// that changes later steps. Then the training is refused, or continues with a note.
import {
  noGrad,
  parseSafetensors,
  Random,
  rand,
  relu,
  serializeSafetensors,
  sigmoid,
  type Tensor,
} from '../../core/index.js';
import { DataLoader, tensorDataset } from '../../datasets/index.js';
import {
  averageWeights,
  type Callback,
  type Checkpoint,
  type FitOptions,
  fit,
  keepBest,
  loadModel,
  parseCheckpoint,
  reduceOnPlateau,
  serializeCheckpoint,
} from '../../fit/index.js';
import { layerDifferences, layersOf } from '../../fit/layers.js';
import * as models from '../../models/index.js';
import * as nn from '../../nn/index.js';
import { Linear, Module, Sequential } from '../../nn/index.js';
import { AdaBound } from '../../optim/index.js';
import { rejects } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { bits, Kept, training } from './training.js';

const random = new Random(1);
type Make = () => Module<any, any>;
/** Makes each exported layer and model, and others that compute something else, mostly by one option. */
const kinds: Record<string, [make: Make, ...others: Make[]]> = {
  AdaptiveAvgPool2d: [() => new nn.AdaptiveAvgPool2d(1), () => new nn.AdaptiveAvgPool2d(2)],
  AvgPool2d: [
    () => new nn.AvgPool2d(2),
    () => new nn.AvgPool2d(3),
    () => new nn.AvgPool2d(2, { stride: 1 }),
    () => new nn.AvgPool2d(2, { padding: 1 }),
    () => new nn.AvgPool2d(2, { ceilMode: true }),
    () => new nn.AvgPool2d(2, { countIncludePad: false }),
  ],
  BatchNorm1d: [() => new nn.BatchNorm1d(2), () => new nn.BatchNorm1d(2, { eps: 1 })],
  BatchNorm2d: [() => new nn.BatchNorm2d(2), () => new nn.BatchNorm2d(2, { eps: 1 })],
  CharLSTM: [() => new models.CharLSTM({ vocabulary: 3, hiddenSize: 4, random })],
  Conv1d: [
    () => new nn.Conv1d(2, 2, 3, { random }),
    () => new nn.Conv1d(2, 2, 3, { stride: 2 }),
    () => new nn.Conv1d(2, 2, 3, { padding: 1 }),
    () => new nn.Conv1d(2, 2, 3, { dilation: 2 }),
  ],
  Conv2d: [
    () => new nn.Conv2d(2, 2, 3, { random }),
    () => new nn.Conv2d(2, 2, 3, { stride: 2 }),
    () => new nn.Conv2d(2, 2, 3, { padding: [0, 1] }),
    () => new nn.Conv2d(2, 2, 3, { dilation: 2 }),
    // The same shape of the weight.
    () => new nn.Conv2d(4, 2, 3, { groups: 2 }),
  ],
  ConvTranspose2d: [
    () => new nn.ConvTranspose2d(2, 2, 3, { stride: 2, random }),
    () => new nn.ConvTranspose2d(2, 2, 3, { stride: 3 }),
    () => new nn.ConvTranspose2d(2, 2, 3, { stride: 2, padding: 1 }),
    () => new nn.ConvTranspose2d(2, 2, 3, { stride: 2, outputPadding: 1 }),
    () => new nn.ConvTranspose2d(2, 2, 3, { stride: 2, dilation: 2 }),
  ],
  DenseNet: [() => new models.DenseNet(2, [1, 1], { random })],
  Dropout: [() => new nn.Dropout(0.5)],
  Dropout2d: [() => new nn.Dropout2d(0.5)],
  ELU: [() => new nn.ELU(), () => new nn.ELU(2)],
  Embedding: [() => new nn.Embedding(3, 2, { random }), () => new nn.Embedding(3, 2, { paddingIdx: 0 })],
  Flatten: [() => new nn.Flatten(), () => new nn.Flatten(2)],
  GELU: [() => new nn.GELU(), () => new nn.GELU({ approximate: 'tanh' })],
  GPT: [
    () => models.gpt({ vocabulary: 3, embedDim: 8, numHeads: 2, context: 4, numLayers: 1, random }),
    () => models.gpt({ vocabulary: 3, embedDim: 8, numHeads: 4, context: 4, numLayers: 1 }),
  ],
  GRU: [() => new nn.GRU(2, 2, { random }), () => new nn.GRU(2, 2, { batchFirst: true })],
  GroupNorm: [() => new nn.GroupNorm(2, 4), () => new nn.GroupNorm(4, 4), () => new nn.GroupNorm(2, 4, { eps: 1 })],
  Identity: [() => new nn.Identity()],
  LSTM: [() => new nn.LSTM(2, 2, { random }), () => new nn.LSTM(2, 2, { batchFirst: true })],
  LayerNorm: [() => new nn.LayerNorm(2), () => new nn.LayerNorm(2, { eps: 1 })],
  LeNet: [() => models.lenet({ numClasses: 2, random })],
  LeakyReLU: [() => new nn.LeakyReLU(), () => new nn.LeakyReLU(0.2)],
  Linear: [() => new Linear(2, 3, { random })],
  MaxPool2d: [
    () => new nn.MaxPool2d(2),
    () => new nn.MaxPool2d([2, 3]),
    () => new nn.MaxPool2d(2, { stride: 1 }),
    () => new nn.MaxPool2d(2, { padding: 1 }),
    () => new nn.MaxPool2d(2, { dilation: 2 }),
    () => new nn.MaxPool2d(2, { ceilMode: true }),
  ],
  ModuleList: [() => new nn.ModuleList([new Linear(2, 2, { random })])],
  MultiheadAttention: [
    () => new nn.MultiheadAttention(4, 2, { random }),
    () => new nn.MultiheadAttention(4, 4),
    () => new nn.MultiheadAttention(4, 2, { causal: true }),
    () => new nn.MultiheadAttention(4, 2, { batchFirst: true }),
  ],
  PReLU: [() => new nn.PReLU(2)],
  RNN: [
    () => new nn.RNN(2, 2, { random }),
    () => new nn.RNN(2, 2, { nonlinearity: 'relu' }),
    () => new nn.RNN(2, 2, { batchFirst: true }),
  ],
  ReLU: [() => new nn.ReLU(), () => new nn.Sigmoid(), () => new nn.Tanh()],
  ResNet: [() => models.resnet8({ inChannels: 1, random })],
  Sequential: [() => new Sequential(new Linear(2, 2, { random }))],
  SiLU: [() => new nn.SiLU()],
  Sigmoid: [() => new nn.Sigmoid()],
  Softmax: [() => new nn.Softmax(), () => new nn.Softmax(1)],
  Softplus: [() => new nn.Softplus()],
  Tanh: [() => new nn.Tanh()],
  TransformerBlock: [
    () => new nn.TransformerBlock(4, 2, { dimFeedforward: 4, random }),
    () => new nn.TransformerBlock(4, 4, { dimFeedforward: 4 }),
    () => new nn.TransformerBlock(4, 2, { dimFeedforward: 4, activation: 'gelu' }),
    () => new nn.TransformerBlock(4, 2, { dimFeedforward: 4, layerNormEps: 1 }),
    () => new nn.TransformerBlock(4, 2, { dimFeedforward: 4, normFirst: true }),
    () => new nn.TransformerBlock(4, 2, { dimFeedforward: 4, causal: true }),
    () => new nn.TransformerBlock(4, 2, { dimFeedforward: 4, batchFirst: true }),
  ],
  Upsample: [
    () => new nn.Upsample({ scaleFactor: 2 }),
    () => new nn.Upsample({ scaleFactor: 3 }),
    () => new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }),
  ],
};

const described = subject('Layers in a checkpoint');
const between = (then: Make, now: Make) => layerDifferences(layersOf(then()), layersOf(now()));
const none = { certain: [], trained: [], possible: [] };

described(
  'every layer and model that is exported is recorded under its name, and equals a second one that is made with the same options',
  () => {
    const exported = Object.entries({ ...nn, ...models }).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof Module ? [name] : [],
    );
    assert.equal(Object.keys(kinds).sort(), exported.sort());
    for (const [name, [make]] of Object.entries(kinds)) {
      const { '': root } = layersOf(make());
      assert.equal([root.kind, root.own], [name, undefined]);
      assert.equal(between(make, make), none, name);
    }
  },
);

described(
  'another value of any option that changes what a layer computes is a difference, which shows both layers as code',
  () => {
    for (const [name, [make, ...others]] of Object.entries(kinds)) {
      for (const other of others) {
        const { certain } = between(make, other);
        assert.is(certain.length, 1, `${name}: ${other}`);
        assert.match(certain[0], / is .* here, .* in the checkpoint$/);
      }
    }
    const net = (...own: Module[]) => new Sequential(new Linear(2, 2, { random }), ...own);
    assert.equal(
      between(
        () => net(new nn.ReLU()),
        () => net(new nn.Sigmoid()),
      ).certain,
      ['layer 1 is Sigmoid() here, ReLU() in the checkpoint'],
    );
    assert.equal(
      between(
        () => net(),
        () => net(new nn.MaxPool2d(2, { stride: 1 })),
      ).certain,
      ['layer 1 is MaxPool2d(2, { stride: 1 }) here, missing in the checkpoint'],
    );
  },
);

described('differences in dropout, momentum and dtype, which a continued training may have, are listed apart', () => {
  const pairs: [Make, Make][] = [
    [() => new nn.Dropout(0.5), () => new nn.Dropout(0.1)],
    [() => new Sequential(), () => new Sequential(new nn.Dropout(0.1))],
    [() => new nn.BatchNorm1d(2), () => new nn.BatchNorm1d(2, { momentum: null })],
    [() => new nn.LSTM(2, 2, { numLayers: 2, random }), () => new nn.LSTM(2, 2, { numLayers: 2, dropout: 0.5 })],
    [() => new nn.TransformerBlock(4, 2, { random }), () => new nn.TransformerBlock(4, 2, { dropout: 0.5 })],
    [() => new Linear(2, 2, { random }), () => new Linear(2, 2, { dtype: 'float64' })],
  ];
  for (const [then, now] of pairs) {
    const { certain, trained, possible } = between(then, now);
    assert.equal([certain, possible], [[], []]);
    assert.is(trained.length, 1, `${now}`);
  }
});

/** An instance of a class of the program's own. `name` is the name of the class, which a bundler may change. */
function own(name: string, fields: object): Module {
  const Made = { [name]: class extends Mine {} }[name];
  return Object.assign(new Made(), fields);
}
class Mine extends Module {
  layer = new Linear(2, 2, { random });
  forward(x: Tensor): Tensor {
    return this.layer.forward(x);
  }
}

described(
  'a changed field or class of the program’s own is a possible difference; a field that only one of the two models has is no difference',
  () => {
    const { possible, certain } = between(
      () =>
        own('Before', {
          heads: 2,
          act: relu,
          config: { causal: true },
          sizes: [1, 2],
          secret: 1,
          data: new Float32Array(3),
        }),
      () => own('Later', { heads: 4, act: sigmoid, config: { causal: false }, sizes: [1, 3] }),
    );
    assert.equal(certain, []);
    assert.equal(possible, [
      'the model is Later() here, Before() in the checkpoint',
      'heads is 4 here, 2 in the checkpoint',
      'act is "sigmoid()" here, "relu()" in the checkpoint',
      'config.causal is false here, true in the checkpoint',
      'sizes is [1,3] here, [1,2] in the checkpoint',
    ]);
  },
);

described('if a bundler renamed the program’s classes, or all classes, that is no difference', () => {
  assert.equal(
    between(
      () => own('Net', {}),
      () => own('t', {}),
    ),
    none,
  );
  assert.equal(
    between(
      () => own('_Net', {}),
      () => own('Net2', {}),
    ),
    none,
  );
  const model = (act: Module, p = 0.5) =>
    new Sequential(new Linear(2, 2, { random }), act, own('Network', {}), new nn.Dropout(p));
  const [then, other] = [new nn.ReLU(), new nn.LeakyReLU(0.1)].map((act) => layersOf(model(act)));
  const classes = [Module, Sequential, Linear, nn.ReLU, nn.Sigmoid, nn.Dropout];
  const names = classes.map(({ name }) => name);
  const rename = (to: (i: number) => string) =>
    classes.forEach((c, i) => {
      Object.defineProperty(c, 'name', { value: to(i), configurable: true });
    });
  rename((i) => 'tabcde'[i]);
  try {
    const minified = layersOf(model(new nn.Sigmoid()));
    assert.ok(Object.values(minified).every(({ kind, own }) => kind === undefined && own === undefined));
    for (const [a, b] of [
      [then, minified],
      [minified, then],
      [minified, layersOf(model(new nn.ReLU()))],
      [other, minified],
    ])
      assert.equal(layerDifferences(a, b), none);
    const wider = layersOf(new Sequential(new Linear(2, 3, { random })));
    assert.equal(layerDifferences(minified, { ...minified, 0: wider[0] }).possible, [
      'layer 0 is a layer(2, 3) here, a layer(2, 2) in the checkpoint',
    ]);
  } finally {
    rename((i) => names[i]);
  }
});

described(
  'other names of layers without parameters, a class in place of a Sequential, and a layer used twice are no differences',
  () => {
    const plain = (name: string) => own('Net', { [name]: new nn.ReLU() });
    assert.equal(
      between(
        () => plain('act'),
        () => plain('relu'),
      ),
      none,
    );
    class Chain extends Module {
      0 = new Linear(2, 2, { random });
      1 = new nn.ReLU();
      forward(x: Tensor): Tensor {
        return this[1].forward(this[0].forward(x));
      }
    }
    assert.equal(
      between(
        () => new Sequential(new Linear(2, 2, { random }), new nn.ReLU()),
        () => new Chain(),
      ),
      none,
    );
    const act = new nn.ReLU();
    assert.equal(
      between(
        () => new Sequential(act, act),
        () => new Sequential(new nn.ReLU(), new nn.ReLU()),
      ),
      none,
    );
  },
);

described('serializeSafetensors of a module writes what loadStateDict takes, for every layer and model', async () => {
  for (const [name, [make]] of Object.entries(kinds)) {
    const [from, to] = [make(), make()];
    noGrad(() => {
      for (const t of Object.values(from.stateDict())) t.assign(Array.from(t.dataSync(), (_, i) => i));
    });
    const { tensors } = parseSafetensors(await serializeSafetensors(from));
    to.loadStateDict(tensors);
    const values = (m: Module<any, any>) => Object.entries(m.stateDict()).map(([key, t]) => [key, [...t.dataSync()]]);
    assert.equal(values(to), values(from), name);
  }
  const norm = new nn.BatchNorm1d(2);
  const parts = parseCheckpoint((await trained(() => norm, { data: vectors })).file);
  await rejects(
    serializeCheckpoint({ ...parts, model: norm as never }),
    /model: must be tensors by name: got a module; give its stateDict\(\)$/,
  );
});

const vectors = tensorDataset(
  rand([8, 2], { stream: random.stream('x') }),
  rand([8, 2], { stream: random.stream('y') }),
);
const labelled = (classes: string[]) =>
  tensorDataset(rand([8, 2], { stream: new Random(3).stream('x') }), Int32Array.from([0, 1, 0, 1, 0, 1, 0, 1]), {
    classes,
  });

type Options = Partial<FitOptions> & { data?: typeof vectors };
/** Trains a model, from the last checkpoint if there is one. An epoch is one step. Without `epochs`, the training has one epoch more than
 *  there are checkpoints. */
async function trained(
  make: () => Module<any>,
  { data = vectors, ...options }: Options = {},
  checkpoints = new Kept(),
) {
  const model = make();
  const optimizer = new AdaBound(model.namedParameters());
  const train = new DataLoader(data, { batchSize: 8, seed: 1 });
  const epochs = checkpoints.files.length + 1;
  const before = bits(model, optimizer);
  try {
    const { notes } = await fit(model, { train, optimizer, epochs, checkpoints, ...options });
    return { notes, checkpoints, file: checkpoints.files.at(-1)!.file };
  } catch (error) {
    assert.equal(bits(model, optimizer), before, 'nothing has changed');
    throw error;
  }
}
/** Trains, and resumes with something changed. */
async function resumed(then: () => Module<any>, now: () => Module<any>, before: Options = {}, after = before) {
  return (await trained(now, after, (await trained(then, before)).checkpoints)).notes;
}

const chain = (...middle: Module[]) =>
  new Sequential(new Linear(2, 2, { random }), ...middle, new Linear(2, 2, { random }));
const continued = subject('A training that continues with another model');

continued('a layer that computes something else is refused by name, with nothing changed', async () => {
  const message =
    /^fit: the checkpoint is of another model: layer 1 is Sigmoid\(\) here, ReLU\(\) in the checkpoint; give the same, or train into another folder$/;
  await rejects(
    resumed(
      () => chain(new nn.ReLU()),
      () => chain(new nn.Sigmoid()),
    ),
    message,
  );
  const norms = (n: number) => chain(...Array.from({ length: 5 }, (_, i) => new nn.LayerNorm(2, { eps: n + i })));
  await rejects(
    resumed(
      () => norms(1),
      () => norms(2),
    ),
    /layer 3 is .*; and 2 more; give the same/,
  );
});

continued('a training with another dropout, momentum or plain field continues with a note', async () => {
  const note = /^the model differs from the checkpoint's, and continues as it is here: /;
  const cases: [() => Module<any>, () => Module<any>, RegExp][] = [
    [
      () => chain(new nn.Dropout(0.1)),
      () => chain(new nn.Dropout(0.2)),
      /layer 1 is Dropout\(0\.2\) here, Dropout\(0\.1\)/,
    ],
    [
      () => chain(new nn.BatchNorm1d(2)),
      () => chain(new nn.BatchNorm1d(2, { momentum: 0.5 })),
      /layer 1 is BatchNorm1d\(2, /,
    ],
    [
      () => chain(own('Scale', { by: 1 })),
      () => chain(own('Scale', { by: 2 })),
      /1\.by is 2 here, 1 in the checkpoint$/,
    ],
  ];
  for (const [then, now, what] of cases) {
    const notes = await resumed(then, now, { loss: (y) => y.square().mean() });
    assert.is(notes.length, 1);
    assert.match(notes[0], note);
    assert.match(notes[0], what);
  }
  assert.equal(
    await resumed(
      () => chain(new nn.ReLU()),
      () => chain(new nn.ReLU()),
    ),
    [],
  );
});

continued('a checkpoint of an earlier version, without layers, resumes', async () => {
  const { checkpoints, file } = await trained(() => chain(new nn.ReLU()));
  const parts = parseCheckpoint(file);
  const { layers: _, frozen: __, test: ___, ...description } = parts.description!;
  for (const old of [description, undefined]) {
    const files = new Kept();
    files.files.push(checkpoints.files[0], {
      step: 1,
      file: await serializeCheckpoint({ ...parts, description: old } as Checkpoint),
    });
    assert.equal((await trained(() => chain(new nn.Sigmoid()), { test: vectors }, files)).notes, []);
  }
});

continued('frozen parameters that were trained, or the reverse, cause a note', async () => {
  const frozen = () => {
    const model = chain();
    model.parameters()[0].requiresGrad = false;
    return model;
  };
  assert.equal(await resumed(() => chain(), frozen), [
    'the frozen parameters differ: [0.weight] are frozen here, not in the checkpoint',
  ]);
  assert.equal(await resumed(frozen, () => chain()), [
    'the frozen parameters differ: [0.weight] are frozen in the checkpoint, not here',
  ]);
  assert.equal(await resumed(frozen, frozen), []);
});

continued('classes in another order are refused; classes with other names cause a note', async () => {
  const [ab, ba, xy] = [
    ['a', 'b'],
    ['b', 'a'],
    ['x', 'y'],
  ].map((classes) => ({ data: labelled(classes) }) as Options);
  const net = () => chain();
  await rejects(
    resumed(net, net, ab, ba),
    /^fit: the checkpoint has other settings: classes: \[a, b\] then, \[b, a\] now; give the same, or train into another folder$/,
  );
  assert.equal(await resumed(net, net, ab, xy), ['the classes have other names: [a, b] then, [x, y] now']);
});

continued('another test set causes a note', async () => {
  const of = (n: number) => {
    const drawn = () => rand([n, 2], { stream: random.stream('test') });
    return { test: tensorDataset(drawn(), drawn()) };
  };
  const net = () => chain();
  for (const n of [8, 5])
    assert.equal(await resumed(net, net, { test: vectors }, of(n)), [
      `the test set differs (tensors, 8 samples then; tensors, ${n} now): test losses of earlier epochs are of the other set`,
    ]);
  assert.equal(await resumed(net, net, { test: vectors }, { test: new DataLoader(vectors, { batchSize: 3 }) }), []);
});

continued('a callback with a state is refused if its options differ from those of the checkpoint', async () => {
  const net = () => chain();
  const cases: [then: () => Callback, now: () => Callback, message: string][] = [
    [
      () => averageWeights({ decay: 0.9 }),
      () => averageWeights({ decay: 0.5 }),
      'averageWeights: decay: 0.9 then, 0.5 now',
    ],
    [() => averageWeights(), () => averageWeights({ kind: 'swa' }), 'averageWeights: kind: ema then, swa now'],
    [() => averageWeights(), () => averageWeights({ start: 2 }), 'averageWeights: start: 1 then, 2 now'],
    [() => keepBest(), () => keepBest({ monitor: 'loss' }), 'keepBest: monitor: testLoss then, loss now'],
    [() => keepBest(), () => keepBest({ mode: 'max' }), 'keepBest: mode: min then, max now'],
    [() => keepBest(), () => keepBest({ minDelta: 1 }), 'keepBest: minDelta: 0 then, 1 now'],
    [
      () => reduceOnPlateau(),
      () => reduceOnPlateau({ monitor: 'loss' }),
      'reduceOnPlateau: monitor: testLoss then, loss now',
    ],
    [() => reduceOnPlateau(), () => reduceOnPlateau({ factor: 0.5 }), 'reduceOnPlateau: factor: 0.1 then, 0.5 now'],
    [() => reduceOnPlateau(), () => reduceOnPlateau({ patience: 3 }), 'reduceOnPlateau: patience: 10 then, 3 now'],
    [() => reduceOnPlateau(), () => reduceOnPlateau({ cooldown: 3 }), 'reduceOnPlateau: cooldown: 0 then, 3 now'],
    [() => reduceOnPlateau(), () => reduceOnPlateau({ minLr: 3 }), 'reduceOnPlateau: minLr: 0 then, 3 now'],
  ];
  for (const [then, now, message] of cases) {
    const of = (make: () => Callback): Options => ({ test: vectors, callbacks: [make()] });
    await rejects(
      resumed(net, net, of(then), of(now)),
      new RegExp(`^fit: the checkpoint has other settings: ${message}; give the same,`),
    );
    assert.equal(await resumed(net, net, of(then), of(then)), []);
  }
  // `restore` acts only at the end, so it may differ.
  assert.equal(
    await resumed(
      net,
      net,
      { test: vectors, callbacks: [keepBest()] },
      { test: vectors, callbacks: [keepBest({ restore: false })] },
    ),
    [],
  );
  // A state of an earlier version has no options.
  const { checkpoints, file } = await trained(net, { callbacks: [averageWeights({ decay: 0.9 })] });
  const parts = parseCheckpoint(file);
  await checkpoints.save(await serializeCheckpoint({ ...parts, callbacks: { averageWeights: { count: 1 } } }), 1);
  assert.equal((await trained(net, { epochs: 3, callbacks: [averageWeights({ decay: 0.5 })] }, checkpoints)).notes, []);
});

continued('a callback’s state is refused if JSON would lose a part of it', async () => {
  const net = () => chain();
  for (const [state, what] of [
    [new Map([[1, 2]]), /^fit: callbacks: mine: what save returns: must be plain JSON: got a Map/],
    [{ seen: new Set([1]) }, /what save returns\.seen: must be plain JSON: got a Set/],
    [[() => 1], /what save returns\.0: must be plain JSON: got function/],
    [{ at: new Date(0) }, /what save returns\.at: must be plain JSON: got a Date/],
    [{ best: Infinity }, /what save returns\.best: must be plain JSON: got number Infinity/],
    [{ best: undefined }, /what save returns\.best: must be plain JSON: got undefined/],
  ] as const) {
    const optimizer = (m: Module) => new AdaBound(m.namedParameters());
    const model = net();
    const options = { train: new DataLoader(vectors, { batchSize: 8 }), optimizer: optimizer(model), epochs: 1 };
    const callbacks = [{ name: 'mine', save: () => state }];
    await rejects(fit(model, { ...options, callbacks, checkpoints: new Kept() }), what);
  }
  const plain = () => [{ name: 'mine', save: () => ({ a: [1, null], b: Object.fromEntries([['then', 1]]) }) }];
  assert.equal(await resumed(net, net, { callbacks: plain() }, { callbacks: plain() }), []);
});

continued('messages name a changed lr once, count groups, and say at which step a schedule differs', async () => {
  const { model, options } = training({ checkpoints: new Kept(), maxSteps: 1, schedule: () => (t) => 1 / t });
  await fit(model, options);
  const optimizer = (m: Module, groups: number) =>
    new AdaBound(
      groups === 1
        ? m.namedParameters()
        : [{ params: m.namedParameters().slice(0, 2) }, { params: m.namedParameters().slice(2) }],
      { lr: 0.5 },
    );
  const failed = async (change: Partial<FitOptions>, groups: number) => {
    const again = training();
    const all = { ...options, optimizer: optimizer(again.model, groups), ...change };
    return (await fit(again.model, all).catch((e) => e.message)) as string;
  };
  const message = (what: string) =>
    `fit: the checkpoint has other settings: ${what}; give the same, or train into another folder`;
  assert.is(await failed({}, 1), message('lr: 0.01 then, 0.5 now'));
  assert.is(await failed({}, 2), message('lr: 0.01 then, 0.5 now; parameter groups: 1 then, 2 now'));
  assert.is(
    await failed({ schedule: () => (t) => (t < 5 ? 1 / t : 0), accumulate: 2 }, 1),
    message(
      'lr: 0.01 then, 0.5 now; schedule: a factor of 0.2 on the lr at step 5 then, 0 now; is it made for the same number of steps?; accumulate: 1 then, 2 now',
    ),
  );
});

const loaded = subject('loadModel with a model of other layers');

loaded('a layer that computes something else is refused; a difference that acts only in training is not', async () => {
  const { file } = await trained(() => chain(new nn.LayerNorm(2), new nn.Dropout(0.1), new nn.BatchNorm1d(2)));
  const given = (eps: number, p: number, momentum: number) => ({
    model: chain(new nn.LayerNorm(2, { eps }), new nn.Dropout(p), new nn.BatchNorm1d(2, { momentum })),
  });
  const { model } = given(1, 0.1, 0.1);
  const before = [...model.parameters()[0].dataSync()];
  await rejects(
    loadModel(file, { model }),
    /^loadModel: the given model is another: layer 1 is LayerNorm\(2, \{ eps: 1 \}\) here, LayerNorm\(2\) in the checkpoint; give the same layers, or copy/,
  );
  assert.equal([...model.parameters()[0].dataSync()], before, 'nothing has changed');
  assert.equal((await loadModel(file, given(1e-5, 0.5, 0.5))).notes, []);
  assert.equal((await loadModel(file, { model: given(1e-5, 0.1, 0.1).model.toDType('float64') })).notes, []);
});

loaded('a difference in the dropout of a block hides no difference in its layers, and is listed once', () => {
  const block = (dropout: number, eps?: number) => {
    const made = new nn.TransformerBlock(4, 2, { dimFeedforward: 4, dropout, random });
    return Object.assign(made, eps && { norm1: new nn.LayerNorm(4, { eps }) });
  };
  const { certain, trained: told } = layerDifferences(layersOf(block(0.1)), layersOf(block(0.2, 0.5)));
  assert.equal(certain, ['layer norm1 is LayerNorm(4, { eps: 0.5 }) here, LayerNorm(4) in the checkpoint']);
  assert.is(told.length, 1);
});

loaded('another field or class of the program’s own causes a note', async () => {
  const { file } = await trained(() => chain(own('Scale', { by: 1 })), { loss: (y) => y.square().mean() });
  assert.equal((await loadModel(file, { model: chain(own('Scale', { by: 2 })) })).notes, [
    "the model differs from the checkpoint's: 1.by is 2 here, 1 in the checkpoint",
  ]);
  assert.equal((await loadModel(file, { model: chain(own('Scale', { by: 1 })) })).notes, []);
});

loaded(
  'a model in which two layers share a tensor is refused if the checkpoint has two different tensors for it',
  async () => {
    const make = (isShared: boolean) => {
      const model = chain();
      if (isShared) Object.assign(model[1], { weight: (model[0] as Linear).weight });
      return model;
    };
    const { file } = await trained(() => make(false));
    await rejects(
      loadModel(file, { model: make(true) }),
      /^loadModel: the given model is another: 0\.weight and 1\.weight are one tensor here, two in the checkpoint$/,
    );
    const shared = await trained(() => make(true));
    assert.equal((await loadModel(shared.file, { model: make(false) })).notes, []);
    assert.equal((await loadModel(shared.file, { model: make(true) })).notes, []);
  },
);

// Misuses of ten kinds: options, sums, derivatives, trainings without effect, lost parameters, data, wrong arguments, messages, printed
// and saved values, files and dtypes. They were written down from README, the guides and the documentation comments alone. The calls are not
// typed, as in JavaScript.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as root from '../../index.js';
import * as node from '../../node/index.js';
import * as sweeps from '../../sweep/index.js';
import { afterFile, assert, subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, list, net, values } from './small.js';

const test = subject('Misuses by kind');
const b: any = root;
const { Adam, BatchNorm1d, DataLoader, Linear, Module, Random, Sequential, Stream } = b;
const { crossEntropy, csv, fit, full, grad, mlp, norm, ones, predictor, rematerialize, splitDataset } = b;
const { serializeSafetensors, standardize, std, tensor, zeros } = b;
const n: any = node;
const folder = mkdtempSync(join(tmpdir(), 'boundgrad-kinds-'));
afterFile(() => rmSync(folder, { recursive: true, force: true }));

const load = (data: any) => new DataLoader(data, { batchSize: 8, seed: 7 });
const train = async (model: any, more: object = {}) =>
  (await fit(model, { train: load(classes()), optimizer: adam(model), epochs: 2, ...more })).outcome;
const batch = (): any[] => [ones([4, 2]), [0, 1, 0, 1]];
const loss = (model: any) => crossEntropy(model.forward(batch()[0]), batch()[1]);
const int = (...numbers: number[]) => tensor(new Int32Array(numbers));
const all = (t: any): number[] => [...t.dataSync()];
const close = (t: any, expected: number) => Math.abs(t.itemSync() / expected - 1) < 1e-6;
const x = (...numbers: number[]) => tensor(numbers, { requiresGrad: true });
const gradient = (f: (x: any) => any, ...numbers: number[]) => {
  const leaf = x(...numbers);
  f(leaf).sum().backward();
  return all(leaf.grad);
};
/** A module with these fields and this forward. */
const own = (fields: () => object, forward: (this: any, x: any) => unknown): any => {
  class Own extends Module {
    constructor() {
      super();
      Object.assign(this, fields());
    }
  }
  Own.prototype.forward = forward as never;
  return new (Own as any)();
};
const batchNorm = (counter: unknown) => {
  const layer = new BatchNorm1d(1);
  layer.loadStateDict({ ...layer.stateDict(), num_batches_tracked: counter });
  return layer.numBatchesTracked.itemSync();
};
const rate = (optimizer: any) => optimizer.paramGroups[0].lr;
const bytes = (text: string) => new TextEncoder().encode(text);

const options: Misuse[] = [
  [
    'options of a class with getters',
    () =>
      new Adam(
        net().parameters(),
        new (class Config {
          get lr() {
            return 0.5;
          }
        })(),
      ),
    { refused: /^Adam: options are an object of lr, .*: got a Config$/ },
  ],
  [
    'options of a prototype',
    () => new Adam(net().parameters(), Object.create({ lr: 0.5 })),
    { refused: /^Adam: options are an object of lr, .*: got an Object$/ },
  ],
  [
    'options that are fields of a class',
    () =>
      rate(
        new Adam(
          net().parameters(),
          new (class Config {
            lr = 0.5;
          })(),
        ),
      ),
    { fine: 0.5 },
  ],
  [
    'options of an operation as a Map',
    () => ones([2, 3]).sum(1, new Map([['keepdim', true]])),
    { refused: /got a Map$/ },
  ],
  [
    'a clip by norm and by value',
    () => train(net(), { clip: { norm: 1, value: 1 } }),
    { refused: /^fit: clip: give one of \{ norm \} or \{ value \}/ },
  ],
  [
    'a hook of Keras',
    () => train(net(), { callbacks: [{ onEpochEnd() {} }] }),
    { refused: /never called: onEpochEnd; .*did you mean onEpoch\?$/ },
  ],
  [
    'a range of two kinds in a sweep',
    () => sweeps.sweep({ space: { adam: { lr: { log: [1, 2], uniform: [0, 1] } as any } }, run: () => null }),
    { refused: /takes one of log, uniform, integer, values: log and uniform given/ },
  ],
  [
    'the state of a loader as its options',
    () => new DataLoader(classes(), { batchSize: 8, ...load(classes()).state() }),
    { refused: /^DataLoader: unknown option: epoch; / },
  ],
  [
    'a folder of checkpoints with a number to keep',
    () => n.checkpointFolder(join(folder, 'kept'), { keep: 5 }),
    { refused: /^checkpointFolder: too many arguments: 2; at most 1$/ },
  ],
  [
    'a checkpoint that is read with options',
    () => n.readCheckpoint(folder, { newest: true }),
    { refused: /^readCheckpoint: too many arguments/ },
  ],
  [
    'a picture that is read with a size',
    () => n.readPicture('a.png', { size: 8 }),
    { refused: /^readPicture: too many/ },
  ],
  [
    'clipGradNorm with the order of the norm',
    () => b.clipGradNorm(net().parameters(), 1, 1),
    { refused: /^clipGradNorm: too many arguments: 3; at most 2$/ },
  ],
  ['clipGradValue with a range', () => b.clipGradValue(net().parameters(), -1, 1), { refused: /^clipGradValue: / }],
  ['a crop with a colour', () => b.randomCrop(4, { fill: 128 }), { refused: /^randomCrop: too many arguments/ }],
  ['a flip with a direction', () => b.randomFlip(0.5, 'vertical'), { refused: /^randomFlip: too many arguments/ }],
  ['a predictor with options', () => predictor(net(), classes(), { top: 1 }), { refused: /^predictor: too many/ }],
  [
    'the mode of a call, as in Keras',
    () => net().forward(ones([1, 2]), { training: false }),
    { refused: /^Sequential: too many arguments/ },
  ],
];

const sums: Misuse[] = [
  [
    'the deviation of numbers whose squares exceed float32',
    () => close(std(tensor([1e25, -1e25])), Math.SQRT2 * 1e25),
    { fine: true },
  ],
  [
    'the deviation of numbers whose squares vanish',
    () => close(std(tensor([1e-25, 3e-25])), Math.SQRT2 * 1e-25),
    { fine: true },
  ],
  [
    'the deviation of huge columns',
    () =>
      std(
        tensor([
          [1e30, 1],
          [3e30, 3],
        ]),
        0,
      ).dtype,
    { fine: 'float32' },
  ],
  ['the norm of huge numbers', () => close(norm(tensor([3e20, 4e20])), 5e20), { fine: true }],
  ['the norm of tiny numbers', () => close(norm(tensor([3e-30, 4e-30])), 5e-30), { fine: true }],
  [
    'the 3-norm of huge numbers',
    () => close(norm(tensor([1e20, 1e20]), undefined, { p: 3 }), 2 ** (1 / 3) * 1e20),
    { fine: true },
  ],
  [
    'the norm of huge numbers by a negative order',
    () => close(norm(tensor([1e20, 1e20]), undefined, { p: -2 }), 1e20 / Math.SQRT2),
    { fine: true },
  ],
  [
    'the mean of a window near the end of float32',
    () => close(b.avgPool2d(full([1, 1, 2, 2], 3e38), { kernelSize: 2 }), 3e38),
    { fine: true },
  ],
  [
    'a product whose parts leave float32 in one order',
    () => close(b.prod(tensor([1e30, 1e30, 1e-30, 1e-30])), 1),
    { fine: true },
  ],
  ['a sum of int32 beyond int32', () => int(2147483647).add(int(1)), { refused: /^add: not an int32: 2147483648/ }],
  [
    'a running sum of a million tenths',
    () =>
      Math.abs(
        b
          .cumsum(full([1e6], 0.1), 0)
          .at(-1)
          .itemSync() - 1e5,
      ) < 0.01,
    { fine: true },
  ],
  ['layerNorm of huge numbers', () => all(b.layerNorm(tensor([[1e25, -1e25]]), [2])), { fine: [1, -1] }],
];

const derivatives: Misuse[] = [
  ['the gradient of huber far away', () => gradient((v) => b.huber(v, zeros([2])), 1e20, -1e20), { fine: [0.5, -0.5] }],
  ['the gradient of elu far away', () => gradient(b.elu, 1e3, 1e20), { fine: [1, 1] }],
  [
    'the gradient of gelu by tanh far away',
    () => gradient((v) => b.gelu(v, { approximate: 'tanh' }), 1e3, 1e20, -1e20, 3e38),
    { fine: [1, 1, 0, 1] },
  ],
  ['gelu by tanh far below 0', () => b.gelu(tensor([-1e30]), { approximate: 'tanh' }).itemSync() === 0, { fine: true }],
  [
    'the second derivative of a norm at 0',
    () => {
      const leaf = x(0, 3);
      const [g] = grad(norm(leaf, undefined, { p: 1.5 }), [leaf], { createGraph: true });
      g.sum().backward();
      return [...all(g), ...all(leaf.grad)].map((v) => Math.round(1e6 * v) / 1e6 + 0);
    },
    { fine: [0, 1, 0, 0] },
  ],
  [
    'the second derivative of the deviation of equal numbers',
    () => {
      const leaf = x(2, 2, 2);
      const [g] = grad(std(leaf), [leaf], { createGraph: true });
      g.square().sum().backward();
      return all(leaf.grad);
    },
    { fine: [0, 0, 0] },
  ],
  [
    'layers in rematerialize whose input needs no gradient',
    () => {
      const model = net();
      rematerialize((v: any) => model.forward(v), ones([3, 2]))
        .sum()
        .backward();
      return model.parameters().every((p: any) => p.grad);
    },
    { fine: true },
  ],
  [
    'a masked class with the target 0',
    () => gradient((v) => crossEntropy(v.reshape([1, 3]), tensor([[0.5, 0, 0.5]])), 1, -Infinity, 1).map((v) => v + 0),
    { fine: [0, 0, 0] },
  ],
  [
    'retainGrad after backward',
    () => {
      const y = x(1, 2).mul(2);
      y.sum().backward();
      return y.retainGrad().grad;
    },
    { warned: /^grad: not a leaf: an operation made this tensor; call retainGrad\(\) first$/ },
  ],
  [
    'a retained gradient that was set to null',
    () => {
      const y = x(1, 2).mul(2).retainGrad();
      y.sum().backward();
      y.grad = null;
      return y.grad;
    },
    { fine: null },
  ],
  [
    'noGrad with an asynchronous function',
    () => b.noGrad(async () => null),
    { refused: /^noGrad: the function returned a promise/ },
  ],
  [
    'a gradient of one element for many',
    () =>
      b
        .customOp(
          'double',
          (v: any) => v.mul(2),
          (g: any) => [g.sum()],
        )(x(1, 2))
        .sum()
        .backward(),
    { refused: /^double: its vjp returned float32 \(\) for an input of float32 \(2\)$/ },
  ],
  [
    'gradcheck of a detached operand',
    () => b.gradcheck((v: any) => v.detach().square().sum(), [tensor([3], { dtype: 'float64' })]),
    { refused: /^gradcheck: the result of fn depends on no input/ },
  ],
];

const idle: Misuse[] = [
  [
    'an lr that is assigned to the optimizer',
    () => {
      const [model] = [net()];
      const optimizer = Object.assign(adam(model), { lr: 1e-9 });
      loss(model).backward();
      optimizer.step();
    },
    { refused: /^Adam: lr is in a group: assign optimizer\.paramGroups\[0\]\.lr$/ },
  ],
  [
    'requiresGrad of a model as a field',
    () => (net().requiresGrad = false),
    { refused: /^requiresGrad: a method: call it$/ },
  ],
  ['eval as a field', () => (net().eval = true), { refused: /^eval: a method: call it$/ }],
  ['a closure for step', () => adam(net()).step(() => 1), { refused: /^Adam: step: too many arguments/ }],
  [
    'an optimizer with the parameters of another model, and a schedule',
    () => train(net(), { epochs: 9, optimizer: new Adam(net().parameters(), { schedule: b.cosine(3) }) }),
    { refused: /would not train the model/ },
  ],
  [
    'a schedule for fewer steps than the training has',
    () => {
      const model = net();
      return train(model, { epochs: 9, optimizer: adam(model, { schedule: b.cosine(3) }) });
    },
    { warned: /^fit: the lr is 0 from step \d+ on/ },
  ],
  [
    'a state dict that was JSON',
    () => net().loadStateDict(JSON.parse(JSON.stringify(net().stateDict()))),
    { refused: /^loadStateDict: takes tensors by name, .*: its 1\.weight is an Object$/ },
  ],
  [
    'the state of an optimizer that was JSON',
    () => {
      const model = net();
      const optimizer = adam(model);
      loss(model).backward();
      optimizer.step();
      optimizer.loadStateDict(JSON.parse(JSON.stringify(optimizer)));
    },
    { refused: /^Adam: the state does not fit: 1\.weight\.m is an Object, not float32 \(6,2\)$/ },
  ],
  [
    'dropout in noGrad, which is no evaluation mode',
    () => {
      const model = mlp({ sizes: [2, 64, 2], dropout: 0.5 });
      const [one, other] = list(2, () => all(b.noGrad(() => model.forward(ones([4, 2])))).join());
      return one === other;
    },
    { fine: false },
  ],
  [
    'statistics of a layer that keeps none',
    () => b.updateBatchNorm(new Sequential(new BatchNorm1d(2, { trackRunningStats: false })), load(classes())),
    { fine: undefined },
  ],
];

const lost: Misuse[] = [
  [
    'a layer that a getter makes',
    () =>
      adam(
        new (class extends Module {
          get head() {
            return new Linear(2, 2);
          }
          forward = (v: any) => this.head.forward(v);
        })(),
      ),
    { refused: /^Adam: no parameters/ },
  ],
  [
    'a layer that forward makes',
    () =>
      train(
        own(
          () => ({ body: new Linear(2, 2) }),
          function (v) {
            return new Linear(2, 2).forward(this.body.forward(v));
          },
        ),
      ),
    { warned: /^Adam: parameters that no optimizer has are not trained: / },
  ],
  [
    'a layer in a field with a symbol',
    () => {
      const head = Symbol('head');
      const fields = () => ({ body: new Linear(2, 2), [head]: new Linear(2, 2) });
      return train(
        own(fields, function (v) {
          return this[head].forward(this.body.forward(v));
        }),
      );
    },
    { warned: /^Adam: parameters that no optimizer has are not trained: / },
  ],
  [
    'a layer in an object of a plain class',
    () => {
      const fields = () => ({
        encoder: new (class Encoder {
          layer = new Linear(2, 2);
        })(),
        out: new Linear(2, 2),
      });
      return train(
        own(fields, function (v) {
          return this.out.forward(this.encoder.layer.forward(v));
        }),
      );
    },
    { warned: /^Adam: parameters that no optimizer has are not trained: / },
  ],
  [
    'a trained model in a field',
    () => {
      const fields = () => ({ back: predictor(net(), classes()), out: new Linear(2, 2) });
      return train(
        own(fields, function (v) {
          return this.out.forward(this.back.model.forward(v));
        }),
      );
    },
    { warned: /^Adam: parameters that no optimizer has are not trained: / },
  ],
  [
    'a field with the name of a method',
    () =>
      own(
        () => ({ children: [new Linear(2, 2)] }),
        (v) => v,
      ),
    { refused: /^children: a method: call it$/ },
  ],
  [
    'an output in a field',
    () =>
      train(
        own(
          () => ({ layer: new Linear(2, 2) }),
          function (v) {
            return (this.last = this.layer.forward(v));
          },
        ),
      ),
    { refused: /^fit: last: a result of forward in a field counts as a parameter/ },
  ],
  [
    'initial weights that require no gradient',
    () => {
      const model = net();
      model[1].weight = b.randn([6, 2]);
      return train(model);
    },
    { warned: /^fit: not trained: 1\.weight: give it \{ requiresGrad: true \}/ },
  ],
  [
    'weights that are replaced after the optimizer was made',
    () => {
      const model = net();
      const optimizer = adam(model);
      model[1].weight = b.randn([6, 2], { requiresGrad: true });
      return train(model, { optimizer });
    },
    { refused: /its 1\.weight is another tensor than the model's/ },
  ],
  [
    'tied weights in another dtype',
    () => {
      const model = own(
        () => ({ a: new Linear(3, 3), c: new Linear(3, 3) }),
        (v) => v,
      );
      model.c.weight = model.a.weight;
      model.toDType('float64');
      return model.c.weight === model.a.weight;
    },
    { fine: true },
  ],
  [
    'a loop over the layers of a Sequential',
    () => {
      const model = net();
      let [y, steps] = [ones([1, 2]), 0];
      for (let i = 0; i < model.length; i++, steps++) y = model[i].forward(y);
      return `${steps} ${y.shape}`;
    },
    { fine: `${net().children().length} 1,2` },
  ],
];

const data: Misuse[] = [
  ['a fraction added to int32', () => all(int(1, 2).add(0.5)), { fine: [1.5, 2.5] }],
  ['full of int32 with a fraction', () => full([1], 2.5, { dtype: 'int32' }), { refused: /^full: not an int32: 2\.5/ }],
  ['a fraction assigned to int32', () => int(1).assign(1.5), { refused: /^assign: not an int32: 1\.5/ }],
  ['a border of int32 with a fraction', () => b.pad(int(1), [[1, 0]], 0.5), { refused: /^pad: value: not an int32/ }],
  ['int32 limited to a fraction', () => b.clamp(int(5), { max: 2.5 }).itemSync(), { fine: 2.5 }],
  [
    'the minus sign of a typesetter',
    () => csv('x,y\n\u22125,1\n3,2\n4,3\n', { target: 'y' }),
    { refused: /a text among numbers: '\u22125'/ },
  ],
  [
    'postal codes with leading zeros',
    () => csv(`zip,y\n${list(40, (i) => `0${1000 + 37 * i},${i % 7}`).join('\n')}\n`, { target: 'y' }),
    { warned: /'zip' has leading zeros, as codes have/ },
  ],
  [
    'a city in three spellings',
    () => csv('city,y\nOslo,1\noslo,2\nOSLO,3\nRome,4\nRome,5\n', { target: 'y' }),
    { warned: /'city' has categories that look alike/ },
  ],
  [
    "labels of a data set of one's own that are halves",
    () => {
      const halves = (at: any) => ({ inputs: new Float32Array(2 * at.length), labels: list(at.length, () => 0.5) });
      return train(net(), {
        train: load({ ...classes(), length: 24, shape: [2], classes: ['no', 'yes'], batch: halves }),
      });
    },
    { refused: /a label names no class: 0\.5 of sample 0/ },
  ],
  [
    'an asynchronous change of inputs',
    () => train(net(1), { train: load(b.mapDataset(values(), async (v: any) => v)) }),
    { refused: /must be a Float32Array: a Promise/ },
  ],
  [
    'two parts that are standardized by themselves',
    () => {
      const [one, other] = splitDataset(values(), 0.5).map((part: any) => standardize(part));
      return train(net(1), { train: load(one), test: other });
    },
    { warned: /it has another standardization of the inputs/ },
  ],
  ...[true, [1], 1n, new Date(0), {}].map(
    (size): Misuse => [
      `a cell that is ${typeof size} ${Object.prototype.toString.call(size)}`,
      () => predictor(mlp({ sizes: [1, 1] }), csv('size,y\n1,1\n2,3\n3,2\n', { target: 'y' })).predict([{ size }]),
      { refused: /column 'size': a cell is a text or a number/ },
    ],
  ),
];

const huge = () => b.broadcastTo(ones([1]), [1e12]);
const wrong: Misuse[] = [
  [
    'a list in itself',
    () => {
      const inner: any[] = [];
      inner.push(inner);
      return tensor(inner);
    },
    { refused: /^tensor: not a number: an array at \[0,0,0,0,0,0,0,0,0\]; nested too deep$/ },
  ],
  ...Object.entries<() => unknown>({
    blobs: () => b.blobs({ samples: 1e12 }),
    moons: () => b.moons({ samples: 1e12 }),
    spirals: () => b.spirals({ samples: 1e12 }),
  }).map(
    ([name, call]): Misuse => [
      `${name} of 1e12 samples`,
      call,
      { refused: new RegExp(`^${name}: samples must be at most 1e8`) },
    ],
  ),
  ['1e12 centers', () => b.blobs({ centers: 1e12 }), { refused: /^blobs: samples of 1000000000000 classes/ }],
  [
    'a border of 1e12',
    () => b.pad(ones([1]), [[1e12, 0]]),
    { refused: /^pad: out of memory: \(1000000000000\) in float32/ },
  ],
  ['1e9 layers', () => new b.LSTM(2, 2, { numLayers: 1e9 }), { refused: /^LSTM: numLayers must be at most 1000/ }],
  ...['sum', 'mean', 'max', 'variance', 'argMax', 'cast', 'clone', 'dataSync', 'toString'].map(
    (name): Misuse => [
      `${name} of a view that repeats an element 1e12 times`,
      () => huge()[name](...(name === 'cast' ? ['float64'] : [])),
      { refused: /out of memory: \(1000000000000\)/ },
    ],
  ),
  [
    'a shape of BigInts',
    () => ones([2n, 3n]),
    { refused: /^ones: a shape is a list of non-negative integers: \["2","3"\]$/ },
  ],
  ['an axis that is a BigInt', () => ones([2, 3]).sum(1n), { refused: /^sum: no such axis: "1" of 2 axes$/ }],
  [
    'groups that are a symbol',
    () => b.conv2d(ones([1, 1, 4, 4]), ones([1, 1, 2, 2]), null, { groups: Symbol('g') }),
    { refused: /^conv2d: groups must be a positive integer: symbol/ },
  ],
  [
    'groups of conv1d that are an object',
    () => b.conv1d(ones([1, 1, 4]), ones([1, 1, 2]), null, { groups: {} }),
    { refused: /^conv1d: groups must be a positive integer/ },
  ],
  [
    'groups of convTranspose2d that are 0',
    () => b.convTranspose2d(ones([1, 1, 4, 4]), ones([1, 1, 2, 2]), null, { groups: 0 }),
    { refused: /^convTranspose2d: groups must be/ },
  ],
  [
    'a dropout that is a symbol',
    () => new b.GRU(2, 2, { dropout: Symbol('d') }),
    { refused: /^GRU: dropout must lie in \[0, 1\]/ },
  ],
  [
    'a table that is NaN',
    () => csv('x,y\n1,2\n', { table: Number.NaN }),
    { refused: /^csv: table must be the table of a data set: NaN$/ },
  ],
  [
    'a proxied model',
    () => new Proxy(net(), {}).forward(ones([1, 2])),
    { refused: /^Sequential: a copy lacks its private fields/ },
  ],
  [
    'the result of a sweep for judge',
    () => sweeps.judge({ trials: [] } as any),
    { refused: /^judge: trials must be the trials that sweep returned/ },
  ],
  [
    'explain without an index',
    () => {
      const model = net();
      loss(model).backward();
      return b.explain(adam(model), model[1].weight);
    },
    { refused: /^explain: no such element: undefined/ },
  ],
  [
    'a condition without the call',
    () => b.breakWhen(adam(net()), [b.firstClip]),
    { refused: /firstClip\(\) makes one$/ },
  ],
  [
    'a problem without the call',
    () => b.regret(b.online.cycle, b.AdaBound, 10),
    { refused: /online\.cycle\(\) makes one$/ },
  ],
];

const messages: Misuse[] = [
  [
    'a final lr below 0',
    () => new b.AMSBound(net().parameters(), { finalLr: -1 }),
    { refused: /^AMSBound: finalLr must be/ },
  ],
  [
    'betas that are one number',
    () => new b.LAMB(net().parameters(), { betas: 0.9 }),
    { refused: /^LAMB: betas must be/ },
  ],
  ['the deviation of nothing', () => std(zeros([0])), { refused: /^std: no elements/ }],
  ['the deviation of a number', () => std(3), { refused: /^std: takes a tensor: got number 3/ }],
  ['the norm along an axis that does not exist', () => norm(ones([2]), 2), { refused: /^norm: no such axis: 2/ }],
  ['silu of a number', () => b.silu(3), { refused: /^silu: takes a tensor/ }],
  [
    'a charLstm without hidden values',
    () => b.charLstm({ vocabulary: 5, hiddenSize: 0 }),
    { refused: /^CharLSTM: hiddenSize must be a positive integer: 0$/ },
  ],
  ['a gpt whose heads do not divide', () => b.gpt({ vocabulary: 5, embedDim: 30 }), { refused: /^GPT: numHeads/ }],
  [
    'tokens of a gpt that are floats',
    () => b.gpt({ vocabulary: 5 }).forward(ones([1, 4])),
    { refused: /^Embedding: the index must be an int32 tensor: float32; cast it$/ },
  ],
  [
    'the state of an LSTM as one tensor',
    () => new b.LSTM(3, 4).forward(ones([2, 1, 3]), ones([1, 1, 4])),
    { refused: /^LSTM: the state must be a pair \[h, c\]/ },
  ],
  [
    'a share in percent',
    () => splitDataset(classes(), 80),
    { refused: /^splitDataset: the share must be between 0 and 1: 80$/ },
  ],
  [
    'a loss without a mean',
    () => train(net(), { loss: (y: any, t: any) => crossEntropy(y, t, { reduction: 'none' }) }),
    { refused: /^fit: the loss must be a scalar, as a mean: \[8\]$/ },
  ],
  [
    'a schedule that is called',
    () => train(net(), { schedule: b.cosine(10) }),
    { refused: /give a function of the steps/ },
  ],
];

const printed: Misuse[] = [
  [
    'a loop over the length of a tensor',
    () => tensor([1, 2]).length,
    { refused: /^t\.length: use t\.size or t\.shape\[0\]$/ },
  ],
  [
    'the text of tiny values',
    () => String(tensor([1e-8, 2e-9])),
    { fine: 'tensor([1.0000e-8, 2.0000e-9], shape (2), float32)' },
  ],
  [
    'the text of huge values with NaN',
    () => String(tensor([1e10, Number.NaN, -Infinity])),
    { fine: 'tensor([1.0000e+10,        NaN,  -Infinity], shape (3), float32)' },
  ],
  [
    'a file that is not awaited, in a Blob',
    () => new Blob([serializeSafetensors(net())] as any),
    { refused: /^serializeSafetensors: a promise: await it$/ },
  ],
  [
    'a file that is not awaited, as JSON',
    () => JSON.stringify({ file: serializeSafetensors(net()) }),
    { refused: /^serializeSafetensors: a promise: await it$/ },
  ],
  [
    'a cloned tensor',
    () => tensor(structuredClone(tensor([1, 2]))),
    { refused: /^tensor: not a number: an Object at \[\]; give shape, dtype, data$/ },
  ],
  [
    'JSON without a dtype',
    () => tensor({ shape: [2], data: [1, 2] }),
    { refused: /^tensor: .*; give shape, dtype, data$/ },
  ],
  [
    'JSON with a fraction in int32',
    () => tensor({ shape: [1], dtype: 'int32', data: [1.5] }),
    { refused: /^tensor: not an int32: 1\.5/ },
  ],
  [
    'a number of threads that is a text',
    () => b.setThreads('max'),
    { refused: /^setThreads: must be an integer from 1 to 64: string "max"$/ },
  ],
  [
    'a cloned Random',
    () => new Linear(2, 2, { random: structuredClone(new Random(3)) }),
    { refused: /^Linear: random must be a Random/ },
  ],
  [
    'a state of a stream that is text',
    () => new Stream(JSON.stringify(new Random(3).stream('a'))),
    { refused: /^Stream: not a state$/ },
  ],
  [
    'a stream whose name is a number, saved as JSON',
    () => {
      const random = new Random(3);
      random.stream(5).uniform();
      const copy = Random.from(JSON.parse(JSON.stringify(random)));
      return copy.stream(5).uniform() === random.stream(5).uniform();
    },
    { fine: true },
  ],
  [
    'an optimizer as JSON',
    () => {
      const model = net();
      const optimizer = adam(model);
      loss(model).backward();
      optimizer.step();
      const { tensors, meta } = JSON.parse(JSON.stringify(optimizer));
      const read = Object.entries(tensors).map(([name, t]) => [name, tensor(t)]);
      const other = adam(net());
      other.loadStateDict({ tensors: Object.fromEntries(read), meta });
      return `${other.steps} ${Object.keys(tensors)[0]}`;
    },
    { fine: '1 1.weight.m' },
  ],
];

const files: Misuse[] = [
  [
    'parameters with names as a file',
    () => serializeSafetensors(net().namedParameters()),
    { refused: /must be an object \{ name: tensor \}: got an array$/ },
  ],
  [
    'an optimizer as a file',
    () => serializeSafetensors(adam(net())),
    { refused: /give optimizer\.stateDict\(\)\.tensors$/ },
  ],
  [
    'metadata with a number',
    () => serializeSafetensors({ a: ones([1]) }, { epoch: 3 }),
    { refused: /metadata must be texts: epoch is number/ },
  ],
  [
    'a pointer of Git LFS',
    () => b.parseSafetensors(bytes('version https://git-lfs.github.com/spec/v1\n')),
    { refused: /^safetensors: .*another format\?$/ },
  ],
  [
    'the page of a missing file',
    () => b.parseSafetensors(bytes('<!doctype html><title>404</title>')),
    { refused: /another format\?$/ },
  ],
  [
    'a tensor named __proto__',
    () => serializeSafetensors(Object.fromEntries([['__proto__', ones([1])]])),
    { refused: /a reserved name: __proto__/ },
  ],
  ...['float', 'long', 'int64', 'float16', 'Float32', 'torch.float32'].map(
    (dtype): Misuse => [
      `the dtype ${dtype}`,
      () => zeros([1], { dtype }),
      { refused: /unknown dtype: .*; one of float32, float64, int32, bool$/ },
    ],
  ),
  [
    'one name to skip as a text',
    async () => b.parseSafetensors(await serializeSafetensors(net()), { skip: '1.weight' }),
    { refused: /^parseSafetensors: skip must be a list of names/ },
  ],
  [
    'a file that is not awaited',
    () => b.parseSafetensors(serializeSafetensors(net())),
    { refused: /^parseSafetensors: takes a Uint8Array: got a Promise; await it$/ },
  ],
  [
    'the bytes of a file as a state dict',
    async () => net().loadStateDict(await serializeSafetensors(net())),
    { refused: /^loadStateDict: takes tensors by name/ },
  ],
  // As documented: loadStateDict casts each value to the dtype of the tensor that it fills.
  ['a counter of 1.5', () => batchNorm(tensor(1.5)), { fine: 1 }],
];

for (const misuses of [options, sums, derivatives, idle, lost, data, wrong, messages, printed, files])
  testMisuses(test, misuses);

test('types refuse misspelt options, values of other types, and results that are not awaited', () => {
  const t = root.ones([2]);
  const typed = (model: root.Module, set: root.AnyDataset, model2: root.TrainedModel): unknown[] => [
    // @ts-expect-error
    new root.Adam(model.parameters(), { learningRate: 1 }),
    // @ts-expect-error
    t.sum({ axis: 1 }),
    // @ts-expect-error
    t.sum(0, true),
    // @ts-expect-error
    new root.Conv2d(1, 2, 3, { stride: '2' }),
    // @ts-expect-error
    root.fit(model, { train: set, optimizer: new root.Adam(model.parameters()), epochs: 1 }),
    // @ts-expect-error
    t.item() + 1,
    // @ts-expect-error
    model2.predict(t)[0],
    // @ts-expect-error
    t.cast('float16'),
    // @ts-expect-error
    root.splitDataset(set, '80%'),
    // @ts-expect-error
    root.earlyStopping({ monitor: 'valLoss' }),
  ];
  // The compiler checks it; nothing calls it.
  assert.is(typeof typed, 'function');
});

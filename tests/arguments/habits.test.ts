// Misuses by habit: what users bring along from other libraries, from synchronous languages and from earlier projects. They were written down
// from the documentation alone. Each is refused in one line, is warned of, or does what the documentation says. The calls are not typed, as in
// JavaScript.
import * as root from '../../index.js';
import { sweep } from '../../sweep/index.js';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, list, net, points, values } from './small.js';

const test = subject('Misuses by habit');
const b: any = root;
const { csv, DataLoader, evaluate, fit, generate, mlp, predictor, standardize, tensor, tensorDataset, textDataset } = b;
const { charLstm, cosine, crossEntropy, ImageDataset, Linear, LSTM, Module, Random, Sequential, warmUp, zeros } = b;

const load = (data: any, more: object = {}) => new DataLoader(data, { batchSize: 8, shuffle: true, seed: 7, ...more });
const train = (model: any, data: any, more: object = {}): Promise<any> =>
  fit(model, { train: load(data), optimizer: adam(model), epochs: 1, ...more });
const backward = (model: any) => crossEntropy(model.forward(zeros([2, 2])), [0, 1]).backward();
const threeClasses = (options: object = { classes: ['a', 'b', 'c'] }) =>
  tensorDataset(
    points(24, 1),
    list(24, (i) => i % 3),
    options,
  );
const size = (i: number) => `${40 + ((i * 37) % 100)}.5`;
const houses = (cities = ['Oslo', 'Rome', 'Bonn']) =>
  `size,city,price\n${list(30, (i) => `${size(i)},${cities[i % 3]},${1000 * Number(size(i)) + 500 * (i % 7)}`).join('\n')}`;
const table = () => {
  const data = csv(houses(), { target: 'price' });
  return predictor(mlp({ sizes: [4, 1] }), data);
};
const images = (more: object = {}) =>
  new ImageDataset({
    name: 'images',
    pixels: list(4 * 64, (i) => (i * 37) % 256),
    labels: [0, 1, 0, 1],
    shape: [1, 8, 8],
    classes: ['a', 'b'],
    mean: [0.5],
    std: [0.5],
    ...more,
  });
class Two extends Module {
  fc: any = new Linear(2, 6, { random: new Random(7) });
  out: any = new Linear(6, 2, { random: new Random(8) });
  constructor(forward = (net: Two, x: any): any => net.out.forward(net.fc.forward(x))) {
    super();
    Object.defineProperty(this, 'run', { value: forward, enumerable: false });
  }
  forward(x: any) {
    return (this as any).run(this, x);
  }
}

const misuses: Misuse[] = [
  // Promises and the order of calls.
  [
    'an evaluation beside a training that is not awaited',
    async () => {
      const [model, data] = [net(), classes()];
      const running = train(model, data, { epochs: 2 });
      try {
        return await evaluate(model, data);
      } finally {
        await running;
      }
    },
    { refused: /^evaluate: fit of this model is running: await it first$/ },
  ],
  [
    'DataLoader of data that are still loading',
    () => new DataLoader(Promise.resolve(classes()), { batchSize: 4 }),
    { refused: /^DataLoader: takes a data set: got a Promise; await it$/ },
  ],
  [
    'generate with a model that is still loading',
    () => generate(Promise.resolve(), { prompt: 'a' }),
    { refused: /^generate: takes a model: got a Promise; await it$/ },
  ],
  [
    'gradients that are cleared between backward and step',
    () => {
      const model = net();
      const optimizer = adam(model);
      backward(model);
      optimizer.zeroGrad();
      optimizer.step();
    },
    { refused: /nothing to step: no parameter has a gradient: call backward\(\) first/ },
  ],
  [
    'a sum that is carried from scope to scope',
    () => {
      let total = tensor(0);
      for (let i = 0; i < 2; i++)
        b.scope(() => {
          total = total.add(1);
        });
      return total.itemSync();
    },
    { refused: /was freed: its scope has closed; keep\(t\) inside the scope moves it out/ },
  ],
  [
    'a bool tensor as a condition, which is true even if its element is false',
    () => (tensor([1]).equal(tensor([2])) ? 'true' : 'false'),
    { fine: 'true' },
  ],
  ['the first row as x[0]', () => b.add(zeros([2, 2])[0], 1), { refused: /^add: takes tensors, .*: got undefined/ }],
  // Data that differ from the training.
  [
    'test data with statistics of their own',
    async () => {
      const model = net(1);
      await train(model, standardize(values()));
      await evaluate(model, standardize(values(24, 2)));
    },
    { warned: /^evaluate: .* another standardization of the inputs; standardize\(data, { statistics/ },
  ],
  [
    'raw test data after a training on standardized data',
    async () => {
      const model = net(1);
      await train(model, standardize(values()));
      await evaluate(model, values(24, 2));
    },
    { warned: /^evaluate: .* it has no standardization of the inputs/ },
  ],
  [
    'a test table that finds its own categories',
    async () => {
      const model = mlp({ sizes: [4, 1] });
      const data = standardize(csv(houses(), { target: 'price' }));
      await train(model, data);
      const test = csv(houses(['Rome', 'Kiel', 'Oslo']), { target: 'price' });
      await evaluate(model, standardize(test, { statistics: data.statistics }));
    },
    { warned: /^evaluate: .* another table of columns; read the text with { table: train.table }$/ },
  ],
  [
    'the same classes in another order',
    async () => {
      const model = net();
      await train(model, classes(24, 1, ['cat', 'dog']));
      await evaluate(model, classes(24, 2, ['dog', 'cat']));
    },
    { warned: /its classes are \[dog, cat\], not \[cat, dog\]; give the classes of the training, in their order$/ },
  ],
  [
    'a test text with a vocabulary of its own',
    async () => {
      const model = charLstm({ vocabulary: 4, hiddenSize: 4 });
      await train(model, textDataset('abcd'.repeat(20), { context: 4 }));
      await evaluate(model, textDataset('wxyz'.repeat(20), { context: 4 }));
    },
    { warned: /its classes are \[w, x, y, z\], not \[a, b, c, d\]/ },
  ],
  // Nets that do not fit the data.
  ['two outputs for one value', () => train(net(2), values()), { refused: /shape of the values: \(8,2\) for \(8,1\)/ }],
  ['one output for two classes', () => train(net(1), classes()), { refused: /one class: \(8,1\); use bceWithLogits/ }],
  [
    'ten outputs for three classes',
    () => train(net(10), threeClasses()),
    { refused: /a logit for each class: \(8,10\) for the 3 classes/ },
  ],
  [
    'classes without the option classes',
    () => train(net(3), threeClasses({})),
    { refused: /\(8,3\) for \(8\); for classes: tensorDataset\(x, y, { classes: 3 }\)$/ },
  ],
  [
    'an LSTM in a Sequential, whose next layer gets a list',
    () => new Sequential(new LSTM(2, 3), new Linear(3, 1)).forward(zeros([4, 2, 2])),
    { refused: /^Sequential: module 0 returns a list, which module 1 does not take; .* pass on its first tensor$/ },
  ],
  [
    'a forward that returns a list',
    () => train(new Two((net, x) => [net.out.forward(net.fc.forward(x))]), classes()),
    { refused: /^the output of the model: a list: return one tensor from its forward$/ },
  ],
  [
    'a last batch of one sample for batch normalization',
    () => train(new Sequential(new Linear(2, 4), new b.BatchNorm1d(4), new Linear(4, 2)), classes(25)),
    { refused: /one value per channel has no variance: \(1,4\); use a larger batch, dropLast: true, or eval\(\)$/ },
  ],
  // Parameters that are not trained.
  [
    'a frozen model',
    () => {
      const model = net();
      model.requiresGrad(false);
      return train(model, classes());
    },
    { refused: /^fit: nothing to train: all 4 parameters of the model in the optimizer are frozen/ },
  ],
  [
    'a weight that is replaced after the optimizer was made',
    () => {
      const model = new Two();
      const optimizer = adam(model);
      model.fc.weight = b.randn([6, 2], { requiresGrad: true });
      return train(model, classes(), { optimizer });
    },
    { refused: /its fc.weight is another tensor than the model's; create the optimizer/ },
  ],
  [
    'a head that is replaced after the optimizer was made',
    () => {
      const model = new Two();
      const optimizer = adam(model);
      model.out = new Linear(6, 2);
      backward(model);
      optimizer.step();
    },
    { warned: /^Adam: parameters that no optimizer has are not trained/ },
  ],
  [
    'a layer that is made anew in each forward',
    () => train(new Two((net, x) => net.out.forward(new Linear(6, 6).forward(net.fc.forward(x)))), classes()),
    { warned: /^Adam: parameters that no optimizer has are not trained/ },
  ],
  [
    'a forward that makes a new tensor of the values of another',
    () =>
      train(
        new Two((net, x) => {
          const h = net.fc.forward(x);
          return net.out.forward(tensor(h.dataSync(), { shape: h.shape }));
        }),
        classes(),
      ),
    {
      warned:
        /^fit: not trained: fc.weight, .. \(2\): no gradient in epoch 1: unused, or cut off by data\(\) or detach/,
    },
  ],
  [
    'a layer that forward forgets',
    () => {
      const forgetful: any = new Two();
      forgetful.more = new Linear(6, 6, { bias: false });
      return train(forgetful, classes());
    },
    { warned: /^fit: not trained: more.weight: no gradient in epoch 1: unused/ },
  ],
  [
    'lr assigned to an optimizer, not to its group',
    () => {
      const model = net();
      const optimizer = adam(model);
      optimizer.lr = 1e-4;
      backward(model);
      optimizer.step();
    },
    { refused: /^Adam: lr is in a group: assign optimizer.paramGroups\[0\].lr$/ },
  ],
  // States and copies.
  [
    'loadStateDict of the whole result of parseSafetensors',
    async () => net().loadStateDict(b.parseSafetensors(await b.serializeSafetensors(net()))),
    { refused: /^loadStateDict: takes tensors by name, as stateDict\(\) returns them/ },
  ],
  [
    'the best weights without a copy',
    () => {
      const model = net();
      const optimizer = adam(model);
      const best = model.stateDict();
      for (let i = 0; i < 3; i++) {
        optimizer.zeroGrad();
        backward(model);
        optimizer.step();
      }
      model.loadStateDict(best);
    },
    { refused: /^loadStateDict: the tensors are its own, changed by training; keep clones$/ },
  ],
  [
    'a spread of a model',
    () => evaluate({ ...net() }, classes()),
    { refused: /^evaluate: takes a model: got an Object/ },
  ],
  // Arguments of another library.
  [
    'a batch size as text, as a command line gives it',
    () => load(classes(), { batchSize: '32' }),
    { refused: /^DataLoader: batchSize must be an integer of at least 1: string "32"$/ },
  ],
  [
    'the method parameters without a call',
    () => new b.Adam(net().parameters, { lr: 0.01 }),
    { refused: /^Adam: parameters must be a list: got function parameters; pass model.namedParameters\(\)$/ },
  ],
  [
    'mlp with an operation as its activation',
    () => mlp({ sizes: [2, 4, 1], activation: b.relu }),
    { refused: /^mlp: activation must return a module, such as \(\) => new Tanh\(\): got function relu$/ },
  ],
  [
    'csv of a path',
    () => csv('houses.csv', { target: 'price' }),
    { refused: /csvFile\(path\) of boundgrad\/node reads/ },
  ],
  [
    'csv with the target among the columns',
    () => csv(houses(), { target: 'price', columns: ['size', 'price'] }),
    { refused: /^csv: 'price' is an input and the target/ },
  ],
  [
    'decimal commas',
    () => csv(`a;y\n${list(20, (i) => `${i},5;${i}`).join('\n')}`, { target: 'y', delimiter: ';' }),
    { refused: /has numbers with a decimal comma: '0,5'; give { decimal: ',' }/ },
  ],
  [
    'images whose pixels were scaled and rounded to 0 and 1',
    () => {
      images({ pixels: list(4 * 64, (i) => +(i % 3 > 0)) });
    },
    {
      warned: /^images: pixels must be bytes, integers in 0..255: all are 0 or 1; for floats p in 0..1 give Math.round/,
    },
  ],
  [
    'images whose floats in 0..1 became bytes',
    () => {
      images({ pixels: Uint8Array.from({ length: 4 * 64 }, (_, i) => (i % 64) / 63) });
    },
    { warned: /^images: pixels must be bytes, integers in 0..255: all are 0 or 1/ },
  ],
  ['black images', () => images({ pixels: new Uint8Array(4 * 64) }).length, { fine: 4 }],
  [
    'a vocabulary as a Set',
    () => textDataset('abcabcabc', { context: 2, vocabulary: new Set('abc') }),
    { refused: /^textDataset: vocabulary must be a list of names: a Set$/ },
  ],
  [
    'gpt with a list of the tokens in place of their number',
    () => b.gpt({ vocabulary: ['a', 'b', 'c'] }),
    { refused: /^GPT: vocabulary must be a positive integer: an array$/ },
  ],
  [
    'a prompt of text for a plain module',
    () => generate(charLstm({ vocabulary: 4, hiddenSize: 4 }), { prompt: 'Call me' }),
    { refused: /a list of the numbers of tokens; a TrainedModel takes a text: string "Call me"$/ },
  ],
  [
    'fit with the schedule cosine(100) in place of cosine, which makes a schedule for the steps of fit',
    () => train(net(), classes(), { schedule: cosine(100) }),
    { refused: /what schedule returns must be a function: .*: \(steps\) => cosine\(steps\)$/ },
  ],
  [
    'a warm-up of the optimizer and a schedule of fit',
    () => {
      const model = net();
      return train(model, classes(), { optimizer: adam(model, { schedule: warmUp(5) }), schedule: cosine });
    },
    { refused: /^fit: two schedules: the optimizer has its own; give one$/ },
  ],
  [
    'a schedule counted in epochs',
    () => {
      const model = net();
      return train(model, classes(), { epochs: 4, optimizer: adam(model, { schedule: cosine(4) }) });
    },
    { warned: /^fit: the lr is 0 from step 4 on: nothing is trained/ },
  ],
  [
    'clipGradNorm of named parameters',
    () => {
      const model = net();
      backward(model);
      b.clipGradNorm(model.namedParameters(), 1);
    },
    { refused: /parameter 0 is not a tensor: .*; pass parameters\(\) in place of namedParameters\(\)$/ },
  ],
  [
    'a callback without the call',
    () => train(net(), classes(), { callbacks: [b.progress] }),
    { refused: /^fit: callback 0 must be an object .*: got function progress; call it if it makes one$/ },
  ],
  [
    'an augmentation without the call',
    async () => {
      for await (const _ of load(images({ augment: b.randomCrop }), { batchSize: 2 }));
    },
    { refused: /^randomCrop: makes an augmentation: give { augment: randomCrop\(\) }$/ },
  ],
  [
    'a metric that returns a number',
    async () => {
      const metrics = { error: (output: any, target: any) => b.l1(output, target).itemSync() };
      const { epochs } = await train(net(1), values(), { test: values(24, 2), metrics });
      return Number.isFinite(epochs[0].metrics.error);
    },
    { fine: true },
  ],
  [
    'a run of a sweep that returns one score',
    () => sweep({ space: { adam: { lr: { log: [1e-4, 0.1] } } }, trials: 2, seeds: 1, run: (async () => 0.9) as any }),
    { refused: /^sweep: what run returns must be { validation, test }, numbers or null: 0.9$/ },
  ],
  // Samples to predict.
  [
    'predict of the path of a table',
    () => table().predict('new.csv'),
    { refused: /^predict: a text is CSV, .*: got 'new.csv'; read/ },
  ],
  [
    'predict of a row with a column name in another case',
    () => table().predict([{ Size: 100, city: 'Oslo' }]),
    { refused: /^predict: sample 0 has no 'size'; rename its 'Size', or give null if it is missing$/ },
  ],
  [
    'predict of a picture with pixels in 0..1',
    () =>
      predictor(mlp({ sizes: [64, 2] }), images()).predict(tensor([[list(8, (r) => list(8, (c) => (r + c) / 16))]])),
    { refused: /^predict: pixels must be bytes, integers in 0..255: 0.0625 in sample 0/ },
  ],
];

testMisuses(test, misuses);

test('a parameter that a gradient reaches in one batch of the first epoch causes no warning', async () => {
  let calls = 0;
  const model = new Two((two, x) => two.out.forward(calls++ === 2 ? two.fc.forward(x) : two.fc.forward(x).detach()));
  assert.equal(await warningsOf(() => train(model, classes(), { epochs: 2 })), []);
});

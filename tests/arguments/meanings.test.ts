// Misuses that have a wrong meaning rather than a wrong type: units, the order of steps, a mode, statistics that leak, stale objects, two
// objects where one is meant, a forgotten await, digits that float32 does not hold. Each is refused in one line, is warned of, or does what
// the documentation says. The calls are not typed, as in JavaScript. tests/cli/meanings.test.ts has those of the command line.
import * as root from '../../index.js';
import { judge, sweep } from '../../sweep/index.js';
import { online, regret } from '../../theory/index.js';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';
import { type Does, type Misuse, testMisuses } from './does.js';
import { adam, classes, list, memory, net, points, values } from './small.js';

const test = subject('Misuses by meaning');
const b: any = root;
const { tensor, tensorDataset, csv, standardize, splitDataset, DataLoader, fit, evaluate, predictor, mlp, Adam } = b;
const { Module, Linear, Sequential, crossEntropy, cosine, keepBest, randn, rand } = b;

const lines = (head: string, n: number, f: (i: number) => string) => `${head}\n${list(n, f).join('\n')}`;
const load = (data: any) => new DataLoader(data, { batchSize: 8, seed: 1 });
const train = (more: object = {}, model = net(), data = classes()): Promise<any> =>
  fit(model, { train: load(data), optimizer: adam(model), epochs: 2, ...more });
/** Takes one step of a training loop on four points. Returns the model and its optimizer. */
const stepped = (model = net(), optimizer = adam(model)) => {
  const loss = crossEntropy(model.forward(tensor(points(4, 1))), [0, 1, 1, 0]);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return { model, optimizer };
};
/** Trains twice with the same store of checkpoints. */
const resumed = async (first: object, second: object, data: [any, any] = [classes(), classes()]) => {
  const checkpoints = memory();
  await train({ checkpoints, ...first }, net(), data[0]);
  return train({ checkpoints, ...second }, net(), data[1]);
};
const own = (batch: (indices: number[]) => object, more: object = {}) => ({
  ...{ name: 'mine', length: 8, shape: [2], classes: ['a', 'b'] },
  ...more,
  batch: (indices: ArrayLike<number>) => batch([...(indices as any)]),
});
const reader = (text = lines('size,y', 20, (i) => `${i * 0.7},${i * 0.5}`)) =>
  predictor(mlp({ sizes: [1, 4, 1] }), csv(text, { target: 'y' }));
const letters = () => b.textDataset('abcabcabc'.repeat(10), { context: 8 });
const writer = () => b.charLstm({ vocabulary: 3, hiddenSize: 4 });
const lr = { log: [1e-5, 1] as [number, number] };
const scores = () => ({ validation: 1, test: 1 });
class Headed extends Module {
  body = new Linear(2, 4);
  head = new Linear(4, 3);
  forward(x: any) {
    return this.head.forward(this.body.forward(x));
  }
}

/** Trains on a wrapper, written by hand, of a standardized part. more: further members of the wrapper. */
function trainOnWrapper(more: (data: any) => object) {
  const [first, second] = splitDataset(values(60), 0.8);
  const data = standardize(first);
  const { name, length, shape, classes, targetShape, statistics } = data;
  const wrapper = { name, length, shape, classes, targetShape, batch: (at: any) => data.batch(at), ...more(data) };
  return train({ test: standardize(second, { statistics }) }, net(1), wrapper);
}

const misuses: Misuse[] = [
  // Data.
  [
    'labels from 1 on, without classes',
    () => tensorDataset(points(3, 1), tensor([1, 2, 1], { dtype: 'int32' })),
    { warned: /^tensors: no sample has class 0: if classes begin at 1, subtract 1/ },
  ],
  [
    'a target of 0 and 1 without classes',
    () =>
      csv(
        lines('a,sick', 20, (i) => `${i / 7},${i % 2}`),
        { target: 'sick', columns: ['a'] },
      ),
    { warned: /^csv: 'sick' is predicted as a number: it holds 0, 1; the option classes makes them classes$/ },
  ],
  [
    'numbers to predict as classes, one for each row',
    () =>
      csv(
        lines('a,y', 20, (i) => `${(i * 7) % 5},${i * 3}`),
        { target: 'y', classes: true },
      ),
    { warned: /'y' has 20 classes in 20 rows: to predict numbers, leave the option classes out/ },
  ],
  [
    'a comma between thousands',
    () =>
      csv(
        lines('size,price', 12, (i) => `${i * 1.5},"${1 + (i % 3)},200"`),
        { target: 'price' },
      ),
    { refused: /^csv: column 'price' has numbers with a comma: '1,200'; write thousands without it/ },
  ],
  [
    'numbers with a unit',
    () =>
      csv(
        lines('w,y', 12, (i) => `${10 + (i % 4)} kg,${i * 0.3}`),
        { target: 'y' },
      ),
    { warned: /^csv: 'w' holds numbers that are read as categories: '10 kg'; write them without 'kg'$/ },
  ],
  [
    'decimal commas',
    () =>
      csv(
        lines('a;y', 12, (i) => `${i % 4},5;${i}`),
        { target: 'y', delimiter: ';' },
      ),
    { refused: /^csv: column 'a' has numbers with a decimal comma: '0,5'; give \{ decimal: ',' \}/ },
  ],
  [
    'a table without a header',
    () =>
      csv(
        lines('0.5,7', 12, (i) => `${i},${i * 2}`),
        { target: '7' },
      ),
    { refused: /^csv: the first row holds numbers: 0\.5, \.\.; it must be the names of the columns/ },
  ],
  [
    'NaN among the numbers of a table',
    () => csv('a,y\n1,2\nNaN,3\n2,4', { target: 'y' }),
    { refused: /^csv: row 3, column 'a': a text among numbers: 'NaN'; name it in missingValues/ },
  ],
  [
    'seconds since 1970 in a table',
    () =>
      csv(
        lines('t,y', 40, (i) => `${1700000000 + 10 * i},${i * 0.5}`),
        { target: 'y', columns: ['t'] },
      ),
    { warned: /^csv: 't' loses its digits in float32: 17\d+ becomes 17\d+; subtract a constant such as 1700000000$/ },
  ],
  [
    'large values with small differences in a list',
    () =>
      tensorDataset(
        list(40, (i) => [i, 1e9 + i]),
        list(40, (i) => [i / 2]),
      ),
    { warned: /^tensors: feature 1 loses its digits in float32: 10\d+ becomes 10\d+/ },
  ],
  [
    'large integers with small differences in an Int32Array',
    () =>
      tensorDataset(
        tensor(Int32Array.from({ length: 40 }, (_, i) => 1700000001 + i)).reshape([40, 1]),
        tensor(list(40, (i) => [i])),
      ),
    { warned: /^tensors: feature 0 loses its digits in float32: 17\d+ becomes 17\d+/ },
  ],
  [
    'names of classes beside a list of classes',
    () => tensorDataset([[1], [2]], [0, 1], { classes: ['a', 'b'], names: ['c', 'd'] }),
    { refused: /^tensorDataset: classes and names both name the classes: leave one out$/ },
  ],
  [
    'a table that has each row three times',
    () =>
      csv(
        lines('a,y', 60, (i) => `${(i % 20) * 0.7},${(i % 20) * 0.3}`),
        { target: 'y' },
      ),
    { warned: /^csv: 40 of 60 rows repeat others: on copies of training rows a test looks too good/ },
  ],
  [
    'subset with a mask',
    () => b.subset(classes(), [true, false]),
    { refused: /^subset: takes a list of indices, as \[0, 2\]: got boolean true; for a mask/ },
  ],
  [
    'subset with indices from 1 on',
    () =>
      b.subset(
        classes(),
        list(24, (i) => i + 1),
      ),
    { refused: /^subset: no such sample: index 24 of 24/ },
  ],
  [
    'splitDataset with a share in percent',
    () => splitDataset(classes(), 80),
    { refused: /^splitDataset: the share must be between 0 and 1: 80/ },
  ],
  [
    'a training part and a test part of two splits',
    () => {
      const data = standardize(values(60));
      return train({ test: splitDataset(data, 0.8, { seed: 2 })[1] }, net(1), splitDataset(data, 0.8, { seed: 1 })[0]);
    },
    { warned: /^fit: test: \d+ of 12 samples are training samples; take both parts of one splitDataset$/ },
  ],
  [
    'the standardized whole as the test set of a standardized part',
    () => {
      const [part] = splitDataset(values(60), 0.8);
      const scaled = standardize(part);
      return train({ test: standardize(values(60), { statistics: scaled.statistics }) }, net(1), scaled);
    },
    { fine: undefined },
  ],
  [
    'the whole as the test set of a part of it',
    () => {
      const data = classes(60);
      return train({ test: data }, net(), splitDataset(data, 0.8)[0]);
    },
    { warned: /^fit: test: 48 of 60 samples are training samples/ },
  ],
  [
    'overlapping windows of a text, split at random',
    () => splitDataset(b.textDataset('abcabcabc'.repeat(10), { context: 8, stride: 1 }), 0.8),
    { warned: /^splitDataset: the windows of text overlap: .*; split the text, or give stride 8$/ },
  ],
  [
    'a test set with statistics of its own',
    async () => {
      const [first, second] = splitDataset(values(60), 0.8);
      const model = net(1);
      await train({}, model, standardize(first));
      await evaluate(model, standardize(second));
    },
    { warned: /^evaluate: tensors differs from the training data: it has another standardization of the inputs/ },
  ],
  [
    'a raw test set for a training on standardized data',
    () => {
      const [first, second] = splitDataset(values(60), 0.8);
      return train({ test: second }, net(1), standardize(first));
    },
    { warned: /^fit: test: tensors differs from the training data: it has no standardization of the inputs/ },
  ],
  [
    'a custom wrapper of standardized training data, without their preparation',
    () => trainOnWrapper(() => ({})),
    {
      warned:
        /^fit: test: .* a standardization of the inputs, .* none; leave it out, or give a training set of your own its preparation$/,
    },
  ],
  [
    'a custom wrapper of standardized training data, with their preparation',
    () => trainOnWrapper(({ preparation }) => ({ preparation })),
    { fine: undefined },
  ],
  [
    'standardize twice: predictions are in the units of the data',
    async () => {
      const twice = standardize(standardize(values(60)));
      const model = net(1);
      await train({ optimizer: adam(model, { lr: 0.03 }), epochs: 30 }, model, twice);
      return Math.abs((await predictor(model, twice).predict([[1, 1]]))[0].value - 150) < 10;
    },
    { fine: true },
  ],
  [
    'a test table that finds its own categories',
    async () => {
      const table = (a: string, c: string) =>
        csv(
          lines('c,x,y', 20, (i) => `${i % 2 ? a : c},${i * 0.7},${((i * i) % 7) + 0.5}`),
          { target: 'y' },
        );
      const model = mlp({ sizes: [3, 4, 1] });
      await train({}, model, table('a', 'b'));
      await evaluate(model, table('b', 'd'));
    },
    { warned: /^evaluate: csv differs from the training data: it has another table of columns; read the text with/ },
  ],
  [
    'test classes in another order',
    () => train({ test: classes(24, 2, ['yes', 'no']) }),
    { warned: /^fit: test: .*: its classes are \[yes, no\], not \[no, yes\]; give the classes of the training/ },
  ],
  [
    'a test text with a vocabulary of its own',
    () => train({ test: b.textDataset('xyz'.repeat(20), { context: 8 }), train: load(letters()) }, writer()),
    { warned: /^fit: test: text differs from the training data: its classes are \[x, y, z\]/ },
  ],
  [
    'a data set that fills the same array again for each batch: earlier batches keep their values',
    async () => {
      const buffer = new Float32Array(4);
      const batch = (at: number[]) => {
        at.forEach((i, k) => buffer.fill(i, 2 * k, 2 * k + 2));
        return { inputs: buffer, labels: Int32Array.from(at, () => 0) };
      };
      const seen: any[] = [];
      for await (const [x] of new DataLoader(own(batch, { length: 4 }), { batchSize: 2 })) seen.push(x);
      return seen.map((x) => [...x.dataSync()]);
    },
    {
      fine: [
        [0, 0, 1, 1],
        [2, 2, 3, 3],
      ],
    },
  ],
  [
    'a data set that leaves samples out of a batch',
    () => {
      const batch = (at: number[]) => ({
        inputs: new Float32Array(2 * at.length - 2),
        labels: new Int32Array(at.length - 1),
      });
      return train({}, net(), own(batch));
    },
    { refused: /^mine: batch\(\) must return \{ inputs, labels \} with inputs of shape \[8,2\]: got 14 numbers/ },
  ],
  [
    'a data set that returns NaN: the history says where',
    async () => {
      const batch = (at: number[]) => ({
        inputs: new Float32Array(2 * at.length).fill(NaN),
        labels: new Int32Array(at.length),
      });
      return (await train({}, net(), own(batch))).note;
    },
    { fine: 'the loss is NaN, first in the input after step 0 of 2' },
  ],
  [
    'a data set whose labels begin at 1',
    () => {
      const batch = (at: number[]) => ({
        inputs: new Float32Array(2 * at.length),
        labels: Int32Array.from(at, (i) => 1 + (i % 2)),
      });
      return train({}, net(), own(batch));
    },
    { refused: /^mine: a label names no class: 2 of sample 1; allowed are 0\.\.1/ },
  ],
  [
    'a prediction from raw samples, where a function changed those of the training',
    async () => {
      const data = b.mapDataset(standardize(values(40)), (x: Float32Array) => x.map((v) => v * 10));
      const model = net(1);
      await train({}, model, data);
      await predictor(model, data).predict([[1, 1]]);
    },
    {
      warned:
        /^predict: a function changed the inputs of the training, as in mapDataset; give inputs that were changed/,
    },
  ],
  [
    'a DataLoader in a loop without await',
    () => [...load(classes())],
    { refused: /^DataLoader: write for await \(const \[x, y\] of loader\)/ },
  ],
  [
    'a last batch of one sample and batch normalization',
    () => train({ train: load(classes(25)) }, new Sequential(new Linear(2, 4), new b.BatchNorm1d(4), new Linear(4, 2))),
    { refused: /^BatchNorm1d: one value per channel has no variance: \(1,4\); use a larger batch, dropLast: true, or/ },
  ],
  [
    'images with the mean and std of bytes',
    () =>
      new b.ImageDataset({
        ...{ name: 'i', pixels: [0, 1], labels: [0, 1], shape: [1, 1, 1], classes: ['a', 'b'] },
        ...{ mean: [120], std: [60] },
      }),
    { refused: /^i: one mean and one std per channel: \[120\] and \[60\] for 1 channels, pixels in 0\.\.1/ },
  ],
  [
    'predict of pixels in 0..1, for a net that was trained on bytes',
    () => {
      const bytes = { pixels: new Uint8Array(2 * 784), labels: [0, 1], shape: [1, 28, 28], classes: ['a', 'b'] };
      const images = new b.ImageDataset({ name: 'i', ...bytes, mean: [0.5], std: [0.3] });
      return predictor(b.lenet({ numClasses: 2 }), images).predict(rand([1, 1, 28, 28]));
    },
    { refused: /^predict: pixels must be bytes, integers in 0\.\.255: 0\.\d+ in sample 0; .*\{ prepared: true \}/ },
  ],
  // Training.
  [
    'a second training with the same optimizer: its schedule begins anew',
    async () => {
      const model = net();
      const more = { optimizer: adam(model), schedule: cosine };
      const rates = [await train(more, model), await train(more, model)].map(({ epochs }) => epochs[0].lr);
      return rates[0] === rates[1];
    },
    { fine: true },
  ],
  [
    'a schedule that ends before the training',
    () => {
      const model = net();
      return train({ optimizer: adam(model, { schedule: cosine(4) }), epochs: 8 }, model);
    },
    { warned: /^fit: the lr is 0 from step 4 on: nothing is trained; is the schedule for fewer steps\?$/ },
  ],
  [
    'a schedule counted in epochs: the lr soon is low',
    () => {
      const model = net();
      return train({ optimizer: adam(model, { schedule: b.stepwise(2) }), epochs: 14 }, model);
    },
    {
      warned: /^fit: the schedule is at most 0\.0001 from step 9 of 42 on: is it for epochs\? it counts steps$/,
    },
  ],
  [
    'fit with the schedule that cosine(100) returns, in place of cosine',
    () => train({ schedule: cosine(100) }),
    { refused: /^fit: what schedule returns must be a function: / },
  ],
  [
    'keepBest by a metric, without a mode',
    () => keepBest({ monitor: 'metrics.f1' }),
    { refused: /^keepBest: mode is missing: by default a smaller metrics\.f1 is better; give \{ mode: 'max' \}/ },
  ],
  [
    'earlyStopping with a patience in steps',
    () => train({ test: classes(24, 2), callbacks: [b.earlyStopping({ patience: 500 })] }),
    { warned: /^earlyStopping: it never stops: patience is 500 epochs, the training has 2$/ },
  ],
  [
    'reduceOnPlateau with a patience longer than the training',
    () => train({ test: classes(24, 2), callbacks: [b.reduceOnPlateau()] }),
    { warned: /^reduceOnPlateau: it never acts: patience is 10 epochs, the training has 2$/ },
  ],
  ...['keepBest', 'averageWeights', 'reduceOnPlateau'].map((name): [string, () => unknown, Does] => [
    `one ${name} for two trainings`,
    async () => {
      const callbacks = [b[name](name === 'reduceOnPlateau' ? { patience: 1 } : {})];
      await train({ test: classes(24, 2), callbacks });
      await train({ test: classes(24, 2), callbacks });
    },
    { refused: new RegExp(`^fit: callbacks: '${name}' has the state of another model's training; make a new one`) },
  ]),
  [
    'two averages of the weights',
    () => {
      const model = net();
      const optimizer = new b.ScheduleFreeAdamW(model.namedParameters());
      return train({ optimizer, callbacks: [b.averageWeights()] }, model);
    },
    { refused: /^fit: two averages: averageWeights and ScheduleFreeAdamW replace the weights/ },
  ],
  [
    'two limits of the gradients',
    () => train({ clip: { norm: 1, value: 1 } }),
    { refused: /^fit: clip: give one of \{ norm \} or/ },
  ],
  [
    'a loss that returns a value for each sample',
    () => train({ loss: (o: any, y: any) => crossEntropy(o, y, { reduction: 'none' }) }),
    { refused: /^fit: the loss must be a scalar, as a mean: \[8\]$/ },
  ],
  [
    'a loss of a detached output',
    () => train({ loss: (o: any, y: any) => crossEntropy(o.detach(), y) }),
    { refused: /^fit: the loss: nothing to differentiate/ },
  ],
  [
    'a loss that is made anew of its number',
    () => train({ loss: (o: any, y: any) => tensor(crossEntropy(o, y).itemSync(), { requiresGrad: true }) }),
    { refused: /^Adam: nothing to step: no parameter has a gradient/ },
  ],
  [
    'an asynchronous loss',
    () => train({ loss: async (o: any, y: any) => crossEntropy(o, y) }),
    { refused: /^fit: the loss: takes a tensor: got a Promise; await it/ },
  ],
  [
    'a metric that returns a column',
    () => train({ test: values(24, 2), metrics: { d: (o: any, y: any) => o.sub(y) } }, net(1), values()),
    { refused: /^metrics: d must return a scalar, or a value for each sample: got \(24,1\) for 24 samples/ },
  ],
  ['one output for two classes', () => train({}, net(1)), { refused: /^crossEntropy: one class: \(8,1\); use bce/ }],
  [
    'values of shape [n] for a net whose output is [n, 1]',
    () =>
      train(
        {},
        net(1),
        tensorDataset(
          points(8, 1),
          list(8, (i) => i + 0.5),
        ),
      ),
    { refused: /^the model's output does not have the shape of the values: \(8,1\) for \(8\); reshape one/ },
  ],
  [
    'softmax before the loss of logits',
    () => train({}, new Sequential(net(), new b.Softmax(1))),
    { refused: /^crossEntropy: takes logits: leave softmax out/ },
  ],
  [
    'zeroGrad between backward and step',
    () => {
      const [model, x] = [net(), tensor(points(4, 1))];
      const optimizer = adam(model);
      crossEntropy(model.forward(x), [0, 1, 1, 0]).backward();
      optimizer.zeroGrad();
      optimizer.step();
    },
    { refused: /^Adam: nothing to step: no parameter has a gradient: call backward\(\) first/ },
  ],
  [
    'a head that is replaced after the optimizer was made, in a loop',
    () => {
      const model = new Headed();
      const optimizer = adam(model);
      model.head = new Linear(4, 2);
      stepped(model, optimizer);
    },
    { warned: /^Adam: parameters that no optimizer has are not trained: .*; is the layer #private or new\?$/ },
  ],
  [
    'a head that is replaced after the optimizer was made, in fit',
    () => {
      const model = new Headed();
      const optimizer = adam(model);
      model.head = new Linear(4, 2);
      return train({ optimizer }, model);
    },
    { refused: /^fit: the optimizer would not train the model: its head\.weight is another tensor than the model's/ },
  ],
  [
    'lr assigned to an optimizer, not to its group',
    () => {
      const model = net();
      const optimizer = adam(model);
      optimizer.lr = 1;
      stepped(model, optimizer);
    },
    { refused: /^Adam: lr is in a group: assign optimizer\.paramGroups\[0\]\.lr/ },
  ],
  [
    'an LSTM in a Sequential',
    () => new Sequential(new b.LSTM(2, 4), new Linear(4, 2)).forward(randn([3, 1, 2])),
    { refused: /^Sequential: module 0 returns a list, which module 1 does not take/ },
  ],
  [
    'the loss of a scope, read after the scope',
    () => b.scope(() => crossEntropy(net().forward(tensor(points(4, 1))), [0, 1, 1, 0])).itemSync(),
    { refused: /was freed: its scope has closed; keep\(t\) inside the scope/ },
  ],
  // Saving and resuming.
  [
    'a training with the checkpoints of one that has finished',
    () => resumed({}, {}),
    { warned: /^fit: the checkpoint has 6 steps of 6: / },
  ],
  [
    'a training that resumes for more epochs after its schedule ended',
    () => resumed({ schedule: cosine }, { schedule: cosine, epochs: 4 }),
    { refused: /^fit: the checkpoint has other settings: schedule: .*; is it made for the same number of steps\?/ },
  ],
  [
    'a training that resumes on other data',
    () => resumed({}, { epochs: 4 }, [classes(), classes(24, 5)]),
    { refused: /^fit: the checkpoint has other settings: the training samples: other values/ },
  ],
  [
    'a training that resumes without its keepBest: the history has a note',
    async () => {
      const test = classes(24, 2);
      return (await resumed({ test, callbacks: [keepBest()] }, { test, epochs: 4 })).notes;
    },
    { fine: ["the checkpoint's keepBest is not among the callbacks: its state is lost"] },
  ],
  [
    'loadModel with a model that has another activation',
    async () => {
      const checkpoints = memory();
      const model = (f: any) => new Sequential(new Linear(2, 4), f, new Linear(4, 2));
      await train({ checkpoints }, model(new b.ReLU()));
      return b.loadModel(checkpoints.bytes(), { model: model(new b.Tanh()) });
    },
    { refused: /^loadModel: the given model is another: layer 1 is Tanh\(\) here, ReLU\(\) in the checkpoint/ },
  ],
  [
    'loadStateDict of a parsed file in place of its tensors',
    async () => net().loadStateDict(b.parseSafetensors(await b.serializeSafetensors(net()))),
    { refused: /^loadStateDict: takes tensors by name, as stateDict\(\) returns them: its tensors is an Object/ },
  ],
  [
    'the state of an optimizer that went through JSON',
    () => adam(net()).loadStateDict(JSON.parse(JSON.stringify(stepped().optimizer.stateDict()))),
    { refused: /^Adam: the state does not fit: 1\.weight\.m is an Object, not float32 \(6,2\)/ },
  ],
  [
    'the state of an optimizer whose parameters were in another order',
    () => {
      const other = new Adam([...net().namedParameters()].reverse());
      other.loadStateDict(stepped().optimizer.stateDict());
    },
    { refused: /^Adam: the state does not fit: its parameters are/ },
  ],
  [
    'a callback whose state JSON would change',
    () => train({ checkpoints: memory(), callbacks: [{ name: 'm', save: () => ({ best: NaN }), load() {} }] }),
    { refused: /^fit: callbacks: m: what save returns\.best: must be plain JSON: got number NaN/ },
  ],
  // Predicting.
  [
    'predict of a row with a misspelt column',
    () => reader().predict([{ Size: 3 }]),
    { refused: /^predict: sample 0 has no 'size'; rename its 'Size', or give/ },
  ],
  [
    'predict of a row with a decimal comma',
    () => reader().predict([{ size: '3,5' }]),
    { refused: /^predict: sample 0, column 'size': not a number: '3,5'; write numbers as 1234\.5/ },
  ],
  [
    'a prediction in training mode: dropout is off, and the mode is restored',
    async () => {
      const model = new Sequential(net(), new b.Dropout(0.9));
      const trained = predictor(model, classes());
      const [[p], [q]] = [await trained.predict([[1, 2]]), await trained.predict([[1, 2]])];
      return [p.probabilities.yes === q.probabilities.yes, model.training];
    },
    { fine: [true, true] },
  ],
  // Custom operations, rules and callbacks.
  [
    'a custom operation whose gradient has the shape of its output',
    () => {
      const total = b.customOp(
        'rowSum',
        (x: any) => x.sum(1),
        (g: any) => [g],
      );
      total(randn([2, 3], { requiresGrad: true }))
        .sum()
        .backward();
    },
    { refused: /^rowSum: its vjp returned float32 \(2\) for an input of float32 \(2,3\)/ },
  ],
  [
    'a custom operation that reads a parameter beside its inputs',
    () => {
      const w = randn([3], { requiresGrad: true });
      const scaled = b.customOp(
        'scaled',
        (x: any) => x.mul(w),
        (g: any) => [g.mul(w)],
      );
      scaled(randn([3], { requiresGrad: true }));
    },
    { refused: /^scaled: forward reads a tensor that requires a gradient and would get none; make it an input/ },
  ],
  [
    'gradcheck of a random function',
    () => b.gradcheck((x: any) => new b.Dropout(0.5).forward(x).sum(), [randn([20], { dtype: 'float64' })]),
    {
      refused:
        /^gradcheck: two calls of fn differ for the same inputs: is it random\? call eval\(\) of a model with dropout/,
    },
  ],
  [
    'a custom rule whose bounds are [hi, lo]',
    () => {
      const rule = ({ lr }: any) => ({ ...Adam.rule({ lr }), bounds: () => [1, 0.001] });
      const Mine = b.optimizer({ title: 'Mine', about: 'mine', defaults: { lr: 0.01 }, rule });
      const model = net();
      stepped(model, new Mine(model.namedParameters()));
    },
    { refused: /^Mine: bounds: at step 1 not 0 <= lo <= hi: \[1, 0\.001\]/ },
  ],
  ...(
    [
      ['longMemory', 'yes', 'true or false: string "yes"'],
      ['ownCeiling', 1, 'true or false: 1'],
      ['epsCorrected', 1e-8, 'true or false: 1e-8'],
      ['decoupled', { decay: 0.1, by: 'lr' }, "an object { decay, by }, by 'scaled' or 'unscaled': an Object"],
    ] as const
  ).map(
    ([part, value, kind]): Misuse => [
      `a custom rule whose ${part} is ${JSON.stringify(value)}`,
      () => {
        const rule = ({ lr }: any) => ({ ...Adam.rule({ lr }), [part]: value }) as any;
        const Mine = b.optimizer({ title: 'Mine', about: 'mine', defaults: { lr: 0.01 }, rule });
        const model = net();
        stepped(model, new Mine(model.namedParameters()));
      },
      { refused: new RegExp(`^Mine: optimizer: the rule's ${part} must be ${kind}`) },
    ],
  ),
  [
    'a custom rule without a second moment, with an initial v',
    () => {
      const rule = ({ lr }: any) => ({ ...Adam.rule({ lr }), beta2: null, corrected: 'first', initial: { v: 1 } });
      const Mine = b.optimizer({ title: 'Mine', about: 'mine', defaults: { lr: 0.01 }, rule });
      const model = net();
      stepped(model, new Mine(model.namedParameters()));
    },
    { refused: /^Mine: optimizer: the rule's initial must be an object of first values of m: / },
  ],
  [
    'a callback with a name of another library',
    () => train({ callbacks: [{ onEpochEnd() {} }] }),
    { refused: /^fit: callback 0: never called: onEpochEnd; .*did you mean onEpoch\?/ },
  ],
  // Sweeps, theory and inspection.
  [
    'a log range of a sweep given by exponents',
    () => sweep({ space: { adam: { lr: { log: [-5, -1] } } }, run: scores }),
    { refused: /^space\.adam\.lr: log must be a list of two positive numbers: \[-5,-1\]/ },
  ],
  [
    'a run of a sweep that returns one score',
    () => sweep({ space: { adam: { lr } }, run: () => 0.5 as never }),
    { refused: /^sweep: what run returns must be \{ validation, test \}, numbers or null: 0\.5/ },
  ],
  [
    'judge of the result of a sweep, not of its trials',
    async () => judge((await sweep({ space: { adam: { lr } }, trials: 2, seeds: 1, run: scores })) as never),
    { refused: /^judge: trials must be the trials that sweep returned: an Object/ },
  ],
  [
    'regret of an optimizer',
    () => regret(online.cycle(), adam(net()), 100),
    { refused: /^regret: takes a rule or an optimizer's class: got an optimizer; pass a class, as AdaBound/ },
  ],
  [
    'regret of the function that makes a problem, not of the problem',
    () => regret(online.cycle as never, Adam, 100),
    { refused: /^regret: the problem must be an object: got function cycle; online\.cycle\(\) makes one/ },
  ],
  [
    'take() of a Recorder without await',
    async () => {
      const { model, optimizer } = stepped();
      const taken = new b.Recorder(optimizer).take();
      stepped(model, optimizer);
      await taken;
    },
    {
      refused: /^Recorder: take of step 1: the optimizer took another step before it ended; await recorder\.take/,
    },
  ],
  [
    'a check of breakWhen without await',
    async () => {
      const { model, optimizer } = stepped();
      const checked = b.breakWhen(optimizer, [b.firstClip()])();
      stepped(model, optimizer);
      await checked;
    },
    { refused: /^breakWhen: the optimizer took a step before the check of step 1 ended; await it/ },
  ],
  [
    'sharpness of a loss after backward',
    () => {
      const model = net();
      const loss = crossEntropy(model.forward(tensor(points(4, 1))), [0, 1, 1, 0]);
      loss.backward();
      return b.sharpness(loss, model.parameters());
    },
    { refused: /^backward: an earlier backward freed the graph: .*retainGraph/ },
  ],
  [
    'lrFinder with a range from high to low',
    () => {
      const model = net();
      return b.lrFinder(model, { train: load(classes()), optimizer: adam(model), from: 1, to: 1e-5 });
    },
    { refused: /^lrFinder: from must be positive and below to, 0\.00001: 1/ },
  ],
  [
    'numbers as the prompt of a trained model',
    () => b.generate(predictor(writer(), letters()), { prompt: [0, 1] }),
    { refused: /^generate: prompt must be a text: \[0,1\]/ },
  ],
];

testMisuses(test, misuses);

test('a layer that each forward makes anew, in place of the head: Adam names the layer, fit the head', async () => {
  class Renewed extends Headed {
    override forward(x: any) {
      return new Linear(4, 2).forward(this.body.forward(x));
    }
  }
  const said = await warningsOf(() => train({}, new Renewed()));
  assert.is(said.length, 2, said.join('\n'));
  assert.match(said[0], /^Adam: parameters that no optimizer has are not trained: .*; is the layer #private or new\?$/);
  assert.match(said[1], /^fit: not trained: head.weight, .. \(2\): no gradient in epoch 1: .*$/);
});

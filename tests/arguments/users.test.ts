// Misuses by users of every kind, collected from README and the declarations alone: newcomers, people who know PyTorch or Keras, and
// JavaScript programmers. A mistake is refused with one clear line, causes a warning, or has the result that was meant. The calls are
// not typed, as in JavaScript.
import * as root from '../../index.js';
import * as sweeping from '../../sweep/index.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';

const test = subject('Misuses by users of every kind');
const b: any = root;
const sweeps: any = sweeping;
const { tensor, zeros, ones, randn, Linear, Sequential, ReLU, mlp, lenet, Adam, SGDM, DataLoader, fit, evaluate } = b;
const { tensorDataset, standardize, splitDataset, moons, csv, predictor, Module, crossEntropy, nll, bceWithLogits } = b;
const net = () => mlp({ sizes: [2, 8, 2] });
const data = () => moons({ samples: 8 });
const loader = (d: any = data()) => new DataLoader(d, { batchSize: 4, shuffle: true, seed: 1 });
const opts = (m: any, more: object = {}) => ({
  ...{ train: loader(), optimizer: new Adam(m.namedParameters(), { lr: 0.01 }), epochs: 1 },
  ...more,
});
/** A data set of values to predict. */
const reg = () => {
  const rows = Array.from({ length: 8 }, (_, i) => i);
  return tensorDataset(
    rows.map((i) => [i, 100 * i]),
    rows.map((i) => [3000 + i * 50]),
  );
};
const cities = ['Oslo', 'Rome'];
const houses = `size,city,price\n${[1.5, 2, 3, 5].map((v, i) => `${v},${cities[i % 2]},${i}`).join('\n')}`;
/** A predictor of the prices of the table. Its net is not trained. */
const priced = () => predictor(mlp({ sizes: [3, 1] }), csv(houses, { target: 'price' }));
const space = { adam: { lr: { log: [1e-3, 1e-1] } } };
const image = () => ({
  ...{
    name: 'i',
    pixels: new Uint8Array(8),
    labels: [0, 1],
    shape: [1, 2, 2],
    classes: ['a', 'b'],
    mean: [0],
    std: [1],
  },
});
/** Images of the size that LeNet takes. */
const images = () => new b.ImageDataset({ ...image(), pixels: new Uint8Array(1568), shape: [1, 28, 28] });

const refused: [name: string, call: () => unknown, begins: string][] = [
  [
    'Math.exp of a tensor',
    () => Math.exp(tensor([1, 2])),
    'Tensor: not a number: call t.mul(2) for t * 2, t.greater(0) or i',
  ],
  [
    'a number assigned to t.grad, before a step',
    () => {
      const t = ones([2], { requiresGrad: true });
      t.grad = 3;
      new SGDM([t], { lr: 1 }).step();
    },
    'SGDM: the gradient of 0.0 is not a tensor: got number 3',
  ],
  [
    'optimizer.paramGroups[0].lr = NaN',
    () => {
      const m = net();
      const o = new Adam(m.parameters(), { lr: 0.1 });
      o.paramGroups[0].lr = NaN;
      crossEntropy(m.forward(ones([2, 2])), [0, 1]).backward();
      o.step();
    },
    'Adam: lr must be a finite number of at least 0: NaN',
  ],
  [
    'optimizer.paramGroups[0].learningRate = 1',
    () => {
      const m = net();
      const o = new Adam(m.parameters(), { lr: 0.1 });
      o.paramGroups[0].learningRate = 1;
      crossEntropy(m.forward(ones([2, 2])), [0, 1]).backward();
      o.step();
    },
    'Adam: unknown option: learningRate; it has lr, betas, eps, weigh',
  ],
  [
    'bceWithLogits with labels of -1 and 1',
    () => bceWithLogits(tensor([[2], [-1]]), tensor([[1], [-1]])).itemSync(),
    'bceWithLogits: a target must be within [0, 1]: -1',
  ],
  [
    'bceWithLogits of shapes [n,1] and [n]',
    () => bceWithLogits(zeros([4, 1]), zeros([4])).itemSync(),
    'bceWithLogits: shapes differ: (4,1) and (4)',
  ],
  [
    'crossEntropy with the targets first',
    () => crossEntropy(tensor([0, 1], { dtype: 'int32' }), randn([2, 2])).itemSync(),
    'crossEntropy: logits must be [n, c]: (2); or [.., c] with classe',
  ],
  [
    'crossEntropy with one-hot rows of integers',
    () =>
      crossEntropy(
        randn([2, 2]),
        tensor(
          [
            [1, 0],
            [0, 1],
          ],
          { dtype: 'int32' },
        ),
      ).itemSync(),
    'crossEntropy: takes [n, c] and classes [n]: (2,2) and (2,2)',
  ],
  [
    'crossEntropy whose ignoreIndex is every class of the batch',
    () => crossEntropy(randn([2, 2]), [0, 0], { ignoreIndex: 0 }).itemSync(),
    'crossEntropy: every class is ignored or has weight 0; use red',
  ],
  [
    'crossEntropy with a list as its weight',
    () => crossEntropy(randn([2, 2]), [0, 1], { weight: [1, 2] }).itemSync(),
    'crossEntropy: weight: takes a tensor: got an array; tensor(value',
  ],
  [
    'crossEntropy with names as classes',
    () => crossEntropy(randn([2, 2]), ['cat', 'dog']).itemSync(),
    'crossEntropy: a class must be an int32 integer: string "cat" at in',
  ],
  [
    'crossEntropy of logits with one axis',
    () => crossEntropy(randn([2]), [0]).itemSync(),
    'crossEntropy: logits must be [n, c]: (2); or [.., c] with classe',
  ],
  [
    'fit with a loss that returns a number',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { loss: () => 3 }))).outcome;
    },
    'fit: the loss: takes a tensor: got number 3; tensor(values) make',
  ],
  [
    'fit with an asynchronous loss',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { loss: async (o: any, t: any) => crossEntropy(o, t) }))).outcome;
    },
    'fit: the loss: takes a tensor: got a Promise; await it',
  ],
  [
    'fit with a loss of a detached output',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { loss: (o: any, t: any) => crossEntropy(o.detach(), t) }))).outcome;
    },
    'fit: the loss: nothing to differentiate: no operand requires a g',
  ],
  [
    'fit with a loss for each sample',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { loss: (o: any, t: any) => crossEntropy(o, t, { reduction: 'none' }) }))).outcome;
    },
    'fit: the loss must be a scalar, as a mean: [4]',
  ],
  [
    'fit with mse as the loss of classes',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { loss: b.mse }))).outcome;
    },
    'mse: shapes differ: (4,2) and (4)',
  ],
  [
    'fit with the name of a loss',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { loss: 'crossEntropy' }))).outcome;
    },
    'fit: loss must be a function: got string "crossEntropy"; it retu',
  ],
  [
    'fit of a net with one output on two classes',
    async () => {
      const m = mlp({ sizes: [2, 4, 1] });
      return (await fit(m, opts(m))).outcome;
    },
    'crossEntropy: one class: (4,1); use bceWithLogits',
  ],
  [
    'backward twice',
    () => {
      const m = net();
      const l = crossEntropy(m.forward(ones([2, 2])), [0, 1]);
      l.backward();
      l.backward();
    },
    'backward: an earlier backward freed the graph: at reshape; pass',
  ],
  [
    'a step before backward',
    () => {
      const m = net();
      new Adam(m.parameters(), {}).step();
    },
    'Adam: nothing to step: no parameter has a gradient: call backwar',
  ],
  [
    'zeroGrad between backward and step',
    () => {
      const m = net();
      const o = new Adam(m.parameters(), {});
      crossEntropy(m.forward(ones([2, 2])), [0, 1]).backward();
      o.zeroGrad();
      o.step();
    },
    'Adam: nothing to step: no parameter has a gradient: call backwar',
  ],
  [
    'fit with an optimizer of another model',
    async () => {
      const m = net(),
        n = net();
      return (await fit(m, opts(n))).outcome;
    },
    'fit: the optimizer would not train the model: its 1.weight is an',
  ],
  [
    'Adam with a model as its parameters',
    () => {
      const m = net();
      return new Adam(m, {});
    },
    'Adam: parameters must be a list: got a Sequential; pass model.na',
  ],
  [
    'Adam with a state dict as its parameters',
    () => {
      const m = net();
      return new Adam(m.stateDict(), {});
    },
    'Adam: parameters must be a list: got an Object; pass model.named',
  ],
  [
    'fit with the class of an optimizer',
    async () => {
      const m = net();
      return fit(m, opts(m, { optimizer: Adam }));
    },
    'fit: takes an optimizer: got function; pass one: new Adam(par',
  ],
  [
    'fit of a frozen net',
    async () => {
      const m = net();
      m.requiresGrad(false);
      return (await fit(m, opts(m))).outcome;
    },
    'fit: nothing to train: all 4 parameters of the model in the opti',
  ],
  [
    'fit of a net after dispose()',
    async () => {
      const m = net();
      const o = opts(m);
      m.dispose();
      return (await fit(m, o)).outcome;
    },
    'linear: the tensor (8,2) was freed: dispose() was called',
  ],
  [
    'fit with a callback that calls zeroGrad and step',
    async () => {
      const m = net();
      const o = opts(m);
      return (
        await fit(m, {
          ...o,
          callbacks: [
            {
              onStep() {
                o.optimizer.zeroGrad();
                o.optimizer.step();
              },
            },
          ],
        })
      ).outcome;
    },
    'Adam: nothing to step: no parameter has a gradient: call backwar',
  ],
  [
    'fit with cosine(100) as its schedule, in place of (steps) => cosine(steps)',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { schedule: b.cosine(100) }))).outcome;
    },
    'fit: what schedule returns must be a function: got number 0.99',
  ],
  [
    'fit with cosine() without its steps',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { schedule: b.cosine() }))).outcome;
    },
    'cosine: total must be a positive integer: undefined',
  ],
  [
    'fit with a clip norm of 0',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { clip: { norm: 0 } }))).outcome;
    },
    'fit: clip must be positive: 0',
  ],
  [
    'fit with metrics and no test set',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { metrics: { a: b.accuracy } }))).epochs.at(-1).metrics;
    },
    'fit: metrics is given without a test set: pass test',
  ],
  [
    'fit with earlyStopping in place of earlyStopping()',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { callbacks: [b.earlyStopping], test: data() }))).outcome;
    },
    'fit: callback 0 must be an object with onResume, onStep, onEpoch',
  ],
  [
    'fit with a callback named onEpochEnd',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { callbacks: [{ onEpochEnd() {} }] }))).outcome;
    },
    'fit: callback 0: never called: onEpochEnd; a callback has onResu',
  ],
  [
    'earlyStopping with a patience of -1',
    () => b.earlyStopping({ patience: -1 }),
    'earlyStopping: patience must be an integer of at least 1: -1',
  ],
  [
    'earlyStopping by a metric that fit does not have',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { test: data(), callbacks: [b.earlyStopping({ monitor: 'metrics.mae' })] })))
        .outcome;
    },
    'fit: callback 0 watches metrics.mae: not one of the metrics: [];',
  ],
  [
    'averageWeights with a decay of 1',
    () => b.averageWeights({ decay: 1 }),
    'averageWeights: decay must be in [0, 1): 1',
  ],
  [
    'fit with an AbortController as its signal',
    async () => {
      const m = net();
      return (await fit(m, opts(m, { signal: new AbortController() }))).outcome;
    },
    'fit: signal must be an AbortSignal: got an AbortController; give',
  ],
  [
    'evaluate of a TrainedModel',
    async () => {
      const t = predictor(net(), data());
      return (await evaluate(t, data())).accuracy;
    },
    'evaluate: takes a model: got a TrainedModel; give a Module, as m',
  ],
  [
    'evaluate with the data first',
    async () => (await evaluate(data(), net())).accuracy,
    'evaluate: takes a model: got a PointDataset; give a Module, as',
  ],
  [
    'tensorDataset with NaN among the inputs',
    () => tensorDataset([[NaN], [1]], [0, 1], { classes: 2 }),
    'tensors: x must be finite: NaN in sample 0; drop or replace it',
  ],
  [
    'tensorDataset with texts as classes',
    () => tensorDataset([[0], [1]], ['a', 'b']),
    "tensorDataset: y: the names of classes: 'a'; give their num",
  ],
  [
    'tensorDataset whose labels begin at 1',
    () => tensorDataset([[1], [2]], [1, 2], { classes: 2 }),
    'tensors: a label names no class: 2 of sample 1; allowed are 0..1',
  ],
  [
    'tensorDataset with two classes of one name',
    () => tensorDataset([[1], [2]], [0, 1], { classes: ['a', 'a'] }),
    "tensorDataset: two classes have one name: 'a'",
  ],
  [
    'splitDataset with a share of 80',
    () => splitDataset(data(), 80),
    'splitDataset: the share must be between 0 and 1: 80',
  ],
  [
    'splitDataset with the shares of both parts',
    () => splitDataset(data(), [0.8, 0.2]),
    'splitDataset: the share must be between 0 and 1: [0.8,0.2]',
  ],
  [
    'splitDataset with stratify for values',
    () => splitDataset(reg(), 0.8, { stratify: true }),
    'splitDataset: stratify is for classes: tensors has values to pre',
  ],
  [
    'subset with booleans as its indices',
    () => b.subset(data(), [true, false]),
    'subset: takes a list of indices, as [0, 2]: got boolean true',
  ],
  [
    'mapDataset with an asynchronous function',
    async () => {
      const d = b.mapDataset(data(), async (x: any) => x);
      return d.batch([0]);
    },
    'mapDataset: a result for moons must be a Float32Array: a Promise',
  ],
  [
    'mapDataset with a function that returns nothing',
    () =>
      b
        .mapDataset(data(), (x: any) => {
          x[0] *= 2;
        })
        .batch([0]),
    'mapDataset: a result for moons must be a Float32Array: undefined',
  ],
  [
    'mapDataset with a function that returns more values',
    () => b.mapDataset(data(), () => new Float32Array(3)).batch([0]),
    'mapDataset: a result for moons has 3 values: shape [2] has 2; gi',
  ],
  [
    'DataLoader with a batch size by position',
    () => new DataLoader(data(), 32),
    'DataLoader: options are an object of batchSize, shuffle, seed, r',
  ],
  [
    'a custom data set whose labels are out of range',
    async () => {
      const d = {
        name: 'o',
        length: 4,
        shape: [2],
        classes: ['a', 'b'],
        batch: (i: any) => ({ inputs: new Float32Array(2 * i.length), labels: new Int32Array(i.length).fill(7) }),
      };
      const m = net();
      return (
        await fit(m, { train: new DataLoader(d, { batchSize: 2 }), optimizer: new Adam(m.parameters(), {}), epochs: 1 })
      ).outcome;
    },
    'o: a label names no class: 7 of sample 0; allowed are 0..1',
  ],
  [
    'a custom data set whose batches lack a sample',
    async () => {
      const d = {
        name: 'o',
        length: 4,
        shape: [2],
        classes: ['a', 'b'],
        batch: () => ({ inputs: new Float32Array(2), labels: new Int32Array(1) }),
      };
      for await (const b of new DataLoader(d, { batchSize: 2 })) return b;
    },
    'o: batch() must return { inputs, labels } with inputs of shape [',
  ],
  [
    'csv with a misspelt target',
    () => csv(houses, { target: 'prise' }),
    'csv: unknown column: prise; one of size, city, price; did you me',
  ],
  [
    'csv with the target among the columns',
    () => csv(houses, { target: 'price', columns: ['size', 'price'] }).features,
    "csv: 'price' is an input and the target: the net would only copy",
  ],
  [
    'csv of a table with semicolons',
    () => csv(houses.replaceAll(',', ';'), { target: 'price' }),
    "csv: the cells are separated by ';', not by ','; give { delimite",
  ],
  [
    'csv of decimal commas without the option decimal',
    () => csv('a;b\n1,5;2\n2,5;3\n1,5;2\n2,5;3\n', { target: 'b', delimiter: ';' }).features,
    "csv: column 'a' has numbers with a decimal comma: '1,5'; give {",
  ],
  [
    'csv with a text as columns',
    () => csv(houses, { target: 'price', columns: 'size' }),
    'csv: columns must be a list of names of columns: string "size"',
  ],
  [
    'csv with NA among the numbers',
    () => csv('a,b\n1,2\nNA,3\n4,5', { target: 'b' }).features,
    "csv: row 3, column 'a': a text among numbers: 'NA'; name it in m",
  ],
  [
    'csv with a statistic as missing',
    () => csv('a,b\n1,2\n,3', { target: 'b', missing: 'mean' }),
    'csv: unknown missing: mean; one of refuse, drop, fill',
  ],
  [
    'standardize with a data set as its statistics',
    () => standardize(reg(), { statistics: standardize(reg()) }),
    'standardize: the statistics do not fit tensors: they have no in',
  ],
  [
    'fit of an mlp on a text',
    async () => {
      const d = b.textDataset('hello world, hello again', { context: 4 });
      const m = mlp({ sizes: [4, d.classes.length] });
      return (
        await fit(m, { train: new DataLoader(d, { batchSize: 2 }), optimizer: new Adam(m.parameters(), {}), epochs: 1 })
      ).outcome;
    },
    "Linear: takes floats: got int32; x.cast('float32') converts it",
  ],
  [
    'mlp with the name of an activation',
    () => mlp({ sizes: [2, 2], activation: 'relu' }),
    'mlp: activation must be a function, such as () => new Tanh(): got str',
  ],
  [
    'mlp with the class of an activation',
    () => mlp({ sizes: [2, 2, 2], activation: ReLU }),
    'mlp: activation must return a module, such as () => new Tanh(): got f',
  ],
  [
    'BatchNorm1d of one sample in training',
    () => new b.BatchNorm1d(3).forward(ones([1, 3])),
    'BatchNorm1d: one value per channel has no variance: (1,3); use a',
  ],
  [
    'fit of a model whose forward is asynchronous',
    async () => {
      class M extends Module {
        l = new Linear(2, 2);
        async forward(x: any) {
          return this.l.forward(x);
        }
      }
      const m = new M();
      return (await fit(m, opts(m))).outcome;
    },
    'the output of the model: takes a tensor: got a Promise; await it',
  ],
  [
    'fit of a model whose forward returns a list',
    async () => {
      class M extends Module {
        l = new Linear(2, 2);
        forward(x: any) {
          return [this.l.forward(x)];
        }
      }
      const m = new M();
      return (await fit(m, opts(m))).outcome;
    },
    'the output of the model: a list: return one tensor from its forwa',
  ],
  [
    'fit of a model whose forward returns nothing',
    async () => {
      class M extends Module {
        l = new Linear(2, 2);
        forward(x: any) {
          this.l.forward(x);
        }
      }
      const m = new M();
      return (await fit(m, opts(m))).outcome;
    },
    'the output of the model: undefined: a return is missing in its fo',
  ],
  [
    'Sequential of the class of a layer',
    () => new Sequential(new Linear(2, 2), ReLU),
    'Sequential: takes modules: got function ReLU at 1; write new ReL',
  ],
  [
    'forward of int32',
    () => net().forward(tensor([[1, 2]], { dtype: 'int32' })),
    "Linear: takes floats: got int32; x.cast('float32') converts it",
  ],
  [
    'predict of a row that is not in a list',
    () => priced().predict({ size: 80, city: 'Oslo' }),
    'predict: samples: got an Object; give a list of samples: [sample',
  ],
  [
    'predict of a row that lacks a column',
    () => priced().predict([{ size: 80 }]),
    "predict: sample 0 has no 'city'; give null if it is missing",
  ],
  [
    'predict of a row with NaN',
    () => priced().predict([{ size: NaN, city: 'Oslo' }]),
    "predict: sample 0, column 'size': not a number: 'NaN'; write num",
  ],
  [
    'predict of a row with a boolean',
    () => priced().predict([{ size: true, city: 'Oslo' }]),
    "predict: sample 0, column 'size': a cell is a text or a number:",
  ],
  [
    'predict of the path of a table',
    () => priced().predict('new.csv'),
    "predict: a text is CSV, a header and rows: got 'new.csv'; read t",
  ],
  [
    'predict of one sample that is not in a list',
    async () => predictor(net(), data()).predict([1, 2]),
    'predict: x must be (n,2), a row for each sample: (2)',
  ],
  ['predict of an empty list', async () => predictor(net(), data()).predict([]), 'predict: no samples'],
  [
    'predict of a data set',
    async () => predictor(net(), data()).predict(data()),
    'predict: samples: got a PointDataset; give raw samples, or the',
  ],
  [
    'predict of texts in place of numbers',
    async () => predictor(net(), data()).predict([['1', '2']]),
    'tensor: not a number: string "1" at [0,0]; Number() makes one',
  ],
  [
    'predict of the path of a picture',
    async () => {
      const s = { test: images() };
      return predictor(lenet(), s.test).predict('a.png');
    },
    'predict: samples: got string "a.png"; give await pictureOf(file)',
  ],
  [
    'predict of a picture with pixels in 0..1',
    async () => {
      const s = { test: images() };
      return predictor(lenet(), s.test).predict(b.rand([1, 1, 28, 28]));
    },
    'predict: pixels must be bytes, integers in 0..255: 0.',
  ],
  [
    'predict after dispose()',
    async () => {
      const t = predictor(net(), data());
      t.dispose();
      return t.predict([[1, 2]]);
    },
    'linear: the tensor (8,2) was freed: dispose() was called',
  ],
  [
    'predictor with the data first',
    () => predictor(data(), net()),
    'predictor: takes a model: got a PointDataset; give a Module, as',
  ],
  [
    'predict of a net with two outputs, with data of three classes',
    async () => {
      const t = predictor(net(), b.blobs({ samples: 9, centers: 3 }));
      return t.predict([[1, 2]]);
    },
    "predict: the model's outputs are not logits of 3 classes: (1,2)",
  ],
  [
    'generate with a text as the prompt of a module',
    async () => {
      const m = b.charLstm({ vocabulary: 5 });
      return b.generate(m, { prompt: 'he' });
    },
    'generate: prompt must be a list of the numbers of tokens; a Trai',
  ],
  [
    'generate with an empty prompt',
    async () => {
      const m = b.charLstm({ vocabulary: 5 });
      return b.generate(m, { prompt: [] });
    },
    'generate: prompt must have at least one token: it is empty',
  ],
  [
    'generate with a temperature of -1',
    async () => {
      const m = b.charLstm({ vocabulary: 5 });
      return b.generate(m, { prompt: [1], temperature: -1 });
    },
    'generate: temperature must be a finite number of at least 0: -1',
  ],
  [
    'generate with a topK of 0',
    async () => {
      const m = b.charLstm({ vocabulary: 5 });
      return b.generate(m, { prompt: [1], topK: 0 });
    },
    'generate: topK must be a positive integer: 0',
  ],
  [
    'a gpt on more tokens than its context',
    () => b.gpt({ vocabulary: 5, context: 4 }).forward(zeros([1, 9], { dtype: 'int32' })),
    'GPT: takes tokens [n,t] of t up to 4: (1,9); give the last 4',
  ],
  [
    'fit of a net whose vocabulary is smaller than that of the text',
    async () => {
      const d = b.textDataset('hello world', { context: 4 });
      const m = b.charLstm({ vocabulary: 3 });
      return (
        await fit(m, { train: new DataLoader(d, { batchSize: 1 }), optimizer: new Adam(m.parameters(), {}), epochs: 1 })
      ).outcome;
    },
    'Embedding: no such row: 3 at index 0; there are 3, 0..2',
  ],
  [
    'sweep with a run that returns a number',
    () => sweeps.sweep({ space, trials: 1, seeds: 1, run: () => 0.5 }),
    'sweep: what run returns must be { validation, test }, numbers or',
  ],
  [
    'sweep with a list as a range',
    () => sweeps.sweep({ space: { adam: { lr: [0.1, 0.2] } }, trials: 1, run: () => null }),
    'space.adam.lr: options are an object of log, uniform, integer, v',
  ],
  [
    'sweep with a log range from 0',
    () => sweeps.sweep({ space: { adam: { lr: { log: [0, 1] } } }, trials: 1, run: () => null }),
    'space.adam.lr: log must be a list of two positive numbers: [0,1]',
  ],
  [
    'sweep with a range from high to low',
    () => sweeps.sweep({ space: { adam: { lr: { uniform: [1, 0] } } }, trials: 1, run: () => null }),
    'space.adam.lr: uniform: the second number must be the larger one',
  ],
  [
    'judge of the result of a sweep, not of its trials',
    async () =>
      sweeps.judge(await sweeps.sweep({ space, trials: 1, seeds: 1, run: () => ({ validation: 1, test: 1 }) })),
    'judge: trials must be the trials that sweep returned: an Object',
  ],
  [
    'judge of a sweep that is not awaited',
    () => sweeps.judge(sweeps.sweep({ space, trials: 1, seeds: 1, run: () => ({ validation: 1, test: 1 }) })),
    'judge: trials must be the trials that sweep returned: a Promise',
  ],
  [
    'tensor(2, 3), with sizes one by one',
    () => tensor(2, 3),
    'tensor: options are an object of shape, dtype, requiresGrad: got',
  ],
  [
    'reshape to two sizes of -1',
    () => zeros([6]).reshape([-1, -1]),
    'reshape: sizes differ: (6) of 6 elements to (-1,-1)',
  ],
  ['sum with the option axis', () => ones([2, 2]).sum({ axis: 0 }), 'sum: no such axis: {"axis":0} of 2 axes'],
  [
    'mul in place of matmul',
    () => ones([2, 3]).mul(ones([3, 2])),
    'mul: shapes do not broadcast: (2,3) with (3,2); sizes must be eq',
  ],
  ['itemSync of a vector', () => ones([3]).itemSync(), 'itemSync: not one element: (3); index it or use dataSync()'],
  [
    'assign to a leaf between its loss and backward',
    () => {
      const w = ones([2], { requiresGrad: true });
      const l = w.square().sum();
      w.assign(zeros([2]));
      l.backward();
      return w.grad;
    },
    'assign: a leaf that requires a gradient is recorded; write',
  ],
  [
    'noGrad of an asynchronous function',
    async () => b.noGrad(async () => ones([2])),
    'noGrad: the function returned a promise; it must not await',
  ],
  [
    'a tensor used after dispose()',
    () => {
      const t = ones([2]);
      t.dispose();
      return t.add(1);
    },
    'add: the tensor (2) was freed: dispose() was called',
  ],
  [
    'setBackend of the text cuda',
    () => b.setBackend('cuda'),
    'setBackend: unknown backend: cuda; one of reference, wasm, or a',
  ],
  ['setThreads(1000)', async () => b.setThreads(1000), 'setThreads: must be an integer from 1 to 64: 1000'],
  [
    'clipGradNorm of a model',
    () => b.clipGradNorm(net(), 1),
    'clipGradNorm: parameters must be a list: got a Sequential; pass',
  ],
  [
    'clipGradNorm before backward',
    () => b.clipGradNorm(net().parameters(), 1),
    'clipGradNorm: no parameter has a gradient; call backward() first',
  ],
  [
    'clipGradNorm of named parameters',
    () => {
      const m = net();
      crossEntropy(m.forward(ones([2, 2])), [0, 1]).backward();
      return b.clipGradNorm(m.namedParameters(), 1);
    },
    'clipGradNorm: parameter 0 is not a tensor: got an array; pass pa',
  ],
  [
    'Embedding of floats',
    () => new b.Embedding(5, 2).forward(tensor([1, 2])),
    'Embedding: the index must be an int32 tensor: float32; cast it',
  ],
  [
    'Linear on all that an LSTM returns',
    () => new Linear(4, 2).forward(new b.LSTM(3, 4).forward(ones([5, 1, 3]))),
    'Linear: takes a tensor: got an array; take one of its tensors',
  ],
  [
    'an LSTM on a sequence without a batch axis',
    () => new b.LSTM(3, 4).forward(ones([5, 3])),
    'LSTM: takes x [steps,batch,3] with at least one step: (5,3)',
  ],
  [
    'fit with a spread of an optimizer',
    () => {
      const m = net();
      const o = { ...new Adam(m.parameters(), {}) };
      return fit(m, opts(m, { optimizer: o }));
    },
    'fit: takes an optimizer: got an Object; pass one: new Adam(pa',
  ],
  [
    'fit with a spread of a DataLoader',
    () => {
      const m = net();
      return fit(m, opts(m, { train: { ...loader() } }));
    },
    'fit: train must be a DataLoader: got an Object; give a DataLoade',
  ],
  [
    'explain before backward',
    () => {
      const m = net();
      const o = new Adam(m.parameters(), {});
      return b.explain(o, m.parameters()[0]);
    },
    'explain: 0.0 has no gradient; call backward() first',
  ],
  [
    'Array.from of a tensor',
    () => Array.from(tensor([1, 2, 3])),
    'Tensor: not a list: call t.dataSync() or await t.data()',
  ],
  ['a tensor that is spread', () => [...tensor([1, 2])], 'Tensor: not a list: call'],
  ['an optimizer of a tensor', () => new Adam(ones([2])), 'Adam: parameters must be a list: got a Tensor; pass'],
  ['Array.from of a loader', () => Array.from(loader()), 'DataLoader: write for await (const [x, y] of loader)'],
  [
    'crossEntropy of probabilities',
    () => crossEntropy(b.softmax(ones([2, 2], { requiresGrad: true })), [0, 1]),
    'crossEntropy: takes logits: leave softmax out',
  ],
  [
    'fit of a net that ends with Softmax',
    () => {
      const m = new Sequential(new Linear(2, 2), new b.Softmax());
      return fit(m, opts(m));
    },
    'crossEntropy: takes logits: leave softmax out',
  ],
  [
    'bceWithLogits of probabilities',
    () => bceWithLogits(b.sigmoid(ones([2], { requiresGrad: true })), ones([2])),
    'bceWithLogits: takes logits: leave sigmoid out',
  ],
  [
    'nll of probabilities',
    () =>
      nll(
        b.softmax(
          tensor([
            [2, 1],
            [0, 3],
          ]),
        ),
        [0, 1],
      ),
    'nll: takes log-probabilities, which are at most 0: 0.7310',
  ],
  [
    'fit of a net with more outputs than classes',
    () => {
      const m = mlp({ sizes: [2, 10] });
      return fit(m, opts(m));
    },
    "the model's output must have a logit for each class: (4,10) for the 2 classes of moons",
  ],
  [
    'evaluate of a net with more outputs than classes',
    () => evaluate(mlp({ sizes: [2, 5] }), data()),
    "the model's output must have a logit for each class: (8,5) for the 2",
  ],
  [
    'fit of a net with two outputs on classes, without the option classes',
    () => {
      const m = net();
      const d = tensorDataset(
        [
          [1, 2],
          [2, 3],
        ],
        [0, 1],
      );
      return fit(m, opts(m, { train: new DataLoader(d, { batchSize: 2 }) }));
    },
    "the model's output does not have the shape of the values: (2,2) for (2); for classes: tensorDataset(x, y, { classes: 2 })",
  ],
  [
    'fit with a function as metrics',
    () => {
      const m = net();
      return fit(m, opts(m, { metrics: b.accuracy, test: data() }));
    },
    'fit: metrics must be functions by name',
  ],
  [
    'fit with a metric that returns a promise',
    () => {
      const m = net();
      return fit(m, opts(m, { test: data(), metrics: { a: async () => 1 } }));
    },
    'metrics: a must return a tensor or a number: got a Promise',
  ],
  [
    'loadModel of a path',
    () => b.loadModel('net.safetensors'),
    'loadModel: takes a Uint8Array or ArrayBuffer: got string "net.safetensors"',
  ],
  [
    'serializeSafetensors of an optimizer',
    () => b.serializeSafetensors(new b.Adam(net().namedParameters())),
    'serializeSafetensors: not a tensor: tensors is an Object; give optimizer.stateDict().tensors',
  ],
  [
    'csv of a path',
    () => csv('houses.csv', { target: 'price' }),
    "csv: no rows: the text must have a header and a row below it: got 'houses.csv'; csvFile(path) of boundgrad/node",
  ],
  [
    'csv with commas between thousands',
    () => csv('a,b\n"1,000",2\n"2,000",3', { target: 'b' }),
    "csv: column 'a' has numbers with a comma: '1,000'; write thousands without it, for decimals give { decimal: ',' }",
  ],
  [
    'standardize with names in except',
    () => standardize(csv(houses, { target: 'price' }), { except: ['city=Oslo'] }),
    'standardize: except must be a list of positions from 0 to 2, such as the oneHot of a table: string "city=Oslo"',
  ],
  [
    'DataLoader of a data set that is not awaited',
    () => new DataLoader(Promise.resolve(data()), { batchSize: 1 }),
    'DataLoader: takes a data set: got a Promise; await it',
  ],
  [
    'textDataset of a text that is not awaited',
    () => b.textDataset(Promise.resolve('abc'), { context: 1 }),
    'textDataset: takes a text: got a Promise; await it',
  ],
  [
    'sweep with scores that are texts',
    () => sweeps.sweep({ space, trials: 1, seeds: 1, run: () => ({ validation: '0.5', test: 0.5 }) }),
    'sweep: what run returns must be { validation, test }, numbers or null: validation: string "0.5"',
  ],
  [
    'fit with an async generator as train',
    () => fit(net(), opts(net(), { train: (async function* () {})() })),
    'fit: train must be a DataLoader: got an Object; give a DataLoader',
  ],
];
for (const [name, call, begins] of refused) {
  test(`${name}: refused`, async () => {
    const error = await refusalOf(call);
    assert.is(error.message.slice(0, begins.length), begins);
  });
}

const warned: [name: string, call: () => unknown, warnings: RegExp][] = [
  [
    'a test set that is not standardized',
    () => {
      const m = mlp({ sizes: [2, 1] });
      return fit(m, opts(m, { train: loader(standardize(reg())), test: reg() }));
    },
    /^fit: test: tensors differs from the training data: it has no standardization of the inputs; standardize\(data, \{ statistics: train.statistics \}\)$/,
  ],
  [
    'a test set with statistics of its own',
    () => {
      const m = mlp({ sizes: [2, 1] });
      const [x, y] = splitDataset(reg(), 0.5);
      return fit(m, opts(m, { train: loader(standardize(x)), test: standardize(y) }));
    },
    /^fit: test: tensors differs from the training data: it has another standardization of the inputs/,
  ],
  [
    'evaluate on raw data, for a net whose predictor has standardized data',
    () => evaluate(predictor(mlp({ sizes: [2, 1] }), standardize(reg())).model, reg()),
    /^evaluate: tensors differs from the training data: it has no standardization of the inputs/,
  ],
  [
    'fit on raw data, for a net whose predictor has standardized data',
    () => {
      const m = mlp({ sizes: [2, 1] });
      predictor(m, standardize(reg()));
      return fit(m, opts(m, { train: loader(reg()) }));
    },
    /^fit: train: tensors differs from the training data: it has no standardization of the inputs/,
  ],
  [
    'a test set whose classes are in another order',
    () => {
      const of = (classes: string[]) =>
        tensorDataset(
          [
            [1, 2],
            [2, 1],
          ],
          [0, 1],
          { classes },
        );
      const m = net();
      return fit(m, opts(m, { train: loader(of(['cat', 'dog'])), test: of(['dog', 'cat']) }));
    },
    /^fit: test: .* its classes are \[dog, cat\], not \[cat, dog\]; give the classes of the training/,
  ],
  [
    'a test table that finds its own categories',
    () => {
      const m = mlp({ sizes: [3, 1] });
      const again = csv(houses.replaceAll('Oslo', 'Bonn'), { target: 'price' });
      return fit(m, opts(m, { train: loader(csv(houses, { target: 'price' })), test: again }));
    },
    /^fit: test: csv differs from the training data: it has another table of columns; read the text with \{ table: train.table \}$/,
  ],
  [
    'a schedule that is 0',
    () => {
      const m = net();
      return fit(m, opts(m, { schedule: () => () => 0 }));
    },
    /^fit: the lr is 0 in all steps$/,
  ],
  [
    'a rate of 0',
    () => {
      const m = net();
      return fit(m, opts(m, { optimizer: new Adam(m.parameters(), { lr: 0 }) }));
    },
    /^fit: the lr is 0 in all steps$/,
  ],
];
for (const [name, call, warning] of warned) {
  test(`${name}: one warning`, async () => {
    const said = await warningsOf(call);
    assert.is(said.length, 1, said.join('\n'));
    assert.match(said[0], warning);
  });
}

test('data prepared like the training data, and a schedule that ends at 0, cause no warning', async () => {
  const said = await warningsOf(async () => {
    const [x, y] = splitDataset(reg(), 0.5);
    const train = standardize(x);
    const m = mlp({ sizes: [2, 1] });
    const test = standardize(y, { statistics: train.statistics });
    await fit(m, opts(m, { train: loader(train), test, epochs: 2, schedule: (steps: number) => b.cosine(steps) }));
    await evaluate(m, test);
  });
  assert.equal(said, []);
});

const FIXED = /^(Cannot (assign to read only|add) property|Cannot delete property)/;
const assigned: [name: string, assign: () => unknown][] = [
  ['a class of points', () => data().classes.push('x')],
  ['the shape of points', () => (data().shape[0] = 9)],
  ['a class of tensors', () => (tensorDataset([[1]], [0], { classes: ['a'] }).classes[0] = 'z')],
  ['the shape of tensors', () => (reg().shape[0] = 9)],
  ['the shape of targets', () => (reg().targetShape[0] = 9)],
  ['a class of images', () => new b.ImageDataset(image()).classes.push('c')],
  ['the normalization of images', () => (new b.ImageDataset(image()).preparation.pixels.mean[0] = 7)],
  ['the vocabulary of a text', () => b.textDataset('abcabc', { context: 2 }).classes.push('#')],
  ['the context of a text', () => (b.textDataset('abcabc', { context: 2 }).shape[0] = 9)],
  ['a column of a table', () => (csv(houses, { target: 'price' }).table.columns[0].name = 'z')],
  ['a feature of a table', () => csv(houses, { target: 'price' }).features.push('z')],
  ['the statistics of a standardized data set', () => (standardize(reg()).statistics.inputs.mean[0] = 1e9)],
  ['a class of a part of a data set', () => splitDataset(data(), 0.5)[0].classes.push('z')],
  ['the shape of a data set of mapDataset', () => (b.mapDataset(data(), (v: unknown) => v).shape[0] = 9)],
  ['inFeatures of a layer', () => (new Linear(2, 3).inFeatures = 5)],
  ['the stride of a convolution', () => (new b.Conv2d(1, 1, 3, { stride: [1, 1] }).stride[0] = 2)],
  ['the window of pooling', () => new b.MaxPool2d([2, 2]).kernelSize.reverse()],
  ['the shape of LayerNorm', () => new b.LayerNorm([2, 3]).shape.push(4)],
];
for (const [name, assign] of assigned) test(`cannot be changed: ${name}`, () => assert.throws(assign, FIXED));

test('the lists that a data set was made of are not frozen, and csv takes the table of an earlier call', () => {
  const parts = image();
  new b.ImageDataset(parts);
  parts.classes.push('c');
  const own = { ...{ name: 'o', length: 2, shape: [2], classes: ['a', 'b'] }, batch: () => ({}) };
  b.subset(own, [0]);
  own.classes.push('c');
  const { table } = csv(houses, { target: 'price' });
  assert.is(csv(houses, { table }).table.columns.length, table.columns.length);
});

test('a layer can be printed, whatever was assigned to its fields', () => {
  const layers = [
    new Linear(2, 2),
    new b.Conv2d(1, 1, 3),
    new b.Embedding(2, 2),
    new b.BatchNorm2d(2),
    new b.LayerNorm(2),
  ];
  for (const layer of [...layers, new b.PReLU(), new b.LSTM(2, 2), new b.MultiheadAttention(2, 1)]) {
    const kind = layer.constructor.name;
    for (const key of Object.keys(layer)) {
      for (const value of [null, [1], {}, 3, 'text']) {
        const before = layer[key];
        layer[key] = value;
        assert.match(String(layer), new RegExp(`^${kind}\\(`), `${kind}.${key}`);
        layer[key] = before;
      }
    }
  }
});

test('a callback may stop a training without a reason', async () => {
  const m = net();
  const onStep = (_: unknown, training: any) => training.stop();
  assert.is((await fit(m, opts(m, { callbacks: [{ onStep }] }))).note, 'a callback stopped it after step 1 of 2');
});

test('a callback that keeps weights or counts epochs of one model is refused in the training of another', async () => {
  for (const make of [b.keepBest, b.averageWeights, b.reduceOnPlateau]) {
    const callback = make();
    const [first, second] = [net(), net()];
    const options = (m: any) => opts(m, { test: loader(), callbacks: [callback] });
    await fit(first, options(first));
    const refusal = await fit(second, options(second)).catch((e: Error) => e);
    assert.match(refusal.message, /^fit: callbacks: '\w+' has the state of another model's training; make a new one$/);
    await fit(first, options(first));
  }
});

test('a run of a sweep may change its configuration: the record says what was drawn', async () => {
  const run = ({ config }: any) => {
    config.lr = 99;
    return { validation: 1, test: 1 };
  };
  const { trials } = await sweeps.sweep({ space, trials: 2, seeds: 1, run });
  for (const { config } of trials) assert.ok(config.lr < 1);
});

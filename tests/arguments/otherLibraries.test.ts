// Misuses by habits of other libraries: positions and names of arguments as in PyTorch, NumPy, Keras and JAX, tensors used as arrays
// of JavaScript, nets and data as those libraries take them. They were written down from the documentation and the declarations alone, before any was
// run. Each is refused in one line, is warned of, or does what the documentation says. The calls are not typed, as in JavaScript.
import { existsSync } from 'node:fs';
import * as root from '../../index.js';
import { subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, net, points, values } from './small.js';

const test = subject('Misuses by habits of other libraries');
const b: any = root;
const { tensor, matmul, stack, randn, scope, noGrad, crossEntropy, Module, Linear, Sequential, Adam } = b;
const { tensorDataset, csv, standardize, splitDataset, DataLoader, fit, predictor } = b;

const x = tensor([
  [1, -2, 3],
  [4, 5, -6],
]);
const x2 = tensor(points(2, 1));
const lossOf = (model: any) => crossEntropy(model.forward(x2), [0, 1]);
const load = (data: any) => new DataLoader(data, { batchSize: 8, shuffle: true, seed: 1 });
const train = (more: object = {}, model: any = net()): Promise<any> =>
  fit(model, { train: load(classes()), optimizer: adam(model), epochs: 2, ...more });
/** Takes one step. */
const stepped = (model: any, optimizer: any) => {
  lossOf(model).backward();
  optimizer.step();
};
/** A table with these sizes. */
const table = (...sizes: string[]) => `size,price\n${sizes.map((size, i) => `${size},${100 + 7 * i}\n`).join('')}`;

testMisuses(test, [
  ['x.T, which is undefined here', () => matmul(x, x.T), { refused: /^matmul: takes a tensor: got undefined/ }],
  [
    'tensor with its dtype by position',
    () => tensor([1, 2], 'int32'),
    { refused: /^tensor: options are an object of .*: got string "int32"$/ },
  ],
  [
    'zeros with sizes one by one',
    () => b.zeros(2, 3),
    { refused: /^zeros: options are an object of dtype, requiresGrad: got number 3$/ },
  ],
  [
    'mean with { dim: 1 } for its axis',
    () => x.mean({ dim: 1 }),
    { refused: /^mean: no such axis: \{"dim":1\} of 2 axes/ },
  ],
  [
    'sum with keepdim by position',
    () => x.sum(1, true),
    { refused: /^sum: options are an object of keepdim: got boolean true$/ },
  ],
  ['permute with axes one by one', () => x.permute(1, 0), { refused: /^permute: takes a list: 1; write \[1\]/ }],
  ['slice(1, 3), as of an array', () => x.slice(1, 3), { refused: /^slice: .*; write \[\[start, stop\], \.\.\]$/ }],
  ['at with a mask', () => x.at(x.greater(0)), { refused: /^at: index out of range: a Tensor at axis 0 of \(2,3\)$/ }],
  [
    'concat with tensors one by one',
    () => b.concat(x, x),
    { refused: /^concat: takes a list of tensors, at least one: got a Tensor$/ },
  ],
  [
    'linspace with a step in place of a count',
    () => b.linspace(0, 1, 0.1),
    { refused: /^linspace: count must be an integer of at least 0: 0\.1$/ },
  ],
  [
    'randint without its low',
    () => b.randint(10, [3]),
    { refused: /^randint: high must be an integer above 10, .*: \[3\]$/ },
  ],
  [
    'clamp with its limits by position',
    () => x.clamp(0, 1),
    { refused: /^clamp: options are an object of min, max: got number 0$/ },
  ],
  [
    'both values and positions from max',
    () => {
      const [v, i] = x.max(1);
      return [v, i];
    },
    { refused: /^Tensor: not a list: call t\.dataSync\(\) or await t\.data\(\)$/ },
  ],
  [
    'sort with its order by position',
    () => b.sort(x, -1, true),
    { refused: /^sort: options are an object of descending: got boolean true$/ },
  ],
  [
    'pad with a flat list of widths',
    () => x.pad([1, 1]),
    { refused: /^pad: takes \[before, after\] >= 0 for each of 2 axes: \[1,1\]$/ },
  ],
  [
    'gather with the index before the axis',
    () => b.gather(x, tensor([[0], [1]], { dtype: 'int32' }), 1),
    { refused: /^gather: the index must be an int32 tensor: number 1/ },
  ],
  [
    'where with a condition of floats',
    () => b.where(x, x, 0),
    { refused: /^where: the condition must be bool: float32; compare it first$/ },
  ],
  [
    'an int32 tensor that requires a gradient',
    () => tensor([1], { dtype: 'int32', requiresGrad: true }),
    { refused: /^requiresGrad: only float tensors have gradients: int32; cast it first$/ },
  ],
  [
    'requires_grad assigned to a parameter',
    () => {
      net().parameters()[0].requires_grad = false;
    },
    { refused: /^requires_grad: use requiresGrad$/ },
  ],
  [
    'a boolean in place of the method requiresGrad',
    () => {
      const m = net();
      m.requiresGrad = false;
      return m.parameters()[0].requiresGrad;
    },
    { refused: /^requiresGrad: a method: call it$/ },
  ],
  [
    'lr assigned to an optimizer, not to its group',
    () => {
      const m = net();
      const o = adam(m);
      o.lr = 0.1;
      stepped(m, o);
    },
    { refused: /^Adam: lr is in a group: assign optimizer\.paramGroups\[0\]\.lr$/ },
  ],
  [
    'an unknown hyper-parameter of a group',
    () => {
      const m = net();
      const o = adam(m);
      o.paramGroups[0].learningRate = 0.1;
      stepped(m, o);
    },
    { refused: /^Adam: unknown option: learningRate; / },
  ],
  [
    'Nesterov without momentum',
    () => new b.SGDM(net().parameters(), { lr: 0.1, momentum: 0, nesterov: true }),
    { refused: /^SGDM: nesterov needs the heavy ball: momentum above 0/ },
  ],
  [
    'a list of losses of scopes that have closed',
    () => {
      const losses: any[] = [];
      for (let i = 0; i < 2; i++)
        scope(() => {
          losses.push(lossOf(net()));
        });
      return stack(losses).mean().itemSync();
    },
    { refused: /^stack: the tensor \(\) was freed: its scope has closed; keep\(t\) inside the scope moves it out$/ },
  ],
  [
    'noGrad of an asynchronous function',
    () => noGrad(async () => net().forward(x2)),
    { refused: /^noGrad: the function returned a promise; it must not await$/ },
  ],
  ['grad of a function', () => b.grad((t: any) => t.square()), { refused: /^grad: takes a tensor: got function/ }],
  [
    'Adam with lr by position',
    () => new Adam(net().parameters(), 0.001),
    { refused: /^Adam: options are an object of lr, .*: got number 0\.001$/ },
  ],
  [
    'the method parameters without a call',
    () => new Adam(net().parameters),
    { refused: /^Adam: parameters must be a list: got function parameters; pass model\.namedParameters\(\)$/ },
  ],
  [
    'Adam with a text as lr',
    () => new Adam(net().parameters(), { lr: '1e-3' }),
    { refused: /^Adam: lr must be a finite number of at least 0: string "1e-3"$/ },
  ],
  [
    'clipGradNorm of a model',
    () => {
      const m = net();
      lossOf(m).backward();
      return b.clipGradNorm(m, 1);
    },
    { refused: /^clipGradNorm: parameters must be a list: got a Sequential; pass model\.parameters\(\)$/ },
  ],
  [
    'gradients clipped before there are any',
    () => b.clipGradNorm(net().parameters(), 1),
    { refused: /^clipGradNorm: no parameter has a gradient; call backward\(\) first$/ },
  ],
  [
    'the function cosine in place of the schedule cosine(steps)',
    () => {
      const m = net();
      const o = adam(m, { schedule: b.cosine });
      stepped(m, o);
    },
    { refused: /^schedule: at step 1 it must be a finite number of at least 0: function/ },
  ],
  [
    'fit with the schedule cosine(100) in place of cosine, which makes a schedule for the steps of fit',
    () => train({ schedule: b.cosine(100) }),
    { refused: /^fit: what schedule returns must be a function: .*; give a function of the steps: / },
  ],
  [
    'a weight without requiresGrad',
    () => {
      class Own extends Module {
        w = randn([2, 2]);
        head = new Linear(2, 2);
        forward(v: any) {
          return this.head.forward(matmul(v, this.w));
        }
      }
      return train({}, new Own());
    },
    { warned: /^fit: not trained: w: give it \{ requiresGrad: true \}, / },
  ],
  [
    'a layer made in forward',
    () => {
      class Own extends Module {
        head = new Linear(4, 2);
        forward(v: any) {
          return this.head.forward(new Linear(2, 4).forward(v));
        }
      }
      return train({}, new Own());
    },
    {
      warned: /^Adam: parameters that no optimizer has are not trained: \(4\),\(4,2\); is the layer #private or new\?$/,
    },
  ],
  [
    'loadStateDict of a module',
    () => net().loadStateDict(net()),
    { refused: /^loadStateDict: takes tensors by name, as stateDict\(\) returns them/ },
  ],
  [
    'Sequential of the class of a layer',
    () => new Sequential(b.ReLU),
    { refused: /^Sequential: takes modules: got function ReLU at 0; write new ReLU\(\)$/ },
  ],
  [
    'a Linear after an LSTM',
    () => new Sequential(new b.LSTM(2, 3), new Linear(3, 1)).forward(b.zeros([4, 1, 2])),
    { refused: /^Sequential: module 0 returns a list, which module 1 does not take/ },
  ],
  [
    'layers of an LSTM by position',
    () => new b.LSTM(10, 20, 2),
    { refused: /^LSTM: options are an object of numLayers, .*: got number 2$/ },
  ],
  [
    'Conv2d with stride and padding by position',
    () => new b.Conv2d(3, 16, 3, 1, 1),
    { refused: /^Conv2d: options are an object of stride, padding, .*: got number 1$/ },
  ],
  [
    'lenet of images with the channels last',
    () => b.lenet().forward(b.zeros([1, 28, 28, 1])),
    { refused: /^LeNet: takes \(1,1,28,28\): \(1,28,28,1\); / },
  ],
  ['dropout in percent', () => new b.Dropout(50), { refused: /^Dropout: p must lie in \[0, 1\]: 50$/ }],
  [
    'mse of a column and a vector',
    () => b.mse(b.zeros([4, 1]), b.zeros([4])),
    { refused: /^mse: shapes differ: \(4,1\) and \(4\)$/ },
  ],
  [
    'crossEntropy with the targets first',
    () => crossEntropy(tensor([0, 1], { dtype: 'int32' }), x2),
    { refused: /^crossEntropy: logits must be \[n, c\]: \(2\)/ },
  ],
  [
    'classes 0 to 2 in a binary loss',
    () => b.bceWithLogits(b.zeros([3]), tensor([0, 1, 2])),
    { refused: /^bceWithLogits: a target must be within \[0, 1\]: 2$/ },
  ],
  [
    'a softmax at the end',
    () => train({}, new Sequential(new Linear(2, 2), new b.Softmax(1))),
    { refused: /^crossEntropy: takes logits: leave softmax out$/ },
  ],
  [
    'accuracy of predicted classes in place of logits',
    () => b.accuracy(x2.argMax(1), [0, 1]),
    { refused: /^accuracy: takes \[n, c\] and classes \[n\]: \(2\) and \(2\)$/ },
  ],
  [
    'resnet18 with the option pretrained',
    () => b.resnet18({ pretrained: true }),
    { refused: /^ResNet: unknown option: pretrained; / },
  ],
  [
    'csv of a path',
    () => csv('houses.csv', { target: 'price' }),
    { refused: /^csv: no rows: .*; csvFile\(path\) of boundgrad\/node reads a file$/ },
  ],
  [
    'csv with a statistic as missing',
    () => csv(table('1', ''), { target: 'price', missing: 'mean' }),
    { refused: /^csv: unknown missing: mean; one of refuse, drop, fill$/ },
  ],
  [
    'decimal commas in quotes',
    () => csv(table('"1,5"', '"2,5"', '"3,5"', '"2,5"'), { target: 'price' }),
    { refused: /^csv: column 'size' has numbers with a decimal comma: '1,5'; give \{ decimal: ',' \}/ },
  ],
  [
    'NA among numbers',
    () => csv(table('1', 'NA', '3'), { target: 'price' }),
    { refused: /^csv: row 3, column 'size': a text among numbers: 'NA'; name it in missingValues/ },
  ],
  [
    'fit on data that are not awaited',
    () => {
      const m = net();
      return fit(m, { train: Promise.resolve(classes()), optimizer: adam(m), epochs: 1 });
    },
    { refused: /^fit: train must be a DataLoader: got a Promise; await it$/ },
  ],
  ['a loss by name', () => train({ loss: 'mse' }), { refused: /^fit: loss must be a function: got string "mse"/ }],
  [
    'a test set with statistics of its own',
    () => {
      const m = net(1);
      return fit(m, {
        train: load(standardize(values(24, 1))),
        test: standardize(values(24, 2)),
        optimizer: adam(m),
        epochs: 1,
      });
    },
    { warned: /^fit: test: tensors differs from the training data: it has another standardization of the inputs; / },
  ],
  [
    'a test set of other classes',
    () => train({ test: classes(24, 2, ['yes', 'no']) }),
    { warned: /^fit: test: tensors differs from the training data: its classes are \[yes, no\], not \[no, yes\]/ },
  ],
  [
    'fit with a path as checkpoints',
    () => train({ checkpoints: 'runs/x' }),
    { refused: /^fit: checkpoints must have .*; checkpointFolder\('run'\) of boundgrad\/node makes one$/ },
  ],
  [
    'prices as int32 values to predict',
    () => tensorDataset(points(4, 1), tensor([120000, 250000, 180000, 99000], { dtype: 'int32' })),
    { warned: /^tensors: 250001 classes: if y holds values, give floats; else give \{ classes \}$/ },
  ],
  [
    'prices as int32 values to predict, one of them 0',
    () => tensorDataset(points(4, 1), tensor([0, 250000, 180000, 99000], { dtype: 'int32' })),
    { warned: /^tensors: 250001 classes: if y holds values, give floats; else give \{ classes \}$/ },
  ],
  [
    'classes from 1 on',
    () => tensorDataset(points(3, 1), tensor([1, 2, 3], { dtype: 'int32' }), { names: ['a', 'b', 'c'] }),
    { refused: /^tensors: a label names no class: 3 of sample 2; allowed are 0\.\.2$/ },
  ],
  [
    'splitDataset with the shares of both parts',
    () => splitDataset(classes(), [0.8, 0.2]),
    { refused: /^splitDataset: the share must be between 0 and 1: \[0\.8,0\.2\]$/ },
  ],
  [
    'a list of augmentations',
    () =>
      new b.ImageDataset({
        name: 'i',
        pixels: new Uint8Array(2),
        labels: [0, 1],
        shape: [1, 1, 1],
        classes: ['a', 'b'],
        mean: [0.5],
        std: [0.5],
        augment: [b.randomCrop(1), b.randomFlip()],
      }),
    { refused: /^i: augment must be a function: an array$/ },
  ],
  [
    'predict of a row that is not in a list',
    () =>
      predictor(b.mlp({ sizes: [1, 1] }), csv(table('1', '2', '4'), { target: 'price', columns: ['size'] })).predict({
        size: 100,
      }),
    { refused: /^predict: samples: got an Object; give a list of samples: \[sample\]$/ },
  ],
] satisfies Misuse[]);

if (existsSync('core/backends/wasm/backend.ts'))
  testMisuses(test, [
    [
      'a backend that is not awaited',
      async () => {
        const soon = b.setBackend('wasm');
        const early = b.ones([2]);
        await soon;
        try {
          return b.ones([2]).add(early);
        } finally {
          await b.setBackend('reference');
        }
      },
      { refused: /^add: operands on two backends: wasm and reference; await setBackend first/ },
    ],
  ] satisfies Misuse[]);

// Mistakes of newcomers in shapes, gradients, layers, losses, optimizers, data and models. None passes silently, and
// each error is one of the project's, which names the function, the layer, the field, the data set or the format of the file.
import * as b from '../../index.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';

const test = subject('More mistakes of newcomers');
const any = (value: unknown) => value as never;
const x = b.ones([2, 3]);
const net = () => new b.Linear(2, 2);
const w = () => b.tensor([1, 2], { requiresGrad: true });
const data = b.tensorDataset([[1], [2]], [0, 1], { classes: 2 });
const two = {
  ...{ name: 'i', pixels: [0, 1], labels: [0, 1], classes: ['a', 'b'] },
  ...{ shape: [1, 1, 1] as const, mean: [0], std: [1] },
};
const img = (more: object) => new b.ImageDataset({ ...two, ...more });

const mistakes: [name: string, call: () => unknown, message: RegExp][] = [
  [
    'reshape to another number of elements',
    () => x.reshape([4]),
    /^reshape: sizes differ: \(2,3\) of 6 elements to \(4\)/,
  ],
  ['reshape to sizes one by one', () => (x.reshape as any)(3, 2), /^reshape: takes a list: 3; write \[3\]/],
  ['transpose of axis 5 of two', () => x.transpose(5, 0), /^transpose: no such axis: 5 of 2 axes/],
  ['permute with one of two axes', () => x.permute([0]), /^permute: every axis must be named once: \[0\] for 2/],
  ['flatten from an axis that is a text', () => x.flatten(any('all')), /^flatten: no such axis: "all" of 2 axes/],
  ['slice by two numbers', () => x.slice(any([0, 1])), /^slice: takes a range or null for each axis: \[0,1\];/],
  ['slice with a negative step', () => x.slice([[2, 0, -1]]), /^slice: the step must be a positive integer: -1/],
  [
    'indexSelect with a tensor of floats',
    () => x.indexSelect(0, b.tensor([0.5])),
    /^indexSelect: the index must be an int32 tensor:/,
  ],
  [
    'matmul of vectors of different sizes',
    () => b.matmul(b.ones([3]), b.ones([2])),
    /^matmul: inner sizes differ: \(3\) by \(2\); transpose/,
  ],
  ['matmul with a text', () => x.matmul(any('w')), /^matmul: takes a tensor: got string "w"; tensor\(values\)/],
  ['itemSync of a tensor of six elements', () => x.itemSync(), /^itemSync: not one element: \(2,3\); index it or use/],
  [
    'assign with two numbers to a tensor of three elements',
    () => b.zeros([3]).assign([1, 2]),
    /^assign: 2 values for 3 elements of shape \(3\)/,
  ],
  [
    'assign with a text',
    () => b.zeros([1]).assign(any('a')),
    /^assign: takes a number or a flat list of numbers: got string "a"/,
  ],
  [
    'backward twice',
    () => {
      const l = w().square().sum();
      l.backward();
      l.backward();
    },
    /^backward: an earlier backward freed the graph: at/,
  ],
  [
    'backward of a result that depends on no leaf with requiresGrad',
    () => x.sum().backward(),
    /^backward: nothing to differentiate: no operand/,
  ],
  ['backward of a vector', () => w().square().backward(), /^backward: root must be a scalar: \(2\); reduce it, or/],
  [
    'an int32 tensor that requires a gradient',
    () => b.tensor([1, 2], { dtype: 'int32', requiresGrad: true }),
    /^requiresGrad: only float tensors have gradients:/,
  ],
  [
    'requiresGrad assigned to a tensor that is not a leaf',
    () => {
      const y = w().mul(2);
      y.requiresGrad = false;
    },
    /^requiresGrad: not a leaf: an operation made this/,
  ],
  [
    'noGrad of an asynchronous function',
    () => b.noGrad(async () => {}),
    /^noGrad: the function returned a promise; it must not await/,
  ],
  ['noGrad with a tensor as its function', () => b.noGrad(any(x)), /^noGrad: takes a plain function: got object/],
  ['scope with a number as its function', () => b.scope(any(3)), /^scope: takes a function: got number 3/],
  ['arange up to Infinity', () => b.arange(0, Infinity), /^arange: endless or undefined: from 0 to Infinity by/],
  ['arange with a step of 0', () => b.arange(0, 3, 0), /^arange: endless or undefined: from 0 to 3 by 0/],
  ['eye of a shape', () => b.eye(any([3])), /^eye: a shape is a list of non-negative integers:/],
  ['eye of -1 rows', () => b.eye(-1), /^eye: a shape is a list of non-negative integers:/],
  ['randn of a number', () => b.randn(any(3)), /^randn: a shape is a list of non-negative integers:/],
  ['full without a value', () => b.full([2], any(undefined)), /^full: value must be a number: undefined/],
  [
    'tensor of rows of different lengths',
    () => b.tensor([[1], [2, 3]]),
    /^tensor: ragged values: shape \(1\) at \[0\], \(2\) at \[1\]/,
  ],
  ['tensor of undefined', () => b.tensor(any(undefined)), /^tensor: not a number: undefined at \[\]/],
  ['tensor of an object', () => b.tensor(any({ a: 1 })), /^tensor: not a number: an Object at \[\]/],
  [
    'an int32 tensor of 1.5',
    () => b.tensor([1.5], { dtype: 'int32' }),
    /^tensor: not an int32: 1\.5 at 0; use float64/,
  ],
  ['zeros of the shape [-1]', () => b.zeros([-1]), /^zeros: a shape is a list of non-negative integers:/],
  ['softmax over axis 5 of two', () => b.softmax(x, 5), /^softmax: no such axis: 5 of 2 axes/],
  [
    'concat of tensors whose other sizes differ',
    () => b.concat([x, b.ones([3, 2])], 0),
    /^concat: sizes differ at an axis other than 0: \(2,3\),/,
  ],
  ['stack of tensors of different shapes', () => b.stack([x, b.ones([3])]), /^stack: shapes differ: \(2,3\) and \(3\)/],
  ['pad by a number', () => x.pad(any(1)), /^pad: takes a list: 1; write \[1\]/],
  [
    'where with a boolean as its condition',
    () => b.where(any(true), x, x),
    /^where: the condition: takes a tensor: got boolean/,
  ],
  ['equal with a text', () => x.equal(any('1')), /^equal: takes tensors, or a tensor and a number: got/],
  ['pow with a text', () => x.pow(any('2')), /^pow: takes tensors, or a tensor and a number: got a/],
  [
    'gelu with an unknown approximation',
    () => x.gelu(any({ approximate: 'erf' })),
    /^gelu: unknown approximate: erf; one of none, tanh/,
  ],
  ['Dropout with a p of 1.5', () => new b.Dropout(any(1.5)), /^Dropout: p must lie in \[0, 1\]: 1\.5/],
  ['Dropout with a text as p', () => new b.Dropout(any('0.5')), /^Dropout: p must lie in \[0, 1\]: string "0\.5"/],
  ['Dropout with p in an object', () => new b.Dropout(any({ p: 0.5 })), /^Dropout: p must lie in \[0, 1\]: an Object/],
  [
    'Conv2d with a text as its padding',
    () => new b.Conv2d(1, 1, 3, any({ padding: 'valid' })),
    /^Conv2d: padding must be an integer of at least 0, or a list of two:/,
  ],
  [
    'Conv2d with a text as its kernel',
    () => new b.Conv2d(1, 1, any('3')),
    /^Conv2d: kernel must be an integer of at least 1, or a list of two:/,
  ],
  [
    'Conv2d of three channels on an image of one',
    () => new b.Conv2d(3, 4, 3).forward(b.ones([1, 1, 8, 8])),
    /^conv2d: channels do not fit: \(1,1,8,8\) with weight/,
  ],
  [
    'Linear of two inputs on a last axis of three',
    () => net().forward(b.ones([1, 2, 2, 3])),
    /^linear: inner sizes differ/,
  ],
  ['Linear on a list', () => net().forward(any([1, 2])), /^Linear: takes a tensor: got an array; tensor\(values\)/],
  [
    'Embedding of floats',
    () => new b.Embedding(3, 2).forward(b.tensor([0.5])),
    /^Embedding: the index must be an int32 tensor:/,
  ],
  ['BatchNorm2d of vectors', () => new b.BatchNorm2d(3).forward(x), /^BatchNorm2d: takes an input of 4 axes, channels/],
  [
    'BatchNorm2d with a momentum of 2',
    () => new b.BatchNorm2d(3, any({ momentum: 2 })),
    /^BatchNorm2d: momentum must be a number from 0 to 1/,
  ],
  [
    'LayerNorm over four features on a last axis of three',
    () => new b.LayerNorm(4).forward(x),
    /^layerNorm: the input must end in the normalized/,
  ],
  [
    'Sequential of functions',
    () => new b.Sequential(any(b.relu)),
    /^Sequential: takes modules: got function relu at 0;/,
  ],
  [
    'loadStateDict of a Map',
    () => net().loadStateDict(any(new Map())),
    /^loadStateDict: takes tensors by name, as stateDict\(\) returns them: got a Map$/,
  ],
  [
    'loadStateDict of lists of numbers',
    () => net().loadStateDict(any({ weight: [1], bias: [2] })),
    /^loadStateDict: takes tensors by name, as stateDict\(\) returns them: its weight is an array$/,
  ],
  ['toDType to int32', () => net().toDType(any('int32')), /^toDType: parameters are floats: int32; one of/],
  ['a text as the mode of a module', () => net().train(any('eval')), /^training must be true or false: string "eval"/],
  [
    'requiresGrad() of a module without a value',
    () => net().requiresGrad(any(undefined)),
    /^requiresGrad: value must be true or false: undefined/,
  ],
  [
    'crossEntropy with the classes first',
    () => b.crossEntropy(any([0, 1]), x as never),
    /^crossEntropy: takes a tensor: got an array;/,
  ],
  [
    'crossEntropy with one-hot rows of integers',
    () =>
      b.crossEntropy(
        b.ones([2, 2]),
        b.tensor(
          [
            [0, 1],
            [1, 0],
          ],
          { dtype: 'int32' },
        ),
      ),
    /^crossEntropy: takes \[n, c\] and classes \[n\]: \(2,2\)/,
  ],
  [
    'crossEntropy with class 7 of two',
    () => b.crossEntropy(b.ones([2, 2]), [0, 7]),
    /^crossEntropy: no such class: 7 at index 1; there/,
  ],
  [
    'crossEntropy with class -1',
    () => b.crossEntropy(b.ones([2, 2]), [0, -1]),
    /^crossEntropy: no such class: -1 at index 1; there/,
  ],
  ['mse of different shapes', () => b.mse(b.ones([2, 1]), b.ones([2])), /^mse: shapes differ: \(2,1\) and \(2\)/],
  [
    'bceWithLogits with a list as its targets',
    () => b.bceWithLogits(b.ones([2]), any([0, 1])),
    /^bceWithLogits: takes a tensor: got an array;/,
  ],
  ['huber with a delta of 0', () => b.huber(x, x, { delta: 0 }), /^huber: delta must be positive: 0/],
  [
    'accuracy with one-hot rows as classes',
    () => b.accuracy(b.ones([2, 2]), any(b.ones([2, 2]))),
    /^accuracy: takes \[n, c\] and classes \[n\]: \(2,2\) and/,
  ],
  [
    'nll with the classes first',
    () => b.nll(any([0]), any(x)),
    /^nll: takes a tensor: got an array; tensor\(values\) makes/,
  ],
  [
    'Adam with a text as lr',
    () => new b.Adam([w()], { lr: any('0.1') }),
    /^Adam: lr must be a finite number of at least 0:/,
  ],
  [
    'SGDM with a negative lr',
    () => new b.SGDM([w()], { lr: -1 }),
    /^SGDM: lr must be a finite number of at least 0: -1/,
  ],
  [
    'Adam with one number as betas',
    () => new b.Adam([w()], any({ betas: 0.9 })),
    /^Adam: betas must be a list of numbers: 0\.9/,
  ],
  ['Adam with a beta of 1', () => new b.Adam([w()], { betas: [1, 0.999] }), /^Adam: beta1 must lie in \[0, 1\): 1/],
  ['SGDM with a momentum of 2', () => new b.SGDM([w()], { momentum: 2 }), /^SGDM: momentum must lie in \[0, 1\): 2/],
  ['Adam without parameters', () => new b.Adam([]), /^Adam: no parameters: the list is empty or used up/],
  [
    'Adam with an object as its parameters',
    () => new b.Adam(any({ a: w() })),
    /^Adam: parameters must be a list: got an Object;/,
  ],
  ['a step before backward', () => new b.Adam([w()]).step(), /^Adam: nothing to step: no parameter has a gradient:/],
  [
    'AdaBound with the option final_lr',
    () => new b.AdaBound([w()], any({ final_lr: 0.1 })),
    /^AdaBound: unknown option: final_lr; it has lr,/,
  ],
  [
    'SGDM with a text as nesterov',
    () => new b.SGDM([w()], any({ nesterov: 'yes' })),
    /^SGDM: nesterov must be true or false: string "yes"/,
  ],
  [
    'the state of another optimizer',
    () => new b.Adam([w()]).loadStateDict(new b.SGDM([w()]).stateDict()),
    /^Adam: the state does not fit: it was saved by SGDM/,
  ],
  ['clipGradNorm of a model', () => b.clipGradNorm(any(net()), 1), /^clipGradNorm: parameters must be a list: got a/],
  ['clipGradNorm to a norm of 0', () => b.clipGradNorm([w()], 0), /^clipGradNorm: maxNorm must be positive: 0/],
  [
    'clipGradValue with a text as the limit',
    () => b.clipGradValue([w()], any('1')),
    /^clipGradValue: the limit must be positive: string/,
  ],
  ['cosine with a text as the steps', () => b.cosine(any('10')), /^cosine: total must be a positive integer: string/],
  [
    'Adam with an object as its schedule',
    () => new b.Adam([w()], any({ schedule: { step: 1 } })),
    /^Adam: schedule must be a function like cosine/,
  ],
  [
    'DataLoader with a batchSize of 0',
    () => new b.DataLoader(data, { batchSize: 0 }),
    /^DataLoader: batchSize must be an integer of at/,
  ],
  [
    'DataLoader of a list',
    () => new b.DataLoader(any([[1, 0]]), { batchSize: 1 }),
    /^DataLoader: takes a data set: got an array/,
  ],
  [
    'DataLoader without options',
    () => new b.DataLoader(data, any(undefined)),
    /^DataLoader: options are an object of batchSize,/,
  ],
  [
    'DataLoader with a text as shuffle',
    () => new b.DataLoader(data, any({ batchSize: 1, shuffle: 'yes' })),
    /^DataLoader: shuffle must be true or false: string/,
  ],
  [
    'DataLoader with a text as its seed',
    () => new b.DataLoader(data, any({ batchSize: 1, seed: 'a' })),
    /^DataLoader: seed must be an integer: string "a"/,
  ],
  [
    'DataLoader whose dropLast leaves no batch',
    () => new b.DataLoader(data, { batchSize: 3, dropLast: true }),
    /^DataLoader: dropLast leaves no batch: batchSize 3/,
  ],
  [
    'three means for grey images',
    () => img({ mean: [0.5, 0.5, 0.5] }),
    /^i: one mean and one std per channel: \[0\.5,0\.5,0\.5\]/,
  ],
  ['images with a std of 0', () => img({ std: [0] }), /^i: std must be positive: \[0\]/],
  [
    'an image shape without channels',
    () => img({ shape: [1, 1] }),
    /^i: the shape of an image must be \[channels, rows,/,
  ],
  [
    'images whose pixels are floats',
    () => img({ pixels: [0.5, 1] }),
    /^i: pixels must be bytes, integers in 0\.\.255: 0\.5 at/,
  ],
  [
    'images whose labels begin at 1',
    () => img({ labels: [1, 2] }),
    /^i: a label names no class: 2 of image 1; allowed/,
  ],
  [
    'images with one-hot labels',
    () =>
      img({
        labels: [
          [1, 0],
          [0, 1],
        ],
      }),
    /^i: a label names no class: \[1,0\] of image 0;/,
  ],
  [
    'splitDataset with a share of 80',
    () => b.splitDataset(data, 80),
    /^splitDataset: the share must be between 0 and 1: 80/,
  ],
  ['subset with a number as its indices', () => b.subset(data, any(1)), /^subset: indices must be a list: 1/],
  ['csv without a target', () => b.csv('a,b\n1,2', any({})), /^csv: target must be the name of a column, or a list/],
  [
    'csv with the number of a column as its target',
    () => b.csv('a,b\n1,2', any({ target: 1 })),
    /^csv: target must be the name of a column, or a list/,
  ],
  [
    'csv of a path',
    () => b.csv('houses.csv', { target: 'price' }),
    /^csv: no rows: the text must have a header and a row/,
  ],
  ['csv of a table with semicolons', () => b.csv('a;b\n1;2', { target: 'b' }), /^csv: .*separated by ';', not by ','/],
  [
    'standardize with the option stats',
    () => b.standardize(data, any({ stats: {} })),
    /^standardize: unknown option: stats; it has/,
  ],
  [
    'tensorDataset of two inputs and one target',
    () => b.tensorDataset([[1], [2]], [1]),
    /^tensorDataset: x and y differ in their number of/,
  ],
  [
    'tensorDataset with one-hot rows as classes',
    () =>
      b.tensorDataset(
        [[1], [2]],
        [
          [1, 0],
          [0, 1],
        ],
        { classes: 2 },
      ),
    /^tensorDataset: classes must be \[n\], one for each/,
  ],
  ['mlp with sizes one by one', () => (b.mlp as any)(2, 4, 2), /^mlp: options are an object of sizes, activation,/],
  ['mlp with one size', () => b.mlp({ sizes: [2] }), /^mlp: takes \{ sizes: \[in, \.\., out\] \}: got \[2\]/],
  [
    'lenet on images of 32 x 32',
    () => b.lenet().forward(b.ones([1, 1, 32, 32])),
    /^LeNet: takes \(1,1,28,28\): \(1,1,32,32\); give imageSize or inChannels, or resize$/,
  ],
  [
    'resnet8 on grey images',
    () => b.resnet8().forward(b.ones([1, 1, 8, 8])),
    /^ResNet: takes \(1,3,8,8\): \(1,1,8,8\); give inChannels, or resize$/,
  ],
  [
    'densenetBC of a depth that its stages do not fit',
    () => b.densenetBC({ depth: 11, growth: 4 }),
    /^densenetBC: three stages of \(depth - 4\) \/ 6 layers/,
  ],
  ['seed without a number', () => b.seed(any(undefined)), /^seed: the seed must be an integer: undefined/],
  [
    'Random with a text as its seed',
    () => new b.Random(any('seed')),
    /^Random: the seed must be an integer: string "seed"/,
  ],
  ['useRandom with a seed', () => b.useRandom(any(7)), /^useRandom: takes a Random: new Random\(1\): number/],
  [
    'parseSafetensors of a path',
    () => b.parseSafetensors(any('model.safetensors')),
    /^parseSafetensors: takes a Uint8Array: got string ".*"; wrap an/,
  ],
  [
    'parseSafetensors of JSON',
    () => b.parseSafetensors(new TextEncoder().encode('{"a":1}')),
    /^safetensors: truncated: 7 bytes; a file has at/,
  ],
  ['setThreads(1.5)', () => b.setThreads(1.5), /^setThreads: must be an integer from 1 to 64: 1\.5/],
  ['setThreads with a text', () => b.setThreads(any('2')), /^setThreads: must be an integer from 1 to 64: string/],
  ['setBackend of the text webgl', () => b.setBackend(any('webgl')), /^setBackend: unknown backend: webgl; one of/],
  ['summary without a shape', () => b.summary(net(), any(undefined)), /^summary: the shape must be a list of/],
  ['summary with three features for a net of two', () => b.summary(net(), [64, 3]), /^linear: inner sizes differ/],
  [
    'init.kaimingNormal of a layer',
    () => b.init.kaimingNormal(any(net())),
    /^init\.kaimingNormal: takes a tensor: got a Linear;/,
  ],
  [
    'explain of the name of a parameter',
    () => (b.explain as any)(new b.Adam([w()]), 'weight'),
    /^explain: param: takes a tensor: got string/,
  ],
  [
    'inspect before the first step',
    () => new b.Adam([w()]).inspect(w()),
    /^Adam: nothing to inspect: a Tensor not stepped yet/,
  ],
  [
    'a Recorder with a misspelt option',
    () => new (b.Recorder as any)(new b.Adam([w()]), { evry: 2 }),
    /^Recorder: unknown option: evry; it has every,/,
  ],
  [
    'breakWhen without conditions',
    () => (b.breakWhen as any)(new b.Adam([w()])),
    /^breakWhen: conditions must be a list: got/,
  ],
];

for (const [name, call, message] of mistakes) {
  test(`${name}: refused`, async () => {
    const error = await refusalOf(call);
    assert.match(error.message, message);
  });
}

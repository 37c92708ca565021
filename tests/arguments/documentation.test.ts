// Misuses that were listed from the documentation alone, most of them in the order in which a program is written:
// tensors, gradients, layers, losses, data, training, optimizers, files. None is accepted silently. Only assignments to what is
// read-only end in an error of the engine. The calls are not typed, as in JavaScript.
import * as root from '../../index.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';

const test = subject('Misuses found with the documentation');
const b: any = root;
const { ones, tensor, zeros } = b;
const x = ones([2, 3]);
const net = () => new b.Linear(2, 2);
const m1 = () => b.mlp({ sizes: [2, 4, 2] });
const w = () => tensor([1, 2], { requiresGrad: true });
const leaf = (shape: number[]) => ones(shape, { requiresGrad: true });
const data = b.moons({ samples: 20 });
const loader = () => new b.DataLoader(data, { batchSize: 5 });
const f = (model: any, more: object = {}) =>
  b.fit(model, { train: loader(), optimizer: new b.Adam(model.namedParameters(), { lr: 0.01 }), epochs: 1, ...more });
/** Calls fit with an optimizer that has the parameters of a frozen model and one trainable tensor. */
const besideFrozen = (more: object = {}) => {
  const model = m1().requiresGrad(false);
  return f(model, { optimizer: new b.Adam([...model.namedParameters(), ['x', leaf([1])]]), ...more });
};
const custom = (forward: unknown, vjp: unknown) => {
  const t = leaf([1]);
  b.customOp('c', forward, vjp)(t).sum().backward();
};
const stepped = (set: (t: any, optimizer: any) => void) => {
  const t = w();
  t.grad = ones([2]);
  const optimizer = new b.SGDM([t], { lr: 1 });
  set(t, optimizer);
  optimizer.step();
};

const misuses: [name: string, call: () => unknown, begins: string][] = [
  ['clamp with a min above its max', () => x.clamp({ min: 2, max: 1 }), 'clamp: min must not exceed max'],
  ['clamp with a min of NaN', () => x.clamp({ min: NaN }), 'clamp: min must not exceed max'],
  ['softmax over the axis null', () => b.softmax(x, null), 'softmax: no such axis'],
  ['sum over an axis that is a text', () => x.sum('0'), 'sum: no such axis'],
  ['mean with 1 as keepdim', () => x.mean(0, { keepdim: 1 }), 'mean: keepdim must be true or false'],
  [
    'variance with a text as unbiased',
    () => x.variance(0, { unbiased: 'false' }),
    'variance: unbiased must be true or false',
  ],
  [
    'a bool tensor that requires a gradient',
    () => tensor([true], { requiresGrad: true }),
    'requiresGrad: only float tensors have gradients',
  ],
  [
    'tensor with a text as its shape',
    () => tensor([1, 2], { shape: '2' }),
    'tensor: a shape is a list of non-negative integers',
  ],
  ['tensor of a BigInt64Array', () => tensor(new BigInt64Array(2)), 'tensor: not a number'],
  ['tensor of an ArrayBuffer', () => tensor(new ArrayBuffer(4)), 'tensor: not a number'],
  ['tensor of a Set', () => tensor(new Set([1, 2])), 'tensor: not a number'],
  ['tensor of a list with null', () => tensor([null]), 'tensor: not a number'],
  ['tensor of a text with a number', () => tensor('12'), 'tensor: not a number'],
  [
    'an int32 tensor of a Uint32Array with a value that int32 does not hold',
    () => tensor(new Uint32Array([4294967295]), { dtype: 'int32' }),
    'tensor: not an int32',
  ],
  ['an int32 tensor of NaN', () => tensor([NaN], { dtype: 'int32' }), 'tensor: not an int32'],
  ['arange in int32 with a step of 0.25', () => b.arange(0, 1, 0.25, { dtype: 'int32' }), 'arange: not an int32'],
  ['rand with the option seed', () => b.rand([2], { seed: 1 }), 'rand: unknown option'],
  ['rand with the option random', () => b.rand([2], { random: new b.Random(1) }), 'rand: unknown option'],
  ['eye(2, 3), for two rows and three columns', () => b.eye(2, 3), 'eye: options are an object of dtype'],
  ['randn in int32', () => b.randn([2], { dtype: 'int32' }), 'randn: random numbers are floats'],
  ['add of a bigint', () => x.add(1n), 'add: takes tensors, or a tensor and a number'],
  ['x.add() without an operand', () => x.add(), 'add: takes tensors, or a tensor and a number'],
  ['where with a condition of floats', () => b.where(x, 1, 2), 'where: the condition must be bool'],
  [
    'gather with a negative index',
    () => x.gather(1, tensor([[-1], [0]], { dtype: 'int32' })),
    'gather: index out of range',
  ],
  ['slice from 0.5', () => x.slice([[0.5, 2]]), 'slice: start and stop must be integers'],
  ['slice with more ranges than axes', () => x.slice([null, null, null]), 'slice: more ranges than axes'],
  ['reshape to two sizes of -1', () => x.reshape([-1, -1]), 'reshape: sizes differ'],
  ['reshape to a text', () => x.reshape('6'), 'reshape: takes a list'],
  ['permute with the same axis twice', () => x.permute([0, 0]), 'permute: every axis must be named once'],
  ['broadcastTo a shape with fewer axes', () => x.broadcastTo([3]), 'broadcastTo: the target is smaller'],
  ['squeeze of an axis of size 2', () => b.squeeze(x, 0), 'squeeze: not of size 1'],
  [
    'pad by -1',
    () =>
      x.pad([
        [-1, 0],
        [0, 0],
      ]),
    'pad: takes [before, after] >= 0 for each of 2 axes',
  ],
  [
    'assign with a tensor',
    () => zeros([2]).assign(ones([2])),
    'assign: takes a number or a flat list of numbers: got a Tensor',
  ],
  [
    'a list of numbers assigned to grad, before a step',
    () => {
      const t = ones([2]);
      t.requiresGrad = true;
      t.grad = [1, 2];
      new b.SGDM([t], { lr: 1 }).step();
      return t;
    },
    'SGDM: the gradient of 0.0 is not a tensor',
  ],
  [
    'a tensor of another shape assigned to grad, before a step',
    () => {
      const t = ones([2]);
      t.requiresGrad = true;
      t.grad = ones([3]);
      new b.SGDM([t], { lr: 1 }).step();
      return t;
    },
    'SGDM: the gradient of 0.0 does not fit',
  ],
  [
    'backward with a number as its gradient',
    () => {
      const t = ones([1]);
      t.requiresGrad = true;
      t.mul(2).backward({ gradient: 1 });
    },
    'backward: takes a tensor',
  ],
  [
    'grad with a number among its inputs',
    () => {
      const t = ones([1]);
      t.requiresGrad = true;
      return b.grad(t.sum(), [t, 3]);
    },
    'grad: takes a tensor',
  ],
  [
    'gradcheck of float32',
    () => b.gradcheck((t: any) => t.square(), [tensor([1, 2])]),
    'gradcheck: inputs must be float64',
  ],
  [
    'gradcheck of an empty list of inputs',
    () => b.gradcheck((t: any) => t.square(), []),
    'gradcheck: takes a list of tensors, at least one',
  ],
  [
    'rematerialize of an asynchronous function',
    () => b.rematerialize(async (t: any) => t, x),
    'rematerialize: the result of fn',
  ],
  [
    'customOp whose vjp returns an empty list',
    () => {
      const t = ones([1]);
      t.requiresGrad = true;
      const c = b.customOp(
        'c',
        (a: any) => a.mul(2),
        () => [],
      );
      c(t).sum().backward();
      return t.grad;
    },
    'c: its vjp returns no gradient for input 0, which requir',
  ],
  [
    'customOp whose vjp returns a list of undefined',
    () => {
      const t = ones([1]);
      t.requiresGrad = true;
      const c = b.customOp(
        'c',
        (a: any) => a.mul(2),
        () => [undefined],
      );
      c(t).sum().backward();
      return t.grad;
    },
    'c: its vjp returns no gradient for input 0, which requir',
  ],
  [
    'the result of a scope, read after the scope',
    () => {
      const t = b.scope(() => ones([2]).mul(2));
      return t.dataSync();
    },
    'data: the tensor (2) was freed',
  ],
  ['Linear with 0 inputs', () => new b.Linear(0, 2), 'Linear: inFeatures must be a positive integer'],
  [
    'Linear with a text as the number of inputs',
    () => new b.Linear('2', 2),
    'Linear: inFeatures must be a positive integer',
  ],
  ['Linear in int32', () => new b.Linear(2, 2, { dtype: 'int32' }), 'Linear: parameters are floats'],
  ['Linear with a text as bias', () => new b.Linear(2, 2, { bias: 'false' }), 'Linear: bias must be true or false'],
  [
    'Conv2d with groups that do not divide the channels',
    () => new b.Conv2d(3, 4, 3, { groups: 2 }),
    'Conv2d: groups must divide the channels',
  ],
  [
    'Conv2d with a padding of -1',
    () => new b.Conv2d(3, 4, 3, { padding: -1 }),
    'Conv2d: padding must be an integer of at least 0, or a list of two',
  ],
  [
    'Conv2d with a kernel of [3]',
    () => new b.Conv2d(3, 4, [3]),
    'Conv2d: kernel must be an integer of at least 1, or a list of two',
  ],
  [
    'Conv2d of images with the channels last',
    () => new b.Conv2d(3, 4, 3).forward(ones([1, 8, 8, 3])),
    'conv2d: channels do not fit',
  ],
  [
    'MaxPool2d with a stride of 0',
    () => new b.MaxPool2d(2, { stride: 0 }),
    'MaxPool2d: stride must be an integer of at least 1, or a list of two',
  ],
  ['Dropout with a p of NaN', () => new b.Dropout(NaN), 'Dropout: p must lie in [0, 1]'],
  [
    'BatchNorm2d with an eps of -1',
    () => new b.BatchNorm2d(2, { eps: -1 }),
    'BatchNorm2d: eps must be a finite number of at least 0',
  ],
  [
    'BatchNorm1d of one sample in training',
    () => new b.BatchNorm1d(2).forward(ones([1, 2])),
    'BatchNorm1d: one value per channel has no variance',
  ],
  ['LayerNorm over -1 features', () => new b.LayerNorm(-1), 'LayerNorm: a size must be a positive integer'],
  ['LeakyReLU with a text as its slope', () => new b.LeakyReLU('0.1'), 'LeakyReLU: slope must be a finite number'],
  ['Embedding with the option padding', () => new b.Embedding(3, 2, { padding: 0 }), 'Embedding: unknown option'],
  [
    'fit of a model whose forward returns nothing',
    async () => {
      class M extends b.Module {
        a = net();
        forward(x: any) {
          this.a.forward(x);
        }
      }
      const m = new M();
      return f(m);
    },
    'the output of the model: undefined: a return is',
  ],
  [
    'fit of a model whose forward is asynchronous',
    async () => {
      class M extends b.Module {
        a = net();
        async forward(x: any) {
          return this.a.forward(x);
        }
      }
      const m = new M();
      return f(m);
    },
    'the output of the model: takes a tensor',
  ],
  ['a text as the mode of a module', () => net().train('false'), 'training must be true or false'],
  [
    'loadStateDict of null',
    () => net().loadStateDict(null),
    'loadStateDict: takes tensors by name, as stateDict() ret',
  ],
  [
    'loadStateDict of names that all have a prefix, although strict is false',
    () =>
      net().loadStateDict(Object.fromEntries(Object.entries(net().stateDict()).map(([k, v]) => [`module.${k}`, v])), {
        strict: false,
      }),
    'loadStateDict: no name matches: ',
  ],
  [
    'loadStateDict of a transposed weight',
    () => new b.Linear(2, 3).loadStateDict({ weight: ones([2, 3]), bias: ones([3]) }),
    'loadStateDict: the state does not fit the model',
  ],
  ['toDType of a dtype that does not exist', () => net().toDType('double'), 'toDType: parameters are floats'],
  [
    'crossEntropy with true among the classes',
    () => b.crossEntropy(x, [0, true]),
    'crossEntropy: a class must be an int32 integer',
  ],
  [
    'crossEntropy with texts as classes',
    () => b.crossEntropy(x, ['0', '1']),
    'crossEntropy: a class must be an int32 integer',
  ],
  [
    'crossEntropy with the class 0.5',
    () => b.crossEntropy(x, tensor([0.5, 1])),
    'crossEntropy: a class must be an int32 integer',
  ],
  [
    'crossEntropy with a labelSmoothing of 2',
    () => b.crossEntropy(x, [0, 1], { labelSmoothing: 2 }),
    'crossEntropy: labelSmoothing must be a number from 0 to 1',
  ],
  [
    'crossEntropy with two weights for three classes',
    () => b.crossEntropy(x, [0, 1], { weight: tensor([1, 1]) }),
    'crossEntropy: one weight a class',
  ],
  [
    'crossEntropy with a list as its weight',
    () => b.crossEntropy(x, [0, 1], { weight: [1, 1, 1] }),
    'crossEntropy: weight',
  ],
  [
    'bceWithLogits with the option pos_weight',
    () => b.bceWithLogits(ones([2]), ones([2]), { pos_weight: 3 }),
    'bceWithLogits: unknown option',
  ],
  ['mse with a number as its targets', () => b.mse(ones([2]), 1), 'mse: takes a tensor'],
  ['accuracy of logits with one axis', () => b.accuracy(ones([2]), [0, 1]), 'accuracy: takes [n, c] and classes [n]'],
  [
    'tensorDataset with texts as classes',
    () => b.tensorDataset([[1], [2]], ['a', 'b']),
    'tensorDataset: y: the names of classes',
  ],
  [
    'splitDataset with stratify for values',
    () => b.splitDataset(b.tensorDataset([[1], [2], [3]], [[0.5], [1], [2]]), 0.5, { stratify: true }),
    'splitDataset: stratify is for classes',
  ],
  ['splitDataset with a share of 0', () => b.splitDataset(data, 0), 'splitDataset: the share must be between 0 and 1'],
  [
    'splitDataset with a text as the share',
    () => b.splitDataset(data, '0.8'),
    'splitDataset: the share must be between 0 and 1',
  ],
  ['subset with the index -1', () => b.subset(data, [-1]), 'subset: no such sample'],
  ['subset with the index 0.5', () => b.subset(data, [0.5]), 'subset: no such sample'],
  [
    'mapDataset with a function that returns fewer values',
    async () => {
      for await (const [a] of new b.DataLoader(
        b.mapDataset(data, (v: any) => v.slice(0, 1)),
        { batchSize: 5 },
      ))
        return a.shape;
    },
    'mapDataset: a result for moons has 1 values',
  ],
  [
    'mapDataset with a function that changes its argument and returns nothing',
    async () => {
      for await (const [a] of new b.DataLoader(
        b.mapDataset(data, (v: any) => {
          v[0] = 0;
        }),
        { batchSize: 5 },
      ))
        return a;
    },
    'mapDataset: a result for moons must be a Float32Array',
  ],
  ['standardize of a number', () => b.standardize(3), 'standardize: takes a data set: got '],
  [
    'csv with the target among the columns',
    () => b.csv('a,b\n1,2\n3,4', { target: 'b', columns: ['a', 'b'] }).shape,
    "csv: 'b' is an input and the target",
  ],
  [
    'csv of a table whose only column is the target',
    () => b.csv('a\n1\n2', { target: 'a' }),
    'csv: no columns are inputs',
  ],
  [
    'csv with a class that is not among the given ones',
    () => b.csv('a,y\n1,x\n2,z', { target: 'y', classes: ['x'] }),
    "csv: row 3, column 'y'",
  ],
  [
    'csv with a hexadecimal number',
    () => b.csv('a,y\n0x10,1\n1e999,2', { target: 'y' }).shape,
    "csv: row 2, column 'a'",
  ],
  [
    'csv with Infinity among the numbers',
    () => b.csv('a,y\n1,2\nInfinity,3', { target: 'y' }),
    "csv: row 3, column 'a'",
  ],
  [
    'ImageDataset with three pixels for two images of one pixel',
    () =>
      new b.ImageDataset({
        name: 'i',
        pixels: [0, 1, 2],
        labels: [0, 1],
        classes: ['a', 'b'],
        shape: [1, 1, 1],
        mean: [0.5],
        std: [0.5],
      }),
    'i: images and labels differ in number',
  ],
  [
    'DataLoader with a text as batchSize',
    () => new b.DataLoader(data, { batchSize: '5' }),
    'DataLoader: batchSize must be an integer of at least 1',
  ],
  [
    'load of the epoch -1',
    async () => {
      for await (const b of loader().load({ seed: 1, epoch: -1 })) return b[0].shape;
    },
    'DataLoader: the epoch must be an integer of at least 0',
  ],
  ['moons with a negative noise', () => b.moons({ noise: -1 }), 'moons: noise must be finite and not negative'],
  [
    'moons with 0 samples',
    () => b.moons({ samples: 0 }),
    'moons: samples of 2 classes must be an integer of at least 2: 0',
  ],
  ['fit without train', () => b.fit(m1(), { epochs: 1 }), 'fit: train must be a DataLoader'],
  ['fit with a text as epochs', () => f(m1(), { epochs: '3' }), 'fit: epochs must be an integer of at least 1'],
  [
    'fit with 0 epochs',
    async () => (await f(m1(), { epochs: 0 })).outcome,
    'fit: epochs must be an integer of at least 1',
  ],
  ['fit with a loss that returns a number', () => f(m1(), { loss: () => 0 }), 'fit: the loss'],
  [
    'fit with a loss of a detached output',
    () => f(m1(), { loss: (y: any, t: any) => b.crossEntropy(y.detach(), t) }),
    'fit: the loss: nothing to differentiate: no operand requires a gradient',
  ],
  [
    'fit with an asynchronous loss',
    () => f(m1(), { loss: async (y: any, t: any) => b.crossEntropy(y, t) }),
    'fit: the loss',
  ],
  ['fit of a net with one output on two classes', () => f(b.mlp({ sizes: [2, 1] })), 'crossEntropy: one class'],
  [
    'fit of a net with three inputs on points of the plane',
    () => f(b.mlp({ sizes: [3, 2] })),
    'linear: inner sizes differ: ',
  ],
  [
    'fit with a schedule that returns NaN',
    () => f(m1(), { schedule: () => () => NaN }),
    'schedule: at step 1 it must be a finite number of at least 0',
  ],
  [
    'fit with a function of the steps that returns no schedule',
    () => f(m1(), { schedule: () => undefined }),
    'fit: what schedule returns must be a function',
  ],
  [
    'fit with a callback named epochEnd, which is never called',
    () =>
      f(m1(), {
        callbacks: [
          {
            epochEnd() {
              throw new Error('mine');
            },
          },
        ],
      }),
    'fit: callback 0: nothing to call',
  ],
  [
    'fit of the class of a model',
    () => b.fit(b.Linear, { train: loader(), optimizer: new b.Adam(m1().namedParameters()), epochs: 1 }),
    'fit: takes a model',
  ],
  [
    'fit with a path as checkpoints',
    () => f(m1(), { checkpoints: 'runs' }),
    'fit: checkpoints must have latest() and save()',
  ],
  ['fit with the option resume', () => f(m1(), { resume: true }), 'fit: unknown option'],
  [
    'earlyStopping with a text as patience',
    () => b.earlyStopping({ patience: '3' }),
    'earlyStopping: patience must be an integer of at least 1',
  ],
  [
    'earlyStopping with a patience of 0',
    () => b.earlyStopping({ patience: 0 }),
    'earlyStopping: patience must be an integer of at least 1',
  ],
  [
    'evaluate with a batchSize of 0',
    () => b.evaluate(m1(), data, { batchSize: 0 }),
    'evaluate: batchSize must be an integer of at least 1',
  ],
  [
    'predict of samples with three numbers for a net of two',
    async () => {
      const m = m1();
      return b.predictor(m, data).predict([[1, 2, 3]]);
    },
    'predict: x must be (n,2), a row for each sample',
  ],
  [
    'predict of one sample that is not in a list',
    async () => {
      const m = m1();
      return b.predictor(m, data).predict([1, 2]);
    },
    'predict: x must be (n,2), a row for each sample',
  ],
  ['predict of NaN', async () => b.predictor(m1(), data).predict([[NaN, 1]]), 'predict: inputs must be finite'],
  ['predict of a text that is no table', async () => b.predictor(m1(), data).predict('1,2'), 'predict: a text is CSV'],
  ['predict of an empty list', async () => b.predictor(m1(), data).predict([]), 'predict: no samples'],
  [
    'Adam with an eps of 0',
    () => new b.Adam([w()], { eps: 0 }).paramGroups.length,
    'Adam: eps = 0 would divide by zero at a zero gradient',
  ],
  ['Adam with an lr of null', () => new b.Adam([w()], { lr: null }), 'Adam: lr must be a finite number of at least 0'],
  [
    'Adam with the same parameter twice',
    () => {
      const v = w();
      return new b.Adam([v, v]);
    },
    'Adam: parameter 0.1',
  ],
  ['Adam with a parameter that is not a leaf', () => new b.Adam([w().mul(2)]), 'Adam: parameter 0.0'],
  ['Adam with an int32 parameter', () => new b.Adam([tensor([1], { dtype: 'int32' })]), 'Adam: parameter 0.0'],
  ['Adam with learningRate in a group', () => new b.Adam([{ params: [w()], learningRate: 1 }]), 'Adam: unknown option'],
  [
    'addParamGroup with a parameter of another group',
    () => {
      const v = w();
      new b.Adam([v]).addParamGroup({ params: [v] });
    },
    'Adam: parameter 1.0',
  ],
  [
    'a text assigned to the lr of a group of Adam',
    () => {
      const v = w();
      v.grad = ones([2]);
      const o = new b.Adam([v]);
      o.paramGroups[0].lr = '0.1';
      o.step();
      return v;
    },
    'Adam: lr must be a finite number of at least 0',
  ],
  [
    'NaN assigned to the lr of a group of Adam',
    () => {
      const v = w();
      v.grad = ones([2]);
      const o = new b.Adam([v]);
      o.paramGroups[0].lr = NaN;
      o.step();
      return v;
    },
    'Adam: lr must be a finite number of at least 0',
  ],
  [
    'a step with NaN in a gradient',
    () => {
      const v = w();
      v.grad = tensor([NaN, 1]);
      new b.SGDM([v], { lr: 1 }).step();
      return v;
    },
    'SGDM: the gradient of 0.0 is NaN or infinite',
  ],
  ['clipGradNorm before backward', () => b.clipGradNorm([w()], 1), 'clipGradNorm: no parameter has a gradient'],
  [
    'stepwise with a negative factor',
    () => b.stepwise(3, -1),
    'stepwise: factor must be a finite number of at least 0',
  ],
  ['warmUp of 0 steps', () => b.warmUp(0), 'warmUp: steps must be a positive integer'],
  [
    'AdaBound with a gamma of 0',
    () => new b.AdaBound([w()], { gamma: 0 }),
    'AdaBound: gamma must be positive and finite',
  ],
  [
    'AdaBound with its upper bound first',
    () => {
      const v = w();
      v.grad = ones([2]);
      new b.AdaBound([v], { bounds: () => [2, 1] }).step();
    },
    'AdaBound: bounds',
  ],
  ['parseSafetensors of a path', () => b.parseSafetensors('d/t.csv'), 'parseSafetensors: takes a Uint8Array'],
  [
    'serializeSafetensors of nested objects',
    () => b.serializeSafetensors({ a: { b: ones([1]) } }),
    'serializeSafetensors: not a tensor',
  ],
  [
    'serializeSafetensors of lists of numbers',
    () => b.serializeSafetensors({ a: [1, 2] }),
    'serializeSafetensors: not a tensor',
  ],
  [
    'serializeSafetensors with an object among its metadata',
    () => b.serializeSafetensors({ a: ones([1]) }, { metadata: { n: 1 } }),
    'serializeSafetensors: metadata must be texts',
  ],
  [
    'serializeSafetensors with an empty object among its metadata',
    () => b.serializeSafetensors({ a: ones([1]) }, { meta: {} }),
    'serializeSafetensors: metadata must be texts',
  ],
  [
    'serializeSafetensors of a tensor named __metadata__',
    () => b.serializeSafetensors({ __metadata__: ones([1]) }),
    'serializeSafetensors: a reserved name',
  ],
  [
    'loadModel of weights alone',
    async () => b.loadModel(await b.serializeSafetensors(net().stateDict())),
    'checkpoint: not a checkpoint, or damaged',
  ],
  ['loadModel of a text', () => b.loadModel('d'), 'loadModel: takes a Uint8Array'],
  [
    'tensor of an object whose shape does not fit its data',
    () => tensor({ shape: [3], dtype: 'float32', data: [1] }),
    'tensor: the shape does not fit',
  ],
  ['regret of an optimizer given by name', () => b.regret(b.online.cycle(), 'adam', 10), 'regret: takes a rule'],
  ['summary with a number as the shape', () => b.summary(net(), 2), 'summary: the shape must be a list of positive '],
  ['full of 1.5 in int32', () => b.full([1], 1.5, { dtype: 'int32' }), 'full: not an int32: 1.5'],
  ['full of NaN in int32', () => b.full([1], Number.NaN, { dtype: 'int32' }), 'full: not an int32: NaN'],
  [
    'assign with texts',
    () => zeros([2]).assign(['1', 'b']),
    'assign: takes a number or a flat list of numbers: got string "1" at 0',
  ],
  [
    'assign with undefined among the numbers',
    () => zeros([2]).assign([1, undefined]),
    'assign: takes a number or a flat list of numbers: got undefined at 1',
  ],
  [
    'assign with 1.5 to an int32 tensor',
    () => zeros([2], { dtype: 'int32' }).assign([1, 1.5]),
    'assign: not an int32: 1.5 at 1',
  ],
  [
    'assign with a Float32Array to an int32 tensor',
    () => zeros([1], { dtype: 'int32' }).assign(new Float32Array([0.5])),
    'assign: not an int32: 0.5 at 0',
  ],
  [
    'indexSelect with a mask',
    () => x.indexSelect(0, tensor([true, false])),
    'indexSelect: the index must be an int32 tensor',
  ],
  [
    'tensorDataset with the class 2^30',
    () => b.tensorDataset([[1], [2]], tensor([0, 2 ** 30], { dtype: 'int32' })),
    'tensorDataset: classes must be at most 1,000,000: 1073741825',
  ],
  [
    'csv with a quote after a space',
    () => b.csv('a, "b",y\n1, "2",3\n4, "5",6', { target: 'y' }),
    'csv: row 1: a quote is missing or misplaced',
  ],
  [
    'a schedule that returns nothing',
    () => stepped((_, o) => (o.paramGroups[0].schedule = () => {})),
    'schedule: at step 1 it must be a finite number of at least 0: undefined',
  ],
  ['a milestone of NaN', () => b.multiStep([NaN]), 'multiStep: a milestone must be a finite number of at least 0'],
  ['layer normalization over no axes', () => new b.LayerNorm([]), 'LayerNorm: the shape must be of one axis at least'],
  [
    'a Recorder with more than a million bins',
    () => new b.Recorder(new b.Adam([w()]), { bins: { from: 0, to: 1e9, perDecade: 1e9 } }),
    'Recorder: bins: at most 1,000,000',
  ],
  [
    'customOp whose vjp returns numbers',
    () =>
      custom(
        (a: any) => a.mul(2),
        () => [2],
      ),
    'c: a gradient of its vjp: takes a tensor',
  ],
  [
    'momentum assigned to an optimizer, not to its group',
    () => stepped((_, o) => (o.momentum = 0)),
    'SGDM: momentum is in a group: assign',
  ],
  ['t * 2 for a tensor t', () => x * 2, 'Tensor: not a number'],
  ['t > 0 for a tensor t', () => x > 0, 'Tensor: not a number'],
  ['Math.max(t) for a tensor t', () => Math.max(x), 'Tensor: not a number'],
  ['a Float32Array of a list of losses', () => new Float32Array([tensor(1)] as never), 'Tensor: not a number'],
  [
    'customOp whose forward returns a number',
    () =>
      custom(
        () => 3,
        () => [null],
      ),
    'c: the result of forward',
  ],
  [
    'customOp whose vjp returns no gradients',
    () =>
      custom(
        (a: any) => a.mul(2),
        () => [],
      ),
    'c: its vjp returns no gradient',
  ],
  ['a gradient that is a list', () => stepped((t) => (t.grad = [1, 2])), 'SGDM: the gradient of 0.0 is not a tensor'],
  ['a gradient of another shape', () => stepped((t) => (t.grad = ones([3]))), 'SGDM: the gradient of 0.0 does not fit'],
  ['a gradient of NaN', () => stepped((t) => (t.grad = tensor([Number.NaN, 1]))), 'SGDM: the gradient of 0.0 is NaN'],
  [
    'fit with the same callback twice',
    () => {
      const stop = b.earlyStopping({ monitor: 'loss' });
      return f(m1(), { callbacks: [stop, stop] });
    },
    'fit: callback 1: listed twice',
  ],
  [
    'a text assigned to requiresGrad',
    () => (w().requiresGrad = 'yes'),
    'requiresGrad: must be true or false: got string',
  ],
  [
    'lr assigned to an optimizer, not to its group',
    () => stepped((_, o) => (o.lr = 5)),
    'SGDM: lr is in a group: assign optimizer.paramGroups[0].lr',
  ],
  [
    'LR, in capitals, assigned to a group',
    () => stepped((_, o) => (o.paramGroups[0].LR = 1)),
    'SGDM: unknown option: LR; it has lr, ',
  ],
  [
    'weight_decay assigned to a group, as in PyTorch',
    () => stepped((_, o) => (o.paramGroups[0].weight_decay = 1)),
    'SGDM: unknown option: weight_decay; it has lr, ',
  ],
  [
    'fit of frozen parameters',
    () => f(m1().requiresGrad(false)),
    'fit: nothing to train: all 4 parameters of the model in the optimizer are frozen; set requiresGrad = true',
  ],
  [
    'fit of a frozen model, with an optimizer that also has a tensor that the model does not read',
    () => besideFrozen(),
    'fit: nothing to train: all 4 parameters of the model in the optimizer are frozen; set requiresGrad = true',
  ],
  [
    'fit of a frozen model, with an optimizer that also has a tensor that a custom loss does not read',
    () => besideFrozen({ loss: (y: any, t: any) => b.crossEntropy(y, t) }),
    'fit: the loss: nothing to differentiate: no operand requires a gradient',
  ],
  [
    'a text assigned to the lr of a group',
    () => stepped((_, o) => (o.paramGroups[0].lr = '0.1')),
    'SGDM: lr must be a finite number',
  ],
  ['crossEntropy of one output', () => b.crossEntropy(ones([2, 1]), [0, 0]), 'crossEntropy: one class'],
  [
    'bceWithLogits with targets of -1 and 1',
    () => b.bceWithLogits(ones([2]), tensor([1, -1])),
    'bceWithLogits: a target must be within',
  ],
  [
    'tensorDataset with two classes of one name',
    () => b.tensorDataset([[1], [2]], [0, 1], { names: ['a', 'a'] }),
    'tensorDataset: two classes have one name',
  ],
  ['moons with a seed of text', () => b.moons({ seed: 'a' }), 'moons: seed must be an integer'],
  [
    'a split with a seed of text',
    () => b.splitDataset(data, 0.5, { seed: 'a' }),
    'splitDataset: seed must be an integer',
  ],
  [
    'fit of a model without forward',
    () => {
      class M extends b.Module {
        a = net();
      }
      return f(new M());
    },
    'fit: the model has no forward',
  ],
];

for (const [name, call, begins] of misuses) {
  test(`${name}: refused`, async () => {
    const error = await refusalOf(call);
    assert.ok(error.message.startsWith(begins), `${error.message} does not begin with ${begins}`);
  });
}

/** Assignments that TypeScript refuses, which programs in JavaScript can write. */
const assignments: [name: string, assign: () => unknown, message: RegExp][] = [
  ...['storage', 'dtype', 'shape', 'stride', 'offset', 'ndim', 'size', 'node', 'output', 'isLeaf'].map(
    (name): [string, () => unknown, RegExp] => [
      `${name} of a tensor`,
      () => Object.assign(w(), { [name]: [2] }),
      new RegExp(`Cannot set property ${name} of .* only a getter`),
    ],
  ),
  ['requires_grad of a tensor, as in PyTorch', () => (w().requires_grad = true), /^requires_grad: use requiresGrad$/],
  ['data of a tensor, as in PyTorch', () => (w().data = [3, 4]), /read only property 'data'/],
  ['a method of a tensor', () => (w().add = [3, 4]), /read only property 'add'/],
  ['the groups of an optimizer', () => stepped((_, o) => (o.paramGroups = [])), /paramGroups .*only a getter/],
  ['one more group, by push', () => stepped((_, o) => o.paramGroups.push({})), /frozen: call addParamGroup$/],
  [
    'another group in place of a group',
    () => stepped((t, o) => (o.paramGroups[0] = { params: [t] })),
    /read only property '0'/,
  ],
  ['the parameters of a group', () => stepped((_, o) => (o.paramGroups[0].params = [w()])), /params .*only a getter/],
  ['a parameter of a group', () => stepped((_, o) => (o.paramGroups[0].params[0] = w())), /read only property '0'/],
  [
    'one more parameter of a group, by push',
    () => stepped((_, o) => o.paramGroups[0].params.push(w())),
    /frozen: call addParamGroup/,
  ],
  ['the steps of an optimizer', () => stepped((_, o) => (o.steps = 7)), /steps .*only a getter/],
  ['the batch size of a loader', () => (loader().batchSize = 0), /read only property 'batchSize'/],
];
for (const [name, assign, message] of assignments) {
  test(`cannot be assigned: ${name}`, () => {
    assert.throws(assign, message);
  });
}

/** A generator function: calling it only makes a generator, so its body never runs. */
function* never() {
  yield 1;
}
const takers: [name: string, call: (f: any) => unknown][] = [
  ['scope', b.scope],
  ['noGrad', b.noGrad],
  ['rematerialize', (f) => b.rematerialize(f, w())],
  ['gradcheck', (f) => b.gradcheck(f, [tensor([1], { dtype: 'float64' })])],
  ['customOp', (f) => b.customOp('c', f, () => [])],
  ['op', (f) => b.op({ name: 'never', args: () => [[], {}], shape: () => [[]], loop: f, examples: () => [] })],
  ['withForwardHook', (f) => b.withForwardHook(net().namedModules(), (_: any, g: any) => g(), f)],
  ['withForwardHook', (f) => b.withForwardHook(net().namedModules(), f, () => 1)],
  ['fit', (f) => b.fit(m1(), { train: loader(), optimizer: f, epochs: 1 })],
  ['fit', (onEpoch) => f(m1(), { callbacks: [{ onEpoch }] })],
  ['progress', (f) => b.progress({ write: f })],
  ['compose', (f) => b.compose(f)],
  ['parameterGroups', (f) => b.parameterGroups(m1(), { noDecay: f })],
  ['Recorder', (f) => new b.Recorder(new b.Adam([w()]), { layers: f })],
];
test('a generator function is refused by each function that would call it: its body would never run', async () => {
  for (const [name, call] of takers) {
    const error = await (async () => call(never))().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.instance(error, root.BoundgradError, name);
    assert.match(String(error), name);
    assert.match(String(error), /[gG]enerator|plain function/, name);
  }
});

test('withForwardHook keeps its hook until the promise of an asynchronous function settles', async () => {
  const model = net();
  const calls: string[] = [];
  const hook = (_: unknown, forward: () => unknown) => {
    calls.push('hook');
    return forward();
  };
  await b.withForwardHook(model.namedModules(), hook, async () => {
    await null;
    model.forward(ones([1, 2]));
  });
  model.forward(ones([1, 2]));
  assert.equal(calls, ['hook']);
});

test('changing a list or an object of options after the call changes nothing', () => {
  const [stride, options] = [[1, 1], { lr: 0.1 }];
  const pool = new b.MaxPool2d(2, { stride });
  const optimizer = new b.SGDM([w()], options);
  stride[0] = 5;
  options.lr = 5;
  optimizer.addParamGroup({ params: [w()] });
  assert.equal(pool.forward(ones([1, 1, 4, 4])).shape, [1, 1, 3, 3]);
  assert.is(optimizer.paramGroups[1].lr, 0.1);
});

test('a tensor in a template string is printed', () => {
  assert.is(`loss ${tensor([1.5])}`, 'loss tensor([1.5], shape (1), float32)');
});

test('a value assigned in the betas of a group stays in that group, and does not change the defaults of other optimizers', () => {
  const betas = [0.9, 0.99];
  const one = new b.Adam([w()]);
  const two = new b.Adam([w()], { betas });
  for (const { paramGroups } of [one, two]) paramGroups[0].betas[0] = 0.5;
  assert.equal(new b.Adam([w()]).paramGroups[0].betas, [0.9, 0.999]);
  assert.equal(betas, [0.9, 0.99]);
});

test('the classes of crossEntropy may be a bool tensor', () => {
  const classes = root.tensor([true, false]);
  const logits = root.tensor([
    [1, 2],
    [3, 5],
  ]);
  assert.is(root.crossEntropy(logits, classes).itemSync(), root.crossEntropy(logits, [1, 0]).itemSync());
});

test('modules in a Set are found, and keep their places when a dtype changes', () => {
  class M extends root.Module {
    parts = new Set([net(), root.ones([1], { requiresGrad: true }), net()]);
    forward(t: root.Tensor): root.Tensor {
      return t;
    }
  }
  const model = new M();
  const names = ['parts.0.weight', 'parts.0.bias', 'parts.1', 'parts.2.weight', 'parts.2.bias'].sort();
  assert.equal(Object.keys(model.stateDict()).sort(), names);
  model.toDType('float64');
  assert.equal(Object.keys(model.stateDict()).sort(), names);
  assert.ok(Object.values(model.stateDict()).every((t) => t.dtype === 'float64'));
});

test('integer targets do not change the dtype of a loss of floats', () => {
  const targets = root.tensor([1, 0], { dtype: 'int32' });
  const y = root.tensor([0.5, 0.25]);
  for (const [loss, value] of [
    [root.mse, (0.25 + 0.0625) / 2],
    [root.l1, 0.375],
    [root.huber, (0.125 + 0.03125) / 2],
  ] as const) {
    assert.is(loss(y, targets).dtype, 'float32');
    assert.is(loss(y, targets).itemSync(), value);
    assert.is(loss(targets, y).itemSync(), value);
  }
});

// A third list of misuses, made from the documentation alone, in the order in which a program is written:
// tensors, gradients, layers, losses, data, training, optimizers, files. None is accepted silently, and none ends in an error of
// the engine. The calls are not typed, as in JavaScript.
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
/** Calls fit with an optimizer that has the parameters of a frozen model and another trainable tensor. */
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
  ['clamp min>max', () => x.clamp({ min: 2, max: 1 }), 'clamp: min must not exceed max'],
  ['clamp min NaN', () => x.clamp({ min: NaN }), 'clamp: min must not exceed max'],
  ['softmax axis null', () => b.softmax(x, null), 'softmax: no such axis'],
  ['sum axes string', () => x.sum('0'), 'sum: no such axis'],
  ['mean true keepdim as number', () => x.mean(0, { keepdim: 1 }), 'mean: keepdim must be true or false'],
  ['variance unbiased string', () => x.variance(0, { unbiased: 'false' }), 'variance: unbiased must be true or false'],
  [
    'tensor of true with requiresGrad',
    () => tensor([true], { requiresGrad: true }),
    'requiresGrad: only float tensors have gradients',
  ],
  [
    'tensor shape wrong type',
    () => tensor([1, 2], { shape: '2' }),
    'tensor: a shape is a list of non-negative integers',
  ],
  ['tensor of BigInt64Array', () => tensor(new BigInt64Array(2)), 'tensor: not a number'],
  ['tensor of ArrayBuffer', () => tensor(new ArrayBuffer(4)), 'tensor: not a number'],
  ['tensor of Set', () => tensor(new Set([1, 2])), 'tensor: not a number'],
  ['tensor of null', () => tensor([null]), 'tensor: not a number'],
  ['tensor of string num', () => tensor('12'), 'tensor: not a number'],
  [
    'tensor uint32 values int32',
    () => tensor(new Uint32Array([4294967295]), { dtype: 'int32' }),
    'tensor: not an int32',
  ],
  ['int32 NaN', () => tensor([NaN], { dtype: 'int32' }), 'tensor: not an int32'],
  ['arange float int', () => b.arange(0, 1, 0.25, { dtype: 'int32' }), 'tensor: not an int32'],
  ['rand with seed', () => b.rand([2], { seed: 1 }), 'rand: unknown option'],
  ['rand with random', () => b.rand([2], { random: new b.Random(1) }), 'rand: unknown option'],
  ['eye(2,3)', () => b.eye(2, 3), 'eye: options are an object of dtype'],
  ['randn int32', () => b.randn([2], { dtype: 'int32' }), 'randn: random numbers are floats'],
  ['add number bigint', () => x.add(1n), 'add: takes tensors, or a tensor and a number'],
  ['x.add()', () => x.add(), 'add: takes tensors, or a tensor and a number'],
  ['where cond float', () => b.where(x, 1, 2), 'where: the condition must be bool'],
  ['gather neg idx', () => x.gather(1, tensor([[-1], [0]], { dtype: 'int32' })), 'gather: index out of range'],
  ['slice float', () => x.slice([[0.5, 2]]), 'slice: start and stop must be integers'],
  ['slice too many', () => x.slice([null, null, null]), 'slice: more ranges than axes'],
  ['reshape -1 twice', () => x.reshape([-1, -1]), 'reshape: sizes differ'],
  ['reshape string', () => x.reshape('6'), 'reshape: takes a list'],
  ['permute dup', () => x.permute([0, 0]), 'permute: every axis must be named once'],
  ['broadcastTo smaller', () => x.broadcastTo([3]), 'broadcastTo: the target is smaller'],
  ['squeeze big', () => b.squeeze(x, 0), 'squeeze: not of size 1'],
  [
    'pad negative',
    () =>
      x.pad([
        [-1, 0],
        [0, 0],
      ]),
    'pad: takes [before, after] >= 0 for each of 2 axes',
  ],
  [
    'assign tensor',
    () => zeros([2]).assign(ones([2])),
    'assign: takes a number or a flat list of numbers: got a Tensor',
  ],
  [
    'set grad to list',
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
    'set grad other shape',
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
    'backward gradient number',
    () => {
      const t = ones([1]);
      t.requiresGrad = true;
      t.mul(2).backward({ gradient: 1 });
    },
    'backward: takes a tensor',
  ],
  [
    'grad non-list xs',
    () => {
      const t = ones([1]);
      t.requiresGrad = true;
      return b.grad(t.sum(), [t, 3]);
    },
    'grad: takes a tensor',
  ],
  ['gradcheck f32', () => b.gradcheck((t: any) => t.square(), [tensor([1, 2])]), 'gradcheck: inputs must be float64'],
  [
    'gradcheck no tensors',
    () => b.gradcheck((t: any) => t.square(), []),
    'gradcheck: takes a list of tensors, at least one',
  ],
  ['rematerialize async', () => b.rematerialize(async (t: any) => t, x), 'rematerialize: the result of fn'],
  [
    'customOp vjp wrong count',
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
    'customOp vjp undefined',
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
    'scope returns tensor',
    () => {
      const t = b.scope(() => ones([2]).mul(2));
      return t.dataSync();
    },
    'data: the tensor (2) was freed',
  ],
  ['Linear 0', () => new b.Linear(0, 2), 'Linear: inFeatures must be a positive integer'],
  ['Linear text', () => new b.Linear('2', 2), 'Linear: inFeatures must be a positive integer'],
  ['Linear dtype int', () => new b.Linear(2, 2, { dtype: 'int32' }), 'Linear: parameters are floats'],
  ['Linear bias "false"', () => new b.Linear(2, 2, { bias: 'false' }), 'Linear: bias must be true or false'],
  ['Conv groups', () => new b.Conv2d(3, 4, 3, { groups: 2 }), 'Conv2d: groups must divide the channels'],
  [
    'Conv negative pad',
    () => new b.Conv2d(3, 4, 3, { padding: -1 }),
    'Conv2d: padding must be an integer of at least 0, or a list of two',
  ],
  [
    'Conv kernel [3]',
    () => new b.Conv2d(3, 4, [3]),
    'Conv2d: kernel must be an integer of at least 1, or a list of two',
  ],
  ['Conv NHWC', () => new b.Conv2d(3, 4, 3).forward(ones([1, 8, 8, 3])), 'conv2d: channels do not fit'],
  [
    'MaxPool stride 0',
    () => new b.MaxPool2d(2, { stride: 0 }),
    'MaxPool2d: stride must be an integer of at least 1, or a list of two',
  ],
  ['Dropout NaN', () => new b.Dropout(NaN), 'Dropout: p must lie in [0, 1]'],
  [
    'BatchNorm eps 0 neg',
    () => new b.BatchNorm2d(2, { eps: -1 }),
    'BatchNorm2d: eps must be a finite number of at least 0',
  ],
  [
    'BatchNorm single sample train',
    () => new b.BatchNorm1d(2).forward(ones([1, 2])),
    'BatchNorm1d: one value per channel has no variance',
  ],
  ['LayerNorm -1', () => new b.LayerNorm(-1), 'LayerNorm: a size must be a positive integer'],
  ['LeakyReLU text', () => new b.LeakyReLU('0.1'), 'LeakyReLU: slope must be a finite number'],
  ['Embedding padding', () => new b.Embedding(3, 2, { padding: 0 }), 'Embedding: unknown option'],
  [
    'forward forgot return',
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
    'forward async',
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
  ['train("false")', () => net().train('false'), 'training must be true or false'],
  ['loadStateDict null', () => net().loadStateDict(null), 'loadStateDict: takes tensors by name, as stateDict() ret'],
  [
    'loadStateDict prefix',
    () =>
      net().loadStateDict(Object.fromEntries(Object.entries(net().stateDict()).map(([k, v]) => [`module.${k}`, v])), {
        strict: false,
      }),
    'loadStateDict: no name matches: ',
  ],
  [
    'loadStateDict transposed',
    () => new b.Linear(2, 3).loadStateDict({ weight: ones([2, 3]), bias: ones([3]) }),
    'loadStateDict: the state does not fit the model',
  ],
  ['toDType text', () => net().toDType('double'), 'toDType: parameters are floats'],
  ['crossEntropy probs bool', () => b.crossEntropy(x, [0, true]), 'crossEntropy: a class must be an int32 integer'],
  [
    'crossEntropy labels strings',
    () => b.crossEntropy(x, ['0', '1']),
    'crossEntropy: a class must be an int32 integer',
  ],
  [
    'crossEntropy float labels .5',
    () => b.crossEntropy(x, tensor([0.5, 1])),
    'crossEntropy: a class must be an int32 integer',
  ],
  [
    'crossEntropy labelSmoothing 2',
    () => b.crossEntropy(x, [0, 1], { labelSmoothing: 2 }),
    'crossEntropy: labelSmoothing must be a number from 0 to 1',
  ],
  [
    'crossEntropy weight length',
    () => b.crossEntropy(x, [0, 1], { weight: tensor([1, 1]) }),
    'crossEntropy: one weight a class',
  ],
  ['crossEntropy weight list', () => b.crossEntropy(x, [0, 1], { weight: [1, 1, 1] }), 'crossEntropy: weight'],
  ['bce posWeight', () => b.bceWithLogits(ones([2]), ones([2]), { pos_weight: 3 }), 'bceWithLogits: unknown option'],
  ['mse number', () => b.mse(ones([2]), 1), 'mse: takes a tensor'],
  ['accuracy logits 1d', () => b.accuracy(ones([2]), [0, 1]), 'accuracy: takes [n, c] and classes [n]'],
  ['TD classes as strings', () => b.tensorDataset([[1], [2]], ['a', 'b']), 'tensorDataset: y: the names of classes'],
  [
    'split stratify values',
    () => b.splitDataset(b.tensorDataset([[1], [2], [3]], [[0.5], [1], [2]]), 0.5, { stratify: true }),
    'splitDataset: stratify is for classes',
  ],
  ['split 0', () => b.splitDataset(data, 0), 'splitDataset: the share must be between 0 and 1'],
  ['split text', () => b.splitDataset(data, '0.8'), 'splitDataset: the share must be between 0 and 1'],
  ['subset -1', () => b.subset(data, [-1]), 'subset: no such sample'],
  ['subset float', () => b.subset(data, [0.5]), 'subset: no such sample'],
  [
    'map returning shorter',
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
    'map in place undefined',
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
  ['standardize images?', () => b.standardize(3), 'standardize: takes a data set: got '],
  [
    'csv target in columns',
    () => b.csv('a,b\n1,2\n3,4', { target: 'b', columns: ['a', 'b'] }).shape,
    "csv: 'b' is an input and the target",
  ],
  ['csv all columns target', () => b.csv('a\n1\n2', { target: 'a' }), 'csv: no columns are inputs'],
  ['csv classes wrong', () => b.csv('a,y\n1,x\n2,z', { target: 'y', classes: ['x'] }), "csv: row 3, column 'y'"],
  ['csv number hex', () => b.csv('a,y\n0x10,1\n1e999,2', { target: 'y' }).shape, "csv: row 2, column 'a'"],
  ['csv Infinity', () => b.csv('a,y\n1,2\nInfinity,3', { target: 'y' }), "csv: row 3, column 'a'"],
  [
    'Image pixel count',
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
    'loader batchSize text',
    () => new b.DataLoader(data, { batchSize: '5' }),
    'DataLoader: batchSize must be an integer of at least 1',
  ],
  [
    'loader epoch neg',
    async () => {
      for await (const b of loader().load({ seed: 1, epoch: -1 })) return b[0].shape;
    },
    'DataLoader: the epoch must be an integer of at least 0',
  ],
  ['moons noise neg', () => b.moons({ noise: -1 }), 'moons: noise must be finite and not negative'],
  ['moons samples 0', () => b.moons({ samples: 0 }), 'moons: samples must be an integer, at least one per clas'],
  ['fit no train', () => b.fit(m1(), { epochs: 1 }), 'fit: train must be a DataLoader'],
  ['fit epochs text', () => f(m1(), { epochs: '3' }), 'fit: epochs must be an integer of at least 1'],
  ['fit epochs 0', async () => (await f(m1(), { epochs: 0 })).outcome, 'fit: epochs must be an integer of at least 1'],
  ['fit loss returns number', () => f(m1(), { loss: () => 0 }), 'fit: the loss'],
  [
    'fit loss detached',
    () => f(m1(), { loss: (y: any, t: any) => b.crossEntropy(y.detach(), t) }),
    'fit: the loss: nothing to differentiate: no operand requires a gradient',
  ],
  ['fit loss async', () => f(m1(), { loss: async (y: any, t: any) => b.crossEntropy(y, t) }), 'fit: the loss'],
  ['fit out sizes', () => f(b.mlp({ sizes: [2, 1] })), 'crossEntropy: one class'],
  ['fit in sizes', () => f(b.mlp({ sizes: [3, 2] })), 'linear: inner sizes differ: '],
  [
    'fit schedule returns NaN',
    () => f(m1(), { schedule: () => () => NaN }),
    'schedule: at step 1 it must be a finite number of at least 0',
  ],
  [
    'fit schedule returns undefined',
    () => f(m1(), { schedule: () => undefined }),
    'fit: what schedule returns must be a function',
  ],
  [
    'fit callback throws',
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
    'fit: callback 0',
  ],
  [
    'fit class model',
    () => b.fit(b.Linear, { train: loader(), optimizer: new b.Adam(m1().namedParameters()), epochs: 1 }),
    'fit: takes a model',
  ],
  ['fit checkpoints string', () => f(m1(), { checkpoints: 'runs' }), 'fit: checkpoints must have latest() and save()'],
  ['fit resume true', () => f(m1(), { resume: true }), 'fit: unknown option'],
  [
    'earlyStopping patience text',
    () => b.earlyStopping({ patience: '3' }),
    'earlyStopping: patience must be an integer of at least 1',
  ],
  [
    'earlyStopping patience 0',
    () => b.earlyStopping({ patience: 0 }),
    'earlyStopping: patience must be an integer of at least 1',
  ],
  [
    'evaluate batchSize 0',
    () => b.evaluate(m1(), data, { batchSize: 0 }),
    'evaluate: batchSize must be an integer of at least 1',
  ],
  [
    'predictor sample shape',
    async () => {
      const m = m1();
      return b.predictor(m, data).predict([[1, 2, 3]]);
    },
    'predict: x must be (n,2), a row for each sample',
  ],
  [
    'predictor single sample',
    async () => {
      const m = m1();
      return b.predictor(m, data).predict([1, 2]);
    },
    'predict: x must be (n,2), a row for each sample',
  ],
  ['predict NaN', async () => b.predictor(m1(), data).predict([[NaN, 1]]), 'predict: inputs must be finite'],
  ['predict text', async () => b.predictor(m1(), data).predict('1,2'), 'predict: a text is CSV'],
  ['predict empty', async () => b.predictor(m1(), data).predict([]), 'predict: no samples'],
  [
    'Adam eps 0',
    () => new b.Adam([w()], { eps: 0 }).paramGroups.length,
    'Adam: eps = 0 would divide by zero at a zero gradient',
  ],
  ['Adam lr null', () => new b.Adam([w()], { lr: null }), 'Adam: lr must be a finite number of at least 0'],
  [
    'Adam params dup',
    () => {
      const v = w();
      return new b.Adam([v, v]);
    },
    'Adam: parameter 0.1',
  ],
  ['Adam non leaf', () => new b.Adam([w().mul(2)]), 'Adam: parameter 0.0'],
  ['Adam int tensors', () => new b.Adam([tensor([1], { dtype: 'int32' })]), 'Adam: parameter 0.0'],
  ['Adam group lr typo', () => new b.Adam([{ params: [w()], learningRate: 1 }]), 'Adam: unknown option'],
  [
    'addParamGroup dup',
    () => {
      const v = w();
      new b.Adam([v]).addParamGroup({ params: [v] });
    },
    'Adam: parameter 1.0',
  ],
  [
    'group.lr = text',
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
    'group.lr NaN',
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
    'step after NaN grad',
    () => {
      const v = w();
      v.grad = tensor([NaN, 1]);
      new b.SGDM([v], { lr: 1 }).step();
      return v;
    },
    'SGDM: the gradient of 0.0 is NaN or infinite',
  ],
  ['clipGradNorm no grads', () => b.clipGradNorm([w()], 1), 'clipGradNorm: no parameter has a gradient'],
  ['stepwise gamma neg', () => b.stepwise(3, -1), 'stepwise: factor must be a finite number of at least 0'],
  ['warmUp 0', () => b.warmUp(0), 'warmUp: steps must be a positive integer'],
  ['AdaBound gamma 0', () => new b.AdaBound([w()], { gamma: 0 }), 'AdaBound: gamma must be positive and finite'],
  [
    'AdaBound bounds reversed',
    () => {
      const v = w();
      v.grad = ones([2]);
      new b.AdaBound([v], { bounds: () => [2, 1] }).step();
    },
    'AdaBound: bounds',
  ],
  ['parseSafetensors path', () => b.parseSafetensors('d/t.csv'), 'parseSafetensors: takes a Uint8Array'],
  ['serialize nested', () => b.serializeSafetensors({ a: { b: ones([1]) } }), 'serializeSafetensors: not a tensor'],
  ['serialize arrays', () => b.serializeSafetensors({ a: [1, 2] }), 'serializeSafetensors: not a tensor'],
  [
    'serialize metadata num',
    () => b.serializeSafetensors({ a: ones([1]) }, { metadata: { n: 1 } }),
    'serializeSafetensors: metadata must be texts',
  ],
  [
    'serialize meta typo',
    () => b.serializeSafetensors({ a: ones([1]) }, { meta: {} }),
    'serializeSafetensors: metadata must be texts',
  ],
  [
    'serialize __metadata__',
    () => b.serializeSafetensors({ __metadata__: ones([1]) }),
    'serializeSafetensors: a reserved name',
  ],
  [
    'loadModel of weights',
    async () => b.loadModel(await b.serializeSafetensors(net().stateDict())),
    'checkpoint: not a checkpoint, or damaged',
  ],
  ['loadModel text', () => b.loadModel('d'), 'loadModel: takes a Uint8Array'],
  ['JSON shape lies', () => tensor({ shape: [3], dtype: 'float32', data: [1] }), 'tensor: the shape does not fit'],
  ['regret', () => b.regret(b.online.cycle(), 'adam', 10), 'regret: takes a rule'],
  ['summary shape num', () => b.summary(net(), 2), 'summary: the shape must be a list of positive '],
  ['full 1.5 as int32', () => b.full([1], 1.5, { dtype: 'int32' }), 'full: not an int32: 1.5'],
  ['full NaN as int32', () => b.full([1], Number.NaN, { dtype: 'int32' }), 'full: not an int32: NaN'],
  [
    'assign a text',
    () => zeros([2]).assign(['1', 'b']),
    'assign: takes a number or a flat list of numbers: got string "1" at 0',
  ],
  [
    'assign undefined',
    () => zeros([2]).assign([1, undefined]),
    'assign: takes a number or a flat list of numbers: got undefined at 1',
  ],
  ['assign 1.5 to int32', () => zeros([2], { dtype: 'int32' }).assign([1, 1.5]), 'assign: not an int32: 1.5 at 1'],
  [
    'assign floats to int32',
    () => zeros([1], { dtype: 'int32' }).assign(new Float32Array([0.5])),
    'assign: not an int32: 0.5 at 0',
  ],
  ['select by a mask', () => x.indexSelect(0, tensor([true, false])), 'indexSelect: the index must be an int32 tensor'],
  [
    'a class of 2^30',
    () => b.tensorDataset([[1], [2]], tensor([0, 2 ** 30], { dtype: 'int32' })),
    'tensorDataset: classes must be at most 1,000,000: 1073741825',
  ],
  [
    'a quote after a space',
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
    'bins without end',
    () => new b.Recorder(new b.Adam([w()]), { bins: { from: 0, to: 1e9, perDecade: 1e9 } }),
    'Recorder: bins: at most 1,000,000',
  ],
  [
    'a vjp that returns numbers',
    () =>
      custom(
        (a: any) => a.mul(2),
        () => [2],
      ),
    'c: a gradient of its vjp: takes a tensor',
  ],
  ['momentum of the optimizer', () => stepped((_, o) => (o.momentum = 0)), 'SGDM: momentum is in a group: assign'],
  ['t * 2', () => x * 2, 'Tensor: not a number'],
  ['t > 0', () => x > 0, 'Tensor: not a number'],
  ['Math.max(t)', () => Math.max(x), 'Tensor: not a number'],
  ['a list of losses as floats', () => new Float32Array([tensor(1)] as never), 'Tensor: not a number'],
  [
    'a forward that returns a number',
    () =>
      custom(
        () => 3,
        () => [null],
      ),
    'c: the result of forward',
  ],
  [
    'a vjp without gradients',
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
    'a callback listed twice',
    () => {
      const stop = b.earlyStopping({ monitor: 'loss' });
      return f(m1(), { callbacks: [stop, stop] });
    },
    'fit: callback 1: listed twice',
  ],
  ['requiresGrad as text', () => (w().requiresGrad = 'yes'), 'requiresGrad: must be true or false: got string'],
  ['optimizer.lr', () => stepped((_, o) => (o.lr = 5)), 'SGDM: lr is in a group: assign optimizer.paramGroups[0].lr'],
  [
    'a group’s lr misspelt',
    () => stepped((_, o) => (o.paramGroups[0].LR = 1)),
    'SGDM: unknown option: LR; it has lr, ',
  ],
  [
    'a name of PyTorch in a group',
    () => stepped((_, o) => (o.paramGroups[0].weight_decay = 1)),
    'SGDM: unknown option: weight_decay; it has lr, ',
  ],
  [
    'fit of frozen parameters',
    () => f(m1().requiresGrad(false)),
    'fit: nothing to train: all 4 parameters of the model in the optimizer are frozen; set requiresGrad = true',
  ],
  [
    'fit of frozen parameters beside a tensor that the model does not read',
    () => besideFrozen(),
    'fit: nothing to train: all 4 parameters of the model in the optimizer are frozen; set requiresGrad = true',
  ],
  [
    'fit of a tensor that the loss does not read either',
    () => besideFrozen({ loss: (y: any, t: any) => b.crossEntropy(y, t) }),
    'fit: the loss: nothing to differentiate: no operand requires a gradient',
  ],
  ['lr as text', () => stepped((_, o) => (o.paramGroups[0].lr = '0.1')), 'SGDM: lr must be a finite number'],
  ['cross entropy of one output', () => b.crossEntropy(ones([2, 1]), [0, 0]), 'crossEntropy: one class'],
  ['targets of -1 and 1', () => b.bceWithLogits(ones([2]), tensor([1, -1])), 'bceWithLogits: a target must be within'],
  [
    'two classes of one name',
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
    'a model without forward',
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
  ['a group that is pushed', () => stepped((_, o) => o.paramGroups.push({})), /not extensible/],
  ['a group', () => stepped((t, o) => (o.paramGroups[0] = { params: [t] })), /read only property '0'/],
  ['the parameters of a group', () => stepped((_, o) => (o.paramGroups[0].params = [w()])), /params .*only a getter/],
  ['a parameter of a group', () => stepped((_, o) => (o.paramGroups[0].params[0] = w())), /read only property '0'/],
  ['a parameter that is pushed', () => stepped((_, o) => o.paramGroups[0].params.push(w())), /not extensible/],
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

test('a hook stays until the promise of an asynchronous run settles', async () => {
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

test('changing an option list after the call changes nothing', () => {
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

test('classes may be bool', () => {
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

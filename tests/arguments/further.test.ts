// Misuses collected after the checks were written: values assigned to layers, data sets and optimizers, tensors in place of numbers, and
// arguments of every part. The list was made without reading the other lists. None passes silently. The calls are not typed, as in
// JavaScript.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import * as root from '../../index.js';
import * as node from '../../node/index.js';
import { temporary } from '../cli/command.js';
import { refusalOf } from '../refusal.js';
import { assert, subject } from '../spec.js';

const test = subject('Further misuses');
const b: any = root;
const { ones, tensor, zeros } = b;
const x = () => ones([2, 3]);
const leaf = (shape: number[]) => ones(shape, { requiresGrad: true });
const data = () => b.moons({ samples: 20 });
const loader = () => new b.DataLoader(data(), { batchSize: 5 });
const m1 = () => b.mlp({ sizes: [2, 4, 2] });
const f = (model: any, more: object = {}) =>
  b.fit(model, { train: loader(), optimizer: new b.Adam(model.namedParameters(), { lr: 0.01 }), epochs: 1, ...more });

const misuses: [name: string, call: () => unknown, begins: string][] = [
  [
    'a list assigned to the weight of Linear',
    () => {
      const l = new b.Linear(2, 2);
      l.weight = [
        [1, 2],
        [3, 4],
      ];
      return l.forward(ones([1, 2]));
    },
    'linear: takes a tensor: got an array; tensor(values) makes',
  ],
  [
    'null assigned to the weight of Linear',
    () => {
      const l = new b.Linear(2, 2);
      l.weight = null;
      return l.forward(ones([1, 2]));
    },
    'linear: takes a tensor: got null; tensor(values) makes one',
  ],
  [
    'a number assigned to the weight of Linear',
    () => {
      const l = new b.Linear(2, 2);
      l.weight = 3;
      return l.forward(ones([1, 2]));
    },
    'linear: takes a tensor: got number 3; tensor(values) makes',
  ],
  [
    'true assigned to the bias of Linear',
    () => {
      const l = new b.Linear(2, 2);
      l.bias = true;
      return l.forward(ones([1, 2]));
    },
    'linear: bias: takes a tensor: got boolean true;',
  ],
  [
    'a number assigned to the bias of Linear',
    () => {
      const l = new b.Linear(2, 2);
      l.bias = 1;
      return l.forward(ones([1, 2]));
    },
    'linear: bias: takes a tensor: got number 1; tensor(values)',
  ],
  [
    'a list assigned to the weight of Conv2d',
    () => {
      const l = new b.Conv2d(1, 1, 3);
      l.weight = [1];
      return l.forward(ones([1, 1, 5, 5]));
    },
    'conv2d: takes a tensor: got an array; tensor(values) makes',
  ],
  [
    'a list assigned to the weight of Embedding',
    () => {
      const l = new b.Embedding(3, 2);
      l.weight = [1];
      return l.forward(tensor([1], { dtype: 'int32' }));
    },
    'Embedding: weight: takes a tensor: got an array;',
  ],
  [
    'a list assigned to the runningMean of BatchNorm1d',
    () => {
      const l = new b.BatchNorm1d(2);
      l.runningMean = [0, 0];
      l.eval();
      return l.forward(ones([3, 2]));
    },
    'batchNormWith: takes a tensor: got an array; tensor(values)',
  ],
  [
    'a list assigned to the weight of LayerNorm',
    () => {
      const l = new b.LayerNorm(2);
      l.weight = [1, 1];
      return l.forward(ones([3, 2]));
    },
    'layerNorm: weight and bias: takes a tensor: got an array;',
  ],
  [
    'a number assigned to the weight of PReLU',
    () => {
      const l = new b.PReLU();
      l.weight = 0.2;
      return l.forward(x());
    },
    'prelu: weight: takes a tensor: got number 0.2;',
  ],
  [
    'a number assigned to the random of Dropout',
    () => {
      const l = new b.Dropout();
      l.random = 3;
      return l.forward(x());
    },
    'Dropout: random must be a Random: new Random(1): 3',
  ],
  [
    'a text assigned to the first module of Sequential',
    () => {
      const s = new b.Sequential(new b.ReLU());
      s[0] = 'relu';
      return s.forward(x());
    },
    'Sequential: takes modules: got string "relu" at 0',
  ],
  [
    'crossEntropy with a negative probability among its targets',
    () =>
      b.crossEntropy(
        x(),
        tensor([
          [-1, 1, 1],
          [0, 0, 1],
        ]),
      ),
    'crossEntropy: a target must be within [0, 1]: -1',
  ],
  [
    'crossEntropy with NaN among its targets',
    () =>
      b.crossEntropy(
        x(),
        tensor([
          [NaN, 1, 1],
          [0, 0, 1],
        ]),
      ),
    'crossEntropy: a target must be within [0, 1]: NaN',
  ],
  ['Math.max of a tensor', () => Math.max(x()), 'Tensor: not a number: call t.mul(2) for t * 2, t.greater(0)'],
  [
    'itemSync of a tensor of six elements',
    () => x().itemSync(),
    'itemSync: not one element: (2,3); index it or use dataSync()',
  ],
  [
    'assign with two numbers to a tensor of six elements',
    () => x().assign([1, 2]),
    'assign: 2 values for 6 elements of shape (2,3)',
  ],
  [
    'assign with a text',
    () => x().assign('3'),
    'assign: takes a number or a flat list of numbers: got string "3" at 0',
  ],
  ['at with the index 0.5', () => x().at(0.5), 'at: index out of range: 0.5 at axis 0 of (2,3)'],
  ['at with a text as the index', () => x().at('0'), 'at: index out of range: string "0" at axis 0 of (2,3)'],
  ['sum over the axis 0.5', () => x().sum(0.5), 'sum: no such axis: 0.5 of 2 axes'],
  ['reshape to two sizes of -1', () => x().reshape([-1, -1]), 'reshape: sizes differ: (2,3) of 6 elements to (-1,-1)'],
  ['reshape to a text', () => x().reshape('6'), 'reshape: takes a list: "6"'],
  [
    'concat of a tensor and a number',
    () => b.concat([x(), 3]),
    'concat: takes a tensor: got number 3; tensor(values) makes',
  ],
  ['concat of an empty list', () => b.concat([]), 'concat: takes a list of tensors, at least one: got an empty'],
  ['matmul with a number', () => b.matmul(x(), 2), 'matmul: takes a tensor: got number 2; tensor(values) makes'],
  [
    'einsum with one operand where two are described',
    () => b.einsum('ij,jk', x()),
    "einsum: 'ij,jk' has 2 operands: got 1",
  ],
  [
    'einsum with a letter in the result that no operand has',
    () => b.einsum('ij->ik', x()),
    "einsum: 'k' is in no operand: 'ij->ik'",
  ],
  [
    'topk with a k above the size of the axis',
    () => b.topk(x(), 9),
    'topk: k must be an integer from 0 to 3, the size of axis',
  ],
  ['div by a text', () => x().div('2'), 'div: takes tensors, or a tensor and a number: got a Tensor'],
  [
    'where with the condition second',
    () => b.where(x(), tensor([true]), 0),
    'where: the condition must be bool: float32; compare it first',
  ],
  ['arange of a text', () => b.arange('5'), 'arange: start, stop and step must be a number: string "5"'],
  ['linspace with a count of -2', () => b.linspace(0, 1, -2), 'linspace: count must be an integer of at least 0: -2'],
  [
    'oneHot of a class that is out of range',
    () => b.oneHot(tensor([5], { dtype: 'int32' }), 3),
    'oneHot: index out of range: 5 for an axis of size 3',
  ],
  ['oneHot of floats', () => b.oneHot(tensor([0.5]), 3), 'oneHot: the index must be an int32 tensor: float32; cast it'],
  ['zeros(2, 3), with sizes one by one', () => zeros(2, 3), 'zeros: options are an object of dtype, requiresGrad: got'],
  ['randn(2, 3), with sizes one by one', () => b.randn(2, 3), 'randn: options are an object of dtype, requiresGrad,'],
  [
    'randn with the option seed',
    () => b.randn([2], { seed: 3 }),
    'randn: unknown option: seed; it has dtype, requiresGrad,',
  ],
  ['rand with a text as the shape', () => b.rand('2'), 'rand: a shape is a list of non-negative integers: "2"'],
  [
    'tensor with the dtype float16',
    () => tensor([1], { dtype: 'float16' }),
    'tensor: unknown dtype: float16; one of float32, float64,',
  ],
  [
    'tensor with the class Float32Array as its dtype',
    () => tensor([1], { dtype: Float32Array }),
    'tensor: unknown dtype: function Float32Array() { [native',
  ],
  ['tensor of a Map', () => tensor(new Map()), 'tensor: not a number: a Map at []'],
  ['tensor of a Date', () => tensor([new Date()]), 'tensor: not a number: a Date at [0]'],
  ['tensor of a bigint', () => tensor([1n]), 'tensor: not a number: bigint 1 at [0]; Number() makes one'],
  ['tensor of the text NaN', () => tensor(['NaN']), 'tensor: not a number: string "NaN" at [0]; Number() makes'],
  [
    'grad of a result that is not a scalar',
    () => b.grad(leaf([2]).mul(2), [leaf([2])]),
    'grad: root must be a scalar: (2); reduce it, or pass {',
  ],
  [
    'grad with one tensor as its list of inputs',
    () => {
      const a = leaf([]);
      return b.grad(a.mul(2), a);
    },
    'grad: takes a list of tensors, at least one: got a Tensor',
  ],
  [
    'backward with a text as its options',
    () => leaf([]).mul(2).backward('x'),
    'backward: options are an object of gradient, retainGraph,',
  ],
  [
    'a tensor of a scope, read after the scope',
    () => {
      let t: root.Tensor | undefined;
      b.scope(() => {
        t = x().add(1);
      });
      return t?.dataSync();
    },
    'data: the tensor (2,3) was freed: its scope has closed;',
  ],
  ['scope with a tensor as its function', () => b.scope(x()), 'scope: takes a function: got a Tensor'],
  [
    'below(1.5) of a random stream',
    () => new b.Random(1).stream('a').below(1.5),
    'below: n must be an integer in 1..2^32: 1.5',
  ],
  [
    'below(0) of a random stream',
    () => new b.Random(1).stream('a').below(0),
    'below: n must be an integer in 1..2^32: 0',
  ],
  [
    'Linear with bias by position',
    () => new b.Linear(2, 3, false),
    'Linear: options are an object of bias, random, dtype: got',
  ],
  ['mlp with one size', () => b.mlp({ sizes: [2] }), 'mlp: takes { sizes: [in, .., out] }: got [2]'],
  ['mlp with a text as sizes', () => b.mlp({ sizes: '2,4' }), 'mlp: takes { sizes: [in, .., out] }: got string "2,4"'],
  [
    'mlp with the name of an activation',
    () => b.mlp({ sizes: [2, 4, 2], activation: 'swish' }),
    'mlp: activation must be a function, such as () => new Tanh():',
  ],
  ['forward of a list', () => m1().forward([[1, 2]]), 'Sequential: takes a tensor: got an array; tensor(values)'],
  [
    'forward of a Float32Array',
    () => m1().forward(new Float32Array(2)),
    'Sequential: takes a tensor: got a Float32Array;',
  ],
  [
    'forward without an argument',
    () => m1().forward(),
    'Sequential: takes a tensor: got undefined; is a return missing?',
  ],
  [
    'forward of a promise',
    () => m1().forward(Promise.resolve(ones([1, 2]))),
    'Sequential: takes a tensor: got a Promise; await it',
  ],
  [
    'a module that contains itself',
    () => {
      class A extends b.Module {
        me = this;
        forward(t: any) {
          return t;
        }
      }
      return new A().parameters();
    },
    'me: a module inside itself',
  ],
  [
    'registerBuffer of a list',
    () => {
      class A extends b.Module {
        constructor() {
          super();
          this.registerBuffer('a', [1]);
        }
      }
      return new A();
    },
    'registerBuffer: takes a tensor: got an array;',
  ],
  [
    'loadStateDict with a text as strict',
    () => m1().loadStateDict({}, { strict: 'no' }),
    'loadStateDict: strict must be true or false: string "no"',
  ],
  [
    'Adam with lr by position',
    () => new b.Adam([leaf([1])], 0.1),
    'Adam: options are an object of lr, betas, eps, weightDecay,',
  ],
  [
    'Adam with a beta above 1',
    () => new b.Adam([leaf([1])], { betas: [1.9, 0.9] }),
    'Adam: beta1 must lie in [0, 1): 1.9',
  ],
  [
    'Adam with the option momentum',
    () => new b.Adam([leaf([1])], { momentum: 0.9 }),
    'Adam: unknown option: momentum; it has lr, betas, eps,',
  ],
  [
    'betas of 2 assigned to a group',
    () => {
      const t = leaf([1]);
      const o = new b.Adam([t]);
      o.paramGroups[0].betas = [2, 2];
      t.grad = ones([1]);
      o.step();
      return [...t.dataSync()];
    },
    'beta1 must lie in [0, 1): 2',
  ],
  [
    'a text assigned to the weightDecay of a group',
    () => {
      const t = leaf([1]);
      const o = new b.Adam([t]);
      o.paramGroups[0].weightDecay = 'a';
      t.grad = ones([1]);
      o.step();
      return [...t.dataSync()];
    },
    'Adam: weightDecay must be a number: string "a"',
  ],
  [
    'fit with the class of an optimizer',
    () => f(m1(), { optimizer: b.Adam }),
    'fit: takes an optimizer: got function; pass one: new',
  ],
  [
    'fit with the name of an optimizer',
    () => f(m1(), { optimizer: 'adam' }),
    'fit: takes an optimizer: got string "adam"; pass one:',
  ],
  [
    'fit with the name of a loss',
    () => f(m1(), { loss: 'mse' }),
    'fit: loss must be a function: got string "mse"; it returns',
  ],
  [
    'fit with a loss that returns a number',
    () => f(m1(), { loss: () => 1 }),
    'fit: the loss: takes a tensor: got number 1; tensor(values)',
  ],
  [
    'fit with a loss that returns its itemSync()',
    () => f(m1(), { loss: (o: any, y: any) => b.crossEntropy(o, y).itemSync() }),
    'fit: the loss: takes a tensor: got number',
  ],
  [
    'fit with a callback that is not in a list',
    () => f(m1(), { callbacks: { onEpoch() {} } }),
    'fit: callbacks must be a list: got an Object; write',
  ],
  [
    'fit with a callback named onEpochEnd',
    () => f(m1(), { callbacks: [{ onEpochEnd() {} }] }),
    'fit: callback 0: never called: onEpochEnd; a callback has',
  ],
  [
    'fit with a callback whose onEpoch is a number',
    () => f(m1(), { callbacks: [{ onEpoch: 3 }] }),
    'fit: callback 0: onEpoch must be a function: got number 3',
  ],
  [
    'fit with a list as the test set',
    () => f(m1(), { test: [1] }),
    'fit: test: takes a data set: got an array; tensorDataset()',
  ],
  [
    'fit with a list of names as metrics',
    () => f(m1(), { test: data(), metrics: ['accuracy'] }),
    'fit: metrics must be functions by name, as { mae: l1 }: an array',
  ],
  ['fit with a text as clip', () => f(m1(), { clip: '1' }), 'fit: clip: give { norm } or { value }: got string "1"'],
  ['fit with true as signal', () => f(m1(), { signal: true }), 'fit: signal must be an AbortSignal: got boolean true'],
  [
    'fit of the class of a model',
    () => b.fit(b.Linear, { train: loader(), epochs: 1 }),
    'fit: takes a model: got function Linear; create it with new',
  ],
  ['evaluate without data', () => b.evaluate(m1()), 'evaluate: takes a data set: got undefined; tensorDataset()'],
  [
    'earlyStopping with a number as its options',
    () => b.earlyStopping(3),
    'earlyStopping: options are an object of monitor, mode,',
  ],
  [
    'earlyStopping with the monitor val_loss',
    () => f(m1(), { test: data(), callbacks: [b.earlyStopping({ monitor: 'val_loss' })] }),
    'earlyStopping: unknown monitor: val_loss; one of testLoss,',
  ],
  [
    'keepBest with the monitor acc',
    () => f(m1(), { test: data(), callbacks: [b.keepBest({ monitor: 'acc' })] }),
    'keepBest: unknown monitor: acc; one of testLoss,',
  ],
  [
    'averageWeights with a decay of 2',
    () => b.averageWeights({ decay: 2 }),
    'averageWeights: decay must be in [0, 1): 2',
  ],
  ['splitFolds into one fold', () => b.splitFolds(data(), 1), 'splitFolds: count must be an integer of at least 2: 1'],
  ['subset with the index -1', () => b.subset(data(), [-1]), 'subset: no such sample: index -1 of 20'],
  [
    'subset with a function as its indices',
    () => b.subset(data(), (i: number) => i < 3),
    'subset: takes a list of indices, as [0, 2]: got function',
  ],
  [
    'tensorDataset with texts as classes',
    () => b.tensorDataset([[1], [2]], ['a', 'b']),
    "tensorDataset: y: the names of classes: 'a'; give their numbers, ",
  ],
  ['csv without options', () => b.csv('a,b\n1,2\n3,4'), 'csv: options are an object of target, columns, categories,'],
  [
    'csv with the same target twice',
    () => b.csv('a,b\n1,2\n3,4', { target: ['b', 'b'] }),
    "csv: target: 'b' is listed twice; name each column once",
  ],
  [
    'textDataset with a context of 0',
    () => b.textDataset('hello', { context: 0 }),
    'textDataset: context must be a positive integer: 0',
  ],
  [
    'textDataset of bytes',
    () => b.textDataset(new Uint8Array(9), { context: 2 }),
    'textDataset: takes a text: got a Uint8Array',
  ],
  [
    'moons with a number as its options',
    () => b.moons(100),
    'moons: options are an object of samples, noise, seed: got',
  ],
  [
    'serializeSafetensors of a list',
    () => b.serializeSafetensors([ones([1])]),
    'serializeSafetensors: tensors must be an object { name:',
  ],
  [
    'gradcheck of int32',
    () => b.gradcheck((t: any) => t.sum(), [tensor([1], { dtype: 'int32' })]),
    'gradcheck: inputs must be float64: int32; finite',
  ],
  [
    'gradcheck of float32',
    () => b.gradcheck((t: any) => t.sum(), [leaf([1])]),
    'gradcheck: inputs must be float64: float32; finite',
  ],
  [
    'gradcheck with a number as its function',
    () => b.gradcheck(3, [leaf([1])]),
    'gradcheck: fn must be a function: got number 3; it computes',
  ],
  ['hvp without arguments', () => b.hvp?.(), 'hvp: loss: takes a tensor: got undefined; is a return missing?'],
  ['explain of a number', () => b.explain(3), 'explain: takes an optimizer: got number 3; pass one: new'],
  ['a Recorder of a number', () => new b.Recorder(3), 'Recorder: takes an optimizer: got number 3; pass one:'],
  ['breakWhen of a number', () => b.breakWhen(3), 'breakWhen: takes an optimizer: got number 3; pass one:'],
  ['customOp without forward', () => b.customOp('a'), 'customOp: forward must be a function: got undefined; it'],
  [
    'init.normal of a list',
    () => b.init?.normal?.([1, 2]),
    'init.normal: takes a tensor: got an array; tensor(values)',
  ],
  [
    'init.xavierUniform of a vector',
    () => b.init?.xavierUniform(leaf([2])),
    'init.xavierUniform: fan in and out need two axes: (2); use',
  ],
  [
    'rematerialize with a number as its function',
    () => b.rematerialize(3, x()),
    'rematerialize: fn must be a function: got number 3; it',
  ],
  [
    'withForwardHook with a number as its modules',
    () => b.withForwardHook(3),
    'withForwardHook: takes model.namedModules(): got number 3',
  ],
  [
    'MultiheadAttention with a list as its mask',
    () => new b.MultiheadAttention(4, 2).forward(ones([3, 1, 4]), ones([3, 1, 4]), ones([3, 1, 4]), { mask: [[true]] }),
    'MultiheadAttention: mask: takes a tensor: got an array;',
  ],
  [
    'an LSTM with a state of another size',
    () => new b.LSTM(2, 3).forward(ones([4, 1, 2]), [zeros([1, 1, 2]), zeros([1, 1, 2])]),
    'LSTM: the state must be [layers,batch,hidden]: (1,1,3), not',
  ],
  [
    'an LSTM with one tensor as its state',
    () => new b.LSTM(2, 3).forward(ones([4, 1, 2]), zeros([1, 1, 3])),
    'LSTM: the state must be a pair [h, c]: a Tensor',
  ],
  [
    'Conv2d of images with the channels last',
    () => new b.Conv2d(3, 4, 3).forward(ones([1, 8, 8, 3])),
    'conv2d: channels do not fit: (1,8,8,3) with weight',
  ],
  [
    'Conv2d of one image without a batch',
    () => new b.Conv2d(3, 4, 3).forward(ones([3, 8, 8])),
    'conv2d: takes x [n,c,..] and weight [co,ci,..] of 4 axes:',
  ],
  [
    'MaxPool2d with a kernel of 0',
    () => new b.MaxPool2d(0),
    'MaxPool2d: kernelSize must be an integer of at least 1, or',
  ],
  ['Dropout with a p of 50', () => new b.Dropout(50), 'Dropout: p must lie in [0, 1]: 50'],
  [
    'Upsample by 1.5',
    () => new b.Upsample({ scaleFactor: 1.5 }),
    'Upsample: scaleFactor must be an integer of at least 1, or',
  ],
  [
    'generate with a text as its options',
    () => b.generate?.(m1(), 'abc'),
    'generate: options are an object of prompt, length,',
  ],
  ['mse of (4,1) and (4), which broadcast', () => b.mse(ones([4, 1]), ones([4])), 'mse: shapes differ: (4,1) and (4)'],
  [
    'mse with a list as its targets',
    () => b.mse(ones([2]), [1, 2]),
    'mse: takes a tensor: got an array; tensor(values) makes one',
  ],
  [
    'accuracy with the classes first',
    () => b.accuracy([0, 1], x()),
    'accuracy: takes a tensor: got an array; tensor(values)',
  ],
];

for (const [name, call, begins] of misuses) {
  test(`refused: ${name}`, async () => {
    const error = await refusalOf(call);
    assert.ok(error.message.startsWith(begins), `${error.message} does not begin with ${begins}`);
  });
}

/** The message of an engine for an assignment to a field that cannot be assigned. */
const FIXED = /read only property|only a getter|not extensible/;
const assigned: [name: string, assign: () => unknown][] = [
  ['stride of Conv2d', () => (new b.Conv2d(1, 1, 3).stride = 'a')],
  ['groups of Conv1d', () => (new b.Conv1d(1, 1, 3).groups = 2)],
  ['outputPadding of ConvTranspose2d', () => (new b.ConvTranspose2d(1, 1, 3).outputPadding = 2)],
  ['kernelSize of MaxPool2d', () => (new b.MaxPool2d(2).kernelSize = -1)],
  ['countIncludePad of AvgPool2d', () => (new b.AvgPool2d(2).countIncludePad = 'no')],
  ['output of AdaptiveAvgPool2d', () => (new b.AdaptiveAvgPool2d(2).output = 3)],
  ['dropout of LSTM', () => (new b.LSTM(2, 2).dropout = 2)],
  ['hiddenSize of GRU', () => (new b.GRU(2, 2).hiddenSize = 7)],
  ['causal of MultiheadAttention', () => (new b.MultiheadAttention(4, 2).causal = true)],
  ['normFirst of TransformerBlock', () => (new b.TransformerBlock(4, 2).normFirst = true)],
  ['mode of Upsample', () => (new b.Upsample({ scaleFactor: 2 }).mode = 'bilinear')],
  ['numGroups of GroupNorm', () => (new b.GroupNorm(1, 2).numGroups = 2)],
  ['shape of LayerNorm', () => (new b.LayerNorm(2).shape = [3])],
  ['paddingIdx of Embedding', () => (new b.Embedding(3, 2).paddingIdx = 1)],
  ['from of Flatten', () => (new b.Flatten().from = 2)],
  ['classes of a data set of points', () => (data().classes = ['a'])],
  ['length of a data set of tensors', () => (b.tensorDataset([[1], [2]], [0, 1]).length = 1)],
  ['features of a table', () => (b.csv('a,y\n1,2\n3,4\n', { target: 'y' }).features = [])],
  ['stride of a text', () => (b.textDataset('abcabc', { context: 2 }).stride = 1)],
  ['groups of an optimizer', () => (new b.Adam([leaf([1])]).paramGroups[1] = {})],
];
for (const [name, assign] of assigned) {
  test(`cannot be assigned: ${name}`, () => {
    assert.throws(assign, FIXED);
  });
}

test('options of a layer can be read, and are not among its parameters', () => {
  const conv = new b.Conv2d(1, 1, 3, { stride: 2 });
  assert.equal(
    [conv.stride, conv.padding],
    [2, 0].map((v) => [v, v]),
  );
  assert.equal(Object.keys(conv.stateDict()), ['weight', 'bias']);
  assert.is(new b.LSTM(2, 3, { numLayers: 2 }).hiddenSize, 3);
});

test('probabilities that rounding puts above 1 are accepted', () => {
  const soft = tensor([[1 + 2 ** -23, 0, 0]]);
  assert.ok(b.crossEntropy(ones([1, 3]), soft).itemSync() > 1);
});

test('checkpointFolder refuses a file that is not a checkpoint, and clear() after it was closed', async () => {
  const path = mkdtempSync(join(temporary(), 'c-'));
  const folder = node.checkpointFolder(path);
  const refused = (file: Uint8Array) => folder.save(file, 1).catch((error) => error.message);
  assert.match(
    await refused(new Uint8Array(400)),
    /^checkpointFolder: a file must be a Uint8Array, as serializeCheckpoint/,
  );
  folder.close();
  assert.throws(() => folder.clear(), /the folder was closed, and another run may have it; open it again$/);
});

test('a target of numbers among the categories is refused: that would not make classes of the numbers', () => {
  const table = 'a,y\n1,2\n3,4\n';
  assert.throws(
    () => b.csv(table, { target: 'y', categories: ['y'] }),
    /^csv: 'y' is in categories, but is to be predicted as a number; give \{ classes: true \}$/,
  );
  assert.equal(b.csv(table, { target: 'y', categories: ['y'], classes: true }).classes, ['2', '4']);
});

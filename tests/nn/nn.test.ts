import * as bg from '../../core/index.js';
import { keep, noGrad, Random, randn, scope, seed, type Tensor, tensor } from '../../core/index.js';
import * as nn from '../../nn/index.js';
import { SGDM } from '../../optim/index.js';
import { onAwaited } from '../awaited.js';
import { assert, close, subject } from '../spec.js';

const options = { dtype: 'float64' as const, random: new Random(1) };
const stream = new Random(2).stream('nn');
const random = (...shape: number[]) => randn(shape, { dtype: 'float64', stream });
const bits = (m: nn.Module) => m.parameters().map((p) => [...p.dataSync()]);
const values = (state: nn.StateDict) => Object.entries(state).map(([k, t]) => [k, [...t.dataSync()]]);

class Net extends nn.Module {
  readonly blocks = [new nn.Linear(3, 3, options), new nn.Linear(3, 3, options)];
  readonly norm = new nn.BatchNorm1d(3, options);
  readonly head = new nn.Linear(3, 2, { ...options, bias: false });
  readonly scale = keep(tensor([2], { dtype: 'float64', requiresGrad: true }));
  readonly #aside = tensor([1], { requiresGrad: true });

  forward(x: Tensor): Tensor {
    const y = this.blocks.reduce((z, block) => block.forward(z), x);
    return this.head.forward(this.norm.forward(y)).mul(this.scale).add(this.#aside.size);
  }
}

const module = subject('Module');

module(
  'parameters are named by paths of fields: the module’s own first, then the children’s; elements of arrays by index',
  () => {
    assert.equal(
      new Net().namedParameters().map(([name]) => name),
      ['scale', 'blocks.0.weight', 'blocks.0.bias', 'blocks.1.weight', 'blocks.1.bias'].concat([
        'norm.weight',
        'norm.bias',
        'head.weight',
      ]),
    );
  },
);

module('buffers are in the state dict under PyTorch’s names, after the parameters of their module', () => {
  const net = new Net();
  const names = Object.keys(net.stateDict());
  assert.equal(names.slice(5, 10), [
    'norm.weight',
    'norm.bias',
    'norm.running_mean',
    'norm.running_var',
    'norm.num_batches_tracked',
  ]);
  assert.equal(
    net.namedBuffers().map(([name]) => name),
    names.slice(7, 10),
  );
  assert.ok(net.namedParameters().every(([name]) => !name.includes('running')));
});

module('modules are listed once, parents first', () => {
  const shared = new nn.ReLU();
  const net = new nn.Sequential(shared, new nn.Sequential(new nn.Tanh(), shared));
  assert.equal(
    net.namedModules().map(([name, m]) => [name, m.constructor.name]),
    [
      ['', 'Sequential'],
      ['0', 'ReLU'],
      ['1', 'Sequential'],
      ['1.0', 'Tanh'],
    ],
  );
});

module('summary restores the modes of modules that share a module, whatever their depths', () => {
  const x = new nn.ReLU();
  const r = new nn.Sequential(x);
  const q = new nn.Sequential(r);
  const net = new nn.Sequential(x, r, q);
  q.eval();
  r.train();
  x.eval();
  const modes = () => [net, x, r, q].map((m) => m.training);
  const before = modes();
  nn.summary(net, [1, 2]);
  assert.equal([before, modes()], [before, [true, false, true, false]]);
});

class Tied extends nn.Module {
  readonly a = new nn.Linear(2, 2, { ...options, bias: false });
  readonly b = new nn.Sequential(this.a);
  readonly weight = this.a.weight;

  forward(x: Tensor): Tensor {
    return this.a.forward(this.b.forward(x)).matmul(this.weight);
  }
}

module(
  'a shared tensor is one parameter, stays shared in another dtype, and has all its paths in the state dict',
  () => {
    const tied = new Tied();
    assert.is(tied.parameters().length, 1);
    assert.equal(Object.keys(tied.stateDict()), ['weight', 'a.weight', 'b.0.weight']);
    tied.toDType('float32');
    assert.is(tied.parameters().length, 1);
    assert.is(tied.weight.dtype, 'float32');
    assert.is(tied.weight, tied.a.weight);
    tied.forward(random(1, 2).cast('float32')).sum().backward();
    assert.ok(tied.weight.grad);
  },
);

module('train and eval switch all modules below', () => {
  const net = new Net();
  const modes = () => net.namedModules().map(([, m]) => m.training);
  assert.equal(new Set(modes()), new Set([true]));
  assert.is(net.eval(), net);
  assert.equal(new Set(modes()), new Set([false]));
  net.train();
  assert.equal(new Set(modes()), new Set([true]));
});

module('frozen parameters get no gradient, and stay in the lists', () => {
  const net = new Net();
  const names = Object.keys(net.stateDict());
  net.head.requiresGrad(false);
  assert.equal(Object.keys(net.stateDict()), names);
  assert.is(net.parameters().length, 8);
  net.forward(random(4, 3)).sum().backward();
  assert.is(net.head.weight.grad, null);
  assert.ok(net.blocks[0].weight.grad);
});

module('two tensors with one name in the state dict are refused: neither is saved in place of the other', () => {
  class Twice extends nn.Module {
    readonly 'a.b' = tensor([1], { requiresGrad: true });
    readonly a = { b: tensor([2], { requiresGrad: true }) };
    forward = (x: Tensor): Tensor => x.mul(this['a.b']).mul(this.a.b);
  }
  const net = new Twice();
  assert.throws(() => net.stateDict(), /^two tensors are named a\.b; rename a field$/);
  assert.throws(() => net.loadStateDict({ 'a.b': tensor([3]) }), /^two tensors are named a\.b; rename a field$/);
  // A tensor that is shared has two names, or one name twice.
  net.a.b = net['a.b'];
  assert.equal(Object.keys(net.stateDict()), ['a.b']);
});

module('a copy of a module, which lacks its private fields, is refused by each method, also as a child', () => {
  const refused = (kind: string) =>
    new RegExp(`^${kind}: a copy lacks its private fields; make a new module, and loadStateDict\\(\\)$`);
  const copied = <M extends object>(m: M): M => Object.assign(Object.create(Object.getPrototypeOf(m)), m);
  const copy = copied(new nn.Linear(2, 2));
  for (const use of [
    () => copy.parameters(),
    () => copy.namedParameters(),
    () => copy.stateDict(),
    () => copy.loadStateDict({}),
    () => copy.children(),
    () => copy.namedModules(),
    () => copy.namedBuffers(),
    () => copy.training,
    () => copy.train(),
    () => copy.eval(),
    () => copy.requiresGrad(false),
    () => copy.toDType('float64'),
    () => copy.toString(),
    () => copy.dispose(),
    () => new nn.Sequential(copy).parameters(),
    () => new nn.Sequential(copy).eval(),
  ])
    assert.throws(use, refused('Linear'));
  // Layers that behave differently in training cannot run either. A layer without such a state computes as before.
  assert.throws(() => copied(new nn.Dropout(0.5)).forward(tensor([1])), refused('Dropout'));
  assert.equal(
    [
      ...copied(new nn.ReLU())
        .forward(tensor([-1, 2]))
        .dataSync(),
    ],
    [0, 2],
  );
});

module('a field of a class that hides a method is refused; a function may replace a method', () => {
  class Own extends nn.Module {
    readonly weight = tensor([1], { requiresGrad: true });
    constructor(field: string, value: unknown) {
      super();
      // As `parameters = []` in the body of a class: it defines the field, and calls no setter.
      Object.defineProperty(this, field, { value, enumerable: true });
    }
    forward = (x: Tensor): Tensor => x.mul(this.weight);
  }
  class Fields extends nn.Module {
    // @ts-expect-error A list in place of the method.
    override readonly parameters = [tensor([1])];
    forward = (x: Tensor): Tensor => x;
  }
  assert.throws(() => new Fields().stateDict(), /^parameters: Module has this name; rename the field$/);
  assert.throws(() => new Own('train', true).parameters(), /^train: Module has this name; rename the field$/);
  assert.throws(() => new Own('training', true).parameters(), /^training: Module has this name; rename the field$/);
  assert.throws(
    () => new nn.Sequential(new nn.ReLU(), new Own('children', new nn.ReLU())).parameters(),
    /^1\.children: Module has this name; rename the field$/,
  );
  assert.is(new Own('extraRepr', () => '3').parameters().length, 1);
});

module('toDType refuses a list or module that is read-only, and then has converted nothing', () => {
  class Listed extends nn.Module {
    readonly first = new nn.Linear(2, 2);
    readonly factors = Object.freeze([tensor([1], { requiresGrad: true })]);
    forward = (x: Tensor): Tensor => this.first.forward(x).mul(this.factors[0]);
  }
  const net = new Listed();
  const before = net.parameters();
  assert.throws(() => net.toDType('float64'), /^toDType: factors\.0 is read-only$/);
  assert.ok(net.parameters().every((p, i) => p === before[i] && p.dtype === 'float32'));
  const frozen = Object.freeze(new nn.Linear(2, 2));
  assert.throws(() => frozen.toDType('float64'), /^toDType: weight is read-only$/);
});

module('toDType converts float parameters and buffers, not counters, and keeps requiresGrad', () => {
  const net = new Net();
  net.blocks[0].requiresGrad(false);
  const before = values(net.stateDict());
  assert.is(net.toDType('float32'), net);
  for (const [name, t] of Object.entries(net.stateDict())) {
    assert.is(t.dtype, name.endsWith('tracked') ? 'int32' : 'float32', name);
    assert.is(t.requiresGrad, !/blocks\.0|running|tracked/.test(name), name);
  }
  const after = values(net.toDType('float64').stateDict());
  // Rounded to float32 once: half an ulp, 6e-8.
  before.forEach(([name, v], i) => close(after[i][1] as number[], v as number[], 6e-8, name as string));
  net.forward(random(4, 3));
  assert.is(net.norm.numBatchesTracked!.itemSync(), 1);
  assert.is.not(net.norm.runningMean!.dataSync()[0], 0);
  assert.throws(() => net.toDType('int32' as 'float32'), /toDType: parameters are floats: int32/);
});

module('dispose frees parameters, gradients and buffers', () => {
  const net = new Net();
  net.forward(random(4, 3)).sum().backward();
  const tensors = [...Object.values(net.stateDict()), net.scale.grad!];
  net.dispose();
  for (const t of tensors) assert.throws(() => t.dataSync(), /was freed/);
});

module('a name of a buffer can be used only once', () => {
  class Twice extends nn.Identity {
    constructor() {
      super();
      this.registerBuffer('mean', tensor([0]));
      this.registerBuffer('mean', tensor([1]));
    }
  }
  assert.throws(() => new Twice(), /registerBuffer: mean is taken/);
  class Hiding extends nn.Linear {
    mean = tensor([0]);
    constructor(name: string, t?: Tensor) {
      super(2, 2);
      this.registerBuffer(name, t ?? this.mean);
    }
  }
  // The state dict would hold the buffer alone, and the parameter would be lost.
  assert.throws(() => new Hiding('weight', tensor([0])), /registerBuffer: weight is taken/);
  assert.ok('mean' in new Hiding('mean').stateDict(), 'the field of the buffer itself');
});

module('a tensor that is assigned to the field of a buffer is the buffer from then on', () => {
  const layer: any = new nn.BatchNorm1d(2);
  layer.runningMean = tensor([5, 6]);
  const names = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
  assert.equal(Object.keys(layer.stateDict()), names);
  assert.is(layer.stateDict().running_mean, layer.runningMean);
  assert.equal(layer.parameters(), [layer.weight, layer.bias]);
  layer.eval().forward(tensor([[5, 6]]));
  layer.loadStateDict({ ...layer.stateDict(), running_mean: tensor([7, 8]) });
  assert.equal([...layer.runningMean.dataSync()], [7, 8]);
  const kept = layer.runningMean;
  layer.toDType('float64');
  assert.is(layer.stateDict().running_mean, layer.runningMean);
  assert.equal([layer.runningMean.dtype, ...layer.runningMean.dataSync()], ['float64', 7, 8]);
  // The old tensor in another field is a tensor like any other.
  layer.kept = kept;
  assert.is(layer.stateDict().running_mean, layer.runningMean);
  assert.is(layer.stateDict().kept, kept);
  const model = new nn.Sequential(new nn.BatchNorm1d(1));
  model.requiresGrad(false);
  (model[0] as any).runningVar = tensor([3]);
  assert.equal([...model.stateDict()['0.running_var'].dataSync()], [3]);
  assert.equal(
    Object.keys(model.stateDict()),
    names.map((name) => `0.${name}`),
  );
});

module('a buffer may have the name of a member that every object has', () => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    class Named extends nn.Identity {
      field = this.registerBuffer(name, tensor([1]));
    }
    assert.equal(Object.keys(new Named().stateDict()), [name]);
    assert.equal(new Named().loadStateDict(new Named().stateDict()), { missing: [], unexpected: [] });
  }
});

const state = subject('State dict');

state('holds the tensors themselves: training changes them, but not a clone', () => {
  const layer = new nn.Linear(2, 1, options);
  const dict = layer.stateDict();
  const copy = noGrad(() => dict.weight.clone());
  noGrad(() => layer.weight.assign([8, 9]));
  assert.equal([...dict.weight.dataSync()], [8, 9]);
  assert.is.not(copy.dataSync()[0], 8);
});

state('if one tensor cannot take its values, none is written', () => {
  class Repeats extends nn.Linear {
    buffer = this.registerBuffer('repeated', tensor([1]).broadcastTo([3]));
  }
  const model = new Repeats(2, 1, options);
  const before = values(model.stateDict());
  const other = { weight: random(1, 2), bias: random(1), repeated: tensor([1, 2, 3]) };
  assert.throws(
    () => model.loadStateDict(other),
    /^loadStateDict: repeated: a view that repeats elements: \(3\); assign/,
  );
  assert.equal(values(model.stateDict()), before);
});

state('copies one model to another, including buffers', () => {
  const [from, to] = [new Net(), new Net()];
  from.forward(random(5, 3));
  assert.equal(to.loadStateDict(from.stateDict()), { missing: [], unexpected: [] });
  assert.equal(values(to.stateDict()), values(from.stateDict()));
  assert.is(to.norm.numBatchesTracked!.itemSync(), 1);
  noGrad(() => from.scale.assign([7]));
  assert.is(to.scale.itemSync(), 2);
});

state('a model converted inside a scope outlives the scope; loading into a freed model fails before any write', () => {
  const layer = new nn.Linear(1, 1, options);
  const dict = { weight: tensor([[5]]), bias: tensor([6]) };
  scope(() => layer.toDType('float32'));
  layer.loadStateDict(dict);
  assert.equal(bits(layer), [[5], [6]]);
  layer.bias!.dispose();
  assert.throws(
    () => layer.loadStateDict({ weight: tensor([[7]]), bias: tensor([8]) }),
    /bias: the tensor \(1\) was freed/,
  );
  assert.is(layer.weight.itemSync(), 5);
});

state('two parameters can be swapped, although the dict holds the tensors themselves', () => {
  const layers = [0, 1].map(() => new nn.Linear(1, 1, { ...options, bias: false }));
  const [a, b] = layers.map((l) => l.weight.itemSync());
  const pair = new nn.Sequential(...layers);
  const dict = pair.stateDict();
  pair.loadStateDict({ '0.weight': dict['1.weight'], '1.weight': dict['0.weight'] });
  assert.equal(
    layers.map((l) => l.weight.itemSync()),
    [b, a],
  );
});

state('values are cast to the dtype of the model; each parameter remains the same tensor', () => {
  const layer = new nn.Linear(2, 1);
  const weight = layer.weight;
  layer.loadStateDict({ weight: tensor([[0.1, 3]], { dtype: 'float64' }), bias: tensor([2], { dtype: 'int32' }) });
  assert.equal([...weight.dataSync()], [Math.fround(0.1), 3]);
  assert.is(layer.weight, weight);
  assert.is(weight.dtype, 'float32');
  assert.ok(weight.requiresGrad && weight.isLeaf);
});

state('one error lists all mismatches, with shapes, before any write', () => {
  const net = new Net();
  const before = values(net.stateDict());
  const dict: nn.StateDict = { ...new Net().stateDict() };
  delete dict['head.weight'];
  delete dict['norm.running_var'];
  dict['head.bias'] = tensor([1, 2]);
  dict['blocks.0.bias'] = random(4);
  assert.throws(
    () => net.loadStateDict(dict),
    (e: Error) => {
      assert.is(
        e.message,
        'loadStateDict: the state does not fit the model: ' +
          "misshapen blocks.0.bias (4) for the model's (3); " +
          'missing norm.running_var (3), head.weight (2,3); unexpected head.bias (2); is it the state of another model?',
      );
      return e instanceof bg.DataError;
    },
  );
  assert.equal(values(net.stateDict()), before);
});

state('strict: false loads the names that match and returns the others; another shape is still refused', () => {
  const net = new Net();
  const result = net.loadStateDict({ scale: tensor([5]), other: tensor([1]) }, { strict: false });
  assert.is(net.scale.itemSync(), 5);
  assert.equal(result.unexpected, ['other']);
  assert.is(result.missing.length, 10);
  assert.throws(
    () => net.loadStateDict({ scale: tensor([1, 2]) }, { strict: false }),
    /misshapen scale \(2\) for the model's \(1\)/,
  );
});

state('a freed tensor in the dict is refused before any write', () => {
  const layer = new nn.Linear(2, 1, options);
  const before = values(layer.stateDict());
  const dict = { weight: random(1, 2), bias: random(1) };
  dict.bias.dispose();
  assert.throws(() => layer.loadStateDict(dict), /loadStateDict: bias: the tensor \(1\) was freed/);
  assert.equal(values(layer.stateDict()), before);
});

state('an argument that is not an object of tensors is refused, and the error names what it is', () => {
  const layer = new nn.Linear(2, 1, options);
  const bytes = new Uint8Array(4);
  const safetensors = { tensors: layer.stateDict(), metadata: {} };
  for (const [value, found] of [
    [null, 'got null'],
    [bytes, 'got a Uint8Array'],
    [Promise.resolve({}), 'got a Promise'],
    [new Map(), 'got a Map'],
    [safetensors, 'its tensors is an Object'],
    [JSON.parse(JSON.stringify(layer.stateDict())), 'its weight is an Object'],
  ] as const) {
    const message = `^loadStateDict: takes tensors by name, as stateDict\\(\\) returns them: ${found}$`;
    for (const strict of [true, false])
      assert.throws(() => layer.loadStateDict(value as never, { strict }), new RegExp(message));
  }
});

state('a parameter that is a transposed view receives its values in the right order', () => {
  const layer = new nn.Linear(2, 3, { ...options, bias: false });
  Object.assign(layer, { weight: random(2, 3).transpose() });
  layer.loadStateDict({
    weight: tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  });
  assert.equal([...layer.weight.dataSync()], [1, 2, 3, 4, 5, 6]);
});

const layers = subject('Layers');

layers('refuse a boolean in place of the options', () => {
  assert.throws(() => new nn.Linear(2, 3, false as never), /options are an object of .*bias.*: got boolean false$/);
});

layers('Linear and Conv2d equal their functions with the same parameters and options', () => {
  const linear = new nn.Linear(3, 2, options);
  const x = random(4, 3);
  assert.equal(linear.forward(x).dataSync(), bg.linear(x, linear.weight, linear.bias).dataSync());
  const how = { stride: [2, 1], padding: 1, dilation: [1, 2], groups: 2 } as const;
  const conv = new nn.Conv2d(4, 6, [3, 2], { ...how, ...options });
  assert.equal(conv.weight.shape, [6, 2, 3, 2]);
  const image = random(2, 4, 7, 6);
  assert.equal(conv.forward(image).dataSync(), bg.conv2d(image, conv.weight, conv.bias, how).dataSync());
  const plain = new nn.Conv2d(4, 6, 3, { bias: false });
  assert.equal(Object.keys(plain.stateDict()), ['weight']);
});

layers('activations, pooling, Flatten and Embedding equal their functions', () => {
  const x = random(2, 3, 6, 6);
  const pairs: [nn.Module, Tensor][] = [
    [new nn.ReLU(), bg.relu(x)],
    [new nn.LeakyReLU(0.3), bg.leakyRelu(x, 0.3)],
    [new nn.SiLU(), bg.silu(x)],
    [new nn.GELU(), bg.gelu(x)],
    [new nn.GELU({ approximate: 'tanh' }), bg.gelu(x, { approximate: 'tanh' })],
    [new nn.Tanh(), bg.tanh(x)],
    [new nn.Sigmoid(), bg.sigmoid(x)],
    [new nn.Softplus(), bg.softplus(x)],
    [new nn.MaxPool2d(3, { stride: 2, padding: 1 }), bg.maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 })],
    [
      new nn.AvgPool2d(2, { padding: 1, countIncludePad: false }),
      bg.avgPool2d(x, { kernelSize: 2, padding: 1, countIncludePad: false }),
    ],
    [new nn.AdaptiveAvgPool2d([2, 3]), bg.adaptiveAvgPool2d(x, [2, 3])],
    [new nn.Flatten(), bg.flatten(x, 1)],
    [new nn.Flatten(2), bg.flatten(x, 2)],
    [new nn.Identity(), x],
  ];
  for (const [layer, y] of pairs) {
    const found = layer.forward(x);
    assert.equal(found.shape, y.shape, layer.constructor.name);
    assert.equal(found.dataSync(), y.dataSync(), layer.constructor.name);
    assert.is(layer.parameters().length, 0);
  }
  const table = new nn.Embedding(5, 2, options);
  const index = tensor([[3, 0, 3]], { dtype: 'int32' });
  assert.equal(table.forward(index).dataSync(), bg.embedding(table.weight, index).dataSync());
});

layers('Sequential applies modules in order and names them by position; without modules it is the identity', () => {
  const [a, b] = [new nn.Linear(3, 4, options), new nn.Linear(4, 2, options)];
  const net = new nn.Sequential(a, new nn.ReLU(), b);
  const x = random(5, 3);
  assert.equal(net.forward(x).dataSync(), b.forward(a.forward(x).relu()).dataSync());
  assert.is(net[2], b);
  assert.equal(Object.keys(net.stateDict()), ['0.weight', '0.bias', '2.weight', '2.bias']);
  assert.is(new nn.Sequential().forward(x), x);
});

layers('a new LayerNorm gives each sample mean 0 and variance 1, over one axis or several', () => {
  const x = random(4, 3, 5).mul(3).add(7);
  for (const [layer, axes] of [
    [new nn.LayerNorm(5, { ...options, eps: 0 }), [2]],
    [new nn.LayerNorm([3, 5], { ...options, eps: 0 }), [1, 2]],
  ] as const) {
    const y = layer.forward(x);
    const mean = y.mean(axes);
    close(mean.dataSync(), new Array(mean.size).fill(0), 1e-13);
    close(y.variance(axes, { unbiased: false }).dataSync(), new Array(mean.size).fill(1), 1e-13);
  }
  const layer = new nn.LayerNorm([3, 5], options);
  assert.equal(layer.weight!.shape, [3, 5]);
  noGrad(() => layer.bias!.assign(2));
  const plain = new nn.LayerNorm([3, 5], { affine: false });
  assert.equal(Object.keys(plain.stateDict()), []);
  close(layer.forward(x).dataSync(), plain.forward(x).add(2).dataSync(), 1e-14);
});

layers('invalid sizes are refused by the constructor', () => {
  assert.throws(() => new nn.Linear(0, 2), /Linear: inFeatures must be a positive integer: 0/);
  assert.throws(() => new nn.Linear(2, 1.5), /Linear: outFeatures must be a positive integer: 1.5/);
  assert.throws(() => new nn.Conv2d(3, 4, 0), /Conv2d: kernel must be an integer of at least 1, or a list of two: 0/);
  assert.throws(() => new nn.Conv2d(3, 4, 3, { stride: 0 }), /Conv2d: stride/);
  assert.throws(
    () => new nn.Conv2d(3, 4, 3, { groups: 2 }),
    /groups must divide the channels: 2 groups of 3 in, 4 out/,
  );
  assert.throws(() => new nn.BatchNorm2d(4, { momentum: 1.5 }), /BatchNorm2d: momentum must be a number from 0 to 1/);
  assert.throws(() => new nn.BatchNorm2d(4, { eps: -1 }), /BatchNorm2d: eps must be a finite number of at least 0: -1/);
  assert.throws(() => new nn.LayerNorm([3, -1]), /LayerNorm: a size must be a positive integer: -1/);
  assert.throws(() => new nn.Embedding(2, Number.NaN), /Embedding: features must be a positive integer: NaN/);
  assert.throws(() => new nn.MaxPool2d(0), /MaxPool2d: kernel/);
  assert.throws(() => new nn.Linear(2, 2, { dtype: 'int32' }), /parameters are floats: int32/);
});

const norm = subject('BatchNorm');

norm('in training each channel of the output has mean 0 and variance 1', () => {
  const x = random(4, 3, 5, 2).mul(2).add(9);
  const y = new nn.BatchNorm2d(3, { ...options, eps: 0 }).forward(x);
  close(y.mean([0, 2, 3]).dataSync(), [0, 0, 0], 1e-13);
  close(y.variance([0, 2, 3], { unbiased: false }).dataSync(), [1, 1, 1], 1e-13);
});

norm('running statistics move by the momentum toward the mean and the unbiased variance', () => {
  // The channels have values 1, 3 and 0, 4: means 2, 2 and unbiased variances 2, 8.
  const layer = new nn.BatchNorm1d(2, { ...options, momentum: 0.25 });
  const x = tensor(
    [
      [1, 0],
      [3, 4],
    ],
    { dtype: 'float64' },
  );
  layer.forward(x);
  close(layer.runningMean!.dataSync(), [0.5, 0.5], 1e-15);
  close(layer.runningVar!.dataSync(), [1.25, 2.75], 1e-15);
  layer.forward(x);
  close(layer.runningMean!.dataSync(), [0.875, 0.875], 1e-15);
  assert.is(layer.numBatchesTracked!.itemSync(), 2);
});

norm('momentum null weights all batches equally', () => {
  const layer = new nn.BatchNorm1d(3, { ...options, momentum: null });
  const batches = [random(4, 3), random(4, 3), random(4, 3)];
  for (const x of batches) layer.forward(x);
  const all = bg.concat(batches, 0);
  close(layer.runningMean!.dataSync(), all.mean(0).dataSync(), 1e-14);
  const variances = batches.map((x) => x.variance(0)).reduce((a, b) => a.add(b));
  close(layer.runningVar!.dataSync(), variances.div(3).dataSync(), 1e-14);
});

norm('evaluation uses the running statistics and does not change them', () => {
  const layer = new nn.BatchNorm1d(2, { ...options, eps: 0 });
  layer.runningMean!.assign([1, 2]);
  layer.runningVar!.assign([4, 9]);
  const y = layer.eval().forward(tensor([[5, 8]], { dtype: 'float64' }));
  close(y.dataSync(), [2, 2], 1e-15);
  assert.equal([...layer.runningMean!.dataSync()], [1, 2]);
  assert.is(layer.numBatchesTracked!.itemSync(), 0);
});

norm('without running statistics evaluation equals training, and there are no buffers', () => {
  const layer = new nn.BatchNorm1d(3, { ...options, trackRunningStats: false });
  const x = random(4, 3);
  const trained = layer.forward(x).dataSync();
  assert.equal(layer.eval().forward(x).dataSync(), trained);
  assert.equal(Object.keys(layer.stateDict()), ['weight', 'bias']);
});

norm('affine: false has no weight and no bias, and equals a new affine layer', () => {
  const [plain, affine] = [new nn.BatchNorm2d(2, { ...options, affine: false }), new nn.BatchNorm2d(2, options)];
  const x = random(3, 2, 2, 2);
  assert.equal(plain.forward(x).dataSync(), affine.forward(x).dataSync());
  assert.equal(plain.eval().forward(x).dataSync(), affine.eval().forward(x).dataSync());
  assert.is(plain.parameters().length, 0);
});

norm('a residual and relu in the same pass equal separate operations, including gradients', () => {
  const layer = new nn.BatchNorm2d(3, options);
  for (const mode of ['train', 'eval'] as const) {
    layer[mode]();
    const [x, r] = [1, 2].map(() => random(4, 3, 2, 2));
    x.requiresGrad = r.requiresGrad = true;
    const of = (y: Tensor) =>
      [y, ...bg.grad(y.square().sum(), [x, r, layer.weight!, layer.bias!])].map((t) => t.dataSync());
    const apart = of(bg.relu(bg.add(layer.forward(x), r)));
    const fused = of(layer.forward(x, { residual: r, relu: true }));
    // The same sums of about ten terms, in another order.
    fused.forEach((t, i) => close(t, apart[i], 1e-14));
  }
});

norm('a residual of another shape is refused', () => {
  for (const layer of [new nn.BatchNorm2d(3, options), new nn.BatchNorm2d(3, options).eval()]) {
    assert.throws(
      () => layer.forward(random(2, 3, 2, 2), { residual: random(2, 3, 1, 1) }),
      /batchNorm(With)?: the residual must have the shape of x: \(2,3,1,1\) and \(2,3,2,2\)/,
    );
  }
});

norm('one value per channel is refused in training and accepted in evaluation', () => {
  const layer = new nn.BatchNorm2d(3, options);
  const x = random(1, 3, 1, 1);
  assert.throws(
    () => layer.forward(x),
    /BatchNorm2d: one value per channel has no variance: \(1,3,1,1\); use a larger batch/,
  );
  assert.is(layer.numBatchesTracked!.itemSync(), 0);
  assert.equal(layer.eval().forward(x).shape, [1, 3, 1, 1]);
});

norm('inputs with another number of axes are refused', () => {
  assert.throws(() => new nn.BatchNorm2d(3).forward(random(2, 3)), /BatchNorm2d: takes an input of 4 axes.*\(2,3\)/);
  assert.throws(() => new nn.BatchNorm1d(3).forward(random(2, 3, 1, 1)), /BatchNorm1d: .* 2 or 3 axes/);
  assert.equal(new nn.BatchNorm1d(3, options).forward(random(2, 3, 4)).shape, [2, 3, 4]);
});

norm('training in scopes keeps parameters and buffers readable, with the same bits as training without scopes', () => {
  const train = (around: (step: () => void) => void) => {
    const net = scope(() => new Net());
    for (const p of net.parameters()) noGrad(() => p.assign(Float64Array.from({ length: p.size }, (_, i) => i % 3)));
    const optimizer = new SGDM(net.parameters(), { lr: 0.01 });
    const data = new Random(9).stream('data');
    for (let i = 0; i < 3; i++) {
      around(() => {
        const x = randn([4, 3], { dtype: 'float64', stream: data });
        optimizer.zeroGrad();
        net.forward(x).square().sum().backward();
        optimizer.step();
      });
    }
    return values(net.stateDict());
  };
  const inside = train((step) => scope(step));
  assert.equal(
    inside,
    train((step) => step()),
  );
  assert.equal(inside.find(([k]) => k === 'norm.num_batches_tracked')![1], [3]);
  assert.is.not((inside.find(([k]) => k === 'norm.running_mean')![1] as number[])[0], 0);
});

norm('backward in evaluation mode uses the statistics of its forward pass, even if they have changed since', () => {
  const [x, other] = [random(2, 3), random(2, 3)];
  const gradients = (change: boolean) => {
    const layer = new nn.BatchNorm1d(3, options).eval();
    const input = x.detach();
    input.requiresGrad = true;
    const loss = layer.forward(input).square().sum();
    if (change) layer.train().forward(other);
    loss.backward();
    return [input, ...layer.parameters()].map((t) => [...t.grad!.dataSync()]);
  };
  assert.equal(gradients(true), gradients(false));
  assert.ok(
    gradients(true)
      .flat()
      .some((v) => v !== 0),
  );
});

const dropout = subject('Dropout');
const n = 40_000;

dropout('drops a share p and keeps the mean, within five standard errors', () => {
  for (const p of [0.1, 0.5, 0.9]) {
    const y = new nn.Dropout(p, { random: new Random(3) }).forward(bg.ones([n], { dtype: 'float64' })).dataSync();
    const zeros = y.filter((v) => v === 0).length;
    assert.ok(Math.abs(zeros - p * n) < 5 * Math.sqrt(n * p * (1 - p)), `${zeros} of ${n} at ${p}`);
    assert.ok(y.every((v) => v === 0 || v === 1 / (1 - p)));
  }
});

dropout('passes the gradient through kept elements only, by the same factor', () => {
  const x = random(50);
  x.requiresGrad = true;
  const y = new nn.Dropout(0.4, { random: new Random(3) }).forward(x);
  y.sum().backward();
  close(y.dataSync(), x.detach().mul(x.grad!).dataSync(), 0);
});

dropout('draws new numbers at each call, from the stream `dropout` of its Random', () => {
  const layer = new nn.Dropout(0.5, { random: new Random(3) });
  const x = bg.ones([64]);
  const first = layer.forward(x).dataSync();
  assert.not.equal(layer.forward(x).dataSync(), first);
  assert.equal(new nn.Dropout(0.5, { random: new Random(3) }).forward(x).dataSync(), first);
  seed(3);
  assert.equal(new nn.Dropout(0.5).forward(x).dataSync(), first);
});

dropout('does nothing in evaluation or with p = 0, and drops everything with p = 1, with gradient 0', () => {
  const x = random(8);
  assert.is(new nn.Dropout(0.5).eval().forward(x), x);
  assert.is(new nn.Dropout(0).forward(x), x);
  x.requiresGrad = true;
  const y = new nn.Dropout(1).forward(x);
  y.sum().backward();
  close(y.dataSync(), new Array(8).fill(0), 0);
  close(x.grad!.dataSync(), new Array(8).fill(0), 0);
});

dropout('p outside [0, 1] is refused', () => {
  for (const p of [-0.1, 1.1, Number.NaN]) assert.throws(() => new nn.Dropout(p), /Dropout: p must lie in \[0, 1\]/);
});

const init = subject('Initial values');
const big = () => bg.zeros([200, 300], { dtype: 'float64' });

/** Asserts mean and variance of the draws within five standard errors. kurtosis: 1.8 if uniform, 3 if normal. */
function moments(t: Tensor, deviation: number, kurtosis: number): void {
  const x = t.dataSync() as Float64Array;
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
  assert.ok(Math.abs(mean) < (5 * deviation) / Math.sqrt(x.length), `mean ${mean}`);
  const error = deviation ** 2 * Math.sqrt((kurtosis - 1) / x.length);
  assert.ok(Math.abs(variance - deviation ** 2) < 5 * error, `variance ${variance}, expected ${deviation ** 2}`);
}

/** Asserts that no draw lies outside the range, and that some lie within a thousandth of each end. */
function bounded(t: Tensor, bound: number): void {
  const [low, high] = [t.min().itemSync(), t.max().itemSync()];
  assert.ok(low >= -bound && high <= bound, `${low}..${high} outside ${bound}`);
  assert.ok(low < -0.999 * bound && high > 0.999 * bound, `${low}..${high} inside ${bound}`);
}

init('kaiming has deviation gain / sqrt(fan), and its uniform form the bound sqrt(3) times that', () => {
  const random = new Random(5);
  const relu = { nonlinearity: 'relu', random } as const;
  moments(nn.init.kaimingNormal(big(), relu), Math.sqrt(2 / 300), 3);
  moments(nn.init.kaimingNormal(big(), { ...relu, mode: 'fanOut' }), Math.sqrt(2 / 200), 3);
  moments(nn.init.kaimingUniform(big(), relu), Math.sqrt(2 / 300), 1.8);
  bounded(nn.init.kaimingUniform(big(), relu), Math.sqrt(6 / 300));
  bounded(nn.init.kaimingUniform(big(), { a: 2, random }), Math.sqrt(6 / 5 / 300));
});

init('xavier has deviation gain sqrt(2 / (fanIn + fanOut))', () => {
  const random = new Random(5);
  moments(nn.init.xavierNormal(big(), { random }), Math.sqrt(2 / 500), 3);
  moments(nn.init.xavierUniform(big(), { gain: 3, random }), 3 * Math.sqrt(2 / 500), 1.8);
  bounded(nn.init.xavierUniform(big(), { gain: 3, random }), 3 * Math.sqrt(6 / 500));
});

init('normal, uniform and constant have the given moments, range and value, in place', () => {
  const random = new Random(5);
  const t = big();
  assert.is(nn.init.normal(t, { mean: 4, std: 0.5, random }), t);
  moments(t.sub(4), 0.5, 3);
  bounded(nn.init.uniform(t, { low: 2, high: 6, random }).sub(4), 2);
  bounded(nn.init.uniform(t, { random }).sub(0.5), 0.5);
  assert.equal(new Set(nn.init.constant(t, 0.25).dataSync()), new Set([0.25]));
});

init('fans include the receptive field: a kernel [8, 3, 5, 2] has fanIn 30 and fanOut 80', () => {
  assert.equal(nn.init.fans([8, 3, 5, 2]), { fanIn: 30, fanOut: 80 });
  assert.throws(() => nn.init.kaimingNormal(bg.zeros([3])), /fan in and out need two axes: \(3\)/);
});

init('gains equal PyTorch’s', () => {
  const { calculateGain } = nn.init;
  close(
    [calculateGain('linear'), calculateGain('sigmoid'), calculateGain('tanh'), calculateGain('relu')],
    [1, 1, 5 / 3, Math.sqrt(2)],
    0,
  );
  close([calculateGain('leakyRelu'), calculateGain('leakyRelu', 0.2)], [1.4141428569978354, 1.386750490563073], 1e-15);
  assert.throws(() => calculateGain('swish' as 'relu'), /unknown nonlinearity: swish/);
});

init('Linear and Conv2d start uniform within 1 / sqrt(fanIn), norms at 1 and 0, Embedding normal', () => {
  const own = { ...options, random: new Random(6) };
  const linear = new nn.Linear(300, 2000, own);
  bounded(linear.weight, 1 / Math.sqrt(300));
  moments(linear.bias!, 1 / Math.sqrt(900), 1.8);
  assert.ok(linear.bias!.dataSync().every((v) => Math.abs(v) <= 1 / Math.sqrt(300)));
  bounded(new nn.Conv2d(8, 100, 9, { ...own, groups: 2 }).weight, 1 / Math.sqrt(4 * 81));
  moments(new nn.Embedding(200, 300, own).weight, 1, 3);
  assert.equal(bits(new nn.BatchNorm1d(2)), [
    [1, 1],
    [0, 0],
  ]);
});

init('the same seed gives the same bits, another seed gives others', () => {
  const make = (s: number) => bits(new nn.Conv2d(3, 4, 3, { random: new Random(s) }));
  assert.equal(make(7), make(7));
  assert.not.equal(make(7), make(8));
  seed(7);
  assert.equal(bits(new nn.Conv2d(3, 4, 3)), make(7));
});

init('adding and using dropout does not change the initialization', () => {
  const make = (dropout: boolean) => {
    const shared = { random: new Random(7) };
    const layers: nn.Module[] = [new nn.Linear(4, 4, shared)];
    if (dropout) layers.push(new nn.Dropout(0.5, shared));
    layers.at(-1)!.forward(bg.ones([2, 4]));
    return bits(new nn.Sequential(...layers, new nn.Linear(4, 4, shared)));
  };
  assert.equal(make(true), make(false));
});

init('invalid ranges, deviations and modes are refused', () => {
  assert.throws(() => nn.init.uniform(big(), { low: 1, high: 0 }), /low must not exceed high: 1 and 0/);
  assert.throws(() => nn.init.normal(big(), { std: -1 }), /the deviation must not be negative: -1/);
  assert.throws(() => nn.init.kaimingNormal(big(), { mode: 'fan_in' as 'fanIn' }), /unknown mode: fan_in/);
});

const wrong = subject('What newcomers pass to layers');

wrong('Sequential refuses a list, a class and a function in place of modules', () => {
  const make = (...layers: unknown[]) => new nn.Sequential(...(layers as nn.Module[]));
  assert.throws(
    () => make([new nn.ReLU()]),
    /^Sequential: takes modules: got an array at 0; write Sequential\(\.\.\.layers\)$/,
  );
  assert.throws(() => make(new nn.ReLU(), nn.ReLU), /got function ReLU at 1; write new ReLU\(\)$/);
  assert.throws(() => make(bg.relu), /got function relu at 0; use a module: new ReLU\(\)$/);
  assert.throws(() => make(undefined), /got undefined at 0$/);
});

wrong('arrays, numbers and promises in place of a tensor are refused with the name of the layer', () => {
  const layers: [nn.Module, string][] = [
    [new nn.Linear(2, 2), 'Linear'],
    [new nn.Conv2d(1, 1, 1), 'Conv2d'],
    [new nn.BatchNorm2d(1), 'BatchNorm2d'],
    [new nn.LayerNorm(2), 'LayerNorm'],
    [new nn.Embedding(2, 2), 'Embedding'],
    [new nn.Flatten(), 'Flatten'],
  ];
  for (const [layer, name] of layers) {
    assert.throws(
      () => layer.forward([[1, 2]] as never),
      new RegExp(`^${name}: takes a tensor: got an array; tensor\\(`),
    );
    assert.throws(
      () => layer.forward(Promise.resolve(1) as never),
      new RegExp(`^${name}: .*: got a Promise; await it$`),
    );
  }
});

wrong('errors show a size that is a string as a string, and name a missing kernel', () => {
  assert.throws(() => new nn.Linear('3' as never, 2), /^Linear: inFeatures must be a positive integer: string "3"$/);
  assert.throws(
    () => new nn.Linear(3, undefined as never),
    /^Linear: outFeatures must be a positive integer: undefined$/,
  );
  assert.throws(
    () => new nn.Conv2d(3, 2, undefined as never),
    /^Conv2d: kernel must be an integer of at least 1, or a list of two: undefined$/,
  );
});

wrong('a pair of sizes in place of two, and a layer in place of its weight, are refused by name', () => {
  assert.throws(() => new nn.Linear([2, 2] as never, undefined as never), /^Linear: inFeatures must be .*: \[2,2\]$/);
  const { fans: _, calculateGain: __, ...fills } = nn.init;
  for (const [name, fill] of Object.entries(fills)) {
    const message = new RegExp(`^init.${name}: takes a tensor: got a Linear; give a parameter: layer.weight$`);
    assert.throws(() => fill(new nn.Linear(2, 2) as never, 0 as never), message, name);
  }
});

wrong(
  'on a backend without synchronous reads an index out of range is refused by the operation in place of the layer',
  () =>
    onAwaited(() => {
      const index = tensor([0, 3], { dtype: 'int32' });
      assert.throws(() => new nn.Embedding(3, 2).forward(index), /^embedding: /);
      assert.throws(() => nn.crossEntropy(tensor([[1], [2]]), index), /^gather: |^crossEntropy: /);
    }),
);

wrong('an index out of range of an Embedding is refused with its position', () => {
  const words = new nn.Embedding(3, 2);
  const index = tensor(
    [
      [0, 1],
      [3, 2],
    ],
    { dtype: 'int32' },
  );
  assert.throws(() => words.forward(index), /^Embedding: no such row: 3 at index 2; there are 3, 0\.\.2$/);
  assert.throws(() => words.forward(tensor([1])), /^Embedding: the index must be an int32 tensor: float32; cast it$/);
});

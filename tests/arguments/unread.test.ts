// Arguments that an operation does not take, values assigned to fields that nothing reads, numbers outside an option's domain, and
// custom operations that return the wrong kind of value. The calls are not typed, as in JavaScript.
import * as operations from '../../core/ops/index.js';
import * as root from '../../index.js';
import { examples } from '../core/registry.js';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';
import { valid } from './valid.js';

const test = subject('Arguments and assignments that nothing reads');
const b: any = root;
const { ones, tensor, zeros } = b;
const x = () => ones([2, 3]);

const refusal = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

/** Functions of core/ops that are not operations themselves, each with every argument that it takes, from valid.ts. Functions whose last
 *  parameter is an object of options are not here: they refuse anything else in its place. */
const full = Object.entries(operations).flatMap(([name, f]): [string, any, unknown[]][] => {
  // at and einsum take any number of arguments, tile has a message of its own, and contiguous ignores a surplus argument.
  if (typeof f !== 'function' || 'op' in f || b[name] !== f || /^(at|einsum|tile|contiguous)$/.test(name)) return [];
  const args = name === 'leakyRelu' ? [x(), 0.1] : valid[name][1]();
  return isOptions(args.at(-1)) ? [] : [[name, f, args]];
});

function isOptions(value: unknown): boolean {
  return Object.getPrototypeOf(value ?? 0) === Object.prototype;
}

test('an operation refuses one argument too many', () => {
  const declared = examples().map(({ call, args }): [string, any, unknown[]] => {
    const missing = Math.max(0, call.op.args.length - args.length);
    return [call.op.name, call, [...args, ...Array(missing).fill(undefined)]];
  });
  // lstm and gru take a list of tensors: they refuse the number because it is not a tensor.
  for (const [name, call, args] of [...declared, ...full].filter(([name]) => !/^(lstm|gru)/.test(name))) {
    assert.is(
      refusal(() => call(...args)),
      undefined,
      name,
    );
    const error = refusal(() => call(...args, 3));
    assert.instance(error, root.ValueError, name);
    assert.match(String(error), new RegExp(`: too many arguments: ${args.length + 1}; at most ${args.length}$`), name);
  }
});

test('methods, functions and layers refuse surplus arguments, such as PyTorch’s alpha, end_dim and dtype', () => {
  for (const [call, message] of [
    [() => x().add(x(), { alpha: 2 }), /^add: too many arguments: 3; at most 2$/],
    [() => ones([2, 3, 4]).flatten(1, 2), /^flatten: too many arguments: 3; at most 2$/],
    [() => b.round(x(), 2), /^round: too many arguments: 2; at most 1$/],
    [() => b.cumsum(x(), 0, { reverse: true }), /^cumsum: too many arguments: 3; at most 2$/],
    [() => b.softmax(x(), 1, 'float64'), /^softmax: too many arguments: 3; at most 2$/],
    [() => new b.Sequential(new b.ReLU()).forward(x(), x()), /^Sequential: too many arguments: 2; at most 1$/],
    [() => new b.Flatten(1, 2), /^Flatten: too many arguments: 2; at most 1$/],
    [() => new b.LeakyReLU(0.1, true), /^LeakyReLU: too many arguments: 2; at most 1$/],
    [() => new b.ELU(1, true), /^ELU: too many arguments: 2; at most 1$/],
    [() => new b.Softmax(1, 'float64'), /^Softmax: too many arguments: 2; at most 1$/],
    [() => new b.AdaptiveAvgPool2d(1, 1), /^AdaptiveAvgPool2d: too many arguments: 2; at most 1$/],
    [() => x().reshape(3, 2), /^reshape: takes a list: 3/],
    [() => x().permute(1, 0), /^permute: takes a list: 1/],
  ] as const)
    assert.throws(call, message);
});

test('relu, add and matmul may be passed to map and reduce, which add an index and the list as arguments', () => {
  const list: any[] = [tensor([1, 2]), tensor([3, -4])];
  assert.equal(
    list.map(b.relu).map((t: any) => [...t.dataSync()]),
    [
      [1, 2],
      [3, 0],
    ],
  );
  assert.equal([...list.reduce(b.add).dataSync()], [4, -2]);
  assert.equal([...[ones([2, 2]), ones([2, 2])].reduce(b.matmul).dataSync()], [2, 2, 2, 2]);
});

test('undefined counts as no argument: a wrapper may pass on options that were not given', () => {
  const activated = (t: any, slope?: number) => b.relu(t, slope);
  assert.equal([...activated(tensor([-1, 2])).dataSync()], [0, 2]);
  assert.equal([...b.leakyRelu(tensor([2]), 0.1, undefined).dataSync()], [2]);
  assert.is(new b.Sequential(new b.ReLU()).forward(tensor([3]), undefined).itemSync(), 3);
});

test('a tensor does not change with the list that was given as its shape', () => {
  const shape = [2, 3];
  const t = ones(shape);
  shape.reverse();
  assert.equal(t.add(1).shape, [2, 3]);
});

const stepped = (Class: any, set: (optimizer: any) => void) => {
  const t = tensor([1, 2], { requiresGrad: true });
  t.grad = ones([2]);
  const optimizer = new Class([t], { lr: 1 });
  set(optimizer);
  optimizer.step();
};

const assigned: [name: string, assign: () => unknown, message: RegExp][] = [
  ['the names of a group', () => stepped(b.SGDM, (o) => (o.paramGroups[0].names = ['a'])), /names .*only a getter/],
  ['a name of a group', () => stepped(b.SGDM, (o) => (o.paramGroups[0].names[0] = 'a')), /read only property '0'/],
  ['the loop of an operation', () => (b.add.op.loop = () => {}), /read only property 'loop'/],
  ['the gradient of an operation', () => (b.relu.op.vjp = () => []), /read only property 'vjp'/],
  ['an element of a tensor', () => (x()[0] = 5), /^t\[0\]: use assign\(\)$/],
  ['eval of a module', () => (new b.ReLU().eval = true), /^eval: a method: call it$/],
  ['train of a module', () => (new b.ReLU().train = false), /^train: a method: call it$/],
  ['requiresGrad of a module', () => (new b.ReLU().requiresGrad = false), /^requiresGrad: a method: call it$/],
  ['eps of batch normalization', () => (new b.BatchNorm1d(2).eps = 1), /eps .*only a getter/],
  ['eps of layer normalization', () => (new b.LayerNorm(2).eps = 1), /eps .*only a getter/],
  ['eps of group normalization', () => (new b.GroupNorm(1, 2).eps = 1), /eps .*only a getter/],
  ['the slope of LeakyReLU', () => (new b.LeakyReLU().slope = 1), /slope .*only a getter/],
  ['alpha of ELU', () => (new b.ELU().alpha = 1), /alpha .*only a getter/],
  ['the axis of Softmax', () => (new b.Softmax().axis = 1), /axis .*only a getter/],
  ['approximate of GELU', () => (new b.GELU().approximate = 'tanh'), /approximate .*only a getter/],
  [
    'a function in Sequential',
    () => called(new b.Sequential(new b.ReLU())),
    /^Sequential: takes modules: got function/,
  ],
  [
    'a function in ModuleList',
    () => called(new b.ModuleList([new b.ReLU()])),
    /^ModuleList: takes modules: got function/,
  ],
  ['2 as the p of Dropout', () => (new b.Dropout().p = 2), /^Dropout: p must lie in \[0, 1\]: 2$/],
  [
    'a text as the p of Dropout2d',
    () => (new b.Dropout2d().p = '1'),
    /^Dropout2d: p must lie in \[0, 1\]: string "1"$/,
  ],
  [
    'a text as the momentum of BatchNorm1d',
    () => (new b.BatchNorm1d(2).momentum = 'x'),
    /^BatchNorm1d: momentum must be a number from 0 to 1/,
  ],
  [
    '2 as the momentum of BatchNorm2d',
    () => (new b.BatchNorm2d(2).momentum = 2),
    /^BatchNorm2d: momentum must be a number from 0 to 1: 2$/,
  ],
];
/** Replaces the first module of a list by a function, then reads the list's parameters. */
function called(list: any): unknown {
  list[0] = (t: any) => t;
  return list.parameters();
}
for (const [name, assign, message] of assigned) {
  test(`cannot be assigned: ${name}`, () => {
    assert.throws(assign, message);
  });
}

test('p of Dropout and the momentum of batch normalization may be assigned, and the next call uses them', () => {
  const dropout = new b.Dropout(1);
  dropout.p = 0;
  assert.equal([...dropout.forward(ones([3])).dataSync()], [1, 1, 1]);
  const norm = new b.BatchNorm1d(1);
  norm.momentum = 1;
  norm.forward(tensor([[1], [3]]));
  assert.is(norm.runningMean.itemSync(), 2);
});

test('the value of p or momentum in a field of a subclass is used', () => {
  class Whole extends b.Dropout {
    p = 0;
  }
  class Newest extends b.BatchNorm1d {
    momentum = 1;
  }
  assert.equal([...new Whole().forward(ones([9])).dataSync()], Array(9).fill(1));
  const norm: any = new (Newest as any)(1);
  norm.forward(tensor([[1], [3]]));
  assert.is(norm.runningMean.itemSync(), 2);
});

const numbers: [name: string, call: () => unknown, message: RegExp][] = [
  ...[
    [1, -1, 1],
    [0, 0, 0],
    [NaN, 1, 1],
    [Infinity, 1, 1],
  ].flatMap((weight): [string, () => unknown, RegExp][] => [
    [
      `crossEntropy with the class weights ${weight}`,
      () => b.crossEntropy(x(), [0, 1], { weight: tensor(weight) }),
      /^crossEntropy: weight must be finite, at least 0 and not all 0: \[/,
    ],
    [
      `nll with the class weights ${weight}`,
      () => b.nll(x(), [0, 1], { weight: tensor(weight) }),
      /^nll: weight must be finite/,
    ],
  ]),
  ['elu with an alpha of NaN', () => b.elu(x(), NaN), /^elu: alpha must be a finite number: NaN$/],
  ['elu with an infinite alpha', () => b.elu(x(), Infinity), /^elu: alpha must be a finite number: Infinity$/],
  ['leakyRelu with a slope of NaN', () => b.leakyRelu(x(), NaN), /^leakyRelu: slope must be a finite number: NaN$/],
  [
    'leakyRelu with an infinite slope',
    () => x().leakyRelu(-Infinity),
    /^leakyRelu: slope must be a finite number: -Infinity$/,
  ],
  [
    'BatchNorm1d with an infinite eps',
    () => new b.BatchNorm1d(2, { eps: Infinity }),
    /^BatchNorm1d: eps must be a finite number/,
  ],
  [
    'layerNorm with an infinite eps',
    () => b.layerNorm(x(), [3], null, null, { eps: Infinity }),
    /^layerNorm: eps must be/,
  ],
  [
    'bceWithLogits with a target of NaN',
    () => b.bceWithLogits(ones([2]), tensor([NaN, 1])),
    /target must be within \[0, 1\]: NaN$/,
  ],
  ['Dropout of integers', () => new b.Dropout().forward(tensor([1], { dtype: 'int32' })), /^Dropout: takes floats/],
  [
    'Dropout2d of integers',
    () => new b.Dropout2d().forward(zeros([1, 1, 1, 1], { dtype: 'int32' })),
    /^Dropout2d: takes fl/,
  ],
];
for (const [name, call, message] of numbers) {
  test(`refused: ${name}`, () => {
    assert.throws(call, message);
  });
}

test('a class of crossEntropy may have the weight 0', () => {
  const loss = b.crossEntropy(x(), [0, 1], { weight: tensor([0, 1, 1]) });
  assert.ok(Math.abs(loss.itemSync() - Math.log(3)) < 1e-6);
});

test('a recurrent net of one layer warns that dropout has no effect, as in PyTorch; one of two layers does not', async () => {
  const said = await warningsOf(() => {
    new b.GRU(2, 2, { dropout: 0.5, numLayers: 2 });
    new b.LSTM(2, 2, { dropout: 0.5 });
  });
  assert.equal(said, ['LSTM: dropout 0.5 drops nothing: it acts between layers, and numLayers is 1']);
});

let made = 0;
/** Makes and calls an operation with one part changed, and differentiates it. */
const own = (change: object, ...args: unknown[]) => {
  const double = {
    name: `surplus${made++}`,
    args: (t: any) => [[t], {}],
    shape: ([s]: any) => [s],
    loop: ([y]: any[], [t]: any[]) => t.data.forEach((v: number, i: number) => (y.data[y.offset + i] = 2 * v)),
    vjp: ([g]: any[]) => [() => g.mul(2)],
    ...change,
  };
  return b
    .op(double)(...(args.length ? args : [tensor([1, 2], { requiresGrad: true })]))
    .sum()
    .backward();
};
const parts: [name: string, change: object, message: RegExp, ...args: unknown[]][] = [
  ['called with a number', {}, /takes a tensor: got number 3/, 3],
  [
    'args that returns a tensor',
    { args: (t: any) => t },
    /what args returns must be a list \[tensors, attributes\]: a Tensor$/,
  ],
  ['args that returns nothing', { args: () => {} }, /what args returns must be a list/],
  ['args without tensors', { args: () => [[], {}] }, /what args returns must be a list/],
  [
    'shape that returns one shape',
    { shape: ([s]: any) => s },
    /what shape returns must be a list with the shape of each output: \[2\]$/,
  ],
  ['shape that returns nothing', { shape: () => {} }, /what shape returns must be a list/],
  [
    'shape that returns a size of NaN',
    { shape: () => [[NaN]] },
    /an output: a shape is a list of non-negative integers/,
  ],
  ['dtype that returns a text', { dtype: () => 'float32' }, /what dtype returns must be a list/],
  ['dtype that returns an unknown name', { dtype: () => ['float'] }, /an output: unknown dtype: float/],
  ['dtype that is a text', { dtype: 'float32' }, /dtype must be a function: got string "float32"/],
  [
    'shape that returns two outputs',
    { shape: ([s]: any) => [s, s] },
    /op makes one output: shape returns 2, kept is 0$/,
  ],
  ['kept that leaves no output', { kept: 1 }, /op makes one output: shape returns 1, kept is 1$/],
  [
    'dtype that returns no names',
    { dtype: () => [] },
    /what dtype returns must be a list with the dtype of each output: an empty array$/,
  ],
  ['vjp that is a number', { vjp: 3 }, /vjp must be a function: got number 3/],
  [
    'vjp that returns a tensor',
    { vjp: ([g]: any) => g },
    /what vjp returns must be a list of functions and nulls: a Tensor$/,
  ],
  ['vjp that returns tensors', { vjp: ([g]: any) => [g] }, /what vjp returns must be a list of functions and nulls/],
  ['vjp whose gradient is a number', { vjp: () => [() => 3] }, /a gradient of its vjp: takes a tensor: got number 3/],
  [
    'vjp whose gradient is undefined',
    { vjp: () => [() => {}] },
    /a gradient of its vjp: takes a tensor: got undefined/,
  ],
  [
    'vjp whose gradient has another shape',
    { vjp: () => [() => ones([3])] },
    /its vjp returned float32 \(3\) for an input of float32 \(2\)/,
  ],
];
for (const [name, change, message, ...args] of parts) {
  test(`a wrong custom operation is refused, and the message has its name: ${name}`, () => {
    const error = refusal(() => own(change, ...args));
    assert.instance(error, root.BoundgradError);
    assert.match(String(error), message);
    assert.match(String(error), /surplus\d+/);
  });
}

test('customOp refuses an operand that is not a tensor, and a vjp that does not return a list', () => {
  const t = () => tensor([1], { requiresGrad: true });
  assert.throws(
    () =>
      b.customOp(
        'c',
        (a: any) => a,
        () => [],
      )(3),
    /^c: takes a tensor: got number 3/,
  );
  for (const result of [ones([1]), undefined])
    assert.throws(
      () =>
        b
          .customOp(
            'c',
            (a: any) => a.mul(2),
            () => result,
          )(t())
          .sum()
          .backward(),
      /^c: what vjp returns must be a list with a gradient for each input/,
    );
});

test('csv refuses a column of categories that is not an input', () => {
  assert.throws(
    () => b.csv('a,b,y\n1,p,2\n3,q,4', { target: 'y', columns: ['a'], categories: ['b'] }),
    /^csv: 'b' is in categories, but not an input: columns are a$/,
  );
});

test('csv warns of columns whose texts mean numbers or dates, and of categories that look alike', async () => {
  const said = async (cells: string[], more = {}) => {
    const rows = cells.map((cell, i) => `${cell},${i % 3},${2 * i}`);
    const text = `a,b,y\n${rows.join('\n')}`;
    return (await warningsOf(() => b.csv(text, { target: 'y', delimiter: ',', ...more }))).join();
  };
  for (const [cells, shown] of [
    [['10%', '20%'], '10%'],
    [['$10', '$20'], '$10'],
    [['10 €', '20 €'], '10 €'],
    [['"1,000,000"', '"2,000.5"'], '1,000,000'],
    [['"1.000,50"', '"2.000,00"'], '1.000,50'],
    [["1'000", '12 000'], "1'000"],
    [['0x1F', '0x20'], '0x1F'],
  ] as const)
    assert.is(
      await said([...cells]),
      `csv: 'a' holds numbers that are read as categories: '${shown}'; write plain numbers`,
    );
  assert.is(await said(['Yes', 'no', 'yes']), "csv: 'a' has categories that look alike: 'Yes' and 'yes'");
  assert.is(
    await said(['Yes', 'no', 'yes'], { target: 'a' }),
    "csv: 'a' has categories that look alike: 'Yes' and 'yes'",
  );
  for (const [one, other] of [
    ['caf\u00e9', 'cafe\u0301'],
    ['new york', 'new \u00a0york'],
    ['yes', 'yes\u200b'],
  ])
    assert.is(await said([one, 'no', other]), `csv: 'a' has categories that look alike: '${one}' and '${other}'`);
  assert.is(await said(['a b', 'ab', 'a-b', '\u00e9', 'e']), '');
  for (const dates of [
    ['01.02.2024', '15.03.2024'],
    ['2024-01-31T12:00', '2024-02-01 08:30'],
    ['1/31/24', '2/1/24'],
  ])
    assert.match(await said(dates), /^csv: 'a' holds dates that are read as categories: '/);
  for (const cells of [
    ['a', 'b'],
    ['1', '2'],
    ['1e3', '-2.5'],
    ['10%', 'many'],
    ['10.0.0.1', '10.0.0.2'],
    ['1.2.3', '1.10.0'],
    ['2024-01.31', '2024-02.01'],
  ])
    assert.is(await said(cells), '');
});

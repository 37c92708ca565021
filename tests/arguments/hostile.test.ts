// Misuses by people who know the library and by people who want to break it: data sets that change, hyper-parameters
// that become invalid later, groups that overlap, states of other optimizers, trainings resumed with other options, scopes that are
// closed early, values that were freed. Each is refused with one of the project's errors, or does what its author means.
import * as root from '../../index.js';
import { assert, subject } from '../spec.js';

const test = subject('Misuses by those who know the library');
const b: any = root;
const { ones, tensor, zeros } = b;
const w = () => tensor([1, 2], { requiresGrad: true });
const net = () => b.mlp({ sizes: [2, 4, 2] });
const data = b.moons({ samples: 20 });
const loader = (set = data, more = {}) => new b.DataLoader(set, { batchSize: 5, ...more });
const adam = (model: any, more = {}) => new b.Adam(model.namedParameters(), { lr: 0.01, ...more });
const fit = (more: any = {}, model = net()) =>
  b.fit(model, { train: loader(), optimizer: adam(model), epochs: 1, ...more });
/** fit on a custom data set of six samples, each of two numbers. */
const fitOn = (change: object) => {
  const batch = (indices: number[]) => ({
    inputs: new Float32Array(2 * indices.length),
    labels: new Int32Array(indices.length),
  });
  return fit({ train: loader({ name: 'own', length: 6, shape: [2], classes: ['a', 'b'], batch, ...change }) });
};
/** Three steps of an optimizer, each after a change. */
const steps = (Class: any, options: object, change: (optimizer: any, step: number, param: any) => void = () => {}) => {
  const param = w();
  const optimizer = new Class([param], options);
  for (let step = 1; step <= 3; step++) {
    param.grad = ones([2]);
    change(optimizer, step, param);
    optimizer.step();
  }
};
/** Loads the changed state of an optimizer that took one step. */
const load = (change: (state: any) => void) => {
  const param = w();
  const optimizer = new b.Adam([param]);
  param.grad = ones([2]);
  optimizer.step();
  const state = optimizer.stateDict();
  change(state);
  new b.Adam([w()]).loadStateDict(state);
};
/** Checkpoints in memory. */
const store = () => {
  const files: Uint8Array[] = [];
  const latest = async () => (files.length ? { checkpoint: b.parseCheckpoint(files.at(-1)), notes: [] } : null);
  return { files, latest, save: async (file: Uint8Array) => void files.push(file) };
};
/** A training of one epoch, resumed to two with other options. */
const resumed = async (before: object, after: (model: any) => object, model = net()) => {
  const checkpoints = store();
  await fit({ checkpoints, ...before });
  return fit({ checkpoints, epochs: 2, ...after(model) }, model);
};
const predict = (samples: unknown) => b.predictor(net(), data).predict(samples);
const table = b.csv('a,b,y\n1,2,p\n3,4,q\n5,6,p\n7,8,q', { target: 'y' });

const refused: [name: string, call: () => unknown, begins: string][] = [
  // Data.
  [
    'a custom data set whose batch is one number short',
    () =>
      fitOn({ batch: (i: any) => ({ inputs: new Float32Array(2 * i.length - 1), labels: new Int32Array(i.length) }) }),
    'own: batch() must return { inputs, labels } with inputs of shape [5,2]: got 9 numbers',
  ],
  [
    'a custom data set whose batch has one label for five samples',
    () => fitOn({ batch: (i: any) => ({ inputs: new Float32Array(2 * i.length), labels: new Int32Array(1) }) }),
    'own: batch() must return { inputs, labels } with labels of shape [5]: got 1 numbers',
  ],
  [
    'a custom data set whose labels are 64-bit integers',
    () =>
      fitOn({ batch: (i: any) => ({ inputs: new Float32Array(2 * i.length), labels: new BigInt64Array(i.length) }) }),
    'own: a label names no class: bigint 0',
  ],
  [
    'a custom data set whose batch is a tensor',
    () => fitOn({ batch: (i: any) => ({ inputs: zeros([i.length, 2]), labels: new Int32Array(i.length) }) }),
    'own: batch() must return',
  ],
  [
    'a custom data set with two classes of one name',
    () => fitOn({ classes: ['a', 'a'] }),
    "fit: train: two classes have one name: 'a'",
  ],
  [
    'a custom data set whose classes are numbers',
    () => fitOn({ classes: [0, 1] }),
    'fit: train: the classes of own must be a list of names',
  ],
  [
    'a table with two classes of one name',
    () => b.csv('a,y\n1,p\n2,q', { target: 'y', classes: ['p', 'q', 'p'] }),
    "csv: two classes have one name: 'p'",
  ],
  [
    'a table without a header',
    () => b.csv('5.1,3.5,0.2\n4.9,3,0.2', { target: '0.2' }),
    'csv: the first row holds numbers: 5.1, ..; it must be the names of the columns',
  ],
  [
    'mapDataset with an asynchronous function',
    () => fit({ train: loader(b.mapDataset(data, async (v: any) => v)) }),
    'mapDataset: a result for moons must be a Float32Array: a Promise',
  ],
  [
    'dropLast where no batch is full',
    () => loader(data, { batchSize: 50, dropLast: true }),
    'DataLoader: dropLast leaves no batch',
  ],
  [
    'batch normalization of an empty batch',
    () => new b.BatchNorm1d(2).forward(zeros([0, 2])),
    'batchNorm: x is empty: (0,2)',
  ],
  ['the accuracy of no samples', () => b.accuracy(zeros([0, 2]), []), 'accuracy: no elements'],
  // Hyper-parameters.
  [
    'a schedule that is NaN at step 2',
    () => steps(b.Adam, { schedule: (t: number) => (t === 2 ? NaN : 1) }),
    'schedule: at step 2 it must be a finite number',
  ],
  [
    'an asynchronous schedule',
    () => steps(b.Adam, { schedule: async () => 1 }),
    'schedule: at step 1 it must be a finite number of at least 0: a Promise',
  ],
  [
    'a beta that is NaN at step 2',
    () => steps(b.Adam, { betas: [(t: number) => (t === 2 ? NaN : 0.9), 0.9] }),
    'beta1 must lie in [0, 1): NaN at step 2',
  ],
  [
    'bounds of one number',
    () => steps(b.AdaBound, { bounds: () => [0.1] }),
    'AdaBound: bounds must be a function that returns [lo, hi]: function bounds',
  ],
  [
    'asynchronous bounds',
    () => steps(b.AdaBound, { bounds: async () => [0.1, 1] }),
    'AdaBound: bounds must be a function that returns [lo, hi]: AsyncFunction bounds',
  ],
  [
    'a weight decay that is NaN later',
    () => steps(b.Adam, {}, (o, t) => (o.paramGroups[0].weightDecay = t === 2 ? NaN : 0)),
    'weightDecay must be a finite number',
  ],
  [
    'a group whose lr was deleted',
    () => steps(b.Adam, {}, (o) => delete o.paramGroups[0].lr),
    'Adam: lr must be a finite number of at least 0: undefined',
  ],
  // Groups.
  [
    'a parameter in two groups',
    () => {
      const p = w();
      new b.Adam([{ params: [p] }, { params: [p], lr: 1 }]);
    },
    'Adam: parameter 1.0: listed twice',
  ],
  [
    'a parameter and a view of it',
    () => {
      const p = w();
      const q = p.detach();
      q.requiresGrad = true;
      new b.Adam([p, q]);
    },
    'Adam: parameter 0.1: listed twice or as a view',
  ],
  [
    'a gradient of another dtype',
    () => steps(b.Adam, {}, (_, __, p) => (p.grad = ones([2], { dtype: 'float64' }))),
    'Adam: the gradient of 0.0 does not fit: float64 (2) for float32 (2)',
  ],
  [
    'a gradient that was freed',
    () => steps(b.Adam, {}, (_, __, p) => p.grad.dispose()),
    'Adam: 0.0: the tensor (2) was freed',
  ],
  [
    'a parameter that was freed',
    () => steps(b.Adam, {}, (_, t, p) => t === 2 && p.dispose()),
    'Adam: 0.0: the tensor (2) was freed',
  ],
  [
    'clipGradNorm of a gradient that is a number',
    () => {
      const p = w();
      p.grad = 3;
      b.clipGradNorm([p], 1);
    },
    'clipGradNorm: a gradient: takes a tensor: got number 3',
  ],
  // States.
  [
    'a state whose first moment is float64',
    () => load((s) => (s.tensors['0.0.m'] = ones([2], { dtype: 'float64' }))),
    'Adam: the state does not fit: 0.0.m is float64 (2)',
  ],
  [
    'a state whose second moment holds integers',
    () => load((s) => (s.tensors['0.0.v'] = ones([2], { dtype: 'int32' }))),
    'Adam: the state does not fit: 0.0.v is int32 (2)',
  ],
  [
    'a state whose first moment was freed',
    () => load((s) => s.tensors['0.0.m'].dispose()),
    'Adam: 0.0.m: the tensor (2) was freed',
  ],
  [
    'a state with a negative number of steps',
    () => load((s) => (s.meta.steps = -1)),
    'Adam: steps must be as stateDict() returned it: -1',
  ],
  [
    'a promise of a state dict',
    () => net().loadStateDict(Promise.resolve(net().stateDict())),
    'loadStateDict: takes tensors by name, as stateDict() returns them: got a Promise',
  ],
  [
    'a state that was freed',
    () => {
      const s = net().stateDict();
      for (const t of Object.values<any>(s)) t.dispose();
      net().loadStateDict(s);
    },
    'loadStateDict: 1.weight: the tensor (4,2) was freed',
  ],
  // Trainings that are resumed.
  [
    'a training that resumes with a schedule that it did not have',
    () => resumed({}, () => ({ schedule: () => b.stepwise(3, 0.1) })),
    'fit: the checkpoint has other settings: schedule',
  ],
  [
    'a training that resumes with two parameter groups, not one',
    () =>
      resumed({}, (m) => ({
        optimizer: new b.Adam([{ params: m.namedParameters().slice(0, 2) }, { params: m.namedParameters().slice(2) }], {
          lr: 0.01,
        }),
      })),
    'fit: the checkpoint has other settings: parameter groups: 1 then, 2 now',
  ],
  [
    'a training that resumes in float64',
    () => resumed({}, () => ({}), net().toDType('float64')),
    'Adam: the state does not fit',
  ],
  [
    'checkpoints whose latest() returns the bytes of a file',
    () => fit({ checkpoints: { latest: async () => new Uint8Array(3), save() {} } }),
    'fit: checkpoints: latest() must be null or { checkpoint, notes }',
  ],
  [
    'checkpoints whose latest() returns an incomplete checkpoint',
    () => fit({ checkpoints: { latest: async () => ({ checkpoint: { model: {} }, notes: [] }), save() {} } }),
    'fit: checkpoints: latest(): checkpoint: random must be an object',
  ],
  // Two trainings at once, scopes, freed values.
  [
    'two trainings of one model at the same time',
    () => {
      const model = net();
      const both = [fit({}, model), fit({}, model)];
      return Promise.allSettled(both).then(() => Promise.all(both));
    },
    'fit: another fit of this model is running: await it first',
  ],
  [
    'tensors in a Map that a scope returns',
    () =>
      b
        .scope(() => new Map([['a', ones([1]).add(1)]]))
        .get('a')
        .dataSync(),
    'data: the tensor (1) was freed: its scope has closed',
  ],
  [
    'a view of a tensor that was freed',
    () => {
      const t = ones([2, 2]);
      const v = t.reshape([4]);
      t.dispose();
      return v.dataSync();
    },
    'data: the tensor (4) was freed',
  ],
  [
    'a model that was freed',
    () => {
      const m = net();
      const p = b.predictor(m, data);
      m.dispose();
      return p.predict([[1, 2]]);
    },
    'linear: the tensor (4,2) was freed',
  ],
  [
    'tensor of values that are not awaited',
    () => tensor(ones([1]).data()),
    'tensor: not a number: a Promise at []; await it',
  ],
  [
    'mul by a factor that is not awaited',
    () => ones([1]).mul(ones([1]).item()),
    'mul: takes tensors, or a tensor and a number: got a Tensor and a Promise',
  ],
  [
    'a module that contains itself',
    () => {
      const s = new b.Sequential(net());
      s.self = s;
      return s.parameters();
    },
    'self: a module inside itself',
  ],
  [
    'printing a module that contains itself',
    () => {
      const s = new b.Sequential(net());
      s.self = s;
      return s.toString();
    },
    'self: a module inside itself',
  ],
  // Other checks.
  [
    'mapDataset with a number as its function',
    () => b.mapDataset(data, 3),
    'mapDataset: the change must be a function',
  ],
  [
    'mapDataset to an empty shape',
    () => b.mapDataset(data, (v: any) => v, { shape: [0] }),
    'mapDataset: shape must be positive integers',
  ],
  ['oneCycle of 0 steps', () => b.oneCycle(0), 'oneCycle: total must be a positive integer: 0'],
  [
    'an optimizer declared without defaults',
    () => b.optimizer({ title: 'T', about: 'a', rule: () => ({}) }),
    'optimizer: defaults must be an object',
  ],
  ['a parameter named by a number', () => new b.Adam([[3, w()]]), 'Adam: parameter 0.0: its name must be a text'],
  [
    'a data set with a point that is not finite',
    () => new b.PointDataset('p', 2, [0, NaN], [0]),
    'p: coordinates must be finite: NaN at 1',
  ],
  ['DataLoader with a number as random', () => loader(data, { random: 3 }), 'DataLoader: random must be a Random'],
  [
    'a state whose betas are a text',
    () => load((s) => (s.meta.groups[0].betas = '0.9')),
    'betas must be a list of numbers',
  ],
  [
    'csv with a number as missingValues',
    () => b.csv('a,y\n1,2\n3,4', { target: 'y', missingValues: 3 }),
    'csv: missingValues must be a list of texts',
  ],
  [
    'updateBatchNorm with a data set, not a DataLoader',
    () => b.updateBatchNorm(net(), data),
    'updateBatchNorm: data must be a DataLoader',
  ],
  [
    'a Recorder whose bins have a misspelt option',
    () => new b.Recorder(new b.Adam([w()]), { bins: { form: 1 } }),
    'Recorder: bins: unknown option: form',
  ],
  [
    'gradcheck of a function that returns a number',
    () => b.gradcheck(() => 3, [ones([1], { dtype: 'float64', requiresGrad: true })]),
    'gradcheck: the result of fn: takes a tensor',
  ],
  [
    'a weight of another size for batch normalization',
    () => b.batchNorm(ones([2, 3]), ones([2]), ones([3])),
    'batchNorm: ',
  ],
  // Predictions.
  [
    'predict of samples that are not awaited',
    () => predict(Promise.resolve([[1, 2]])),
    'predict: samples: got a Promise; await it',
  ],
  [
    'predict of one sample as a typed array',
    () => predict(new Float64Array([1, 2])),
    'predict: x must be (n,2), a row for each sample: (2)',
  ],
  [
    'predict of 64-bit integers',
    () => predict([new BigInt64Array([1n, 2n])]),
    'tensor: not a number: a BigInt64Array at [0]',
  ],
];
for (const [name, call, begins] of refused) {
  test(`refused: ${name}`, async () => {
    const error = await (async () => call())().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.instance(error, b.BoundgradError);
    const { message } = error as Error;
    assert.ok(message.includes(begins), message);
    assert.not(message.includes('\n'));
  });
}

test('a model in eval mode is trained in training mode, with its layers', async () => {
  const model = net().eval();
  await fit({}, model);
  assert.equal([model.training, model.children()[1].training], [true, true]);
});

test('each fit with one optimizer uses the schedule that this fit is given, from its first step on, or none', async () => {
  const model = net();
  const optimizer = adam(model);
  const seen: number[] = [];
  const schedule = (total: number) => (t: number) => {
    seen.push(t);
    return (total - t + 1) / total;
  };
  const values = () => [...model.parameters()[0].dataSync()];
  for (const more of [{ schedule }, { schedule }, {}]) {
    const before = values();
    seen.length = 0;
    await fit({ optimizer, ...more }, model);
    assert.not.equal(values(), before);
    assert.equal([...new Set(seen)], 'schedule' in more ? [1, 2, 3, 4] : []);
    assert.is(optimizer.paramGroups[0].schedule, undefined);
  }
});

test('a resumed training notes callbacks whose state is lost, and callbacks that are new', async () => {
  const lost = await resumed({ callbacks: [b.averageWeights()] }, () => ({}));
  assert.equal(lost.notes, ["the checkpoint's averageWeights is not among the callbacks: its state is lost"]);
  const fresh = await resumed({}, () => ({ callbacks: [b.averageWeights()] }));
  assert.equal(fresh.notes, ['averageWeights begins here: the checkpoint has no state of it']);
});

test('a resumed training loads NaN and infinite values unchanged, and a note names the first', async () => {
  const model = net();
  const files = store();
  await fit({ checkpoints: files }, model);
  const resume = async (change: (checkpoint: any) => void) => {
    const found: any = await files.latest();
    change(found.checkpoint);
    return fit({ checkpoints: { latest: async () => found, save: async () => {} }, epochs: 2 });
  };
  const said = (name: string) => [`the checkpoint has NaN or infinite values, first in ${name}`];
  const infinite = await resume(({ optimizer }) => optimizer.tensors['1.weight.v'].assign(Infinity));
  assert.equal([infinite.outcome, infinite.notes], ['finished', said('1.weight.v')]);
  const nan = await resume(({ model }) => model['1.bias'].assign(NaN));
  assert.equal([nan.outcome, nan.notes], ['diverged', said('1.bias')]);
  assert.equal((await resume(() => {})).notes, []);
});

test('functions for bounds and betas may return numbers as texts, which act as numbers', () => {
  const after = (Class: any, options: object) => {
    const param = w();
    param.grad = ones([2]);
    new Class([param], options).step();
    return [...param.dataSync()];
  };
  assert.equal(after(b.AdaBound, { bounds: () => ['0.1', '1'] }), after(b.AdaBound, { bounds: () => [0.1, 1] }));
  assert.equal(after(b.Adam, { betas: [() => '0.9', 0.9] }), after(b.Adam, { betas: [() => 0.9, 0.9] }));
});

test('a training with NaN in its inputs ends as diverged, and its `where` is the input', async () => {
  const batch = (i: any) => ({ inputs: new Float32Array(2 * i.length).fill(NaN), labels: new Int32Array(i.length) });
  const { outcome, where } = await fitOn({ batch });
  assert.equal([outcome, where], ['diverged', 'the input']);
});

test('predictions do not depend on the order of the columns, nor on columns that are not used', async () => {
  const p = b.predictor(b.mlp({ sizes: [2, 2] }), table);
  const expected = await p.predict('a,b\n1,2\n3,4');
  assert.equal(await p.predict('b,z,a\n2,0,1\n4,0,3'), expected);
});

test('predict takes integers in a typed array or a tensor as it takes a list of them', async () => {
  const p = b.predictor(net(), data);
  const expected = await p.predict([[1, 2]]);
  for (const same of [[new Int8Array([1, 2])], tensor([[1, 2]], { dtype: 'int32' })])
    assert.equal(await p.predict(same), expected);
});

test('writes to the array of a tensor, or to what dataSync() returned, do not change the tensor', () => {
  const source = new Float32Array([1, 2]);
  const t = tensor(source);
  source[0] = 9;
  t.dataSync()[1] = 9;
  assert.equal([...t.dataSync()], [1, 2]);
});

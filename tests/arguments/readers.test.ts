// Misuses by readers of the documentation: thought up from README, the tutorial and the declarations alone. Options that contradict each
// other, units and domains, promises that are not awaited, and the right call at the wrong time. Each is refused in one line, is warned of, or
// does what the documentation says. The calls are not typed, as in JavaScript.
import * as root from '../../index.js';
import { online, regret, theorems } from '../../theory/index.js';
import { subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, list, net, points } from './small.js';

const test = subject('Misuses by readers of the documentation');
const b: any = root;
const { Adam, AdamW, converging, crossEntropy, DataLoader, fit, Linear, Module, mlp, ones, randn, Random } = b;
const { SGDM, splitDataset, tensor, tensorDataset, zeros } = b;
const theory: any = { online, regret, theorems };

const int32 = (values: unknown) => tensor(values, { dtype: 'int32' });
const load = (data: any, more: object = {}) => new DataLoader(data, { batchSize: 8, shuffle: true, seed: 1, ...more });
const train = (more: object = {}, model = net(), data = classes()): Promise<any> =>
  fit(model, { train: load(data), optimizer: adam(model), epochs: 2, ...more });
const lossOf = (model: any) => crossEntropy(model.forward(tensor(points(4, 1))), [0, 1, 1, 0]);
/** Takes one step or more of an optimizer. Returns the model. */
const step = (optimizerOf: (model: any) => any, steps = 1) => {
  const model = net();
  const optimizer = optimizerOf(model);
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad();
    lossOf(model).backward();
    optimizer.step();
  }
  return model;
};
const leaf = () => ones([2], { requiresGrad: true });
const float64 = (n = 3) => randn([n], { dtype: 'float64', stream: new Random(3).stream('x') });
const pictures = (augment: unknown) =>
  new b.ImageDataset({
    ...{ name: 'pictures', pixels: new Uint8Array(2 * 64), labels: [0, 1], shape: [1, 8, 8], classes: ['a', 'b'] },
    ...{ mean: [0.5], std: [0.5], augment },
  }).batch([0], new Random(1).stream('augment'));
const setting = { D: 2, G: 1, b1: 0.9, d: 1 };
const bounds = converging(0.1, 0.001);

/** Promises and lists in place of numbers, and arguments of tensor operations. */
const numbers: Misuse[] = [
  ['a loss without await, added to a number', () => 0 + tensor(2).item(), { refused: /^item: a promise: await it$/ }],
  ['a loss without await in a text', () => `${tensor(2).item()}`, { refused: /^item: a promise: await it$/ }],
  [
    'a loss without await, compared with a number',
    () => tensor(2).item() < 3,
    { refused: /^item: a promise: await it$/ },
  ],
  ['an awaited loss', async () => 1 + (await tensor(2).item()), { fine: 3 }],
  [
    'both values and positions from max',
    () => {
      const [v] = randn([2, 3]).max(1);
      return v;
    },
    { refused: /^Tensor: not a list/ },
  ],
  ['seed with 1.5', () => b.seed(1.5), { refused: /^seed: the seed must be an integer: 1\.5$/ }],
  [
    'rand with a Random as its stream',
    () => b.rand([2], { stream: new Random(1) }),
    { refused: /^rand: stream must be a Stream, as random\.stream\(name\) returns/ },
  ],
  [
    'layerNorm with one size as its shape',
    () => b.layerNorm(randn([2, 4]), 4),
    { refused: /^layerNorm: a shape is a list .*: 4; write \[4\]$/ },
  ],
  [
    'topk with a share of the elements',
    () => b.topk(randn([10]), 0.1),
    { refused: /^topk: k must be an integer from 0 to 10/ },
  ],
  [
    'split into parts that leave a rest',
    () => b.split(randn([10]), [3, 3]),
    { refused: /^split: sizes must add up to axis 0: \[3,3\] is 6 for \(10\)$/ },
  ],
  [
    'tile with counts one by one',
    () => b.tile(tensor([1, 2]), 2, 3),
    { refused: /^tile: counts must be one list, as \[2, 3\]/ },
  ],
  ['randint without a low', () => b.randint(10, [3]), { refused: /^randint: high must be an integer above 10/ }],
  [
    'einsum with a transposed operand',
    () => b.einsum('ij,jk->ik', randn([2, 3]), randn([4, 3])),
    { refused: /^einsum: sizes of 'j' differ/ },
  ],
  [
    'norm with a name as p',
    () => b.norm(randn([2, 2]), 0, { p: 'fro' }),
    { refused: /^norm: p must be a number: string "fro"$/ },
  ],
  [
    'oneHot without the number of classes',
    () => b.oneHot(int32([0, 1])),
    { refused: /^oneHot: classes must be a positive integer: undefined$/ },
  ],
];

/** x^2, with 1 as its derivative in place of 2 x. */
const wrong = () =>
  b.customOp(
    'wrong',
    (x: any) => x.square(),
    (g: any) => [g],
  );

/** Gradients. */
const gradients: Misuse[] = [
  [
    'backward of what noGrad computed',
    () => b.noGrad(() => leaf().square().sum()).backward(),
    { refused: /^backward: nothing to differentiate: .* or ran in noGrad$/ },
  ],
  [
    'gradcheck of a function without its input',
    () => b.gradcheck(() => ones([2], { dtype: 'float64' }).sum(), [float64()]),
    { refused: /^gradcheck: the result of fn depends on no input/ },
  ],
  [
    'gradcheck of a cast to float32',
    () => b.gradcheck((x: any) => x.cast('float32').square().sum().cast('float64'), [float64()]),
    { refused: /^gradcheck: fn computes in float32/ },
  ],
  [
    'gradcheck of a wrong gradient in float64',
    () => b.gradcheck(wrong(), [float64()]),
    { refused: /^gradcheck: the gradient is wrong/ },
  ],
  [
    'gradcheck of a wrong gradient at numbers that float32 holds exactly',
    () => b.gradcheck(wrong(), [tensor([0.5, -1.5], { dtype: 'float64' })]),
    { refused: /^gradcheck: the gradient is wrong/ },
  ],
  [
    'grad with a module as its list of inputs',
    () => b.grad(lossOf(net()), net()),
    { refused: /^grad: takes a list of tensors, at least one: got a Sequential$/ },
  ],
  [
    'hvp after backward',
    () => {
      const w = leaf();
      const loss = w.square().sum();
      loss.backward();
      b.hvp(loss, [w], [ones([2])]);
    },
    { refused: /an earlier backward freed the graph/ },
  ],
  [
    'rematerialize with a module as its function',
    () => b.rematerialize(new Linear(2, 2), randn([1, 2])),
    { refused: /^rematerialize: fn must be a function: got a Linear/ },
  ],
  [
    'sharpness of a detached loss',
    () => {
      const model = net();
      return b.sharpness(lossOf(model).detach(), model.parameters());
    },
    { refused: /^sharpness: nothing to differentiate/ },
  ],
  [
    'a step of an optimizer that was made before toDType',
    () => {
      const model = net();
      const optimizer = adam(model);
      model.toDType('float64');
      lossOf(model).backward();
      optimizer.step();
    },
    { refused: /^Adam: nothing to step: no parameter has a gradient: call backward/ },
  ],
];

/** Layers and losses. */
const layers: Misuse[] = [
  [
    'class weights of 0 for all classes of a batch',
    () => crossEntropy(randn([2, 3]), [0, 0], { weight: tensor([0, 1, 1]) }),
    { refused: /^crossEntropy: every class is ignored or has weight 0; use reduction 'sum'$/ },
  ],
  [
    'class weights of 0 for all classes of a batch of nll',
    () => b.nll(randn([2, 3]).logSoftmax(), [0, 0], { weight: tensor([0, 1, 1]) }),
    { refused: /^nll: every class is ignored or has weight 0/ },
  ],
  [
    'a weight of 0 for one class of a batch',
    () => crossEntropy(zeros([2, 2]), [0, 1], { weight: tensor([0, 1]) }).itemSync() < 0.7,
    { fine: true },
  ],
  [
    'the sum of losses whose class weights are 0',
    () => crossEntropy(zeros([2, 2]), [0, 0], { weight: tensor([0, 1]), reduction: 'sum' }).itemSync(),
    { fine: 0 },
  ],
  [
    'negative class weights',
    () => crossEntropy(randn([2, 2]), [0, 1], { weight: tensor([-1, 1]) }),
    { refused: /^crossEntropy: weight must be finite, at least 0/ },
  ],
  [
    'a negative posWeight',
    () => b.bceWithLogits(randn([2]), tensor([0, 1]), { posWeight: -1 }),
    { refused: /^bceWithLogits: posWeight must be a finite number of at least 0: -1$/ },
  ],
  [
    'padding of class -1, with an ignoreIndex of -100',
    () => crossEntropy(randn([2, 3]), [0, -1], { ignoreIndex: -100 }),
    { refused: /^crossEntropy: no such class: -1 at index 1/ },
  ],
  [
    'accuracy of one output',
    () => b.accuracy(tensor([[3], [-2]]), int32([1, 0])),
    { refused: /^accuracy: one class: / },
  ],
  [
    'accuracy of predicted classes in place of logits',
    () => b.accuracy(int32([1, 0]), int32([1, 0])),
    { refused: /^accuracy: takes \[n, c\] and classes \[n\]/ },
  ],
  [
    'crossEntropy with classes in a column',
    () => crossEntropy(randn([2, 3]), int32([[0], [1]])),
    { refused: /^crossEntropy: takes \[n, c\] and classes \[n\]: \(2,3\) and \(2,1\)$/ },
  ],
  [
    'mlp with dropout and no hidden layer',
    () => {
      mlp({ sizes: [4, 2], dropout: 0.5 });
    },
    { warned: /^mlp: no hidden layer: dropout has no effect; add a size between the two$/ },
  ],
  [
    'mlp with an activation and no hidden layer',
    () => {
      mlp({ sizes: [4, 2], activation: () => new b.Tanh() });
    },
    { warned: /^mlp: no hidden layer: activation has no effect/ },
  ],
  ['mlp without a hidden layer', () => mlp({ sizes: [4, 2] }).parameters().length, { fine: 2 }],
  [
    'init.kaimingNormal of a layer',
    () => b.init.kaimingNormal(new Linear(2, 2)),
    { refused: /^init\.kaimingNormal: takes a tensor: got a Linear/ },
  ],
  [
    'init.normal with mean and deviation one by one',
    () => b.init.normal(zeros([2, 2]), 0, 0.02),
    { refused: /^init\.normal: options are an object of mean, std, random/ },
  ],
  [
    'init.constant without its number',
    () => b.init.constant(zeros([2])),
    { refused: /^init\.constant: takes a number: got undefined$/ },
  ],
  [
    'summary with a batch axis',
    () => b.summary(b.lenet(), [1, 1, 28, 28]),
    { refused: /; summary adds the batch axis: without it the shape is \[1,28,28\]$/ },
  ],
  [
    'summary with a wrong shape',
    () => b.summary(b.lenet(), [3, 28, 28]),
    { refused: /^LeNet: takes \(1,1,28,28\): \(1,3,28,28\); give imageSize or inChannels, or resize$/ },
  ],
  [
    'summary with a grey picture for a net of colours',
    () => b.summary(b.lenet({ inChannels: 3 }), [1, 28, 28]),
    { refused: /^LeNet: takes \(1,3,28,28\): \(1,1,28,28\); give imageSize or inChannels, or resize$/ },
  ],
  [
    'a DataLoader as the mode of a module',
    () => net().train(load(classes())),
    { refused: /^training must be true or false: a _?DataLoader$/ },
  ],
];

/** Optimizers, schedules, and what watches them. */
const optimizers: Misuse[] = [
  [
    'a weight decay that reverses the signs of the weights',
    () => step((m) => new AdamW(m.parameters(), { lr: 1, weightDecay: 2 })),
    { refused: /^AdamW: weightDecay per step must be at most 1: 2$/ },
  ],
  [
    'a weight decay that removes the whole weight',
    () =>
      Math.abs(
        step((m) => new AdamW(m.parameters(), { lr: 0.5, weightDecay: 2 }))
          .parameters()[0]
          .dataSync()[0],
      ) <= 0.51,
    { fine: true },
  ],
  [
    'a range test up to lr 10 with a weight decay of 0.5',
    async () => {
      const model = net();
      const optimizer = new AdamW(model.parameters(), { weightDecay: 0.5 });
      return (await b.lrFinder(model, { train: load(classes()), optimizer, from: 1, steps: 9 })).points.length > 0;
    },
    { fine: true },
  ],
  [
    'a coupled weight decay above 1',
    () => {
      step((m) => new Adam(m.parameters(), { lr: 1, weightDecay: 2 }));
    },
    { fine: undefined },
  ],
  [
    'an unscaled weight decay above 1',
    () => new b.AdaBoundW(net().parameters(), { weightDecay: 1.5, decayBy: 'unscaled' }),
    { refused: /^AdaBoundW: weightDecay per step must be at most 1: 1\.5$/ },
  ],
  [
    'SGDM with averaged and dampening',
    () => new SGDM(net().parameters(), { averaged: true, dampening: 0.5 }),
    { refused: /^SGDM: averaged has no dampening: leave one out$/ },
  ],
  [
    'Nesterov’s step with a momentum of 0',
    () => new SGDM(net().parameters(), { nesterov: true, momentum: 0 }),
    { refused: /^SGDM: nesterov needs the heavy ball/ },
  ],
  [
    'Adam with the option decayBy',
    () => new Adam(net().parameters(), { decayBy: 'scaled' }),
    { refused: /^Adam: unknown option: decayBy/ },
  ],
  [
    'warmUp with cosine in place of cosine(steps)',
    () => b.warmUp(10, b.cosine),
    { refused: /^warmUp: then must be a schedule: call it, as in cosine\(1000\)$/ },
  ],
  [
    'an optimizer with cosine in place of cosine(steps)',
    () => step((m) => adam(m, { schedule: b.cosine })),
    { refused: /^schedule: at step 1 it must be a finite number/ },
  ],
  [
    'cosine with a floor in percent',
    () => b.cosine(100, 5),
    { refused: /^cosine: floor must be a number from 0 to 1: 5$/ },
  ],
  ['cosine with a floor of 1', () => b.cosine(100, 1)(50), { fine: 1 }],
  [
    'Adam with buffers among its parameters',
    () => new Adam(Object.values(new b.BatchNorm1d(3).stateDict())),
    { refused: /^Adam: parameter 0\.\d: only float tensors can be trained: int32/ },
  ],
  [
    'breakWhen with firstClip in place of firstClip()',
    () => b.breakWhen(adam(net()), [b.firstClip]),
    { refused: /^breakWhen: condition 0 is not \{ what, find \}: got function firstClip/ },
  ],
  [
    'signFlip with a name that no parameter has',
    () => b.breakWhen(adam(net()), [b.signFlip('fc9')]),
    { refused: /^breakWhen: no parameter has 'fc9' in its name: one of 1\.weight, / },
  ],
  ['signFlip with the name of a layer', async () => b.breakWhen(adam(net()), [b.signFlip('3.')])(), { fine: null }],
  [
    'take() of a Recorder before the first step',
    () => new b.Recorder(adam(net())).take(),
    { refused: /^Recorder: take: the optimizer has taken no step; call it after step\(\)$/ },
  ],
  [
    'a Recorder with names as layers',
    () => new b.Recorder(adam(net()), { layers: ['fc1'] }),
    { refused: /^Recorder: layers must be a function: got an array/ },
  ],
  [
    'explain with a list as the index',
    async () => {
      const model = net();
      const optimizer = adam(model);
      lossOf(model).backward();
      return b.explain(optimizer, model.parameters()[0], [0, 1]);
    },
    { refused: /^explain: no such element: \[0,1\] of 12/ },
  ],
  [
    'parameterGroups whose noDecay selects nothing',
    () => b.parameterGroups(net(), { noDecay: (path: string) => path.endsWith('.biases') }).length,
    { warned: /^parameterGroups: noDecay selects none of the parameters 1\.weight, 1\.bias, / },
  ],
];

/** Online problems and theorems. */
const problems: Misuse[] = [
  [
    'regret from a first point outside the feasible set',
    () => theory.regret(online.cycle({ x1: 5 }), Adam, 10),
    { refused: /^regret: x1 lies outside the feasible set: \[5\]; the nearest point is \[1\]$/ },
  ],
  [
    'regret from a first point that is no distribution',
    () => theory.regret(online.periodic('p', [[1, 0]], online.simplex(), [0, 0]), Adam, 3),
    { refused: /^regret: x1 lies outside the feasible set: \[0,0\]; the nearest point is \[0\.5,0\.5\]$/ },
  ],
  [
    'regret from a first point on the simplex, rounded to float32',
    () =>
      theory.regret(
        online.periodic('p', [[1, 0, 0]], online.simplex(), [...Float32Array.of(0.1, 0.2, 0.7)]),
        b.AdaBound,
        3,
      ).last.t,
    { fine: 3 },
  ],
  [
    'regret from a first point on the edge of the feasible set',
    () => theory.regret(online.cycle({ x1: 1 }), Adam, 3).last.t,
    { fine: 3 },
  ],
  [
    'rareDrawn with a probability in percent',
    () => online.rareDrawn({ p: 10 }),
    { refused: /a probability must lie in \[0, 1\]: 10$/ },
  ],
  ['gap at step 0', () => theorems.gap(bounds, 0), { refused: /^gap: t must be a positive integer: 0$/ }],
  [
    'neverFalls at step 1',
    () => theorems.neverFalls(bounds, 1),
    { refused: /^neverFalls: t must be an integer of at least 2: 1$/ },
  ],
  [
    'a theorem with a negative diameter',
    () => theorems.published({ ...setting, D: -2 }, 10, 1, 1, 1),
    { refused: /^published: the setting: D must be at least 0: -2$/ },
  ],
  [
    'a theorem with a negative bound on the gradient',
    () => theorems.published({ ...setting, G: -1 }, 10, 1, 1, 1),
    { refused: /^published: the setting: G must be at least 0: -1$/ },
  ],
  [
    'a theorem with a b1 of 1',
    () => theorems.corrected({ ...setting, b1: 1 }, 10, 1, 1, 1, 1),
    { refused: /^corrected: the setting: b1 must be in \[0, 1\): 1$/ },
  ],
  [
    'a theorem in half a dimension',
    () => theorems.corollary({ ...setting, d: 0.5 }, 10, 1),
    { refused: /^corollary: the setting: d must be a positive integer: 0\.5$/ },
  ],
  [
    'a theorem after 0 steps',
    () => theorems.corollary(setting, 0, 1),
    { refused: /^corollary: T must be at least 1: 0$/ },
  ],
  [
    'a theorem with a gamma of 0',
    () => theorems.vacuousUntil(setting, 0),
    { refused: /^vacuousUntil: gamma must be positive and finite: 0$/ },
  ],
];

/** Data, training and files. */
const training: Misuse[] = [
  [
    'images with randomFlip in place of randomFlip()',
    () => pictures(b.randomFlip),
    { refused: /^randomFlip: makes an augmentation: give \{ augment: randomFlip\(\) \}$/ },
  ],
  [
    'images with randomCrop in place of randomCrop()',
    () => pictures(b.randomCrop),
    { refused: /^randomCrop: makes an augmentation/ },
  ],
  ['images with cutout in place of cutout()', () => pictures(b.cutout), { refused: /^cutout: makes an augmentation/ }],
  [
    'csv with fill, where rows with missing values are dropped',
    () => b.csv('a,b\n1,2\n,4\n3,5\n', { target: 'b', missing: 'drop', fill: 'median' }),
    { refused: /^csv: fill is given, but missing is 'drop'/ },
  ],
  [
    'csv with one name for two columns',
    () => b.csv('a,a,b\n1,2,3\n2,3,4\n', { target: 'b' }),
    { refused: /^csv: column 2 of the header has the name of another: 'a'/ },
  ],
  [
    'csv with the fill mode',
    () => b.csv('a,b\n1,2\n,4\n', { target: 'b', fill: 'mode' }),
    { refused: /^csv: unknown fill: mode; one of mean, median, most-frequent/ },
  ],
  [
    'splitDataset with a share that leaves no test set',
    () => splitDataset(classes(), 0.999),
    { refused: /^splitDataset: a part is empty: 0\.999 of 24 samples is 24/ },
  ],
  [
    'warmUp itself as the schedule of fit',
    () => train({ schedule: b.warmUp }),
    { refused: /^fit: schedule: give \(steps\) => warmUp\(100, cosine\(steps\)\), or / },
  ],
  [
    'stepwise itself as the schedule of fit',
    () => train({ schedule: b.stepwise }),
    { refused: /^fit: schedule: give / },
  ],
  [
    'fit with a schedule that returns the rate',
    () => train({ schedule: () => () => 0.001 }),
    { warned: /^fit: the schedule is at most 0\.001 in all 6 steps: it is a factor on the lr, not a rate, / },
  ],
  [
    'a warm-up that is longer than the training',
    () => {
      const model = net();
      return train({ optimizer: adam(model, { schedule: b.warmUp(100) }) }, model);
    },
    { warned: /^fit: the schedule is at most 0\.06 in all 6 steps: / },
  ],
  [
    'a warm-up that maxSteps ends',
    () => {
      const model = net();
      return train({ optimizer: adam(model, { schedule: b.warmUp(100) }), maxSteps: 2 }, model);
    },
    { fine: undefined },
  ],
  [
    'checkpointEvery without checkpoints',
    () => train({ checkpointEvery: 5 }),
    { refused: /^fit: checkpointEvery is given without checkpoints; pass checkpoints$/ },
  ],
  [
    'checkpointEvery with undefined checkpoints',
    async () => (await train({ checkpoints: undefined, checkpointEvery: 5, mayBeFinished: true })).step,
    { fine: 6 },
  ],
  [
    'a training that resumes where its schedule is small',
    async () => {
      let latest: Uint8Array | undefined;
      const checkpoints = {
        latest: () => latest && { checkpoint: b.parseCheckpoint(latest), notes: [] },
        save: (bytes: Uint8Array) => void (latest = bytes),
      };
      const schedule = () => b.cosine(30);
      await train({ epochs: 10, maxSteps: 25, schedule, checkpoints });
      return (await train({ epochs: 10, schedule, checkpoints })).step;
    },
    { fine: 30 },
  ],
  [
    'a schedule that counts its calls: fewer than 40 until the first step has ended',
    async () => {
      let calls = 0;
      const first: number[] = [];
      const callback = {
        name: 'first',
        onStep: (_: unknown, training: any) => {
          first.push(calls);
          training.stop('enough');
        },
      };
      const model = net();
      const schedule = () => {
        calls++;
        return 1;
      };
      const optimizer = adam(model, { schedule });
      await train({ epochs: 100, optimizer, callbacks: [callback] }, model);
      return first[0] < 40;
    },
    { fine: true },
  ],
  [
    'mayBeFinished without checkpoints',
    () => train({ mayBeFinished: true }),
    { refused: /^fit: mayBeFinished is given without checkpoints/ },
  ],
  [
    'evalEvery without a test set',
    () => train({ evalEvery: 2 }),
    { refused: /^fit: evalEvery is given without a test set/ },
  ],
  [
    'two limits of the gradients',
    () => train({ clip: { norm: 1, value: 1 } }),
    { refused: /^fit: clip: give one of \{ norm \} or \{ value \}: got 2$/ },
  ],
  [
    'averageWeights with a decay for an equal mean',
    () => b.averageWeights({ kind: 'swa', decay: 0.9 }),
    { refused: /^averageWeights: decay must be absent for 'swa': 0\.9$/ },
  ],
  [
    'updateBatchNorm without await',
    async () => {
      const model = new b.Sequential(new Linear(2, 3), new b.BatchNorm1d(3));
      const data = classes(24, 1, ['a', 'b', 'c']);
      const running = b.updateBatchNorm(model, load(data));
      try {
        return await b.evaluate(model, data);
      } finally {
        await running;
      }
    },
    { refused: /^evaluate: updateBatchNorm of this model is running: await it first$/ },
  ],
  [
    'fit with its arguments one by one',
    () => {
      const model = net();
      return fit(model, load(classes()), adam(model));
    },
    { refused: /^fit: options are an object of train, / },
  ],
  [
    'fit with tensors as the test set',
    () => train({ test: [tensor(points(4, 1)), int32([0, 1, 1, 0])] }),
    { refused: /^fit: test: takes a data set: got an array; tensorDataset\(\) makes one$/ },
  ],
  [
    'fit of a net of classes on numbers that are not said to be classes',
    () =>
      train(
        {},
        net(),
        tensorDataset(
          points(8, 1),
          list(8, (i) => i % 2),
        ),
      ),
    { refused: /for classes: tensorDataset\(x, y, \{ classes: 2 \}\)$/ },
  ],
  [
    'generate with a model that was not trained on a text',
    () => b.generate(b.predictor(net(), classes()), { prompt: 'a' }),
    { refused: /^generate: the model was not trained on a text/ },
  ],
  [
    'lrFinder with its arguments one by one',
    () => {
      const model = net();
      return b.lrFinder(model, load(classes()), adam(model));
    },
    { refused: /^lrFinder: options are an object of train, / },
  ],
  [
    'loadModel of a path',
    () => b.loadModel('runs/houses'),
    { refused: /got string "runs\/houses"; loadModelFile\(path\) of boundgrad\/node reads a file$/ },
  ],
  [
    'a state dict that went through JSON',
    () => {
      const model = net();
      return model.loadStateDict(JSON.parse(JSON.stringify(model.stateDict())));
    },
    { refused: /^loadStateDict: takes tensors by name/ },
  ],
  [
    'a state dict whose names have the prefix of a wrapper',
    () => {
      const model = net();
      return model.loadStateDict({ 'module.1.weight': ones([6, 2]) }, { strict: false });
    },
    { refused: /^loadStateDict: no name matches: .* unexpected module\.1\.weight/ },
  ],
  [
    'a result of forward in a #private field',
    async () => {
      class Kept extends Module {
        fc = new Linear(2, 2);
        #last: unknown;
        forward(x: any) {
          this.#last = this.fc.forward(x);
          return this.#last;
        }
      }
      const model = new Kept();
      await train({}, model as any);
      return Object.keys((model as any).stateDict());
    },
    { fine: ['fc.weight', 'fc.bias'] },
  ],
];

testMisuses(test, [...numbers, ...gradients, ...layers, ...optimizers, ...problems, ...training]);

// Misuses of a tired user: the right functions in the wrong order, for another object, in another unit, with something that has changed or was
// used before. Each is refused in one line, is warned of, or does what the documentation says. The calls are not typed, as in JavaScript.
import * as root from '../../index.js';
import { judge, sweep } from '../../sweep/index.js';
import { online, regret } from '../../theory/index.js';
import { subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, list, memory, net, points, values } from './small.js';

const test = subject('Misuses of a tired user');
const b: any = root;
const {
  tensor,
  tensorDataset,
  csv,
  standardize,
  splitDataset,
  subset,
  DataLoader,
  fit,
  evaluate,
  predictor,
  mlp,
  Adam,
} = b;
const { Module, Linear, Sequential, Random, LSTM, Conv2d, crossEntropy, randn, scope, noGrad } = b;

const classesOf = (n: number, classOf: (i: number) => number, options?: object) =>
  tensorDataset(
    points(n, 1),
    Int32Array.from({ length: n }, (_, i) => classOf(i)),
    options,
  );
const load = (data: any, more: object = {}) => new DataLoader(data, { batchSize: 8, shuffle: true, seed: 1, ...more });
const train = (more: object = {}, model = net(), data = classes()): Promise<any> =>
  fit(model, { train: load(data), optimizer: adam(model), epochs: 2, ...more });
const lossOf = (model: any) => crossEntropy(model.forward(tensor(points(4, 1))), [0, 1, 1, 0]);
/** Takes steps of a training loop. each: called between backward and step. Returns the model and its optimizer. */
const stepped = (model: any = net(), optimizer: any = adam(model), steps = 1, each = () => {}) => {
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad();
    lossOf(model).backward();
    each();
    optimizer.step();
  }
  return { model, optimizer };
};
class Headed extends Module {
  layers = [new Linear(2, 4)];
  head = new Linear(4, 2);
  forward(x: any) {
    return this.head.forward(this.layers.reduce((y: any, layer: any) => layer.forward(y), x));
  }
}
const free = (model: any) => new b.ScheduleFreeAdamW(model.namedParameters(), { lr: 0.01 });
const leaf = () => tensor([[1, 2]], { requiresGrad: true });
const images = (augment?: unknown, more: object = {}) =>
  new b.ImageDataset({
    ...{
      name: 'pictures',
      pixels: new Uint8Array(2 * 64).fill(9),
      labels: [0, 1],
      shape: [1, 8, 8],
      classes: ['a', 'b'],
    },
    ...{ mean: [0.5], std: [0.5], augment, ...more },
  });
const read = async (data: any) => {
  for await (const [x] of new DataLoader(data, { batchSize: 8, seed: 1 })) return x.shape;
};
const clock = (text = 'tick tock\n', context = 8) => b.textDataset(text.repeat(40), { context });
const writer = (vocabulary: number) => b.charLstm({ vocabulary, hiddenSize: 4 });

const lr = { log: [1e-5, 1] as [number, number] };
const scores = () => ({ validation: 1, test: 1 });

const misuses: Misuse[] = [
  // Tensors and gradients.
  [
    'the gradient of a tensor between leaf and loss',
    () => {
      const x = leaf();
      const y = x.mul(2);
      y.sum().backward();
      return y.grad;
    },
    { warned: /^grad: not a leaf: an operation made this tensor; call retainGrad\(\) first$/ },
  ],
  [
    'the gradient of a tensor between leaf and loss, read again and again',
    () => {
      const y = leaf().mul(2);
      y.sum().backward();
      return [y.grad, y.grad, y.grad];
    },
    { warned: /^grad: [^\n]*$/ },
  ],
  [
    'the gradient of a tensor between leaf and loss: with retainGrad, before and after backward; without it, if backward did not run',
    () => {
      const [x, other] = [leaf().mul(2).retainGrad(), leaf().mul(3)];
      const before = x.grad;
      x.sum().backward();
      const [values] = [[...x.grad.dataSync()]];
      x.grad = null;
      return [before, values, x.grad, other.grad];
    },
    { fine: [null, [1, 1], null, null] },
  ],
  [
    'weights that were replaced by the result of their update',
    () => {
      const w = leaf();
      w.square().sum().backward();
      const next = w.sub(w.grad.mul(0.1));
      next.square().sum().backward();
      return next.grad;
    },
    { warned: /^grad: not a leaf/ },
  ],
  ['both values and positions from max', () => [...leaf().max(1)], { refused: /^Tensor: not a list/ }],
  ['a loss tensor compared with a number', () => leaf().sum() < 0.1, { refused: /^Tensor: not a number: .*item\(\)/ }],
  ['noGrad of a function that awaits', () => noGrad(async () => leaf()), { refused: /^noGrad: .* must not await/ }],
  [
    'requiresGrad after the loss',
    () => {
      const x = tensor([1, 2]);
      const loss = x.square().sum();
      x.requiresGrad = true;
      loss.backward();
    },
    { refused: /^backward: nothing to differentiate/ },
  ],
  [
    'backward of the sum of the losses so far, at each step',
    () => {
      const model = net();
      let total = tensor(0);
      for (let i = 0; i < 2; i++) {
        total = total.add(lossOf(model));
        total.backward();
      }
    },
    { refused: /^backward: an earlier backward freed the graph: at / },
  ],
  [
    'the recurrent state of the previous batch, with its graph',
    () => {
      const layer = new LSTM(2, 3);
      const [y, state] = layer.forward(randn([4, 2, 2]));
      y.sum().backward();
      layer
        .forward(randn([4, 2, 2]), state)[0]
        .sum()
        .backward();
    },
    {
      refused:
        /^backward: an earlier backward freed the graph: at lstm; pass it \{ retainGraph: true \}, or detach\(\)$/,
    },
  ],
  [
    'a recurrent state of a larger batch',
    () => {
      const layer = new LSTM(2, 3);
      const [, state] = layer.forward(randn([4, 8, 2]));
      layer.forward(randn([4, 3, 2]), state);
    },
    { refused: /^LSTM: the state must be \[layers,batch,hidden\]: \(1,3,3\), not \(1,8,3\)/ },
  ],
  [
    'a list of results of scopes that have closed',
    () => {
      const kept: any[] = [];
      for (let i = 0; i < 2; i++)
        scope(() => {
          kept.push(leaf().mul(2));
        });
      return b.concat(kept, 0);
    },
    { refused: /^concat: the tensor \(1,2\) was freed: its scope has closed; keep\(t\)/ },
  ],
  [
    'an operand that changes before backward',
    () => {
      const x = leaf();
      const loss = x.square().sum();
      noGrad(() => x.assign([0, 0]));
      loss.backward();
    },
    { refused: /a value that the gradient needs was overwritten/ },
  ],
  [
    'requires_grad assigned to a tensor, as in PyTorch',
    () => (leaf().requires_grad = false),
    { refused: /^requires_grad: use requiresGrad/ },
  ],

  // Layers, their optimizers and state dicts.
  [
    'lr assigned to an optimizer, not to its group',
    () => {
      const optimizer = adam(net());
      optimizer.lr = 0.5;
      stepped(net(), optimizer);
    },
    { refused: /^Adam: lr is in a group: assign optimizer\.paramGroups\[0\]\.lr/ },
  ],
  [
    'a misspelt hyper-parameter of a group',
    () => {
      const model = net();
      const optimizer = adam(model);
      optimizer.paramGroups[0].learningRate = 0.5;
      stepped(model, optimizer);
    },
    { refused: /^Adam: unknown option: learningRate/ },
  ],
  [
    'a head that is replaced after the optimizer was made, with fit',
    () => {
      const model: any = new Headed();
      const optimizer = adam(model);
      model.head = new Linear(4, 2);
      return train({ optimizer }, model);
    },
    { refused: /^fit: the optimizer would not train the model: its head\.weight is another tensor/ },
  ],
  [
    'a head that is replaced after the optimizer was made, in a loop that clips the parameters of the model',
    () => {
      const model: any = new Headed();
      const optimizer = adam(model);
      model.head = new Linear(4, 2);
      stepped(model, optimizer, 3, () => b.clipGradNorm(model.parameters(), 1));
    },
    { warned: /^Adam: parameters that no optimizer has are not trained: .*; is the layer #private or new\?$/ },
  ],
  [
    'a layer that is added after the optimizer was made, with fit',
    () => {
      const model: any = new Headed();
      const optimizer = adam(model);
      model.layers.push(new Linear(4, 4));
      return train({ optimizer }, model);
    },
    {
      warned: /^fit: not trained: layers\.1\.weight, \.\. \(2\): newer than the optimizer; create it after the layers/,
    },
  ],
  [
    'an optimizer of the head alone',
    async () => {
      const model: any = new Headed();
      await train({ optimizer: adam(model.head) }, model);
    },
    { fine: undefined },
  ],
  [
    'keepBest of an earlier training, for another model',
    async () => {
      const best = b.keepBest();
      await train({ test: classes(24, 2), callbacks: [best] });
      await train({ test: classes(24, 2), callbacks: [best] }, net(2, 9));
    },
    { refused: /^fit: callbacks: 'keepBest' has the state of another model's training; make a new one/ },
  ],
  [
    'the best weights as the state dict of the model itself',
    () => {
      const model = net();
      const best = { ...model.stateDict() };
      stepped(model);
      model.loadStateDict(best);
    },
    { refused: /^loadStateDict: the tensors are its own, changed by training; keep clones$/ },
  ],
  [
    'loadStateDict of a state dict that shares a part of the tensors',
    () => {
      const [model, other] = [net(), net(2, 8)];
      const half = { ...model.stateDict(), '1.bias': other.stateDict()['1.bias'] };
      return model.loadStateDict(half).missing;
    },
    { fine: [] },
  ],
  [
    'an earlier state of an optimizer, kept without a copy',
    () => {
      const { model, optimizer } = stepped();
      const state = optimizer.stateDict();
      stepped(model, optimizer);
      optimizer.loadStateDict(state);
    },
    { refused: /^Adam: the tensors are its own, changed by training; keep clones$/ },
  ],
  [
    'the current state of an optimizer, with another rate',
    () => {
      const { optimizer } = stepped();
      const state = optimizer.stateDict();
      state.meta.groups[0].lr = 0.5;
      optimizer.loadStateDict(state);
      return [optimizer.paramGroups[0].lr, optimizer.steps];
    },
    { fine: [0.5, 1] },
  ],
  [
    'loadStateDict of a parsed file in place of its tensors',
    async () => net().loadStateDict(b.parseSafetensors(await b.serializeSafetensors(net().stateDict()))),
    { refused: /^loadStateDict: takes tensors by name, .* its tensors is an Object/ },
  ],
  [
    'loadModel of weights alone',
    async () => b.loadModel(await b.serializeSafetensors(net().stateDict())),
    {
      refused: /^checkpoint: not a checkpoint, .*model\.loadStateDict\(parseSafetensors\(bytes\)\.tensors\) loads them/,
    },
  ],
  [
    'Conv2d of images with the channels last',
    () => new Conv2d(3, 4, 3).forward(randn([2, 8, 8, 3])),
    { refused: /^conv2d: channels do not fit/ },
  ],
  [
    'one image without a batch',
    () => b.lenet().forward(randn([1, 28, 28])),
    { refused: /^LeNet: takes \(1,1,28,28\)/ },
  ],
  [
    'one sample without a batch',
    () => net().forward(randn([2])),
    {
      refused:
        /^Flatten: takes \[n, \.\.\]: \(2\); unsqueeze\(x, 0\) makes a batch of one sample, unsqueeze\(x, 1\) of 2 numbers$/,
    },
  ],
  ['dropout in percent', () => new b.Dropout(50), { refused: /^Dropout: p must lie in \[0, 1\]: 50/ }],
  ['summary with a batch axis', () => b.summary(b.lenet(), [4, 1, 28, 28]), { refused: /^LeNet: takes / }],
  [
    'withForwardHook with a hook that returns nothing',
    () => {
      const model = net();
      const hook = (_: unknown, forward: () => unknown) => {
        forward();
      };
      b.withForwardHook(model.namedModules(), hook, () => model.forward(randn([1, 2])));
    },
    { refused: /^withForwardHook: the hook returned nothing for '.*'; return what forward\(\) returned$/ },
  ],
  [
    'a recurrent layer in a Sequential',
    () => new Sequential(new LSTM(2, 3), new Linear(3, 1)).forward(randn([4, 2, 2])),
    { refused: /^Sequential: module 0 returns a list, which module 1 does not take/ },
  ],

  // Classes and data.
  ['classes from 1 to 3', () => classesOf(12, (i) => 1 + (i % 3)), { warned: /^tensors: no sample has class 0/ }],
  [
    'fewer classes than outputs',
    () => train({}, net(5)),
    { refused: /a logit for each class: \(8,5\) for the 2 classes/ },
  ],
  [
    'classes in floats without { classes }',
    () =>
      train(
        {},
        net(2),
        tensorDataset(
          points(12, 1),
          list(12, (i) => i % 2),
        ),
      ),
    { refused: /for classes: tensorDataset\(x, y, \{ classes: 2 \}\)/ },
  ],
  [
    'one output for two classes',
    () => evaluate(net(1), classes()),
    { refused: /^crossEntropy: one class: .*bceWithLogits/ },
  ],
  [
    'names of classes as targets',
    () => tensorDataset(points(3, 1), ['cat', 'dog', 'cat']),
    { refused: /^tensorDataset: y: the names of classes: 'cat'; give their numbers, y\.map/ },
  ],
  [
    'a larger vocabulary than the text has',
    () => train({}, writer(100), clock()),
    { refused: /a logit for each class: \(8,8,100\) for the 7 classes of text/ },
  ],
  ['csv of a path', () => csv('houses.csv', { target: 'price' }), { refused: /csvFile\(path\) of boundgrad\/node/ }],
  [
    'a test text with a vocabulary of its own',
    () => train({ test: clock('lick lock\n') }, writer(7), clock()),
    { warned: /^fit: test: text differs from the training data: its classes are / },
  ],
  [
    'windows longer than the context of the model',
    () => train({}, b.gpt({ vocabulary: 7, context: 16, embedDim: 8, numLayers: 1 }), clock('tick tock\n', 32)),
    { refused: /^GPT: takes tokens \[n,t\] of t up to 16: \(8,32\)/ },
  ],
  [
    'NaN among the inputs',
    () => tensorDataset([[1], [NaN]], [[1], [2]]),
    { refused: /x must be finite: NaN in sample 1/ },
  ],
  [
    'parts of two splits',
    () => {
      const data = classes(40);
      return train({ test: splitDataset(data, 0.8, { seed: 2 })[1] }, net(), splitDataset(data, 0.8, { seed: 1 })[0]);
    },
    { warned: /^fit: test: \d+ of 8 samples are training samples/ },
  ],
  [
    'a data set as statistics',
    () => standardize(values(24, 2), { statistics: standardize(values()) }),
    { refused: /^standardize: the statistics do not fit tensors: they have no inputs; pass train\.statistics$/ },
  ],
  [
    'a test set with statistics of its own',
    () => train({ test: standardize(values(24, 2)) }, net(1), standardize(values())),
    { warned: /^fit: test: tensors differs from the training data: it has another standardization of the inputs/ },
  ],
  [
    'raw data for the predictor of a net that was trained on standardized data',
    async () => {
      const model = net(1);
      await train({}, model, standardize(values()));
      predictor(model, values());
    },
    { warned: /^predictor: tensors differs from the training data: it has no standardization/ },
  ],
  [
    'classes of the test set in another order',
    () => train({ test: classes(24, 3, ['yes', 'no']) }),
    { warned: /^fit: test: tensors differs .* its classes are \[yes, no\], not \[no, yes\]/ },
  ],
  [
    'randomCrop with the size of the crop as its padding',
    () => read(images(b.randomCrop(8))),
    { refused: /^randomCrop: padding 8 shifts/ },
  ],
  [
    'cutout of a square larger than the images',
    () => read(images(b.cutout())),
    { refused: /^cutout: size 16 covers images of 8 x 8/ },
  ],
  [
    'images with a mean in bytes',
    () => images(undefined, { mean: [127] }),
    { refused: /one mean and one std per channel.*in 0\.\.1/ },
  ],
  [
    'mapDataset with a function that returns nothing',
    () => read(b.mapDataset(classes(), (x: Float32Array) => void x.fill(0))),
    { refused: /^mapDataset: a result for tensors must be a Float32Array: undefined/ },
  ],
  [
    'mapDataset with an asynchronous function',
    () => read(b.mapDataset(classes(), async (x: Float32Array) => x)),
    { refused: /^mapDataset: a result for tensors must be a Float32Array: a Promise/ },
  ],
  [
    'classes one after the other, without shuffling',
    () => {
      const data = classesOf(90, (i) => Math.floor(i / 30));
      return train({ train: load(data, { shuffle: false }) }, net(3), data);
    },
    {
      warned:
        /^fit: train: tensors is sorted by class, so that a step sees few classes; give the DataLoader \{ shuffle/,
    },
  ],
  [
    'classes that alternate, or are all in one batch, without shuffling',
    async () => {
      const turns = classesOf(128, (i) => i % 2);
      await train({ train: load(turns, { shuffle: false }) }, net(), turns);
      const all = classesOf(20, (i) => Math.floor(i / 10));
      await train({ train: load(all, { shuffle: false, batchSize: 20 }) }, net(), all);
    },
    { fine: undefined },
  ],
  ['subset with a mask', () => subset(classes(4), [true, false, true, false]), { refused: /^subset: takes a list/ }],
  [
    'subset with a mask of 0 and 1',
    () => subset(classes(4), [1, 0, 1, 0]),
    { refused: /^subset: a 0 or 1 for each of 4 samples is a mask; give mask.flatMap/ },
  ],
  ['subset with samples that repeat', () => subset(classes(4), [1, 1, 0]).length, { fine: 3 }],
  [
    'splitDataset with a share in percent',
    () => splitDataset(classes(), 80),
    { refused: /^splitDataset: the share must be between 0 and 1: 80/ },
  ],
  [
    'DataLoader of a DataLoader',
    () => new DataLoader(load(classes()), { batchSize: 4 }),
    { refused: /^DataLoader: takes a data set/ },
  ],

  // Trainings.
  [
    'two trainings of one model at a time',
    async () => {
      const model = net();
      const [, second] = await Promise.allSettled([train({}, model), train({}, model)]);
      throw (second as PromiseRejectedResult).reason;
    },
    { refused: /^fit: another fit of this model is running: await it first/ },
  ],
  [
    'earlyStopping with a minDelta of 1, meant as one percent',
    () => b.earlyStopping({ monitor: 'testAccuracy', minDelta: 1 }),
    { refused: /^earlyStopping: minDelta: an accuracy lies in \[0, 1\]: 1; one percent is 0\.01$/ },
  ],
  [
    'keepBest of the largest loss',
    () => b.keepBest({ mode: 'max' }),
    { warned: /^keepBest: mode: max takes the worst testLoss for the best; leave mode out$/ },
  ],
  [
    'earlyStopping by the smallest accuracy',
    () => b.earlyStopping({ monitor: 'testAccuracy', mode: 'min' }),
    { warned: /^earlyStopping: mode: min takes the worst testAccuracy for the best/ },
  ],
  [
    'reduceOnPlateau with a minLr above the lr',
    () => train({ test: classes(24, 2), callbacks: [b.reduceOnPlateau({ minLr: 0.1, patience: 1 })] }),
    { warned: /^reduceOnPlateau: it never acts: minLr is 0\.1, the lr is 0\.01$/ },
  ],
  [
    'averageWeights that begins after the last epoch',
    () => train({ callbacks: [b.averageWeights({ kind: 'swa', start: 20 })] }),
    { refused: /averageWeights begins in epoch 20, the last one is 2/ },
  ],
  [
    'a schedule counted in epochs',
    () => {
      const model = net();
      return train({ optimizer: adam(model, { schedule: b.cosine(3) }), epochs: 3 }, model);
    },
    { warned: /^fit: the lr is 0 from step 3 on: nothing is trained; is the schedule for fewer steps\?$/ },
  ],
  [
    'accumulate counted in samples, not in batches',
    () => train({ accumulate: 24 }),
    { warned: /^fit: accumulate: a step has 24 batches, an epoch only 3: each epoch is one step$/ },
  ],
  ['accumulate of as many batches as an epoch has', async () => (await train({ accumulate: 3 })).step, { fine: 2 }],
  [
    'the function that makes a callback, in place of the callback',
    () => train({ callbacks: [b.progress] }),
    { refused: /got function progress; call it/ },
  ],
  [
    'a metric that returns a promise',
    () => train({ test: classes(24, 2), metrics: { right: async (o: any, t: any) => b.accuracy(o, t) } }),
    { refused: /^metrics: right must return a tensor or a number: got a Promise/ },
  ],
  [
    'a loss for each sample',
    () => train({ loss: (o: any, t: any) => crossEntropy(o, t, { reduction: 'none' }) }),
    { refused: /^fit: the loss must be a scalar, as a mean: \[8\]$/ },
  ],
  [
    'a loss of detached outputs',
    () => train({ loss: (o: any, t: any) => crossEntropy(o.detach(), t) }),
    { refused: /^fit: the loss: nothing to differentiate/ },
  ],
  [
    'a loss that returns its number',
    () => train({ loss: (o: any, t: any) => crossEntropy(o, t).itemSync() }),
    { refused: /^fit: the loss: takes a tensor: got number/ },
  ],
  [
    'fit with the checkpoints of another model',
    async () => {
      const checkpoints = memory();
      await train({ checkpoints });
      await train({ checkpoints, epochs: 4 }, mlp({ sizes: [2, 8, 2] }));
    },
    { refused: /^fit: the checkpoint is of another model: misshapen 1\.weight/ },
  ],
  [
    'fit with the checkpoints of other data',
    async () => {
      const checkpoints = memory();
      await train({ checkpoints });
      await train({ checkpoints, epochs: 4 }, net(), classes(24, 2));
    },
    { refused: /^fit: the checkpoint has other settings: the training samples: other values/ },
  ],
  ['two limits of the gradient', () => train({ clip: { norm: 1, value: 1 } }), { refused: /^fit: clip: give one of/ }],
  [
    'fit with a Date among its settings',
    () => train({ settings: { when: new Date() } }),
    { refused: /settings: when: must be plain JSON/ },
  ],

  // Optimizers and what looks into them.
  [
    'multiStep with milestones as shares of the training',
    () => b.multiStep([0.5, 0.75]),
    { refused: /^multiStep: a milestone is a step, not a share: 0\.5; give 0\.5 \* steps$/ },
  ],
  ['multiStep with a milestone between two steps', () => b.multiStep([2.5])(3), { fine: 0.1 }],
  [
    'warmUp with a share of the steps',
    () => b.warmUp(0.1),
    { refused: /^warmUp: steps must be a positive integer: 0\.1/ },
  ],
  [
    'oneCycle with a rise in percent',
    () => b.oneCycle(1000, 30),
    { refused: /^oneCycle: rise must lie in \(0, 1\): 30/ },
  ],
  [
    'Muon with a misspelt name in its rest',
    () => new b.Muon(net().namedParameters(), { rest: [Adam, {}, ['haed']] }),
    { refused: /^Muon: rest names no parameter: string "haed"/ },
  ],
  [
    "evaluate with ScheduleFreeAdamW's weights for training",
    async () => {
      const model = net();
      stepped(model, free(model), 3);
      await evaluate(model, classes());
    },
    {
      warned:
        /^evaluate: the model has the weights for training, not the average of ScheduleFreeAdamW; call optimizer\.eval/,
    },
  ],
  [
    "predict with ScheduleFreeAdamW's weights for training",
    async () => {
      const model = net();
      stepped(model, free(model), 3);
      await predictor(model, classes()).predict([[1, 2]]);
    },
    { warned: /^predict: the model has the weights for training, not the average of ScheduleFreeAdamW/ },
  ],
  [
    "evaluate and predict with ScheduleFreeAdamW's average",
    async () => {
      const model = net();
      const { optimizer } = stepped(model, free(model), 3);
      await evaluate(model, classes(), { optimizer });
      optimizer.eval();
      await evaluate(model, classes());
      await train({ optimizer: free(model) }, model);
      await predictor(model, classes()).predict([[1, 2]]);
    },
    { fine: undefined },
  ],
  [
    'two averages',
    () => {
      const model = net();
      return train({ optimizer: free(model), callbacks: [b.averageWeights()] }, model);
    },
    { refused: /^fit: two averages: averageWeights and ScheduleFreeAdamW/ },
  ],
  [
    'zeroGrad between backward and step',
    () => {
      const model = net();
      const optimizer = adam(model);
      lossOf(model).backward();
      optimizer.zeroGrad();
      optimizer.step();
    },
    { refused: /^Adam: nothing to step: no parameter has a gradient: call backward\(\) first/ },
  ],
  [
    'inspect with the name of a parameter',
    () => stepped().optimizer.inspect('1.weight'),
    { refused: /^Adam: nothing to inspect: string "1\.weight" not stepped yet$/ },
  ],
  [
    'take() of a Recorder twice for the same step',
    async () => {
      const { model, optimizer } = stepped();
      let visits = 0;
      const recorder = new b.Recorder(optimizer, { visit: () => visits++ });
      const taken = [await recorder.take(), await recorder.take()];
      stepped(model, optimizer);
      taken.push(await recorder.take());
      return [taken, recorder.rows.length, visits];
    },
    { fine: [[true, false, true], 8, 8] },
  ],
  [
    'take() of a Recorder for a step that is repeated from an earlier state',
    async () => {
      const { model, optimizer } = stepped();
      const { tensors, meta } = optimizer.stateDict();
      const state = { tensors: Object.fromEntries(Object.entries(tensors).map(([k, t]: any) => [k, t.clone()])), meta };
      const recorder = new b.Recorder(optimizer);
      stepped(model, optimizer);
      await recorder.take();
      optimizer.loadStateDict(state);
      stepped(model, optimizer);
      return [await recorder.take(), recorder.rows.map((row: any) => row.step)];
    },
    { fine: [true, [2, 2, 2, 2, 2, 2, 2, 2]] },
  ],
  [
    'a Recorder whose layers select no parameter',
    () => new b.Recorder(stepped().optimizer, { layers: (name: string) => name === 'fc9' }).take(),
    { refused: /^Recorder: layers selects no parameter: one of 1\.weight, 1\.bias, 3\.weight, 3\.bias$/ },
  ],
  [
    'a Recorder whose bins are rates in place of powers of ten',
    () => new b.Recorder(adam(net()), { bins: { from: 1e-6, to: 1, perDecade: 5 } }),
    { refused: /^Recorder: bins: from and to are powers of ten: 0\.000001; 1e-6 is -6$/ },
  ],
  [
    'a Recorder with quantiles in percent',
    () => new b.Recorder(adam(net()), { quantiles: [25] }),
    { refused: /quantiles must be between 0 and 1/ },
  ],
  [
    'regret of an optimizer in place of its class',
    () => regret(online.cycle(), adam(net()), 9),
    { refused: /pass a class, as AdaBound/ },
  ],
  [
    'gradcheck of a function that is not finite',
    () => b.gradcheck((x: any) => x.log(), [tensor([-1, 2], { dtype: 'float64' })]),
    { refused: /^gradcheck: fn is not finite for these inputs: NaN; take others$/ },
  ],
  [
    'a custom operation whose gradient has another shape',
    () =>
      b
        .customOp(
          'twice',
          (x: any) => x.mul(2),
          (g: any) => [g.sum()],
        )(leaf())
        .sum()
        .backward(),
    { refused: /^twice: its vjp returned float32 \(\) for an input of float32 \(1,2\)/ },
  ],
  [
    'predict of a DataLoader',
    () => predictor(net(), classes()).predict(load(classes())),
    { refused: /^predict: samples: got a _?DataLoader; give a list of samples/ },
  ],
  [
    'predict of a data set',
    () => predictor(net(), classes()).predict(classes()),
    {
      refused: /^predict: samples: got a _?TensorDataset; give raw samples, or the inputs of a batch with \{ prepared/,
    },
  ],

  // Tables.
  [
    'a file without a header, with texts',
    () => csv('1.5,Rome\n2.5,Rome\n3.5,Oslo', { target: '1.5' }),
    { refused: /^csv: the first row holds values: 'Rome' is in other rows too; it must be the names of the columns$/ },
  ],
  [
    'two files with headers, joined',
    () => csv('city,kind\nRome,a\ncity,kind\nOslo,b', { target: 'kind' }),
    { refused: /^csv: row 3 repeats the header; remove it: were files with headers joined\?$/ },
  ],
  [
    'a table with one value to predict in all rows',
    () => csv(`a,price\n${list(12, (i) => `${i * i + 0.5},5.5`).join('\n')}`, { target: 'price' }),
    { warned: /^csv: 'price' is '5\.5' in each row: there is nothing to predict$/ },
  ],
  [
    'dates as categories',
    () => csv(`day,y\n${list(12, (i) => `2024-01-${10 + (i % 4)},${i * i}`).join('\n')}`, { target: 'y' }),
    {
      warned: /^csv: 'day' holds dates that are read as categories: '2024-01-10'; write days as numbers/,
    },
  ],

  // Masks, random numbers, sweeps, and newer optimizers.
  [
    'attention with a mask of 0 and 1 as numbers',
    () => {
      const [layer, x, mask] = [
        new b.MultiheadAttention(4, 2, { batchFirst: true }),
        randn([1, 3, 4]),
        b.tril(b.ones([3, 3])),
      ];
      layer.forward(x, x, x, { mask });
      layer.forward(x, x, x, { mask });
    },
    {
      warned:
        /^MultiheadAttention: mask: 0 and 1 as numbers are added to the scores; mask\.greater\(0\) is bool[^\n]*$/,
    },
  ],
  [
    'attention with masks of numbers that are meant to be added to the scores',
    () => {
      const q = randn([1, 3, 4]);
      for (const mask of [b.zeros([3, 3]), randn([3, 3]), tensor([0, -Infinity, 0])])
        b.scaledDotProductAttention(q, q, q, { mask });
    },
    { fine: undefined },
  ],
  [
    'a tensor without requiresGrad in a field of a module',
    () => {
      const model: any = new Headed();
      model.factor = b.ones([2]);
      return train({}, model);
    },
    {
      warned: /^fit: not trained: factor: give it \{ requiresGrad: true \}, or register/,
    },
  ],
  [
    'a frozen layer, and a buffer',
    () => {
      const model: any = new Headed();
      model.layers[0].requiresGrad(false);
      model.factor = model.registerBuffer('factor', b.ones([2]));
      return train({}, model).then(() => undefined);
    },
    { fine: undefined },
  ],
  [
    'inputs without an axis of features',
    () =>
      train(
        {},
        mlp({ sizes: [1, 4, 1] }),
        tensorDataset(
          list(24, (i) => i / 3),
          list(24, (i) => [i / 2]),
        ),
      ),
    { refused: /^Flatten: takes \[n, \.\.\]: \(8\); .*unsqueeze\(x, 1\) of 8 numbers$/ },
  ],
  [
    'uniform of a random stream with a range',
    () => new Random(1).stream('a').uniform(0, 10),
    { refused: /^uniform: too many arguments: 2; at most 0$/ },
  ],
  [
    'normal of a random stream with a mean and a deviation',
    () => new Random(1).stream('a').normal(5, 2),
    { refused: /^normal: too many/ },
  ],
  ['randn with the option seed', () => randn([2], { seed: 1 }), { refused: /^randn: unknown option: seed; it has / }],
  [
    'ScheduleFreeAdamW with a share of the steps as its warm-up',
    () => new b.ScheduleFreeAdamW(net().namedParameters(), { warmupSteps: 0.1 }),
    { refused: /^ScheduleFreeAdamW: warmupSteps are steps, not a share: 0\.1; give 0\.1 \* steps$/ },
  ],
  [
    'two betas for Adan',
    () => new b.Adan(net().namedParameters(), { betas: [0.9, 0.999] }),
    { refused: /^Adan: betas must be three, the second a number/ },
  ],
  [
    'AdaBound with a list as its bounds',
    () => new b.AdaBound(net().namedParameters(), { bounds: [0.1, 1] }),
    { refused: /^AdaBound: bounds must be a function that returns \[lo, hi\]/ },
  ],
  [
    'GroupNorm with groups and channels in the wrong order',
    () => new b.GroupNorm(64, 8),
    { refused: /^GroupNorm: numGroups must divide numChannels: 64 and 8/ },
  ],
  [
    'crossEntropy with padding of class -100',
    () => crossEntropy(randn([2, 3]), [0, -100]),
    { refused: /^crossEntropy: no such class: -100/ },
  ],
  [
    'the state of an LSTM for a GRU',
    () => new b.GRU(2, 3).forward(randn([4, 1, 2]), new LSTM(2, 3).forward(randn([4, 1, 2]))[1]),
    { refused: /^GRU: state: takes a tensor: got an array/ },
  ],
  [
    'a parameter that rematerialize reads beside its inputs',
    () => {
      const [w, x] = [tensor([2], { requiresGrad: true }), tensor([3])];
      b.rematerialize((t: any) => t.mul(w), x)
        .sum()
        .backward();
      return w.grad.itemSync();
    },
    { fine: 3 },
  ],
  [
    'textDataset with a text as its vocabulary',
    () => b.textDataset('tick tock'.repeat(9), { context: 4, vocabulary: 'tick o' }),
    { refused: /^textDataset: vocabulary must be a list of names/ },
  ],
  [
    'splitFolds with a share',
    () => b.splitFolds(classes(), 0.2),
    { refused: /^splitFolds: count must be an integer of at least 2/ },
  ],
  [
    'a run of a sweep that returns one score',
    () => sweep({ space: { adam: { lr } }, trials: 1, seeds: 1, run: () => 0.9 as never }),
    { refused: /^sweep: what run returns must be \{ validation, test \}/ },
  ],
  [
    'a sweep with halving of runs of one epoch',
    () => sweep({ space: { adam: { lr } }, halving: 3, run: scores }),
    { refused: /^sweep: halving: no trial can end early: budget is 1; give the epochs of a run as budget$/ },
  ],
  [
    'a sweep that continues with the results of another',
    async () => {
      const done: any[] = [];
      await sweep({
        space: { adam: { lr } },
        trials: 1,
        seeds: 1,
        run: scores,
        onResult: (result) => done.push(result),
      });
      await sweep({ space: { sgdm: { lr } }, trials: 1, seeds: 1, run: scores, done });
    },
    { warned: /^sweep: done: no result is of this sweep: did its space, a seed or a setting change\?$/ },
  ],
  [
    'judge with the worst score in percent',
    async () =>
      judge((await sweep({ space: { adam: { lr } }, trials: 2, seeds: 1, run: scores })).trials, { worst: 10 }),
    { refused: /^judge: worst: 10 is above every score: a run that diverged would be the best; is it in percent\?$/ },
  ],
  [
    'judge with a worst score of 0.1, where every score is 0',
    async () =>
      judge(
        (await sweep({ space: { adam: { lr } }, trials: 2, seeds: 1, run: () => ({ validation: 0, test: 0 }) })).trials,
        {
          worst: 0.1,
        },
      ).seeds,
    { fine: 1 },
  ],
];

testMisuses(test, misuses);

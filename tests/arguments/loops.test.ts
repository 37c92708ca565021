// Misuses in training loops, callbacks, schedules, layers and checkpoints: a callback that does not wait, habits of Keras and PyTorch in the fields
// of a layer, tensors kept in fields, one object for several trainings. They were written down from README, the guides and the declarations
// alone. The calls are not typed, as in JavaScript.
import * as root from '../../index.js';
import { subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, list, memory, net, points, values } from './small.js';

const test = subject('Misuses in loops, callbacks and layers');
const b: any = root;
const { AMSBound, averageWeights, BatchNorm1d, bceWithLogits, clipGradNorm, cosine, DataLoader, Dropout } = b;
const { earlyStopping, evaluate, fit, generate, GRU, keepBest, lenet, Linear, loadModel, lrFinder, LSTM, mlp } = b;
const { Module, ModuleList, mse, multiStep, noGrad, online, parseCheckpoint, parseSafetensors, predictor } = b;
const { randn, Random, reduceOnPlateau, regret, relu, ScheduleFreeAdamW, Sequential, SGDM, Sigmoid } = b;
const { serializeSafetensors, splitFolds, squeeze, stepwise, tensor, tensorDataset, updateBatchNorm, warmUp } = b;

/** Values that `net(1)` can learn. */
const data = (n = 24, seed = 1) => {
  const x = points(n, seed);
  return tensorDataset(
    x,
    x.map(([p, q]) => [p - q]),
  );
};
const load = (set: any, more: object = {}) => new DataLoader(set, { batchSize: 8, shuffle: true, seed: 7, ...more });
/** Trains for two epochs of three steps. */
const train = (model: any, set: any = data(), more: any = {}): Promise<any> =>
  fit(model, { train: load(set), optimizer: more.optimizer ?? adam(model), epochs: 2, ...more });
/** Trains as `train` does, and returns nothing. */
const trains = async (...given: Parameters<typeof train>): Promise<void> => void (await train(...given));
/** Trains with a callback that starts an evaluation and does not wait for it. Waits for it at the end, before the next test begins. */
const unawaited = async (name: string): Promise<void> => {
  let late: unknown;
  const start = (_: any, { model }: any) => {
    late = evaluate(model, values(300));
  };
  try {
    await called({ [name]: start });
  } finally {
    await late;
  }
};
const called = (callback: object) => train(net(1), data(), { callbacks: [callback] });
/** Takes steps by hand. */
const steps = (model: any, optimizer: any = adam(model), n = 3): void => {
  for (let i = 0; i < n; i++) {
    optimizer.zeroGrad();
    model
      .forward(randn([4, 2], { stream: new Random(i).stream('x') }))
      .square()
      .mean()
      .backward();
    optimizer.step();
  }
};
const stepped = (more: object) => {
  const m = net(1);
  const o = adam(m);
  Object.assign(o, more);
  steps(m, o);
};
/** A net of two layers whose hidden features go through `inner`. fields: what else the net holds. */
const own = (inner: (this: any, h: any, x: any) => unknown, fields: () => object = () => ({})): any => {
  class Own extends Module {
    constructor() {
      super();
      const random = new Random(7);
      Object.assign(this, { a: new Linear(2, 8, { random }), b: new Linear(8, 1, { random }) }, fields());
    }
    forward(this: any, x: any) {
      return this.b.forward(inner.call(this, relu(this.a.forward(x)), x));
    }
  }
  return new (Own as any)();
};
/** A class that is no module and holds a layer. */
class Holder {
  constructor(readonly layer: any) {}
}
/** A net with a layer in an object whose class is no module, so that eval() does not reach it. */
const hidden = (layer: any) => {
  const holder = new Holder(layer);
  return own(
    (h) => holder.layer.forward(h),
    () => ({ holder }),
  );
};
const twice = async (model: any, set = data()) => {
  const [p, q] = [await evaluate(model, set), await evaluate(model, set)];
  return p.loss === q.loss;
};

const callbacks: Misuse[] = [
  [
    'an evaluation in onEpoch without await',
    () => unawaited('onEpoch'),
    { refused: /^fit: onEpoch has not awaited evaluate: write await evaluate\(\.\.\)$/ },
  ],
  [
    'an evaluation in onStep without await',
    () => unawaited('onStep'),
    { refused: /^fit: onStep has not awaited evaluate/ },
  ],
  [
    'an evaluation in onEpoch that is awaited',
    () => called({ onEpoch: async (_: any, { model }: any) => await evaluate(model, data()) }).then(() => 0),
    { fine: 0 },
  ],
  [
    'the number of the epoch as the first argument, as in Keras',
    () => called({ onEpoch: (epoch: any) => epoch % 10 === 0 }),
    { refused: /^onEpoch: the first argument is a report, not a number: read report\.epoch$/ },
  ],
  [
    'the first argument of onStep in a text, as if it were the number of the step',
    () => called({ onStep: (step: any) => `step ${step}` }),
    { refused: /^onStep: the first argument is a report, not a number: read report\.step$/ },
  ],
  [
    'figures in the second argument, as in Keras',
    () => called({ onEpoch: (_: any, logs: any) => logs.val_loss }),
    { refused: /^training: val_loss is in the report, the first argument of the callback$/ },
  ],
  [
    'fields of the training in a callback',
    async () => {
      const seen: unknown[] = [];
      await called({ onEpoch: (report: any, t: any) => seen.push(t.epochs, t.steps, t.history.length, report.epoch) });
      return seen;
    },
    { fine: [2, 6, 1, 1, 2, 6, 2, 2] },
  ],
  [
    'model.stopTraining, as in Keras',
    () =>
      called({
        onEpoch(_: any, { model }: any) {
          model.stopTraining = true;
        },
      }),
    { refused: /^fit: model\.stopTraining ends nothing: call stop\(\) of the second argument of onEpoch$/ },
  ],
  [
    'a number of epochs that a callback assigns',
    () =>
      called({
        onEpoch(_: any, training: any) {
          training.epochs = 1;
        },
      }),
    { refused: /^training: epochs cannot be assigned; call stop\(\)$/ },
  ],
  [
    'a callback with a method of Keras',
    () => called({ onEpochEnd: () => 0 }),
    { refused: /^fit: callback 0: never called: onEpochEnd/ },
  ],
  [
    'one keepBest for two models',
    async () => {
      const best = keepBest({ monitor: 'loss' });
      for (const seed of [1, 2]) await train(net(1, seed), data(), { callbacks: [best] });
    },
    { refused: /^fit: callbacks: 'keepBest' has the state of another model's training; make a new one$/ },
  ],
  [
    'one averageWeights for two models',
    async () => {
      const average = averageWeights({ decay: 0.9 });
      for (const seed of [1, 2]) await train(net(1, seed), data(), { callbacks: [average] });
    },
    { refused: /^fit: callbacks: 'averageWeights' has the state of another/ },
  ],
  [
    'a least improvement of 1, meant as one percent, for an accuracy',
    () => earlyStopping({ monitor: 'testAccuracy', minDelta: 1 }),
    { refused: /^earlyStopping: minDelta: an accuracy lies in \[0, 1\]: 1; one percent is 0\.01$/ },
  ],
  [
    'reduceOnPlateau with a lowest lr above the lr',
    () =>
      trains(net(1), data(), { epochs: 6, callbacks: [reduceOnPlateau({ monitor: 'loss', minLr: 0.1, patience: 1 })] }),
    { warned: /^reduceOnPlateau: it never acts: minLr is 0\.1, the lr is 0\.01$/ },
  ],
  [
    'metrics without a test set',
    () => train(net(1), data(), { metrics: { mae: b.l1 } }),
    { refused: /^fit: metrics is given without a test set: pass test$/ },
  ],
  [
    'a metric that is a promise',
    () => train(net(1), data(), { test: data(9), metrics: { mae: async (o: any, y: any) => b.l1(o, y) } }),
    { refused: /^metrics: mae must return a tensor or a number: got a Promise$/ },
  ],
  [
    'the name of a metric as the monitor',
    () => earlyStopping({ monitor: 'mae' }),
    { refused: /^earlyStopping: unknown monitor: mae; one of .*metrics\.NAME$/ },
  ],
];

const trainings: Misuse[] = [
  [
    'a forward of model, x and y',
    () => train(net(1), data(), { forward: (m: any, x: any, y: any) => mse(m.forward(x), y) }),
    { refused: /^fit: forward gets 2 arguments, not 3: write \(model, \[x, y\]\) => loss$/ },
  ],
  [
    'a forward of model, x and y in evaluate',
    () => evaluate(net(1), data(), { forward: (m: any, x: any, y: any) => mse(m.forward(x), y) }),
    { refused: /^evaluate: forward gets 2 arguments, not 3/ },
  ],
  [
    'a loss with the targets first, as in Keras',
    () => train(net(1), data(), { loss: (yTrue: any, yPred: any) => bceWithLogits(yPred, yTrue) }),
    { refused: /^bceWithLogits: only the target requires a gradient: the logits come first$/ },
  ],
  [
    'a loss of a detached output',
    () => train(net(1), data(), { loss: (o: any, y: any) => mse(o.detach(), y) }),
    { refused: /^fit: the loss: nothing to differentiate/ },
  ],
  [
    'fit of one epoch in a loop',
    async () => {
      const [m, loader] = [net(1), load(data())];
      const optimizer = adam(m);
      for (let epoch = 0; epoch < 4; epoch++) await fit(m, { train: loader, optimizer, epochs: 1 });
    },
    {
      warned:
        /^fit: each call shuffles as in the first epoch: give \{ epochs \} once, and callbacks for what is between$/,
    },
  ],
  [
    'two trainings of one epoch, the second of another kind',
    async () => {
      const [m, loader] = [net(1), load(data())];
      const optimizer = adam(m);
      for (const loss of [mse, b.l1]) await fit(m, { train: loader, optimizer, epochs: 1, loss });
    },
    { fine: undefined },
  ],
  [
    'three trainings of one epoch in the stored order',
    async () => {
      const [m, loader] = [net(1), load(data(), { shuffle: false })];
      const optimizer = adam(m);
      for (let epoch = 0; epoch < 3; epoch++) await fit(m, { train: loader, optimizer, epochs: 1 });
    },
    { fine: undefined },
  ],
  [
    'one model for all folds',
    async () => {
      const m = net(1);
      for (const [first, second] of splitFolds(data(), 3)) {
        await train(m, first);
        await evaluate(m, second);
      }
    },
    { warned: /^evaluate: an earlier fit had some of these samples; make a model for each fold$/ },
  ],
  [
    'settings without checkpoints',
    () => train(net(1), data(), { settings: { model: 'mine' } }),
    { refused: /^fit: settings is given without checkpoints; pass checkpoints$/ },
  ],
  [
    'settings where checkpoints may be left out',
    () => trains(net(1), data(), { settings: { model: 'mine' }, checkpoints: undefined }),
    { fine: undefined },
  ],
  [
    'one place of checkpoints for all folds',
    async () => {
      const checkpoints = memory();
      for (const [first] of splitFolds(data(), 3)) await train(net(1), first, { checkpoints, mayBeFinished: true });
    },
    { refused: /^fit: the checkpoint has other settings: the training samples/ },
  ],
  [
    'more epochs for a finished checkpoint, which continues',
    async () => {
      const checkpoints = memory();
      await train(net(1), data(), { checkpoints });
      return (await train(net(1), data(), { checkpoints, epochs: 4 })).step;
    },
    { fine: 12 },
  ],
  [
    'the tensors of a checkpoint as weights',
    async () => {
      const checkpoints = memory();
      await train(net(1), data(), { checkpoints });
      net(1).loadStateDict(parseSafetensors(checkpoints.bytes()).tensors);
    },
    { refused: /^loadStateDict: no name matches: missing 1\.weight/ },
  ],
  [
    'a whole checkpoint as weights',
    async () => {
      const checkpoints = memory();
      await train(net(1), data(), { checkpoints });
      net(1).loadStateDict(parseCheckpoint(checkpoints.bytes()!));
    },
    { refused: /^loadStateDict: takes tensors by name, as stateDict\(\) returns them/ },
  ],
  [
    'a file of weights as a checkpoint',
    async () => loadModel(await serializeSafetensors(net(1).stateDict())),
    { refused: /are these weights alone\? model\.loadStateDict/ },
  ],
  [
    'lrFinder without await',
    async () => {
      const m = net(1);
      const found = lrFinder(m, { train: load(data()), optimizer: adam(m), steps: 5 });
      try {
        await train(m, data(), { optimizer: adam(m, { lr: found.lr }) });
      } finally {
        await found;
      }
    },
    { refused: /^fit: lrFinder of this model is running: await it first$/ },
  ],
  [
    'a last batch of one sample for BatchNorm1d',
    () => train(new Sequential(new Linear(2, 4), new BatchNorm1d(4), new Linear(4, 1)), data(25)),
    { refused: /^BatchNorm1d: one value per channel has no variance: \(1,4\); use a larger batch, dropLast: true/ },
  ],
  [
    'squeeze of a batch of one',
    () => mse(squeeze(randn([1, 1])), tensor([1])),
    { refused: /^mse: shapes differ: \(\)/ },
  ],
  [
    'the fields of a batch by name',
    async () => {
      for await (const { x, y } of load(data()) as any) mse(net(1).forward(x), y);
    },
    { refused: /^Sequential: takes a tensor: got undefined; is a return missing\?$/ },
  ],
  [
    'logits of more classes than the data have',
    () => train(net(3), classes()),
    { refused: /^the model's output must have a logit for each class: \(8,3\) for the 2 classes/ },
  ],
];

const schedules: Misuse[] = [
  [
    'milestones that are epochs in a schedule of fit',
    () => trains(net(1), data(80), { epochs: 10, schedule: () => multiStep([3, 6]) }),
    { warned: /^fit: the schedule is at most 0\.01 from step \d+ of 100 on: is it for epochs\? it counts steps$/ },
  ],
  [
    'milestones in steps in a schedule of fit',
    () => trains(net(1), data(80), { epochs: 10, schedule: (n: number) => multiStep([0.3 * n, 0.6 * n]) }),
    { fine: undefined },
  ],
  [
    'an optimizer with the parameters of another net',
    () => trains(net(1), data(), { optimizer: new SGDM(net(1).parameters()) }),
    { refused: /^fit: the optimizer would not train the model/ },
  ],
  [
    'a schedule of absolute rates',
    () => trains(net(1), data(), { schedule: () => (t: number) => 0.001 * 0.99 ** t }),
    { warned: /^fit: the schedule is at most 0\.00099 in all 6 steps: it is a factor on the lr, not a rate/ },
  ],
  [
    'warmUp itself as the schedule',
    () => train(net(1), data(), { schedule: warmUp }),
    { refused: /^fit: schedule: give \(steps\) => warmUp\(100, cosine\(steps\)\)/ },
  ],
  [
    'stepwise itself as the schedule',
    () => train(net(1), data(), { schedule: stepwise }),
    { refused: /^fit: schedule: give \(steps\)/ },
  ],
  [
    'a warm-up that is longer than the training',
    () => trains(net(1), data(), { schedule: () => warmUp(1000) }),
    { warned: /or a warm-up is too long$/ },
  ],
  [
    'a cosine that was called already',
    () => train(net(1), data(), { schedule: cosine(6) }),
    { refused: /^fit: what schedule returns must be a function: got number/ },
  ],
  [
    'Nesterov without momentum',
    () => new SGDM(net(1).parameters(), { nesterov: true, momentum: 0 }),
    { refused: /^SGDM: nesterov needs the heavy ball/ },
  ],
  [
    'an lr of the optimizer itself',
    () => stepped({ lr: 0.1 }),
    { refused: /^Adam: lr is in a group: assign optimizer\.paramGroups\[0\]\.lr$/ },
  ],
  [
    'a parameter pushed into a group',
    () => adam(net(1)).paramGroups[0].params.push(tensor([1], { requiresGrad: true })),
    { refused: /^Adam: frozen: call addParamGroup$/ },
  ],
  [
    'a single tensor as a group of parameters',
    () => new AMSBound([{ params: net(1).parameters()[0] }]),
    { refused: /^AMSBound: parameters must be a list: got a Tensor/ },
  ],
  [
    'a closure for step, as in PyTorch',
    () => adam(net(1)).step(() => 0),
    { refused: /^Adam: step: too many arguments/ },
  ],
  [
    'clipGradNorm of an optimizer',
    () => clipGradNorm(adam(net(1)), 1),
    { refused: /^clipGradNorm: parameters must be a list/ },
  ],
  [
    'hyper-parameters beside a rule',
    () => regret(online.cycle(), b.Adam.rule(), 9, { hyper: { lr: 1 } }),
    {
      refused:
        /^regret: hyper is for a class: a rule has its own; pass them to its rule\(\), as Adam\.rule\(\{ lr: 0\.1 \}\)$/,
    },
  ],
  [
    'hyper-parameters of a rule that was made with them',
    () => regret(online.cycle(), b.Adam.rule({ lr: 1 }), 9, {}).last.t,
    { fine: 9 },
  ],
  [
    'problem and optimizer exchanged',
    () => regret(b.Adam, online.cycle(), 9),
    { refused: /^regret: the problem must be an object/ },
  ],
];

const layers: Misuse[] = [
  [
    'trainable = false, as in Keras',
    () => {
      const m = net(1);
      m[1].trainable = false;
      return trains(m);
    },
    { warned: /^fit: 1\.trainable = false freezes nothing; call requiresGrad\(false\)$/ },
  ],
  [
    'requires_grad = false of a whole model',
    () => {
      const m = net(1);
      m.requires_grad = false;
      return trains(m);
    },
    { warned: /^fit: model\.requires_grad = false freezes nothing/ },
  ],
  [
    'trainable = false of a layer that is frozen by itself',
    () => {
      const m = net(1);
      m[1].trainable = false;
      m[1].requiresGrad(false);
      return trains(m);
    },
    { fine: undefined },
  ],
  [
    'requiresGrad = false of a layer',
    () => {
      net(1)[1].requiresGrad = false;
    },
    { refused: /^requiresGrad: a method: call it$/ },
  ],
  ['a data set for eval()', () => net(1).eval(data()), { refused: /^eval: too many arguments: 1; at most 0$/ }],
  [
    'a batch in a field',
    () =>
      train(
        own(function (h, x) {
          this.input = x;
          return h;
        }),
      ),
    { refused: /^fit: input: an input of forward in a field counts as a parameter; use a #private field, or keep it/ },
  ],
  [
    'a result in a field',
    () =>
      train(
        own(function (h) {
          this.hidden = h;
          return h;
        }),
      ),
    { refused: /^fit: hidden: a result of forward in a field counts as a parameter/ },
  ],
  [
    'a batch in a field of a model that is only evaluated',
    () =>
      evaluate(
        own(function (h, x) {
          this.input = x;
          return h;
        }),
        data(),
      ).then(() => 0),
    { fine: 0 },
  ],
  [
    'dropout in a class that is no module, in a prediction',
    async () => {
      const m = hidden(new Dropout(0.5));
      await predictor(m, data()).predict([[1, 2]]);
    },
    { warned: /^predict: dropout is active: eval\(\) does not reach it; make the layer in the constructor/ },
  ],
  [
    'batch normalization in a class that is no module, in an evaluation',
    async () => void (await evaluate(hidden(new BatchNorm1d(8, { affine: false })), data())),
    { warned: /^evaluate: batch normalization is active: eval\(\) does not reach it/ },
  ],
  [
    'batch normalization without running statistics in an evaluation',
    () =>
      twice(
        own(
          function (h) {
            return this.norm.forward(h);
          },
          () => ({ norm: new BatchNorm1d(8, { trackRunningStats: false }) }),
        ),
      ),
    { fine: true },
  ],
  [
    'dropout that forward keeps active on purpose',
    async () =>
      void (await evaluate(
        own(
          function (h) {
            return this.drop.train().forward(h);
          },
          () => ({ drop: new Dropout(0.5) }),
        ),
        data(),
      )),
    { fine: undefined },
  ],
  [
    'dropout in a variable outside the module, in a text that is generated',
    async () => {
      const drop = new Dropout(0.5);
      class Tokens extends Module {
        readonly table = new b.Embedding(3, 3);
        forward(x: any) {
          return drop.forward((this as any).table.forward(x));
        }
      }
      await generate(new Tokens() as any, { prompt: [1], length: 2 });
    },
    { warned: /^generate: dropout is active/ },
  ],
  [
    'a normalization in evaluation mode before fit, which stays in it',
    async () => {
      const m = new Sequential(new Linear(2, 4), new BatchNorm1d(4), new Linear(4, 1));
      m[1].eval();
      await train(m);
      return [m[1].training, m[1].numBatchesTracked.itemSync(), m.training];
    },
    { fine: [false, 0, true] },
  ],
  [
    'a model in evaluation mode before fit',
    async () => {
      const m = new Sequential(new Linear(2, 4), new BatchNorm1d(4), new Linear(4, 1)).eval();
      await train(m);
      return m[1].numBatchesTracked.itemSync();
    },
    { fine: 6 },
  ],
  [
    'a part that an earlier evaluation left in evaluation mode',
    () => {
      const encoder = new Sequential(new Linear(2, 4), new Dropout(0.2)).eval();
      noGrad(() => encoder.forward(randn([3, 2])));
      return trains(new Sequential(encoder, new Linear(4, 1)));
    },
    { warned: /^fit: 0 is in evaluation mode and stays in it; call model\.train\(\) unless that is meant$/ },
  ],
  [
    'trackRunningStats = false of a layer that exists',
    () => {
      try {
        new BatchNorm1d(3).trackRunningStats = false;
      } catch (error) {
        return (error as Error).message.includes('trackRunningStats');
      }
    },
    { fine: true },
  ],
  [
    'a forward without return, by hand',
    () => {
      class Mute extends Module {
        readonly layer = new Linear(2, 1);
        forward(x: any) {
          (this as any).layer.forward(x);
        }
      }
      return mse((new Mute() as any).forward(randn([3, 2])), randn([3, 1]));
    },
    { refused: /^mse: takes a tensor: got undefined; is a return missing\?$/ },
  ],
  [
    'an asynchronous forward',
    () => {
      class Late extends Module {
        readonly layer = new Linear(2, 1);
        async forward(x: any) {
          return (this as any).layer.forward(x);
        }
      }
      return train(new Late() as any);
    },
    { refused: /^the output of the model: takes a tensor: got a Promise; await it$/ },
  ],
  [
    'a GRU before another layer in a Sequential',
    () => new Sequential(new GRU(4, 8), new Linear(8, 2)).forward(randn([5, 2, 4])),
    { refused: /^Sequential: module 0 returns a list, which module 1 does not take/ },
  ],
  [
    'a state that is carried on without detach()',
    () => {
      const layer = new LSTM(3, 4);
      let state: any;
      for (let i = 0; i < 2; i++) {
        let y: any;
        [y, state] = layer.forward(randn([5, 2, 3]), state);
        y.mean().backward();
      }
    },
    { refused: /^backward: an earlier backward freed the graph: at lstm; .*detach\(\)$/ },
  ],
  [
    'two modules for a ModuleList',
    () => new ModuleList(new Linear(1, 2), new Linear(2, 1)),
    { refused: /^ModuleList: takes a list/ },
  ],
  [
    'a layer that is replaced after the optimizer was made',
    () => {
      const m = net(2);
      const optimizer = adam(m);
      m[3] = new Linear(6, 1);
      return trains(m, data(), { optimizer });
    },
    { refused: /^fit: the optimizer would not train the model: its 3\.weight is another tensor than the model's/ },
  ],
  [
    'a new last layer in fc, a field that LeNet lacks, while its forward uses fc3',
    () => {
      const m = lenet({ imageSize: 12 });
      m.fc = new Linear(84, 2);
      const set = tensorDataset(
        randn([9, 1, 12, 12]),
        list(9, (i) => i % 2),
        { classes: 2 },
      );
      return train(m, set);
    },
    { refused: /^the model's output must have a logit for each class: \(8,10\) for the 2 classes/ },
  ],
  [
    'a sigmoid at the end, and values that it cannot reach',
    () => trains(new Sequential(net(1), new Sigmoid()), data()),
    { warned: /^fit: the outputs are made by sigmoid, so that they cannot be/ },
  ],
  [
    'the best weights as references',
    async () => {
      const m = net(1);
      const best = m.stateDict();
      await train(m);
      m.loadStateDict(best);
    },
    { refused: /^loadStateDict: the tensors are its own, changed by training; keep clones$/ },
  ],
  [
    'an evaluation with the weights for training of ScheduleFreeAdamW',
    async () => {
      const m = net(1);
      steps(m, new ScheduleFreeAdamW(m.parameters()));
      await evaluate(m, data());
    },
    { warned: /call optimizer\.eval\(\) first$/ },
  ],
  [
    'a step written with assign and a tensor',
    () => {
      const m = net(1);
      m.forward(randn([3, 2]))
        .mean()
        .backward();
      noGrad(() => {
        for (const p of m.parameters()) p.assign(p.sub(p.grad));
      });
    },
    { refused: /^assign: takes a number or a flat list of numbers: got a Tensor/ },
  ],
  [
    'a model that is converted to float64 after the optimizer was made',
    () => {
      const m = net(1);
      const optimizer = adam(m);
      return trains(m.toDType('float64'), data(), { optimizer });
    },
    { refused: /^fit: the optimizer would not train the model/ },
  ],
];

/** Whether reactive() of Vue wraps a value. Vue decides by the name that Object.prototype.toString gives. It also wraps maps and sets; the
 *  values here are neither. */
const isWrapped = (value: unknown) => ['Object', 'Array'].includes(Object.prototype.toString.call(value).slice(8, -1));

const others: Misuse[] = [
  [
    'a model, a layer and a predictor in reactive() of Vue, which wraps none of them',
    () => {
      const m = net(1);
      return [m, m[1], predictor(m, data()), {}].map(isWrapped);
    },
    { fine: [false, false, false, true] },
  ],
  [
    'updateBatchNorm with a data set',
    () => updateBatchNorm(mlp({ sizes: [2, 1] }), data()),
    { refused: /^updateBatchNorm/ },
  ],
];

testMisuses(test, [...callbacks, ...trainings, ...schedules, ...layers, ...others]);

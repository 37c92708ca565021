// Misuses of everyday programs, some of each part of the library: a schedule in epochs, a last layer that cannot give the targets, sums as losses,
// layers made in forward, one callback for two trainings. They were written down from README, the guides and the names of exports alone. The
// calls are not typed, as in JavaScript.
import * as root from '../../index.js';
import { subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, list, net, points, values } from './small.js';

const test = subject('Everyday misuses');
const b: any = root;
const { accuracy, averageWeights, bceWithLogits, concat, crossEntropy, csv, customOp, DataLoader, Dropout } = b;
const { earlyStopping, evaluate, fit, free, generate, grad, gradcheck, huber, keepBest, l1, Linear, LSTM } = b;
const { mapDataset, mlp, Module, mse, multiStep, noGrad, ones, op, optimizer, parseSafetensors, predictor } = b;
const { rand, randn, Random, reduceOnPlateau, ReLU, scope, seed, Sequential, serializeSafetensors, SGDM } = b;
const { Sigmoid, Softmax, Softplus, splitDataset, standardize, subset, Tanh, tensor, tensorDataset, textDataset } = b;

const load = (data: any, more: object = {}) => new DataLoader(data, { batchSize: 8, shuffle: true, seed: 7, ...more });
/** Trains for an epoch of three steps. Returns nothing. */
const train = async (model: any, data: any, more: object = {}): Promise<void> => {
  await fit(model, { train: load(data), optimizer: adam(model), epochs: 1, ...more });
};
/** Values of both signs, of the size of a net's outputs. */
const small = (n = 24) => {
  const x = points(n, 1);
  return tensorDataset(
    x,
    x.map(([p, q]) => [p - q]),
  );
};
const parameter = () => ones([2], { requiresGrad: true });
const stepped = (rule: unknown) => {
  const w = parameter();
  const Own = optimizer({ title: 'Own', about: 'a rule of a program', defaults: { lr: 0.1 }, rule });
  const o = new Own([w]);
  w.sum().backward();
  o.step();
};
const rule = { rate: 0.1, beta1: 0, ingest: 1, beta2: null, corrected: 'none', eps: 0, bounds: free };
/** A custom net with one layer, this forward, and these fields. */
const own = (forward: (this: any, x: any) => unknown, fields: () => object = () => ({})): any => {
  class Own extends Module {
    constructor() {
      super();
      Object.assign(this, { layer: new Linear(2, 1) }, fields());
    }
  }
  Own.prototype.forward = forward as never;
  return new (Own as any)();
};
const asList = (x: any) => [...x.dataSync()];

const tensors: Misuse[] = [
  ['a number assigned to an element of a tensor', () => (ones([2])[0] = 5), { refused: /^t\[0\]: use assign\(\)$/ }],
  [
    'a loss without await, compared with a number',
    () => tensor(3).item() < 5,
    { refused: /^item: a promise: await it$/ },
  ],
  [
    'a tensor compared with another by <',
    () => tensor([1]) < tensor([2]),
    { refused: /^Tensor: not a number: call t\.mul\(2\)/ },
  ],
  [
    'a sum of a tensor and a number, which is a text',
    () => ones([1]).add(tensor([1]) + 1),
    { refused: /^add: takes tensors, or a tensor and a number: got a Tensor and string/ },
  ],
  [
    'sum with keepdim by position',
    () => ones([2, 3]).sum(1, true),
    { refused: /^sum: options are an object of keepdim/ },
  ],
  ['the mean of integers', () => b.arange(4).mean().itemSync(), { fine: 1.5 }],
  ['half of integers', () => asList(tensor([1, 2], { dtype: 'int32' }).div(2)), { fine: [0.5, 1] }],
  ['randn with sizes one by one', () => randn(3, 4), { refused: /^randn: options are an object of dtype/ }],
  [
    'linspace with a step in place of a count',
    () => b.linspace(0, 1, 0.1),
    { refused: /^linspace: count must be an integer/ },
  ],
  [
    'a change of the array that a tensor was made of',
    () => {
      const values = new Float32Array([1, 2]);
      const t = tensor(values);
      values[0] = 9;
      return asList(t);
    },
    { fine: [1, 2] },
  ],
  [
    'values read before a step, which are a copy',
    () => {
      const w = parameter();
      const before = w.dataSync();
      const o = new SGDM([w], { lr: 1 });
      w.sum().backward();
      o.step();
      return [...before];
    },
    { fine: [1, 1] },
  ],
  ['concat with tensors one by one', () => concat(ones([2]), ones([2])), { refused: /^concat: takes a list/ }],
  [
    'a result pushed out of its scope',
    () => {
      const kept: any[] = [];
      scope(() => {
        kept.push(ones([2]).mul(2));
      });
      return kept[0].add(1);
    },
    { refused: /^add: the tensor \(2\) was freed: its scope has closed; keep\(t\) inside the scope/ },
  ],
  [
    'a model made inside a scope',
    () => {
      const { model } = scope(() => ({ model: net() }));
      return model.forward(ones([1, 2])).shape;
    },
    { fine: [1, 2] },
  ],
];

const gradients: Misuse[] = [
  [
    'a parameter that is scaled when it is made',
    () => new SGDM([randn([2], { requiresGrad: true }).mul(0.1)]),
    {
      refused: /^SGDM: parameter 0\.0: not a leaf: an operation made it$/,
    },
  ],
  [
    'the gradient of weights that a subtraction replaced',
    () => {
      let w = parameter();
      for (let i = 0; i < 2; i++) {
        w.sum().backward();
        if (w.grad) w = w.sub(w.grad.mul(0.1));
      }
    },
    { warned: /^grad: not a leaf: an operation made this tensor; call retainGrad\(\) first$/ },
  ],
  [
    'noGrad of an asynchronous function',
    () => noGrad(async () => 1),
    { refused: /^noGrad: the function returned a p/ },
  ],
  ['grad of a function, as in jax', () => grad((x: any) => x.sum())(ones([2])), { refused: /^grad: takes a tensor/ }],
  [
    'a custom operation whose gradient is not summed over the axis that it broadcasts',
    () => {
      const product = customOp(
        'product',
        (x: any, y: any) => x.mul(y),
        (g: any, [x, y]: any) => [g.mul(y), g.mul(x)],
      );
      const y = parameter();
      product(ones([3, 2]), y)
        .sum()
        .backward();
    },
    { refused: /^product: its vjp returned float32 \(3,2\) for an input of float32 \(2\)$/ },
  ],
  [
    'a custom operation whose loop ignores the offset of a view',
    () => {
      const twice = op({
        name: 'twice',
        args: (x: any) => [[x], {}],
        shape: ([x]: any) => [x],
        loop([y]: any, [x]: any) {
          for (let i = 0; i < y.data.length; i++) y.data[i] = 2 * x.data[i];
        },
        vjp: ([g]: any) => [() => g.mul(2)],
      });
      return asList(twice(tensor([1, 2, 3, 4]).slice([[2, 4]])));
    },
    { fine: [6, 8] },
  ],
  [
    'gradcheck of float32',
    () => gradcheck((x: any) => x.sum(), [rand([3])]),
    { refused: /^gradcheck: inputs must be f/ },
  ],
  [
    'gradcheck with a result in place of a function',
    () => gradcheck(rand([3]), [rand([3])]),
    { refused: /^gradcheck: fn must be a function/ },
  ],
  [
    'assign to a leaf between its loss and backward',
    () => {
      const w = parameter();
      const loss = w.square().sum();
      w.assign([5, 5]);
      loss.backward();
    },
    { refused: /^assign: a leaf that requires a gradient is recorded; write inside noGrad$/ },
  ],
  [
    'a loss given to step',
    () => new SGDM([parameter()]).step(ones([])),
    { refused: /^SGDM: step: too many arguments/ },
  ],
  [
    'backward with retainGraph by position',
    () => parameter().sum().backward(true),
    { refused: /^backward: options are an object/ },
  ],
  [
    'clipGradNorm before backward',
    () => b.clipGradNorm(net().parameters(), 1),
    { refused: /^clipGradNorm: no parameter has/ },
  ],
  [
    'lr assigned to an optimizer, not to its group',
    () => {
      const w = parameter();
      const o = new SGDM([w]);
      o.lr = 0.5;
      w.sum().backward();
      o.step();
    },
    { refused: /^SGDM: lr is in a group: assign optimizer\.paramGroups\[0\]\.lr$/ },
  ],
  [
    'gradients of several batches for one step',
    () => {
      const model = net();
      const o = adam(model);
      for (let i = 0; i < 3; i++) {
        o.zeroGrad();
        for (let k = 0; k < 2; k++)
          model
            .forward(ones([1, 2]))
            .sum()
            .div(2)
            .backward();
        o.step();
      }
    },
    { fine: undefined },
  ],
];

const modules: Misuse[] = [
  [
    'a list of layers in the field children',
    () =>
      own(
        (x) => x,
        () => ({ children: [new Linear(2, 1)] }),
      ),
    {
      refused: /^children: a method: call it$/,
    },
  ],
  [
    'an empty list in the field parameters',
    () =>
      own(
        (x) => x,
        () => ({ parameters: [] }),
      ),
    {
      refused: /^parameters: a method: call it$/,
    },
  ],
  [
    'an object in the field stateDict',
    () =>
      own(
        (x) => x,
        () => ({ stateDict: {} }),
      ),
    { refused: /^stateDict: a method/ },
  ],
  [
    'a layer in the field forward',
    () =>
      train(
        own(
          (x) => x,
          () => ({ forward: new Linear(2, 1) }),
        ),
        small(),
      ),
    {
      refused: /^forward: Module has this name; rename the field$/,
    },
  ],
  [
    'layers in a Set',
    () =>
      own(
        (x) => x,
        () => ({ more: new Set([new Linear(1, 1)]) }),
      ).namedParameters().length,
    { fine: 4 },
  ],
  [
    'an asynchronous forward',
    () =>
      train(
        own(async (x) => x),
        small(),
      ),
    { refused: /^the output of the model: .* await it$/ },
  ],
  [
    'a forward without a return',
    () =>
      train(
        own(() => undefined),
        small(),
      ),
    { refused: /a return is missing in its f/ },
  ],
  [
    'dropout that is made in forward',
    async () => {
      const model = own(function (x) {
        return new Dropout(0.5).forward(this.layer.forward(x));
      });
      await train(model, small());
      for (let i = 0; i < 2; i++) await evaluate(model, small());
    },
    { warned: /^evaluate: dropout is active: eval\(\) does not reach it; make the layer in the constructor/ },
  ],
  [
    'dropout that forward keeps in training mode',
    async () => {
      const model = own(
        function (x) {
          return this.drop.train().forward(this.layer.forward(x));
        },
        () => ({ drop: new Dropout(0.5) }),
      );
      await evaluate(model, small());
    },
    { fine: undefined },
  ],
  [
    'batch normalization that is made in forward',
    async () => {
      const model = own(function (x) {
        return new b.BatchNorm1d(1).forward(this.layer.forward(x));
      });
      await train(model, small());
    },
    { warned: /^Adam: parameters that no optimizer has are not trained: \(1\),\(1\); is the layer #private or new\?$/ },
  ],
  [
    'false assigned to the field training of a model',
    () => {
      const model = new Sequential(new Linear(2, 1), new Dropout());
      model.training = false;
      return model[1].training;
    },
    { fine: false },
  ],
  [
    'a recurrent layer in a Sequential',
    () => train(new Sequential(new LSTM(2, 4), new Linear(4, 1)), small()),
    {
      refused: /^LSTM: takes x \[steps,batch,2\] with at least one step: \(8,2\)$/,
    },
  ],
  [
    'a recurrent state that is carried over without detach',
    () => {
      const lstm = new LSTM(3, 4);
      let state: any;
      for (let i = 0; i < 2; i++) {
        const [y, next] = lstm.forward(ones([2, 1, 3]), state);
        y.sum().backward();
        state = next;
      }
    },
    { refused: /^backward: an earlier backward freed the graph: at lstm; pass it \{ retainGraph: true \}, or detach/ },
  ],
  [
    'mlp with a function of a tensor as its activation',
    () => mlp({ sizes: [2, 3, 1], activation: (x: any) => x.tanh() }),
    {
      refused: /^mlp: activation must return a module, such as \(\) => new Tanh\(\): got function activation$/,
    },
  ],
  [
    'summary with the shape of a batch',
    () => b.summary(net(), [8, 2]),
    { refused: /^linear: .*; summary adds the batch axis: without it the shape is \[2\]$/ },
  ],
  [
    'one activation for all layers',
    () => {
      const layer = new ReLU();
      return mlp({ sizes: [2, 3, 3, 1], activation: () => layer }).forward(ones([1, 2])).shape;
    },
    { fine: [1, 1] },
  ],
];

const ended = (layer: unknown, outputs = 1) => new Sequential(new Linear(2, outputs), layer as any);
const outputs: Misuse[] = [
  [
    'a relu at the end, and values below 0',
    () => train(ended(new ReLU()), small()),
    {
      warned: /^fit: the outputs are made by relu, so that they cannot be -[\d.]+, a value of the data; leave it out$/,
    },
  ],
  [
    'a sigmoid at the end, and values above 1',
    () => train(ended(new Sigmoid()), small()),
    {
      warned: /^fit: the outputs are made by sigmoid, so that they cannot be /,
    },
  ],
  [
    'a tanh at the end, and values beyond 1, with a given loss',
    () => train(ended(new Tanh()), small(), { loss: (y: any, t: any) => huber(y, t) }),
    {
      warned: /^fit: the outputs are made by tanh, so that they cannot be /,
    },
  ],
  [
    'a sigmoid at the end, which the loss scales',
    () => {
      const loss = (y: any, t: any) => mse(y.mul(20).sub(10), t);
      return train(ended(new Sigmoid()), small(), { loss });
    },
    { fine: undefined },
  ],
  [
    'a sigmoid at the end, and values between 0 and 1',
    () => {
      const x = points(24, 1);
      const shares = tensorDataset(
        x,
        x.map(([p]) => [1 / (1 + Math.exp(-p))]),
      );
      return train(ended(new Sigmoid()), shares);
    },
    { fine: undefined },
  ],
  [
    'a softplus at the end, and positive values',
    () => {
      const x = points(24, 1);
      return train(
        ended(new Softplus()),
        tensorDataset(
          x,
          x.map(([p]) => [Math.abs(p)]),
        ),
      );
    },
    { fine: undefined },
  ],
  [
    'a relu at the end, and classes',
    () => train(ended(new ReLU(), 2), classes()),
    {
      warned: /^fit: the outputs are made by relu: logits can be any numbers; leave it out$/,
    },
  ],
  [
    'a softmax at the end, and classes',
    () => train(ended(new Softmax(1), 2), classes()),
    {
      refused: /^crossEntropy: takes logits: leave softmax out$/,
    },
  ],
  [
    'a softmax at the end, with a small number added',
    () => {
      const model = own(
        function (x) {
          return this.more.forward(x).softmax(1).add(1e-9);
        },
        () => ({ layer: null, more: new Linear(2, 2) }),
      );
      return train(model, classes());
    },
    { warned: /^fit: the outputs are probabilities; return logits$/ },
  ],
  [
    'inputs in the millions',
    () => {
      const x = points(24, 1);
      return train(
        net(1),
        tensorDataset(
          x.map((p) => p.map((v) => 1e6 * v)),
          x.map(([p]) => [p]),
        ),
      );
    },
    { warned: /^fit: the outputs are about \d+, the values \d*\.?\d+: are the (data|inputs) standardized\?$/ },
  ],
  [
    'values in the millions',
    () => {
      const x = points(24, 1);
      return train(
        net(1),
        tensorDataset(
          x,
          x.map(([p]) => [1e6 * p]),
        ),
      );
    },
    { warned: /^fit: the outputs are about [\d.]+, the values 1000000: are the (data|inputs) standardized\?$/ },
  ],
  [
    'inputs in the millions, and classes',
    () => {
      const x = points(24, 1);
      const set = tensorDataset(
        x.map((p) => p.map((v) => 1e6 * v)),
        x.map(([p]) => (p > 0 ? 1 : 0)),
        { classes: 2 },
      );
      return train(net(), set);
    },
    { warned: /^fit: the outputs are about \d+: are the (data|inputs) standardized\?$/ },
  ],
  [
    'inputs and values in the millions, standardized',
    () => {
      const x = points(24, 1);
      return train(
        net(1),
        standardize(
          tensorDataset(
            x.map((p) => p.map((v) => 1e6 * v)),
            x.map(([p, q]) => [1e6 * (p - q)]),
          ),
        ),
      );
    },
    { fine: undefined },
  ],
  ['values in the hundreds', () => train(net(1), values()), { fine: undefined }],
];

const losses: Misuse[] = [
  [
    'a loss that is a sum, in evaluate',
    () => evaluate(net(1), small(), { loss: (y: any, t: any) => mse(y, t, { reduction: 'sum' }) }),
    {
      warned: /^evaluate: the loss is a sum over the batch; return the mean$/,
    },
  ],
  [
    'a metric that is a sum',
    () => evaluate(net(1), small(), { metrics: { mae: (y: any, t: any) => y.sub(t).abs().sum() } }),
    {
      warned: /^metrics: mae is a sum over the batch; return the mean$/,
    },
  ],
  [
    'a metric that counts right answers',
    () => {
      const right = (y: any, t: any) => y.argMax(1).equal(t).sum();
      return evaluate(net(), classes(), { metrics: { right } });
    },
    { warned: /^metrics: right is a sum over the batch/ },
  ],
  [
    'metrics that are means, a maximum, and a value of each sample',
    () => {
      const largest = (y: any, t: any) => y.sub(t).abs().max();
      const each = (y: any, t: any) => y.sub(t).abs().flatten(0);
      return evaluate(net(1), small(), { metrics: { l1, mse, largest, each } }).then(() => undefined);
    },
    { fine: undefined },
  ],
  [
    'a metric that is infinite, which is no sum',
    () => {
      const ratio = (y: any, t: any) => y.sub(t).abs().mean().div(0);
      return evaluate(net(1), small(), { metrics: { ratio } }).then(() => undefined);
    },
    { fine: undefined },
  ],
  [
    'bceWithLogits with the targets first',
    () => bceWithLogits(tensor([0, 1]), parameter().mul(0.5)),
    {
      refused: /^bceWithLogits: only the target requires a gradient: the logits come first$/,
    },
  ],
  [
    'bceWithLogits with the targets first, and logits without a gradient',
    () => bceWithLogits(tensor([0, 1]), tensor([2.5, -1])),
    {
      refused: /^bceWithLogits: a target must be within \[0, 1\]: 2\.5$/,
    },
  ],
  [
    'accuracy of one logit for each sample',
    () => accuracy(randn([4, 1]), [0, 1, 1, 0]),
    {
      refused: /^accuracy: one class: \(4,1\); for single logits compare x\.greater\(0\)$/,
    },
  ],
  [
    'crossEntropy with the classes first',
    () => crossEntropy(tensor([0, 1], { dtype: 'int32' }), randn([2, 3])),
    {
      refused: /^crossEntropy: logits must be \[n, c\]/,
    },
  ],
  [
    'evaluate with the data first',
    () => evaluate(small(), net(1)),
    { refused: /^evaluate: takes a model: got a TensorDataset/ },
  ],
];

const trainings: Misuse[] = [
  [
    'milestones counted in epochs, which have eight steps',
    () => {
      const model = net(1);
      const schedule = multiStep([3, 6]);
      return train(model, small(64), { epochs: 9, optimizer: adam(model, { schedule }) });
    },
    { warned: /^fit: the schedule is at most 0\.01 from step 9 of 72 on: is it for epochs\? it counts steps$/ },
  ],
  [
    'two trainings with one optimizer and a schedule of fit',
    async () => {
      const model = net(1);
      const optimizer = adam(model);
      const losses: number[] = [];
      for (let i = 0; i < 2; i++) {
        const { epochs } = await fit(model, {
          train: load(small()),
          optimizer,
          epochs: 2,
          schedule: (n: number) => b.cosine(n),
        });
        losses.push(epochs[0].loss, epochs[1].loss);
      }
      return losses.every((loss, i) => i === 0 || loss < losses[i - 1]);
    },
    { fine: true },
  ],
  [
    'one earlyStopping for two trainings',
    async () => {
      const callbacks = [earlyStopping({ monitor: 'loss', patience: 2 })];
      await train(net(1), small(), { epochs: 8, callbacks });
      const model = net(1);
      const more = { train: load(values()), optimizer: adam(model), epochs: 4, callbacks };
      return (await fit(model, more)).outcome;
    },
    { fine: 'finished' },
  ],
  [
    'one keepBest for two models',
    async () => {
      const callbacks = [keepBest({ monitor: 'loss' })];
      for (const model of [net(1), net(1)]) await train(model, small(), { callbacks });
    },
    { refused: /^fit: callbacks: 'keepBest' has the state of another model's training; make a new one$/ },
  ],
  [
    'averageWeights with a decay near 0',
    () => averageWeights({ decay: 0.01 }),
    {
      warned:
        /^averageWeights: decay 0\.01 is the weight of the old average, not of the newest weights; give 1 - decay$/,
    },
  ],
  [
    'averageWeights with a decay of 0.5, and of 0',
    () => [0.5, 0].forEach((decay) => averageWeights({ decay })),
    { fine: undefined },
  ],
  [
    'reduceOnPlateau with the patience of earlyStopping',
    () => {
      const callbacks = [
        reduceOnPlateau({ monitor: 'loss', patience: 5 }),
        earlyStopping({ monitor: 'loss', patience: 5 }),
      ];
      return train(net(1), small(), { epochs: 8, callbacks });
    },
    { warned: /^reduceOnPlateau: it never acts: patience is 5, and earlyStopping ends the training after 5$/ },
  ],
  [
    'reduceOnPlateau with the patience of earlyStopping, but another monitor',
    () => {
      const [first, second] = splitDataset(small(), 0.7, { seed: 1 });
      const callbacks = [reduceOnPlateau({ monitor: 'loss', patience: 5 }), earlyStopping({ patience: 5 })];
      return train(net(1), first, { test: second, epochs: 8, callbacks });
    },
    { fine: undefined },
  ],
  [
    'reduceOnPlateau with a shorter patience than earlyStopping',
    () => {
      const callbacks = [
        reduceOnPlateau({ monitor: 'loss', patience: 2 }),
        earlyStopping({ monitor: 'loss', patience: 5 }),
      ];
      return train(net(1), small(), { epochs: 8, callbacks });
    },
    { fine: undefined },
  ],
  [
    'the training set as test set',
    () => {
      const set = small();
      return train(net(1), set, { test: set });
    },
    { fine: undefined },
  ],
  [
    'an evaluation while fit runs',
    async () => {
      const model = net(1);
      const running = train(model, small());
      try {
        await evaluate(model, small());
      } finally {
        await running;
      }
    },
    { refused: /^evaluate: fit of this model is running: await it first$/ },
  ],
  [
    'the tensors of a state dict as parameters',
    async () => {
      const model = net(1);
      const before = asList(model.parameters()[1]);
      await train(model, small(), { optimizer: new b.Adam(Object.values(model.stateDict())) });
      return asList(model.parameters()[1]).every((v, i) => v !== before[i]);
    },
    { fine: true },
  ],
  [
    'AdaDelta with a rate of Adam',
    () => new b.AdaDelta([parameter()], { lr: 1e-3 }),
    {
      warned: /^AdaDelta: lr 0\.001 is a factor on the rate that it estimates; leave it at 1$/,
    },
  ],
  [
    'a custom rule with a misspelt part',
    () => stepped(() => ({ ...rule, weightdecay: 0.1 })),
    {
      refused: /^Own: optimizer: unknown option: weightdecay; .*did you mean weightDecay\?$/,
    },
  ],
  ['a custom rule with all of its parts', () => stepped(() => ({ ...rule, weightDecay: 0.1 })), { fine: undefined }],
  [
    'a rule in place of the function that returns it',
    () => stepped(rule),
    { refused: /^optimizer: rule must be a function/ },
  ],
  [
    'a controller in place of its signal',
    () => train(net(1), small(), { signal: new AbortController() }),
    {
      refused: /^fit: signal must be an AbortSignal: got an AbortController; give controller\.signal$/,
    },
  ],
  [
    'fit with the option validationSplit, as in Keras',
    () => train(net(1), small(), { validationSplit: 0.2 }),
    { refused: /^fit: unknown option/ },
  ],
];

const CLOCK = 'tick tock\n'.repeat(12);
/** A table whose categories are these. */
const table = (...cities: string[]) =>
  csv(
    `size,city,price\n${list(12, (i) => `${(7 * i) % 11},${cities[i % cities.length]},${(5 * i) % 13}`).join('\n')}`,
    {
      target: 'price',
    },
  );
const data: Misuse[] = [
  [
    'values in order, without shuffle',
    () => {
      const x = list(64, (i) => [i / 64]);
      const set = tensorDataset(
        x,
        list(64, (i) => [i / 32]),
      );
      return train(mlp({ sizes: [1, 1] }), set, { train: load(set, { shuffle: false }) });
    },
    {
      warned:
        /^fit: train: tensors is sorted by value, so that a step sees few of them; give the DataLoader \{ shuffle/,
    },
  ],
  [
    'values in no order, without shuffle',
    () => train(net(1), small(), { train: load(small(), { shuffle: false }) }),
    {
      fine: undefined,
    },
  ],
  [
    'mapDataset on the training set alone',
    () => {
      const [first, second] = splitDataset(small(), 0.7, { seed: 1 });
      return train(
        net(1),
        mapDataset(first, (x: Float32Array) => x.map((v) => v / 10)),
        { test: second },
      );
    },
    { warned: /^fit: test: tensors differs from the training data: it has no mapDataset; give it the same function/ },
  ],
  [
    'mapDataset on the test set alone',
    async () => {
      const [first, second] = splitDataset(small(), 0.7, { seed: 1 });
      const model = net(1);
      await train(model, first);
      await evaluate(
        model,
        mapDataset(second, (x: Float32Array) => x.map((v) => v / 10)),
      );
    },
    {
      warned:
        /^evaluate: tensors differs from the training data: it has a mapDataset, the training data had none; map both$/,
    },
  ],
  [
    'mapDataset on both sets, and on the training set alone as an augmentation',
    async () => {
      const parts = splitDataset(small(), 0.7, { seed: 1 });
      const [first, second] = parts.map((part: any) => mapDataset(part, (x: Float32Array) => x.map((v) => v / 10)));
      await train(net(1), first, { test: second });
      const noisy = mapDataset(parts[0], (x: Float32Array, stream: any) => x.map((v) => v + (stream?.normal() ?? 0)));
      await train(net(1), noisy, { test: parts[1] });
    },
    { fine: undefined },
  ],
  [
    'mapDataset with a function that returns nothing',
    () => mapDataset(small(), () => {}).batch([0]),
    {
      refused: /^mapDataset: a result for tensors must be a Float32Array: undefined$/,
    },
  ],
  [
    'mapDataset with a function that changes its argument',
    async () => {
      const set = small();
      const before = [...set.batch([0]).inputs];
      mapDataset(set, (x: Float32Array) => x.fill(0)).batch([0]);
      return [...set.batch([0]).inputs].every((v, i) => v === before[i]);
    },
    { fine: true },
  ],
  [
    'subset with a mask',
    () =>
      subset(
        small(),
        list(24, (i) => i % 2 === 0),
      ),
    { refused: /^subset: .* for a mask give/ },
  ],
  [
    'splitDataset with a share in percent',
    () => splitDataset(small(), 80),
    { refused: /^splitDataset: the share must be between/ },
  ],
  [
    'a test table that finds its own categories',
    async () => {
      const model = mlp({ sizes: [3, 4, 1] });
      await train(model, table('Oslo', 'Rome'));
      await evaluate(model, table('Kyiv', 'Rome'));
    },
    {
      warned:
        /^evaluate: csv differs from the training data: it has another table of columns; read the text with \{ ta/,
    },
  ],
  [
    'evaluate with a DataLoader that drops the last batch',
    async () => {
      const set = small(20);
      return (await evaluate(net(1), load(set, { dropLast: true }))).samples;
    },
    { fine: 20 },
  ],
  [
    'predict of a row that is not in a list',
    async () => {
      const set = table('Oslo', 'Rome');
      const model = mlp({ sizes: [3, 4, 1] });
      return predictor(model, set).predict({ size: 3, city: 'Oslo' });
    },
    { refused: /^predict: samples: got an Object; give a list of samples: \[sample\]$/ },
  ],
  [
    'textDataset of the name of a file',
    () => textDataset('clock.txt', { context: 4 }),
    {
      refused: /^text: 'clock\.txt' is the name of a file; give its text$/,
    },
  ],
  [
    'textDataset of the name of a file, which is shorter than the context',
    () => textDataset('data/clock.txt', { context: 64 }),
    {
      refused: /^text: 'data\/clock\.txt' is the name of a file; give its text$/,
    },
  ],
  [
    'textDataset of a text that ends with the name of a file',
    () => textDataset(`${CLOCK}clock.txt`, { context: 4 }).classes.length,
    { fine: 10 },
  ],
  [
    'textDataset with a text as its vocabulary',
    () => textDataset(CLOCK, { context: 4, vocabulary: 'tick' }),
    { refused: /^textDataset: voc/ },
  ],
  [
    'generate from a prompt with an unknown character',
    async () => {
      const set = textDataset(CLOCK, { context: 4 });
      const model = b.charLstm({ vocabulary: set.classes.length, hiddenSize: 4 });
      return generate(predictor(model, set), { prompt: 'X' });
    },
    { refused: /^generate: prompt: not in the vocabulary: "X", token 0/ },
  ],
];

const files: Misuse[] = [
  [
    'parseSafetensors of a promise of bytes',
    () => parseSafetensors(serializeSafetensors(net().stateDict())),
    {
      refused: /^parseSafetensors: takes a Uint8Array: got a Promise; await it$/,
    },
  ],
  [
    'a model’s state for an optimizer',
    () => {
      const model = net();
      adam(model).loadStateDict(model.stateDict());
    },
    { refused: /^Adam: tensors must be as stateDict\(\) returned it: an Object$/ },
  ],
  [
    'loadStateDict of the whole result of parseSafetensors',
    async () => {
      const model = net();
      model.loadStateDict(parseSafetensors(await serializeSafetensors(model.stateDict())));
    },
    { refused: /^loadStateDict: takes tensors by name/ },
  ],
  [
    'a state dict that went through JSON',
    () => net().loadStateDict(JSON.parse(JSON.stringify(net().stateDict()))),
    {
      refused: /^loadStateDict: takes tensors by name, as stateDict\(\) returns them: its 1\.weight is an Object$/,
    },
  ],
  ['seed with letters', () => seed('abc'), { refused: /^seed: the seed must be an integer: string "abc"$/ }],
  [
    'a stream in place of a Random',
    () => mlp({ sizes: [2, 2], random: new Random(1).stream('x') }),
    {
      refused: /^mlp: random must be a Random: new Random\(1\): a Stream$/,
    },
  ],
  [
    'setBackend of a device of another library',
    () => b.setBackend('cuda'),
    { refused: /^setBackend: unknown backend: cuda/ },
  ],
];

testMisuses(test, [...tensors, ...gradients, ...modules, ...outputs, ...losses, ...trainings, ...data, ...files]);

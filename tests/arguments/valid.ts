// Valid arguments of every public function and constructor, by name. The tests of wrong arguments start from them.
// exports.test.ts fails if an export has no entry.
import { TrainedModel } from '../../fit/trainedModel.js';
import * as root from '../../index.js';
import * as modelExports from '../../models/index.js';
import { withinBudget } from '../../nn/parameter.js';
import * as node from '../../node/index.js';
import * as sweep from '../../sweep/index.js';

const { ones, tensor, zeros } = root;

/** A tensor of this shape with the values 1, 2, .. */
export function x(...shape: number[]): root.Tensor {
  return root.arange(1, 1 + shape.reduce((a, b) => a * b, 1), 1, { dtype: 'float32' }).reshape(shape);
}

/** An int32 tensor. */
export function int(...values: number[]): root.Tensor {
  return tensor(values, { dtype: 'int32' });
}

/** A parameter with a gradient. */
export function parameter(): root.Tensor {
  const p = tensor([1, 2], { requiresGrad: true });
  p.grad = ones([2]);
  return p;
}

const loss = () => tensor(2, { requiresGrad: true }).square();
const adam = () => new root.Adam([parameter()]);
const net = () => new root.Linear(2, 2);
const setting = { D: 1, G: 1, b1: 0, d: 1 };
const same = (t: root.Tensor) => t;
const window = { kernelSize: 1 };
const idx = Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 1, 7]);
/** A safetensors file without tensors. */
const emptyFile = () => {
  const file = new Uint8Array(10);
  file[0] = 2;
  file.set(new TextEncoder().encode('{}'), 8);
  return file;
};
const definition = (name: string) => ({
  name,
  args: (t: root.Tensor) => [[t], {}],
  shape: ([s]: root.Shape[]) => [s],
  loop: () => {},
  examples: () => [],
});
const images = () => ({
  name: 'one',
  pixels: new Uint8Array(1),
  labels: new Uint8Array(1),
  shape: [1, 1, 1],
  classes: ['a'],
  mean: [0],
  std: [1],
});
const training = () => {
  const model = net();
  const train = new root.DataLoader(root.moons({ samples: 2 }), { batchSize: 2 });
  return { model, options: { train, optimizer: new root.SGDM(model.namedParameters()), epochs: 1 } };
};
const trainedNet = () =>
  new TrainedModel(net(), [], {
    ...{ model: null, shapes: [[2]], classes: ['a', 'b'], targetShape: null },
    preparation: {},
  });
const checkpoint = () => ({
  model: {},
  optimizer: { tensors: {}, meta: { optimizer: 'SGDM', steps: 0, groups: [], progress: {} } },
  random: {},
  position: { epoch: 1, batch: 0, sums: { loss: 0, right: 0, samples: 0, milliseconds: 0, firstLoss: 0 }, seconds: 0 },
  history: [],
  callbacks: {},
  settings: {},
  maker: {},
});

type Entry = [call: unknown, valid: () => unknown[]];

/** Entries of functions that take the same arguments. */
function alike<T extends object>(from: T, names: readonly (keyof T)[], valid: () => unknown[]): Record<string, Entry> {
  return Object.fromEntries(names.map((name) => [name, [from[name], valid]]));
}

const unary = [
  'abs',
  'cos',
  'erf',
  'exp',
  'expm1',
  'log',
  'neg',
  'relu',
  'sigmoid',
  'sign',
  'silu',
  'sin',
  'softplus',
  'sqrt',
] as const;
const more = [
  'ceil',
  'floor',
  'log1p',
  'round',
  'square',
  'tanh',
  'gelu',
  'leakyRelu',
  'isFinite',
  'isNaN',
  'contiguous',
  'backward',
] as const;
const binary = [
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'maximum',
  'minimum',
  'equal',
  'notEqual',
  'less',
  'lessEqual',
] as const;

const operations: Record<string, Entry> = {
  ...alike(root, [...unary, ...more], () => [loss()]),
  ...alike(root, [...binary, 'greater', 'greaterEqual'], () => [x(2), x(2)]),
  ...alike(root, ['logicalAnd', 'logicalOr'], () => [tensor(true), tensor(true)]),
  ...alike(root, ['logicalNot'], () => [tensor(true)]),
  ...alike(root, ['sum', 'mean', 'max', 'min', 'prod', 'variance', 'std', 'norm', 'any', 'all', 'logSumExp'], () => [
    x(2, 2),
    0,
    {},
  ]),
  ...alike(root, ['argMax', 'argMin'], () => [x(2, 2), 0, {}]),
  ...alike(root, ['softmax', 'logSoftmax', 'flatten'], () => [x(2, 2), 0]),
  ...alike(root, ['indexSelect'], () => [x(2, 2), 0, int(1)]),
  ...alike(root, ['indexAdd'], () => [x(1, 2), 0, int(1), 2]),
  ...alike(root, ['maxPool2d', 'maxPool2dWithIndices', 'avgPool2d'], () => [x(1, 1, 2, 2), window]),
  ...alike(root, ['zeros', 'ones', 'rand', 'randn'], () => [[2], {}]),
  ...alike(root, ['zerosLike', 'onesLike'], () => [x(2), {}]),
  ...alike(root, ['tril', 'triu'], () => [x(2, 2), 0]),
  ...alike(root, ['sort', 'argSort'], () => [x(2, 2), 0, {}]),
  gelu: [root.gelu, () => [x(2), {}]],
  backward: [root.backward, () => [loss(), {}]],
  adaptiveAvgPool2d: [root.adaptiveAvgPool2d, () => [x(1, 1, 2, 2), 1]],
  at: [root.at, () => [x(2, 2), 0, null]],
  arange: [root.arange, () => [0, 3, 1, {}]],
  batchNorm: [root.batchNorm, () => [x(2, 1), ones([1]), ones([1]), {}]],
  batchNormWith: [root.batchNormWith, () => [x(2, 1), ...[1, 1, 1, 1].map(() => ones([1])), {}]],
  broadcastTo: [root.broadcastTo, () => [x(1), [2]]],
  cast: [root.cast, () => [x(2), 'int32']],
  clamp: [root.clamp, () => [x(2), { min: 0 }]],
  concat: [root.concat, () => [[x(2)], 0]],
  conv2d: [root.conv2d, () => [x(1, 1, 2, 2), x(1, 1, 1, 1), null, {}]],
  cumsum: [root.cumsum, () => [x(2), 0]],
  einsum: [root.einsum, () => ['ij,jk->ik', x(2, 2), x(2, 2)]],
  conv1d: [root.conv1d, () => [x(1, 1, 2), x(1, 1, 1), null, {}]],
  convTranspose2d: [root.convTranspose2d, () => [x(1, 1, 2, 2), x(1, 1, 1, 1), null, {}]],
  elu: [root.elu, () => [x(2), 1]],
  embedding: [root.embedding, () => [x(2, 2), int(1)]],
  eye: [root.eye, () => [2, {}]],
  flip: [root.flip, () => [x(2, 2), 0]],
  full: [root.full, () => [[2], 1, {}]],
  gather: [root.gather, () => [x(2), 0, int(1)]],
  groupNorm: [root.groupNorm, () => [x(1, 2, 2), 2, ones([2]), ones([2]), {}]],
  layerNorm: [root.layerNorm, () => [x(2), [2], ones([2]), ones([2]), {}]],
  linear: [root.linear, () => [x(2), x(1, 2), x(1)]],
  linspace: [root.linspace, () => [0, 1, 3, {}]],
  matmul: [root.matmul, () => [x(2, 2), x(2, 2)]],
  oneHot: [root.oneHot, () => [int(0), 2, {}]],
  pad: [root.pad, () => [x(2), [[1, 1]], 0]],
  permute: [root.permute, () => [x(2, 2), [1, 0]]],
  randint: [root.randint, () => [0, 2, [2], {}]],
  repeat: [root.repeat, () => [x(2), 2, 0]],
  prelu: [root.prelu, () => [x(2), x(1)]],
  reshape: [root.reshape, () => [x(2), [2, 1]]],
  scaledDotProductAttention: [root.scaledDotProductAttention, () => [x(2, 2), x(2, 2), x(2, 2), {}]],
  scatterAdd: [root.scatterAdd, () => [x(1), 0, int(0), 2]],
  slice: [root.slice, () => [x(2), [[0, 1]]]],
  split: [root.split, () => [x(2), [1, 1], 0]],
  squeeze: [root.squeeze, () => [x(1, 2), 0]],
  stack: [root.stack, () => [[x(2)], 0]],
  tensor: [root.tensor, () => [[1, 2], {}]],
  tile: [root.tile, () => [x(2), 2]],
  topk: [root.topk, () => [x(2), 1, 0, {}]],
  transpose: [root.transpose, () => [x(2, 2), 0, 1]],
  unsqueeze: [root.unsqueeze, () => [x(2), 0]],
  upsample: [root.upsample, () => [x(1, 1, 2, 2), { scaleFactor: 1 }]],
  where: [root.where, () => [tensor(true), 1, 2]],
};

const gradients: Record<string, Entry> = {
  customOp: [root.customOp, () => ['own', same, (g: root.Tensor) => [g]]],
  fromNdarray: [root.fromNdarray, () => [{ data: new Float32Array(1), shape: [1], stride: [1], offset: 0 }]],
  grad: [
    root.grad,
    () => {
      const w = tensor(2, { requiresGrad: true });
      return [w.square(), [w], {}];
    },
  ],
  gradcheck: [root.gradcheck, () => [(t: root.Tensor) => t.square(), [tensor([1], { dtype: 'float64' })], {}]],
  noGrad: [root.noGrad, () => [() => 1]],
  op: [root.op, () => [definition('own')]],
  ops: [root.ops, () => [{ ...definition('own') }]],
  rematerialize: [root.rematerialize, () => [same, loss()]],
  scope: [root.scope, () => [() => 1]],
  keep: [root.keep, () => [x(2)]],
  toNdarray: [root.toNdarray, () => [x(2)]],
};

const state: Record<string, Entry> = {
  ...alike(root, ['backend', 'threads', 'defaultRandom'], () => []),
  parseSafetensors: [root.parseSafetensors, () => [emptyFile(), {}]],
  serializeSafetensors: [root.serializeSafetensors, () => [{ a: x(1) }, {}]],
  seed: [root.seed, () => [1]],
  setBackend: [root.setBackend, () => ['reference', {}]],
  setThreads: [root.setThreads, () => [1]],
  useRandom: [root.useRandom, () => [new root.Random(1)]],
  Random: [root.Random, () => [1]],
  Stream: [root.Stream, () => [new root.Random(1).stream('a').state()]],
  Tensor: [root.Tensor, () => [x(1).storage, 'float32', [1], [1], 0]],
};

const layers: Record<string, Entry> = {
  ...alike(root, ['ReLU', 'SiLU', 'Tanh', 'Sigmoid', 'Softplus', 'Identity', 'Flatten'], () => []),
  ...alike(root, ['MaxPool2d', 'AvgPool2d'], () => [2, {}]),
  ...alike(root, ['BatchNorm1d', 'BatchNorm2d', 'LayerNorm'], () => [2, {}]),
  LeakyReLU: [root.LeakyReLU, () => [0.1]],
  ELU: [root.ELU, () => [1]],
  PReLU: [root.PReLU, () => [1, {}]],
  Softmax: [root.Softmax, () => [0]],
  GELU: [root.GELU, () => [{}]],
  Conv2d: [root.Conv2d, () => [1, 1, 1, {}]],
  Conv1d: [root.Conv1d, () => [1, 1, 1, {}]],
  ConvTranspose2d: [root.ConvTranspose2d, () => [1, 1, 1, {}]],
  GroupNorm: [root.GroupNorm, () => [1, 1, {}]],
  MultiheadAttention: [root.MultiheadAttention, () => [2, 1, {}]],
  TransformerBlock: [root.TransformerBlock, () => [2, 1, {}]],
  Upsample: [root.Upsample, () => [{ scaleFactor: 1 }]],
  ModuleList: [root.ModuleList, () => [[net()]]],
  AdaptiveAvgPool2d: [root.AdaptiveAvgPool2d, () => [1]],
  ...alike(root, ['Dropout', 'Dropout2d'], () => [0.5, {}]),
  Linear: [root.Linear, () => [2, 2, {}]],
  Embedding: [root.Embedding, () => [2, 2, {}]],
  ...alike(root, ['RNN', 'LSTM', 'GRU'], () => [2, 2, {}]),
  Sequential: [root.Sequential, () => [new root.ReLU()]],
  ...alike(root, ['crossEntropy', 'nll'], () => [x(2, 2), int(0, 1), {}]),
  ...alike(root, ['mse', 'l1', 'huber'], () => [x(2), x(2), {}]),
  bceWithLogits: [root.bceWithLogits, () => [x(2), zeros([2]), {}]],
  accuracy: [root.accuracy, () => [x(2, 2), int(0, 1)]],
  ...alike(root, ['summary', 'summarize'], () => [net(), [2], {}]),
  withForwardHook: [
    root.withForwardHook,
    () => [net().namedModules(), (_: unknown, forward: () => root.Tensor) => forward(), () => 1],
  ],
  'init.calculateGain': [root.init.calculateGain, () => ['relu', 0]],
  'init.fans': [root.init.fans, () => [[2, 2]]],
  'init.constant': [root.init.constant, () => [x(2), 1]],
};
for (const name of ['kaimingUniform', 'kaimingNormal', 'xavierUniform', 'xavierNormal', 'uniform', 'normal'] as const) {
  layers[`init.${name}`] = [root.init[name], () => [x(2, 2), {}]];
}

const models: Record<string, Entry> = {
  DenseNet: [root.DenseNet, () => [2, [1], {}]],
  densenetBC: [root.densenetBC, () => [{ depth: 10, growth: 2 }]],
  mlp: [root.mlp, () => [{ sizes: [2, 2] }]],
  basicBlock: [root.basicBlock, () => [2, 2, 1, {}]],
  bottleneckBlock: [root.bottleneckBlock, () => [4, 4, 1, {}]],
  ResNet: [root.ResNet, () => [root.basicBlock, [2], [1], {}]],
  ...alike(root, ['GPT', 'gpt'], () => [{ vocabulary: 2, context: 2, embedDim: 2, numHeads: 1 }]),
  ...alike(root, ['LeNet', 'lenet'], () => [{}]),
  ...alike(root, ['CharLSTM', 'charLstm'], () => [{ vocabulary: 3 }]),
};

const data: Record<string, Entry> = {
  ...alike(root, ['moons', 'spirals', 'blobs', 'cutout'], () => [{}]),
  ...alike(root, ['cifarAugment', 'fashionMnistSample', 'mobyDickSample'], () => []),
  tensorDataset: [root.tensorDataset, () => [[[1]], [0], {}]],
  csv: [root.csv, () => ['a,b\n1,2\n', { target: 'a' }]],
  splitDataset: [root.splitDataset, () => [root.moons({ samples: 4 }), 0.5, {}]],
  splitFolds: [root.splitFolds, () => [root.moons({ samples: 6 }), 2, {}]],
  mapDataset: [root.mapDataset, () => [root.moons({ samples: 4 }), (v: Float32Array) => v, {}]],
  textDataset: [root.textDataset, () => ['a text', { context: 2 }]],
  standardize: [root.standardize, () => [root.moons({ samples: 4 }), {}]],
  subset: [root.subset, () => [root.moons({ samples: 4 }), [0]]],
  compose: [root.compose, () => [root.randomFlip()]],
  randomCrop: [root.randomCrop, () => [1]],
  randomFlip: [root.randomFlip, () => [0.5]],
  parseCifar10: [root.parseCifar10, () => [[{ bytes: new Uint8Array(3073), name: 'a' }]]],
  parseIdx: [root.parseIdx, () => [idx, 'a']],
  ImageDataset: [root.ImageDataset, () => [images()]],
  PointDataset: [root.PointDataset, () => ['a', 2, new Float32Array(2), new Int32Array(1)]],
  DataLoader: [root.DataLoader, () => [root.moons({ samples: 2 }), { batchSize: 1 }]],
};

const optimizers: Record<string, Entry> = {
  ...alike(root, ['constant', 'inverseSqrt', 'firstClip', 'noProgress'], () => []),
  free: [root.free, () => [1]],
  stepwise: [root.stepwise, () => [3, 0.5]],
  multiStep: [root.multiStep, () => [[3], 0.5]],
  cosine: [root.cosine, () => [3, 0]],
  warmUp: [root.warmUp, () => [3, root.constant()]],
  oneCycle: [root.oneCycle, () => [3, 0.5]],
  converging: [root.converging, () => [0.1, 0.1]],
  fixed: [root.fixed, () => [0.1]],
  rateOf: [root.rateOf, () => [1, 1, 1]],
  clip: [root.clip, () => [1, 1, 1]],
  scalarsAt: [root.scalarsAt, () => [root.Adam.rule(), root.noProgress(), 1]],
  boundedStep: [
    root.boundedStep,
    () => [
      ...[1, 2, 3].map(() => new Float64Array(1)),
      null,
      null,
      root.scalarsAt(root.SGDM.rule(), root.noProgress()),
      null,
    ],
  ],
  ...alike(root, ['clipGradNorm', 'clipGradValue'], () => [[parameter()], 1]),
  breakWhen: [root.breakWhen, () => [adam(), [root.firstClip()]]],
  rateBeyond: [root.rateBeyond, () => [1]],
  signFlip: [root.signFlip, () => ['w']],
  explain: [
    root.explain,
    () => {
      const optimizer = adam();
      return [optimizer, optimizer.paramGroups[0].params[0], 0];
    },
  ],
  Recorder: [root.Recorder, () => [adam(), {}]],
  hvp: [
    root.hvp,
    () => {
      const p = parameter();
      return [root.sum(root.mul(p, p)), [p], [root.ones(p.shape)]];
    },
  ],
  sharpness: [
    root.sharpness,
    () => {
      const p = parameter();
      return [root.sum(root.mul(p, p)), [p], {}];
    },
  ],
  optimizer: [
    root.optimizer,
    () => [{ title: 'Own', about: 'a custom rule', defaults: { lr: 1 }, rule: () => root.SGDM.rule() }],
  ],
};
for (const Class of Object.values(root.optimizers)) optimizers[Class.title] = [Class, () => [[parameter()], {}]];

const theory: Record<string, Entry> = {
  regret: [root.regret, () => [root.online.cycle(), root.SGDM, 3, {}]],
  'online.ball': [root.online.ball, () => [1]],
  'online.box': [root.online.box, () => [-1, 1]],
  'online.simplex': [root.online.simplex, () => []],
  'online.mulberry32': [root.online.mulberry32, () => [1]],
  'online.periodic': [root.online.periodic, () => ['p', [[1]], root.online.box(-1, 1), [0]]],
  'theorems.published': [root.theorems.published, () => [setting, 1, 1, 1, 1]],
  'theorems.corrected': [root.theorems.corrected, () => [setting, 1, 1, 1, 1, 1]],
  'theorems.corollary': [root.theorems.corollary, () => [setting, 1, 1]],
  'theorems.vacuousUntil': [root.theorems.vacuousUntil, () => [setting, 1]],
  'theorems.gap': [root.theorems.gap, () => [root.free, 2]],
  'theorems.neverFalls': [root.theorems.neverFalls, () => [root.free, 2]],
};
const problems = [
  'cycle',
  'theorem1',
  'theorem2',
  'theorem3',
  'rare',
  'rareDrawn',
  'violation',
  'quadratic',
  'experts',
  'disk',
] as const;
for (const name of problems) theory[`online.${name}`] = [root.online[name], () => [{}]];

const score = { validation: 1, test: 1 };
const trial = { method: 'a', number: 1, config: { x: 1 }, tasks: [], budget: 1 };
const sweeps: Record<string, Entry> = {
  sweep: [sweep.sweep, () => [{ space: { a: { x: { values: [1] } } }, run: () => score, trials: 1, seeds: 1 }]],
  judge: [
    sweep.judge,
    () => [[{ ...trial, results: [{ id: 'run-1', method: 'a', config: {}, seed: 1, budget: 1, outcome: score }] }], {}],
  ],
};

const trainings: Record<string, Entry> = {
  fit: [
    root.fit,
    () => {
      const { model, options } = training();
      return [model, options];
    },
  ],
  evaluate: [root.evaluate, () => [net(), root.moons({ samples: 2 }), {}]],
  ...alike(root, ['earlyStopping', 'reduceOnPlateau', 'keepBest', 'averageWeights', 'progress'], () => [{}]),
  parameterGroups: [root.parameterGroups, () => [net(), {}]],
  updateBatchNorm: [root.updateBatchNorm, () => [net(), training().options.train]],
  lrFinder: [
    root.lrFinder,
    () => {
      const { model, options } = training();
      return [model, { train: options.train, optimizer: options.optimizer }];
    },
  ],
  serializeCheckpoint: [root.serializeCheckpoint, () => [checkpoint()]],
  parseCheckpoint: [root.parseCheckpoint, () => [new Uint8Array(99)]],
  checkpointFolder: [node.checkpointFolder, () => ['folder']],
  generate: [
    root.generate,
    () => [new root.Sequential(new root.Embedding(2, 2), new root.Linear(2, 2)), { prompt: [0], length: 2 }],
  ],
  predictor: [root.predictor, () => [net(), root.moons({ samples: 2 })]],
  loadModel: [root.loadModel, () => [new Uint8Array(99), {}]],
};

const files: Record<string, Entry> = {
  readCheckpoint: [node.readCheckpoint, () => ['folder']],
  loadModelFile: [node.loadModelFile, () => ['folder', {}]],
  imageBlobs: [root.imageBlobs, () => [{ a: [new Blob(['a picture'])] }, { size: 2 }]],
  pictureOf: [root.pictureOf, () => [new Blob(['a picture'])]],
  imageFolder: [node.imageFolder, () => ['docs', { size: 2 }]],
  readPicture: [node.readPicture, () => ['docs/funnel.png']],
  csvFile: [node.csvFile, () => ['package.json', { target: 'a' }]],
  fetchDataset: [node.fetchDataset, () => ['mnist', { dir: 'folder' }]],
  ...alike(node, ['cifar10', 'mnist', 'fashionMnist'], () => [{ dir: 'folder' }]),
};

/** Functions that need a file, a picture or a checkpoint. The entries of most of them name none that exists, so they are not called with it. */
export const needFiles = [...Object.keys(files), 'parseCheckpoint', 'loadModel'];

/** Functions that make models of more than 100,000 values by default, which takes up to seconds. */
export const large = Object.keys(modelExports).filter((name) => makesLarge(Reflect.get(root, name)));
for (const name of ['resnet8', ...large]) models[name] = [Reflect.get(root, name), () => [{}]];

/** Whether a function makes a model of more than 100,000 values. Such a model is refused before its memory is allocated. */
function makesLarge(call: unknown): boolean {
  try {
    withinBudget(1e5, () => (call as (options: object) => unknown)({}));
    return false;
  } catch (error) {
    return /more values than/.test((error as Error).message);
  }
}

/** A valid call of each public function and constructor. */
export const valid: Record<string, Entry> = {
  ...operations,
  ...gradients,
  ...state,
  ...layers,
  ...models,
  ...data,
  ...optimizers,
  ...theory,
  ...sweeps,
  ...trainings,
  ...files,
};

/** A valid call of a method, by class and name: the receiver, then the arguments. A method that is an operation takes
 *  the arguments of its function. */
export function validMethod(name: string): [receiver: object, given: unknown[]] {
  const [owner, method] = name.split('.');
  if (/^Tensor(Methods|Operations)?$/.test(owner)) {
    const [receiver, ...given] = valid[method][1]();
    return [receiver as object, given];
  }
  const found = methods[name];
  if (!found) throw new Error(`${name}: give its receiver and arguments in valid.ts`);
  return found();
}

const methods: Record<string, () => [receiver: object, given: unknown[]]> = {
  'Module.loadStateDict': () => [net(), [net().stateDict(), {}]],
  'BatchNorm.forward': () => [new root.BatchNorm1d(1), [x(2, 1), {}]],
  'MultiheadAttention.forward': () => [new root.MultiheadAttention(1, 1), [x(1, 1, 1), x(1, 1, 1), x(1, 1, 1), {}]],
  'MultiheadAttention.attend': () => [new root.MultiheadAttention(1, 1), [x(1, 1, 1), x(1, 1, 1), x(1, 1, 1), {}]],
  'TransformerBlock.forward': () => [new root.TransformerBlock(1, 1), [x(1, 1, 1), {}]],
  'DataLoader.load': () => [new root.DataLoader(root.moons({ samples: 2 }), { batchSize: 1 }), [{ seed: 1, epoch: 0 }]],
  'TrainedModel.predict': () => [trainedNet(), [[[1, 2]], {}]],
  'Optimizer.addParamGroup': () => [adam(), [{ params: [parameter()] }]],
};

/** Exports without an entry: errors, which take any text; base classes and protected methods; classes that only the library creates. */
export const NOT_CALLED =
  /^([A-Z]\w*Error|Diverged|Module|BatchNorm|Recurrent|Optimizer(\.(newGroup|split|declarationOf|take))?|Node|Scope|Storage|TensorMethods)$/;

/** Each public function and constructor, by name: of the root, boundgrad/node, boundgrad/sweep and the namespaces of the root. */
export const exported: [name: string, value: unknown][] = [
  ...Object.entries({ ...root, ...node, ...sweep }),
  ...Object.entries(root.init).map(([name, value]): [string, unknown] => [`init.${name}`, value]),
  ...Object.entries(root.online).map(([name, value]): [string, unknown] => [`online.${name}`, value]),
  ...Object.entries(root.theorems).map(([name, value]): [string, unknown] => [`theorems.${name}`, value]),
].filter(([name, value]) => typeof value === 'function' && !NOT_CALLED.test(name)) as [string, unknown][];

/** Calls a function or constructor, and awaits its result. Returns what it throws or rejects with, or undefined. */
export async function thrown(value: unknown, given: readonly unknown[]): Promise<unknown> {
  try {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    await (isClass ? Reflect.construct(value as never, given) : (value as (...all: unknown[]) => unknown)(...given));
  } catch (error) {
    return error;
  }
}

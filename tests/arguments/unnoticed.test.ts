// Misuses that could go unnoticed: a schedule for epochs, a batch read as steps, a sum as the loss, a sweep that ignores its configurations.
// They were written down from the documentation and the declarations alone. The calls are not typed, as in JavaScript.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ndarray from 'ndarray';
import * as root from '../../index.js';
import { imageFolder } from '../../node/index.js';
import { judge, sweep } from '../../sweep/index.js';
import { png } from '../pictures/encode.js';
import { afterFile, subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, list, net, points, values } from './small.js';

const test = subject('Misuses that could go unnoticed');
const b: any = root;
const {
  cosine,
  DataLoader,
  Embedding,
  evaluate,
  fit,
  fromNdarray,
  GRU,
  Linear,
  LSTM,
  mlp,
  Module,
  MultiheadAttention,
} = b;
const {
  multiStep,
  oneCycle,
  permute,
  predictor,
  Random,
  RNN,
  splitDataset,
  standardize,
  subset,
  tensor,
  tensorDataset,
  warmUp,
} = b;

const folder = mkdtempSync(join(tmpdir(), 'boundgrad-'));
afterFile(() => rmSync(folder, { recursive: true, force: true }));

const load = (data: any, batchSize = 8) => new DataLoader(data, { batchSize, shuffle: true, seed: 7 });
const train = (model: any, data: any, more: object = {}): Promise<any> =>
  fit(model, { train: load(data), optimizer: adam(model), epochs: 1, ...more });
/** Four epochs of 24 steps with a schedule of the optimizer, or of fit. */
const scheduled = (schedule: unknown, more: object = {}) => {
  const model = net();
  const options = { train: load(classes(), 1), epochs: 4, optimizer: adam(model, { schedule }), ...more };
  return train(model, classes(), options).then(() => undefined);
};
/** Points far from 0, as raw measurements are. */
const raw = () =>
  tensorDataset(
    points(24, 1).map((p) => p.map((v) => 50 + 10 * v)),
    points(24, 1).map(([p, q]) => [p - q]),
  );
/** 16 sequences of 3 points, or of 3 tokens, with a value to predict for each sequence. */
const sequences = (ofTokens = false) => {
  const stream = new Random(3).stream('sequences');
  const x = list(16, () => list(3, () => (ofTokens ? stream.below(5) : [stream.normal(), stream.normal()])));
  const y = x.map((_, i) => [i / 16]);
  return {
    length: 16,
    name: 'sequences',
    shape: ofTokens ? [3] : [3, 2],
    classes: [],
    targetShape: [1],
    ...(ofTokens && { dtype: 'int32' }),
    batch: (at: Int32Array) => ({
      inputs: (ofTokens ? Int32Array : Float32Array).from([...at].flatMap((i) => x[i].flat())),
      targets: Float32Array.from([...at].map((i) => y[i][0])),
    }),
  };
};
/** A net that reads sequences with a layer, and computes the value from the outputs at the last step. */
class Reader extends Module {
  layer: any;
  embedding: any;
  out: any;
  read: (x: any) => any;
  constructor(layer: any, features: number, { read = (x: any) => x, embedding }: any = {}) {
    super();
    this.layer = layer;
    this.embedding = embedding ?? null;
    this.out = new Linear(features, 1);
    this.read = read;
  }
  forward(x: any) {
    const found = this.layer.forward(this.read(this.embedding ? this.embedding.forward(x) : x));
    const y = Array.isArray(found) ? found[0] : found;
    return this.out.forward(this.read(y).at(null, -1));
  }
}
const swapped = (x: any) => permute(x, [1, 0, 2]);

const tensors: Misuse[] = [
  [
    'tensor of an ndarray',
    () => tensor(ndarray(new Float32Array([1, 2, 3, 4]), [2, 2]).transpose(1, 0)),
    { refused: /^tensor: not a number: a View2dfloat32 at \[\]/ },
  ],
  [
    'fromNdarray of a transposed ndarray',
    () => [...fromNdarray(ndarray(new Float32Array([1, 2, 3, 4]), [2, 2]).transpose(1, 0)).dataSync()],
    { fine: [1, 3, 2, 4] },
  ],
  [
    'tensor of an ArrayBuffer',
    () => tensor(new ArrayBuffer(16)),
    { refused: /^tensor: not a number: an ArrayBuffer at \[\]/ },
  ],
];

const schedules: Misuse[] = [
  [
    'milestones of a schedule in epochs',
    () => scheduled(multiStep([2, 3])),
    { warned: /^fit: the schedule is at most 0\.01 from step 4 of 96 on: is it for epochs\? it counts steps$/ },
  ],
  [
    'one cycle of as many steps as there are epochs',
    () => scheduled(oneCycle(4)),
    { warned: /^fit: the schedule is at most 0\.00000\d from step 4 of 96 on: is it for epochs\? it counts steps$/ },
  ],
  [
    'a cosine of as many steps as there are epochs, to a floor',
    () => scheduled(cosine(4, 0.1)),
    { warned: /^fit: the schedule is at most 0\.1 from step 4 of 96 on: is it for epochs\? / },
  ],
  [
    'one cycle of the steps of an epoch',
    () => scheduled(oneCycle(24)),
    { warned: /^fit: the schedule is at most 0\.00000\d from step 24 of 96 on: is it for epochs\? / },
  ],
  [
    'a factor meant for each epoch, applied at each step',
    () => scheduled((t: number) => 0.5 ** t),
    { warned: /^fit: the schedule is at most 0\.000\d from step 12 of 96 on: is it for epochs\? / },
  ],
  ['milestones of a schedule in steps', () => scheduled(multiStep([24, 72])), { fine: undefined }],
  ['a milestone in the first epoch', () => scheduled(multiStep([20])), { fine: undefined }],
  [
    'a milestone at step 3 in a schedule of fit',
    () => scheduled(undefined, { schedule: () => multiStep([3]) }),
    { fine: undefined },
  ],
  ['a cosine of all steps', () => scheduled(cosine(96)), { fine: undefined }],
  ['one cycle of all steps', () => scheduled(oneCycle(96)), { fine: undefined }],
  ['a warm-up of one epoch', () => scheduled(warmUp(24)), { fine: undefined }],
  ['a slow decay at each step', () => scheduled((t: number) => 0.97 ** t), { fine: undefined }],
];

const batches: Misuse[] = [
  ...[RNN, LSTM, GRU].map(
    (Layer): Misuse => [
      `a batch that ${Layer.name} reads as steps`,
      () => train(new Reader(new Layer(2, 4), 4), sequences()),
      {
        warned: new RegExp(
          `^${Layer.name}: axis 0 of x holds the samples of a batch, not steps; give \\{ batchFirst: true \\}$`,
        ),
      },
    ],
  ),
  [
    'a batch that attention reads as steps',
    () => train(new Reader(new MultiheadAttention(2, 1), 2), sequences()),
    { warned: /^MultiheadAttention: axis 0 of x holds the samples of a batch/ },
  ],
  [
    'a batch of embedded tokens that a layer reads as steps',
    () => train(new Reader(new LSTM(2, 4), 4, { embedding: new Embedding(5, 2) }), sequences(true)),
    { warned: /^LSTM: axis 0 of x holds the samples of a batch/ },
  ],
  [
    'a batch of embedded tokens, some of them padding, that a layer reads as steps',
    () => train(new Reader(new LSTM(2, 4), 4, { embedding: new Embedding(5, 2, { paddingIdx: 0 }) }), sequences(true)),
    { warned: /^LSTM: axis 0 of x holds the samples of a batch/ },
  ],
  [
    'a batch that a layer with batchFirst reads',
    () => train(new Reader(new LSTM(2, 4, { batchFirst: true }), 4), sequences()).then(({ step }) => step),
    { fine: 2 },
  ],
  [
    'a batch whose axes are swapped before and after the layer',
    () => train(new Reader(new LSTM(2, 4), 4, { read: swapped }), sequences()).then(({ step }) => step),
    { fine: 2 },
  ],
];

const data: Misuse[] = [
  [
    'one-hot rows as values',
    () =>
      train(
        net(2),
        tensorDataset(
          points(24, 1),
          points(24, 1).map(([p]) => (p > 0 ? [0, 1] : [1, 0])),
        ),
      ),
    { warned: /^fit: train: one-hot rows: give the classes as numbers, \{ classes: 2 \}, or \{ loss: mse \}$/ },
  ],
  [
    'one-hot rows with mse as the given loss',
    () => {
      const rows = points(24, 1).map(([p]) => (p > 0 ? [0, 1] : [1, 0]));
      return train(net(2), tensorDataset(points(24, 1), rows), { loss: b.mse }).then(({ step }) => step);
    },
    { fine: 3 },
  ],
  [
    'rows of several flags as values',
    () => {
      const rows = points(24, 1).map(([p, q]) => [Number(p > 0), Number(q > 0)]);
      return train(net(2), tensorDataset(points(24, 1), rows)).then(({ step }) => step);
    },
    { fine: 3 },
  ],
  [
    'a test set that is standardized twice, for a custom training set with statistics',
    () => {
      const [first, second] = splitDataset(raw(), 0.7, { seed: 1 });
      const { statistics, ...own } = standardize(first);
      const test = standardize(standardize(second, { statistics }), { statistics });
      return train(net(1), { ...own, statistics }, { test });
    },
    { warned: /^fit: test: .* another standardization of the inputs; standardize\(data, / },
  ],
  [
    'predict of a batch of standardized inputs',
    async () => {
      const set = standardize(raw());
      const model = net(1);
      await train(model, set);
      for await (const [x] of load(set)) return predictor(model, set).predict(x);
    },
    { refused: /^predict: a batch of standardized inputs; give \{ prepared: true \}$/ },
  ],
  [
    'predict of a batch of standardized inputs with prepared: true, and of a batch of raw inputs',
    async () => {
      const set = standardize(raw());
      const model = net(1);
      await train(model, set);
      const found: number[] = [];
      const first = async (of: any) =>
        (await new DataLoader(of, { batchSize: 8 })[Symbol.asyncIterator]().next()).value[0];
      for (const { value } of await predictor(model, set).predict(await first(set), { prepared: true }))
        found.push(value);
      for (const { value } of await predictor(model, set).predict(await first(raw()))) found.push(value);
      return found.slice(0, 8).every((v, i) => Math.abs(v - found[8 + i]) < 1e-5);
    },
    { fine: true },
  ],
  [
    'a test set that shares samples with the training, to evaluate',
    async () => {
      const set = values(24);
      const model = net(1);
      await train(
        model,
        subset(
          set,
          list(16, (i) => i),
        ),
      );
      await evaluate(
        model,
        subset(
          set,
          list(16, (i) => 8 + i),
        ),
      );
    },
    { warned: /^evaluate: 8 of 16 samples are training samples; take both parts of one splitDataset$/ },
  ],
  [
    'the training set, a part of it, all data and the test set, to evaluate',
    async () => {
      const set = values(24);
      const model = net(1);
      const parts = [list(16, (i) => i), list(8, (i) => 2 * i), list(24, (i) => i), list(8, (i) => 16 + i)];
      await train(model, subset(set, parts[0]));
      for (const part of parts) await evaluate(model, subset(set, part));
      await evaluate(model, set);
    },
    { fine: undefined },
  ],
  [
    'a folder of test pictures with statistics of its own',
    async () => {
      for (const [name, from] of [
        ['train', 20],
        ['test', 150],
      ] as const) {
        for (const kind of ['cat', 'dog']) {
          mkdirSync(join(folder, name, kind), { recursive: true });
          for (let i = 0; i < 4; i++) {
            const pixels = Uint8Array.from(list(48, (k) => from + ((k * (i + 3) * (kind === 'cat' ? 5 : 7)) % 60)));
            writeFileSync(join(folder, name, kind, `${i}.png`), png({ width: 4, height: 4, samples: pixels }));
          }
        }
      }
      const [first, second] = [
        await imageFolder(join(folder, 'train'), { size: 4 }),
        await imageFolder(join(folder, 'test'), { size: 4 }),
      ];
      class Net extends Module {
        inner = mlp({ sizes: [48, 2] });
        forward(x: any) {
          return this.inner.forward(x.reshape([-1, 48]));
        }
      }
      const model: any = new Net();
      await train(model, first);
      await evaluate(model, second);
    },
    {
      warned: /^evaluate: test differs from the training data: it has another normalization; give the mean and std of /,
    },
  ],
];

/** Trains with a loss of two classes, or of values. */
const lossOf = (loss: unknown, set: any = classes()) =>
  train(net(set.targetShape ? 1 : 2), set, { loss }).then(({ step }) => step);
const sums: Misuse[] = [
  [
    'a sum over the batch as the loss of classes',
    () => lossOf((output: any, y: any) => b.crossEntropy(output, y, { reduction: 'sum' })),
    { warned: /^fit: the loss is a sum over the batch; return the mean$/ },
  ],
  [
    'a sum over the batch as the loss of values',
    () => lossOf((output: any, y: any) => output.sub(y).square().sum(), values()),
    { warned: /^fit: the loss is a sum over the batch; return the mean$/ },
  ],
  [
    'a mean over the batch as the loss of classes',
    () => lossOf((output: any, y: any) => b.crossEntropy(output, y)),
    { fine: 3 },
  ],
  [
    'half of a mean over the batch as the loss of values',
    () => lossOf((output: any, y: any) => b.mse(output, y).mul(0.5), values()),
    { fine: 3 },
  ],
  ['a loss that is always 0', () => lossOf((output: any, y: any) => b.mse(output, y).mul(0), values()), { fine: 3 }],
];

/** Eight images of 6 x 6 pixels in two classes: smooth colours, in planes or pixel by pixel. */
const images = (isPlanar: boolean, channels = 3) => {
  const value = (i: number, y: number, x: number, c: number) => [200 - 9 * x, 40 + 7 * y, 90 + 5 * i][c];
  const [side, at] = [6, (count: number) => list(count, (i) => i)];
  const bytes = at(8).flatMap((i) =>
    isPlanar
      ? at(channels).flatMap((c) => at(side).flatMap((y) => at(side).map((x) => value(i, y, x, c))))
      : at(side).flatMap((y) => at(side).flatMap((x) => at(channels).map((c) => value(i, y, x, c)))),
  );
  const moments = { mean: Array(channels).fill(0.5), std: Array(channels).fill(0.3) };
  const of = { name: 'photos', labels: at(8).map((i) => i % 2), classes: ['cat', 'dog'], ...moments };
  return new b.ImageDataset({ ...of, pixels: Uint8Array.from(bytes), shape: [channels, side, side] });
};
/** Trains a linear net on flattened images. Returns the number of steps. */
const trainOn = (set: any, channels = 3) => {
  const model = new b.Sequential(new b.Flatten(), new Linear(36 * channels, 2));
  return train(model, set).then(({ step }) => step);
};
const layouts: Misuse[] = [
  [
    'images pixel by pixel, as a canvas has them',
    () => trainOn(images(false)),
    { warned: /^fit: train: photos: bytes r, g, b of each pixel; give the planes of each image$/ },
  ],
  [
    'a part of images pixel by pixel',
    () => trainOn(subset(images(false), [0, 1, 2, 3, 4, 5])),
    { warned: /^fit: train: photos: bytes r, g, b of each pixel; / },
  ],
  ['images in planes', () => trainOn(images(true)), { fine: 1 }],
  ['grey images', () => trainOn(images(false, 1), 1), { fine: 1 }],
];

const sweeping = (run: (job: any) => any, more: object = {}) =>
  sweep({ space: { adam: { lr: { log: [1e-4, 1] } } }, trials: 4, seeds: 2, run, ...more });
const trainings: Misuse[] = [
  [
    'fit with an AbortController as its signal',
    () => train(net(), classes(), { signal: new AbortController() }),
    { refused: /^fit: signal must be an AbortSignal: got an AbortController; give controller\.signal$/ },
  ],
  [
    'a text assigned to the lr of a group, as from a form',
    () => {
      const optimizer: any = adam(net());
      optimizer.paramGroups[0].lr = '0.01';
      optimizer.paramGroups[0].params[0].grad = b.ones([6, 2]);
      optimizer.step();
    },
    { refused: /^Adam: lr must be a finite number of at least 0: string "0\.01"$/ },
  ],
  [
    'a plain tensor in a field',
    () => {
      class Scaled extends Module {
        factor = b.randn([2, 1]);
        shift = b.zeros([1], { requiresGrad: true });
        forward(x: any) {
          return x.matmul(this.factor).add(this.shift);
        }
      }
      return train(new Scaled(), values());
    },
    {
      warned: /^fit: not trained: factor: give it \{ requiresGrad: true \}, or register it as a buffer$/,
    },
  ],
  [
    'runs of a sweep that ignore their configuration',
    async () => void (await sweeping(({ seed }) => ({ validation: 0.5 + seed / 100, test: 0.4 + seed / 100 }))),
    { warned: /^sweep: adam: 4 trials have the same scores: give the config of a job to its optimizer or model$/ },
  ],
  [
    'runs of a sweep that are as good as a guess',
    async () => judge((await sweeping(() => ({ validation: 0.5, test: 0.5 }))).trials).seeds,
    { fine: 2 },
  ],
  [
    'runs of a sweep that read their configuration',
    async () =>
      judge((await sweeping(({ seed, config }) => ({ validation: config.lr, test: config.lr + seed }))).trials).seeds,
    { fine: 2 },
  ],
  [
    'the space of a sweep without an optimizer',
    () => sweep({ space: { lr: { log: [1e-4, 1] } } as any, run: () => null }),
    { refused: /^space\.lr: a range in place of a method; give \{ METHOD: \{ lr: \.\. \} \}$/ },
  ],
];

testMisuses(test, [...tensors, ...schedules, ...batches, ...data, ...sums, ...layouts, ...trainings]);

// Misuses in programs that were pasted together from other libraries, from a page with a canvas and from Node: arguments that a function does
// not have, methods without their object, rows that are one list, the bytes of a file in place of a picture. They were written down from README,
// the guides and the declarations alone. The calls are not typed, as in JavaScript.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as root from '../../index.js';
import * as node from '../../node/index.js';
import { afterFile, subject } from '../spec.js';
import { type Misuse, testMisuses } from './does.js';
import { adam, classes, list, net, points, values } from './small.js';

const test = subject('Pasted programs');
const folder = mkdtempSync(join(tmpdir(), 'boundgrad-pasted-'));
afterFile(() => rmSync(folder, { recursive: true }));
const b: any = root;
const { accuracy, compose, crossEntropy, csv, customOp, DataLoader, evaluate, fit, gradcheck, grad, l1 } = b;
const { Linear, loadModel, mapDataset, mlp, mobyDickSample, mse, nll, noGrad, ones, parseSafetensors, predictor } = b;
const { rand, randn, Random, randomCrop, randomFlip, ReLU, rematerialize, Sequential, serializeSafetensors } = b;
const { softmax, splitDataset, standardize, subset, tensor, tensorDataset, textDataset, zeros } = b;
const { csvFile, readPicture }: any = node;

const stream = () => new Random(7).stream('a');
const load = (data: any, more: object = {}) => new DataLoader(data, { batchSize: 8, shuffle: true, seed: 7, ...more });
/** Trains for an epoch, in batches of eight. Returns nothing. */
const train = async (model: any, data: any, more: object = {}): Promise<void> => {
  await fit(model, { train: load(data), optimizer: adam(model), epochs: 1, ...more });
};
/** Two pictures of 8 x 8, of the values 0 to 63 and the reverse. */
const pictures = (augment?: unknown) =>
  new b.ImageDataset({
    ...{ name: 'pictures', pixels: [...list(64, (i) => i), ...list(64, (i) => 63 - i)], labels: [0, 1] },
    ...{ shape: [1, 8, 8], classes: ['a', 'b'], mean: [0.1], std: [0.1], augment },
  });
const seen = async (data: any) => {
  for await (const [x] of new DataLoader(data, { batchSize: 2 })) return x.shape;
};
/** A predictor for pictures of 8 x 8, which takes bytes. Its net is not trained. */
const viewer = () => predictor(mlp({ sizes: [64, 2], random: new Random(1) }), pictures());
const numberOf = async (x: unknown) => (await viewer().predict(x)).length;
/** The pixels of a canvas: red, green, blue, alpha. */
const canvas = (width: number, height: number, at: (i: number) => number[]) =>
  Uint8ClampedArray.from(list(width * height, at).flat());
/** Values to predict without a last axis, [n]. */
const flat = () => tensorDataset(points(24, 1), tensor(list(24, (i) => (i % 5) / 5)));
/** n rows that are one and the same list, as a program fills them. */
const oneList = (n: number, make: () => any) => {
  const rows = Array(n).fill(make());
  for (const [i, row] of rows.entries()) row[0] = i;
  return rows;
};
const layer = () => new Linear(2, 2, { random: new Random(1) });
const x2 = () => ones([1, 2]);

const random: Misuse[] = [
  [
    'a mean and a deviation for normal()',
    () => stream().normal(5, 2),
    { refused: /^normal: too many arguments: 2; at most 0$/ },
  ],
  ['a range for uniform()', () => stream().uniform(-1, 1), { refused: /^uniform: too many arguments: 2; at most 0$/ }],
  ['below(1, 7) for a die', () => stream().below(1, 7), { refused: /^below: too many arguments: 2; at most 1$/ }],
  ['below(6), and 1 + below(6) for a die', () => [1 + stream().below(6), stream().below(6)], { fine: undefined }],
  [
    'permutation of a list',
    () => stream().permutation(['a', 'b']),
    { refused: /^permutation: n must be a size: an array$/ },
  ],
  [
    'a Random in place of a stream',
    () => rand([3], { stream: new Random(7) }),
    { refused: /^rand: stream must be a Stream, as random\.stream\(name\) returns/ },
  ],
  [
    'a Random that went through JSON',
    () => {
      const before = new Random(7);
      before.stream('a').normal();
      const after = Random.from(JSON.parse(JSON.stringify({ before })).before);
      return [after.stream('a').normal(), after.seed].join() === [before.stream('a').normal(), 7].join();
    },
    { fine: true },
  ],
  [
    'a stream that went through JSON',
    () => {
      const before = stream();
      before.uniform();
      return new b.Stream(JSON.parse(JSON.stringify(before))).uniform() === before.uniform();
    },
    { fine: true },
  ],
  [
    'a stream without a name',
    () => new Random(7).stream().uniform() === new Random(7).stream().uniform(),
    { fine: true },
  ],
];

const functions: Misuse[] = [
  [
    'rematerialize of a method without its object',
    () => rematerialize(layer().forward, x2()),
    { refused: /^rematerialize: fn: the method forward has lost its object; give \(x\) => model\.forward\(x\)$/ },
  ],
  [
    'customOp of a method without its object',
    () => customOp('own', layer().forward, (g: any) => [g]),
    { refused: /^customOp: forward: the method forward has lost its object; / },
  ],
  [
    'gradcheck of a method without its object',
    () => gradcheck(layer().forward, [x2()]),
    { refused: /^gradcheck: fn: the method forward has lost its object; / },
  ],
  [
    'rematerialize of functions that need no object',
    () => {
      const own = layer();
      const object = {
        twice: (x: any) => x.mul(2),
        same(x: any) {
          return x.mul(1);
        },
      };
      const all = [own.forward.bind(own), (x: any) => own.forward(x), object.twice, object.same, b.relu];
      return all.map((f) => rematerialize(f, x2()).shape.join()).join(' ');
    },
    { fine: '1,2 1,2 1,2 1,2 1,2' },
  ],
  [
    'map of softmax, which gets an index as its axis',
    () => [ones([2, 2])].map(softmax),
    { refused: /^softmax: too many arguments: 3; at most 2$/ },
  ],
  [
    'map of zeros over shapes',
    () => [[2], [3]].map(zeros),
    { refused: /^zeros: options are an object of dtype, requiresGrad: got number 0$/ },
  ],
  [
    'map of readPicture over paths',
    async () => {
      const file = join(folder, 'a.png');
      writeFileSync(file, PNG);
      return (await Promise.all([file, file].map(readPicture))).map(({ width }: any) => width).join();
    },
    { fine: '1,1' },
  ],
  [
    'map of csvFile over paths',
    () => {
      const file = join(folder, 'a.csv');
      writeFileSync(file, 'a,y\n1,2\n');
      return Promise.all([file].map(csvFile));
    },
    { refused: /^csv: options are an object of target, .*: got number 0$/ },
  ],
  [
    'an augmentation that is not called',
    () => seen(pictures(randomFlip)),
    { refused: /^randomFlip: makes an augmentation: give \{ augment: randomFlip\(\) \}$/ },
  ],
  [
    'an augmentation in compose that is not called',
    () => seen(pictures(compose(randomFlip))),
    { refused: /^randomFlip: makes an augmentation/ },
  ],
  [
    'compose of a list',
    () => compose([randomCrop(1), randomFlip()]),
    { refused: /^compose: takes augmentations, such as randomFlip\(\): got an array$/ },
  ],
];

const data: Misuse[] = [
  [
    'rows of inputs that are one list',
    () =>
      tensorDataset(
        oneList(12, () => [0, 0]),
        list(12, (i) => [i / 2]),
      ),
    { warned: /^tensors: all rows of x are one list, so all are equal; make a list for each$/ },
  ],
  [
    'rows of inputs that are one typed array',
    () =>
      tensorDataset(
        oneList(12, () => new Float32Array(2)),
        list(12, (i) => [i / 2]),
      ),
    { warned: /^tensors: all rows of x are one list/ },
  ],
  [
    'rows of targets that are one list',
    () =>
      tensorDataset(
        points(12, 1),
        oneList(12, () => [0]),
      ),
    { warned: /^tensors: all rows of y are one list/ },
  ],
  [
    'equal rows that are separate lists, and a table of one row',
    () =>
      [
        tensorDataset(
          list(12, () => [1, 2]),
          list(12, (i) => [i / 2]),
        ),
        tensorDataset(
          oneList(1, () => [0, 1]),
          [[2]],
        ),
      ]
        .map((d) => d.length)
        .join(),
    { fine: '12,1' },
  ],
  [
    'a target that was left in the inputs',
    () => {
      const rows = points(12, 1);
      tensorDataset(
        rows,
        rows.map((row) => [row[1]]),
      );
    },
    { warned: /^tensors: feature 1 is the target in each row: a net would only copy it; leave it out$/ },
  ],
  [
    'a class that was left in the inputs',
    () => {
      const rows = points(12, 1).map(([p], i) => [i % 3, p]);
      tensorDataset(
        rows,
        rows.map((row) => row[0]),
        { classes: 3 },
      );
    },
    { warned: /^tensors: feature 0 is the target in each row/ },
  ],
  [
    'targets that equal a feature for a reason',
    () => {
      const [x, series] = [points(12, 1), list(40, (i) => i % 4)];
      tensorDataset(x, x); // an autoencoder
      tensorDataset(
        x.map(([p]) => [p]),
        x.map(([p]) => [p]),
      ); // one input
      tensorDataset(
        x.slice(0, 9),
        x.slice(0, 9).map(([p]) => [p]),
      ); // few rows
      tensorDataset(
        x.map(([p]) => [p, 1]),
        list(12, () => [1]),
      ); // a constant
      tensorDataset(
        list(20, (i) => series.slice(i, i + 4)),
        list(20, (i) => [series[i + 4]]),
      ); // windows
    },
    { fine: undefined },
  ],
  [
    'windows of a text that overlap, split at random',
    async () =>
      splitDataset(textDataset((await mobyDickSample()).slice(0, 500), { context: 32, stride: 1 }), 0.8).length,
    { warned: /^splitDataset: the windows of text overlap/ },
  ],
  [
    'one-hot rows as targets',
    () =>
      train(
        net(3),
        tensorDataset(
          points(24, 1),
          list(24, (i) => list(3, (k) => +(i % 3 === k))),
        ),
      ),
    { warned: /^fit: train: one-hot rows: give the classes as numbers/ },
  ],
  ['pictures that are standardized once more', () => standardize(pictures()).length, { fine: 2 }],
  [
    'normalized pictures that are divided by 255',
    async () => seen(mapDataset(pictures(), (x: any) => x.map((v: number) => v / 255))),
    {
      warned:
        /^mapDataset: the inputs of pictures are normalized, up to 1\.5: the change makes them 0\.0058; do not divide them$/,
    },
  ],
  [
    'standardized inputs that are divided by 255, read twice',
    async () => {
      const set = mapDataset(standardize(values()), (x: any) => x.map((v: number) => v / 255));
      set.batch([0, 1, 2]);
      set.batch([3, 4, 5]);
    },
    { warned: /^mapDataset: the inputs of tensors are normalized/ },
  ],
  [
    'changes that fit normalized inputs, and a division of others',
    async () => {
      const sets = [
        mapDataset(pictures(), (x: any) => x.map((v: number) => v / 2)),
        mapDataset(pictures(), (x: any) => x.fill(0)),
      ];
      for (const set of [...sets, mapDataset(values(), (x: any) => x.map((v: number) => v / 255))]) set.batch([0, 1]);
    },
    { fine: undefined },
  ],
  [
    'a data set of one’s own with nested lists',
    () =>
      seen({
        name: 'own',
        length: 4,
        shape: [2],
        classes: ['a', 'b'],
        batch: (at: any) => ({ inputs: list(at.length, () => [1, 2]), labels: list(at.length, () => 0) }),
      }),
    { refused: /^own: batch\(\) must return \{ inputs, labels \} with inputs of shape \[2,2\]: got 2 numbers$/ },
  ],
  [
    'randomCrop with the size of a smaller crop',
    () => seen(pictures(randomCrop(7))),
    {
      refused:
        /^randomCrop: padding 7 shifts images of 8 x 8 out of sight: it is not the size of a crop; give a few pixels$/,
    },
  ],
  ['randomCrop by half of a side', () => seen(pictures(randomCrop(4))).then(String), { fine: '2,1,8,8' }],
  [
    'a list of pairs as a data set',
    () =>
      load([
        [[1, 2], 0],
        [[2, 3], 1],
      ]),
    { refused: /^DataLoader: takes a data set: got an array; tensorDataset\(\) makes one$/ },
  ],
  ['subset with a number of samples', () => subset(values(), 10), { refused: /^subset: indices must be a list: 10$/ }],
  [
    'splitDataset into three',
    () => splitDataset(values(), 0.7, 0.2, 0.1),
    { refused: /^splitDataset: options are an object of seed, stratify: got number 0\.2$/ },
  ],
  [
    'a test set that shares one sample with the training set',
    () => {
      const whole = tensorDataset(
        points(40, 1),
        points(40, 2).map(([p]) => [p]),
      );
      return train(
        net(1),
        subset(
          whole,
          list(31, (i) => i),
        ),
        {
          test: subset(
            whole,
            list(10, (i) => 30 + i),
          ),
        },
      );
    },
    { warned: /^fit: test: 1 of 10 samples are training samples; / },
  ],
];

const tables: Misuse[] = [
  [
    'a test table with another category in place of one of the training',
    async () => {
      const text = (city: string) =>
        `size,city,price\n${list(24, (i) => `${i * 1.5},${i % 2 ? 'Oslo' : city},${(i * i) % 17}.5`).join('\n')}`;
      const [first, second] = ['Rome', 'Bonn'].map((city) => csv(text(city), { target: 'price' }));
      const model = mlp({ sizes: [3, 1], random: new Random(1) });
      await train(model, first);
      await evaluate(model, second);
    },
    { warned: /^evaluate: csv differs from the training data: it has another table of columns; / },
  ],
  [
    'categories that differ in capitals',
    () => csv(`c,y\n${list(12, (i) => `${['Oslo', 'oslo', 'Rome'][i % 3]},${i * 1.7}`).join('\n')}`, { target: 'y' }),
    { warned: /^csv: 'c' has categories that look alike: 'Oslo' and 'oslo'$/ },
  ],
  [
    '-999 for missing values',
    () =>
      csv(`a,y\n${list(40, (i) => `${i % 9 ? 20 + ((i * 7) % 40) : -999},${(i * i) % 17}.5`).join('\n')}`, {
        target: 'y',
      }),
    { warned: /'a' has '-999' in 5 rows: if it marks a missing value, name it in missingValues/ },
  ],
  [
    'a target of shares with %',
    () => csv(`a,y\n${list(12, (i) => `${i * 1.7},${1 + (i % 3)}0%`).join('\n')}`, { target: 'y' }),
    { warned: /^csv: 'y' holds numbers that are read as categories: '10%'; write plain numbers$/ },
  ],
  [
    'commas between thousands',
    () => csv(`a,y\n${list(12, (i) => `"1,${100 + i}",${i * 1.7}`).join('\n')}`, { target: 'y' }),
    { refused: /^csv: column 'a' has numbers with a comma: '1,100'; / },
  ],
  [
    'a table without a header',
    () => csv(list(12, (i) => `${i * 1.7},${i % 2 ? 'setosa' : 'virginica'}`).join('\n'), { target: 'species' }),
    { refused: /^csv: the first row holds values: 'virginica' is in other rows too/ },
  ],
  [
    'the index column of pandas, which has no name',
    () => csv(',a,y\n0,1,2\n1,2,3\n', { target: 'y' }),
    { refused: /^csv: column 1 of the header has no name/ },
  ],
  [
    'the first line sep=; of Excel',
    () => csv('sep=;\na;y\n1;2\n', { target: 'y' }),
    { refused: /^csv: the first row is 'sep=;', which only Excel reads; remove it$/ },
  ],
  [
    'tabs without the option delimiter',
    () => csv('a\ty\n1\t2\n', { target: 'y' }),
    { refused: /^csv: the cells are separated by '\\t', not by ','; give \{ delimiter: '\\t' \}$/ },
  ],
];

const gradients: Misuse[] = [
  [
    'a vjp that returns a tensor, not a list',
    () => custom((g: any) => g),
    { refused: /^own: what vjp returns must be a list with a gradient for each input: a Tensor$/ },
  ],
  [
    'a vjp of another shape',
    () => custom((g: any) => [g.sum()]),
    { refused: /^own: its vjp returned float32 \(\) for an input of float32 \(2\)$/ },
  ],
  [
    'requiresGrad set after the forward pass',
    () => {
      const [x, w] = [ones([2]), ones([2], { requiresGrad: true })];
      const y = x.mul(w).sum();
      x.requiresGrad = true;
      y.backward();
      return x.grad; // operations are recorded from then on, as the doc comment of requiresGrad says
    },
    { fine: null },
  ],
  [
    'a state that is carried over steps without detach',
    () => {
      const cell = layer();
      let h = zeros([1, 2]);
      for (let i = 0; i < 2; i++) {
        h = cell.forward(h).tanh();
        h.sum().backward();
      }
    },
    {
      refused:
        /^backward: an earlier backward freed the graph: at tanh; pass it \{ retainGraph: true \}, or detach\(\)$/,
    },
  ],
  [
    'w = w.sub(..) in place of w.assign(..)',
    () => {
      let w = ones([2], { requiresGrad: true });
      w.sum().backward();
      w = w.sub(w.grad.mul(0.1));
      w.sum().backward();
      return w.grad;
    },
    { warned: /^grad: not a leaf: an operation made this tensor; call retainGrad\(\) first$/ },
  ],
  [
    'an asynchronous function for noGrad',
    () => noGrad(async () => layer().forward(x2())),
    { refused: /^noGrad: the function returned a promise; it must not await$/ },
  ],
  [
    'the gradient of one tensor without a list',
    () => grad(ones([2], { requiresGrad: true }).sum(), ones([2])),
    { refused: /^grad: / },
  ],
];
function custom(vjp: unknown): void {
  const x = ones([2], { requiresGrad: true });
  customOp(
    'own',
    (t: any) => t.mul(2),
    vjp,
  )(x)
    .sum()
    .backward();
}

const losses: Misuse[] = [
  [
    'a last layer of ReLU before the cross-entropy',
    () => train(new Sequential(new Linear(2, 2, { random: new Random(1) }), new ReLU()), classes()),
    { warned: /^fit: the outputs are made by relu: logits can be any numbers; leave it out$/ },
  ],
  [
    'nll of logits',
    () =>
      nll(
        tensor([
          [1, 2],
          [3, 1],
        ]),
        [0, 1],
      ),
    { refused: /^nll: takes log-probabilities, which are at most 0: 1; logSoftmax\(logits\) makes them$/ },
  ],
  [
    'accuracy of a net with one output',
    () => accuracy(randn([4, 1]), [0, 1, 1, 0]),
    { refused: /^accuracy: one class: \(4,1\); for single logits compare x\.greater\(0\)$/ },
  ],
  [
    'accuracy of predicted classes in place of logits',
    () => accuracy(randn([4, 3]).argMax(1), [0, 1, 1, 0]),
    { refused: /^accuracy: takes \[n, c\] and classes \[n\]: \(4\) and \(4\)$/ },
  ],
  [
    'a loss that broadcasts [n, 1] with [n]',
    () => train(net(1), flat(), { loss: (o: any, y: any) => o.sub(y).square().mean() }),
    { warned: /^fit: the loss broadcasts \(8,1\) with targets \(8\); reshape one$/ },
  ],
  [
    'a loss that broadcasts in an evaluation',
    () => evaluate(net(1), flat(), { loss: (o: any, y: any) => o.sub(y).square().mean() }),
    { warned: /^evaluate: the loss broadcasts \(24,1\) with targets \(24\); reshape one$/ },
  ],
  [
    'a metric that broadcasts',
    () => evaluate(net(1), flat(), { loss: rows, metrics: { mae: (o: any, y: any) => o.sub(y).abs().mean() } }),
    { warned: /^metrics: mae broadcasts \(24,1\) with targets \(24\); reshape one$/ },
  ],
  [
    'a metric that broadcasts and returns a number',
    () =>
      evaluate(net(1), flat(), { loss: rows, metrics: { mae: (o: any, y: any) => o.sub(y).abs().mean().itemSync() } }),
    { warned: /^metrics: mae broadcasts/ },
  ],
  [
    'metrics that reshape outputs or targets, or return a value for each sample',
    async () => {
      const all = {
        mean: (o: any, y: any) => l1(o.reshape([-1]), y),
        number: (o: any, y: any) => l1(o, y.reshape([-1, 1])).itemSync(),
        each: (o: any, y: any) => l1(o.reshape(y.shape), y, { reduction: 'none' }),
      };
      const { metrics } = await evaluate(net(1), flat(), { loss: rows, metrics: all });
      return new Set(Object.values(metrics).map((v: any) => v.toFixed(5))).size;
    },
    { fine: 1 },
  ],
  [
    'an asynchronous metric',
    () => evaluate(net(1), values(), { metrics: { mae: async (o: any, y: any) => l1(o, y).item() } }),
    { refused: /^metrics: mae must return a tensor or a number: got a Promise$/ },
  ],
];
function rows(o: any, y: any): any {
  return mse(o.reshape([-1]), y);
}

const predictions: Misuse[] = [
  [
    'predict for a batch of a loader over standardized data',
    async () => {
      const set = standardize(values());
      for await (const [x] of load(set)) await predictor(net(1), set).predict(x);
    },
    { refused: /^predict: a batch of standardized inputs; give \{ prepared: true \}$/ },
  ],
  [
    'predict for the data of a canvas',
    () => numberOf(canvas(8, 8, (i) => [i, 2 * i, 3, 255])),
    {
      refused:
        /^predict: 256 bytes are the pixels of a canvas, red, green, blue, alpha; give \{ width, height, data \}$/,
    },
  ],
  [
    'predict for the data of a large canvas with ink in alpha',
    () => numberOf(canvas(16, 16, (i) => [0, 0, 0, i])),
    { refused: /^predict: 1024 bytes are the pixels of a canvas/ },
  ],
  [
    'predict for decoded bytes with alpha',
    () => numberOf(new Uint8Array(canvas(8, 8, (i) => [i, 9, 3, 255]))),
    { refused: /^predict: 256 bytes are the pixels of a canvas/ },
  ],
  [
    'predict for a canvas',
    () => numberOf({ width: 8, height: 8, data: canvas(8, 8, (i) => [i, i, i, 255]) }),
    { fine: 1 },
  ],
  [
    'predict for bytes of four grey pictures: noise, white ones, stripes in one, black ones',
    async () => {
      const noise = stream();
      const all = [
        list(256, () => noise.below(256)),
        list(256, () => 255),
        list(256, (i) => (i < 64 && i % 4 === 3 ? 255 : i % 200)),
        list(256, () => 0),
      ];
      return (await Promise.all(all.map((bytes) => numberOf(Uint8Array.from(bytes))))).join();
    },
    { fine: '4,4,4,4' },
  ],
  [
    'predict for the bytes of a file',
    () => numberOf(PNG),
    { refused: /^predict: samples: got a Buffer; give await pictureOf\(file\), or await readPicture\(path\)$/ },
  ],
  [
    'predict for a list of files of JPEG',
    () => numberOf([Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)]),
    { refused: /^predict: samples: got a Uint8Array; give await pictureOf\(file\), or / },
  ],
  [
    'predict for an ArrayBuffer',
    () => numberOf(new Uint8Array(PNG).buffer),
    { refused: /^predict: samples: got an ArrayBuffer; give await pictureOf\(file\), or / },
  ],
  [
    'predict for paths of pictures',
    () => numberOf(['a.png', 'b.png']),
    { refused: /^predict: samples: got string "a\.png"; give await pictureOf\(file\), or / },
  ],
  [
    'predict for a row that is a Map',
    () => predictor(mlp({ sizes: [1, 1] }), csv('a,y\n1,2\n2,5\n', { target: 'y' })).predict([new Map([['a', 1]])]),
    { refused: /^predict: sample 0: a Map; give its cells as an object, Object\.fromEntries\(map\)$/ },
  ],
  [
    'predict for the path of a table',
    () => predictor(net(1), values()).predict('new.csv'),
    { refused: /^predict: a text is CSV, a header and rows: got 'new\.csv'; read the file, or give rows$/ },
  ],
];

const files: Misuse[] = [
  [
    'an operation on two tensors, one of which was made before setBackend',
    async () => {
      const before = b.backend();
      const w = ones([2, 2]);
      try {
        await b.setBackend({ ...before, name: 'other' });
        return w.matmul(ones([2, 2]));
      } finally {
        await b.setBackend(before);
      }
    },
    { refused: /^matmul: operands on two backends: reference and other; await setBackend first$/ },
  ],
  ['data() without await, as a list', () => Array.from(ones([2]).data()), { refused: /^data: a promise: await it$/ }],
  [
    'item() without await, in JSON',
    () => JSON.stringify({ loss: ones([1]).item() }),
    { refused: /^item: a promise: await it$/ },
  ],
  ['data() without await, in a sum', () => ones([2]).data() + 1, { refused: /^data: a promise: await it$/ }],
  [
    'data() and item(), awaited together',
    async () => (await Promise.all([ones([2]).data(), ones([1]).item()])).map(String).join(' '),
    { fine: '1,1 1' },
  ],
  [
    'parseSafetensors of an ArrayBuffer',
    async () => parseSafetensors(new Uint8Array(await serializeSafetensors(net())).buffer),
    { refused: /^parseSafetensors: takes a Uint8Array: got an ArrayBuffer; wrap an ArrayBuffer$/ },
  ],
  [
    'loadModel of weights alone',
    async () => loadModel(await serializeSafetensors(net())),
    {
      refused:
        /^checkpoint: not a checkpoint, or damaged: .*model\.loadStateDict\(parseSafetensors\(bytes\)\.tensors\) loads them$/,
    },
  ],
  [
    'serializeSafetensors of an optimizer’s whole state',
    async () => {
      const model = net();
      const optimizer = adam(model);
      crossEntropy(model.forward(x2()), [1]).backward();
      optimizer.step();
      return serializeSafetensors(optimizer.stateDict());
    },
    { refused: /^serializeSafetensors: not a tensor: tensors is an Object; give optimizer\.stateDict\(\)\.tensors$/ },
  ],
];

/** A PNG file of one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

testMisuses(test, [...random, ...functions, ...data, ...tables, ...gradients, ...losses, ...predictions, ...files]);

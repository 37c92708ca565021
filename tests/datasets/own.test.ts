// A user's data: tensors as a data set, parts of it, standardized features, and training on them.

import { checkDataset, checkIndices } from '../../datasets/dataset.js';
import {
  Adam,
  type AnyBatch,
  type AnyDataset,
  add,
  DataError,
  DataLoader,
  evaluate,
  fit,
  ImageDataset,
  Linear,
  Module,
  mapDataset,
  Random,
  ShapeError,
  splitDataset,
  standardize,
  subset,
  type Tensor,
  tensor,
  tensorDataset,
  ValueError,
} from '../../index.js';
import { assert, subject } from '../spec.js';

/** Every sample's inputs and labels or targets, as plain lists. */
function all(data: AnyDataset): { inputs: number[]; out: number[] } {
  const batch = data.batch(Int32Array.from({ length: data.length }, (_, i) => i)) as any;
  return { inputs: [...batch.inputs], out: [...(batch.labels ?? batch.targets)] };
}

/** n points of y = 3 a - 2 z + 1, where z is normal and b = 1000 + 50 z, so that the inputs a and b have very different scales. */
function line(n: number): { x: number[][]; y: number[][] } {
  const stream = new Random(3).stream('line');
  const x = Array.from({ length: n }, () => [stream.normal(), 1000 + 50 * stream.normal()]);
  return { x, y: x.map(([a, b]) => [3 * a - 0.04 * (b - 1000) + 1]) };
}

const tensors = subject('Data sets of tensors');

tensors(
  'a list of whole numbers with classes, an int32 tensor, and a bool tensor hold classes; floats hold values',
  () => {
    const x = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const named = tensorDataset(x, [0, 1, 1], { classes: ['cat', 'dog'] });
    assert.equal([named.classes, named.shape, named.length, named.targetShape], [['cat', 'dog'], [2], 3, undefined]);
    assert.equal(all(named), { inputs: [1, 2, 3, 4, 5, 6], out: [0, 1, 1] });
    assert.equal(tensorDataset(x, tensor([0, 2, 1], { dtype: 'int32' })).classes, ['0', '1', '2']);
    assert.equal(tensorDataset(x, tensor([true, false, true])).classes, ['0', '1']);
    assert.equal(tensorDataset(x, [1, 0, 1], { classes: 3, names: ['a', 'b', 'c'] }).classes, ['a', 'b', 'c']);
    const values = tensorDataset(x, [
      [0.5, 1],
      [1.5, 2],
      [2.5, 3],
    ]);
    assert.equal([values.classes, values.targetShape], [[], [2]]);
    assert.equal(all(values).out, [0.5, 1, 1.5, 2, 2.5, 3]);
    assert.equal(tensorDataset(x, [7, 8, 9]).targetShape, []);
  },
);

tensors(
  'a loader gives values as float32 in their shape, classes as int32, and several inputs as a list of tensors',
  async () => {
    const x = tensor([1, 2, 3, 4, 5, 6, 7, 8], { shape: [4, 2], dtype: 'float64' });
    for await (const [a, y] of new DataLoader(tensorDataset(x, [[1], [2], [3], [4]]), { batchSize: 3 })) {
      assert.equal([a.shape[1], y.shape[1], a.dtype, y.dtype], [2, 1, 'float32', 'float32']);
    }
    const two = new DataLoader<[Tensor, Tensor]>(
      tensorDataset([x, tensor([9, 10, 11, 12])], [0, 1, 0, 1], { classes: 2 }),
      {
        batchSize: 2,
      },
    );
    const shapes: unknown[] = [];
    for await (const [[a, b], y] of two) shapes.push([a.shape, b.shape, y.dtype, [...b.dataSync()]]);
    assert.equal(shapes, [
      [[2, 2], [2], 'int32', [9, 10]],
      [[2, 2], [2], 'int32', [11, 12]],
    ]);
  },
);

tensors('numbers of rows that differ, labels that name no class, NaN and wrong options are refused', () => {
  const refused = (make: () => unknown, error: new (m: string) => Error, message: RegExp) =>
    assert.throws(make, (e: Error) => e instanceof error && message.test(e.message));
  refused(() => tensorDataset([[1], [2]], [1]), ShapeError, /differ in their number of rows: \(2,1\) and \(1\)/);
  refused(() => tensorDataset(3, [1]), ShapeError, /x must have a row for each sample/);
  refused(() => tensorDataset([[1]], [2], { classes: 2 }), DataError, /a label names no class: 2 of sample 0/);
  refused(() => tensorDataset([[1]], [0.5], { classes: 2 }), DataError, /a label names no class: 0\.5/);
  refused(() => tensorDataset([[1]], [[0]], { classes: 2 }), ShapeError, /classes must be \[n\]/);
  refused(() => tensorDataset([[1], [NaN]], [1, 2]), DataError, /x must be finite: NaN in sample 1/);
  refused(() => tensorDataset([[1]], [1e39]), DataError, /y must be finite: Infinity in sample 0/);
  refused(
    () => tensorDataset([[1]], [1], { clases: 2 } as never),
    ValueError,
    /unknown option: clases; .*did you mean classes/,
  );
  refused(() => tensorDataset([[1]], [1], { classes: 0 }), ValueError, /classes must be a positive integer: 0/);
  refused(() => tensorDataset([[1]], [0], { classes: 2, names: ['a'] }), ValueError, /differ in number: 1 and 2/);
});

const parts = subject('Parts of a data set');
const numbered = (n: number, classes = 2) =>
  tensorDataset(
    Array.from({ length: n }, (_, i) => [i]),
    Array.from({ length: n }, (_, i) => i % classes),
    { classes },
  );

parts('a subset reads the samples at its indices, in their order', () => {
  const part = subset(numbered(5), [4, 0, 4]);
  assert.equal(all(part), { inputs: [4, 0, 4], out: [0, 0, 0] });
  assert.throws(() => part.batch([3]), /no such sample: index 3 of 3/);
  assert.throws(() => subset(numbered(5), [5]), /no such sample: index 5/);
  const empty = { name: 'e', length: 0 };
  assert.throws(() => checkIndices(empty, [0]), /^e: no such sample: index 0 of 0$/);
  const two = { ...numbered(1), shapes: [[1], [0]], batch: () => ({}) };
  assert.throws(() => checkDataset('fit', two as never), /the shape of .* must be positive integers: \[?0/);
  assert.throws(() => subset(numbered(5), []), /no indices/);
});

parts(
  'a split has each sample once and depends on the seed only; the sizes of its parts are the rounded shares',
  () => {
    const data = numbered(10);
    const [train, test] = splitDataset(data, 0.75, { seed: 7 });
    assert.equal([train.length, test.length], [8, 2]);
    const both = [...all(train).inputs, ...all(test).inputs];
    assert.equal(
      both.sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.equal([...splitDataset(data, 0.75, { seed: 7 })[0].indices], [...train.indices]);
    assert.not.equal([...splitDataset(data, 0.75, { seed: 8 })[0].indices], [...train.indices]);
    assert.not.equal(
      [...train.indices],
      [...train.indices].sort((a, b) => a - b),
      'the order is drawn',
    );
  },
);

parts(
  'a stratified split gives every class its share; data with values cannot be stratified, and wrong shares are refused',
  () => {
    const labels = Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : 1));
    const data = tensorDataset(
      labels.map((v) => [v]),
      labels,
      { classes: 2 },
    );
    for (const seed of [0, 1, 2]) {
      const [train, test] = splitDataset(data, 0.8, { seed, stratify: true });
      assert.equal(all(train).out.filter((c) => c === 1).length, 8);
      assert.equal(all(test).out.filter((c) => c === 1).length, 2);
    }
    for (const share of [0, 1, -1, Number.NaN, 80, '0.8' as never])
      assert.throws(() => splitDataset(data, share), /the share must be between 0 and 1/);
    assert.throws(() => splitDataset(data, 0.001), /a part is empty: 0\.001 of 100 samples is 0/);
    assert.throws(
      () => splitDataset(tensorDataset([[1], [2]], [0.5, 1]), 0.5, { stratify: true }),
      /has values to predict/,
    );
  },
);

parts(
  'a map changes the inputs, and their shape if one is given; its function gets the random stream of the batch',
  async () => {
    const doubled = mapDataset(numbered(3), (x) => x.map((v) => 2 * v));
    assert.equal(all(doubled), { inputs: [0, 2, 4], out: [0, 1, 0] });
    const pairs = mapDataset(numbered(2), ([v]) => Float32Array.of(v, -v), { shape: [2] });
    assert.equal([all(pairs).inputs, pairs.shape], [[0, -0, 1, -1], [2]]);
    assert.throws(() => all(mapDataset(numbered(2), () => new Float32Array(2))), /has 2 values: shape \[1\] has 1/);
    const noisy = mapDataset(numbered(4), (x, stream) => x.map((v) => v + (stream ? stream.normal() : 0)));
    assert.equal(all(noisy).inputs, [0, 1, 2, 3]);
    const drawn = async () => {
      for await (const [x] of new DataLoader(noisy, { batchSize: 4, seed: 1 })) return [...x.dataSync()];
    };
    assert.equal(await drawn(), await drawn());
    assert.not.equal(await drawn(), [0, 1, 2, 3]);
  },
);

const scales = subject('Standardized features');

scales('a constant feature has exactly its value as the mean, and deviation 1, for any number of samples', () => {
  for (const [value, n] of [
    [4, 240],
    [0.1, 7],
    [-1e6, 999],
    [1e-9, 49],
  ]) {
    const data = standardize(tensorDataset(tensor(Array(n).fill([value])), tensor(Array(n).fill([value]))));
    const constant = Math.fround(value);
    assert.equal(data.statistics.inputs, { mean: [constant], std: [1] });
    assert.equal(data.statistics.targets, { mean: [constant], std: [1] });
  }
});

scales('each feature and each value to predict gets mean 0 and deviation 1; a constant is only shifted', () => {
  const data = tensorDataset(
    [
      [1, 5, 10],
      [3, 5, 30],
      [5, 5, 20],
    ],
    [[2], [4], [9]],
  );
  const ready = standardize(data);
  const { mean, std } = ready.statistics.inputs;
  assert.equal(
    mean.map((v) => Math.round(v * 1e9) / 1e9),
    [3, 5, 20],
  );
  assert.equal(std[1], 1);
  const { inputs, out } = all(ready);
  for (const feature of [0, 2]) {
    const column = [0, 1, 2].map((row) => inputs[3 * row + feature]);
    assert.ok(Math.abs(column.reduce((a, b) => a + b)) < 1e-6);
    assert.ok(Math.abs(column.reduce((a, b) => a + b * b, 0) / 3 - 1) < 1e-6);
  }
  assert.equal([inputs[1], inputs[4], inputs[7]], [0, 0, 0]);
  assert.ok(Math.abs(out.reduce((a, b) => a + b)) < 1e-6);
  assert.equal(all(standardize(data, { targets: false })).out, [2, 4, 9]);
  assert.equal(standardize(data, { except: [2] }).statistics.inputs.std[2], 1);
});

scales('features in `except` stay as they are, and statistics that would change them are refused', () => {
  const data = tensorDataset(
    [
      [1, 0],
      [2, 1],
    ],
    [[2], [4]],
  );
  const { statistics } = standardize(data, { except: [1] });
  const ready = standardize(data, { statistics, except: [1] });
  assert.equal(all(ready).inputs, all(standardize(data, { statistics })).inputs);
  assert.throws(
    () => standardize(data, { statistics, except: [1, 0] }),
    /^standardize: except: the statistics change feature 0: mean 1\.5 and std 0\.5; give \{ except \} where they are computed, for the training set$/,
  );
  const whole = standardize(data).statistics;
  assert.throws(
    () => standardize(data, { statistics: whole, except: [1] }),
    /the statistics change feature 1: mean 0\.5/,
  );
});

scales('features far from 0 lose no precision: the variance of 10,000,000 and 10,000,002 is 1', () => {
  const { statistics } = standardize(tensorDataset([[10_000_000], [10_000_002]], [[1], [2]]));
  assert.equal(statistics.inputs, { mean: [10_000_001], std: [1] });
});

scales('a channel of images is one feature', () => {
  const x = tensor([1, 3, 10, 30, 5, 7, 50, 70], { shape: [2, 2, 1, 2] });
  const { inputs } = standardize(tensorDataset(x, [0, 1], { classes: 2 })).statistics;
  assert.equal(inputs.mean, [4, 40]);
});

scales('the statistics of the training set can be used for other data, unless these have other columns', () => {
  const train = standardize(tensorDataset([[0], [2]], [[0], [4]]));
  const { statistics } = train;
  assert.equal(JSON.parse(JSON.stringify(statistics)), statistics);
  assert.equal(all(standardize(tensorDataset([[3]], [[6]]), { statistics })), { inputs: [2], out: [2] });
  assert.throws(
    () => standardize(tensorDataset([[3, 1]], [[6]]), { statistics }),
    /statistics do not fit .* 2 features/,
  );
  assert.throws(() => standardize(tensorDataset([[3]], [[6]]), { statistics: {} as never }), /statistics do not fit/);
});

const training = subject('Training on a user’s data');

training(
  'the default loss of values is the mean square error: fit learns a linear table, and evaluate measures it',
  async () => {
    const { x, y } = line(200);
    const [train, test] = splitDataset(tensorDataset(x, y, { name: 'line' }), 0.8, { seed: 1 });
    const ready = standardize(train);
    const held = standardize(test, { statistics: ready.statistics });
    const model = new Linear(2, 1, { random: new Random(1) });
    const optimizer = new Adam(model.parameters(), { lr: 0.05 });
    const loader = new DataLoader(ready, { batchSize: 32, shuffle: true, seed: 1 });
    const { outcome, epochs } = await fit(model, { train: loader, test: held, optimizer, epochs: 40 });
    assert.is(outcome, 'finished');
    assert.ok(epochs.at(-1)!.loss < 1e-3, `${epochs.at(-1)!.loss}`);
    assert.is(epochs.at(-1)!.accuracy, null);
    const found = await evaluate(model, held);
    assert.equal([found.samples, found.accuracy, found.confusion], [40, null, null]);
    assert.ok(found.loss < 1e-3);
  },
);

class Two extends Module<[a: Tensor, b: Tensor]> {
  readonly left = new Linear(1, 2, { random: new Random(1) });
  readonly right = new Linear(2, 2, { random: new Random(2) });
  forward(a: Tensor, b: Tensor): Tensor {
    return add(this.left.forward(a), this.right.forward(b));
  }
}

training('a model of two inputs trains, and right answers are counted', async () => {
  const n = 60;
  const a = Array.from({ length: n }, (_, i) => [i % 2 ? 1 : -1]);
  const b = Array.from({ length: n }, (_, i) => [0.1 * (i % 3), 0.2]);
  const data = tensorDataset(
    [tensor(a), tensor(b)],
    Array.from({ length: n }, (_, i) => i % 2),
    { classes: 2 },
  );
  const model = new Two();
  const optimizer = new Adam(model.parameters(), { lr: 0.1 });
  const loader = new DataLoader(data, { batchSize: 20, shuffle: true, seed: 1 });
  const { epochs } = await fit(model, { train: loader, test: data, optimizer, epochs: 20 });
  assert.is(epochs.at(-1)!.testAccuracy, 1);
  assert.equal((await evaluate(model, loader)).confusion, [
    [30, 0],
    [0, 30],
  ]);
});

training('an output that does not have the shape of the values is refused, with both shapes', async () => {
  const data = tensorDataset([[1], [2]], [1, 2]);
  const model = new Linear(1, 1);
  const optimizer = new Adam(model.parameters());
  const train = new DataLoader(data, { batchSize: 2 });
  const failure = await fit(model, { train, optimizer, epochs: 1 }).catch((e: Error) => e.message);
  assert.match(String(failure), /output does not have the shape of the values: \(2,1\) for \(2\); reshape one/);
  const smooth = await fit(model, { train, optimizer, epochs: 1, labelSmoothing: 0.1 }).catch((e: Error) => e.message);
  assert.match(String(smooth), /labelSmoothing applies to the default loss of classes only/);
});

training('batches that do not fit their data set are refused, for classes, values and several inputs', async () => {
  const own = (batch: unknown, more: object) => ({
    ...{ name: 'own', length: 1, shape: [2], classes: ['a', 'b'], ...more },
    batch: () => batch as AnyBatch,
  });
  const read = async (data: AnyDataset) => {
    for await (const [x] of new DataLoader<any>(data, { batchSize: 1 })) return x;
  };
  const wrong: [AnyDataset, RegExp][] = [
    [own({ inputs: [1, 2] }, {}), /\{ inputs, labels \} with labels of shape \[1\]: got undefined/],
    [own({ inputs: [1], labels: [0] }, {}), /with inputs of shape \[1,2\]: got 1 numbers/],
    [
      own({ inputs: [1, 2], targets: [1] }, { targetShape: [2] }),
      /\{ inputs, targets \} with targets of shape \[1,2\]: got 1/,
    ],
    [
      own({ inputs: [[1, 2]], labels: [0] }, { shapes: [[2], [1]] }),
      /inputs: \[\.\.\].* with inputs\[1\] of shape \[1,1\]: got u/,
    ],
  ];
  for (const [data, message] of wrong) assert.match(String(await read(data).catch((e) => e)), message);
  assert.throws(() => new DataLoader(own({}, { targetShape: [0] }), { batchSize: 1 }), /targetShape of own must be/);
});

training('a user’s images can be split like other data', () => {
  const images = new ImageDataset({
    name: 'dots',
    pixels: Uint8Array.of(0, 255, 51, 102),
    labels: [0, 1, 0, 1],
    shape: [1, 1, 1],
    classes: ['dark', 'light'],
    mean: [0],
    std: [1],
  });
  const [first] = splitDataset(images, 0.5, { seed: 1, stratify: true });
  assert.equal(all(first).out.sort(), [0, 1]);
});

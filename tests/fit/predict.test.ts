// From the bytes of a checkpoint to predictions: a trained model takes raw samples, and its predictions equal the net's outputs
// for the batches of its training data.
import {
  DataError,
  parseSafetensors,
  Random,
  serializeSafetensors,
  type Tensor,
  tensor,
  ValueError,
} from '../../core/index.js';
import { crc32, hex } from '../../fit/crc32.js';
import {
  AdaBound,
  type AnyDataset,
  type Callback,
  csv,
  DataLoader,
  Dropout,
  densenetBC,
  fit,
  ImageDataset,
  Linear,
  lenet,
  loadModel,
  Module,
  mapDataset,
  mlp,
  noGrad,
  predictor,
  resnet8,
  Sequential,
  SGDM,
  softmax,
  standardize,
  Tanh,
  tensorDataset,
  VERSION,
} from '../../index.js';
import { withOrigin } from '../../nn/origin.js';
import { assert, close, subject } from '../spec.js';
import { Kept } from './training.js';

/** Trains for some steps. Returns the bytes of the checkpoint; the model has the same weights. */
async function trained(
  model: Module<any>,
  data: AnyDataset,
  maxSteps = 2,
  callbacks: Callback[] = [],
): Promise<Uint8Array> {
  const kept = new Kept();
  const optimizer = new AdaBound(model.namedParameters(), { lr: 0.05 });
  const train = new DataLoader(data, { batchSize: 8, shuffle: true, seed: 3 });
  await fit(model, { train, optimizer, epochs: 200, maxSteps, checkpoints: kept, callbacks });
  return kept.files.at(-1)!.file;
}

/** The inputs of all samples as the model gets them in training, and its outputs. */
async function outputsOf(model: Module<any>, data: AnyDataset): Promise<{ inputs: Tensor; outputs: Tensor }> {
  let inputs!: Tensor;
  for await (const [x] of new DataLoader(data, { batchSize: data.length })) inputs = x as Tensor;
  return { inputs, outputs: noGrad(() => model.eval().forward(inputs)) };
}

const random = () => new Random(1);

const classes = subject('Predictions of classes');

const stream = new Random(5).stream('points');
const points = Array.from({ length: 30 }, () => [stream.normal() + 5, 10 * stream.normal()]);
const kinds = tensorDataset(
  points,
  points.map(([a]) => (a > 5 ? 1 : 0)),
  { classes: ['low', 'high'] },
);

classes(
  'each prediction has the softmax of the logits by the names of the classes, and the most probable name',
  async () => {
    const model = mlp({ sizes: [2, 4, 2], random: random() });
    const net = await loadModel(await trained(model, kinds, 20));
    assert.equal(net.classes, ['low', 'high']);
    const found = await net.predict(tensor(points));
    const expected = softmax((await outputsOf(model, kinds)).outputs, 1).dataSync();
    // The probabilities of `predict` are float64; those of `softmax` are rounded to float32.
    close(
      found.flatMap(({ probabilities }) => [probabilities!.low, probabilities!.high]),
      expected,
      1e-6,
    );
    for (const { label, probabilities } of found) {
      const { low, high } = probabilities!;
      assert.is(label, high > low ? 'high' : 'low');
      close([low + high], [1], 1e-15);
    }
  },
);

classes('samples are standardized as in training; nested lists of numbers and a tensor give the same', async () => {
  const data = standardize(kinds);
  const model = mlp({ sizes: [2, 8, 2], random: random() });
  const net = await loadModel(await trained(model, data, 100));
  const found = await net.predict(points);
  assert.equal(found, await net.predict(tensor(points)));
  const { inputs, outputs } = await outputsOf(model, data);
  close(
    found.map(({ probabilities }) => probabilities!.high),
    [...softmax(outputs, 1).dataSync()].filter((_, i) => i % 2),
    1e-6,
  );
  assert.equal(await net.predict(inputs, { prepared: true }), found, 'batches of the loader are standardized already');
  const right = found.filter(({ label }, i) => label === (points[i][0] > 5 ? 'high' : 'low')).length;
  assert.ok(right >= 28, `it has learnt: ${right} of 30`);
});

classes('more samples than a batch keep their order', async () => {
  const net = await loadModel(await trained(mlp({ sizes: [2, 4, 2], random: random() }), kinds));
  const many = Array.from({ length: 250 }, (_, i) => points[i % 30]);
  const [found, thirty] = [await net.predict(many), await net.predict(points)];
  assert.equal(
    found,
    many.map((_, i) => thirty[i % 30]),
  );
});

const values = subject('Predictions of values');

values('a value is in the units of the targets, though the net was trained on standardized ones', async () => {
  const y = points.map(([a, b]) => 1000 + 100 * a - 3 * b);
  const data = standardize(tensorDataset(points, y));
  const model = mlp({ sizes: [2, 1], random: random() });
  // The net's output has an axis of size 1, like the targets of a table; the targets here do not.
  class Flat extends Module {
    readonly inner = model;
    forward(x: Tensor): Tensor {
      return this.inner.forward(x).reshape([x.shape[0]]);
    }
  }
  const net = await loadModel(await trained(new Flat(), data, 300), { model: new Flat() });
  const found = (await net.predict(points)).map(({ value }) => value as number);
  close(found, y, 0.02);
});

values('several values are a list, in the order of the targets; a grid of values is in row-major order', async () => {
  const data = standardize(
    tensorDataset(
      points,
      points.map(([a, b]) => [b, 100 * a, 7]),
    ),
  );
  const model = mlp({ sizes: [2, 3], random: random() });
  const net = await loadModel(await trained(model, data, 2));
  const { mean, std } = data.statistics.targets!;
  const { outputs } = await outputsOf(model, data);
  const expected = Array.from(outputs.dataSync(), (v, i) => v * std[i % 3] + mean[i % 3]);
  close(
    (await net.predict(points)).flatMap(({ value }) => value as number[]),
    expected,
    1e-12,
  );
  class Grid extends Module {
    readonly layer = new Linear(2, 6, { random: random() });
    forward(x: Tensor): Tensor {
      return this.layer.forward(x).reshape([x.shape[0], 2, 3]);
    }
  }
  const grids = standardize(
    tensorDataset(
      points,
      points.map(([a, b]) => [
        [a, a, a],
        [b, 2 * b, 3 * b],
      ]),
    ),
  );
  const grid = new Grid();
  const other = await loadModel(await trained(grid, grids), { model: new Grid() });
  const scale = grids.statistics.targets!;
  const plain = Array.from((await outputsOf(grid, grids)).outputs.dataSync(), (v, i) => {
    const row = Math.floor((i % 6) / 3);
    return v * scale.std[row] + scale.mean[row];
  });
  close(
    (await other.predict(points)).flatMap(({ value }) => value as number[]),
    plain,
    1e-12,
  );
});

values('a model of several inputs takes a list of tensors', async () => {
  class Product extends Module<[Tensor, Tensor]> {
    readonly left = new Linear(2, 3, { random: random() });
    readonly right = new Linear(1, 3, { random: random() });
    forward(a: Tensor, b: Tensor): Tensor {
      return this.left.forward(a).mul(this.right.forward(b)).sum(1, { keepdim: true });
    }
  }
  const [a, b] = [tensor(points), tensor(points.map(([v]) => [v]))];
  const model = new Product();
  const net = await loadModel(
    await trained(
      model,
      tensorDataset(
        [a, b],
        points.map(([v]) => [v]),
      ),
    ),
    { model: new Product() },
  );
  assert.equal(net.shapes, [[2], [1]]);
  const expected = noGrad(() => model.eval().forward(a, b)).dataSync();
  close(
    (await net.predict([a, b])).map(({ value }) => value as number),
    expected,
    0,
  );
  await refused(net.predict(a), /the model takes 2 inputs: got 1/);
  await refused(net.predict([a, a]), /input 1 must be \(30,1\), a row for each sample: \(30,2\)/);
});

const tables = subject('Predictions for rows of a table');

const header = 'size,city,price';
const rows = Array.from({ length: 24 }, (_, i) => ({ size: 50 + 5 * i, city: ['Rome', 'Oslo', 'Bonn'][i % 3] }));
const priceOf = ({ size, city }: (typeof rows)[number]) => 3 * size + (city === 'Oslo' ? 200 : 0);
const text = (some = rows) => [header, ...some.map((r) => `${r.size},${r.city},${priceOf(r)}`)].join('\n');
const houses = csv(text(), { target: 'price', missing: 'fill' });
const scaled = standardize(houses, { except: houses.oneHot });
const pricing = mlp({ sizes: [4, 1], random: random() });
const bytes = await trained(pricing, scaled, 400);

tables(
  'CSV text and rows as objects give the same predictions, with columns by name and the categories and statistics of the training',
  async () => {
    const net = await loadModel(bytes);
    assert.equal(net.table, houses.table);
    const found = await net.predict(text());
    assert.equal(
      found.map(({ row }) => row),
      rows.map((_, i) => i + 2),
      'the header is row 1',
    );
    const plain = found.map(({ value }) => ({ value }));
    // An interface has no index signature, and the type of `predict` must accept it too.
    interface House {
      size: number;
      city: string;
    }
    const typed: House[] = rows;
    assert.equal(await net.predict(typed), plain);
    assert.equal(await net.predict(rows.map(({ size, city }) => ({ city, more: 'x', size: String(size) }))), plain);
    const other = ['city;note;size', ...rows.map((r) => `${r.city};a;${r.size}`)].join('\r\n').replaceAll(';', ',');
    assert.equal(await net.predict(other), found, 'other columns are not read, and a target is not needed');
    close(
      found.map(({ value }) => value as number),
      rows.map(priceOf),
      0.01,
    );
  },
);

tables('a tensor holds the inputs of the table before they are standardized', async () => {
  const net = await loadModel(bytes);
  const raw = houses.batch([0, 1, 2]).inputs as Float32Array;
  const found = await net.predict(tensor(raw, { shape: [3, 4] }));
  assert.equal(found, await net.predict(rows.slice(0, 3)));
});

tables(
  'a missing cell gets the value that filled its column in training; null and an empty cell are missing',
  async () => {
    const net = await loadModel(bytes);
    const mean = 50 + 5 * 11.5;
    const expected = await net.predict([{ size: mean, city: 'Oslo' }]);
    await refused(net.predict([{ size: 1, city: 'Bonnn' }]), /; train with it, or empty the cell$/);
    assert.equal(await net.predict([{ size: null, city: 'Oslo' }]), expected);
    assert.equal(
      (await net.predict('size,city\n,Oslo\n')).map(({ value }) => ({ value })),
      expected,
    );
  },
);

tables('an unknown category, a text among numbers and a missing column are refused by row and column', async () => {
  const net = await loadModel(bytes);
  await refused(
    net.predict('size,city\n50,Rome\n60,Paris\n'),
    /^predict: row 3, column 'city': unknown category: 'Paris'/,
  );
  await refused(
    net.predict([rows[0], { size: 1, city: 'Paris' }]),
    /^predict: sample 1, column 'city': unknown category/,
  );
  await refused(net.predict('size,city\nbig,Rome\n'), /row 2, column 'size': not a number: 'big'/);
  await refused(
    net.predict('size\n1\n'),
    /^predict: the column 'city', an input in the training, is missing: the header has size; add it, or train without it$/,
  );
  await refused(net.predict([[1, 'Oslo']] as any), /^predict: give rows as objects: { "size": \.\., "city": \.\. }$/);
  await refused(net.predict([{ size: 1 }]), /sample 0 has no 'city'; give null if it is missing/);
  await refused(net.predict([{ size: Number.NaN, city: 'Rome' }]), /column 'size': not a number: 'NaN'/);
  await refused(net.predict('size,city\n'), /no rows/);
  const strict = csv(text(), { target: 'price' });
  const other = await loadModel(await trained(mlp({ sizes: [4, 1] }), strict));
  await refused(
    other.predict([{ size: null, city: 'Rome' }]),
    /sample 0, column 'size': no value; the training filled no cells; train with \{ missing: 'fill' \}$/,
  );
});

tables('a net that takes vectors of numbers also takes CSV, whose columns are the inputs in their order', async () => {
  const net = await loadModel(await trained(mlp({ sizes: [2, 4, 2], random: random() }), kinds));
  const found = await net.predict(['a,b', ...points.map((p) => p.join())].join('\n'));
  assert.equal(
    found.map(({ row: _, ...rest }) => rest),
    await net.predict(points),
  );
  await refused(net.predict('a,b,c\n1,2,3\n'), /the text has 3 columns: the model takes 2/);
  await refused(net.predict([{ a: 1, b: 2 }]), /the model was not trained on a table/);
});

tables('a table of classes predicts their names', async () => {
  const data = csv('x (m),kind\n1,a\n2,a\n9,b\n8,b\n', { target: 'kind' });
  const net = await loadModel(await trained(mlp({ sizes: [1, 8, 2], random: random() }), data, 60));
  await refused(net.predict([['1']] as any), /^predict: give rows as objects: \{ "x \(m\)": \.\. \}$/);
  assert.equal(
    (await net.predict('x (m)\n1\n9\n')).map(({ row, label }) => [row, label]),
    [
      [2, 'a'],
      [3, 'b'],
    ],
  );
});

const images = subject('Predictions for images');

const side = 6;
const pixels = Uint8Array.from({ length: 5 * 3 * side * side }, (_, i) => (i * 37) % 256);
const pictures = new ImageDataset({
  ...{ name: 'pictures', pixels, labels: [0, 1, 2, 0, 1], shape: [3, side, side], classes: ['cat', 'dog', 'eel'] },
  ...{ mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] },
});
const small = densenetBC({ depth: 10, growth: 2, numClasses: 3, random: random() });
const imageFile = await trained(small, pictures);

images('bytes are normalized as in training; tensors of bytes and prepared batches give the same', async () => {
  const net = await loadModel(imageFile);
  const { inputs, outputs } = await outputsOf(small, pictures);
  const found = await net.predict(pixels);
  const expected = softmax(outputs, 1).dataSync();
  close(
    found.flatMap(({ probabilities }) => ['cat', 'dog', 'eel'].map((name) => probabilities![name])),
    expected,
    1e-6,
  );
  const whole = tensor(pixels, { shape: [5, 3, side, side] });
  assert.equal(await net.predict(whole), found);
  assert.equal(await net.predict(whole.cast('float32')), found);
  assert.equal(await net.predict(new Uint8ClampedArray(pixels)), found);
  assert.equal(await net.predict(inputs, { prepared: true }), found);
});

images('if images were standardized after their normalization in training, predict does both', async () => {
  const data = standardize(pictures);
  const net = await loadModel(
    await trained(densenetBC({ depth: 10, growth: 2, numClasses: 3, random: random() }), data),
  );
  const { inputs } = await outputsOf(net.model, data);
  const [raw, prepared] = [await net.predict(pixels), await net.predict(inputs, { prepared: true })];
  const likely = (found: typeof raw) => found.flatMap(({ probabilities }) => Object.values(probabilities!));
  // `predict` rounds to float32 once, the data set after each of two steps.
  close(likely(raw), likely(prepared), 1e-5);
});

images(
  'a canvas of the model’s size gives the predictions of its bytes; transparent pixels count as white',
  async () => {
    const net = await loadModel(imageFile);
    const plane = side * side;
    const canvas = (alpha: number) => ({
      width: side,
      height: side,
      data: Uint8ClampedArray.from({ length: 4 * plane }, (_, i) =>
        i % 4 === 3 ? alpha : pixels[(i % 4) * plane + (i >> 2)],
      ),
    });
    const [first] = await net.predict(pixels.subarray(0, 3 * plane));
    assert.equal(await net.predict(canvas(255)), [first]);
    const [white] = await net.predict(new Uint8Array(3 * plane).fill(255));
    assert.equal(await net.predict([canvas(255), canvas(0)]), [first, white]);
  },
);

images('a picture of another size is resized: areas are averaged', async () => {
  const net = await loadModel(imageFile);
  const [plane, wide] = [side * side, 2 * side];
  // Each pixel twice in both directions.
  const rgb = Uint8Array.from({ length: 3 * wide * wide }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % wide, Math.floor(i / (3 * wide))];
    return pixels[c * plane + (y >> 1) * side + (x >> 1)];
  });
  const found = await net.predict({ width: wide, height: wide, rgb, orientation: 1 });
  assert.equal(found, await net.predict(pixels.subarray(0, 3 * plane)));
});

images('values that are not images are refused', async () => {
  const net = await loadModel(imageFile);
  await refused(net.predict(new Uint8Array(5)), /5 bytes are not images of \(3,6,6\), 108 bytes each/);
  await refused(net.predict(new Uint8Array()), /0 bytes are not images/);
  const { inputs } = await outputsOf(small, pictures);
  await refused(net.predict(inputs), /pixels must be bytes.*\{ prepared: true \}/);
  await refused(net.predict(pixels, { prepared: true }), /prepared samples are tensors/);
  await refused(
    net.predict({ width: 2, height: 2, data: new Uint8Array(3) }),
    /picture 0 of 2 x 2 pixels must have 4 bytes/,
  );
  await refused(net.predict({ width: -1, height: 2, data: new Uint8Array(3) }), /picture 0 of -1 x 2/);
  const plain = await loadModel(await trained(mlp({ sizes: [2, 2], random: random() }), kinds));
  await refused(plain.predict(pixels), /not trained on images of bytes: got .*; give a tensor \(n,2\)/);
});

const loading = subject('loadModel');

loading('built-in models of vectors and images are made again, in evaluation mode and in their dtype', async () => {
  const vectors = tensorDataset(
    points,
    points.map(([v]) => [v]),
  );
  const large = new ImageDataset({
    name: 'l',
    pixels: new Uint8Array(2 * 784),
    labels: [0, 1],
    shape: [1, 28, 28],
    classes: ['a', 'b'],
    mean: [0],
    std: [1],
  });
  const grey = new ImageDataset({
    name: 'g',
    pixels: new Uint8Array(128).map((_, i) => i),
    labels: [0, 1],
    shape: [1, 8, 8],
    classes: ['a', 'b'],
    mean: [0],
    std: [1],
  });
  const all: [Module<any>, AnyDataset][] = [
    [mlp({ sizes: [2, 3, 3, 1], activation: () => new Tanh(), dropout: 0.5 }), vectors],
    [mlp({ sizes: [2, 3, 1], dtype: 'float64' }), vectors],
    [lenet({ numClasses: 2 }), large],
    [resnet8({ inChannels: 1, numClasses: 2, shortcut: 'A', zeroInitResidual: true }), grey],
    [densenetBC({ depth: 10, growth: 2, inChannels: 1, numClasses: 2 }), grey],
  ];
  for (const [model, data] of all) {
    const { model: again } = await loadModel(await trained(model, data, 1));
    assert.is(again.toString(), model.toString());
    assert.ok(again.namedModules().every(([, m]) => !m.training));
    const { inputs, outputs } = await outputsOf(model, data);
    close(noGrad(() => again.forward(inputs)).dataSync(), outputs.dataSync(), 0, model.constructor.name);
  }
});

loading(
  'a model that no function of boundgrad made must be given to loadModel, which loads the weights into it; a model with other layers is refused',
  async () => {
    const make = (features = 3) =>
      new Sequential(new Linear(2, features), new Dropout(0.9), new Tanh(), new Linear(features, 2));
    const model = make();
    const file = await trained(model, kinds);
    await refused(loadModel(file), /not made by a function of boundgrad: give \{ model \} with the same layers/);
    const net = await loadModel(file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer, {
      model: make(),
    });
    const { outputs } = await outputsOf(model, kinds);
    const [{ probabilities }] = await net.predict(points);
    close([probabilities!.high], [softmax(outputs, 1).dataSync()[1]], 1e-6);
    await refused(loadModel(file, { model: make(4) }), /the given model is another: .*misshapen/);
    // A built-in model may be given too.
    const own = await trained(mlp({ sizes: [2, 2] }), kinds);
    assert.ok((await loadModel(own, { model: mlp({ sizes: [2, 2] }) })).classes.length);
  },
);

loading('the message names the file of a user’s model; if the file has changed, there is a note', async () => {
  const make = (hash: string) => withOrigin(new Sequential(new Linear(2, 2)), { file: 'net.mjs', hash });
  const file = await trained(make('sha256:1'), kinds);
  await refused(loadModel(file), /the model was made by the file net\.mjs: give \{ model \}/);
  assert.equal((await loadModel(file, { model: make('sha256:1') })).notes, []);
  assert.equal((await loadModel(file, { model: make('sha256:2') })).notes, [
    'the file that made the model has changed: net.mjs',
  ]);
});

loading(
  'predict may run within a training, and twice at a time: the modes of the layers stay, and the results are those of one call',
  async () => {
    const model = new Sequential(new Linear(2, 8), new Dropout(0.5), new Linear(8, 2));
    const file = await trained(model, kinds);
    const net = await loadModel(file, { model });
    const alone = await net.predict(points);
    assert.equal(await Promise.all([net.predict(points), net.predict(points)]), [alone, alone]);
    const seen: boolean[] = [];
    const other = await loadModel(file, {
      model: new Sequential(new Linear(2, 8), new Dropout(0.5), new Linear(8, 2)),
    });
    const callback: Callback = {
      async onStep() {
        assert.equal(await other.predict(points), alone);
        seen.push(net.model.training);
      },
    };
    await trained(net.model, kinds, 2, [callback]);
    assert.equal(seen, [true, true]);
  },
);

loading('predictor makes the same predictions from a model in memory, with its current weights', async () => {
  const model = mlp({ sizes: [4, 1], random: random() });
  const net = predictor(model, new DataLoader(scaled, { batchSize: 4 }));
  const before = await net.predict(rows);
  const file = await trained(model, scaled);
  const after = await net.predict(rows);
  assert.not.equal(after, before);
  assert.equal(after, await (await loadModel(file)).predict(rows));
});

loading('if a function changed the inputs in training, the caller must change them too', async () => {
  const square = (x: Float32Array) => x.map((v) => v * v);
  const data = mapDataset(houses, square);
  const net = await loadModel(await trained(mlp({ sizes: [4, 1], random: random() }), data));
  await refused(
    net.predict(rows),
    /a function changed the inputs of the training, as in mapDataset; give inputs .*, as a tensor$/,
  );
  const [{ value }] = await net.predict([[1, 0, 0, 4]]);
  assert.type(value, 'number');
});

loading('outputs that are not logits of the classes, or not finite, are refused', async () => {
  class One extends Module {
    readonly layer = new Linear(2, 1);
    forward(x: Tensor): Tensor {
      return this.layer.forward(x);
    }
  }
  const kept = new Kept();
  const model = new One();
  const optimizer = new SGDM(model.namedParameters(), { lr: 1e-9 });
  const loss = (output: Tensor) => output.square().mean();
  await fit(model, { train: new DataLoader(kinds, { batchSize: 8 }), optimizer, epochs: 1, loss, checkpoints: kept });
  const net = await loadModel(kept.files.at(-1)!.file, { model: new One() });
  await refused(net.predict(points), /outputs are not logits of 2 classes: \(30,1\) in place of \(30,2\)/);
  const plain = await loadModel(await trained(mlp({ sizes: [2, 2], random: random() }), kinds));
  noGrad(() => plain.model.parameters()[0].assign(3e38));
  await refused(
    plain.predict([
      [0, 1],
      [10, 10],
    ]),
    /the output of sample 1 is not finite: is it far from the training data\?/,
  );
  await refused(plain.predict([[1, Number.NaN]]), /inputs must be finite: NaN in sample 0/);
  await refused(plain.predict([1, 2]), /x must be \(n,2\), a row for each sample: \(2\)/);
  await refused(plain.predict([]), /^predict: no samples$/);
});

loading('if a model ends in softmax, predictions have its probabilities, also 1 and 0', async () => {
  class Certain extends Module {
    readonly layer = new Linear(2, 2);
    forward(x: Tensor): Tensor {
      return softmax(this.layer.forward(x), 1);
    }
  }
  const model = new Certain();
  noGrad(() => {
    model.layer.weight.assign([0, 1e4, 0, -1e4]);
  });
  const [one, other] = await predictor(model, kinds).predict([
    [0, 1],
    [0, -1],
  ]);
  assert.equal([...Object.values(one.probabilities!), ...Object.values(other.probabilities!)], [1, 0, 0, 1]);
  noGrad(() => model.layer.weight.assign(Number.NaN));
  await refused(predictor(model, kinds).predict([[0, 1]]), /the output of sample 0 is not finite/);
});

loading('values that are not samples are refused with a remedy: a path, one row, a data set, a promise', async () => {
  const net = await loadModel(bytes);
  const mistakes: [unknown, RegExp][] = [
    ['houses.csv', /a text is CSV, a header and rows: got 'houses\.csv'; read the file, or give rows/],
    [rows[0], /samples: got .*; give a list of samples: \[sample\]/],
    [scaled, /give raw samples, or the inputs of a batch with \{ prepared: true \}/],
    [Promise.resolve(rows), /await it/],
    [undefined, /predict|tensor/],
  ];
  for (const [x, message] of mistakes) await refused(net.predict(x as string), message);
});

loading(
  'a path, a file of a page or rows of text in place of pictures are refused, with the functions that make pictures',
  async () => {
    const net = await loadModel(imageFile);
    const give = 'give await pictureOf(file), or await readPicture(path)';
    const mistakes: [unknown, string][] = [
      ['a.png', `got string "a.png"; ${give}`],
      [['a.png'], `got string "a.png"; ${give}`],
      [new Blob(['a']), `got a Blob; ${give}`],
      [[new File(['a'], 'a.png')], `got a File; ${give}`],
    ];
    for (const [x, message] of mistakes) await refused(net.predict(x as string), `predict: samples: ${message}`);
  },
);

loading('bytes that are still in a response or a file are refused with the call that gets them', async () => {
  const remedy = '; give its await .arrayBuffer()';
  for (const body of [new Response('a'), new Blob(['a'])])
    await refused(
      loadModel(body as never),
      `loadModel: takes a Uint8Array or ArrayBuffer: got a ${body.constructor.name}${remedy}`,
    );
  await refused(
    loadModel('net.safetensors' as never),
    /got string "net.safetensors"; loadModelFile\(path\) of boundgrad\/node reads a file$/,
  );
});

loading('a checkpoint without a description is refused: it does not say what it predicts', async () => {
  const { description: _, ...rest } = Object.fromEntries(Object.entries(parseSafetensors(imageFile).metadata));
  await refused(loadModel(await forged(rest)), /does not say what it predicts/);
  assert.is(typeof VERSION, 'string');
});

/** The image net's checkpoint with changed texts, and the right checksum. */
async function forged(texts: Record<string, string>): Promise<Uint8Array> {
  const { tensors } = parseSafetensors(imageFile);
  const bytes = await serializeSafetensors(tensors, { ...texts, checksum: '00000000' });
  bytes.set(new TextEncoder().encode(hex(crc32(bytes))), 8 + '{"__metadata__":{"checksum":"'.length);
  return bytes;
}

/** The image net's checkpoint with a changed description, for example another model or other classes. */
function describing(change: object): Promise<Uint8Array> {
  const { metadata } = parseSafetensors(imageFile);
  return forged({ ...metadata, description: JSON.stringify({ ...JSON.parse(metadata.description), ...change }) });
}

const hostile = subject('loadModel, hostile files');
const model = (name: string, args: object) => ({ model: { name, args } });
const cases: [what: string, change: object, message: RegExp][] = [
  ['a model named constructor', model('constructor', {}), /unknown model: 'constructor'/],
  ['a model named __proto__', model('__proto__', {}), /unknown model: '__proto__'/],
  ['a model named toString', model('toString', {}), /unknown model/],
  ['another model', model('lenet', {}), /more values than the file|does not fit/],
  ['a billion classes', model('densenetBC', { depth: 10, growth: 2, numClasses: 1e9 }), /more values than the file/],
  ['a depth of 6e8 + 4', model('densenetBC', { depth: 6e8 + 4, growth: 2 }), /DenseNet: layers/],
  ['a depth of 2,404', model('densenetBC', { depth: 2404, growth: 2 }), /more values than the file/],
  ['layers of 2^50 values', model('mlp', { sizes: [2 ** 25, 2 ** 25] }), /more values than the file/],
  ['a million layers', model('mlp', { sizes: new Array(1e6).fill(1) }), /more values than the file/],
  ['sizes that are a text', model('mlp', { sizes: 'x' }), /mlp: takes/],
  ['a size of NaN', model('mlp', { sizes: [null, 1] }), /mlp: sizes/],
  ['an unknown option', model('resnet8', { input: [1] }), /unknown option|input/],
  [
    'an unknown activation',
    model('mlp', { sizes: [1, 1], activation: 'constructor' }),
    /unknown activation: constructor/,
  ],
  ['a random of its own', model('resnet8', { random: {} }), /random/],
  ['two classes of one name', { classes: ['a', 'b', 'a'] }, /two classes have one name: 'a'/],
];
for (const [what, change, message] of cases) {
  hostile(`a file with ${what} is refused at once`, async () => {
    const file = await describing(change);
    // The process's CPU time, because other suites run at the same time.
    const before = process.cpuUsage();
    await refused(loadModel(file), message);
    assert.ok(process.cpuUsage(before).user < 2e6, 'in less than two seconds');
  });
}

hostile('a file with fewer classes than the net has outputs is refused at the first prediction', async () => {
  const net = await loadModel(await describing({ classes: ['a', 'b'] }));
  await refused(net.predict(pixels), /outputs are not logits of 2 classes: \(5,3\) in place of \(5,2\)/);
});

/** Awaits a refusal with an error of boundgrad and this message. */
async function refused(result: Promise<unknown>, message: RegExp | string): Promise<void> {
  const error = await result.then(
    () => null,
    (e) => e,
  );
  assert.ok(
    error instanceof ValueError || error instanceof DataError || error?.name === 'ShapeError',
    `${error?.stack}`,
  );
  assert.match(error.message, message);
  assert.ok(error.message.length < 500, 'a short message');
}

// What a checkpoint says about its model and data. It is made from the descriptions of the data set and of the built-in model, and
// checked when it is read.
import { readdirSync, readFileSync } from 'node:fs';
import { DataError, parseSafetensors, Random, serializeSafetensors, type Tensor, tensor } from '../../core/index.js';
import { crc32, hex } from '../../fit/crc32.js';
import { describe, description } from '../../fit/description.js';
import { layersOf } from '../../fit/layers.js';
import { checksumsOf } from '../../fit/settings.js';
import {
  type AnyDataset,
  csv,
  DataLoader,
  type Description,
  densenetBC,
  fit,
  GELU,
  ImageDataset,
  LeakyReLU,
  Linear,
  lenet,
  Module,
  mapDataset,
  mlp,
  models,
  type Preparation,
  parseCheckpoint,
  ReLU,
  randomCrop,
  resnet8,
  Sequential,
  SGDM,
  Softplus,
  splitDataset,
  standardize,
  subset,
  Tanh,
  tensorDataset,
} from '../../index.js';
import { remake } from '../../models/remake.js';
import { withOrigin } from '../../nn/origin.js';
import { valid } from '../arguments/valid.js';
import { assert, close, subject } from '../spec.js';
import { Kept, run } from './training.js';

const data = subject('How data sets describe themselves');

const houses = csv('size,city,price\n100,Rome,210\n80,Oslo,250\n60,Rome,180\n', { target: 'price' });
const preparationOf = (set: AnyDataset): Preparation | undefined => set.preparation;

data('a data set of csv describes its table, one of images its normalization, and one of tensors nothing', () => {
  assert.equal(preparationOf(houses), { table: houses.table });
  const images = { name: 'i', pixels: [0, 255], labels: [0, 1], shape: [1, 1, 1] as const, classes: ['a', 'b'] };
  assert.equal(preparationOf(new ImageDataset({ ...images, mean: [0.5], std: [0.25] })), {
    pixels: { mean: [0.5], std: [0.25] },
  });
  assert.is(preparationOf(tensorDataset([[1], [2]], [[1], [2]])), undefined);
});

data('a part of a data set has the preparation of the whole', () => {
  const whole = standardize(houses, { except: houses.oneHot });
  for (const part of [subset(whole, [0]), ...splitDataset(whole, 0.5)])
    assert.equal(preparationOf(part), whole.preparation);
});

data(
  'standardize adds its statistics to the preparation; if it is applied twice, they are those of both steps together',
  () => {
    const once = standardize(houses, { except: houses.oneHot });
    assert.equal(preparationOf(once), {
      table: houses.table,
      inputs: once.statistics.inputs,
      targets: once.statistics.targets,
    });
    const second = { inputs: { mean: [1, 0.5, 0], std: [2, 1, 1] }, targets: { mean: [3], std: [4] } };
    const twice = standardize(once, { statistics: second });
    const raw = houses.batch([0, 1, 2]) as { inputs: Float32Array; targets: Float32Array };
    const made = twice.batch([0, 1, 2]) as { inputs: Float32Array; targets: Float32Array };
    const { inputs, targets } = preparationOf(twice)!;
    const apply = ({ mean, std }: { mean: readonly number[]; std: readonly number[] }, values: Float32Array) =>
      values.map((v, i) => (v - mean[i % mean.length]) / std[i % mean.length]);
    // The data set rounds to float32 after each of two steps.
    close(apply(inputs!, raw.inputs), made.inputs, 1e-6);
    close(apply(targets!, raw.targets), made.targets, 1e-6);
  },
);

data('a function that changes inputs cannot be kept: only the scale of the targets remains of the preparation', () => {
  const scaled = standardize(houses);
  const mapped = mapDataset(scaled, (x) => x.map((v) => v * v));
  assert.equal(preparationOf(mapped), { targets: scaled.statistics.targets, custom: true });
});

const made = subject('How models describe themselves');

const set = tensorDataset([[1, 2]], [0], { classes: ['a', 'b'] });
const modelOf = (model: Module<any>) => describe(model, set).model;

made('a built-in model has the name and the options of its function, without random streams and dtype', () => {
  const random = new Random(1);
  assert.equal(modelOf(mlp({ sizes: [2, 4, 2], dropout: 0.1, random, dtype: 'float64' })), {
    name: 'mlp',
    args: { sizes: [2, 4, 2], dropout: 0.1 },
  });
  assert.equal(modelOf(lenet({ numClasses: 3 })), { name: 'lenet', args: { numClasses: 3 } });
  assert.equal(modelOf(resnet8({ shortcut: 'A' })), { name: 'resnet8', args: { shortcut: 'A' } });
  assert.equal(modelOf(densenetBC({ depth: 10, growth: 2 })), { name: 'densenetBC', args: { depth: 10, growth: 2 } });
});

made('a model that the table of models builds has the name of the function that builds it', () => {
  assert.equal(modelOf(models.mlp.build({ input: [2], numClasses: 2 })), { name: 'mlp', args: { sizes: [2, 128, 2] } });
  assert.equal(modelOf(models.densenet_bc_10_12.build({ input: [1, 8, 8], numClasses: 2 })), {
    name: 'densenetBC',
    args: { depth: 10, growth: 12, inChannels: 1, numClasses: 2 },
  });
});

made('an activation is kept by name if it is built in and has its default options; else the model is unknown', () => {
  const named = (activation: () => Module) => modelOf(mlp({ sizes: [2, 3, 3, 2], activation }));
  const args = (activation: string) => ({ name: 'mlp', args: { sizes: [2, 3, 3, 2], activation } });
  assert.equal(
    named(() => new Tanh()),
    args('Tanh'),
  );
  assert.equal(
    named(() => new GELU()),
    args('GELU'),
  );
  assert.is(
    named(() => new GELU({ approximate: 'tanh' })),
    null,
  );
  assert.is(
    named(() => new LeakyReLU(0.3)),
    null,
  );
  class Own extends Softplus {}
  assert.is(
    named(() => new Own()),
    null,
  );
  const [first, second] = [new Tanh(), new ReLU()];
  let count = 0;
  assert.is(
    named(() => (count++ ? second : first)),
    null,
  );
});

made('every function that makes a named model names it after itself, so that remake can call the function', () => {
  const sources = readdirSync('models').map((file) => readFileSync(`models/${file}`, 'utf8'));
  const text = sources.join('\n');
  const declared = [
    ...text.matchAll(/export (?:const|function) (\w+)\b(?:(?!\nexport )[\s\S])*?\b(?:named|variant)\('(\w+)'/g),
  ];
  const names = declared.map(([, name]) => name);
  assert.equal(
    declared.filter(([, name, said]) => name !== said),
    [],
  );
  assert.is(names.length, text.match(/\b(named|variant)\('/g)?.length);
  assert.ok(names.length >= 20, names.join());
  for (const name of names) {
    const [args = {}] = valid[name]?.[1]() ?? [];
    // With a budget of 0 values, a known model is refused for its first layer.
    assert.throws(() => remake({ name, args: args as Record<string, unknown> }, 0), /more values than the file/, name);
  }
});

made('a model that is not built in is unknown, and so is a built-in one after a layer was replaced', () => {
  assert.is(modelOf(new Sequential(new Linear(2, 2))), null);
  const changed = resnet8();
  Object.assign(changed, { linear: new Linear(64, 10) });
  assert.is(modelOf(changed), null);
  const swapped = mlp({ sizes: [2, 3, 2] });
  Object.assign(swapped, { 2: new Tanh() });
  assert.is(modelOf(swapped), null);
});

const kept = subject('The description in a checkpoint');

/** The checkpoint of a training of one step. */
async function checkpointOf(model: Module<any>, data: AnyDataset): Promise<Uint8Array> {
  const files = new Kept();
  const optimizer = new SGDM(model.namedParameters(), { lr: 0.01 });
  await fit(model, {
    train: new DataLoader(data, { batchSize: 2 }),
    optimizer,
    epochs: 1,
    maxSteps: 1,
    checkpoints: files,
  });
  return files.files.at(-1)!.file;
}

const scaled = standardize(houses, { except: houses.oneHot });
const file = await checkpointOf(mlp({ sizes: [3, 4, 1] }), scaled);
const found = parseCheckpoint(file).description!;

kept('fit writes model, shapes, target, preparation and checksums of samples', async () => {
  assert.equal(found, {
    model: { name: 'mlp', args: { sizes: [3, 4, 1] } },
    shapes: [[3]],
    classes: null,
    targetShape: [1],
    preparation: scaled.preparation,
    layers: layersOf(mlp({ sizes: [3, 4, 1] })),
    samples: await checksumsOf(scaled),
    frozen: [],
    test: null,
  });
});

kept(
  'the description recognizes up to 64 samples of the training, by checksums of their inputs and targets without augmentation',
  async () => {
    const { samples } = found;
    assert.equal([samples!.length, new Set(samples).size], [scaled.length, scaled.length]);
    assert.equal(await checksumsOf(scaled, Int32Array.of(1, 0)), [samples![1], samples![0]]);
    const x = Float32Array.from({ length: 130 }, (_, i) => i);
    const many = tensorDataset(tensor(x, { shape: [130, 1] }), tensor(x, { shape: [130, 1] }));
    const seen = await checksumsOf(many);
    assert.equal([seen.length, seen[63]], [64, (await checksumsOf(many, Int32Array.of(127)))[0]]);
    const other = tensorDataset(tensor([[1]]), tensor([[2]]));
    assert.not.ok(seen.includes((await checksumsOf(other))[0]), 'another target is another sample');
    const pixels = Uint8Array.from({ length: 16 }, (_, i) => i);
    const shape: [number, number, number] = [1, 4, 4];
    const about = { name: 'x', pixels, labels: new Uint8Array(1), shape, classes: ['a'], mean: [0], std: [1] };
    const [plain, changed] = [new ImageDataset(about), new ImageDataset({ ...about, augment: randomCrop(2) })];
    assert.equal(await checksumsOf(changed), await checksumsOf(plain));
  },
);

kept('each of several inputs has its shape, and classes have their names', async () => {
  class Sum extends Module<[Tensor, Tensor]> {
    readonly layer = new Linear(2, 2);
    forward(a: Tensor, b: Tensor): Tensor {
      return this.layer.forward(a.add(b));
    }
  }
  const x = [tensor([[1, 2]]), tensor([[3, 4]])];
  const both = tensorDataset(x, [1], { classes: ['no', 'yes'] });
  const { description } = parseCheckpoint(await checkpointOf(new Sum(), both));
  assert.equal(description, {
    model: null,
    shapes: [[2], [2]],
    classes: ['no', 'yes'],
    targetShape: null,
    preparation: {},
    layers: layersOf(new Sum()),
    samples: await checksumsOf(both),
    frozen: [],
    test: null,
  });
});

kept('a file of the first version, without a description, is read and resumes', async () => {
  const old = readFileSync('tests/fixtures/checkpoint-1.safetensors');
  const checkpoint = parseCheckpoint(new Uint8Array(old));
  assert.is(checkpoint.description, undefined);
  const checkpoints = { latest: async () => ({ checkpoint, notes: [] }), save: async () => {} };
  const [resumed, whole] = [await run({ checkpoints }), await run()];
  assert.is(resumed.history.step, whole.history.step);
  const values = (model: Module) => Object.values(model.stateDict()).flatMap((t) => [...t.dataSync()]);
  // On the engine that wrote the file, the bits are equal.
  close(values(resumed.model), values(whole.model), 1e-6);
});

kept('if the file that made a model has other content on resuming, that causes a note and no refusal', async () => {
  const files = new Kept();
  const train = async (hash: string, epochs: number) => {
    const model = withOrigin(new Sequential(new Linear(2, 2)), { file: 'net.mjs', hash });
    const optimizer = new SGDM(model.namedParameters(), { lr: 0.01 });
    return fit(model, { train: new DataLoader(set, { batchSize: 1 }), optimizer, epochs, checkpoints: files });
  };
  await train('sha256:1', 1);
  assert.equal(parseCheckpoint(files.files.at(-1)!.file).description!.model, { file: 'net.mjs', hash: 'sha256:1' });
  assert.equal((await train('sha256:1', 2)).notes, []);
  assert.equal((await train('sha256:2', 3)).notes, ['the file that made the model has changed: net.mjs']);
});

kept('a user’s preparation that does not fit the data is refused before the first step', async () => {
  const odd = {
    ...set,
    batch: (i: ArrayLike<number>) => set.batch(i),
    preparation: { inputs: { mean: [0], std: [1] } },
  };
  const own: AnyDataset = {
    name: 'own',
    length: 1,
    shape: [2],
    classes: ['a', 'b'],
    batch: odd.batch,
    preparation: odd.preparation,
  };
  const error = await checkpointOf(mlp({ sizes: [2, 2] }), own).catch((e) => e);
  assert.instance(error, DataError);
  assert.match(error.message, /^the preparation of own: contradicts itself: statistics of 1 features for \[2\]/);
});

const hostile = subject('Descriptions, hostile files');

/** The error for a description with changed parts; null if it is accepted. */
function refusal(change: Partial<Record<keyof Description, unknown>>): Error | null {
  try {
    description({ ...JSON.parse(JSON.stringify(found)), ...change }, 'description');
    return null;
  } catch (error) {
    return error as Error;
  }
}
const { preparation } = JSON.parse(JSON.stringify(found));
const prepared = (change: object) => ({ preparation: { ...preparation, ...change } });
const cases: [what: string, change: Partial<Record<keyof Description, unknown>>, message: RegExp][] = [
  ['a model that is a text', { model: 'mlp' }, /model: must be an object: "mlp"/],
  ['options with __proto__', { model: JSON.parse('{"name":"mlp","args":{"__proto__":1}}') }, /a key that is refused/],
  ['no inputs', { shapes: [] }, /no inputs/],
  ['an input of a billion values', { shapes: [[1e9]] }, /more than 67108864 values in a sample/],
  ['an input of -1 values', { shapes: [[-1]] }, /must be an integer of at least 1/],
  ['classes and values', { classes: ['a'] }, /both classes and values, or neither/],
  ['neither classes nor values', { targetShape: null }, /both classes and values, or neither/],
  ['no classes', { classes: [], targetShape: null }, /no classes/],
  ['a class that is a number', { classes: [1] }, /classes\[0\]: must be a text: 1/],
  ['statistics of other features', prepared({ inputs: { mean: [0], std: [1] } }), /statistics of 1 features for \[3\]/],
  ['a deviation of 0', prepared({ targets: { mean: [0], std: [0] } }), /std\[0\]: must be positive: 0/],
  ['statistics of other values', prepared({ targets: { mean: [0, 0], std: [1, 1] } }), /statistics of other values/],
  [
    'the normalization of pixels for a table',
    prepared({ pixels: { mean: [0], std: [1] } }),
    /the normalization of 1 channels/,
  ],
  ['a table of another target', prepared({ table: { ...preparation.table, target: [] } }), /another target/],
  [
    'a table of fewer columns',
    prepared({ table: { ...preparation.table, columns: [] } }),
    /a table of 0 inputs for \[3\]/,
  ],
  ['a delimiter of two characters', prepared({ table: { ...preparation.table, delimiter: ',,' } }), /delimiter/],
  ['a custom of false', prepared({ custom: false }), /custom: must be true/],
];
for (const [what, change, message] of cases) {
  hostile(`a description with ${what} is refused with the reason`, () => {
    const error = refusal(change);
    assert.instance(error, DataError);
    assert.match(error!.message, message);
  });
}

hostile(
  'the unchanged description is accepted, and a checkpoint with a damaged one is refused as a whole',
  async () => {
    assert.is(refusal({}), null);
    const { tensors, metadata } = parseSafetensors(file);
    const bytes = await serializeSafetensors(tensors, {
      ...metadata,
      checksum: '00000000',
      description: '{"shapes":3}',
    });
    bytes.set(new TextEncoder().encode(hex(crc32(bytes))), 8 + '{"__metadata__":{"checksum":"'.length);
    assert.throws(() => parseCheckpoint(bytes), /checkpoint: description\.model: must be an object: nothing/);
  },
);

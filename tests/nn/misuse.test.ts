import { ones } from '../../core/index.js';
import * as datasets from '../../datasets/index.js';
import * as models from '../../models/index.js';
import * as nn from '../../nn/index.js';
import { assert, subject } from '../spec.js';

const test = subject('Wrong arguments of nn, models and datasets');

const x = ones([2, 3]);
const images = {
  name: 'two',
  pixels: new Uint8Array(2),
  labels: new Uint8Array(2),
  shape: [1, 1, 1],
  classes: ['a'],
  mean: [0],
  std: [1],
};
test('unknown values of options are refused with the nearest known one', () => {
  const wrong = (value: unknown) => value as never;
  assert.throws(
    () => nn.mse(x, x, { reduction: wrong('Sum') }),
    /mse: unknown reduction: Sum; .*; did you mean sum\?$/,
  );
  assert.throws(
    () => new nn.GELU({ approximate: wrong('Tanh') }),
    /unknown approximate: Tanh; .*; did you mean tanh\?$/,
  );
  assert.throws(() => nn.init.kaimingNormal(x, { mode: wrong('fan_in') }), /did you mean fanIn\?$/);
  assert.throws(() => models.resnet8({ shortcut: wrong('a') }), /unknown shortcut: a; .*did you mean A\?$/);
  assert.throws(() => new nn.Linear(2, 3, { bias: wrong('no') }), /Linear: bias must be true or false: string "no"/);
  assert.throws(() => datasets.cifarAugment(wrong(3)), /cifarAugment: takes no arguments/);
});

test('the constructor of a layer refuses what each call of the layer would refuse', () => {
  assert.throws(
    () => new nn.Conv2d(2, 2, 3, { padding: 'same', stride: 2 }),
    /^Conv2d: padding 'same' needs stride 1: 2,2$/,
  );
  assert.throws(() => new nn.Upsample({ scaleFactor: 5000 }), /^Upsample: scaleFactor must be at most 4096: 5000$/);
});

test('a posWeight that is a tensor is checked like one that is a number', () => {
  for (const [p, shown] of [
    [-2, '-2'],
    [Number.NaN, 'NaN'],
  ] as const)
    assert.throws(
      () => nn.bceWithLogits(x, x, { posWeight: ones([3]).mul(p) }),
      new RegExp(`^bceWithLogits: posWeight must be a finite number of at least 0: ${shown}$`),
    );
});

test('logits with the classes on axis 1, as in PyTorch, are refused with both shapes', () => {
  assert.throws(
    () => nn.crossEntropy(ones([2, 4, 3]), ones([2, 3]).cast('int32')),
    /^crossEntropy: logits must be \[n, c\]: \(2,4,3\); or \[.., c\] with classes \[..\]: got \(2,3\)$/,
  );
});

test('Linear, Conv2d and the layers that normalize refuse integers and name the cast', () => {
  const int = ones([1, 2, 2, 2], { dtype: 'int32' });
  assert.throws(
    () => new nn.Linear(2, 3).forward(int),
    /Linear: takes floats: got int32; x\.cast\('float32'\) converts it$/,
  );
  assert.throws(() => new nn.Conv2d(2, 1, 1).forward(int), /Conv2d: takes floats: got int32/);
  assert.throws(() => new nn.LayerNorm(2).forward(int), /LayerNorm: takes floats: got int32/);
  for (const layer of [new nn.BatchNorm2d(2), new nn.BatchNorm2d(2).eval()])
    assert.throws(() => layer.forward(int), /BatchNorm2d: takes floats: got int32/);
  assert.throws(() => new nn.BatchNorm1d(2).forward(int.reshape([4, 2])), /BatchNorm1d: takes floats: got int32/);
});

class Heads extends nn.Module {
  readonly body = new nn.Linear(3, 3);
  readonly heads = { a: new nn.Linear(3, 2), b: [new nn.Linear(3, 2)] };
  readonly more = new Map([['c', new nn.Linear(3, 2)]]);
  forward(y: ReturnType<typeof ones>) {
    return this.heads.a.forward(this.body.forward(y));
  }
}

test('modules in a plain object or a Map are found, and toDType converts them', () => {
  const net = new Heads().toDType('float64');
  const names = ['body', 'heads.a', 'heads.b.0', 'more.c'].flatMap((name) => [`${name}.weight`, `${name}.bias`]);
  assert.equal(Object.keys(net.stateDict()), names);
  for (const p of net.parameters()) assert.is(p.dtype, 'float64');
});

test('summary names a layer that is called but is in a #private field, and no other layer', () => {
  class Hidden extends nn.Module {
    readonly seen = new nn.Linear(3, 3);
    readonly #hidden = new nn.Linear(3, 2);
    forward(y: ReturnType<typeof ones>) {
      return this.#hidden.forward(this.seen.forward(y));
    }
  }
  assert.match(nn.summary(new Hidden(), [3]), /not reachable, so neither trained nor saved: Linear\(3, 2\); hold them/);
  assert.equal(nn.summarize(new Hidden(), [3]).unreachable, ['Linear(3, 2)']);
  assert.equal(nn.summarize(new Heads(), [3]).unreachable, []);
  assert.not.match(nn.summary(new Heads(), [3]), /reachable/);
});

test('a state dict with no matching name is refused; if it is the state of a checkpoint, the error says so', () => {
  const net = new nn.Linear(1, 1);
  assert.throws(() => net.loadStateDict({ other: ones([1]) }, { strict: false }), /no name matches: /);
  for (const strict of [true, false]) {
    assert.throws(
      () => net.loadStateDict({ 'model.weight': ones([1]) }, { strict }),
      /give parseCheckpoint\(bytes\)\.model$/,
    );
  }
});

const ImageSet = (change: object) => () => new datasets.ImageDataset({ ...images, shape: [1, 1, 1], ...change });

test('ImageDataset refuses pixels that are not bytes and labels that are not classes, and takes lists', () => {
  assert.throws(
    ImageSet({ pixels: new Float32Array([0, 0.2]) }),
    /pixels must be bytes, .*: 0\.2\d* at 1; for floats p in 0\.\.1 give/,
  );
  for (const bad of [-1, 1.5, Number.NaN, 1]) {
    assert.throws(ImageSet({ labels: [0, bad] }), new RegExp(`a label names no class: ${bad} of image 1`));
  }
  assert.equal([...ImageSet({ pixels: [0, 255], labels: [0, 0] })().batch([0, 1]).inputs], [0, 1]);
});

test('PointDataset refuses three columns, and labels that are not classes', () => {
  const make = (points: number, label: number) => () =>
    new datasets.PointDataset('p', 2, new Float32Array(points), Int32Array.of(0, label));
  assert.throws(make(6, 1), /p: a point has two coordinates: 6 for 2 labels/);
  assert.throws(make(4, 7), /p: a label names no class: 7 of point 1; allowed are 0\.\.1/);
});

test('a loader gives float32 whatever a data set returns, and refuses batches that do not fit', async () => {
  const read = async (batch: unknown) => {
    const own = { name: 'own', length: 1, shape: [1], classes: ['a', 'b'], batch: () => batch as datasets.Batch };
    for await (const [y] of new datasets.DataLoader(own, { batchSize: 1 })) return y.dtype;
  };
  assert.is(await read({ inputs: new Float64Array(1), labels: [1] }), 'float32');
  for (const [batch, message] of [
    [undefined, /own: batch\(\) must return \{ inputs, labels \} with inputs of shape \[1,1\]: got undefined/],
    [{ inputs: [1] }, /with labels of shape \[1\]: got undefined/],
    [{ inputs: [1, 2], labels: [0] }, /with inputs of shape \[1,1\]: got 2 numbers/],
    [{ inputs: [1], labels: [Number.NaN] }, /a label names no class: NaN of sample 0/],
    [{ inputs: [1], labels: [2] }, /a label names no class: 2 of sample 0/],
  ] as const) {
    const error = await read(batch).catch((e) => e);
    assert.match(String(error), message);
  }
});

import { Random, type Stream } from '../../core/index.js';
import {
  type Augment,
  cifarAugment,
  compose,
  cutout,
  DataLoader,
  ImageDataset,
  randomCrop,
  randomFlip,
} from '../../datasets/index.js';
import { assert, subject } from '../spec.js';

const stream = (name = 'a') => new Random(6).stream(name);
/** A stream that returns the given numbers. It fails if another range or one more draw is requested. */
function scripted(...draws: [range: number, value: number][]): Stream {
  const next = (range: number) => {
    const [expected, value] = draws.shift() ?? [Number.NaN, 0]; // more draws than expected
    assert.is(range, expected);
    return value;
  };
  return { below: next, uniform: () => next(1) } as unknown as Stream;
}
const bytes = (n: number) => Uint8Array.from({ length: n }, (_, i) => i + 1);
const changed = (augment: Augment, pixels: Uint8Array, shape: number[], s: Stream) => {
  const copy = pixels.slice();
  augment(copy, shape, s);
  return copy;
};

const crop = subject('Random crop');

crop('shifts two channels of 2 x 3 up by 1 and right by 1 as worked by hand, and uncovered pixels are 0', () => {
  // With a border of 1, offsets are 0..2 and 1 is the middle: 2 reads the row below, 0 reads the column to the left.
  const y = changed(randomCrop(1), bytes(12), [1, 2, 2, 3], scripted([3, 2], [3, 0]));
  assert.equal([...y], [0, 4, 5, 0, 0, 0, 0, 10, 11, 0, 0, 0]);
});

crop('equals the window of the padded image that the definition gives, at every offset', () => {
  const [c, h, w, p] = [3, 9, 8, 4];
  const x = Uint8Array.from({ length: c * h * w }, (_, i) => 1 + i);
  for (let a = 0; a <= 2 * p; a++) {
    for (let b = 0; b <= 2 * p; b++) {
      const y = changed(randomCrop(p), x, [1, c, h, w], scripted([9, a], [9, b]));
      for (let k = 0; k < y.length; k++) {
        const [plane, i, j] = [Math.floor(k / (h * w)), Math.floor(k / w) % h, k % w];
        const [from, to] = [i + a - p, j + b - p];
        const inside = from >= 0 && from < h && to >= 0 && to < w;
        assert.is(y[k], inside ? x[(plane * h + from) * w + to] : 0, `place ${a}, ${b}, pixel ${k}`);
      }
    }
  }
});

crop('draws each of the 81 shifts equally often, within five standard errors', () => {
  const n = 20_000;
  const x = new Uint8Array(n * 81);
  for (let i = 0; i < n; i++) x[81 * i + 40] = 1; // the middle of 9 x 9
  const counts = new Array<number>(81).fill(0);
  changed(randomCrop(4), x, [n, 1, 9, 9], stream()).forEach((v, i) => (counts[i % 81] += v));
  const deviation = Math.sqrt(n * (1 / 81) * (80 / 81));
  for (const count of counts) assert.ok(Math.abs(count - n / 81) < 5 * deviation, counts.join());
});

crop('refuses a padding that shifts an image out of sight, for example the size of a crop given as a padding', () => {
  assert.throws(
    () => changed(randomCrop(3), bytes(18), [2, 1, 3, 3], stream()),
    /^randomCrop: padding 3 shifts images of 3 x 3 out of sight: it is not the size of a crop; give a few pixels$/,
  );
});

crop('refuses a padding above half of the shorter side; half of it leaves at least a quarter of every image', () => {
  const size = 20;
  for (const [rows, columns] of [
    [4, 28],
    [28, 4],
    [1, 5],
    [3, 3],
  ]) {
    const shorter = Math.min(rows, columns);
    const n = rows * columns;
    const x = new Uint8Array(size * n).fill(1);
    const half = Math.floor(shorter / 2);
    const y = changed(randomCrop(half), x, [size, 1, rows, columns], stream());
    for (let i = 0; i < size; i++)
      assert.ok(4 * y.subarray(i * n, (i + 1) * n).filter((v) => v).length >= n, `${rows} x ${columns}, ${i}`);
    assert.throws(
      () => changed(randomCrop(half + 1), x, [size, 1, rows, columns], stream()),
      new RegExp(`^randomCrop: padding ${half + 1} shifts images of ${rows} x ${columns} out of sight: it is not `),
    );
  }
});

crop('changes nothing without padding', () => {
  assert.equal(changed(randomCrop(0), bytes(18), [2, 1, 3, 3], stream()), bytes(18));
});

const flip = subject('Random flip');

flip('mirrors the rows of every channel if the draw is below the probability', () => {
  const y = changed(randomFlip(0.3), bytes(12), [2, 1, 2, 3], scripted([1, 0.29], [1, 0.3]));
  assert.equal([...y], [3, 2, 1, 6, 5, 4, 7, 8, 9, 10, 11, 12]);
  assert.equal([...changed(randomFlip(1), bytes(4), [1, 2, 1, 2], stream())], [2, 1, 4, 3]);
});

flip('is its own inverse, and mirrors half of all images within five standard errors', () => {
  const x = bytes(200);
  const twice = compose(randomFlip(1), randomFlip(1));
  assert.equal(changed(twice, x, [2, 1, 10, 10], stream()), x);
  const n = 10_000;
  const pairs = Uint8Array.from({ length: 2 * n }, (_, i) => i % 2);
  const y = changed(randomFlip(), pairs, [n, 1, 1, 2], stream());
  const mirrored = y.reduce((sum, v, i) => sum + (i % 2 === 0 ? v : 0), 0);
  assert.ok(Math.abs(mirrored - n / 2) < 5 * Math.sqrt(n / 4), `${mirrored}`);
});

const square = subject('Cutout');

square('fills a square around the drawn pixel with the colour of each channel, cut off at the border', () => {
  const x = new Uint8Array(2 * 4 * 4).fill(9);
  const inside = changed(cutout({ size: 2, fill: [1, 2] }), x, [1, 2, 4, 4], scripted([4, 2], [4, 3]));
  const plane = (v: number) => [9, 9, 9, 9, 9, 9, v, v, 9, 9, v, v, 9, 9, 9, 9];
  assert.equal([...inside], [...plane(1), ...plane(2)]);
  const corner = changed(cutout({ size: 3 }), x, [1, 2, 4, 4], scripted([4, 0], [4, 0]));
  assert.equal([...corner.subarray(0, 16)], [0, 0, 9, 9, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
});

square('a square of the size of the image is accepted, a larger one is refused', () => {
  assert.is(
    changed(cutout({ size: 4 }), bytes(48), [1, 3, 4, 4], scripted([4, 2], [4, 2])).filter((v) => v > 0).length,
    0,
  );
  assert.throws(
    () => changed(cutout({ size: 5 }), bytes(48), [1, 3, 4, 4], stream()),
    /^cutout: size 5 covers images of 4 x 4; take half of a side$/,
  );
});

const all = subject('Augmentation');

const images = (augment?: Augment) =>
  new ImageDataset({
    name: 'noise',
    pixels: Uint8Array.from({ length: 10 * 3 * 8 * 8 }, (_, i) => (i * 37) % 251),
    labels: Uint8Array.from({ length: 10 }, (_, i) => i),
    shape: [3, 8, 8],
    classes: [...'0123456789'],
    mean: [0.5, 0.5, 0.5],
    std: [0.2, 0.2, 0.2],
    augment,
  });

async function epoch(loader: DataLoader): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const [x, y] of loader) batches.push([...x.dataSync(), ...y.dataSync()]);
  return batches;
}

all('a resumed epoch draws the same crops, flips and squares; another epoch or seed draws others', async () => {
  const loader = (seed: number) =>
    new DataLoader(images(compose(cifarAugment(), cutout({ size: 3 }))), { batchSize: 4, shuffle: true, seed });
  const first = loader(1);
  const epochs = [await epoch(first), await epoch(first), await epoch(first)];
  const resumed = loader(1);
  resumed.epoch = 2;
  assert.equal(await epoch(resumed), epochs[2]);
  assert.not.equal(epochs[1], epochs[0]);
  assert.not.equal(await epoch(loader(2)), epochs[0]);
});

all('the crop and flip of CIFAR-10 shift and mirror whole images: pixels come from the image or are 0', () => {
  const n = 200;
  const x = Uint8Array.from({ length: n * 3 * 64 }, (_, i) => 1 + (Math.floor(i / 64) % 255)); // one value per plane, never 0
  const y = changed(cifarAugment(), x, [n, 3, 8, 8], stream());
  y.forEach((v, i) => assert.ok(v === 0 || v === x[i], `pixel ${i}: ${v}`));
  assert.ok(y.some((v) => v === 0));
  assert.equal(changed(cifarAugment(), x, [n, 3, 8, 8], stream()), y);
  assert.not.equal(changed(cifarAugment(), x, [n, 3, 8, 8], stream('b')), y);
});

all('does not change the stored images, and changes nothing without a stream', () => {
  const set = images(cifarAugment());
  const before = set.pixels.slice();
  set.batch([0, 1, 2], stream());
  assert.equal(set.pixels, before);
  assert.equal(set.batch([3, 4]).inputs, images().batch([3, 4]).inputs);
});

all('refuses sizes, probabilities and colours out of range', () => {
  assert.throws(() => randomCrop(-1), /randomCrop: padding must be an integer of at least 0: -1/);
  assert.throws(() => randomCrop(1.5), /at least 0: 1\.5/);
  assert.throws(() => randomFlip(1.1), /randomFlip: the probability must be a number from 0 to 1: 1\.1/);
  assert.throws(() => cutout({ size: 0 }), /cutout: size must be an integer of at least 1: 0/);
  assert.throws(() => cutout({ fill: 256 }), /cutout: fill must be bytes, 0\.\.255: \[?256\]?/);
  const two = cutout({ fill: [1, 2] });
  assert.throws(
    () => two(bytes(3), [1, 3, 1, 1], stream()),
    /fill must be one byte, or one per channel: \[1,2\] for 3 channels/,
  );
});

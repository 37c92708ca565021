import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { DataError, Random, ShapeError, ValueError } from '../../core/index.js';
import { blobs, fashionMnistSample, ImageDataset, type Images, moons, spirals } from '../../datasets/index.js';
import { pixelsOf, residualsOf } from '../../datasets/residuals.js';
import { unpackSample } from '../../datasets/sample.js';
import { fashionMnist } from '../../node/datasets.js';
import { drawSample } from '../../tools/drawSample.js';
import { assert, close, subject } from '../spec.js';

const FULL = process.env.BOUNDGRAD_DATA;
const NO_FULL = 'BOUNDGRAD_DATA is not set to a folder with fashion-mnist';

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const counts = (labels: ArrayLike<number>, classes: number) =>
  range(classes).map((c) => Array.from(labels).filter((l) => l === c).length);
const image = (set: ImageDataset, i: number) => set.pixels.subarray(i * 784, (i + 1) * 784);

/** Mean and standard deviation of the pixels, scaled to 0..1. */
function moments(pixels: Uint8Array): [mean: number, std: number] {
  let sum = 0;
  let squares = 0;
  for (const p of pixels) {
    sum += p;
    squares += p * p;
  }
  const mean = sum / pixels.length;
  return [mean / 255, Math.sqrt(squares / pixels.length - mean * mean) / 255];
}

const images = subject('ImageDataset');

/** Two images of two channels, one row and two columns. */
const TWO: Images = {
  name: 'two',
  pixels: Uint8Array.of(0, 255, 51, 102, 255, 0, 153, 204),
  labels: Uint8Array.of(1, 0),
  shape: [2, 1, 2],
  classes: ['a', 'b'],
  mean: [0.5, 0.2],
  std: [0.25, 0.5],
};

images('a batch is (p / 255 - mean) / std of each channel, in the requested order, with repetitions', () => {
  const { inputs, labels } = new ImageDataset(TWO).batch([1, 0, 1]);
  const one = [2, -2, 0.8, 1.2];
  // float32: half a unit in the last place is 6e-8 of the value.
  close(inputs, [...one, -2, 2, 0, 0.4, ...one], 6e-8, 'inputs');
  assert.equal([...labels], [0, 1, 0]);
});

images('augmentation changes a copy, and only if there is a stream', () => {
  const shapes: string[] = [];
  const augment: Images['augment'] = (pixels, shape, stream) => {
    shapes.push(String(shape));
    pixels.fill(stream.below(2) ? 255 : 0);
  };
  const set = new ImageDataset({ ...TWO, mean: [0, 0], std: [1, 1], augment });
  const plain = [...set.batch([0, 1]).inputs];
  const values = new Set(range(20).flatMap((i) => [...set.batch([0, 1], new Random(i).stream('a')).inputs]));
  assert.equal([...values].sort(), [0, 1]);
  assert.equal(new Set(shapes), new Set(['2,2,1,2']));
  assert.equal([...set.batch([0, 1]).inputs], plain);
  assert.is(shapes.length, 20);
});

images('parts that do not match are refused', () => {
  const refuses = (change: Partial<Images>, kind: new () => Error, message: RegExp) =>
    assert.throws(
      () => new ImageDataset({ ...TWO, ...change }),
      (e: unknown) => e instanceof kind && message.test((e as Error).message),
    );
  refuses({ labels: Uint8Array.of(1) }, DataError, /two: images and labels differ in number: 2 and 1/);
  refuses({ labels: Uint8Array.of(1, 2) }, DataError, /a label names no class: 2 of image 1; allowed are 0\.\.1/);
  refuses({ mean: [0.5] }, ValueError, /one mean and one std per channel: \[0.5\] and \[0.25,0.5\] for 2 channels/);
  refuses({ std: [1, 0] }, ValueError, /std must be positive: \[1,0\]/);
  refuses({ shape: [2, 0, 2] }, ShapeError, /the shape of an image must be \[channels, rows, columns\]: \(2,0,2\)/);
});

images('an index out of range is refused', () => {
  for (const i of [-1, 2, 0.5, Number.NaN]) {
    assert.throws(() => new ImageDataset(TWO).batch([0, i]), new RegExp(`two: no such sample: index ${i} of 2`));
    assert.throws(() => moons({ samples: 2 }).batch([i]), /moons: no such sample/);
  }
});

const sample = subject('fashionMnistSample');

sample(
  'has 360 training and 90 test images of each class; in any prefix the classes differ by at most one image',
  async () => {
    const { train, test } = await fashionMnistSample();
    assert.equal(counts(train.labels, 10), new Array(10).fill(360));
    assert.equal(counts(test.labels, 10), new Array(10).fill(90));
    for (const { labels } of [train, test]) {
      const prefix = new Array<number>(10).fill(0);
      for (const label of labels) {
        prefix[label]++;
        assert.ok(Math.max(...prefix) - Math.min(...prefix) <= 1, prefix.join());
      }
    }
  },
);

sample('its pixels have the SHA-256 that they had when they were drawn', async () => {
  const { train, test } = await fashionMnistSample();
  const hash = createHash('sha256').update(train.pixels).update(test.pixels).digest('hex');
  assert.is(hash, '86864e701702bf31aa8d7c09da22496549586a3499a8f126186b3b8deb9964b0');
});

sample('no image occurs twice, within a part or across both', async () => {
  const { train, test } = await fashionMnistSample();
  const seen = new Set<string>();
  for (const set of [train, test]) for (let i = 0; i < set.length; i++) seen.add(image(set, i).join());
  assert.is(seen.size, 4500);
});

sample('each class has the mean pixel of the full data set within five standard errors', async () => {
  // For each class of the full training set, with pixels in 0..1: the mean, and the standard deviation of the means of
  // single images.
  const known: [mean: number, deviation: number][] = [
    [0.3256, 0.1134],
    [0.2229, 0.057],
    [0.3767, 0.128],
    [0.2589, 0.0839],
    [0.3853, 0.1036],
    [0.1367, 0.0621],
    [0.3318, 0.1297],
    [0.1677, 0.0503],
    [0.3536, 0.1128],
    [0.3012, 0.0718],
  ];
  const { train, test } = await fashionMnistSample();
  for (const [set, n] of [
    [train, 360],
    [test, 90],
  ] as const) {
    const sums = new Array<number>(10).fill(0);
    set.pixels.forEach((p, i) => (sums[set.labels[Math.floor(i / 784)]] += p / 255));
    known.forEach(([mean, deviation], c) => {
      const found = sums[c] / (784 * n);
      assert.ok(Math.abs(found - mean) < (5 * deviation) / Math.sqrt(n), `${set.name}, ${set.classes[c]}: ${found}`);
    });
  }
});

sample('normalized, the training part has mean 0 and variance 1, within five standard errors', async () => {
  const { train } = await fashionMnistSample();
  const { inputs } = train.batch(range(train.length));
  const mean = inputs.reduce((a, b) => a + b, 0) / inputs.length;
  const variance = inputs.reduce((a, b) => a + b * b, 0) / inputs.length - mean * mean;
  // Within a class, the mean of an image has the standard deviation 0.271, and its mean square 0.392.
  assert.ok(Math.abs(mean) < (5 * 0.271) / Math.sqrt(train.length), `mean ${mean}`);
  assert.ok(Math.abs(variance - 1) < (5 * 0.392) / Math.sqrt(train.length), `variance ${variance}`);
});

sample('images match their labels: the nearest class mean is right as often as on the full data set', async () => {
  const { train, test } = await fashionMnistSample();
  const means = range(10).map(() => new Float64Array(784));
  for (let i = 0; i < train.length; i++) image(train, i).forEach((p, j) => (means[train.labels[i]][j] += p / 360));
  const distance = (a: Uint8Array, b: Float64Array) => a.reduce((d, p, j) => d + (p - b[j]) ** 2, 0);
  let right = 0;
  for (let i = 0; i < test.length; i++) {
    const distances = means.map((m) => distance(image(test, i), m));
    if (distances.indexOf(Math.min(...distances)) === test.labels[i]) right++;
  }
  // On the full data set the share is 0.6768. The tolerance is five standard errors of a share of 900.
  assert.ok(Math.abs(right / 900 - 0.6768) < 5 * Math.sqrt((0.6768 * 0.3232) / 900), `${right} of 900`);
});

sample(
  'residuals give the pixels back; after the first, those of a ramp are its slopes, and those of a constant image are 0',
  () => {
    const noise = Uint8Array.from({ length: 2 * 25 }, (_, i) => (i * i * 97) % 251);
    assert.equal(pixelsOf(residualsOf(noise, 5), 5), noise);
    const ramp = Uint8Array.from({ length: 9 }, (_, i) => 10 + 3 * (i % 3) + 20 * Math.floor(i / 3));
    assert.equal([...residualsOf(ramp, 3)], [10, 20, 20, 3, 3, 3, 3, 3, 3]);
    assert.equal([...residualsOf(new Uint8Array(9).fill(7), 3)], [7, 0, 0, 0, 0, 0, 0, 0, 0]);
  },
);

sample('truncated or damaged data, or data of another length, are refused', async () => {
  const packed = new Uint8Array(gzipSync(new Uint8Array(4500 * 784)));
  assert.is((await unpackSample(packed)).length, 4500 * 784);
  const damaged = packed.map((b, i) => (i === packed.length - 6 ? b ^ 1 : b));
  const other = new Uint8Array(gzipSync(new Uint8Array(4499 * 784)));
  for (const [bytes, message] of [
    [packed.slice(0, -1), /the embedded data are damaged/],
    [damaged, /the embedded data are damaged/],
    [other, /are damaged: 3527216 bytes, expected 3528000/],
  ] as const) {
    const error = await unpackSample(bytes).catch((e) => e);
    assert.instance(error, DataError);
    assert.match(error.message, message);
  }
});

sample(
  'a bundle loads the data only when fashionMnistSample is called, and no module of a browser bundle needs Node',
  async () => {
    const { metafile } = await build({
      entryPoints: ['datasets/index.ts'],
      outdir: 'out',
      write: false,
      metafile: true,
      bundle: true,
      splitting: true,
      format: 'esm',
      packages: 'external',
      external: ['node:*'],
      loader: { '.gz': 'binary', '.wasm': 'binary' },
      logLevel: 'silent',
    });
    const later = new Set<string>();
    const first = new Set<string>();
    const walk = (file: string, into: Set<string>) => {
      if (first.has(file) || into.has(file)) return;
      into.add(file);
      for (const { path, kind, external } of metafile.outputs[file].imports) {
        if (external) assert.ok(kind === 'dynamic-import' || !path.startsWith('node:'), `${file} imports ${path}`);
        else walk(path, kind === 'dynamic-import' ? later : into);
      }
    };
    walk('out/index.js', first);
    const holds = (files: Set<string>) =>
      [...files].some((f) => 'datasets/data/fashion.gz' in metafile.outputs[f].inputs);
    assert.not(holds(first));
    assert.ok(holds(later));
  },
);

const full = subject('Fashion-MNIST, the full data set');

const load = (train: boolean) => fashionMnist({ dir: join(FULL!, 'fashion-mnist'), train });
const onFull = (sentence: string, body: () => Promise<void>) =>
  FULL ? full(sentence, body) : full.skip(sentence, NO_FULL);

onFull(
  'has 6,000 training and 1,000 test images of each class, and the mean and std of the normalization',
  async () => {
    const [train, test] = [await load(true), await load(false)];
    assert.equal(counts(train.labels, 10), new Array(10).fill(6000));
    assert.equal(counts(test.labels, 10), new Array(10).fill(1000));
    const [mean, std] = moments(train.pixels);
    // The constants are rounded to four digits.
    assert.ok(Math.abs(mean - 0.286) < 5e-5 && Math.abs(std - 0.353) < 5e-5, `${mean}, ${std}`);
  },
);

onFull('the sample drawn again from the full data set equals the embedded one', async () => {
  const drawn = drawSample({ train: await load(true), test: await load(false) });
  const { train, test } = await fashionMnistSample();
  assert.ok(Buffer.concat([train.pixels, test.pixels]).equals(drawn));
});

const synthetic = subject('Synthetic data sets');

/** The points, each with its label c, its number j within its class, and the size n of the class. */
function points({ points, labels, classes }: ReturnType<typeof moons>) {
  const sizes = counts(labels, classes.length);
  const seen = new Array(classes.length).fill(0);
  return Array.from(labels, (c, i) => ({ c, j: seen[c]++, n: sizes[c], x: points[2 * i], y: points[2 * i + 1] }));
}

const makers = { moons, spirals, blobs };

synthetic('the same seed gives the same points, another seed gives others', () => {
  for (const make of Object.values(makers)) {
    const draw = (seed: number) => [...make({ samples: 20, noise: 0.1, seed }).points];
    assert.equal(draw(3), draw(3));
    assert.is.not(String(draw(3)), String(draw(4)));
  }
});

synthetic('class sizes differ by at most one, and sum to the number of samples', () => {
  assert.equal(counts(moons({ samples: 11 }).labels, 2), [6, 5]);
  assert.equal(counts(spirals({ samples: 11, classes: 3 }).labels, 3), [4, 4, 3]);
  assert.equal(counts(blobs({ samples: 11, centers: 4 }).labels, 4), [3, 3, 3, 2]);
  assert.equal(spirals({ classes: 3 }).classes, ['0', '1', '2']);
});

// Points are stored in float32: coordinates below 2 are off by 6e-8 of their value, and sums add two or three of them.
const ROUNDING = 1e-6;

synthetic("moons without noise lie on scikit-learn's two half circles, from end to end", () => {
  const all = points(moons({ samples: 41 }));
  for (const { c, x, y } of all) {
    if (c === 0) assert.ok(Math.abs(Math.hypot(x, y) - 1) < ROUNDING && y > -ROUNDING, `${x}, ${y}`);
    else assert.ok(Math.abs(Math.hypot(x - 1, y - 0.5) - 1) < ROUNDING && y < 0.5 + ROUNDING, `${x}, ${y}`);
  }
  const ends = [0, 1].flatMap((c) => all.filter((p) => p.c === c && (p.j === 0 || p.j === p.n - 1)));
  close(
    ends.flatMap(({ x, y }) => [x, y]),
    [1, 0, -1, 0, 0, 0.5, 2, 0.5],
    ROUNDING,
    'ends',
  );
});

synthetic(
  'the arms of spirals without noise are evenly spaced around the origin, turn at a constant rate and end at radius 1',
  () => {
    const [classes, turns] = [3, 1.5];
    for (const { c, j, n, x, y } of points(spirals({ samples: 60, classes, turns }))) {
      const radius = Math.hypot(x, y);
      const angle = 2 * Math.PI * (turns * radius + c / classes);
      close([radius], [(j + 1) / n], ROUNDING, 'radius');
      // The angle is computed from the radius, so its rounding error is 2 pi turns times as large.
      close([x, y], [radius * Math.cos(angle), radius * Math.sin(angle)], 10 * ROUNDING, `arm ${c}`);
    }
  },
);

synthetic('blobs without noise lie on their centers, and random centers lie in [-10, 10)', () => {
  const given = [
    [0, 3],
    [-2, 1],
  ] as const;
  for (const { c, x, y } of points(blobs({ samples: 9, noise: 0, centers: given })))
    assert.equal([x, y], [...given[c]]);
  const drawn = points(blobs({ samples: 1000, noise: 0, centers: 50, seed: 1 }));
  assert.is(new Set(drawn.map(({ x, y }) => `${x},${y}`)).size, 50);
  // The probability that none of 50 uniform coordinates lies in the upper fifth of the range is 0.8^50 = 1e-5.
  for (const coordinates of [drawn.map((p) => p.x), drawn.map((p) => p.y)]) {
    assert.ok(Math.max(...coordinates) <= 10 && Math.max(...coordinates) > 6);
    assert.ok(Math.min(...coordinates) >= -10 && Math.min(...coordinates) < -6);
  }
});

synthetic(
  'the noise of each coordinate has mean 0 and the standard deviation `noise`, within five standard errors',
  () => {
    const [samples, noise] = [20_000, 0.3];
    for (const [name, make] of Object.entries(makers)) {
      const clean = make({ samples, noise: 0, seed: 5 }).points;
      const noisy = make({ samples, noise, seed: 5 }).points;
      for (const axis of [0, 1]) {
        const z = Array.from({ length: samples }, (_, i) => noisy[2 * i + axis] - clean[2 * i + axis]);
        const mean = z.reduce((a, b) => a + b, 0) / samples;
        const std = Math.sqrt(z.reduce((a, b) => a + b * b, 0) / samples);
        assert.ok(Math.abs(mean) < (5 * noise) / Math.sqrt(samples), `${name} mean ${mean}`);
        assert.ok(Math.abs(std - noise) < (5 * noise) / Math.sqrt(2 * samples), `${name} std ${std}`);
      }
    }
  },
);

synthetic('a batch holds the points and labels of its indices', () => {
  const set = spirals({ samples: 9, classes: 3 });
  const { inputs, labels } = set.batch([8, 0, 4]);
  assert.equal(
    [...inputs],
    [8, 0, 4].flatMap((i) => [set.points[2 * i], set.points[2 * i + 1]]),
  );
  assert.equal([...labels], [2, 0, 1]);
});

synthetic('options out of range are refused', () => {
  const refuses = (body: () => unknown, message: RegExp) =>
    assert.throws(body, (e: unknown) => e instanceof ValueError && message.test(e.message));
  refuses(() => moons({ samples: 1 }), /moons: samples of 2 classes must be an integer of at least 2: 1/);
  refuses(() => moons({ samples: 10.5 }), /samples/);
  refuses(() => moons({ noise: -0.1 }), /noise must be finite and not negative: -0.1/);
  refuses(() => blobs({ noise: Number.NaN }), /noise/);
  refuses(() => spirals({ classes: 0 }), /spirals: classes must be an integer of at least 1: 0/);
  refuses(() => spirals({ turns: Number.POSITIVE_INFINITY }), /turns must be finite: Infinity/);
  refuses(() => blobs({ centers: 1.5 }), /blobs: centers must be an integer of at least 1: 1.5/);
  refuses(() => blobs({ centers: [] }), /at least 1: 0/);
  refuses(() => blobs({ centers: [[0, Number.NaN]] }), /centers must be finite points/);
  refuses(() => moons({ seed: 0.5 }), /seed/);
});

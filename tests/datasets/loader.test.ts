import { Random, type Stream, seed, type Tensor, ValueError } from '../../core/index.js';
import { type Batch, DataLoader, type Dataset, ImageDataset } from '../../datasets/index.js';
import { assert, subject } from '../spec.js';

/** A data set whose sample i has the inputs [i, -i] and the label i mod 3. It counts the calls of `batch`. */
class Numbers implements Dataset {
  readonly name = 'numbers';
  readonly shape = [2];
  readonly classes = ['0', '1', '2'];
  asked = 0;
  constructor(readonly length: number) {}
  batch(indices: ArrayLike<number>, _stream?: Stream): Batch {
    this.asked++;
    const at = Array.from(indices);
    return { inputs: Float32Array.from(at.flatMap((i) => [i, -i])), labels: Int32Array.from(at, (i) => i % 3) };
  }
}

/** The samples of one pass, batch by batch. */
async function drawn(loader: DataLoader): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const [x] of loader) batches.push(samplesOf(x));
  return batches;
}

const samplesOf = (x: Tensor) => Array.from(x.dataSync()).filter((_, i) => i % 2 === 0);
const ascending = (xs: number[]) => [...xs].sort((a, b) => a - b);
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

const test = subject('DataLoader');

test('an epoch has each sample exactly once, shuffled or not, and only the last batch may be shorter', async () => {
  for (const shuffle of [true, false]) {
    for (const [n, batchSize] of [
      [10, 3],
      [9, 3],
      [1, 1],
      [2, 7],
    ]) {
      const loader = new DataLoader(new Numbers(n), { batchSize, shuffle, seed: 1 });
      const batches = await drawn(loader);
      assert.equal(ascending(batches.flat()), range(n));
      assert.is(batches.length, loader.length);
      assert.ok(batches.slice(0, -1).every((b) => b.length === batchSize));
      assert.is(batches.at(-1)!.length, n % batchSize || batchSize);
    }
  }
});

test('a batch is x float32 [n, ...shape] and y int32 [n], with the label of each sample', async () => {
  for await (const [x, y] of new DataLoader(new Numbers(7), { batchSize: 4, shuffle: true, seed: 2 })) {
    const samples = samplesOf(x);
    assert.equal([x.dtype, y.dtype], ['float32', 'int32']);
    assert.equal([[...x.shape], [...y.shape]], [[samples.length, 2], [samples.length]]);
    assert.equal(
      Array.from(x.dataSync()),
      samples.flatMap((i) => [i, -i]),
    );
    assert.equal(
      Array.from(y.dataSync()),
      samples.map((i) => i % 3),
    );
  }
});

test('without shuffle the order is the stored one, in every epoch', async () => {
  const loader = new DataLoader(new Numbers(5), { batchSize: 2 });
  for (let e = 0; e < 2; e++) assert.equal(await drawn(loader), [[0, 1], [2, 3], [4]]);
});

test('dropLast skips the short batch and nothing else', async () => {
  const options = { batchSize: 4, shuffle: true, seed: 3 };
  const all = await drawn(new DataLoader(new Numbers(10), options));
  const dropping = new DataLoader(new Numbers(10), { ...options, dropLast: true });
  assert.equal(await drawn(dropping), all.slice(0, 2));
  assert.is(dropping.length, 2);
  assert.is((await drawn(new DataLoader(new Numbers(8), { ...options, dropLast: true }))).length, 2);
  assert.is((await drawn(new DataLoader(new Numbers(4), { ...options, dropLast: true }))).length, 1);
});

test('the same seed gives the same order; another seed or epoch gives another', async () => {
  const loader = (value: number) => new DataLoader(new Numbers(50), { batchSize: 8, shuffle: true, seed: value });
  const a = loader(4);
  const b = loader(4);
  const epochs = [await drawn(a), await drawn(a), await drawn(a)];
  for (const epoch of epochs) assert.equal(await drawn(b), epoch);
  assert.is(new Set([...epochs, await drawn(loader(5))].map(String)).size, 4);
});

test('over 2,000 epochs each sample comes first as often as the others', async () => {
  const loader = new DataLoader(new Numbers(5), { batchSize: 5, shuffle: true, seed: 6 });
  const first = new Array(5).fill(0);
  for (let e = 0; e < 2000; e++) first[(await drawn(loader))[0][0]]++;
  // Five standard errors of a binomial count.
  for (const count of first) assert.ok(Math.abs(count - 400) < 5 * Math.sqrt(2000 * 0.2 * 0.8), first.join());
});

test('`random` is used for its seed only, and nothing is drawn from it; the default is the default Random', async () => {
  const options = { batchSize: 8, shuffle: true };
  const seeded = await drawn(new DataLoader(new Numbers(50), { ...options, seed: 9 }));
  const random = new Random(9);
  random.stream('init').normal();
  const before = JSON.stringify(random.state());
  assert.equal(await drawn(new DataLoader(new Numbers(50), { ...options, random })), seeded);
  assert.is(JSON.stringify(random.state()), before);
  seed(9);
  assert.equal(await drawn(new DataLoader(new Numbers(50), options)), seeded);
});

test('a loader that resumes at an epoch, by state or by number, draws the same as an uninterrupted one', async () => {
  const options = { batchSize: 8, shuffle: true };
  const unbroken = new DataLoader(new Numbers(50), { ...options, seed: 7 });
  for (let e = 0; e < 3; e++) await drawn(unbroken);
  const state = JSON.parse(JSON.stringify(unbroken.state()));
  assert.equal(state, { seed: 7, epoch: 3 });
  const next = await drawn(unbroken);
  const loaded = new DataLoader(new Numbers(50), { ...options, seed: 1 });
  loaded.load(state);
  assert.equal(await drawn(loaded), next);
  const set = new DataLoader(new Numbers(50), { ...options, seed: 7 });
  set.epoch = 3;
  assert.equal(await drawn(set), next);
  assert.is(set.epoch, 4);
});

test('simultaneous passes are independent: each is one whole epoch, whose number is fixed when its first batch is read', async () => {
  const options = { batchSize: 3, shuffle: true, seed: 8 };
  const alone = new DataLoader(new Numbers(10), options);
  const expected = [await drawn(alone), await drawn(alone)];
  const loader = new DataLoader(new Numbers(10), options);
  const passes = [loader[Symbol.asyncIterator](), loader[Symbol.asyncIterator]()];
  const got: number[][][] = [[], []];
  for (let k = 0; k < loader.length; k++) {
    for (const p of [0, 1]) got[p].push(samplesOf((await passes[p].next()).value![0]));
  }
  assert.equal(got, expected);
});

test('leaving a pass early reads no further batch, and the next pass is the next epoch', async () => {
  const numbers = new Numbers(10);
  const loader = new DataLoader(numbers, { batchSize: 3, shuffle: true, seed: 8 });
  const pass = loader[Symbol.asyncIterator]();
  for await (const _ of pass) break;
  assert.equal(await pass.next(), { done: true, value: undefined });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.is(numbers.asked, 1);
  const whole = new DataLoader(new Numbers(10), { batchSize: 3, shuffle: true, seed: 8 });
  whole.epoch = 1;
  assert.equal(await drawn(loader), await drawn(whole));
});

test('a batch is read when next() is called, not before', async () => {
  const numbers = new Numbers(10);
  const pass = new DataLoader(numbers, { batchSize: 3 })[Symbol.asyncIterator]();
  assert.is(numbers.asked, 0);
  for (let k = 1; k <= 3; k++) {
    await pass.next();
    assert.is(numbers.asked, k);
  }
});

test('a data set may return promises; a rejected promise ends the pass, and the loader can begin another', async () => {
  let broken = true;
  const numbers = new Numbers(5);
  const late: Dataset = {
    name: 'late',
    length: numbers.length,
    shape: numbers.shape,
    classes: numbers.classes,
    async batch(indices) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (broken && numbers.asked === 1) throw new Error('the worker died');
      return numbers.batch(indices);
    },
  };
  const loader = new DataLoader(late, { batchSize: 2 });
  const error = await drawn(loader).catch((e) => e);
  assert.is(error.message, 'the worker died');
  broken = false;
  assert.equal(await drawn(loader), [[0, 1], [2, 3], [4]]);
});

test('augmentation differs between epochs and between batches, and is the same when resumed', async () => {
  const make = () => {
    const images = new ImageDataset({
      name: 'noise',
      pixels: new Uint8Array(40),
      labels: new Uint8Array(10),
      shape: [1, 2, 2],
      classes: ['one'],
      mean: [0],
      std: [1],
      augment: (pixels, _, stream) => pixels.forEach((_, i) => (pixels[i] = stream.below(256))),
    });
    return new DataLoader(images, { batchSize: 4, seed: 12 });
  };
  const pixels = async (loader: DataLoader) => {
    const batches: number[][] = [];
    for await (const [x] of loader) batches.push(Array.from(x.dataSync()));
    return batches;
  };
  const unbroken = make();
  const [first, second] = [await pixels(unbroken), await pixels(unbroken)];
  assert.is(new Set([...first, ...second].map(String)).size, 6);
  const resumed = make();
  resumed.epoch = 1;
  assert.equal(await pixels(resumed), second);
});

test('the random numbers of a batch do not depend on how many numbers earlier batches drew', async () => {
  const lasts: number[] = [];
  for (const draws of [0, 5]) {
    class Drawing extends Numbers {
      override batch(indices: ArrayLike<number>, stream?: Stream): Batch {
        if (this.asked === 0) for (let i = 0; i < draws; i++) stream!.uniform();
        else lasts.push(stream!.uniform());
        return super.batch(indices);
      }
    }
    await drawn(new DataLoader(new Drawing(4), { batchSize: 2, seed: 3 }));
  }
  assert.equal(lasts, [lasts[0], lasts[0]]);
});

test('invalid options are refused by the constructor', () => {
  const refuses = (n: number, options: ConstructorParameters<typeof DataLoader>[1], message: RegExp) =>
    assert.throws(
      () => new DataLoader(new Numbers(n), options),
      (e: unknown) => e instanceof ValueError && message.test(e.message),
    );
  for (const batchSize of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    refuses(5, { batchSize }, new RegExp(`batchSize must be an integer of at least 1: ${batchSize}$`));
  }
  refuses(0, { batchSize: 1 }, /the data set is empty: numbers/);
  refuses(5, { batchSize: 6, dropLast: true }, /dropLast leaves no batch: batchSize 6 of 5 samples$/);
  refuses(5, { batchSize: 1, seed: 0.5 }, /DataLoader: seed must be an integer: 0.5/);
  refuses(5, { batchSize: 1, seed: 1, random: new Random(1) }, /^DataLoader: give seed or random$/);
  const typo = { batchSize: 1, shufle: true } as ConstructorParameters<typeof DataLoader>[1];
  refuses(5, typo, /DataLoader: unknown option: shufle; it has batchSize, shuffle,/);
  refuses(5, undefined as never, /DataLoader: options are an object of batchSize,/);
  assert.throws(
    () => new DataLoader(undefined as never, { batchSize: 1 }),
    /^DataLoader: takes a data set: got undefined; tensorDataset\(\) makes one$/,
  );
});

test('an invalid epoch or state is refused and changes nothing', () => {
  const loader = new DataLoader(new Numbers(5), { batchSize: 1, seed: 4 });
  for (const epoch of [-1, 0.5, Number.NaN]) {
    assert.throws(() => (loader.epoch = epoch), /the epoch must be an integer of at least 0/);
    assert.throws(() => loader.load({ seed: 1, epoch }), /the epoch must be an integer of at least 0/);
  }
  assert.throws(() => loader.load({ seed: Number.NaN, epoch: 2 }), /DataLoader: seed must be an integer/);
  assert.equal(loader.state(), { seed: 4, epoch: 0 });
});

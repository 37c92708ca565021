// A short run of the fuzzers (`npm run fuzz` makes a long one), and one sentence for each kind of fault that the fuzzers have found.
import { dirname, join } from 'node:path';
import { refuse } from '../../cli/failure.js';
import { parseCall } from '../../cli/options/parse.js';
import {
  fromNdarray,
  parseSafetensors,
  Random,
  type RandomState,
  ShapeError,
  tensor,
  ValueError,
  zeros,
} from '../../core/index.js';
import { csv, type Dataset, ImageDataset, PointDataset, randomFlip, textDataset } from '../../datasets/index.js';
import { generate, parseCheckpoint, predictor } from '../../fit/index.js';
import { charLstm } from '../../models/index.js';
import { untar } from '../../node/download/tar.js';
import { AdaBound } from '../../optim/index.js';
import { asReference } from '../../reports/poster/reference.js';
import { assert, subject } from '../spec.js';
import { formats } from './formats/all.js';
import { fuzz } from './fuzz.js';

const PROGRAM = join(dirname(process.argv[1]), 'fuzz.mjs');

/** Inputs for each format: all formats together take five seconds of CPU time. */
const COUNT = 40;

const short = subject('Fuzzing, a short run');

const names = formats.map(({ name }) => name);
const outcomes = await fuzz(PROGRAM, { formats: names, seed: 1, count: COUNT, seconds: 1 });
for (const { format, inputs, accepted, refused, failures } of outcomes) {
  short(
    `${format}: damaged and hostile inputs are refused with the project's errors, and accepted ones are read correctly`,
    () => {
      assert.equal(failures, [], `npm run fuzz -- --format ${format}`);
      assert.is(accepted + refused, inputs);
      if (inputs === COUNT) assert.ok(accepted > 0 && refused > 0, `${accepted} accepted, ${refused} refused`);
    },
  );
}

const found = subject('Faults that fuzzing found');

/** An array whose buffer was transferred, as to a worker. */
function detached<T extends Uint8Array | Float32Array | Int32Array>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

found(
  'an array whose buffer was transferred is refused by name, or is read as the empty array that it is',
  async () => {
    assert.throws(() => tensor(detached(new Float32Array(2))), /tensor: not a number: a detached Float32Array/);
    assert.throws(() => tensor([detached(new Float32Array(2))]), /a detached Float32Array at \[0\]/);
    const array = { data: detached(new Float32Array(2)), shape: [0], stride: [1], offset: 0 };
    assert.throws(() => fromNdarray(array as never), /fromNdarray: the array was transferred/);
    zeros([0]).assign(detached(new Float32Array(2)));
    assert.throws(
      () => parseCheckpoint(detached(new Uint8Array(99))),
      /parseCheckpoint: takes a Uint8Array: got a detached/,
    );
    assert.throws(() => parseCheckpoint(null as never), /parseCheckpoint: takes a Uint8Array: got null/);
    assert.throws(() => parseSafetensors(detached(new Uint8Array(99))), /truncated: 0 bytes/);
    const stream = new Random(1).stream('a');
    assert.throws(() => randomFlip()(detached(new Uint8Array(4)), [1, 1, 2, 2], stream), /got a detached Uint8Array/);
    const [points, labels] = [new Float32Array(4), new Int32Array(2)];
    assert.throws(() => new PointDataset('p', 2, detached(new Float32Array(4)), labels), /a detached Float32Array/);
    const images = { name: 'i', shape: [1, 1, 1] as const, classes: ['a'], mean: [0], std: [1] };
    const parts = { pixels: new Uint8Array(2), labels: new Uint8Array(2) };
    assert.throws(
      () => new ImageDataset({ ...images, ...parts, pixels: detached(new Uint8Array(2)) }),
      /a detached Uint8A/,
    );
    const sets: [Dataset, Uint8Array | Float32Array][] = [
      [new PointDataset('p', 2, points, labels), points],
      [new ImageDataset({ ...images, ...parts }), parts.pixels],
    ];
    for (const [set, later] of sets) {
      set.batch([0]);
      detached(later);
      assert.throws(() => set.batch([0]), /: its arrays were transferred to a worker; send a copy/);
    }
  },
);

found('the state of a random stream is checked before any stream changes', () => {
  const random = new Random(3);
  random.stream('a').uniform();
  const good = random.state();
  const words = good.streams.a.words;
  const wrong: unknown[] = [
    null,
    {},
    [],

    { words: null, spare: null },
    { words: { length: 4 }, spare: null },
  ];
  wrong.push({ words: words.slice(1), spare: null }, { words: ['1', 2, 3, 4], spare: null }, { words, spare: 'x' });
  for (const a of wrong) {
    const state = { seed: 9, streams: { b: good.streams.a, a } } as unknown as RandomState;
    assert.throws(
      () => random.load(state),
      (error: Error) => error instanceof ValueError,
    );
    assert.equal(random.state(), good);
  }
  for (const state of [null, { seed: 1 }, { seed: { toString: 1 }, streams: {} }])
    assert.throws(
      () => Random.from(state as never),
      (error: Error) => error instanceof ValueError,
    );
});

found('a saved rate that is relative to a base rate of 0 is refused when it is loaded, not at the next step', () => {
  const optimizer = new AdaBound([zeros([1], { requiresGrad: true })], { lr: 0.01 });
  const state = optimizer.stateDict();
  state.meta.groups[0].baseLr = 0;
  assert.throws(() => optimizer.loadStateDict(state), /is relative to a baseLr of 0/);
});

found('deep and cyclic values end in a short message of the project', () => {
  let deep: unknown[] = [];
  for (let i = 0; i < 20_000; i++) deep = [deep];
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const value of [deep, cycle, { toString: 1 }, 3n]) {
    const calls = [() => tensor(value as never), () => zeros(value as never), () => new Random(value as never)];
    for (const call of [...calls, () => zeros([2, 3]).pad(value as never), () => zeros([2]).sum(value as never)]) {
      let error: Error | null = null;
      try {
        call();
      } catch (caught) {
        error = caught as Error;
      }
      assert.is(
        error?.constructor.name.replace(/^_/, '').match(/^(Value|Shape|DType)Error$/) !== null,
        true,
        `${error}`,
      );
      assert.ok(error!.message.length < 1000, `${error!.message.length}`);
    }
  }
});

found('the command shortens a quoted word if it is so long that only damaged input has it', () => {
  const { message } = refuse(`--model: unknown: '${'a'.repeat(100_000)}'; one of\n  mlp`);
  assert.is(message, `--model: unknown: '${'a'.repeat(199)}.. one of mlp`);
});

found('a word of the command line that is longer than any path is refused at once', () => {
  const began = performance.now();
  assert.throws(
    () => parseCall({ name: 'x', options: {} }, [`-${'a'.repeat(100_000)}`]),
    /a word of 100001 characters; at most 8192/,
  );
  assert.ok(performance.now() - began < 1000);
});

found('published curves are refused if a value is not a number, such as a text that compares like one', () => {
  const curve = (value: unknown) => ({ source: '', curves: [{ model: 'm', optimizer: 'o', test_acc: [value] }] });
  assert.ok(asReference(curve(5)));
  for (const value of ['5', [5], null, true, NaN]) assert.is(asReference(curve(value)), null);
});

found('an index that is not a tensor is refused by name', () => {
  for (const index of [0, null, [0], detached(new Int32Array(2))])
    assert.throws(() => zeros([3]).indexSelect(0, index as never), /indexSelect: the index must be an int32 tensor/);
});

found('the saved description of a table is checked before rows are read with it', () => {
  const text = 'age,city,price\n1,Oslo,2\n';
  const { table } = csv(text, { target: 'price' });
  assert.is(csv(text, { table: JSON.parse(JSON.stringify(table)) }).length, 1);
  const columns: unknown[] = [null, [], [null], [{ name: 'age' }], [{ name: 'age', kind: 'number', fill: {} }]];
  columns.push([{ name: 'city', kind: 'category', categories: 'Oslo' }], [{ name: 3, kind: 'number' }]);
  const wrong = [...columns.map((c) => ({ ...table, columns: c })), { ...table, target: [] }, { ...table, classes: 3 }];
  for (const other of wrong)
    assert.throws(() => csv(text, { table: other as never }), /csv: table must be the table of a data set/);
});

found('a language model whose vocabulary has more or fewer tokens than its logits writes no text', async () => {
  const model = charLstm({ vocabulary: 3, embeddingDim: 2, hiddenSize: 2 });
  for (const vocabulary of [
    ['a', 'b'],
    ['a', 'b', 'c', 'd'],
  ]) {
    const net = predictor(model, textDataset('abab', { context: 2, vocabulary }));
    const error = await generate(net, { prompt: 'ab', length: 9 }).catch((e) => e);
    assert.instance(error, ShapeError);
    assert.match(
      error.message,
      new RegExp(`^generate: the model returns 3 logits, its vocabulary has ${vocabulary.length} tokens$`),
    );
  }
});

found('an archive that contains a file without a name is refused', () => {
  const header = new Uint8Array(512);
  const put = (text: string, at: number) => header.set(Buffer.from(text), at);
  put('./', 0);
  put('00000000000', 124);
  put('0', 156);
  put('ustar', 257);
  header.fill(32, 148, 156);
  put(header.reduce((sum, b) => sum + b, 0).toString(8), 148);
  assert.throws(
    () => [...untar(Buffer.concat([header, new Uint8Array(1024)]), 'a')],
    /a: a name must be a plain relative path/,
  );
});

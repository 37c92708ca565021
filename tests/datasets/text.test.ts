// Text as a data set: tokens, vocabulary, windows; trained, measured and continued.
import { cast, Random, type Tensor, tensor } from '../../core/index.js';
import {
  DataLoader,
  mapDataset,
  mobyDickSample,
  splitDataset,
  standardize,
  subset,
  textDataset,
} from '../../datasets/index.js';
import { evaluate, fit, generate, loadModel, parseCheckpoint, predictor } from '../../fit/index.js';
import { charLstm } from '../../models/index.js';
import { accuracy, crossEntropy, Embedding, Linear, Module, Sequential } from '../../nn/index.js';
import { Adam } from '../../optim/index.js';
import { rejects } from '../refusal.js';
import { assert, close, subject } from '../spec.js';

const test = subject('Text');

const TEXT = 'ab ab\nabc';

test('the vocabulary is the sorted code points of the text, and targets are the inputs shifted by one token', async () => {
  const data = textDataset(TEXT, { context: 3 });
  assert.equal(data.classes, ['\n', ' ', 'a', 'b', 'c']);
  assert.equal([...data.tokens], [2, 3, 1, 2, 3, 0, 2, 3, 4]);
  assert.equal([data.length, data.shape, data.labelShape], [2, [3], [3]]);
  const { inputs, labels } = data.batch([1, 0]);
  assert.equal([...inputs], [2, 3, 0, 2, 3, 1]);
  assert.equal([...labels], [3, 0, 2, 3, 1, 2]);
  const [[x, y]] = [await first(new DataLoader(data, { batchSize: 2 }))];
  assert.equal([x.dtype, x.shape, y.dtype, y.shape], ['int32', [2, 3], 'int32', [2, 3]]);
  assert.equal(textDataset('a😀', { context: 1 }).classes, ['a', '😀']);
});

async function first(loader: DataLoader): Promise<[Tensor, Tensor]> {
  for await (const batch of loader) return batch;
  throw new Error('no batch');
}

test('with stride 1, each token but the last `context` ones begins a window; the last window ends with the text', () => {
  const data = textDataset(TEXT, { context: 3, stride: 1 });
  assert.is(data.length, 6);
  assert.equal([...data.batch([5]).labels], [2, 3, 4]);
});

test('words are separated by white space, and each line break is a word too; <unk> stands for a word that is not in the vocabulary', () => {
  const data = textDataset('the cat\nthe  dog.', { level: 'word', context: 2 });
  assert.equal(data.classes, ['\n', 'cat', 'dog.', 'the']);
  const other = { level: 'word', context: 1, vocabulary: ['<unk>', 'the'] } as const;
  assert.equal([...textDataset('the bird', other).tokens], [1, 0]);
  assert.throws(
    () => textDataset('the bird', { ...other, vocabulary: ['the'] }),
    /^text: not in the vocabulary: "bird", token 1; '<unk>' would stand for it/,
  );
});

test('options and texts that do not fit are refused', () => {
  const refused: [() => unknown, RegExp][] = [
    [() => textDataset('abc', { context: 3 }), /^text: too short: 3 tokens; a context of 3 takes at least 4/],
    [() => textDataset('abc', { context: 0 }), /^textDataset: context must be a positive integer: 0/],
    [() => textDataset('abc', {} as never), /^textDataset: context must be a positive integer: undefined/],
    [() => textDataset('abc', { context: 1, level: 'letter' as never }), /^textDataset: unknown level: letter/],
    [() => textDataset(3 as never, { context: 1 }), /^textDataset: takes a text: got number 3/],
    [() => textDataset('ab', { context: 1, vocabulary: ['a', 'a'] }), /^textDataset: two classes have one name: 'a'/],
    [() => standardize(textDataset('abc', { context: 1 }) as never), /^standardize: takes inputs of floats: text has/],
    [() => mapDataset(textDataset('abc', { context: 1 }), (v) => v), /^mapDataset: takes inputs of floats: text has/],
    [
      () => splitDataset(textDataset('abcd', { context: 1 }), 0.5, { stratify: true }),
      /^splitDataset: stratify is for one class a sample: text has several/,
    ],
  ];
  for (const [call, message] of refused) assert.throws(call, message);
});

test('the loss and accuracy of logits [n, T, c] are those of their rows', () => {
  const logits = tensor(new Random(2).stream('l').permutation(24), { shape: [2, 3, 4], dtype: 'float64' });
  const classes = tensor([0, 3, 1, 2, 2, 0], { dtype: 'int32', shape: [2, 3] });
  const [rows, list] = [logits.reshape([6, 4]), classes.reshape([6])];
  for (const options of [{}, { labelSmoothing: 0.1 }, { ignoreIndex: 2 }])
    close(crossEntropy(logits, classes, options).dataSync(), crossEntropy(rows, list, options).dataSync(), 1e-15);
  assert.equal(crossEntropy(logits, classes, { reduction: 'none' }).shape, [2, 3]);
  assert.is(accuracy(logits, classes).itemSync(), accuracy(rows, list).itemSync());
  assert.throws(
    () => crossEntropy(logits, list),
    /^crossEntropy: logits must be \[n, c\]: \(2,3,4\); or \[.., c\] with/,
  );
  assert.throws(() => crossEntropy(logits, cast(logits, 'float32')), /^crossEntropy: logits must be/);
});

/** A model that predicts each token from the one before. */
const bigrams = (tokens: number) =>
  new Sequential(new Embedding(tokens, 8, { random: new Random(1) }), new Linear(8, tokens, { random: new Random(2) }));

test('a model is trained on a text, measured by its perplexity, saved with its vocabulary, and continues a prompt', async () => {
  const data = textDataset('abcd'.repeat(40), { context: 8 });
  const model = bigrams(4);
  const files: Uint8Array[] = [];
  await fit(model, {
    train: new DataLoader(data, { batchSize: 5 }),
    test: subset(data, [0, 1]),
    optimizer: new Adam(model.namedParameters(), { lr: 0.05 }),
    epochs: 12,
    checkpoints: { latest: async () => null, save: async (file) => void files.push(file) },
  });
  const found = await evaluate(model, data);
  close([found.perplexity!], [Math.exp(found.loss)], 0);
  assert.ok(found.perplexity! < 1.2, `${found.perplexity}`);
  assert.equal([found.accuracy, found.confusion, found.classification], [1, null, null]);
  const { description, history } = parseCheckpoint(files.at(-1)!);
  assert.is(history.at(-1)!.testAccuracy, 1);
  assert.equal(description!.classes, ['a', 'b', 'c', 'd']);
  assert.equal(description!.preparation, { text: { level: 'character' } });
  const net = await loadModel(files.at(-1)!, { model: bigrams(4) });
  assert.is(net.samples, 'text');
  assert.is(await generate(net, { prompt: 'bc', length: 6, temperature: 0 }), 'dabcda');
  assert.equal([...(await generate(model, { prompt: [1], length: 3, topK: 1 }))], [2, 3, 0]);
  await rejects(net.predict([[1]]), /^predict: the model continues a text: call generate/);
  await rejects(generate(net, { prompt: 'x' }), /^generate: prompt: not in the vocabulary: "x"/);
  await rejects(generate(net, { prompt: '' }), /^generate: prompt must have at least one token/);
});

test('generation follows the seed and the probabilities, and leaves the model in its mode', async () => {
  const net = predictor(bigrams(4), textDataset('abcd', { context: 2 }));
  const write = (seed: number, more = {}) => generate(net, { prompt: 'a', length: 20, seed, ...more });
  assert.is(await write(1), await write(1));
  assert.is.not(await write(1), await write(2));
  assert.is(await write(1, { temperature: 0 }), await write(2, { topK: 1 }));
  assert.ok(net.model.training, 'in training mode, as before');
  // With equal logits each of four tokens gets a quarter of 2,000 draws, within four standard deviations of 19 draws.
  const even = await generate(new Even(), { prompt: [0], length: 2000 });
  for (let token = 0; token < 4; token++) assert.ok(Math.abs(even.filter((t) => t === token).length - 500) < 78);
});

test('a model with a state reads each token once, and generates the same as if it read all tokens again for each new one', async () => {
  const model = charLstm({ vocabulary: 4, embeddingDim: 3, hiddenSize: 5, dtype: 'float64', random: new Random(5) });
  const prompt = [0, 3, 1];
  const again = await generate(model, { prompt, length: 40, context: 43, temperature: 2 });
  const reads: number[] = [];
  const { continue: go } = model;
  model.continue = function (x, state) {
    reads.push(x.size);
    return go.call(this, x, state);
  };
  assert.equal(await generate(model, { prompt, length: 40, temperature: 2 }), again);
  assert.equal(reads, [3, ...Array(39).fill(1)]);
});

test('a field `continue` that is not a function is ignored; a method `continue` that does not return [logits, tensors] is refused', async () => {
  const even = new Even();
  assert.is((await generate(Object.assign(even, { continue: true }), { prompt: [0], length: 2 })).length, 2);
  for (const made of [
    undefined,
    tensor([[[1, 2]]]),
    [tensor([[[1, 2]]]), tensor([1])],
    [tensor([[[1, 2]]]), undefined],
  ])
    await rejects(
      generate(Object.assign(new Even(), { continue: () => made }), { prompt: [0] }),
      /^generate: what continue returns must be a list \[logits, tensors\]: /,
    );
});

/** A model that gives each of four tokens the same probability. */
class Even extends Module {
  forward(x: Tensor): Tensor {
    return tensor(new Float32Array(4 * x.size), { shape: [...x.shape, 4] });
  }
}

test('a model with other outputs, or with a NaN logit, is refused; a signal stops generation', async () => {
  await rejects(generate(new Linear(1, 2), { prompt: [0] }), /^(Linear|generate): /);
  const wrong = new Sequential(new Embedding(2, 2));
  wrong.parameters()[0].detach().assign(Number.NaN);
  await rejects(generate(wrong, { prompt: [0] }), /^generate: a logit is NaN or infinite/);
  await rejects(generate(new Even(), { prompt: [0], signal: AbortSignal.abort() }), /abort/i, Error);
});

test('the embedded text is the first 42 chapters of Moby-Dick', async () => {
  const text = await mobyDickSample();
  assert.ok(text.startsWith('CHAPTER 1. Loomings.\n\nCall me Ishmael.'));
  assert.ok(text.endsWith('Wonder ye then at the fiery hunt?\n'));
  assert.equal(
    text.match(/^CHAPTER (\d+)/gm)?.map((head) => Number(head.slice(8))),
    Array.from({ length: 42 }, (_, i) => i + 1),
  );
  assert.is(textDataset(text, { context: 64 }).classes.length, 80);
  await rejects(mobyDickSample(new Uint8Array(9)), /^mobyDickSample: the embedded data are damaged: /);
});

test('a model whose description of the text contradicts the shapes of its inputs is refused', async () => {
  const data = textDataset('abcd', { context: 2 });
  const odd = { ...subset(data, [0]), shape: [2, 1] };
  const model = bigrams(4);
  assert.throws(() => predictor(model, odd), /contradicts itself: a text for \[2,1\]/);
});

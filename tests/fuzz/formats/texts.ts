// Texts: files to train on, prompts that a model continues, and checkpoints of language models with forged descriptions.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadText, readPrepared } from '../../../cli/ownData.js';
import { Random } from '../../../core/index.js';
import { type TextDataset, type TokenLevel, textDataset } from '../../../datasets/index.js';
import { decode } from '../../../datasets/text.js';
import { type GenerateOptions, generate, loadModel, type TrainedModel } from '../../../fit/index.js';
import { charLstm, gpt } from '../../../models/index.js';
import { readText } from '../../../node/tables.js';
import type { Draw } from '../draw.js';
import { type Format, right } from '../format.js';
import { fileOf, loadForged } from './trainedModels.js';

/** A text of words and lines with characters of one to four bytes. */
function draftText(draw: Draw): string {
  const word = () => draw.pick(['ab', 'the', 'Ünï', '😀', 'e\u0301', '-1', '"x"', '<unk>', '\ufeff', '\u2028']);
  const mark = () => draw.pick([' ', ' ', ' ', '\n', '\r\n', '\t', '\u00a0']);
  return Array.from({ length: 1 + draw.below(40) }, () => word() + mark()).join('');
}

/** Checks that the windows of a data set are its tokens in order, with the next token as the label of each. */
function checkWindows(data: TextDataset, text: string, level: TokenLevel): void {
  const { tokens, classes, stride, length } = data;
  const [context] = data.shape;
  const shown = Array.from(tokens, (token) => classes[token]);
  const normal = level === 'character' ? text : (text.match(/\n|[^\s]+/g) ?? []).join(' ');
  right(
    level === 'character' ? decode(shown, level) === normal : shown.join(' ') === normal,
    'its tokens are the text',
  );
  right(new Set(classes).size === classes.length, 'each token has one number');
  right(length >= 1 && (length - 1) * stride + context < tokens.length, 'each window has a token after it');
  right((length - 1) * stride + context + stride >= tokens.length, 'no window is missing at the end');
  const { inputs, labels } = data.batch([length - 1, 0]);
  const at = (i: number) => (i < context ? (length - 1) * stride + i : i - context);
  right(
    inputs.every((token, i) => token === tokens[at(i)]) && labels.every((token, i) => token === tokens[at(i) + 1]),
    'a label is the token after the input',
  );
}

const text: Format = {
  name: 'text',
  prepare: (folder) => async (draw) => {
    const path = join(folder, 'text.txt');
    const good = draftText(draw);
    writeFileSync(path, draw.chance(0.6) ? draw.damageText(good) : good, draw.chance(0.8) ? 'utf8' : 'latin1');
    const level = draw.pick(['character', 'word'] as const);
    const read = readText(path);
    const sizes = { context: 1 + draw.below(12), stride: draw.chance(0.5) ? 1 + draw.below(12) : undefined };
    const options = { level, ...sizes, ...(draw.chance(0.2) && { vocabulary: draw.pick(VOCABULARIES) }) };
    const altered = draw.chance(0.1) ? draw.alter(options) : options;
    const data = textDataset(read, altered);
    if (altered === options && !options.vocabulary) checkWindows(data, read, level);
    right(
      data.tokens.every((token) => token < data.classes.length),
      'a token has a place in the vocabulary',
    );
    const { train, test } = await loadText(`text:${path}`, { context: sizes.context, level });
    right(train.length >= 1 && test.length >= 1, 'both parts have samples');
    const prepared = { preparation: { text: { level } }, classes: train.classes, shape: train.shape };
    const { data: again } = await readPrepared(`text:${path}`, prepared, {});
    right(again.length === train.length + test.length, 'the trained model reads the same samples');
  },
};

const VOCABULARIES: any[] = [['<unk>'], ['a', 'b', ' ', '<unk>'], ['a', 'a'], [], ['', '<unk>'], [1], 'ab'];

const TEXT = 'abab\nbaba\n'.repeat(3);
/** The number of tokens of a window. */
const CONTEXT = 6;

/** A character model of each kind, and a word model. */
async function goodFiles(): Promise<[file: Uint8Array, prompt: string][]> {
  const characters = textDataset(TEXT, { context: CONTEXT });
  const words = textDataset('the cat and the dog\n'.repeat(5), { context: CONTEXT, level: 'word' });
  const of = ({ classes }: TextDataset) => ({ vocabulary: classes.length, random: new Random(1) });
  return [
    [await fileOf(charLstm({ ...of(characters), embeddingDim: 2, hiddenSize: 3, numLayers: 2 }), characters), 'ab'],
    [await fileOf(gpt({ ...of(characters), context: CONTEXT, embedDim: 4, numHeads: 2 }), characters), 'abababab'],
    [await fileOf(charLstm({ ...of(words), embeddingDim: 2, hiddenSize: 3 }), words), 'the cat'],
  ];
}

/** Continues a prompt and checks the text. */
async function continues(net: TrainedModel, options: GenerateOptions<string>): Promise<void> {
  const added = await generate(net, options);
  const { length = 200 } = options;
  if (net.level !== 'character' || net.classes.some((token) => [...token].length !== 1)) return;
  const characters = [...added];
  right(characters.length === length, `there are ${length} new tokens`);
  right(
    characters.every((token) => net.classes.includes(token)),
    'each token is of the vocabulary',
  );
}

const languageModels: Format = {
  name: 'language-model',
  async prepare() {
    const files = await goodFiles();
    return async (draw) => {
      const [good, prompt] = draw.pick(files);
      const net = await loadForged(draw, good);
      await continues(net, { prompt, length: 4, temperature: draw.pick([0, 1]) });
    };
  },
};

/** Options of `generate` at their limits. */
const LIMITS: Partial<GenerateOptions<string>>[] = [
  { temperature: 1e-300 },
  { temperature: 1e300 },
  { temperature: 0 },
  { topK: 1 },
  { topK: 1e15 },
  { seed: 2 ** 53 - 1 },
  { context: 1 },
  { length: 0 },
];

const prompts: Format = {
  name: 'prompt',
  async prepare() {
    const nets = await Promise.all((await goodFiles()).map(([file]) => loadModel(file)));
    const model = charLstm({ vocabulary: 3, embeddingDim: 2, hiddenSize: 3, random: new Random(1) });
    return async (draw) => {
      const good = { prompt: draw.pick(['ab', 'the cat', 'ba\n', ' ']), length: 3, ...draw.pick(LIMITS) };
      if (draw.chance(0.3)) good.prompt = draw.damageText(good.prompt);
      const altered = draw.chance(0.3) ? draw.alter(good) : good;
      // A large `length` takes long by design, and would be counted as a hang.
      const isLong = typeof altered?.length === 'number' && altered.length > 50;
      const options = isLong ? good : altered;
      if (draw.chance(0.8)) return continues(draw.pick(nets), options);
      const prompt = draw.pick<any>([[0, 1, 2], [2], [3], [], [0.5], [-1], [2 ** 31], draw.hostile()]);
      const tokens = await generate(model, { ...options, prompt });
      right(
        tokens.length === (options?.length ?? 200) && tokens.every((token) => token >= 0 && token < 3),
        'tokens have numbers below the size of the vocabulary',
      );
    };
  },
};

export const texts: Format[] = [text, languageModels, prompts];

// A text from the command line: trained, resumed, measured by its perplexity, continued.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastBackend } from '../fastBackend.js';
import { assert, close, subject } from '../spec.js';
import { boundgradHere } from './command.js';

const test = subject('boundgrad on a text');

const folder = mkdtempSync(join(tmpdir(), 'boundgrad-text-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const boundgrad = (words: string[]) => boundgradHere([...words, '--backend', fastBackend]);
const text = file('abc.txt', 'abcd\n'.repeat(150));
const prompt = file('prompt.txt', 'ab\n');
const out = join(folder, 'run');
const train = [
  'train',
  '--data',
  `text:${text}`,
  '--context',
  '10',
  '--optim',
  'adam',
  '--adam.lr',
  '0.02',
  '--epochs',
];

test('train takes charLstm, holds the end of the text out, and compares by perplexity', async () => {
  const { code, stdout, stderr } = await boundgrad([...train, '4', '--batch-size', '8', '--out', out]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^charLstm \(\d+,\d+ parameters\) on abc\.txt: 59 training and 15 test samples/);
  assert.match(stdout, /test perplexity +1\.\d+/);
  assert.match(stdout, /to predict: boundgrad predict --checkpoint \S+ prompt\.txt/);
  assert.match(readFileSync(join(out, 'report.html'), 'utf8'), /Test perplexity/);
});

test('eval measures the part that was held out, and prints e^loss as perplexity', async () => {
  const { stdout, stderr } = await boundgrad(['eval', '--checkpoint', out, '--data', `text:${text}`, '--json']);
  assert.ok(stdout.startsWith('{'), stderr);
  const { part, samples, loss, perplexity } = JSON.parse(stdout);
  assert.equal([part, samples], ['held out', 15]);
  close([perplexity], [Math.exp(loss)], 1e-12);
});

test('predict continues each file with 200 tokens, in lines', async () => {
  const { stdout, stderr } = await boundgrad(['predict', '--checkpoint', out, prompt]);
  assert.match(stdout, /^abcd\nabcd\n/, stderr);
  const { stdout: json } = await boundgrad(['predict', '--checkpoint', out, prompt, '--json']);
  const [{ prompt: given, text: added }] = JSON.parse(json);
  assert.equal([given, added.length], ['ab', 200]);
  const strange = await boundgrad(['predict', '--checkpoint', out, file('z.txt', 'z')]);
  assert.match(strange.stderr, /z\.txt: not in the vocabulary: "z"/);
});

test('a run resumes, and refuses another context', async () => {
  const { code, stderr } = await boundgrad(['train', '--resume', out, '--epochs', '5']);
  assert.is(code, 0, stderr);
  const other = await boundgrad(['train', '--resume', out, '--context', '9']);
  assert.match(other.stderr, /--context 10 then, 9 now/);
});

test('gpt takes the context of the samples', async () => {
  const words = ['train', '--data', `text:${text}`, '--context', '10', '--model', 'gpt', '--max-steps', '1'];
  const { stdout, stderr } = await boundgrad([...words, '--out', join(folder, 'gpt')]);
  assert.match(stdout, /^gpt \(.* parameters\) on abc\.txt/, stderr);
});

test('options and nets that do not fit a text are refused', async () => {
  const refused: [words: string[], message: RegExp][] = [
    [['--data', `text:${text}`, '--model', 'lenet'], /--model: lenet does not read texts: charLstm and gpt do/],
    [['--model', 'charLstm'], /--model: charLstm reads texts: give --data text:FILE/],
    [['--data', 'moons', '--context', '3'], /--context: it is for --data text:FILE: the data are moons/],
    [['--data', `text:${text}`, '--folds', '3'], /--folds: a text is not split at random/],
    [['--data', 'text:'], /--data: a path is missing: text:FILE/],
    [['--data', `text:${prompt}`], /--data text:\S+: prompt\.txt: too short: 3 tokens for a context of 64/],
  ];
  for (const [words, message] of refused) {
    const { code, stderr } = await boundgrad(['train', ...words]);
    assert.is(code, 2, stderr);
    assert.match(stderr, message);
  }
});

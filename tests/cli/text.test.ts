// A text on the command line: trained, resumed, measured by its perplexity, continued.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJsonLines } from '../../node/jsonLines.js';
import type { EpochRecord } from '../../reports/record.js';
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
const epochsIn = (run: string) =>
  readJsonLines(join(run, 'adam.jsonl'))
    .map(({ record }) => record as EpochRecord)
    .filter(({ kind }) => kind === 'epoch');
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

test('train chooses charLstm, holds out the end of the text, and compares by perplexity', async () => {
  const { code, stdout, stderr } = await boundgrad([...train, '4', '--batch-size', '8', '--out', out]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^charLstm \(\d+,\d+ parameters\) on abc\.txt: 59 training and 15 test samples/);
  assert.match(stdout, /test perplexity +1\.\d+/);
  assert.match(stdout, /to predict: boundgrad predict --checkpoint \S+\n/);
  assert.match(readFileSync(join(out, 'report.html'), 'utf8'), /Test perplexity/);
});

test('after each test the net generates a sample from the same random draws, for the screen, the journal and the report', async () => {
  const epochs = epochsIn(out);
  assert.is(epochs.length, 4);
  for (const { sample } of epochs) assert.is(sample?.length, 100);
  assert.match(epochs[3].sample!, /^abcd\nabcd\n/);
  const report = readFileSync(join(out, 'report.html'), 'utf8');
  assert.ok(report.includes(`<pre>${epochs[3].sample}</pre>`));
  const other = join(folder, 'quiet');
  const words = ['--batch-size', '8', '--eval-every', '2', '--sample', '7', '--average', 'ema', '--out', other];
  const { stdout } = await boundgrad([...train, '2', ...words]);
  const lengths = epochsIn(other).map(({ sample }) => sample?.length);
  assert.equal(lengths, [undefined, 7]);
  assert.is(stdout.match(/^ {4}\S/gm)?.length ?? 0, epochsIn(other)[1].sample!.trim().split('\n').length);
  await boundgrad(['train', '--resume', other, '--epochs', '3', '--sample', '0']);
  assert.is(epochsIn(other)[2].sample, undefined);
});

test('a resumed run has the losses and the samples of an uninterrupted one', async () => {
  const again = join(folder, 'again');
  await boundgrad([...train, '1', '--batch-size', '8', '--out', again]);
  await boundgrad(['train', '--resume', again, '--epochs', '2']);
  const figures = (run: string) => epochsIn(run).map((e) => [e.loss, e.testLoss, e.sample]);
  assert.equal(figures(again), figures(out).slice(0, 2));
});

test('eval measures the held-out part, and prints e^loss as perplexity', async () => {
  const { stdout, stderr } = await boundgrad(['eval', '--checkpoint', out, '--data', `text:${text}`, '--json']);
  assert.ok(stdout.startsWith('{'), stderr);
  const { part, samples, loss, perplexity } = JSON.parse(stdout);
  assert.equal([part, samples], ['held out', 15]);
  close([perplexity], [Math.exp(loss)], 1e-12);
});

test('predict continues each file, or a prompt, with 200 tokens by default, and prints the line breaks among them', async () => {
  const { stdout, stderr } = await boundgrad(['predict', '--checkpoint', out, prompt]);
  assert.match(stdout, /^abcd\nabcd\n/, stderr);
  const { stdout: json } = await boundgrad(['predict', '--checkpoint', out, prompt, '--json']);
  const [{ prompt: given, text: added }] = JSON.parse(json);
  assert.equal([given, added.length], ['ab', 200]);
  const none = ['--prompt', 'ab', '--length', '0'];
  const { stdout: table } = await boundgrad(['predict', '--checkpoint', out, '--csv', ...none]);
  assert.is(table, 'input,prompt,text\n,ab,\n');
  const typed = await boundgrad(['predict', '--checkpoint', out, '--prompt', 'ab', '--json', '--length', '20']);
  assert.equal(JSON.parse(typed.stdout), [{ source: '--prompt', prompt: 'ab', text: added.slice(0, 20) }]);
  // Without a prompt the net continues a line break, which is not printed.
  const bare = await boundgrad(['predict', '--checkpoint', out, '--length', '20']);
  assert.match(bare.stdout, /^abcd\nabcd\n/, bare.stderr);
});

test('predict prints the tabs of a text as they are, its line breaks as newlines (with --csv as they are), and escape sequences as visible text', async () => {
  const run = join(folder, 'lines');
  const lines = file('lines.txt', 'a\tb\r\n\x1b[1m\u202e'.repeat(60));
  const trained = await boundgrad([
    'train',
    '--data',
    `text:${lines}`,
    '--context',
    '5',
    '--max-steps',
    '1',
    '--out',
    run,
  ]);
  assert.is(trained.code, 0, trained.stderr);
  const given = 'a\tb\r\nb\r\ra\n\x1b\u202e';
  const write = async (...words: string[]) =>
    (await boundgrad(['predict', '--checkpoint', run, '--prompt', given, '--length', '0', ...words])).stdout;
  assert.is(await write(), 'a\tb\nb\n\na\n\\u001b\\u202e\n');
  assert.is(await write('--csv'), 'input,prompt,text\n,"a\tb\r\nb\r\ra\n\\u001b\\u202e",\n');
});

test('samples during the training keep tabs and line breaks too, on the screen and in the report, but no escape sequences', async () => {
  const lines = file('samples.txt', 'a\tb\r\n\x1b[1m\u202e'.repeat(60));
  const run = join(folder, 'samples');
  const words = ['train', '--data', `text:${lines}`, '--context', '5', '--optim', 'adam', '--epochs', '1'];
  const { code, stdout, stderr } = await boundgrad([...words, '--out', run]);
  assert.is(code, 0, stderr);
  const { sample } = epochsIn(run)[0];
  for (const part of ['\t', '\r', '\n', '\x1b', '\u202e']) assert.ok(sample!.includes(part), JSON.stringify(sample));
  const shown = sample!
    .trimEnd()
    .replaceAll('\x1b', '\\u001b')
    .replaceAll('\u202e', '\\u202e')
    .split(/\r\n?|\n/);
  assert.ok(stdout.includes(shown.map((line) => `    ${line}\n`).join('')), stdout);
  const report = readFileSync(join(run, 'report.html'), 'utf8');
  assert.not.match(/<pre>.*?<\/pre>/s.exec(report)![0], /\\u000[9ad]|[\r\u202e]/);
});

test('predict draws by --seed, --temperature and --top-k: the same seed, the same text', async () => {
  const write = async (...words: string[]) =>
    (await boundgrad(['predict', '--checkpoint', out, '--prompt', 'ab', ...words])).stdout;
  const hot = ['--temperature', '8', '--length', '25'];
  assert.is((await write(...hot)).length, 'ab'.length + 25 + 1);
  assert.is(await write(...hot, '--seed', '3'), await write(...hot, '--seed', '3'));
  assert.is.not(await write(...hot, '--seed', '3'), await write(...hot, '--seed', '4'));
  assert.is(await write(...hot, '--seed', '3', '--top-k', '1'), await write('--temperature', '0', '--length', '25'));
});

test('predict refuses tokens that the model does not know, and options for other models', async () => {
  const points = join(folder, 'points');
  await boundgrad(['train', '--data', 'blobs', '--max-steps', '1', '--out', points]);
  const refused: [words: string[], message: RegExp][] = [
    [[out, file('z.txt', 'z')], /z\.txt: not in the vocabulary: "z", token 0$/m],
    [[out, '--prompt', 'az'], /--prompt: not in the vocabulary: "z", token 1$/m],
    [[out, '--prompt', 'a', prompt], /--prompt is given, and the input \S+prompt\.txt: give one of the two/],
    [[out, '--temperature', '-1'], /--temperature: must be at least 0: '-1'/],
    [[out, '--top-k', '0'], /--top-k: must be an integer of at least 1: '0'/],
    [[points, '--top-k', '3', 'x.csv'], /--top-k: only a model that was trained on a text takes it/],
    [[points], /predict: an input is missing/],
  ];
  for (const [words, message] of refused) {
    const { code, stderr } = await boundgrad(['predict', '--checkpoint', ...words]);
    assert.is(code, 2, stderr);
    assert.match(stderr, message);
  }
});

test('summary counts the values of a language model for its default sizes, for --shape and --classes, or for a text', async () => {
  const summary = async (...words: string[]) => (await boundgradHere(['summary', '--model', ...words])).stdout;
  assert.match(await summary('gpt'), /input 64, 65 tokens;[\s\S]*\ntotal +112,577 +7,606,272\n/);
  assert.match(
    await summary('charLstm', '--classes', '27', '--shape', '10'),
    /input 10, 27 tokens;[\s\S]*\ntotal +87,291 /,
  );
  const of = ['--data', `text:${text}`, '--context', '10'];
  assert.match(await summary('charLstm', ...of), /input 10, 5 tokens;/);
  const own = file('own.mjs', OWN);
  assert.match(await summary(own, ...of), /input 10, 5 tokens;[\s\S]*\ntotal +25 /);
});

const OWN = `export default ({ outputs, random }, { Embedding }) => new Embedding(outputs, outputs, { random });`;

test('a resumed run refuses another context', async () => {
  const other = await boundgrad(['train', '--resume', out, '--context', '9']);
  assert.match(other.stderr, /--context 10 then, 9 now/);
});

test('a net that reads only whole windows trains without samples, and one line says why', async () => {
  const own = file(
    'whole.mjs',
    `export default ({ input, outputs, random }, { Embedding, Module }) => {
      class Whole extends Module {
        table = new Embedding(outputs, outputs, { random });
        forward(x) {
          if (x.shape[1] !== input[0]) throw new Error('it reads ' + input[0] + ' tokens');
          return this.table.forward(x);
        }
      }
      return new Whole();
    };`,
  );
  const whole = join(folder, 'whole');
  const { code, stderr } = await boundgrad([...train, '3', '--model', own, '--batch-size', '8', '--out', whole]);
  assert.equal([code, stderr], [0, 'boundgrad: the net writes no samples: it reads 10 tokens\n']);
  assert.equal(
    epochsIn(whole).map(({ sample }) => sample),
    [undefined, undefined, undefined],
  );
});

test('a gpt is made for the context of the samples', async () => {
  const words = ['train', '--data', `text:${text}`, '--context', '10', '--model', 'gpt', '--max-steps', '1'];
  const { stdout, stderr } = await boundgrad([...words, '--sample', '0', '--out', join(folder, 'gpt')]);
  assert.match(stdout, /^gpt \(.* parameters\) on abc\.txt/, stderr);
});

test('the embedded text trains like a file; eval and predict need no file', async () => {
  const whale = join(folder, 'whale');
  const words = ['--data', 'moby-dick', '--context', '20', '--val', '0.001', '--max-steps', '1', '--sample', '5'];
  const { stdout, stderr } = await boundgrad(['train', ...words, '--out', whale]);
  // 405,131 characters are 20,256 windows.
  assert.match(stdout, /^charLstm \(\d+,\d+ parameters\) on moby-dick: 20,236 training and 20 test samples/, stderr);
  const found = await boundgrad(['eval', '--checkpoint', whale, '--json', '--data', 'moby-dick']);
  assert.is(JSON.parse(found.stdout).samples, 20);
  assert.match((await boundgrad(['eval', '--checkpoint', whale, '--json'])).stdout, /"samples":20,/);
  const text = await boundgrad(['predict', '--checkpoint', whale, '--prompt', 'Call me', '--length', '5']);
  assert.match(text.stdout, /^Call me/, text.stderr);
});

test('options and nets that do not fit a text are refused', async () => {
  const refused: [words: string[], message: RegExp][] = [
    [['--data', `text:${text}`, '--model', 'lenet'], /--model: lenet does not read texts: charLstm and gpt /],
    [['--model', 'charLstm'], /--model: charLstm reads texts: give --data text:FILE, or moby-dick/],
    [['--data', 'moons', '--context', '3'], /--context: it is for --data text:FILE and moby-dick: the data are moons/],
    [['--data', `text:${text}`, '--folds', '3'], /--folds: a text is not split at random/],
    [['--data', 'moons', '--sample', '3'], /--sample: it is for --data text:FILE and moby-dick: the data are moons/],
    [['--data', 'text:'], /--data: a path is missing: text:FILE/],
    [['--data', `text:${prompt}`], /--data text:\S+prompt\.txt: too short: 3 tokens; a context of 64/],
  ];
  for (const [words, message] of refused) {
    const { code, stderr } = await boundgrad(['train', ...words]);
    assert.is(code, 2, stderr);
    assert.match(stderr, message);
  }
});

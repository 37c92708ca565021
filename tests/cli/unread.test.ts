// More misuses of the command line, listed without reading its code: numbers in people's notations, options of other
// programs, options that the data or the optimizer do not read, environment variables. Each is refused in one line with code 2, causes a
// note, or changes nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary } from './command.js';

const test = subject('More misuses of the command line');
const folder = temporary();
const at = (name: string) => join(folder, name);
const table = (name: string, row: (i: number) => string) =>
  writeFileSync(at(name), `a,b,y\n${Array.from({ length: 20 }, (_, i) => `${row(i)}\n`).join('')}`);
table('v.csv', (i) => `${i * 0.37},${i % 3},${2 * i + (i % 3)}`);
table('c.csv', (i) => `${i * 0.37},${i % 3},${'pq'[i % 2]}`);
table('percent.csv', (i) => `${i}%,${i % 3},${2 * i}`);

const of = (name: string) => ['train', '--data', `csv:${at(name)}`, '--target', 'y', '--backend', 'reference'];
const once = (name = 'v.csv') => [...of(name), '--epochs', '1'];
const run = at('run');
const first = await boundgradHere([...once(), '--out', run]);
if (first.code !== 0) throw new Error(first.stderr);

const refused: [words: string[], message: RegExp][] = [
  // Numbers as people write them.
  [[...once(), '--lr', 'fast'], /--lr: not a number: 'fast'/],
  [[...once(), '--lr', '0x1'], /--lr: not a number: '0x1'/],
  [[...once(), '--lr', '1_0'], /--lr: not a number: '1_0'/],
  [[...once(), '--lr', ' 0.1 '], /--lr: not a number: ' 0.1 '/],
  [[...once(), '--lr', '0.1abc'], /--lr: not a number/],
  [[...once(), '--lr', '0.1,0.2'], /--lr: not a number/],
  [[...of('v.csv'), '--epochs', '1.0'], /--epochs: must be an integer of at least 1/],
  [[...once(), '--batch-size', '-4'], /--batch-size: must be an integer/],
  [[...once(), '--val', '1'], /--val: must lie between 0 and 1/],
  [[...once(), '--val', '0'], /--val: must lie between 0 and 1/],
  [[...once(), '--val', '20'], /--val: must lie between 0 and 1/],
  [[...once(), '--val', '20%'], /--val: not a number: '20%'/],
  [[...once(), '--folds', '1'], /--folds: must be an integer of at least 2/],
  [[...once(), '--clip-norm', '0'], /--clip-norm: must be positive/],
  [
    [...once(), '--weight-decay', '-0.1'],
    /weightDecay must be a finite number of at least 0: -0.1; set by --weight-decay or --\w+\.weight-decay$/m,
  ],
  [[...once(), '--max-steps', '0'], /--max-steps: must be an integer/],
  [[...once('c.csv'), '--label-smoothing', '1'], /--label-smoothing: must lie in \[0, 1\)/],
  [[...once(), '--delimiter', ';;'], /--delimiter: must be one character, or tab/],
  [[...once(), '--fill', 'x'], /--fill: unknown: 'x'/],
  // Options that do not fit the optimizer, the data or each other.
  [
    [...once(), '--optim', 'sgdm', '--momentum', '1'],
    /momentum must lie in \[0, 1\): 1; set by --momentum or --sgdm\.momentum$/m,
  ],
  [[...once(), '--optim', 'adam', '--betas', '0.9,2'], /beta2 must lie in .*; set by --betas or --adam\.betas$/m],
  [
    [...once(), '--optim', 'sgdm', '--momentum', '0', '--nesterov', 'true'],
    /nesterov needs the heavy ball: momentum above 0/,
  ],
  [[...once(), '--optim', 'adam', '--momentum', '0.9'], /--momentum: no chosen optimizer has it: adam/],
  [[...once(), '--optim', 'adam', '--gamma', '0.1'], /--gamma: no chosen optimizer has it: adam/],
  [[...once(), '--optim', 'adam', '--betas', '0.9'], /--betas: takes 2 or 3 numbers/],
  [[...once(), '--optim', 'adam', '--betas', '0.9 0.99'], /--betas: takes 2 or 3 numbers/],
  [[...once(), '--optim', 'adam,sgdm'], /--optim: train takes one optimizer/],
  [[...once(), '--optim', 'adam', '--eps', '0'], /eps = 0 would divide by zero/],
  [[...once(), '--schedule', 'cosine', '--milestones', '1'], /--milestones: the schedule is cosine already/],
  [[...once(), '--loss', 'cross-entropy'], /--loss cross-entropy: the data have values to predict/],
  [[...once('c.csv'), '--loss', 'mse'], /--loss mse: the data have classes to predict/],
  [[...once(), '--label-smoothing', '0.1'], /--label-smoothing: the data have values to predict/],
  [[...once(), '--model', 'lenet'], /--model lenet: cannot take these data/],
  [[...once(), '--model', 'gpt'], /--model: gpt reads texts/],
  [[...once(), '--augment', 'flip'], /--augment: .* is not augmented/],
  [[...once(), '--categories', 'z'], /unknown column: z; one of a, b, y/],
  [['train', '--data', 'moons', '--target', 'y'], /--target: it is for --data csv:FILE/],
  [['train', '--data', `csv:${at('v.csv')}`], /--target COLUMN must name the column to predict/],
  [['train', '--resume', run, '--out', at('elsewhere')], /--out: a run resumes in its own folder/],
  // Options and words of other programs, an option given twice, and misuses of other commands than train.
  [[...once(), '--patience', '3'], /--patience: unknown option/],
  [[...once(), '--hidden', '64'], /--hidden: unknown option/],
  [[...once(), '--clip', '1'], /--clip: unknown option; did you mean --clip-norm\?/],
  [[...once(), '--out', at('a1'), '--out', at('a2')], /--out: given twice/],
  [[...once().slice(0, 5), '--backend', 'cuda'], /--backend: unknown: 'cuda'/],
  [['tune', '--lr', '0.1,0.2'], /command: unknown: 'tune'/],
  [['train', '--', '--lr', '1'], /not an option|takes no value|options begin with/],
  [['train', '-'], /'-': not an option/],
  [['train', '–lr', '0.1'], /'–lr': not an option/],
  [['train', '--help', '--nonsense'], /--nonsense: unknown option/],
  [['summary', '--model', 'lenet', '--batch', '-1'], /--batch: unknown option/],
  [['summary', '--model', 'lenet', '--shape', 'a,b,c'], /--shape: must be an integer of at least 1/],
  [['summary', '--model', 'lenet', '--shape', '1,100000,100000'], /out of memory/],
  [['lab', '--port', 'http'], /--port: must be an integer/],
  [['poster', '--panels', 'none'], /--panels: unknown: 'none'/],
  [['eval', '--checkpoint', run, '--data', `csv:${at('v.csv')}`, '--optim', 'adam'], /--optim: unknown option/],
  [['eval', '--checkpoint', run, '--data', `csv:${at('v.csv')}`, 'more'], /'more': not an option/],
  [['eval', '--checkpoint', run, '--backend', 'reference'], /--data csv:FILE is missing/],
  [['predict', '--checkpoint', run], /predict: an input is missing/],
  [
    ['predict', '--checkpoint', run, at('percent.csv'), '--backend', 'reference'],
    /row 2, column 'a': not a number: '0%'/,
  ],
  [['data', 'list'], /data: unknown: 'list'/],
];
for (const [words, message] of refused) {
  const shown = words.map((w) => w.replace(folder, 'DIR')).map((w) => (/^\S+$/.test(w) ? w : `'${w}'`));
  test(`are refused: ${shown.join(' ')}`, async () => {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.match(stderr, /^boundgrad: [^\n]*\n$/);
    assert.match(stderr, message);
    assert.equal([code, stdout], [2, '']);
  });
}

test('a run prints a note on threads that the backend does not have, and on cells that are probably numbers', async () => {
  const threads = await boundgradHere([...once(), '--threads', '2', '--out', at('threads')]);
  assert.match(threads.stderr, /boundgrad: --threads 2: backend reference computes with 1 here\n/);
  const percent = await boundgradHere([...once('percent.csv'), '--out', at('percent')]);
  assert.match(percent.stderr, /percent.csv: 'a' holds numbers that are read as categories: '0%'; write plain numbers/);
  assert.equal([threads.code, percent.code], [0, 0]);
});

test('a wrong width, temporary folder or time zone in the environment changes nothing', async () => {
  const odd = { COLUMNS: 'abc', TMPDIR: at('nowhere'), TZ: 'Nowhere/None', NO_COLOR: '1' };
  const before = { ...process.env };
  Object.assign(process.env, odd);
  try {
    const { code, stderr } = await boundgradHere([...once(), '--out', at('odd')]);
    assert.equal([code, stderr], [0, '']);
  } finally {
    for (const name of Object.keys(odd)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});

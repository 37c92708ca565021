// Misuses of the command line by what people believe: folds make a choice fair, a new file is a fair test, results lie best beside the data,
// commas separate files. They were written down before any was tried. Each is refused in one line with code 2, a line names it, or it does
// what was meant. habits.test.ts, meanings.test.ts and mistaken.test.ts have other misuses.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';
import { boundgradHere, type Outcome, temporary } from './command.js';

const test = subject('Misuses of the command line by belief');
const folder = temporary();
const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(at(name), text);
const size = (i: number) => 40 + ((i * 37) % 61) + (i % 10) / 10;
const city = (i: number) => ['Oslo', 'Rome', 'Bonn'][(i * 7 + (i >> 2)) % 3];
const price = (i: number) => 3000 * size(i) + 100 * ((i * 61) % 97);
const house = (i: number) => `${size(i)},${city(i)},${price(i)}`;
const list = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);
const table = (name: string, header: string, row: (i: number) => string, at = list(60)) =>
  write(name, `${[header, ...at.map(row)].join('\n')}\n`);
table('houses.csv', 'size,city,price', house);
table('test.csv', 'size,city,price', house, list(20, 60));
table(
  'sorted.csv',
  'size,city,price',
  house,
  list(60).sort((a, b) => price(a) - price(b)),
);
table('more.csv', 'size,city,price', house, list(90));
table('dollars.csv', 'size,city,price', (i) => `${size(i)},${city(i)},"$${price(i).toLocaleString('en-US')}"`);
table('leak.csv', 'size,city,price_k,price', (i) => `${size(i)},${city(i)},${price(i) / 1000},${price(i)}`);
table('kinds.csv', 'a,b,kind', (i) => `${size(i)},${size(3 * i + 1)},${size(i) > 70 ? 'large' : 'small'}`);
write('headless.csv', '100,Oslo\n60,Rome\n');
write('new.csv', 'size,city\n100,Oslo\n60,Rome\n');
write('a,b.csv', readFileSync(at('houses.csv'), 'utf8'));
for (const name of ['photos/cat', 'photos/dog', 'elsewhere']) mkdirSync(at(name), { recursive: true });
for (const name of ['photos/cat/1.png', 'photos/dog/1.png']) write(name, 'no picture');
symlinkSync(at('photos'), at('link'));
const netOf = (op: string, hidden = 4) => `export default ({ input, outputs, random }, { Linear, Module, ${op} }) => {
  class Net extends Module {
    one = new Linear(input[0], ${hidden}, { random });
    two = new Linear(${hidden}, outputs, { random });
    forward(x) { return this.two.forward(${op}(this.one.forward(x))); }
  }
  return new Net();
};
`;
write('net.mjs', netOf('relu'));
mkdirSync(at('later'));
write('later/net.mjs', netOf('tanh'));
write('wider.mjs', netOf('relu', 8));
write('importing.mjs', "import { mlp } from 'boundgrad';\nexport default () => mlp({ sizes: [2, 2] });\n");
const layers = (kind: string) => `export default ({ input, outputs, random }, { Linear, Sequential, ${kind} }) =>
  new Sequential(new Linear(input[0], 4, { random }), new ${kind}(), new Linear(4, outputs, { random }));
`;
write('layers.mjs', layers('ReLU'));
write('later/layers.mjs', layers('Tanh'));

const loops = ['--backend', 'reference'];
const out = (name = 'other') => ['--out', at(name)];
const of = (name: string, target: string, epochs = 1) => [
  ...['--data', `csv:${at(name)}`, '--target', target, '--epochs', String(epochs)],
  ...loops,
];
const houses = (...more: string[]) => ['train', ...of('houses.csv', 'price'), ...out(), ...more];
const moons = (epochs: number, ...more: string[]) => [
  ...['train', '--data', 'moons', '--batch-size', '400', '--epochs', String(epochs)],
  ...[...loops, ...more, ...(more.includes('--out') ? [] : out())],
];
const photos = (name: string, into: string) => ['train', '--data', `images:${at(name)}`, ...loops, ...out(into)];
const sweeping = (...more: string[]) => [
  ...[
    'sweep',
    '--optim',
    'adam',
    '--lr',
    'log(1e-4,1e-2)',
    '--data',
    'moons',
    '--seeds',
    '1',
    ...loops,
    '--out',
    at('sweep'),
    ...more,
  ],
];
const evaluate = (run: string, data: string, ...more: string[]) => [
  ...['eval', '--checkpoint', at(run), '--data', `csv:${at(data)}`, ...loops, ...more],
];
const lab = (state: string) => ['lab', '--json', '--state', state];

for (const words of [
  ['train', ...of('houses.csv', 'price'), ...out('houses')],
  ['train', ...of('kinds.csv', 'kind'), ...out('kinds')],
  ['compare', ...of('kinds.csv', 'kind'), '--folds', '2', '--optim', 'sgdm', ...out('folds')],
  ['train', ...of('houses.csv', 'price'), '--model', at('net.mjs'), ...out('own')],
  ['train', ...of('houses.csv', 'price'), '--model', at('layers.mjs'), ...out('layers')],
  moons(1, '--schedule', 'cosine', ...out('moons')),
]) {
  const { code, stderr } = await boundgradHere(words);
  if (code !== 0) throw new Error(stderr);
}
const checkpointIn = (name: string) => at(`${name}/${readdirSync(at(name)).find((f) => f.endsWith('.safetensors'))}`);

const refused: [sentence: string, words: string[], line: RegExp][] = [
  [
    'a training file and a test file in --data, with a comma between them',
    ['train', '--data', `csv:${at('houses.csv')},${at('test.csv')}`, '--target', 'price', ...loops, ...out()],
    /--data: takes one file: 'csv:.*'; train on one, and test on the other with boundgrad eval --checkpoint RUN --data csv:.*test\.csv$/m,
  ],
  [
    'two tables in --data, each with csv: before it',
    ['train', '--data', `csv:${at('houses.csv')}, csv:${at('test.csv')}`, '--target', 'price', ...loops, ...out()],
    /--data: takes one file: /,
  ],
  [
    'two folders of pictures in --data, with a comma between them',
    ['train', '--data', `images:${at('photos')},${at('elsewhere')}`, ...loops, ...out()],
    /--data: takes one folder: /,
  ],
  [
    'a target of prices with $ and commas',
    ['train', ...of('dollars.csv', 'price'), ...out()],
    /'price' has \d+ different texts in 60 rows, names rather than classes; give --classes if each is a class/,
  ],
  [
    'predict of rows without a header',
    ['predict', '--checkpoint', at('houses'), ...loops, at('headless.csv')],
    /the column 'size', an input in the training, is missing: the header has 100, Oslo; put the names above row 1 if it is a sample$/m,
  ],
  ['--classes with a number', houses('--classes', '4'), /'4': not an option; --classes takes no value$/m],
  [
    '--out in the folder of the pictures',
    photos('photos', 'photos'),
    /--out: '.*photos' lies in the folder of the pictures/,
  ],
  [
    '--out in the folder of a class of pictures',
    photos('photos', 'photos/cat/run'),
    /--out: '.*run' lies in the folder of the pictures/,
  ],
  [
    '--out in the folder of the pictures, which --data names by a link',
    photos('link', 'photos/runs/a'),
    /--out: '.*a' lies in the folder of the pictures/,
  ],
  [
    '--out in a link to the folder of the pictures',
    photos('photos', 'link/run'),
    /--out: '.*run' lies in the folder of the pictures/,
  ],
  [
    '--seeds with a list',
    ['compare', ...moons(1).slice(1), '--seeds', '1,2,3'],
    /--seeds: must be an integer of at least 2/,
  ],
  [
    '--resume with more epochs, of a run whose cosine schedule has ended',
    ['train', '--resume', at('moons'), '--epochs', '8'],
    /--resume: the checkpoint has other settings: schedule: a factor of .*; is it made for the same number of steps\?/,
  ],
  [
    '--resume of the file of a checkpoint',
    ['train', '--resume', checkpointIn('houses/adabound')],
    /--resume: no run in '.*\.safetensors': it is a file; its run is in the folder above: --resume \S*houses$/m,
  ],
  [
    '--resume of the file of a checkpoint of a fold',
    ['compare', '--resume', checkpointIn('folds/fold-1/sgdm')],
    /it is a file; its run is in the folder above: --resume \S*folds$/m,
  ],
  [
    'a report of two runs, one of classes and one of values',
    ['report', at('kinds'), at('houses'), ...out('both')],
    /report: cannot compare: '.*kinds' and '.*houses': the data differ: kinds\.csv and houses\.csv/,
  ],
  [
    'a sweep with several lists of betas and only commas between them',
    sweeping('--betas', '0.9,0.99,0.9,0.999', '--trials', '2'),
    /--betas: takes 2 or 3 numbers .*: '0\.9,0\.99,0\.9,0\.999'; quote several lists with \| between them/,
  ],
  [
    'halving of one trial',
    sweeping('--halving', '2', '--trials', '1'),
    /--halving: nothing can end early: --trials is 1/,
  ],
  [
    'a net that imports the library where it is not installed',
    moons(1, '--model', at('importing.mjs')),
    /Cannot find package 'boundgrad' .*; leave the import out: export default \(.*, \{ Linear, \.\. \}\) => net gets the library/,
  ],
  [
    'eval with a file whose net has another layer than the checkpoint',
    evaluate('layers', 'houses.csv', '--model', at('later/layers.mjs')),
    /later\/layers\.mjs: the model is not the checkpoint's: layer 1 is Tanh\(\) here, ReLU\(\) in the checkpoint; give the file/,
  ],
  [
    'eval with a file whose net has a wider layer than the checkpoint',
    evaluate('own', 'houses.csv', '--model', at('wider.mjs')),
    /--model .*wider\.mjs: for these data it makes another model than the checkpoint's: .*one\.weight.*; give the file and the data of the training$/m,
  ],
  ['lab --state with an address that has no state', lab('http://127.0.0.1:8080/'), /--state: address: /],
];
for (const [sentence, words, line] of refused)
  test(`${sentence}: refused`, async () => {
    const before = readdirSync(folder, { recursive: true }).length;
    const { code, stderr } = await boundgradHere(words);
    assert.is(code, 2, stderr);
    assert.match(stderr, /^boundgrad: [^\n]*\n$/);
    assert.match(stderr, line);
    assert.is(readdirSync(folder, { recursive: true }).length, before);
  });

const warned: [sentence: string, words: string[], line: RegExp][] = [
  [
    'the target in thousands among the inputs',
    ['train', ...of('leak.csv', 'price'), ...out()],
    /'price_k' is the target 'price' in another unit: a net would only copy it; .*, give --columns size,city/,
  ],
  [
    'eval on the training file in another order',
    evaluate('houses', 'sorted.csv'),
    /the training used samples of these data: .*; the figures are better than they would be for new data/,
  ],
  [
    'eval on the training file with new rows',
    evaluate('houses', 'more.csv'),
    /the training used samples of these data/,
  ],
  [
    'eval of a net whose file has changed',
    evaluate('own', 'houses.csv', '--model', at('later/net.mjs')),
    /^boundgrad: the file that made the model has changed: net\.mjs$/m,
  ],
  [
    'predict with a net whose file has changed',
    ['predict', '--checkpoint', at('own'), '--model', at('later/net.mjs'), ...loops, at('new.csv')],
    /^boundgrad: the file that made the model has changed: net\.mjs$/m,
  ],
  [
    '--early-stopping with a patience that ends before the next test',
    moons(5, '--early-stopping', '2', '--eval-every', '4'),
    /--early-stopping 2: it counts epochs, and --eval-every is 4: one test without a lower loss is enough; test more often/m,
  ],
  [
    '--reduce-on-plateau with a patience that ends before the next test',
    moons(3, '--reduce-on-plateau', '1', '--eval-every', '2'),
    /--reduce-on-plateau 1: it counts epochs, and --eval-every is 2/,
  ],
  [
    'halving by 3 of runs of 2 epochs',
    sweeping('--halving', '3', '--epochs', '2', '--trials', '2', '--workers', '1'),
    /--halving 3: the last round has only 2 times the epochs of the first, 2 and 1; give more --epochs, 3 or 9, or --halving 2/,
  ],
];
for (const [sentence, words, line] of warned)
  test(`${sentence}: a line on stderr`, async () => {
    let outcome!: Outcome;
    const said = await warningsOf(async () => {
      outcome = await boundgradHere(words);
    });
    assert.match(outcome.stderr, line);
    assert.is(outcome.code, 0, outcome.stderr + said.join());
  });

const fine: [sentence: string, words: string[]][] = [
  ['a file with a comma in its name', ['train', ...of('a,b.csv', 'price'), ...out()]],
  ['eval of a net whose file has not changed', evaluate('own', 'houses.csv', '--model', at('net.mjs'))],
  ['--early-stopping with a patience of two tests', moons(9, '--early-stopping', '4', '--eval-every', '2')],
  ['--early-stopping with a patience of one test', moons(5, '--early-stopping', '2', '--eval-every', '2')],
];
for (const [sentence, words] of fine)
  test(`${sentence}: nothing is said`, async () => {
    const { code, stderr } = await boundgradHere(words);
    assert.equal([code, stderr], [0, '']);
  });

test('--out beside the folder of the pictures is accepted: only damaged pictures are refused', async () => {
  const { stderr } = await boundgradHere(photos('photos', 'photos-runs'));
  assert.match(stderr, /photos\/cat\/1\.png: /);
  assert.is(existsSync(at('photos-runs')), false);
});

test('in a sweep a list of betas is one value', async () => {
  const words = ['--betas', '0.9,0.999', '--trials', '2', '--epochs', '1', '--list'];
  const { code, stdout } = await boundgradHere(sweeping(...words));
  assert.equal(
    [
      code,
      stdout
        .trim()
        .split('\n')
        .map((line) => /--\S*betas[= ](\S+)/.exec(line)?.[1]),
    ],
    [0, Array(2).fill('0.9,0.999')],
  );
});

test('lab --state takes the whole address of the lab, and reads the state from its fragment', async () => {
  const state = '#problem=beale&steps=3';
  const { code, stdout } = await boundgradHere(lab(state));
  assert.is(code, 0);
  for (const page of ['http://127.0.0.1:8080/', 'file:///a/lab.html', 'https://a.example/lab?x=1', 'lab.html'])
    assert.is((await boundgradHere(lab(page + state))).stdout, stdout);
});

test('prices of about 200,000 that are not standardized: a warning, and the run diverges with one line and code 1', async () => {
  const { code, stdout, stderr } = await boundgradHere(houses('--no-standardize', '--optim', 'sgdm', '--lr', '0.01'));
  assert.is(code, 1);
  assert.match(
    stderr,
    /^fit: the outputs are about \d+, the values 200000: are the data standardized\?\nboundgrad: SGDM diverged\n$/,
  );
  assert.match(
    stdout,
    /SGDM diverged: the loss is (Infinity|NaN) after step \d+ of \d+; try a smaller --lr: it was 0\.01/,
  );
});

test('folds with the best epoch of each: the output and the reports say that the test samples chose it', async () => {
  const words = ['compare', ...of('kinds.csv', 'kind', 3), '--folds', '2', '--optim', 'sgdm', ...out('chosen')];
  const chosen = 'the test samples chose the saved or the last epoch: on new data expect somewhat worse figures';
  const { stdout } = await boundgradHere([...words, '--keep-best']);
  assert.is(stdout.trimEnd().split('\n').at(-1), chosen);
  assert.match(readFileSync(at('chosen/fold-2/report.html'), 'utf8'), chosen);
  const early = await boundgradHere([...words, '--lr', '10', '--early-stopping', '1']);
  assert.match(early.stdout, 'ended early: ');
  assert.is(early.stdout.trimEnd().split('\n').at(-1), chosen);
  const plain = await boundgradHere(words);
  assert.not.match(plain.stdout, 'the test samples chose');
});

// Misuses by habit on the command line: tables as spreadsheets and pandas write them, words and units of other programs, folders of another
// command. They were written down from --help and the documentation alone. Each is refused in one line with code 2, runs with a line about it,
// or does what was meant.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary } from './command.js';

const test = subject('Misuses of the command line by habit');
const folder = temporary();
const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => writeFileSync(at(name), text);
const table = (name: string, header: string, row: (i: number) => string, n = 60) =>
  write(name, `${header}\n${Array.from({ length: n }, (_, i) => `${row(i)}\n`).join('')}`);
const size = (i: number) => `${40 + ((i * 37) % 101)}.5`;
const city = (i: number) => ['Oslo', 'Rome', 'Bonn'][(i * 7 + (i >> 2)) % 3];
const price = (i: number) => 3000 * Number(size(i)) + 100 * ((i * 61) % 97);
const age = (i: number) => `${(i * 13) % 40}.25`;
const label = (i: number) => (Number(size(i)) > 80 ? 'yes' : 'no');
const house = (i: number) => `${size(i)},${city(i)},${price(i)}`;
table('houses.csv', 'size,city,price', house);
table('growing.csv', 'size,city,price', house);
table('three.csv', 'size,city,price', house, 3);
table('headless.csv', house(60), house);
table('total.csv', 'size,city,price', (i) => (i === 59 ? 'Total,,31000000' : house(i)));
table('na.csv', 'size,city,price', (i) => (i % 9 === 4 ? `NA,${city(i)},${price(i)}` : house(i)));
table('zip.csv', 'size,zip,price', (i) => `${size(i)},${['01067', '04109', '80331'][i % 3]},${price(i)}`);
table('yes.csv', 'size,age,label', (i) => `${size(i)},${age(i)},${i % 10 === 3 ? 'Yes' : label(i)}`);
table('rare.csv', 'size,age,label', (i) => `${size(i)},${age(i)},${i === 30 ? 'rare' : label(i)}`);
table('labels.csv', 'size,age,label', (i) => `${size(i)},${age(i)},${label(i)}`);
table('letters.csv', 'size,age,label', (i) => `${size(i)},${age(i)},${'abc'[i % 3]}`);
table('prices.csv', 'size,price', (i) => `${size(i)},${1000 + 7 * i}`);
table('pandas.csv', ',size,city,price', (i) => `${i},${house(i)}`);
table('dates.csv', 'date,size,price', (i) => `2024-0${1 + (i % 6)}-01,${size(i)},${price(i)}`);
write('new.csv', 'size,city\n100.5,Oslo\n');
write('newSemicolons.csv', 'size;city\n100.5;Oslo\n');
write('short.txt', 'only a few words');
for (const path of ['split/train/cat', 'split/train/dog', 'split/test/cat', 'mixed/cat', 'mixed/dog'])
  mkdirSync(at(path), { recursive: true });
for (const path of ['split/train/cat/1.png', 'split/train/dog/1.png', 'split/test/cat/1.png', 'mixed/cat/1.webp'])
  write(path, 'a picture');
const net = (sizes: string, more = 'random') =>
  `export default ({ input, outputs, random }, { mlp }) => mlp({ sizes: [input[0], ${sizes}], ${more} });`;
write('ten.mjs', net('4, 10'));
write('chance.mjs', net('4, outputs', ''));
write('wide.mjs', net('4, outputs'));

const loops = ['--backend', 'reference'];
const quick = ['--epochs', '1', ...loops];
const out = ['--out', at('none')];
const on = (name: string, target: string) => ['train', '--data', `csv:${at(name)}`, '--target', target];
const houses = (...more: string[]) => [...on('houses.csv', 'price'), ...quick, ...more];
const photos = (name: string, ...more: string[]) => ['train', '--data', `images:${at(name)}`, ...quick, ...more];
const run = at('runs/houses');
const trained = (...more: string[]) => ['--checkpoint', run, '--backend', 'reference', ...more];
const sweeping = (...more: string[]) => ['sweep', '--optim', 'adam', '--data', 'moons', '--epochs', '1', ...more];
const range = ['--adam.lr', 'log(1e-5,0.1)'];

for (const words of [
  houses('--out', run),
  [...on('growing.csv', 'price'), ...quick, '--out', at('runs/growing')],
  houses('--model', at('wide.mjs'), '--out', at('runs/wide')),
]) {
  const { code, stderr } = await boundgradHere(words);
  assert.equal([code, stderr.replace(/^\n*/, '')], [0, '']);
}
appendFileSync(at('growing.csv'), `${house(61)}\n${house(62)}\n`);
mkdirSync(at('wider'));
write('wider/wide.mjs', net('9, outputs'));
// The folder of a sweep: a sweep itself would start processes.
mkdirSync(at('sweep'));
write('sweep/run.json', JSON.stringify({ format: 1, command: 'sweep', options: { trials: '3' }, defaults: {} }));

const refused: [sentence: string, words: string[], message: RegExp][] = [
  [
    '--data with the path of a table alone',
    ['train', '--data', 'houses.csv', ...quick],
    /--data: unknown: 'houses.csv'; a table is csv:houses.csv/,
  ],
  ['--target with the number of a column', on('houses.csv', '2'), /unknown column: 2; one of size, city, price/],
  [
    'a table without a header',
    on('headless.csv', String(price(60))),
    /the first row holds values: .* it must be the names of the columns/,
  ],
  [
    'NA among the numbers of a table',
    on('na.csv', 'price'),
    /row 6, column 'size': a text among numbers: 'NA'; name it in --missing-values/,
  ],
  [
    '--classes for a target of prices',
    [...on('prices.csv', 'price'), '--classes'],
    /: every class has one sample: is this the column to predict\? numbers are predicted without --classes$/,
  ],
  [
    'a table of pandas, whose index column has no name',
    on('pandas.csv', 'price'),
    /column 1 of the header has no name; columns are chosen by name/,
  ],
  [
    '--categories with a column that --columns leaves out',
    [...on('zip.csv', 'price'), '--columns', 'size', '--categories', 'zip'],
    /'zip' is in --categories, but not an input: columns are size/,
  ],
  ['--val in per cent', houses('--val', '20'), /--val: must lie between 0 and 1: '20'/],
  ['--lr with a decimal comma', houses('--lr', '0,001'), /--lr: not a number: '0,001'; write it as 0.001 or 1e-3/],
  [
    '--momentum for Adam',
    houses('--optim', 'adam', '--momentum', '0.9'),
    /--momentum: no chosen optimizer has it: adam/,
  ],
  [
    'a milestone after the last epoch',
    houses('--milestones', '150'),
    /--milestones: no epoch comes after 150: there are 1/,
  ],
  [
    '--lr-decay without --milestones',
    houses('--lr-decay', '0.5'),
    /--lr-decay: it is the factor of .*, and neither is given/,
  ],
  [
    'both --folds and --val',
    houses('--folds', '5', '--val', '0.3'),
    /--folds: --val is given too: .*; give one of the two/,
  ],
  [
    '--loss mse for classes',
    [...on('labels.csv', 'label'), '--loss', 'mse'],
    /--loss mse: the data have classes to predict/,
  ],
  ['--data given twice', houses('--data', 'csv:b.csv'), /--data: given twice: '.*houses.csv' and 'csv:b.csv'/],
  [
    '--target with an option in place of its value',
    ['train', '--data', 'csv:a', '--target', '--classes'],
    /--target: a value is missing/,
  ],
  [
    'a folder whose parts train and test hold the classes of pictures',
    photos('split'),
    /cat: a folder in a class's folder; give '.*', which holds the classes/,
  ],
  [
    'pictures of a format that is not decoded',
    photos('mixed'),
    /1.webp: pictures of this kind are not decoded; save it as PNG or JPEG/,
  ],
  [
    '--target for pictures',
    photos('split', '--target', 'label'),
    /--target: it is for --data csv:FILE: the data are images/,
  ],
  [
    'a text shorter than the context',
    ['train', '--data', `text:${at('short.txt')}`, ...quick],
    /too short: 16 tokens; a context of 64/,
  ],
  [
    'a net of ten outputs for three classes',
    [...on('letters.csv', 'label'), ...quick, '--model', at('ten.mjs')],
    /ten.mjs: cannot take these data: it returns \(1,10\) for one sample: the data need \(1,3\)/,
  ],
  [
    'predict with a net whose file makes a wider layer than the checkpoint has',
    ['predict', '--checkpoint', at('runs/wide'), '--model', at('wider/wide.mjs'), ...loops, at('new.csv')],
    /the given model is another: .* misshapen 1.weight \(4,4\) for the model's \(9,4\)/,
  ],
  [
    'predict of a table with semicolons',
    ['predict', ...trained(at('newSemicolons.csv'))],
    /by ';', not by ','; save it with ','/,
  ],
  [
    'predict --temperature for a net of a table',
    ['predict', ...trained(at('new.csv'), '--temperature', '0.5')],
    /only a model .* on a text takes it/,
  ],
  [
    'eval on a table without the target',
    ['eval', ...trained('--data', `csv:${at('new.csv')}`)],
    /'price', the target .*; add it, or predict/,
  ],
  [
    'predict with the folder of all runs',
    ['predict', '--checkpoint', at('runs'), at('new.csv')],
    /'.*runs' holds 3 runs; choose one: --checkpoint/,
  ],
  [
    '--resume with a table that has grown',
    ['train', '--resume', at('runs/growing'), '--epochs', '2'],
    /other settings: samples: 48 then, 50 now/,
  ],
  [
    'a sweep of one configuration in several trials',
    [...sweeping('--trials', '5')],
    /--trials 5: adam has one configuration; give it ranges/,
  ],
  [
    'a sweep with a range from high to low',
    sweeping('--adam.lr', 'log(0.1,1e-5)'),
    /log: the second number must be the larger one/,
  ],
  [
    'a sweep with halving of runs of one epoch',
    sweeping(...range, '--halving', '3'),
    /--halving: nothing can end early: --epochs is 1/,
  ],
  ['a report of a sweep', ['report', at('sweep')], /no run in .*; it holds a sweep, whose report is '.*sweep.html'$/],
  [
    'predict with the folder of a sweep',
    ['predict', '--checkpoint', at('sweep'), at('new.csv')],
    /no checkpoint: .*; it holds a sweep, which keeps no nets/,
  ],
  ['train --resume of a sweep', ['train', '--resume', at('sweep')], /was started by sweep; use .* sweep --resume /],
  ['sweep --resume of a training', ['sweep', '--resume', run], /was started by train; use .* train --resume /],
];
for (const [sentence, words, message] of refused)
  test(`${sentence}: refused`, async () => {
    const given = words[0] === 'train' && !words.includes('--resume');
    const { code, stdout, stderr } = await boundgradHere(
      given ? [...words, ...(words.includes('--backend') ? [] : loops), ...out] : words,
    );
    assert.match(stderr, /^boundgrad: [^\n]*\n$/);
    assert.match(stderr.trimEnd(), message);
    assert.is(code, 2, stdout);
  });

const said: [sentence: string, words: string[], line: RegExp][] = [
  [
    'a row of totals, with --missing drop',
    [...on('total.csv', 'price'), '--missing', 'drop'],
    /total.csv: 1 of 60 rows is left out, because a cell/,
  ],
  [
    'codes with leading zeros',
    on('zip.csv', 'price'),
    /'zip' has leading zeros, as codes have: '01067'; name it in --categories/,
  ],
  ['labels that look alike', on('yes.csv', 'label'), /'label' has categories that look alike: 'yes' and 'Yes'/],
  ['a class of one row', on('rare.csv', 'label'), /few training samples of rare classes: 'rare' 1 of 48/],
  ['a column of dates', on('dates.csv', 'price'), /'date' holds dates that are read as categories/],
  ['a table of three rows', on('three.csv', 'price'), /only one test sample: their RMSE and R2 say little/],
  [
    'a net whose layers do not use the given random',
    [...on('labels.csv', 'label'), '--model', at('chance.mjs')],
    /chance.mjs: its weights differ from call to call; pass random to its layers/,
  ],
];
for (const [sentence, words, line] of said)
  test(`${sentence}: a line says so`, async () => {
    const { code, stdout, stderr } = await boundgradHere([...words, ...quick, '--out', at('said')]);
    assert.match(stdout + stderr, line);
    assert.is(code, 0);
  });

test('blanks after the commas in --columns are ignored', async () => {
  const { code } = await boundgradHere(houses('--columns', 'size, city', '--out', at('said')));
  assert.is(code, 0);
});

test('files of the user in the folder of a run stay', async () => {
  mkdirSync(at('mine/adabound'), { recursive: true });
  const files = ['mine/houses.csv', 'mine/notes.txt', 'mine/adabound/mine.txt'];
  for (const name of files) write(name, name);
  const { code } = await boundgradHere(houses('--out', at('mine')));
  assert.is(code, 0);
  for (const name of files) assert.is(readFileSync(at(name), 'utf8'), name);
});

// Everyday misuses of the command line: a factor that raises the rate, an end before the plateau, fewer epochs than are done, a folder in place of
// its run, the same rows under another name. They were written down from README and --help alone. Each is refused in one line with code 2, a line
// names it, or it does what was meant.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { png } from '../pictures/encode.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary } from './command.js';

const test = subject('Everyday misuses of the command line');
const folder = temporary();
const at = (name: string) => join(folder, name);
const list = (n: number) => Array.from({ length: n }, (_, i) => i);
const size = (i: number) => 40 + ((i * 37) % 61) + (i % 10) / 10;
const city = (i: number) => ['Oslo', 'Rome', 'Bonn'][(i * 7 + (i >> 2)) % 3];
const price = (i: number) => 3000 * size(i) + 100 * ((i * 61) % 97);
const house = (i: number) => [size(i), city(i), price(i)];
const table = (name: string, header: string, row: (i: number) => unknown[], order = list(40), mark = ',', end = '\n') =>
  writeFileSync(at(name), [header, ...order.map((i) => row(i).join(mark))].join(end) + end);
const HEADER = 'size,city,price';
table('houses.csv', HEADER, house);
table('turned.csv', HEADER, house, list(40).reverse());
table('twice.csv', HEADER, house, [...list(40), ...list(40)]);
table('semicolons.csv', 'size;city;price', house, list(40), ';');
table('german.csv', 'size,price', (i) => [`"${40 + i},5"`, price(i)]);
table('thousands.csv', 'size,price', (i) => [size(i), `"${100 + i},250"`]);
table('missing.csv', 'size,price', (i) => [i % 9 ? size(i) : 'NA', price(i)]);
table('named.csv', 'size,name', (i) => [size(i), `house ${i}`]);
table('weights.csv', 'size,weight', (i) => [size(i), `${i % 5} kg`]);
table('marks.csv', 'size,large', (i) => [size(i), size(i) > 70 ? 1 : 0]);
table('numbered.csv', 'number,size,price', (i) => [i + 1, size(i), price(i)]);
table('leak.csv', 'size,euros,price', (i) => [size(i), price(i), price(i)]);
table('dollars.csv', 'size,dollars,price', (i) => [size(i), (1.1 * price(i)).toFixed(2), price(i)]);
table('rare.csv', 'size,kind', (i) => [size(i), i < 38 ? 'ham' : 'spam']);
table('excel.csv', '\ufeffsize;city;price', house, list(40), ';', '\r\n');
table('centimetres.csv', 'size,city', (i) => [10_000 * size(i), city(i)], list(2));
writeFileSync(at('untargeted.csv'), 'size,city\n80,Oslo\n90,Rome\n');
writeFileSync(at('headless.csv'), '100,Oslo\n60,Rome\n');
writeFileSync(at('clock.txt'), 'tick tock\n'.repeat(30));
for (const path of ['split/train/cat', 'split/test/cat', 'loose', 'alone/cat'])
  mkdirSync(at(path), { recursive: true });
const picture = png({ width: 4, height: 4, samples: Uint8Array.from(list(48), (k) => (5 * k) % 250) });
for (const path of ['split/train/cat', 'split/test/cat', 'loose', 'alone/cat'])
  writeFileSync(at(`${path}/0.png`), picture);

const loops = ['--backend', 'reference'];
const train = (name: string, target: string, ...more: string[]) => [
  ...['train', '--data', `csv:${at(name)}`, '--target', target, '--optim', 'adam', ...loops],
  ...(more.includes('--epochs') ? [] : ['--epochs', '1']),
  ...(more.includes('--out') ? more : [...more, '--out', at('other')]),
];
const houses = (...more: string[]) => train('houses.csv', 'price', ...more);
const images = (name: string) => ['train', '--data', `images:${at(name)}`, '--out', at('other'), ...loops];
const evaluated = (name: string) => ['eval', '--checkpoint', at('houses'), '--data', `csv:${at(name)}`, ...loops];
const predict = (run: string, ...more: string[]) => ['predict', '--checkpoint', at(run), ...loops, ...more];
const sweep = (...more: string[]) => ['sweep', '--data', 'moons', '--out', at('sweep'), ...loops, ...more];
for (const words of [
  houses('--epochs', '3', '--out', at('runs/houses')),
  [
    'train',
    '--data',
    `text:${at('clock.txt')}`,
    '--context',
    '8',
    '--epochs',
    '1',
    '--sample',
    '0',
    ...loops,
    '--out',
    at('clock'),
  ],
]) {
  const { code, stderr } = await boundgradHere(words);
  if (code !== 0) throw new Error(stderr);
}
cpSync(at('runs/houses'), at('houses'), { recursive: true });

const refused: [sentence: string, words: string[], line: RegExp][] = [
  [
    'a factor that raises the rate',
    houses('--epochs', '3', '--milestones', '1', '--lr-decay', '10'),
    /--lr-decay: must be less than 1 for --milestones: '10'; 0\.1 divides the rate by 10$/m,
  ],
  [
    'milestones after the end',
    houses('--milestones', '150,200'),
    /--milestones: no epoch comes after 150: there are 1; change it, or/,
  ],
  [
    'milestones and a schedule',
    houses('--epochs', '3', '--milestones', '2', '--schedule', 'cosine'),
    /--milestones: the schedule is cosine already/,
  ],
  [
    'a folder that does not exist, to resume',
    ['train', '--resume', at('nowhere')],
    /--resume: no such folder: '.*nowhere'$/m,
  ],
  [
    'the folder of the checkpoints, to resume',
    ['train', '--resume', at('houses/adam')],
    /--resume: no run in '.*adam': .*; its run is in the folder above: --resume .*houses$/m,
  ],
  [
    'the folder of the checkpoints, to report',
    ['report', at('houses/adam')],
    /report: no run in '.*adam': .*; its run is in the folder above: \S*houses$/m,
  ],
  [
    'other hyper-parameters, to resume',
    ['train', '--resume', at('houses'), '--lr', '0.5'],
    /--resume: .* has other settings: --lr \(not given\) then, 0\.5 now/,
  ],
  [
    'a folder, to sweep',
    ['sweep', at('houses')],
    /'\S*houses': not an option; folders follow --collect; a sweep goes on with --resume \S*houses$/m,
  ],
  [
    'the target to fill',
    houses('--missing', 'fill', '--fill', 'price=mean'),
    /fill: unknown input: price; one of size, city$/m,
  ],
  [
    'a text that is no file, to continue',
    predict('clock', 'tick tock'),
    /predict: cannot read 'tick tock': no such file; for a text that is no file: --prompt 'tick tock'$/m,
  ],
  [
    'a file of a text that does not exist',
    predict('clock', at('tick.txt')),
    /predict: cannot read '.*tick\.txt': no such file$/m,
  ],
  [
    'a prompt of unknown letters',
    predict('clock', '--prompt', 'XYZ'),
    /--prompt: not in the vocabulary: "X", token 0$/m,
  ],
  [
    'a file without its kind',
    ['train', '--data', at('houses.csv'), '--target', 'price'],
    /--data: unknown: '.*'; a table is csv:\S*houses\.csv$/m,
  ],
  [
    'a kind before an input to predict',
    predict('houses', `csv:${at('untargeted.csv')}`),
    /write an input as a path alone, without 'csv:'/,
  ],
  ['a target in capitals', train('houses.csv', 'Price'), /unknown column: Price; .*; did you mean price\?$/m],
  ['a rate with a comma', houses('--lr', '0,01'), /--lr: not a number: '0,01'; write it as 0\.001 or 1e-3$/m],
  ['percent as a share', houses('--val', '20'), /--val: must lie between 0 and 1: '20'$/m],
  [
    'a rate of an optimizer that is not chosen',
    houses('--adabound.lr', '0.1'),
    /--adabound\.lr: adabound is not among the chosen optimizers: adam/,
  ],
  [
    'semicolons',
    train('semicolons.csv', 'price'),
    /the cells are separated by ';', not by ','; give --delimiter ';'$/m,
  ],
  [
    'decimal commas',
    train('german.csv', 'price'),
    /column 'size' has numbers with a decimal comma: '40,5'; give --decimal ','/,
  ],
  [
    'commas between thousands of the target',
    train('thousands.csv', 'price'),
    /column 'price' has numbers with a comma: '100,250'; write thousands without/,
  ],
  [
    'NA among numbers',
    train('missing.csv', 'price'),
    /column 'size': a text among numbers: 'NA'; name it in --missing-values/,
  ],
  [
    'names as classes',
    train('named.csv', 'name'),
    /column 'name' has 40 .*texts in 40 rows, names rather than classes/,
  ],
  ['the target among the inputs', houses('--columns', 'size,price'), /'price' is an input and the target/],
  [
    'a table without its target, to evaluate',
    evaluated('untargeted.csv'),
    /the column 'price', the target in the training, is missing/,
  ],
  [
    'a table without a header, to predict',
    predict('houses', at('headless.csv')),
    /the column 'size', an input in the training, is missing: .*; put the names above row 1/,
  ],
  [
    'the folder of several runs, to predict',
    predict('.', at('untargeted.csv')),
    /--checkpoint: .* holds \d+ runs; choose one: --checkpoint /,
  ],
  [
    'pictures in folders of train and test',
    images('split'),
    /split\/test\/cat: a folder in a class's folder; give 'split\/test', which holds the classes|a folder in a class's folder/,
  ],
  [
    'pictures without folders',
    images('loose'),
    /it is in no class's folder; put pictures in a folder for each class$/m,
  ],
  ['one class of pictures', images('alone'), /one class: cat; training needs two folders$/m],
  ['mirrored tables', houses('--augment', 'flip'), /--augment: csv:.* is not augmented: 'flip'; leave it out$/m],
  [
    'a loss of values for classes',
    train('rare.csv', 'kind', '--loss', 'mse'),
    /--loss mse: the data have classes to predict/,
  ],
  [
    'a range as two values',
    sweep('--optim', 'adam', '--lr', '1e-5,0.1', '--trials', '5'),
    /--trials 5: adam has 2 configurations; give it ranges, for example --adam\.lr 'log\(0\.00001,0\.1\)'/,
  ],
  [
    'a range that falls',
    sweep('--optim', 'adam', '--lr', 'log(0.1,1e-5)'),
    /--lr: log: the second number must be the larger one/,
  ],
  ['a quick and a full poster', ['poster', '--quick', '--full'], /--quick and --full: give one of the two$/m],
];
for (const [sentence, words, line] of refused)
  test(`refused: ${sentence}`, async () => {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.equal([code, stdout, stderr.split('\n').length], [2, '', 2], stderr);
    assert.match(stderr, line);
  });

const named: [sentence: string, words: string[], line: RegExp][] = [
  [
    'early stopping that ends the run before --reduce-on-plateau acts',
    houses('--epochs', '7', '--reduce-on-plateau', '5', '--early-stopping', '5'),
    /^boundgrad: --reduce-on-plateau 5: --early-stopping 5 ends the run before; give a smaller number$/m,
  ],
  [
    'early stopping that can never act',
    houses('--early-stopping', '5'),
    /it never stops: patience is 5 epochs, the training has 1$/m,
  ],
  [
    'classes without a test sample',
    train('rare.csv', 'kind'),
    /^no test sample of 'spam': the figures do not tell how well these are recognized; --folds 5 tests on each sample once$/m,
  ],
  [
    'marks that are predicted as numbers',
    train('marks.csv', 'large'),
    /'large' is predicted as a number: it holds 0, 1; --classes makes them classes$/m,
  ],
  [
    'numbers with their unit',
    train('weights.csv', 'weight'),
    /'weight' holds numbers that are read as categories: '0 kg'; write them without 'kg'$/m,
  ],
  [
    'row numbers as an input',
    train('numbered.csv', 'price'),
    /'number' has a different whole number in each row, as ids have/,
  ],
  [
    'a copy of the target',
    train('leak.csv', 'price'),
    /'euros' goes with the target 'price' in each row: a net would only copy it/,
  ],
  ['the target in another currency', train('dollars.csv', 'price'), /'dollars' is the target 'price' in another unit/],
  ['rows that repeat', train('twice.csv', 'price'), /40 of 80 rows repeat others: /m],
  [
    'the training’s rows in another order, to evaluate',
    evaluated('turned.csv'),
    /the training used samples of these data: \d+ of the \d+ that the checkpoint remembers/,
  ],
  [
    'sizes in square centimetres, to predict',
    predict('houses', at('centimetres.csv')),
    /row 2, column 'size': \d+ is far from the training data/,
  ],
];
for (const [sentence, words, line] of named)
  test(`a line names it: ${sentence}`, async () => {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.is(code, 0, stderr);
    assert.match(stdout + stderr, line);
  });

test('--reduce-on-plateau that acts before early stopping, and classes with test samples: no line', async () => {
  const both = ['--epochs', '7', '--reduce-on-plateau', '2', '--early-stopping', '5'];
  for (const words of [houses(...both), train('marks.csv', 'large', '--classes')]) {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.is(code, 0, stderr);
    assert.not.match(stdout + stderr, /ends the run before|no test sample/);
  }
});

test('fewer epochs than are done: the call says so, and a later one without --epochs has the epochs of the run', async () => {
  const of = (...more: string[]) => boundgradHere(['train', '--resume', at('runs/houses'), ...loops, ...more]);
  const fewer = (await of('--epochs', '2')).stdout;
  assert.match(fewer, /^Adam is complete: 3 epochs; --epochs 2 is less than the 3 done$/m);
  assert.match(fewer, /^only \d+ steps, few for a net/m);
  const later = (await of()).stdout;
  assert.match(later, /^Adam is complete: 3 epochs; give --epochs N to go on$/m);
  const steps = (text: string) => /^only (\d+) steps/m.exec(text)?.[1];
  assert.is(steps(fewer), steps(later));
  assert.is(JSON.parse(readFileSync(at('runs/houses/run.json'), 'utf8')).options.epochs, '3');
});

test('a table that Excel saved is read, and a copy of the training’s file is evaluated like the file itself: on the held-out samples', async () => {
  const { code, stderr } = await boundgradHere(train('excel.csv', 'price', '--delimiter', ';'));
  assert.is(code, 0, stderr);
  cpSync(at('houses.csv'), at('copy.csv'));
  const { stdout } = await boundgradHere(evaluated('copy.csv'));
  assert.match(stdout, /on the 8 samples of csv:.*copy\.csv that training held out$/m);
});

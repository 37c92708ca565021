// Misuses of the command line by habits of spreadsheets and other programs: files as Excel saves them, words of scikit-learn and PyTorch,
// options for other data. They were written down from --help and the documentation alone, before any was run. Each is refused in one line
// with code 2, or warned of.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary } from './command.js';

const test = subject('Misuses of the command line by habits of spreadsheets');
const folder = temporary();
const at = (name: string) => join(folder, name);
const write = (name: string, text: string | Uint8Array) => writeFileSync(at(name), text);
const size = (i: number) => `${40 + ((i * 37) % 101)}.5`;
const city = (i: number) => ['Oslo', 'Rome', 'Bonn'][(i * 7 + (i >> 2)) % 3];
const price = (i: number) => 3000 * Number(size(i)) + 100 * ((i * 61) % 97);
const house = (i: number) => `${size(i)},${city(i)},${price(i)}`;
const HEADER = 'size,city,price';
/** A CSV text: the header, and a row for each of 60 numbers. */
const table = (header: string, row: (i: number) => string) =>
  `${header}\n${Array.from({ length: 60 }, (_, i) => `${row(i)}\n`).join('')}`;
const houses = table(HEADER, house);
write('houses.csv', houses);
write(
  'labels.csv',
  table('size,city,label', (i) => `${size(i)},${city(i)},${Number(size(i)) > 80 ? 'yes' : 'no'}`),
);
write('book.csv', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 6, 0, 8, 0, 0, 0, 0x21, 0, 0xff, 0xfe));
write('utf16.csv', Buffer.from(`\ufeff${houses}`, 'utf16le'));
write('latin1.csv', Buffer.from(houses.replaceAll('Rome', 'K\u00f6ln'), 'latin1'));
write('headless.csv', houses.slice(HEADER.length + 1));
write('sep.csv', `sep=;\n${houses.replaceAll(',', ';')}`);
write('total.csv', `${houses}Total,,31000000\n`);
write(
  'division.csv',
  table(HEADER, (i) => (i === 7 ? `#DIV/0!,${city(i)},${price(i)}` : house(i))),
);
write(
  'thousands.csv',
  table(HEADER, (i) => `"1,${100 + ((i * 37) % 101)}",${city(i)},${price(i)}`),
);
write(
  'twice.csv',
  table('size,size,price', (i) => `${size(i)},${size(i + 5)},${price(i)}`),
);
write('lacks.csv', 'city\nOslo\n');
write('semicolons.csv', 'size;city\n100.5;Oslo\n');
for (const path of ['flat', 'one/cat', 'renamed/cat', 'renamed/dog', 'empty']) mkdirSync(at(path), { recursive: true });
write('flat/1.png', 'a picture');
write(
  'one/cat/1.png',
  Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC', 'base64'),
);
for (const name of ['cat', 'dog']) write(`renamed/${name}/1.png`, 'RIFF\u0010\0\0\0WEBPVP8 ');

const quick = ['--epochs', '1', '--backend', 'reference'];
const on = (name: string, target: string) => ['train', '--data', `csv:${at(name)}`, '--target', target, ...quick];
const price60 = (...more: string[]) => [...on('houses.csv', 'price'), ...more];
const photos = (name: string) => ['train', '--data', `images:${at(name)}`, ...quick];
const run = at('runs/houses');
const predict = (name: string) => ['predict', '--checkpoint', run, '--backend', 'reference', at(name)];

const { code, stderr } = await boundgradHere(price60('--out', run));
assert.equal([code, stderr.trim()], [0, '']);

const refused: [sentence: string, words: string[], message: RegExp][] = [
  [
    '--data with a path without csv:',
    ['train', '--data', at('houses.csv'), ...quick],
    /--data: unknown: '.*houses\.csv'; a table is csv:/,
  ],
  [
    'a table without a target',
    ['train', '--data', `csv:${at('houses.csv')}`, ...quick],
    /--target COLUMN must name the column to predict$/,
  ],
  ['--target in another case', on('houses.csv', 'Price'), /unknown column: Price; .*; did you mean price\?$/],
  ['the optimizer sgd', price60('--optim', 'sgd'), /--optim: unknown: 'sgd'; .*; did you mean sgdm\?$/],
  ['--lr with a decimal comma', price60('--lr', '0,01'), /--lr: not a number: '0,01'; write it as /],
  [
    'an option with an underscore',
    price60('--batch_size', '32'),
    /--batch_size: unknown option; did you mean --batch-size\?$/,
  ],
  ['--val in per cent', price60('--val', '20'), /--val: must lie between 0 and 1: '20'$/],
  ['--seeds with a list', price60('--seeds', '1,2,3'), /--seeds: must be an integer of at least 2: '1,2,3'$/],
  [
    'a net of pictures for a table',
    price60('--model', 'resnet18'),
    /--model resnet18: cannot take these data: it takes images: a sample has the shape \(4\); give --model mlp$/,
  ],
  [
    '--final-lr, a rate of AdaBound, for Adam',
    price60('--optim', 'adam', '--final-lr', '0.1'),
    /--final-lr: no chosen optimizer has it: adam; it belongs to adabound, /,
  ],
  [
    'a rate of an optimizer that is not chosen',
    price60('--optim', 'adam', '--sgdm.lr', '0.1'),
    /--sgdm\.lr: sgdm is not among the chosen optimizers: adam; add it to --optim$/,
  ],
  [
    '--loss mse for classes',
    [...on('labels.csv', 'label'), '--loss', 'mse'],
    /--loss mse: the data have classes to predict: one of cross-entropy$/,
  ],
  [
    '--loss cross-entropy for numbers',
    price60('--loss', 'cross-entropy'),
    /--loss cross-entropy: the data have values to predict: one of mse, l1, huber$/,
  ],
  [
    '--columns with the target',
    price60('--columns', 'size,price'),
    /'price' is an input and the target: .*; leave it out of columns or target$/,
  ],
  [
    '--fill with --missing drop',
    price60('--fill', 'mean', '--missing', 'drop'),
    /--fill: --missing is drop: nothing would be filled; /,
  ],
  ['--augment flip for a table', price60('--augment', 'flip'), /--augment: .* is not augmented: 'flip'; leave it out$/],
  [
    '--size with two numbers',
    [...photos('flat'), '--size', '224x224'],
    /--size: must be an integer of at least 1: '224x224'$/,
  ],
  [
    'a workbook named as a table',
    on('book.csv', 'price'),
    /it has NUL characters: it is not text, or it is UTF-16; save it as UTF-8/,
  ],
  ['a table in UTF-16', on('utf16.csv', 'price'), /it is UTF-16; save it as UTF-8, in Excel as CSV UTF-8$/],
  ['a table in Latin-1', on('latin1.csv', 'price'), /it is not UTF-8; save it as UTF-8, in Excel as CSV UTF-8$/],
  [
    'a table without a header',
    on('headless.csv', String(price(0))),
    /the first row holds values: .*; it must be the names of the columns$/,
  ],
  [
    "a table with Excel's line for the delimiter",
    on('sep.csv', 'price'),
    /the first row is 'sep=;', which only Excel reads; remove it$/,
  ],
  [
    'a table with a total in its last row',
    on('total.csv', 'price'),
    /row 62, column 'size': a text among numbers: 'Total'; /,
  ],
  [
    'a table with the error of a formula',
    on('division.csv', 'price'),
    /row 9, column 'size': a text among numbers: '#DIV\/0!'; /,
  ],
  [
    'a table with commas between thousands',
    [...on('thousands.csv', 'price'), '--out', at('runs/thousands')],
    /column 'size' has numbers with a comma: '1,100'; write thousands without it/,
  ],
  ['two columns of one name', on('twice.csv', 'price'), /column 2 of the header has the name of another: 'size'; /],
  [
    'pictures without folders of classes',
    photos('flat'),
    /1\.png: it is in no class's folder; put pictures in a folder for each class$/,
  ],
  ['pictures of one class', photos('one'), /one class: cat; training needs two folders$/],
  ['pictures renamed to PNG', photos('renamed'), /1\.png: a WebP file; save it as PNG or JPEG$/],
  [
    'predict of rows that lack a column of the training',
    predict('lacks.csv'),
    /the column 'size', an input in the training, is missing: .*; add it, or train without it$/,
  ],
  [
    'predict of a picture with a net of a table',
    predict('flat/1.png'),
    /a picture: the model was trained on rows of numbers and texts$/,
  ],
  [
    'predict of rows with semicolons',
    predict('semicolons.csv'),
    /separated by ';', not by ','; save it with ',', like the training data$/,
  ],
  ['the report of a folder that is no run', ['report', at('empty')], /report: no run in '.*empty': it has no journal/],
  [
    '--resume with another rate',
    ['train', '--resume', run, '--lr', '0.1'],
    /--resume: the run in .* has other settings: --lr \(not given\) then, 0\.1 now; /,
  ],
];
for (const [sentence, words, message] of refused) {
  test(`${sentence}: refused in one line`, async () => {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.equal([code, stdout], [2, '']);
    assert.match(stderr, /^boundgrad: [^\n]+\n$/);
    assert.match(stderr.trimEnd(), message);
  });
}

test('--early-stopping with a patience longer than the training: one warning', async () => {
  const { code, stderr } = await boundgradHere(price60('--early-stopping', '20', '--out', at('runs/patient')));
  assert.is(code, 0);
  assert.match(stderr.trim(), /^--early-stopping: it never stops: patience is 20 epochs, the training has 1$/);
});

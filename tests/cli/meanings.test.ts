// Misuses of the commands by meaning: the wrong file for the right command, numbers that were meant as classes, a length in the wrong unit.
// Each is refused in one line with code 2, or warned of. tests/arguments/meanings.test.ts has those of programs.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { warningsOf } from '../warnings.js';
import { boundgradHere, type Outcome, temporary } from './command.js';

const test = subject('Misuses of the command line by meaning');
const folder = temporary();
const at = (name: string) => join(folder, name);
const write = (name: string, head: string, row: (i: number) => string, n = 60) =>
  writeFileSync(at(name), `${head}\n${Array.from({ length: n }, (_, i) => row(i)).join('\n')}\n`);

const size = (i: number) => ((i * 37) % 61) + 0.5;
const house = (i: number) => `${size(i)},${i % 3 ? 'Oslo' : 'Rome'},${3000 * size(i) + (i % 7)}`;
write('houses.csv', 'size,city,price', house);
write('edited.csv', 'size,city,price', (i) => house(i + 5), 55);
write('sick.csv', 'a,b,sick', (i) => `${size(i)},${size(i + 7)},${i % 2}`);
write('kinds.csv', 'a,b,kind', (i) => `${size(i)},${size(i + 7)},${1 + (i % 3)}`);
write('kilos.csv', 'weight,price', (i) => `${i % 9} kg,${size(i)}`);
write('times.csv', 'when,price', (i) => `${1700000000 + 7 * ((i * 11) % 60)},${size(i)}`);
write('copies.csv', 'size,city,price', (i) => house(i % 20));
write('tabs.csv', 'size\tprice', (i) => `${size(i)}\t${i}`);
write('commas.csv', 'size;price', (i) => `${i},5;${i}`);
write('gap.csv', 'size,price', (i) => (i === 4 ? 'N/A,3' : `${size(i)},${i}`));
write('headless.csv', house(0), (i) => house(i + 1));
write('joined.csv', 'city,kind', (i) => (i === 30 ? 'city,kind' : `${i % 3 ? 'Oslo' : 'Rome'},${i % 2 ? 'a' : 'b'}`));
write('flat.csv', 'size,price', (i) => `${size(i)},5`);
write('days.csv', 'day,price', (i) => `${10 + (i % 5)}.01.2024,${size(i)}`);
write('metres.csv', 'size,city,price', (i) => `${100 * size(i)},${i % 3 ? 'Oslo' : 'Rome'},${3000 * size(i)}`);
write('wrong.csv', 'Size,City', () => '100,Oslo', 1);
write('comma.csv', 'size,city', () => '"100,5",Oslo', 1);

const loops = ['--backend', 'reference'];
const train = (file: string, target: string, ...more: string[]) => [
  ...['train', '--data', `csv:${at(file)}`, '--target', target, ...loops],
  ...(more.includes('--epochs') ? [] : ['--epochs', '1']),
  ...(more.includes('--out') ? [] : ['--out', at('other')]),
  ...more,
];
const houses = (...more: string[]) => train('houses.csv', 'price', ...more);
const run = at('run');
const made = await boundgradHere(houses('--out', run));
if (made.code !== 0) throw new Error(made.stderr);
const evaluate = (file: string) => ['eval', '--checkpoint', run, '--data', `csv:${at(file)}`, ...loops];
const predict = (...words: string[]) => ['predict', '--checkpoint', run, ...loops, ...words];

const refused: [sentence: string, words: string[], line: RegExp][] = [
  ['a table with tabs', train('tabs.csv', 'price'), /separated by '\\t', not by ','; give --delimiter tab/],
  [
    'a table with decimal commas',
    train('commas.csv', 'price', '--delimiter', ';'),
    /decimal comma: '0,5'; give --decimal ','/,
  ],
  [
    '--missing-values with another text than the table has',
    train('gap.csv', 'price', '--missing-values', 'NA'),
    /row 6, column 'size': a text/,
  ],
  ['--val in percent', houses('--val', '20'), /--val: must lie between 0 and 1: '20'/],
  [
    'a milestone after the last epoch',
    houses('--milestones', '150'),
    /--milestones: no epoch comes after 150: there are 1/,
  ],
  [
    '--class-weights for numbers to predict',
    houses('--class-weights', 'balanced'),
    /--class-weights: the data have values/,
  ],
  ['an option of another optimizer', houses('--optim', 'adam', '--final-lr', '1'), /--final-lr: no chosen optimizer/],
  ['--lr with two rates', houses('--lr', '1e-3,1e-2'), /--lr: not a number: '1e-3,1e-2'/],
  ['eval on another table', evaluate('sick.csv'), /the column 'size', an input in the training, is missing/],
  [
    'predict of a table whose column names are in another case',
    predict(at('wrong.csv')),
    /the column 'size'.* is missing: the header has Size, City/,
  ],
  ['predict of a table with a decimal comma', predict(at('comma.csv')), /row 2, column 'size': not a number: '100,5'/],
  [
    'predict --prompt for a net of a table',
    predict('--prompt', 'a'),
    /--prompt is for a model of texts, which this one is not: give/,
  ],
  [
    'a table whose first row holds values',
    train('headless.csv', '1500'),
    /the first row holds values: 'Rome' is in other rows too; it must be the names of the columns/,
  ],
  [
    'a table of two joined files, each with a header',
    train('joined.csv', 'kind'),
    /joined\.csv: row 32 repeats the header; remove it/,
  ],
  [
    'a table given as text:FILE',
    ['train', '--data', `text:${at('houses.csv')}`],
    /--data: 'text:.*houses\.csv' is not a text: a table is csv:FILE, pictures are images:DIR/,
  ],
  ['train --checkpoint', houses('--checkpoint', run), /--checkpoint: unknown option; --resume DIR continues a run/],
  [
    'predict with the same input twice',
    predict(at('edited.csv'), at('edited.csv')),
    /predict: '.*edited\.csv' is named twice/,
  ],
  ['report with the same run twice', ['report', run, run, '--out', at('both')], /report: '.*run' is named twice/],
  [
    'summary --shape with the channels last',
    ['summary', '--model', 'resnet20', '--shape', '32,32,3'],
    /--shape: channels come first: 32 channels of 32 x 3 pixels; write 3,32,32/,
  ],
];

const warned: [sentence: string, words: string[], line: RegExp][] = [
  [
    'a target of 0 and 1',
    train('sick.csv', 'sick'),
    /'sick' is predicted as a number: it holds 0, 1; --classes makes them classes/,
  ],
  ['a target of 1 to 3', train('kinds.csv', 'kind'), /'kind' is predicted as a number: it holds 1, 2, 3; --classes/],
  ['numbers with a unit', train('kilos.csv', 'price'), /'weight' holds numbers .*'0 kg'; write them without 'kg'/],
  ['seconds since 1970', train('times.csv', 'price'), /'when' loses its digits in float32: .*; subtract a constant/],
  [
    'a table that has each row three times',
    train('copies.csv', 'price'),
    /40 of 60 rows repeat others: on copies of training rows/,
  ],
  [
    'a target with the same value in all rows',
    train('flat.csv', 'price'),
    /'price' is '5' in each row: there is nothing to predict/,
  ],
  [
    'a column of dates',
    train('days.csv', 'price'),
    /'day' holds dates that are read as categories: '10\.01\.2024'; write days as numbers/,
  ],
  [
    'eval on a table in another unit',
    evaluate('metres.csv'),
    /column 'size': 3750 is far from the training data \(mean/,
  ],
  [
    '--accumulate counted in samples, not in batches',
    houses('--accumulate', '64'),
    /accumulate: a step has 64 batches, an epoch only 6/,
  ],
  ['eval on an edited copy of the training file', evaluate('edited.csv'), /the training used samples of these data: /],
  [
    '--early-stopping with a patience longer than the training',
    houses('--early-stopping', '50', '--epochs', '2'),
    /--early-stopping: it never stops: patience is 50 epochs, the training has 2/,
  ],
];

for (const [kind, list, code] of [
  ['refused', refused, 2],
  ['warned of', warned, 0],
] as const) {
  for (const [sentence, words, line] of list) {
    test(`${sentence}: ${kind}`, async () => {
      let outcome!: Outcome;
      const said = await warningsOf(async () => {
        outcome = await boundgradHere(words);
      });
      assert.is(outcome.code, code, outcome.stderr);
      assert.match(outcome.stderr + said.join('\n'), line);
      if (code) assert.is(outcome.stderr.trim().split('\n').length, 1);
    });
  }
}

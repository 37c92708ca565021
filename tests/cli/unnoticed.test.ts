// Misuses of the command line that could go unnoticed: data held out in two ways, other classes, thousands, a full disk, fewer epochs. They were
// written down from --help and the documents alone. Each is refused in one line with code 2, a line names it, or it does what was meant.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, subject } from '../spec.js';
import { boundgradHere, MAIN, temporary } from './command.js';

const test = subject('Misuses of the command line that could go unnoticed');
const folder = temporary();
const at = (name: string) => join(folder, name);
const size = (i: number) => 40 + ((i * 37) % 61) + (i % 10) / 10;
const city = (i: number) => ['Oslo', 'Rome', 'Bonn'][(i * 7 + (i >> 2)) % 3];
const table = (name: string, header: string[], row: (i: number) => unknown[], mark = ',', count = 40) => {
  const rows = Array.from({ length: count }, (_, i) => row(i).join(mark));
  writeFileSync(at(name), `${[header.join(mark), ...rows].join('\n')}\n`);
};
const house = (i: number) => [size(i), city(i), Math.round(3000 * size(i) + ((i * 61) % 97))];
const columns = ['size', 'city', 'price'];
table('houses.csv', columns, house);
table('houses.tsv', columns, house, '\t');
table('words.csv', ['a', 'b', 'ok'], (i) => [size(i), size(3 * i + 1), size(i) > 70 ? 'yes' : 'no']);
table('numbers.csv', ['a', 'b', 'ok'], (i) => [size(i + 7), size(3 * i + 2), size(i + 7) > 70 ? 1 : 0]);
table('german.csv', columns, (i) => [i % 3 ? 600 + i : '1.285', city(i), `${100 + i},5`], ';');
writeFileSync(at('thousands.csv'), 'size,city\n"1,234",Oslo\n');
writeFileSync(at('new.csv'), 'size,city\n80,Oslo\n90,Rome\n');
const space = { adam: { lr: { log: [1e-4, 0.1] } } };
writeFileSync(at('net.json'), JSON.stringify({ space, model: 'lenet5', trials: 2 }));
writeFileSync(at('rate.json'), JSON.stringify({ space: { adam: { learningRate: space.adam.lr } }, data: 'moons' }));

const loops = ['--backend', 'reference'];
const train = (name: string, target: string, ...more: string[]) => [
  ...['train', '--data', `csv:${at(name)}`, '--target', target, '--optim', 'adam', ...loops],
  ...[
    ...(more.includes('--epochs') ? [] : ['--epochs', '1']),
    ...(more.includes('--out') ? more : [...more, '--out', at('other')]),
  ],
];
for (const words of [
  train('houses.csv', 'price', '--epochs', '2', '--out', at('houses')),
  train('words.csv', 'ok', '--out', at('words')),
]) {
  const { code, stderr } = await boundgradHere(words);
  if (code !== 0) throw new Error(stderr);
}
const predict = (...inputs: string[]) => ['predict', '--checkpoint', at('houses'), ...loops, ...inputs];

const refused: [sentence: string, words: string[], line: RegExp][] = [
  [
    'both --val and --folds',
    train('houses.csv', 'price', '--folds', '3', '--val', '0.4'),
    /--folds: --val is given too: each fold is held out once; give one of the two$/m,
  ],
  [
    'a table with points as thousands separators beside decimal commas',
    train('german.csv', 'price', '--delimiter', ';', '--decimal', ','),
    /row 2, column 'size': points between thousands: '1\.285'; write 1234,5$/m,
  ],
  [
    'eval on a table whose classes have other names',
    ['eval', '--checkpoint', at('words'), '--data', `csv:${at('numbers.csv')}`, ...loops],
    /row \d+, column 'ok': unknown class: '[01]'; the table has 'no', 'yes'; train with it$/m,
  ],
  [
    'predict of a table with commas between thousands',
    predict(at('thousands.csv')),
    /row 2, column 'size': not a number: '1,234'; write numbers as 1234\.5$/m,
  ],
  [
    'predict --temperature for a net of a table',
    predict(at('new.csv'), '--temperature', '0.5'),
    /--temperature: only a model that was trained on a text takes it; this one was trained on rows$/m,
  ],
  [
    'a misspelt net in the file of a sweep',
    ['sweep', '--file', at('net.json'), '--out', at('sweep')],
    /'.*net\.json': model: unknown: 'lenet5'; one of .*; did you mean lenet\?$/m,
  ],
  [
    'an unknown hyper-parameter in the file of a sweep',
    ['sweep', '--file', at('rate.json'), '--out', at('sweep')],
    /'.*rate\.json': space\.adam\.learningRate: adam has no such hyper-parameter; it has lr, /m,
  ],
  [
    'summary --shape of an image without channels',
    ['summary', '--model', 'lenet', '--shape', '28,28'],
    /--shape: lenet takes images: give channels, rows and columns: '28,28'; for grey ones 1,28,28$/m,
  ],
  [
    'summary --shape with the side of an image',
    ['summary', '--model', 'resnet8', '--shape', '32'],
    /--shape: resnet8 takes images: .*: '32'; for grey ones 1,32,32$/m,
  ],
];
for (const [sentence, words, line] of refused) {
  test(`${sentence}: refused with one line and code 2`, async () => {
    const { code, stderr } = await boundgradHere(words);
    assert.match(stderr, line);
    assert.equal([code, stderr.trimEnd().split('\n').length], [2, 1], stderr);
  });
}

test("--delimiter '\\t', and --decimal ',' for a table with decimal points: the table is read as it was meant", async () => {
  const meant = await boundgradHere(train('houses.csv', 'price'));
  const fit = ({ stdout }: { stdout: string }) => /test RMSE +\S+/.exec(stdout)?.[0];
  const tab = await boundgradHere(train('houses.tsv', 'price', '--delimiter', '\\t'));
  const comma = await boundgradHere(train('houses.csv', 'price', '--decimal', ','));
  assert.equal(
    [tab, comma].map(({ code }) => code),
    [0, 0],
  );
  assert.ok(fit(meant));
  assert.equal([tab, comma].map(fit), [fit(meant), fit(meant)]);
});

test('--resume with fewer epochs than a finished run has: the run stays complete, and a line says so', async () => {
  const { code, stdout } = await boundgradHere(['train', '--resume', at('houses'), '--epochs', '1']);
  assert.is(code, 0);
  assert.match(stdout, 'Adam is complete: 2 epochs; --epochs 1 is less than the 2 done');
});

test('a sweep over a grid of lists with fewer --trials than combinations: every combination is run', async () => {
  const lists = ['--adam.lr', '0.1,0.01', '--adam.eps', '1e-8,1e-6,1e-4'];
  const { code, stdout } = await boundgradHere([
    ...['sweep', '--data', 'moons', '--optim', 'adam', ...lists, '--draw', 'grid', '--trials', '2'],
    ...['--seeds', '1', '--epochs', '1', '--list', ...loops, '--out', at('grid')],
  ]);
  assert.equal([code, stdout.trim().split('\n').length], [0, 6]);
});

if (existsSync('/dev/full')) {
  test('predictions onto a full disk: one line and code 1', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...predict(at('new.csv'), '--csv')], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    assert.equal([status, stderr], [1, 'boundgrad: cannot write the output: the disk is full\n']);
  });
} else test.skip('predictions onto a full disk: one line and code 1', 'there is no /dev/full');

// Misuses of the command line's files, folders and nets: custom nets that cannot learn or be compared, folders that are not what they
// seem to be, options that can never act. Each is refused in one line with code 2, is warned of, or does what was meant.
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageFolder } from '../../node/imageFolder.js';
import { testMisuses } from '../arguments/does.js';
import { png } from '../pictures/encode.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, mnistFiles, temporary, tiny } from './command.js';

const test = subject('Mistaken files, folders and nets');
const folder = temporary();
const at = (name: string) => join(folder, name);
const size = (i: number) => 40 + ((i * 37) % 61) + ((i * 7) % 10) / 10;
const price = (i: number) => Math.round(3000 * size(i) + 9000 * Math.sin(5 * i));
const table = (name: string, row: (i: number) => string, n = 20) =>
  writeFileSync(at(name), `size,city,price\n${Array.from({ length: n }, (_, i) => `${row(i)}\n`).join('')}`);
const city = (i: number) => (i % 3 ? 'Oslo' : 'Rome');
table('houses.csv', (i) => `${size(i)},${city(i)},${price(i)}`);
table('thousands.csv', (i) => `${size(i)},${city(i)},${price(i) / 1000}`);
table('few.csv', (i) => `${size(i)},${city(i)},${price(i)}`, 4);
table('kinds.csv', (i) => `${size(i)},${city(i)},${'pq'[i % 2]}`);
table('missing.csv', (i) => `${i % 4 ? size(i) : -999},${city(i)},${price(i)}`);

/** A PNG picture of 8 x 8 pixels of one grey. */
const plain = (grey: number) => png({ width: 8, height: 8, type: 0, samples: Array(64).fill(grey) });
const pictures = (name: string, classes: string[], greyOf: (c: number, i: number) => number, n = 6) =>
  classes.forEach((kind, c) => {
    mkdirSync(at(`${name}/${kind}`), { recursive: true });
    for (let i = 0; i < n; i++) writeFileSync(at(`${name}/${kind}/${i}.png`), plain(greyOf(c, i)));
  });
const distinct = (c: number, i: number) => 100 * c + 10 * i;
pictures('photos', ['cat', 'dog'], distinct);
pictures('parts', ['train', 'test'], distinct);
pictures('nested/train', ['cat', 'dog'], distinct);
pictures('copies', ['cat', 'dog'], (c, i) => 100 * c + 10 * (i >> 1));
pictures('repeats', ['cat', 'dog'], (c, i) => 128 * c + 4 * (i % 25), 30);
pictures('black', ['cat', 'dog'], (c, i) => (i % 2 ? distinct(c, i) : 0));
pictures('fresh', ['cat', 'dog'], (c, i) => 5 + distinct(c, i));
pictures('taken', ['cat', 'dog'], (c, i) => (i % 2) * 5 + distinct(c, i));
pictures('torn', ['cat', 'dog'], (c, i) => (i === 3 ? 7 : distinct(c, i)));
pictures('archive', ['cat', 'dog'], distinct);
mkdirSync(at('archive/__MACOSX/cat'), { recursive: true });
writeFileSync(at('text.txt'), 'a'.repeat(800));

const nets: Record<string, string> = {
  same: 'let net; export default ({ input, outputs, random }, { mlp }) => (net ??= mlp({ sizes: [input[0], outputs], random }));',
  chance:
    'export default ({ input, outputs }, { mlp, Random }) => mlp({ sizes: [input[0], outputs], random: new Random(Math.floor(1e9 * Math.random())) });',
  own: 'export default ({ input, outputs }, { mlp }) => mlp({ sizes: [input[0], outputs] });',
  forgotten: 'N.a = 1; const forward = (m, x) => m.b.forward(x);',
  detached: 'const forward = (m, x) => m.b.forward(m.c.forward(x).detach());',
  noisy: 'const forward = (m, x) => m.b.forward(x).mul(1 + Math.random());',
  rectified: 'const forward = (m, x, { relu }) => relu(m.b.forward(x));',
  listed: 'const forward = (m, x) => [m.b.forward(x)];',
  zero: 'const forward = (m, x) => m.b.forward(m.c.forward(x)); N.zero = 1;',
  frozen:
    'export default ({ input, outputs, random }, { mlp }) => mlp({ sizes: [input[0], outputs], random }).requiresGrad(false);',
  leaves: 'export default () => process.exit(0);',
  leavesAtOnce: 'process.exit(0);',
  talks:
    'export default ({ input, outputs, random }, { mlp }) => { console.log("hello"); return mlp({ sizes: [input[0], outputs], random }); };',
  training:
    'N.a = 1; const forward = (m, x, { noGrad }) => m.training ? m.b.forward(x).add(m.a.forward(x).sum().mul(0)) : noGrad(() => m.b.forward(x));',
  averages:
    'export default ({ input, outputs, random }, { BatchNorm1d, Dropout, Linear, ReLU, Sequential }) => new Sequential(new Linear(input[0], 6, { random }), new BatchNorm1d(6), new ReLU(), new Dropout(0.5, { random }), new Linear(6, outputs, { random }));',
  good: 'const forward = (m, x) => m.b.forward(m.c.forward(x));',
};
const whole = (code: string) =>
  code.includes('export default')
    ? code
    : `const N = {}; ${code}
export default ({ input, outputs, random }, library) => {
  const { Linear, Module, noGrad } = library;
  class Net extends Module {
    b = new Linear(input[0], outputs, { random });
    forward(x) { return forward(this, x, library); }
  }
  const net = new Net();
  if (N.a) net.a = new Linear(input[0], 2, { random });
  if (String(forward).includes('m.c')) net.c = new Linear(input[0], input[0], { random });
  if (N.zero) noGrad(() => { for (const p of net.parameters()) p.assign(new Float32Array(p.size)); });
  return net;
};`;
for (const [name, code] of Object.entries(nets)) writeFileSync(at(`${name}.mjs`), whole(code));

const loops = ['--backend', 'reference'];
const once = [...loops, '--epochs', '1', '--out', at('other')];
const csv = (name = 'houses.csv') => ['--data', `csv:${at(name)}`, '--target', 'price'];
const houses = (...more: string[]) => ['train', ...csv(), ...once, ...more];
const photos = (name: string) => ['train', '--data', `images:${at(name)}`, '--size', '8', '--model', 'mlp', ...once];
const net = (name: string, command = 'train') => [command, ...csv(), ...once, '--model', at(`${name}.mjs`)];
const points = (...more: string[]) => [
  'train',
  ...tiny(more.includes('--epochs') ? Number(more[more.indexOf('--epochs') + 1]) : 3).slice(0, 6),
  '--out',
  at('other'),
  ...(more.includes('--epochs') ? [] : ['--epochs', '3']),
  ...more,
];
const range = ['--optim', 'sgdm', '--lr', 'log(1e-3,1)'];
const sweep = (...more: string[]) => ['sweep', '--data', 'moons', ...range, ...more];

const [run, second] = [at('run'), at('second')];
for (const words of [
  ['train', ...csv(), ...loops, '--epochs', '1', '--out', run],
  ['train', ...csv(), ...loops, '--epochs', '2', '--out', second],
  ['train', ...tiny(1), '--max-steps', '1', '--out', at('blobs')],
  ['train', '--data', 'spirals', ...loops, '--epochs', '1', '--out', at('spirals')],
]) {
  const { code, stderr } = await boundgradHere(words);
  if (code !== 0) throw new Error(stderr);
}
mkdirSync(at('sweep'));
writeFileSync(at('sweep/run.json'), JSON.stringify({ format: 1, command: 'sweep', options: {}, defaults: {} }));
mkdirSync(at('results'));
writeFileSync(at('results/results.jsonl'), '{"mine":1}\n');
mnistFiles(at('digits'), 30);
const labels = (first: string) =>
  Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 30, ...first.split(' ').map(Number), ...Array(10).fill(1)]);
const [digits, clothes] = ['5 0 4 1 9 2 1 3 1 4 3 5 3 6 1 7 2 8 6 9', '9 2 1 1 6 1 4 6 5 7 4 5 7 3 4 1 2 4 8 0'];
cpSync(at('digits'), at('swapped'), { recursive: true });
writeFileSync(at('digits/train-labels-idx1-ubyte'), labels(digits));
writeFileSync(at('swapped/train-labels-idx1-ubyte'), labels(clothes));
copyFileSync(at('houses.csv'), at('moved.csv'));
for (const name of ['copied', 'faded']) mnistFiles(at(name), 30);
copyFileSync(at('copied/train-images-idx3-ubyte'), at('copied/t10k-images-idx3-ubyte'));
const faded = readFileSync(at('faded/train-images-idx3-ubyte')).fill(255, 16, 16 + 3 * 784);
writeFileSync(at('faded/train-images-idx3-ubyte'), faded);
const files = (name: string, dir: string) => [
  'train',
  '--data',
  name,
  '--data-dir',
  at(dir),
  '--model',
  'mlp',
  ...once,
];

const evaluate = (of: string, data: string) => ['eval', '--checkpoint', at(of), '--data', data, ...loops];
const refused: [sentence: string, words: string[], line: RegExp][] = [
  [
    'compare with a file that returns the same net for all optimizers',
    [...net('same', 'compare'), '--optim', 'sgdm,adam'],
    /same\.mjs: its function returns the same net again; make a new one/,
  ],
  [
    'a net whose forward returns a list',
    net('listed'),
    /listed\.mjs: cannot take these data: forward: its result: takes a tensor: got an array/,
  ],
  ['a net of frozen weights', net('frozen'), /frozen\.mjs: .*all its parameters are frozen: nothing can be trained/],
  ['a net that ends the process', net('leaves'), /leaves\.mjs: it calls process\.exit; leave that out/],
  [
    "a net's file that ends the process while it loads",
    net('leavesAtOnce'),
    /leavesAtOnce\.mjs: it calls process\.exit/,
  ],
  [
    'the folder above the classes',
    photos('nested'),
    /nested\/train\/cat: a folder in a class's folder; give '.*nested\/train', which holds the classes/,
  ],
  [
    'a text of one character',
    ['train', '--data', `text:${at('text.txt')}`, ...once],
    /one token: "a": there is nothing to predict/,
  ],
  [
    "MNIST's files for Fashion-MNIST",
    files('fashion-mnist', 'digits'),
    /train-labels-idx1-ubyte: it holds the train labels of MNIST, not the train labels of Fashion-MNIST/,
  ],
  [
    'the test files of Fashion-MNIST in place of its training files',
    files('fashion-mnist', 'swapped'),
    /it holds the t10k labels of Fashion-MNIST, not the train labels/,
  ],
  [
    '--keep-best with a single test',
    points('--keep-best', '--eval-every', '9'),
    /--keep-best: nothing is tested before the last epoch: --eval-every is 9 of 3 epochs/,
  ],
  [
    '--reduce-on-plateau with a single test',
    points('--reduce-on-plateau', '1', '--eval-every', '9'),
    /--reduce-on-plateau: nothing is tested before the last epoch/,
  ],
  [
    '--out with a ~ that the shell did not replace',
    points().map((w) => (w === at('other') ? '~/runs' : w)),
    /--out: '~\/runs': the shell did not replace ~/,
  ],
  [
    '--data csv: with a ~ that the shell did not replace',
    ['train', '--data', 'csv:~/houses.csv', '--target', 'price'],
    /--data: '~\/houses\.csv': the shell did not replace ~/,
  ],
  [
    'a sweep with --target, as for a table',
    sweep('--target', 'price'),
    /--target: a sweep takes data sets of the library, no data of your own: write a program/,
  ],
  [
    'a sweep with --folds',
    sweep('--folds', '5'),
    /--folds: a sweep takes data sets of the library|--folds: unknown option/,
  ],
  [
    'sweep --collect of a run of train',
    sweep('--collect', '--trials', '2', '--out', at('collected'), run),
    /--collect: '.*run' holds no run of a sweep: it has no results\.jsonl/,
  ],
  [
    '--resume of the folder of an optimizer in a run',
    ['train', '--resume', join(run, 'adabound')],
    /there is no run\.json; its run is in the folder above: --resume .*run$/m,
  ],
  [
    'the report of two runs written into one of them',
    ['report', run, second, '--out', run],
    /report: --out '.*run' is one of the runs, whose own report would be lost/,
  ],
  [
    'a run written into the folder of a sweep',
    houses().map((w) => (w === at('other') ? at('sweep') : w)),
    /--out: '.*sweep' holds a sweep; give another folder/,
  ],
  [
    'eval on points of another number of classes',
    evaluate('blobs', 'moons'),
    /^boundgrad: --data moons: the checkpoint's mlp is for other data/,
  ],
];
for (const [sentence, words, line] of refused)
  test(`${sentence}: refused`, async () => {
    const { code, stdout, stderr } = await boundgradHere(words);
    assert.equal([code, stdout], [2, ''], stderr);
    assert.match(stderr, /^boundgrad: [^\n]*\n$/);
    assert.match(stderr, line);
  });

const warned: [sentence: string, words: string[], line: RegExp][] = [
  [
    'a net with a random seed of its own',
    [...net('chance', 'compare'), '--optim', 'sgdm,adam'],
    /chance\.mjs: its weights differ from call to call; pass random to its layers/,
  ],
  ['a net that does not use the given random', net('own'), /own\.mjs: its weights differ from call to call/],
  [
    'a net with random outputs in evaluation',
    net('noisy'),
    /noisy\.mjs: its outputs for the same samples differ in evaluation/,
  ],
  [
    'a net that ends with a ReLU, for standardized values',
    net('rectified'),
    /rectified\.mjs: its outputs are never below 0, but the values to predict are standardized/,
  ],
  ['a net whose weights are all 0', net('zero'), /zero\.mjs: all gradients of its weights are 0/],
  [
    'pictures in folders train and test, taken as classes',
    photos('parts'),
    /parts: the classes are test, train: parts of the data\?/,
  ],
  [
    'a folder of pictures that has each picture twice',
    photos('copies'),
    /copies: 6 of 12 pictures repeat others: on copies of training pictures a test looks too good/,
  ],
  [
    'test pictures that equal some training pictures',
    [...photos('repeats'), '--val', '0.5'],
    /repeats: \d of its 30 test images equal training images: its figures are better than for new data/,
  ],
  [
    'pictures that are black',
    photos('black'),
    /black: 6 of 12 images have the value 0 in each pixel: were they decoded wrongly, or scaled to 0\.\.1 and truncated\?/,
  ],
  [
    'the training images as test images',
    files('mnist', 'copied'),
    /MNIST test: 30 of its 30 test images equal training images/,
  ],
  [
    'white images in a byte file',
    files('mnist', 'faded'),
    /MNIST train: 3 of 30 images have the value 255 in each pixel/,
  ],
  ['one picture in two classes', photos('torn'), /torn: .*dog\/3\.png equals .*cat\/3\.png, of another class/],
  [
    '-999 for a missing value',
    ['train', ...csv('missing.csv'), ...once],
    /missing\.csv: 'size' has '-999' in 5 rows: .* name it in --missing-values/,
  ],
  [
    '--betas in the wrong order',
    houses('--optim', 'adam', '--betas', '0.999,0.9'),
    /Adam: betas 0\.999,0\.9: the first is usually the smaller one; were they swapped\?/,
  ],
  [
    '--warmup-steps beyond the last step',
    houses('--optim', 'schedulefreeadamw', '--warmup-steps', '500'),
    /warmup-steps 500: the run has \d+ steps, so that the rate never reaches lr/,
  ],
  [
    'eval on values in another unit',
    evaluate('second', `csv:${at('thousands.csv')}`),
    /R2 is far below 0: are the values in the unit of the training, whose mean was: price \d+\?/,
  ],
  ['eval on another set of points', evaluate('spirals', 'moons'), /^boundgrad: moons: the training was on spirals$/m],
  [
    'a layer without a gradient: forgotten',
    net('forgotten'),
    /^fit: not trained: a\.weight, \.\. \(2\): no gradient in epoch 1: unused, or cut off[^\n]*\n$/,
  ],
  [
    'a layer without a gradient: detached',
    net('detached'),
    /^fit: not trained: c\.weight, \.\. \(2\): no gradient in epoch 1: unused, or cut off[^\n]*\n$/,
  ],
];
for (const [sentence, words, line] of warned)
  test(`${sentence}: a line on stderr`, async () => {
    const { code, stderr } = await boundgradHere(words);
    assert.match(stderr, line);
    assert.is(code, 0, stderr);
  });

/** Reads a training folder, then a test folder with the classes, mean and std of the first. */
const twoFolders = async (train: string, other: string) => {
  const { classes, preparation } = await imageFolder(at(train), { size: 8 });
  return (await imageFolder(at(other), { size: 8, classes, ...preparation.pixels })).length;
};
testMisuses(test, [
  [
    'imageFolder of a test folder with pictures of the training folder',
    () => twoFolders('photos', 'taken'),
    { warned: /^taken: 6 of its 12 test images equal training images/ },
  ],
  ['imageFolder of a test folder with other pictures', () => twoFolders('photos', 'fresh'), { fine: 12 }],
  ['imageFolder of the training folder, read again', () => twoFolders('photos', 'photos'), { fine: 12 }],
]);

const fine: [sentence: string, words: string[]][] = [
  ['a net of two layers', net('good')],
  ['a net with running averages and dropout', net('averages')],
  ['a net with a layer for the training only, without gradients in evaluation', net('training')],
  [
    '--warmup-steps beyond --max-steps',
    houses('--optim', 'schedulefreeadamw', '--warmup-steps', '500', '--max-steps', '1'),
  ],
  [
    '--out in a folder with the results of another program',
    houses().map((w) => (w === at('other') ? at('results') : w)),
  ],
  ['pictures from an archive of macOS', photos('archive')],
  ['the betas of Adan, of which the second is the smallest', houses('--optim', 'adan')],
  ['--betas of Adam in their order', houses('--optim', 'adam', '--betas', '0.9,0.99')],
];
for (const [sentence, words] of fine)
  test(`${sentence}: nothing is said`, async () => {
    const { code, stderr } = await boundgradHere(words);
    assert.equal([code, stderr], [0, '']);
  });

test('a training of one epoch with the options of a long one: it runs, and lines name the options that never act', async () => {
  const never = ['--early-stopping', '5', '--reduce-on-plateau', '3', '--lr-decay', '0.5'];
  const more = ['--keep-best', '--average', 'swa', '--eval-every', '5', '--max-steps', '1'];
  const words = ['train', ...tiny(1), '--optim', 'sgdm', '--out', at('other'), ...never, ...more];
  const { code, stderr } = await boundgradHere(words);
  assert.is(code, 0, stderr);
  assert.match(stderr, /^(--[\w-]+: (it never (acts|stops): |no whole epoch from epoch 1 on)[^\n]*\n){3}$/);
});

test('few test rows of values: a line at the end says so', async () => {
  const { stdout } = await boundgradHere(['train', ...csv('few.csv'), ...once]);
  assert.match(stdout, /only one test sample: their RMSE and R2 say little; --folds N tests/);
});

test('a net that prints: with --json stdout holds JSON only', async () => {
  const { stdout } = await boundgradHere([...net('talks'), '--json']);
  for (const line of stdout.trim().split('\n')) assert.ok(JSON.parse(line).kind);
});

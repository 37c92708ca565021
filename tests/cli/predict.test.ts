// `boundgrad predict` and `loadModelFile`: from the folder of a run to predictions for files.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeOwn } from '../../cli/models.js';
import { asCsv, asText, type Found } from '../../cli/predictions.js';
import { serializeCheckpoint } from '../../fit/checkpoint.js';
import {
  type AnyDataset,
  csv,
  DataLoader,
  fit,
  ImageDataset,
  Linear,
  loadModel,
  type Module,
  mlp,
  Sequential,
  SGDM,
  standardize,
  type TrainedModel,
} from '../../index.js';
import { checkpointFolder, loadModelFile, readCheckpoint } from '../../node/index.js';
import { png } from '../pictures/encode.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, MAIN, temporary } from './command.js';

const folder = temporary();
const at = (...names: string[]) => join(folder, ...names);

/** A run of some optimizers, as `train` and `compare` leave it: a journal beside each folder of checkpoints. Returns its folder. */
async function run(
  name: string,
  data: AnyDataset,
  model: Module<any>,
  { optimizers = ['adabound'], epochs = 40 } = {},
): Promise<string> {
  for (const key of optimizers) {
    mkdirSync(at(name), { recursive: true });
    writeFileSync(at(name, `${key}.jsonl`), '');
    const checkpoints = checkpointFolder(at(name, key));
    const optimizer = new SGDM(model.namedParameters(), { lr: 0.1 });
    await fit(model, { train: new DataLoader(data, { batchSize: 4 }), optimizer, epochs, checkpoints });
    checkpoints.close();
  }
  return at(name);
}

const cities = ['Rome', 'Oslo', 'Bonn, Rhein'];
const rows = Array.from({ length: 12 }, (_, i) => ({ size: 50 + 5 * i, city: cities[i % 3] }));
const line = ({ size, city }: (typeof rows)[number]) => `${size},"${city}"`;
const table = (some = rows) => ['size,city', ...some.map(line)].join('\r\n');
const houses = csv(`size,city,price\n${rows.map((r) => `${line(r)},${3 * r.size}`).join('\n')}`, { target: 'price' });
const prices = await run('prices', standardize(houses, { except: houses.oneHot }), mlp({ sizes: [4, 1] }));
const kinds = csv('x,kind\n1,small\n2,small\n8,large\n9,large\n', { target: 'kind' });
const sizes = await run('sizes', standardize(kinds), mlp({ sizes: [1, 2] }));
writeFileSync(at('houses.csv'), table());
writeFileSync(at('two.csv'), table(rows.slice(0, 2)));
writeFileSync(at('xs.csv'), 'x\n1\n9\n');

const here = (...words: string[]) => boundgradHere(['predict', '--backend', 'reference', ...words]);

const test = subject('boundgrad predict');

test('values are printed as one array in the order of the inputs, with the row of the file', async () => {
  const { code, stdout } = await here('--checkpoint', prices, '--json', at('two.csv'), at('houses.csv'));
  assert.is(code, 0);
  const found = JSON.parse(stdout);
  assert.is(found.length, 14);
  const net = await loadModelFile(prices);
  const expected = await net.predict(table());
  assert.equal(
    found.slice(2),
    expected.map(({ row, value }) => ({ source: at('houses.csv'), row, value })),
  );
  assert.equal(Object.keys(found[0]), ['source', 'row', 'value']);
  assert.equal([found[0].source, found[0].row, found[0].value], [at('two.csv'), 2, expected[0].value]);
});

test('a number far from the training data causes a line on stderr: the prediction may be a guess', async () => {
  writeFileSync(at('far.csv'), 'size,city\n60,Oslo\n9000,Oslo\n9001,Rome\n');
  const { code, stdout, stderr } = await here('--checkpoint', prices, '--json', at('far.csv'), at('houses.csv'));
  assert.equal([code, JSON.parse(stdout).length], [0, 15]);
  assert.match(
    stderr,
    /^boundgrad: \S+far\.csv: row 3, column 'size': 9000 is far from the training data \(mean 77\.5, standard deviation 17\.3\); 2 of 3 rows have such numbers: predictions for such rows may be guesses\n$/,
  );
});

test('a flag of 0 and 1 is not far, even if it is rare; a column that was constant has no deviation', async () => {
  const flags = Array.from({ length: 300 }, (_, i) => `${i % 7},${Number(i === 5)},${Number(i !== 9)},4,${i % 2}`);
  const data = csv(`x,rare,usual,same,y\n${flags.join('\n')}`, {
    target: 'y',
    columns: ['x', 'rare', 'usual', 'same'],
  });
  const checkpoint = await run('flags', standardize(data), mlp({ sizes: [4, 1] }), { epochs: 1 });
  writeFileSync(at('flags.csv'), 'x,rare,usual,same\n1,1,0,4\n');
  assert.is((await here('--checkpoint', checkpoint, at('flags.csv'))).stderr, '');
  for (const [row, far] of [
    ['1,2,1,4', "'rare': 2 is far from the training data (mean 0.0033, standard deviation 0.0576)"],
    ['1,0,-1,4', "'usual': -1 is far from the training data (mean 0.9967, standard deviation 0.0576)"],
    ['1,0,1,400', "'same': 400 is far from the training data (mean 4)"],
  ]) {
    writeFileSync(at('flags.csv'), `x,rare,usual,same\n${row}\n`);
    const { stderr } = await here('--checkpoint', checkpoint, at('flags.csv'));
    assert.is(
      stderr,
      `boundgrad: ${at('flags.csv')}: row 2, column ${far}: predictions for such rows may be guesses\n`,
    );
  }
});

test('classes are printed with the probability of each by name', async () => {
  const { stdout } = await here(at('xs.csv'), '--checkpoint', sizes, '--json');
  const found = JSON.parse(stdout);
  assert.equal(
    found.map(({ row, label }: { row: number; label: string }) => [row, label]),
    [
      [2, 'small'],
      [3, 'large'],
    ],
  );
  assert.equal(Object.keys(found[0]), ['source', 'row', 'label', 'probabilities']);
  assert.equal(Object.keys(found[0].probabilities), ['large', 'small']);
});

test('without --json it prints a line for each sample, in aligned columns', async () => {
  const { stdout } = await here('--checkpoint', sizes, at('xs.csv'));
  const [head, first, second] = stdout.split('\n');
  assert.match(head, /^input +row +class +probability$/);
  assert.match(first, /xs\.csv +2 +small +\d+\.\d %$/);
  assert.match(second, /xs\.csv +3 +large +\d+\.\d %$/);
  const values = (await here('--checkpoint', prices, at('two.csv'))).stdout.split('\n');
  assert.match(values[0], /^input +row +price$/);
  assert.is(values[3], 'row: its number in the file, as a spreadsheet counts; the header is row 1');
  assert.match(values[1], /two\.csv +2 +[\d.]+$/);
});

test('with --csv it prints a table that a spreadsheet and this library read: the target, and the probability of each class', async () => {
  const { stdout } = await here('--checkpoint', prices, '--csv', at('two.csv'));
  const [head, ...lines] = stdout.trimEnd().split('\n');
  assert.is(head, 'input,row,price');
  const expected = await (await loadModelFile(prices)).predict(table(rows.slice(0, 2)));
  assert.equal(
    lines,
    expected.map(({ row, value }) => `${at('two.csv')},${row},${value}`),
  );
  const ofKinds = (await here('--checkpoint', sizes, '--csv', at('xs.csv'))).stdout;
  assert.match(ofKinds, /^input,row,kind,probability of large,probability of small\n\S+,2,small,0\.\d+,0\.\d+\n/);
  assert.equal(csv(ofKinds, { target: 'kind', columns: ['row'] }).classes, ['large', 'small']);
  const both = await here('--checkpoint', sizes, '--csv', '--json', at('xs.csv'));
  assert.equal([both.code, both.stderr], [2, 'boundgrad: predict: --json and --csv are given: give one of the two\n']);
});

test('with --csv a class that is a number is written as a number, and other texts cannot act as formulas', () => {
  const net = { classes: ['-1', '+1', '=1+1'], table: null } as unknown as TrainedModel;
  const found = net.classes.map((label) => ({
    source: 'a,b.png',
    label,
    probabilities: { '-1': 0.25, '+1': 0.5, '=1+1': 0.25 },
  }));
  const expected = ['-1', '+1', "'=1+1"].map((label) => `"a,b.png",${label},0.25,0.5,0.25`);
  assert.equal(asCsv(found as Found[], net).slice(1), expected);
});

test('a target named as a column of the predictions gets another name, and a class of several lines stays one cell', () => {
  const heads = (target: string[], found: object) => {
    const net = { classes: [], table: { target } } as unknown as TrainedModel;
    return [asCsv, asText].map((write) => write([found as Found], net)[0].replace(/(,| {2,}|(?<=row) +)/g, ','));
  };
  assert.equal(heads(['row'], { source: 'a', row: 2, value: 1 }), Array(2).fill('input,row,predicted row'));
  assert.equal(heads(['input'], { source: 'a', row: 2, value: 1 }), Array(2).fill('input,row,predicted input'));
  assert.is(heads(['x', 'row'], { source: 'a', row: 2, value: [1, 2] })[0], 'input,row,x,predicted row');
  const net = { classes: ['a\r\nb'], table: null } as unknown as TrainedModel;
  const found = [{ source: 's', label: 'a\r\nb', probabilities: { 'a\r\nb': 1 } }];
  assert.equal(asCsv(found, net), ['input,class,"probability of a\r\nb"', 's,"a\r\nb",1']);
});

test('a dash is standard input', () => {
  const words = ['predict', '--checkpoint', prices, '--backend', 'reference', '--json', '-'];
  const { stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    input: table(rows.slice(3, 5)),
    encoding: 'utf8',
  });
  assert.is(stderr, '');
  assert.equal(
    JSON.parse(stdout).map(({ source, row }: { source: string; row: number }) => [source, row]),
    [
      ['-', 2],
      ['-', 3],
    ],
  );
});

test('the file of a checkpoint, the folder of checkpoints and the folder of the run give the same predictions', async () => {
  const { path } = readCheckpoint(join(prices, 'adabound'));
  const outputs = [];
  for (const checkpoint of [prices, join(prices, 'adabound'), path])
    outputs.push((await here('--checkpoint', checkpoint, '--json', at('two.csv'))).stdout);
  assert.is(new Set(outputs).size, 1);
  assert.ok(outputs[0].length > 2);
});

test('pictures are resized and predicted one by one, in their order; also from standard input', async () => {
  const pixels = Uint8Array.from({ length: 4 * 48 }, (_, i) => (i * 37) % 256);
  const images = new ImageDataset({
    ...{ name: 'i', pixels, labels: [0, 1, 0, 1], shape: [3, 4, 4], classes: ['cat', 'dog'] },
    ...{ mean: [0.4, 0.5, 0.6], std: [0.2, 0.2, 0.2] },
  });
  const photos = await run('photos', images, mlp({ sizes: [48, 2] }));
  // Every pixel of image k twice in both directions.
  for (const k of [0, 1]) {
    const samples = Array.from({ length: 3 * 64 }, (_, i) => {
      const [c, x, y] = [i % 3, Math.floor(i / 3) % 8, Math.floor(i / 24)];
      return pixels[48 * k + 16 * c + 4 * (y >> 1) + (x >> 1)];
    });
    writeFileSync(at(`${k}.png`), png({ width: 8, height: 8, type: 2, samples }));
  }
  const net = await loadModelFile(photos);
  const expected = (await net.predict(pixels)).slice(0, 2);
  const { stdout } = await here('--checkpoint', photos, '--json', at('1.png'), at('0.png'));
  assert.equal(JSON.parse(stdout), [
    { source: at('1.png'), ...expected[1] },
    { source: at('0.png'), ...expected[0] },
  ]);
  const words = ['predict', '--checkpoint', photos, '--backend', 'reference', '--json', '-'];
  const piped = spawnSync(process.execPath, [MAIN, ...words], { input: readFileSync(at('0.png')), encoding: 'utf8' });
  assert.equal(JSON.parse(piped.stdout), [{ source: '-', ...expected[0] }]);
  writeFileSync(at('two'), 'size,city\n');
  writeFileSync(at('cut.png'), readFileSync(at('0.png')).subarray(0, 60));
  for (const [name, message] of [
    ['cut.png', /^boundgrad: .*cut\.png: truncated: /],
    ['two.csv', /^boundgrad: .*two\.csv: a table: the model was trained on pictures$/m],
    ['two', /^boundgrad: .*two: not a picture that is known; save it as PNG or JPEG/],
    ['none.png', /^boundgrad: cannot read '.*none\.png': no such file/],
  ] as const) {
    const { code, stdout, stderr } = await here('--checkpoint', photos, at('0.png'), at(name));
    assert.equal([code, stdout], [2, ''], name);
    assert.match(stderr, message);
  }
});

test('inputs that cannot be used are refused by file and row, before anything is printed', async () => {
  writeFileSync(at('bad.csv'), table([...rows, { size: 1, city: 'Paris' }]));
  writeFileSync(at('short.csv'), 'size\n1\n');
  writeFileSync(at('gap.csv'), 'size,city\n1,Rome\n,Rome\n');
  writeFileSync(at('latin.csv'), Buffer.from('size,city\n1,Köln\n', 'latin1'));
  const both = await run('both', kinds, mlp({ sizes: [1, 2] }), { optimizers: ['adam', 'sgdm'] });
  const names = ['adam', 'sgdm'].map((key) => `--checkpoint ${join(both, key)}`).join(', ');
  const cases: [words: string[], message: string][] = [
    [
      [at('two.csv'), at('bad.csv')],
      `${at('bad.csv')}: row 14, column 'city': unknown category: 'Paris'; the table has`,
    ],
    [
      [at('short.csv')],
      `${at('short.csv')}: the column 'city', an input in the training, is missing: the header has size; `,
    ],
    [
      [at('gap.csv')],
      `${at('gap.csv')}: row 3, column 'size': no value; the training filled no cells; train with --missing fill\n`,
    ],
    [[at('latin.csv')], `${at('latin.csv')}: cannot be read: it is not UTF-8`],
    [[at('none.csv')], `cannot read '${at('none.csv')}': no such file`],
    [[folder], `${folder}: a folder; give its files: ${join(folder, '*.csv')}`],
    [['a.PNG'], 'a.PNG: a picture: the model was trained on rows of numbers and texts'],
    [[], 'predict: an input is missing: '],
    [['-', '-'], 'predict: -: standard input can be read only once'],
    [['--checkpoint', both, at('xs.csv')], `--checkpoint: '${both}' holds 2 runs; choose one: ${names}`],
    [['--checkpoint', at('none'), at('xs.csv')], `--checkpoint: cannot read '${at('none')}': no such file`],
    [['--threads', 'x', at('xs.csv')], "--threads: must be an integer of at least 1: 'x'"],
  ];
  for (const [words, message] of cases) {
    const chosen = words.includes('--checkpoint') ? [] : ['--checkpoint', prices];
    const { code, stdout, stderr } = await here(...chosen, ...words);
    assert.is(code, 2, `${words}: ${stdout}`);
    assert.is(stdout, '');
    assert.ok(stderr.startsWith(`boundgrad: ${message}`), `${stderr} is not: ${message}`);
  }
  assert.match((await boundgradHere(['predict'])).stdout, /usage: boundgrad predict --checkpoint RUN INPUT\.\./);
});

test('a model file is run only if --model names it; a file that changed since the training causes a note', async () => {
  // The library is passed in, so the file imports nothing.
  const code = (more: string) =>
    `export default ({ input, outputs, random }, { Linear, Sequential }) => new Sequential(new Linear(input[0], outputs, { random }));${more}`;
  writeFileSync(at('net.mjs'), code(''));
  writeFileSync(at('other.mjs'), code('// edited'));
  writeFileSync(at('wide.mjs'), code('').replace('Sequential(', 'Sequential(new Linear(1, 1), '));
  const own = await run('own', kinds, await makeOwn(at('net.mjs'), [1], 2, 7));
  const unnamed = await here('--checkpoint', own, at('xs.csv'));
  assert.is(unnamed.code, 2);
  assert.match(unnamed.stderr, /holds a model of your own, from net\.mjs: name that file with --model FILE$/m);
  const named = await here('--checkpoint', own, '--model', at('net.mjs'), at('xs.csv'), '--json');
  assert.equal([named.code, named.stderr], [0, '']);
  assert.equal(
    JSON.parse(named.stdout).map(({ label }: { label: string }) => label),
    ['small', 'large'],
  );
  const edited = await here('--checkpoint', own, '--model', at('other.mjs'), at('xs.csv'), '--json');
  assert.equal([edited.code, edited.stdout], [0, named.stdout]);
  assert.match(edited.stderr, /^boundgrad: the file that made the model has changed: net\.mjs, now other\.mjs$/m);
  const wide = await here('--checkpoint', own, '--model', at('wide.mjs'), at('xs.csv'));
  assert.is(wide.code, 2);
  assert.match(wide.stderr, /--checkpoint: the given model is another: /);
  const builtIn = await here('--checkpoint', sizes, '--model', at('net.mjs'), at('xs.csv'));
  assert.match(builtIn.stderr, /--model: the checkpoint holds boundgrad's mlp: leave out --model/);
});

const files = subject('loadModelFile');

files('a path, a file: URL, a folder and a file give the net that loadModel makes of the bytes', async () => {
  const { path } = readCheckpoint(join(sizes, 'adabound'));
  const expected = await (await loadModel(new Uint8Array(readFileSync(path)))).predict('x\n3\n');
  for (const from of [sizes, join(sizes, 'adabound'), path, pathToFileURL(sizes)])
    assert.equal(await (await loadModelFile(from)).predict('x\n3\n'), expected);
});

files('if the newest checkpoint is damaged, a note says so and the one before it is used', async () => {
  const copy = at('copy');
  cpSync(join(sizes, 'adabound'), copy, { recursive: true });
  const { path } = readCheckpoint(copy);
  writeFileSync(path, readFileSync(path).subarray(0, 100));
  const { notes } = await loadModelFile(copy);
  assert.is(notes.length, 1);
  assert.match(notes[0], /truncated or damaged.*used step-\d+\.safetensors instead/);
});

files('a run of several optimizers is refused with their names; a folder without checkpoints too', async () => {
  const several = at('both');
  const error = await loadModelFile(several).catch((e) => e);
  assert.is(
    error.message,
    `loadModelFile: '${several}' holds 2 runs; choose one: '${join(several, 'adam')}', '${join(several, 'sgdm')}'`,
  );
  mkdirSync(at('empty'));
  assert.match((await loadModelFile(at('empty')).catch((e) => e)).message, /no checkpoint: no step-\*\.safetensors/);
});

files('a model that boundgrad cannot make must be given', async () => {
  const { checkpoint } = readCheckpoint(join(folder, 'own', 'adabound'));
  writeFileSync(at('own.safetensors'), await serializeCheckpoint(checkpoint));
  assert.match(
    (await loadModelFile(at('own.safetensors')).catch((e) => e)).message,
    /loadModel: the model was made by the file net\.mjs/,
  );
  const net = await loadModelFile(at('own.safetensors'), { model: new Sequential(new Linear(1, 2)) });
  assert.equal(net.classes, ['large', 'small']);
});

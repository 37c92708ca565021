// The command line on a user's data: tables, pictures, a model in a file, folds. Combinations that do not fit are refused.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadData } from '../../cli/datasets.js';
import { buildModel } from '../../cli/models.js';
import type { OwnOptions } from '../../cli/ownData.js';
import { Random } from '../../core/index.js';
import { type Subset, splitFolds, tensorDataset } from '../../datasets/index.js';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import { fastBackend } from '../fastBackend.js';
import { png } from '../pictures/encode.js';
import { assert, subject } from '../spec.js';
import { asNpx, boundgradHere, readRun, temporary } from './command.js';

const test = subject('A user’s data');
const folder = temporary();
const at = (name: string) => join(folder, name);

const stream = new Random(3).stream('table');
const CITIES = { Lima: -30, Oslo: 0, Rome: 50 };
const houses = Array.from({ length: 120 }, () => {
  const [age, rooms] = [stream.below(90), 1 + stream.below(8)];
  const city = (['Lima', 'Oslo', 'Rome'] as const)[stream.below(3)];
  return `${age},${rooms},${city},${(300 - 3 * age + 40 * rooms + CITIES[city] + 4 * stream.normal()).toFixed(2)}`;
});
writeFileSync(at('houses.csv'), ['age,rooms,city,price', ...houses, ''].join('\n'));
const kinds = Array.from({ length: 60 }, (_, i) => {
  const rare = i % 6 === 0;
  return `${((rare ? 2 : -2) + stream.normal()).toFixed(3)},${rare ? 1 : 0}`;
});
writeFileSync(at('kinds.csv'), ['x,kind', ...kinds, ''].join('\n'));
const photos = at('photos');
for (const [name, red] of [
  ['dark', 20],
  ['light', 220],
] as const) {
  mkdirSync(join(photos, name), { recursive: true });
  for (let i = 0; i < 10; i++) {
    const [width, height] = [9 + i, 7];
    const samples = Array.from({ length: 3 * width * height }, () => red + stream.below(30));
    writeFileSync(join(photos, name, `${i}.png`), png({ width, height, samples }));
  }
}
writeFileSync(
  at('net.mjs'),
  `export default ({ input, outputs, random }, { Linear, Sequential, Tanh }) =>
     new Sequential(new Linear(input[0], 8, { random }), new Tanh(), new Linear(8, outputs, { random }));`,
);

const run = (...words: string[]) => boundgradHere([...words, '--backend', fastBackend]);
const table = ['--data', `csv:${at('houses.csv')}`, '--target', 'price'];
const pictures = ['--data', `images:${photos}`];

test('a linear table reaches R2 > 0.95 on the held-out part, with the defaults and 60 epochs; eval prints it', async () => {
  const out = at('linear');
  const trained = await run('train', ...table, '--epochs', '60', '--out', out);
  assert.is(trained.code, 0, trained.stderr);
  assert.match(trained.stdout, /; not every epoch is printed\n\nAdaBound +epoch +1\/60 /);
  assert.match(trained.stdout, /96 training and 24 test samples/);
  assert.match(trained.stdout, /epoch 60\/60 .* test R2 +0\.9[5-9]/);
  assert.match(trained.stdout, /optimizer +train RMSE +test RMSE +test R2 +best R2/);
  assert.match(
    trained.stdout,
    /\nRMSE: root mean square error, in the unit of price; train: mean over the last epoch; test: /,
  );
  assert.is(trained.stderr, '');
  assert.not.match(trained.stdout, /NaN|undefined|accuracy/);
  const evaluated = ['eval', '--checkpoint', out, '--data', `csv:${at('houses.csv')}`];
  const all = await run(...evaluated, '--all', '--json');
  const held = await run(...evaluated, '--json');
  assert.is(all.code, 0, all.stderr);
  const [whole, part] = [all, held].map(({ stdout }) => JSON.parse(stdout));
  assert.equal([whole.samples, part.samples, whole.part, part.part], [120, 24, 'all', 'held out']);
  assert.ok(whole.r2 > 0.95 && part.r2 > 0.95, `${whole.r2} ${part.r2}`);
  // In the units of the target: the noise has a standard deviation of 4.
  assert.ok(part.rmse > 2 && part.rmse < 25, `${part.rmse}`);
  const records = readFileSync(join(out, 'adabound.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((l) => JSON.parse(l));
  const { data } = records[0];
  const last = records.filter((r) => r.kind === 'epoch').at(-1);
  assert.ok(Math.abs(1 - last.testLoss / data.variance - part.r2) < 1e-4, 'the R2 of the training is that of eval');
  const text = await run(...evaluated);
  assert.match(text.stdout, / on the 24 samples of csv:.*houses\.csv that training held out\n/);
  assert.match(text.stdout, /\nMAE [\d.]+, RMSE [\d.]+, in the unit of price; R2 0\.9/);
  assert.match(
    text.stdout,
    /\nloss 0\.\d+: the mean square error of standardized values, by the mean and deviation of the training part\n$/,
  );
  const printed = Number(/epoch 60\/60 .* test RMSE +([\d.]+) /.exec(trained.stdout)![1]);
  assert.ok(Math.abs(printed - part.rmse) < 1e-3 * part.rmse, 'the RMSE of the training is that of eval');
});

test('a note names a column that is an id, and the option --columns that leaves it out; small data get small batches; few steps cause a note', async () => {
  const lines = houses.slice(0, 40).map((row, i) => `${i + 1},${row}`);
  writeFileSync(at('numbered.csv'), ['no,age,rooms,city,price', ...lines, ''].join('\n'));
  const out = at('numbered');
  const words = ['train', '--data', `csv:${at('numbered.csv')}`, '--target', 'price', '--epochs', '3', '--out', out];
  const noted = await run(...words);
  assert.is(noted.code, 0, noted.stderr);
  const note =
    /^boundgrad: numbered\.csv: 'no' has a different whole number in each row, .*; to leave such columns out, give --columns (.*)\n$/;
  assert.match(noted.stderr, note);
  const [, columns] = note.exec(noted.stderr)!;
  assert.is(columns, 'age,rooms,city');
  assert.match(noted.stdout, /batches of 8, backend [^;]*\n\n/);
  const [, more] = /\nonly 12 steps, few for a net; for 500 steps: boundgrad train (--resume .* --epochs 125)\n/.exec(
    noted.stdout,
  )!;
  assert.is(more, `--resume ${out} --epochs 125`);
  const resumed = await run('train', ...more.split(' '), '--eval-every', '125');
  assert.equal([resumed.code, resumed.stderr], [0, '']);
  assert.match(resumed.stdout, /epoch 125\/125 /);
  assert.not.match(resumed.stdout, /only \d+ steps/);
  // The call asks for 12 steps, but the run has 500.
  const fewer = await run('train', '--resume', out, '--epochs', '3');
  assert.match(fewer.stdout, 'complete: 125 epochs; --epochs 3 is less than the 125 done');
  assert.not.match(fewer.stdout, /only \d+ steps/);
  assert.is((await run(...words, '--columns', columns)).stderr, '');
  assert.match((await run(...words, '--json')).stderr, note);
});

test('spirals are learned with half of the default epochs', async () => {
  // 650 steps: half of the default 100 epochs. Ten epochs are too few: they reach 55 % on the two classes.
  const { code, stdout, stderr } = await run(
    'train',
    '--data',
    'spirals',
    '--max-steps',
    '650',
    '--out',
    at('spirals'),
  );
  assert.is(code, 0, stderr);
  const [, right] = /epoch +50\/\d+ .* test +(\d+\.\d) %/.exec(stdout)!;
  assert.ok(Number(right) > 90, `${right} %`);
});

const allOf = async (set: { length: number; batch(i: Int32Array): any }) =>
  set.batch(Int32Array.from({ length: set.length }, (_, i) => i));

test('means and deviations come from the training part; one-hot inputs are not standardized; --no-standardize leaves all inputs unchanged', async () => {
  const own: OwnOptions = { target: ['price'] };
  const load = (more: OwnOptions = {}) => loadData(`csv:${at('houses.csv')}`, { own: { ...own, ...more } });
  const { train, test: held } = await load();
  const { inputs, targets } = await allOf(train);
  const column = (values: Float32Array, width: number, c: number) =>
    Array.from({ length: values.length / width }, (_, i) => values[i * width + c]);
  const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  for (const values of [column(inputs, 5, 0), column(inputs, 5, 1), column(targets, 1, 0)]) {
    assert.ok(Math.abs(mean(values)) < 1e-5);
    assert.ok(Math.abs(mean(values.map((v) => v * v)) - 1) < 1e-5);
  }
  assert.ok(column(inputs, 5, 2).every((v) => v === 0 || v === 1));
  assert.ok(Math.abs(mean(column((await allOf(held)).inputs, 5, 0))) > 1e-4, 'the means of the test part are not 0');
  const plain = await allOf((await load({ noStandardize: true })).train);
  assert.ok(mean(column(plain.targets, 1, 0)) > 200);
  const images = await loadData(`images:${photos}`, { own: { size: 4 } });
  const pixels = await allOf(images.train);
  assert.ok(Math.abs(mean([...pixels.inputs])) < 1e-5);
  assert.ok(Math.abs(mean([...(await allOf(images.test)).inputs])) > 1e-5);
  // Both classes have the same share in the held-out part.
  assert.equal([...(await allOf(images.test)).labels].sort(), [0, 0, 1, 1]);
});

test('the held-out part depends on --seed and --val alone', async () => {
  const held = async (own: OwnOptions) => {
    const { test } = await loadData(`csv:${at('houses.csv')}`, {
      own: { target: ['price'], noStandardize: true, ...own },
    });
    return [...(await allOf(test)).targets];
  };
  assert.equal(await held({ seed: 5 }), await held({ seed: 5 }));
  assert.not.equal(await held({ seed: 5 }), await held({ seed: 6 }));
  assert.is((await held({ val: 0.5 })).length, 60);
});

test('folds: each sample is held out once, their sizes differ by at most one sample, and each class is spread evenly over them', () => {
  for (const [n, count, stratify] of [
    [10, 5, false],
    [23, 4, true],
    [7, 7, true],
    [50, 3, true],
  ] as const) {
    const data = tensorDataset(
      Array.from({ length: n }, (_, i) => [i]),
      Array.from({ length: n }, (_, i) => i % 3),
      { classes: 3 },
    );
    const folds = splitFolds(data, count, { seed: 1, stratify });
    const held = folds.map(([, test]) => [...(test as Subset<any>).indices]);
    assert.equal(
      held.flat().sort((a, b) => a - b),
      Array.from({ length: n }, (_, i) => i),
    );
    const sizes = held.map((part) => part.length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
    for (const [train, test] of folds) {
      const both = [...train.indices, ...test.indices].sort((a, b) => a - b);
      assert.equal(
        both,
        Array.from({ length: n }, (_, i) => i),
      );
    }
    if (!stratify) continue;
    for (const c of [0, 1, 2]) {
      const counts = held.map((part) => part.filter((i) => i % 3 === c).length);
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `class ${c}: ${counts}`);
    }
  }
});

test('--folds trains once for each part, in a folder each, and averages; a second run replaces all folders', async () => {
  const out = at('folds');
  const words = ['train', ...table, '--folds', '3', '--epochs', '2', '--out', out];
  const first = await run(...words);
  assert.is(first.code, 0, first.stderr);
  assert.match(first.stdout, /optimizer +folds +mean test R2 +deviation\nAdaBound +3 +-?\d/);
  const resumed = await run('train', '--resume', out);
  assert.is(resumed.code, 0, resumed.stderr);
  assert.is(resumed.stdout.match(/AdaBound is complete: 2 epochs[;\n]/g)?.length, 3);
  assert.is((await run(...words)).code, 0);
});

test('numbers are classes with --classes; --class-weights balanced gives the rare class more weight, and a line proposes it', async () => {
  const data = ['--data', `csv:${at('kinds.csv')}`, '--target', 'kind', '--classes'];
  const out = at('balanced');
  const balanced = await run('train', ...data, '--class-weights', 'balanced', '--epochs', '3', '--out', out);
  assert.is(balanced.code, 0, balanced.stderr);
  assert.match(balanced.stdout, /epoch 3\/3 .* test +\d+\.\d %/);
  const saved = JSON.parse(readFileSync(join(out, 'adabound.jsonl'), 'utf8').split('\n')[0]);
  assert.equal([saved.classWeights, saved.loss, saved.data.classes], ['balanced', 'cross-entropy', 2]);
  assert.not.match(balanced.stdout, 'rare classes');
  const few = kinds.map((row, i) => (row.endsWith(',1') && i > 18 ? row.replace(/1$/, '0') : row));
  writeFileSync(at('few.csv'), ['x,kind', ...few, ''].join('\n'));
  const rare = ['train', '--data', `csv:${at('few.csv')}`, ...data.slice(2), '--epochs', '1', '--out', at('few')];
  assert.match(
    (await run(...rare)).stdout,
    /\nfew training samples of rare classes: '1' 3 of 48; --class-weights balanced counts their errors more\n$/,
  );
  assert.not.match((await run(...rare, '--class-weights', 'balanced')).stdout, 'rare classes');
  const values = await run('train', ...data.slice(0, 4), '--epochs', '1', '--out', at('values'));
  assert.match(values.stdout, /test R2/);
});

test('a model in a user’s file trains and resumes, and is evaluated only if the call names the file', async () => {
  const out = at('own');
  const words = ['train', ...table, '--model', at('net.mjs'), '--loss', 'huber', '--out', out];
  const first = await run(...words, '--epochs', '2');
  assert.is(first.code, 0, first.stderr);
  assert.match(first.stdout, /^net\.mjs \(\d+ parameters\) on houses\.csv/);
  const resumed = await run('train', '--resume', out, '--model', at('net.mjs'), '--epochs', '3');
  assert.is(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stdout, /epoch 3\/3/);
  assert.match(resumed.stdout, /--resume \S+own --model \S+net\.mjs --epochs/);
  const evaluated = ['eval', '--checkpoint', out, '--data', `csv:${at('houses.csv')}`];
  const unnamed = await run(...evaluated);
  assert.is(unnamed.code, 2);
  assert.match(unnamed.stderr, /holds a model of your own, from net\.mjs: name that file with --model FILE/);
  assert.match((await run(...evaluated, '--model', at('net.mjs'))).stdout, /net\.mjs after step \d+ .*\nMAE/);
});

test('a run folder cannot make --resume run a file of code: the command line must name it', async () => {
  const out = at('named');
  await run('train', ...table, '--epochs', '1', '--out', out);
  const trap = at('trap.mjs');
  const sprung = at('sprung');
  writeFileSync(trap, `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(sprung)}, '');\n`);
  const json = join(out, 'run.json');
  const { options, ...rest } = JSON.parse(readFileSync(json, 'utf8'));
  for (const model of [trap, 'net.mjs', `./${basename(folder)}/../trap.js`]) {
    writeFileSync(json, JSON.stringify({ ...rest, options: { ...options, model } }));
    const { code, stderr } = await run('train', '--resume', out, '--epochs', '2');
    assert.is(code, 2);
    assert.match(
      stderr,
      /has a custom net, from '.*': the folder alone does not make boundgrad run code; to run .* --model /,
    );
  }
  writeFileSync(json, JSON.stringify({ ...rest, options: { ...options, model: trap } }));
  const other = await run('train', '--resume', out, '--model', at('net.mjs'));
  assert.match(other.stderr, /has other settings: --model \S+trap\.mjs then, \S+net\.mjs now/);
  const { model: _, ...others } = options;
  writeFileSync(json, JSON.stringify({ ...rest, options: others, defaults: { model: trap } }));
  assert.match((await run('train', '--resume', out, '--epochs', '2')).stderr, /has a custom net/);
  assert.is(existsSync(sprung), false);
});

test('a run resumes with the defaults that it began with, also a run of an earlier version whose journal records them', async () => {
  const words = ['train', ...pictures, '--size', '12', '--augment', 'none', '--batch-size', '4'];
  const weights = (out: string) => {
    const { model } = readCheckpoint(join(out, 'adabound')).checkpoint;
    return Object.values(model).map((t) => [...t.dataSync()].join());
  };
  assert.is((await run(...words, '--epochs', '2', '--out', at('whole'))).code, 0);
  for (const earlier of [false, true]) {
    const out = at(`earlier-${earlier}`);
    assert.is((await run(...words, '--epochs', '1', '--out', out)).code, 0);
    const json = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
    assert.equal([json.defaults.model, json.defaults.channels, json.defaults.augment], ['lenet', '3', undefined]);
    const { augment, 'batch-size': size, epochs, ...options } = json.options;
    const defaults = earlier ? undefined : { ...json.defaults, augment, 'batch-size': size, epochs };
    writeFileSync(join(out, 'run.json'), JSON.stringify({ ...json, options, defaults }));
    assert.match((await run('train', '--resume', out)).stdout, /is complete: 1 epoch;/);
    assert.match(
      (await run('train', '--resume', out, '--augment', 'crop')).stderr,
      /other settings: --augment .*, crop now/,
    );
    const resumed = await run('train', '--resume', out, '--epochs', '2', '--augment', 'none');
    assert.is(resumed.code, 0, resumed.stderr);
    assert.equal(weights(out), weights(at('whole')));
  }
});

test('a run of another net or of other rows is not continued: the message names --out', async () => {
  const out = at('changed');
  // Node keeps a loaded module, so the net of another size is in another folder.
  const net = (units: number) => {
    const file = join(at(`units-${units}`), 'changed.mjs');
    mkdirSync(at(`units-${units}`));
    writeFileSync(file, `export default ({ outputs }, { mlp }) => mlp({ sizes: [5, ${units}, outputs] });`);
    return file;
  };
  const [file, larger] = [net(4), net(6)];
  assert.is((await run('train', ...table, '--model', file, '--epochs', '1', '--out', out)).code, 0);
  const { code, stderr } = await run('train', '--resume', out, '--model', larger, '--epochs', '2');
  assert.is(code, 2);
  assert.match(
    stderr,
    /^boundgrad: --resume: the checkpoint is of another model: misshapen 1\.weight \(4,5\) for the model's \(6,5\), .*; give the same, or train into another --out folder\n$/,
  );
  const whole = readFileSync(at('houses.csv'), 'utf8');
  writeFileSync(at('houses.csv'), whole.replace(/.*\n$/, ''));
  const fewer = await run('train', '--resume', out, '--model', file, '--epochs', '2');
  writeFileSync(at('houses.csv'), whole);
  assert.equal([fewer.code, fewer.stderr.split('\n').length], [2, 2]);
  assert.match(fewer.stderr, /: samples: 96 then, 95 now; .*or train into another --out folder\n$/);
});

test('pictures: trained from a folder, evaluated on a folder; LeNet is built for 32 x 32 too', async () => {
  const out = at('pictures');
  const trained = await run('train', ...pictures, '--size', '12', '--epochs', '2', '--batch-size', '4', '--out', out);
  assert.is(trained.code, 0, trained.stderr);
  assert.match(trained.stdout, /lenet .* on photos: 16 training and 4 test samples/);
  const rough =
    /\nonly 4 test samples: the standard error of their accuracy is up to 25 points; --folds 5 tests on each sample once\n/;
  assert.match(trained.stdout, rough);
  const evaluated = await run('eval', '--checkpoint', out, ...pictures);
  assert.match(evaluated.stdout, /on the 4 samples of images:.*photos that training held out/);
  assert.match(evaluated.stdout, /\ndark +2 /);
  assert.match(evaluated.stdout, /\ntrue \\ predicted +dark +light\ndark +\d +\d\nlight +\d +\d\n$/);
  assert.is(evaluated.stderr, '');
  const all = await run('eval', '--checkpoint', out, ...pictures, '--all');
  assert.match(all.stdout, /on all 20 samples/);
  assert.match(all.stderr, /^boundgrad: images:\S+: the training used samples of these data: 16 of the 16 that /);
  // The other nets of pictures are for 32 x 32 by default; tests/models/resnet.test.ts builds them.
  for (const channels of [1, 3]) buildModel('lenet', [channels, 32, 32], 2, 1).dispose();
});

test('eval finds the held-out part, also of a fold and of augmented pictures; of other data it uses all samples, and says whether the training used some of them', async () => {
  const folds = at('eval-folds');
  const trained = await run('train', ...table, '--folds', '3', '--epochs', '1', '--out', folds);
  assert.is(trained.code, 0, trained.stderr);
  const evaluate = async (...words: string[]) => {
    const { code, stdout, stderr } = await run('eval', ...words, '--json');
    assert.is(code, 0, stderr);
    return { ...JSON.parse(stdout), stderr };
  };
  const own = ['--data', `csv:${at('houses.csv')}`];
  const second = await evaluate('--checkpoint', join(folds, 'fold-2'), ...own);
  assert.equal([second.samples, second.part], [40, 'held out']);
  const { records } = { records: readFileSync(join(folds, 'fold-2', 'adabound.jsonl'), 'utf8').split('\n') };
  const { testLoss } = JSON.parse(records.find((line) => line.includes('"kind":"epoch"'))!);
  assert.ok(Math.abs(second.loss - testLoss) < 1e-6 * testLoss, `${second.loss} ${testLoss}`);
  writeFileSync(at('fewer.csv'), ['age,rooms,city,price', ...houses.slice(1), ''].join('\n'));
  const fewer = await evaluate('--checkpoint', join(folds, 'fold-2'), '--data', `csv:${at('fewer.csv')}`);
  assert.equal([fewer.samples, fewer.part], [119, 'all']);
  assert.match(
    fewer.stderr,
    /^boundgrad: csv:\S+: the training used samples of these data: 6[34] of the 64 that the checkpoint remembers are among them; the figures are better than they would be for new data\n$/,
  );
  writeFileSync(at('others.csv'), 'age,rooms,city,price\n1,1,Oslo,7\n2,2,Rome,8\n');
  const others = await evaluate('--checkpoint', join(folds, 'fold-2'), '--data', `csv:${at('others.csv')}`);
  assert.equal([others.samples, others.part, others.stderr], [2, 'all', '']);
  const crops = at('crops');
  const words = [...pictures, '--size', '12', '--augment', 'crop,flip', '--epochs', '1', '--val', '0.4', '--seed', '3'];
  assert.is((await run('train', ...words, '--out', crops)).code, 0);
  const held = await evaluate('--checkpoint', crops, ...pictures);
  assert.equal([held.samples, held.part], [8, 'held out']);
});

test('eval without --data uses the data set of the checkpoint, and asks for a missing file or folder', async () => {
  const spirals = await run('eval', '--checkpoint', at('spirals'));
  assert.match(spirals.stdout, / on 200 samples of spirals\n/);
  const asked: [words: string[], message: RegExp][] = [
    [
      ['--checkpoint', at('linear')],
      /eval: --data csv:FILE is missing: the checkpoint was trained on houses\.csv, whose folder it does not keep; give --data csv:houses\.csv, with its path/,
    ],
    [
      ['--checkpoint', at('pictures')],
      /eval: --data images:DIR is missing: the checkpoint was trained on photos, whose folder .*; give --data images:photos, with its path/,
    ],
    [
      ['--checkpoint', at('spirals'), '--all'],
      /--all: it is for --data csv:FILE, images:DIR, text:FILE and moby-dick:/,
    ],
    [['--checkpoint', at('spirals'), '--missing', 'drop'], /--missing: it is for --data csv:FILE/],
    [
      ['--checkpoint', at('spirals'), '--data-dir', folder],
      /--data-dir: it is for --data fashion-mnist, .*: the data are spirals;/,
    ],
    [['--checkpoint', at('spirals'), '--data', 'mnist'], /--data mnist: it is read from files: --data-dir DIR must/],
  ];
  for (const [words, message] of asked) {
    const { code, stderr, stdout } = await run('eval', ...words);
    assert.equal([code, stdout], [2, ''], stderr);
    assert.match(stderr, message);
  }
});

test('missing cells: refused by row, or filled by --fill, also in eval and predict; one line for a file names the filled cells', async () => {
  const lines = ['age,city,price', '10,Rome,1', '20,,2', ',Oslo,3', '60,Oslo,4', '30,Rome,5', '40,Oslo,6', ''];
  writeFileSync(at('holes.csv'), lines.join('\n'));
  const holes = ['--data', `csv:${at('holes.csv')}`, '--target', 'price'];
  const plain = await run('train', ...holes, '--epochs', '1', '--out', at('refused'));
  assert.match(plain.stderr, /row 3, column 'city': no value/);
  const out = at('holes');
  const filled = await run('train', ...holes, '--fill', 'age=median,city=unknown', '--epochs', '1', '--out', out);
  assert.is(filled.code, 0, filled.stderr);
  const cells = "2 missing cells are %: 'age' in row 4 with 30, 'city' in row 3 with 'unknown'\n";
  assert.is(filled.stderr, `boundgrad: holes.csv: ${cells.replace('%', 'filled')}`);
  const { description, settings } = readCheckpoint(join(out, 'adabound')).checkpoint;
  assert.equal(description!.preparation.table!.columns, [
    { name: 'age', kind: 'number', fill: 30 },
    { name: 'city', kind: 'category', categories: ['Oslo', 'Rome', 'unknown'], fill: 'unknown' },
  ]);
  assert.equal([settings.missing, settings.fill], ['fill', { age: 'median', city: 'unknown' }]);
  const all = await run('eval', '--checkpoint', out, ...holes.slice(0, 2), '--all');
  assert.equal(
    [all.code, all.stderr.split('\n')[0]],
    [0, `boundgrad: holes.csv: ${cells.replace('%', 'filled as in training').trimEnd()}`],
  );
  const dropped = await run('train', ...holes, '--missing', 'drop', '--epochs', '1', '--out', at('dropped'));
  assert.is(dropped.stderr, 'boundgrad: holes.csv: 2 of 6 rows are left out, because a cell is missing\n');
  writeFileSync(at('new.csv'), 'age,city\n,\n30,unknown\n');
  const { stdout, stderr } = await run('predict', '--checkpoint', out, at('new.csv'), '--json');
  const [empty, same] = JSON.parse(stdout);
  assert.equal(empty.value, same.value);
  const two = "2 missing cells are filled as in training: 'age' in row 2 with 30, 'city' in row 2 with 'unknown'";
  assert.is(stderr, `boundgrad: ${at('new.csv')}: ${two}\n`);
  writeFileSync(at('new.csv'), `age,city\n${',Rome\n'.repeat(5)}3,\n4,\n`);
  const more = await run('predict', '--checkpoint', out, at('new.csv'));
  assert.match(
    more.stderr,
    /: 7 missing cells are .*: 'age' in row 2 and 4 others with 30, 'city' in rows 7 and 8 with 'unknown'\n$/,
  );
});

test('a private run names no folder of data or model, and resumes if they are given again', async () => {
  const out = at('private');
  const own = ['--data', `csv:${at('houses.csv')}`, '--model', at('net.mjs')];
  const first = await run('train', ...own, '--target', 'price', '--epochs', '1', '--private', '--out', out);
  assert.is(first.code, 0, first.stderr);
  for (const name of ['run.json', 'adabound.jsonl', 'report.html'])
    assert.not.ok(readFileSync(join(out, name), 'utf8').includes(folder), name);
  const lost = await run('train', '--resume', out, '--epochs', '2');
  assert.match(lost.stderr, /is private and keeps no paths: give --(data|model) again/);
  const again = await run('train', '--resume', out, '--epochs', '2', ...own);
  assert.is(again.code, 0, again.stderr);
});

const refused: [words: string[], message: RegExp][] = [
  [['--target', 'price'], /--target: it is for --data csv:FILE: the data are fashion-mnist-sample; leave it out/],
  [['--data', `csv:${at('houses.csv')}`], /--target COLUMN must name the column to predict/],
  [['--data', 'houses.csv'], /--data: unknown: 'houses\.csv'; a table is csv:houses\.csv/],
  [['--data', 'photos/'], /a folder of pictures is images:photos\//],
  [['--data', 'csv:'], /--data: a path is missing: csv:FILE/],
  [['--data', `csv:${at('none.csv')}`, '--target', 'a'], /none\.csv/],
  [[...table.slice(0, 3), 'prize'], /unknown column: prize.*did you mean price/],
  [[...table, '--fill', 'mode'], /--fill: unknown: 'mode'; one of mean, median, most-frequent/],
  [[...table, '--fill', 'city=median'], /fill: 'city' holds categories, which have no median; give a text/],
  [[...table, '--fill', 'ages=0'], /--fill: unknown input: ages.*did you mean age/],
  [[...table, '--fill', 'age='], /--fill: 'age=' does not name a column and its value, for example age=median/],
  [[...table, '--fill', '0', '--missing', 'drop'], /--fill: --missing is drop: nothing would be filled/],
  [[...pictures, '--fill', '0'], /--fill: it is for --data csv:FILE/],
  [[...table, '--size', '28'], /--size: it is for --data images:DIR/],
  [[...table, '--augment', 'flip'], /--augment: csv:.* is not augmented/],
  [[...table, '--class-weights', 'balanced'], /--class-weights: the data have values to predict, not classes/],
  [[...table, '--label-smoothing', '0.1'], /--label-smoothing: the data have values to predict/],
  [
    [...table, '--loss', 'cross-entropy'],
    /--loss cross-entropy: the data have values to predict: one of mse, l1, huber/,
  ],
  [[...table, '--folds', '3', '--val', '0.2'], /--folds: --val is given too/],
  [[...table, '--folds', '1'], /--folds: must be an integer of at least 2/],
  [[...table, '--val', '1'], /--val: must lie between 0 and 1/],
  [[...table, '--model', 'lenet'], /--model lenet: cannot take these data/],
  [[...table, '--model', at('none.mjs')], /none\.mjs.*no such file/],
  [[...table, '--model', './net.ts'], /Node runs JavaScript; compile it to \.mjs/],
  [[...pictures, '--target', 'price'], /--target: it is for --data csv:FILE/],
  [[...pictures, '--loss', 'mse'], /--loss mse: the data have classes to predict: one of cross-entropy/],
  [['--folds', '3'], /--folds: it is for --data csv:FILE and images:DIR: fashion-mnist-sample has a test set/],
  [['--data', 'moons', '--no-standardize'], /--no-standardize: it is for --data csv:FILE/],
];

test('options that do not fit the data are refused in one line, with nothing written', async () => {
  for (const [words, message] of refused) {
    const { code, stderr, stdout } = await run('train', ...words, '--epochs', '1', '--out', at('refused'));
    assert.is(code, 2, `${words.join(' ')}: ${stderr}`);
    assert.match(stderr, message);
    assert.is(stderr.trimEnd().split('\n').length, 1, stderr);
    assert.is(stdout, '');
    assert.not.ok(existsSync(at('refused')), words.join(' '));
  }
});

test('a model file that fails, that exports no function that makes a net, or whose net has other outputs than the data, is refused', async () => {
  const files: [text: string, message: RegExp][] = [
    ['export const net = 1;', /it has no default export; it exports net; write export default \(/],
    ['export {};', /it has no default export; write/],
    ['export default 5;', /its default export is not a function: number 5; write/],
    ['export default class Net {}', /its default export is a class: export a function that makes one/],
    ['export default () => {};', /its function returns nothing: return a net/],
    ['export default () => 5;', /its function returns no Module of this boundgrad: number 5; return a net/],
    ['export default () => ({ forward() {} });', /: an Object; make it with the library that is the function's second/],
    ['\n throw new Error("loaded");', /it fails at [\w.-]+\.mjs:2:8: loaded/],
    ['throw null;', /it fails: null/],
    ['export default () => { throw new Error("own"); };', /it fails at [\w.-]+\.mjs:1:30: own/],
    ['\nimport { one } from "node:fs";', /it fails at [\w.-]+\.mjs:2:10: .*does not provide an export named 'one'/],
    ['import "./absent.mjs";', /it fails: Cannot find module/],
    [
      'export default ({ input }, { Linear }) => new Linear(input[0], 7);',
      /it returns \(1,7\) for one sample: the data need \(1,1\)/,
    ],
    ['export default () => {\n  const x = ;\n};', /it fails at [\w.-]+\.mjs:2:13: Unexpected token ';'/],
    [`import './bad0.mjs';\nimport './part.mjs';`, /it fails in a file that it imports: /],
  ];
  writeFileSync(at('part.mjs'), 'a b');
  for (const [i, [text, message]] of files.entries()) {
    writeFileSync(at(`bad${i}.mjs`), text);
    const { code, stderr } = await run('train', ...table, '--model', at(`bad${i}.mjs`), '--out', at('refused'));
    assert.is(code, 2, stderr);
    assert.match(stderr, message);
  }
});

test('a table with semicolons, NA and codes is read with options for them; refusals name options of the command line', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => `${i % 7 ? i : 'NA'};${100 + (i % 3)};${2 * i}`);
  writeFileSync(at('codes.csv'), ['a;zip;y', ...rows].join('\n'));
  const own: OwnOptions = {
    target: ['y'],
    delimiter: ';',
    missingValues: ['NA'],
    missing: 'fill',
    categories: ['zip'],
  };
  const { train } = await loadData(`csv:${at('codes.csv')}`, { own });
  assert.equal([...train.shape], [4]);
  const words = ['--data', `csv:${at('codes.csv')}`, '--target', 'y'];
  const options = ['--delimiter', ';', '--missing-values', 'NA', '--categories', 'zip', '--fill', 'median'];
  const out = at('codes');
  const { code, stderr } = await run('train', ...words, ...options, '--epochs', '1', '--out', out);
  assert.is(code, 0, stderr);
  assert.is((await run('train', '--resume', out, '--epochs', '2')).code, 0);
  const { settings, description } = readCheckpoint(join(out, 'adabound')).checkpoint;
  assert.equal([settings.delimiter, settings['missing values'], settings.categories], [';', ['NA'], ['zip']]);
  assert.is(description!.preparation.table!.delimiter, ';');
  writeFileSync(at('names.csv'), ['who,a,b c,y', ...rows.map((_, i) => `person ${i},1,${i % 3},2`)].join('\n'));
  const named = await run('train', '--data', `csv:${at('names.csv')}`, '--target', 'y', '--out', at('refused'));
  const left = "30 different texts in 30 rows, names rather than categories; leave it out: --columns 'a,b c'";
  assert.is(named.stderr, `boundgrad: --data csv:${at('names.csv')}: column 'who' has ${left}\n`);
  for (const [given, message] of [
    [[], /\.csv: the cells are separated by ';', not by ','; give --delimiter ';'\n/],
    [
      ['--delimiter', ';'],
      /a text among numbers: 'NA'; name it in --missing-values if it marks a missing value, or 'a' in --categories/,
    ],
    [['--delimiter', ';;'], /--delimiter: must be one character, or tab: ';;'/],
  ] as const) {
    const refusal = await run('train', ...words, ...given, '--out', at('refused'));
    assert.match(refusal.stderr, message);
  }
  const folder = await run('predict', '--checkpoint', out, photos);
  assert.match(folder.stderr, /photos: a folder; give its files: .*photos\/\*\.csv/);
});

test('summary lists the layers of a user’s model, for a shape or for data', async () => {
  const net = ['summary', '--model', at('net.mjs')];
  const { code, stdout, stderr } = await boundgradHere([...net, '--shape', '3', '--classes', '2']);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^net\.mjs\ninput 3, 2 outputs;/);
  const found = JSON.parse((await boundgradHere([...net, ...table, '--json'])).stdout);
  // age, rooms and three cities; 5 x 8 + 8 and 8 x 1 + 1 weights.
  assert.equal([found.model, found.input, found.classes, found.parameters], ['net.mjs', [5], 1, 57]);
  const refusals: [words: string[], message: RegExp][] = [
    [net, /the shape of a sample is missing: give --shape, for example 1,28,28, or --data/],
    [[...net, '--target', 'price', '--shape', '3'], /--target: it is for --data csv:FILE: the data are not given/],
    [['summary', '--model', 'net.mjs', '--shape', '3'], /cannot read 'net\.mjs': no such file/],
  ];
  for (const [words, message] of refusals) {
    const refusal = await boundgradHere(words);
    assert.is(refusal.code, 2, refusal.stderr);
    assert.match(refusal.stderr, message);
  }
});

test('of many short epochs a few are printed, and all are in the journal; then the command to predict is printed', async () => {
  const out = at('short');
  const { stdout } = await run(
    'train',
    '--data',
    `csv:${at('kinds.csv')}`,
    '--target',
    'kind',
    '--epochs',
    '60',
    '--out',
    out,
  );
  const shown = [...stdout.matchAll(/epoch +(\d+)\/60/g)].map(([, epoch]) => Number(epoch));
  // On a busy machine a pause of seconds prints another line.
  for (const epoch of [1, 5, 10, 30, 55, 60]) assert.ok(shown.includes(epoch), `${shown}`);
  assert.ok(shown.length < 20, `${shown}`);
  assert.is(readRun(out, 'adabound').epochs.length, 60);
  assert.match(stdout, `to predict: boundgrad predict --checkpoint ${out} new.csv\n`);
  const cut = await asNpx(() => run('train', '--resume', out, '--epochs', '63'));
  // If npx started the command, a shell does not find it without npx.
  assert.match(cut.stdout, `to predict: npx boundgrad predict --checkpoint ${out} new.csv\n`);
  assert.match(cut.stdout, /resumes after step 360\n.* epoch 61\/63 .*\n.* epoch 63\/63/);
});

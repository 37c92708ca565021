// What --checkpoint accepts: the checkpoints of one training. Among several trainings it never chooses by itself.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type AnyDataset,
  csv,
  DataLoader,
  fit,
  Linear,
  type Module,
  mapDataset,
  mlp,
  Sequential,
  SGDM,
  standardize,
} from '../../index.js';
import { checkpointFolder, loadModelFile } from '../../node/index.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary } from './command.js';

const folder = temporary();
const at = (...names: string[]) => join(folder, ...names);
const rows = Array.from({ length: 12 }, (_, i) => `${i},${i < 6 ? 'small' : 'large'}`);
writeFileSync(at('kinds.csv'), ['x,kind', ...rows, ''].join('\n'));

const kinds = standardize(csv(`x,kind\n${rows.join('\n')}\n`, { target: 'kind' }));

/** Saves checkpoints in a folder, as a program does with fit. */
async function program(data: AnyDataset, path: string, model?: Module<any>): Promise<string> {
  mkdirSync(dirname(at(path)), { recursive: true });
  const checkpoints = checkpointFolder(at(path));
  const net = model ?? mlp({ sizes: [data.shape[0], data.targetShape ? 1 : 2] });
  const train = new DataLoader(data, { batchSize: 16 });
  await fit(net, { train, optimizer: new SGDM(net.namedParameters()), epochs: 1, checkpoints });
  checkpoints.close();
  return checkpoints.path;
}

const here = (...words: string[]) => boundgradHere([...words, '--backend', 'reference']);
const train = (out: string, ...words: string[]) =>
  here('train', '--data', `csv:${at('kinds.csv')}`, '--target', 'kind', '--epochs', '1', '--out', out, ...words);
const uses = (path: string) =>
  [
    ['eval', '--data', `csv:${at('kinds.csv')}`],
    ['predict', at('kinds.csv')],
  ].map(
    ([name, ...words]) =>
      () =>
        here(name, ...words, '--checkpoint', path),
  );

const test = subject('--checkpoint');
const one = await program(kinds, join('runs', 'program'));

test('a folder of runs is refused and its runs are listed, even if it holds only one; the folder of one run is used', async () => {
  const message = (n: string, names: string[]) =>
    `'${at('runs')}' holds ${n}: ${names.map((name) => `--checkpoint ${at('runs', name)}`).join(', ')}`;
  const { code, stderr } = await here('eval', '--checkpoint', at('runs'));
  assert.equal([code, stderr], [2, `boundgrad: --checkpoint: ${message('1 run; choose it', ['program'])}\n`]);
  assert.is((await train(at('runs', 'one'))).code, 0);
  assert.is((await train(at('runs', 'folds'), '--folds', '2')).code, 0);
  for (const use of uses(at('runs'))) {
    const { code, stdout, stderr } = await use();
    const expected = message('3 runs; choose one', ['folds', 'one', 'program']);
    assert.equal([code, stdout, stderr], [2, '', `boundgrad: --checkpoint: ${expected}\n`]);
  }
  for (const path of [at('runs', 'one'), one]) assert.equal((await loadModelFile(path)).classes, ['large', 'small']);
  const error = await loadModelFile(at('runs')).catch((e) => e);
  assert.match(error.message, `loadModelFile: '${at('runs')}' holds 3 runs; choose one: '`);
});

test('the folder of a training with folds is refused, and its folds are listed in order', async () => {
  const folds = at('runs', 'folds');
  for (const use of uses(folds)) {
    const { code, stdout, stderr } = await use();
    const names = [1, 2].map((k) => `--checkpoint ${join(folds, `fold-${k}`)}`).join(', ');
    const expected = `boundgrad: --checkpoint: '${folds}' holds 2 folds; choose one: ${names}\n`;
    assert.equal([code, stdout, stderr], [2, '', expected]);
  }
  assert.is((await uses(join(folds, 'fold-2'))[1]()).code, 0);
});

test('eval rebuilds a program’s model and fills missing cells as its training did, and lines name the cells and the samples of the training', async () => {
  writeFileSync(at('new.csv'), 'x,kind\n1,small\n,large\n');
  const evaluate = (path: string, ...words: string[]) =>
    here('eval', '--checkpoint', path, '--data', `csv:${at('new.csv')}`, ...words);
  const text = `x,kind\n${[',small', ...rows].join('\n')}\n`;
  const filled = await program(csv(text, { target: 'kind', missing: 'fill' }), 'filled');
  const { code, stdout, stderr } = await evaluate(filled);
  assert.is(code, 0, stderr);
  assert.match(stdout, /^mlp after step 1 of SGDM, on all 2 samples of csv:.*new\.csv\naccuracy \d+\.\d %, loss /);
  assert.match(stderr, /^boundgrad: new\.csv: one missing cell is filled as in training: 'x' in row 3 with 5\.5\n/);
  assert.match(stderr, /\nboundgrad: csv:.*: the training used samples of these data: 1 of the 13 .*\n$/);
  assert.equal(await evaluate(filled, '--all'), { code, stdout, stderr });
  const prices = csv('x,price\n1,2\n2,4\n4,7\n', { target: 'price' });
  const values = await program(standardize(prices, { targets: false }), 'values');
  writeFileSync(at('prices.csv'), 'x,price\n1,2\n2,4\n');
  const found = await here('eval', '--checkpoint', values, '--data', `csv:${at('prices.csv')}`, '--json');
  const net = await loadModelFile(values);
  const [a, b] = (await net.predict('x\n1\n2\n')).map(({ value }) => value as number);
  assert.ok(Math.abs(JSON.parse(found.stdout).mae - (Math.abs(a - 2) + Math.abs(b - 4)) / 2) < 1e-5, found.stderr);
});

test('eval refuses at once a checkpoint whose data or model only the program can make', async () => {
  const custom = await program(
    mapDataset(kinds, (x) => x),
    'custom',
  );
  const own = await program(kinds, 'own-net', new Sequential(new Linear(1, 2)));
  for (const [path, message] of [
    [custom, /a function of the program prepared its data: call evaluate\(\) in the program$/m],
    [
      own,
      /holds a model that a program made: name a file that makes it with --model FILE, or evaluate in the program$/m,
    ],
  ] as const) {
    const { code, stdout, stderr } = await here('eval', '--checkpoint', path);
    assert.equal([code, stdout], [2, '']);
    assert.match(stderr, message);
  }
  const other = await here('eval', '--checkpoint', one, '--data', 'blobs');
  assert.match(other.stderr, /--data blobs: the program prepared its data in another way: call evaluate\(\)/);
});

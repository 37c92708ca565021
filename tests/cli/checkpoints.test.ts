// What --checkpoint stands for: the checkpoints of one training, and never a choice among several.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { csv, DataLoader, fit, mlp, SGDM, standardize } from '../../index.js';
import { checkpointFolder, loadModelFile } from '../../node/index.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, temporary } from './command.js';

const folder = temporary();
const at = (...names: string[]) => join(folder, ...names);
const rows = Array.from({ length: 12 }, (_, i) => `${i},${i < 6 ? 'small' : 'large'}`);
writeFileSync(at('kinds.csv'), ['x,kind', ...rows, ''].join('\n'));

/** Saves checkpoints in a folder, as a program does with fit. */
async function program(...names: string[]): Promise<string> {
  mkdirSync(at(...names), { recursive: true });
  const checkpoints = checkpointFolder(at(...names));
  const model = mlp({ sizes: [1, 2] });
  const train = new DataLoader(standardize(csv(`x,kind\n${rows.join('\n')}\n`, { target: 'kind' })), { batchSize: 12 });
  await fit(model, { train, optimizer: new SGDM(model.namedParameters()), epochs: 1, checkpoints });
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
const one = await program('runs', 'program');

test('the folder of all runs is refused with its runs, also if it holds one; the only child of a training is used', async () => {
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

test('the folder of a training with folds is refused with its folds, in their order', async () => {
  const folds = at('runs', 'folds');
  for (const use of uses(folds)) {
    const { code, stdout, stderr } = await use();
    const names = [1, 2].map((k) => `--checkpoint ${join(folds, `fold-${k}`)}`).join(', ');
    const expected = `boundgrad: --checkpoint: '${folds}' holds 2 folds; choose one: ${names}\n`;
    assert.equal([code, stdout, stderr], [2, '', expected]);
  }
  assert.is((await uses(join(folds, 'fold-2'))[1]()).code, 0);
});

// The lines that a training adds to its table: which weights it saved, which fold it is, and how frequent the largest class is.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EpochReport, keepBest, type Training } from '../../fit/index.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, readRun, temporary, tiny } from './command.js';

const test = subject('The results of a training');
const folder = temporary();
const at = (name: string) => join(folder, name);
const rows = Array.from({ length: 60 }, (_, i) => `${((i * 37) % 11) - (i % 4 ? 5 : 0)},${i % 4 ? 'common' : 'rare'}`);
writeFileSync(at('kinds.csv'), ['x,kind', ...rows, ''].join('\n'));

async function train(name: string, ...words: string[]) {
  const { code, stdout, stderr } = await boundgradHere(['train', ...words, '--out', at(name)]);
  assert.is(code, 0, stderr);
  return stdout;
}
const kinds = ['--data', `csv:${at('kinds.csv')}`, '--target', 'kind', '--backend', 'reference', '--epochs', '3'];

test('a line says which epoch was saved, as eval does, and that the averaged weights were tested', async () => {
  const stdout = await train('saved', ...tiny(4), '--optim', 'sgdm', '--lr', '1', '--keep-best', '--average', 'ema');
  const evaluated = await boundgradHere(['eval', '--checkpoint', at('saved'), '--backend', 'reference', '--json']);
  const { epoch, accuracy } = JSON.parse(evaluated.stdout);
  const line = `saved: epoch ${epoch} (${(100 * accuracy).toFixed(1)} %); the test figures are of the averaged weights (ema)`;
  assert.match(stdout, `\n${line}\n`);
  assert.match(readFileSync(join(at('saved'), 'report.html'), 'utf8'), line);
  assert.not.match(await train('plain', ...tiny(1)), /saved|of one class/);
});

test('with class weights the training accuracy is measured, and the lowest weighted test loss chooses the epoch', async () => {
  const stdout = await train('weights', ...kinds, '--class-weights', 'balanced', '--keep-best', '--lr', '0.1');
  const { epochs, end } = readRun(at('weights'), 'adabound');
  assert.ok(epochs.every(({ trainAccuracy, testAccuracy }) => trainAccuracy! > 0 && testAccuracy !== null));
  const losses = epochs.map(({ testLoss }) => testLoss!);
  assert.is(end.saved, 1 + losses.indexOf(Math.min(...losses)));
  assert.match(stdout, /epoch 1\/3 .* train +\d+\.\d % .* test +\d+\.\d %/);
  assert.match(stdout, `\nsaved: epoch ${end.saved} (`);
  assert.match(stdout, /%\), which has the lowest weighted test loss\n/);
  assert.match(
    stdout,
    '\n75.0 % of the test samples are of one class: a net that always predicts it has that accuracy\n',
  );
  assert.match(readFileSync(join(at('weights'), 'report.html'), 'utf8'), /, class weights balanced/);
});

test('the table names the first of the best epochs, and columns of shares align at 100.0 %', async () => {
  const stdout = await train('easy', ...kinds.slice(0, -1), '12', '--lr', '0.1');
  const { epochs } = readRun(at('easy'), 'adabound');
  const shares = epochs.map(({ testAccuracy }) => testAccuracy!);
  const best = Math.max(...shares);
  assert.ok(shares.lastIndexOf(best) > shares.indexOf(best), 'several epochs are equal');
  assert.match(stdout, ` (${1 + shares.indexOf(best)})`);
  assert.match(stdout, /; best: its first epoch in brackets\n/);
  const lines = stdout.match(/AdaBound +epoch .*/g)!;
  assert.is(new Set(lines.map((line) => line.indexOf(' %   test'))).size, 1, lines.join('\n'));
  assert.is(lines.filter((line) => / samples\/s +\d+\.\d\d s$/.test(line)).length, lines.length);
});

test('among epochs of equal accuracy --keep-best saves the one with the lowest test loss', () => {
  const best = keepBest({ monitor: 'testAccuracy' });
  const history: EpochReport[] = [];
  [
    [0.5, 3],
    [0.75, 2],
    [0.75, 1],
    [0.75, 1.5],
    [0.5, 0.5],
  ].forEach(([testAccuracy, testLoss], i) => {
    const report = { epoch: i + 1, testAccuracy, testLoss } as EpochReport;
    history.push(report);
    best.onEpoch!(report, { history, weights: () => ({}) } as unknown as Training);
  });
  assert.equal([best.epoch, best.best], [3, 0.75]);
});

test('each fold is named in its heading and in the title of its report, and the mean names the epochs that it covers', async () => {
  const stdout = await train('folds', ...kinds, '--folds', '2', '--keep-best');
  for (const fold of ['fold 1 of 2', 'fold 2 of 2']) {
    assert.match(stdout, ` parameters) on kinds.csv, ${fold}: 30 training and 30 test samples\n`);
    const page = readFileSync(join(at('folds'), `fold-${fold[5]}`, 'report.html'), 'utf8');
    assert.match(page, `<h1>mlp on <span class="one">kinds.csv, ${fold}:</span> AdaBound</h1>`);
  }
  assert.match(
    stdout,
    /\nmean and deviation: of the last epoch of each fold, not of the epoch that was saved\nthe test samples chose /,
  );
});

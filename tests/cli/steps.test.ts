// The options for steps and weights: each changes the steps or the saved weights, and a resumed run has the same bits.
import { join } from 'node:path';
import { readCheckpoint } from '../../node/checkpointFolder.js';
import { assert, subject } from '../spec.js';
import { boundgradHere, readRun, temporary, tiny } from './command.js';
import { epochsOf, final, journal } from './killing.js';

const test = subject('Options for steps and weights');
const folder = temporary();

async function train(name: string, ...words: string[]) {
  const out = join(folder, name);
  const { code, stderr } = await boundgradHere(['train', ...words, '--out', out]);
  assert.is(code, 0, stderr);
  return out;
}

/** Options of a run whose test loss rises and falls. */
const wild = ['--optim', 'sgdm', '--lr', '1'];
const all = ['--accumulate', '3', '--clip-norm', '0.5', '--reduce-on-plateau', '1', '--average', 'ema', '--keep-best'];

test('a run with all of these options that is resumed ends with the bits of a run that never stopped', async () => {
  const whole = await train('whole', ...tiny(4), ...all);
  const cut = await train('cut', ...tiny(4), ...all, '--max-steps', '7');
  const { code, stderr } = await boundgradHere(['train', '--resume', cut, '--max-steps', '20']);
  assert.is(code, 0, stderr);
  assert.equal(final(cut, 'adabound'), final(whole, 'adabound'));
  // The epoch that --max-steps cut short has two records, of which the later one counts. Rates are left out: only the cut run has some at
  // the cut.
  const figures = (out: string) =>
    [...new Map(epochsOf(journal(out, 'adabound')).map((e) => [e.epoch, e])).values()].map(({ rates: _, ...e }) => e);
  assert.equal(figures(cut), figures(whole));
  // The 13 batches of an epoch make 5 steps.
  assert.is(readRun(whole, 'adabound').end.step, 20);
});

test('--accumulate, --clip-norm, --reduce-on-plateau and --average change the run and are in its first record', async () => {
  const plain = await train('plain', ...tiny(3), '--lr', '0.3');
  const { accumulate, clipNorm, reduceOnPlateau, average, keepBest } = readRun(plain, 'adabound').run;
  assert.equal([accumulate, clipNorm, reduceOnPlateau, average, keepBest], Array(5).fill(undefined));
  const losses = (out: string) => readRun(out, 'adabound').epochs.map((e) => [e.loss, e.testLoss]);
  const others: [words: string[], record: object][] = [
    [['--accumulate', '2'], { accumulate: 2 }],
    [['--clip-norm', '0.01'], { clipNorm: 0.01 }],
    [['--reduce-on-plateau', '1', '--lr-decay', '0.5'], { reduceOnPlateau: { patience: 1, factor: 0.5 } }],
    [['--average', 'ema'], { average: 'ema' }],
    [['--average', 'swa'], { average: 'swa' }],
  ];
  const seen = [JSON.stringify(losses(plain))];
  for (const [words, record] of others) {
    const out = await train('other', ...tiny(3), '--lr', '0.3', ...words);
    const { run } = readRun(out, 'adabound');
    for (const [name, value] of Object.entries(record)) assert.equal((run as any)[name], value);
    const found = JSON.stringify(losses(out));
    assert.not.ok(seen.includes(found), words.join(' '));
    seen.push(found);
  }
});

test('--reduce-on-plateau lowers the recorded rate, by the factor --lr-decay', async () => {
  const out = await train('plateau', ...tiny(6), ...wild, '--reduce-on-plateau', '1', '--lr-decay', '0.5');
  const rates = readRun(out, 'sgdm').epochs.map(({ lr }) => lr!);
  const falls = rates.slice(1).map((lr, i) => lr / rates[i]);
  assert.ok(falls.includes(0.5) && falls.every((fall) => fall === 1 || fall === 0.5), `${rates}`);
});

test('--keep-best saves the weights of the best epoch of the table, and eval says which', async () => {
  const out = await train('best', ...tiny(6), ...wild, '--keep-best');
  const shares = readRun(out, 'sgdm').epochs.map(({ testAccuracy }) => testAccuracy!);
  const best = Math.max(...shares);
  assert.ok(best > shares.at(-1)!, 'the last epoch is not the best');
  const { stdout } = await boundgradHere(['eval', '--checkpoint', out, '--backend', 'reference', '--json']);
  assert.is(JSON.parse(stdout).accuracy, best);
  const text = await boundgradHere(['eval', '--checkpoint', out, '--backend', 'reference']);
  assert.match(
    text.stdout,
    `mlp after epoch ${shares.indexOf(best) + 1} of SGDM, the best of 6, on 198 samples of blobs`,
  );
});

test('--average saves the average together with the weights to continue from', async () => {
  const out = await train('average', ...tiny(2), '--average', 'swa');
  const { model, training } = readCheckpoint(join(out, 'adabound')).checkpoint;
  const name = Object.keys(model)[0];
  assert.not.equal([...model[name].dataSync()], [...training![name].dataSync()]);
  const { stdout } = await boundgradHere(['eval', '--checkpoint', out, '--backend', 'reference']);
  assert.match(stdout, /^mlp, averaged by swa, after step 26 of AdaBound, on 198 samples of blobs\n/);
});

test('--early-stopping ends a run after epochs without a lower test loss, and a resumed run at the same epoch, with the same bits', async () => {
  const words = [...tiny(40), ...wild, '--early-stopping', '3'];
  const whole = await train('early', ...words);
  const { run, epochs, end } = readRun(whole, 'sgdm');
  const losses = epochs.map(({ testLoss }) => testLoss!);
  assert.is(losses.indexOf(Math.min(...losses)) + 1, epochs.length - 3);
  assert.ok(epochs.length < 40);
  assert.equal([run.earlyStopping, end.outcome, end.step], [3, 'finished', 13 * epochs.length]);
  assert.is(end.note, `no better test loss in 3 epochs after step ${end.step} of 520`);
  const cut = await train('early-cut', ...words, '--max-steps', '20');
  const resumed = await boundgradHere(['train', '--resume', cut, '--max-steps', '520']);
  assert.match(resumed.stdout, `SGDM ended early: ${end.note}\n`);
  assert.equal(final(cut, 'sgdm'), final(whole, 'sgdm'));
  // It is complete: resuming trains no further.
  const again = await boundgradHere(['train', '--resume', whole, '--epochs', '60']);
  assert.is(again.code, 0, again.stderr);
  assert.match(again.stdout, `SGDM is complete: ${epochs.length} epochs, ended early: ${end.note}\n`);
  assert.is(readRun(whole, 'sgdm').end.step, end.step);
});

const refused: [words: string[], message: RegExp][] = [
  [['--average', 'mean'], /--average: unknown: 'mean'; one of ema, swa/],
  [['--average', 'ema', '--optim', 'schedulefreeadamw'], /--average: schedulefreeadamw averages its weights itself/],
  [['--reduce-on-plateau', '2', '--lr-decay', '1'], /--lr-decay: must lie between 0 and 1 for --reduce-on-plateau/],
  [['--lr-decay', '0.5'], /--lr-decay: it is the factor of --milestones and --reduce-on-plateau, and neither is given/],
  [['--early-stopping', '0'], /--early-stopping: must be an integer of at least 1/],
  [
    ['--early-stopping', '2', '--epochs', '4', '--eval-every', '4'],
    /--early-stopping: nothing is tested before the last epoch: --eval-every is 4 of 4 epochs; test more often/,
  ],
  [['--resume', join(folder, 'early'), '--early-stopping', '5'], /--early-stopping 3 then, 5 now/],
  [['--accumulate', '0'], /--accumulate: must be an integer of at least 1/],
  [['--clip-norm', '0'], /--clip-norm: must be positive/],
  [['--clip', '1'], /--clip: unknown option/],
  [['--resume', join(folder, 'whole'), '--average', 'swa'], /--average ema then, swa now/],
  [['--resume', join(folder, 'whole'), '--clip-norm', '1'], /--clip-norm 0\.5 then, 1 now/],
];

test('values of these options that do not fit, and other values on --resume, are refused', async () => {
  for (const [words, message] of refused) {
    const more = words[0] === '--resume' ? [] : ['--data', 'blobs', '--out', join(folder, 'refused')];
    const { code, stderr, stdout } = await boundgradHere(['train', ...more, ...words]);
    assert.equal([code, stdout], [2, ''], words.join(' '));
    assert.match(stderr, message);
  }
});

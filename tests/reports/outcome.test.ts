// The first sentence of a report. tests/sweep/statistics.test.ts tests its statistics.

import { figure, percent, plusMinus } from '../../reports/format.js';
import type { Run } from '../../reports/record.js';
import { differences, groupsOf } from '../../reports/run/groups.js';
import { outcomeOf, withError } from '../../reports/run/outcome.js';
import { reportPage } from '../../reports/run/page.js';
import { boundgradHere, readRun, temporary, tiny } from '../cli/command.js';
import { assert, subject } from '../spec.js';

const test = subject('The first sentence of a report');

const folder = temporary();
await boundgradHere(['compare', ...tiny(), '--optim', 'sgdm,adam', '--out', folder]);
const [sgdm, adam] = ['sgdm', 'adam'].map((key) => readRun(folder, key));

/** A run with these last test accuracies, and this number of test samples. */
function ending(run: Run, accuracy: number, { seed = 7, test: n = 1000 } = {}): Run {
  const epochs = run.epochs.map((e, i, all) => (i === all.length - 1 ? { ...e, testAccuracy: accuracy } : e));
  return { ...run, run: { ...run.run, seed, data: { ...run.run.data, test: n } }, epochs };
}

const diverged = (run: Run, note: string): Run => ({
  ...run,
  epochs: [],
  end: { ...run.end, outcome: 'diverged', note },
});

const sentenceOf = (runs: Run[]) => outcomeOf(groupsOf(runs)).sentence;

test('one seed: accuracies within one standard error are named together, others with their distance, and nothing is bold', () => {
  const near = [ending(sgdm, 0.8), ending(adam, 0.81)];
  assert.match(
    sentenceOf(near),
    /^Adam 81\.0 % and SGDM 80\.0 % end within one standard error of each other \(1\.8 points\)\.$/,
  );
  const far = sentenceOf([ending(sgdm, 0.7), ending(adam, 0.81)]);
  // sqrt(0.7 0.3 / 1000 + 0.81 0.19 / 1000) = 0.01908, and 0.11 / 0.01908 = 5.8.
  assert.match(
    far,
    /^Adam 81\.0 % has the highest test accuracy; SGDM 70\.0 % is 11\.0 points lower, 5\.8 standard errors of the difference\.$/,
  );
  // 0.02 / sqrt(0.79 0.21 / 1000 + 0.81 0.19 / 1000) = 1.1: fewer than two.
  assert.match(
    sentenceOf([ending(sgdm, 0.79), ending(adam, 0.81)]),
    / 1\.1 standard errors of the difference, which can be chance\.$/,
  );
  const other = { ...adam, run: { ...adam.run, optimizer: 'amsgrad', title: 'AMSGrad' } };
  assert.match(
    sentenceOf([ending(sgdm, 0.7), ending(adam, 0.81), ending(other, 0.75)]),
    /; AMSGrad 75\.0 % and SGDM 70\.0 % are 6\.0 to 11\.0 points lower, 3\.2 to 5\.8 standard errors of the difference\.$/,
  );
  const { basis, best } = outcomeOf(groupsOf(near));
  assert.match(basis, /1,000 test samples.*one seed cannot rank them/);
  assert.is(best.size, 0);
  assert.not.match(reportPage(near).replace(/<script.*/s, ''), '<strong>');
});

test('a run that finished without a test result is not called unfinished', () => {
  assert.is(sentenceOf([{ ...adam, epochs: [] }]), 'Adam has no test result.');
});

test('an accuracy of 100 % has a standard error too; if optimizers have different seeds, the report does not say that they share a seed', () => {
  const perfect = outcomeOf(groupsOf([ending(adam, 1, { test: 100 })]));
  // p counts as 0.995: sqrt(0.995 0.005 / 100) = 0.7 %.
  assert.match(perfect.sentence, /^Adam 100\.0 ± 0\.7 %: /);
  const mixed = outcomeOf(groupsOf([ending(sgdm, 0.8), ending(adam, 0.81, { seed: 8 })]));
  assert.match(
    mixed.basis,
    'Each was trained with one seed, and other seeds give other numbers: one seed cannot rank them. ',
  );
});

test('the summary says if steps were limited, and that optimizers start from the same weights, unless there is only one', () => {
  const page = (runs: Run[]) => reportPage(runs.map((r) => ({ ...r, run: { ...r.run, maxSteps: 20 } })));
  assert.match(page([sgdm, adam]), /, at most 20 steps\. Both optimizers start from the same weights/);
  const page2 = reportPage([sgdm, adam].map((r) => ({ ...r, run: { ...r.run, maxSteps: 1e6 } })));
  assert.not.match(page2.replace(/<script.*/s, ''), 'at most');
  const alone = page([adam, ending(adam, 0.7, { seed: 8, test: adam.run.data.test })]);
  assert.not.match(alone.replace(/<script.*/s, ''), 'optimizers start');
});

test('numbers without a known error are listed in one sentence, best first', () => {
  const valued = (run: Run, testLoss: number): Run => ({
    ...run,
    run: {
      ...run.run,
      loss: 'mse',
      data: { ...run.run.data, classes: 0, variance: 2 },
      initial: { ...run.run.initial, testAccuracy: null },
    },
    epochs: run.epochs.map((e) => ({ ...e, testLoss, testAccuracy: null })),
  });
  const { sentence, basis } = outcomeOf(groupsOf([valued(sgdm, 0.5), valued(adam, 0.4)]));
  assert.is(sentence, 'Test R2 after the last epoch: Adam 0.800 and SGDM 0.750.');
  assert.match(basis, /^The uncertainty is not known\./);
});

test('R2 and RMSE have a standard error, from the errors of single samples, and the better is named first; no error is given if the samples are too few or of another epoch', () => {
  // Squares of errors in the unit of price: 1 and 9, 12 of each. Their deviation is sqrt(16 24 / 23) = 4.086; of the mean of 100 samples 0.4086.
  const points = Array.from({ length: 24 }, (_, i): [number, number] => [i, i + (i % 2 ? 1 : -3)]);
  const valued = (run: Run, testLoss: number, more: Partial<Run['run']['data']> = {}): Run => ({
    run: {
      ...run.run,
      loss: 'mse',
      data: { ...run.run.data, classes: 0, test: 100, targets: [{ name: 'price', deviation: 2 }], ...more },
      initial: { ...run.run.initial, testAccuracy: null },
    },
    epochs: run.epochs.map((e) => ({ ...e, testLoss, testAccuracy: null })),
    end: { ...run.end, tested: { values: [{ name: 'price', points }] } },
  });
  const variance = 4;
  // R2: 0.4086 / (2^2 4) = 0.02554; times sqrt(2), for the difference of two runs, 0.036.
  const near = outcomeOf(groupsOf([valued(sgdm, 0.84, { variance }), valued(adam, 0.8, { variance })]));
  assert.is(near.sentence, 'Test R2: Adam 0.800 and SGDM 0.790 end within one standard error of each other (0.036).');
  assert.match(near.basis, /^Standard errors come from 100 test samples;/);
  assert.ok(Math.abs(near.scores[0].error! - 0.02554) < 1e-5);
  assert.match(reportPage([valued(adam, 0.8, { variance }), valued(sgdm, 0.84, { variance })]), '0.800 ± 0.026');
  const far = sentenceOf([valued(sgdm, 1.2, { variance }), valued(adam, 0.8, { variance })]);
  assert.is(
    far,
    'Adam 0.800 has the highest test R2; SGDM 0.700 is 0.100 lower, 2.8 standard errors of the difference.',
  );
  // RMSE: 0.4086 / (2 2 sqrt(1.25)) = 0.09137; one run.
  assert.is(sentenceOf([valued(adam, 1.25)]), 'Adam 2.236 ± 0.091: the test RMSE and its standard error.');
  assert.match(
    sentenceOf([valued(adam, 1.25), valued(sgdm, 2)]),
    /^Adam 2\.236 has the lowest test RMSE; SGDM 2\.828 is .* higher, /,
  );
  const unknown = 'Test RMSE after the last epoch: Adam 2.236.';
  const one = valued(adam, 1.25);
  assert.is(sentenceOf([{ ...one, end: { ...one.end, saved: one.epochs.length - 1 } }]), unknown);
  const few = { values: [{ name: 'price', points: points.slice(0, 19) }] };
  assert.is(sentenceOf([{ ...one, end: { ...one.end, tested: few } }]), unknown);
});

test('with two seeds and few test samples, a difference that is the same in both seeds is not significant', () => {
  const of = (run: Run, values: number[]) => values.map((v, i) => ending(run, v, { seed: 7 + i, test: 100 }));
  const { best, sentence } = outcomeOf(groupsOf([...of(sgdm, [0.8, 0.82]), ...of(adam, [0.81, 0.83])]));
  assert.is(best.size, 0);
  assert.match(sentence, /the difference to SGDM .* is not significant with 2 seeds/);
});

test('the page of runs from several folders names the devices and dates of all runs, and offers the layers that all nets have', () => {
  const other: Run = {
    ...sgdm,
    from: 'b',
    run: { ...sgdm.run, seed: 8, date: '2031-05-06T07:08:09.000Z', device: { ...sgdm.run.device, cpu: 'Other CPU' } },
  };
  const page = reportPage([{ ...adam, from: 'a' }, other]).replace(/<script.*/s, '');
  assert.match(page, 'Other CPU');
  assert.match(page, 'to 2031-05-06 07:08:09 UTC');
  assert.match(page, 'in the folders named above');
  const layers = (runs: Run[]) => reportPage(runs).match(/<option value="[^"]+"/g)?.length;
  const fewer = { ...other, run: { ...other.run, layers: other.run.layers.slice(1) } };
  assert.is(layers([adam, fewer]), layers([adam, other])! - 1);
});

test('several seeds: a difference in every seed is significant and bold; one that changes its sign is not', () => {
  const seeds = [7, 8, 9];
  const of = (run: Run, values: number[]) => values.map((v, i) => ending(run, v, { seed: seeds[i] }));
  const clear = [...of(sgdm, [0.7, 0.71, 0.69]), ...of(adam, [0.8, 0.811, 0.79])];
  const { sentence, best } = outcomeOf(groupsOf(clear));
  assert.match(
    sentence,
    /^Adam 80\.0 ± 0\.6 % has the highest mean test accuracy; SGDM 70\.0 ± 0\.6 % is significantly lower\.$/,
  );
  assert.equal(
    [...best].map(({ title }) => title),
    ['Adam'],
  );
  const page = reportPage(clear).replace(/<script.*/s, '');
  assert.equal(page.match(/<strong>.*?<\/strong>/g), ['<strong>80.0 ± 0.6 %</strong>']);
  const mixed = [...of(sgdm, [0.7, 0.82, 0.69]), ...of(adam, [0.8, 0.75, 0.79])];
  const none = outcomeOf(groupsOf(mixed));
  assert.match(none.sentence, /the difference to .* is not significant with 3 seeds\.$/);
  assert.match(none.basis, /No difference is significant in a paired t-test at 5 %\./);
  assert.is(none.best.size, 0);
});

test('a run that diverged is named; if all diverged, the sentence says so and suggests what to try', () => {
  const note = 'diverged: the loss is NaN after step 3 of 26';
  assert.match(
    sentenceOf([ending(sgdm, 0.8), diverged(adam, note)]),
    /^SGDM 80\.0 ± 1\.3 %: .* Adam diverged: the loss is NaN after step 3/,
  );
  const { sentence, basis } = outcomeOf(groupsOf([diverged(sgdm, note), diverged(adam, note)]));
  assert.match(sentence, /^No optimizer finished: every run diverged\. SGDM diverged: .*; Adam diverged: /);
  assert.match(basis, /learning rate is too high: try --lr/);
  const some = [diverged(ending(adam, 0.8, { seed: 8 }), note), ending(adam, 0.7), ending(adam, 0.7, { seed: 9 })];
  assert.match(sentenceOf(some), 'Adam diverged in 1 of 3 seeds.');
});

test('a number and its error share one unit and have the decimals that the error needs; an error of 0 is 0', () => {
  assert.is(
    plusMinus(0.8421, 0.0004, (x) => x.toFixed(3)),
    '0.8421 ± 0.0004',
  );
  assert.is(plusMinus(0.999, 0.0003, percent), '99.90 ± 0.03 %');
  assert.is(plusMinus(28_770, 1.2, figure), '28,770 ± 1');
  assert.is(plusMinus(0.5698, 0.012, figure), '0.5698 ± 0.0120');
  assert.is(plusMinus(1.5e12, 3e10, figure), '1.500e+12 ± 3.000e+10');
  assert.is(
    plusMinus(-0.5, 0.01, (x) => x.toFixed(3)),
    '−0.500 ± 0.010',
  );
  // 0.1 + 0.2 and 0.3 have a deviation that is not 0.
  assert.is(withError([0.1 + 0.2, 0.3], percent), '30.0 ± 0 %');
  assert.is(withError([0.8], percent), '80.0 %');
  assert.is(withError([0.8, 0.9], percent), '85.0 ± 5.0 %');
  assert.is(withError([0.8, NaN], percent), '80.0 %');
});

test('runs that differ in their seed only are one group; other runs of one optimizer are named by their difference', () => {
  const other = { ...sgdm, run: { ...sgdm.run, batchSize: 5, hyper: { ...sgdm.run.hyper, lr: 0.5 } } };
  const groups = groupsOf([sgdm, ending(sgdm, 0.5, { seed: 8, test: sgdm.run.data.test }), adam, other]);
  assert.equal(
    groups.map(({ title, runs }) => [title, runs.length]),
    [
      [`SGDM (batch size ${sgdm.run.batchSize}, lr 0.01)`, 2],
      ['Adam', 1],
      ['SGDM (batch size 5, lr 0.5)', 1],
    ],
  );
  assert.is(new Set(groups.map(({ colour, dash }) => `${colour} ${dash}`)).size, 3);
  // That Adam and SGDM have different learning rates is not a difference of settings; different batch sizes are one.
  assert.equal(differences(groups.slice(0, 2)), []);
  assert.equal(
    differences(groups).map(({ name }) => name),
    ['batch size', 'lr'],
  );
});

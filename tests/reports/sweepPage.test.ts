// sweep.html is a function of sweep.json.

import { readFileSync } from 'node:fs';
import { percent, unbroken } from '../../reports/format.js';
import { runWords } from '../../reports/sweep/command.js';
import { formatSweepFile, sweepFile } from '../../reports/sweep/file.js';
import { sweepPage } from '../../reports/sweep/page.js';
import type { RunOutcome, SweepFile, TaskSettings } from '../../reports/sweep/record.js';
import { percentAxis, scaleOf } from '../../reports/sweep/scale.js';
import { verdictOf } from '../../reports/sweep/text.js';
import { type Job, sweep } from '../../sweep/index.js';
import { assert, close, subject } from '../spec.js';
import { comparable } from './comparable.js';

const test = subject('The page of a sweep');

const settings: TaskSettings = {
  ...{ model: 'lenet', data: 'blobs', trainBatches: null, augment: [], val: 0.2, epochs: 4, batchSize: null },
  ...{ schedule: 'constant', milestones: null, lrDecay: 0.1, labelSmoothing: 0, clipNorm: null },
};
const space = {
  sgdm: { lr: { log: [1e-3, 1] } },
  adam: { lr: { log: [1e-5, 0.1] }, eps: { uniform: [0, 1] }, decayBy: { values: ['coupled', 'scaled'] } },
} as const;

/** Scores that depend on the job only. Rates above 0.3 diverge. */
function run({ config, seed, method }: Job): RunOutcome {
  const lr = config.lr as number;
  const score = 0.9 - 0.1 * Math.abs(Math.log10(lr) + (method === 'adam' ? 3 : 2)) + seed / 1000;
  const isLost = lr > 0.3;
  return {
    validation: isLost ? null : score,
    test: isLost ? null : score - 0.01,
    note: isLost ? 'the loss is NaN after step 3 of 9' : '',
    epochs: [{ loss: 1, validationLoss: 1, validationAccuracy: Math.max(0, score) }],
  };
}

async function made(options: { trials?: number; seeds?: number; halving?: number } = {}): Promise<SweepFile> {
  const { trials: count = 12, seeds = 3, halving } = options;
  const { trials, isComplete } = await sweep({ space, run, trials: count, seeds, budget: 4, halving, settings });
  const list = Array.from({ length: seeds }, (_, i) => i + 1);
  const about = { space, draw: 'random', trials: count, seeds: list, seed: 7, halving: halving ?? null, settings };
  const builds = [{ backend: 'wasm', via: { matmul: 'simd' } }];
  return sweepFile(trials, { boundgrad: '0', sweep: about, classes: 10, testSamples: 1000, isComplete }, builds);
}

const file = await made();

test('the verdicts on the page say for each number of trials which optimizer to take, and which others do not differ significantly from it', () => {
  const page = sweepPage(file);
  const { comparisons, methods } = file.judgement!;
  assert.equal(
    comparisons.map(({ trials }) => trials),
    [5, 12],
  );
  for (const comparison of comparisons) {
    const sentence = verdictOf(comparison, methods);
    assert.match(sentence, /^With \d+ trials take (SGDM|Adam): expected test accuracy \d\d\.\d %\. /);
    assert.ok(page.includes(`<p>${unbroken(sentence)}</p>`), sentence);
  }
});

test('the verdict is computed: other results give another verdict', async () => {
  const { methods, comparisons } = file.judgement!;
  const best = comparisons.at(-1)!;
  const other = methods.find(({ method }) => method !== best.best)!.method;
  assert.match(
    verdictOf({ ...best, notSignificant: [] }, methods),
    /It is significantly better than (SGDM|Adam) \(\d\d\.\d %\)\./,
  );
  const close = verdictOf({ ...best, notSignificant: [other] }, methods);
  assert.match(
    close,
    /The difference to (SGDM|Adam) \(\d\d\.\d %\) is not significant \(Holm-corrected p ≥ 0\.05\)\.$/,
  );
  const single = { ...best, notSignificant: [other], differences: best.differences.map((d) => ({ ...d, low: null })) };
  assert.match(verdictOf(single, methods), /The difference to .* cannot be tested with one seed\.$/);
  assert.match(
    verdictOf({ ...best, best: other, notSignificant: [] }, methods),
    new RegExp(`take ${other === 'adam' ? 'Adam' : 'SGDM'}`),
  );
});

test('the curves on the page are those of sweep.json, with ticks at whole numbers of trials', () => {
  const data = /<script type="application\/json" id="figures">(.*?)<\/script>/s.exec(sweepPage(file))![1];
  const [curve] = JSON.parse(data);
  assert.is(curve.x.whole, true);
  assert.equal(
    curve.x.values,
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  file.judgement!.methods.forEach(({ method, curve: { mean, low, high } }, i) => {
    const { colour, y, low: lower, high: upper } = curve.series[i];
    assert.equal([colour, y, lower, upper], [method, mean, low, high]);
  });
});

test('the page has a plot for each hyper-parameter that varies, with a point or a cross for each trial, and a map of two hyper-parameters', () => {
  const page = sweepPage(file);
  const by = ['SGDM: lr', 'Adam: lr', 'Adam: eps', 'Adam: decay-by'].map((name) =>
    name.replace(':', ': test accuracy by'),
  );
  for (const name of [...by, 'SGDM: every trial', 'Adam: every trial'])
    assert.ok(page.includes(`<figcaption>${name}</figcaption>`), name);
  assert.ok(page.includes('Adam: test accuracy in per cent, eps by row, lr by column'));
  assert.not.ok(page.includes('SGDM: test accuracy in per cent'), 'a method with one hyper-parameter has no map');
  const lost = file.trials.filter(({ runs }) => runs.some(({ test: score }) => score === null));
  assert.ok(lost.length > 0, 'some trials diverged');
  const plots = (method: string) => (method === 'adam' ? 3 : 1);
  const crosses = lost.reduce((sum, { method }) => sum + plots(method), 0);
  const points = file.trials.reduce((sum, { method }) => sum + plots(method), 0) - crosses;
  assert.equal([page.split('class="lost"').length - 1, page.split('class="whole"').length - 1], [crosses, points]);
});

test('a figure that is wider than a phone is in a region that scrolls and that the keyboard can reach', () => {
  const page = sweepPage(file);
  const wide = page.split('<svg viewBox="0 0 750 ').length - 1;
  const scrolling = page.match(
    /<div class="wide" tabindex="0" role="region" aria-label="[^"]+"><svg viewBox="0 0 750 /g,
  )!;
  assert.is(wide, 1, 'the lines of Adam, which has three hyper-parameters');
  assert.is(scrolling.length, wide);
});

test('beside each verdict stand the expected accuracies as dots on one axis, the best first, and each difference has its interval as text', () => {
  const page = sweepPage(file);
  const { comparisons, methods } = file.judgement!;
  const figures = [
    ...page.matchAll(
      /<figure class="dots(?: many)?"><figcaption>Expected test accuracy with (\d+) trials.*?<\/figure>/gs,
    ),
  ];
  assert.equal(
    figures.map(([, k]) => Number(k)),
    comparisons.map(({ trials }) => trials),
  );
  const axes = figures.map(([figure]) => figure.slice(figure.indexOf('class="ticks"')));
  assert.is(new Set(axes).size, 1);
  for (const [figure, k] of figures) {
    const ends = methods.map(({ curve }) => curve.mean[Number(k) - 1]).sort((a, b) => b - a);
    const shown = [...figure.matchAll(/class="value">([\d.]+ %)</g)].map(([, text]) => text);
    assert.equal(shown, ends.map(percent));
  }
  for (const { differences } of comparisons)
    for (const { low, high, better } of differences) {
      const text = [low, high].map((x) => (100 * x!).toFixed(1).replace('-', '−')).join(' to ');
      assert.ok(page.includes(`(${text})</span></li>`), text);
      if (better) assert.match(page, new RegExp(`class="strong"(?:(?!</li>).)*\\(${text}\\)`, 's'));
    }
});

test('the committed pages are rendered from the committed results: texts, tables and figures are the same', () => {
  for (const name of ['lenet', 'resnet8']) {
    const committed: SweepFile = JSON.parse(readFileSync(`docs/sweeps/${name}.sweep.json`, 'utf8'));
    const page = readFileSync(`docs/sweeps/${name}.html`, 'utf8');
    assert.ok(
      comparable(page) === comparable(sweepPage(committed)),
      'render them: node build.mjs run tools/sweepPages.ts',
    );
  }
});

test('the page has the command of every run, with the values of the run', () => {
  const page = sweepPage(file);
  for (const { method, config, runs } of file.trials)
    for (const { id, seed } of runs) {
      assert.ok(page.includes(`--${method}.lr=${config.lr}`));
      assert.ok(page.includes(`--seeds=${seed}-${seed} --out=sweeps/${id}</code>`), id);
    }
});

test('the command of a run contains each setting that is not the default', () => {
  const all = {
    trainBatches: [1, 2],
    augment: ['crop'],
    batchSize: 32,
    schedule: 'cosine',
    labelSmoothing: 0.1,
    clipNorm: 2,
  };
  const words = runWords({ ...settings, ...all }, 'adam', { betas: [0.9, 0.99], finalLr: -1 }, 4);
  for (const word of [
    '--train-batches=1,2',
    '--augment=crop',
    '--batch-size=32',
    '--schedule=cosine',
    '--label-smoothing=0.1',
    '--clip-norm=2',
    '--adam.betas=0.9,0.99',
    '--adam.final-lr=-1',
    '--trials=1',
    '--seeds=4-4',
  ])
    assert.ok(words.includes(word), word);
  const later = runWords({ ...settings, milestones: [1, 2], lrDecay: 0.5 }, 'adam', {}, 1);
  assert.ok(later.includes('--milestones=1,2') && later.includes('--lr-decay=0.5'));
});

test('with halving, trials that were stopped early are drawn as hollow points', async () => {
  const halved = await made({ halving: 2 });
  const early = halved.trials.filter(({ budget }) => budget < 4);
  assert.ok(early.length > 0);
  const page = sweepPage(halved);
  assert.ok(page.includes('class="early"'));
  assert.match(page, /hopeless ones ended early \(halving by\s2\)/);
});

test('a sweep without results, with one seed or with one method has a page too', async () => {
  const none = { ...file, trials: file.trials.map((t) => ({ ...t, budget: 0 })), judgement: null, isComplete: false };
  assert.match(sweepPage(none), /It is not complete: 24 of 24 trials are missing/);
  assert.match(sweepPage(await made({ seeds: 1 })), /One seed gives no interval/);
  const { judgement } = file;
  const [method] = judgement!.methods;
  const comparisons = judgement!.comparisons.map((c) => ({
    ...c,
    best: method.method,
    notSignificant: [],
    differences: [],
  }));
  const one = { ...file, sweep: { ...file.sweep, space: { sgdm: space.sgdm } }, trials: file.trials.slice(0, 12) };
  const page = sweepPage({ ...one, judgement: { ...judgement!, methods: [method], comparisons } });
  assert.not.ok(page.includes('Which optimizers differ'));
});

test('one trial and one epoch are in the singular', async () => {
  const page = sweepPage({
    ...file,
    trials: [file.trials[0]],
    sweep: { ...file.sweep, settings: { ...settings, epochs: 1 } },
  });
  assert.match(page, '<summary>SGDM: 1 trial</summary>');
  assert.match(page, '<dd>1 epoch, batches of');
});

test('every text of results and settings is escaped', () => {
  const marker = `"'><img src=x onerror=alert(1)></script><!--`;
  const changed = structuredClone(file) as any;
  changed.builds = [marker, `${marker}2`];
  changed.boundgrad = marker;
  changed.sweep.draw = marker;
  for (const name of ['model', 'data', 'schedule']) changed.sweep.settings[name] = marker;
  changed.sweep.settings.augment = [marker];
  changed.sweep.space.adam.decayBy = { values: [marker, 'scaled'] };
  for (const trial of changed.trials) {
    if (trial.method === 'adam') trial.config.decayBy = marker;
    for (const each of trial.runs) Object.assign(each, { note: marker, id: marker });
  }
  const page = sweepPage(changed);
  assert.ok(page.includes('&lt;img'));
  assert.not.match(page, /<img|<!--|[^\\]"'>/);
  assert.is(page.split('</script>').length, sweepPage(file).split('</script>').length);
});

test('the text of sweep.json holds the results unchanged, with a line for each trial', () => {
  const text = formatSweepFile(file);
  assert.equal(JSON.parse(text), JSON.parse(JSON.stringify(file)));
  assert.is(text.split('\n').filter((line) => line.startsWith('  {"method"')).length, file.trials.length);
});

test('scales: the ends of a range lie at 0 and 1, the middle of log(0.01, 1) is 0.1, values are evenly spaced', () => {
  const log = scaleOf({ log: [0.01, 1] });
  close([log.at(0.01), log.at(0.1), log.at(1)], [0, 0.5, 1], 1e-12);
  assert.equal(
    log.ticks.map(({ text }) => text),
    ['0.01', '0.1', '1'],
  );
  assert.equal([log.binOf(0.01), log.binOf(1), log.binOf(0.1)], [0, 5, 3]);
  assert.equal(
    scaleOf({ log: [1, 1e30] }).ticks.map(({ text }) => text),
    ['1', '1e+5', '1e+10', '1e+15', '1e+20', '1e+25', '1e+30'],
    'long numbers would overlap',
  );
  assert.equal(
    scaleOf({ log: [1e-7, 1e-3] }).ticks.map(({ text }) => text),
    ['1e-7', '1e-6', '1e-5', '0.0001', '0.001'],
  );
  const values = scaleOf({ values: ['a', 'b', 'c'] });
  assert.equal([values.at('b'), values.binOf('c'), values.bins], [0.5, 2, ['a', 'b', 'c']]);
  const uniform = scaleOf({ uniform: [2, 4] });
  assert.equal([uniform.at(3), uniform.binOf(4)], [0.5, 5]);
});

test('an axis of accuracies has round ticks around all values', () => {
  const { at, ticks } = percentAxis([0.913, 0.874]);
  assert.equal(
    ticks.map(({ text }) => text),
    ['87 %', '88 %', '89 %', '90 %', '91 %', '92 %'],
  );
  assert.ok(at(0.874) > 0 && at(0.913) < 1);
  assert.ok(percentAxis([0.5]).ticks.length > 1);
});

// sweep.html, a function of sweep.json alone. The curves are drawn by the poster's script; all else is plain HTML and SVG.
import { sizeOfSpace } from '../../sweep/space.js';
import { mean } from '../../sweep/statistics.js';
import { dots, endsOf } from '../charts/dots.js';
import type { Lines } from '../charts/figure.js';
import { heatMap } from '../charts/heatMap.js';
import { colourName, dashOf, properties } from '../charts/palette.js';
import { count, kebab, list, percent, quote, unbroken } from '../format.js';
import { documentOf, plot } from '../html/document.js';
import { type Html, html } from '../html/html.js';
import shared from '../html/style.css?page';
import client, { hash } from '../poster/client.ts?page';
import posterStyle from '../poster/poster.css?page';
import { named, table } from '../run/tables.js';
import { runWords } from './command.js';
import { accuracyMap, intervals, parallel, scatter, scoresOf, varied } from './plots.js';
import type { Comparison, Judgement, MethodSummary, SweepFile, TrialRecord } from './record.js';
import style from './sweep.css?page';
import { accuracyOf, describeConfig, titleOf, verdictOf } from './text.js';

/** The whole page. */
export function sweepPage(file: SweepFile): string {
  const { sweep, judgement, boundgrad } = file;
  const methods = Object.keys(sweep.space);
  const [net, data, optimizers] = [
    `Sweep of ${sweep.settings.model}`,
    `${sweep.settings.data}:`,
    list(methods.map(titleOf)),
  ];
  const curve = judgement && curves(judgement.methods);
  return documentOf({
    title: `${net} on ${data} ${optimizers}`,
    version: boundgrad,
    style: shared + posterStyle + style + properties(methods),
    header: html`<h1>${net} on <span class="one">${data}</span> ${optimizers}</h1>
<p>${unbroken(summary(file))}</p>
${judgement && glance(judgement.comparisons, judgement.methods, sweep.seeds.length)}
${file.builds.length > 1 && html`<p class="note">The results are of ${String(file.builds.length)} builds, which may differ in their last bits: ${file.builds.map(withoutBackend).join('; ')}.</p>`}`,
    main: html`${judgement && curve && results(judgement, file.classes, curve)}
${judgement && differences(judgement.comparisons, judgement.seeds)}
${byParameter(file)}
${trialTables(file)}
${origin(file)}`,
    data: { id: 'figures', value: curve ? [curve] : [] },
    script: { text: client, hash },
  });
}

/** How trials are drawn. */
const DRAWS: Record<string, string> = { random: 'at random', halton: 'by Halton’s sequence', grid: 'from a grid' };

function summary({ sweep, trials, isComplete }: SweepFile): string {
  const { seeds, settings, halving, trials: each, draw } = sweep;
  const done = trials.filter(({ budget }) => budget > 0).length;
  const missing = isComplete
    ? ''
    : ` It is not complete: ${trials.length - done} of ${trials.length} trials are missing.`;
  const early = halving === null ? '' : `, hopeless ones ended early (halving by ${halving})`;
  return `${each} ${each === 1 ? 'trial' : 'trials'} of each optimizer, drawn ${DRAWS[draw] ?? draw}, each with ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}, ${settings.epochs} ${settings.epochs === 1 ? 'epoch' : 'epochs'}${early}. Trials are chosen by their accuracy on ${Number((100 * settings.val).toFixed(1))} % of the training samples, and reported by their accuracy on the test set, which no choice has seen.${missing}`;
}

/** Which optimizer to take, for each number of trials: in words, and as dots, the best first. */
function glance(comparisons: readonly Comparison[], methods: readonly MethodSummary[], seeds: number): Html {
  const figures = comparisons.map((comparison) => {
    const at = comparison.trials - 1;
    const rows = methods.map(({ method, curve: { mean: value, low, high } }) => ({
      name: titleOf(method),
      colour: colourName(method),
      text: percent(value[at]),
      value: value[at],
      low: low[at],
      high: high[at],
    }));
    return { comparison, rows: rows.sort((a, b) => b.value - a.value) };
  });
  const within = figures.flatMap(({ rows }) => rows.flatMap(endsOf));
  const range = seeds > 1 ? ', and the range of the seeds' : '';
  const each = figures.map(({ comparison, rows }) => {
    const title = `Expected test accuracy with ${comparison.trials} ${comparison.trials === 1 ? 'trial' : 'trials'}${range}`;
    return html`<div><p>${unbroken(verdictOf(comparison, methods))}</p>${dots({ title, unit: '%', within, rows })}</div>`;
  });
  return html`<div class="glance">${each}</div>`;
}

function curves(methods: readonly MethodSummary[]): Lines {
  const most = Math.max(...methods.map(({ trials }) => trials));
  const padded = (values: readonly number[]) => Array.from({ length: most }, (_, i) => values[i] ?? null);
  return {
    kind: 'lines',
    id: 'expected',
    title: 'Expected test accuracy of the best of k trials',
    about: methods
      .map(
        ({ method, curve }) =>
          `${titleOf(method)}: ${percent(curve.mean[0])} with 1, ${percent(curve.mean.at(-1)!)} with ${curve.mean.length}`,
      )
      .join('; '),
    x: { label: 'k, the number of trials', whole: true, values: Array.from({ length: most }, (_, i) => i + 1) },
    y: { label: 'test accuracy', percent: true },
    series: methods.map(({ method, curve }) => ({
      name: titleOf(method),
      colour: colourName(method),
      dash: dashOf(method),
      y: padded(curve.mean),
      low: padded(curve.low),
      high: padded(curve.high),
    })),
  };
}

function results({ methods, comparisons }: Judgement, classes: number, curve: Lines): Html {
  const counts = comparisons.map(({ trials }) => trials);
  return html`<section aria-labelledby="result"><h2 id="result">How much tuning each needs</h2>
<p>The expected best of k trials: the mean, over all choices of k of the trials, of the test accuracy of the one with the best validation
accuracy. With k = 1 nothing is tuned. Each seed chooses by its own validation, as if it were the only one; the curve is their mean, and the band
their range. A run that diverged counts with the accuracy of guessing, ${percent(1 / classes)}.</p>
<div class="split"><div>${plot('expected', curve.title, { about: curve.about })}</div><div>${table(
    'Results',
    ['Optimizer', 'Trials', 'Diverged', 'Best', ...counts.map((k) => `Of ${k}`), 'Near the best', 'Best configuration'],
    methods.map((m) => [
      named(m.method, titleOf(m.method)),
      String(m.trials),
      String(m.diverged),
      accuracyOf(m),
      ...counts.map((k) => percent(m.curve.mean[k - 1])),
      percent(m.near),
      html`<span class="hyper">${m.best ? describeConfig(m.best.config) : '–'}</span>`,
    ]),
  )}
<p class="note">Best: test accuracy of the trial with the best mean validation accuracy over all seeds, its mean and standard deviation over them. Of
k: expected best of k trials. Near the best: the share of trials that did not diverge and whose mean test accuracy is within 2 points of the
optimizer’s highest; the larger, the less it depends on its hyper-parameters.</p></div></div>
<details><summary>The numbers</summary>${table(
    curve.title,
    ['k', ...methods.flatMap(({ method }) => [titleOf(method), 'lowest seed', 'highest seed'])],
    curve.x.values.map((k, i) => [
      String(k),
      ...methods.flatMap(({ curve: c }) => [c.mean, c.low, c.high].map((of) => (i < of.length ? percent(of[i]) : '–'))),
    ]),
  )}</details></section>`;
}

function differences(comparisons: readonly Comparison[], seeds: number): Html {
  if (comparisons.every((c) => c.differences.length === 0)) return html``;
  const points = (x: number | null) => (x === null ? '–' : (100 * x).toFixed(2));
  return html`<section aria-labelledby="differences"><h2 id="differences">Which optimizers differ</h2>
<p>The difference of two optimizers’ expected best, paired by seed: both have the same initial weights and the same batches. Paired t-tests decide
which optimizers differ, at 5 % for all pairs together (Holm). Each interval has the level at which its pair was tested, so two optimizers differ if
it does not contain 0. The intervals are about other seeds with these trials: they do not include how the curves would change with other draws.${
    seeds < 2
      ? ' One seed gives no interval: more seeds are needed.'
      : seeds < 5
        ? ` With ${seeds} seeds the intervals are wide: more seeds narrow them.`
        : ''
  }</p>
<div class="figures">${comparisons.map(intervals)}</div>
<details><summary>The numbers</summary>${comparisons.map((c) =>
    table(
      `In points, with ${c.trials} ${c.trials === 1 ? 'trial' : 'trials'}`,
      ['Difference', 'Mean', 'Low', 'High', 'Better'],
      c.differences.map(({ a, b, mean: m, low, high, better }) => [
        `${titleOf(a)} − ${titleOf(b)}`,
        ...[m, low, high].map(points),
        better === null ? 'not significant' : titleOf(better),
      ]),
    ),
  )}</details></section>`;
}

function byParameter({ sweep, trials, judgement }: SweepFile): Html {
  const { space, settings } = sweep;
  const parts = Object.entries(space).flatMap(([method, ranges]) => {
    if (varied(ranges).length === 0 || !trials.some((t) => t.method === method && t.budget > 0)) return [];
    const heat = accuracyMap(method, ranges, trials);
    const best = judgement?.methods.find((m) => m.method === method)?.best?.number ?? null;
    return [
      html`<h3>${named(method, titleOf(method))}</h3>
<div class="figures">${varied(ranges).map(([name, range]) => scatter(method, name, range, trials, settings.epochs))}
${parallel(method, ranges, trials, best)}${heat && heatMap(heat)}</div>`,
    ];
  });
  if (parts.length === 0) return html``;
  return html`<section aria-labelledby="parameters"><h2 id="parameters">Accuracy by hyper-parameter</h2>
<p>Test accuracy of each trial: its mean over the seeds, and their range as a line. A cross is a trial that diverged; a hollow point is one that was
ended early. In the plot “every trial” each line is a trial; the thick line is the best by validation.</p>${parts}</section>`;
}

function trialTables({ sweep, trials }: SweepFile): Html {
  const score = (x: number | null) => (x === null ? '–' : percent(x));
  return html`<section aria-labelledby="trials"><h2 id="trials">Every trial</h2>
<p>The command of a run repeats it, to the same bits on the same build, in a folder of its own.</p>${Object.keys(
    sweep.space,
  ).map((method) => {
    const own = trials.filter((trial) => trial.method === method);
    return html`<details><summary>${titleOf(method)}: ${count(own.length)} ${own.length === 1 ? 'trial' : 'trials'}</summary>
${table(
  titleOf(method),
  [
    'Trial',
    'Configuration',
    'Epochs',
    'Mean test',
    ...sweep.seeds.flatMap((seed) => [`Validation, seed ${seed}`, `Test, seed ${seed}`]),
  ],
  own.map((trial) => [
    String(trial.number),
    html`<span class="hyper">${describeConfig(trial.config)}</span>`,
    trial.budget === 0 ? '–' : String(trial.budget),
    meanOf(trial),
    ...trial.runs.flatMap(({ validation, test }) => [score(validation), score(test)]),
  ]),
)}
<ul>${own.flatMap((trial) =>
      trial.runs.map(
        ({
          id,
          seed,
          note,
        }) => html`<li><code>${commandOf(sweep.settings, method, trial, seed, id)}</code>${note && html`<br><span class="note">${note}</span>`}</li>
`,
      ),
    )}</ul></details>`;
  })}</section>`;
}

function meanOf(trial: TrialRecord): string {
  const scores = scoresOf(trial);
  return trial.budget === 0 ? '–' : scores ? percent(mean(scores)) : 'diverged';
}

function commandOf(
  settings: SweepFile['sweep']['settings'],
  method: string,
  { config }: TrialRecord,
  seed: number,
  id: string,
): string {
  return [...runWords(settings, method, config, seed), `--out=sweeps/${id}`].map(quote).join(' ');
}

/** A build without its backend's name after each `by`: `wasm: matmul by simd` */
const withoutBackend = (build: string) => build.replaceAll(`by ${build.split(':')[0]} `, 'by ');

/** How the values of a range are drawn. */
const SCALES: Record<string, string> = { log: 'logarithmic', uniform: 'uniform', integer: 'whole numbers' };

function origin({ sweep, builds, boundgrad, classes }: SweepFile): Html {
  const { space, settings, seeds, seed, draw } = sweep;
  const { model, data, augment, batchSize, schedule, milestones, lrDecay, labelSmoothing, clipNorm } = settings;
  const spaces = Object.entries(space).map(([method, ranges]): [Html, Html] => {
    const all = Object.entries(ranges).map(([name, range]) => {
      const [[kind, content]] = Object.entries(range) as [string, unknown[]][];
      const shown = content.map((value) => (Array.isArray(value) ? `(${value.join(', ')})` : String(value)));
      return kind === 'values'
        ? `${kebab(name)} ${shown.join(' or ')}`
        : `${kebab(name)} from ${shown.join(' to ')}, ${SCALES[kind] ?? kind}`;
    });
    const size = sizeOfSpace(ranges);
    return [
      named(method, titleOf(method)),
      html`${all.join('; ') || 'the defaults'}${Number.isFinite(size) && ` (${count(size)} configurations)`}`,
    ];
  });
  const entries: [string, string][] = [
    ['Seeds', `${list(seeds.map(String))}; the trials are drawn ${DRAWS[draw] ?? draw}, with seed ${seed}`],
    ['Data', `${data}, ${classes} classes`],
    ['Model', model],
    [
      'Training',
      `${settings.epochs} ${settings.epochs === 1 ? 'epoch' : 'epochs'}, batches of ${batchSize ?? 'the default size'}, schedule ${milestones ? `times ${lrDecay} after epochs ${milestones.join(', ')}` : schedule}, augmentation ${augment.join(', ') || 'none'}, label smoothing ${labelSmoothing}${clipNorm === null ? '' : `, gradients clipped to a norm of ${clipNorm}`}`,
    ],
    ['Kernels', builds.map(withoutBackend).join('; ')],
    ['Version', `boundgrad ${boundgrad}`],
  ];
  return html`<section aria-labelledby="origin"><h2 id="origin">How this was made</h2>
<dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<h3>Spaces</h3><dl>${spaces.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<p class="note">sweep.json beside this page has all of it as JSON; results.jsonl has each run with its epochs, its time and its machine. The
comparison follows Sivaprasad et al. 2020 (arXiv 1910.11758), Dodge et al. 2019 (1909.03004) and Choi et al. 2019 (1910.05446).</p></section>`;
}

// report.html: its beginning and its result, of text and tables. sections/ has the parts below, document.ts makes the page around them, and
// client.ts draws the plots.

import { dots } from '../charts/dots.js';
import { properties } from '../charts/palette.js';
import { count, list, plusMinus, unbroken } from '../format.js';
import { documentOf } from '../html/document.js';
import { type Html, html } from '../html/html.js';
import style from '../html/style.css?page';
import type { Run } from '../record.js';
import client, { hash } from './client.ts?page';
import { curvesOf } from './figures.js';
import { differences, type Group, groupsOf, groupsOfOptimizer, TRAINING_DATA } from './groups.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { dataName, resultNotes } from './results.js';
import { lossOf, type Score, type ShownLoss, scoreOf } from './score.js';
import { curve, curves } from './sections/curves.js';
import { funnel } from './sections/funnel.js';
import { learned } from './sections/learned.js';
import { origin } from './sections/origin.js';
import { samples } from './sections/samples.js';
import { resultTable, table } from './tables.js';

/** The whole page. runs: at least one; runs that differ in their seed only are shown together. */
export function reportPage(runs: readonly Run[]): string {
  const { run } = runs[0];
  const groups = groupsOf(runs);
  const models = [...new Set(runs.map((r) => r.run.model))];
  const isOne = new Set(groups.map(({ optimizer }) => optimizer)).size === 1 && groups.length < 4;
  const names = isOne ? groups.map((group) => group.title) : [...new Set(runs.map((r) => r.run.title))];
  const [net, data, optimizers] = [list(models), `${dataName(run)}:`, list(names)];
  const outcome = outcomeOf(groups);
  const score = scoreOf(run);
  const [first] = curvesOf(runs);
  const hasEpochs = runs.some(({ epochs }) => epochs.length > 0);
  const differing = settings(groups);
  // The table of differing settings has a column for each group.
  const isNarrow = groups.length < 4;
  return documentOf({
    title: `${net} on ${data} ${optimizers}`,
    version: run.boundgrad,
    style:
      style +
      properties(
        groups.map(({ optimizer }) => optimizer),
        groupsOfOptimizer(groups),
      ),
    header: html`<h1>${net} on <span class="one">${data}</span> ${unbroken(optimizers)}</h1>
<div><p class="lede">${unbroken(outcome.sentence)}</p>
<p>${withOptions(unbroken(outcome.basis))}</p>
<p class="note">${unbroken(summary(runs))}</p></div>
${atAGlance(outcome, score)}`,
    main: html`<section aria-labelledby="result"><h2 id="result">Result</h2>
<div class="split"><div>${resultTable(groups, outcome.best)}${resultNotes(runs).map((note) => html`<p class="note">${note}</p>`)}
${
  hasEpochs &&
  html`<p class="note">Training numbers are means over the last epoch, each batch before its step; test numbers are on the whole test set after it.
Best is the best test ${score.name} of any epoch; it is known only afterwards, and is better than on new samples. ${unitOf(lossOf(run))}${
    score.name === 'R2' &&
    ' R2 is 1 minus the mean square error over the variance of the test values: 1 is perfect, 0 is as good as their mean.'
  }${score.name === 'perplexity' && ' Perplexity is e to the power of the test loss: the net is as unsure as if it chose among so many equally probable tokens.'}${
    outcome.best.size > 0 && ' Bold: significantly better than another, and not significantly worse than any.'
  }</p>`
}${isNarrow && differing && html`<div class="within">${differing}</div>`}</div>${first && curve(first, groups.some((g) => g.runs.length > 1) && ': lines are means over the seeds, bands their range')}</div>
${!isNarrow && differing}</section>
${curves(runs)}
${learned(runs)}
${samples(runs)}
${funnel(runs)}
${origin(runs)}`,
    data: { id: 'runs', value: runs },
    script: { text: client, hash },
  });
}

/** The results as dots with their standard errors; nothing if there is nothing to compare, or no error is known. */
function atAGlance({ scores }: Outcome, { name, print }: Score): Html | false {
  if (scores.length < 2 || scores.every(({ error }) => error === null)) return false;
  const seeds = Math.max(...scores.map(({ group }) => group.runs.length));
  return dots({
    title: `${seeds > 1 ? `Mean test ${name}` : `Test ${name}`} ± its standard error`,
    unit: name === 'accuracy' ? '%' : undefined,
    rows: scores.map(({ group, value, error }) => ({
      name: group.title,
      colour: group.colour,
      value,
      low: error === null ? null : value - error,
      high: error === null ? null : value + error,
      text: error === null ? print(value) : plusMinus(value, error, print),
    })),
  });
}

/** A text with the options of the command line in it as code that stays on one line. */
const withOptions = (text: string) =>
  text
    .split(/(--[a-z-]+(?: \d+(?:\.\d+)?)?)/)
    .map((part, i) => (i % 2 ? html`<code class="option">${part}</code>` : part));

/** The unit of the losses, as a sentence. */
const unitOf = ({ name, about }: ShownLoss) => `${name === 'loss' ? 'Loss' : name}: ${about}.`;

/** What was trained, and what the runs have in common. */
function summary(runs: readonly Run[]): string {
  const { run } = runs[0];
  const { data, initial } = run;
  const score = scoreOf(run);
  const same = <T>(of: (r: Run['run']) => T) => new Set(runs.map((r) => of(r.run))).size === 1;
  const net = same((r) => r.model) ? `A net of ${count(run.parameters)} parameters, ` : '';
  const samples = `${count(data.train)} training and ${count(data.test)} test samples`;
  const epochs = same((r) => r.epochs) ? `, ${run.epochs} ${run.epochs === 1 ? 'epoch' : 'epochs'}` : '';
  const steps = run.epochs * Math.ceil(data.train / run.batchSize);
  const most =
    same((r) => r.maxSteps) && run.maxSteps && run.maxSteps < steps ? `, at most ${count(run.maxSteps)} steps` : '';
  const batches = same((r) => r.batchSize) ? ` in batches of ${run.batchSize}` : '';
  const seeds = new Set(runs.map((r) => r.run.seed)).size;
  const groups = groupsOf(runs).length;
  const words = ['three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
  const all = groups === 2 ? 'Both' : `All ${words[groups - 3] ?? groups}`;
  const start =
    groups === 1 || runs.some(({ from }) => from !== undefined)
      ? ''
      : seeds > 1
        ? ` In each of ${seeds} seeds ${all.replace(/^./, (c) => c.toLowerCase())} optimizers start from the same weights and see the same batches in the same order.`
        : ` ${all} optimizers start from the same weights (test ${score.name} ${score.print(score.test(initial))}) and see the same batches in the same order.`;
  const text = `${net}${samples}${epochs}${batches}${most}.${start}`;
  return text[0].toUpperCase() + text.slice(1);
}

/** The settings in which the groups differ, if one optimizer has several groups or runs come from several folders. */
function settings(groups: readonly Group[]): Html | false {
  const isMixed =
    groups.some(({ runs }) => runs[0].from !== undefined) ||
    new Set(groups.map((g) => g.optimizer)).size < groups.length;
  if (!isMixed) return false;
  const rows = differences(groups);
  const from = ({ runs }: Group) => list([...new Set(runs.flatMap((r) => r.from ?? []))]);
  const seeds = groups.map(({ runs }) => runs.map((r) => r.run.seed).join(', '));
  return html`<h3>What differs</h3>
${
  rows.length === 0 && html`<p>The runs have the same settings; they differ in their seeds, or in their optimizers.</p>`
}${table(
  'All other settings are the same',
  ['Setting', ...groups.map(({ title }) => title)],
  [
    ...(groups.some((g) => from(g)) ? [['folder', ...groups.map(from)]] : []),
    ...(new Set(seeds).size > 1 ? [['seeds', ...seeds]] : []),
    ...rows.map(({ name, values }) => [name, ...values]),
  ],
)}${
  new Set(groups.map(({ optimizer }) => optimizer)).size > 1 &&
  html`<p class="note">Hyper-parameters are compared within an optimizer only.</p>`
}${
  rows.some(({ name }) => name === TRAINING_DATA) &&
  html`<p class="note">The training data differ: other samples, as of another file of the same name, or another preparation.</p>`
}`;
}

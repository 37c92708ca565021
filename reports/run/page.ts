// report.html: the text and the tables of a run. document.ts makes the page around them, client.ts draws the plots.

import { properties } from '../charts/palette.js';
import { count, describeDevice, figure, fixed, kebab, list, percent } from '../format.js';
import { documentOf, plot } from '../html/document.js';
import { type Html, html } from '../html/html.js';
import style from '../html/style.css?page';
import type { Run } from '../record.js';
import client from './client.ts?page';
import { hasBounds } from './rates.js';
import { dataName, resultNotes, rowOf } from './results.js';
import { lossOf, scoreOf } from './score.js';
import { epochTable, named, rateTables, resultTable } from './tables.js';

/** The whole page. runs: at least one. */
export function reportPage(runs: readonly Run[]): string {
  const { run } = runs[0];
  const title = `${run.model} on ${dataName(run)}: ${list(runs.map((r) => r.run.title))}`;
  return documentOf({
    title,
    version: run.boundgrad,
    style: style + properties(runs.map((r) => r.run.optimizer)),
    header: html`<h1>${title}</h1>
<p>${summary(runs)}</p>`,
    main: html`<section aria-labelledby="result"><h2 id="result">Result</h2>
<p>Training numbers are means over the last epoch, each batch before its step; test numbers are on the whole test set after it.
Best is the best test ${scoreOf(run).name} of any epoch, and the first epoch that reached it; it is known only afterwards.${
      scoreOf(run).name === 'R2' &&
      ' R2 is 1 minus the mean square error over the variance of the test values: 1 is perfect.'
    }</p>
${resultTable(runs)}${resultNotes(runs).map((note) => html`<p class="note">${note}</p>`)}</section>
${curves(runs)}
${samples(runs)}
${steps(runs)}
${funnel(runs)}
${origin(runs)}`,
    data: { id: 'runs', value: runs },
    script: client,
  });
}

function summary(runs: readonly Run[]): Html {
  const { run } = runs[0];
  const { data, initial } = run;
  const score = scoreOf(run);
  const isAccuracy = score.name === 'accuracy';
  const best = isAccuracy ? Math.max(0, ...runs.map((r) => rowOf(r).best).filter(Number.isFinite)) : 0;
  return html`A net of ${count(run.parameters)} parameters, ${count(data.train)} training and ${count(data.test)} test
samples, ${run.epochs} ${run.epochs === 1 ? 'epoch' : 'epochs'} in batches of ${run.batchSize}. ${
    runs.length > 1 &&
    `All ${runs.length} optimizers start from the same weights (test ${score.name} ${score.print(score.test(initial))}) and see the same batches in the same order. `
  }${
    best > 0 &&
    html`One run each, from seed ${run.seed}: the standard error of an accuracy of ${percent(best)} on ${count(data.test)} samples is
${fixed(100 * Math.sqrt((best * (1 - best)) / data.test), 1)} points, and another seed gives other numbers.`
  }`;
}

function curves(runs: readonly Run[]): Html {
  const { name, about, of, print } = lossOf(runs[0].run);
  const [training, test] = [`Training ${name}`, `Test ${name}`];
  return html`<section aria-labelledby="loss"><h2 id="loss">${name === 'loss' ? 'Loss' : name}</h2>
<p>${about[0].toUpperCase() + about.slice(1)}, by epoch; lower is better. A training loss that falls while the test loss rises is overfitting.
Point at a plot, or focus it and press the arrow keys, to read its values.</p>
<div class="pair">${plot('training-loss', training)}${plot('test-loss', test)}</div>
<details><summary>The numbers</summary>
${epochTable(runs, training, (e) => print(of(e.loss)))}
${epochTable(runs, test, (e) => print(of(e.testLoss ?? NaN)))}</details></section>
${scoreCurves(runs)}`;
}

function scoreCurves(runs: readonly Run[]): Html {
  const score = scoreOf(runs[0].run);
  if (score.name === lossOf(runs[0].run).name) return html``;
  if (score.name === 'R2') {
    return html`<section aria-labelledby="accuracy"><h2 id="accuracy">R2</h2>
<p>1 minus the mean square error over the variance of the test values, by epoch; 1 is perfect, 0 is as good as their mean.</p>
${plot('test-accuracy', 'Test R2')}
<details><summary>The numbers</summary>
${epochTable(runs, 'Test R2', (e) => score.print(score.test(e)))}</details></section>`;
  }
  if (score.name === 'perplexity') {
    return html`<section aria-labelledby="accuracy"><h2 id="accuracy">Perplexity</h2>
<p>e to the power of the test loss, by epoch: the number of equally probable tokens with that loss.</p>
${plot('test-accuracy', 'Test perplexity')}
<details><summary>The numbers</summary>
${epochTable(runs, 'Test perplexity', (e) => score.print(score.test(e)))}</details></section>`;
  }
  return html`<section aria-labelledby="accuracy"><h2 id="accuracy">Accuracy</h2>
<p>Share of correctly classified samples, by epoch. The gap between the two plots shows overfitting.</p>
<div class="pair">${plot('test-accuracy', 'Test accuracy')}${plot('train-accuracy', 'Training accuracy')}</div>
<details><summary>The numbers</summary>
${epochTable(runs, 'Test accuracy', (e) => percent(e.testAccuracy ?? NaN))}
${epochTable(runs, 'Training accuracy', (e) => percent(e.trainAccuracy ?? NaN))}</details></section>`;
}

/** What language models wrote after their epochs. */
function samples(runs: readonly Run[]): Html {
  const written = runs.flatMap(({ run, epochs }) => {
    const all = epochs.filter(({ sample }) => sample !== undefined);
    return all.length > 0 ? [{ run, all }] : [];
  });
  if (written.length === 0) return html``;
  const shown = ({
    epoch,
    sample,
  }: Run['epochs'][0]) => html`<figure><figcaption>After epoch ${String(epoch)}</figcaption>
<pre>${sample}</pre></figure>`;
  return html`<section aria-labelledby="samples"><h2 id="samples">Samples</h2>
<p>What the net wrote after an epoch, with the same random draws each time.</p>${written.map(
    ({ run, all }) => html`<h3>${named(run.optimizer, run.title)}</h3>
${shown(all.at(-1)!)}${
  all.length > 1 && html`<details><summary>After earlier epochs</summary>${all.slice(0, -1).map(shown)}</details>`
}`,
  )}</section>`;
}

/** The lr and the norm of the gradients. Records of earlier versions have neither. */
function steps(runs: readonly Run[]): Html {
  if (!runs.some(({ epochs }) => epochs.some(({ lr, gradNorm }) => (lr ?? gradNorm) !== undefined))) return html``;
  return html`<section aria-labelledby="steps"><h2 id="steps">Learning rate and gradients</h2>
<p>The learning rate of each epoch’s last step, times its schedule, and the norm of all gradients together, before they are clipped,
as its mean over the epoch’s steps. A norm that grows announces a divergence; one that falls to zero, the end of learning.</p>
<div class="pair">${plot('lr', 'Learning rate')}${plot('grad-norm', 'Norm of the gradients')}</div>
<details><summary>The numbers</summary>
${epochTable(runs, 'Learning rate', (e) => figure(e.lr ?? NaN))}
${epochTable(runs, 'Norm of the gradients', (e) => figure(e.gradNorm ?? NaN))}</details></section>`;
}

function funnel(runs: readonly Run[]): Html {
  const drawn = runs.filter(({ epochs }) => epochs.some(({ rates }) => rates.length > 0));
  if (drawn.length === 0) return html``;
  const first = drawn.find(({ run }) => run.optimizer.includes('bound')) ?? drawn[0];
  const options = drawn.map(
    ({ run }) =>
      html`<label><input type="radio" name="optimizer" value="${run.optimizer}"${
        run === first.run && html` checked`
      }> ${named(run.optimizer, run.title)}</label>`,
  );
  const isBounded = drawn.some(hasBounds);
  return html`${
    isBounded
      ? html`<section aria-labelledby="bounds"><h2 id="bounds">Rates between their bounds</h2>
<p>Each weight has its own rate. At step <i>t</i> the weight moves by its rate times its momentum, and the rate is</p>
<p class="equation"><i>s</i><sub>t</sub> · clip( <i>a</i><sub>t</sub> / (√<i>v</i><sub>t</sub> + <i>ε</i>), lo(<i>t</i>), hi(<i>t</i>) )</p>
<p>where <i>a</i><sub>t</sub> is the learning rate with bias correction, <i>v</i><sub>t</sub> the running mean of the weight’s
squared gradients and <i>s</i><sub>t</sub> the schedule. Adam has lo = 0 and hi = ∞, so nothing is clipped. SGDM has
lo = hi, one rate for all weights. In AdaBound lo(<i>t</i>) and hi(<i>t</i>) converge to a final rate: it begins as Adam and ends as
SGD. Grey shows raw rates, before the clip; colour shows the rates that the step used.</p>`
      : html`<section aria-labelledby="rates"><h2 id="rates">Rates of the weights</h2>
<p>At step <i>t</i> a weight moves by its rate times its momentum. SGDM has one rate for all weights. Adam and its kin divide the
learning rate by the root of the running mean of the weight’s squared gradients, so each weight has its own.</p>`
  }
<form class="controls" id="controls" autocomplete="off"><fieldset><legend>Optimizer</legend>${options}</fieldset>
<label>Layer <select name="layer"><option value="">whole net</option>${runs[0].run.layers.map(
    ({ name, shape }) => html`<option value="${name}">${name} (${shape.join(' × ')})</option>`,
  )}</select></label>
<label><input type="checkbox" name="log" checked> logarithmic steps</label></form>
${plot('funnel', 'Rates by step')}
<ul class="legend">${isBounded && html`<li class="bound">lo(t) and hi(t)</li>`}<li class="median">median rate</li><li class="half">half of the weights</li>
<li class="most">90 % of them</li><li class="whole">all</li>${isBounded && html`<li class="raw">raw: median and 90 %</li>`}</ul>
${isBounded && plot('share', 'Share of weights at the floor lo(t), free, and at the ceiling hi(t)', { readout: false })}
<details><summary>The numbers</summary>${drawn.map((run) => rateTables(run, isBounded))}</details></section>`;
}

/** The options for steps and weights that a run has. */
function optionsOf({
  classWeights,
  accumulate,
  clipNorm,
  reduceOnPlateau,
  earlyStopping,
  average,
  keepBest,
}: Run['run']): string[] {
  const found: [value: unknown, text: string][] = [
    [classWeights, `class weights ${classWeights}`],
    [accumulate, `steps on ${accumulate} batches`],
    [clipNorm, `gradients clipped to a norm of ${clipNorm}`],
    [
      reduceOnPlateau,
      `lr times ${reduceOnPlateau?.factor} after ${reduceOnPlateau?.patience} epochs without a lower test loss`,
    ],
    [earlyStopping, `ended after ${earlyStopping} epochs without a lower test loss`],
    [average, `weights averaged (${average})`],
    [keepBest, 'the weights of the best epoch saved'],
  ];
  return found.flatMap(([value, text]) => (value === undefined ? [] : [text]));
}

function origin(runs: readonly Run[]): Html {
  const { run } = runs[0];
  const { device, data } = run;
  const entries: [string, Html | string][] = [
    ['Command', html`<code>${run.command}</code>`],
    ['Seed', String(run.seed)],
    [
      'Data',
      `${data.name}: ${count(data.train)} training, ${count(data.test)} test, ${data.classes === 0 ? 'values to predict' : `${data.classes} classes`}, inputs (${data.shape})`,
    ],
    ['Model', `${run.model}, ${count(run.parameters)} parameters`],
    [
      'Training',
      [
        `schedule ${run.schedule}, label smoothing ${run.labelSmoothing}, augmentation ${run.augment.join(', ') || 'none'}`,
        ...optionsOf(run),
      ].join(', '),
    ],
    [
      'Kernels',
      `${run.backend}: ${Object.entries(run.via)
        .map(([k, how]) => `${k} by ${how}`)
        .join(', ')}`,
    ],
    ['Device', describeDevice(device)],
    ['Date', html`<time datetime="${run.date}">${run.date.replace('T', ' ').replace(/\..*/, ' UTC')}</time>`],
    ['Version', `boundgrad ${run.boundgrad}`],
  ];
  const hyper = runs.map(({ run: r }) => {
    const all = Object.entries(r.hyper).map(([name, value]) => `${kebab(name)} ${String(value).replace(',', ', ')}`);
    return html`<dt>${named(r.optimizer, r.title)}</dt><dd>${r.about}: ${all.join('; ')}</dd>`;
  });
  return html`<section aria-labelledby="origin"><h2 id="origin">How this was made</h2>
<dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<h3>Hyper-parameters</h3><dl>${hyper}</dl>
<p class="note">${
    runs.some((r) => r.run.optimizer.includes('bound')) &&
    html`AdaBound: Luo, Xiong, Liu and Sun, Adaptive Gradient Methods with Dynamic Bound of Learning Rate, ICLR 2019,
arXiv 1902.09843. `
  }The records of this run are beside this page, one .jsonl file for each optimizer.</p></section>`;
}

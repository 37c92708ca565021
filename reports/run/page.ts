// report.html: the text and the tables of a run. document.ts makes the page around them, client.ts draws the plots.

import { dots } from '../charts/dots.js';
import type { Lines } from '../charts/figure.js';
import { heatMap } from '../charts/heatMap.js';
import { properties } from '../charts/palette.js';
import { count, describeDevice, figure, fixed, kebab, list, percent, plusMinus, unbroken } from '../format.js';
import { commandLine, documentOf, plot } from '../html/document.js';
import { type Html, html } from '../html/html.js';
import style from '../html/style.css?page';
import type { Run } from '../record.js';
import client, { hash } from './client.ts?page';
import { curvesOf, onlyPlace } from './figures.js';
import { differences, type Group, groupsOf, groupsOfOptimizer } from './groups.js';
import { confusionOf, errorOf, type Learned, learnedLines, learnedOf, mistakeText, planeAbout } from './learned.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { hasBounds } from './rates.js';
import { dataName, resultNotes, usedKernels } from './results.js';
import { lossOf, type Score, type ShownLoss, scoreOf } from './score.js';
import { epochTable, keyOf, marked, rateTables, resultTable, table, titleOfRun } from './tables.js';

/** The whole page. runs: at least one; runs that differ in their seed only are shown together. */
export function reportPage(runs: readonly Run[]): string {
  const { run } = runs[0];
  const groups = groupsOf(runs);
  const models = [...new Set(runs.map((r) => r.run.model))];
  const isOne = new Set(groups.map(({ optimizer }) => optimizer)).size === 1 && groups.length < 4;
  const names = isOne ? groups.map((group) => group.title) : [...new Set(runs.map((r) => r.run.title))];
  const title = `${list(models)} on ${dataName(run)}: ${list(names)}`;
  const outcome = outcomeOf(groups);
  const score = scoreOf(run);
  const [first] = curvesOf(runs);
  const hasEpochs = runs.some(({ epochs }) => epochs.length > 0);
  return documentOf({
    title,
    version: run.boundgrad,
    style:
      style +
      properties(
        groups.map(({ optimizer }) => optimizer),
        groupsOfOptimizer(groups),
      ),
    header: html`<h1>${title}</h1>
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
}</div>${first && curve(first, groups.some((g) => g.runs.length > 1) && ': lines are means over the seeds, bands their range')}</div>
${settings(groups)}</section>
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

/** The settings in which the groups differ, if the same optimizer has several or runs come from several folders. */
function settings(groups: readonly Group[]): Html {
  const isMixed =
    groups.some(({ runs }) => runs[0].from !== undefined) ||
    new Set(groups.map((g) => g.optimizer)).size < groups.length;
  if (!isMixed) return html``;
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
}`;
}

function curves(runs: readonly Run[]): Html {
  const drawn = curvesOf(runs);
  if (drawn.length === 0) return html``;
  const groups = groupsOf(runs);
  const { about, print, of } = lossOf(runs[0].run);
  const score = scoreOf(runs[0].run);
  const has = (id: string) => drawn.find((f) => f.id === id);
  const [bars, plots] = [true, false].map((is) => drawn.slice(1).filter((f) => (onlyPlace(f) !== null) === is));
  const numbers: Record<string, (e: Run['epochs'][0]) => string> = {
    'test-score': (e) => score.print(score.test(e)),
    'test-loss': (e) => print(of(e.testLoss ?? NaN)),
    'training-loss': (e) => print(of(e.loss)),
    'train-accuracy': (e) => percent(e.trainAccuracy ?? NaN),
    lr: (e) => figure(e.lr ?? NaN),
    'grad-norm': (e) => figure(e.gradNorm ?? NaN),
  };
  return html`<section aria-labelledby="curves"><h2 id="curves">Curves</h2>
<div class="prose"><p>The loss is the ${about}; lower is better. A training loss that falls while the test loss rises is overfitting. The gradient norm is
over all weights, before clipping; a growing norm warns of divergence.${
    groups.some((g) => g.runs.length > 1) &&
    ' Lines are means over the seeds, bands the range from the lowest to the highest seed.'
  }</p>
${
  drawn.some((f) => onlyPlace(f) === null) &&
  html`<p class="note">Point at a plot, or focus it and press the arrow keys, to read values below it.${
    groups.length > 1 &&
    ' Point at a name to bring its line to the front; press it to hide or show the line in every plot. A broad, faint line lies under others that have nearly the same values.'
  }</p>`
}</div>
${[plots, bars].map((some) => some.length > 0 && html`<div class="figures">${some.map((f) => curve(f))}</div>`)}
<details><summary>The numbers</summary>
${Object.entries(numbers).map(([id, cell]) => has(id) && epochTable(runs, has(id)!.title, cell))}</details></section>`;
}

/** A curve as a plot; as bars from 0 with their values if it has one place only. */
function curve(f: Lines, more: string | false = ''): Html {
  const place = onlyPlace(f);
  if (place === null) return plot(f.id, f.title, { about: f.about, more: more || '' });
  const print = f.y.percent ? percent : figure;
  const most = Math.max(...f.series.map(({ y }) => y[place] ?? 0));
  // A single number that is not a share has no bar, because its bar would always be full.
  const isNumber = f.series.length === 1 && !f.y.percent;
  const bars = f.series.map(({ name, colour, y, low, high }) => {
    const value = y[place];
    const isBand = low && high && value !== null && low[place] !== high[place];
    const range = isBand ? ` (${print(low[place]!)} to ${print(high[place]!)})` : '';
    const width = value === null || !(most > 0) ? 0 : Math.max(0, (100 * value) / (f.y.percent ? 1 : most));
    return html`<li style="--colour: var(--${colour})"><span>${name}</span>${!isNumber && html`<span class="bar"><span style="width: ${width.toFixed(1)}%"></span></span>`}
<span><b>${value === null ? 'no value' : print(value)}</b>${range}</span></li>`;
  });
  return html`<figure><figcaption>${f.title}, after ${f.x.label} ${String(f.x.values[place])}</figcaption><ul class="${isNumber ? 'bars numbers' : 'bars'}">${bars}</ul></figure>`;
}

/** What the trained nets do on the test set. */
function learned(runs: readonly Run[]): Html {
  const all = learnedOf(runs);
  if (all.length === 0) return html``;
  const lines = learnedLines(runs);
  const planes = all.filter(({ tested }) => tested.plane);
  const maps = all.flatMap((one) => confusionOf(one) ?? []);
  const wrong = all.filter(({ tested }) => tested.wrong);
  const calibrated = all.filter(({ tested }) => tested.calibration);
  const several = runs.some((r) => r.run.seed !== runs[0].run.seed);
  return html`<section aria-labelledby="learned"><h2 id="learned">What was learned</h2>
<p>The saved nets on the test set${several && ': for each optimizer, the net of its first seed'}.${
    planes.length > 0 &&
    ' On the plane of inputs the colour is the net’s answer, fainter where it is less sure; lines are the boundaries, marks are test samples.'
  }${calibrated.length > 0 && ` A calibrated net is right as often as its probability says. The calibration error is the mean distance from that: ${list(calibrated.map(({ group, tested }) => `${group.title} ${unbroken(percent(errorOf(tested.calibration!)))}`))}. Points of very few answers are not drawn.`}</p>
<div class="figures maps">${planes.map(planeOf)}${lines.map((f) => plot(f.id, f.title, { about: f.about }))}${maps.map(heatMap)}</div>
${calibrated.length > 0 && calibrationTable(all)}
${
  wrong.length > 0 &&
  html`<h3>The most confident errors</h3>
<p>Test images that a net classified wrongly, those of the highest probability first: the true class, the answer, its probability.</p>
${wrong.map(mistakes)}`
}</section>`;
}

function planeOf({ group, nth, tested }: Learned): Html {
  const title = `${group.title}: answers over the plane`;
  return html`<figure class="plane"><figcaption>${title}</figcaption>
<canvas id="plane-${nth}" role="img" aria-label="${title}. ${planeAbout(tested)}"></canvas>
<ul class="classes"><li>True class:</li>${tested.classes!.map((name, c) => html`<li style="--colour: var(--class-${c % 10})">${['●', '■', '▲', '◆'][c % 4]} ${name}</li>`)}</ul></figure>`;
}

function calibrationTable(all: readonly Learned[]): Html {
  const found = all.filter(({ tested }) => tested.calibration);
  const rows = found.map(({ group, tested }) => {
    const bins = tested.calibration!;
    return [
      keyOf(group),
      percent(errorOf(bins)),
      ...bins.map(({ samples, right }) => (samples ? `${percent(right)} of ${count(samples)}` : '–')),
    ];
  });
  const heads = found[0].tested.calibration!.map((_, i, { length }) => `to ${Math.round((100 * (i + 1)) / length)} %`);
  return html`<details><summary>The numbers</summary>${table('Right answers by the probability of the answer', ['Optimizer', 'Calibration error', ...heads], rows)}</details>`;
}

function mistakes({ group, nth, tested }: Learned, i: number): Html {
  return html`<details${i === 0 && html` open`}><summary>${group.title}</summary>
<ul class="mistakes">${tested.wrong!.images.map(
    (
      image,
      k,
    ) => html`<li><canvas id="wrong-${nth}-${k}" role="img" aria-label="${mistakeText(tested, image)}"></canvas>
<span>${tested.classes![image.truth]}</span> <span class="answer">${tested.classes![image.answer]}</span> <span class="note">${fixed(100 * image.confidence, 1)} %</span></li>`,
  )}</ul></details>`;
}

/** What language models wrote after their epochs. */
function samples(runs: readonly Run[]): Html {
  const groups = groupsOf(runs);
  const written = runs.flatMap((one) => {
    const all = one.epochs.filter(({ sample }) => sample !== undefined);
    const { colour } = groups.find((group) => group.runs.includes(one))!;
    return all.length > 0 ? [{ all, key: marked(colour, titleOfRun(one, groups)) }] : [];
  });
  if (written.length === 0) return html``;
  const shown = ({
    epoch,
    sample,
  }: Run['epochs'][0]) => html`<figure><figcaption>After epoch ${String(epoch)}</figcaption>
<pre>${sample}</pre></figure>`;
  return html`<section aria-labelledby="samples"><h2 id="samples">Samples</h2>
<p>What the net wrote after an epoch, with the same random draws each time.</p><div class="figures">${written.map(
    ({ key, all }) => html`<div><h3>${key}</h3>
${shown(all.at(-1)!)}${
  all.length > 1 && html`<details><summary>After earlier epochs</summary>${all.slice(0, -1).map(shown)}</details>`
}</div>`,
  )}</div></section>`;
}

function funnel(runs: readonly Run[]): Html {
  // Of several seeds the first is shown.
  const all = groupsOf(runs).map((group, nth) => ({ ...group, nth, run: group.runs[0] }));
  const drawn = all.filter(({ run: { epochs } }) => epochs.some(({ rates }) => rates.length > 0));
  if (drawn.length === 0) return html``;
  const first = drawn.find(({ optimizer }) => optimizer.includes('bound')) ?? drawn[0];
  const options = drawn.map(
    (one) =>
      html`<label><input type="radio" name="optimizer" value="${one.nth}"${
        one === first && html` checked`
      }> ${keyOf(one)}</label>`,
  );
  const isBounded = drawn.some(({ run }) => hasBounds(run));
  // A layer that one of the nets lacks could not be shown of it.
  const [own, ...others] = drawn.map(({ run }) => run.run.layers);
  const keyOfLayer = ({ name, shape }: (typeof own)[0]) => JSON.stringify([name, shape]);
  const sets = others.map((layers) => new Set(layers.map(keyOfLayer)));
  const layers = own.filter((layer) => sets.every((set) => set.has(keyOfLayer(layer))));
  return html`${
    isBounded
      ? html`<section aria-labelledby="bounds"><h2 id="bounds">Rates between their bounds</h2>
<div class="prose"><div><p>Each weight has its own rate. At step <i>t</i> the weight moves by its rate times its momentum, and the rate is</p>
<p class="equation"><i>s</i><sub>t</sub> · clip( <i>a</i><sub>t</sub> / (√<i>v</i><sub>t</sub> + <i>ε</i>), lo(<i>t</i>), hi(<i>t</i>) )</p></div>
<p>where <i>a</i><sub>t</sub> is the learning rate with bias correction, <i>v</i><sub>t</sub> the running mean of the weight’s
squared gradients and <i>s</i><sub>t</sub> the schedule. Adam has lo = 0 and hi = ∞, so nothing is clipped. SGDM has
lo = hi, one rate for all weights. In AdaBound lo(<i>t</i>) and hi(<i>t</i>) converge to a final rate: it begins as Adam and ends as
SGD. Grey shows raw rates, before the clip; colour shows the rates that the step used.</p></div>`
      : html`<section aria-labelledby="rates"><h2 id="rates">Rates of the weights</h2>
<p>At step <i>t</i> a weight moves by its rate times its momentum. SGDM has one rate for all weights. Adam and its kin divide the
learning rate by the root of the running mean of the weight’s squared gradients, so each weight has its own.</p>`
  }
<form class="controls" id="controls" autocomplete="off"><fieldset><legend>Optimizer</legend>${options}</fieldset>
<label>Layer <select name="layer"><option value="">whole net</option>${layers.map(
    ({ name, shape }) => html`<option value="${name}">${name} (${shape.join(' × ')})</option>`,
  )}</select></label>
<label><input type="checkbox" name="log" checked> logarithmic steps</label></form>
${plot('funnel', 'Rates by step')}
<ul class="legend">${isBounded && html`<li class="bound">lo(t) and hi(t)</li>`}<li class="median">median rate</li><li class="half">half of the weights</li>
<li class="most">90 % of them</li><li class="whole">all</li>${isBounded && html`<li class="raw">raw: median and 90 %</li>`}</ul>
${isBounded && plot('share', 'Share of weights at the floor lo(t), free, and at the ceiling hi(t)', { readout: false })}
<details><summary>The numbers</summary>${drawn.map(({ run, title }) => rateTables(run, title, isBounded))}</details></section>`;
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

/** A text in which hyper-parameters are named as on the command line. */
const kebabs = (text: string, names: readonly string[]) =>
  names.reduce((said, name) => said.replaceAll(name, kebab(name)), text);

/** A hyper-parameter and its value. */
const hyperText = (name: string, value: string) =>
  name === 'form'
    ? `as in ${value === 'code' ? 'the authors’ code' : `the ${value}`}`
    : `${kebab(name)} ${value.replace(',', ', ')}`;

/** The texts of runs, each once. */
const each = (runs: readonly Run[], of: (run: Run['run']) => string) => [...new Set(runs.map((r) => of(r.run)))];

/** The shape of a sample in words: `10 inputs`, or `inputs of 3 × 32 × 32`. */
const inputsOf = (shape: readonly number[]) =>
  shape.length === 1 ? `${count(shape[0])} ${shape[0] === 1 ? 'input' : 'inputs'}` : `inputs of ${shape.join(' × ')}`;

function origin(runs: readonly Run[]): Html {
  const { data } = runs[0].run;
  const all = (of: (run: Run['run']) => string) => each(runs, of).join('; ');
  const seeds = [...new Set(runs.map((r) => r.run.seed))];
  const commands = each(runs, (run) => run.command);
  const dates = each(runs, ({ date }) => date.replace('T', ' ').replace(/\..*/, ' UTC')).sort();
  const entries: [string, Html | string][] = [
    [commands.length > 1 ? 'Commands' : 'Command', html`${commands.map(commandLine)}`],
    [seeds.length > 1 ? 'Seeds' : 'Seed', seeds.join(', ')],
    [
      'Data',
      `${data.name}: ${all(({ data: { train } }) => count(train))} training, ${count(data.test)} test, ${data.classes === 0 ? 'values to predict' : `${data.classes} classes`}, ${inputsOf(data.shape)}`,
    ],
    ['Model', all(({ model, parameters }) => `${model}, ${count(parameters)} parameters`)],
    [
      'Training',
      all((run) =>
        [
          `schedule ${run.schedule}`,
          ...(run.data.classes > 0 ? [`label smoothing ${run.labelSmoothing}`] : []),
          ...(run.data.shape.length > 1 ? [`augmentation ${run.augment.join(', ') || 'none'}`] : []),
          ...optionsOf(run),
        ].join(', '),
      ),
    ],
    [
      'Kernels',
      all(
        (run) =>
          `${run.backend}: ${usedKernels(run)
            .map(([k, how]) => `${k} by ${how.replace(`${run.backend} `, '')}`)
            .join(', ')}`,
      ),
    ],
    ['Device', all(({ device }) => describeDevice(device))],
    [
      dates.length > 1 ? 'Dates' : 'Date',
      dates.length > 1
        ? `${dates[0]} to ${dates.at(-1)}`
        : html`<time datetime="${runs[0].run.date}">${dates[0]}</time>`,
    ],
    ['Version', `boundgrad ${all(({ boundgrad }) => boundgrad)}`],
  ];
  const isMixed = runs.some(({ from }) => from !== undefined);
  const hyper = groupsOf(runs).map((group) => {
    const [{ run: r }] = group.runs;
    const all = Object.entries(r.hyper).map(([name, value]) => hyperText(name, String(value)));
    return html`<dt>${keyOf(group)}</dt><dd>${kebabs(r.about, Object.keys(r.hyper))}: ${all.map((one, i) => html`${i > 0 && '; '}<span class="one">${one}</span>`)}</dd>`;
  });
  return html`<section aria-labelledby="origin"><h2 id="origin">How this was made</h2>
<dl>${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<h3>Hyper-parameters</h3><dl>${hyper}</dl>
<p class="note">${
    runs.some((r) => r.run.optimizer.includes('bound')) &&
    html`AdaBound: Luo, Xiong, Liu and Sun, Adaptive Gradient Methods with Dynamic Bound of Learning Rate, ICLR 2019,
arXiv 1902.09843. `
  }The records are .jsonl files, one for each optimizer, ${
    isMixed
      ? 'in the folders named above'
      : seeds.length > 1
        ? 'in a folder for each seed beside this page'
        : 'beside this page'
  }.</p></section>`;
}

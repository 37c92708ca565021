// The curves of the runs, as plots or bars, and their numbers.
import type { Lines } from '../../charts/figure.js';
import { figure, percent } from '../../format.js';
import { plot } from '../../html/document.js';
import { type Html, html } from '../../html/html.js';
import type { Run } from '../../record.js';
import { curvesOf, onlyPlace } from '../figures.js';
import { groupsOf } from '../groups.js';
import { lossOf, scoreOf } from '../score.js';
import { epochTable } from '../tables.js';

export function curves(runs: readonly Run[]): Html {
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
export function curve(f: Lines, more: string | false = ''): Html {
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

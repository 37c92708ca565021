// What the saved nets do on the test set.
import { heatMap } from '../../charts/heatMap.js';
import { count, fixed, list, percent, unbroken } from '../../format.js';
import { plot } from '../../html/document.js';
import { type Html, html } from '../../html/html.js';
import type { Run } from '../../record.js';
import { confusionOf, errorOf, type Learned, learnedLines, learnedOf, mistakeText, planeAbout } from '../learned.js';
import { keyOf, table } from '../tables.js';

/** What the trained nets do on the test set. */
export function learned(runs: readonly Run[]): Html {
  const all = learnedOf(runs);
  if (all.length === 0) return html``;
  const lines = learnedLines(runs);
  const planes = all.filter(({ tested }) => tested.plane);
  const maps = all.flatMap((one) => confusionOf(one) ?? []);
  const wrong = all.filter(({ tested }) => tested.wrong);
  const calibrated = all.filter(({ tested }) => tested.calibration);
  const several = runs.some((r) => r.run.seed !== runs[0].run.seed);
  return html`<section aria-labelledby="learned"><h2 id="learned">What was learned</h2>
<p>The saved nets on the test set${several && ': for each optimizer and its settings, the net of the first seed that finished'}.${
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
<span>${tested.classes![image.truth]}</span> <span class="answer"><span class="one">${tested.classes![image.answer]}</span></span> <span class="note">${fixed(100 * image.confidence, 1)} %</span></li>`,
  )}</ul></details>`;
}

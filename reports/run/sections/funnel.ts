// The rates of the weights between their bounds.
import { plot } from '../../html/document.js';
import { type Html, html } from '../../html/html.js';
import type { Run } from '../../record.js';
import { groupsOf } from '../groups.js';
import { hasBounds } from '../rates.js';
import { keyOf, rateTables } from '../tables.js';

export function funnel(runs: readonly Run[]): Html {
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
  // Only layers that all nets have can be chosen.
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

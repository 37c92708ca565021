// What language models wrote after their epochs.
import { type Html, html } from '../../html/html.js';
import type { Run } from '../../record.js';
import { groupsOf } from '../groups.js';
import { marked, titleOfRun } from '../tables.js';

/** What language models wrote after their epochs. */
export function samples(runs: readonly Run[]): Html {
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
<pre>${sample!.replace(/\r\n?/g, '\n')}</pre></figure>`;
  return html`<section aria-labelledby="samples"><h2 id="samples">Samples</h2>
<p>What the net wrote after an epoch, with the same random draws each time.</p><div class="figures">${written.map(
    ({ key, all }) => html`<div><h3>${key}</h3>
${shown(all.at(-1)!)}${
  all.length > 1 && html`<details><summary>After earlier epochs</summary>${all.slice(0, -1).map(shown)}</details>`
}</div>`,
  )}</div></section>`;
}

// The numbers of the plots as tables: readable without scripts, by screen readers, and for copying.

import { colourName } from '../charts/palette.js';
import { epochRows } from '../epochs.js';
import { count, fixed, percent, rate, rateOfLog } from '../format.js';
import { type Html, html } from '../html/html.js';
import type { Rates, Run, Snapshot } from '../record.js';
import { type Row, rowOf, scoreCells, scoreHeads } from './results.js';

/** An optimizer's name, with a mark in its colour. */
export function named(key: string, title: string): Html {
  return html`<span class="key" style="--colour: var(--${colourName(key)})">${title}</span>`;
}

/** A table with a caption. It scrolls if the page is narrower. The first cell of each row is the row's heading. */
export function table(caption: string, head: string[], rows: (Html | string)[][]): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((h) => html`<th scope="col">${h}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((c) => html`<td>${c}</td>`)}</tr>
`,
  )}</tbody>
</table></div>`;
}

/** The result of each run. */
export function resultTable(runs: readonly Run[]): Html {
  const rows = runs.map(rowOf);
  const { sign } = rows[0].score;
  const best = sign * Math.max(...rows.map((r) => sign * r.best).filter(Number.isFinite));
  const cells = (r: Row) => {
    const scores = scoreCells(r);
    const last = scores.pop()!;
    return [
      html`${named(r.key, r.title)}${r.note && html`<br><span class="note">${r.note}</span>`}`,
      ...scores,
      r.best === best ? html`<strong>${r.score.print(r.best)}</strong> (${r.bestEpoch})` : last,
      fixed(r.seconds, 1),
      html`<span class="hyper">${r.hyper}</span>`,
    ];
  };
  const heads = scoreHeads(rows[0]).map((name) => name[0].toUpperCase() + name.slice(1));
  heads[heads.length - 1] += ' (epoch)';
  const head = ['Optimizer', ...heads, 'Seconds', 'Hyper-parameters'];
  return table('After the last epoch', head, rows.map(cells));
}

/** One number of every epoch: one column for each optimizer. */
export function epochTable(runs: readonly Run[], caption: string, of: (e: Run['epochs'][0]) => string): Html {
  const rows = epochRows(runs).map(({ epoch, records }) => [String(epoch), ...records.map((e) => (e ? of(e) : '–'))]);
  return table(caption, ['Epoch', ...runs.map(({ run }) => run.title)], rows);
}

/** The rates of one optimizer: of the whole net by step, and of each layer at the last step. isBounded: whether to show the bounds, the
 *  rates before the clip, and how many weights are at a bound. */
export function rateTables({ run, epochs }: Run, isBounded = true): Html {
  const snapshots = epochs.flatMap((e) => e.rates);
  const last = snapshots.at(-1);
  if (!last) return html``;
  const ofClip = ['Raw median', 'Raw 5 % to 95 %', 'Floor', 'Free', 'Ceiling'];
  const head = ['Median', '5 % to 95 %', ...(isBounded ? ofClip : [])];
  const bounds = (s: Snapshot) => [count(s.step), ...(isBounded ? [rate(s.lo), rate(s.hi)] : [])];
  const cells = (r: Rates) => (isBounded ? allCells(r) : allCells(r).slice(0, 2));
  return html`<details><summary>${run.title}</summary>
${table(
  `${run.title}, whole net`,
  ['Step', ...(isBounded ? ['lo', 'hi'] : []), ...head],
  snapshots.map((s) => [...bounds(s), ...cells(s.all)]),
)}
${table(
  `${run.title}, by layer at step ${last.step}`,
  ['Layer', 'Elements', ...head],
  Object.entries(last.layers).map(([name, r]) => [name, count(sizeOf(r)), ...cells(r)]),
)}</details>`;
}

function allCells(r: Rates): string[] {
  const of = ([, low, , median, , high]: Rates['raw']) => [
    rateOfLog(median),
    `${rateOfLog(low)} to ${rateOfLog(high)}`,
  ];
  return [...of(r.clipped), ...of(r.raw), ...[r.floor, r.free, r.ceiling].map((n) => percent(n / sizeOf(r)))];
}

function sizeOf(r: Rates): number {
  return r.floor + r.free + r.ceiling;
}

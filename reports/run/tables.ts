// The numbers of the plots as tables: readable without scripts, by screen readers, and for copying.

import { colourName } from '../charts/palette.js';
import { epochRows } from '../epochs.js';
import { count, fixed, percent, rate, rateOfLog } from '../format.js';
import { type Html, html } from '../html/html.js';
import type { Rates, Run, Snapshot } from '../record.js';
import { type Group, groupsOf } from './groups.js';
import { withError } from './outcome.js';
import { type Row, rowOf, scoreCells, scoreHeads } from './results.js';

/** An optimizer's name, with a mark in its colour. */
export function named(key: string, title: string): Html {
  return marked(colourName(key), title);
}

/** A name with a mark in a colour of the page. */
export function marked(colour: string, title: string): Html {
  return html`<span class="key" style="--colour: var(--${colour})">${title}</span>`;
}

/** A table with a caption. It scrolls if the page is narrower. The first cell of each row is the row's heading. */
export function table(caption: string, head: string[], rows: (Html | string)[][]): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((h) => (h ? html`<th scope="col">${h}</th>` : html`<td></td>`))}</tr></thead>
<tbody>${rows.map(
    ([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((c) => html`<td>${c}</td>`)}</tr>
`,
  )}</tbody>
</table></div>`;
}

/** The name of a group, with a mark in its colour. */
export function keyOf({ colour, title }: Group): Html {
  return marked(colour, title);
}

/** The result of each group: one run, or means over its seeds with their standard errors. best: the groups in bold. */
export function resultTable(groups: readonly Group[], best: ReadonlySet<Group>): Html {
  const isSeeded = groups.some(({ runs }) => runs.length > 1);
  const rows = groups.map((group) => ({ group, own: group.runs.map(rowOf) }));
  const cells = ({ group, own }: (typeof rows)[0]) => {
    const [first] = own;
    const isOne = own.length === 1;
    const scores = isOne ? scoreCells(first) : meanCells(own);
    // The last cell has the best score, the one before it the score after the last epoch.
    const at = Math.max(0, scores.length - 2);
    const notes = isOne
      ? [first.note].filter(Boolean)
      : own.flatMap((r, i) => (r.note ? [`seed ${group.runs[i].run.seed}: ${r.note}`] : []));
    return [
      html`${keyOf(group)}${notes.map((note) => html`<br><span class="note">${note}</span>`)}`,
      ...scores.map((score, i) => (i === at && best.has(group) ? html`<strong>${score}</strong>` : score)),
      ...(isSeeded ? [String(own.length)] : []),
      fixed(own.reduce((sum, r) => sum + r.seconds, 0) / own.length, 1),
      html`<span class="hyper">${first.hyper}</span>`,
    ];
  };
  const heads = scoreHeads(rows[0].own[0]).map((name) => name[0].toUpperCase() + name.slice(1));
  if (!isSeeded) heads[heads.length - 1] += ' (epoch)';
  const head = ['Optimizer', ...heads, ...(isSeeded ? ['Seeds'] : []), 'Seconds', 'Hyper-parameters'];
  const caption = isSeeded
    ? 'After the last epoch: means over the seeds ± their standard errors'
    : 'After the last epoch';
  return table(caption, head, rows.map(cells));
}

/** The cells of `scoreCells` as means over seeds. */
function meanCells(rows: readonly Row[]): string[] {
  const [{ score, shown }] = rows;
  const of = (get: (r: Row) => number, print: (x: number) => string) => withError(rows.map(get), print);
  const best = of((r) => r.best, score.print);
  if (score.name === 'accuracy')
    return [of((r) => r.loss, shown.print), of((r) => r.train, score.print), of((r) => r.test, score.print), best];
  const losses = [of((r) => r.loss, shown.print), of((r) => r.testLoss, shown.print)];
  return score.name === shown.name ? [...losses, best] : [...losses, of((r) => r.test, score.print), best];
}

/** The title of a run's group, with its seed if the group has several. */
export function titleOfRun(run: Run, groups: readonly Group[]): string {
  const group = groups.find(({ runs }) => runs.includes(run))!;
  return group.runs.length > 1 ? `${group.title}, seed ${run.run.seed}` : group.title;
}

/** One number of every epoch: one column for each run. */
export function epochTable(runs: readonly Run[], caption: string, of: (e: Run['epochs'][0]) => string): Html {
  const rows = epochRows(runs).map(({ epoch, records }) => [String(epoch), ...records.map((e) => (e ? of(e) : '–'))]);
  const groups = groupsOf(runs);
  return table(caption, ['Epoch', ...runs.map((run) => titleOfRun(run, groups))], rows);
}

/** The rates of one group's run: of the whole net by step, and of each layer at the last step. title: the group's.
 *  isBounded: whether to show the bounds, the rates before the clip, and how many weights are at a bound. Default: true. */
export function rateTables({ epochs }: Run, title: string, isBounded = true): Html {
  const snapshots = epochs.flatMap((e) => e.rates);
  const last = snapshots.at(-1);
  if (!last) return html``;
  const ofClip = ['Raw median', 'Raw 5 % to 95 %', 'Floor', 'Free', 'Ceiling'];
  const head = ['Median', '5 % to 95 %', ...(isBounded ? ofClip : [])];
  const bounds = (s: Snapshot) => [count(s.step), ...(isBounded ? [rate(s.lo), rate(s.hi)] : [])];
  const cells = (r: Rates) => (isBounded ? allCells(r) : allCells(r).slice(0, 2));
  return html`<details><summary>${title}</summary>
${table(
  `${title}, whole net`,
  ['Step', ...(isBounded ? ['lo', 'hi'] : []), ...head],
  snapshots.map((s) => [...bounds(s), ...cells(s.all)]),
)}
${table(
  `${title}, by layer at step ${last.step}`,
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

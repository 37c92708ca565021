// The static plots of a sweep, as SVG: they need no script, adapt to the width of the page and can be printed.

import type { Comparison } from '../../sweep/judge.js';
import type { Range, Space } from '../../sweep/space.js';
import { mean } from '../../sweep/statistics.js';
import { dots } from '../charts/dots.js';
import type { Heat } from '../charts/figure.js';
import { colourName } from '../charts/palette.js';
import { kebab, percent } from '../format.js';
import { type Html, html } from '../html/html.js';
import type { TrialRecord } from './record.js';
import { percentAxis, scaleOf } from './scale.js';
import { describeConfig, titleOf } from './text.js';

const [WIDTH, HEIGHT] = [380, 210];
/** The margins: left, top, right, bottom. */
const [LEFT, TOP, RIGHT, BOTTOM] = [48, 10, 12, 38];

const n = (x: number) => x.toFixed(1);

/** The test scores of a trial that did not diverge; null if it did, or has not run. */
export function scoresOf({ budget, runs }: TrialRecord): number[] | null {
  const scores = runs.flatMap(({ validation, test }) => (validation === null || test === null ? [] : [test]));
  return budget > 0 && scores.length === runs.length ? scores : null;
}

/** The hyper-parameters of a method that have more than one value. */
export function varied(ranges: Space[string]): [name: string, range: Range][] {
  return Object.entries(ranges).filter(([, range]) => !('values' in range) || range.values.length > 1);
}

/** A figure. One that is wider than a phone scrolls there, so that its texts stay legible. */
function frame(title: string, about: string, content: Html, width = WIDTH, height = HEIGHT): Html {
  const svg = html`<svg viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-label="${title}. ${about}">${content}</svg>`;
  if (width === WIDTH) return html`<figure class="static"><figcaption>${title}</figcaption>\n${svg}</figure>`;
  return html`<figure class="static across"><figcaption>${title}</figcaption>
<div class="wide" tabindex="0" role="region" aria-label="${title}">${svg}</div></figure>`;
}

const colour = (method: string) => `--colour: var(--${colourName(method)})`;

/** Test accuracy against one hyper-parameter: a point for the mean of each trial over the seeds, a line for their range, a cross at the foot for
 *  a trial that diverged. A trial that was ended early is hollow. */
export function scatter(
  method: string,
  name: string,
  range: Range,
  trials: readonly TrialRecord[],
  epochs: number,
): Html {
  const own = trials.filter((trial) => trial.method === method && trial.budget > 0);
  const all = trials.flatMap((trial) => scoresOf(trial) ?? []);
  const [x, y] = [scaleOf(range), percentAxis(all)];
  const [px, py] = [
    (at: number) => LEFT + at * (WIDTH - LEFT - RIGHT),
    (at: number) => HEIGHT - BOTTOM - at * (HEIGHT - TOP - BOTTOM),
  ];
  const marks = own.map((trial) => {
    const scores = scoresOf(trial);
    const cx = px(x.at(trial.config[name]));
    const title = html`<title>${describeConfig(trial.config)}: ${scores ? percent(mean(scores)) : 'diverged'}</title>`;
    if (scores === null)
      return html`<path class="lost" d="M${n(cx - 4)} ${n(py(0) - 4)}l8 8m0 -8l-8 8">${title}</path>`;
    const at = (v: number) => n(py(y.at(v)));
    return html`<line x1="${n(cx)}" x2="${n(cx)}" y1="${at(Math.min(...scores))}" y2="${at(Math.max(...scores))}"/><circle class="${trial.budget < epochs ? 'early' : 'whole'}" cx="${n(cx)}" cy="${at(mean(scores))}" r="4">${title}</circle>`;
  });
  const finished = own.filter((trial) => scoresOf(trial) !== null).length;
  const label = kebab(name);
  return frame(
    `${titleOf(method)}: test accuracy by ${label}`,
    `${finished} of ${own.length} trials finished; the table of trials has their numbers.`,
    html`<g class="axes">${y.ticks.map(({ at, text }) => html`<line class="grid" x1="${String(LEFT)}" x2="${String(WIDTH - RIGHT)}" y1="${n(py(at))}" y2="${n(py(at))}"/><text x="${String(LEFT - 6)}" y="${n(py(at) + 4)}" text-anchor="end">${text}</text>`)}${x.ticks.map(({ at, text }) => html`<text x="${n(px(at))}" y="${String(HEIGHT - BOTTOM + 19)}" text-anchor="middle">${text}</text>`)}<text x="${n(px(0.5))}" y="${String(HEIGHT - 3)}" text-anchor="middle">${label}</text></g><g class="marks" style="${colour(method)}">${marks}</g>`,
  );
}

/** Parallel coordinates: a line for each trial over its hyper-parameters, its validation and its test accuracy; the best by validation is thick. */
export function parallel(
  method: string,
  ranges: Space[string],
  trials: readonly TrialRecord[],
  best: number | null,
): Html {
  const own = trials.filter((trial) => trial.method === method && scoresOf(trial) !== null);
  const axes = varied(ranges).map(([name, range]) => ({
    name: kebab(name),
    ...scaleOf(range),
    of: (t: TrialRecord) => t.config[name],
  }));
  const [ofValidation, ofTest] = [
    ({ runs }: TrialRecord) => mean(runs.map((run) => run.validation!)),
    (trial: TrialRecord) => mean(scoresOf(trial)!),
  ];
  // One scale for both accuracies: a horizontal line means that they are equal. Its texts stand at the last axis, where no line crosses them.
  const scale = percentAxis(own.flatMap((trial) => [ofValidation(trial), ofTest(trial)]));
  const all = [
    ...axes,
    { name: 'validation', ...scale, ticks: [], of: ofValidation },
    { name: 'test', ...scale, of: ofTest },
  ];
  // Up to four axes fit into a plot of one column.
  const width = all.length <= 4 ? WIDTH : 150 * all.length;
  // The texts of the first axis stand left of it, where no line crosses them.
  const left = 10 + 6.5 * Math.max(2, ...all[0].ticks.map(({ text }) => text.length));
  const px = (i: number) => left + (i * (width - left - 44)) / Math.max(1, all.length - 1);
  const beside = (i: number) => (i === 0 ? html`x="${n(px(i) - 5)}" text-anchor="end"` : html`x="${n(px(i) + 5)}"`);
  const py = (at: number) => HEIGHT - 14 - at * (HEIGHT - 50);
  const lines = [...own]
    .sort((a, b) => ofTest(a) - ofTest(b))
    .map((trial, rank) => {
      const points = all.map((one, i) => `${n(px(i))},${n(py(one.at(one.of(trial) as never)))}`);
      const opacity = (0.2 + (0.7 * (rank + 1)) / own.length).toFixed(2);
      return html`<polyline class="${trial.number === best ? 'best' : 'trial'}" points="${points.join(' ')}" opacity="${trial.number === best ? '1' : opacity}"><title>${describeConfig(trial.config)}: ${percent(ofTest(trial))}</title></polyline>`;
    });
  return frame(
    `${titleOf(method)}: every trial`,
    `${own.length} lines; the stronger, the higher the test accuracy.`,
    html`<g class="marks" style="${colour(method)}">${lines}</g><g class="axes">${all.map((one, i) => html`<line class="axis" x1="${n(px(i))}" x2="${n(px(i))}" y1="${n(py(0))}" y2="${n(py(1))}"/><text class="name" x="${n(Math.max(px(i), 3 * one.name.length))}" y="14" text-anchor="middle">${one.name}</text>${one.ticks.map(({ at, text }) => html`<text ${beside(i)} y="${n(py(at) + 4)}">${text}</text>`)}`)}</g>`,
    width,
  );
}

/** The heat map of the first two hyper-parameters that vary: the mean test accuracy of the trials in each cell. Null if fewer vary,
 *  or if fewer than two cells have trials. */
export function accuracyMap(method: string, ranges: Space[string], trials: readonly TrialRecord[]): Heat | null {
  const [first, second] = varied(ranges);
  if (!second) return null;
  const [columns, rows] = [scaleOf(first[1]), scaleOf(second[1])];
  const cells = rows.bins.map(() => columns.bins.map((): number[] => []));
  for (const trial of trials.filter((t) => t.method === method)) {
    const scores = scoresOf(trial);
    if (scores) cells[rows.binOf(trial.config[second[0]])][columns.binOf(trial.config[first[0]])].push(mean(scores));
  }
  const means = cells.map((row) => row.map((scores) => (scores.length ? mean(scores) : null)));
  const found = means.flat().filter((v) => v !== null);
  if (found.length < 2) return null;
  const [from, to] = [Math.min(...found), Math.max(...found)];
  return {
    kind: 'heat',
    id: `map-${colourName(method)}`,
    title: `${titleOf(method)}: test accuracy in per cent, ${kebab(second[0])} by row, ${kebab(first[0])} by column`,
    about: `From ${percent(from)} to ${percent(to)}; ${found.length} of ${means.flat().length} cells have trials.`,
    heads: columns.bins.map((text) => ({ text, columns: 1 })),
    rows: rows.bins.map((bin, i) => ({
      name: bin,
      cells: means[i],
      text: means[i].map((v) => (v === null ? '' : (100 * v).toFixed(1))),
    })),
    scale: { from, to, ticks: [from, to].map((at) => ({ at, text: percent(at) })), label: 'mean test accuracy' },
  };
}

/** The differences of all pairs after k trials, with their intervals. */
export function intervals({ trials, differences }: Comparison): Html {
  const points = (x: number) =>
    (100 * x)
      .toFixed(1)
      .replace(/^-0\.0$/, '0.0')
      .replace('-', '−');
  return dots({
    title: `Differences with ${trials} ${trials === 1 ? 'trial' : 'trials'}: those in bold are significant`,
    unit: 'points',
    isDifference: true,
    rows: differences.map(({ a, b, mean: value, low, high, better }) => ({
      name: `${titleOf(a)} − ${titleOf(b)}`,
      value,
      low,
      high,
      text: low === null || high === null ? points(value) : `${points(value)} (${points(low)} to ${points(high)})`,
      isStrong: better !== null,
    })),
  });
}

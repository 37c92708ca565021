// The values of the figures as tables.

import type { Axis, Heat, Lines } from '../charts/figure.js';
import { percent, rate } from '../format.js';
import type { Html } from '../html/html.js';
import { table } from '../run/tables.js';
import type { Figure, Funnel } from './figure.js';

/** The largest number of rows for a figure of lines. If there are more, evenly spaced ones are shown. */
const ROWS = 30;

/** The values of a figure as a table. */
export function tableOf(figure: Figure): Html {
  if (figure.kind === 'lines') return ofLines(figure);
  return figure.kind === 'heat' ? ofHeat(figure) : ofFunnel(figure);
}

function ofLines({ title, x, y, series }: Lines): Html {
  const named = series.filter(({ name }) => name);
  const every = Math.ceil(x.values.length / ROWS);
  const rows = x.values.map((value, i) => [printed(value, x), ...named.map((s) => printed(s.y[i], y))]);
  const last = rows.length - 1;
  return table(
    title,
    [x.label, ...named.map(({ name }) => name)],
    rows.filter((_, i) => (last - i) % every === 0),
  );
}

function ofHeat({ title, heads, rows }: Heat): Html {
  const head = heads.flatMap(({ text, columns }) =>
    Array.from({ length: columns }, (_, i) => (columns > 1 ? `${text} ${i + 1}` : text)),
  );
  const cell = (value: number | null, text?: string) =>
    text ?? (value === null ? '–' : String(Number((10 ** value).toPrecision(2))));
  return table(
    title,
    ['', ...head],
    rows.map(({ name, cells, text }) => [name, ...cells.map((v, i) => cell(v, text?.[i]))]),
  );
}

function ofFunnel({ title, moments, rates, other, heavy }: Funnel): Html {
  const median = (shares: number[]) => {
    let below = 0;
    const at = shares.findIndex((s) => (below += s) >= 0.5);
    return at < 0 ? '–' : String(Number(rates[at].toPrecision(2)));
  };
  return table(
    `${title}, step by step`,
    [
      'Step',
      'lo',
      'hi',
      'Heavy-ball lo',
      'Heavy-ball hi',
      'Unchanged',
      'Median used',
      'Median before the clip',
      `Median of ${other}`,
    ],
    moments.map((m) => [
      ...[String(m.step), rate(m.lo), rate(m.hi), rate(m.lo * heavy), m.hi === null ? '∞' : rate(m.hi * heavy)],
      ...[percent(m.free), median(m.used), median(m.rate), median(m.other)],
    ]),
  );
}

/** A value as text; a dash for null, and for undefined: the line has no value for that x. */
function printed(value: number | null | undefined, { percent: isShare }: Axis): string {
  if (value === null || value === undefined) return '–';
  return isShare ? percent(value) : String(Number(value.toPrecision(4)));
}

// Runs in the page: draws a figure of lines and bands.
import type uPlot from 'uplot';
import { drawChart } from '../charts/chart.js';
import { decimalsOf } from '../charts/curves.js';
import { powersOnly, tick } from '../charts/logAxis.js';
import { css, tint } from '../charts/theme.js';
import type { Axis, Lines, Series } from './figure.js';

/** Draws the figure in the element with its id. */
export function drawLines({ id, x, y, series }: Lines): void {
  const rows: (number | null)[][] = [x.values];
  const drawn: uPlot.Series[] = [];
  const bands: uPlot.Band[] = [];
  for (const s of series) {
    if (s.low && s.high) {
      rows.push(s.high, s.low);
      drawn.push(hidden, hidden);
      bands.push({ series: [drawn.length - 1, drawn.length], fill: tint(s.colour, 0.16) });
    }
    rows.push(s.y);
    drawn.push(line(s, x.values.length));
  }
  const { second } = x;
  drawChart({
    id,
    height: innerWidth < 560 ? 260 : 300,
    data: rows as uPlot.AlignedData,
    series: drawn,
    bands,
    scales: {
      x: { distr: x.log ? 3 : 1, range: (_, low, high) => (low === high ? [low - 1, high + 1] : [low, high]) },
      y: { distr: y.log ? 3 : 1 },
    },
    x: {
      label: x.label,
      labelSize: 20,
      labelFont: '12px system-ui',
      size: 30,
      ...axis(x),
      ...(!x.log && !x.percent && whole),
    },
    y: { label: y.label, labelSize: 18, labelFont: '12px system-ui', ...axis(y) },
    top: second && {
      label: second.label,
      labelSize: 20,
      labelFont: '12px system-ui',
      size: 30,
      ...axis(x),
      grid: { show: false },
      values: (_, splits) => someTicks(splits, second.factor),
    },
    labels: series
      .filter(({ name }) => name)
      .map((s) => ({ text: s.name, colour: css(s.colour), value: s.y.filter((v) => v !== null).at(-1) ?? null })),
    readout: (row) => [`${x.label} ${print(x.values[row], x)}: `, ...values(series, row, y)],
  });
}

const hidden: uPlot.Series = { stroke: 'transparent', width: 0, spanGaps: true, points: { show: false } };

const MOST_TICKS = 9;

const whole: uPlot.Axis = { incrs: [1, 2, 5, 10, 20, 50, 100] };

function line({ colour, dashed, thin }: Series, count: number): uPlot.Series {
  return {
    stroke: css(colour),
    width: thin ? 1 : 2,
    dash: dashed ? [6, 3] : undefined,
    spanGaps: true,
    points: { show: count < 10 && !thin, size: 6, fill: css(colour) },
  };
}

function axis({ log, percent }: Axis): uPlot.Axis {
  if (log) return { values: (_, splits) => someTicks(splits), ...powersOnly };
  return {
    values: (_, splits) => {
      const factor = percent ? 100 : 1;
      const digits = decimalsOf(factor * (splits[1] - splits[0]));
      return splits.map((v) => (factor * v).toFixed(digits) + (percent ? ' %' : ''));
    },
  };
}

/** Labels at powers of ten; if there are many, at some of them. Other splits are null. */
function someTicks(splits: (number | null)[], factor = 1): string[] {
  const exponents = splits.map((v) => (v === null ? null : Math.round(Math.log10(v))));
  const every = Math.ceil(exponents.filter((e) => e !== null).length / MOST_TICKS);
  return splits.map((v, i) => (v === null || exponents[i]! % every ? '' : tick(v * factor)));
}

/** The value of each line in a row, in the line's colour. */
function values(series: readonly Series[], row: number, y: Axis): (Node | string)[] {
  const named = series.filter(({ name }) => name);
  return named.flatMap(({ name, colour, y: column }, i) => {
    const text = document.createElement('b');
    text.style.color = `var(--${colour})`;
    text.textContent = `${name} ${print(column[row], y)}`;
    return i === 0 ? [text] : [' · ', text];
  });
}

function print(value: number | null, { percent }: Axis): string {
  if (value === null) return '–';
  if (percent) return `${(100 * value).toFixed(1)} %`;
  const isLong = value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4);
  return isLong ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

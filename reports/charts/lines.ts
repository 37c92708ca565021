// Runs in the page: draws a figure of lines and bands, with its legend, its controls and its downloads.
import type uPlot from 'uplot';
import { canvasOf, drawChart } from './chart.js';
import { csvOf, rowsOfLines } from './csv.js';
import { downloadCsv, downloadPng } from './download.js';
import type { Axis, Lines, Series } from './figure.js';
import { powersAxis, tick } from './logAxis.js';
import { DASHES } from './palette.js';
import { smoothed } from './smooth.js';
import { css, tint } from './theme.js';
import { putTools, type Tool } from './tools.js';

/** How a reader has changed a figure. */
interface View {
  figure: Lines;
  log: boolean;
  smooth: number;
}

const views = new Map<string, View>();
/** The names that readers have hidden, in every figure of the page. */
const hidden = new Set<string>();

/** Draws the figure in the element with its id, as the reader has set it. */
export function drawLines(figure: Lines): void {
  const before = views.get(figure.id);
  const view: View = before ? { ...before, figure } : { figure, log: false, smooth: figure.smooth ?? 0 };
  views.set(figure.id, view);
  putTools(figure.id, toolsOf(figure));
  draw(view);
}

function toolsOf({ id, title, y, series, smooth }: Lines): Tool[] {
  const change = (part: Partial<View>) => {
    const view = { ...views.get(id)!, ...part };
    views.set(id, view);
    draw(view);
  };
  const canBeLog = !y.log && !y.percent && spans(series);
  return [
    ...(smooth === undefined
      ? []
      : [{ kind: 'slider', text: 'smoothing', value: smooth, run: (value) => change({ smooth: value }) } as Tool]),
    ...(canBeLog
      ? [
          {
            kind: 'switch',
            text: 'log',
            about: `${title}: logarithmic axis`,
            isOn: false,
            run: (log) => change({ log }),
          } as Tool,
        ]
      : []),
    {
      kind: 'press',
      text: 'PNG',
      about: `${title}: download as a picture`,
      run: () => downloadPng(id, title, canvasOf(id)!, keysOf(views.get(id)!.figure)),
    },
    {
      kind: 'press',
      text: 'CSV',
      about: `${title}: download the numbers`,
      run: () => downloadCsv(id, csvOf(rowsOfLines(views.get(id)!.figure))),
    },
  ];
}

/** Whether a logarithmic axis shows more than a linear one: the values are positive and differ by a factor of at least three. */
function spans(series: readonly Series[]): boolean {
  const all = series.flatMap(({ y }) => y.filter((v) => v !== null));
  let [low, high] = [Infinity, 0];
  for (const v of all) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return low > 0 && high / low >= 3;
}

const keysOf = ({ series }: Lines) =>
  series
    .filter(({ name }) => name && !hidden.has(name))
    .map(({ name, colour }) => ({ text: name, colour: css(colour) }));

function draw({ figure, log, smooth }: View): void {
  const { id, x, series } = figure;
  const y = { ...figure.y, log: figure.y.log || log };
  const rows: (number | null)[][] = [x.values];
  const drawn: uPlot.Series[] = [];
  const bands: uPlot.Band[] = [];
  const shown = series.filter(({ name }) => !hidden.has(name));
  // Lines under the others are drawn first.
  for (const s of [...shown.filter(({ under }) => under), ...shown.filter(({ under }) => !under)]) {
    if (s.low && s.high) {
      rows.push(s.high, s.low);
      drawn.push(invisible, invisible);
      bands.push({ series: [drawn.length - 1, drawn.length], fill: tint(s.colour, 0.16) });
    }
    if (smooth > 0) {
      rows.push(s.y);
      drawn.push({ ...line(s), stroke: tint(s.colour, 0.22), width: 1, dash: undefined });
    }
    rows.push(smooth > 0 ? smoothed(s.y, smooth) : s.y);
    drawn.push(line(s));
  }
  const { second } = x;
  const width = document.getElementById(id)?.clientWidth ?? 0;
  const isNarrow = width < 400;
  drawChart({
    id,
    height: width > 900 ? 400 : innerWidth < 560 ? 260 : 300,
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
      ...(x.whole && wholes(x)),
    },
    y: { label: y.label, labelSize: 18, labelFont: '12px system-ui', ...axis(y) },
    top: second && {
      label: second.label,
      labelSize: 20,
      labelFont: '12px system-ui',
      size: 30,
      ...axis(x),
      grid: { show: false },
      values: (_, splits) => splits.map((v) => tick(v * second.factor)),
    },
    // A narrow plot has its names in the legend below only.
    labels: isNarrow
      ? []
      : shown
          .filter(({ name, points }) => name && !points)
          .map((s) => {
            const values = smooth > 0 ? smoothed(s.y, smooth) : s.y;
            return { text: s.name, colour: css(s.colour), value: values.filter((v) => v !== null).at(-1) ?? null };
          }),
    readout: (row) => legend(id, `${x.label} ${print(x.values[row], x)}: `, series, row, y),
  });
}

const invisible: uPlot.Series = { stroke: 'transparent', width: 0, spanGaps: true, points: { show: false } };

function wholes({ values }: Lines['x']): uPlot.Axis {
  const last = values.at(-1)!;
  return {
    incrs: [
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1e6,
    ],
    values: (_, splits) => splits.map((s) => (Number.isInteger(s) && s >= 0 && s <= last ? String(s) : '')),
  };
}

function line({ colour, dash = 0, thin, under, points, y }: Series): uPlot.Series {
  if (points)
    return {
      stroke: css(colour),
      width: 0,
      paths: () => null,
      points: { show: true, size: 5, width: 1, stroke: css(colour), fill: tint(colour, 0.35) },
    };
  return {
    stroke: under ? tint(colour, 0.4) : css(colour),
    width: under ? 6 : thin ? 1 : 2,
    dash: dash ? [...DASHES[dash % DASHES.length]] : undefined,
    spanGaps: true,
    // A single value would have no line.
    points: { show: y.filter((v) => v !== null).length < 10 && !thin, size: 6, fill: css(colour) },
  };
}

function axis({ log, percent }: Axis): uPlot.Axis {
  if (log) return powersAxis;
  return {
    values: (_, splits) => {
      const factor = percent ? 100 : 1;
      const digits = decimalsOf(factor * (splits[1] - splits[0]));
      return splits.map((v) => (factor * v).toFixed(digits) + (percent ? ' %' : ''));
    },
  };
}

/** The number of decimals that prints ticks exactly: uPlot's steps are 1, 2, 2.5 and 5 times powers of ten. */
export function decimalsOf(step: number): number {
  const whole = (n: number) => Math.round(n) > 0 && Math.abs(n - Math.round(n)) < 1e-6;
  return [0, 1, 2, 3, 4, 5].find((d) => whole(step * 10 ** d)) ?? 6;
}

/** The legend, which is the readout too: a button for each line, with its value in a row. The button hides the line in every figure.
 *  Buttons that are there already are kept, so that they keep the focus. */
function legend(id: string, at: string, series: readonly Series[], row: number, y: Axis): (Node | string)[] {
  const named = series.filter(({ name }) => name);
  const before = [...(document.getElementById(`${id}-readout`)?.querySelectorAll('button') ?? [])];
  const isSame = before.length === named.length && before.every((b, i) => b.dataset.name === named[i].name);
  const buttons = named.map((s, i) => (isSame ? before[i] : keyButton(s)));
  buttons.forEach((button, i) => {
    const { name, y: column } = named[i];
    const isShown = !hidden.has(name);
    button.setAttribute('aria-pressed', String(isShown));
    button.textContent = isShown ? `${name} ${print(column[row], y)}` : name;
  });
  return [at, ...buttons.flatMap((button) => [button, ' '])];
}

function keyButton({ name, colour }: Series): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'key';
  button.dataset.name = name;
  button.title = 'hide or show in every plot';
  // The grey of lines is too pale for text.
  button.style.setProperty('--colour', `var(--${colour === 'raw' ? 'soft' : colour})`);
  button.addEventListener('click', () => {
    if (!hidden.delete(name)) hidden.add(name);
    for (const view of views.values()) if (view.figure.series.some((s) => s.name === name)) draw(view);
  });
  return button;
}

function print(value: number | null | undefined, { percent }: Axis): string {
  if (value === null || value === undefined) return '–';
  if (percent) return `${(100 * value).toFixed(1)} %`;
  const isLong = value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4);
  return isLong ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

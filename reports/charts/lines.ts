// Runs in the page: draws a figure of lines and bands, with its legend, its controls and its downloads.
import type uPlot from 'uplot';
import { canvasOf, drawChart } from './chart.js';
import { csvOf, rowsOfLines } from './csv.js';
import { downloadCsv, downloadPng } from './download.js';
import type { Axis, Lines, Series } from './figure.js';
import { powersAxis, tick } from './logAxis.js';
import { DASHES } from './palette.js';
import { smoothed } from './smooth.js';
import { css, mixed, tint } from './theme.js';
import { tickTexts, valueText, valueTexts } from './ticks.js';
import { putTools, type Tool } from './tools.js';
import { coverings } from './under.js';

/** How a reader has changed a figure. */
interface View {
  figure: Lines;
  log: boolean;
  smooth: number;
  /** The name that a reader points at: its line is in front, the others are pale. */
  front?: string;
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
  // No logarithmic axis for points: the line of equal values, which such figures have, would be a curve.
  const canBeLog = !y.log && !y.percent && !series.some(({ points }) => points) && spans(series);
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

function draw({ figure, log, smooth, front }: View): void {
  const { id, x, series } = figure;
  const y = { ...figure.y, log: figure.y.log || log };
  const rows: (number | null)[][] = [x.values];
  const drawn: uPlot.Series[] = [];
  const bands: uPlot.Band[] = [];
  const shown = series.filter(({ name }) => !hidden.has(name));
  const values = new Map(shown.map((s) => [s, smooth > 0 ? smoothed(s.y, smooth) : s.y]));
  const isFront = ({ name }: Series) => name === front;
  const hasFront = shown.some(isFront);
  const isPale = (s: Series) => hasFront && !isFront(s);
  const covered = hasFront ? shown.map(() => 0) : coverings(shown, [...values.values()], y.log);
  // What lies under the others is drawn first, beginning with the broadest.
  const order = shown
    .map((s, i) => ({
      s,
      width: s.under ? 6 : 2 + 3 * covered[i],
      rank: isFront(s) ? 1e3 : -(s.under ? 99 : covered[i]),
    }))
    .sort((a, b) => a.rank - b.rank);
  for (const { s, width } of order) {
    if (s.low && s.high) {
      rows.push(s.high, s.low);
      drawn.push(invisible, invisible);
      bands.push({ series: [drawn.length - 1, drawn.length], fill: tint(s.colour, isPale(s) ? 0.04 : 0.16) });
    }
    if (smooth > 0 && !isPale(s)) {
      rows.push(s.y);
      drawn.push({ ...line(s, 1, tint(s.colour, 0.3)), dash: undefined });
    }
    rows.push(values.get(s)!);
    const stroke = isPale(s) ? tint(s.colour, 0.25) : width > 2 ? mixed(s.colour, 0.5) : css(s.colour);
    drawn.push(line(s, s.thin ? 1 : width, stroke));
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
            const own = values.get(s)!;
            const end = own.findLastIndex((v) => v !== null);
            return { text: s.name, colour: css(s.colour), value: own[end] ?? null, at: x.values[end] };
          }),
    // The last row in which a line other than a thin one has a value.
    first: Math.max(
      0,
      x.values.findLastIndex((_, row) => series.some(({ y, thin }) => !thin && y[row] !== null)),
    ),
    readout: (row) => legend(id, placeOf(figure, row), series, row, y),
  });
}

/** The x to which the values of a legend belong: `epoch 4:`. The drawn curve may be smoothed; these values are not. */
function placeOf({ x, smooth }: Lines, row: number): string {
  const [name] = x.label.split(/[,:]/);
  return `${name} ${valueText(x.values[row], x.percent)}${smooth === undefined ? '' : ', without smoothing'}:`;
}

const invisible: uPlot.Series = {
  stroke: 'transparent',
  width: 0,
  pxAlign: 0,
  spanGaps: true,
  points: { show: false },
};

function wholes({ values }: Lines['x']): uPlot.Axis {
  const last = values.at(-1)!;
  return {
    incrs: [
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1e6,
    ],
    values: (_, splits) => splits.map((s) => (Number.isInteger(s) && s >= 0 && s <= last ? valueText(s) : '')),
  };
}

function line({ colour, dash = 0, thin, points, y }: Series, width: number, stroke: string): uPlot.Series {
  if (points)
    return {
      stroke,
      width: 0,
      paths: () => null,
      points: { show: true, size: 5, width: 1, stroke, fill: tint(colour, 0.35) },
    };
  return {
    stroke,
    width,
    // Whole pixels would make steps of a slanted line.
    pxAlign: 0,
    // A broad line under another one has no dashes, so that it is seen between the dashes of the other.
    dash: dash && width <= 2 ? [...DASHES[dash % DASHES.length]] : undefined,
    spanGaps: true,
    // Few values are also shown as points: a single one has no line.
    points: { show: y.filter((v) => v !== null).length < 10 && !thin && width <= 2, size: 6, stroke, fill: stroke },
  };
}

function axis({ log, percent }: Axis): uPlot.Axis {
  return log ? powersAxis : { values: (_, splits) => tickTexts(splits, percent) };
}

/** The legend, which is the readout too: a button for each line, with the line's value in this row of the data. The button hides the line
 *  in every figure. Elements that are there already are kept, so that they keep the focus. */
function legend(id: string, at: string, series: readonly Series[], row: number, y: Axis): (Node | string)[] {
  const named = series.filter(({ name }) => name);
  const readout = document.getElementById(`${id}-readout`);
  const place =
    readout?.querySelector('.place') ?? Object.assign(document.createElement('span'), { className: 'place' });
  place.textContent = at;
  const before = [...(readout?.querySelectorAll('button') ?? [])];
  const isSame = before.length === named.length && before.every((b, i) => b.dataset.name === named[i].name);
  const buttons = named.map((s, i) => (isSame ? before[i] : keyButton(id, s)));
  const texts = valueTexts(
    named.map(({ y: column }) => column[row]),
    y.percent,
  );
  buttons.forEach((button, i) => {
    const { name } = named[i];
    const isShown = !hidden.has(name);
    button.setAttribute('aria-pressed', String(isShown));
    button.textContent = isShown ? `${name} ${texts[i]}` : name;
  });
  return [place, ...buttons.flatMap((button) => [' ', button])];
}

/** The part of a legend for a line: it shows the line's dash. */
function keyButton(id: string, { name, colour, dash = 0, points }: Series): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = points ? 'key' : 'key line';
  button.dataset.name = name;
  button.title = 'hide or show in every plot';
  if (!points) button.style.setProperty('--sample', sampleOf(dash));
  // The grey of lines is too pale for text.
  button.style.setProperty('--colour', `var(--${colour === 'raw' ? 'soft' : colour})`);
  button.addEventListener('click', () => {
    if (!hidden.delete(name)) hidden.add(name);
    for (const view of views.values()) if (view.figure.series.some((s) => s.name === name)) draw(view);
  });
  const bring = (front?: string) => {
    const view = { ...views.get(id)!, front };
    views.set(id, view);
    draw(view);
  };
  // Only a mouse can point at a button without pressing it.
  button.addEventListener('pointerenter', ({ pointerType }) => pointerType === 'mouse' && bring(name));
  button.addEventListener('pointerleave', ({ pointerType }) => pointerType === 'mouse' && bring());
  button.addEventListener('focus', () => button.matches(':focus-visible') && bring(name));
  button.addEventListener('blur', () => views.get(id)?.front === name && bring());
  return button;
}

/** A piece of line with a dash, as a background. */
function sampleOf(dash: number): string {
  const parts = DASHES[dash % DASHES.length];
  if (parts.length === 0) return 'var(--colour)';
  let at = 0;
  const stops = parts.map((length, i) => {
    const from = at;
    at += length;
    return `${i % 2 ? 'transparent' : 'var(--colour)'} ${from}px ${at}px`;
  });
  return `repeating-linear-gradient(to right, ${stops.join(', ')})`;
}

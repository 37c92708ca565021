// The funnel: lo(t) and hi(t), and quantiles of the net's rates. A second plot below it: the share of rates that are clipped.
import type uPlot from 'uplot';
import { count, percent, rate, rateOfLog, unbroken } from '../format.js';
import { QUANTILES, type Rates, type Run, type Snapshot } from '../record.js';
import { canvasOf, drawChart } from './chart.js';
import { type Cell, csvOf } from './csv.js';
import { downloadCsv, downloadPng } from './download.js';
import { labelWidth } from './labels.js';
import { powersOnly, tick } from './logAxis.js';
import { css, tint } from './theme.js';
import { putTools } from './tools.js';

/** Draws both plots for one optimizer. key: the name of its colour. layer: a parameter's name, or '' for the whole net. log: a logarithmic step
 *  axis. */
export function drawFunnel(run: Run, key: string, layer: string, log: boolean): void {
  const snapshots = run.epochs.flatMap((e) => e.rates);
  // HTML replaces a NUL in a layer's name. The name from the page then differs from all names in the records.
  if (layer !== '' && !snapshots.every((s) => Object.hasOwn(s.layers, layer))) return;
  const rates = snapshots.map((s) => (layer === '' ? s.all : s.layers[layer]));
  const steps = snapshots.map((s) => s.step);
  const epochOf = run.epochs.flatMap((e) => e.rates.map(() => e.epoch));
  document.documentElement.style.setProperty('--chosen', css(key));
  // The page shows shares only if a run has bounds.
  const isClipped = document.getElementById('share') !== null;
  const upper = ratesChart(key, snapshots, rates, isClipped);
  const lower = shareChart(key, steps, rates);
  const common = {
    group: 'steps',
    gutter: Math.max(labelWidth(upper.labels), labelWidth(lower.labels)),
    x: {
      label: 'step',
      labelSize: 20,
      labelFont: '12px system-ui',
      size: 30,
      ...(log && powersOnly),
    },
  };
  const xScale: uPlot.Scale = {
    distr: log ? 3 : 1,
    range: [log ? 1 : 0, Math.max(2, steps.at(-1)!)],
  };
  drawChart({
    ...common,
    ...upper,
    scales: { x: xScale, y: { distr: 3 } },
    readout: (row) => readout(snapshots[row], rates[row], epochOf[row], isClipped),
  });
  if (isClipped) drawChart({ ...common, ...lower, scales: { x: xScale, y: { range: [0, 1] } } });
  shown = { title: run.run.title, layer: layer || 'whole net', snapshots, rates };
  tools('funnel', 'Rates by step');
  if (isClipped) tools('share', 'Share of weights at the bounds');
}

/** What both plots show. */
let shown: { title: string; layer: string; snapshots: readonly Snapshot[]; rates: readonly Rates[] };

function tools(id: string, what: string): void {
  const titleOf = () => `${what}: ${shown.title}, ${shown.layer}`;
  putTools(id, [
    {
      kind: 'press',
      text: 'PNG',
      about: `${what}: download as a picture`,
      run: () => downloadPng(id, titleOf(), canvasOf(id)!),
    },
    {
      kind: 'press',
      text: 'CSV',
      about: `${what}: download the numbers`,
      run: () => downloadCsv(id, csvOf(rowsOf(shown))),
    },
  ]);
}

/** The bounds, and the quantiles and counts of the rates, a row for each recorded step. */
function rowsOf({ snapshots, rates }: typeof shown): Cell[][] {
  const kinds = ['raw', 'clipped'] as const;
  const heads = kinds.flatMap((kind) => QUANTILES.map((q) => `${kind} ${100 * q} %`));
  const rows = snapshots.map(({ step, lo, hi }, i) => {
    const { floor, free, ceiling } = rates[i];
    const quantiles = kinds.flatMap((kind) =>
      rates[i][kind].map((q) => (q === null ? null : Number((10 ** q).toPrecision(5)))),
    );
    return [step, lo, hi, ...quantiles, floor, free, ceiling];
  });
  return [['step', 'lo', 'hi', ...heads, 'floor', 'free', 'ceiling'], ...rows];
}

const labelled = (label: string) => ({ label, labelSize: 18, labelFont: '12px system-ui' });

function ratesChart(key: string, snapshots: Snapshot[], rates: Rates[], isClipped: boolean) {
  const quantile = (kind: 'raw' | 'clipped', i: number) =>
    rates.map((r) => (kind === 'raw' && !isClipped ? null : powerOf(r[kind][i])));
  const lo = snapshots.map((s) => (isClipped && s.lo > 0 ? s.lo : null));
  const hi = snapshots.map((s) => (isClipped ? s.hi : null));
  const colour = css(key);
  const hidden: uPlot.Series = { stroke: 'transparent', width: 0, pxAlign: 0, points: { show: false } };
  const few = snapshots.length < 3;
  const line = (stroke: string, width: number, dash?: number[]): uPlot.Series => ({
    stroke,
    width,
    dash,
    pxAlign: 0,
    points: { show: few, size: 6, fill: stroke },
  });
  const bounded = lo.some((v, i) => v !== null && v !== hi[i]);
  return {
    id: 'funnel',
    height: innerWidth < 560 ? 300 : 400,
    // Rates by their index in QUANTILES: the middle 90 % before the clip; all, 90 % and 50 % after it; both medians.
    data: [
      snapshots.map((s) => s.step),
      ...[5, 1].map((i) => quantile('raw', i)),
      ...[6, 0, 5, 1, 4, 2].map((i) => quantile('clipped', i)),
      quantile('raw', 3),
      quantile('clipped', 3),
      lo,
      hi,
    ] as uPlot.AlignedData,
    series: [
      ...[1, 2].map(() => line(css('raw'), 1, [3, 3])),
      ...[3, 4, 5, 6, 7, 8].map(() => hidden),
      line(css('raw'), 1.5, [6, 4]),
      line(colour, 2.5),
      line(css('ink'), 1.5),
      line(css('ink'), 1.5),
    ],
    bands: [
      { series: [1, 2] as [number, number], fill: tint('raw', 0.13) },
      { series: [3, 4] as [number, number], fill: tint(key, 0.12) },
      { series: [5, 6] as [number, number], fill: tint(key, 0.18) },
      { series: [7, 8] as [number, number], fill: tint(key, 0.28) },
    ],
    y: {
      ...labelled('rate'),
      values: (_: uPlot, splits: number[]) => splits.map((v) => (v === null ? '' : tick(v))),
      ...powersOnly,
    },
    labels: [
      ...(bounded
        ? [
            { text: 'hi(t)', colour: css('ink'), value: hi.at(-1) ?? null },
            { text: 'lo(t)', colour: css('ink'), value: lo.at(-1) ?? null },
          ]
        : []),
      { text: 'median', colour, value: quantile('clipped', 3).at(-1) ?? null },
      ...(isClipped ? [{ text: 'raw', colour: css('soft'), value: quantile('raw', 3).at(-1) ?? null }] : []),
    ],
  };
}

function shareChart(key: string, steps: number[], rates: Rates[]) {
  const shares = rates.map((r) => {
    const n = r.floor + r.free + r.ceiling;
    return { floor: r.floor / n, free: r.free / n, ceiling: r.ceiling / n };
  });
  const end = shares.at(-1)!;
  const colour = css(key);
  const edge = (stroke: string, fill?: string): uPlot.Series => ({
    stroke,
    width: 1.5,
    fill,
    pxAlign: 0,
    points: { show: false },
  });
  return {
    id: 'share',
    height: innerWidth < 560 ? 180 : 200,
    data: [
      steps,
      shares.map(() => 1),
      shares.map((s) => s.floor + s.free),
      shares.map((s) => s.floor),
    ] as uPlot.AlignedData,
    series: [edge('transparent'), edge(end.ceiling > 0 ? colour : 'transparent'), edge(colour, tint(key, 0.45))],
    bands: [{ series: [1, 2] as [number, number], fill: tint(key, 0.2) }],
    y: {
      ...labelled('share of weights'),
      values: (_: uPlot, splits: number[]) => splits.map((v) => `${Math.round(100 * v)} %`),
    },
    labels: [
      { text: `ceiling ${percent(end.ceiling)}`, colour, value: 1 - end.ceiling / 2 },
      { text: `free ${percent(end.free)}`, colour: css('soft'), value: end.floor + end.free / 2 },
      { text: `floor ${percent(end.floor)}`, colour, value: end.floor / 2 },
    ],
  };
}

function readout(s: Snapshot, r: Rates, epoch: number, isClipped: boolean): string[] {
  const n = r.floor + r.free + r.ceiling;
  const of = ([, low, , median, , high]: Rates['raw']) =>
    `median ${rateOfLog(median)}, 90 % of the weights from ${rateOfLog(low)} to ${rateOfLog(high)}`;
  if (!isClipped) return [unbroken(`Step ${count(s.step)}, epoch ${epoch}: ${of(r.clipped)}.`)];
  return [
    `Step ${count(s.step)}, epoch ${epoch}: lo ${rate(s.lo)}, hi ${rate(s.hi)}. Used: ${of(r.clipped)}. Raw: ${of(r.raw)}. `,
    `Floor ${percent(r.floor / n)}, free ${percent(r.free / n)}, ceiling ${percent(r.ceiling / n)}.`,
  ].map(unbroken);
}

function powerOf(q: number | null): number | null {
  return q === null ? null : 10 ** q;
}

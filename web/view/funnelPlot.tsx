// The funnel: lo(t) and hi(t), and behind them the density of the rates before the clip. Between the bounds the step uses them as they
// are; outside, where Adam's rates would lie, the clip moves them to a bound.
import type uPlot from 'uplot';
import { powersAxis } from '../../reports/charts/logAxis.js';
import { colourName } from '../../reports/charts/palette.js';
import { tint } from '../../reports/charts/theme.js';
import { BINS } from '../core/nets.js';
import { channelsOf, strokeTwice } from './drawing.js';
import { ink } from './look.js';
import {
  binCount,
  changedShares,
  chosen,
  grownRows,
  middleOf,
  net,
  rowAt,
  rows,
  shownLayer,
  shownPart,
  unbounded,
  unit,
  weight,
} from './net.js';
import { Chart, logScale, meansOfTen, positive } from './plot.js';
import { pick } from './runs.js';
import { lastStep, playhead } from './state.js';
import { scheme } from './theme.js';

/** The colour of the rule, and that of rates which the clip changes: Adam's, or if the rule is Adam, grey. */
const colours = () => {
  const own = colourName(net.value.rules[0].key);
  return { own, outside: own === 'adam' ? 'soft' : 'adam' };
};

/** The picture of the densities: a column for each step and a row for each bin, with the largest rates at the top. */
let drawn: { key: string; canvas: HTMLCanvasElement; columns: number } | null = null;

function picture(): HTMLCanvasElement {
  const { own, outside } = colours();
  const steps = Math.max(lastStep.value, rows.value.length);
  const key = [scheme.value, shownPart.value, own, steps].join();
  if (drawn?.key !== key || drawn.columns > rows.value.length || isOtherRun()) {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [steps, binCount];
    drawn = { key, canvas, columns: 0 };
    drawnRows = rows.value;
  }
  const added = rows.value.length - drawn.columns;
  if (added <= 0) return drawn.canvas;
  const ctx = drawn.canvas.getContext('2d')!;
  const data = ctx.createImageData(added, binCount);
  const channels = [own, outside].map(channelsOf);
  for (let column = 0; column < added; column++) {
    const row = rowAt(drawn.columns + column + 1);
    if (!row) continue;
    const changed = changedShares(row);
    row.counts.forEach((count, bin) => {
      if (count === 0) return;
      // A bin that holds a bound has both colours, each by its share.
      const [used, replaced] = channels;
      const colour = used.map((value, i) => value + changed[bin] * (replaced[i] - value));
      // The square root keeps bins with few weights visible next to bins with many.
      const alpha = Math.min(1, 0.07 + 2.2 * Math.sqrt(count / row.size));
      data.data.set([...colour, 255 * alpha], 4 * ((binCount - 1 - bin) * added + column));
    });
  }
  ctx.putImageData(data, drawn.columns, 0);
  drawn.columns = rows.value.length;
  return drawn.canvas;
}
let drawnRows = rows.value;
const isOtherRun = () => drawnRows !== rows.value;

function drawDensity(u: uPlot): void {
  if (rows.value.length === 0) return;
  const canvas = picture();
  const { left, top, width, height } = u.bbox;
  const [x0, x1] = [0.5, canvas.width + 0.5].map((step) => u.valToPos(step, 'x', true));
  const [y0, y1] = [BINS.to, BINS.from].map((power) => u.valToPos(unit.value * 10 ** power, 'y', true));
  const { ctx } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.imageSmoothingEnabled = true;
  ctx.imageSmoothingQuality = 'high';
  ctx.drawImage(canvas, x0, y0, x1 - x0, y1 - y0);
  ctx.restore();
}

/** The path of the chosen weight, with the step at which it is first clipped and the shown step. */
function drawWeight(u: uPlot): void {
  const seen = weight.value;
  if (!seen || !chosen.value) return;
  const { left, top, width, height } = u.bbox;
  const { ctx } = u;
  const place = (step: number, rate: number): [number, number] => [
    u.valToPos(step, 'x', true),
    Math.min(top + height, Math.max(top, u.valToPos(unit.value * rate, 'y', true))),
  ];
  const path = new Path2D();
  seen.path.forEach((rate, i) => {
    if (rate > 0) path.lineTo(...place(1 + i * seen.every, rate));
  });
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top - 4, width + 4, height + 8);
  ctx.clip();
  strokeTwice(ctx, path, 'ink', 1.75, devicePixelRatio);
  const dot = (step: number, rate: number, radius: number, isFilled: boolean) => {
    ctx.beginPath();
    ctx.arc(...place(step, rate), radius * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fillStyle = ink(isFilled ? 'ink' : 'paper');
    ctx.fill();
    ctx.strokeStyle = ink('ink');
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.stroke();
  };
  if (seen.first) dot(seen.first.step, seen.first.rate, 5, false);
  const at = Math.floor((Math.max(1, Math.floor(playhead.value)) - 1) / seen.every);
  if (seen.path[at] > 0) dot(1 + at * seen.every, seen.path[at], 3.5, true);
  ctx.restore();
}

/** The range of the shown rates: those of most weights, and the bounds if they are near. */
function span(): [low: number, high: number] {
  const sum = new Float64Array(binCount);
  for (let t = 1; t <= rows.value.length; t++) rowAt(t)?.counts.forEach((count, bin) => (sum[bin] += count));
  const total = sum.reduce((a, b) => a + b, 0);
  if (total === 0) return [1e-3, 10];
  // The first bin after a thousandth of the rates.
  const firstBin = (list: Float64Array) => {
    let left = total / 1000;
    return list.findIndex((count) => (left -= count) < 0);
  };
  const [low, high] = [middleOf(firstBin(sum)), middleOf(binCount - 1 - firstBin(sum.slice().reverse()))];
  const bounds = [1, rows.value.length].flatMap((t) => rowAt(t) ?? []);
  const near = (v: number) => v > 0 && v < Infinity;
  const lows = bounds.map(({ lo }) => lo).filter(near);
  const highs = bounds.map(({ hi }) => hi).filter(near);
  const path = weight.value?.path.filter((rate) => rate > 0) ?? [];
  return [
    Math.min(low, ...lows.map((lo) => Math.max(lo, low / 30)), ...path.map((rate) => Math.max(rate, low / 1000))) / 2,
    Math.max(high, ...highs.map((hi) => Math.min(hi, 30 * high)), ...path.map((rate) => Math.min(rate, 1000 * high))) *
      2,
  ];
}

const scale: uPlot.Scale = {
  ...logScale(() => 1, 1),
  range: () => span().map((v) => unit.value * v) as [number, number],
};

/** The funnel of the shown layer, or of the whole net. */
export function FunnelPlot({ height }: { height: number }) {
  const { own, outside } = colours();
  const open = unbounded[net.value.rules[0].key];
  const bounds = (of: 'lo' | 'hi') =>
    rows.value.map((_, i) => positive(unit.value * (rowAt(i + 1)?.[of] ?? Number.NaN)));
  const line = (): uPlot.Series => ({ stroke: ink('ink'), width: 1.5, points: { show: false } });
  return (
    <Chart
      title={`${open ? `${open}’s rates` : 'Rates before the clip'}, for ${shownLayer.value ?? 'every weight'}`}
      keys={
        <>
          <span>
            <i style={{ background: `var(--${own})` }} /> the step uses them
          </span>{' '}
          <span>
            <i style={{ background: `var(--${outside})` }} /> a bound replaces them
          </span>
        </>
      }
      height={height}
      first={1}
      depends={() => {
        void [grownRows.value, weight.value, chosen.value];
        return [net.value.rules[0].key, unit.value, shownPart.value].join();
      }}
      series={() => [line(), line()]}
      values={() => [bounds('hi'), bounds('lo')]}
      y={{ scale, axis: powersAxis }}
      under={drawDensity}
      over={drawWeight}
      labels={(u) =>
        (['hi(t)', 'lo(t)'] as const).flatMap((text, i) => {
          const values = u.data[i + 1] as (number | null)[];
          const value = values[rows.value.length - 1] ?? null;
          return value === null ? [] : [{ text, colour: ink('ink'), value }];
        })
      }
      widest={() => SHARES}
      onPick={(step, rate) => {
        if (step >= 1 && step <= rows.value.length) pick(step, rate / unit.value);
      }}
    />
  );
}

/** The longest label of a share. Every plot of the room reserves space for it. */
const SHARES = ['lowered 100 %'];

/** Which share of the rates the clip lowered to hi, left free, and raised to lo. */
export function SharesPlot() {
  const shares = () => rows.value.map((_, i) => rowAt(i + 1));
  const area = (of: (row: NonNullable<ReturnType<typeof rowAt>>) => number) =>
    shares().map((row) => (row ? of(row) / row.size : null));
  return (
    <Chart
      title="Share of the rates that the clip changed"
      height={170}
      first={1}
      depends={() => {
        void grownRows.value;
        return [net.value.rules[0].key, shownPart.value].join();
      }}
      series={() => {
        const { own, outside } = colours();
        const edge = (stroke: string, fill?: string): uPlot.Series => ({
          stroke,
          fill,
          width: 1.25,
          points: { show: false },
        });
        return [edge('transparent'), edge(ink(own)), edge(ink(outside), tint(outside, 0.4))];
      }}
      bands={() => {
        const { own, outside } = colours();
        return [
          { series: [1, 2], fill: tint(outside, 0.4) },
          { series: [2, 3], fill: tint(own, 0.3) },
        ];
      }}
      values={() => [area(({ size }) => size), area(({ size, ceiling }) => size - ceiling), area(({ floor }) => floor)]}
      y={{
        scale: { range: [0, 1] },
        axis: {
          splits: () => [0, 0.25, 0.5, 0.75, 1],
          values: (_, splits) => splits.map((v) => `${Math.round(100 * v)} %`),
        },
      }}
      labels={() => {
        const row = rowAt(rows.value.length);
        if (!row) return [];
        const { own, outside } = colours();
        const { size, floor, ceiling } = row;
        const free = size - floor - ceiling;
        const label = (text: string, colour: string, count: number, value: number) =>
          count === 0 ? [] : [{ text: `${text} ${percent(count / size)}`, colour: ink(colour), value: value / size }];
        return [
          ...label('lowered', outside, ceiling, size - ceiling / 2),
          ...label('free', own, free, floor + free / 2),
          ...label('raised', outside, floor, floor / 2),
        ];
      }}
      widest={() => SHARES}
    />
  );
}

/** A share in whole percent. Only a share of 0 is shown as 0, and only a share of 1 as 100. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '<1\u00a0%';
  return share < 1 && share > 0.99 ? '>99\u00a0%' : `${Math.round(100 * share)}\u00a0%`;
}

/** The loss of each batch, and its mean over the last ten. */
export function BatchLossPlot() {
  const losses = () => rows.value.map(({ loss }) => loss);
  const means = () => meansOfTen(losses());
  return (
    <Chart
      title="Loss of each batch, and the mean of ten"
      height={170}
      first={1}
      depends={() => {
        void grownRows.value;
        return net.value.rules[0].key;
      }}
      series={() => {
        const { own } = colours();
        return [
          { stroke: tint(own, 0.45), width: 1, points: { show: false } },
          { stroke: ink(own), width: 2, points: { show: false } },
        ];
      }}
      values={() => [losses().map(positive), means()]}
      y={{ scale: logScale(() => 3 * Math.max(1e-9, rows.value[0]?.loss ?? 1), 6), axis: powersAxis }}
      labels={() => {
        const value = means().at(-1) ?? null;
        return value === null ? [] : [{ text: value.toPrecision(2), colour: ink(colours().own), value }];
      }}
      widest={() => SHARES}
    />
  );
}

// Line plots over the steps, by uPlot with the reports' axes and labels. Lines after the playhead are paler; a drag moves the playhead.
import { effect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { drawLabels, type Label, labelWidth } from '../../reports/charts/labels.js';
import { powersAxis } from '../../reports/charts/logAxis.js';
import { font } from '../../reports/charts/theme.js';
import type { Track } from '../core/surface.js';
import { oncePerFrame } from './drawing.js';
import { ink, type Look, looksOf } from './look.js';
import { show } from './playback.js';
import { grown, lastStep, playhead, trackedRules, tracks } from './state.js';
import { scheme } from './theme.js';

/** Values by step. Null: nothing to draw. */
type Values = (number | null)[];

interface ChartProps {
  title: string;
  height: number;
  /** The text after the title. */
  keys?: ComponentChildren;
  /** The step of the first value. */
  first: number;
  /** The steps of the values, on a logarithmic axis. Default: every step from the first on, on a linear axis. */
  steps?(): readonly number[];
  /** Reads the signals that the plot depends on. If it returns another text than before, the plot is built anew. */
  depends(): string;
  series(): uPlot.Series[];
  /** The values of each series. */
  values(): Values[];
  y: { scale: uPlot.Scale; axis: uPlot.Axis };
  bands?(): uPlot.Band[];
  /** Draw under the lines, and over them. */
  under?(u: uPlot): void;
  over?(u: uPlot): void;
  labels(u: uPlot): Label[];
  /** Texts as wide as the widest label. */
  widest(): string[];
  /** Called for a click, with the step and the value. Default: only the step is shown. */
  onPick?(step: number, value: number): void;
}

/** Positive, finite values; a logarithmic axis has no others. */
export const positive = (v: number) => (v > 0 && v < 1e300 ? v : null);

/** At each step the mean of the last ten values. */
export const meansOfTen = (values: readonly number[]): Values =>
  values.map((_, i) => {
    const last = values.slice(Math.max(0, i - 9), i + 1);
    return positive(last.reduce((a, b) => a + b, 0) / last.length);
  });

/** A plot by step. */
export function Chart({ title, height, keys, ...props }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const element = holder.current!;
    let plot: uPlot | null = null;
    let key = '';
    const make = () => {
      plot?.destroy();
      const { series, y, bands, widest, steps } = latest.current;
      const wide = element.clientWidth;
      const hasLabels = wide >= 460;
      const gutter = hasLabels ? labelWidth(widest().map((text) => ({ text, colour: '', value: 1 }))) : 12;
      // The ribbons below the plots have the same step axis.
      element.closest<HTMLElement>('.plots')?.style.setProperty('--gutter', `${gutter}px`);
      const axis = (own: uPlot.Axis): uPlot.Axis => ({
        stroke: ink('soft'),
        font: font(11),
        grid: { stroke: ink('rule'), width: 1 },
        ticks: { show: false },
        ...own,
      });
      plot = new uPlot(
        {
          width: wide,
          height,
          padding: [10, gutter, 0, 0],
          legend: { show: false },
          cursor: { show: false },
          scales: {
            x: steps
              ? { time: false, distr: 3, range: () => [1, Math.max(2, lastStep.value)] }
              : { time: false, range: () => [0, Math.max(1, lastStep.value)] },
            y: y.scale,
          },
          axes: [
            axis({ size: 26, space: 70, grid: { show: false }, ...(steps && powersAxis) }),
            axis({ size: 44, ...y.axis }),
          ],
          series: [{}, ...series()],
          bands: bands?.(),
          hooks: {
            drawAxes: [(u) => latest.current.under?.(u)],
            draw: [
              (u) => {
                latest.current.over?.(u);
                veil(u);
                if (hasLabels) drawLabels(u, latest.current.labels(u));
              },
            ],
          },
        },
        [[0]],
        element,
      );
    };
    const refresh = () => {
      // The reader may have left the room since.
      if (!element.isConnected) return;
      const { depends, values, first } = latest.current;
      const next = [scheme.value, element.clientWidth, depends()].join();
      if (next !== key || !plot) {
        key = next;
        make();
      }
      const rows = values();
      const given = latest.current.steps?.() ?? [];
      const length = Math.max(1, given.length, ...rows.map((row) => row.length));
      const steps = Array.from({ length }, (_, t) => given[t] ?? t + first);
      const padded = rows.map((row) => [...row, ...new Array(length - row.length).fill(null)]);
      // The plot may still show a run of other rules.
      while (padded.length < plot!.series.length - 1) padded.push(new Array(length).fill(null));
      plot!.setData([steps, ...padded]);
    };
    const ask = oncePerFrame(refresh);
    const redraw = oncePerFrame(() => plot?.redraw(false));
    const watcher = new ResizeObserver(ask);
    watcher.observe(element);
    const stopData = effect(() => {
      void [latest.current.depends(), scheme.value, lastStep.value];
      ask();
    });
    const stopHead = effect(() => {
      playhead.value;
      redraw();
    });
    /** Where the pointer went down, until it moves. */
    let down: { x: number; y: number } | null = null;
    const scrub = (event: PointerEvent) => {
      if (!plot || event.buttons === 0) return;
      if (event.type === 'pointerdown') down = { x: event.clientX, y: event.clientY };
      else if (down && Math.hypot(event.clientX - down.x, event.clientY - down.y) > 4) down = null;
      const { left } = plot.over.getBoundingClientRect();
      show(plot.posToVal(event.clientX - left, 'x'));
    };
    const click = (event: PointerEvent) => {
      if (!plot || !down) return;
      down = null;
      const { left, top } = plot.over.getBoundingClientRect();
      const step = Math.round(plot.posToVal(event.clientX - left, 'x'));
      latest.current.onPick?.(step, plot.posToVal(event.clientY - top, 'y'));
    };
    element.addEventListener('pointerdown', scrub);
    element.addEventListener('pointermove', scrub);
    element.addEventListener('pointerup', click);
    return () => {
      watcher.disconnect();
      stopData();
      stopHead();
      plot?.destroy();
      plot = null;
    };
  }, []);
  return (
    <figure>
      <figcaption>
        {title} {keys && <span class="keys">{keys}</span>}
      </figcaption>
      <div
        class={props.onPick ? 'plot picks' : 'plot'}
        ref={holder}
        style={{ height: `${height}px` }}
        role="img"
        aria-label={`${title}, by step. The table below has the numbers.`}
      />
    </figure>
  );
}

/** A line across a plot, and what it means. */
interface Limit {
  value: number;
  text: string;
  colour?: string;
}

interface PlotProps {
  title: string;
  /** The values of a track by step. */
  of(track: Track): number[];
  /** The largest shown value, and the number of powers of ten below it. */
  top(tracks: readonly Track[]): number;
  decades: number;
  limit?: Limit;
  height: number;
}

/** The scale of a logarithmic axis. least: a value that the axis reaches, unless it exceeds `top`. */
export function logScale(top: () => number, decades: number, least = 0): uPlot.Scale {
  return {
    distr: 3,
    range: (_, min, max) => {
      if (!Number.isFinite(max)) return [0.1, 1];
      const high = Math.max(1e-12, Math.min(Math.max(max, least), top()));
      const low = Math.max(Math.min(min ?? 1, high / 10), high * 10 ** -decades);
      return [low / 1.3, high * 1.6];
    },
  };
}

/** A plot of one value of each rule, on a logarithmic axis. */
export function Plot({ title, of, top, decades, limit, height }: PlotProps) {
  const rules = () => looksOf(trackedRules.value);
  return (
    <Chart
      title={title}
      height={height}
      first={0}
      depends={() => {
        void [grown.value, tracks.value];
        return JSON.stringify(trackedRules.value);
      }}
      series={() => rules().map(curveOf)}
      values={() => tracks.value.map((track) => of(track).map(positive))}
      y={{ scale: logScale(() => top(tracks.value), decades, limit && 1.5 * limit.value), axis: powersAxis }}
      over={(u) => limit && drawLimit(u, limit)}
      labels={(u) => endLabels(u, rules())}
      widest={() => rules().map(({ title }) => title)}
    />
  );
}

/** The line of a rule. */
export const curveOf = ({ colour, dash }: Look): uPlot.Series => ({
  stroke: ink(colour),
  width: 1.75,
  dash: dash.length ? [...dash] : undefined,
  points: { show: false },
});

/** The name of each rule, at the last value of its line. */
export const endLabels = (u: uPlot, looks: readonly Look[]): Label[] =>
  looks.map(({ title, colour }, i) => ({ text: title, colour: ink(colour), value: lastOf(u.data[i + 1]) }));

/** The last value of a series. */
export function lastOf(row: ArrayLike<number | null | undefined> = []): number | null {
  return (
    Array.from(row)
      .filter((v) => v !== null && v !== undefined)
      .at(-1) ?? null
  );
}

/** Makes lines after the playhead paler, and marks the step by a line. */
function veil(u: uPlot): void {
  const { left, top, width, height } = u.bbox;
  // On a logarithmic axis step 0 lies infinitely far to the left.
  const x = Math.max(left, Math.min(left + width, u.valToPos(playhead.value, 'x', true)));
  const { ctx } = u;
  ctx.save();
  ctx.globalAlpha = 0.72;
  ctx.fillStyle = ink('panel');
  ctx.fillRect(x, top, left + width - x, height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = ink('ink');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
  ctx.restore();
}

export function drawLimit(u: uPlot, { value, text, colour = 'ink' }: Limit): void {
  const { left, width } = u.bbox;
  const y = u.valToPos(value, 'y', true);
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = ink(colour);
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.font = font(11 * devicePixelRatio);
  ctx.fillStyle = ink('soft');
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  ctx.fillText(text, left + width - 4 * devicePixelRatio, y - 2 * devicePixelRatio);
  ctx.restore();
}

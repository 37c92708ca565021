// A line plot by step that follows the playhead: dragging in it scrubs.
import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { drawLabels, labelWidth } from '../../reports/charts/labels.js';
import { tick } from '../../reports/charts/logAxis.js';
import { font } from '../../reports/charts/theme.js';
import type { Track } from '../core/surface.js';
import { ink, looksOf } from './look.js';
import { grown, lastStep, playhead, show, state, tracks } from './store.js';
import { scheme } from './theme.js';

interface Props {
  title: string;
  /** The values of a track by step. */
  of(track: Track): number[];
  /** The largest value that is shown, and over how many powers of ten. */
  top(tracks: readonly Track[]): number;
  decades: number;
  /** A line across the plot, and what it means. */
  limit?: { value: number; text: string };
  height: number;
}

/** At most eight powers of ten. uPlot's own search for ticks does not end on values below 1e-13. */
function powersBetween(min: number, max: number): number[] {
  const [from, to] = [Math.ceil(Math.log10(min) - 1e-9), Math.floor(Math.log10(max) + 1e-9)];
  const every = Math.ceil((to - from + 1) / 8);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
    .filter((power) => power % every === 0)
    .map((power) => 10 ** power);
}

/** Positive, finite values; a logarithmic axis has no others. */
const positive = (v: number) => (v > 0 && v < 1e300 ? v : null);

/** A plot of one value of each rule, on a logarithmic axis. */
export function Plot({ title, of, top, decades, limit, height }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = holder.current!;
    let plot: uPlot | null = null;
    const isDue = { data: false, head: false };
    let key = '';
    const values = () => tracks.value.slice(0, state.value.rules.length).map((track) => of(track).map(positive));
    const make = () => {
      plot?.destroy();
      const looks = looksOf(state.value.rules);
      const labels = () =>
        looks.map(({ title, colour }, i) => {
          const row = plot!.data[i + 1] ?? [];
          return {
            text: title,
            colour: ink(colour),
            value: (row as (number | null)[]).filter((v) => v !== null).at(-1) ?? null,
          };
        });
      const wide = element.clientWidth;
      const hasLabels = wide >= 460;
      const gutter = hasLabels ? labelWidth(looks.map(({ title }) => ({ text: title, colour: '', value: 1 }))) : 12;
      // The ribbons below the plots have the same step axis.
      element.closest<HTMLElement>('.plots')!.style.setProperty('--gutter', `${gutter}px`);
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
            x: { time: false, range: () => [0, Math.max(1, lastStep.value)] },
            y: {
              distr: 3,
              range: (_, min, max) => {
                if (!Number.isFinite(max)) return [0.1, 1];
                const most = Math.max(max, limit ? 1.5 * limit.value : 0);
                const high = Math.max(1e-12, Math.min(most, top(tracks.value)));
                const low = Math.max(Math.min(min ?? 1, high / 10), high * 10 ** -decades);
                return [low / 1.3, high * 1.6];
              },
            },
          },
          axes: [
            axis({ size: 26, space: 70, grid: { show: false } }),
            axis({
              size: 44,
              splits: (_, __, min, max) => powersBetween(min, max),
              // uPlot's own filter for logarithmic axes replaces every second tick by null.
              filter: (_, splits) => splits,
              values: (_, splits) => splits.map(tick),
            }),
          ],
          series: [
            {},
            ...looks.map(({ colour, dash }) => ({
              stroke: ink(colour),
              width: 1.75,
              dash: dash.length ? [...dash] : undefined,
              points: { show: false },
            })),
          ],
          hooks: {
            draw: [
              (u) => {
                if (limit) drawLimit(u, limit);
                veil(u);
                if (hasLabels) drawLabels(u, labels());
              },
            ],
          },
        },
        [[0]],
        element,
      );
    };
    const refresh = () => {
      isDue.data = false;
      const next = [scheme.value, element.clientWidth, JSON.stringify(state.value.rules)].join();
      if (next !== key || !plot) {
        key = next;
        make();
      }
      const rows = values();
      const length = Math.max(1, ...rows.map((row) => row.length));
      const steps = Array.from({ length }, (_, t) => t);
      const padded = rows.map((row) => [...row, ...new Array(length - row.length).fill(null)]);
      // A run of other rules may still be in sight.
      while (padded.length < state.value.rules.length) padded.push(new Array(length).fill(null));
      plot!.setData([steps, ...padded]);
    };
    const ask = () => {
      if (!isDue.data) requestAnimationFrame(refresh);
      isDue.data = true;
    };
    const watcher = new ResizeObserver(() => ask());
    watcher.observe(element);
    const stopData = effect(() => {
      [grown.value, tracks.value, state.value.rules, scheme.value];
      ask();
    });
    const stopHead = effect(() => {
      playhead.value;
      if (isDue.head) return;
      isDue.head = true;
      requestAnimationFrame(() => {
        isDue.head = false;
        plot?.redraw(false);
      });
    });
    const scrub = (event: PointerEvent) => {
      if (!plot || event.buttons === 0) return;
      const { left } = plot.over.getBoundingClientRect();
      show(plot.posToVal(event.clientX - left, 'x'));
    };
    element.addEventListener('pointerdown', scrub);
    element.addEventListener('pointermove', scrub);
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
      <figcaption>{title}</figcaption>
      <div
        class="plot"
        ref={holder}
        style={{ height: `${height}px` }}
        role="img"
        aria-label={`${title}, by step. The table below has the numbers.`}
      />
    </figure>
  );
}

/** What lies after the playhead is paler, and a line marks the step. */
function veil(u: uPlot): void {
  const { left, top, width, height } = u.bbox;
  const x = Math.min(left + width, u.valToPos(playhead.value, 'x', true));
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

function drawLimit(u: uPlot, { value, text }: { value: number; text: string }): void {
  const { left, width } = u.bbox;
  const y = u.valToPos(value, 'y', true);
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = ink('ink');
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

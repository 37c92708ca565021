// What every plot of the report shares: axes in the page's colours, labels at the ends of lines, a readout below that
// follows the pointer or the arrow keys, and a width that follows the page.
import uPlot from 'uplot';
import { drawLabels, type Label, labelWidth } from './labels.js';
import { css, font } from './theme.js';

export interface Chart {
  /** The element to draw in; its readout has the same id with `-readout`. */
  id: string;
  height: number;
  /** The first row is x. */
  data: uPlot.AlignedData;
  series: uPlot.Series[];
  bands?: uPlot.Band[];
  scales: uPlot.Scales;
  /** How values on the axes are printed, and where the ticks may be. */
  x: uPlot.Axis;
  y: uPlot.Axis;
  /** The x axis in another unit, above. */
  top?: uPlot.Axis;
  labels: Label[];
  /** Extra drawing, under the labels. */
  draw?(u: uPlot): void;
  /** What the readout says of a row of the data; where left out, a plot of the same group has the readout. */
  readout?(row: number): (Node | string)[];
  /** Plots of one group share their cursor. */
  group?: string;
  /** The room for labels, in CSS pixels, where another plot has to line up. */
  gutter?: number;
}

const drawn = new Map<string, { plot: uPlot; chart: Chart }>();

/** Draws a chart, in place of the one that was in its element. */
export function drawChart(chart: Chart): void {
  const element = document.getElementById(chart.id)!;
  drawn.get(chart.id)?.plot.destroy();
  element.replaceChildren();
  const axis = (own: uPlot.Axis): uPlot.Axis => ({
    stroke: css('soft'),
    font: font(12),
    grid: { stroke: css('rule'), width: 1 },
    ticks: { stroke: css('rule'), width: 1, size: 5 },
    ...own,
  });
  const plot = new uPlot(
    {
      width: element.clientWidth,
      height: chart.height,
      padding: [12, chart.gutter ?? labelWidth(chart.labels), 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { show: chart.bands === undefined },
        ...(chart.group && { sync: { key: chart.group, scales: ['x', null] } }),
      },
      scales: { ...chart.scales, x: { time: false, ...chart.scales.x } },
      axes: [
        axis({ size: 34, ...chart.x }),
        axis({ size: 52, ...chart.y }),
        ...(chart.top ? [axis({ size: 44, side: 0, scale: 'x', grid: { show: false }, ...chart.top })] : []),
      ],
      series: [{}, ...chart.series],
      bands: chart.bands,
      hooks: {
        draw: [(u) => chart.draw?.(u), (u) => drawLabels(u, chart.labels)],
        setCursor: [(u) => show(chart, u.cursor.idx ?? last(chart))],
      },
    },
    chart.data,
    element,
  );
  drawn.set(chart.id, { plot, chart });
  element.onkeydown = (event) => move(event, plot, chart);
  show(chart, last(chart));
}

function last(chart: Chart): number {
  return chart.data[0].length - 1;
}

function show(chart: Chart, row: number): void {
  if (chart.readout) document.getElementById(`${chart.id}-readout`)!.replaceChildren(...chart.readout(row));
}

function move(event: KeyboardEvent, { data, cursor }: uPlot, { id, group }: Chart): void {
  const end = data[0].length - 1;
  const at = cursor.idx ?? end;
  const targets: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: end };
  const target = targets[event.key];
  if (target === undefined) return;
  event.preventDefault();
  const x = data[0][Math.min(Math.max(target, 0), end)];
  for (const { plot, chart } of drawn.values()) {
    if (chart.id !== id && (group === undefined || chart.group !== group)) continue;
    plot.setCursor({ left: plot.valToPos(x, 'x'), top: 0 });
  }
}

new ResizeObserver(() => {
  for (const [id, { plot }] of drawn) {
    const width = document.getElementById(id)!.clientWidth;
    if (width !== plot.width) plot.setSize({ width, height: plot.height });
  }
}).observe(document.body);

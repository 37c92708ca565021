// The base of every plot: axes in the page's colours, labels at the ends of lines, a readout below that follows the pointer
// and the arrow keys, and a width that follows the page.
import uPlot from 'uplot';
import { drawLabels, type Label, labelWidth, widestOf } from './labels.js';
import { css, font } from './theme.js';

/** One plot. */
export interface Chart {
  /** The id of its element; the readout's is the same with `-readout`. */
  id: string;
  height: number;
  /** The first row is x. */
  data: uPlot.AlignedData;
  series: uPlot.Series[];
  bands?: uPlot.Band[];
  scales: uPlot.Scales;
  /** The axes: how values are printed, where ticks may be. */
  x: uPlot.Axis;
  y: uPlot.Axis;
  /** A second x axis above, in another unit. */
  top?: uPlot.Axis;
  labels: Label[];
  /** Draws more, under the labels. */
  draw?(u: uPlot): void;
  /** The readout for a row of the data. Default: none; another plot of the group has it. */
  readout?(row: number): (Node | string)[];
  /** The row whose values the readout shows until a reader points at another. Default: the last. */
  first?: number;
  /** Plots of the same group share their cursor. */
  group?: string;
  /** The width for labels in CSS pixels, to align plots. Default: what the labels need. */
  gutter?: number;
}

const drawn = new Map<string, { plot: uPlot; chart: Chart }>();

/** Draws a chart and replaces the previous one in its element. */
export function drawChart(chart: Chart): void {
  const element = document.getElementById(chart.id);
  // An id with a NUL, which JSON can hold and HTML cannot, has no element.
  if (!element) return;
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
        axis({ size: widthOfTicks, ...chart.y }),
        ...(chart.top ? [axis({ size: 44, side: 0, scale: 'x', grid: { show: false }, ...chart.top })] : []),
      ],
      series: [{}, ...chart.series],
      bands: chart.bands,
      hooks: {
        draw: [(u) => chart.draw?.(u), (u) => drawLabels(u, chart.labels)],
        setCursor: [(u) => show(chart, u.cursor.idx ?? firstOf(chart))],
      },
    },
    chart.data,
    element,
  );
  drawn.set(chart.id, { plot, chart });
  element.onkeydown = (event) => move(event, plot, chart);
  show(chart, firstOf(chart));
}

/** The width of an axis of values: for its widest number. */
const widthOfTicks: uPlot.Axis.Size = (_, values) => {
  const texts = (values ?? []).map((v) => `${v ?? ''}`);
  // Space of 16 for the ticks and the gaps beside them.
  return Math.max(44, 16 + Math.ceil(widestOf(texts, 12)));
};

/** The canvas of a chart that is drawn. */
export function canvasOf(id: string): HTMLCanvasElement | undefined {
  return drawn.get(id)?.plot.ctx.canvas;
}

function firstOf({ first, data }: Chart): number {
  return first ?? data[0].length - 1;
}

function show(chart: Chart, row: number): void {
  if (!chart.readout) return;
  const [element, parts] = [document.getElementById(`${chart.id}-readout`)!, chart.readout(row)];
  // Elements that stay in place keep the focus.
  const isSame = element.childNodes.length === parts.length && parts.every((p, i) => keeps(element.childNodes[i], p));
  if (!isSame) element.replaceChildren(...parts);
}

/** Whether a node of a readout can stay: it is the next one, or a text node, which takes the next text. */
function keeps(node: ChildNode, next: Node | string): boolean {
  if (node === next) return true;
  if (typeof next !== 'string' || node.nodeType !== 3) return false;
  node.textContent = next;
  return true;
}

function move(event: KeyboardEvent, { data, cursor }: uPlot, own: Chart): void {
  const { id, group } = own;
  const end = data[0].length - 1;
  const at = cursor.idx ?? firstOf(own);
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

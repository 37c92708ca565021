// Labels at the ends of lines. They are moved apart if lines end close to each other.
import type uPlot from 'uplot';
import { font } from './theme.js';

/** A label, its colour, and the value at which it is placed; null if its line has no values. at: the x at which the line ends. Default: the
 *  end of the plot. */
export interface Label {
  text: string;
  colour: string;
  value: number | null;
  at?: number;
}

/** The least distance of two labels, and the size of their font, in CSS pixels. */
const HEIGHT = 15;
const SIZE = 12;

/** Draws labels to the right of the plot, each connected to the end of its line. */
export function drawLabels(u: uPlot, labels: readonly Label[]): void {
  const ratio = devicePixelRatio;
  const { left, top, width, height } = u.bbox;
  const inside = labels.filter(({ value }) => value !== null && Number.isFinite(value));
  const natural = inside.map(({ value }) => clamp(u.valToPos(value!, 'y', true), top, top + height));
  const placed = spread(natural, HEIGHT * ratio, top, top + height);
  const { ctx } = u;
  ctx.save();
  ctx.font = font(SIZE * ratio);
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  ctx.lineWidth = ratio;
  ctx.setLineDash([]);
  inside.forEach(({ text, colour, at }, i) => {
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    // If a line ends before the end of the plot, dots lead from it to its label.
    const end = at === undefined ? left + width : u.valToPos(at, 'x', true);
    if (end < left + width - ratio) {
      ctx.setLineDash([ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(end, natural[i]);
      ctx.lineTo(left + width, natural[i]);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    ctx.beginPath();
    ctx.moveTo(left + width + 3 * ratio, natural[i]);
    ctx.lineTo(left + width + 10 * ratio, placed[i]);
    ctx.stroke();
    ctx.fillText(text, left + width + 13 * ratio, placed[i]);
  });
  ctx.restore();
}

/** The width that labels need, in CSS pixels. */
export function labelWidth(labels: readonly Label[]): number {
  return (
    18 +
    widestOf(
      labels.map(({ text }) => text),
      SIZE,
    )
  );
}

/** The width of the widest text, in CSS pixels. */
export function widestOf(texts: readonly string[], size: number): number {
  const ctx = document.createElement('canvas').getContext('2d')!;
  ctx.font = font(size);
  return Math.max(0, ...texts.map((text) => ctx.measureText(text).width));
}

/** Moves positions apart to a minimum distance within [low, high]. Neighbours that are too close are centred on their mean. */
export function spread(positions: readonly number[], distance: number, low: number, high: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b]);
  const blocks: { members: number[]; centre: number }[] = [];
  const half = (b: { members: number[] }) => ((b.members.length - 1) * distance) / 2;
  for (const i of order) {
    let block = { members: [i], centre: positions[i] };
    for (let above = blocks.at(-1); above; above = blocks.at(-1)) {
      if (block.centre - half(block) - (above.centre + half(above)) >= distance) break;
      blocks.pop();
      const members = [...above.members, ...block.members];
      block = { members, centre: members.reduce((sum, m) => sum + positions[m], 0) / members.length };
    }
    block.centre = clamp(block.centre, low + half(block), Math.max(low + half(block), high - half(block)));
    blocks.push(block);
  }
  const placed: number[] = [];
  for (const b of blocks) {
    b.members.forEach((m, k) => {
      placed[m] = b.centre - half(b) + k * distance;
    });
  }
  return placed;
}

function clamp(x: number, low: number, high: number): number {
  return Math.min(Math.max(x, low), high);
}

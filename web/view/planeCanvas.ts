// What the canvas of the plane shows: contours, the paths of the rules, numbers along the edges.
import { signal } from '@preact/signals';
import { font } from '../../reports/charts/theme.js';
import type { Field } from '../core/surface.js';
import { drawContours } from './contours.js';
import { drawMarker, strokeTwice } from './drawing.js';
import { ink, looksOf } from './look.js';
import { short } from './numbers.js';
import { field, playhead, trackedRules, tracks, view } from './state.js';
import { scheme } from './theme.js';

/** The size of the plane on the page, in CSS pixels. */
export const size = signal({ width: 0, height: 0 });

/** The position and scale of the plane on the canvas. */
export interface Frame {
  width: number;
  height: number;
  box: Field['box'];
  toX(x: number): number;
  toY(y: number): number;
  /** Units of the plane in a pixel. */
  unit: number;
}

/** The present frame, in CSS pixels. Both axes have the same scale. */
export function frameOf(): Frame {
  const { width, height } = size.value;
  const [x, y, across] = view.value;
  const unit = across / Math.max(1, width);
  const box = [x - across / 2, x + across / 2, y - (unit * height) / 2, y + (unit * height) / 2] as const;
  return {
    width,
    height,
    box,
    unit,
    toX: (v) => (v - box[0]) / unit,
    toY: (v) => (box[3] - v) / unit,
  };
}

const ratioOf = () => Math.min(3, devicePixelRatio || 1);

/** The field as drawn, kept while only the paths change. */
let drawn: { field: Field; scheme: string; canvas: HTMLCanvasElement } | null = null;

function background(f: Field, width: number, height: number): HTMLCanvasElement {
  if (drawn?.field === f && drawn.scheme === scheme.value && drawn.canvas.width === width) return drawn.canvas;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  drawContours(canvas, f, ratioOf());
  drawn = { field: f, scheme: scheme.value, canvas };
  return canvas;
}

/** Draws the plane: the field, the axes, the paths up to the playhead. */
export function draw(canvas: HTMLCanvasElement): void {
  const frame = frameOf();
  if (frame.width === 0) return;
  const ratio = ratioOf();
  const [width, height] = [frame.width, frame.height].map((v) => Math.round(v * ratio));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const ctx = canvas.getContext('2d')!;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, width, height);
  const f = field.value;
  if (f) {
    // While the next field is computed, the previous one is shown at its position.
    const [x0, x1, y0, y1] = f.box;
    const [left, top] = [frame.toX(x0) * ratio, frame.toY(y1) * ratio];
    ctx.drawImage(
      background(f, width, height),
      left,
      top,
      ((x1 - x0) / frame.unit) * ratio,
      ((y1 - y0) / frame.unit) * ratio,
    );
  }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  axes(ctx, frame);
  const looks = looksOf(trackedRules.value);
  const shown = tracks.value;
  for (const [i, track] of shown.entries()) path(ctx, frame, track.x, track.y, looks[i]);
  for (const [i, track] of shown.entries()) {
    const [x, y] = pointAt(track.x, track.y);
    drawMarker(ctx, looks[i], frame.toX(x), frame.toY(y));
  }
}

/** The point at the playhead, between two steps while it plays. */
function pointAt(x: number[], y: number[]): [number, number] {
  const last = x.length - 1;
  const t = Math.min(playhead.value, last);
  const [i, share] = [Math.floor(t), t - Math.floor(t)];
  if (i >= last) return [x[last], y[last]];
  return [x[i] + share * (x[i + 1] - x[i]), y[i] + share * (y[i + 1] - y[i])];
}

function path(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  x: number[],
  y: number[],
  { colour, dash }: { colour: string; dash: readonly number[] },
): void {
  const end = Math.min(Math.floor(playhead.value), x.length - 1);
  const points = Array.from({ length: end + 1 }, (_, t) => [frame.toX(x[t]), frame.toY(y[t])]);
  const last = pointAt(x, y);
  points.push([frame.toX(last[0]), frame.toY(last[1])]);
  const way = new Path2D();
  for (let t = 1; t < points.length; t++) {
    const part = inside(points[t - 1], points[t], frame);
    if (!part) continue;
    if (part[0] !== points[t - 1] || t === 1) way.moveTo(part[0][0], part[0][1]);
    way.lineTo(part[1][0], part[1][1]);
    if (part[1] !== points[t] && t + 1 < points.length) way.moveTo(part[1][0], part[1][1]);
  }
  strokeTwice(ctx, way, colour, end > 500 ? 1.5 : 2.25, 1, dash);
  // A dot for each step, unless the dots would merge into a line.
  if (end > 60) return;
  ctx.fillStyle = ink(colour);
  for (let t = 1; t <= end; t++) {
    ctx.beginPath();
    if (!isNear(points[t], frame)) continue;
    ctx.arc(points[t][0], points[t][1], 2.1, 0, 2 * Math.PI);
    ctx.fill();
  }
}

/** Pixels beyond the canvas to which lines are drawn. */
const MARGIN = 20;

const isNear = ([x, y]: number[], { width, height }: Frame) =>
  x > -MARGIN && y > -MARGIN && x < width + MARGIN && y < height + MARGIN;

/** The part of a line that is near the canvas, or null. Drawn whole, the dashed line of a rule that diverges would have millions of
 *  dashes. (Liang and Barsky, 1984) */
function inside(a: number[], b: number[], { width, height }: Frame): [number[], number[]] | null {
  let [from, to] = [0, 1];
  for (const [i, most] of [width + MARGIN, height + MARGIN].entries()) {
    const by = b[i] - a[i];
    for (const [room, step] of [
      [a[i] + MARGIN, -by],
      [most - a[i], by],
    ]) {
      if (step === 0 && room < 0) return null;
      if (step < 0) from = Math.max(from, room / step);
      if (step > 0) to = Math.min(to, room / step);
    }
  }
  if (!(from <= to)) return null;
  const at = (share: number) => [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  return [from === 0 ? a : at(from), to === 1 ? b : at(to)];
}

/** Numbers along the lower and the left edge. */
function axes(ctx: CanvasRenderingContext2D, { width, height, box, toX, toY, unit }: Frame): void {
  const step = niceStep(unit * 80);
  ctx.font = font(11);
  ctx.lineWidth = 1;
  const tag = (text: string, x: number, y: number) => {
    ctx.lineWidth = 3;
    ctx.strokeStyle = ink('halo');
    ctx.strokeText(text, x, y);
    ctx.fillStyle = ink('soft');
    ctx.fillText(text, x, y);
  };
  ctx.textAlign = 'center';
  ctx.textBaseline = 'bottom';
  for (let i = Math.ceil(box[0] / step); i * step <= box[1]; i++) {
    const x = toX(i * step);
    if (x > 22 && x < width - 12) tag(short(i * step), x, height - 5);
  }
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (let i = Math.ceil(box[2] / step); i * step <= box[3]; i++) {
    const y = toY(i * step);
    if (y > 12 && y < height - 24) tag(short(i * step), 6, y);
  }
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((m) => m * power >= least)!;
}

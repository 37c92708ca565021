// Contours of a field: bands of colour, and a line at each level by marching squares.
import type { Field } from '../core/surface.js';
import { channelsOf } from './drawing.js';
import { ink } from './look.js';

/** Levels that are dense near the lowest value: min + range 10^(-d + d (i + 1/2) / n). d: decades, more if the median is near min. */
function levelsOf({ values }: Field, count = 15): number[] {
  let [min, max] = [Infinity, -Infinity];
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  if (!(max > min)) return [];
  const decades = Math.min(4.2, Math.max(1.6, Math.log10((max - min) / (median(values) - min || 1)) + 2));
  return Array.from({ length: count }, (_, i) => min + (max - min) * 10 ** (-decades + (decades * (i + 0.5)) / count));
}

function median(values: Float64Array): number {
  const finite = values.filter(Number.isFinite).sort();
  return finite[finite.length >> 1];
}

/** The band of a value: the number of levels below it. */
function bandOf(value: number, levels: readonly number[]): number {
  let [from, to] = [0, levels.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (levels[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Paints the bands into an image of width x height pixels. low and high: the colours of the first and the last band; values that
 *  are not finite stay transparent. */
function bands(
  { columns, rows, values }: Field,
  levels: readonly number[],
  width: number,
  height: number,
  low: readonly number[],
  high: readonly number[],
): ImageData {
  const image = new ImageData(width, height);
  const shades = Array.from({ length: levels.length + 1 }, (_, i) =>
    low.map((c, j) => c + ((high[j] - c) * i) / Math.max(1, levels.length)),
  );
  for (let py = 0; py < height; py++) {
    // Row 0 of the field is the lowest y.
    const fy = ((height - 0.5 - py) / height) * (rows - 1);
    const r = Math.min(rows - 2, Math.max(0, Math.floor(fy)));
    const v = fy - r;
    for (let px = 0; px < width; px++) {
      const fx = ((px + 0.5) / width) * (columns - 1);
      const c = Math.min(columns - 2, Math.floor(fx));
      const u = fx - c;
      const at = r * columns + c;
      const below = values[at] * (1 - u) + values[at + 1] * u;
      const above = values[at + columns] * (1 - u) + values[at + columns + 1] * u;
      const value = below * (1 - v) + above * v;
      if (!Number.isFinite(value)) continue;
      image.data.set([...shades[bandOf(value, levels)], 255], 4 * (py * width + px));
    }
  }
  return image;
}

/** Draws the bands of a field and the lines between them on the whole of a canvas. ratio: the width of a line. */
export function drawContours(canvas: HTMLCanvasElement, field: Field, ratio: number): void {
  const { width, height } = canvas;
  const ctx = canvas.getContext('2d')!;
  const levels = levelsOf(field);
  ctx.putImageData(bands(field, levels, width, height, channelsOf('low'), channelsOf('high')), 0, 0);
  ctx.setLineDash([]);
  ctx.strokeStyle = ink('contour');
  ctx.lineWidth = ratio;
  for (const level of levels) ctx.stroke(lineOf(field, level, width, height));
}

/** The line of a level, as a path on a canvas that the field fills, with y upwards (marching squares). */
export function lineOf({ columns, rows, values }: Field, level: number, width: number, height: number): Path2D {
  const path = new Path2D();
  const mix = (a: number, b: number) => (level - a) / (b - a);
  const place = ([x, y]: [number, number]): [number, number] => [
    (width * x) / (columns - 1),
    height * (1 - y / (rows - 1)),
  ];
  for (let r = 0; r < rows - 1; r++) {
    for (let c = 0; c < columns - 1; c++) {
      const at = r * columns + c;
      const [a, b, d, e] = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]];
      // Where the line crosses the sides below, right, above, left.
      const points: [number, number][] = [];
      if (a < level !== b < level) points.push([c + mix(a, b), r]);
      if (b < level !== d < level) points.push([c + 1, r + mix(b, d)]);
      if (e < level !== d < level) points.push([c + mix(e, d), r + 1]);
      if (a < level !== e < level) points.push([c, r + mix(a, e)]);
      for (let i = 0; i + 1 < points.length; i += 2) {
        if (![...points[i], ...points[i + 1]].every(Number.isFinite)) continue;
        path.moveTo(...place(points[i]));
        path.lineTo(...place(points[i + 1]));
      }
    }
  }
  return path;
}

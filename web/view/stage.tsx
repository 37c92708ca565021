// The plane: contours, the paths of the rules, and the start that can be dragged.
import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { font } from '../../reports/charts/theme.js';
import type { Field } from '../core/surface.js';
import { bands, levelsOf, lineOf } from './contours.js';
import { ink, looksOf, outline } from './look.js';
import { short } from './numbers.js';
import { askField, at, change, field, grown, playhead, settings, show, start, surface, tracks, view } from './store.js';
import { scheme } from './theme.js';

/** Points of the grid along its longer side. */
const GRID = 121;
const ratioOf = () => Math.min(3, devicePixelRatio || 1);

const size = signal({ width: 0, height: 0 });

interface Frame {
  width: number;
  height: number;
  box: Field['box'];
  toX(x: number): number;
  toY(y: number): number;
  /** Units of the plane in a pixel. */
  unit: number;
}

/** How the plane lies on the canvas, in CSS pixels. Both axes have the same scale. */
function frameOf(): Frame {
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

/** Moves and scales the view. dx, dy: in pixels. factor: less than 1 shows less, around a point in pixels. */
function moveView(dx: number, dy: number, factor = 1, px = size.value.width / 2, py = size.value.height / 2): void {
  const { unit, width, height } = frameOf();
  const [x, y, across] = view.value;
  const next = Math.min(1e5, Math.max(1e-6, across * factor));
  const shift = unit - next / Math.max(1, width);
  const rounded = (v: number) => Number(v.toPrecision(6));
  change({
    view: [
      rounded(x - dx * unit + (px - width / 2) * shift),
      rounded(y + dy * unit - (py - height / 2) * shift),
      rounded(next),
    ],
  });
}

const zoom = (factor: number) => moveView(0, 0, factor);
const pan = (dx: number, dy: number) => moveView(dx, dy);
const resetView = () => change({ view: undefined });

/** Sets the start, rounded to a hundredth of what is shown. */
function moveStart(x: number, y: number): void {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(view.value[2])));
  const limit = (v: number) => Number(Math.min(1e5, Math.max(-1e5, v)).toFixed(Math.min(12, digits)));
  change({ start: [limit(x), limit(y)] });
}

/** Shows the step whose point is nearest, and chooses its rule. */
function choose(px: number, py: number): void {
  const { toX, toY } = frameOf();
  let [rule, step, nearest] = [0, 0, Infinity];
  tracks.value.slice(0, surface.value.rules.length).forEach(({ x, y }, i) => {
    for (let t = 1; t < x.length; t++) {
      const distance = Math.hypot(toX(x[t]) - px, toY(y[t]) - py);
      if (distance < nearest) [rule, step, nearest] = [i, t, distance];
    }
  });
  if (nearest > 24) return;
  change({ rule });
  show(step);
}

/** The field as drawn, kept while only the paths change. */
let drawn: { field: Field; scheme: string; canvas: HTMLCanvasElement } | null = null;

function background(f: Field, width: number, height: number): HTMLCanvasElement {
  if (drawn?.field === f && drawn.scheme === scheme.value && drawn.canvas.width === width) return drawn.canvas;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const ctx = canvas.getContext('2d')!;
  const levels = levelsOf(f);
  const channels = (name: string) => [1, 3, 5].map((i) => Number.parseInt(ink(name).slice(i, i + 2), 16));
  ctx.putImageData(bands(f, levels, width, height, channels('low'), channels('high')), 0, 0);
  ctx.strokeStyle = ink('contour');
  ctx.lineWidth = ratioOf();
  for (const level of levels) {
    const path = new Path2D();
    path.addPath(lineOf(f, level), new DOMMatrix([width, 0, 0, -height, 0, height]));
    ctx.stroke(path);
  }
  drawn = { field: f, scheme: scheme.value, canvas };
  return canvas;
}

function draw(canvas: HTMLCanvasElement): void {
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
    // While the next field is computed, the last one is shown where it belongs.
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
  const looks = looksOf(surface.value.rules);
  const shown = tracks.value.slice(0, looks.length);
  for (const [i, track] of shown.entries()) path(ctx, frame, track.x, track.y, looks[i]);
  for (const [i, track] of shown.entries()) {
    const [x, y] = pointAt(track.x, track.y);
    outline(ctx, looks[i].marker, frame.toX(x), frame.toY(y), 5.5);
    ctx.fillStyle = ink(looks[i].colour);
    ctx.fill();
    ctx.strokeStyle = ink('paper');
    ctx.lineWidth = 1.5;
    ctx.setLineDash([]);
    ctx.stroke();
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
  ctx.beginPath();
  for (let t = 1; t < points.length; t++) {
    const part = inside(points[t - 1], points[t], frame);
    if (!part) continue;
    if (part[0] !== points[t - 1] || t === 1) ctx.moveTo(part[0][0], part[0][1]);
    ctx.lineTo(part[1][0], part[1][1]);
    if (part[1] !== points[t] && t + 1 < points.length) ctx.moveTo(part[1][0], part[1][1]);
  }
  ctx.lineJoin = 'round';
  ctx.setLineDash([]);
  ctx.strokeStyle = ink('halo');
  ctx.lineWidth = 4.5;
  ctx.stroke();
  ctx.setLineDash([...dash]);
  ctx.strokeStyle = ink(colour);
  ctx.lineWidth = end > 500 ? 1.5 : 2.25;
  ctx.stroke();
  ctx.setLineDash([]);
  // A dot for each step, if they are few enough to be told from a line.
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

/** The part of a line that is near the canvas, or null: a dashed line of a rule that diverges has millions of dashes. (Liang and
 *  Barsky, 1984) */
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

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((m) => m * power >= least)!;
}

/** The plane with its start. */
export function Stage() {
  const holder = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const watcher = new ResizeObserver(([{ contentRect }]) => {
      size.value = { width: contentRect.width, height: contentRect.height };
    });
    watcher.observe(holder.current!);
    let isDue = false;
    const stopDrawing = effect(() => {
      // What the drawing depends on.
      [grown.value, tracks.value, field.value, playhead.value, size.value, view.value, surface.value, scheme.value];
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => {
        isDue = false;
        if (canvas.current) draw(canvas.current);
      });
    });
    const stopAsking = effect(() => {
      const { width, height } = size.value;
      if (width === 0) return;
      const { box } = frameOf();
      [surface.value.problem, surface.value.formula, settings.value];
      const rows = Math.max(2, Math.round((GRID * height) / width));
      askField(box, GRID, Math.min(2 * GRID, rows));
    });
    return () => {
      watcher.disconnect();
      stopDrawing();
      stopAsking();
    };
  }, []);

  const pointers = useRef(new Map<number, { x: number; y: number }>()).current;
  const moved = useRef(false);
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    canvas.current!.setPointerCapture(event.pointerId);
    if (pointers.size === 1) moved.current = false;
  };
  const move = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.offsetX, y: event.offsetY };
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    if (!moved.current && Math.hypot(dx, dy) < 5) return;
    moved.current = true;
    pointers.set(event.pointerId, now);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) return moveView(dx, dy);
    const [wide, narrow] = [now, before].map((p) => Math.hypot(p.x - other.x, p.y - other.y));
    moveView(dx / 2, dy / 2, narrow / Math.max(1, wide), (now.x + other.x) / 2, (now.y + other.y) / 2);
  };
  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId) || moved.current || event.type !== 'pointerup') return;
    if (surface.value.room === 'step') return choose(event.offsetX, event.offsetY);
    const { box, unit } = frameOf();
    moveStart(box[0] + event.offsetX * unit, box[3] - event.offsetY * unit);
  };
  const wheel = (event: WheelEvent) => {
    // A page that scrolls must not stop here, unless the plane was chosen.
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== holder.current) return;
    event.preventDefault();
    moveView(0, 0, Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY / 400))), event.offsetX, event.offsetY);
  };
  const key = (event: KeyboardEvent) => {
    const moves: Record<string, () => void> = {
      ArrowLeft: () => pan(40, 0),
      ArrowRight: () => pan(-40, 0),
      ArrowUp: () => pan(0, 40),
      ArrowDown: () => pan(0, -40),
      '+': () => zoom(0.8),
      '=': () => zoom(0.8),
      '-': () => zoom(1.25),
      '0': resetView,
    };
    if (event.target !== holder.current || event.ctrlKey || event.metaKey || !moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  };
  const rules = looksOf(surface.value.rules);
  const summary = tracks.value
    .slice(0, rules.length)
    .map(({ x, y }, i) => {
      const t = Math.min(at.value, x.length - 1);
      return `${rules[i].title} at ${short(x[t])}, ${short(y[t])}`;
    })
    .join('; ');
  return (
    // biome-ignore lint/a11y/useSemanticElements: a figure with controls, not a part of a form.
    <div
      class="stage"
      ref={holder}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the view.
      tabIndex={0}
      role="group"
      aria-label={`Plane with contours of the loss. Step ${at.value}: ${summary}. Arrow keys move the view, plus and minus zoom, 0 resets it.`}
      onKeyDown={key}
    >
      <canvas
        ref={canvas}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
        onWheel={wheel}
      />
      <StartHandle holder={holder} />
      {/* biome-ignore lint/a11y/useSemanticElements: a toolbar, not a part of a form. */}
      <div class="zoom" role="group" aria-label="View">
        <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => zoom(0.8)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => zoom(1.25)}>
          −
        </button>
        {surface.value.view && (
          <button type="button" aria-label="View as at first" title="View as at first" onClick={resetView}>
            ⟲
          </button>
        )}
      </div>
    </div>
  );
}

/** The start as a button: dragged by a pointer, moved by the arrow keys. */
function StartHandle({ holder }: { holder: { current: HTMLDivElement | null } }) {
  size.value;
  const frame = frameOf();
  const [x, y] = start.value;
  const isDragged = useRef(false);
  const drag = (event: PointerEvent) => {
    if (!isDragged.current) return;
    const { left, top } = holder.current!.getBoundingClientRect();
    moveStart(frame.box[0] + (event.clientX - left) * frame.unit, frame.box[3] - (event.clientY - top) * frame.unit);
  };
  const key = (event: KeyboardEvent) => {
    const step = frame.unit * (event.shiftKey ? 40 : 8);
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, step],
      ArrowDown: [0, -step],
    };
    const by = moves[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    moveStart(x + by[0], y + by[1]);
  };
  const [left, top] = [frame.toX(x), frame.toY(y)];
  const inside = left >= 0 && left <= frame.width && top >= 0 && top <= frame.height;
  const clamp = (v: number, most: number) => `${Math.min(Math.max(v, 0), most)}px`;
  return (
    <button
      type="button"
      class={inside ? 'start' : 'start outside'}
      style={{ left: clamp(left, frame.width), top: clamp(top, frame.height) }}
      aria-label={`Start at x ${short(x)}, y ${short(y)}. Arrow keys move it, with Shift farther.`}
      onPointerDown={(event) => {
        isDragged.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={drag}
      onPointerUp={() => {
        isDragged.current = false;
      }}
      onPointerCancel={() => {
        isDragged.current = false;
      }}
      onKeyDown={key}
    />
  );
}

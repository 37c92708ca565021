// The plane: its canvas, the gestures and keys that move the view, and the start that can be dragged.
import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { oncePerFrame } from './drawing.js';
import { looksOf } from './look.js';
import { short } from './numbers.js';
import { draw, frameOf, size } from './planeCanvas.js';
import { show } from './playback.js';
import { askField } from './runs.js';
import { at, change, field, grown, playhead, settings, start, surface, trackedRules, tracks, view } from './state.js';
import { scheme } from './theme.js';

/** Points of the grid along x. */
const GRID = 121;

/** Moves and scales the view. dx, dy: in pixels. factor: less than 1 shows less, around the point px, py in pixels. */
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

/** Sets the start, rounded to a hundredth of the view's width or finer. */
function moveStart(x: number, y: number): void {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(view.value[2])));
  const limit = (v: number) => Number(Math.min(1e5, Math.max(-1e5, v)).toFixed(Math.min(12, digits)));
  change({ start: [limit(x), limit(y)] });
}

/** Shows the step whose point is nearest, and chooses its rule. */
function choose(px: number, py: number): void {
  const { toX, toY } = frameOf();
  let [rule, step, nearest] = [0, 0, Infinity];
  tracks.value.forEach(({ x, y }, i) => {
    for (let t = 1; t < x.length; t++) {
      const distance = Math.hypot(toX(x[t]) - px, toY(y[t]) - py);
      if (distance < nearest) [rule, step, nearest] = [i, t, distance];
    }
  });
  if (nearest > 24) return;
  change({ rule });
  show(step);
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
    const redraw = oncePerFrame(() => canvas.current && draw(canvas.current));
    const stopDrawing = effect(() => {
      // The signals that the drawing depends on.
      [grown.value, tracks.value, field.value, playhead.value, size.value, view.value, surface.value, scheme.value];
      redraw();
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
    // Scrolling the page must not stop at the plane, unless the plane has the focus.
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
  const rules = looksOf(trackedRules.value);
  const summary = tracks.value
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
          <button type="button" aria-label="Reset the view" title="Reset the view" onClick={resetView}>
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

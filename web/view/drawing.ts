// Canvases that draw the values of signals.
import { effect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ink, type Look, outline } from './look.js';
import { scheme } from './theme.js';

/** Returns a function that calls `draw` in the next frame, once for any number of calls. */
export function oncePerFrame(draw: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
}

/** Returns a reference for a canvas that is drawn if a signal, the colour scheme, its size or an input changes. depends: reads the signals. */
export function useDrawing(
  draw: (canvas: HTMLCanvasElement) => void,
  depends: () => void,
  inputs: readonly unknown[] = [],
): RefObject<HTMLCanvasElement | null> {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const ask = oncePerFrame(() => canvas.current && draw(canvas.current));
    const stop = effect(() => {
      depends();
      scheme.value;
      ask();
    });
    const watcher = new ResizeObserver(ask);
    watcher.observe(canvas.current!);
    return () => {
      stop();
      watcher.disconnect();
    };
  }, [...inputs]);
  return canvas;
}

/** Pixels of the screen in a pixel of the page, at most 2. */
export const pixelRatio = () => Math.min(2, devicePixelRatio || 1);

/** Red, green and blue of a colour of the page. */
export const channelsOf = (name: string) => [1, 3, 5].map((i) => Number.parseInt(ink(name).slice(i, i + 2), 16));

/** Strokes a path twice, first wide in the background colour, so that it is visible on any background. */
export function strokeTwice(
  ctx: CanvasRenderingContext2D,
  path: Path2D,
  colour: string,
  width: number,
  ratio: number,
  dash: readonly number[] = [],
): void {
  ctx.lineJoin = 'round';
  ctx.setLineDash([]);
  ctx.strokeStyle = ink('halo');
  ctx.lineWidth = 2 * width * ratio;
  ctx.stroke(path);
  ctx.strokeStyle = ink(colour);
  ctx.lineWidth = width * ratio;
  ctx.setLineDash(dash.map((v) => v * ratio));
  ctx.stroke(path);
  ctx.setLineDash([]);
}

/** Draws the marker of a rule. */
export function drawMarker(
  ctx: CanvasRenderingContext2D,
  { marker, colour }: Look,
  x: number,
  y: number,
  ratio = 1,
): void {
  outline(ctx, marker, x, y, 5.5 * ratio);
  ctx.setLineDash([]);
  ctx.fillStyle = ink(colour);
  ctx.fill();
  ctx.strokeStyle = ink('paper');
  ctx.lineWidth = 1.5 * ratio;
  ctx.stroke();
}

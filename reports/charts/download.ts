// Downloads that a page makes itself: PNG of what a canvas shows, and CSV. Nothing leaves the page.
import { css, font } from './theme.js';

/** Offers a file for download. name: without its ending. */
export function download(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.download = `${name}.${blob.type.startsWith('text/csv') ? 'csv' : 'png'}`;
  link.href = URL.createObjectURL(blob);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Offers a text as a CSV file. */
export function downloadCsv(name: string, text: string): void {
  download(name, new Blob([text], { type: 'text/csv;charset=utf-8' }));
}

/** A part of a legend: a name in its colour. */
export interface Key {
  text: string;
  colour: string;
}

/** Where the parts of a legend are: in lines of at most this width, with gaps between them. */
export function placed<K extends Key>(
  legend: readonly K[],
  widthOf: (text: string) => number,
  width: number,
  gap: number,
): (K & { x: number; line: number })[] {
  let [x, line] = [0, 0];
  return legend.map((key) => {
    const own = widthOf(key.text);
    if (x > 0 && x + own > width) [x, line] = [0, line + 1];
    const at = { ...key, x, line };
    x += own + gap;
    return at;
  });
}

/** Offers a canvas as a PNG file, on the page's colour, below its title and its legend. */
export function downloadPng(name: string, title: string, canvas: HTMLCanvasElement, legend: readonly Key[] = []): void {
  const ratio = devicePixelRatio;
  const picture = document.createElement('canvas');
  const margin = 10 * ratio;
  picture.width = canvas.width + 2 * margin;
  const ctx = picture.getContext('2d')!;
  ctx.font = font(12 * ratio);
  const keys = placed(legend, (text) => ctx.measureText(text).width, canvas.width, 14 * ratio);
  const lines = keys.length ? keys.at(-1)!.line + 1 : 0;
  const head = (30 + 22 * lines) * ratio;
  // A new size clears the canvas and its settings.
  picture.height = canvas.height + head + margin;
  ctx.fillStyle = css('paper');
  ctx.fillRect(0, 0, picture.width, picture.height);
  ctx.textBaseline = 'top';
  ctx.fillStyle = css('ink');
  ctx.font = `600 ${font(14 * ratio)}`;
  ctx.fillText(title, margin, margin, picture.width - 2 * margin);
  ctx.font = font(12 * ratio);
  for (const { text, colour, x, line } of keys) {
    ctx.fillStyle = colour;
    ctx.fillText(text, margin + x, margin + 22 * (line + 1) * ratio);
  }
  ctx.drawImage(canvas, margin, head);
  picture.toBlob((blob) => blob && download(name, blob));
}

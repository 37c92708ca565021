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

/** Offers a canvas as a PNG file, on the page's colour, below its title and its legend. */
export function downloadPng(name: string, title: string, canvas: HTMLCanvasElement, legend: readonly Key[] = []): void {
  const ratio = devicePixelRatio;
  const picture = document.createElement('canvas');
  const head = (legend.length ? 52 : 30) * ratio;
  const margin = 10 * ratio;
  picture.width = canvas.width + 2 * margin;
  picture.height = canvas.height + head + margin;
  const ctx = picture.getContext('2d')!;
  ctx.fillStyle = css('paper');
  ctx.fillRect(0, 0, picture.width, picture.height);
  ctx.textBaseline = 'top';
  ctx.fillStyle = css('ink');
  ctx.font = `600 ${font(14 * ratio)}`;
  ctx.fillText(title, margin, margin, picture.width - 2 * margin);
  ctx.font = font(12 * ratio);
  let x = margin;
  for (const { text, colour } of legend) {
    ctx.fillStyle = colour;
    ctx.fillText(text, x, margin + 22 * ratio);
    x += ctx.measureText(text).width + 14 * ratio;
  }
  ctx.drawImage(canvas, margin, head);
  picture.toBlob((blob) => blob && download(name, blob));
}

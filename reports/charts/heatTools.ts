// Runs in the page: the downloads of a heat map, which is a table.
import { csvOf, rowsOfHeat } from './csv.js';
import { downloadCsv, downloadPng } from './download.js';
import type { Heat } from './figure.js';
import { font } from './theme.js';
import { putTools } from './tools.js';

/** Puts the downloads of a heat map into its figure. */
export function putHeatTools(figure: Heat): void {
  const { id, title } = figure;
  putTools(id, [
    {
      kind: 'press',
      text: 'PNG',
      about: `${title}: download as a picture`,
      run: () => downloadPng(id, title, picture(id)),
    },
    {
      kind: 'press',
      text: 'CSV',
      about: `${title}: download the numbers`,
      run: () => downloadCsv(id, csvOf(rowsOfHeat(figure))),
    },
  ]);
}

/** The table of a heat map as it is shown: each cell with its colour and its text. */
function picture(id: string): HTMLCanvasElement {
  const table = document.getElementById(id)!.querySelector('table')!;
  const all = table.getBoundingClientRect();
  const ratio = devicePixelRatio;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [all.width * ratio, all.height * ratio];
  const ctx = canvas.getContext('2d')!;
  ctx.scale(ratio, ratio);
  ctx.font = font(11);
  ctx.textBaseline = 'middle';
  for (const cell of table.querySelectorAll('th, td')) {
    const { left, top, width, height } = cell.getBoundingClientRect();
    const { backgroundColor, color } = getComputedStyle(cell);
    ctx.fillStyle = backgroundColor;
    ctx.fillRect(left - all.left, top - all.top, width, height);
    ctx.fillStyle = color;
    const isUpright = cell.matches('.upright thead th');
    const isName = cell.matches('tbody th') || isUpright;
    ctx.textAlign = isName ? 'left' : 'center';
    const [x, y] = [left - all.left, top - all.top];
    ctx.save();
    if (isUpright) ctx.translate(x + width / 2, y + height - 2);
    else ctx.translate(x + (isName ? 2 : width / 2), y + height / 2);
    if (isUpright) ctx.rotate(-Math.PI / 2);
    ctx.fillText(cell.textContent!, 0, 0, Math.max(1, (isUpright ? height : width) - 2));
    ctx.restore();
  }
  return canvas;
}

// Runs in the page: the answers of a classifier over a plane of two inputs, with the boundaries of its classes and some test samples.

import { boundaries } from './boundaries.js';
import { csvOf } from './csv.js';
import { downloadCsv, downloadPng } from './download.js';
import { css, font } from './theme.js';
import { putTools } from './tools.js';

/** What is drawn: see `Plane` of the records. */
export interface PlaneFigure {
  id: string;
  title: string;
  classes: readonly string[];
  x: readonly [number, number];
  y: readonly [number, number];
  /** Cells along each axis. */
  cells: number;
  answers: string;
  confidences: string;
  points: readonly (readonly [number, number, number])[];
}

const MARGIN = { left: 44, right: 6, top: 6, bottom: 24 };

/** The colour of a class, a custom property of the page. */
const classColour = (c: number) => css(`class-${c % 10}`);

/** Draws the plane into the canvas with the figure's id, and its controls. */
export function drawPlane(figure: PlaneFigure): void {
  const canvas = document.getElementById(figure.id) as HTMLCanvasElement | null;
  if (!canvas) return;
  const side = Math.min(canvas.parentElement!.clientWidth, 480);
  const ratio = devicePixelRatio;
  [canvas.width, canvas.height] = [side * ratio, (side - 16) * ratio];
  canvas.style.width = `${side}px`;
  const ctx = canvas.getContext('2d')!;
  ctx.scale(ratio, ratio);
  paint(ctx, figure, side - MARGIN.left - MARGIN.right, side - 16 - MARGIN.top - MARGIN.bottom);
  const legend = () => figure.classes.map((text, c) => ({ text, colour: classColour(c) }));
  putTools(figure.id, [
    {
      kind: 'press',
      text: 'PNG',
      about: `${figure.title}: download as a picture`,
      run: () => downloadPng(figure.id, figure.title, canvas, legend()),
    },
    {
      kind: 'press',
      text: 'CSV',
      about: `${figure.title}: download the numbers`,
      run: () => downloadCsv(figure.id, csvOf(rowsOf(figure))),
    },
  ]);
}

function paint(ctx: CanvasRenderingContext2D, figure: PlaneFigure, width: number, height: number): void {
  const { cells, x, y, points } = figure;
  ctx.drawImage(areas(figure), MARGIN.left, MARGIN.top, width, height);
  ctx.strokeStyle = css('ink');
  ctx.lineWidth = 1.5;
  ctx.lineJoin = 'round';
  ctx.beginPath();
  // Rows begin at the smallest y, which is at the bottom.
  const place = (i: number, j: number): [number, number] => [
    MARGIN.left + ((i + 0.5) * width) / cells,
    MARGIN.top + height - ((j + 0.5) * height) / cells,
  ];
  for (const [a, b] of boundaries(figure)) {
    ctx.moveTo(...place(...a));
    ctx.lineTo(...place(...b));
  }
  ctx.stroke();
  const share = (v: number, [from, to]: readonly [number, number]) => (v - from) / (to - from);
  for (const [a, b, label] of points) {
    const [u, v] = [MARGIN.left + share(a, x) * width, MARGIN.top + height - share(b, y) * height];
    ctx.fillStyle = classColour(label);
    ctx.strokeStyle = css('paper');
    ctx.lineWidth = 1;
    ctx.beginPath();
    marker(ctx, label, u, v);
    ctx.fill();
    ctx.stroke();
  }
  ctx.strokeStyle = css('rule');
  ctx.strokeRect(MARGIN.left, MARGIN.top, width, height);
  ctx.fillStyle = css('soft');
  ctx.font = font(12);
  const shown = (v: number) => String(Number(v.toPrecision(2))).replace('-', '−');
  ctx.textBaseline = 'top';
  ctx.textAlign = 'left';
  ctx.fillText(shown(x[0]), MARGIN.left, MARGIN.top + height + 6);
  ctx.textAlign = 'center';
  ctx.fillText('first input', MARGIN.left + width / 2, MARGIN.top + height + 6);
  ctx.textAlign = 'right';
  ctx.fillText(shown(x[1]), MARGIN.left + width, MARGIN.top + height + 6);
  ctx.fillText(shown(y[1]), MARGIN.left - 6, MARGIN.top);
  ctx.textBaseline = 'bottom';
  ctx.fillText(shown(y[0]), MARGIN.left - 6, MARGIN.top + height);
  ctx.textAlign = 'center';
  ctx.translate(MARGIN.left - 8, MARGIN.top + height / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.fillText('second input', 0, 0);
}

/** The answers as a picture of one pixel a cell, fainter where the net is less sure. It is smoothed when it is drawn larger. */
function areas({ cells, answers, confidences }: PlaneFigure): HTMLCanvasElement {
  const picture = document.createElement('canvas');
  [picture.width, picture.height] = [cells, cells];
  const ctx = picture.getContext('2d')!;
  for (let k = 0; k < cells * cells; k++) {
    ctx.globalAlpha = 0.08 + 0.05 * Number(confidences[k]);
    ctx.fillStyle = classColour(Number(answers[k]));
    ctx.fillRect(k % cells, cells - 1 - Math.floor(k / cells), 1, 1);
  }
  return picture;
}

/** A circle, a square, a triangle or a diamond, by class, so that colour is not the only difference. */
function marker(ctx: CanvasRenderingContext2D, label: number, x: number, y: number): void {
  const r = 4;
  const corners = [null, [-1, -1, 1, -1, 1, 1, -1, 1], [0, -1.2, 1.2, 1, -1.2, 1], [0, -1.4, 1.4, 0, 0, 1.4, -1.4, 0]][
    label % 4
  ];
  if (corners === null) {
    ctx.arc(x, y, r, 0, 2 * Math.PI);
    return;
  }
  for (let i = 0; i < corners.length; i += 2) ctx.lineTo(x + r * corners[i], y + r * corners[i + 1]);
  ctx.closePath();
}

/** The grid as rows: x, y, the class and the probability, rounded down to tenths. */
function rowsOf({ cells, x, y, answers, confidences, classes }: PlaneFigure) {
  const at = ([from, to]: readonly [number, number], i: number) => from + ((i + 0.5) / cells) * (to - from);
  const rows = [...answers].map((answer, k) => [
    Number(at(x, k % cells).toPrecision(6)),
    Number(at(y, Math.floor(k / cells)).toPrecision(6)),
    classes[Number(answer)],
    Number(confidences[k]) / 10,
  ]);
  return [['x', 'y', 'answer', 'probability at least'], ...rows];
}

// Runs in the page: the answers of a classifier over a plane of two inputs, with the boundaries of its classes and some test samples.

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
  const { cells, answers, confidences, x, y, points } = figure;
  const at = (i: number, j: number) => Number(answers[j * cells + i]);
  const [w, h] = [width / cells, height / cells];
  const left = (i: number) => MARGIN.left + i * w;
  // Rows begin at the smallest y, which is at the bottom.
  const top = (j: number) => MARGIN.top + height - (j + 1) * h;
  for (let j = 0; j < cells; j++)
    for (let i = 0; i < cells; i++) {
      ctx.globalAlpha = 0.08 + 0.05 * Number(confidences[j * cells + i]);
      ctx.fillStyle = classColour(at(i, j));
      ctx.fillRect(left(i), top(j), w + 0.5, h + 0.5);
    }
  ctx.globalAlpha = 1;
  ctx.strokeStyle = css('ink');
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (let j = 0; j < cells; j++)
    for (let i = 0; i < cells; i++) {
      if (i + 1 < cells && at(i, j) !== at(i + 1, j)) line(ctx, left(i + 1), top(j), left(i + 1), top(j) + h);
      if (j + 1 < cells && at(i, j) !== at(i, j + 1)) line(ctx, left(i), top(j), left(i) + w, top(j));
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
  const shown = (v: number) => String(Number(v.toPrecision(2)));
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
}

function line(ctx: CanvasRenderingContext2D, a: number, b: number, c: number, d: number): void {
  ctx.moveTo(a, b);
  ctx.lineTo(c, d);
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

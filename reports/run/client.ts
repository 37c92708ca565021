// Runs in the report: draws the plots from the records that are embedded in the page.

import { drawFunnel } from '../charts/funnel.js';
import { putHeatTools } from '../charts/heatTools.js';
import { drawLines } from '../charts/lines.js';
import { drawPixels } from '../charts/pixels.js';
import { drawPlane } from '../charts/plane.js';
import { markScrolling } from '../charts/scrolling.js';
import { type Run, TESTED } from '../record.js';
import { curvesOf, onlyPlace } from './figures.js';
import { groupsOf } from './groups.js';
import { confusionOf, learnedLines, learnedOf } from './learned.js';

const runs: Run[] = JSON.parse(document.getElementById('runs')!.textContent!);
const controls = document.getElementById('controls') as HTMLFormElement | null;
const learned = learnedOf(runs);
// The page shows a curve with a single point as bars.
const figures = [...curvesOf(runs).filter((f) => onlyPlace(f) === null), ...learnedLines(runs)];

function drawAll(): void {
  for (const figure of figures) drawLines(figure);
  for (const { group, nth, tested } of learned) {
    const { classes = [], plane } = tested;
    const title = `${group.title}: answers over the plane`;
    if (plane) drawPlane({ id: `plane-${nth}`, title, classes, cells: TESTED.cells, ...plane });
  }
  drawChosen();
}

function drawPictures(): void {
  for (const one of learned) {
    const { nth, tested } = one;
    const map = confusionOf(one);
    if (map) putHeatTools(map);
    tested.wrong?.images.forEach(({ pixels }, k) => {
      drawPixels(document.getElementById(`wrong-${nth}-${k}`) as HTMLCanvasElement, tested.wrong!, pixels);
    });
  }
}

function drawChosen(): void {
  if (!controls) return;
  const choice = new FormData(controls);
  const group = groupsOf(runs)[Number(choice.get('optimizer'))];
  if (group) drawFunnel(group.runs[0], group.colour, String(choice.get('layer')), choice.has('log'));
}

controls?.addEventListener('input', drawChosen);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
drawPictures();
drawAll();
markScrolling();

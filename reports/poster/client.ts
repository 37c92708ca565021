// Runs in the page: draws the figures that are embedded in it.

import { putHeatTools } from '../charts/heatTools.js';
import { drawLines } from '../charts/lines.js';
import { markScrolling } from '../charts/scrolling.js';
import type { Figure } from './figure.js';
import { drawFunnel } from './funnelSlider.js';

const figures: Figure[] = JSON.parse(document.getElementById('figures')!.textContent!);

function drawAll(): void {
  for (const figure of figures) if (figure.kind === 'lines') drawLines(figure);
}

for (const figure of figures) {
  if (figure.kind === 'funnel') drawFunnel(figure);
  if (figure.kind === 'heat') putHeatTools(figure);
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
drawAll();
markScrolling();

// Runs in the page: draws the figures that are embedded in it.
import type { Figure } from './figure.js';
import { drawFunnel } from './funnelSlider.js';
import { drawLines } from './lineChart.js';

const figures: Figure[] = JSON.parse(document.getElementById('figures')!.textContent!);

function drawAll(): void {
  for (const figure of figures) if (figure.kind === 'lines') drawLines(figure);
}

for (const figure of figures) if (figure.kind === 'funnel') drawFunnel(figure);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
drawAll();

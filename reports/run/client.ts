// Runs in the report: draws the plots from the records that are embedded in the page.

import { drawCurves } from '../charts/curves.js';
import { drawFunnel } from '../charts/funnel.js';
import type { Run } from '../record.js';
import { lossOf, scoreOf } from './score.js';

const runs: Run[] = JSON.parse(document.getElementById('runs')!.textContent!);
const controls = document.getElementById('controls') as HTMLFormElement | null;

function drawAll(): void {
  const loss = { factor: 1, suffix: '', decimals: 3 };
  const share = { factor: 100, suffix: ' %', decimals: 1 };
  const shownLoss = lossOf(runs[0].run);
  const score = scoreOf(runs[0].run);
  drawCurves('training-loss', runs, (e) => shownLoss.of(e.loss), loss);
  drawCurves('test-loss', runs, (e) => (e.testLoss === null ? null : shownLoss.of(e.testLoss)), loss);
  const shown = (x: number) => (Number.isFinite(x) ? x : null);
  if (document.getElementById('test-accuracy'))
    drawCurves('test-accuracy', runs, (e) => shown(score.test(e)), score.name === 'accuracy' ? share : loss);
  if (document.getElementById('train-accuracy')) drawCurves('train-accuracy', runs, (e) => e.trainAccuracy, share);
  if (document.getElementById('lr')) drawCurves('lr', runs, (e) => e.lr ?? null, { ...loss, decimals: 6 });
  if (document.getElementById('grad-norm')) drawCurves('grad-norm', runs, (e) => e.gradNorm ?? null, loss);
  drawChosen();
}

function drawChosen(): void {
  if (!controls) return;
  const choice = new FormData(controls);
  const run = runs.find((r) => r.run.optimizer === choice.get('optimizer'));
  if (run) drawFunnel(run, String(choice.get('layer')), choice.has('log'));
}

controls?.addEventListener('input', drawChosen);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
drawAll();

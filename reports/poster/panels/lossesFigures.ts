// The figures of panel 7. about: a description of the figure, for readers who cannot see it.

import type { Lines } from '../../charts/figure.js';
import { percent } from '../../format.js';
import { type Done, runs, trainings } from '../task.js';
import { mean } from '../verdict.js';
import { CURVATURES, ends, FAR, heights, OPTIM, sized, WAYS, way } from './lossesData.js';
import { short, titleOf } from './trainings.js';

const titles = (optim: string) => ({ name: titleOf(optim), colour: optim });

export function drawScale(done: readonly Done[], about: string): Lines[] {
  if (runs(done, 'quadratic').length === 0) return [];
  const series = OPTIM.map((optim) => {
    const found = ends(done, optim);
    const at = (L: number) => found.find(({ curvature }) => curvature === L)?.x ?? null;
    // Adam sometimes ends at exactly 0, and a diverged run at infinity: the edges of the plot stand for both.
    return {
      ...titles(optim),
      y: CURVATURES.map((L) =>
        found.some((f) => f.curvature === L) ? Math.min(Math.max(at(L) ?? 1e12, 1e-16), 1e12) : null,
      ),
    };
  });
  return [
    {
      kind: 'lines',
      id: 'scale',
      title: '|x| after 20,000 steps on L x²/2 from 1',
      about,
      x: { label: 'curvature L', log: true, values: CURVATURES },
      y: { label: '|x|, between 10⁻¹⁶ and 10¹²', log: true },
      series,
    },
  ];
}

export function drawValley(done: readonly Done[]): Lines[] {
  const found = WAYS.flatMap((w) => {
    const run = way(done, w.name);
    return run ? [{ ...w, run }] : [];
  });
  if (found.length === 0) return [];
  return [
    {
      kind: 'lines',
      id: 'rosenbrock',
      title: 'Rosenbrock’s function by step',
      about: found.map(({ name, run }) => `${name} ends at ${short(heights(run).at(-1) ?? null)}`).join('; '),
      x: { label: 'step t', log: true, values: found[0].run.result.points.map(({ t }) => t) },
      y: { label: 'f(x, y), between 10⁻¹⁶ and 10⁶', log: true },
      series: found.map(({ name, optim, run }) => ({
        name,
        colour: optim,
        dash: name === titleOf(optim) ? 0 : 1,
        y: heights(run).map((f) => (f !== null && f < FAR ? Math.max(f, 1e-16) : null)),
      })),
    },
  ];
}

export function drawBound(done: readonly Done[], about: string): Lines[] {
  const [run] = runs(done, 'violation');
  if (!run) return [];
  const { points } = run.result;
  const positive = (y: number | null) => (y !== null && y > 0 ? y : null);
  return [
    {
      kind: 'lines',
      id: 'violation',
      title: 'Regret on Savarese’s problem, and theorem 4’s bounds',
      about,
      x: { label: 'step t', log: true, values: points.map(({ t }) => t) },
      y: { label: 'regret', log: true },
      series: [
        { name: 'regret', colour: 'adabound', y: points.map((p) => positive(p.regret)) },
        { name: 'published', colour: 'raw', y: points.map((p) => positive(p.published)) },
        { name: 'corrected', colour: 'raw', dash: 1, y: points.map((p) => positive(p.corrected)) },
      ],
    },
  ];
}

export function drawBatches(done: readonly Done[]): Lines[] {
  const sizes = [...new Set(trainings(done).map(({ task }) => task.batchSize))].sort((a, b) => a - b);
  if (sizes.length === 0) return [];
  const series = OPTIM.map((optim) => {
    const by = sizes.map((size) => sized(done, optim, size).filter((v) => v !== null));
    const each = (of: (values: number[]) => number) => by.map((values) => (values.length ? of(values) : null));
    return { ...titles(optim), y: each(mean), low: each((v) => Math.min(...v)), high: each((v) => Math.max(...v)) };
  });
  return [
    {
      kind: 'lines',
      id: 'batches',
      title: 'Test accuracy by batch size, on the same number of images, at the defaults',
      about: series
        .map(
          ({ name, y }) =>
            `${name} ${sizes.map((size, i) => `${y[i] === null ? 'none' : percent(y[i])} at ${size}`).join(', ')}`,
        )
        .join('; '),
      x: { label: 'batch size', log: true, values: sizes },
      y: { label: 'test accuracy', percent: true },
      series,
    },
  ];
}

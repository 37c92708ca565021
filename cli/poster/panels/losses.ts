// Panel 7: where AdaBound loses. The claims here are against it, and are judged as those for it are.
import { optimizers } from '../../../optim/index.js';
import type { Hyper } from '../../hyper.js';
import { count, list, percent } from '../../numbers.js';
import { html } from '../../report/html.js';
import type { Lines } from '../figure.js';
import type { Panel } from '../panel.js';
import type { Recipe } from '../recipe.js';
import { type Done, type Online, runs, type Training, trainings } from '../task.js';
import { exceeds, type Finding, mean, verdict } from '../verdict.js';
import { accuracyAtEnd, short } from './shared.js';

const CURVATURES = [1, 3, 10, 30, 100, 300, 1000, 3000];
const OPTIM = ['sgdm', 'adam', 'adabound'];
/** Beyond this a point has left for good; below NEAR it has arrived. */
const [FAR, NEAR] = [1e6, 1e-3];
const WAYS: { name: string; optim: string; hyper: Hyper }[] = [
  { name: 'Adam', optim: 'adam', hyper: {} },
  { name: 'AdaBound', optim: 'adabound', hyper: {} },
  { name: 'AdaBound to 0.01', optim: 'adabound', hyper: { finalLr: 0.01 } },
  { name: 'SGDM 0.001', optim: 'sgdm', hyper: { lr: 0.001 } },
];

export const losses: Panel = {
  key: 'losses',
  title: 'Where AdaBound loses',
  words:
    'Adam does not care how large a loss is, for it divides by the size of the gradients; AdaBound ends as SGD, with one rate that fits one scale, and can leave where Adam arrives. Theorem 4, its bound on the regret, is false as published; and its bounds close by the number of steps, so batches of one image are tried too.',
  equation: html`lo(t) L &gt; 2 (1 + β<sub>1</sub>) / (1 − β<sub>1</sub>) diverges on L x²/2: 38 at β<sub>1</sub> = 0.9`,
  criterion:
    'Scale and Rosenbrock: held where Adam comes within 0.001 of the best and AdaBound at its defaults passes 1,000,000; did not hold where AdaBound arrives wherever Adam does. Theorem 4: held where the regret passes the published bound at a step where all its conditions are met. Batches of one: held where Adam’s test accuracy exceeds AdaBound’s, both at their defaults, by more than twice the spread between seeds.',
  tasks: (recipe) => [
    ...CURVATURES.flatMap((curvature) => OPTIM.map((optim) => online('quadratic', { curvature }, optim, {}, 20_000))),
    ...WAYS.map(({ optim, hyper }) => online('rosenbrock', {}, optim, hyper, 30_000)),
    online('violation', { K: 10_000 }, 'adabound', { form: 'paper', lr: 0.5624, betas: [0, 0.1] }, 10_000),
    ...small(recipe),
  ],
  verdict: (done) => verdict([scale(done), valley(done), bound(done), ones(done)]),
  figures: (done) => [...drawScale(done), ...drawValley(done), ...drawBound(done), ...drawBatches(done)],
};

function online(
  problem: string,
  params: Record<string, number>,
  optim: string,
  hyper: Online['hyper'],
  T: number,
): Online {
  return { kind: 'online', problem, params, optim, hyper: { form: 'code', ...hyper }, T };
}

function small({ batches: { base, sizes, seeds }, hyper }: Recipe): Training[] {
  const { weightDecay } = hyper.adam;
  return seeds.flatMap((seed) =>
    sizes.flatMap((batchSize) =>
      OPTIM.map((optim) => ({
        ...base,
        batchSize,
        optim,
        hyper: (weightDecay === undefined ? {} : { weightDecay }) as Hyper,
        seed,
      })),
    ),
  );
}

/** The distance from 0 at the end, by curvature and optimizer. */
function ends(done: readonly Done[], optim: string): { curvature: number; x: number | null }[] {
  return runs(done, 'quadratic')
    .filter(({ task }) => task.optim === optim)
    .map(({ task, result }) => {
      const x = result.points.at(-1)!.x[0];
      return { curvature: task.params.curvature, x: x === null ? null : Math.abs(x) };
    });
}

const isFar = (x: number | null) => x === null || x > FAR;

function scale(done: readonly Done[]): Finding {
  const claim = 'Scale: on some L x²/2 AdaBound leaves where Adam arrives';
  const [adam, bounded] = [ends(done, 'adam'), ends(done, 'adabound')];
  if (adam.length < CURVATURES.length || bounded.length < CURVATURES.length)
    return { claim, outcome: 'could not be told', numbers: 'not all were run' };
  const arrives = (found: { x: number | null }) => found.x !== null && found.x < NEAR;
  const lost = bounded.filter(({ x }, i) => isFar(x) && arrives(adam[i]));
  const reached = bounded.every((found, i) => arrives(found) || !arrives(adam[i]));
  const at = (found: { curvature: number }[]) => list(found.map(({ curvature }) => String(curvature))) || 'none';
  return {
    claim,
    outcome: lost.length ? 'held' : reached ? 'did not hold' : 'could not be told',
    numbers: `Adam arrives at L = ${at(adam.filter(arrives))}; AdaBound at ${at(bounded.filter(arrives))}, and leaves at ${at(lost)}`,
  };
}

/** Rosenbrock's function of each point of a run. */
function heights({ result }: Done<Online>): (number | null)[] {
  return result.points.map(({ x: [x, y] }) =>
    x === null || y === null ? null : 100 * (y - x * x) ** 2 + (1 - x) ** 2,
  );
}

function way(done: readonly Done[], name: string): Done<Online> | undefined {
  const { optim, hyper } = WAYS.find((w) => w.name === name)!;
  return runs(done, 'rosenbrock').find(({ task }) => task.optim === optim && task.hyper.finalLr === hyper.finalLr);
}

function valley(done: readonly Done[]): Finding {
  const claim = 'Rosenbrock: AdaBound leaves where Adam arrives';
  const [adam, bounded] = ['Adam', 'AdaBound'].map((name) => way(done, name));
  if (!adam || !bounded) return { claim, outcome: 'could not be told', numbers: 'not run' };
  const [a, b] = [adam, bounded].map((d) => heights(d).at(-1) ?? null);
  const gone = bounded.result.points.find(({ x }) => x.some(isFarSigned));
  const arrives = (f: number | null) => f !== null && f < NEAR;
  const outcome = gone && arrives(a) ? 'held' : arrives(b) ? 'did not hold' : 'could not be told';
  const where = gone ? `AdaBound is beyond ${count(FAR)} at step ${count(gone.t)}` : `AdaBound ends at f = ${short(b)}`;
  return { claim, outcome, numbers: `Adam ends at f = ${short(a)}; ${where}` };
}

const isFarSigned = (x: number | null) => x === null || Math.abs(x) > FAR;

function bound(done: readonly Done[]): Finding {
  const claim = 'Theorem 4: regret can pass the published bound (Savarese 2019)';
  const last = runs(done, 'violation')[0]?.result.points.at(-1);
  if (!last || last.published === null || last.regret === null)
    return { claim, outcome: 'could not be told', numbers: 'not run, or no bound is stated' };
  const [regret, published, corrected] = [last.regret, last.published, last.corrected ?? NaN].map((r) =>
    count(Math.round(r)),
  );
  const numbers = `R = ${regret} after ${count(last.t)} steps, the published bound says ${published}, the corrected one ${corrected}`;
  return { claim, outcome: last.regret > last.published ? 'held' : 'did not hold', numbers };
}

function ones(done: readonly Done[]): Finding {
  const of = (optim: string) => ({ name: optimizers[optim].title, values: sized(done, optim, 1) });
  return exceeds('Batches of one: Adam ends above AdaBound', of('adam'), of('adabound'), percent);
}

function sized(done: readonly Done[], optim: string, batchSize: number): (number | null)[] {
  return trainings(done, optim)
    .filter(({ task }) => task.batchSize === batchSize)
    .map(accuracyAtEnd);
}

const titles = (optim: string) => ({ name: optimizers[optim].title, colour: optim });

function drawScale(done: readonly Done[]): Lines[] {
  if (runs(done, 'quadratic').length === 0) return [];
  const series = OPTIM.map((optim) => {
    const found = ends(done, optim);
    const at = (L: number) => found.find(({ curvature }) => curvature === L)?.x ?? null;
    // Adam is exactly at 0 sometimes, and what left is at infinity: the edges of the plot stand for both.
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
      about: scale(done).numbers,
      x: { label: 'curvature L', log: true, values: CURVATURES },
      y: { label: '|x|, between 1e-16 and 1e12', log: true },
      series,
    },
  ];
}

function drawValley(done: readonly Done[]): Lines[] {
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
      y: { label: 'f(x, y), from 1e-16 to 1e6', log: true },
      series: found.map(({ name, optim, run }) => ({
        name,
        colour: optim,
        dashed: name !== optimizers[optim].title,
        y: heights(run).map((f) => (f !== null && f < FAR ? Math.max(f, 1e-16) : null)),
      })),
    },
  ];
}

function drawBound(done: readonly Done[]): Lines[] {
  const [run] = runs(done, 'violation');
  if (!run) return [];
  const { points } = run.result;
  const positive = (y: number | null) => (y !== null && y > 0 ? y : null);
  return [
    {
      kind: 'lines',
      id: 'violation',
      title: 'Regret on Savarese’s problem and what theorem 4 allows',
      about: bound(done).numbers,
      x: { label: 'step t', log: true, values: points.map(({ t }) => t) },
      y: { label: 'R', log: true },
      series: [
        { name: 'regret', colour: 'adabound', y: points.map((p) => positive(p.regret)) },
        { name: 'published', colour: 'raw', y: points.map((p) => positive(p.published)) },
        { name: 'corrected', colour: 'raw', dashed: true, y: points.map((p) => positive(p.corrected)) },
      ],
    },
  ];
}

function drawBatches(done: readonly Done[]): Lines[] {
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
      title: 'Test accuracy by batch size, as many images each, all at their defaults',
      about: series
        .map(
          ({ name, y }) =>
            `${name} ${sizes.map((size, i) => `${y[i] === null ? 'none' : percent(y[i])} at ${size}`).join(', ')}`,
        )
        .join('; '),
      x: { label: 'images a batch', log: true, values: sizes },
      y: { label: 'test accuracy', percent: true },
      series,
    },
  ];
}

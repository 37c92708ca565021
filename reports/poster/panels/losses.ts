// Panel 7: problems on which AdaBound loses. The claims here are against it, and are judged by the same rules: supported means that it loses.

import { count, list, percent } from '../../format.js';
import { html } from '../../html/html.js';
import type { Hyper } from '../../record.js';
import type { Panel } from '../panel.js';
import type { Recipe } from '../recipe.js';
import { type Done, type Online, runs, type Training } from '../task.js';
import { exceeds, type Finding, verdict } from '../verdict.js';
import { CURVATURES, ends, FAR, heights, OPTIM, sized, WAYS, way } from './lossesData.js';
import { drawBatches, drawBound, drawScale, drawValley } from './lossesFigures.js';
import { short, titleOf } from './trainings.js';

/** Below this distance, or below this value of Rosenbrock's function, a run has converged. */
const NEAR = 1e-3;

export const losses: Panel = {
  key: 'losses',
  title: 'AdaBound loses on some problems',
  words:
    'Adam is independent of the scale of the loss, because it divides by the size of the gradients. AdaBound ends as SGD, with one rate that fits one scale, and can diverge where Adam converges. Theorem 4, its bound on the regret, is false as published. AdaBound’s own bounds converge with the number of steps, so batches of one image are tried too.',
  equation: html`lo(t) L &gt; 2 (1 + β<sub>1</sub>) / (1 − β<sub>1</sub>) diverges on L x²/2: 38 at β<sub>1</sub> = 0.9`,
  criterion:
    'Each claim says that AdaBound loses; supported means that it does. Scale and Rosenbrock: supported if Adam comes within 0.001 of the best and AdaBound at its defaults exceeds 1,000,000; contradicted if AdaBound converges wherever Adam does. Theorem 4: supported if the regret after the last step exceeds the published bound, and all conditions of the theorem are met. Batches of one: supported if Adam’s test accuracy exceeds AdaBound’s, both at their defaults, by more than twice the spread between seeds.',
  tasks: (recipe) => [
    ...CURVATURES.flatMap((curvature) => OPTIM.map((optim) => online('quadratic', { curvature }, optim, {}, 20_000))),
    ...WAYS.map(({ optim, hyper }) => online('rosenbrock', {}, optim, hyper, 30_000)),
    online('violation', { K: 10_000 }, 'adabound', { form: 'paper', lr: 0.5624, betas: [0, 0.1] }, 10_000),
    ...small(recipe),
  ],
  verdict: (done) => verdict([scale(done), valley(done), bound(done), ones(done)]),
  figures: (done) => [
    ...drawScale(done, scale(done).numbers),
    ...drawValley(done),
    ...drawBound(done, bound(done).numbers),
    ...drawBatches(done),
  ],
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

const isFar = (x: number | null) => x === null || x > FAR;

function scale(done: readonly Done[]): Finding {
  const claim = 'Scale: on some L x²/2 AdaBound diverges where Adam converges';
  const [adam, bounded] = [ends(done, 'adam'), ends(done, 'adabound')];
  if (adam.length < CURVATURES.length || bounded.length < CURVATURES.length)
    return { claim, outcome: 'inconclusive', numbers: 'not all tasks were run' };
  const arrives = (found: { x: number | null }) => found.x !== null && found.x < NEAR;
  const lost = bounded.filter(({ x }, i) => isFar(x) && arrives(adam[i]));
  const reached = bounded.every((found, i) => arrives(found) || !arrives(adam[i]));
  const at = (found: { curvature: number }[]) => list(found.map(({ curvature }) => String(curvature))) || 'none';
  return {
    claim,
    outcome: lost.length ? 'supported' : reached ? 'contradicted' : 'inconclusive',
    numbers: `Adam converges at L = ${at(adam.filter(arrives))}; AdaBound at ${at(bounded.filter(arrives))}, and diverges at ${at(lost)}`,
  };
}

function valley(done: readonly Done[]): Finding {
  const claim = 'Rosenbrock: AdaBound diverges where Adam converges';
  const [adam, bounded] = ['Adam', 'AdaBound'].map((name) => way(done, name));
  if (!adam || !bounded) return { claim, outcome: 'inconclusive', numbers: 'not run' };
  const [a, b] = [adam, bounded].map((d) => heights(d).at(-1) ?? null);
  const gone = bounded.result.points.find(({ x }) => x.some(isFarSigned));
  const arrives = (f: number | null) => f !== null && f < NEAR;
  const outcome = gone && arrives(a) ? 'supported' : arrives(b) ? 'contradicted' : 'inconclusive';
  const where = gone ? `AdaBound exceeds ${count(FAR)} at step ${count(gone.t)}` : `AdaBound ends at f = ${short(b)}`;
  return { claim, outcome, numbers: `Adam ends at f = ${short(a)}; ${where}` };
}

const isFarSigned = (x: number | null) => x === null || Math.abs(x) > FAR;

function bound(done: readonly Done[]): Finding {
  const claim = 'Theorem 4: regret can exceed the published bound (Savarese 2019)';
  const last = runs(done, 'violation')[0]?.result.points.at(-1);
  if (!last || last.published === null || last.regret === null)
    return { claim, outcome: 'inconclusive', numbers: 'not run, or the theorem states no bound' };
  const [regret, published, corrected] = [last.regret, last.published, last.corrected ?? NaN].map((r) =>
    count(Math.round(r)),
  );
  const numbers = `R = ${regret} after ${count(last.t)} steps, the published bound is ${published}, the corrected one ${corrected}`;
  return { claim, outcome: last.regret > last.published ? 'supported' : 'contradicted', numbers };
}

function ones(done: readonly Done[]): Finding {
  const of = (optim: string) => ({ name: titleOf(optim), values: sized(done, optim, 1) });
  return exceeds(
    'Batches of one: Adam ends with a higher test accuracy than AdaBound',
    of('adam'),
    of('adabound'),
    percent,
  );
}
